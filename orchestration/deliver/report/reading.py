"""The views for people (and a few tables) behind what a report does not sum: one query each, and none where a table is
not in the file.

An audience's file may lack tables and columns: what a query needs and the file does not have makes it answer nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from home.text import one_line
from orchestration.deliver.report.period import Shop
from orchestration.deliver.report.words import Text
from orchestration.metrics.source import Published

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Source:
    """What is read of a table.

    Attributes:
        table: The view, or the mart with its schema.
        columns: Columns without which there is nothing to show.
        optional: Columns that are None where the file does not have them.
    """

    table: str
    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()


_SHOPS = _Source(
    "marts.dim_shops", ("shop_key", "shop_name"), ("data_until", "is_held_back", "held_back_reason")
)
_SHOP_DAYS = _Source(
    "shop_days",
    ("shop_key", "business_date", "is_gmv_provisional"),
    (
        *("net_gmv_rc", "net_gmv_expected_rc", "net_gmv_expected_low_rc", "net_gmv_expected_high_rc"),
        "net_gmv_share_known",
    ),
)
_MOVES = _Source(
    "marts.kpi_anomalies",
    ("shop_key", "kpi_name", "kpi_date", "value", "expected", "score", "is_judged", "is_anomaly"),
    (
        *("unit", "currency", "direction", "is_adverse", "severity", "evidence", "evidence_detail"),
        *("change_largest_part", "expected_from", "expected_to", "is_provisional", "sale_name"),
    ),
)
_LIVES = _Source(
    "live_sessions",
    ("shop_key", "live_room_id", "business_date", "start_time", "title"),
    (
        *(
            "main_host_name",
            "account_username",
            "hours_on_air",
            "peak_viewers",
            "paid_sku_orders",
            "is_provisional",
        ),
        *("live_attributed_gmv_rc", "own_net_gmv_rc", "leaking_step", "leaking_rate", "leaking_rate_median"),
    ),
)
_STOCK = _Source(
    "stock",
    ("shop_key", "stock_status", "sku_id", "units_sold_28d"),
    (
        *("seller_sku", "product_name", "sku_name", "sellable_units", "days_of_cover", "reorder_units"),
        *("expected_stockout_date", "snapshot_date"),
    ),
)
_ALERTS = _Source(
    "alerts",
    ("alert_id", "shop_key", "alert_kind", "subject", "severity", "first_seen", "is_open"),
    (
        *("shop_name", "owner", "evidence", "message_en", "message_zh"),
        *("alert_action", "assignee", "action_until", "action_by", "action_note"),
    ),
)
_RESTATED = _Source(
    "marts.kpi_restatements",
    ("shop_key", "kpi_date", "kpi_name", "value_before", "value_now", "published_at"),
    ("kpi_clock", "currency", "difference", "reason", "reason_detail", "records_concerned"),
)
_TARGETS = _Source(
    "scorecards",
    ("month_start", "person_name", "role", "kpi_name", "actual", "target", "attainment"),
    ("unit", "reporting_currency", "lower_is_better", "is_provisional"),
)
_SHOP_TARGETS = _Source("marts.kpi_shop_targets", ("shop_key", "month_start", "kpi_name", "target"))
_PAYOUTS = _Source(
    "payouts",
    ("shop_key", "payment_id", "payment_status", "created_at"),
    ("paid_at", "currency", "settlement_amount", "payout_currency", "payout_amount"),
)
_CASH = _Source(
    "marts.kpi_cash_forecast",
    ("shop_key", "week_start", "currency"),
    (
        *("received_amount_rc", "cash_expected_rc", "reporting_currency", "is_provisional"),
        *("cash_cumulative_low", "cash_cumulative_expected", "cash_cumulative_high", "overdue_amount"),
    ),
)
_CLAIMS = _Source(
    "fee_audit",
    ("shop_key", "case_id", "reason", "verdict", "occurred_on", "currency", "claim_amount"),
    ("order_id", "payment_id", "statement_id", "claim_deadline"),
)
_MONTH_CLOSE = _Source(
    "month_close",
    ("shop_key", "shop_local_month", "currency", "closing_receivable"),
    ("opening_receivable", "sales_amount", "settlement_amount", "payout_amount", "is_provisional"),
)
_LOSSES = _Source(
    "loss_making_skus",
    ("shop_key", "sku_id", "currency", "contribution_profit", "contribution_profit_rc"),
    ("seller_sku", "product_name", "profit_loss_part"),
)
_VALUES = _Source("marts.dim_values", ("column_name", "value", "label", "label_zh"))
_READ = _Source("marts.ops_sync_status", ("shop_key", "resource", "last_success_at", "last_status"))


def shops(file: Published) -> list[Shop]:
    """The shops of a file, by name."""
    return [
        Shop(
            str(row["shop_key"]),
            one_line(str(row["shop_name"] or row["shop_key"])),
            row["data_until"],
            str(row["held_back_reason"] or "unknown") if row["is_held_back"] else "",
        )
        for row in _rows(file, _SHOPS, "true order by shop_name, shop_key")
    ]


def shop_days(file: Published, since: date, until: date) -> list[Row]:
    """Days of shops, with what net sales will become."""
    return _rows(file, _SHOP_DAYS, "business_date >= ? and business_date < ?", (since, until))


def moves(file: Published, since: date, until: date) -> list[Row]:
    """Judged days of watched KPIs: the unusual first, then by how unusual they are."""
    return _rows(
        file,
        _MOVES,
        "is_judged and kpi_date >= ? and kpi_date < ? "
        "order by is_anomaly desc, abs(score) desc nulls last, shop_key, kpi_name, kpi_date",
        (since, until),
    )


def lives(file: Published, since: date, until: date) -> list[Row]:
    """LIVE sessions that began in the period, the best first."""
    best = "live_attributed_gmv_rc desc nulls last," if _has(file, _LIVES, "live_attributed_gmv_rc") else ""
    return _rows(
        file,
        _LIVES,
        f"business_date >= ? and business_date < ? order by {best} start_time, shop_key, live_room_id",
        (since, until),
    )


def stock(file: Published) -> list[Row]:
    """SKUs that are out or critical, those that sell most first."""
    return _rows(
        file,
        _STOCK,
        "stock_status in ('out', 'critical') order by units_sold_28d desc nulls last, shop_key, sku_id",
    )


def alerts(file: Published) -> list[Row]:
    """Open alerts, the worst and oldest first."""
    return _rows(
        file,
        _ALERTS,
        "is_open order by case severity when 'critical' then 0 else 1 end, first_seen, alert_id",
    )


def restated(file: Published, after: datetime) -> list[Row]:
    """Values that a publication after an instant has changed, of days before it."""
    return _rows(
        file,
        _RESTATED,
        "published_at > ? and coalesce(reason, '') <> 'open_day' "
        "order by abs(value_now - value_before) / nullif(abs(value_before), 0) desc nulls last, "
        "shop_key, kpi_date, kpi_name",
        (after,),
    )


def targets(file: Published, month: date) -> list[Row]:
    """What people reached of their targets in a month, so far."""
    return _rows(
        file,
        _TARGETS,
        "month_start = ? and target is not null and actual is not null "
        "order by role <> 'operations', role <> 'media_buyer', role, person_name, kpi_name",
        (month,),
    )


def shop_targets(file: Published, month: date) -> list[Row]:
    """Targets of shops in a month: of each shop GMV, then net GMV, then orders."""
    return _rows(
        file,
        _SHOP_TARGETS,
        "month_start = ? and target > 0 order by shop_key, kpi_name <> 'gmv_rc', kpi_name",
        (month,),
    )


def payouts(file: Published, since: datetime, until: datetime) -> list[Row]:
    """Payments to the bank that were made or failed in a period, the newest first."""
    if not _has(file, _PAYOUTS, "paid_at"):
        return []
    return _rows(
        file,
        _PAYOUTS,
        "coalesce(paid_at, created_at) >= ? and coalesce(paid_at, created_at) < ? "
        "order by coalesce(paid_at, created_at) desc, shop_key, payment_id",
        (since, until),
    )


def cash(file: Published, week: date) -> list[Row]:
    """What a week brings to the bank."""
    return _rows(file, _CASH, "week_start = ? order by shop_key, currency", (week,))


def claims(file: Published, since: date, until: date) -> list[Row]:
    """Cases of the fee audit that occurred in a period and can be claimed, the nearest deadline first."""
    soonest = "claim_deadline nulls last," if _has(file, _CLAIMS, "claim_deadline") else ""
    return _rows(
        file,
        _CLAIMS,
        "verdict = 'claim' and occurred_on >= ? and occurred_on < ? "
        f"order by {soonest} claim_amount desc nulls last, shop_key, case_id",
        (since, until),
    )


def month_close(file: Published, month: date) -> list[Row]:
    """The close of a month, by shop and currency."""
    return _rows(file, _MONTH_CLOSE, "shop_local_month = ? order by shop_key, currency", (month,))


def losses(file: Published) -> list[Row]:
    """SKUs that lose money, the largest loss first."""
    return _rows(file, _LOSSES, "true order by contribution_profit_rc, shop_key, sku_id")


def unread(file: Published, end: datetime) -> list[str]:
    """Resources that were not read since an instant, of any shop."""
    rows = _rows(file, _READ, "coalesce(last_success_at, timestamptz '1970-01-01') < ?", (end,))
    return sorted({str(row["resource"]) for row in rows})


def value_names(file: Published) -> dict[tuple[str, str], Text]:
    """What values are called, by column and value."""
    rows = _rows(file, _VALUES, "true")
    return {
        (str(row["column_name"]), str(row["value"])): (str(row["label"]), str(row["label_zh"]))
        for row in rows
    }


def has(file: Published, table: str) -> bool:
    """Whether a file has a view, or a table (with its schema)."""
    return bool(_columns(file, table))


def _has(file: Published, source: _Source, column: str) -> bool:
    return column in _columns(file, source.table)


def _columns(file: Published, table: str) -> Mapping[str, str]:
    schema, _, name = table.rpartition(".")
    return file.columns(schema or "views").get(name, {})


def _rows(file: Published, source: _Source, condition: str, parameters: Sequence[object] = ()) -> list[Row]:
    there = _columns(file, source.table)
    if not there or not all(column in there for column in source.columns):
        return []
    names = [*source.columns, *source.optional]
    shown = ", ".join(name if name in there else f"null as {name}" for name in names)
    place = source.table if "." in source.table else f"views.{source.table}"
    found = file.rows(f"select {shown} from warehouse.{place} where {condition}", parameters)  # noqa: S608
    # Names are typed by others: whatever a page or a card says of them is one line.
    return [
        {
            name: one_line(value) if isinstance(value, str) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in found
    ]
