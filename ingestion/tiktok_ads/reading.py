"""How the resources of an ads account are read: lists whole, reports by day and by hour in windows of its calendar.

A report's window is stored when all of it has come. When TikTok's reporting gives up on one, its halves are asked
for instead, down to a day. Progress is kept as the end of the last day that had rows: whatever comes late is within
the days that are read again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from home.config import AdsApiConfig
from home.errors import TtkpiError
from ingestion.engine import resources
from ingestion.engine.answers import ApiAnswer
from ingestion.engine.errors import ApiError, MalformedAnswer, NotAvailable, ScopeMissing
from ingestion.engine.pages import Page, Record
from ingestion.engine.privacy import Cleaner, scrub
from ingestion.engine.rows import take_rows
from ingestion.engine.windows import Checkpoint, States, Step, Window, plan_window
from ingestion.tables.sources import TIKTOK_ADS
from ingestion.tiktok_ads.client import AdsClient, Advertiser, as_text
from ingestion.tiktok_ads.endpoints import (
    ADVERTISER_INFO,
    GMV_MAX_CAMPAIGNS,
    GMV_MAX_REPORT,
    GMV_MAX_STORES,
    Endpoint,
)
from ingestion.tiktok_ads.errors import (
    AccountRefused,
    BackendTrouble,
    DayLimitReached,
    IncompleteList,
    Maintenance,
)

PRODUCT, LIVE = "PRODUCT", "LIVE"
KINDS = {PRODUCT: "PRODUCT_GMV_MAX", LIVE: "LIVE_GMV_MAX"}
"""Kinds of GMV Max: as reports and as the list of campaigns name them."""
DAYS_A_CALL = 30
DAYS_WITHOUT_TIME = 365
"""Longest windows: with a day among the dimensions, and without any time."""
_DAY = timedelta(days=1)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """A list to ask for.

    Attributes:
        query: Parameters, without the account and the dates.
        context: What goes with its pages into the archive.
    """

    query: Mapping[str, Any]
    context: Record = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GmvMaxCampaign:
    """A GMV Max campaign, as far as other resources need it.

    Attributes:
        campaign_id: Its id.
        store: Its store.
        kind: PRODUCT or LIVE.
        modified: When it was last changed, as listed.
    """

    campaign_id: str
    store: str
    kind: str
    modified: str


@dataclass(frozen=True, slots=True)
class _Account:
    currency: str
    timezone: str
    zone: ZoneInfo
    answer: ApiAnswer


@dataclass(slots=True)
class AdsReading:
    """What the readers of one ads account share during a run.

    Attributes:
        client: Talks to the API.
        advertiser: The account.
        config: The configuration.
        cleaner: Cuts contact data.
        run_id: The run.
        info_fields: What is asked of the account.
        since: Explicit start, unix seconds; None when cursors decide.
        until: End of all windows, unix seconds, exclusive.
        states: dlt's state by resource; only valid inside a dlt resource.
        notes: What should be known about a resource, but is no failure.
    """

    client: AdsClient
    advertiser: Advertiser
    config: AdsApiConfig
    cleaner: Cleaner
    run_id: str
    info_fields: Sequence[str]
    since: int | None
    until: int
    states: States
    notes: dict[str, list[str]] = field(default_factory=dict)
    _account: _Account | TtkpiError | None = None
    _stores: list[str] | None = None
    _campaigns: list[GmvMaxCampaign] | None = None
    _days_with_rows: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    _read_from: dict[str, int] = field(default_factory=dict)

    def state(self, resource: str) -> dict[str, Any]:
        """dlt's state of a resource."""
        return self.states(resource)

    def snapshot(self) -> Record:
        """The context of a snapshot's pages: its id sorts by time."""
        return {"snapshot_id": f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{self.run_id}"}

    def account(self) -> _Account:
        """Currency and calendar of the account, asked for once.

        Raises:
            AccountRefused: The token has no permission for the account.
            TtkpiError: It can't be read.
        """
        if self._account is None:
            try:
                self._account = self._ask_account()
            except ScopeMissing as error:
                self._account = error.as_kind(AccountRefused)
            except TtkpiError as error:
                self._account = error
        if isinstance(self._account, TtkpiError):
            raise self._account
        return self._account

    def _ask_account(self) -> _Account:
        query = {"advertiser_ids": [self.advertiser.advertiser_id], "fields": list(self.info_fields)}
        answer = self.client.get(ADVERTISER_INFO, self.advertiser, query)
        listed = answer.data.get("list")
        info = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
        currency, timezone = info.get("currency"), info.get("timezone")
        try:
            zone = ZoneInfo(str(timezone))
        except (ZoneInfoNotFoundError, ValueError):
            zone = None
        if info.get("advertiser_id") != self.advertiser.advertiser_id or not currency or zone is None:
            raise MalformedAnswer(
                f"advertiser_info of ads account {self.advertiser.name} ({self.advertiser.advertiser_id}): unusable "
                f"answer, it names no currency or no known time zone ({timezone!r}; request id "
                f"{answer.request_id or 'unknown'}).",
                advice="Without them its figures can't be read. If it stays so, report it to TikTok.",
                endpoint=ADVERTISER_INFO.name,
                shop_id=self.advertiser.advertiser_id,
                shop_name=self.advertiser.name,
                request_id=answer.request_id,
            )
        return _Account(str(currency), str(timezone), zone, answer)

    def account_page(self, resource: Resource) -> Page:
        """The page of the account itself."""
        account = self.account()
        query = {"advertiser_ids": [self.advertiser.advertiser_id], "fields": list(self.info_fields)}
        return _page(self, resource, Call(query), account.answer, query, None)

    def context(self, call: Call) -> Record:
        """What goes with every page into the archive: rows are made of it, and replay needs it."""
        account = self.account()
        return {
            "advertiser_id": self.advertiser.advertiser_id,
            "currency": account.currency,
            "timezone": account.timezone,
            **call.context,
        }

    def window(self, resource: str) -> Window | None:
        """What to read of a report."""
        return plan_window(
            self.state(resource),
            since=self.since,
            until=self.until,
            history=self.config.history_days * 86_400,
            reread=self.config.lookback_days * 86_400,
        )

    def day_of(self, seconds: int) -> date:
        """The account's day of an instant."""
        return datetime.fromtimestamp(seconds, self.account().zone).date()

    def begin_of(self, day: date) -> int:
        """The instant at which a day of the account begins."""
        return int(datetime(day.year, day.month, day.day, tzinfo=self.account().zone).timestamp())

    def note(self, resource: str, text: str) -> None:
        """Something to be told about a resource that did not fail."""
        self.notes.setdefault(resource, []).append(text)

    def note_rows(self, resource: str, records: list[Any]) -> None:
        """Remembers the days of which a report had rows."""
        for record in records:
            dimensions = record.get("dimensions") if isinstance(record, dict) else None
            text = dimensions.get("stat_time_day") or dimensions.get("stat_time_hour") if dimensions else None
            try:
                self._days_with_rows[resource].add(date.fromisoformat(str(text)[:10]))
            except ValueError:
                continue  # a row without a day is told by the drift report

    def days_with_rows(self, resource: str) -> set[date]:
        """The days of which a report had rows in this run."""
        return self._days_with_rows[resource]

    def note_read(self, resource: str, window: Window) -> None:
        """Remembers what of a report was read in this run."""
        self._read_from[resource] = window.start

    def may_have_rows(self, resource: str, day: date) -> bool:
        """Whether a report by day has rows of a day, or that day was not asked for in this run."""
        start = self._read_from.get(resource)
        return start is None or day < self.day_of(start) or day in self._days_with_rows[resource]

    # What the levels of the GMV Max report need to be told
    # ----------------------------------------------------------------------------------------------

    def stores(self) -> list[str]:
        """Ids of the account's stores; a store may be listed twice."""
        if self._stores is None:
            answer = self.client.get(GMV_MAX_STORES, self.advertiser, self._own({}))
            listed = answer.data.get("store_list") or []
            found = [str(one["store_id"]) for one in listed if isinstance(one, dict) and one.get("store_id")]
            self._stores = list(dict.fromkeys(found))
        return self._stores

    def campaign_calls(self) -> list[Call]:
        """The calls that list all GMV Max campaigns: deleted ones only come when they are asked for."""
        return [
            Call(
                {"filtering": {"gmv_max_promotion_types": [KINDS[kind]], "store_ids": [store], **status}},
                {"store_id": store, "promotion_type": kind},
            )
            for store in self.stores()
            for kind in (PRODUCT, LIVE)
            for status in ({}, {"primary_status": "STATUS_DELETE"})
        ]

    def campaigns(self) -> list[GmvMaxCampaign]:
        """All GMV Max campaigns, deleted ones too; listed once a run."""
        if self._campaigns is None:
            found: dict[str, GmvMaxCampaign] = {}
            for call in self.campaign_calls():
                for answer in self.client.pages(GMV_MAX_CAMPAIGNS, self.advertiser, self._own(call.query)):
                    self._keep_campaigns(found, call, answer)
            self._campaigns = [found[one] for one in sorted(found)]
        return self._campaigns

    def promoted(self) -> list[tuple[str, str]]:
        """The stores of which the account has campaigns, with their kinds: of others there is nothing to report."""
        return sorted({(one.store, one.kind) for one in self.campaigns()})

    def campaign_ids(self, store: str, kind: str) -> list[str]:
        """Ids of the campaigns of a store and kind."""
        return [one.campaign_id for one in self.campaigns() if (one.store, one.kind) == (store, kind)]

    def product_ids(self, store: str, campaigns: Sequence[str]) -> list[str]:
        """Ids of the products that campaigns have figures of, in the days that are to be read."""
        window = self.window("gmv_max_creative_daily")
        found: set[str] = set()
        for start, end in _spans(self, window, DAYS_WITHOUT_TIME):
            query = {
                "store_ids": [store],
                "dimensions": ["campaign_id", "item_group_id"],
                "metrics": ["cost"],
                "filtering": {"campaign_ids": list(campaigns)},
                **_dates(start, end),
            }
            for answer in self.client.pages(GMV_MAX_REPORT, self.advertiser, self._own(query)):
                for row in answer.data.get("list") or []:
                    dimensions = row.get("dimensions") if isinstance(row, dict) else None
                    if dimensions and dimensions.get("item_group_id"):
                        found.add(str(dimensions["item_group_id"]))
        return sorted(found)

    def _keep_campaigns(self, found: dict[str, GmvMaxCampaign], call: Call, answer: ApiAnswer) -> None:
        for one in answer.data.get("list") or []:
            if isinstance(one, dict) and one.get("campaign_id"):
                campaign_id = str(one["campaign_id"])
                found[campaign_id] = GmvMaxCampaign(
                    campaign_id,
                    call.context["store_id"],
                    call.context["promotion_type"],
                    str(one.get("modify_time") or ""),
                )

    def _own(self, query: Mapping[str, Any]) -> dict[str, Any]:
        return {"advertiser_id": self.advertiser.advertiser_id, **query}


Resource = resources.Resource[AdsReading, Endpoint]
"""A resource of an ads account."""


def chunks(values: Sequence[T], size: int) -> Iterator[list[T]]:
    """The values, so many at a time."""
    for start in range(0, len(values), size):
        yield list(values[start : start + size])


def whole_answer(data: Record) -> tuple[list[Any], Record]:
    """Takes an answer apart that is one record."""
    return [data], {}


def remember(resource: str, what: str, key: str, value: str) -> Checkpoint[Call]:
    """Notes a value in the state of a resource, once everything before it is loaded."""

    def apply(states: States) -> None:
        states(resource).setdefault(what, {})[key] = value

    return Checkpoint(apply)


def read_calls(reading: AdsReading, resource: Resource, calls: Sequence[Call]) -> Iterator[Step]:
    """Lists, each from its first page to its last.

    Raises:
        ApiError: A call failed; the lists before it were yielded.
    """
    for call in calls:
        query = {"advertiser_id": reading.advertiser.advertiser_id, **call.query}
        yield from _whole(reading, resource, call, query, None)


@dataclass(frozen=True, slots=True)
class ReportByDay:
    """Reads a report by day, 30 days a call.

    Attributes:
        calls: The lists that are asked for in each window.
    """

    calls: Callable[[AdsReading], list[Call]]

    def __call__(self, reading: AdsReading, resource: Resource) -> Iterator[Step]:
        """Yields the pages window by window, and a checkpoint after each."""
        window = reading.window(resource.name)
        if window is None:
            return
        calls = self.calls(reading)
        refused = _Refused()
        for start, end in _spans(reading, window, DAYS_A_CALL):
            for call in calls:
                yield from refused.passed_over(reading, resource, call, start, end)
            refused.check(calls)
            yield _progress(reading, resource, window, end)
        reading.note_read(resource.name, window)


@dataclass(frozen=True, slots=True)
class ReportByHour:
    """Reads a report by hour, one day a call.

    Attributes:
        calls: The lists that are asked for of each day.
        days_of: The same report by day: of a day without rows in it no hours are asked for. Where it was not
            read in this run, all days are.
    """

    calls: Callable[[AdsReading], list[Call]]
    days_of: str

    def __call__(self, reading: AdsReading, resource: Resource) -> Iterator[Step]:
        """Yields the pages day by day, and a checkpoint after each."""
        window = reading.window(resource.name)
        if window is None:
            return
        calls = self.calls(reading)
        refused = _Refused()
        for day, _ in _spans(reading, window, 1):
            if reading.may_have_rows(self.days_of, day):
                for call in calls:
                    yield from refused.passed_over(reading, resource, call, day, day)
            refused.check(calls)
            yield _progress(reading, resource, window, day)


class _Refused:
    """The stores of which a report is refused: the others are read."""

    def __init__(self) -> None:
        self._errors: dict[str, ApiError] = {}

    def passed_over(
        self, reading: AdsReading, resource: Resource, call: Call, start: date, end: date
    ) -> Iterator[Step]:
        """The pages of some days, none if the store is refused.

        Raises:
            ApiError: They could not be read for another reason, or no store was named.
        """
        store = call.context.get("store_id")
        if store in self._errors:
            return
        try:
            yield from _read_days(reading, resource, call, start, end)
        except (ScopeMissing, NotAvailable) as error:
            if store is None or isinstance(error, DayLimitReached | Maintenance):
                raise
            self._errors[store] = error
            reading.note(resource.name, f"Store {store} was left out: {error.message}")

    def check(self, calls: Sequence[Call]) -> None:
        """Raises the last refusal when no store is left."""
        if self._errors and self._errors.keys() == {call.context.get("store_id") for call in calls}:
            raise list(self._errors.values())[-1]


def _spans(reading: AdsReading, window: Window | None, days: int) -> Iterator[tuple[date, date]]:
    """Cuts a window into closed spans of the account's days; the last day may still be running."""
    if window is None:
        return
    start, last = reading.day_of(window.start), reading.day_of(window.until - 1)
    while start <= last:
        end = min(start + (days - 1) * _DAY, last)
        yield start, end
        start = end + _DAY


def _dates(start: date, end: date) -> dict[str, str]:
    return {"start_date": start.isoformat(), "end_date": end.isoformat()}


def _read_days(reading: AdsReading, resource: Resource, call: Call, start: date, end: date) -> Iterator[Step]:
    """The pages of some days, once all of them have come.

    Raises:
        ApiError: A day could not be read; the days before it were yielded.
    """
    query = {"advertiser_id": reading.advertiser.advertiser_id, **call.query, **_dates(start, end)}
    # The last day may still be running.
    window = (reading.begin_of(start), min(reading.begin_of(end + _DAY), reading.until))
    pages: list[Page] = []
    trouble: BackendTrouble | None = None
    try:
        pages = _whole(reading, resource, call, query, window, divisible=start < end)
    except BackendTrouble as error:
        if start == end:
            raise
        trouble = error
    if trouble is None:
        yield from pages
        return
    middle = start + (end - start) // 2
    yield from _read_days(reading, resource, call, start, middle)
    yield from _read_days(reading, resource, call, middle + _DAY, end)


def _whole(
    reading: AdsReading,
    resource: Resource,
    call: Call,
    query: Mapping[str, Any],
    window: tuple[int, int] | None,
    *,
    divisible: bool = False,
) -> list[Page]:
    """The pages of a list, once all of it has come; a list that is short of records is read a second time.

    Raises:
        IncompleteList: It still is.
        ApiError: A call failed.
    """
    for is_last in (False, True):
        pages: list[Page] = []
        try:
            for answer in reading.client.pages(
                resource.endpoint, reading.advertiser, query, divisible=divisible
            ):
                if window is not None:
                    reading.note_rows(resource.name, answer.data.get("list") or [])
                pages.append(_page(reading, resource, call, answer, query, window))
        except IncompleteList:
            if is_last:
                raise
            continue
        break
    return pages


def _progress(reading: AdsReading, resource: Resource, window: Window, end: date) -> Checkpoint[Call]:
    read_until = min(reading.begin_of(end + _DAY), window.until)
    with_rows = [day for day in reading.days_with_rows(resource.name) if day <= end]
    reached = min(reading.begin_of(max(with_rows) + _DAY), window.until) if with_rows else None

    def apply(states: States) -> None:
        state = states(resource.name)
        if reached is not None:
            state["cursor"] = max(reached, state.get("cursor", reached))
        if window.since is not None:
            if read_until >= window.until:
                state.pop("backfill", None)
            else:
                state["backfill"] = {"since": window.since, "at": read_until}

    return Checkpoint(apply)


def _page(
    reading: AdsReading,
    resource: Resource,
    call: Call,
    answer: ApiAnswer,
    query: Mapping[str, Any],
    window: tuple[int, int] | None,
) -> Page:
    """A page with its rows, and without contact data."""
    endpoint = resource.endpoint
    try:
        records, envelope = resource.take(answer.data)
    except MalformedAnswer as error:
        raise MalformedAnswer(
            f"{endpoint.name} of ads account {reading.advertiser.name} ({reading.advertiser.advertiser_id}): "
            f"unusable answer, {error.message} (request id {answer.request_id or 'unknown'}).",
            advice=error.advice,
            endpoint=endpoint.name,
            shop_id=reading.advertiser.advertiser_id,
            shop_name=reading.advertiser.name,
            request_id=answer.request_id,
        ) from None
    page = Page(
        source=TIKTOK_ADS,
        shop_key=reading.advertiser.advertiser_id,
        resource=resource.name,
        endpoint=endpoint.name,
        version=endpoint.version,
        path=endpoint.path,
        query={name: as_text(value) for name, value in query.items()},
        body=None,
        window=window,
        number=answer.page,
        retrieved_at=answer.retrieved_at,
        request_id=answer.request_id,
        records=records,
        envelope=scrub(envelope),
        context=reading.context(call),
        size=len(answer.raw),
    )
    take_rows(page, resource.tables, resource.rules, reading.cleaner)
    page.records = []
    return page
