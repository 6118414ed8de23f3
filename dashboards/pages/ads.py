"""Ads 广告: spend, reported, own and net return with coverage; paid and organic; campaigns, products, creatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks, charts
from dashboards.parts.behind import Rows
from dashboards.parts.choices import Choice
from dashboards.parts.numbers import Figure
from dashboards.parts.page import Column, Page
from dashboards.parts.words import Dictionary

WORDS: Dictionary = {
    "name": ("Ads", "广告"),
    "coverage_note": ("{share} of the sales have evidence", "{share} 的成交有归因证据"),
    "not_covered": (
        "unknown: too few sales have evidence ({share})",
        "未知：有归因证据的成交过少（{share}）",
    ),
    "split": ("Paid, undetermined and organic sales, with spend", "付费、未定、自然成交与花费"),
    "paid": ("Paid", "付费"),
    "organic": ("Organic", "自然"),
    "undetermined": ("Undetermined", "未定"),
    "spend": ("Spend", "花费"),
    "by_shop": ("By shop", "分店铺"),
    "cost": ("Cost", "花费"),
    "revenue": ("Reported revenue", "报表成交额"),
    "orders": ("Orders", "订单"),
    "campaigns": ("Campaigns", "广告系列"),
    "campaign": ("Campaign", "系列"),
    "kind": ("Kind", "类型"),
    "state": ("State", "状态"),
    "account_day": ("days of the ads account", "广告账户日"),
    "products": ("GMV Max by product", "GMV Max 商品"),
    "product": ("Product", "商品"),
    "creatives": ("Creatives with spend and without sales", "有花费无成交的素材"),
    "creative": ("Creative", "素材"),
    "no_creatives": ("Every creative with spend has sales.", "有花费的素材都有成交。"),
    "no_ads": ("No ads account has figures in this period.", "该时段没有广告数据。"),
    "evidence": ("How we know that an ad brought an order", "归因证据"),
    "others": ("product card and others", "商品卡及其他"),
    "shared": (
        "GMV Max reports paid and organic orders together: its revenue is never added to own sales.",
        "GMV Max 报表含付费与自然订单，不与自有成交相加。",
    ),
    "date": ("day", "日期"),
    "part": ("Part", "构成"),
    "overlap": ("also with an affiliate", "同时有达人佣金"),
}
_TILES = ("ad_spend_rc", "roas_reported_rc", "roas_rc", "roas_net_rc", "mer_rc")
_OWN = ("roas_rc", "roas_net_rc", "paid_share_rc")
_COVERAGE = "evidence_coverage_rc"
_PARTS = (
    ("paid_gmv_rc", "paid", charts.BLUE),
    ("undetermined_gmv_rc", "undetermined", "#C9D0D9"),
    ("organic_gmv_rc", "organic", charts.GREEN),
)
_CAMPAIGN = (
    "campaign_spend_rc",
    "campaign_reported_gmv_rc",
    "campaign_reported_orders",
    "campaign_roas_reported_rc",
)
_PRODUCT = ("gmv_max_product_cost_rc", "gmv_max_product_revenue_rc", "gmv_max_product_orders")
_CREATIVE = ("gmv_max_creative_cost_rc", "gmv_max_creative_revenue_rc", "gmv_max_creative_orders")
_CARD = "-1"
"""GMV Max's id of what is no video."""

Row = dict[str, Any]


def show(page: Page) -> None:
    """Draw the page."""
    t = page.t
    page.heading(t("name"))
    page.notices()
    chosen = page.choices(default="last_28")
    numbers = page.ask([*_TILES, _COVERAGE], chosen.period, shop=chosen.shop, compare=chosen.compare)
    if numbers.figure("ad_spend_rc").value is None:
        blocks.still(blocks.card(t("name"), blocks.empty(t("no_ads"))))
        return
    coverage = numbers.figure(_COVERAGE)
    page.block(_tiles(page, chosen, numbers.figure, coverage), "tiles")
    left, right = st.columns([1.6, 1], gap="small")
    with left:
        _split(page, chosen)
    with right:
        page.block(_shops(page, chosen), "shops")
    page.block(_campaigns(page, chosen), "campaigns")
    left, right = st.columns([1, 1], gap="small")
    with left:
        page.block(_products(page, chosen), "products")
    with right:
        page.block(_creatives(page, chosen), "creatives")
    blocks.still(f'<div class="sub wrap">{t("shared")}</div>')


