"""What a number is made of: definition, publication, seal, ripeness, the platform's figure, restatements, records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from home.layout import Home
from orchestration.deliver.agents.limits import (
    citation,
    paged,
    plain,
    records,
    require_page,
    require_period,
    require_shop,
)
from orchestration.deliver.agents.numbers import wanted_metrics
from orchestration.deliver.agents.words import base_name, described, glossary
from orchestration.metrics.catalog import Metric
from orchestration.metrics.query import Question, ask
from orchestration.metrics.source import Published
from orchestration.publish.verify import verify_file

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Records:
    """Where the records of a table's figures are.

    Attributes:
        table: The facts.
        day: The column that is the metric's day.
        keys: What names a record.
        condition: Which of them count.
    """

    table: str
    day: str
    keys: tuple[str, ...]
    condition: str = "true"


_BEHIND = {
    "kpi_shop_daily": _Records(
        "fct_orders",
        "business_date",
        ("order_id", "order_status", "sale_time", "is_cancelled"),
        "is_sale_order and is_paid_order",
    ),
    "kpi_order_profit": _Records(
        "kpi_order_profit", "business_date", ("order_id", "order_status", "profit_basis")
    ),
    "kpi_settlement_bridge": _Records(
        "fct_statement_transactions",
        "statement_date_utc",
        ("statement_id", "transaction_id", "order_id", "transaction_type"),
    ),
    "kpi_live_sessions": _Records(
        "kpi_live_sessions", "business_date", ("live_room_id", "title", "account_username", "start_time")
    ),
    "kpi_creator_daily": _Records(
        "fct_attribution_credits",
        "business_date",
        ("order_id", "line_id", "creator_username", "attribution_basis", "credit"),
        "rule = (select max(attribution_rule) from warehouse.marts.kpi_creator_daily)",
    ),
    "kpi_ads_daily": _Records(
        "fct_ad_spend_daily", "stat_date", ("advertiser_id", "campaign_id", "spend", "currency")
    ),
    "kpi_alerts": _Records("kpi_alerts", "first_seen", ("alert_id", "alert_kind", "subject", "is_open")),
}
_AMOUNTS = ("gmv", "net_gmv", "cancelled_gmv", "refunded_gmv", "units_sold", "contribution_profit")


def explain(
    file: Published, home: Home, name: str, since: date, until: date, shop: str, *, limit: int, offset: int
) -> dict[str, Any]:
    """All that stands behind a number.

    Args:
        file: The published file.
        home: Whose key seals it.
        name: The metric.
        since: First day.
        until: Last day, exclusive.
        shop: The shop; empty: all.
        limit: Records of a page.
        offset: Where the page begins.

    Raises:
        Asked: There is no such shop, or the period is none.
        Refused, UnknownMetric: The metrics module can't answer.
    """
    require_page(limit, offset)
    require_period(since, until)
    (metric,) = wanted_metrics(file, [name])
    where = {"shop": (shop,)} if shop else {}
    if shop:
        require_shop(file, shop)
    by = ("shop",) if metric.unit == "shop currency" and not shop else ()
    answer = ask(file, Question((name,), by, since, until, where))
    return {
        "metric": described(metric),
        "value": [
            plain({**row, "not_final": bool(marks)})
            for row, marks in zip(answer.rows, answer.not_final, strict=True)
        ],
        "currency": answer.reporting_currency if metric.unit == "reporting currency" else None,
        "period": {"since": plain(since), "until": plain(until), "clock": metric.clock, "shop": shop or None},
        "definition": glossary(file, metric.tables, base_name(name)) or [{"definition": metric.definition}],
        "publication": citation(file) | _seal(file, home),
        "share_known": _share_known(file, name, since, until, shop),
        "reconciliation": _reconciliation(file, name, since, until, shop),
        "restatements": _restatements(file, name, since, until, shop),
        "records": behind(file, metric, since, until, shop, limit, offset),
    }


def _seal(file: Published, home: Home) -> dict[str, Any]:
    """Whether the file is as it was sealed."""
    verdict = verify_file(home, file.path)
    return {
        "is_as_sealed": not verdict.problems,
        "seal_problems": [plain(problem) for problem in verdict.problems],
        "seal_was_checked_with_the_key": verdict.is_sealed,
    }


def _has(file: Published, table: str, *columns: str) -> bool:
    there = file.columns().get(table, {})
    return all(column in there for column in columns) and bool(there)


def _share_known(file: Published, name: str, since: date, until: date, shop: str) -> Any:
    """How much of the final value is known, and what is expected, day by day; the newest first."""
    column = base_name(name)
    if not _has(file, "kpi_headlines_daily", "kpi_name", "share_known"):
        return None
    found = records(
        file,
        "select shop_key, business_date, kpi_value, currency, headline_state, is_provisional, share_known, "
        "expected_value, expected_low, expected_high, evidence_coverage from warehouse.marts.kpi_headlines_daily "
        "where kpi_name = ? and business_date >= ? and business_date < ? and (? = '' or shop_key = ?) "
        "order by business_date desc, shop_key",
        (column, since, until, shop, shop),
    )
    return paged(found[:_SHOWN], len(found), 0) if found else None


_MEASURES = {
    "paid_orders": "orders",
    "units_sold": "units",
    "settlement_amount": "settlement",
    "live_attributed_gmv": "live_gmv",
    "video_attributed_gmv": "video_gmv",
}
"""What kpi_reconciliation calls a metric, where it is not the metric's own name."""


