"""Which shops are held back: a defect of a shop keeps only the rows of that shop from being published.

A check concerns shops when every row that it found names one of `dim_shops` in a column `shop_key`. A check without
such rows (a missing table, a broken contract, a sum over all shops) concerns no single shop and stops everything.
A row of `no_shop` is in no shop's figures, as that of an ads account that serves none: it is told, and stops nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orchestration.audit.expectations import Outcome

NO_SHOP = "no_shop"


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A shop whose new rows are not published.

    Attributes:
        shop_key: The shop.
        shop_name: Its name.
        check: The failed check nearest to the cause: the first on the way from raw to marts.
        found: What that check found in the shop: a row, with its amounts.
        remedy: What it means, and what to do.
        checks: All critical checks that failed for the shop.
        remedy_zh: The remedy in Chinese; empty where it is known in English alone.
    """

    shop_key: str
    shop_name: str
    check: str
    found: str
    remedy: str
    checks: int
    remedy_zh: str = ""

    @property
    def message(self) -> str:
        """All of it in a sentence."""
        more = self.checks - 1
        others = f" {more} more checks failed for the shop, most likely as a result." if more else ""
        return f"{self.shop_name} ({self.shop_key}) is held back. {self.check}: {self.found}. {self.remedy}{others}"


def concerns_shops(outcome: Outcome, shops: Mapping[str, str]) -> bool:
    """Whether a failed check concerns nothing but these shops."""
    return outcome.ran and bool(outcome.found_in) and set(outcome.found_in) <= {*shops, NO_SHOP}


def warning_if_of_no_shop(outcome: Outcome) -> Outcome:
    """The check as a warning when all that it found is in no shop's figures, or else as it is."""
    concerns_none = outcome.ran and set(outcome.found_in) == {NO_SHOP}
    return replace(outcome, severity="warning") if concerns_none else outcome


def held_back(failed: Sequence[Outcome], shops: Mapping[str, str]) -> tuple[HeldBack, ...]:
    """The shops that failed critical checks concern, by shop id.

    Args:
        failed: Failed critical checks, those nearest to raw first.
        shops: Name of each shop that the warehouse knows.
    """
    found: dict[str, HeldBack] = {}
    for outcome in failed:
        if not concerns_shops(outcome, shops):
            continue
        for shop, text in outcome.found_in.items():
            if shop == NO_SHOP:
                continue
            if shop in found:
                found[shop] = replace(found[shop], checks=found[shop].checks + 1)
            else:
                found[shop] = HeldBack(
                    shop, shops[shop], outcome.name, text, outcome.remedy, 1, outcome.remedy_zh
                )
    return tuple(found[shop] for shop in sorted(found))
