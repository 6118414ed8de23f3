"""What the demo shows at the end: KPIs per shop, and how they compare with the world's own figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.frames import attach

PERIODS = (7, 30)
"""Days back from the last complete business date."""

_NOT_COMPARED = {"shop_key", "business_date", "currency", "statement_id", "statement_date", "statement_time"}


@dataclass(frozen=True, slots=True)
class ShopKpis:
    """KPIs of one shop over some days; see the glossary for their meaning. Amounts in `currency`, `_rc` in CNY."""

    shop_key: str
    shop_name: str
    currency: str
    days: int
    gmv: Decimal | None
    gmv_rc: Decimal | None
    net_gmv: Decimal | None
    net_gmv_rc: Decimal | None
    refund_rate: float | None
    paid_orders: int
    aov: Decimal | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A published table against the world's own figures.

    Attributes:
        table: The published table.
        rows: Rows that the world has.
        numbers: Numbers that were compared.
        different: What differs: where, ours, theirs; the first ones.
        total_different: How many differ, missing and extra rows included.
    """

    table: str
    rows: int
    numbers: int
    different: tuple[str, ...]
    total_different: int


_SALES = """
    with shops as (
        select
            shop_key,
            shop_name,
            currency,
            -- Complete days only: the day in which the data end is still growing.
            cast(timezone('Asia/Shanghai', data_until) as date) as today
        from marts.dim_shops
    )

    select
        shops.shop_key,
        shops.shop_name,
        shops.currency,
        ? as days,
        sum(daily.gmv) as gmv,
        sum(daily.gmv_rc) as gmv_rc,
        sum(daily.net_gmv) as net_gmv,
        sum(daily.net_gmv_rc) as net_gmv_rc,
        cast(sum(daily.refunded_gmv) as double) / nullif(cast(sum(daily.gmv) as double), 0) as refund_rate,
        cast(coalesce(sum(daily.paid_orders), 0) as bigint) as paid_orders,
        cast(sum(daily.gmv) / nullif(sum(daily.paid_orders), 0) as decimal(18, 2)) as aov
    from shops
    left join marts.kpi_shop_daily as daily
        on
            shops.shop_key = daily.shop_key
            and daily.business_date >= shops.today - ?
            and daily.business_date < shops.today
    group by shops.shop_key, shops.shop_name, shops.currency
    order by shops.shop_key
"""


def shop_kpis(published: Path, days: int) -> list[ShopKpis]:
    """KPIs of every shop over the last complete days.

    Raises:
        CannotRead: The published file can't be read.
    """
    return [ShopKpis(*row) for row in _query(published, _SALES, [days, days])]


def compare(
    published: Path, table: str, truth: Sequence[Mapping[str, Any]], keys: Sequence[str]
) -> Comparison:
    """Compare every number of the world's own figures with the published table, to the last digit.

    Args:
        published: The published file.
        table: Name of the table in it.
        truth: The world's rows; amounts are texts with a decimal point.
        keys: Columns that name a row.
    """
    columns = sorted({name for row in truth for name in row} - _NOT_COMPARED - set(keys))
    selected = ", ".join([*(f"cast({key} as varchar)" for key in keys), *columns])
    ours: dict[tuple[str, ...], tuple[Any, ...]] = {}
    if truth:
        for row in _query(published, f"select {selected} from marts.{table}", []):  # noqa: S608
            ours[tuple(str(value) for value in row[: len(keys)])] = row[len(keys) :]
    different: list[str] = []
    total = numbers = 0
    for theirs in truth:
        key = tuple(str(theirs[name]) for name in keys)
        mine = ours.pop(key, None)
        if mine is None:
            total += 1
            different.append(f"{' '.join(key)} is missing")
            continue
        for name, value in zip(columns, mine, strict=True):
            numbers += 1
            if not _equal(value, theirs.get(name)):
                total += 1
                different.append(f"{' '.join(key)} {name}: {value} is {theirs.get(name)} in the world")
    for key in ours:
        total += 1
        different.append(f"{' '.join(key)} is not in the world")
    return Comparison(table, len(truth), numbers, tuple(different[:10]), total)


def _equal(ours: Any, theirs: Any) -> bool:
    if ours is None or theirs is None:
        return ours is None and theirs is None
    return Decimal(str(ours)) == Decimal(str(theirs))


def _query(published: Path, sql: str, parameters: Iterable[Any]) -> list[tuple[Any, ...]]:
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set TimeZone = 'UTC'")
        attach(connection, published, "published")
        connection.execute("use published")
        return connection.execute(sql, list(parameters)).fetchall()
    finally:
        connection.close()
