"""LIVE 直播复盘: one session minute by minute, its funnel against comparable ones, several side by side, hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.parts import behind, blocks, charts
from dashboards.parts.behind import Rows
from dashboards.parts.choices import Choice
from dashboards.parts.formats import COUNT, FRACTION, HOURS, MONEY, UNKNOWN
from dashboards.parts.numbers import Figure
from dashboards.parts.page import Column, Page
from dashboards.parts.words import Dictionary

WORDS: Dictionary = {
    "name": ("LIVE review", "直播复盘"),
    "session": ("Session", "场次"),
    "sessions": ("Sessions", "场次列表"),
    "none": ("No LIVE session of an own account in this period.", "该时段没有自有账号的直播。"),
    "timeline": ("Minute by minute", "分钟走势"),
    "no_minutes": (
        "The platform has not told the minutes of this session yet.",
        "平台尚未提供该场的分钟数据。",
    ),
    "viewers": ("Viewers", "在线人数"),
    "clicks": ("Product clicks", "商品点击"),
    "orders": ("Orders", "订单"),
    "gmv": ("GMV", "成交额"),
    "funnel": ("Funnel against own comparable sessions", "转化漏斗，对比同类场次"),
    "median": ("median", "中位数"),
    "usual": ("usually {value}", "平时 {value}"),
    "of_sessions": (
        "Medians of {n} sessions before this one, {what}. Bar length on a square-root scale.",
        "对比此前 {n} 场直播的中位数（{what}）。条长为平方根刻度。",
    ),
    "few": (
        "Too few comparable sessions before this one: no comparison. Bar length on a square-root scale.",
        "此前同类场次过少，不作对比。条长为平方根刻度。",
    ),
    "leak": ("leak", "流失点"),
    "leak_head": ("Leak", "流失点"),
    "leak_text": (
        "{step}: {rate} where {median} is usual: about {orders} orders fewer.",
        "{step}：{rate}，平时为 {median}，约少 {orders} 单。",
    ),
    "no_leak": ("No step is clearly below its usual rate.", "各环节与平时无明显差异。"),
    "start": ("Start", "开播"),
    "account": ("Account", "账号"),
    "host": ("Host", "主播"),
    "length": ("Length", "时长"),
    "products": ("Products of the session", "本场商品"),
    "product": ("Product", "商品"),
    "lane": ("Products sold", "售出商品"),
    "direct_how": (
        "Sales of the product in the session, as the platform credits them.",
        "平台归因到本场的该商品成交额。",
    ),
    "lane_how": (
        "A mark is a sale of the product by own orders; the platform does not tell when a product was shown.",
        "每个标记为自有订单的一笔成交；平台不提供商品讲解时间。",
    ),
    "no_products": ("No product of this session is known.", "没有本场的商品数据。"),
    "hosts": ("Hosts, per hour on air", "主播每小时产出"),
    "no_hosts": ("No host was on a roster in this period.", "该时段没有排班。"),
    "unassigned": ("(no shift)", "（未排班）"),
    "on_air": ("On air", "在播"),
    "side": ("Sessions side by side", "多场对比"),
    "side_how": ("Add sessions to compare", "添加要对比的场次"),
    "side_none": (
        "The chosen session stands beside those that you add.",
        "选中的场次将与添加的场次并列显示。",
    ),
    "measure": ("Figure", "指标"),
    "own_unknown": ("own orders unknown: {why}", "自有订单未知：{why}"),
    "basis_host": ("of the same host in the shop", "同店同主播"),
    "basis_slot": ("of the same account at this hour", "同账号同时段"),
    "basis_shop": ("of the shop", "同店铺"),
    "shop": ("Shop", "店铺"),
}
_TABLE, _ROOM, _SIDE = "kpi_live_sessions", "live_room", "live_side"
_TILES = ("live_attributed_gmv", "gmv_per_hour", "views", "peak_viewers", "paid_sku_orders")
_STEPS = (
    ("impressions", "views", "tap_through_rate"),
    ("views", "product_impressions", "product_impressions_per_view"),
    ("product_impressions", "product_clicks", "product_click_rate"),
    ("product_clicks", "created_sku_orders", "click_to_order_rate"),
    ("created_sku_orders", "paid_sku_orders", "order_to_paid_rate"),
)
_MEASURES = (
    "live_attributed_gmv",
    "live_attributed_gmv_rc",
    "gmv_per_hour",
    "own_gmv",
    "own_net_gmv",
    "hours_on_air",
    "impressions",
    "views",
    "peak_viewers",
    "avg_view_seconds",
    "tap_through_rate",
    "product_click_rate",
    "click_to_order_rate",
    "order_to_paid_rate",
    "ctor",
    "paid_sku_orders",
    "new_followers",
)
_HUES = {"viewers": charts.BLUE, "clicks": charts.SKY, "orders": charts.GREEN, "gmv": charts.ORANGE}
_HOST_COLORS = ("#3D4F6B", "#B07A00", "#7A5195", "#2F7F79")
_AXIS = 46
_SHOWN = 15
_LANES = 8
_NAME_SHARE = 0.28
"""Of the width that a product's name takes."""

