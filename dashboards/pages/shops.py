"""Shops and products 店铺与商品: the course of sales, from list price to net, products, refunds by reason, hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks, charts
from dashboards.parts.behind import Rows
from dashboards.parts.choices import Choice, Period
from dashboards.parts.formats import FRACTION, UNKNOWN
from dashboards.parts.numbers import Figure, Numbers, Opening
from dashboards.parts.page import Column, Page
from dashboards.parts.words import Dictionary

WORDS: Dictionary = {
    "name": ("Shops and products", "店铺与商品"),
    "trend_title": ("Course", "走势"),
    "day": ("by day", "按日"),
    "week_grain": ("by week", "按周"),
    "month_grain": ("by month", "按月"),
    "gmv": ("GMV", "成交额"),
    "net": ("Net GMV", "净成交额"),
    "open_week": ("The first and the last one may be cut by the period.", "首尾周期可能不完整。"),
    "steps": ("From list price to net GMV", "从原价到净成交额"),
    "list_price": ("List price", "原价"),
    "seller_discount": ("Seller discount", "商家优惠"),
    "platform_discount": ("Platform discount", "平台优惠"),
    "cancelled": ("Cancelled", "取消"),
    "refunded": ("Refunded", "退款"),
    "products": ("Products", "商品"),
    "product": ("Product", "商品"),
    "of_change": ("Share of the change", "变化贡献"),
    "of_change_hover": (
        "How much of the change of all products together is this product's.",
        "该商品的变化占全部商品变化的比例。",
    ),
    "difference": ("Difference", "增减"),
    "units": ("Units", "件数"),
    "skus": ("SKUs, those that moved most first", "SKU 变化贡献（按变化大小排序）"),
    "sku": ("SKU", "SKU"),
    "sku_of_change_hover": (
        "How much of the change of all SKUs together is this SKU's.",
        "该 SKU 的变化占全部 SKU 变化的比例。",
    ),
    "profit": ("Profit", "贡献利润"),
    "reasons": ("Refunds by reason", "退款原因"),
    "reason": ("Reason", "原因"),
    "refund_day": ("by day of the refund", "按退款日"),
    "heat": ("GMV by weekday and hour", "按星期与小时的成交额"),
    "hour": ("hour", "小时"),
    "date": ("day", "日期"),
    "weekday": ("weekday", "星期"),
    "by_shop": ("Shops", "店铺"),
}
_METRICS = ("gmv_rc", "net_gmv_rc", "paid_orders", "aov_rc")
_REFUNDS = "refund_amount_by_refund_date_rc"
_EXPECTED = "net_gmv_expected_rc"
_BAD_WHEN_UP = (_REFUNDS, "refund_rate_rc")
_GRAINS = {"day": 28, "week_grain": 7 * 13, "month_grain": 366}
_GRAIN_NAMES = {"day": "day", "week_grain": "week", "month_grain": "month"}
_STEPS = (
    "gmv_list_rc",
    "seller_discount_rc",
    "platform_discount_rc",
    "gmv_rc",
    "cancelled_gmv_rc",
    "refunded_gmv_rc",
    "net_gmv_rc",
)
_PRODUCT = ("product_gmv_rc", "product_net_gmv_rc", "product_units_sold", "product_refund_rate_rc")
_SKU = ("sku_gmv_rc", "sku_units_sold", "sku_contribution_profit_rc")


def show(page: Page) -> None:
    """Draw the page."""
    page.heading(page.t("name"))
    page.notices()
    chosen = page.choices()
    page.block(_tiles(page, chosen), "tiles")
    left, right = st.columns([1.45, 1], gap="small")
    with left:
        _trend(page, chosen)
    with right:
        _waterfall(page, chosen)
    page.block(_shops(page, chosen), "shops")
    page.block(_products(page, chosen), "products")
    page.block(_skus(page, chosen), "skus")
    left, right = st.columns([1, 1.45], gap="small")
    with left:
        page.block(_reasons(page, chosen), "reasons")
    with right:
        _heat(page, chosen)


def _scope(page: Page, chosen: Choice, name: str = "") -> str:
    what = name or page.shop_name(chosen.shop)
    return f"<b>{escape(what)}</b> · {chosen.period.since:%Y-%m-%d} – {chosen.period.last:%Y-%m-%d}"


def _orders(page: Page, chosen: Choice, shop: str = "") -> Rows | None:
    period = chosen.period
    return behind.orders(page.store, page.zone, period.since, period.until, shop or chosen.shop)


def _rows_of(page: Page, chosen: Choice, metric: str, shop: str) -> Rows | None:
    """The rows behind a metric of a shop; empty: of the chosen one."""
    period = chosen.period
    if metric == _REFUNDS:
        return behind.refunds(page.store, period.since, period.until, shop or chosen.shop)
    return _orders(page, chosen, shop)


def _metrics(page: Page) -> tuple[str, ...]:
    # Refunds by the day of the refund are known at once; those by the day of the sale come for weeks.
    return (*_METRICS, _REFUNDS if page.knows(_REFUNDS) else "refund_rate_rc")


def _tiles(page: Page, chosen: Choice) -> str:
    metrics = _metrics(page)
    totals = page.ask([*metrics, _EXPECTED], chosen.period, shop=chosen.shop, compare=chosen.compare)
    history = Period(page.last_day - timedelta(days=27), page.last_day + timedelta(days=1))
    days = page.ask(metrics, history, by=["day"], shop=chosen.shop)
    every = [history.since + timedelta(days=number) for number in range(history.days)]
    return page.tiles(
        [
            page.tile(
                _with_expected(page, chosen, totals, metric),
                scope=_scope(page, chosen),
                rows=_rows_of(page, chosen, metric, ""),
                versus=chosen.compare,
                spark=[days.figure(metric, day).value for day in every],
                up_is_good=metric not in _BAD_WHEN_UP,
            )
            for metric in metrics
        ]
    )


def _with_expected(page: Page, chosen: Choice, totals: Numbers, metric: str) -> Figure:
    """A number; the net one with what it will be in the end, while it may change, and how much of it is known."""
    figure = totals.figure(metric)
    if metric == "net_gmv_rc" and figure.is_not_final:
        return replace(figure, expected=totals.figure(_EXPECTED).value, share_known=_known(page, chosen))
    return figure


def _known(page: Page, chosen: Choice) -> float | None:
    """The share known of a day's net GMV; None over several days or shops, whose shares differ."""
    if chosen.period.days != 1 or not chosen.shop:
        return None
    if "net_gmv_share_known" not in page.store.columns("kpi_shop_daily"):
        return None
    found = page.store.rows(
        "select net_gmv_share_known from kpi_shop_daily where shop_key = ? and business_date = ?",
        (chosen.shop, chosen.period.since),
    )
    share = found[0]["net_gmv_share_known"] if found else None
    return None if share is None else float(share)


