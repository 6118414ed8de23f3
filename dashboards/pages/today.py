"""Today 今日: each shop and all, yesterday and seven days; the hours of today; what is due; are the data whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks, charts
from dashboards.parts.behind import Rows
from dashboards.parts.choices import Period, period_of
from dashboards.parts.formats import UNKNOWN
from dashboards.parts.numbers import Figure, Numbers, Opening
from dashboards.parts.page import Page
from dashboards.parts.words import Dictionary

WORDS: Dictionary = {
    "name": ("Today", "今日"),
    "hours": ("GMV by hour", "分时成交额"),
    "today_until": ("Today until {hour}:00", "今日截至 {hour}:00"),
    "last_week": ("same weekday last week", "上周同日"),
    "so_far": ("Today until {hour}:00, against the same hours last week", "今日截至 {hour}:00，较上周同时段"),
    "no_hours": ("No sale by the hour in these days.", "这几天没有分时成交数据。"),
    "due": ("What is due", "待办"),
    "nothing_due": ("Nothing is due.", "没有待办事项。"),
    "latest": ("first", "最近"),
    "overdue": ("overdue", "已超时"),
    "read": ("Read from TikTok", "数据读取"),
    "failed_last": ("the last attempt failed", "最近一次读取失败"),
    "net_expected": ("Net expected", "净额预计"),
    "gmv": ("GMV", "成交额"),
    "net": ("Net", "净成交额"),
    "orders": ("Orders", "订单"),
    "aov": ("AOV", "客单价"),
    "vs_7": ("vs 7 days before", "较前 7 天"),
    "alerts": ("Open alerts", "未处理告警"),
    "hour": ("hour", "小时"),
    "src_orders": ("Orders and returns", "订单与退货"),
    "src_money": ("Settlement", "结算"),
    "src_live": ("LIVE and video", "直播与视频"),
    "src_creators": ("Affiliate", "达人联盟"),
    "src_stock": ("Stock and products", "库存与商品"),
    "src_ads": ("Ads", "广告"),
}
_METRICS = ("gmv_rc", "net_gmv_rc", "paid_orders", "aov_rc")
_REFUNDS = "refund_amount_by_refund_date_rc"
_EXPECTED = "net_gmv_expected_rc"
_HOURLY = ("hourly_gmv_rc", "hourly_paid_orders")
_BAD_WHEN_UP = (_REFUNDS, "refunded_gmv_rc", "cancelled_gmv_rc")
_SOURCES = {
    "src_orders": ("orders", "returns", "cancellations"),
    "src_money": ("statements", "payments", "statement_transactions"),
    "src_live": ("live", "video"),
    "src_creators": ("affiliate", "creator", "sample"),
    "src_stock": ("inventory", "products"),
    "src_ads": ("gmv_max", "ads", "ad_"),
}
_SEVERITY = {"critical": ("h", "▲"), "high": ("h", "▲"), "warning": ("m", "◆"), "medium": ("m", "◆")}
_FINE = ("o", "●")


def show(page: Page) -> None:
    """Draw the page."""
    page.heading(page.t("name"))
    page.notices()
    asked = _ask(page)
    page.block(_tiles(page, asked.metrics, asked.spans, asked.every, asked.history), "tiles")
    left, right = st.columns([2.35, 1], gap="small")
    with left:
        page.block(_shops(page, asked.spans, asked.every, asked.each, asked.history), "shops")
        _hours(page)
    with right:
        page.block(_due(page) + _read(page), "due")


def prepare(page: Page) -> None:
    """Ask all that the page asks: what is asked once is compiled and remembered before the first visitor comes."""
    _ask(page)
    for day in _compared_days(page):
        _by_hour(page, day)
    _ask_so_far(page, page.standing.today, _hour(page))
    _due(page)
    _read(page)


Spans = dict[str, tuple[Period, str, Numbers, Numbers]]


@dataclass(frozen=True)
class _Asked:
    """The numbers of the tiles and the shops.

    Attributes:
        metrics: Those of the tiles.
        spans: Yesterday and seven days: period, what it is compared with, all shops together, each shop.
        history: The days of the trend.
        every: Of each day of it.
        each: Of each day and shop.
    """

    metrics: list[str]
    spans: Spans
    history: Period
    every: Numbers
    each: Numbers


def _ask(page: Page) -> _Asked:
    day, week = period_of("yesterday", page.last_day), period_of("last_7", page.last_day)
    metrics = [*_METRICS, _REFUNDS if page.knows(_REFUNDS) else "units_sold"]
    asked = [*metrics, _EXPECTED]
    spans: Spans = {
        "day": (
            day,
            "week",
            page.ask(asked, day, compare="week"),
            page.ask(asked, day, by=["shop"], compare="week"),
        ),
        "week": (
            week,
            "before",
            page.ask(asked, week, compare="before"),
            page.ask(asked, week, by=["shop"], compare="before"),
        ),
    }
    history = Period(page.last_day - timedelta(days=27), day.until)
    every = page.ask(metrics, history, by=["day"])
    each = page.ask(["gmv_rc"], history, by=["day", "shop"])
    return _Asked(metrics, spans, history, every, each)


def _scope(page: Page, period: Period, shop: str) -> str:
    days = f"{period.since:%Y-%m-%d}" + (f" – {period.last:%Y-%m-%d}" if period.days > 1 else "")
    return f"<b>{escape(page.shop_name(shop))}</b> · {days}"


def _rows(page: Page, metric: str, period: Period, shop: str) -> Rows | None:
    if metric == _REFUNDS:
        return behind.refunds(page.store, period.since, period.until, shop)
    return behind.orders(page.store, page.zone, period.since, period.until, shop)


def _figure(spans: Spans, span: str, metric: str, shop: str) -> Figure:
    """A number of a span, of a shop or of all, with what is expected of it."""
    _, _, together, apart = spans[span]
    group = (shop,) if shop else ()
    numbers = apart if shop else together
    figure = numbers.figure(metric, *group)
    if metric == "net_gmv_rc" and figure.is_not_final:
        return replace(figure, expected=numbers.figure(_EXPECTED, *group).value)
    return figure


def _tiles(page: Page, metrics: list[str], spans: Spans, every: Numbers, history: Period) -> str:
    day, week = spans["day"][0], spans["week"][0]
    tiles = []
    for metric in metrics:
        up_is_good = metric not in _BAD_WHEN_UP
        seven = _figure(spans, "week", metric, "")
        second = (
            f"<span>{page.t('last_7')}</span><span>"
            f"{page.mark(seven, short=True)}"
            f"{page.number(seven, scope=_scope(page, week, ''), rows=_rows(page, metric, week, ''))} "
            f"{page.f.change(seven.change, up_is_good=up_is_good)}</span>"
        )
        tiles.append(
            page.tile(
                _figure(spans, "day", metric, ""),
                scope=_scope(page, day, ""),
                rows=_rows(page, metric, day, ""),
                versus="week",
                spark=[every.figure(metric, one).value for one in _days(history)],
                up_is_good=up_is_good,
                second=second,
            )
        )
    title = (
        f"<h2>{page.t('yesterday')} <small>{page.f.day(page.last_day)} · {page.t('vs_week')} · "
        f"{page.standing.currency}</small></h2>"
    )
    return title + page.tiles(tiles)


def _days(period: Period) -> list[date]:
    return [period.since + timedelta(days=number) for number in range(period.days)]


def _shops(page: Page, spans: Spans, every: Numbers, each: Numbers, history: Period) -> str:
    t = page.t

    def cell(span: str, metric: str, shop: str, *, change: bool = False) -> str:
        figure = _figure(spans, span, metric, shop)
        period = spans[span][0]
        text = page.number(figure, scope=_scope(page, period, shop), rows=_rows(page, metric, period, shop))
        after = f" {page.f.change(figure.change)}" if change else ""
        return f"{page.mark(figure, short=True)}{text}{after}"

    def expected(shop: str) -> str:
        figure = _figure(spans, "week", "net_gmv_rc", shop)
        return (
            UNKNOWN
            if figure.expected is None
            else f'<span class="pv">≈ {page.f.money(figure.expected)}</span>'
        )

    def line(shop: str, name: str, kind: str = "") -> str:
        values = [
            (each.figure("gmv_rc", one, shop) if shop else every.figure("gmv_rc", one)).value
            for one in _days(history)
        ]
        return (
            f'<tr class="{kind}"><td class="t">{name}</td><td class="hide">{blocks.spark(values, 84)}</td>'
            f'<td class="b">{cell("day", "gmv_rc", shop, change=True)}</td>'
            f'<td class="hide">{cell("day", "paid_orders", shop)}</td>'
            f'<td class="hide">{cell("day", "aov_rc", shop)}</td>'
            f'<td class="b">{cell("week", "gmv_rc", shop, change=True)}</td>'
            f'<td class="hide">{cell("week", "net_gmv_rc", shop)}</td><td>{expected(shop)}</td></tr>'
        )

    lines = [line("", t("all_shops"), "sum")] if len(page.shops) > 1 else []
    for shop in page.shops:
        name = t.pick(shop.get("country"), shop.get("country_zh"))
        lines.append(
            line(
                shop["shop_key"],
                f'{escape(name)}<span class="cc hide">{escape(str(shop["shop_name"]))}</span>',
            )
        )
    head = (
        f'<tr><th class="t e"></th><th class="hide e"></th><th class="g b hide" colspan="3">{t("yesterday")}</th>'
        f'<th class="g only">{t("yesterday")}</th><th class="g b hide" colspan="3">{t("last_7")}</th>'
        f'<th class="g only" colspan="2">{t("last_7")}</th></tr>'
        f'<tr><th class="t">{t("shop")}</th><th class="hide">{t("trend")}</th>'
        f'<th class="b">{t("gmv")}<span class="hide"> · {t("vs_week")}</span></th>'
        f'<th class="hide">{t("orders")}</th><th class="hide">{t("aov")}</th>'
        f'<th class="b">{t("gmv")}<span class="hide"> · {t("vs_7")}</span></th>'
        f'<th class="hide">{t("net")}</th><th>{t("net_expected")}</th></tr>'
    )
    body = f'<div class="scroll"><table><thead>{head}</thead><tbody>{"".join(lines)}</tbody></table></div>'
    rows = behind.query(
        page.store,
        "shop_days",
        "select s.shop_name, d.business_date, d.currency, d.gmv, d.cancelled_gmv, d.refunded_gmv, d.net_gmv, "
        "d.paid_orders, d.units_sold, d.reporting_currency, d.gmv_rc, d.net_gmv_rc, d.is_provisional "
        "from kpi_shop_daily as d inner join dim_shops as s on s.shop_key = d.shop_key "
        "where d.business_date >= ? and d.business_date < ? order by d.business_date desc, s.shop_name",
        (history.since, history.until),
    )
    return blocks.card(t("shop"), body, page.standing.currency, aside=page.downloads(rows))


def _hours(page: Page) -> None:
    """The hours of today and yesterday against those a week before."""
    t = page.t
    hour = _hour(page)
    today, yesterday, before = _compared_days(page)
    names = {
        today: t("today_until", hour=f"{hour:02d}"),
        yesterday: f"{t('yesterday')} {page.f.day(yesterday)}",
        before: f"{t('last_week')} {page.f.day(before)}",
    }
    series = [
        (names[today], charts.ORANGE, False),
        (names[yesterday], charts.BLUE, False),
        (names[before], charts.GREY, True),
    ]
    rows = []
    for day, name in names.items():
        values = _by_hour(page, day)
        if values is None:
            continue
        last = hour if day == today else 24
        rows += [{"x": f"{one:02d}:00", "y": values.get(one, 0), "s": name} for one in range(last)]
    city = page.zone.rsplit("/", 1)[-1]
    with page.chart_card("hours"):
        _so_far(page, today, hour)
        page.chart_title(
            t("hours"),
            f"{page.standing.currency} · {escape(t.pick(city, '上海' if city == 'Shanghai' else city))}",
            blocks.legend([(color, name, dashed) for name, color, dashed in series]) if rows else "",
        )
        if rows:
            charts.chart(
                charts.lines(rows, series, x_title=t("hour"), y_title=page.standing.currency), "hours"
            )
        else:
            blocks.still(blocks.empty(t("no_hours")))


def _compared_days(page: Page) -> tuple[date, date, date]:
    """Today, yesterday, and its weekday a week before."""
    return page.standing.today, page.last_day, page.last_day - timedelta(days=7)


def _hour(page: Page) -> int:
    """The hour until which today is whole."""
    until = page.standing.complete_until
    return until.hour if until else 0


def _ask_so_far(page: Page, today: date, hour: int) -> Numbers | None:
    """Today's whole hours beside those of a week before; None where there is none."""
    if not hour or not page.knows("hourly_gmv_rc"):
        return None
    metrics = [name for name in _HOURLY if page.knows(name)]
    hours = tuple(str(one) for one in range(hour))
    day = Period(today, today + timedelta(days=1))
    return page.ask(metrics, day, compare="week", where={"business_hour": hours})


