"""What is found in a table on the first look: its header, the columns that leave the reader, its data rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from ingestion.engine.privacy import is_contact_name, scrub
from ingestion.seller_center.dates import DateEvidence
from ingestion.seller_center.layouts import ColumnSpec, Layout, header_words
from ingestion.seller_center.numbers import MarkEvidence
from ingestion.seller_center.recognise import Header
from ingestion.seller_center.sheets import Cell, Problem, Traces
from ingestion.seller_center.typed import is_missing
from ingestion.seller_center.workbook import Table

TOTALS = re.compile(
    r"(grand )?(sub)?total|sum\b|jumlah|suma\b|resumen|promedio|tổng|gesamt|somme|"
    r"合计|总计|小计|汇总|合計|รวม|ยอดรวม",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Kept:
    """A column that leaves the reader.

    Attributes:
        place: Where its cells stand in the table.
        name: Header as it stands in the file, numbered if it came before.
        spec: What it is; None when unknown.
        hashed: Whether its cells leave as hashes only.
    """

    place: int
    name: str
    spec: ColumnSpec | None
    hashed: bool = False


@dataclass(slots=True)
class Found:
    """What the first look at a sheet found.

    Attributes:
        table: The sheet.
        header: Its header and layout.
        kept: The columns that leave the reader.
        key: The one without which a row is no data; None when the sheet lacks it.
        problems: What a person must know.
        outside: Rows that hold no data: above the header, descriptions, totals.
        dates: What its dates prove.
        marks: What its amounts prove.
        period_days: The days of the column that dates rows, as they are written.
        currencies: Codes and signs of currencies, each with the place where it was first seen.
        of_rows: Those of them that a column of currencies names.
        of_amounts: Those of them that stand beside an amount.
        rows: Number of data rows.
        has_times: Whether it has columns of times or days.
        twins: Columns that mean the same as an earlier one, with that one.
        totals: Rows that sum up those above them, cells of `kept`.
        unmapped: Headers that we don't know and that hold money.
        dropped: Headers that we don't know and whose cells are not kept.
        country: Where the countries of the recipients stand; None when nowhere.
        traces: What the rows say of the shop that they are of.
    """

    table: Table
    header: Header
    kept: list[Kept]
    key: Kept | None
    problems: list[Problem]
    outside: list[tuple[int, list[Cell]]] = field(default_factory=list)
    dates: DateEvidence = field(default_factory=DateEvidence)
    marks: MarkEvidence = field(default_factory=MarkEvidence)
    period_days: set[str] = field(default_factory=set)
    currencies: dict[str, str] = field(default_factory=dict)
    of_rows: set[str] = field(default_factory=set)
    of_amounts: set[str] = field(default_factory=set)
    rows: int = 0
    has_times: bool = False
    twins: list[tuple[Kept, Kept]] = field(default_factory=list)
    totals: list[tuple[int, list[Cell]]] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    country: int | None = None
    traces: Traces = field(default_factory=Traces)


def choose_columns(table: Table, header: Header, file: str, day: date | None, hashing: bool) -> Found:
    """Which columns leave the reader, and what is wrong with the header."""
    layout = header.layout
    sheet = table.name
    problems: list[Problem] = []
    kept: list[Kept] = []
    seen: dict[str, int] = {}
    mapped: dict[str, Kept] = {}
    twins: list[tuple[Kept, Kept]] = []
    country: int | None = None
    width = len(header.names)
    for place in range(width):
        text = header.names[place]
        name = text or f"(column {place + 1})"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name = f"{name} ({seen[name]})"
        pair = layout.kind.find(text, day) if text else None
        spec = pair[1] if pair else None
        if spec and spec.name == "country":
            country = place
        if spec and spec.contact == "cut":
            continue
        if spec and spec.contact == "person" and not hashing:
            continue
        if spec is None:
            snake = re.sub(r"[^a-z0-9]+", "_", "_".join(header_words(text))).strip("_")
            if text and is_contact_name(snake):
                problems.append(Problem("contact_column_cut", "note", file, sheet, header.row, name))
                continue
        column = Kept(place, name, spec, hashed=bool(spec and spec.contact == "person"))
        if spec and spec.name in mapped:
            # One column, if the platform has written it twice: the rows tell.
            twins.append((mapped[spec.name], column))
            continue
        if spec:
            mapped[spec.name] = column
        kept.append(column)
    for text in platform_headers(layout, header.missing):
        problems.append(Problem("missing_column", "error", file, sheet, header.row, text))
    return Found(table, header, kept, mapped.get(layout.key), problems, twins=twins, country=country)


def platform_headers(layout: Layout, names: Sequence[str]) -> list[str]:
    """How the platform calls columns of a layout."""
    result = []
    for name in names:
        headers = layout.kind.columns[name].headers
        own = [alias.header for alias in headers if alias.language == layout.language]
        result.append((own or [headers[0].header])[0])
    return result


_KEYS = {
    "id": re.compile(r"[\s'=\"]*(?=[^\s]*[0-9])[^\s\"]+[\s\"]*"),
    "time": re.compile(r"\s*[0-9][0-9/.:\-]{4,}.*", re.DOTALL),
    "date": re.compile(r"\s*[0-9][0-9/.:\-]{4,}.*", re.DOTALL),
    "text": re.compile(r"\s*\S.*", re.DOTALL),
}

_Keep = Callable[[Sequence[Cell]], list[Cell]]


def data_rows(one: Found, file: str, first_look: bool) -> Iterator[tuple[int, list[Cell]]]:
    """The rows that hold data, as wide as the header.

    Args:
        one: What was found.
        file: For the problems.
        first_look: Whether problems and rows outside are noted; they are the same every time.
    """
    width, header = len(one.header.names), one.header
    key = one.key.place if one.key else 0
    is_key = _KEYS[one.key.spec.type if one.key and one.key.spec else "text"].fullmatch
    by_text = one.key is None or one.key.spec is None or one.key.spec.type == "text"
    pending: list[tuple[int, list[Cell]]] = []
    before_data = True
    for number, row in enumerate(islice(one.table.rows(), header.row, None), start=header.row + 1):
        size = len(row)
        if size < width:
            row = [*row, *[""] * (width - size)]
            if not one.table.name and size > key and size > 1 and is_key(str(row[key])):
                # A CSV has all cells of a row, or it was cut off; a workbook leaves out the empty ones at the end.
                if first_look:
                    _quarantine(
                        one, file, number, "row_too_short", {"cells": str(size), "columns": str(width)}
                    )
                continue
        elif size > width:
            if any(not is_missing(cell) for cell in row[width:]):
                if first_look:
                    _quarantine(
                        one, file, number, "row_too_long", {"cells": str(size), "columns": str(width)}
                    )
                continue
            row = row[:width]
        cell = row[key]
        fits = is_key(cell) is not None if isinstance(cell, str) else isinstance(cell, int | float)
        if fits and not (by_text and TOTALS.match(str(cell).strip())) and not _is_header(row, header):
            if by_text and before_data and _describes(one, row):
                fits = False
            else:
                if pending:
                    _leave(one, file, pending, first_look, at_end=False)
                    pending = []
                before_data = False
                yield number, row
                continue
        if all(is_missing(cell) for cell in row) or _is_header(row, header):
            continue
        if before_data and _describes(one, row):
            if first_look:
                one.outside.append((number, [scrub(row[column.place]) for column in one.kept]))
            continue
        pending.append((number, row))
    if pending:
        _leave(one, file, pending, first_look, at_end=True)


def _is_header(row: Sequence[Cell], header: Header) -> bool:
    return row[0] == header.names[0] and [str(cell).strip() for cell in row] == list(header.names)


def _describes(one: Found, row: Sequence[Cell]) -> bool:
    """Whether a row explains its columns: words where ids, times and amounts are due."""
    words = 0
    for column in one.kept:
        cell = row[column.place]
        if column.spec is None or column.spec.type in ("text", "word", "currency") or is_missing(cell):
            continue
        if not isinstance(cell, str):
            return False
        text = cell.strip()
        if any(sign.isdigit() for sign in text) and (" " not in text or not text[0].isalpha()):
            return False
        words += 1
    return words > 0


def _leave(
    one: Found, file: str, rows: list[tuple[int, list[Cell]]], first_look: bool, *, at_end: bool
) -> None:
    """Leaves out rows without a key: totals and footers quietly, what looks like data with a problem."""
    if not first_look:
        return
    for number, row in rows:
        filled = [cell for cell in row if not is_missing(cell)]
        total = TOTALS.match(str(filled[0]).strip()) is not None
        if at_end and one.header.layout.kind.control and number == rows[-1][0]:
            # The sum under the rows has a dash where they have an id.
            total |= one.key is not None and str(row[one.key.place]).strip() in ("-", "--", "—")
        if total:
            cells = [scrub(row[column.place]) for column in one.kept]
            one.outside.append((number, cells))
            one.totals.append((number, cells))
        elif not at_end or len(filled) * 2 > len(one.header.names):
            _quarantine(one, file, number, "row_without_key", {})


def _quarantine(one: Found, file: str, row: int, code: str, values: Mapping[str, str]) -> None:
    column = one.key.name if one.key and code == "row_without_key" else None
    one.problems.append(Problem(code, "quarantine", file, one.table.name, row, column, values))


def kept_rows(
    one: Found, file: str, hash_person: Callable[[str], str] | None
) -> Iterator[tuple[int, list[Cell]]]:
    """The data rows without contact data."""
    places = [column.place for column in one.kept]
    hashed = [index for index, column in enumerate(one.kept) if column.hashed]
    doubtful = [index for index, column in enumerate(one.kept) if column.spec is None]
    for number, row in data_rows(one, file, first_look=False):
        cells = [row[place] for place in places]
        for index in hashed:
            cell = cells[index]
            cells[index] = None if is_missing(cell) or hash_person is None else hash_person(str(cell).strip())
        for index in doubtful:
            cells[index] = scrub(cells[index])
        yield number, cells
