"""LIVE: sessions in the layout of today and in that of the older Data Compass, and the days in Spanish."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from sandbox.exports import formats
from sandbox.exports.asked import Asked, Json
from sandbox.exports.books import Book, Cell, Sheet
from sandbox.world.live_rooms import Session, total
from sandbox.world.promotion import AFFILIATE, OWN_ACCOUNTS

SESSION_COLUMNS = (
    "Livestream",
    "Start time",
    "Duration",
    "Attributed GMV",
    "Attributed items sold",
    "Customers",
    "AOV",
    "Attributed orders",
    "Attributed SKU orders",
    "Views",
    "LIVE impressions",
    "Impressions per hour",
    "GMV Per Hour",
    "Show GPM",
    "Avg. viewing duration",
    "Tap-through rate",
    "CTR",
    "CTOR",
    "LIVE CTR",
    "SKU order rate",
    "Product clicks",
    "CTOR (SKU order)",
    "Avg. viewing duration per viewer",
    "Product impressions",
    "Watch GPM",
    "New followers",
    "Follow rate",
    "Comment rate",
    "Share rate",
    "Like rate",
    "Likes",
    "Comments",
    "Shares",
    "Ads ROAS",
    "Ads Cost",
    "Ads GMV",
)
"""The headers of the sessions, in their order."""
LIST_COLUMNS = (
    "Room ID",
    "Room Title",
    "Start Time",
    "End Time",
    "Duration",
    "Attributed GMV",
    "Attributed items sold",
    "Attributed orders",
    "Attributed SKU orders",
    "Customers",
    "AOV",
    "Views",
    "Impressions",
    "Impressions Per Hour",
    "GMV per hour",
    "Show GPM",
    "Watch GPM",
    "Avg. viewing duration per view",
    "Avg. viewing duration",
    "Tap through rate",
    "LIVE CTR",
    "Product Impressions",
    "Product clicks",
    "CTR",
    "CTOR",
    "CTOR (SKU orders)",
    "SKU order rate",
    "New followers",
    "Follow rate",
    "Comments",
    "Comment rate",
    "Shares",
    "Share rate",
    "Likes",
    "Like rate",
)
"""The headers of the list with room ids, in their order."""
OLD_COLUMNS = {
    "en": (
        "Creator ID",
        "Creator",
        "Nickname",
        "Launched Time",
        "Duration",
        "Revenue ({0})",
        "Products",
        "Different Products Sold",
        "Orders Created",
        "Orders Paid",
        "Unit Sales",
        "Buyers",
        "Average Price ({0})",
        "CO rate",
        "Viewers",
        "Views",
        "ACU",
        "PCU",
        "Avg. Viewing Duration",
        "Comments",
        "Shares",
        "Likes",
        "New Followers",
        "Product Impressions",
        "Product Clicks",
        "CTR",
    ),
    "id": (
        "Creator ID",
        "Kreator",
        "Nama panggilan",
        "Waktu Live",
        "Durasi",
        "Penghasilan ({0})",
        "Produk",
        "Produk Terjual",
        "Pesanan Dibuat",
        "Pesanan Dibayar",
        "Penjualan",
        "Pembeli",
        "Harga Rata-Rata ({0})",
        "CO Rate",
        "Penonton",
        "Live Stream Dilihat",
        "Rata-rata Penonton",
        "Penonton Tertinggi",
        "Durasi Rata-rata",
        "Komentar",
        "Live Dibagikan",
        "Likes",
        "Pengikut Baru",
        "Produk Dilihat",
        "Klik Produk",
        "CTR",
    ),
}
"""The headers of the older file; in the place of {0} stands the currency's sign (Rp in the known file)."""
DAY_COLUMNS = (
    "Hora",
    "GMV atribuido a LIVE ({0})",
    "GMV de LIVE ({0})",
    "GMV indirecto de LIVE ({0})",
    "GPM de exhibición ({0})",
    "Transmisiones LIVE",
    "Número de transmisiones LIVE que generaron GMV.",
    "Ventas de artículos atribuidas a LIVE",
    "Artículos vendidos en LIVE",
    "Artículos vendidos indirectamente desde LIVE",
    "Pedidos con SKU atribuidos",
    "Pedidos con SKU de LIVE",
    "Pedidos con SKU indirectos de LIVE",
    "Clientes (búsqueda)",
    "Tasa de clics (LIVE)",
    "CTOR (pedido con SKU) (LIVE)",
    "Vistas de LIVE",
    "Duración vista prom. (transmisiones LIVE)",
)
"""The headers of the days; in the place of {0} stands the currency's sign (MX$ in the known file)."""
_NO_ADS = "--"
_UNKNOWN = "N/A"


def sessions(asked: Asked, layout: str) -> Book:
    """The sessions of the shop's own accounts that began on the days."""
    name = f"Creator-Live-Performance_{asked.local(asked.clock):%Y%m%d%H%M%S}.xlsx"
    return Book(name, (Sheet("Sheet1", _sessions(asked)),))