def _so_far(page: Page, today: date, hour: int) -> None:
    """What was sold today, against the same hours a week before."""
    numbers = _ask_so_far(page, today, hour)
    if numbers is None:
        return
    metrics = [name for name in _HOURLY if page.knows(name)]
    scope = f"<b>{escape(page.shop_name(''))}</b> · {today:%Y-%m-%d} 00:00–{hour:02d}:00"
    rows = behind.orders(page.store, page.zone, today, today + timedelta(days=1))
    said = [
        f"{escape(figure.definition.label)} <b>{page.number(figure, scope=scope, rows=rows, currency=True)}</b> "
        f"{page.f.change(figure.change)}"
        for figure in (numbers.figure(metric) for metric in metrics)
    ]
    page.block(
        f'<div class="sub wrap">{page.t("so_far", hour=f"{hour:02d}")}: {" · ".join(said)}</div>', "so_far"
    )


def _by_hour(page: Page, day: date) -> dict[int, float] | None:
    """GMV by hour of a business date; None where the file does not know hours. An hour without a sale is 0."""
    if not page.knows("hourly_gmv_rc"):
        return None
    found = page.ask(["hourly_gmv_rc"], Period(day, day + timedelta(days=1)), by=["business_hour"])
    return {int(hour): float(found.figure("hourly_gmv_rc", hour).value or 0) for (hour,) in found.groups()}


