"""Team 团队: targets of the shops, scorecards against targets, month to date and frozen months, and each person's own
card."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks
from dashboards.parts.behind import Rows
from dashboards.parts.formats import COUNT, FRACTION, MONEY, UNKNOWN
from dashboards.parts.numbers import Figure
from dashboards.parts.page import Column, Page
from dashboards.parts.words import Dictionary

WORDS: Dictionary = {
    "name": ("Team", "团队"),
    "cards": ("Scorecards", "考核得分"),
    "card": ("Scorecard of {who}", "{who}的考核表"),
    "no_cards": (
        "Nobody has targets. They are an input: ttkpi inputs export (targets, assignments).",
        "尚未设置目标；请用 ttkpi inputs export 填写目标与分工。",
    ),
    "month": ("Month", "月份"),
    "person": ("Person", "姓名"),
    "role": ("Role", "岗位"),
    "kpi": ("KPI", "指标"),
    "target": ("Target", "目标"),
    "actual": ("Actual", "实际"),
    "attainment": ("Attainment", "达成率"),
    "weight": ("Weight", "权重"),
    "score": ("Score", "得分"),
    "no_score": ("no basis: {why}", "无依据：{why}"),
    "frozen": ("frozen on {day}", "已于 {day} 封存"),
    "moved": ("Since frozen", "封存后变动"),
    "running": ("the month is running: figures up to {day}", "本月进行中：数据截至 {day}"),
    "choose": ("click a person", "点击人员查看"),
    "over": ("{days} of {all} days are over: {share}", "已过 {days}/{all} 天，进度 {share}"),
    "shop_targets": ("Targets of the shops", "店铺目标"),
    "no_shop_targets": (
        "No shop has a target. Targets are an input: ttkpi inputs export (shop_targets).",
        "尚未设置店铺目标；请用 ttkpi inputs export 填写（shop_targets）。",
    ),
    "no_shop_targets_then": (
        "No shop has a target and figures in this month.",
        "本月没有既设目标又有数据的店铺。",
    ),
    "day_unknown": ("a day of it is unknown", "有一天数据未知"),
    "pace": ("Pace", "进度偏差"),
    "pace_hover": (
        "Attainment against the share of the month that is over (of a shop that is late: up to where it was read). "
        "−10 %: at this pace the month ends a tenth below the target.",
        "达成率与当月已过时间之比（数据滞后的店铺按其读取截止时间）。−10 %：照此进度，月末将低于目标一成。",
    ),
    "reason_no_figures": ("no figures yet", "尚无数据"),
    "reason_not_sent": ("not sent by the platform", "平台未提供"),
    "reason_part_unknown": ("a part is unknown", "部分数据未知"),
    "reason_None": ("no target", "未设目标"),
    "with_target": ("KPIs with a target", "有目标的指标"),
}
_MONTH, _PERSON = "team_month", "team_person"

Row = dict[str, Any]


def show(page: Page) -> None:
    """Draw the page."""
    t = page.t
    page.heading(t("name"))
    page.notices()
    rows = page.store.rows(
        "select * from kpi_team_scorecard order by month_start desc, person_name, role, weight desc"
    )
    has_targets = page.store.has("kpi_shop_targets", "dim_shops")
    targets = page.store.rows("select * from kpi_shop_targets") if has_targets else []
    months = sorted({f"{row['month_start']:%Y-%m}" for row in (*rows, *targets)}, reverse=True)
    if months:
        if st.session_state.get(_MONTH) not in months:
            st.session_state[_MONTH] = months[0]
        with st.columns([1, 4])[0]:
            st.selectbox(t("month"), months, key=_MONTH, label_visibility="collapsed")
    if targets:
        page.block(_targets(page, _of_month(targets)), "targets")
    elif has_targets:
        blocks.still(blocks.card(t("shop_targets"), blocks.empty(t("no_shop_targets"))))
    of_month = _of_month(rows)
    if not of_month:
        blocks.still(blocks.card(t("cards"), blocks.empty(t("no_cards"))))
        return
    people: dict[str, list[Row]] = {}
    for row in of_month:
        row["kpi"] = _kpi(page, row)
        people.setdefault(f"{row['person_name']} · {page.value_name('role', row['role'])}", []).append(row)
    if st.session_state.get(_PERSON) not in people:
        st.session_state[_PERSON] = next(iter(people))
    with st.container(key="detail_first_team"):
        left, right = st.columns([1, 1.25], gap="small")
    with left:
        page.block(_people(page, people), "people")
    with right:
        page.block(_card(page, str(st.session_state[_PERSON]), people[st.session_state[_PERSON]]), "card")


def _of_month(rows: Sequence[Row]) -> list[Row]:
    """The rows of the chosen month."""
    return [row for row in rows if f"{row['month_start']:%Y-%m}" == st.session_state[_MONTH]]


def _targets(page: Page, rows: Sequence[Row]) -> str:
    """What each shop is to reach in the month, what it has reached, and whether that is as far as the month is."""
    t = page.t
    order = {str(shop["shop_key"]): place for place, shop in enumerate(page.shops)}
    records: list[Row] = []
    for row in sorted(rows, key=lambda one: (order.get(str(one["shop_key"]), len(order)), one["kpi_name"])):
        shop = str(row["shop_key"])
        over = _share_over(row["month_start"], _read_until(page, shop))
        attainment = _figure(page, "attainment", row)
        records.append(
            {
                **row,
                "shop": page.shop_name(shop),
                "is_first": not records or records[-1]["shop_key"] != shop,
                "kpi": page.column("kpi_shop_daily", row["kpi_name"]).label,
                "unknown_reason": None if row["actual"] is not None else "day_unknown",
                "actual": _figure(page, "actual", row),
                "target": _figure(page, "target", row),
                "attainment": attainment,
                "pace": page.f.change(attainment.against(over).change),
            }
        )
    month = str(st.session_state[_MONTH])
    is_running = bool(rows) and _share_over(rows[0]["month_start"], page.standing.complete_until) != 1
    return page.table(
        t("shop_targets"),
        [
            Column("shop", t("shop"), show=_shop),
            Column("kpi", t("kpi"), show=lambda one: _target_kpi(page, one)),
            Column("actual", t("actual")),
            Column("target", t("target"), is_wide=True),
            Column("attainment", t("attainment")),
            Column("pace", t("pace"), FRACTION, hover=t("pace_hover"), show=lambda one: str(one["pace"])),
        ],
        records,
        name="shop_targets",
        note=f"{page.standing.currency} · {_running(page, rows[0]['month_start']) if is_running else month}",
        nothing=t("no_shop_targets_then"),
        limit=200,
        rows=behind.query(
            page.store,
            "shop_targets",
            "select s.shop_name, t.* from kpi_shop_targets as t inner join dim_shops as s on s.shop_key = t.shop_key "
            "where strftime(t.month_start, '%Y-%m') = ? order by t.shop_key, t.kpi_name",
            (month,),
        ),
        within=lambda one, _: _days(page, one),
    )


def _figure(page: Page, column: str, row: Row) -> Figure:
    """A number of a shop's target: which unit it has, its row says."""
    figure = page.figure(
        "kpi_shop_targets", column, row, is_not_final=column != "target" and bool(row["is_provisional"])
    )
    if column == "attainment":
        return figure
    is_money = row["unit"] != "count"
    return replace(
        figure,
        definition=replace(figure.definition, kind=MONEY if is_money else COUNT),
        currency=str(row["reporting_currency"]) if is_money else "",
    )


