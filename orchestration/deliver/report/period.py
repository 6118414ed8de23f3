"""Which days a report is about, and whether the published file has them to their end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from home.errors import UsageError
from orchestration.metrics import period_before

DAILY, WEEKLY, MONTHLY = "daily", "weekly", "monthly"
KINDS = {DAILY: "日报", WEEKLY: "周报", MONTHLY: "月报"}
DUE = time(8, 30)
"""When the report of the period before is due, in the reporting time zone."""


class NoSuchReport(UsageError):
    """There can't be a report of this period."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days in the reporting time zone.

    Attributes:
        kind: `daily`, `weekly` (Monday to Sunday) or `monthly`.
        since: First day.
        until: Last day, exclusive.
        zone: IANA name of the reporting time zone.
    """

    kind: str
    since: date
    until: date
    zone: str

    @property
    def last(self) -> date:
        """Its last day."""
        return self.until - timedelta(days=1)

    @property
    def end(self) -> datetime:
        """When it is over, UTC."""
        return datetime.combine(self.until, time(), ZoneInfo(self.zone)).astimezone(UTC)

    @property
    def due(self) -> datetime:
        """When its report is due, UTC."""
        return datetime.combine(self.until, DUE, ZoneInfo(self.zone)).astimezone(UTC)

    @property
    def compare(self) -> str:
        """What stands beside it: the same day of the week before, or the period directly before."""
        return "week" if self.kind == DAILY else "before"

    @property
    def before(self) -> tuple[date, date]:
        """First and last day of the period beside it."""
        if self.kind == DAILY:
            return self.since - timedelta(days=7), self.last - timedelta(days=7)
        since, until = period_before(self.since, self.until)
        return since, until - timedelta(days=1)

    @property
    def name(self) -> str:
        """Names it: `2026-11-07`, `2026-W45`, `2026-10`."""
        if self.kind == WEEKLY:
            year, week, _ = self.since.isocalendar()
            return f"{year}-W{week:02}"
        return self.since.isoformat() if self.kind == DAILY else f"{self.since:%Y-%m}"

    def previous(self) -> Period:
        """The period before."""
        return period_of(self.kind, self.since - timedelta(days=1), self.zone)


def period_of(kind: str, day: date, zone: str) -> Period:
    """The period that a day is in."""
    if kind == WEEKLY:
        since = day - timedelta(days=day.weekday())
        return Period(kind, since, since + timedelta(days=7), zone)
    if kind == MONTHLY:
        since = day.replace(day=1)
        return Period(kind, since, (since + timedelta(days=31)).replace(day=1), zone)
    return Period(kind, day, day + timedelta(days=1), zone)


def newest_period(kind: str, now: datetime, zone: str) -> Period:
    """The newest period that is over.

    Args:
        kind: `daily`, `weekly` or `monthly`.
        now: UTC.
        zone: IANA name of the reporting time zone.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    return period_of(kind, today, zone).previous()


def wanted_period(kind: str, day: date | None, now: datetime, zone: str) -> Period:
    """The period that somebody asks for: that of a day, or the newest that is over.

    Raises:
        NoSuchReport: It has not begun.
    """
    if day is None:
        return newest_period(kind, now, zone)
    period = period_of(kind, day, zone)
    today = now.astimezone(ZoneInfo(zone)).date()
    if period.since > today:
        raise NoSuchReport(
            f"{period.name} has not begun: it is {today} in {zone}.",
            advice=f"The newest {kind} report is of {newest_period(kind, now, zone).name}.",
        )
    return period


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop, and how far its orders were read.

    Attributes:
        shop_key: Its key.
        name: Its name.
        data_until: Its orders are known until then, UTC; None: not at all.
        held_back: Why its newest rows are held back; empty when they are not.
    """

    shop_key: str
    name: str
    data_until: datetime | None
    held_back: str = ""

    def has(self, period: Period) -> bool:
        """Whether the published file has the period to its end."""
        return self.data_until is not None and self.data_until >= period.end and not self.held_back


def late_shops(shops: Iterable[Shop], period: Period) -> list[Shop]:
    """The shops of which a part of the period is missing."""
    return [shop for shop in shops if not shop.has(period)]
