"""Files in the archive: their cells as they came, page by page, and one last page that says what each sheet is.

    archive/seller_center/<kind>/<shop or ads account>/...       cells: {"row": 7, "cells": ["5771...", ...]}
    archive/seller_center/quarantine/<shop or ads account>/...   what was set aside
    archive/seller_center/files/<shop or ads account>/...        one record per sheet: header, decisions, explanation

A file's page of resource `files` is committed last, and in the same step as the others. Pages of a file without one
are what a kill left behind: they count for nothing, and the next import of the file writes them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from home.storage import storage_errors
from ingestion.engine.archive import Archive, Entry
from ingestion.engine.pages import Page, Record
from ingestion.engine.rows import Drift, build
from ingestion.seller_center.building import FileRows
from ingestion.seller_center.entities import MAPPERS, Facts
from ingestion.seller_center.sheets import Decisions
from ingestion.seller_center.tables import FILES, JOURNAL_NAMES, ORIGIN, QUARANTINE
from ingestion.tables.sources import SELLER_CENTER

_OF_FILES = {FILES.name: FILES, QUARANTINE.name: QUARANTINE}


@dataclass(frozen=True, slots=True)
class Filed:
    """A file that is in the archive.

    Attributes:
        file_id: SHA-256 of its bytes.
        cells_id: SHA-256 of what was kept of its cells.
        owner: The shop or ads account that it is of.
        rows: Its rows.
        is_whole: Whether all of its sheets with data were understood.
    """

    file_id: str
    cells_id: str
    owner: str
    rows: int
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Built:
    """Raw rows of a page.

    Attributes:
        resource: Of the page.
        records: Its records.
        tables: Rows by raw table.
    """

    resource: str
    records: int
    tables: dict[str, pa.Table]


def filed(archive: Archive) -> list[Filed]:
    """The files that are in the archive as a whole, in the order in which they came."""
    found = []
    for entry in archive.entries(SELLER_CENTER):
        if entry.resource == FILES.name:
            for page in entry.pages:
                context = page["context"]
                found.append(
                    Filed(
                        context["file_id"],
                        context["cells_id"],
                        entry.shop_key,
                        context["data_rows"],
                        is_whole="left_out" not in context,
                    )
                )
    return found


def loaded(raw: Path) -> set[str]:
    """Ids of the files whose rows are in the raw folder."""
    found: set[str] = set()
    folder = raw / SELLER_CENTER / FILES.name
    with storage_errors(folder):
        for path in folder.glob("*.parquet"):
            found.update(pq.read_table(path, columns=["file_id"]).column("file_id").to_pylist())
    return found


def rows_of(
    archive: Archive,
    entries: Iterable[Entry],
    wanted: Callable[[Page], bool],
    *,
    imported_before: datetime | None = None,
) -> Iterator[Built]:
    """The raw rows of files in the archive.

    Args:
        archive: The archive.
        entries: Entries of one shop or ads account, in the order of the manifest. Those of other sources, and of the
            logs that runs keep, are passed over.
        wanted: Which pages count.
        imported_before: Files that were imported at this instant or later are left out, whenever they were downloaded.
    """
    mine = [
        entry for entry in entries if entry.source == SELLER_CENTER and entry.resource not in JOURNAL_NAMES
    ]
    facts: dict[str, dict[str, Facts]] = {}
    for entry in mine:
        if entry.resource == FILES.name:
            for page in archive.read(entry):
                if imported_before is not None and not _was_imported(page, imported_before):
                    continue
                facts[page.context["file_id"]] = {
                    record["sheet"]: facts_of(record, page)
                    for record in page.records
                    # Data that this version no longer knows stays in the archive.
                    if record["kind"] in MAPPERS
                }
    makers = {file_id: FileRows(sheets) for file_id, sheets in facts.items()}
    seen: set[tuple[str, str]] = set()
    for entry in mine:
        for page in archive.read(entry):
            file_id = page.context["file_id"]
            # A file that a kill kept from being committed was written again, under the same ids.
            if file_id not in makers or (file_id, page.page_id) in seen or not wanted(page):
                continue
            seen.add((file_id, page.page_id))
            if entry.resource in _OF_FILES:
                tables = build(_OF_FILES[entry.resource], [page], Drift())
            elif page.context["sheet"] in facts[file_id]:
                tables = makers[file_id].add(page)
            else:
                continue
            yield Built(entry.resource, page.count or len(page.records), tables)
    for maker in makers.values():
        yield Built("statements", 0, maker.finish())


def _was_imported(page: Page, before: datetime) -> bool:
    """Whether the file that a page of `files` tells of had been imported before an instant."""
    return any(record["imported_at"] < before.timestamp() for record in page.records)


def page_of(
    facts: Facts, resource: str, records: list[Record], context: Record, lines: bytes | None = None
) -> Page:
    """A page of a file.

    Args:
        facts: Of the sheet; of any of its sheets, when the page is of the whole file.
        resource: Kind of the sheet, `files` or `quarantine`.
        records: Its records.
        context: What else belongs to the page.
        lines: The records as JSON lines, if they are there already.
    """
    page = Page(
        source=SELLER_CENTER,
        shop_key=facts.shop_key or facts.advertiser_id,
        resource=resource,
        endpoint=facts.decisions.layout,
        retrieved_at=facts.downloaded_at,
        records=records,
        context={"origin": ORIGIN, "file_id": facts.file_id, **context},
    )
    if lines is not None:
        page.lines, page.count = lines, len(records)
    return page


def sheet_record(facts: Facts, **more: Any) -> Record:
    """What is kept of a sheet beside its cells: a row of `files`, and what a replay needs to read the cells alike.

    Args:
        facts: Of the sheet.
        more: Further fields of the row.
    """
    decisions = facts.decisions
    first, end = decisions.period or (None, None)
    return {
        "shop_key": facts.shop_key or None,
        "advertiser_id": facts.advertiser_id or None,
        "file_id": facts.file_id,
        "sheet": facts.sheet,
        "layout": decisions.layout,
        "kind": decisions.kind,
        "language": decisions.language,
        "market": decisions.market,
        "time_zone": decisions.zone,
        "currency": decisions.currency,
        "date_order": decisions.date_order,
        "decimal_mark": decisions.decimal_mark,
        "period_start": first.isoformat() if first else None,
        "period_end": end.isoformat() if end else None,
        "downloaded_at": int(facts.downloaded_at.timestamp()),
        "header_row": decisions.header_row,
        "columns": _json(decisions.columns),
        "unknown_columns": _json(decisions.unknown),
        "missing_columns": _json(decisions.missing),
        "header": facts.header,
        "decisions": orjson.loads(orjson.dumps(asdict(decisions))),
        **more,
    }


def facts_of(record: Record, page: Page) -> Facts:
    """The facts that `sheet_record` has kept."""
    decided: Record = dict(record["decisions"])
    period, downloaded_at = decided.pop("period"), decided.pop("downloaded_at")
    decisions = Decisions(
        **decided,
        period=(date.fromisoformat(period[0]), date.fromisoformat(period[1])) if period else None,
        downloaded_at=datetime.fromisoformat(downloaded_at).astimezone(UTC) if downloaded_at else None,
    )
    return Facts(
        file_id=record["file_id"],
        sheet=record["sheet"],
        decisions=decisions,
        shop_key=record["shop_key"] or "",
        advertiser_id=record["advertiser_id"] or "",
        downloaded_at=page.retrieved_at,
        header=record["header"],
    )


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