def _shop(row: Mapping[str, Any]) -> str:
    """A shop, once for all of its lines."""
    return f'<b class="wrap">{escape(row["shop"])}</b>' if row["is_first"] else ""


def _target_kpi(page: Page, row: Mapping[str, Any]) -> str:
    """The KPI of a target, and in words why it has no figure."""
    name = f'<span class="wrap">{escape(str(row["kpi"]))}</span>'
    if row["unknown_reason"] is None:
        return name
    return f'{name}<div class="sub">{escape(page.t("no_score", why=page.t("day_unknown")))}</div>'


def _days(page: Page, row: Mapping[str, Any]) -> Rows | None:
    """The days of which an actual is the sum."""
    name, month = str(row["kpi_name"]), row["month_start"]
    if name not in page.store.columns("kpi_shop_daily"):
        return None
    return behind.query(
        page.store,
        "shop_days",
        f"select s.shop_name, d.business_date, d.{name}, d.reporting_currency, d.is_provisional "  # noqa: S608 (a column of the mart)
        "from kpi_shop_daily as d inner join dim_shops as s on s.shop_key = d.shop_key "
        "where d.shop_key = ? and d.business_date >= ? and d.business_date < ? order by d.business_date",
        (row["shop_key"], month, _next_month(month)),
    )


def _read_until(page: Page, shop: str) -> datetime | None:
    """Until when a shop was read, on the clock of the reporting zone."""
    found = [one["read_until"] for one in page.shops if one["shop_key"] == shop]
    return found[0] if found else None


def _next_month(month: date) -> date:
    return month + timedelta(days=calendar.monthrange(month.year, month.month)[1])


def _share_over(month: date, until: datetime | None) -> float | None:
    """How much of a month is over at an instant; None when nobody knows the instant."""
    if until is None:
        return None
    begin = datetime.combine(month, time())
    share = (until - begin) / (datetime.combine(_next_month(month), time()) - begin)
    return min(1.0, max(0.0, share))


def _kpi(page: Page, row: Mapping[str, Any]) -> str:
    table, _, column = str(row["defined_by"] or "").partition(".")
    if not column:
        return str(row["kpi_name"]).replace("_", " ")
    return page.column(table, column).label


