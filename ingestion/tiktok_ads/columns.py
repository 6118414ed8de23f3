"""Columns as the Business API writes them: every metric is text, `-` is none, times are wall clocks.

| in the answer | in the raw table |
| --- | --- |
| `"12.34"`, `"-"` | decimal, NULL |
| `"17"`, `"-"` | integer, NULL |
| `50.0` (budgets are JSON numbers) | decimal, exactly as written |
| `"2026-10-01 00:00:00"` of a day | date, in the account's time zone |
| `"2026-10-01 05:00:00"` of an hour | the instant in UTC, and the hour 5 of the account's day |
| `"2026-10-01 05:00:00"` of a list | the instant, as lists are in UTC |
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingestion.engine.columns import Column, Kind, computed, computed_on_page, of_page
from ingestion.engine.pages import Page, Record

NONE = "-"
"""How reports say that there is no figure. It is not 0."""

ACCOUNT = (of_page("advertiser_id", "advertiser_id"),)
"""The first column of every table: whose data it is."""
CURRENCY = of_page("currency", "currency")
"""Every amount is in the currency of the account."""


def metric(name: str, kind: Kind, path: str | None = None) -> Column:
    """A column made of a metric of a report."""
    where = path or name

    def compute(records: list[Record]) -> list[Any]:
        return [_figure(_part(record, "metrics", where), kind) for record in records]

    return computed(name, kind, compute)


def amounts(names: str) -> list[Column]:
    """Metrics that are money."""
    return [metric(name, Kind.MONEY) for name in names.split()]


def counts(names: str) -> list[Column]:
    """Metrics that are whole numbers."""
    return [metric(name, Kind.INT) for name in names.split()]


def dimension(name: str) -> Column:
    """A column made of a dimension of a report."""
    return Column(name, Kind.TEXT, f"dimensions.{name}")


def stat_day() -> Column:
    """The day of a report by day, in the account's time zone."""

    def compute(records: list[Record]) -> list[Any]:
        return [_day(_part(record, "dimensions", "stat_time_day")) for record in records]

    return computed("stat_date", Kind.DATE, compute)


def stat_hour() -> tuple[Column, ...]:
    """The hour of a report by hour: the instant, and what the account's clock says."""

    def instants(records: list[Record], page: Page) -> list[Any]:
        zone = _zone(page.context.get("timezone"))
        return [_instant(_hour_of(record), zone) for record in records]

    def days(records: list[Record]) -> list[Any]:
        return [_day(_hour_of(record)) for record in records]

    def hours(records: list[Record]) -> list[Any]:
        return [_clock(_hour_of(record), lambda moment: moment.hour) for record in records]

    return (
        computed_on_page("stat_hour_at", Kind.TIME, instants),
        computed("stat_date", Kind.DATE, days),
        computed("stat_local_hour", Kind.INT, hours),
    )


def numeric(name: str, kind: Kind = Kind.MONEY) -> Column:
    """A column whose value is a JSON number: written out exactly."""

    def compute(records: list[Record]) -> list[Any]:
        return [_written_out(record.get(name)) for record in records]

    return computed(name, kind, compute)


def utc_time(name: str) -> Column:
    """A column of instants that are written as a wall clock in UTC."""

    def compute(records: list[Record]) -> list[Any]:
        return [_instant(record.get(name), UTC) for record in records]

    return computed(name, Kind.TIME, compute)


def utc_times(names: str) -> list[Column]:
    """Columns of instants."""
    return [utc_time(name) for name in names.split()]


def _figure(value: Any, kind: Kind) -> Any:
    if value in (NONE, ""):
        return None
    # Digits are how the API writes a number: no drift, unlike any other text.
    if kind is Kind.INT and isinstance(value, str) and value.isdecimal():
        return int(value)
    return value


def _part(record: Record, outer: str, name: str) -> Any:
    inside = record.get(outer)
    return inside.get(name) if isinstance(inside, dict) else None


def _hour_of(record: Record) -> Any:
    return _part(record, "dimensions", "stat_time_hour")


def _written_out(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return format(Decimal(repr(value)), "f")
    return value


def _clock(value: Any, read: Callable[[datetime], Any]) -> Any:
    """What is read off a wall clock; what is none stays as it is, for the drift report."""
    if not isinstance(value, str) or not value or value == NONE:
        return None if value in (None, "", NONE) else value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return read(moment) if moment.tzinfo is None else value


def _day(value: Any) -> Any:
    return _clock(value, lambda moment: moment.date().isoformat())


def _instant(value: Any, zone: Any) -> Any:
    if zone is None:
        return None
    return _clock(value, lambda moment: int(moment.replace(tzinfo=zone).timestamp()))


def _zone(name: object) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        return None
