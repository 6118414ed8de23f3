"""Schedules over a change of the clock: every hour and every day has its run, and none has two."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.defs.publish.schedules import DAILY_CRON, HOURLY_CRON

FORWARD, BACK = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)
"""A day before Berlin's clocks change."""


def ticks(cron: str, zone: str, since: datetime, hours: int) -> list[datetime]:
    until = since + timedelta(hours=hours)
    found = schedule_execution_time_iterator(since.timestamp(), cron, zone, ascending=True)
    return [at.astimezone(UTC) for at in takewhile(lambda at: at < until, found)]


@pytest.mark.parametrize("since", [FORWARD, BACK])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Shanghai"])
def test_each_hour_has_one_run(since: datetime, zone: str) -> None:
    found = ticks(HOURLY_CRON, zone, since, 48)
    assert Counter(at.replace(minute=0) for at in found) == Counter(
        since + timedelta(hours=number) for number in range(48)
    )
    assert {at.minute for at in found} == {5}


@pytest.mark.parametrize("since", [FORWARD, BACK])
def test_each_day_has_one_run_in_the_morning(since: datetime) -> None:
    zone = ZoneInfo("Europe/Berlin")
    found = [at.astimezone(zone) for at in ticks(DAILY_CRON, zone.key, since, 72)]
    assert [(at.hour, at.minute) for at in found] == [(8, 30)] * 3
    assert len({at.date() for at in found}) == 3