def _due(page: Page) -> str:
    """What must be done, the urgent first."""
    t = page.t
    items = []
    for kind, rows in _by_kind(page).items():
        first = rows[0]
        late = [row for row in rows if row["is_overdue"]]
        sign, form = _SEVERITY.get(str(first["severity"]), ("m", "◆"))
        text = escape(page.value_name("due_kind", kind))
        sub = f"{t('overdue')}: {page.f.count(len(late))}" if late else ""
        opening = Opening(text, None, "", _due_rows(page, kind))
        items.append(_item(page, sign, form, text, len(rows), opening, sub))
    if page.store.has("kpi_alerts"):
        items.append(_alerts(page))
    body = f'<ul class="due">{"".join(items)}</ul>' if items else blocks.empty(t("nothing_due"))
    return blocks.card(t("due"), body)


def _by_kind(page: Page) -> dict[str, list[dict[str, Any]]]:
    if "due_kind" not in page.store.columns("ops_due_now"):
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for row in page.store.rows("select * from views.due_now order by severity, is_overdue desc, due_at"):
        found.setdefault(str(row["due_kind"]), []).append(row)
    return found


def _due_rows(page: Page, kind: str) -> Rows:
    return behind.query(
        page.store,
        f"due_{kind}",
        "select shop_name, severity, subject_id, order_id, product_name, sku_name, seller_sku, action, due_at, "
        "hours_left, is_overdue, units, currency, amount from views.due_now where due_kind = ? "
        "order by due_at, subject_id",
        (kind,),
    )


