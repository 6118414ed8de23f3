"""Whose a file is: no export says it itself.

What a person says counts first (`--shop`, `--advertiser`), then the folder that the file lies in, if it is named after
a shop or ads account. Otherwise it is the one known shop that fits the market and currency of the file, if one does.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow.parquet as pq

from home.config import PROJECT_ROOT
from home.errors import ConfigError
from home.storage import storage_errors
from ingestion.seller_center.sheets import Problem, ShopFacts
from ingestion.seller_center.tables import SHOPS, SOURCE
from ingestion.tiktok_ads.accounts import ADVERTISERS
from ingestion.tiktok_ads.reading import SOURCE as ADS_SOURCE
from ingestion.tiktok_shop.endpoints import SOURCE as SHOP_SOURCE

_REGIONS = PROJECT_ROOT / "seeds" / "shared" / "regions.csv"
_SETTINGS = PROJECT_ROOT / "seeds" / "shared" / "shop_settings.csv"


@dataclass(frozen=True, slots=True)
class Owner:
    """A shop or an ads account.

    Attributes:
        key: Its id.
        name: Its name; empty when nobody said it.
        code: Its code, another name for it; empty when there is none.
        facts: Market, zone and currency; the market of an ads account is empty, its currency as well when unknown.
        is_ads: Whether it is an ads account.
    """

    key: str
    name: str
    code: str
    facts: ShopFacts
    is_ads: bool = False

    @property
    def label(self) -> str:
        """How it is shown to a person."""
        about = ", ".join(part for part in (self.name, self.facts.region) if part)
        return f"{self.key} ({about})" if about else self.key


def market_facts(region: str, shop_key: str = "") -> ShopFacts:
    """Zone and currency of a market (seed `regions`); the zone of a single shop may be another (`shop_settings`).

    Raises:
        ConfigError: The market is unknown.
    """
    known = _seed(_REGIONS, "region")
    code = region.strip().upper()
    if code not in known:
        raise ConfigError(
            f"There is no market {region!r}.", advice=f"Choose from {', '.join(sorted(known))}."
        )
    zone = _seed(_SETTINGS, "shop_key").get(shop_key, {}).get("time_zone") or known[code]["time_zone"]
    return ShopFacts(code, zone, known[code]["currency"])


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


def known_shops(raw: Path) -> dict[str, Owner]:
    """The shops that an API listed or somebody named, by id; the newest row of each counts."""
    found: dict[str, Owner] = {}
    for source in (SOURCE, SHOP_SOURCE):
        for row in _newest(raw / source / SHOPS.name, "shop_id"):
            key, region = str(row["shop_id"]), row["region"]
            # A market that the seeds do not know can't be read without a zone; the API's shops go on without files.
            if region and region in _seed(_REGIONS, "region"):
                found[key] = Owner(key, row["name"] or "", row["code"] or "", market_facts(region, key))
    return found


def known_accounts(raw: Path) -> dict[str, Owner]:
    """The ads accounts that an API listed, by id."""
    return {
        str(row["advertiser_id"]): Owner(
            str(row["advertiser_id"]),
            row["name"] or "",
            "",
            ShopFacts("", row["timezone"], row["currency"] or ""),
            is_ads=True,
        )
        for row in _newest(raw / ADS_SOURCE / ADVERTISERS.name, "advertiser_id")
        if row["timezone"]
    }


def by_folder(path: Path, owners: Mapping[str, Owner]) -> Owner | None:
    """The owner whose id or code is the name of a folder around the file; the nearest folder counts."""
    named = {owner.code: owner for owner in owners.values() if owner.code} | dict(owners)
    for folder in path.absolute().parents:
        if folder.name in named:
            return named[folder.name]
    return None


def fitting(owners: Collection[Owner], markets: Collection[str], currencies: Collection[str]) -> list[Owner]:
    """The owners that fit what a file says of its market and its currency; what it does not say excludes nobody."""
    return [
        owner
        for owner in owners
        if (not markets or owner.facts.region in markets)
        and (not currencies or not owner.facts.currency or owner.facts.currency in currencies)
    ]


def nobody(file: str, found: Sequence[Owner], known: Collection[Owner], *, is_ads: bool) -> Problem:
    """Why a file was left without an owner."""
    shown = found or list(known)
    code = (
        ("no_account" if is_ads else "no_shop")
        if not shown
        else ("which_account" if is_ads else "which_shop")
    )
    return Problem(
        code=code,
        severity="error",
        file=file,
        values={"known": ", ".join(sorted(owner.label for owner in shown))},
    )


def _newest(folder: Path, key: str) -> list[dict[str, Any]]:
    newest: dict[str, dict[str, Any]] = {}
    with storage_errors(folder):
        for path in sorted(folder.glob("*.parquet")):
            for row in pq.read_table(path).to_pylist():
                known = newest.get(row[key])
                if known is None or _moment(row) >= _moment(known):
                    newest[row[key]] = row
    return list(newest.values())


def _moment(row: dict[str, Any]) -> datetime:
    moment: datetime = row["retrieved_at"]
    return moment


@cache
def _seed(path: Path, key: str) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row[key]: row for row in csv.DictReader(file)}
