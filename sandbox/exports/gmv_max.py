"""Ads Manager's reports of GMV Max: creatives in campaigns for products, over a window of the ads account's days, and
all campaigns together by day.

The window stands in the file's name alone. `older` writes an earlier header, `bulk` is the file without ROI.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import orjson

from sandbox.ads import figures, reports
from sandbox.ads.accounts import ACCOUNTS, LIVE, PRODUCT, Account
from sandbox.ads.parameters import Parameters
from sandbox.exports.asked import Asked, Json
from sandbox.exports.books import Book, Cell, Sheet
from sandbox.world.catalog import Shop
from sandbox.world.promotion import products, video

COLUMNS = {
    "en": (
        "Campaign name",
        "Campaign ID",
        "Product ID",
        "Creative type",
        "Video title",
        "Video ID",
        "TikTok account",
        "Time posted",
        "Status",
        "Exploration secondary status",
        "Authorization type",
        "Cost",
        "SKU orders",
        "Cost per order",
        "Gross revenue",
        "ROI",
        "Product ad impressions",
        "Product ad clicks",
        "Product ad click rate",
        "Ad conversion rate",
        "2-second ad video view rate",
        "6-second ad video view rate",
        "25% ad video view rate",
        "50% ad video view rate",
        "75% ad video view rate",
        "100% ad video view rate",
        "Currency",
    ),
    "id": (
        "Nama kampanye",
        "ID Campaign",
        "ID produk",
        "Jenis materi iklan",
        "Judul video",
        "ID video",
        "Akun TikTok",
        "Waktu posting",
        "Status",
        "Jenis otorisasi",
        "Biaya",
        "Pesanan SKU",
        "Biaya per pesanan",
        "Pendapatan kotor",
        "ROI",
        "Impresi iklan produk",
        "Jumlah klik iklan produk",
        "Tingkat klik iklan produk",
        "Rasio konversi iklan",
        "Rasio tayang video iklan 2 detik",
        "Rasio tayang video iklan 6 detik",
        "Rasio tayang video iklan 25%",
        "Rasio tayang video iklan 50%",
        "Rasio tayang video iklan 75%",
        "Rasio tayang video iklan 100%",
        "Mata uang",
    ),
}
"""The headers by language, in their order; the Indonesian file has no secondary status."""
DAY_COLUMNS = {
    "en": (
        "By Day",
        "Cost",
        "SKU orders (Current shop)",
        "Cost per order (Current shop)",
        "Gross revenue (Current shop)",
        "ROI (Current shop)",
        "Currency",
    ),
    "th": (
        "ตามวัน",
        "ต้นทุน",
        "คำสั่งซื้อ SKU (ร้านค้าปัจจุบัน)",
        "ค่าใช้จ่ายต่อคำสั่งซื้อ (ร้านค้าปัจจุบัน)",
        "รายได้ขั้นต้น (ร้านค้าปัจจุบัน)",
        "ROI (ร้านค้าปัจจุบัน)",
        "สกุลเงิน",
    ),
}
"""The headers of the report by day, by language."""
OF_ACCOUNTS = frozenset({"gmv_max_creative_26", "gmv_max_overview_7"})
"""Layouts of an ads account, not of a shop."""
EDITIONS = ("current", "older", "bulk")
_SECONDARY = "Exploration secondary status"
_METRICS = {
    "Cost": "cost",
    "SKU orders": "orders",
    "Cost per order": "cost_per_order",
    "Gross revenue": "gross_revenue",
    "ROI": "roi",
    "Product ad impressions": "product_impressions",
    "Product ad clicks": "product_clicks",
}
_RATES = {"Product ad click rate": "product_click_rate", "Ad conversion rate": "ad_conversion_rate"}
_NONE = "-"
_LONGEST = 365
"""Days that the Business API reports at once."""


def account_of(shop: Shop) -> Account | None:
    """The ads account that promotes a shop, if one does."""
    return next((account for account in ACCOUNTS if account.shop == shop), None)


def headers(language: str, edition: str) -> list[str]:
    """The headers of a file."""
    names = list(COLUMNS["id" if language == "id" else "en"])
    if edition == "older":
        names = ["Orders (SKU)" if name == "SKU orders" else name for name in names]
    if edition == "bulk":
        names.remove("ROI")
    return names


def book(asked: Asked, layout: str) -> Book:
    """The creatives of a shop's ads account.

    Raises:
        ValueError: No ads account promotes the shop, or the window is too long.
    """
    account = account_of(asked.shop)
    if account is None:
        raise ValueError(f"No ads account promotes {asked.shop.name}: it has no {layout}.")
    if (asked.until - asked.first).days > _LONGEST:
        raise ValueError(f"{layout} reports {_LONGEST} days at most: ask for fewer.")
    name = f"creative data for product campaigns {asked.first} 00 ~ {asked.last} 23.xlsx"
    return Book(name, (Sheet("Data", _rows(asked, account)),))


def _rows(asked: Asked, account: Account) -> Iterator[list[Cell]]:
    yield list(headers(asked.language, asked.edition))
    names = list(COLUMNS["en"])
    if asked.language == "id":
        names.remove(_SECONDARY)
    if asked.edition == "bulk":
        names.remove("ROI")
    for campaign_id, campaign_name in _campaigns(asked, account).items():
        for row in _report(asked, account, campaign_id):
            values = _values(row, campaign_name, account)
            yield [values[name] for name in names]


def _campaigns(asked: Asked, account: Account) -> dict[str, str]:
    known = figures.accounts_campaigns(asked.store.meta, account, PRODUCT)
    return {campaign.id: campaign.name for campaign in known}


def _report(asked: Asked, account: Account, campaign_id: str) -> list[Json]:
    """The rows that the Business API gives for the same days."""
    query = {
        "store_ids": [account.shop.id],
        "dimensions": ["campaign_id", "item_group_id", "item_id"],
        "metrics": [*_METRICS.values(), *_RATES.values()],
        "filtering": {"campaign_ids": [campaign_id], "item_group_ids": sorted(products(account.shop))},
    }
    pairs = [(name, orjson.dumps(value).decode()) for name, value in query.items()]
    pairs += [("start_date", asked.first.isoformat()), ("end_date", asked.last.isoformat())]
    return reports.gmv_max(asked.store.meta, account, Parameters(pairs), asked.clock)


def _values(row: Json, campaign_name: str, account: Account) -> dict[str, Cell]:
    ids, metrics = row["dimensions"], row["metrics"]
    item = ids["item_id"]
    is_card = item == figures.CARD
    values: dict[str, Cell] = dict.fromkeys(COLUMNS["en"], _NONE)
    values |= {
        "Campaign name": campaign_name,
        "Campaign ID": ids["campaign_id"],
        "Product ID": ids["item_group_id"],
        "Creative type": "Product card" if is_card else "Video",
        "Status": "Delivering",
        "Currency": account.currency,
        **{name: metrics[metric] for name, metric in _METRICS.items()},
        **{
            name: f"{metrics[metric]}%" if metrics[metric] != reports.NONE else _NONE
            for name, metric in _RATES.items()
        },
    }
    if not is_card:
        one = video(account.shop, int(item[-7:]))
        posted = datetime.fromtimestamp(one.posted, ZoneInfo(account.timezone))
        values |= {
            "Video title": one.title,
            "Video ID": one.id,
            "TikTok account": one.account.username,
            "Time posted": f"{posted:%Y-%m-%d %H:%M:%S}",
        }
    return values


def days(asked: Asked, layout: str) -> Book:
    """All GMV Max campaigns of a shop's ads account by day, with the sum below them.

    Raises:
        ValueError: No ads account promotes the shop, or the window is too long.
    """
    account = account_of(asked.shop)
    if account is None:
        raise ValueError(f"No ads account promotes {asked.shop.name}: it has no {layout}.")
    if (asked.until - asked.first).days > _LONGEST:
        raise ValueError(f"{layout} reports {_LONGEST} days at most: ask for fewer.")
    name = f"Campaign overview data {asked.first:%Y%m%d} - {asked.last:%Y%m%d}.xlsx"
    return Book(name, (Sheet("Sheet1", _days(asked, account)),))


def _days(asked: Asked, account: Account) -> Iterator[list[Cell]]:
    yield list(DAY_COLUMNS[asked.language])
    sums: dict[str, tuple[Decimal, int, Decimal]] = {}
    for kind in (PRODUCT, LIVE):
        for row in _days_of(asked, account, kind):
            day, metrics = row["dimensions"][reports.DAY], row["metrics"]
            cost, orders, revenue = sums.get(day, (Decimal(0), 0, Decimal(0)))
            sums[day] = (
                cost + _figure(metrics["cost"]),
                orders + int(_figure(metrics["orders"])),
                revenue + _figure(metrics["gross_revenue"]),
            )
    for day in sorted(sums):
        yield [day, *_day(*sums[day]), account.currency]
    total = [sum(part, Decimal(0)) for part in zip(*sums.values(), strict=True)] or [Decimal(0)] * 3
    yield [_NONE, *_day(total[0], int(total[1]), total[2]), account.currency]


def _days_of(asked: Asked, account: Account, kind: str) -> list[Json]:
    """The rows that the Business API gives, month by month: it gives 30 days at once."""
    found: list[Json] = []
    first = asked.first
    while first <= asked.last:
        last = min(first + timedelta(days=29), asked.last)
        query = {
            "store_ids": [account.shop.id],
            "dimensions": ["campaign_id", reports.DAY],
            "metrics": ["cost", "orders", "gross_revenue"],
            "filtering": {"gmv_max_promotion_types": [kind], "campaign_statuses": ["STATUS_ALL"]},
        }
        pairs = [(name, orjson.dumps(value).decode()) for name, value in query.items()]
        pairs += [("start_date", first.isoformat()), ("end_date", last.isoformat())]
        found += reports.gmv_max(asked.store.meta, account, Parameters(pairs), asked.clock)
        first = last + timedelta(days=1)
    return found


def _figure(text: str) -> Decimal:
    return Decimal(0) if text == reports.NONE else Decimal(text)


def _day(cost: Decimal, orders: int, revenue: Decimal) -> list[Cell]:
    per_order = f"{cost / orders:.2f}" if orders else "0"
    return [f"{cost:.2f}", orders, per_order, f"{revenue:.2f}", f"{revenue / cost:.2f}" if cost else "0.00"]
