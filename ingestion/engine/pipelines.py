"""dlt: one pipeline per shop and source, Parquet in the raw folder, cursors in dlt's state.

dlt owns load ids, state and loading. Rows come as Arrow tables, typed already; one load writes one file
per table into `raw/<source>/<table>/<load id>.<file id>.parquet`, and the state that belongs to it beside
them, in this order: data files, state, and last the record of the load in `_dlt_loads`. A load without
that record never happened: `recover` removes its files, and the state in the raw folder is the one that
counts, not that of the working folder. Rows are read again from the API then; load ids only grow, so
whoever merges loads by their id never misses one.
"""

from __future__ import annotations

import base64
import errno
import gc
import json
import logging
import os
import shutil
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from home.config import PROJECT_ROOT
from home.errors import TtkpiError
from home.layout import Home
from home.storage import finish_exchange, replace_file, replacement, storage_error, storage_errors
from ingestion.engine.columns import Table, empty
from ingestion.engine.manifest import ManifestDamaged
from ingestion.engine.raw_files import (
    SCHEMA_FILE,
    RawFiles,
    finished_loads,
    is_exchanged,
    load_id_of,
    parquet_schema,
)

_log = logging.getLogger(__name__)

LOAD_ID = "_dlt_load_id"
_SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    # Every row says which load brought it: the watermark of the staging models.
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "true",
    # Resources one after the other: transactions are read for the statements found just before.
    "EXTRACT__NEXT_ITEM_MODE": "fifo",
    # Three attempts to write to a local disk are enough to say that it is full.
    "LOAD__RAISE_ON_MAX_RETRIES": "3",
    "LOAD__WORKERS": "4",
    # What dlt logs repeats, with pages of traceback, what our own errors say in a sentence.
    "RUNTIME__LOG_LEVEL": "CRITICAL",
}


class ClockBehind(TtkpiError):
    """The machine's clock is behind the newest load: new loads would look older than old ones."""


def configure_dlt() -> None:
    """Settings this project relies on. Those of the environment win."""
    os.environ.setdefault("DLT_PROJECT_DIR", str(PROJECT_ROOT))
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)


def require_loadable(home: Home) -> None:
    """Refuse a home into which dlt can't load: it fills in names of files by `%`, and reads its folder as an address.

    Raises:
        ConfigError: The path has such a sign; names it.
    """
    home.require_path_without("%?#\\", "dlt takes for a place to fill, or for a part of an address")


def open_pipeline(home: Home, name: str, dataset: str) -> Any:
    """A dlt pipeline whose state is that of the raw folder.

    What a killed run left in the working folder is dropped: the cursor was only moved together with the load.

    Args:
        home: Where everything is.
        name: Name of the pipeline; two pipelines of one name corrupt each other's state.
        dataset: Folder inside `raw/`: the source.

    Raises:
        StorageError: The disk refuses.
    """
    configure_dlt()
    folder = home.dlt / name
    try:
        pipeline = _pipeline(home, name, dataset)
        leftover = pipeline.has_pending_data
    except Exception as error:  # noqa: BLE001 (a working folder may be damaged in any way; it holds nothing of value)
        _log.warning("The working folder %s is unusable and is made anew: %s", folder, error)
        leftover = True
    if leftover:
        with storage_errors(folder):
            if folder.exists():
                shutil.rmtree(folder)
        try:
            pipeline = _pipeline(home, name, dataset)
        except Exception as error:
            raise cause(error, folder) from error
    return pipeline


def load(pipeline: Any, source: Any) -> None:
    """Extracts and loads a source completely.

    Raises:
        StorageError: The disk refuses.
        TtkpiError: As raised inside the source.
    """
    try:
        pipeline.run(source, loader_file_format="parquet")
    except Exception as error:
        raise cause(error, Path(pipeline.working_dir)) from error


def for_table(table: pa.Table, name: str) -> Any:
    """Rows for dlt, marked with the table that they belong to.

    dlt leaves every Arrow table it was given in a cycle of frames, out of the sight of the garbage collector, which
    counts objects and not bytes: in a first sync of 1,000,000 orders they added up to 0.7 GB. So the young ones are
    collected with each table.
    """
    import dlt

    gc.collect(0)
    return dlt.mark.with_table_name(table, name)


def mark_dataset(folder: Path) -> None:
    """Writes the mark by which dlt knows a data set.

    Without it dlt would try to create the folder, and drop the cursors it keeps in its working folders.
    """
    from dlt.destinations.impl.filesystem.filesystem import CURRENT_VERSION, INIT_FILE_NAME

    content = json.dumps({"initial_version": CURRENT_VERSION, "current_version": CURRENT_VERSION})
    replace_file(folder / INIT_FILE_NAME, content.encode())


def adopt_dataset(home: Home, source: str) -> None:
    """Makes sure that a source's raw folder is a data set of dlt's.

    Where there was none (the first run, or the raw folder was removed), cursors start anew. After a loss
    `replay` comes
    first: it brings back the rows and keeps the cursors.

    Raises:
        StorageError: The disk refuses.
    """
    folder = home.raw / source
    mark = folder / "init"
    with storage_errors(folder):
        if mark.exists() and _is_json(mark):
            return
        for working in home.dlt.glob(f"{source}*"):
            if working.is_dir():
                shutil.rmtree(working)
        mark_dataset(folder)


