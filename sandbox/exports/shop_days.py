"""The shop's key metrics by day in the Spanish layout: a summary above, then the days, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sandbox.exports import formats
from sandbox.exports.asked import Asked, Json
from sandbox.exports.books import Book, Cell, Sheet

COLUMNS = (
    "Fecha",
    "GMV",
    "Pedidos",
    "Clientes",
    "Artículos vendidos",
    "Artículos reembolsados",
    "Pedidos con SKU",
    "Ingresos brutos",
    "Vistas de página",
    "Visitantes",
    "Tasa de conversión",
    "Impresiones del producto",
    "Impresiones únicas de productos",
    "Clics en el producto",
    "Clics únicos",
    "AOV",
    "GMV atribuido al LIVE del creador",
    "GMV de LIVE del creador",
    "GMV indirecto de LIVE del creador",
    "GMV atribuido a LIVE de cuentas vinculadas",
    "GMV de LIVE del vendedor",
    "GMV indirecto de LIVE de vendedor",
    "GMV atribuido a videos de afiliados",
    "GMV de videos del creador",
    "GMV indirecto de video del creador",
    "GMV atribuido a videos de cuentas vinculadas",
    "GMV de videos de vendedor",
    "GMV indirecto de video de vendedor",
)
"""The headers of the days, in their order."""
_UNKNOWN = "-"
_COUNTS: dict[str, Callable[[Json], int]] = {
    "Pedidos": lambda day: int(day["sales"]["orders_count"]),
    "Clientes": lambda day: int(day["sales"]["customers_count"]),
    "Artículos vendidos": lambda day: int(day["sales"]["items_sold"]),
    "Pedidos con SKU": lambda day: int(day["sales"]["sku_orders_count"]),
    "Vistas de página": lambda day: int(day["traffic"]["avg_page_views"]),
    "Visitantes": lambda day: int(day["traffic"]["avg_visitors"]),
    "Impresiones del producto": lambda day: int(day["traffic"]["product_impressions"]),
    "Impresiones únicas de productos": lambda day: int(day["traffic"]["unique_product_impressions"]),
    "Clics en el producto": lambda day: int(day["traffic"]["product_clicks"]),
    "Clics únicos": lambda day: int(day["traffic"]["unique_clicks"]),
}
_MONEY = {"GMV": "gmv", "AOV": "avg_order_value"}
_SUMMARY = ("GMV", "Pedidos", "Artículos vendidos", "Pedidos con SKU")
"""What the summary adds up: averages and people can't be."""


def book(asked: Asked, layout: str) -> Book:
    """The shop's complete days."""
    name = f"Shop Analytics_Key metrics_{asked.local(asked.clock):%Y%m%d}.xlsx"
    return Book(name, (Sheet("Sheet1", _rows(asked)),))


def _rows(asked: Asked) -> Iterator[list[Cell]]:
    days = _days(asked, asked.complete_days)
    length = len(asked.complete_days)
    before = _days(asked, [day - timedelta(days=length) for day in asked.complete_days])
    yield [f"{asked.first:%d/%m/%Y} - {asked.last:%d/%m/%Y}"]
    yield ["Resumen de los datos"]
    yield ["", *_SUMMARY]
    yield ["Total", *(_shown(asked, name, _sum(days, name)) for name in _SUMMARY)]
    yield ["% de variación", *(_change(_sum(before, name), _sum(days, name)) for name in _SUMMARY)]
    yield []
    yield []
    yield ["Datos diarios"]
    yield list(COLUMNS)
    for day in reversed(days):
        yield [_cell(asked, day, name) for name in COLUMNS]


def _days(asked: Asked, wanted: list[date]) -> list[Json]:
    return asked.some("shop_performance_day", ids=[day.isoformat() for day in wanted])


def _sum(days: list[Json], name: str) -> Decimal:
    if name in _MONEY:
        return sum((Decimal(day["sales"][_MONEY[name]]["amount"]) for day in days), Decimal(0))
    return Decimal(sum(_COUNTS[name](day) for day in days))


def _shown(asked: Asked, name: str, amount: Decimal) -> str:
    return formats.symbolic(amount, asked.shop) if name in _MONEY else f"{amount:,}"


def _change(before: Decimal, now: Decimal) -> str:
    if not before:
        return _UNKNOWN
    return f"{((now - before) / before * 100).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


def _cell(asked: Asked, day: Json, name: str) -> str:
    if name == "Fecha":
        return f"{date.fromisoformat(day['start_date']):%d/%m/%Y}"
    if name in _MONEY:
        return formats.symbolic(Decimal(day["sales"][_MONEY[name]]["amount"]), asked.shop)
    if name in _COUNTS:
        return f"{_COUNTS[name](day):,}"
    if name == "Tasa de conversión":
        return formats.percent(day["traffic"]["avg_conversation_rate"])
    # The API tells neither refunded items nor whose LIVE and videos it was.
    return _UNKNOWN
