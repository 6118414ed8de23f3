"""Keeps the number of files bounded: many small Parquet files become few large ones, and so do archive files.

Every load writes a file per table, so an hourly sync of five shops would make 40,000 files a year of
`orders` alone. For each table a new folder is written, with the rows of the small files in large ones and
the large ones as they are; then it changes names with the old folder in one step
(`home.storage.exchange_folders`). A reader that lists the folder before that moment sees the old files (and may
miss one that is being removed, so no build runs at that time: both hold the home's lock); one that lists
it afterwards sees the new. Never both, never none, whenever the process is killed.

All columns stay as they are, the load id of every row included: what is merged is not new to anyone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from home.audit_log import recorded
from home.layout import Home
from home.storage import exchange_folders, storage_errors
from ingestion.engine.archive import Archive
from ingestion.engine.pipelines import exchanged_name, file_counts, recover
from ingestion.engine.raw_files import SCHEMA_FILE, RawFiles, load_id_of

MAX_FILES = 200
"""A sync that leaves more files than this in a table compacts."""
LARGE_BYTES = 64_000_000
"""A file of this size is left alone."""
GROUP_ROWS = 64_000
KEPT_LOADS = 200
"""Records of loads whose rows were merged; dlt itself needs none of them."""


@dataclass(slots=True)
class CompactReport:
    """What compacting did.

    Attributes:
        tables: Tables that were rewritten.
        files_before: Parquet files before, in all tables.
        files_after: And after.
        archive_files_removed: By how many files the archive shrank.
    """

    tables: int = 0
    files_before: int = 0
    files_after: int = 0
    archive_files_removed: int = 0


def compact(home: Home) -> CompactReport:
    """Merges small files of the raw folder and of the archive.

    Raises:
        HomeBusy: Another run is at work.
        RawDamaged, ManifestDamaged: A file of raw, or a manifest of the archive, is not as it was written.
        StorageError: The disk refuses; what was there is intact.
    """
    with home.lock("compact"), recorded(home, "compact") as entry:
        home.prepare()
        report = compact_unlocked(home)
        entry.details |= {"files_before": report.files_before, "files_after": report.files_after}
    return report


def compact_when_due(home: Home, notify: Callable[[str], None]) -> None:
    """Merges small files when there are too many, for a caller that holds the home's lock.

    Raises:
        StorageError: The disk refuses; what was there is intact.
    """
    if any(files > MAX_FILES for files in file_counts(home.raw).values()):
        notify("Merging small files.")
        compact_unlocked(home)


def compact_unlocked(home: Home) -> CompactReport:
    """As `compact`, for a caller that holds the home's lock."""
    report = CompactReport()
    # A load that failed a moment ago may have left halves of files.
    recover(home.raw)
    files = RawFiles(home.raw)
    files.require_whole()
    files.settle()
    before = file_counts(home.raw)
    report.files_before = sum(before.values())
    for folder in before:
        with storage_errors(folder):
            report.tables += _compact_table(folder, files)
    with storage_errors(home.raw):
        for source in {folder.parent for folder in before}:
            _forget_loads(source)
    report.files_after = sum(file_counts(home.raw).values())
    report.archive_files_removed = Archive(home.archive).merge()
    return report


def _compact_table(folder: Path, listed: RawFiles) -> bool:
    files = sorted(folder.glob("*.parquet"), key=lambda path: (load_id_of(path) or "", path.name))
    small = [path for path in files if path.name != SCHEMA_FILE and path.stat().st_size < LARGE_BYTES]
    if len(small) < 2:
        return False
    new = folder.with_name(f".{folder.name}.new")
    new.mkdir()
    for path in files:
        if path not in small:
            os.link(path, new / path.name)
    _merge(small, new)
    listed.announce(new, folder, small)
    exchange_folders(new, folder)
    return True


def _merge(files: list[Path], target: Path) -> None:
    """Writes the rows of `files` into as few files as `LARGE_BYTES` allows, in the order of their loads."""
    schema = pa.unify_schemas([_plain(pq.read_schema(path)) for path in files], promote_options="default")
    newest = max((load_id_of(path) or "0" for path in files), key=float)
    part = 0
    writer: pq.ParquetWriter | None = None
    path = target
    try:
        for table in _groups(files, schema):
            if writer is None:
                path = target / exchanged_name(newest, "compact", f"{os.urandom(4).hex()}-{part:04d}")
                writer = pq.ParquetWriter(path, schema)
                part += 1
            writer.write_table(table)
            if path.stat().st_size >= LARGE_BYTES:
                writer.close()
                writer = None
    finally:
        if writer is not None:
            writer.close()
    for written in target.glob("*.parquet"):
        with written.open("rb") as file:
            os.fsync(file.fileno())


def _groups(files: list[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    """Rows of the files in row groups of a useful size."""
    waiting: list[pa.Table] = []
    rows = 0
    for path in files:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                table = _cast(file.read_row_group(number), schema)
                waiting.append(table)
                rows += table.num_rows
                if rows >= GROUP_ROWS:
                    yield pa.concat_tables(waiting).combine_chunks()
                    waiting, rows = [], 0
    if rows:
        yield pa.concat_tables(waiting).combine_chunks()


def _plain(schema: pa.Schema) -> pa.Schema:
    """The schema without dictionaries, which dlt uses for the load id, and without what is only of use to
    pandas."""
    return pa.schema(
        [pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in schema]
    )


def _cast(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        table.column(f.name).cast(f.type)
        if f.name in table.column_names
        else pa.nulls(table.num_rows, f.type)
        for f in schema
    ]
    return pa.table(columns, schema=schema)


def _forget_loads(source: Path) -> None:
    """Removes dlt's records of loads none of whose files is left; `pipelines.recover` needs those of the
    others."""
    in_use = {
        load_id_of(path)
        for folder in source.iterdir()
        if folder.is_dir() and not folder.name.startswith("_")
        for path in folder.glob("*.parquet")
    }
    in_use |= {path.stem.rsplit("__", 2)[1] for path in (source / "_dlt_pipeline_state").glob("*.jsonl")}
    records = sorted((source / "_dlt_loads").glob("*.jsonl"), key=lambda path: path.name, reverse=True)
    for path in records[KEPT_LOADS:]:
        if path.stem.rsplit("__", 1)[-1] not in in_use:
            path.unlink()
