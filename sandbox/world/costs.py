"""`python -m sandbox.world.costs`: what the world's SKUs cost, as the seed `sku_costs` wants it.

A seller's own cost sheet: in yuan, dated, some SKUs repriced in the middle, some never written down.
"""

from __future__ import annotations

import csv
import sys

from sandbox.world.catalog import SHOPS, skus
from sandbox.world.money import share, text

_COLUMNS = ("shop_key", "seller_sku", "unit_cost", "currency", "valid_from", "valid_to")
_REPRICED = "2026-09-15"


def main() -> None:
    """Prints the CSV."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for shop in SHOPS:
        for number, sku in enumerate(skus(shop)):
            if sku.cost is None:
                continue
            first = (shop.id, sku.seller_sku, text(sku.cost, 2), "CNY", "2023-01-01")
            if number % 12 == 0:
                writer.writerow((*first, _REPRICED))
                raised = text(share(sku.cost, 108, 100), 2)
                writer.writerow((shop.id, sku.seller_sku, raised, "CNY", _REPRICED, ""))
            else:
                writer.writerow((*first, ""))


if __name__ == "__main__":
    main()