Row = dict[str, Any]


def show(page: Page) -> None:
    """Draw the page."""
    t = page.t
    page.heading(t("name"))
    page.notices()
    chosen = page.choices(compare=False, default="last_28")
    sessions = _sessions(page, chosen)
    if not sessions:
        blocks.still(blocks.card(t("sessions"), blocks.empty(t("none"))))
        return
    by_id = {str(row["live_room_id"]): row for row in sessions}
    if st.session_state.get(_ROOM) not in by_id:
        st.session_state[_ROOM] = _interesting(sessions)
    room = st.selectbox(
        t("session"),
        list(by_id),
        key=_ROOM,
        format_func=lambda one: _title(by_id[one]),
        label_visibility="collapsed",
        width=420,
        persist_state="session",
    )
    row = by_id[str(room)]
    page.block(_tiles(page, row), "tiles")
    left, right = st.columns([1.7, 1], gap="small")
    with left:
        _timeline(page, row)
    with right:
        page.block(_funnel(page, row), "funnel")
    page.block(_session_table(page, sessions, row), "sessions")
    left, right = st.columns([1.45, 1], gap="small")
    with left:
        page.block(_products(page, row), "products")
    with right:
        page.block(_hosts(page, chosen), "hosts")
    _side_by_side(page, by_id, str(room))


def _sessions(page: Page, chosen: Choice) -> list[Row]:
    """Sessions of own accounts, the newest first, with the time of their shop."""
    period, shop = chosen.period, chosen.shop
    medians = page.store.has("kpi_live_benchmarks")
    more = ", b.* exclude (shop_key, live_room_id)" if medians else ""
    join = (
        " left join kpi_live_benchmarks as b on b.shop_key = k.shop_key and b.live_room_id = k.live_room_id"
        if medians
        else ""
    )
    rows = page.store.rows(
        f"select k.*, s.shop_name, s.time_zone{more} from {_TABLE} as k "  # noqa: S608 (own text)
        f"inner join dim_shops as s on s.shop_key = k.shop_key{join} "
        "where k.is_own_account and k.business_date >= ? and k.business_date < ?"
        + (" and k.shop_key = ?" if shop else "")
        + " order by k.start_time desc, k.live_room_id",
        (period.since, period.until, *((shop,) if shop else ())),
    )
    return [{**row, **_local(row)} for row in rows]


def _local(row: Row) -> Row:
    """Start and end on the clock of the shop."""
    zone = ZoneInfo(str(row["time_zone"] or "UTC"))
    return {
        "start": row["start_time"].astimezone(zone).replace(tzinfo=None),
        "end": row["end_time"].astimezone(zone).replace(tzinfo=None) if row["end_time"] else None,
    }


