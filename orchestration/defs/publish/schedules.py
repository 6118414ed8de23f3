"""When the jobs run, told in the reporting time zone.

The daily run starts after 00:00 UTC (08:00 in Shanghai), when the platform cuts the statements of the day
before. Both schedules are off until somebody turns them on: a fresh checkout has no shop to ask.
"""

from __future__ import annotations

import dagster as dg

from orchestration.defs.dagster_types import AssetJob

HOURLY_CRON = "5 * * * *"
DAILY_CRON = "30 8 * * *"


def build_schedules(jobs: dict[str, AssetJob], timezone: str) -> list[dg.ScheduleDefinition]:
    """Hourly and daily schedule in the IANA zone `timezone` (dbt var `reporting_timezone`)."""
    return [
        dg.ScheduleDefinition(
            name="hourly_schedule",
            job=jobs["hourly_job"],
            cron_schedule=HOURLY_CRON,
            execution_timezone=timezone,
            description="Five past every hour: orders and returns to published marts.",
        ),
        dg.ScheduleDefinition(
            name="daily_schedule",
            job=jobs["daily_job"],
            cron_schedule=DAILY_CRON,
            execution_timezone=timezone,
            description="Every morning, after the platform has cut yesterday's statements: everything.",
        ),
    ]
