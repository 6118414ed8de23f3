"""What each run did: one row per shop and resource, and what did not look as declared.

Both tables are written once per run. They are archived as well, so `replay` can rebuild them.

| raw table | grain |
| --- | --- |
| `sync_log` | one row per run, shop and resource |
| `drift` | one row per run, shop, table, field and kind of surprise |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa

from home.layout import Home
from ingestion.engine.archive import Archive
from ingestion.engine.columns import Table, count, fields, text, texts, times
from ingestion.engine.pages import Page, Record
from ingestion.engine.pipelines import for_table, load, open_pipeline
from ingestion.engine.rows import Drift, build

Status = Literal["ok", "skipped", "failed"]

SHOP = "shop_key"
"""Whose rows they are, for sources with shops. Sources with other owners name the column after them."""


def journal(owner: str) -> dict[str, Table]:
    """The two tables of a source, by name.

    Args:
        owner: Name of the column that says whose resource it was.
    """
    log = Table(
        name="sync_log",
        key=("run_id",),
        shop_key="own",
        known=fields(f"""
        run_id {owner} resource endpoint status started_at finished_at window_from window_until complete_from cursor
        pages rows_written error_code error_message access_token_expires_at refresh_token_expires_at
        authorisation_state
        """),
        columns=(
            *texts(f"run_id {owner} resource endpoint status"),
            *times("started_at finished_at window_from window_until complete_from cursor"),
            count("pages"),
            count("rows_written"),
            count("error_code"),
            text("error_message"),
            *times("access_token_expires_at refresh_token_expires_at"),
            text("authorisation_state"),
        ),
    )
    drift = Table(
        name="drift",
        key=("run_id",),
        shop_key="own",
        known=fields(f"run_id {owner} resource field example_type rows_seen"),
        columns=(*texts(f"run_id {owner} resource field example_type"), count("rows_seen")),
    )
    return {table.name: table for table in (log, drift)}


JOURNAL = journal(SHOP)
SYNC_LOG, DRIFT = JOURNAL["sync_log"], JOURNAL["drift"]


@dataclass(slots=True)
class LogRow:
    """One row of `sync_log`. Times are unix seconds; None is unknown.

    Attributes:
        run_id: The run.
        shop_key: The shop, or the other owner.
        resource: The resource.
        endpoint: Name of its endpoint.
        status: `ok`; `skipped` (a scope is missing, or the shop failed before its turn); `failed`.
        started_at: When reading it began.
        finished_at: When it ended.
        window_from: Start of the window that was read; None for lists without one.
        window_until: Its end, exclusive.
        complete_from: Everything from here to the cursor is loaded; None for lists without windows.
        cursor: Everything before it is loaded.
        pages: Answers that came.
        rows_written: Rows loaded, child tables included.
        error_code: TikTok's code.
        error_message: What went wrong, or what should be known.
        access_token_expires_at: End of the access token.
        refresh_token_expires_at: End of the authorisation.
        authorisation_state: `ok`, `expired`, `revoked`, `scope_missing`, `deactivated`.
    """

    run_id: str
    shop_key: str
    resource: str
    endpoint: str
    status: Status
    started_at: int
    finished_at: int
    window_from: int | None = None
    window_until: int | None = None
    complete_from: int | None = None
    cursor: int | None = None
    pages: int = 0
    rows_written: int = 0
    error_code: int | None = None
    error_message: str | None = None
    access_token_expires_at: int | None = None
    refresh_token_expires_at: int | None = None
    authorisation_state: str = "ok"


def log_page(source: str, rows: Sequence[LogRow], owner: str = SHOP) -> Page:
    """The page that keeps a run's `sync_log`."""
    records = [
        {owner if name == SHOP else name: value for name, value in asdict(row).items()} for row in rows
    ]
    return _journal(source, "sync_log", records)


def drift_page(source: str, run_id: str, found: dict[str, Drift], owner: str = SHOP) -> Page:
    """The page that keeps a run's `drift`, by shop."""
    rows: list[Record] = [
        {
            "run_id": run_id,
            owner: shop_key,
            "resource": table,
            "field": field_name,
            "example_type": what,
            "rows_seen": seen,
        }
        for shop_key, drift in found.items()
        for (table, field_name, what), seen in drift.seen.items()
    ]
    return _journal(source, "drift", rows)


def journal_rows(pages: Sequence[Page], owner: str = SHOP) -> dict[str, pa.Table]:
    """Rows of journal pages of one kind."""
    return build(journal(owner)[pages[0].resource], pages, Drift())


def write_journal(
    home: Home, source: str, owner: str, run_id: str, log: Sequence[LogRow], drifts: dict[str, Drift]
) -> None:
    """Writes `sync_log` and `drift` of a source, once per run.

    Args:
        home: Where everything is; its lock must be held.
        source: Name of the source.
        owner: The column that says whose row it is.
        run_id: The run.
        log: What was done.
        drifts: What did not look as declared, by owner.

    Raises:
        StorageError: The disk refuses.
    """
    import dlt

    archive = Archive(home.archive)
    pages = [
        page
        for page in (log_page(source, log, owner), drift_page(source, run_id, drifts, owner))
        if page.records
    ]
    archive.commit([archive.write([page], run_id=run_id) for page in pages])

    def resources() -> Iterator[Any]:
        for page in pages:
            table = journal_rows([page], owner)[page.resource]
            yield dlt.resource(
                [for_table(table, page.resource)], name=page.resource, write_disposition="append"
            )

    if pages:
        pipeline = open_pipeline(home, f"{source}__log", source)
        load(pipeline, dlt.source(resources, name=source, max_table_nesting=0)())


def _journal(source: str, name: str, records: list[Record]) -> Page:
    return Page(
        source=source,
        shop_key="",
        resource=name,
        retrieved_at=datetime.now(UTC),
        records=records,
    )