def _span(chosen: Choice) -> str:
    return f"{chosen.period.since:%Y-%m-%d} – {chosen.period.last:%Y-%m-%d}"


def _scope(page: Page, chosen: Choice, name: str = "") -> str:
    return f"<b>{escape(name or page.shop_name(chosen.shop))}</b> · {_span(chosen)}"


def _days(page: Page, chosen: Choice, shop: str = "") -> Rows:
    """Days of the shops, with all that the ads figures are made of."""
    one = shop or chosen.shop
    return behind.query(
        page.store,
        "ads_days",
        "select a.business_date, s.shop_name, a.currency, a.ad_spend, a.ad_reported_gmv, a.gmv, a.paid_gmv, "  # noqa: S608 (own text)
        "a.organic_gmv, a.undetermined_gmv, a.paid_net_gmv_after_fees, a.reporting_currency, a.ad_spend_rc, "
        "a.ad_reported_gmv_rc, a.paid_gmv_rc, a.organic_gmv_rc, a.undetermined_gmv_rc, a.roas_reported, a.roas, "
        "a.roas_net, a.mer, a.evidence_coverage, a.is_provisional from kpi_ads_daily as a "
        "inner join dim_shops as s on s.shop_key = a.shop_key where a.business_date >= ? and a.business_date < ?"
        + (" and a.shop_key = ?" if one else "")
        + " order by a.business_date desc, s.shop_name",
        (chosen.period.since, chosen.period.until, *((one,) if one else ())),
    )


def _tiles(page: Page, chosen: Choice, figure_of: Callable[[str], Figure], coverage: Figure) -> str:
    t = page.t
    share = page.f.percent(coverage.value, 0)
    tiles = []
    for metric in _TILES:
        figure = figure_of(metric)
        note = ""
        if metric in _OWN:
            note = t("not_covered" if figure.value is None else "coverage_note", share=share)
        tiles.append(
            page.tile(
                figure,
                scope=_scope(page, chosen),
                rows=_days(page, chosen),
                versus=chosen.compare if figure.value is not None else "",
                up_is_good=None if metric == "ad_spend_rc" else True,
                note=note,
            )
        )
    return page.tiles(tiles)