def rooms(asked: Asked, layout: str) -> Book:
    """The same sessions in the list that has their room ids."""
    name = f"Creator-Live-Performance_{asked.local(asked.clock):%Y%m%d%H%M%S}.xlsx"
    return Book(name, (Sheet("performance_detail", _rooms(asked)),))


def analysis(asked: Asked, layout: str) -> Book:
    """The sessions of all accounts that began on the days, in the older layout."""
    name = f"Live_Analysis_{asked.local(asked.clock):%Y%m%d%H%M%S}.xlsx"
    return Book(name, (Sheet("Sheet1", _analysis(asked)),))


def core_stats(asked: Asked, layout: str) -> Book:
    """The shop's LIVE by day."""
    name = f"Live Performance Core Stats_{asked.local(asked.clock):%Y%m%d%H%M%S}.xlsx"
    return Book(name, (Sheet("Sheet1", _core_stats(asked)),))


def _found(asked: Asked, kinds: tuple[str, ...]) -> Iterator[Session]:
    for record in asked.within("live_session"):
        session = Session(asked.shop, record.body, asked.clock)
        if session.room.account.kind in kinds:
            yield session


_SALES: dict[str, str] = {
    "Attributed GMV": "live_attributed_gmv",
    "Attributed items sold": "live_attributed_items_sold",
    "Customers": "attributed_customers",
    "AOV": "aov",
    "Attributed orders": "live_attributed_orders",
    "Attributed SKU orders": "live_attributed_sku_orders",
}
_TRAFFIC: dict[str, str] = {
    "Views": "views",
    "LIVE impressions": "impressions",
    "Impressions per hour": "impressions_per_hour",
    "GMV Per Hour": "gmv_per_hour",
    "Show GPM": "show_gpm",
    "Avg. viewing duration": "avg_viewing_duration",
    "Tap-through rate": "tap_through_rate",
    "CTR": "ctr",
    "CTOR": "ctor",
    "LIVE CTR": "live_ctr",
    "SKU order rate": "order_rate_sku_orders",
    "Product clicks": "product_clicks",
    "CTOR (SKU order)": "ctor_sku_order",
    "Avg. viewing duration per viewer": "avg_viewing_duration_per_viewer",
    "Product impressions": "product_impressions",
    "Watch GPM": "watch_gpm",
}
_INTERACTION: dict[str, str] = {
    "New followers": "new_followers",
    "Follow rate": "follow_rate",
    "Comment rate": "comment_rate",
    "Share rate": "share_rate",
    "Like rate": "like_rate",
    "Likes": "likes",
    "Comments": "comments",
    "Shares": "shares",
}


def _sessions(asked: Asked) -> Iterator[list[Cell]]:
    yield [f"{asked.first} ~ {asked.last}"]
    yield []
    yield list(SESSION_COLUMNS)
    for session in _found(asked, OWN_ACCOUNTS):
        shown = session.shown()
        yield [_session_cell(asked, shown, name) for name in SESSION_COLUMNS]


_LISTED = {
    "Impressions": "LIVE impressions",
    "Impressions Per Hour": "Impressions per hour",
    "GMV per hour": "GMV Per Hour",
    "Tap through rate": "Tap-through rate",
    "Product Impressions": "Product impressions",
    "CTOR (SKU orders)": "CTOR (SKU order)",
    "Avg. viewing duration per view": "Avg. viewing duration",
}
"""What the list calls otherwise."""


def _rooms(asked: Asked) -> Iterator[list[Cell]]:
    yield [f"{asked.first} ~ {asked.last}"]
    yield []
    yield list(LIST_COLUMNS)
    for session in _found(asked, OWN_ACCOUNTS):
        shown = session.shown()
        yield [_listed(asked, shown, name) for name in LIST_COLUMNS]


def _listed(asked: Asked, shown: Json, name: str) -> str:
    start, end = int(shown["start_time"]), int(shown["end_time"])
    match name:
        case "Room ID":
            return str(shown["id"])
        case "Room Title":
            return str(shown["title"])
        case "Start Time" | "End Time":
            return f"{asked.local(start if name == 'Start Time' else end):%Y-%m-%d %H:%M:%S}"
        case "Duration":
            minutes = (end - start) // 60
            return f"{minutes // 60}h{minutes % 60}m"
    cell = _session_cell(asked, shown, _LISTED.get(name, name))
    is_rate = name.casefold().endswith("rate") or name.startswith(("LIVE CTR", "CTR", "CTOR"))
    return f"{Decimal(cell) * 100:f}%" if is_rate and cell not in ("", _NO_ADS, "None") else cell