def _trend(page: Page, chosen: Choice) -> None:
    t = page.t
    with page.chart_card("trend"):
        head, control = st.columns([1.4, 1], vertical_alignment="center")
        with control:
            grain = st.segmented_control(
                t("trend_title"),
                list(_GRAINS),
                format_func=t,
                default="day",
                required=True,
                key=f"grain_{t.language}",
                label_visibility="collapsed",
                persist_state="session",
            )
        grain = grain or "day"
        days = max(_GRAINS[grain], chosen.period.days)
        period = Period(page.last_day + timedelta(days=1 - days), page.last_day + timedelta(days=1))
        numbers = page.ask(["gmv_rc", "net_gmv_rc"], period, by=[_GRAIN_NAMES[grain]], shop=chosen.shop)
        series = [(t("gmv"), charts.BLUE, False), (t("net"), charts.GREEN, True)]
        rows = []
        for (start,) in numbers.groups():
            for (name, _, _), metric in zip(series, ("gmv_rc", "net_gmv_rc"), strict=True):
                rows.append(
                    {"x": _label(start, grain), "y": _plain(numbers.figure(metric, start)), "s": name}
                )
        with head:
            page.chart_title(
                t("trend_title"),
                page.standing.currency,
                blocks.legend([(color, name, dashed) for name, color, dashed in series]),
            )
        if not rows:
            blocks.still(blocks.empty(t("nothing")))
            return
        charts.chart(
            charts.lines(rows, series, x_title=t("date"), y_title=page.standing.currency, height=212), "trend"
        )
        if grain != "day":
            blocks.still(f'<div class="sub">{t("open_week")}</div>')


