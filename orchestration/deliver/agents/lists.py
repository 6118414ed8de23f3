"""Shops, alerts, what changed, and rows of a published table as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from home.database import quoted
from orchestration.deliver.agents.limits import (
    Asked,
    citation,
    paged,
    plain,
    records,
    require_known,
    require_page,
)
from orchestration.deliver.webhooks.notices import KINDS
from orchestration.metrics.source import Published

_FIRST = ("alert_id", "shop_key", "shop_name", "alert_kind", "subject", "severity", "owner")


def about(file: Published, zone: str) -> dict[str, Any]:
    """What the file is: publication, shops and until when each is known, clocks, currency, tables."""
    there = file.columns().get("dim_shops", {})
    wanted = [
        name
        for name in (
            *("shop_key", "shop_name", "region", "country", "country_zh", "currency", "time_zone", "team"),
            *("data_until", "is_held_back", "held_back_since", "held_back_reason"),
        )
        if name in there
    ]
    shops = (
        records(file, f"select {', '.join(wanted)} from warehouse.marts.dim_shops order by shop_key")  # noqa: S608
        if wanted
        else []
    )
    return {
        "shops": plain(shops),
        "reporting_time_zone": zone,
        "reporting_currency": _currency(file),
        "tables": sorted(file.columns()),
        "clocks": {
            "business_date": f"the event's date in {zone}",
            "shop_local_date": "its date in the shop's own time zone",
            "statement_date_utc": "the UTC day of a settlement statement",
        },
        "citation": citation(file),
    }


def _currency(file: Published) -> str | None:
    for table in ("kpi_shop_daily", "kpi_ads_daily", "kpi_live_sessions"):
        if "reporting_currency" in file.columns().get(table, {}):
            ((currency,),) = file.rows(f"select max(reporting_currency) from warehouse.marts.{table}")  # noqa: S608
            if currency:
                return str(currency)
    return None


def alerts(
    file: Published, *, shop: str, severity: str, closed: bool, limit: int, offset: int
) -> dict[str, Any]:
    """Alerts with their evidence and what people do about them, the worst first.

    Raises:
        Asked: The file has no alerts, or the page is none.
    """
    require_page(limit, offset)
    there = file.columns().get("kpi_alerts", {})
    if not {"severity", "is_open", "first_seen"} <= set(there):
        raise Asked("The file of this audience has no alerts.", advice="Seed audiences says what it has.")
    if severity not in ("", "critical", "warning"):
        raise Asked(f"{severity!r} is no severity.", advice="critical, warning, or nothing for both.")
    condition = "(? or is_open) and (? = '' or shop_key = ?) and (? = '' or severity = ?)"
    values = (closed, shop, shop, severity, severity)
    ((total,),) = file.rows(f"select count(*) from warehouse.marts.kpi_alerts where {condition}", values)  # noqa: S608
    found = records(
        file,
        f"select * from warehouse.marts.kpi_alerts where {condition} "  # noqa: S608 (names of our own)
        "order by case severity when 'critical' then 0 else 1 end, first_seen, alert_id "
        f"limit {int(limit)} offset {int(offset)}",
        values,
    )
    rows = []
    for row in found:
        advice = KINDS.get(str(row.get("alert_kind")))
        row |= {"what": advice.en, "what_zh": advice.zh, "to_do": advice.action_en} if advice else {}
        rows.append(row | {"checks": _evidence(file, row)})
    return paged(rows, int(total), offset) | {"citation": citation(file)}


def _evidence(file: Published, alert: Mapping[str, Any]) -> Any:
    """Of an unusual KPI: value, what was expected, the evidence and the split of the change."""
    there = file.columns().get("kpi_anomalies", {})
    if alert.get("alert_kind") != "kpi_anomaly" or "evidence" not in there or not alert.get("shop_key"):
        return None
    wanted = [
        name
        for name in (
            *(
                "kpi_date",
                "kpi_clock",
                "unit",
                "currency",
                "value",
                "expected",
                "expected_from",
                "expected_to",
            ),
            *("score", "direction", "evidence", "evidence_detail", "change_largest_part", "change_log"),
            *("change_impressions", "change_click_rate", "change_click_to_order", "change_order_value"),
            *("change_other_calendar", "is_provisional"),
        )
        if name in there
    ]
    found = records(
        file,
        f"select {', '.join(wanted)} from warehouse.marts.kpi_anomalies "  # noqa: S608 (names of our own)
        "where shop_key = ? and kpi_name = ? and kpi_date = ?",
        (alert["shop_key"], alert["subject"], alert["last_seen"]),
    )
    return plain(found[0]) if found else None


def changes(
    file: Published, *, since: date | None, shop: str, kpi: str, limit: int, offset: int
) -> dict[str, Any]:
    """Published values that a later publication changed, with the reason; the newest first.

    Args:
        file: The published file.
        since: Published on this day (UTC) or later; None: with the publication of the file alone.
        shop: The shop; empty: all.
        kpi: The KPI; empty: all.
        limit: Rows of a page.
        offset: Where the page begins.

    Raises:
        Asked: The file does not have them, or the page is none.
    """
    require_page(limit, offset)
    if "value_now" not in file.columns().get("kpi_restatements", {}):
        raise Asked(
            "The file of this audience has no restatements.", advice="Seed audiences says what it has."
        )
    when = "publication_id = ?" if since is None else "published_at >= cast(? as timestamp with time zone)"
    condition = f"{when} and (? = '' or shop_key = ?) and (? = '' or kpi_name = ?)"
    values = (file.publication_id if since is None else since.isoformat(), shop, shop, kpi, kpi)
    table = "warehouse.marts.kpi_restatements"
    ((total,),) = file.rows(f"select count(*) from {table} where {condition}", values)  # noqa: S608
    found = records(
        file,
        f"select * from {table} where {condition} order by published_at desc nulls last, kpi_date desc, "  # noqa: S608
        f"shop_key, kpi_name, restatement_number limit {int(limit)} offset {int(offset)}",
        values,
    )
    return paged(found, int(total), offset) | {"citation": citation(file)}


def rows(
    file: Published,
    table: str,
    columns: Sequence[str],
    where: Mapping[str, Sequence[str]],
    *,
    limit: int,
    offset: int,
) -> dict[str, Any]:
    """Rows of a published table as they are; nothing is added up.

    Raises:
        Asked: The file has no such table or column, or the page is none.
    """
    require_page(limit, offset)
    there = file.columns()
    require_known(table, there, "table")
    own = there[table]
    shown = [require_known(column, own, f"column of {table}") for column in columns] or list(own)
    parts, values = ["true"], list[object]()
    for name, wanted in where.items():
        require_known(name, own, f"column of {table}")
        parts.append(f"cast({quoted(name)} as varchar) in ({', '.join('?' * len(wanted)) or 'null'})")
        values += [str(one) for one in wanted]
    condition = " and ".join(parts)
    place = f"warehouse.marts.{quoted(table)}"
    ((total,),) = file.rows(f"select count(*) from {place} where {condition}", values)  # noqa: S608 (looked up)
    found = records(
        file,
        f"select {', '.join(map(quoted, shown))} from {place} where {condition} order by all "  # noqa: S608
        f"limit {int(limit)} offset {int(offset)}",
        values,
    )
    return (
        {"table": table}
        | paged(found, int(total), offset)
        | {
            "note": "Rows as published: do not add rates, distinct counts, amounts of two currencies, or rows of two "
            "grains; define says what a column means.",
            "citation": citation(file),
        }
    )
