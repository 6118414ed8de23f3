"""Videos: the days of the shop in the Spanish layout, and what each did over the days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from sandbox.exports import formats
from sandbox.exports.asked import Asked, Json
from sandbox.exports.books import Book, Cell, Sheet
from sandbox.world import video_days
from sandbox.world.promotion import AFFILIATE, video
from sandbox.world.video_days import Figures

COLUMNS = (
    "Hora",
    "GMV atribuido al video ({0})",
    "GMV de videos ({0})",
    "GMV indirecto de video ({0})",
    "VV",
    "GPM ({0})",
    "Pedidos con SKU atribuidos",
    "Pedidos con SKU de videos",
    "Pedidos con SKU indirectos de videos",
    "Clientes diarios prom.",
    "Espectadores de productos de videos",
    "Impresiones de productos",
    "Clics de productos",
    "Tasa de clics (video)",
    "CTOR (pedido con SKU)",
)
"""The headers, in their order; in the place of {0} stands the currency's sign (MX$ in the known file)."""
_UNKNOWN = "N/A"


def days(asked: Asked) -> Iterator[tuple[date, dict[str, Figures]]]:
    """(day, what each watched video did) of the complete days, as the API reckons it."""
    ids = [day.isoformat() for day in asked.complete_days]
    for stored in asked.some("video_day", ids=ids):
        yield (
            date.fromisoformat(stored["day"]),
            video_days.figures_of_day(asked.shop, stored, asked.clock),
        )


def listed(asked: Asked) -> list[Json]:
    """The creators' videos over the complete days as the API's list has them, best-selling first."""
    sums: dict[str, Figures] = {}
    for _, found in days(asked):
        for video_id, figures in found.items():
            sums.setdefault(video_id, Figures()).add(figures)
    count = len(asked.complete_days)
    shown: list[Json] = []
    for video_id, figures in sums.items():
        one = video(asked.shop, int(video_id[-7:]))
        if video_days.is_of(one, AFFILIATE):
            shown.append(video_days.show_listed(asked.shop, one, figures, count))
    return sorted(shown, key=lambda one: (Decimal(one["gmv"]["amount"]), one["id"]), reverse=True)


def core_stats(asked: Asked, layout: str) -> Book:
    """The shop's videos by day."""
    moment = asked.local(asked.clock)
    name = f"Video Performance Core Stats_{moment:%Y%m%d%H%M%S}.xlsx"
    return Book(name, (Sheet("Sheet1", _core_stats(asked)),))


def _core_stats(asked: Asked) -> Iterator[list[Cell]]:
    yield [f"{asked.first} ~ {asked.last}"]
    yield []
    yield [name.format(formats.SYMBOLS[asked.shop.currency]) for name in COLUMNS]
    for day, found in days(asked):
        total = video_days.show_total(asked.shop, list(found.values()), day, day + timedelta(days=1))

        def money(name: str, total: Json = total) -> str:
            return formats.plain(Decimal(total[name]["amount"]), asked.shop)

        yield [
            f"{day:%d/%m/%Y}",
            money("video_attributed_gmv"),
            money("video_gmv"),
            money("video_indirect_gmv"),
            str(total["video_views"]),
            money("gpm"),
            str(total["video_attributed_sku_orders"]),
            _UNKNOWN,
            _UNKNOWN,
            str(total["avg_daily_customers"]),
            str(total["video_product_viewers"]),
            str(total["product_impressions"]),
            str(total["product_clicks"]),
            formats.percent(total["ctr"]),
            formats.percent(total["ctor_sku_order"]),
        ]
