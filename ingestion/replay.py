"""Rebuilds the raw folder from the archive, without network: same pages, same code, same rows.

Used after a change of the row types, or when the raw folder is lost. Rows get new load ids, as a fresh
load would, so the staging models take them all again; `retrieved_at` and `page_id` are those of the
pages, so the marts come out identical. The new folder is complete before it changes names with the old
one in one step. dlt's own records (cursors, schemas) are taken over: a replay changes what rows look
like, not how far the shops were read.

Everything in the raw folder comes from the archive: pages of the shops, of ads accounts, files that were imported,
exchange rates, and each run's journal (`sync_log`, `drift`).
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from home.audit_log import recorded
from home.layout import Home
from home.storage import exchange_folders, storage_errors
from ingestion.engine.archive import Archive, Entry
from ingestion.engine.columns import Table
from ingestion.engine.journal import JOURNAL
from ingestion.engine.pipelines import (
    LOAD_ID,
    check_clock,
    exchanged_name,
    mark_dataset,
    recover,
    stored_schema,
)
from ingestion.engine.processes import bulk_work
from ingestion.engine.progress import Progress
from ingestion.engine.raw_files import SCHEMA_FILE, RawFiles
from ingestion.engine.rows import Batch, Drift
from ingestion.fx_rates.resource import FX_RATES
from ingestion.seller_center import tables as files
from ingestion.seller_center.filed import rows_of
from ingestion.sources import TABLES, ensure_all_tables
from ingestion.tables.sources import FX_RATES as FX_SOURCE
from ingestion.tables.sources import SELLER_CENTER, TIKTOK_ADS, TIKTOK_SHOP
from ingestion.tiktok_ads import resources as ads
from ingestion.tiktok_shop.resources import BY_NAME

BATCH_RECORDS = 3_000
"""Rows are written in batches of so many records."""
TASK_BYTES = 150_000_000
"""One process takes archive files with at most so much JSON at a time; each task writes one file per table."""
LEAST_TASK_BYTES = 10_000_000
TASKS_PER_PROCESS = 6
"""So many at least, if there is enough: with five tasks for two processes one worked alone for a sixth of the time."""


@dataclass(slots=True)
class ReplayReport:
    """What a replay did.

    Attributes:
        pages: Pages read.
        rows: Rows written by raw table, those taken over from before `since` included.
        seconds: Time it took.
    """

    pages: int = 0
    rows: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: float = 0.0


def replay(home: Home, *, since: date | None = None, progress: Progress | None = None) -> ReplayReport:
    """Rebuilds the raw folder from the archive.

    Args:
        home: Where everything is.
        since: Only pages that came at or after this day (00:00 UTC) are built again; older rows are taken
            over as they are. All by default.
        progress: Is told of pages.

    Raises:
        HomeBusy: Another run is at work.
        ClockBehind: The machine's clock is behind what was loaded before.
        StorageError: The disk refuses, or an archive file is damaged; the raw folder is as it was.
    """
    started = time.monotonic()
    progress = progress or Progress()
    with home.lock("replay"), recorded(home, "replay") as entry:
        home.prepare()
        recover(home.raw)
        check_clock(home.raw)
        if since is not None:
            RawFiles(home.raw).require_whole()
        new = home.raw_new
        with storage_errors(new):
            if new.exists():
                shutil.rmtree(new)
            new.mkdir()
        report = _rebuild(home, new, since, progress, meanwhile=lambda: _take_over_dlt(home, new))
        ensure_all_tables(new)
        RawFiles(new).add_new()
        with storage_errors(new):
            exchange_folders(new, home.raw)
        entry.details |= {"since": since, "pages": report.pages, "rows": sum(report.rows.values())}
    report.rows = dict(report.rows)
    report.seconds = time.monotonic() - started
    return report


def replay_into(
    home: Home, other: Home, until: datetime, *, progress: Progress | None = None
) -> ReplayReport:
    """Builds the raw folder of another home from the pages of this one that came before an instant.

    The home itself is read only.

    Args:
        home: Whose archive is read.
        other: An empty home.
        until: Pages that came at or after it are left out.
        progress: Is told of pages.

    Raises:
        HomeBusy: Another run is at work in one of them.
        StorageError: The disk refuses, or an archive file is damaged.
    """
    started = time.monotonic()
    with home.lock("as-of"), other.lock("as-of"):
        other.prepare()
        report = _rebuild(
            home,
            other.raw,
            None,
            progress or Progress(),
            until=until,
            meanwhile=lambda: _mark_datasets(other.raw),
        )
        ensure_all_tables(other.raw)
    report.rows = dict(report.rows)
    report.seconds = time.monotonic() - started
    return report


def _rebuild(
    home: Home,
    new: Path,
    since: date | None,
    progress: Progress,
    *,
    meanwhile: Callable[[], None],
    until: datetime | None = None,
) -> ReplayReport:
    """Writes the rows; `meanwhile` is what this process does while others are at work."""
    report = ReplayReport()
    moment = datetime(since.year, since.month, since.day, tzinfo=UTC) if since else None
    if moment is not None:
        _keep_older(home.raw, new, moment, report)
    load_id = repr(time.time())
    entries = [entry for entry in Archive(home.archive).entries() if _tables_of(entry)]
    if moment is not None:
        entries = [
            e for e in entries if any(datetime.fromisoformat(p["retrieved_at"]) >= moment for p in e.pages)
        ]
    if until is not None:
        entries = [
            e for e in entries if any(datetime.fromisoformat(p["retrieved_at"]) < until for p in e.pages)
        ]
    tasks = [
        _Task(home.archive, new, load_id, f"{number:05d}", moment, until, bundle)
        for number, bundle in enumerate(_bundles(entries, _task_bytes(entries)))
    ]
    for done in _run_tasks(tasks, meanwhile):
        report.pages += done.pages
        for name, rows in done.rows.items():
            report.rows[name] += rows
        progress.page(done.shop_key, done.resource, done.records)
    return report


@dataclass(frozen=True, slots=True)
class _Task:
    archive: Path
    raw: Path
    load_id: str
    number: str
    since: datetime | None
    until: datetime | None
    entries: list[Entry]


@dataclass(slots=True)
class _Done:
    shop_key: str
    resource: str
    pages: int = 0
    records: int = 0
    rows: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def _task_bytes(entries: Sequence[Entry]) -> int:
    """How much JSON a task takes, so that all processes end at about the same time."""
    even = sum(entry.bytes for entry in entries) // (_processors() * TASKS_PER_PROCESS)
    return min(TASK_BYTES, max(even, LEAST_TASK_BYTES))


def _processors() -> int:
    return os.cpu_count() or 1


def _bundles(entries: Sequence[Entry], size: int) -> Iterator[list[Entry]]:
    """Entries of one resource, bundled to tasks of a useful size; the largest first, so that no core
    idles at the end."""
    groups: dict[tuple[str, str], list[list[Entry]]] = defaultdict(list)
    for entry in entries:
        if _is_of_files(entry):
            # The pages of a file stay together, and with the one that says what they are.
            bundles = groups[entry.source, f"files of {entry.shop_key}"]
            if not bundles:
                bundles.append([])
            bundles[-1].append(entry)
            continue
        bundles = groups[entry.source, entry.resource]
        if not bundles or sum(e.bytes for e in bundles[-1]) + entry.bytes > size:
            bundles.append([])
        bundles[-1].append(entry)
    found = [bundle for bundles in groups.values() for bundle in bundles]
    return iter(sorted(found, key=lambda bundle: -sum(entry.bytes for entry in bundle)))


def _run_tasks(tasks: list[_Task], meanwhile: Callable[[], None]) -> Iterator[_Done]:
    workers = min(len(tasks), _processors())
    # Starting processes costs a second: not for a small archive.
    if workers <= 1 or sum(e.bytes for task in tasks for e in task.entries) < TASK_BYTES / 2:
        meanwhile()
        for task in tasks:
            yield _run_task(task)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        futures = [pool.submit(_run_task, task) for task in tasks]
        meanwhile()
        for future in as_completed(futures):
            yield future.result()


def _run_task(task: _Task) -> _Done:
    first = task.entries[0]
    done = _Done(first.shop_key, first.resource)
    schemas = {table.name: stored_schema(table) for one in _tables_of(first) for table in one.family()}
    writers: dict[str, pq.ParquetWriter] = {}
    with storage_errors(task.raw), bulk_work():
        try:
            for tables in _file_rows(task, done) if _is_of_files(first) else _page_rows(task, done):
                for name, table in tables.items():
                    if not table.num_rows:
                        continue
                    if name not in writers:
                        folder = task.raw / first.source / name
                        folder.mkdir(parents=True, exist_ok=True)
                        file = exchanged_name(task.load_id, "replay", f"{first.resource}-{task.number}")
                        writers[name] = pq.ParquetWriter(folder / file, schemas[name])
                    ids = pa.repeat(pa.scalar(task.load_id), table.num_rows)
                    writers[name].write_table(table.append_column(pa.field(LOAD_ID, pa.string()), ids))
                    done.rows[name] += table.num_rows
        finally:
            for writer in writers.values():
                writer.close()
    return done


def _page_rows(task: _Task, done: _Done) -> Iterator[Mapping[str, pa.Table]]:
    """Rows of pages each of which holds records of the API."""
    archive = Archive(task.archive)
    families = _tables_of(task.entries[0])

    def finished(batch: Batch) -> Mapping[str, pa.Table]:
        done.pages += len(batch.pages)
        done.records += batch.records
        return batch.finish()

    batch = Batch(families, Drift())
    for entry in task.entries:
        for page in archive.read(entry):
            if task.since is not None and page.retrieved_at < task.since:
                continue
            if task.until is not None and page.retrieved_at >= task.until:
                continue
            batch.add(page)
            batch.settle()
            page.records = []
            if batch.records >= BATCH_RECORDS:
                yield finished(batch)
                batch = Batch(families, Drift())
    yield finished(batch)


def _file_rows(task: _Task, done: _Done) -> Iterator[Mapping[str, pa.Table]]:
    """Rows of files: some of them need all pages of their file."""
    since = task.since
    for made in rows_of(
        Archive(task.archive),
        task.entries,
        lambda page: since is None or page.retrieved_at >= since,
        imported_before=task.until,
    ):
        done.pages += made.records > 0
        done.records += made.records
        yield made.tables


def _is_of_files(entry: Entry) -> bool:
    return entry.source == SELLER_CENTER and entry.resource not in files.JOURNAL_NAMES


def _tables_of(entry: Entry) -> Sequence[Table]:
    """The tables an entry's resource feeds; none for data this version no longer knows."""
    if entry.source == FX_SOURCE:
        return (FX_RATES,)
    if entry.source == TIKTOK_ADS:
        if entry.resource in ads.JOURNAL:
            return (ads.JOURNAL[entry.resource],)
        return ads.BY_NAME[entry.resource].tables if entry.resource in ads.BY_NAME else ()
    if entry.source == SELLER_CENTER:
        if entry.resource in files.OF_RECORDS:
            return (files.OF_RECORDS[entry.resource],)
        return (*files.OF_CELLS, files.FILES, files.QUARANTINE)
    if entry.source != TIKTOK_SHOP:
        return ()
    if entry.resource in JOURNAL:
        return (JOURNAL[entry.resource],)
    return BY_NAME[entry.resource].tables if entry.resource in BY_NAME else ()


