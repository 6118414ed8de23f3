"""Days of a shop's own calendar: which there are to ask for, and what is asked for once a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ingestion.engine.pages import Page
from ingestion.engine.regions import time_zone_of
from ingestion.engine.windows import States
from ingestion.tiktok_shop.reading import Call, Reading, Resource, Step, read_calls


def time_zone(reading: Reading) -> str:
    """The shop's time zone; UTC for a region that the seed `regions` does not know."""
    return time_zone_of(reading.shop.region, reading.shop.shop_id) or "UTC"


def local_date(reading: Reading, moment: int) -> date:
    """The date of an instant on the shop's clock."""
    return datetime.fromtimestamp(moment, ZoneInfo(time_zone(reading))).date()


@dataclass(frozen=True, slots=True)
class ByDate:
    """Reads analytics by complete days of the shop's calendar, up to yesterday, oldest first.

    Attributes:
        definition: Id of the figures' definition, for every row.
        query: Query parameters besides dates and currency.
        reread_days: How far behind the cursor is read again.
        days_per_call: Days that one call covers.
        account_types: Asked for one after the other, where the endpoint wants one; a column of the rows.
        id_field: Field that names a record (see `Call`).
        history_days: How far back a first sync reads, if less than is configured.
        once_a_day: Whether a sync that finds the day's reading done leaves it at that. It is not done before
            TikTok says that yesterday is complete.
    """

    definition: str
    query: Mapping[str, str]
    reread_days: int
    days_per_call: int
    account_types: tuple[str, ...] = ()
    id_field: str = ""
    history_days: int | None = None
    once_a_day: bool = False

    def __call__(self, reading: Reading, resource: Resource) -> Iterator[Step]:
        """Yields the pages range by range."""
        window = reading.window(resource.name, self.reread_days * 86_400, self.history_days)
        if window is None or (self.once_a_day and not is_due(reading, resource.name)):
            return
        end = local_date(reading, window.until)
        start = min(local_date(reading, window.start), end - timedelta(days=1))
        available = end.isoformat()
        for step in read_calls(reading, resource, list(self._calls(reading, start, end))):
            if isinstance(step, Page):
                newest = step.envelope.get("latest_available_date")
                available = min(available, newest) if isinstance(newest, str) and newest else available
                yield step
            elif step.call is not None and not step.call.context["is_last_of_range"]:
                yield step
            elif step.call is not None:
                stop = date.fromisoformat(step.call.context["until_date"])
                reached = window.until if stop == end else min(_midnight(stop), window.until)
                steps = [window.advance(resource.name, reached, done=stop == end)]
                if stop == end and available >= (end - timedelta(days=1)).isoformat():
                    steps.append(done_today(reading, resource.name))
                yield replace(step, apply=together(*steps))

    def _calls(self, reading: Reading, start: date, end: date) -> Iterator[Call]:
        while start < end:
            stop = min(start + timedelta(days=self.days_per_call), end)
            dates = {"start_date_ge": start.isoformat(), "end_date_lt": stop.isoformat(), "currency": "LOCAL"}
            context = {
                "definition_id": self.definition,
                "asked_from": start.isoformat(),
                "until_date": stop.isoformat(),
                "time_zone": time_zone(reading),
            }
            kinds = [{"account_type": kind} for kind in self.account_types] or [{}]
            for kind in kinds:
                last = {"is_last_of_range": kind == kinds[-1]}
                yield Call(
                    query={**dates, **self.query, **kind},
                    context={**context, **kind, **last},
                    id_field=self.id_field,
                )
            start = stop


def is_due(reading: Reading, resource: str) -> bool:
    """Whether a resource that is read once a day has not been read completely on this day of the shop's
    calendar, or was asked for explicitly."""
    today = local_date(reading, reading.until).isoformat()
    return reading.explicit_since or reading.state(resource).get("day", "") < today


def done_today(reading: Reading, resource: str) -> Callable[[States], None]:
    """Notes that a resource that is read once a day has been read completely."""
    today = local_date(reading, reading.until).isoformat()

    def apply(states: States) -> None:
        states(resource)["day"] = today

    return apply


def together(*steps: Callable[[States], None]) -> Callable[[States], None]:
    """Several notes as one."""

    def apply(states: States) -> None:
        for step in steps:
            step(states)

    return apply


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
