"""Loads the resources of one owner, a shop or an ads account, through one dlt pipeline, in units that are committed as
a whole.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from filelock import FileLock

from home.errors import TtkpiError
from home.layout import Home
from home.storage import storage_error
from ingestion.engine.archive import Archive, Entry, hash_schema
from ingestion.engine.errors import (
    ApiError,
    AuthorizationRevoked,
    BadAppKey,
    BadSignature,
    ClockOff,
    NotAuthorised,
    ScopeMissing,
    ShopDeactivated,
    TokenExpired,
    TokenFileError,
    describe,
)
from ingestion.engine.journal import LogRow, Status
from ingestion.engine.pages import Page
from ingestion.engine.pipelines import for_table, load, open_pipeline
from ingestion.engine.processes import bulk_work
from ingestion.engine.resources import Resource
from ingestion.engine.rows import Batch, Drift
from ingestion.engine.windows import Checkpoint, Step

_log = logging.getLogger(__name__)

BATCH_RECORDS = 5_000
BATCH_BYTES = 12_000_000
"""Pages are archived and typed in batches: large ones load faster, but a batch of parsed JSON takes ten
times its size."""
UNIT_ROWS = 250_000
UNIT_SECONDS = 60.0
"""A unit is committed after so many rows or seconds: what a kill can cost. Small syncs are one unit."""

_FATAL = (
    TokenExpired,
    AuthorizationRevoked,
    ShopDeactivated,
    BadSignature,
    BadAppKey,
    ClockOff,
    NotAuthorised,
    TokenFileError,
)
"""Errors after which asking for the shop's other resources is pointless."""


@dataclass(slots=True)
class ShopOutcome:
    """How the sync of a shop or an ads account went; crosses a process border.

    Attributes:
        shop_key: The shop or ads account.
        log: One row per resource.
        drift: What did not look as declared.
        rows: Rows loaded by raw table.
        pages: Answers that came.
        seconds: Time it took.
        incremental: Whether there was a cursor to continue from.
        currencies: Currencies seen.
    """

    shop_key: str
    log: list[LogRow] = field(default_factory=list)
    drift: Drift = field(default_factory=Drift)
    rows: dict[str, int] = field(default_factory=dict)
    pages: int = 0
    seconds: float = 0.0
    incremental: bool = False
    currencies: list[str] = field(default_factory=list)


OnPage = Callable[[str, str, int], None]
"""Receives the progress of a sync: shop, resource, records that just came."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the engine is to sync.

    Attributes:
        home: Where everything is.
        source: Name of the source: dlt's data set.
        key: Shop or ads account: one pipeline each.
        run_id: The run.
        read: Reads a resource: its pages, and checkpoints between them.
        notes: What should be known about a resource, but is no failure.
        incremental_by: Resource whose cursor shows that the shop was synced before.
        currencies_in: Resource whose state keeps the currencies seen.
    """

    home: Home
    source: str
    key: str
    run_id: str
    read: Callable[[Any], Iterator[Step]]
    notes: dict[str, list[str]]
    incremental_by: str
    currencies_in: str


def sync_units(work: Work, resources: Sequence[Resource[Any, Any]], on_page: OnPage) -> ShopOutcome:
    """Reads resources and loads them, unit by unit. Nothing is raised: what went wrong is in the outcome's log."""
    started = time.monotonic()
    sync = _Sync(work, resources, on_page)
    # A worker whose parent was killed may live for another moment: never two at one pipeline.
    with FileLock(work.home.dlt / f"{work.source}__{work.key}.lock", timeout=60), bulk_work():
        sync.run()
    sync.outcome.seconds = time.monotonic() - started
    return sync.outcome