def _alerts(page: Page) -> str:
    open_ones = page.store.rows("select * from kpi_alerts where is_open order by severity, first_seen desc")
    rows = behind.query(
        page.store,
        "alerts",
        "select severity, shop_name, alert_kind, subject, message_en, message_zh, first_seen, owner "
        "from kpi_alerts where is_open order by severity, first_seen desc",
    )
    if not open_ones:
        sign, form = _FINE
        return _item(page, sign, form, page.t("alerts"), 0, Opening(page.t("alerts"), None, "", rows), "")
    sign, form = _SEVERITY.get(str(open_ones[0]["severity"]), ("m", "◆"))
    first = page.t.pick(open_ones[0]["message_en"], open_ones[0]["message_zh"])
    return _item(
        page,
        sign,
        form,
        page.t("alerts"),
        len(open_ones),
        Opening(page.t("alerts"), None, "", rows),
        escape(first),
    )


def _item(page: Page, sign: str, form: str, text: str, count: int, opening: Opening, sub: str) -> str:
    small = f'<span class="sub">{sub}</span>' if sub else ""
    number = blocks.link(page.f.count(count), page.opens(opening), opening.title)
    return f'<li><span class="sev {sign}">{form}</span><span>{text}{small}</span><b>{number}</b></li>'


def _read(page: Page) -> str:
    """Until when each kind of data was read."""
    if not page.store.has("ops_sync_status"):
        return ""
    rows = page.store.rows("select resource, last_success_at, last_status from ops_sync_status")
    if page.store.has("ops_ads_sync_status"):
        rows += page.store.rows("select resource, last_success_at, last_status from ops_ads_sync_status")
    lines = []
    for name, starts in _SOURCES.items():
        own = [row for row in rows if str(row["resource"]).startswith(starts)]
        times: list[datetime] = [row["last_success_at"] for row in own if row["last_success_at"]]
        if not times:
            continue
        failed = [row for row in own if str(row["last_status"]) in ("failed", "error")]
        sign = f' <span class="sev m" title="{escape(page.t("failed_last"))}">◆</span>' if failed else ""
        when = page.standing.local(min(times))
        lines.append(f"<span>{page.t(name)}</span><span>{when:%m-%d %H:%M}{sign}</span>")
    return blocks.card(page.t("read"), f'<div class="kv">{"".join(lines)}</div>', escape(page.zone))