def _interesting(sessions: Sequence[Row]) -> str:
    """The newest session whose minutes are known."""
    known = [row for row in sessions if row["minutes_status"] == "known"]
    return str((known or sessions)[0]["live_room_id"])


def _title(row: Row) -> str:
    host = row["main_host_name"] or UNKNOWN
    more = f" +{row['host_count'] - 1}" if (row["host_count"] or 0) > 1 else ""
    return f"{row['start']:%m-%d %H:%M} · {row['account_username']} · {host}{more}"


def _scope(page: Page, row: Row) -> str:
    end = f"–{row['end']:%H:%M}" if row["end"] else ""
    return (
        f"<b>{escape(str(row['title'] or row['account_username']))}</b> · {escape(str(row['shop_name']))} · "
        f"{row['start']:%Y-%m-%d %H:%M}{end} {page.t('shop_time')}"
    )


def _rows(page: Page, row: Row, column: str) -> Rows | None:
    shop, room = str(row["shop_key"]), str(row["live_room_id"])
    if column.startswith("own_") or "orders" in column:
        return behind.live_orders(page.store, str(row["time_zone"]), shop, room)
    return behind.live_minutes(page.store, str(row["time_zone"]), shop, room)


def _figure(page: Page, row: Row, column: str) -> Figure:
    """A number of a session beside what is usual, where the marts know that."""
    figure = page.figure(_TABLE, column, row, is_not_final=bool(row["is_provisional"]))
    usual = row.get(f"{column}_median")
    return figure.against(usual) if usual is not None else figure


def _tiles(page: Page, row: Row) -> str:
    tiles = []
    for column in _TILES:
        figure = _figure(page, row, column)
        kind = figure.definition.kind
        note = ""
        if figure.before is not None:
            note = (
                f"{page.f.change(figure.change)} {page.t('usual', value=page.f.value(figure.before, kind))}"
            )
        tiles.append(page.tile(figure, scope=_scope(page, row), rows=_rows(page, row, column), note=note))
    return page.tiles(tiles)


# Minute by minute.


def _timeline(page: Page, row: Row) -> None:
    t = page.t
    zone = str(row["time_zone"])
    with page.chart_card("timeline"):
        page.chart_title(t("timeline"), f"{t('shop_time')} · {escape(zone)}")
        minutes = _minutes(page, row)
        if not minutes:
            blocks.still(blocks.empty(t("no_minutes")))
            return
        shifts = _shifts(page, row, minutes)
        panels = [_lane(shifts, minutes)] if shifts else []
        panels += [
            _panel(page, row, minutes, shifts, name, height, is_last=name == "gmv")
            for name, height in (("viewers", 108), ("clicks", 64), ("orders", 54), ("gmv", 92))
        ]
        sold = _sold(page, row, minutes)
        if sold:
            panels.insert(-1, _product_lane(page, sold, minutes))
        with st.container(gap=None, key="panels"):
            for number, panel in enumerate(panels):
                charts.chart(panel, f"panel_{number}")
        if sold:
            blocks.still(f'<div class="sub wrap">{t("lane_how")}</div>')


def _minutes(page: Page, row: Row) -> list[Row]:
    """Minutes since midnight of the day on which the session began, on the clock of its shop."""
    if not page.store.has("fct_live_minutes"):
        return []
    zone = ZoneInfo(str(row["time_zone"]))
    midnight = row["start"].replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for minute in page.store.rows(
        "select minute_start_at, viewers, product_clicks, sku_orders, minute_gmv from fct_live_minutes "
        "where shop_key = ? and live_room_id = ? order by minute_start_at",
        (row["shop_key"], row["live_room_id"]),
    ):
        local: datetime = minute["minute_start_at"].astimezone(zone).replace(tzinfo=None)
        place = (local - midnight) / timedelta(minutes=1)
        found.append(
            {
                "m": place,
                "end": place + 0.85,
                "clock": f"{local:%H:%M}",
                "viewers": minute["viewers"],
                "clicks": minute["product_clicks"],
                "orders": minute["sku_orders"],
                "gmv": None if minute["minute_gmv"] is None else float(minute["minute_gmv"]),
            }
        )
    return found