def _label(start: date, grain: str) -> str:
    return f"{start:%Y-%m}" if grain == "month_grain" else f"{start:%m-%d}"


def _plain(figure: Figure) -> float | None:
    return None if figure.value is None else float(figure.value)


def _waterfall(page: Page, chosen: Choice) -> None:
    t = page.t
    known = [metric for metric in _STEPS if page.knows(metric)]
    numbers = page.ask(known, chosen.period, shop=chosen.shop)
    names = {
        "gmv_list_rc": (t("list_price"), True),
        "seller_discount_rc": (t("seller_discount"), False),
        "platform_discount_rc": (t("platform_discount"), False),
        "gmv_rc": (t("gmv"), True),
        "cancelled_gmv_rc": (t("cancelled"), False),
        "refunded_gmv_rc": (t("refunded"), False),
        "net_gmv_rc": (t("net"), True),
    }
    steps = []
    for metric in known:
        value = _plain(numbers.figure(metric))
        if value is not None:
            label, is_level = names[metric]
            steps.append((label, value if is_level else -value, is_level))
    with page.chart_card("steps"):
        mark = page.mark(numbers.figure("net_gmv_rc"))
        page.chart_title(t("steps"), f"{page.standing.currency} {mark}")
        if steps:
            charts.chart(charts.waterfall(steps, unit=page.standing.currency), "steps")
        else:
            blocks.still(blocks.empty(t("nothing")))


def _shops(page: Page, chosen: Choice) -> str:
    t = page.t
    if len(page.shops) < 2:
        return ""
    metrics = (*_metrics(page), "units_sold")
    numbers = page.ask(metrics, chosen.period, by=["shop"], compare=chosen.compare)
    records = []
    for shop in page.shops:
        record: dict[str, Any] = {"shop": page.shop_name(shop["shop_key"]), "shop_key": shop["shop_key"]}
        record |= {metric: numbers.figure(metric, shop["shop_key"]) for metric in metrics}
        records.append(record)
    columns = [
        Column("shop", t("shop")),
        *(
            Column(
                metric,
                page.metric(metric).label,
                change=metric in ("gmv_rc", "net_gmv_rc", *_BAD_WHEN_UP),
                up_is_good=metric not in _BAD_WHEN_UP,
                is_wide=metric not in ("gmv_rc", *_BAD_WHEN_UP),
                hover=page.metric(metric).hover,
            )
            for metric in metrics
        ),
    ]
    return page.table(
        t("by_shop"),
        columns,
        records,
        name="shops",
        note=f"{page.standing.currency} · {t('vs_' + chosen.compare)}",
        opens=lambda record: blocks.choose("shop", str(record["shop_key"])),
        is_chosen=lambda record: record["shop_key"] == chosen.shop,
        within=lambda record, metric: _rows_of(page, chosen, metric, str(record["shop_key"])),
    )


def _products(page: Page, chosen: Choice) -> str:
    t = page.t
    if not page.knows("product_gmv_rc"):
        return ""
    numbers = page.ask(
        _PRODUCT, chosen.period, by=["shop", "product_id"], shop=chosen.shop, compare=chosen.compare
    )
    together = page.ask(["product_gmv_rc"], chosen.period, shop=chosen.shop, compare=chosen.compare)
    whole = together.figure("product_gmv_rc").difference
    names = _product_names(page)
    records = []
    for shop, product in numbers.groups():
        figures = {metric: numbers.figure(metric, shop, product) for metric in _PRODUCT}
        difference = _difference(figures["product_gmv_rc"])
        records.append(
            {
                "product": names.get((shop, product), product),
                "product_id": product,
                "shop_key": shop,
                "shop": page.shop_name(shop),
                **figures,
                "difference": difference,
                "of_change": _of(difference, whole),
            }
        )
    records.sort(key=lambda one: -float(one["product_gmv_rc"].value or 0))
    columns = [
        Column("product", t("product"), show=lambda one: _product_cell(page, chosen, one)),
        Column("shop", t("shop"), is_wide=True),
        Column(
            "product_id",
            "ID",
            is_wide=True,
            show=lambda one: f'<span class="cc">{escape(str(one["product_id"]))}</span>',
        ),
        _metric_column(page, "product_gmv_rc", change=True),
        _metric_column(page, "product_net_gmv_rc", is_wide=True),
        _metric_column(page, "product_units_sold", is_wide=True),
        _metric_column(page, "product_refund_rate_rc"),
        Column("difference", t("difference"), "money", is_wide=True),
        Column("of_change", t("of_change"), FRACTION, show=_share, is_wide=True, hover=t("of_change_hover")),
    ]
    return page.table(
        t("products"),
        columns,
        records,
        name="products",
        note=f"{page.standing.currency} · {t('vs_' + chosen.compare)}",
        limit=20,
        within=lambda one, _: _sold_lines(page, chosen, one, "product_id"),
    )


