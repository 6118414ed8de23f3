"""What there is to tell: open rows of the published `kpi_alerts`, and what went wrong with runs, in both languages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb

from home.database import CannotRead, attach, reading
from home.demo_home import is_demo_home
from home.layout import Home
from home.text import one_line, printable
from orchestration.deliver.alert_actions import ASSIGNED, Action, ActionRefused, Subject, actions
from orchestration.deliver.alerts import Alert, read_alerts
from orchestration.history.publications import published_manifest

CRITICAL, WARNING = "critical", "warning"
RUN_OWNER = "data"
"""Whose the alerts of failed runs are; seed `alert_owners` calls the owners of late data so."""
RUN_DAYS = 3
"""Failed runs that are older are not news: whoever configures a webhook today is not told last month's."""

_TABLE = "kpi_alerts"
_COLUMNS = (
    *("alert_id", "alert_kind", "subject", "severity", "owner", "shop_key", "shop_name"),
    *("first_seen", "last_seen", "is_open", "message_en", "message_zh"),
)
_SHOWN = 500
_HOPELESS_STATES = ("revoked", "deactivated", "expired")

SEVERITIES = {CRITICAL: "严重", WARNING: "警告"}
"""Severities in Chinese, the worst first."""


@dataclass(frozen=True, slots=True)
class Advice:
    """How a kind of alert is called, and what to do about it."""

    en: str
    zh: str
    action_en: str
    action_zh: str


