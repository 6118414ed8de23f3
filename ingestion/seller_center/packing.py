"""The cells of a file as they are archived: rows that belong together side by side, in pages of whole groups."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from ingestion.engine.pages import Page, Record
from ingestion.seller_center.entities import MAPPERS, Facts
from ingestion.seller_center.filed import page_of
from ingestion.seller_center.sheets import FileReading, Sheet

PAGE_ROWS = 4_000
"""Rows of a page: whole orders, so that it may be a few more."""
PAGES_PER_FILE = 4
"""Pages that share a file of the archive: what is held in memory at a time."""


def packed_rows(reading: FileReading) -> dict[str, list[bytes]]:
    """The rows of each sheet as lines of JSON, by its name."""
    return {sheet.name: _packed(sheet, MAPPERS[sheet.decisions.kind].together) for sheet in reading.sheets}


def digest_of_cells(reading: FileReading, packed: Mapping[str, list[bytes]]) -> str:
    """SHA-256 of what is kept of the cells: the same for other bytes with the same cells."""
    digest = hashlib.sha256()
    for sheet in reading.sheets:
        digest.update(orjson.dumps([sheet.name, sheet.decisions.layout, sheet.header]))
        for line in packed[sheet.name]:
            digest.update(line)
    return digest.hexdigest()


def page_groups(facts: Mapping[str, Facts], packed: Mapping[str, list[bytes]]) -> Iterator[list[Page]]:
    """The pages of all sheets, in groups that share a file of the archive."""
    for sheet, lines in packed.items():
        group: list[Page] = []
        for page in _pages(facts[sheet], lines):
            group.append(page)
            if len(group) >= PAGES_PER_FILE:
                yield group
                group = []
        if group:
            yield group


def _pages(facts: Facts, lines: list[bytes]) -> Iterator[Page]:
    """Pages of whole groups; a sheet without rows is no page."""
    names = {canonical: name for name, canonical in facts.decisions.columns.items()}
    together = MAPPERS[facts.decisions.kind].together
    places = [facts.header.index(names[name]) for name in together if names.get(name) in facts.header]
    part: list[bytes] = []
    records: list[Record] = []
    last: Any = None
    for line in lines:
        record = orjson.loads(line)
        key = tuple(_plain(record["cells"][place]) for place in places) if places else None
        if len(records) >= PAGE_ROWS and (key is None or key != last):
            yield _page(facts, records, part)
            part, records = [], []
        part.append(line)
        records.append(record)
        last = key
    if records:
        yield _page(facts, records, part)


def _page(facts: Facts, records: list[Record], lines: list[bytes]) -> Page:
    return page_of(facts, facts.decisions.kind, records, {"sheet": facts.sheet}, b"".join(lines))


def _packed(sheet: Sheet, together: Sequence[str]) -> list[bytes]:
    """The rows as lines of JSON, those that belong together side by side, otherwise in the order of the file."""
    places = [
        index
        for name in together
        for index, header in enumerate(sheet.header)
        if sheet.decisions.columns.get(header) == name
    ]
    groups: dict[tuple[Any, ...], list[bytes]] = {}
    for row, cells in sheet.raw_rows():
        key = tuple(_plain(cells[place]) for place in places) if places else ()
        line = orjson.dumps({"row": row, "cells": cells}, option=orjson.OPT_APPEND_NEWLINE)
        # A copy: what orjson gives keeps the memory of its buffer, 8 kB for a row of 400 bytes.
        groups.setdefault(key, []).append(bytes(memoryview(line)))
    return [line for lines in groups.values() for line in lines]


def _plain(cell: Any) -> Any:
    return cell.strip() if isinstance(cell, str) else cell
