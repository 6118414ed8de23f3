"""Which reports are to be sent now: what is due, was not sent, and has its numbers, or is late by an hour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from home.errors import TtkpiError
from home.layout import Home
from orchestration.deliver.report import reading
from orchestration.deliver.report.period import KINDS, Period, late_shops, newest_period
from orchestration.deliver.report.send import still_to_send, wanting, was_reported_late
from orchestration.deliver.webhooks.platform import Webhook
from orchestration.metrics.source import published

PATIENCE = timedelta(hours=1)
"""So long a report waits for its numbers; then it goes with what is there, or says that they are late."""
CATCH_UP = timedelta(days=3)
"""A report that is older is no news: whoever configures a webhook today does not get last month's."""

READY, PARTLY, LATE = "ready", "partly", "late"


@dataclass(frozen=True, slots=True)
class Due:
    """A report to send.

    Attributes:
        period: Which days.
        webhooks: Who does not have it yet.
        state: `ready`; `partly`, when shops or resources are missing; `late`, when no shop has the period to its end.
    """

    period: Period
    webhooks: tuple[Webhook, ...]
    state: str


def due_reports(home: Home, hooks: Sequence[Webhook], now: datetime, zone: str) -> Iterator[Due]:
    """The reports to send now.

    Args:
        home: Whose reports.
        hooks: All webhooks.
        now: UTC.
        zone: IANA name of the reporting time zone.

    Raises:
        RecordDamaged: What was sent is not known.
        CannotRead: The published file is damaged.
    """
    for kind in KINDS:
        period = newest_period(kind, now, zone)
        if not period.due <= now < period.due + CATCH_UP:
            continue
        waiting = still_to_send(home, wanting(hooks, kind), period)
        if not waiting:
            continue
        state = readiness(home, period)
        if state == LATE:
            waiting = tuple(hook for hook in waiting if not was_reported_late(home, hook, period))
        if waiting and (state == READY or now >= period.due + PATIENCE):
            yield Due(period, waiting, state)


def readiness(home: Home, period: Period) -> str:
    """Whether the published file has a period to its end, of all shops and of all that a daily run reads."""
    try:
        with published(home) as file:
            shops = reading.shops(file)
            late = late_shops(shops, period)
            if len(late) == len(shops):
                return LATE
            return PARTLY if late or reading.unread(file, period.end) else READY
    except TtkpiError:
        # Nothing is published, or nothing that can be read: that is as late as it gets.
        return LATE
