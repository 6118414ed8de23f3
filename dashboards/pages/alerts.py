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
    "do_kpi_anomaly": (
        "Look at the days around it on page Shops, and what changed then: prices, campaigns, stock, a LIVE.",
        "在“店铺商品”页查看前后几天，核对当时的价格、广告、库存和直播变化。",
    ),
    "do_rate_limit": (
        "Bring the rate below the platform's limit: answer, dispatch or list what raises it first.",
        "优先处理推高该比率的订单或商品，把比率降到平台上限以下。",
    ),
    "do_data_late": (
        "Run ttkpi status, and then ttkpi sync: it says what fails.",
        "运行 ttkpi status 查看原因，再运行 ttkpi sync。",
    ),
    "do_data_gap": (
        "Run ttkpi backfill --gaps while the platform can still be asked for these days.",
        "在平台仍可查询这些日期时运行 ttkpi backfill --gaps。",
    ),
    "do_authorisation": (
        "Have the seller authorise the shop anew: page Connections has the link and takes the code.",
        "请卖家重新授权：“连接”页有授权链接并可提交授权码。",
    ),
    "do_stock_out": (
        "Order what page Stock proposes, or take the SKU out of campaigns and LIVE until it is there.",
        "按“库存履约”页的建议补货，或在到货前停止其广告和直播。",
    ),
    "do_product_delisted": (
        "Look in Seller Center why it was taken down; correct the listing or appeal.",
        "在卖家中心查看下架原因，修正商品信息或申诉。",
    ),
    "do_account_health": (
        "Open the violations in Seller Center; appeal within the time that is written there.",
        "在卖家中心查看违规记录，并在时限内申诉。",
    ),
    "do_brushing": (
        "Have a person look at the orders; nothing is taken out of any figure.",
        "请人工核查这些订单；未从任何指标中剔除。",
    ),
    "do_held_back": (
        "Mend what the audit found (page Trust, ttkpi audit), and publish again.",
        "按审核结果（“可信”页、ttkpi audit）修正后重新发布。",
    ),
    "do_deadline": (
        "Answer the requests in Seller Center before their deadline, the first one first.",
        "在时限前到卖家中心处理，最早到期的优先。",
    ),
    "do_payout_failed": (
        "Check the bank account in Seller Center and have the payout made again.",
        "在卖家中心核对收款账户，并重新发起打款。",
    ),
    "do_payout_overdue": (
        "Ask the platform's support with the id of the payout.",
        "携打款编号联系平台客服。",
    ),
    "do_balance_negative": (
        "Look which statements made it negative; the platform takes it from the next payouts.",
        "查看导致负数的结算单；平台将从后续打款中扣回。",
    ),
    "do_reserve_growing": (
        "Ask the platform why it withholds more, and plan cash without it.",
        "向平台询问预留增加的原因，并在资金计划中剔除该部分。",
    ),
    "do_statement_open": (
        "Compare the statement's rows below with Seller Center; open a claim for what is missing.",
        "将下方结算明细与卖家中心核对，缺少部分提出申诉。",
    ),
    "do_unmapped_fee": (
        "Find out what the fee is and map it in seed fee_types.",
        "查明该费用的含义，并在 fee_types 中归类。",
    ),
    "do_settlement_late": (
        "Ask the platform's support with the orders' ids why they are on no statement.",
        "携订单号向平台客服询问为何未结算。",
    ),
    "to_do": ("What to do", "处理建议"),
    "proof": ("Evidence, rows", "依据（行数）"),
}
_SIGNS = {"critical": ("h", "▲"), "high": ("h", "▲"), "warning": ("m", "◆"), "medium": ("m", "◆")}
_ORDER = ("critical", "high", "warning", "medium", "info", "low")
_CHOSEN, _OWNER, _SEVERITY = "alert", "alert_owner", "alert_severity"

_PROOFS: Mapping[str, tuple[str, str, str]] = {
    "payout_failed": ("fct_payments", "payment_id = ?", "created_at"),
    "payout_overdue": ("fct_payments", "payment_id = ?", "created_at"),
    "statement_open": ("fct_statement_transactions", "statement_id = ?", "transaction_id"),
    "stock_out": ("kpi_stock_health", "is_latest and sku_id = ?", "sku_id"),
    "product_delisted": ("dim_products", "product_id = ?", "product_id"),
    "deadline": ("ops_open_deadlines", "is_due_soon and subject = ?", "deadline_at"),
    "unmapped_fee": ("ops_unmapped_fees", "? is not null", "last_seen_at desc"),
    "brushing": ("kpi_brushing_flags", "pattern = ?", "shop_key"),
    "data_gap": ("ops_coverage", "resource = ? and coverage_status = 'missing'", "shop_local_date"),
    "data_late": ("ops_sync_status", "? is not null", "resource"),
    "authorisation": ("ops_sync_status", "? is not null", "resource"),
    "kpi_anomaly": ("kpi_shop_daily", "? is not null", "business_date desc"),
    "held_back": ("dim_shops", "? is not null", "shop_key"),
}
"""Rows that prove an alert, by its kind: table, condition on the alert's subject, order."""

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
        name = str(found[0]["severity_name"])
        rows = behind.query(
            page.store,
            "alerts",
            "select * from kpi_alerts where is_open and severity = ? order by first_seen, alert_id",
            (severity,),
        )
        number = page.link(page.f.count(len(found)), None, "", rows, title=name)
        tiles.append(
            f'<div class="tile"><div class="l"><span>{escape(name)}</span></div>'
            f'<div class="row"><div class="v"><span class="sev {form}">{sign}</span> '
            f"{number}</div></div></div>"
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
    advice = t(f"do_{one['alert_kind']}") if f"do_{one['alert_kind']}" in WORDS else ""
    to_do = f"<div style='margin:0 0 8px'><b>{t('to_do')}</b>: {escape(advice)}</div>" if advice else ""
    rows = _proof(page, one)
    found = rows.count() if rows else 0
    if rows and found:
        number = page.link(page.f.count(found), None, escape(str(one["text"])), rows, title=t("proof"))
        facts += f"<div><dt>{t('proof')}</dt><dd>{number}{page.downloads(rows)}</dd></div>"
    body = f'{blocks.say(escape(str(one["text"])))}{to_do}<dl class="grid2">{facts}</dl>'
    return blocks.card(t("chosen"), body, _sign(one))


def _proof(page: Page, one: Mapping[str, Any]) -> behind.Rows | None:
    """The rows that prove an alert; None where the file does not have them."""
    table, condition, order = _PROOFS.get(str(one["alert_kind"]), ("", "", ""))
    if not table or not page.store.has(table):
        return None
    return behind.query(
        page.store,
        f"alert_{one['alert_kind']}",
        f"select * from {table} where shop_key = ? and {condition} order by {order}",  # noqa: S608 (own text)
        (one["shop_key"], one["subject"]),
    )
