"""Alerts 告警: what is open, by severity and owner, with the evidence and what to do; what was open before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks
from dashboards.parts.page import Column, Page
from dashboards.parts.words import Dictionary

WORDS: Dictionary = {
    "name": ("Alerts", "告警"),
    "open": ("Open alerts", "未处理告警"),
    "closed": ("History: closed alerts", "历史：已关闭告警"),
    "none_open": ("No alert is open.", "没有未处理的告警。"),
    "none_closed": ("No alert was closed yet.", "还没有已关闭的告警。"),
    "severity": ("Severity", "级别"),
    "kind": ("Kind", "类型"),
    "owner": ("Owner", "负责"),
    "what": ("What happened and what to do", "情况与处理建议"),
    "since": ("Since", "起始"),
    "until": ("Last seen", "最近出现"),
    "handled": ("Handled", "处理"),
    "all_owners": ("All owners", "全部负责人"),
    "all_severities": ("All severities", "全部级别"),
    "chosen": ("The alert", "告警详情"),
    "evidence": ("Evidence", "依据"),
    "choose": ("click a line for its evidence", "点击一行查看依据"),
    "how": (
        "ttkpi alerts ack, assign or snooze says who works on it; then it is not told every day.",
        "用 ttkpi alerts ack、assign、snooze 标记处理人，处理期间不再每日提醒。",
    ),
    "until_day": ("until {day}", "至 {day}"),
    "subject": ("About", "对象"),
    "owner_finance": ("Finance", "财务"),
    "owner_operations": ("Operations", "运营"),
    "owner_supply chain": ("Supply chain", "供应链"),
    "owner_shop compliance": ("Shop compliance", "店铺合规"),
    "owner_data": ("Data", "数据"),
    "owner_risk": ("Risk", "风控"),
    "owner_owner": ("Owner of the shop", "店铺负责人"),
}
_SIGNS = {"critical": ("h", "▲"), "high": ("h", "▲"), "warning": ("m", "◆"), "medium": ("m", "◆")}
_ORDER = ("critical", "high", "warning", "medium", "info", "low")
_CHOSEN, _OWNER, _SEVERITY = "alert", "alert_owner", "alert_severity"

Row = dict[str, Any]


def show(page: Page) -> None:
    """Draw the page."""
    t = page.t
    page.heading(t("name"))
    page.notices()
    records = [_record(page, row) for row in page.store.rows("select * from kpi_alerts")]
    opened = [one for one in records if one["is_open"]]
    opened.sort(key=lambda one: (_rank(one["severity"]), one["first_seen"], str(one["alert_id"])))
    page.block(page.tiles(_tiles(page, opened)), "tiles")
    chosen = _chosen(page, opened)
    with st.container(key="detail_first_alerts"):
        left, right = st.columns([1.9, 1], gap="small")
    with left:
        shown = [
            one
            for one in opened
            if _fits(one["owner"], _OWNER, t("all_owners"))
            and _fits(one["severity_name"], _SEVERITY, t("all_severities"))
        ]
        page.block(_table(page, shown, t("open"), "open_alerts", t("none_open"), chosen), "open")
    with right:
        if chosen:
            page.block(_evidence(page, chosen), "chosen")
        blocks.still(f'<div class="sub wrap">{escape(t("how"))}</div>')
    closed = [one for one in records if not one["is_open"]]
    closed.sort(key=lambda one: (one["last_seen"], str(one["alert_id"])), reverse=True)
    page.block(_table(page, closed, t("closed"), "closed_alerts", t("none_closed"), None), "closed")


def _record(page: Page, row: Mapping[str, Any]) -> Row:
    action = page.value_name("alert_action", row.get("alert_action"))
    until = row.get("action_until")
    return {
        **row,
        "shop": page.shop_name(str(row["shop_key"])) if row["shop_key"] else page.t("all_shops"),
        "kind": page.value_name("alert_kind", row["alert_kind"]),
        "severity_name": page.value_name("severity", row["severity"]),
        "text": page.t.pick(row["message_en"], row["message_zh"]),
        "owner": _owner(page, row["owner"]),
        "handled": " · ".join(
            part
            for part in (
                action,
                str(row.get("assignee") or ""),
                page.t("until_day", day=f"{page.standing.local(until):%m-%d}") if until else "",
            )
            if part
        ),
    }


def _owner(page: Page, owner: Any) -> str:
    """Who answers for an alert; a name that a team gave in the seed stays as it is."""
    key = f"owner_{owner}"
    return page.t(key) if key in WORDS else str(owner or "")


def _rank(severity: Any) -> int:
    return _ORDER.index(severity) if severity in _ORDER else len(_ORDER)


def _fits(value: Any, choice: str, everything: str) -> bool:
    wanted = st.session_state.get(choice)
    return wanted in (None, everything) or value == wanted


def _tiles(page: Page, opened: Sequence[Row]) -> list[str]:
    """How many are open of each severity; a click on a count opens them."""
    tiles = []
    for severity in dict.fromkeys(one["severity"] for one in opened):
        found = [one for one in opened if one["severity"] == severity]
        form, sign = _SIGNS.get(severity, ("o", "●"))
        tiles.append(
            f'<div class="tile"><div class="l"><span>{escape(found[0]["severity_name"])}</span></div>'
            f'<div class="row"><div class="v"><span class="sev {form}">{sign}</span> '
            f"{page.f.count(len(found))}</div></div></div>"
        )
    return tiles


def _chosen(page: Page, opened: Sequence[Row]) -> Row | None:
    t = page.t
    owners = sorted({str(one["owner"]) for one in opened if one["owner"]})
    severities = list(dict.fromkeys(one["severity_name"] for one in opened))
    choices = ((_OWNER, owners, t("all_owners")), (_SEVERITY, severities, t("all_severities")))
    for place, (choice, values, everything) in zip(st.columns([1, 1, 2], gap="small"), choices, strict=False):
        # A choice of another language or publication is none.
        if st.session_state.get(choice) not in (None, everything, *values):
            del st.session_state[choice]
        place.selectbox(choice, [everything, *values], key=choice, label_visibility="collapsed")
    by_id = {str(one["alert_id"]): one for one in opened}
    if st.session_state.get(_CHOSEN) not in by_id:
        st.session_state[_CHOSEN] = next(iter(by_id), None)
    return by_id.get(st.session_state[_CHOSEN] or "")


def _sign(record: Mapping[str, Any]) -> str:
    form, sign = _SIGNS.get(str(record["severity"]), ("o", "●"))
    return f'<span class="sev {form}">{sign}</span> {escape(str(record["severity_name"]))}'


def _table(
    page: Page, records: Sequence[Row], title: str, name: str, nothing: str, chosen: Row | None
) -> str:
    t = page.t
    return page.table(
        title,
        [
            Column("severity_name", t("severity"), show=_sign),
            Column("shop", t("shop"), is_wide=True),
            Column(
                "text", t("what"), show=lambda one: f'<span class="wrap">{escape(str(one["text"]))}</span>'
            ),
            Column("owner", t("owner"), is_wide=True),
            Column("handled", t("handled"), is_wide=True),
            Column("first_seen", t("since"), "day"),
        ],
        records,
        name=name,
        note=t("choose") if chosen else "",
        rows=_rows(page, name == "open_alerts"),
        opens=(lambda one: blocks.choose(_CHOSEN, str(one["alert_id"]))) if chosen else None,
        is_chosen=lambda one: bool(chosen) and one["alert_id"] == (chosen or {}).get("alert_id"),
        nothing=nothing,
    )


def _rows(page: Page, is_open: bool) -> behind.Rows:
    return behind.query(
        page.store,
        "open_alerts" if is_open else "closed_alerts",
        "select * from kpi_alerts where is_open = ? order by severity, first_seen, alert_id",
        (is_open,),
    )


def _evidence(page: Page, one: Mapping[str, Any]) -> str:
    t = page.t
    pairs = (
        (t("shop"), one["shop"]),
        (t("kind"), one["kind"]),
        (t("owner"), one["owner"]),
        (t("since"), f"{one['first_seen']:%Y-%m-%d}"),
        (t("until"), f"{one['last_seen']:%Y-%m-%d}"),
        (t("handled"), one["handled"]),
        (t("evidence"), page.value_name("evidence", one["evidence"])),
        (t("subject"), one["subject"]),
    )
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>" for name, value in pairs if value
    )
    body = f'{blocks.say(escape(str(one["text"])))}<dl class="grid2">{facts}</dl>'
    return blocks.card(t("chosen"), body, _sign(one))