def _session_cell(asked: Asked, shown: Json, name: str) -> str:
    start, end = int(shown["start_time"]), int(shown["end_time"])
    if name == "Livestream":
        return str(shown["title"])
    if name == "Start time":
        return f"{asked.local(start):%Y-%m-%d %H:%M}"
    if name == "Duration":
        return str(end - start)
    for names, part in (
        (_SALES, "sales_performance"),
        (_TRAFFIC, "traffic"),
        (_INTERACTION, "interaction_performance"),
    ):
        if name in names:
            value = shown[part][names[name]]
            if isinstance(value, dict):
                return formats.symbolic(Decimal(value["amount"]), asked.shop)
            return str(value)
    # Which ads ran in a room is the ads account's to tell.
    return _NO_ADS


_OLD: dict[str, Callable[[Json], Cell]] = {
    "Creator ID": lambda one: one["creator"]["open_id"],
    "Creator": lambda one: one["creator"]["user_name"],
    "Nickname": lambda one: one["creator"]["nick_name"],
    "Revenue ({0})": lambda one: Decimal(one["sales_performance"]["live_attributed_gmv"]["amount"]),
    "Products": lambda one: one["traffic"]["products_added"],
    "Different Products Sold": lambda one: one["sales_performance"]["products_sold"],
    "Orders Created": lambda one: one["sales_performance"]["created_sku_orders"],
    "Orders Paid": lambda one: one["sales_performance"]["live_attributed_sku_orders"],
    "Unit Sales": lambda one: one["sales_performance"]["live_attributed_items_sold"],
    "Buyers": lambda one: one["sales_performance"]["attributed_customers"],
    "Average Price ({0})": lambda one: Decimal(one["sales_performance"]["avg_price"]["amount"]),
    "CO rate": lambda one: formats.percent(one["traffic"]["ctor_sku_order"]),
    "Viewers": lambda one: one["traffic"]["viewers"],
    "Views": lambda one: one["traffic"]["views"],
    "ACU": lambda one: one["traffic"]["acu"],
    "PCU": lambda one: one["traffic"]["pcu"],
    "Avg. Viewing Duration": lambda one: one["traffic"]["avg_viewing_duration"],
    "Comments": lambda one: one["interaction_performance"]["comments"],
    "Shares": lambda one: one["interaction_performance"]["shares"],
    "Likes": lambda one: one["interaction_performance"]["likes"],
    "New Followers": lambda one: one["interaction_performance"]["new_followers"],
    "Product Impressions": lambda one: one["traffic"]["product_impressions"],
    "Product Clicks": lambda one: one["traffic"]["product_clicks"],
    "CTR": lambda one: formats.percent(one["traffic"]["live_ctr"]),
}


def _analysis(asked: Asked) -> Iterator[list[Cell]]:
    symbol = formats.SYMBOLS[asked.shop.currency]
    yield [f"{asked.first} ~ {asked.last}"]
    yield []
    yield [name.format(symbol) for name in OLD_COLUMNS["id" if asked.language == "id" else "en"]]
    for session in _found(asked, (*OWN_ACCOUNTS, AFFILIATE)):
        shown = session.shown()
        start, end = int(shown["start_time"]), int(shown["end_time"])
        times: dict[str, Cell] = {
            "Launched Time": f"{asked.local(start):%Y/%m/%d/ %H:%M}",
            "Duration": end - start,
        }
        yield [times[name] if name in times else _OLD[name](shown) for name in OLD_COLUMNS["en"]]


def _core_stats(asked: Asked) -> Iterator[list[Cell]]:
    symbol = formats.SYMBOLS[asked.shop.currency]
    yield [f"{asked.first} ~ {asked.last}"]
    yield []
    yield [name.format(symbol) for name in DAY_COLUMNS]
    by_day: dict[date, list[Session]] = defaultdict(list)
    for session in _found(asked, (*OWN_ACCOUNTS, AFFILIATE)):
        by_day[session.room.day].append(session)
    for day in asked.complete_days:
        yield [f"{day:%d/%m/%Y}", *_day(asked, day, by_day[day])]


def _day(asked: Asked, day: date, found: list[Session]) -> list[Cell]:
    if not found:
        # Nothing was on air: that is no zero.
        return [""] * (len(DAY_COLUMNS) - 1)
    shown = total(asked.shop, found, day, day + timedelta(days=1))

    def money(name: str) -> str:
        return formats.plain(Decimal(shown[name]["amount"]), asked.shop)

    # Per viewer, as this report reckons; the API's day is per view.
    seconds = sum(one.seconds_per_view * one.views for one in found) // sum(one.viewers for one in found)
    return [
        money("live_attributed_gmv"),
        money("live_gmv"),
        money("live_indirect_gmv"),
        money("show_gpm"),
        str(len(found)),
        str(sum(1 for one in found if one.gmv + one.indirect_gmv)),
        str(shown["live_attributed_items_sold"]),
        _UNKNOWN,
        _UNKNOWN,
        str(shown["live_attributed_sku_orders"]),
        _UNKNOWN,
        _UNKNOWN,
        _UNKNOWN,
        formats.percent(shown["live_ctr"]),
        formats.percent(shown["ctor_sku_order"]),
        str(shown["views"]),
        str(seconds),
    ]