def _skus(page: Page, chosen: Choice) -> str:
    """What each SKU added to the change of all, and what it earned."""
    t = page.t
    if not page.knows("sku_gmv_rc"):
        return blocks.card(t("skus"), blocks.empty(t("no_table")))
    numbers = page.ask(
        _SKU,
        chosen.period,
        by=["shop", "product_id", "sku_id", "seller_sku"],
        shop=chosen.shop,
        compare=chosen.compare,
    )
    together = page.ask(["sku_gmv_rc"], chosen.period, shop=chosen.shop, compare=chosen.compare)
    whole = together.figure("sku_gmv_rc").difference
    names = _product_names(page)
    records = []
    for key in numbers.groups():
        shop, product, sku, seller_sku = key
        figures = {metric: numbers.figure(metric, *key) for metric in _SKU}
        difference = _difference(figures["sku_gmv_rc"])
        records.append(
            {
                "sku": str(seller_sku or sku),
                "sku_id": sku,
                "product": names.get((shop, product), product),
                "shop_key": shop,
                "shop": page.shop_name(shop),
                **figures,
                "difference": difference,
                "of_change": _of(difference, whole),
            }
        )
    records.sort(key=lambda one: (-abs(one["difference"] or 0), str(one["sku_id"])))
    columns = [
        Column("sku", t("sku"), show=lambda one: _sku_cell(page, chosen, one)),
        Column("product", t("product"), is_wide=True),
        Column("shop", t("shop"), is_wide=True),
        Column("sku_gmv_rc", t("gmv"), change=True, hover=page.metric("sku_gmv_rc").hover),
        Column("sku_units_sold", t("units"), is_wide=True, hover=page.metric("sku_units_sold").hover),
        Column(
            "sku_contribution_profit_rc",
            t("profit"),
            is_wide=True,
            hover=page.metric("sku_contribution_profit_rc").hover,
        ),
        Column("difference", t("difference"), "money", is_wide=True),
        Column("of_change", t("of_change"), FRACTION, show=_share, hover=t("sku_of_change_hover")),
    ]
    return page.table(
        t("skus"),
        columns,
        records,
        name="skus",
        note=f"{page.standing.currency} · {t('vs_' + chosen.compare)}",
        limit=15,
        within=lambda one, _: _sold_lines(page, chosen, one, "sku_id"),
    )


def _sku_cell(page: Page, chosen: Choice, record: Mapping[str, Any]) -> str:
    """The seller's code; a click opens the sold lines."""
    return _lines_link(page, chosen, record, str(record["sku"]), "sku_gmv_rc", "sku_id")


def _difference(figure: Figure) -> Any:
    """Against the period compared with; where there is no row of one of them, nothing was sold in it."""
    if figure.value is None and figure.before is None:
        return None
    return (figure.value or 0) - (figure.before or 0)


def _of(difference: Any, whole: Any) -> float | None:
    """A share of the change of all."""
    return float(difference) / float(whole) if whole and difference is not None else None


def _metric_column(page: Page, metric: str, **more: Any) -> Column:
    definition = page.metric(metric)
    return Column(metric, definition.label, hover=definition.hover, **more)


def _share(record: Mapping[str, Any]) -> str:
    share = record["of_change"]
    return UNKNOWN if share is None else f"{100 * share:,.0f} %".replace("-", "−")


def _product_names(page: Page) -> dict[tuple[str, str], str]:
    if not page.store.has("dim_products"):
        return {}
    return {
        (row["shop_key"], row["product_id"]): str(row["product_name"] or row["product_id"])
        for row in page.store.rows("select shop_key, product_id, product_name from dim_products")
    }


