"""How a resource is read: windows, slices, calls in parallel, and when its progress may be remembered.

A reader yields pages, and checkpoints between them. A checkpoint says what to write into dlt's state once
every page before it is stored and loaded; so a run that is killed reads again at most what it had not
committed.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from home.config import ShopApiConfig
from ingestion.engine import resources
from ingestion.engine.answers import ApiAnswer
from ingestion.engine.errors import ApiError, IncompleteList, MalformedAnswer
from ingestion.engine.pages import Page, Record
from ingestion.engine.privacy import Cleaner, scrub
from ingestion.engine.rows import take_rows
from ingestion.engine.windows import Checkpoint, States, Window, cut_window, plan_window
from ingestion.tables.sources import TIKTOK_SHOP
from ingestion.tiktok_shop.client import ShopClient, ShopRef
from ingestion.tiktok_shop.endpoints import Endpoint

SLICE_ROWS = 2_000
"""A window with more than twice as many records is cut into slices of about so many."""
FIRST_YEAR = 1_577_836_800
"""2020-01-01, before the first TikTok Shop: where cutting an open window begins."""
READINGS = 3
"""How often a list is read that gives fewer records than it announces."""
_QUEUE_PAGES = 3


@dataclass(frozen=True, slots=True)
class Call:
    """A list to ask for, from its first page to its last.

    Attributes:
        path: Values for the placeholders of the endpoint's path.
        query: Query parameters.
        body: JSON body.
        window: Half-open time window in unix seconds that the call covers.
        context: What goes with its pages into the archive (see `Page.context`).
        id_field: Dotted path of the field that names a record, for counting what came against `total_count`; empty:
            not counted.
        last_page: Page after which no more are asked for; None: to the end of the list.
        grant: Grant (`open_id`) to ask with, for endpoints that want a creator's token; empty: the shop's.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    window: tuple[int, int] | None = None
    context: Record = field(default_factory=dict)
    id_field: str = ""
    last_page: int | None = None
    grant: str = ""


Step = Page | Checkpoint[Call]
Split = Callable[[Call, int], list[Call] | None]
"""From a call and its `total_count`: the calls to make instead, or None to go on with it."""