KINDS = {
    "kpi_anomaly": Advice(
        "Unusual KPI",
        "指标异常",
        "Begin with what it says to look at first; kpi_anomalies splits the change into its parts.",
        "先按提示检查；变化的分解见 kpi_anomalies。",
    ),
    "rate_limit": Advice(
        "Rate above its limit",
        "比率超限",
        "Find the products and reasons behind it, for instance in fct_refund_lines.",
        "查找造成超限的商品与原因，例如看 fct_refund_lines。",
    ),
    "data_late": Advice(
        "Data are late",
        "数据延迟",
        "`ttkpi status` names the last error. Do not judge the figures of these days before the data have come.",
        "用 `ttkpi status` 查看最近错误；数据到齐前不要据此判断这些日期的指标。",
    ),
    "data_gap": Advice(
        "Days were not read",
        "数据缺失",
        "`ttkpi backfill --gaps` reads them while the platform still has them; ops_coverage lists the days.",
        "平台仍保留时用 `ttkpi backfill --gaps` 补读；缺失日期见 ops_coverage。",
    ),
    "authorisation": Advice(
        "Authorisation",
        "授权",
        "Let the seller authorise the app again, then `ttkpi auth exchange CODE`.",
        "请卖家重新授权，然后执行 `ttkpi auth exchange CODE`。",
    ),
    "stock_out": Advice(
        "Out of stock",
        "缺货",
        "Reorder, or stop what brings traffic to it; kpi_stock_health has cover and quantities.",
        "补货，或暂停为其引流；库存天数与建议补货量见 kpi_stock_health。",
    ),
    "product_delisted": Advice(
        "Product taken off sale by the platform",
        "商品被平台下架",
        "Read the platform's reason in Seller Center, correct the listing or appeal.",
        "在卖家中心查看原因，修改商品信息或申诉。",
    ),
    "account_health": Advice(
        "Account health",
        "账号健康",
        "See the measure in Seller Center and mend its cause before the platform limits the shop.",
        "在卖家中心查看该指标并尽快整改，避免店铺受限。",
    ),
    "brushing": Advice(
        "Orders for a person to look at",
        "疑似刷单，请人工查看",
        "Look at the orders in kpi_brushing_flags; nothing is taken out of any figure.",
        "查看 kpi_brushing_flags 中的订单；未从任何指标中剔除。",
    ),
    "nothing_published": Advice(
        "Nothing was published",
        "长时间未发布",
        "Turn the schedule on, or look why runs stand still: `ttkpi status`, and Dagster's page of runs.",
        "检查定时任务是否开启、任务是否卡住：`ttkpi status` 与 Dagster 的任务页面。",
    ),
    "alerts_damaged": Advice(
        "An alert is damaged",
        "告警记录损坏",
        "Look into alerts.jsonl of TTKPI_HOME, then remove the line.",
        "查看 TTKPI_HOME 的 alerts.jsonl，然后删除该行。",
    ),
    "deadline": Advice(
        "Answers that are due",
        "申请处理期限",
        "Answer them in Seller Center before the platform decides; ops_open_deadlines has every request and its time.",
        "请在平台自动判定前于卖家中心处理；全部申请与期限见 ops_open_deadlines。",
    ),
    "payout_failed": Advice(
        "A payout failed",
        "打款失败",
        "Check the bank account in Seller Center and ask TikTok to pay again; fct_payments has the payout.",
        "在卖家中心核对收款账户，并要求 TikTok 重新打款；打款记录见 fct_payments。",
    ),
    "payout_overdue": Advice(
        "A payout is overdue",
        "打款超期",
        "Ask TikTok's support with the id of the payout; a bank holiday may explain a day or two.",
        "携打款编号联系 TikTok 客服；银行假期可能造成一两天延迟。",
    ),
    "balance_negative": Advice(
        "The balance is negative",
        "账户余额为负",
        "kpi_settlement_bridge has the negative statements; the next sales pay for it, or TikTok asks for money.",
        "在 kpi_settlement_bridge 查看为负的结算单；后续货款会先抵扣，或需向平台补款。",
    ),
    "reserve_growing": Advice(
        "More money is held back",
        "预留金增加",
        "See the reserve rows of fct_statement_transactions, and the shop's health: returns and violations raise it.",
        "查看 fct_statement_transactions 的预留行与账号健康；退货与违规会使预留金上升。",
    ),
    "statement_open": Advice(
        "A statement does not close",
        "结算单不平",
        "Compare it in Seller Center with its rows in fct_statement_transactions; a backfill reads it again.",
        "在卖家中心与 fct_statement_transactions 的明细核对，并补读该结算单。",
    ),
    "unmapped_fee": Advice(
        "A fee that nobody knows",
        "未知费用",
        "Find out what the fee is and add it to seeds/finance/fee_types.csv; ops_unmapped_fees lists it.",
        "查明该费用并加入 seeds/finance/fee_types.csv；明细见 ops_unmapped_fees。",
    ),
    "settlement_late": Advice(
        "Completed orders without a settlement",
        "订单迟迟未结算",
        "Ask TikTok with the order's id; kpi_order_profit shows which orders are settled.",
        "携订单号向 TikTok 查询；各订单是否已结算见 kpi_order_profit。",
    ),
    "held_back": Advice(
        "New data of a shop are held back",
        "店铺新数据未发布",
        "The message says what does not add up and what to do; until then its figures are those published before.",
        "消息中说明了不一致之处与处理办法；处理前该店铺仍显示上次发布的数据。",
    ),
    "report_not_sent": Advice(
        "A report was refused",
        "报告发送被拒",
        "The message says what the platform answered; correct the webhook, then `ttkpi report KIND --send`.",
        "消息中有平台的答复；修正该 webhook 后执行 `ttkpi report KIND --send`。",
    ),
    "run_failed": Advice(
        "A run failed",
        "任务失败",
        "Fix the cause, then re-execute the run from the failed step. What is published is the last good state.",
        "排除原因后从失败步骤重新执行；已发布的数据仍为上次成功的结果。",
    ),
    "shop_sync_failed": Advice(
        "The sync of a shop failed",
        "店铺同步失败",
        "`ttkpi status` shows the last error, `ttkpi auth status` whether the shop may be read.",
        "用 `ttkpi status` 查看最近错误，用 `ttkpi auth status` 查看授权。",
    ),
    "ads_sync_failed": Advice(
        "The sync of an ads account failed",
        "广告账户同步失败",
        "`ttkpi status` shows the last error, `ttkpi auth status` whether the account may be read.",
        "用 `ttkpi status` 查看最近错误，用 `ttkpi auth status` 查看授权。",
    ),
}
"""Every kind of `kpi_alerts` and of `alerts.jsonl`."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One alert, as people are told.

    Attributes:
        alert_id: Names it: what was told is remembered by it.
        alert_kind: One of `KINDS`.
        subject: What it is about: a KPI, a product, a job.
        severity: `critical` or `warning`.
        owner: Who is to act.
        shop_key: The shop or ads account; None when it is about all.
        shop_name: Its name; None when unknown.
        first_seen: First day of it.
        last_seen: Last day of it.
        is_open: Whether it is still there.
        message_en: What happened, in English.
        message_zh: The same in Chinese.
        is_demo: It is about the demo's shops, which nobody has to act for.
        action: What somebody did about it, and still holds; None when nobody works on it.
        told_as: Under what it is remembered that it was told; empty when nobody is to be told.
    """

    alert_id: str
    alert_kind: str
    subject: str
    severity: str
    owner: str
    shop_key: str | None
    shop_name: str | None
    first_seen: date
    last_seen: date
    is_open: bool
    message_en: str
    message_zh: str
    is_demo: bool = False
    action: Action | None = None
    told_as: str = ""

    @property
    def about(self) -> Subject:
        """The alert, as actions know it."""
        return Subject(self.alert_id, self.shop_key, self.alert_kind, self.subject, self.severity)

    def after(self, action: Action | None, now: datetime) -> Notice:
        """The alert with what somebody did about it last.

        While somebody works on it nobody is told, but the one whom it was assigned to. An action that holds no more
        makes it news again, whoever was told before.
        """
        if action is None:
            return replace(self, told_as=self.alert_id)
        if not action.holds(self.severity, now):
            return replace(self, told_as=f"{self.alert_id}/{action.number}")
        told_as = f"{self.about.thing}/{action.number}" if action.action == ASSIGNED else ""
        return replace(self, owner=action.assignee or self.owner, action=action, told_as=told_as)

    @property
    def advice(self) -> Advice:
        """How its kind is called, and what to do; a kind that is not in the list is called by its own name."""
        return KINDS.get(self.alert_kind) or Advice(
            self.alert_kind, self.alert_kind, f"See {_TABLE}.", f"详见 {_TABLE}。"
        )

    def as_record(self) -> dict[str, Any]:
        """For machines."""
        record = {name: value for name, value in asdict(self).items() if name != "told_as"}
        record |= {"first_seen": str(self.first_seen), "last_seen": str(self.last_seen)}
        names = {"kind_en": self.advice.en, "kind_zh": self.advice.zh}
        return record | names | {"action_en": self.advice.action_en, "action_zh": self.advice.action_zh}

    def as_text(self) -> str:
        """For people."""
        whose = self.shop_name or self.shop_key
        head = [f"[{SEVERITIES.get(self.severity, '')} {self.severity.upper()}]"]
        if self.is_demo:
            head.append("[演示 DEMO]")
        about = f"{whose} · " if whose else ""
        head.append(f"{about}{self.advice.zh} {self.advice.en} · {self.subject} · {self.first_seen} 起")
        return "\n".join(
            [
                " ".join(head),
                _short(self.message_zh),
                _short(self.message_en),
                f"处理：{self.advice.action_zh}",
                f"To do: {self.advice.action_en}",
                f"负责 Owner: {self.owner}",
                *([f"状态 State: {self.action.as_text()}"] if self.action else []),
            ]
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to tell.

    Attributes:
        notices: The worst first, then the oldest.
        is_published: Whether there is a published `kpi_alerts`; else these are failed runs alone.
    """

    notices: tuple[Notice, ...]
    is_published: bool


def find(home: Home, now: datetime, *, closed: bool = False) -> Found:
    """Everything there is to tell now.

    Args:
        home: Whose published file and `alerts.jsonl` are read.
        now: UTC; failed runs of the last three days are news.
        closed: Alerts that are over as well.

    Raises:
        CannotRead: The published file is damaged.
        RecordDamaged: Its manifest is.
    """
    is_demo = is_demo_home(home)
    published = _published(home, is_demo=is_demo)
    of_runs = _of_runs(home, now, is_demo=is_demo)
    known = actions(home)
    notices = [
        one.after(known.get(one.about.thing), now)
        for one in (*(published or ()), *of_runs)
        if one.is_open or closed
    ]
    worst = list(SEVERITIES)
    notices.sort(key=lambda one: (worst.index(one.severity), one.first_seen, one.alert_id))
    return Found(tuple(notices), published is not None)


def by_id(notices: Sequence[Notice], text: str) -> Notice:
    """The open alert with this id, or whose id alone begins so.

    Raises:
        ActionRefused: There is none, or more than one.
    """
    found = [one for one in notices if one.alert_id == text] or [
        one for one in notices if text and one.alert_id.startswith(text)
    ]
    if not found:
        raise ActionRefused(
            f"No open alert has the id {text}.", advice="`ttkpi alerts list` has all of them, with their ids."
        )
    if len(found) > 1:
        raise ActionRefused(
            f"{len(found)} open alerts have an id that begins with {text}.",
            advice=f"Write more of it: {', '.join(one.alert_id for one in found[:5])}.",
        )
    return found[0]


def _published(home: Home, *, is_demo: bool) -> list[Notice] | None:
    """Rows of the published `kpi_alerts`; None when there is no such table."""
    manifest = published_manifest(home)
    if manifest is None or _TABLE not in (manifest.get("tables") or {}):
        return None
    with reading(home) as connection:
        attach(connection, home.published, "published")
        try:
            rows = connection.execute(
                f"select {', '.join(_COLUMNS)} from published.marts.{_TABLE}"  # noqa: S608 (names of our own)
            ).fetchall()
        except duckdb.Error as error:
            raise CannotRead(
                f"{_TABLE} in {home.bi_file} can't be read: {str(error).splitlines()[0]}",
                advice="It was published by another version of this project: run `ttkpi run`.",
            ) from error
    return [
        Notice(
            **{name: _in_one_line(value) for name, value in zip(_COLUMNS, row, strict=True)}, is_demo=is_demo
        )
        for row in rows
    ]


def _in_one_line(value: Any) -> Any:
    """A name of a shop or product must not begin a line of its own in a chat."""
    return one_line(value) if isinstance(value, str) else value


def _of_runs(home: Home, now: datetime, *, is_demo: bool) -> list[Notice]:
    """What went wrong with runs and syncs lately."""
    oldest = now - timedelta(days=RUN_DAYS)
    recent = [alert for alert in read_alerts(home.root) if _at(alert) >= oldest]
    return [_of_run(alert, is_demo=is_demo) for alert in recent]


def _of_run(alert: Alert, *, is_demo: bool) -> Notice:
    record = json.dumps(asdict(alert), sort_keys=True, ensure_ascii=False)
    day = _at(alert).date()
    hopeless = alert.details.get("authorisation_state") in _HOPELESS_STATES
    subject = one_line(
        alert.details.get("since") or alert.details.get("job") or alert.shop_key or alert.run_id
    )
    step = alert.details.get("step")
    advice = KINDS.get(alert.kind)
    where = f"（步骤 {step}）" if step else ""
    return Notice(
        alert_id=hashlib.sha256(record.encode()).hexdigest()[:32],
        alert_kind=alert.kind,
        subject=subject,
        severity=CRITICAL if alert.kind in ("run_failed", "nothing_published") or hopeless else WARNING,
        owner=RUN_OWNER,
        shop_key=alert.shop_key,
        shop_name=None,
        first_seen=day,
        last_seen=day,
        is_open=True,
        message_en=printable(alert.message),
        message_zh=f"{advice.zh if advice else alert.kind}：{subject}{where}，原因见下方英文。",
        is_demo=is_demo,
    )


def _short(text: str) -> str:
    """So much of a text as a chat has room for."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _at(alert: Alert) -> datetime:
    return datetime.fromisoformat(alert.at).astimezone(UTC)