def _keep_older(raw: Path, new: Path, since: datetime, report: ReplayReport) -> None:
    """Takes over the rows that came before `since`, as they are, load ids included."""
    for path in sorted(raw.glob("*/*/*.parquet")):
        if path.parent.name.startswith("_") or path.name == SCHEMA_FILE:
            continue
        with storage_errors(path):
            target = new / path.relative_to(raw)
            target.parent.mkdir(parents=True, exist_ok=True)
            with pq.ParquetFile(path) as file:
                writer: pq.ParquetWriter | None = None
                try:
                    for number in range(file.num_row_groups):
                        group = file.read_row_group(number)
                        older = group.filter(pc.less(group.column("retrieved_at"), pa.scalar(since)))
                        if older.num_rows:
                            writer = writer or pq.ParquetWriter(target, older.schema)
                            writer.write_table(older)
                            report.rows[path.parent.name] += older.num_rows
                finally:
                    if writer is not None:
                        writer.close()


def _take_over_dlt(home: Home, new: Path) -> None:
    """Copies dlt's records of loads, schemas and states."""
    with storage_errors(new):
        for old in sorted(path for path in home.raw.glob("*") if path.is_dir()):
            for folder in old.glob("_dlt_*"):
                shutil.copytree(folder, new / old.name / folder.name, dirs_exist_ok=True)
    # Also if the old folder was lost: dlt then goes on from the cursors in its working folders.
    _mark_datasets(new)


def _mark_datasets(raw: Path) -> None:
    with storage_errors(raw):
        for source in TABLES:
            mark_dataset(raw / source)
