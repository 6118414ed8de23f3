"""The two ads accounts and their campaigns: the same in every world, apart from its clock and size.

| account | currency | calendar | shop |
| --- | --- | --- | --- |
| 7400000000000000001 | USD | Etc/GMT+8: eight hours behind UTC, summer and winter | US |
| 7400000000000000002 | THB | Asia/Bangkok | TH |

Each has three ordinary campaigns (one sends to a website, one is deleted) and four of GMV Max: two for products, one of
them deleted, and two for LIVE, one of which never ran.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sandbox.world.catalog import SELLER, SHARE, SHOPS, Shop, skus
from sandbox.world.promotion import products
from sandbox.world.store import WorldMeta

DAY = 86_400
BASIC, PRODUCT, LIVE = "BASIC", "PRODUCT", "LIVE"


@dataclass(frozen=True, slots=True)
class Account:
    """An ads account.

    Attributes:
        id: TikTok's id.
        name: Its name.
        currency: Of all its amounts.
        timezone: Zone of its reports, as the API writes it.
        display_timezone: IANA name of the place.
        shop: The shop it promotes, and alone may promote with GMV Max.
    """

    id: str
    name: str
    currency: str
    timezone: str
    display_timezone: str
    shop: Shop

    @property
    def number(self) -> int:
        """1 or 2."""
        return int(self.id[-1])


ACCOUNTS = (
    Account(f"74{SELLER:016d}1", "Aurora US ads", "USD", "Etc/GMT+8", "America/Los_Angeles", SHOPS[4]),
    Account(f"74{SELLER:016d}2", "Aurora TH ads", "THB", "Asia/Bangkok", "Asia/Bangkok", SHOPS[0]),
)
BY_ID = {account.id: account for account in ACCOUNTS}


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign.

    Attributes:
        id: TikTok's id.
        name: Its name.
        kind: BASIC, PRODUCT or LIVE.
        destination: TIKTOK_SHOP or WEBSITE.
        starts: Unix seconds of its first hour.
        deleted: Unix seconds at which it was deleted; None while it is there.
        modified: Unix seconds of its latest change.
        budget: Smallest units of the account's currency a day.
        return_percent: What it sells for one hundred of cost, on average.
        product_ids: The products it promotes; empty for all, and for LIVE.
    """

    account: Account
    id: str
    name: str
    kind: str
    destination: str
    starts: int
    deleted: int | None
    modified: int
    budget: int
    return_percent: int
    product_ids: tuple[str, ...] = ()

    def is_deleted(self, now: int) -> bool:
        """Whether it is gone at a moment."""
        return self.deleted is not None and self.deleted <= now

    def runs(self, moment: int) -> bool:
        """Whether it spends at a moment."""
        return self.starts <= moment and not self.is_deleted(moment)


# kind, name, destination, thousandths of the shop's sales that it spends, return, days before the clock's start at
# which it began and was deleted; None: before the world, or never.
_PLANS: tuple[tuple[str, str, str, int, int, int | None, int | None], ...] = (
    (BASIC, "Video shopping ads", "TIKTOK_SHOP", 20, 240, None, None),
    (BASIC, "Website visits", "WEBSITE", 6, 0, 50, None),
    (BASIC, "Launch offer", "TIKTOK_SHOP", 12, 180, None, 20),
    (PRODUCT, "GMV Max all products", "TIKTOK_SHOP", 45, 560, None, None),
    (PRODUCT, "GMV Max favourites", "TIKTOK_SHOP", 18, 620, None, 12),
    (LIVE, "LIVE GMV Max", "TIKTOK_SHOP", 25, 480, None, None),
    (LIVE, "LIVE GMV Max of tomorrow", "TIKTOK_SHOP", 25, 480, -400, None),
)


@cache
def campaigns(account: Account, meta: WorldMeta) -> tuple[Campaign, ...]:
    """The campaigns of an account."""
    sales = _daily_sales(account.shop, meta)
    midnight = meta.clock_start // DAY * DAY
    found: list[Campaign] = []
    for number, (kind, name, destination, thousandths, gain, begun, ended) in enumerate(_PLANS, start=1):
        starts = midnight - (begun if begun is not None else meta.days + 30) * DAY
        deleted = midnight - ended * DAY + 9 * 3600 if ended is not None else None
        chosen = tuple(sorted(products(account.shop)))[:6] if name.endswith("favourites") else ()
        found.append(
            Campaign(
                account=account,
                id=f"18{account.number}00000000000{number:02d}",
                name=f"{name} {account.shop.region}",
                kind=kind,
                destination=destination,
                starts=starts,
                deleted=deleted,
                modified=min(starts, meta.clock_start - DAY) + 3600,
                budget=max(2_000, sales * thousandths // 1000),
                return_percent=gain,
                product_ids=chosen,
            )
        )
    return tuple(found)


def average_price(shop: Shop) -> int:
    """What a unit costs, in the smallest unit of the currency."""
    variants = skus(shop)
    return sum(sku.price * sku.popularity for sku in variants) // sum(sku.popularity for sku in variants)


def _daily_sales(shop: Shop, meta: WorldMeta) -> int:
    return meta.orders * SHARE[shop.region] * average_price(shop) // (100 * max(1, meta.days))