def sliced(make: Callable[[Call, tuple[int, int]], Call], *, rows: int = SLICE_ROWS) -> Split:
    """Cuts a call that would bring many records into slices of time, by its `total_count`.

    An empty half year costs one call; a busy one is read in slices that can be committed, and read in
    parallel.
    """

    def split(call: Call, total: int) -> list[Call] | None:
        if total <= 2 * rows or call.window is None:
            return None
        start, end = call.window
        # Some windows are open at the start; cutting them from 1970 would only make empty slices.
        cut_from = max(start, min(FIRST_YEAR, end - 1)) if start == 0 else start
        windows = cut_window((cut_from, end), -(-total // rows))
        if len(windows) < 2:
            return None
        windows[0] = (start, windows[0][1])
        return [make(call, window) for window in windows]

    return split


@dataclass(frozen=True, slots=True)
class ByTime:
    """Reads a list by a time of its records, oldest first, in slices.

    Attributes:
        by: The time: `update_time`, `create_time`, `statement_time`.
        id_field: Field that names a record.
        send: Whether the window goes into the body or into the query.
        reread_days: How far behind the cursor is read again; None means the configured look-back.
        query: What every call of the list carries besides, such as the kinds of records.
        is_sorted: Whether the list can be sorted; one that can't refuses the two sort fields.
    """

    by: str
    id_field: str
    send: Literal["body", "query"]
    reread_days: int | None = None
    query: tuple[tuple[str, str], ...] = ()
    is_sorted: bool = True

    def __call__(self, reading: Reading, resource: Resource) -> Iterator[Step]:
        """Yields the pages of the window slice by slice."""
        hours = reading.config.lookback_hours if self.reread_days is None else 24 * self.reread_days
        window = reading.window(resource.name, int(hours * 3600))
        if window is None:
            return
        first = self._call(Call(), (window.start, window.until))
        for step in read_calls(reading, resource, [first], sliced(self._call)):
            if isinstance(step, Checkpoint) and step.call is not None and step.call.window is not None:
                reached = step.call.window[1]
                apply = window.advance(resource.name, reached, done=reached == window.until)
                yield Checkpoint(apply, step.call)
            else:
                yield step

    def _call(self, _: Call, window: tuple[int, int]) -> Call:
        bounds = {f"{self.by}_ge": window[0], f"{self.by}_lt": window[1]}
        # Both sort fields always: the defaults differ from endpoint to endpoint.
        query = dict(self.query)
        if self.is_sorted:
            query |= {"sort_field": self.by, "sort_order": "ASC"}
        if self.send == "query":
            query |= {name: str(value) for name, value in bounds.items()}
            return Call(query=query, window=window, id_field=self.id_field)
        return Call(query=query, body=bounds, window=window, id_field=self.id_field)


@dataclass(slots=True)
class Reading:
    """What readers of one shop share during a run.

    Attributes:
        client: Talks to the API.
        shop: The shop.
        config: The configuration.
        cleaner: Cuts contact data.
        run_id: The run.
        since: Explicit start, unix seconds; None when cursors decide.
        until: End of all windows, unix seconds, exclusive.
        states: dlt's state by resource; only valid inside a dlt resource.
        notes: What should be known about a resource, but is no failure.
        product_ids: Products found in this run; None when their list was not read.
    """

    client: ShopClient
    shop: ShopRef
    config: ShopApiConfig
    cleaner: Cleaner
    run_id: str
    since: int | None
    until: int
    states: States
    notes: dict[str, list[str]] = field(default_factory=dict)
    product_ids: list[str] | None = None
    uncountable: set[str] = field(default_factory=set)

    @property
    def explicit_since(self) -> bool:
        """Whether the start was asked for."""
        return self.since is not None

    def first_since(self) -> int:
        """Where a first sync starts."""
        return self.until - self.config.history_days * 86_400 if self.since is None else self.since

    def state(self, resource: str) -> dict[str, Any]:
        """dlt's state of a resource, as it was when the run began to read it."""
        return self.states(resource)

    def window(self, resource: str, reread: int, history_days: int | None = None) -> Window | None:
        """What to read of a resource that comes by time; `history_days`: if a first sync reads less of it."""
        days = self.config.history_days
        return plan_window(
            self.state(resource),
            since=self.since,
            until=self.until,
            history=(days if history_days is None else min(days, history_days)) * 86_400,
            reread=reread,
        )

    def snapshot(self) -> Record:
        """The context of a snapshot's pages: its id sorts by time."""
        return {"snapshot_id": f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{self.run_id}"}

    def note(self, resource: str, text: str) -> None:
        """Something to be told about a resource that did not fail."""
        self.notes.setdefault(resource, []).append(text)


Resource = resources.Resource[Reading, Endpoint]
"""A resource of a shop."""


def record_of(reading: Reading, resource: Resource, record: Record) -> Page:
    """A page made of something that was asked for before, outside this resource."""
    now = datetime.now(UTC)
    answer = ApiAnswer({}, b"", "", now)
    return _page(reading, resource, Call(), answer, [record], {})


def read_calls(
    reading: Reading,
    resource: Resource,
    calls: Sequence[Call],
    split: Split | None = None,
    passed_over: Container[int] = (),
) -> Iterator[Step]:
    """Makes calls, some at a time, and yields their pages in the order of the calls.

    After each call comes a checkpoint that names it. Threads fetch, parse and take rows; a call that runs
    ahead waits once it has a few pages ready, so memory does not depend on the length of lists.

    Args:
        reading: The run's context.
        resource: What is read.
        calls: What to ask for.
        split: May replace a call by several when its first answer tells how many records there are.
        passed_over: TikTok's codes that end only the call that gets them, not the resource.

    Raises:
        ApiError: A call failed; the pages and checkpoints before it were yielded.
    """
    waiting = deque(_Flight(reading, resource, call, split) for call in calls)
    workers = max(1, reading.config.page_workers)
    stop = threading.Event()
    pool = ThreadPoolExecutor(workers, thread_name_prefix=resource.name)
    try:
        while waiting:
            # Only the first few are under way, so the one whose pages are wanted now always is.
            for flight in list(waiting)[:workers]:
                flight.start(pool, stop)
            item = waiting[0].next_item()
            if isinstance(item, Page):
                yield item
            elif isinstance(item, list):
                waiting.popleft()
                waiting.extendleft(_Flight(reading, resource, call, split) for call in reversed(item))
            elif isinstance(item, ApiError) and item.code in passed_over:
                yield Checkpoint(_nothing, waiting.popleft().call, item)
            elif isinstance(item, BaseException):
                raise item
            else:
                yield Checkpoint(_nothing, waiting.popleft().call)
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _nothing(_: States) -> None:
    """The progress of a call that is remembered otherwise."""


class _Flight:
    """One call under way: a thread puts what comes into a short queue."""

    def __init__(self, reading: Reading, resource: Resource, call: Call, split: Split | None) -> None:
        self.call = call
        self._reading = reading
        self._resource = resource
        self._split = split
        self._items: queue.Queue[Page | list[Call] | BaseException | None] = queue.Queue(_QUEUE_PAGES)
        self._started = False

    def start(self, pool: ThreadPoolExecutor, stop: threading.Event) -> None:
        """Sends the call on its way, once."""
        if not self._started:
            self._started = True
            pool.submit(self._run, stop)

    def next_item(self) -> Page | list[Call] | BaseException | None:
        """The next page; calls to make instead; the error that ended it; or None at the end."""
        return self._items.get()

    def _run(self, stop: threading.Event) -> None:
        try:
            self._fetch(stop)
            self._put(None, stop)
        except _Stopped:
            return
        except BaseException as error:  # noqa: BLE001 (raised again by who waits for the pages)
            self._put(error, stop)

    def _fetch(self, stop: threading.Event) -> None:
        resource, reading = self._resource, self._reading
        shop = replace(reading.shop, open_id=self.call.grant) if self.call.grant else reading.shop
        ids: set[object] = set()
        announced, request_id = 0, ""
        for attempt in range(1, READINGS + 1):
            before = len(ids)
            total: int | None = None
            for answer in reading.client.pages(
                resource.endpoint,
                shop,
                query=self.call.query,
                body=self.call.body,
                path=self.call.path,
            ):
                total = _count(answer.data.get("total_count"))
                if answer.page == 1 and attempt == 1 and self._split is not None and total is not None:
                    instead = self._split(self.call, total)
                    if instead:
                        self._put(instead, stop)
                        raise _Stopped
                records, envelope = self._take(answer)
                if self.call.id_field:
                    ids.update(_at(record, self.call.id_field) for record in records)
                request_id = answer.request_id
                page = _page(reading, resource, self.call, answer, records, envelope)
                # Waiting for room must not hold on to parsed JSON.
                del answer, records, envelope
                number = page.number
                self._put(page, stop)
                del page
                if number == self.call.last_page:
                    return
            # Records that are updated while a list is being paged leave it, and may pull others over a
            # page's edge; and a page may be missing.
            if (
                total is None
                or not self.call.id_field
                or len(ids) >= total
                or resource.name in reading.uncountable
            ):
                return
            announced = total
            if reading.config.short_lists == "accept" and attempt > 1 and len(ids) == before:
                # Reading again brought nothing new: whoever accepts that does not pay for it twice.
                reading.uncountable.add(resource.name)
                reading.note(resource.name, _short(resource, self.call, announced, len(ids)))
                return
        if reading.config.short_lists == "accept":
            reading.note(resource.name, _short(resource, self.call, announced, len(ids)))
        else:
            raise incomplete(reading, resource, self.call, announced, len(ids), request_id)

    def _take(self, answer: ApiAnswer) -> tuple[list[Any], Record]:
        try:
            return self._resource.take(answer.data)
        except MalformedAnswer as error:
            endpoint, shop = self._resource.endpoint, self._reading.shop
            raise MalformedAnswer(
                f"{endpoint.name} of shop {shop.name} ({shop.shop_id}): unusable answer, {error.message} "
                f"(request id {answer.request_id or 'unknown'}).",
                advice=error.advice,
                endpoint=endpoint.name,
                shop_id=shop.shop_id,
                shop_name=shop.name,
                request_id=answer.request_id,
            ) from None

    def _put(self, item: Page | list[Call] | BaseException | None, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._items.put(item, timeout=0.2)
            except queue.Full:
                continue
            return
        raise _Stopped


def _at(record: object, path: str) -> str:
    """The text at a dotted path of a record; `None` where there is nothing."""
    for key in path.split("."):
        record = record.get(key) if type(record) is dict else None
    return str(record)


def _short(resource: Resource, call: Call, announced: int, given: int) -> str:
    where = "a list" if call.window is None else "the window " + " to ".join(map(_instant, call.window))
    return f"{resource.endpoint.name} announced {announced} records for {where} and gave {given}."


def _instant(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def incomplete(
    reading: Reading, resource: Resource, call: Call, announced: int, given: int, request_id: str
) -> IncompleteList:
    """That a list is short of records, for a person."""
    shop = reading.shop
    return IncompleteList(
        f"{_short(resource, call, announced, given)[:-1]} in {READINGS} readings, for shop {shop.name} "
        f"({shop.shop_id}; request id {request_id or 'unknown'}): some are missing.",
        advice="What came is kept, and the next run reads it again. If it stays so, tell TikTok the request id; "
        'where its counts are known to be too high, set sources.tiktok_shop.short_lists = "accept".',
        endpoint=resource.endpoint.name,
        shop_id=shop.shop_id,
        shop_name=shop.name,
        request_id=request_id,
    )


class _Stopped(Exception):
    pass


def _count(value: object) -> int | None:
    return value if type(value) is int else None


def _page(
    reading: Reading,
    resource: Resource,
    call: Call,
    answer: ApiAnswer,
    records: list[Any],
    envelope: Record,
) -> Page:
    """The page with its rows."""
    endpoint = resource.endpoint
    page = Page(
        source=TIKTOK_SHOP,
        shop_key=reading.shop.shop_id,
        resource=resource.name,
        endpoint=endpoint.name,
        version=endpoint.version,
        path=endpoint.url_path(call.path),
        query=call.query,
        body=call.body,
        window=call.window,
        number=answer.page,
        retrieved_at=answer.retrieved_at,
        request_id=answer.request_id,
        records=records,
        envelope=scrub(envelope),
        context=call.context,
        size=len(answer.raw),
    )
    take_rows(page, resource.tables, resource.rules, reading.cleaner)
    if not resource.keep_records:
        page.records = []
    return page