def _shifts(page: Page, row: Row, minutes: Sequence[Row]) -> list[Row]:
    """Who was on air from when to when, on the same axis."""
    if not page.store.has("fct_live_host_shifts"):
        return []
    zone = ZoneInfo(str(row["time_zone"]))
    midnight = row["start"].replace(hour=0, minute=0, second=0, microsecond=0)

    def place(time: datetime) -> float:
        local = time.astimezone(zone).replace(tzinfo=None)
        return float((local - midnight) / timedelta(minutes=1))

    first, last = minutes[0]["m"], minutes[-1]["m"] + 1
    return [
        {
            "from": max(place(shift["on_air_from"]), first),
            "until": min(place(shift["on_air_until"]), last),
            "host": str(shift["host_name"]),
        }
        for shift in page.store.rows(
            "select host_name, on_air_from, on_air_until from fct_live_host_shifts "
            "where shop_key = ? and live_room_id = ? order by on_air_from, host_name",
            (row["shop_key"], row["live_room_id"]),
        )
    ]


def _sold(page: Page, row: Row, minutes: Sequence[Row]) -> list[Row]:
    """Sales of the session's products on the same axis; those with the first sale on top."""
    if not page.store.has("fct_order_lines"):
        return []
    zone = ZoneInfo(str(row["time_zone"]))
    midnight = row["start"].replace(hour=0, minute=0, second=0, microsecond=0)
    first, last = minutes[0]["m"], minutes[-1]["m"] + 1
    found: list[Row] = []
    for line in page.store.rows(
        "select product_name, product_id, sale_time from fct_order_lines where is_counted and shop_key = ? "
        "and room_id = ? and sale_time is not null order by sale_time, product_id",
        (row["shop_key"], row["live_room_id"]),
    ):
        local: datetime = line["sale_time"].astimezone(zone).replace(tzinfo=None)
        place = float((local - midnight) / timedelta(minutes=1))
        if first <= place <= last:
            name = str(line["product_name"] or line["product_id"])
            found.append({"m": place, "end": place + 2, "product": name, "clock": f"{local:%H:%M}"})
    names = list(dict.fromkeys(one["product"] for one in found))[:_LANES]
    return [one for one in found if one["product"] in names]


def _product_lane(page: Page, sold: Sequence[Row], minutes: Sequence[Row]) -> charts.Spec:
    """A line per product, with a mark at each of its sales."""
    names = list(dict.fromkeys(one["product"] for one in sold))
    y = {
        "field": "product",
        "type": "nominal",
        "sort": names,
        "title": None,
        "scale": {"paddingInner": 0.1, "paddingOuter": 0},
        "axis": {
            "domain": False,
            "ticks": False,
            "grid": False,
            "minExtent": _AXIS,
            "maxExtent": _AXIS,
            "labels": False,
        },
    }
    tip = [
        {"field": "product", "type": "nominal", "title": page.t("product")},
        {"field": "clock", "type": "nominal", "title": page.t("shop_time")},
    ]
    text = {
        "data": {"values": [{"x": _name_place(name, sold, minutes), "product": name} for name in names]},
        "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 10.5, "color": "#5D6878"},
        "encoding": {"x": _across(minutes, "x", None), "y": y, "text": {"field": "product"}},
    }
    mark = {
        "mark": {"type": "rect", "color": "#7A5195"},
        "encoding": {"x": _across(minutes, "m", None), "x2": {"field": "end"}, "y": y, "tooltip": tip},
    }
    title = {
        "data": {"values": [{"label": page.t("lane")}]},
        "mark": {
            "type": "text",
            "align": "left",
            "baseline": "bottom",
            "dx": 4,
            "dy": -2,
            "fontSize": 11,
            "fontWeight": 600,
            "color": "#1B2430",
        },
        "encoding": {"x": {"value": 0}, "y": {"value": 0}, "text": {"field": "label"}},
    }
    padding = {"left": 0, "right": 4, "top": 16, "bottom": 2}
    return {
        "height": 16 * len(names) + 22,
        "padding": padding,
        "data": {"values": list(sold)},
        "layer": [text, mark, title],
    }


