"""Reads again what was missed: the days that `ops_coverage` calls missing, before the platform forgets them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from home.database import attach, reading
from home.layout import Home
from ingestion.engine.progress import Progress, ShopResult
from ingestion.sync import SyncReport, sync
from orchestration.history.published import require_published

_MISSING = """
    select
        coverage.shop_key,
        shops.shop_name,
        shops.time_zone,
        coverage.resource,
        coverage.shop_local_date,
        coverage.days_left
    from ttkpi.marts.ops_coverage as coverage
    inner join ttkpi.marts.dim_shops as shops on coverage.shop_key = shops.shop_key
    where coverage.coverage_status = 'missing'
    order by coverage.shop_key, coverage.resource, coverage.shop_local_date
"""

_FOLLOWERS = {
    "statements": ("statement_transactions",),
    "live_sessions": ("live_minutes", "live_products", "live_core_stats"),
}
"""Resources that are read for what another one has just found, and would stay without the found ones otherwise."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Days of a shop's resource, one after the other, that were not read and still can be.

    Attributes:
        shop_key: The shop.
        shop_name: Its name.
        resource: The resource.
        first: First day, on the shop's calendar.
        last: Last day, inclusive.
        since: Start of the first day, UTC.
        until: End of the last day, UTC, exclusive.
        days_left: Days until the platform forgets the first of them; None when no limit is known.
    """

    shop_key: str
    shop_name: str
    resource: str
    first: date
    last: date
    since: datetime
    until: datetime
    days_left: int | None


def find_gaps(home: Home, *, closing_within: int | None = None) -> list[Gap]:
    """The gaps as they were published, those whose window closes first at the top.

    Args:
        home: Where everything is.
        closing_within: Only gaps that the platform forgets within so many days; all by default.

    Raises:
        NotPublished: Nothing is published yet.
    """
    # Gaps are known from what was published.
    require_published(home)
    with reading(home) as connection:
        attach(connection, home.published, "ttkpi")
        rows = connection.execute(_MISSING).fetchall()
    gaps = [gap for _, days in groupby(rows, key=lambda row: (row[0], row[3])) for gap in _runs(list(days))]
    if closing_within is not None:
        gaps = [gap for gap in gaps if gap.days_left is not None and gap.days_left <= closing_within]
    return sorted(gaps, key=lambda gap: (gap.days_left is None, gap.days_left, gap.shop_key, gap.resource))


def backfill(home: Home, gaps: Iterable[Gap], *, progress: Progress | None = None) -> list[SyncReport]:
    """Reads the gaps, shop by shop and span by span. What is in raw afterwards reaches the marts with the next run.

    Args:
        home: Where everything is.
        gaps: What to read.
        progress: Is told of pages.

    Returns:
        One report per shop and span. A shop that fails does not keep the others back.

    Raises:
        HomeBusy: Another run is at work.
        TtkpiError: As of `ingestion.sync.sync`.
    """

    def span(gap: Gap) -> tuple[str, datetime, datetime]:
        return gap.shop_key, gap.since, gap.until

    reports: list[SyncReport] = []
    with home.lock("backfill"):
        for (shop_key, since, until), same in groupby(sorted(gaps, key=span), key=span):
            missed = {gap.resource for gap in same}
            resources = sorted(missed.union(*(_FOLLOWERS.get(resource, ()) for resource in missed)))
            # A start is a day of UTC: the shop's day may begin in the one before.
            reports.append(
                sync(
                    home,
                    shops=[shop_key],
                    since=since.date(),
                    until=until,
                    resources=resources,
                    progress=progress,
                )
            )
    return reports


def troubles(reports: Iterable[SyncReport]) -> Sequence[ShopResult]:
    """The shops of which something could not be read."""
    return [shop for report in reports for shop in report.shops if shop.status != "ok"]


def _runs(days: list[tuple[str, str, str, str, date, int | None]]) -> list[Gap]:
    """Days one after the other as one gap. All are of one shop and resource, in order."""
    runs: list[list[tuple[str, str, str, str, date, int | None]]] = []
    for day in days:
        if runs and day[4] - runs[-1][-1][4] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [_gap(run) for run in runs]


def _gap(run: list[tuple[str, str, str, str, date, int | None]]) -> Gap:
    shop_key, shop_name, zone_name, resource, first, days_left = run[0]
    last = run[-1][4]
    return Gap(
        shop_key=shop_key,
        shop_name=shop_name,
        resource=resource,
        first=first,
        last=last,
        since=_midnight(first, zone_name),
        until=_midnight(last + timedelta(days=1), zone_name),
        days_left=days_left,
    )


def _midnight(day: date, zone_name: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone_name)).astimezone(UTC)