def _reconciliation(file: Published, name: str, since: date, until: date, shop: str) -> Any:
    """Our figure beside the platform's, by the shop's own days; the largest differences first."""
    if not _has(file, "kpi_reconciliation", "measure", "difference"):
        return None
    measures = sorted(
        {str(one) for (one,) in file.rows("select distinct measure from warehouse.marts.kpi_reconciliation")}
    )
    column = base_name(name)
    measure = next((one for one in (column, _MEASURES.get(column, "")) if one in measures), None)
    if measure is None:
        return {
            "measure": None,
            "note": f"The platform publishes no figure for this metric. Compared are: {', '.join(measures)}.",
        }
    found = records(
        file,
        "select shop_key, shop_local_date, measure, platform_definition, currency, own_value, platform_value, "
        "difference, reason, reason_detail, unexplained_difference, is_provisional "
        "from warehouse.marts.kpi_reconciliation where measure = ? and shop_local_date >= ? and shop_local_date < ? "
        "and (? = '' or shop_key = ?) order by abs(coalesce(unexplained_difference, 0)) desc, "
        "abs(coalesce(difference, 0)) desc, shop_local_date desc, shop_key",
        (measure, since, until, shop, shop),
    )
    return {
        "measure": measure,
        "note": "By days of the shop's own calendar (shop_local_date), not business dates: never add the two.",
        **paged(found[:_SHOWN], len(found), 0),
    }


def _restatements(file: Published, name: str, since: date, until: date, shop: str) -> Any:
    """How the values of these days moved since they were first published; the newest first."""
    if not _has(file, "kpi_restatements", "kpi_name", "value_now"):
        return None
    found = records(
        file,
        "select shop_key, kpi_date, kpi_clock, currency, first_value, first_published_at, value_before, value_now, "
        "difference, publication_id, published_at, reason, reason_detail, records_concerned "
        "from warehouse.marts.kpi_restatements where kpi_name = ? and kpi_date >= ? and kpi_date < ? "
        "and (? = '' or shop_key = ?) order by published_at desc nulls last, kpi_date desc, shop_key",
        (base_name(name), since, until, shop, shop),
    )
    return paged(found[:_SHOWN], len(found), 0)


def behind(
    file: Published, metric: Metric, since: date, until: date, shop: str, limit: int, offset: int
) -> dict[str, Any] | None:
    """The records behind a metric, page by page, and what they sum to where they have its column; None: none known."""
    place = next((_BEHIND[table] for table in metric.tables if table in _BEHIND), None)
    if place is None:
        return None
    there = file.columns().get(place.table, {})
    if place.day not in there or "shop_key" not in there:
        return {"table": place.table, "note": "These records are not in the file of this audience."}
    column = metric.name if metric.name in there else base_name(metric.name)
    amounts = [name for name in dict.fromkeys((column, metric.name, *_AMOUNTS)) if name in there]
    shown = [
        name
        for name in dict.fromkeys(("shop_key", place.day, *place.keys, "currency", *amounts))
        if name in there
    ]
    condition = f"{place.condition} and {place.day} >= ? and {place.day} < ? and (? = '' or shop_key = ?)"
    values = (since, until, shop, shop)
    found = records(
        file,
        f"select {', '.join(shown)} from warehouse.marts.{place.table} where {condition} "  # noqa: S608 (own names)
        f"order by {place.day} desc, shop_key, {place.keys[0]}, {place.keys[-1]} "
        f"limit {int(limit)} offset {int(offset)}",
        values,
    )
    summed = metric.name if metric.name in there else None
    total = f", sum({summed})" if summed else ", null"
    ((count, amount),) = file.rows(
        f"select count(*){total} from warehouse.marts.{place.table} where {condition}",  # noqa: S608 (own names)
        values,
    )
    return {
        "table": place.table,
        "sum_of_records": str(amount) if isinstance(amount, Decimal) else plain(amount),
        "summed_column": summed,
        **paged(found, int(count), offset),
    }
