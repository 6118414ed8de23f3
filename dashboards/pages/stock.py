"""Stock and dispatch 库存履约: what runs out when, what to order, and which orders are late or due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks
from dashboards.parts.behind import Rows
from dashboards.parts.choices import Choice, period_of
from dashboards.parts.formats import COUNT, DAY, FRACTION, PART, UNKNOWN
from dashboards.parts.page import Column, Page
from dashboards.parts.words import Dictionary

WORDS: Dictionary = {
    "name": ("Stock and dispatch", "库存履约"),
    "stock": ("What runs out when", "何时断货"),
    "order": ("What to order", "补货清单"),
    "nothing_order": ("Nothing has to be ordered.", "暂无需要补货的 SKU。"),
    "no_stock": ("No stock list was read.", "尚未读取库存。"),
    "by_status": ("SKUs by status", "SKU 状态"),
    "status": ("Status", "状态"),
    "sku": ("SKU", "SKU"),
    "product": ("Product", "商品"),
    "sellable": ("Sellable", "可售"),
    "a_day": ("Sold a day, 7 days", "日均销量（7 天）"),
    "cover": ("Days of cover", "可售天数"),
    "gone": ("Out on", "预计断货"),
    "reorder": ("Order", "建议补货"),
    "few_days": ("Sales of {days} days only.", "仅 {days} 天销量。"),
    "dispatch": ("Dispatch and delivery", "发货与送达"),
    "no_dispatch": ("No order was due in this period.", "该时段没有应发货订单。"),
    "late": ("Late dispatch", "延迟发货率"),
    "on_time": ("On time", "准时送达率"),
    "cancelled": ("Seller cancellation", "卖家取消率"),
    "due_24": ("Due in 24 h", "24 小时内到期"),
    "open_late": ("Late and open", "已超时未发"),
    "limit": ("limit {value}", "上限 {value}"),
    "orders_due": ("Orders near their deadline", "临近时限的订单"),
    "none_due": ("No order is near its deadline.", "没有临近时限的订单。"),
    "due_at": ("Until", "截止"),
    "of_28": ("28 days; counts of the newest day", "最近 28 天；数量为最新一日"),
    "subject": ("Order", "订单"),
    "to_do": ("To do", "待办"),
    "late_by": ("the deadline has passed", "已超时"),
}
_STATUSES = {"out": ("h", "▲"), "critical": ("h", "▲"), "low": ("m", "◆"), "overstock": ("m", "◆")}
_ORDER = ("out", "critical", "low", "ok", "overstock")
_LIMIT = 25

Row = dict[str, Any]


def show(page: Page) -> None:
    """Draw the page."""
    t = page.t
    page.heading(t("name"))
    page.notices()
    chosen = page.choices(period=False, compare=False)
    records = _stock(page, chosen)
    if not records:
        blocks.still(blocks.card(t("stock"), blocks.empty(t("no_stock"))))
    else:
        page.block(page.tiles(_tiles(page, chosen, records)), "tiles")
        left, right = st.columns([1.25, 1], gap="small")
        with left:
            page.block(_running_out(page, records), "stock")
        with right:
            page.block(_to_order(page, chosen, records), "order")
    left, right = st.columns([1.25, 1], gap="small")
    with left:
        page.block(_dispatch(page, chosen), "dispatch")
    with right:
        page.block(_due(page, chosen), "due")


def _stock(page: Page, chosen: Choice) -> list[Row]:
    which = " and shop_key = ?" if chosen.shop else ""
    rows = page.store.rows(
        f"select * from kpi_stock_health where is_latest{which}",  # noqa: S608 (own text)
        (chosen.shop,) if chosen.shop else (),
    )
    for row in rows:
        row["shop"] = page.shop_name(str(row["shop_key"]))
        row["status"] = page.value_name("stock_status", row["stock_status"]) or page.t("unknown")
        row["sku"] = row["seller_sku"] or row["sku_name"] or row["sku_id"]
    rows.sort(key=lambda row: (_rank(row["stock_status"]), _cover(row), -_units(row), str(row["sku_id"])))
    return rows


def _rank(status: Any) -> int:
    return _ORDER.index(status) if status in _ORDER else len(_ORDER)


def _cover(row: Mapping[str, Any]) -> float:
    found = row["days_of_cover"]
    return float("inf") if found is None else float(found)


def _units(row: Mapping[str, Any]) -> int:
    return int(row["units_sold_28d"] or 0)


def _tiles(page: Page, chosen: Choice, records: Sequence[Row]) -> list[str]:
    """How many SKUs have each status; a click opens them."""
    tiles = []
    for status in (*_ORDER, None):
        found = [row for row in records if row["stock_status"] == status]
        if not found:
            continue
        form, sign = _STATUSES.get(status or "", ("o", "●"))
        name = str(found[0]["status"])
        number = page.link(
            page.f.count(len(found)),
            None,
            f"<b>{escape(page.shop_name(chosen.shop))}</b> · {escape(name)}",
            _of_status(page, chosen, status),
            title=name,
        )
        tiles.append(
            f'<div class="tile"><div class="l"><span>{escape(name)}</span></div>'
            f'<div class="row"><div class="v"><span class="sev {form}">{sign}</span> {number}'
            '<span class="cur">SKU</span></div></div></div>'
        )
    return tiles


def _of_status(page: Page, chosen: Choice, status: str | None) -> Rows:
    which = " and shop_key = ?" if chosen.shop else ""
    return behind.query(
        page.store,
        "stock",
        "select * from kpi_stock_health where is_latest and stock_status is not distinct from ?"  # noqa: S608 (own text)
        f"{which} order by shop_key, days_of_cover, sku_id",
        (status, *((chosen.shop,) if chosen.shop else ())),
    )


def _status(row: Mapping[str, Any]) -> str:
    form, sign = _STATUSES.get(str(row["stock_status"]), ("o", "●"))
    return f'<span class="sev {form}">{sign}</span> {escape(str(row["status"]))}'


def _running_out(page: Page, records: Sequence[Row]) -> str:
    t = page.t
    return page.table(
        t("stock"),
        [
            Column("status", t("status"), show=_status),
            Column("sku", t("sku"), hover=page.column("kpi_stock_health", "seller_sku").hover),
            Column("shop", t("shop"), is_wide=True),
            _column(page, "sellable_units", "sellable", COUNT),
            _column(page, "sales_velocity_7d", "a_day", PART, is_wide=True),
            Column(
                "days_of_cover",
                t("cover"),
                PART,
                hover=page.column("kpi_stock_health", "days_of_cover").hover,
                show=lambda row: _days_of_cover(page, row),
            ),
            _column(page, "expected_stockout_date", "gone", DAY),
        ],
        records,
        name="stock",
        limit=_LIMIT,
    )


def _days_of_cover(page: Page, row: Mapping[str, Any]) -> str:
    """The days, marked where they are of few days' sales; why they are unknown when the mouse rests on it."""
    shown = page.f.value(row["days_of_cover"], PART)
    # A file that an older version published has no such columns.
    if reason := row.get("velocity_unknown_reason"):
        hover = escape(page.value_name("velocity_unknown_reason", reason))
        return f'<span title="{hover}">{shown}</span>'
    if not row.get("is_velocity_provisional"):
        return shown
    hover = escape(page.t("few_days", days=row["velocity_days"]))
    return f'<span class="pv s" title="{hover}">~</span>{shown}'


