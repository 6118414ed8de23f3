"""The rows behind a number: orders, refunds, statements, sessions, minutes. Read here only, so that another name of a
table is one change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboards.parts.store import Store, Table

SHOWN = 500
"""Rows that a page shows; a file has all."""


@dataclass(frozen=True)
class Rows:
    """Rows that can be looked at and exported.

    Attributes:
        name: Of the file, without its ending.
        identity: What they are: the same identity, the same rows in the same publication.
        count: How many there are.
        read: Reads the first so many; None: all.
    """

    name: str
    identity: str
    count: Callable[[], int]
    read: Callable[[int | None], Table]


def query(store: Store, name: str, sql: str, parameters: Sequence[object] = ()) -> Rows:
    """The rows of a query."""
    values = tuple(parameters)

    def count() -> int:
        return int(store.table(f"select count(*) from ({sql})", values).rows[0][0])  # noqa: S608 (own text)

    def read(limit: int | None) -> Table:
        if limit is None:
            return store.table(sql, values, remember=False)
        return store.table(f"select * from ({sql}) limit {int(limit)}", values)  # noqa: S608 (own text)

    return Rows(name, f"{sql}{values}", count, read)


def listed(name: str, table: Table) -> Rows:
    """Rows that are there already."""
    return Rows(
        name,
        repr(table),
        lambda: len(table.rows),
        lambda limit: Table(table.names, table.rows if limit is None else table.rows[:limit]),
    )


def orders(
    store: Store,
    zone: str,
    since: date,
    until: date,
    shop: str = "",
    *,
    condition: str = "",
    parameters: Sequence[Any] = (),
) -> Rows | None:
    """Paid sale orders of business dates, the largest first; None when the file has no orders.

    Args:
        store: The publication.
        zone: Reporting time zone, for the time of sale.
        since: First day.
        until: Last day, exclusive.
        shop: Only this shop; empty: all.
        condition: More conditions, in SQL, on `o`.
        parameters: Their values.
    """
    if not store.has("fct_orders", "dim_shops"):
        return None
    which = "o.business_date >= ? and o.business_date < ?" + (" and o.shop_key = ?" if shop else "")
    return query(
        store,
        "orders",
        f"select o.order_id, s.shop_name, o.order_status, o.sale_time at time zone '{zone}' as sale_time, "  # noqa: S608 (own text, values are parameters)
        "o.currency, o.gmv, o.cancelled_gmv, o.refunded_gmv, o.net_gmv, o.gmv_rc, o.net_gmv_rc, o.units_sold "
        "from fct_orders as o inner join dim_shops as s on s.shop_key = o.shop_key "
        f"where o.is_paid_order and o.is_sale_order and {which}"
        + (f" and {condition}" if condition else "")
        + " order by o.gmv_rc desc nulls last, o.order_id",
        (since, until, *((shop,) if shop else ()), *parameters),
    )


def refunds(store: Store, since: date, until: date, shop: str = "") -> Rows | None:
    """Return lines whose refund came in these business dates; None when the file has none."""
    if not store.has("fct_refund_lines", "dim_shops"):
        return None
    which = "r.refund_business_date >= ? and r.refund_business_date < ?" + (
        " and r.shop_key = ?" if shop else ""
    )
    return query(
        store,
        "refunds",
        "select r.return_id, r.order_id, s.shop_name, r.return_type, r.return_status, r.return_reason, "  # noqa: S608 (own text, values are parameters)
        "r.refund_business_date, r.sale_business_date, r.currency, r.refund_amount, r.refund_amount_rc "
        f"from fct_refund_lines as r inner join dim_shops as s on s.shop_key = r.shop_key where {which} "
        "and r.refund_amount <> 0 order by r.refund_amount_rc desc nulls last, r.return_id, r.return_line_id",
        (since, until, *((shop,) if shop else ())),
    )


def live_orders(store: Store, zone: str, shop: str, room: str) -> Rows | None:
    """Orders whose lines came out of a LIVE room; None when the file has no lines."""
    if not store.has("fct_orders", "fct_order_lines", "dim_shops"):
        return None
    return query(
        store,
        "live_orders",
        f"select o.order_id, s.shop_name, o.order_status, o.sale_time at time zone '{zone}' as sale_time, "  # noqa: S608 (own text, values are parameters)
        "o.currency, o.gmv, o.cancelled_gmv, o.refunded_gmv, o.net_gmv, o.gmv_rc, o.net_gmv_rc, o.units_sold "
        "from fct_orders as o inner join dim_shops as s on s.shop_key = o.shop_key "
        "where o.shop_key = ? and exists (select 1 from fct_order_lines as l where l.shop_key = o.shop_key "
        "and l.order_id = o.order_id and l.room_id = ?) order by o.gmv_rc desc nulls last, o.order_id",
        (shop, room),
    )


def live_minutes(store: Store, zone: str, shop: str, room: str) -> Rows | None:
    """Minutes of a LIVE session, in the time of its shop."""
    if not store.has("fct_live_minutes"):
        return None
    return query(
        store,
        "live_minutes",
        f"select minute_start_at at time zone '{zone}' as minute, viewers, views, impressions, "  # noqa: S608 (own text, values are parameters)
        "product_impressions, product_clicks, created_sku_orders, sku_orders, items_sold, currency, minute_gmv "
        "from fct_live_minutes where shop_key = ? and live_room_id = ? order by minute_start_at",
        (shop, room),
    )