def _people(page: Page, people: Mapping[str, Sequence[Row]]) -> str:
    """Each person with the KPIs of the card, none added up: weights differ, and a KPI may have no basis."""
    t = page.t
    records = []
    for who, rows in people.items():
        aimed = [row for row in rows if row["target"] is not None]
        records += [{**row, "who": who, "is_first": row is aimed[0]} for row in aimed]
    return page.table(
        t("cards"),
        [
            Column("who", t("person"), show=lambda one: _who(page, one)),
            Column("kpi", t("kpi"), show=lambda one: f'<span class="wrap">{escape(str(one["kpi"]))}</span>'),
            Column("attainment", t("attainment"), FRACTION, show=lambda one: _share(page, one, "attainment")),
            Column("score", t("score"), COUNT, show=lambda one: _share(page, one, "score")),
        ],
        records,
        name="scorecards",
        note=f"{st.session_state[_MONTH]} · {t('with_target')} · {t('choose')}",
        limit=100,
        rows=behind.query(
            page.store,
            "scorecards",
            "select * from kpi_team_scorecard where strftime(month_start, '%Y-%m') = ? "
            "order by person_name, role, kpi_name",
            (st.session_state[_MONTH],),
        ),
        opens=lambda one: blocks.choose(_PERSON, str(one["who"])),
        is_chosen=lambda one: one["who"] == st.session_state[_PERSON],
    )


def _reason(page: Page, row: Mapping[str, Any]) -> str:
    key = f"reason_{row['unknown_reason']}"
    return page.t(key) if key in WORDS else str(row["unknown_reason"] or "").replace("_", " ")


def _who(page: Page, row: Mapping[str, Any]) -> str:
    """A person's name and role, once for all of the person's lines."""
    if not row["is_first"]:
        return ""
    role = escape(page.value_name("role", row["role"]))
    return f'<b>{escape(str(row["person_name"]))}</b> <span class="cc hide">{role}</span>'


def _share(page: Page, row: Mapping[str, Any], name: str) -> str:
    """A share of a scorecard with the mark of what is not final, or why there is none."""
    if row[name] is None:
        why = _reason(page, row)
        return f'<span title="{escape(page.t("no_score", why=why))}">{UNKNOWN}</span>'
    # A score is points: the attainment times the weight of the KPI in per cent.
    return _mark(page, row) + (page.f.count(row[name]) if name == "score" else page.f.percent(row[name]))


def _mark(page: Page, row: Mapping[str, Any]) -> str:
    if not row["is_provisional"]:
        return ""
    return f'<span class="pv s" title="{escape(page.t("not_final_hover"))}">~</span>'


def _amount(page: Page, row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    if value is None:
        return UNKNOWN
    unit = str(row["unit"] or "")
    mark = _mark(page, row) if name == "actual" else ""
    if "currency" in unit or unit == "money":
        return mark + page.f.money(value, str(row["reporting_currency"] or ""))
    if unit in ("fraction", "share", "rate"):
        return mark + page.f.percent(value)
    return mark + page.f.count(value)


def _running(page: Page, month: date) -> str:
    """How far a month is: what its attainments are to be read against."""
    until = page.standing.complete_until or datetime.combine(page.standing.today, time())
    share = _share_over(month, until) or 0.0
    days = calendar.monthrange(month.year, month.month)[1]
    over = page.t("over", days=f"{share * days:.1f}", all=days, share=page.f.percent(share))
    return f"{page.t('running', day=page.f.time(until))} · {over}"


def _name_with_reason(page: Page, row: Mapping[str, Any]) -> str:
    """A KPI, and in words why it has no figure."""
    name = f'<span class="wrap">{escape(str(row["kpi"]))}</span>'
    if row["actual"] is not None or not row["unknown_reason"]:
        return name
    why = _reason(page, row)
    return f'{name}<div class="sub">{escape(page.t("no_score", why=why))}</div>'


def _card(page: Page, who: str, rows: Sequence[Row]) -> str:
    t = page.t
    frozen = next((row["frozen_at"] for row in rows if row["frozen_at"]), None)
    note = (
        t("frozen", day=f"{frozen:%Y-%m-%d}")
        if frozen
        else _running(page, rows[0]["month_start"])
        if rows and not rows[0]["is_complete"]
        else str(st.session_state[_MONTH])
    )
    columns = [
        Column("kpi", t("kpi"), show=lambda row: _name_with_reason(page, row)),
        Column("actual", t("actual"), "money", show=lambda row: _amount(page, row, "actual")),
        Column("target", t("target"), "money", show=lambda row: _amount(page, row, "target")),
        Column("attainment", t("attainment"), FRACTION, show=lambda row: _share(page, row, "attainment")),
        Column("weight", t("weight"), FRACTION, is_wide=True),
        Column("score", t("score"), COUNT, show=lambda row: _share(page, row, "score"), is_wide=True),
    ]
    if frozen:
        hover = page.column("kpi_team_scorecard", "restated_minus_frozen_score").hover
        columns.append(Column("restated_minus_frozen_score", t("moved"), COUNT, hover=hover, is_wide=True))
    return page.table(t("card", who=escape(who)), columns, rows, name="scorecard", note=escape(note))
