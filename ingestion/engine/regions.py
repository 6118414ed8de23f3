"""The markets of TikTok Shop, from the seed `regions`: the time zone and the currency of each.

The seed is the only place that knows them. A single shop may have another zone (input `shop_settings`, which may lie in
the home that `TTKPI_HOME` names).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from home.errors import ConfigError, TtkpiError
from home.inputs import seed_file
from home.layout import Home
from home.project import project_dir


class RegionUnknown(TtkpiError):
    """A shop is of a market that the seed does not know: neither its currency nor its days are known."""


@dataclass(frozen=True, slots=True)
class Market:
    """A market.

    Attributes:
        region: Its code, such as `GB`.
        time_zone: IANA name of the zone in which its days are counted.
        currency: ISO code.
    """

    region: str
    time_zone: str
    currency: str


def markets() -> Mapping[str, Market]:
    """All markets, by region code.

    Raises:
        ConfigError: There is no dbt project, or a zone in the seed is none.
    """
    project = project_dir()
    return _seeds(project, project / "seeds" / "shared" / "shop_settings.csv").markets


def markets_by_currency() -> Mapping[str, str]:
    """The region codes of the currencies that only one market has: the euro names none.

    Raises:
        ConfigError: There is no dbt project, or a zone in the seed is none.
    """
    found = markets().values()
    count = Counter(market.currency for market in found)
    return {market.currency: market.region for market in found if count[market.currency] == 1}


def require_region(region: str, shop_name: str) -> None:
    """Refuse a shop of a market that the seed does not know.

    Args:
        region: Code of its market.
        shop_name: Its name, for the message.

    Raises:
        RegionUnknown: The seed has no such market.
        ConfigError: There is no dbt project, or a zone in the seed is none.
    """
    if region not in markets():
        raise RegionUnknown(
            f"Shop {shop_name}: region {region or '(none)'} is unknown, and with it the shop's currency and days.",
            advice="Add it to seeds/shared/regions.csv, then run `ttkpi run`. Until then the shop is left out.",
        )


def time_zone_of(region: str, shop_key: str = "") -> str | None:
    """The zone in which a shop's days are counted; None for a market that the seed does not know.

    Args:
        region: Code of its market.
        shop_key: Its id: a single shop may have a zone of its own.

    Raises:
        ConfigError: There is no dbt project, or a zone in the seeds is none.
    """
    project = project_dir()
    seeds = _seeds(project, seed_file(Home.from_env(), project, "shared", "shop_settings"))
    market = seeds.markets.get(region)
    return seeds.zones_of_shops.get(shop_key) or (market.time_zone if market else None)


def checked_zone(zone: str) -> str:
    """The zone, if it is one.

    Raises:
        ConfigError: It is not.
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(
            f"{zone!r} is no time zone.",
            advice="Write an IANA name such as America/Los_Angeles or Etc/GMT+8.",
        ) from None
    return zone


@dataclass(frozen=True, slots=True)
class _Seeds:
    markets: Mapping[str, Market]
    zones_of_shops: Mapping[str, str]


@cache
def _seeds(project: Path, settings: Path) -> _Seeds:
    folder = project / "seeds" / "shared"
    return _Seeds(
        {
            row["region"]: Market(row["region"], checked_zone(row["time_zone"]), row["currency"])
            for row in _rows(folder / "regions.csv")
        },
        {row["shop_key"]: checked_zone(row["time_zone"]) for row in _rows(settings) if row["time_zone"]},
    )


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise ConfigError(
            f"There is no seed {path}.",
            advice="Take it over from the repository: it says where each market is.",
        ) from None