def _name_place(name: str, sold: Sequence[Row], minutes: Sequence[Row]) -> float:
    """Where a product's name begins: at the left end of its line, or behind a sale that would lie on the name."""
    first, last = minutes[0]["m"], minutes[-1]["m"] + 1
    width = _NAME_SHARE * (last - first)
    place = float(first)
    for one in sold:
        if one["product"] == name and one["m"] < place + width:
            place = float(one["end"])
    return place if place + width < last else float(first)


def _across(minutes: Sequence[Row], field: str, axis: Any) -> dict[str, Any]:
    domain = [minutes[0]["m"], minutes[-1]["m"] + 1]
    scale = {"domain": domain, "nice": False}
    return {"field": field, "type": "quantitative", "title": None, "scale": scale, "axis": axis}


def _ticks(minutes: Sequence[Row]) -> list[int]:
    first, last = minutes[0]["m"], minutes[-1]["m"] + 1
    step = 30 if last - first <= 360 else 60
    return [minute for minute in range(0, 4 * 1440, step) if first <= minute <= last]


def _host_color(shifts: Sequence[Row]) -> dict[str, Any]:
    names = sorted({shift["host"] for shift in shifts})
    colors = [_HOST_COLORS[number % len(_HOST_COLORS)] for number in range(len(names))]
    return {"field": "host", "type": "nominal", "scale": {"domain": names, "range": colors}, "legend": None}


def _lane(shifts: Sequence[Row], minutes: Sequence[Row]) -> charts.Spec:
    """A lane per host, above the panels."""
    hosts = sorted({shift["host"] for shift in shifts})
    y = {
        "field": "host",
        "type": "nominal",
        "title": None,
        "scale": {"paddingInner": 0.12, "paddingOuter": 0},
        "axis": {"domain": False, "ticks": False, "minExtent": _AXIS, "maxExtent": _AXIS, "labels": False},
    }
    bar = {
        "mark": {"type": "rect", "cornerRadius": 2},
        "encoding": {
            "x": _across(minutes, "from", None),
            "x2": {"field": "until"},
            "y": y,
            "color": _host_color(shifts),
        },
    }
    name = {
        "mark": {
            "type": "text",
            "align": "left",
            "dx": 5,
            "fontSize": 11,
            "fontWeight": 600,
            "color": "#FFFFFF",
        },
        "encoding": {"x": _across(minutes, "from", None), "y": y, "text": {"field": "host"}},
    }
    return {"height": 20 * len(hosts) + 4, "data": {"values": list(shifts)}, "layer": [bar, name]}