def recover(raw: Path) -> int:
    """Removes what unfinished loads and exchanges of folders left in the raw folder. Needs the home's lock.

    A load whose files are listed (`raw_files`) was finished, also when dlt's record of it is lost. Without a list that
    can be read nothing is removed: rows of an unfinished load do no harm, as they are read again under the same keys.

    Returns:
        The number of files removed.

    Raises:
        StorageError: The disk refuses.
    """
    removed = 0
    try:
        listed = {load_id_of(raw / name) or "" for name in RawFiles(raw).known()}
    except ManifestDamaged:
        _log.warning("%s is damaged; unfinished loads stay.", raw)
        listed = None
    with storage_errors(raw):
        for source in _folders(raw):
            for leftover in source.glob("*.old"):
                finish_exchange(leftover.with_suffix(""))
            for leftover in source.glob(".*.new"):
                shutil.rmtree(leftover)
            for record in (*source.glob("_dlt_version/*.jsonl"), *source.glob("_dlt_pipeline_state/*.jsonl")):
                # The one before counts then: what came since is read again.
                if not _is_json(record):
                    record.unlink()
                    removed += 1
            if listed is None:
                continue
            done = finished_loads(source) | listed
            for state in (source / "_dlt_pipeline_state").glob("*.jsonl"):
                if state.stem.rsplit("__", 2)[1] not in done:
                    state.unlink()
                    removed += 1
            for path in _data_files(source):
                load_id = load_id_of(path)
                if load_id is not None and not is_exchanged(path) and load_id not in done:
                    path.unlink()
                    removed += 1
    return removed


def check_clock(raw: Path, now: float | None = None) -> None:
    """Refuses to load when the clock is behind the newest load.

    Raises:
        ClockBehind: It is; the message says by how much.
    """
    now = time.time() if now is None else now
    ids = [float(i) for source in _folders(raw) for path in _data_files(source) if (i := load_id_of(path))]
    newest = max(ids, default=0.0)
    if newest > now:
        raise ClockBehind(
            f"This machine's clock is {newest - now:.0f} s behind the newest load in {raw}.",
            advice="Correct the clock (for example with `timedatectl set-ntp true`), then run again.",
        )


def exchanged_name(load_id: str, kind: str, part: str) -> str:
    """Name of a data file that is put in place by exchanging whole folders: complete whenever it is seen."""
    return f"{load_id}.{kind}-{part}.parquet"


def stored_schema(table: Table) -> pa.Schema:
    """The schema of a table's files: its own, and the load id."""
    return table.schema.append(pa.field(LOAD_ID, pa.string()))


def ensure_tables(raw: Path, source: str, tables: Iterable[Table]) -> None:
    """Writes an empty file with the full schema for every table that has none, or an outdated one.

    Raises:
        StorageError: The disk refuses.
    """
    for table in tables:
        folder = raw / source / table.name
        path = folder / SCHEMA_FILE
        schema = stored_schema(table)
        with storage_errors(path):
            if parquet_schema(path) == schema:
                continue
            whole = empty(table).append_column(pa.field(LOAD_ID, pa.string()), pa.array([], type=pa.string()))
            with replacement(path) as temporary:
                pq.write_table(whole, temporary)


def file_counts(raw: Path) -> dict[Path, int]:
    """Parquet files by table folder."""
    return {
        folder: sum(1 for _ in folder.glob("*.parquet"))
        for source in _folders(raw)
        for folder in _folders(source)
        if not folder.name.startswith("_")
    }


def _pipeline(home: Home, name: str, dataset: str) -> Any:
    import dlt

    return dlt.pipeline(
        pipeline_name=name,
        pipelines_dir=str(home.dlt),
        destination=dlt.destinations.filesystem(bucket_url=str(home.raw)),
        dataset_name=dataset,
    )


def cause(error: BaseException, folder: Path) -> BaseException:
    """The error of ours, or of the disk, inside dlt's wrapping; dlt's own if there is none."""
    found: BaseException | None = error
    refusals: list[OSError] = []
    while found is not None:
        if isinstance(found, TtkpiError):
            return found
        if isinstance(found, OSError):
            refusals.append(found)
        found = found.__cause__ or found.__context__
    if not refusals:
        return error
    # Where a full disk kept a file from being written, dlt also complains that the file is not there.
    full = (one for one in refusals if one.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS))
    return storage_error(next(full, refusals[0]), folder)


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _data_files(source: Path) -> Iterator[Path]:
    for folder in _folders(source):
        if not folder.name.startswith("_"):
            yield from folder.glob("*.parquet")


def _is_json(path: Path) -> bool:
    """Whether a record of dlt's can be read; a state is packed, and its packing has a checksum."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if path.parent.name == "_dlt_pipeline_state":
            zlib.decompress(base64.b64decode(record["state"], validate=True))
        if path.parent.name == "_dlt_version":
            return isinstance(record["schema"], str) and "inserted_at" in record
    except (ValueError, TypeError, KeyError, zlib.error):
        return False
    return True