def _column(page: Page, name: str, word: str, kind: str, *, is_wide: bool = False) -> Column:
    hover = page.column("kpi_stock_health", name).hover
    return Column(name, page.t(word), kind, hover=hover, is_wide=is_wide)


def _to_order(page: Page, chosen: Choice, records: Sequence[Row]) -> str:
    t = page.t
    wanted = [row for row in records if row["reorder_units"]]
    return page.table(
        t("order"),
        [
            Column("sku", t("sku")),
            Column("product_name", t("product"), is_wide=True),
            Column("shop", t("shop"), is_wide=True),
            _column(page, "sellable_units", "sellable", COUNT),
            _column(page, "reorder_units", "reorder", COUNT),
        ],
        wanted,
        name="restock",
        limit=_LIMIT,
        rows=behind.query(
            page.store,
            "restock",
            "select shop_key, seller_sku, sku_id, product_id, product_name, sku_name, stock_status, sellable_units, "  # noqa: S608 (own text)
            "days_of_cover, expected_stockout_date, lead_time_days, reorder_point_units, moq_units, pack_units, "
            "reorder_units from kpi_stock_health where is_latest and reorder_units > 0"
            + (" and shop_key = ?" if chosen.shop else "")
            + " order by shop_key, stock_status, days_of_cover, sku_id",
            (chosen.shop,) if chosen.shop else (),
        ),
        nothing=t("nothing_order"),
    )