def _panel(
    page: Page,
    row: Row,
    minutes: Sequence[Row],
    shifts: Sequence[Row],
    name: str,
    height: int,
    *,
    is_last: bool,
) -> charts.Spec:
    """One figure over the session; the panels have one axis."""
    t, color = page.t, _HUES[name]
    axis: dict[str, Any] = {"values": _ticks(minutes), "grid": False}
    if is_last:
        axis |= {
            "labelFlush": True,
            "labelOverlap": True,
            "labelExpr": "pad(floor(datum.value/60)%24,2,'0','left') + ':' + pad(datum.value%60,2,'0','left')",
        }
    else:
        axis |= {"labels": False, "ticks": False}
    y: dict[str, Any] = {
        "field": name,
        "type": "quantitative",
        "title": None,
        "axis": {
            "tickCount": 2,
            "format": "~s" if name == "gmv" else ",.0f",
            "domain": False,
            "ticks": False,
            "minExtent": _AXIS,
            "maxExtent": _AXIS,
        },
    }
    x = _across(minutes, "m", axis)
    figure: dict[str, Any]
    if name == "viewers":
        area = {"type": "area", "color": color, "opacity": 0.18, "line": {"color": color, "strokeWidth": 1.6}}
        figure = {"mark": area, "encoding": {"x": x, "y": y}}
    else:
        figure = {
            "mark": {"type": "rect", "color": color},
            "encoding": {"x": x, "x2": {"field": "end"}, "y": y, "y2": {"datum": 0}},
        }
    tip: list[dict[str, Any]] = [{"field": "clock", "type": "nominal", "title": t("shop_time")}]
    tip += [{"field": one, "type": "quantitative", "title": t(one), "format": ",.0f"} for one in _HUES]
    rule = {
        "params": [
            {
                "name": "near",
                "select": {
                    "type": "point",
                    "fields": ["m"],
                    "nearest": True,
                    "on": "pointerover",
                    "clear": "pointerout",
                },
            }
        ],
        "mark": {"type": "rule", "color": "#1B2430"},
        "encoding": {
            "x": x,
            "opacity": {"condition": {"param": "near", "empty": False, "value": 0.6}, "value": 0},
            "tooltip": tip,
        },
    }
    currency = f" ({row['currency']})" if name == "gmv" else ""
    label: dict[str, Any] = {
        "data": {"values": [{"x": minutes[0]["m"], "label": t(name) + currency}]},
        "mark": {
            "type": "text",
            "align": "left",
            "baseline": "top",
            "dx": 4,
            "fontSize": 11,
            "fontWeight": 600,
            "color": "#1B2430",
        },
        "encoding": {"x": _across(minutes, "x", axis), "y": {"value": 2}, "text": {"field": "label"}},
    }
    # A white edge, so that a name over bars can be read.
    edge = {**label, "mark": {**label["mark"], "stroke": "#FFFFFF", "strokeWidth": 3, "strokeJoin": "round"}}
    tint: list[dict[str, Any]] = []
    if shifts:
        encoding = {
            "x": _across(minutes, "from", axis),
            "x2": {"field": "until"},
            "color": _host_color(shifts),
        }
        tint = [
            {
                "data": {"values": list(shifts)},
                "mark": {"type": "rect", "opacity": 0.06},
                "encoding": encoding,
            }
        ]
    return {"height": height, "data": {"values": list(minutes)}, "layer": [*tint, figure, rule, edge, label]}


# The funnel.


def _funnel(page: Page, row: Row) -> str:
    t = page.t
    comparable = int(row.get("comparable_sessions") or 0)
    leaking = _leaking(row)
    top = max((float(row[name] or 0) for name in ("impressions", "product_impressions")), default=0) or 1.0
    lines = [_bar(page, row, "impressions", top)]
    for _, after, rate in _STEPS:
        lines.append(_step(page, row, rate, is_leak=rate == leaking))
        lines.append(_bar(page, row, after, top))
    said = ""
    if leaking:
        lost = row["orders_lost"]
        text = t(
            "leak_text",
            step=escape(page.column(_TABLE, str(leaking)).label),
            rate=_rate(page, str(leaking), row["leaking_rate"]),
            median=_rate(page, str(leaking), row["leaking_rate_median"]),
            orders=page.f.count(None if lost is None else round(float(lost))),
        )
        said = blocks.say(text)
    elif _has_medians(row):
        said = blocks.say(t("no_leak"), is_good=True)
    basis = str(row.get("comparison_basis") or "")
    foot = t("few")
    if _has_medians(row):
        foot = t(
            "of_sessions", n=comparable, what=t(f"basis_{basis}") if f"basis_{basis}" in WORDS else basis
        )
    return blocks.card(
        t("funnel"),
        f'{said}<div class="f">{"".join(lines)}</div><div class="sub wrap" style="margin-top:6px">{foot}</div>',
    )


def _leaking(row: Mapping[str, Any]) -> str:
    """The step that leaks; empty where none does, or nothing is known."""
    step = str(row.get("leaking_step") or "")
    return "" if step == "none" else step


def _has_medians(row: Row) -> bool:
    return any(row.get(f"{rate}_median") is not None for _, _, rate in _STEPS)