@dataclass(slots=True)
class _Task:
    """One resource during a sync."""

    resource: Resource[Any, Any]
    steps: Iterator[Step] | None = None
    batch: Batch | None = None
    marks: list[Checkpoint[Any]] = field(default_factory=list)
    held_entries: list[Entry] = field(default_factory=list)
    held_tables: list[dict[str, pa.Table]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    committed: dict[str, int] = field(default_factory=dict)
    pages: int = 0
    done: bool = False
    error: BaseException | None = None
    started_at: int = 0
    finished_at: int = 0
    window: tuple[int, int] | None = None
    reached: int | None = None
    cursor: int | None = None
    begin: int | None = None
    safe: bool = False

    def commit(self) -> None:
        """Notes that what was read so far is loaded."""
        self.committed, self.cursor, self.safe = dict(self.rows), self.reached, self.done

    @property
    def batch_is_full(self) -> bool:
        batch = self.batch
        return batch is not None and (batch.records >= BATCH_RECORDS or batch.size >= BATCH_BYTES)


class _Unit:
    """What is committed together."""

    def __init__(self) -> None:
        self.rows = 0
        self._started = time.monotonic()

    def full(self) -> bool:
        return self.rows >= UNIT_ROWS or time.monotonic() - self._started >= UNIT_SECONDS


class _Sync:
    def __init__(self, work: Work, resources: Sequence[Resource[Any, Any]], on_page: OnPage) -> None:
        self._work = work
        self._on_page = on_page
        self._archive = Archive(work.home.archive)
        self._tasks = [_Task(resource) for resource in resources]
        self._currencies: set[str] = set()
        self.outcome = ShopOutcome(work.key)

    def run(self) -> None:
        failure: BaseException | None = None
        try:
            pipeline = open_pipeline(
                self._work.home, f"{self._work.source}__{self._work.key}", self._work.source
            )
            while not all(task.done for task in self._tasks):
                load(pipeline, self._source(_Unit()))
                for task in self._tasks:
                    task.commit()
        except Exception as error:  # noqa: BLE001 (one shop's trouble stays with that shop)
            failure = error
            if not isinstance(error, TtkpiError):
                _log.exception("Sync of %s failed", self._work.key)
        self._finish(failure)

    def _source(self, unit: _Unit) -> Any:
        import dlt

        def resources() -> Iterator[Any]:
            for task in self._tasks:
                if not task.done:
                    yield dlt.resource(
                        self._rows(task, unit),
                        name=task.resource.name,
                        write_disposition="append",
                        # New columns come with new versions of this program; a changed type is a mistake.
                        schema_contract={"tables": "evolve", "columns": "evolve", "data_type": "freeze"},
                    )

        return dlt.source(resources, name=self._work.source, max_table_nesting=0)()

    def _rows(self, task: _Task, unit: _Unit) -> Iterator[Any]:
        """Arrow tables of one resource, until it ends or the unit is full."""
        if unit.full():
            return
        if task.resource.name == self._work.incremental_by:
            self.outcome.incremental = "cursor" in states(task.resource.name)
        task.started_at = task.started_at or int(time.time())
        while not task.done:
            step = self._next(task)
            if isinstance(step, Page):
                self._note_page(task, step)
            elif step is not None:
                task.marks.append(step)
            if task.done or task.batch_is_full or (isinstance(step, Checkpoint) and unit.full()):
                yield from self._flush(task, unit)
                if unit.full() and isinstance(step, Checkpoint) and not task.resource.snapshot:
                    return
        task.finished_at = int(time.time())
        if task.resource.name == self._tasks[-1].resource.name:
            self._keep_currencies()

    def _next(self, task: _Task) -> Step | None:
        """The next step; None at the end, or when the resource failed."""
        fatal = next((other.error for other in self._tasks if isinstance(other.error, _FATAL)), None)
        if fatal is not None:
            task.error, task.done = fatal, True
            return None
        try:
            if task.steps is None:
                task.steps = self._work.read(task.resource)
            step = next(task.steps, None)
        except Exception as error:  # noqa: BLE001 (a resource's trouble stays with that resource)
            if not isinstance(error, TtkpiError):
                _log.exception("Reading %s of %s failed", task.resource.name, self._work.key)
            task.error, step = error, None
        task.done = step is None
        return step

    def _note_page(self, task: _Task, page: Page) -> None:
        if task.batch is None:
            task.batch = Batch(task.resource.tables, self.outcome.drift)
        task.batch.extend(page.rows)
        page.rows, page.records = None, []
        task.pages += 1
        if page.window is not None:
            known = task.window or page.window
            task.window = (min(known[0], page.window[0]), max(known[1], page.window[1]))
        self._on_page(self._work.key, task.resource.name, page.count)

    def _flush(self, task: _Task, unit: _Unit) -> Iterator[Any]:
        """Archives the batch, yields its rows, and then notes the progress that rests on them."""
        self._type_batch(task)
        if task.resource.snapshot and (not task.done or task.error is not None):
            # Part of a list would look like a shop that has lost the rest.
            return
        entries, task.held_entries = task.held_entries, []
        tables, task.held_tables = task.held_tables, []
        self._archive.commit(entries)
        for batch in tables:
            for name, table in batch.items():
                if table.num_rows:
                    self._note_currencies(table)
                    task.rows[name] += table.num_rows
                    unit.rows += table.num_rows
                    yield for_table(table, name)
        marks, task.marks = task.marks, []
        for mark in marks:
            mark.apply(states)
        state = states(task.resource.name)
        task.reached, task.begin = state.get("cursor"), state.get("begin")

    def _type_batch(self, task: _Task) -> None:
        batch, task.batch = task.batch, None
        if batch is None:
            return
        shape: dict[str, set[str]] = defaultdict(set)
        for page in batch.pages:
            for path, names in (page.shape or {}).items():
                shape[path] |= names.any
        # Archive first: rows carry the address of their page.
        entry = self._archive.write(batch.pages, run_id=self._work.run_id, schema_hash=hash_schema(shape))
        task.held_entries.append(entry)
        task.held_tables.append(batch.finish())

    def _note_currencies(self, table: pa.Table) -> None:
        if "currency" in table.column_names:
            self._currencies.update(filter(None, pc.unique(table.column("currency")).to_pylist()))

    def _keep_currencies(self) -> None:
        state = states(self._work.currencies_in)
        known = set(state.get("currencies", ())) | self._currencies
        state["currencies"] = self.outcome.currencies = sorted(known)

    def _finish(self, failure: BaseException | None) -> None:
        now = int(time.time())
        outcome = self.outcome
        for task in self._tasks:
            outcome.pages += task.pages
            for name, rows in task.committed.items():
                outcome.rows[name] = outcome.rows.get(name, 0) + rows
            error = task.error or (None if task.safe else failure)
            outcome.log.append(self._log_row(task, error, now))

    def _log_row(self, task: _Task, error: BaseException | None, now: int) -> LogRow:
        name = task.resource.name
        status: Status = "ok" if error is None else "skipped" if isinstance(error, ScopeMissing) else "failed"
        notes = list(self._work.notes.get(name, ()))
        for table in task.resource.all_tables():
            unkeyed = self.outcome.drift.unkeyed(table.name)
            if unkeyed:
                notes.append(
                    f"{unkeyed} records without a key were set aside from {table.name}; see the table drift."
                )
        if error is not None:
            notes.insert(0, describe(error))
        return LogRow(
            run_id=self._work.run_id,
            shop_key=self._work.key,
            resource=name,
            endpoint=task.resource.endpoint.name,
            status=status,
            started_at=task.started_at or now,
            finished_at=task.finished_at or now,
            window_from=task.window[0] if task.window else None,
            window_until=task.window[1] if task.window else None,
            complete_from=task.begin,
            cursor=task.cursor,
            pages=task.pages,
            rows_written=sum(task.committed.values()),
            error_code=error.code if isinstance(error, ApiError) else None,
            error_message=" ".join(notes) or None,
            authorisation_state=error.state if isinstance(error, ApiError) else "ok",
        )


def outcome_of(
    sync: Callable[[], ShopOutcome],
    home: Home,
    run_id: str,
    owner: str,
    resources: Sequence[Resource[Any, Any]],
) -> ShopOutcome:
    """Syncs a shop or an ads account; whatever goes wrong with it stays with it.

    Args:
        sync: Does it.
        home: Where everything is.
        run_id: The run.
        owner: The shop or ads account.
        resources: What is read.
    """
    try:
        return sync()
    except OSError as error:
        failure: Exception = storage_error(error, home.root)
    except Exception as error:  # noqa: BLE001 (one owner's trouble stays with that owner)
        _log.exception("Sync of %s failed", owner)
        failure = error
    return failed(run_id, owner, resources, failure)


def failed(
    run_id: str, owner: str, resources: Sequence[Resource[Any, Any]], error: BaseException
) -> ShopOutcome:
    """The outcome of a shop or ads account of which nothing could be read."""
    return ShopOutcome(owner, log=failed_rows(run_id, owner, resources, error))


def failed_rows(
    run_id: str, owner: str, resources: Sequence[Resource[Any, Any]], error: BaseException
) -> list[LogRow]:
    """The rows of a shop or ads account of which nothing could be read.

    Args:
        run_id: The run.
        owner: The shop or ads account.
        resources: What was to be read.
        error: Why.
    """
    now = int(time.time())
    return [
        LogRow(
            run_id=run_id,
            shop_key=owner,
            resource=resource.name,
            endpoint=resource.endpoint.name,
            status="failed",
            started_at=now,
            finished_at=now,
            error_code=error.code if isinstance(error, ApiError) else None,
            error_message=describe(error),
            authorisation_state=error.state if isinstance(error, ApiError) else "ok",
        )
        for resource in resources
    ]


def states(resource: str) -> dict[str, Any]:
    """dlt's state of a resource; only valid inside a dlt resource."""
    import dlt

    state: dict[str, Any] = dlt.current.resource_state(resource)
    return state
