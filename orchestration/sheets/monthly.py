"""What the standard workbook of a month holds: a summary by shop, then a sheet per subject.

The summary asks the metric layer, which knows what must not be added up; a subject that a file does not hold, as that
of an audience, is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from home.errors import TtkpiError
from orchestration.metrics import catalog
from orchestration.metrics.query import Answer, Question, ask
from orchestration.metrics.source import NoMetrics, Published
from orchestration.sheets.tables import FRACTION, Column, Period, Table
from orchestration.sheets.workbook import Sheet, sheet_of

SUMMARY = "月度汇总 Summary"
_METRICS = (
    "gmv",
    "gmv_rc",
    "net_gmv",
    "net_gmv_rc",
    "paid_orders",
    "aov",
    "refund_rate",
    "ad_spend_rc",
    "mer_rc",
)
_SUBJECTS = (
    ("店铺日报 Shops by day", ("shop_days", "kpi_shop_daily")),
    ("商品 Products", ("products", "kpi_product_daily")),
    ("退款 Refunds", ("refunds", "fct_refund_lines")),
    ("达人 Creators", ("creator_days", "kpi_creator_daily")),
    ("直播 LIVE", ("live_sessions", "kpi_live_sessions")),
    ("主播 Hosts", ("live_hosts", "kpi_live_hosts")),
    ("广告 Ads", ("ads_days", "kpi_ads_daily")),
    ("利润 Profit", ("profit_days", "kpi_profit_daily")),
    ("亏损 SKU Losses", ("loss_making_skus", "kpi_loss_making_skus")),
    ("月结 Month close", ("month_close", "kpi_month_close")),
    ("费用 Fees", ("fee_totals", "kpi_fee_totals")),
    ("费用核查 Fee audit", ("fee_audit", "kpi_fee_audit")),
    ("回款 Cash", ("cash_forecast", "kpi_cash_forecast")),
    ("应付佣金 Commission due", ("commission_due", "kpi_commission_due")),
    ("凭证 Journal", ("journal", "kpi_journal")),
    ("结算 Settlement", ("settlement", "kpi_settlement_bridge")),
    ("打款 Payouts", ("payouts", "fct_payments")),
    ("平台对账 Seller Center", ("platform_bridge", "kpi_day_bridge")),
    ("库存 Stock", ("stock", "kpi_stock_health")),
    ("履约 Fulfilment", ("fulfilment_days", "kpi_fulfilment_daily")),
    ("店铺目标 Shop targets", ("kpi_shop_targets",)),
    ("人员考核 Scorecards", ("scorecards", "kpi_team_scorecard")),
    ("告警 Alerts", ("alerts", "kpi_alerts")),
    ("数据修正 Restatements", ("changes", "kpi_restatements")),
)
"""Names of sheets, each with the view or table that it shows: the first that the file holds."""


def monthly_sheets(file: Published, known: Mapping[str, Table], period: Period) -> list[Sheet]:
    """The sheets of the standard workbook of a period.

    Args:
        file: The published file.
        known: Its tables and views.
        period: The month.
    """
    found = [one] if (one := _summary(file, period)) is not None else []
    return [*found, *(sheet_of(file, table, period, title) for title, table in _subjects(known))]


def monthly_tables(known: Mapping[str, Table]) -> list[Table]:
    """The tables and views of which the standard workbook shows the rows of a period."""
    return [table for _, table in _subjects(known)]


def _subjects(known: Mapping[str, Table]) -> Iterator[tuple[str, Table]]:
    for title, names in _SUBJECTS:
        name = next((name for name in names if name in known), None)
        if name is not None:
            yield title, known[name]


def _summary(file: Published, period: Period) -> Sheet | None:
    """Metrics by shop over the period, beside those of the period before; None where the file has no metrics."""
    try:
        known = catalog.metrics(file)
        names = tuple(name for name in _METRICS if name in known)
        if not names:
            return None
        answer = ask(
            file,
            Question(
                names,
                by=("shop_name",),
                since=period.first,
                until=period.last + timedelta(days=1),
                compare="before",
            ),
        )
    except NoMetrics:
        return None
    except TtkpiError:
        # Metrics that this audience can't group by shop: the other sheets have what it may see.
        return None
    columns = tuple(_columns(answer))
    before = f"{answer.since} – {answer.until - timedelta(days=1) if answer.until else ''}"
    return Sheet(
        SUMMARY,
        f"每店一行：本期、上期（{before}）与变化；多币种金额不相加。 · One row per shop: the period, "
        f"the one before ({before}), and the change. Currencies are not added.",
        columns,
        len(answer.rows),
        lambda: iter(_rows(answer)),
        "metrics",
        "the date of each metric",
    )


def _columns(answer: Answer) -> list[Column]:
    found = [Column(name, "VARCHAR", *_BY.get(name, (name, name))) for name in answer.by]
    if answer.reporting_currency:
        found.append(Column("reporting_currency", "VARCHAR", "Reporting currency", "报告币种"))
    for metric in answer.metrics:
        kind = "DECIMAL(18,4)" if metric.is_money else "BIGINT" if metric.unit == "count" else "DOUBLE"
        own = {"definition": metric.definition, "clock": metric.clock, "unit": metric.unit}
        found += [
            Column(metric.name, kind, metric.label, metric.label_zh, **own),
            Column(
                f"{metric.name}_before", kind, f"{metric.label}, before", f"{metric.label_zh}（上期）", **own
            ),
            Column(
                f"{metric.name}_change",
                "DOUBLE",
                f"{metric.label}, change",
                f"{metric.label_zh}变化",
                unit=FRACTION,
            ),
        ]
    return [*found, Column("is_provisional", "BOOLEAN", "May still change", "是否暂定")]


_BY = {"shop_name": ("Shop", "店铺"), "currency": ("Currency", "币种")}


def _rows(answer: Answer) -> list[tuple[Any, ...]]:
    found = []
    for row, marks in zip(answer.rows, answer.not_final, strict=True):
        values = [row[name] for name in answer.by]
        if answer.reporting_currency:
            values.append(answer.reporting_currency)
        for metric in answer.metrics:
            values += [row[metric.name], row[f"{metric.name}_before"], row[f"{metric.name}_change"]]
        found.append((*values, bool(marks)))
    return found