def _bar(page: Page, row: Row, column: str, top: float) -> str:
    figure = page.figure(_TABLE, column, row)
    share = None if figure.value is None else (float(figure.value) / top) ** 0.5
    number = page.number(figure, scope=_scope(page, row), rows=_rows(page, row, column))
    label = escape(figure.definition.label)
    return (
        f'<span title="{escape(figure.definition.hover)}">{label}</span>{blocks.bar(share)}'
        f'<span class="num">{number}</span>'
    )


def _rate(page: Page, rate: str, value: Any) -> str:
    if rate == "product_impressions_per_view":
        return UNKNOWN if value is None else f"{float(value):.2f}×"
    return page.f.percent(value)


def _step(page: Page, row: Row, rate: str, *, is_leak: bool) -> str:
    figure = _figure(page, row, rate)
    usual = ""
    if figure.before is not None:
        median = _rate(page, rate, figure.before)
        usual = f" · {page.t('median')} {median} {page.f.change(figure.change)}"
    leak = f" <b>◀ {page.t('leak')}</b>" if is_leak else ""
    return (
        f'<div class="step{" leak" if is_leak else ""}"><span title="{escape(figure.definition.hover)}">'
        f"↓ {escape(figure.definition.label)}</span>"
        f"<span><b>{_rate(page, rate, figure.value)}</b>{usual}{leak}</span></div>"
    )


# Tables.


def _session_table(page: Page, sessions: Sequence[Row], chosen: Row) -> str:
    t = page.t

    def column(name: str, kind: str, **more: Any) -> Column:
        one = page.column(_TABLE, name)
        return Column(name, one.label, kind, hover=one.hover, **more)

    columns = [
        Column("start", t("start"), show=lambda one: f"{one['start']:%m-%d %H:%M}"),
        Column("account_username", t("account")),
        Column("main_host_name", t("host"), is_wide=True, show=_host),
        Column("hours_on_air", t("length"), HOURS, is_wide=True),
        column("views", COUNT, is_wide=True),
        column("product_click_rate", FRACTION, is_wide=True),
        column("ctor", FRACTION, is_wide=True),
        column("paid_sku_orders", COUNT, is_wide=True),
        Column(
            "live_attributed_gmv",
            t("gmv"),
            MONEY,
            currency="currency",
            hover=page.column(_TABLE, "live_attributed_gmv").hover,
        ),
        Column("live_attributed_gmv_rc", page.standing.currency, MONEY, is_wide=True),
    ]
    if page.store.has("kpi_live_benchmarks"):
        columns.append(
            Column("leaking_step", t("leak_head"), is_wide=True, show=lambda one: _leak(page, one))
        )
    period = [row["business_date"] for row in sessions]
    return page.table(
        t("sessions"),
        columns,
        sessions,
        name="sessions",
        note=f"{min(period):%Y-%m-%d} – {max(period):%Y-%m-%d} · {t('shop_time')}",
        limit=_SHOWN if len(sessions) > _SHOWN else len(sessions),
        opens=lambda one: blocks.choose(_ROOM, str(one["live_room_id"])),
        is_chosen=lambda one: one["live_room_id"] == chosen["live_room_id"],
    )


def _host(record: Mapping[str, Any]) -> str:
    more = f" +{record['host_count'] - 1}" if (record["host_count"] or 0) > 1 else ""
    return escape(str(record["main_host_name"] or UNKNOWN)) + more


def _leak(page: Page, record: Mapping[str, Any]) -> str:
    step = _leaking(record)
    return escape(page.column(_TABLE, step).label) if step else UNKNOWN