def _split(page: Page, chosen: Choice) -> None:
    """Sales of each day by what brought them, and the spend as a line over them."""
    t = page.t
    metrics = [name for name, _, _ in _PARTS]
    numbers = page.ask([*metrics, "ad_spend_rc"], chosen.period, by=["day"], shop=chosen.shop)
    days = [chosen.period.since + timedelta(days=number) for number in range(chosen.period.days)]
    bars = [
        {"x": f"{day:%m-%d}", "y": _plain(numbers.figure(metric, day)), "s": t(name), "o": place}
        for day in days
        for place, (metric, name, _) in enumerate(_PARTS)
    ]
    spend = [
        {"x": f"{day:%m-%d}", "y": _plain(numbers.figure("ad_spend_rc", day)), "s": t("spend")}
        for day in days
    ]
    legend = blocks.legend(
        [*((color, t(name), False) for _, name, color in _PARTS), (charts.ORANGE, t("spend"), False)]
    )
    with page.chart_card("split"):
        page.chart_title(t("split"), page.standing.currency, legend)
        order = [f"{day:%m-%d}" for day in days]
        step = max(1, len(order) // 8)
        x = {
            "field": "x",
            "type": "ordinal",
            "sort": order,
            "title": None,
            "axis": {"labelAngle": 0, "grid": False, "values": order[::step]},
        }
        y = {
            "field": "y",
            "type": "quantitative",
            "title": None,
            "axis": {"tickCount": 4, "format": ",.0f", "domain": False, "ticks": False},
        }
        tooltip = [
            {"field": "x", "title": t("date")},
            {"field": "s", "title": t("part")},
            {"field": "y", "title": page.standing.currency, "type": "quantitative", "format": ",.0f"},
        ]
        color = {
            "field": "s",
            "type": "nominal",
            "legend": None,
            "scale": {"domain": [t(name) for _, name, _ in _PARTS], "range": [hue for *_, hue in _PARTS]},
        }
        charts.chart(
            {
                "height": 240,
                "layer": [
                    {
                        "data": {"values": bars},
                        "mark": {"type": "bar"},
                        "encoding": {
                            "x": x,
                            "y": y,
                            "color": color,
                            "order": {"field": "o", "type": "quantitative"},
                            "tooltip": tooltip,
                        },
                    },
                    {
                        "data": {"values": spend},
                        "mark": {
                            "type": "line",
                            "color": charts.ORANGE,
                            "strokeWidth": 2,
                            "point": {"size": 20, "color": charts.ORANGE},
                        },
                        "encoding": {"x": x, "y": y, "tooltip": tooltip},
                    },
                ],
            },
            "split",
        )


def _plain(figure: Figure) -> float | None:
    return None if figure.value is None else float(figure.value)


def _columns(
    page: Page, names: Sequence[str], *, changes: Sequence[str] = (), wide: Sequence[str] = ()
) -> list[Column]:
    found = []
    for name in names:
        one = page.metric(name)
        is_spend = "spend" in name or "cost" in name
        found.append(
            Column(
                name,
                one.label,
                hover=one.hover,
                change=name in changes,
                up_is_good=None if is_spend else True,
                is_wide=name in wide,
            )
        )
    return found


def _short(page: Page, metric: str, word: str, *, is_wide: bool = False) -> Column:
    """A column whose table says already of what the figures are."""
    one = page.metric(metric)
    return Column(metric, page.t(word), hover=f"{one.label}: {one.hover}", is_wide=is_wide)


def _shops(page: Page, chosen: Choice) -> str:
    t = page.t
    metrics = ("ad_spend_rc", "roas_reported_rc", "roas_rc", "mer_rc")
    numbers = page.ask(metrics, chosen.period, by=["shop"], shop=chosen.shop)
    records = [
        {
            "shop": str(shop["shop_name"]),
            **{metric: numbers.figure(metric, shop["shop_key"]) for metric in metrics},
        }
        for shop in page.shops
        if not chosen.shop or shop["shop_key"] == chosen.shop
    ]
    short = {"roas_reported_rc": "ROAS*", "roas_rc": "ROAS", "mer_rc": "MER"}
    columns = [Column("shop", t("shop"))]
    for metric in metrics:
        one = page.metric(metric)
        label = t("spend") if metric == "ad_spend_rc" else short.get(metric, one.label)
        columns.append(Column(metric, label, hover=f"{one.label}: {one.hover}", is_wide=metric == "mer_rc"))
    note = f"{page.standing.currency} · * {page.metric('roas_reported_rc').label}"
    return page.table(t("by_shop"), columns, records, name="ads_by_shop", note=escape(note))


def _campaigns(page: Page, chosen: Choice) -> str:
    t = page.t
    if not page.knows(*_CAMPAIGN):
        return ""
    numbers = page.ask(
        _CAMPAIGN, chosen.period, by=["shop", "campaign_id"], shop=chosen.shop, compare=chosen.compare
    )
    about: dict[str, Row] = {}
    if page.store.has("dim_ad_campaigns"):
        about = {str(row["campaign_id"]): row for row in page.store.rows("select * from dim_ad_campaigns")}
    records = []
    for shop, campaign in numbers.groups():
        row = about.get(str(campaign), {})
        records.append(
            {
                "campaign": str(row.get("campaign_name") or campaign),
                "campaign_id": campaign,
                "shop": page.shop_name(shop),
                "shop_key": shop,
                "kind": page.value_name("campaign_type", row.get("campaign_type")),
                "state": page.value_name("operation_status", row.get("operation_status")),
                **{metric: numbers.figure(metric, shop, campaign) for metric in _CAMPAIGN},
            }
        )
    records.sort(key=lambda one: -float(one["campaign_spend_rc"].value or 0))
    columns = [
        Column("campaign", t("campaign"), show=lambda one: _campaign_link(page, chosen, one)),
        Column("shop", t("shop"), is_wide=True),
        Column("kind", t("kind"), is_wide=True),
        Column("state", t("state"), is_wide=True),
        *_columns(
            page,
            _CAMPAIGN,
            changes=("campaign_spend_rc", "campaign_roas_reported_rc"),
            wide=("campaign_reported_gmv_rc", "campaign_reported_orders"),
        ),
    ]
    return page.table(
        t("campaigns"),
        columns,
        records,
        name="campaigns",
        note=f"{page.standing.currency} · {t('account_day')} · {t('vs_' + chosen.compare)}",
        limit=15,
    )


def _campaign_link(page: Page, chosen: Choice, record: Mapping[str, Any]) -> str:
    """The campaign's name; a click opens its days."""
    name = str(record["campaign"])
    if not page.store.has("fct_ad_spend_daily"):
        return escape(name)
    rows = behind.query(
        page.store,
        "campaign_days",
        "select stat_date, campaign_id, campaign_type, currency, spend, reported_gmv, reported_orders, impressions, "
        "clicks, conversions, roas_reported, is_provisional from fct_ad_spend_daily where campaign_id = ? "
        "and stat_date >= ? and stat_date < ? order by stat_date desc",
        (record["campaign_id"], chosen.period.since, chosen.period.until),
    )
    return page.link(escape(name), record["campaign_spend_rc"], _scope(page, chosen, name), rows, title=name)


def _products(page: Page, chosen: Choice) -> str:
    t = page.t
    if not page.knows(*_PRODUCT):
        return ""
    numbers = page.ask(_PRODUCT, chosen.period, by=["shop", "product_id"], shop=chosen.shop)
    names: dict[tuple[str, str], str] = {}
    if page.store.has("dim_products"):
        names = {
            (row["shop_key"], row["product_id"]): str(row["product_name"])
            for row in page.store.rows("select shop_key, product_id, product_name from dim_products")
        }
    records = [
        {
            "product": names.get((shop, product), str(product)),
            "shop": page.shop_name(shop),
            **{metric: numbers.figure(metric, shop, product) for metric in _PRODUCT},
        }
        for shop, product in numbers.groups()
    ]
    records.sort(key=lambda one: -_size(one[_PRODUCT[0]]))
    return page.table(
        t("products"),
        [
            Column("product", t("product")),
            Column("shop", t("shop"), is_wide=True),
            _short(page, _PRODUCT[0], "cost"),
            _short(page, _PRODUCT[1], "revenue"),
            _short(page, _PRODUCT[2], "orders", is_wide=True),
        ],
        records,
        name="gmv_max_products",
        note=f"{page.standing.currency} · {t('account_day')}",
        limit=12,
    )


def _size(figure: Any) -> float:
    return float(getattr(figure, "value", 0) or 0)


def _creatives(page: Page, chosen: Choice) -> str:
    """Creatives that cost something and brought nothing, the dearest first."""
    t = page.t
    if not page.knows(*_CREATIVE):
        return ""
    numbers = page.ask(_CREATIVE, chosen.period, by=["shop", "creative_id"], shop=chosen.shop)
    titles: dict[str, str] = {}
    if page.store.has("kpi_video_daily"):
        titles = {
            str(row["video_id"]): str(row["title"])
            for row in page.store.rows("select distinct video_id, title from kpi_video_daily order by title")
        }
    records = []
    for shop, creative in numbers.groups():
        figures = {metric: numbers.figure(metric, shop, creative) for metric in _CREATIVE}
        if _size(figures[_CREATIVE[0]]) <= 0 or _size(figures[_CREATIVE[1]]) > 0:
            continue
        name = t("others") if creative == _CARD else titles.get(str(creative), str(creative))
        records.append({"creative": name, "creative_id": creative, "shop": page.shop_name(shop), **figures})
    records.sort(key=lambda one: -_size(one[_CREATIVE[0]]))
    return page.table(
        t("creatives"),
        [
            Column("creative", t("creative")),
            Column("creative_id", "ID", is_wide=True),
            Column("shop", t("shop"), is_wide=True),
            _short(page, _CREATIVE[0], "cost"),
        ],
        records,
        name="creatives_without_sales",
        note=f"{page.standing.currency} · {t('account_day')}",
        limit=12,
        nothing=t("no_creatives"),
    )
