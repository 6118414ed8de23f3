"""Whose a file is: no export says it itself.

What a person says counts first (`--shop`, `--advertiser`), then the folder that the file lies in, if it is named after
a shop or ads account. Otherwise it is the one known shop that fits the market and currency of the file, if one does.
`belonging.py` looks whether it can be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from home.errors import ConfigError
from home.storage import storage_errors
from home.text import file_name
from ingestion.engine.regions import checked_zone, markets, time_zone_of
from ingestion.seller_center.outcomes import ImportOptions
from ingestion.seller_center.sheets import FileReading, Problem, ShopFacts
from ingestion.seller_center.tables import SHOPS
from ingestion.tables.advertisers import ADVERTISERS
from ingestion.tables.sources import SELLER_CENTER, TIKTOK_ADS, TIKTOK_SHOP


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


class Owners:
    """The shops and ads accounts that a file may be of: those in the raw folder, and what a person says of them.

    Args:
        raw: The raw folder.
        options: What a person says.

    Attributes:
        raw: The raw folder.
        shops: By id.
        accounts: Ads accounts, by id.
        declared: The shop that the options make known, or say otherwise than it was known; None if there is none.

    Raises:
        ConfigError: The options name a market without a shop, or an owner that is not known.
    """

    def __init__(self, raw: Path, options: ImportOptions) -> None:
        self.raw = raw
        self.shops = known_shops(raw)
        self.accounts = known_accounts(raw)
        self._options = options
        if options.region and not options.shop:
            raise ConfigError(
                "--region says the market of a shop, but no shop is named. 指定了 --region 但没有 --shop。",
                advice="Add --shop ID. 请加上 --shop 店铺ID。",
            )
        self.declared = self._declare_shop(options.shop) if options.shop else None
        if options.advertiser:
            self._declare_account(options.advertiser)

    def _declare_shop(self, shop: str) -> Owner | None:
        known = self.shops.get(shop)
        if self._options.region:
            facts = market_facts(self._options.region, shop)
            owner = Owner(shop, self._options.name or (known.name if known else ""), "", facts)
            self.shops[shop] = owner
            is_new = known is None or (known.facts.region, known.name) != (facts.region, owner.name)
            return owner if is_new else None
        if known is None:
            raise ConfigError(
                f"No shop with the id {shop} is known. 未知店铺 {shop}。",
                advice="Say its market once: --shop ID --region GB --name NAME. Known shops: "
                f"{', '.join(sorted(one.label for one in self.shops.values())) or 'none'}. "
                "首次导入请加上 --region 指明市场。",
            )
        return None

    def _declare_account(self, account: str) -> None:
        known = self.accounts.get(account)
        if self._options.time_zone:
            currency = known.facts.currency if known else ""
            facts = ShopFacts("", checked_zone(self._options.time_zone), currency)
            self.accounts[account] = Owner(account, "", "", facts, is_ads=True)
        elif known is None:
            raise ConfigError(
                f"No ads account with the id {account} is known. 未知广告账户 {account}。",
                advice="Say its time zone: --advertiser ID --time-zone America/Los_Angeles. 请加上 --time-zone。",
            )

    def expected(self, path: Path) -> Owner | None:
        """The owner that a person or a folder names: enough to notice the same file under two shops."""
        return self._chosen_shop() or by_folder(path, {**self.shops, **self.accounts})

    def likely_shop(self, path: Path) -> Owner | None:
        """The shop that a person or a folder names, else the only one there is."""
        only = next(iter(self.shops.values())) if len(self.shops) == 1 else None
        return self._chosen_shop() or by_folder(path, self.shops) or only

    def account(self, path: Path) -> Owner | Problem:
        """The ads account of a report, or why it has none."""
        only = next(iter(self.accounts.values())) if len(self.accounts) == 1 else None
        owner = self.accounts.get(self._options.advertiser or "") or by_folder(path, self.accounts) or only
        return owner or nobody(file_name(path), [], self.accounts.values(), is_ads=True)

    def fitting_shop(self, reading: FileReading) -> Owner | Problem:
        """The one shop that fits the market and currency of a file, or why there is none."""
        markets = {sheet.decisions.market for sheet in reading.sheets if sheet.decisions.market}
        currencies = {sheet.decisions.currency for sheet in reading.sheets if sheet.decisions.currency}
        found = fitting(self.shops.values(), markets, currencies)
        if len(found) == 1:
            return found[0]
        return nobody(file_name(reading.path), found, self.shops.values(), is_ads=False)

    def _chosen_shop(self) -> Owner | None:
        return self.shops.get(self._options.shop or "")


def market_facts(region: str, shop_key: str = "") -> ShopFacts:
    """Zone and currency of a market (seed `regions`); the zone of a single shop may be another (`shop_settings`).

    Raises:
        ConfigError: The market is unknown.
    """
    code = region.strip().upper()
    market = markets().get(code)
    if market is None:
        raise ConfigError(
            f"There is no market {region!r}.", advice=f"Choose from {', '.join(sorted(markets()))}."
        )
    return ShopFacts(code, time_zone_of(code, shop_key) or market.time_zone, market.currency)


def known_shops(raw: Path) -> dict[str, Owner]:
    """The shops that an API listed or somebody named, by id; the newest row of each counts."""
    found: dict[str, Owner] = {}
    for source in (SELLER_CENTER, TIKTOK_SHOP):
        for row in _newest(raw / source / SHOPS.name, "shop_id"):
            key, region = str(row["shop_id"]), row["region"]
            # A market that the seeds do not know can't be read without a zone; the API's shops go on without files.
            if region in markets():
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
        for row in _newest(raw / TIKTOK_ADS / ADVERTISERS.name, "advertiser_id")
        if row["timezone"]
    }


def by_folder(path: Path, owners: Mapping[str, Owner]) -> Owner | None:
    """The owner whose id or code is the name of a folder around the file; the nearest folder counts."""
    by_name = {owner.code: owner for owner in owners.values() if owner.code} | dict(owners)
    for folder in path.absolute().parents:
        if folder.name in by_name:
            return by_name[folder.name]
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