def _products(page: Page, row: Row) -> str:
    t = page.t
    if not page.store.has("fct_live_products"):
        return ""
    sql = (
        "select product_id, product_name, product_impressions, product_clicks, product_click_rate, add_to_cart_count, "
        "created_sku_orders, paid_sku_orders, items_sold, order_to_paid_rate, currency, direct_gmv "
        "from fct_live_products where shop_key = ? and live_room_id = ? order by direct_gmv desc nulls last, product_id"
    )
    parameters = (row["shop_key"], row["live_room_id"])

    def column(name: str, kind: str, **more: Any) -> Column:
        return Column(name, page.column(_TABLE, name).label, kind, **more)

    return page.table(
        t("products"),
        [
            Column("product_name", t("product")),
            column("product_impressions", COUNT, is_wide=True),
            column("product_clicks", COUNT, is_wide=True),
            column("product_click_rate", FRACTION, is_wide=True),
            column("paid_sku_orders", COUNT),
            Column("direct_gmv", t("gmv"), MONEY, currency="currency", hover=t("direct_how")),
        ],
        page.store.rows(sql, parameters),
        name="live_products",
        rows=behind.query(page.store, "live_products", sql, parameters),
        limit=12,
        nothing=t("no_products"),
    )


def _hosts(page: Page, chosen: Choice) -> str:
    t = page.t
    metrics = [
        name
        for name in ("host_hours", "host_gmv_per_hour_rc", "host_gmv_rc", "host_own_net_gmv_rc")
        if page.knows(name)
    ]
    if not metrics:
        return ""
    numbers = page.ask(metrics, chosen.period, by=["host_name"], shop=chosen.shop)
    records = []
    for (host,) in numbers.groups():
        name = t("unassigned") if host in (None, "unassigned") else str(host)
        records.append({"host": name, **{metric: numbers.figure(metric, host) for metric in metrics}})
    order = "host_gmv_per_hour_rc" if "host_gmv_per_hour_rc" in metrics else metrics[-1]
    records.sort(key=lambda one: -float(getattr(one[order], "value", 0) or 0))
    columns = [Column("host", t("host"))]
    for metric in metrics:
        definition = page.metric(metric)
        columns.append(
            Column(
                metric,
                definition.label,
                hover=definition.hover,
                is_wide=metric not in (metrics[0], order),
            )
        )
    return page.table(
        t("hosts"),
        columns,
        records,
        name="hosts",
        note=f"{page.standing.currency} · {_span(chosen.period.since, chosen.period.last)}",
        nothing=t("no_hosts"),
    )


def _span(first: date, last: date) -> str:
    return f"{first:%m-%d} – {last:%m-%d}"


def _side_by_side(page: Page, by_id: Mapping[str, Row], room: str) -> None:
    """Figures of several sessions, one beside the other."""
    t = page.t
    known = [one for one in st.session_state.get(_SIDE, []) if one in by_id]
    if known != st.session_state.get(_SIDE, []):
        st.session_state[_SIDE] = known
    with page.chart_card("side"):
        page.chart_title(t("side"))
        others = st.multiselect(
            t("side_how"),
            [one for one in by_id if one != room],
            format_func=lambda one: _title(by_id[one]),
            key=_SIDE,
            max_selections=3,
            label_visibility="collapsed",
            placeholder=t("side_how"),
            persist_state="session",
        )
        if not others:
            blocks.still(blocks.empty(t("side_none")))
            return
        rows = [by_id[room], *(by_id[one] for one in others)]
        heads = "".join(
            f"<th>{row['start']:%m-%d %H:%M}<br>{escape(str(row['account_username']))}<br>{_host(row)}</th>"
            for row in rows
        )
        lines = []
        for column in _MEASURES:
            definition = page.column(_TABLE, column)
            cells = "".join(
                f"<td>{page.number(_figure(page, row, column), scope=_scope(page, row), currency=True)}</td>"
                for row in rows
            )
            label = f'<td class="t" title="{escape(definition.hover)}">{escape(definition.label)}</td>'
            lines.append(f"<tr>{label}{cells}</tr>")
        page.block(
            f'<div class="scroll"><table><thead><tr><th class="t">{t("measure")}</th>{heads}</tr></thead>'
            f"<tbody>{''.join(lines)}</tbody></table></div>",
            "side",
        )
