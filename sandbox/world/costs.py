"""`python -m sandbox.world.costs`: what the world's SKUs cost, as the seed `sku_costs` wants it.

A seller's own cost sheet: in yuan, dated, some SKUs repriced in the middle, some never written down. What goes to the
UK and the US is flown there and pays duty, which the sheet has apart.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass

from sandbox.world.catalog import SHOPS, Shop, skus
from sandbox.world.money import share, text

_COLUMNS = (
    "shop_key",
    "seller_sku",
    "unit_cost",
    "currency",
    "valid_from",
    "valid_to",
    "freight_cost",
    "duty_cost",
)
_REPRICED = "2026-09-15"
_FREIGHT_PERCENT = {"GB": 12, "US": 15}
_DUTY_PERCENT = {"GB": 5, "US": 10}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a unit costs its seller, in cents of the yuan.

    Attributes:
        goods: Paid to the factory.
        freight: Paid for the way to the market; None where the sheet has none.
        duty: Paid at its border; None where the sheet has none.
        valid_from: First day, ISO 8601.
        valid_to: The day on which the next price holds; empty: still.
    """

    goods: int
    freight: int | None
    duty: int | None
    valid_from: str
    valid_to: str

    @property
    def landed(self) -> int:
        """All of it."""
        return self.goods + (self.freight or 0) + (self.duty or 0)


def costs_of(shop: Shop) -> dict[str, list[Cost]]:
    """The cost sheet of a shop: by the seller's own code, oldest price first; without what was never written down."""
    found: dict[str, list[Cost]] = {}
    for number, sku in enumerate(skus(shop)):
        if sku.cost is None:
            continue
        if number % 12 == 0:
            found[sku.seller_sku] = [
                _cost(shop, sku.cost, "2023-01-01", _REPRICED),
                _cost(shop, share(sku.cost, 108, 100), _REPRICED, ""),
            ]
        else:
            found[sku.seller_sku] = [_cost(shop, sku.cost, "2023-01-01", "")]
    return found


def _cost(shop: Shop, goods: int, valid_from: str, valid_to: str) -> Cost:
    freight, duty = _FREIGHT_PERCENT.get(shop.region), _DUTY_PERCENT.get(shop.region)
    return Cost(
        goods,
        None if freight is None else share(goods, freight, 100),
        None if duty is None else share(goods, duty, 100),
        valid_from,
        valid_to,
    )


def main() -> None:
    """Prints the CSV."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for shop in SHOPS:
        for seller_sku, dated in costs_of(shop).items():
            for cost in dated:
                parts = ("" if part is None else text(part, 2) for part in (cost.freight, cost.duty))
                row = (
                    shop.id,
                    seller_sku,
                    text(cost.goods, 2),
                    "CNY",
                    cost.valid_from,
                    cost.valid_to,
                    *parts,
                )
                writer.writerow(row)


if __name__ == "__main__":
    main()