def _product_cell(page: Page, chosen: Choice, record: Mapping[str, Any]) -> str:
    """The product's name; a click opens its sold lines."""
    return _lines_link(page, chosen, record, str(record["product"]), "product_gmv_rc", "product_id")


def _lines_link(
    page: Page, chosen: Choice, record: Mapping[str, Any], name: str, metric: str, column: str
) -> str:
    """A name that opens the sold lines of a product or SKU in the period."""
    rows = _sold_lines(page, chosen, record, column)
    if rows is None:
        return escape(name)
    opening = Opening(name, record[metric], _scope(page, chosen, name), rows)
    return blocks.link(escape(name), page.opens(opening), name)


def _sold_lines(page: Page, chosen: Choice, record: Mapping[str, Any], column: str) -> Rows | None:
    """The sold lines of a product or SKU in the period; None where the file has no lines."""
    if not page.store.has("fct_order_lines"):
        return None
    return behind.query(
        page.store,
        f"{column.removesuffix('_id')}_lines",
        "select order_id, line_id, seller_sku, sku_name, order_status, business_date, currency, gmv, cancelled_gmv, "  # noqa: S608 (own text, values are parameters)
        "refunded_gmv, net_gmv, gmv_rc, net_gmv_rc, units_sold from fct_order_lines where is_counted and shop_key = ? "
        f"and coalesce({column}, 'unknown') = ? and business_date >= ? and business_date < ? "
        "order by gmv_rc desc nulls last, order_id, line_id",
        (record["shop_key"], record[column], chosen.period.since, chosen.period.until),
    )


def _reasons(page: Page, chosen: Choice) -> str:
    t = page.t
    if not page.knows("refund_line_amount_rc"):
        return ""
    numbers = page.ask(
        ["refund_line_amount_rc"],
        chosen.period,
        by=["return_reason"],
        shop=chosen.shop,
        compare=chosen.compare,
    )
    found = [(reason, numbers.figure("refund_line_amount_rc", reason)) for (reason,) in numbers.groups()]
    found = sorted((one for one in found if one[1].value), key=lambda one: -float(one[1].value))
    top = float(found[0][1].value) if found else 1.0
    records: list[dict[str, Any]] = [
        {"reason": page.value_name("return_reason", reason) or t("unknown"), "amount": amount}
        for reason, amount in found
    ]
    columns = [
        Column("reason", t("reason")),
        Column("bar", "", show=lambda one: blocks.bar(float(one["amount"].value) / top), is_wide=True),
        Column("amount", page.metric("refund_line_amount_rc").label, change=True, up_is_good=False),
    ]
    period = chosen.period
    return page.table(
        t("reasons"),
        columns,
        records,
        name="refund_reasons",
        note=f"{page.standing.currency} · {t('refund_day')}",
        rows=behind.refunds(page.store, period.since, period.until, chosen.shop),
    )


def _heat(page: Page, chosen: Choice) -> None:
    t = page.t
    if not page.knows("hourly_gmv_rc"):
        return
    numbers = page.ask_each(
        ["hourly_gmv_rc"], chosen.period, by=["weekday", "business_hour"], shop=chosen.shop
    )
    weekdays = [t(f"weekday_{number}") for number in range(7)]
    rows = [
        {
            "x": f"{int(hour):02d}",
            "y": weekdays[int(weekday) - 1],
            "v": float(answer.figure("hourly_gmv_rc", weekday, hour).value or 0),
        }
        for answer in numbers
        for weekday, hour in answer.groups()
    ]
    period = chosen.period
    with page.chart_card("heat"):
        page.chart_title(
            t("heat"),
            f"{page.standing.currency} · {escape(page.zone)} · {period.since:%m-%d} – {period.last:%m-%d}",
        )
        if not rows:
            blocks.still(blocks.empty(t("nothing")))
            return
        charts.chart(
            charts.heat(
                rows,
                x_order=[f"{hour:02d}" for hour in range(24)],
                y_order=weekdays,
                titles=(t("hour"), t("weekday"), page.standing.currency),
                height=200,
            ),
            "heat",
        )