def _dispatch(page: Page, chosen: Choice) -> str:
    """The newest day of each shop, with the rates of the platform's window that ends there."""
    t = page.t
    if not page.store.has("kpi_fulfilment_daily"):
        return blocks.card(t("dispatch"), blocks.empty(t("no_table")))
    newest: dict[str, Row] = {}
    for row in page.store.rows("select * from kpi_fulfilment_daily order by shop_key, shop_local_date"):
        if not chosen.shop or row["shop_key"] == chosen.shop:
            newest[str(row["shop_key"])] = row
    numbers = page.ask_each(
        ("late_dispatch_rate", "on_time_delivery_rate", "seller_cancellation_rate"),
        period_of("last_28", page.last_day),
        by=["shop"],
        shop=chosen.shop,
    )
    records = []
    for key, row in newest.items():
        record: Row = {**row, "shop": page.shop_name(key)}
        for answer in numbers:
            name = answer.answer.metrics[0].name if answer.answer.metrics else ""
            if name:
                record[name] = answer.figure(name, key)
        records.append(record)
    return page.table(
        t("dispatch"),
        [
            Column("shop", t("shop")),
            _rate(page, "late_dispatch_rate", "late"),
            _rate(page, "on_time_delivery_rate", "on_time", is_wide=True),
            _rate(page, "seller_cancellation_rate", "cancelled", is_wide=True),
            Column("orders_due_within_24h", t("due_24"), COUNT),
            Column("open_late_orders", t("open_late"), COUNT),
        ],
        records,
        name="dispatch",
        note=t("of_28"),
        nothing=t("no_dispatch"),
    )


def _rate(page: Page, name: str, word: str, *, is_wide: bool = False) -> Column:
    return Column(
        name, page.t(word), FRACTION, hover=page.column("kpi_fulfilment_daily", name).hover, is_wide=is_wide
    )


def _due(page: Page, chosen: Choice) -> str:
    t = page.t
    if not page.store.has("ops_due_now"):
        return blocks.card(t("orders_due"), blocks.empty(t("no_table")))
    which = " and shop_key = ?" if chosen.shop else ""
    rows = page.store.rows(
        "select * from views.due_now where order_id is not null"  # noqa: S608 (own text)
        f"{which} order by is_overdue desc, due_at, order_id",
        (chosen.shop,) if chosen.shop else (),
    )
    for row in rows:
        row["shop"] = page.shop_name(str(row["shop_key"]))
        row["kind"] = page.t.pick(row["due_kind"], row["due_kind_zh"]).replace("_", " ")
        row["until"] = page.standing.local(row["due_at"]) if row["due_at"] else None
    return page.table(
        t("orders_due"),
        [
            Column("order_id", t("subject")),
            Column("kind", t("to_do")),
            Column("shop", t("shop"), is_wide=True),
            Column("until", t("due_at"), "time", show=lambda row: _until(page, row)),
        ],
        rows,
        name="orders_due",
        note=escape(page.zone),
        limit=15,
        nothing=t("none_due"),
    )


def _until(page: Page, row: Mapping[str, Any]) -> str:
    """The deadline, with a sign when it has passed."""
    if row["until"] is None:
        return UNKNOWN
    late = f'<span class="sev h" title="{page.t("late_by")}">▲</span> ' if row["is_overdue"] else ""
    return f"{late}{page.f.value(row['until'], 'time')}"
