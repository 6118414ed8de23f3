"""What is known of each market of TikTok Shop, and where from: `market_sources.csv`.

Every market has a line for every subject: a source, or `unknown`. What is unknown is said and not guessed: an unknown
time zone means that the zone of the country is taken (seed `regions`), and nobody has seen the platform say so.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

UNKNOWN = "unknown"
SUBJECTS: Mapping[str, tuple[str, str]] = {
    "regions": ("country and currency", "国家与币种"),
    "time_zones": ("time zone", "时区"),
    "status_words": ("words of order status", "订单状态用词"),
    "fee_mappings": ("fees in files", "文件中的费用"),
    "fulfilment_definitions": ("late dispatch", "延迟发货定义"),
    "sale_days": ("sale days", "大促日"),
}
"""What is asked of each market, in English and 中文."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of a subject in a market.

    Attributes:
        region: The market.
        subject: One of `SUBJECTS`.
        source: Where it is from; `UNKNOWN`; or `unverified: ` and why.
        checked_on: The day on which somebody looked, ISO; empty when nobody has.
    """

    region: str
    subject: str
    source: str
    checked_on: str

    @property
    def state(self) -> str:
        """`known`, `unverified` or `unknown`."""
        if self.source == UNKNOWN:
            return UNKNOWN
        return "unverified" if self.source.startswith("unverified") else "known"


@cache
def market_matrix() -> Mapping[tuple[str, str], Knowledge]:
    """What is known, by market and subject."""
    path = Path(__file__).with_name("market_sources.csv")
    with path.open(encoding="utf-8", newline="") as file:
        lines = [Knowledge(**line) for line in csv.DictReader(file)]
    return {(line.region, line.subject): line for line in lines}


def unknown_of(regions: Iterable[str]) -> dict[str, list[str]]:
    """The subjects of which nothing is known, by market; a market that is not in the matrix has all of them."""
    found = {}
    for region in sorted(set(regions)):
        subjects = [
            subject
            for subject in SUBJECTS
            if (line := market_matrix().get((region, subject))) is None or line.state == UNKNOWN
        ]
        if subjects:
            found[region] = subjects
    return found
