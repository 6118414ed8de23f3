"""Reads a hand-downloaded file: recognises its sheets by their headers and decides how its cells are read.

A file is looked at twice. The first time decides, from all of its rows, in which order day and month stand,
which mark is the decimal one, whose currency it is, and what in it is not as we know it. The second time,
`Sheet.raw_rows`, gives the cells to whoever loads them. Contact data is cut in both: it never leaves.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from ingestion.privacy import is_contact_name, scrub
from ingestion.seller_center.dates import (
    DateEvidence,
    DateReader,
    NotADate,
    dates_in,
    decide_order,
    is_sentinel,
    parse_clock,
    parse_day,
    split_day,
)
from ingestion.seller_center.layouts import (
    AMOUNTS,
    TIMES,
    ColumnSpec,
    Layout,
    normal_header,
    split_unit,
)
from ingestion.seller_center.numbers import (
    MarkEvidence,
    agrees,
    currency_of,
    decide_mark,
    parse_number,
    take_apart,
)
from ingestion.seller_center.recognise import LOOK_AT, Header, NearMiss, recognise
from ingestion.seller_center.sheets import (
    Cell,
    DateOrder,
    DecimalMark,
    Decisions,
    FileReading,
    Problem,
    Severity,
    Sheet,
    ShopFacts,
)
from ingestion.seller_center.typed import IDS, PLAIN, SCIENTIFIC, BadCell, is_missing, only, read_id, shown
from ingestion.seller_center.workbook import Table, Unreadable, open_tables
from ingestion.tiktok_shop.shop_days import REGION_ZONES

MARKET_CURRENCIES = {
    "BR": "BRL",
    "GB": "GBP",
    "ID": "IDR",
    "JP": "JPY",
    "MX": "MXN",
    "MY": "MYR",
    "PH": "PHP",
    "SG": "SGD",
    "TH": "THB",
    "US": "USD",
    "VN": "VND",
}
"""Currencies that name a market; the euro names none."""

_FEES = frozenset({"income", "settlement_pnl", "unsettled", "settlement_adjustments"})
_TOTALS = re.compile(
    r"(grand )?(sub)?total|sum\b|jumlah|suma\b|resumen|promedio|合计|总计|小计|汇总|合計|tổng", re.IGNORECASE
)
_DOWNLOADED = re.compile(r"download|export|generated|unduh|descarga|下载|导出|xuất", re.IGNORECASE)
_MOMENT = re.compile(
    r"([0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4})[ T]+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: ?[AaPp]\.?[Mm]\.?)?)"
    r"(?: ?\(?(UTC|GMT) ?(?:([+-][0-9]{1,2})(?::?([0-9]{2}))?)?\)?)?"
)
_REAL_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T")
_CHUNK = 5_000
_SHOWN = 3


@dataclass(slots=True)
class _Kept:
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
class _Found:
    """What the first look at a sheet found."""

    table: Table
    header: Header
    kept: list[_Kept]
    key: _Kept | None
    problems: list[Problem]
    outside: list[tuple[int, list[Cell]]] = field(default_factory=list)
    dates: DateEvidence = field(default_factory=DateEvidence)
    marks: MarkEvidence = field(default_factory=MarkEvidence)
    period_days: set[str] = field(default_factory=set)
    currencies: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    has_times: bool = False


def read_file(
    path: Path,
    *,
    shop: ShopFacts | None,
    date_order: DateOrder | None = None,
    decimal_mark: DecimalMark | None = None,
    hash_person: Callable[[str], str] | None = None,
) -> FileReading:
    """Reads a CSV or a workbook.

    Args:
        path: The file.
        shop: What is known of its shop; None when nobody knows yet whose it is.
        date_order: How dates like 05/06/2026 are read, if a person said so; decided from the rows otherwise.
        decimal_mark: The same for amounts like 1.234.
        hash_person: Turns a buyer's username into its keyed hash; without it the column is cut out.

    Raises:
        OSError: The file can't be opened.
    """
    digest = _sha256(path)
    problems: list[Problem] = []
    found: list[_Found] = []
    try:
        tables = open_tables(path)
        for table in tables:
            _look(table, path.name, hash_person is not None, found, problems)
    except Unreadable as error:
        reason = {"reason": error.message}
        return FileReading(path, digest, [], [Problem(error.code, "error", path.name, values=reason)])
    if not found:
        near = [problem for problem in problems if problem.code == "not_recognised"]
        problems = near[:1] or problems[:1] or [Problem("unknown_layout", "error", path.name)]
        return FileReading(path, digest, [], problems)
    unused = [Problem("sheet_not_used", "note", path.name, problem.sheet) for problem in problems]
    sheets = [_decide(one, found, path, shop, date_order, decimal_mark, hash_person) for one in found]
    return FileReading(path, digest, sheets, unused + [p for sheet in sheets for p in sheet.problems])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _look(table: Table, file: str, hashing: bool, found: list[_Found], problems: list[Problem]) -> None:
    """Looks at a table for the first time."""
    first = list(islice(table.rows(), LOOK_AT))
    header = recognise(first)
    if not isinstance(header, Header):
        if any(not is_missing(cell) for row in first for cell in row):
            problems.append(_not_recognised(header, file, table.name))
        return
    day = _file_day(first[: header.row])
    if day:
        again = recognise(first, day)
        header = again if isinstance(again, Header) else header
    one = _columns(table, header, file, day, hashing)
    if table.encoding:
        one.problems.append(
            Problem("encoding_guessed", "note", file, table.name, values={"encoding": table.encoding})
        )
    for number, row in enumerate(first[: header.row], start=1):
        cells: list[Cell] = [scrub(cell) for cell in row]
        if any(not is_missing(cell) for cell in cells):
            one.outside.append((number, cells))
    _gather(one, file)
    found.append(one)


def _not_recognised(near: NearMiss | None, file: str, sheet: str) -> Problem:
    if near is None or near.found < 2:
        return Problem("unknown_layout", "error", file, sheet)
    missing = ", ".join(_headers(near.layout, near.missing)) or "-"
    values = {
        "layout_en": near.layout.title["en"],
        "layout_zh": near.layout.title["zh"],
        "found": str(near.found),
        "missing": missing,
    }
    return Problem("not_recognised", "error", file, sheet, near.row, values=values)


def _headers(layout: Layout, names: Sequence[str]) -> list[str]:
    """How the platform calls columns of a layout."""
    result = []
    for name in names:
        headers = layout.kind.columns[name].headers
        own = [alias.header for alias in headers if alias.language == layout.language]
        result.append((own or [headers[0].header])[0])
    return result


def _file_day(rows: Sequence[Sequence[Cell]]) -> date | None:
    """The latest unmistakable date above the data; it tells which of two meanings a header had."""
    days = []
    for row in rows:
        for cell in row:
            for text in dates_in(cell) if isinstance(cell, str) else ():
                try:
                    days.append(parse_day(text, None))
                except NotADate:
                    continue  # a date that could be read in two ways dates nothing
    return max(days, default=None)


def _columns(table: Table, header: Header, file: str, day: date | None, hashing: bool) -> _Found:
    """Which columns leave the reader, and what is wrong with the header."""
    layout = header.layout
    sheet = table.name
    problems: list[Problem] = []
    kept: list[_Kept] = []
    seen: dict[str, int] = {}
    mapped: dict[str, _Kept] = {}
    width = len(header.names)
    for place in range(width):
        text = header.names[place]
        name = text or f"(column {place + 1})"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name = f"{name} ({seen[name]})"
        pair = layout.kind.find(text, day) if text else None
        spec = pair[1] if pair else None
        if spec and spec.contact == "cut":
            continue
        if spec and spec.contact == "person" and not hashing:
            continue
        if spec is None:
            snake = re.sub(r"[^a-z0-9]+", "_", normal_header(text)).strip("_")
            if text and is_contact_name(snake):
                problems.append(Problem("contact_column_cut", "note", file, sheet, header.row, name))
                continue
        column = _Kept(place, name, spec, hashed=bool(spec and spec.contact == "person"))
        if spec and spec.name in mapped:
            problems.append(
                Problem(
                    "duplicate_column",
                    "error",
                    file,
                    sheet,
                    header.row,
                    name,
                    {"first": mapped[spec.name].name},
                )
            )
            continue
        if spec:
            mapped[spec.name] = column
        kept.append(column)
    for text in _headers(layout, header.missing):
        problems.append(Problem("missing_column", "error", file, sheet, header.row, text))
    return _Found(table, header, kept, mapped.get(layout.key), problems)


# --- rows -------------------------------------------------------------------------------------------------

_KEYS = {
    "id": re.compile(r"[\s'=\"]*(?=[^\s]*[0-9])[^\s\"]+[\s\"]*"),
    "time": re.compile(r"\s*[0-9][0-9/.:\-]{4,}.*", re.DOTALL),
    "date": re.compile(r"\s*[0-9][0-9/.:\-]{4,}.*", re.DOTALL),
    "text": re.compile(r"\s*\S.*", re.DOTALL),
}

_Keep = Callable[[Sequence[Cell]], list[Cell]]


def _data_rows(one: _Found, file: str, first_look: bool) -> Iterator[tuple[int, list[Cell]]]:
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
        elif size > width:
            if any(not is_missing(cell) for cell in row[width:]):
                if first_look:
                    _aside(one, file, number, "row_too_long", {"cells": str(size), "columns": str(width)})
                continue
            row = row[:width]
        cell = row[key]
        fits = is_key(cell) is not None if isinstance(cell, str) else isinstance(cell, int | float)
        if fits and not (by_text and _TOTALS.match(str(cell).strip())) and not _is_header(row, header):
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


def _describes(one: _Found, row: Sequence[Cell]) -> bool:
    """Whether a row explains its columns: words where ids, times and amounts are due."""
    words = 0
    for column in one.kept:
        cell = row[column.place]
        if column.spec is None or column.spec.type in ("text", "word", "currency") or is_missing(cell):
            continue
        if not isinstance(cell, str) or " " not in cell.strip() or not cell.strip()[0].isalpha():
            return False
        words += 1
    return words > 0


def _leave(
    one: _Found, file: str, rows: list[tuple[int, list[Cell]]], first_look: bool, *, at_end: bool
) -> None:
    """Leaves out rows without a key: totals and footers quietly, what looks like data with a problem."""
    if not first_look:
        return
    for number, row in rows:
        filled = [cell for cell in row if not is_missing(cell)]
        total = _TOTALS.match(str(filled[0]).strip()) is not None
        if total:
            one.outside.append((number, [scrub(row[column.place]) for column in one.kept]))
        elif not at_end or len(filled) * 2 > len(one.header.names):
            _aside(one, file, number, "row_without_key", {})


def _aside(one: _Found, file: str, row: int, code: str, values: Mapping[str, str]) -> None:
    column = one.key.name if one.key and code == "row_without_key" else None
    one.problems.append(Problem(code, "quarantine", file, one.table.name, row, column, values))


# --- the first look -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Unknown:
    """An unknown column: rows with an amount, a few of them, and how many there are."""

    rows: list[int] = field(default_factory=list)
    count: int = 0


def _gather(one: _Found, file: str) -> None:
    """Goes over all rows for what they prove and for what is wrong with them."""
    unknown = {column.name: _Unknown() for column in one.kept if column.spec is None}
    reviews = [(column, _review(one, file, column)) for column in one.kept if column.spec]
    stream = _data_rows(one, file, first_look=True)
    while chunk := list(islice(stream, _CHUNK)):
        one.rows += len(chunk)
        numbers = [number for number, _ in chunk]
        cells = list(zip(*[row for _, row in chunk], strict=True))
        for column, review in reviews:
            if review:
                review(cells[column.place], numbers)
        for column in one.kept:
            if column.spec is None:
                _count_amounts(unknown[column.name], cells[column.place], numbers)
    for _, review in reviews:
        if isinstance(review, _Ids):
            review.finish()
    for column in one.kept:
        if column.spec is None:
            _report_unknown(one, file, column, unknown[column.name])
    if not one.rows:
        one.problems.append(Problem("no_rows", "note", file, one.table.name, one.header.row))


_Review = Callable[[Sequence[Cell], list[int]], None]


def _review(one: _Found, file: str, column: _Kept) -> _Review | None:
    spec = column.spec
    assert spec is not None  # noqa: S101 - by the caller
    if spec.type == "id":
        return _review_ids(one, file, column)
    if spec.type in TIMES:
        return _review_dates(one, file, column)
    if spec.type in AMOUNTS or spec.type == "duration":
        return _review_amounts(one, column)
    if spec.type == "currency":
        return _review_currencies(one, column)
    return None


def _review_ids(one: _Found, file: str, column: _Kept) -> _Ids:
    needed = column.spec is not None and column.spec.name in one.header.layout.required
    return _Ids(one, file, column, "error" if needed else "quarantine")


@dataclass(slots=True)
class _Ids:
    """Looks for ids that a spreadsheet has damaged.

    One that is written `1.73E+18`, or is a large number in a workbook, is damaged for sure. Text of digits is
    damaged when all long ids of the column have nothing but zeros after the 15th digit, and not before it: a
    single one can be chance.
    """

    one: _Found
    file: str
    column: _Kept
    severity: Severity
    told: set[str] = field(default_factory=set)
    rounded: list[tuple[int, str]] = field(default_factory=list)
    sound: bool = False

    def __call__(self, cells: Sequence[Cell], numbers: list[int]) -> None:
        """Looks at some rows."""
        if self.sound and only(IDS, cells):
            return
        for index, cell in enumerate(cells):
            if isinstance(cell, str):
                try:
                    text = read_id(cell)
                except BadCell as error:
                    self._tell(str(error), numbers[index], cell)
                    continue
                if not self.sound and len(text) > 15 and text.isdigit():
                    self.sound = bool(text[15:].strip("0"))
                    if self.sound and only(IDS, cells[index:]):
                        return
                    if not self.sound and text[14] != "0" and len(self.rounded) < _SHOWN:
                        self.rounded.append((numbers[index], text))
            elif isinstance(cell, float) or (isinstance(cell, int) and cell >= 10**15):
                self._tell("id_lost_digits", numbers[index], cell)

    def finish(self) -> None:
        """Judges the column as a whole."""
        if not self.sound and len(self.rounded) == _SHOWN:
            self._tell("id_lost_digits", *self.rounded[0])

    def _tell(self, code: str, row: int, cell: Cell) -> None:
        if code not in self.told:
            self.told.add(code)
            place = self.column.name
            self.one.problems.append(
                Problem(
                    code, self.severity, self.file, self.one.table.name, row, place, {"value": shown(cell)}
                )
            )


def _review_dates(one: _Found, file: str, column: _Kept) -> _Review:
    """Weighs days, each different one once, and refuses real dates of a workbook beside texts."""
    one.has_times = True
    known: set[Cell] = set()
    periodic = column.spec is not None and column.spec.name == one.header.layout.period
    real = told = False
    year_last: int | None = None

    def look(cells: Sequence[Cell], numbers: list[int]) -> None:
        nonlocal real, year_last, told
        days: set[Cell] = {cell[:11] if isinstance(cell, str) else cell for cell in cells}
        for start in days - known:
            known.add(start)
            text = _day_text(start)
            if not text:
                continue
            row = numbers[_index(cells, start)]
            one.dates.add(text, f"{column.name}, {row}")
            if periodic:
                one.period_days.add(text)
            if isinstance(start, str) and _REAL_DATE.fullmatch(start):
                real = True
            elif not text[:4].isdigit() and text[0].isdigit() and year_last is None:
                year_last = row
        if real and year_last is not None and not told:
            told = True
            one.problems.append(Problem("mixed_dates", "error", file, one.table.name, year_last, column.name))

    return look


def _index(cells: Sequence[Cell], start: Cell) -> int:
    """The first cell that begins so."""
    if isinstance(start, str):
        return next(
            index for index, cell in enumerate(cells) if isinstance(cell, str) and cell.startswith(start)
        )
    return cells.index(start)


def _day_text(cell: Cell) -> str:
    if isinstance(cell, str):
        return split_day(cell)[0]
    return str(cell) if isinstance(cell, int) and cell > 19_000_000 else ""


def _review_amounts(one: _Found, column: _Kept) -> _Review:
    spec = column.spec
    whole = spec is not None and spec.type == "int"
    money = spec is not None and spec.type == "money"
    known: set[Cell] = set()
    unit = split_unit(column.name)[1]
    if unit:
        one.currencies.setdefault(currency_of(unit) or unit, column.name)

    def look(cells: Sequence[Cell], numbers: list[int]) -> None:
        nonlocal known
        if len(known) > 50_000:
            known = set()
        if len(one.marks.proofs) == 1 and only(PLAIN["".join(one.marks.proofs)], cells):
            return
        fresh = set(cells) - known
        known |= fresh
        for cell in fresh:
            if not isinstance(cell, str):
                continue
            if money and cell and not ("0" <= cell[-1] <= "9" and (cell[0] == "-" or "0" <= cell[0] <= "9")):
                parts = take_apart(cell)
                if parts and parts.currency and parts.currency not in one.currencies:
                    one.currencies[parts.currency] = f"{column.name}, {numbers[cells.index(cell)]}"
            if "." in cell or "," in cell:
                text = cell.strip().removesuffix("%").removesuffix("％")
                one.marks.add(
                    text,
                    lambda cell=cell: f"{column.name}, {numbers[cells.index(cell)]}",  # type: ignore[misc]
                    whole=whole,
                )

    return look


def _review_currencies(one: _Found, column: _Kept) -> _Review:
    def look(cells: Sequence[Cell], numbers: list[int]) -> None:
        for cell in set(cells):
            if isinstance(cell, str) and not is_missing(cell):
                found = currency_of(cell) or cell.strip().upper()
                one.currencies.setdefault(found, f"{column.name}, {numbers[cells.index(cell)]}")

    return look


def _count_amounts(unknown: _Unknown, cells: Sequence[Cell], numbers: list[int]) -> None:
    worth = {cell: _is_amount(cell) for cell in set(cells)}
    if not any(worth.values()):
        return
    rows = [numbers[index] for index, cell in enumerate(cells) if worth[cell]]
    unknown.count += len(rows)
    unknown.rows += rows[: _SHOWN - len(unknown.rows)]


def _is_amount(cell: Cell) -> bool:
    """Whether a cell holds a number other than 0, whatever its decimal mark."""
    if isinstance(cell, bool) or cell is None:
        return False
    if isinstance(cell, int | float):
        return cell != 0
    text = cell.strip().removesuffix("%")
    if not any(sign.isdigit() for sign in text):
        return False
    if SCIENTIFIC.fullmatch(text):
        return True
    if take_apart(text) is None:
        return False
    return any(
        read is not None and read[0] != 0
        for read in (parse_number(text, "."), parse_number(text, ","), parse_number(text, None))
    )


def _report_unknown(one: _Found, file: str, column: _Kept, unknown: _Unknown) -> None:
    sheet, row = one.table.name, one.header.row
    if not unknown.count:
        if not column.name.startswith("(column "):
            one.problems.append(
                Problem("unknown_column_without_amounts", "note", file, sheet, row, column.name)
            )
        return
    code = "unknown_fee" if one.header.layout.kind.kind in _FEES else "unknown_column"
    values = {"rows": ", ".join(map(str, unknown.rows)), "count": str(unknown.count)}
    one.problems.append(Problem(code, "quarantine", file, sheet, unknown.rows[0], column.name, values))


# --- decisions ----------------------------------------------------------------------------------------------


def _decide(
    one: _Found,
    family: list[_Found],
    path: Path,
    shop: ShopFacts | None,
    date_order: DateOrder | None,
    decimal_mark: DecimalMark | None,
    hash_person: Callable[[str], str] | None,
) -> Sheet:
    layout, file, sheet = one.header.layout, path.name, one.table.name
    problems = one.problems
    market = _market(one, shop)
    zone = shop.zone if shop else REGION_ZONES.get(market or "")
    currency = _currency(one, shop, market, file)
    above = [cells for number, cells in one.outside if number <= one.header.row]
    order = date_order or _order(one, family, above, layout, path, file)
    reading: DateOrder | None = None if order in ("contradictory", "undecidable") else cast(DateOrder, order)
    mark = decimal_mark or _mark(one, family, currency, file)
    if zone is None and one.has_times:
        problems.append(Problem("zone_unknown", "error", file, sheet))
        zone = "UTC"
    known = {column.spec.name for column in one.kept if column.spec}
    cut = {name for name, spec in layout.kind.columns.items() if spec.contact}
    decisions = Decisions(
        layout=layout.id,
        kind=layout.kind.kind,
        language=_language(one),
        market=market,
        zone=zone,
        currency=currency,
        date_order=reading,
        decimal_mark=mark,
        period=_period(above, layout, path, reading) or _rows_period(one, reading, zone),
        downloaded_at=_downloaded_at(above, reading, zone),
        header_row=one.header.row,
        columns={column.name: column.spec.name for column in one.kept if column.spec},
        unknown=[column.name for column in one.kept if column.spec is None]
        + [problem.column for problem in problems if problem.code == "contact_column_cut" and problem.column],
        missing=[name for name in layout.columns if name not in known and name not in cut],
    )
    return Sheet(
        name=sheet,
        decisions=decisions,
        problems=problems,
        header=[column.name for column in one.kept],
        outside=one.outside,
        source=lambda: _kept_rows(one, file, hash_person),
    )


def _kept_rows(
    one: _Found, file: str, hash_person: Callable[[str], str] | None
) -> Iterator[tuple[int, list[Cell]]]:
    """The data rows without contact data."""
    places = [column.place for column in one.kept]
    hashed = [index for index, column in enumerate(one.kept) if column.hashed]
    doubtful = [index for index, column in enumerate(one.kept) if column.spec is None]
    for number, row in _data_rows(one, file, first_look=False):
        cells = [row[place] for place in places]
        for index in hashed:
            cell = cells[index]
            cells[index] = None if is_missing(cell) or hash_person is None else hash_person(str(cell).strip())
        for index in doubtful:
            cells[index] = scrub(cells[index])
        yield number, cells


def _market(one: _Found, shop: ShopFacts | None) -> str | None:
    if shop:
        return shop.region
    by_currency = [
        market for market, currency in MARKET_CURRENCIES.items() if set(one.currencies) == {currency}
    ]
    markets = one.header.layout.markets
    if by_currency:
        return by_currency[0]
    return markets[0] if len(markets) == 1 and not one.currencies else None


def _currency(one: _Found, shop: ShopFacts | None, market: str | None, file: str) -> str | None:
    """The currency of amounts that name none: what the file names everywhere, else the shop's."""
    own = shop.currency if shop else MARKET_CURRENCIES.get(market or "")
    codes = [found for found in one.currencies if len(found) == 3]
    signs = [found for found in one.currencies if len(found) < 3]
    chosen = own
    if len(codes) == 1:
        chosen = codes[0]
    elif len(codes) > 1 or (signs and own and not all(agrees(sign, own) for sign in signs)):
        chosen = None
    sheet = one.table.name
    if chosen is None and (codes or signs):
        places = "; ".join(f"{found} ({place})" for found, place in one.currencies.items())
        one.problems.append(
            Problem(
                "several_currencies" if len(codes) > 1 else "currency_unclear",
                "note",
                file,
                sheet,
                values={"found": places},
            )
        )
    elif shop and chosen != shop.currency and chosen is not None:
        values = {"found": chosen, "own": shop.currency, "place": one.currencies.get(chosen, "")}
        one.problems.append(Problem("currency_of_another", "note", file, sheet, values=values))
    return chosen


def _language(one: _Found) -> str:
    """The language that most headers are in; headers that are the same in several count for none."""
    votes: dict[str, int] = {}
    for column in one.kept:
        if column.spec is None:
            continue
        text = normal_header(split_unit(column.name)[0])
        languages = {alias.language for alias in column.spec.headers if normal_header(alias.header) == text}
        if len(languages) == 1:
            language = languages.pop()
            votes[language] = votes.get(language, 0) + 1
    return max(votes, key=lambda language: votes[language], default=one.header.layout.language)


def _order(
    one: _Found, family: list[_Found], above: list[list[Cell]], layout: Layout, path: Path, file: str
) -> DateOrder | str | None:
    """Order of day and month: from the sheet's own dates, else from those of its workbook."""
    said = _period(above, layout, path, None)
    order = decide_order(one.dates, said)
    evidence = one.dates
    if order == "undecidable" and len(family) > 1:
        evidence = DateEvidence()
        evidence.merge(other.dates for other in family)
        order = decide_order(evidence, said)
    sheet = one.table.name
    if order == "contradictory":
        (first, first_place), (second, second_place) = evidence.proofs["dmy"], evidence.proofs["mdy"]
        values = {"dmy": f"{first} ({first_place})", "mdy": f"{second} ({second_place})"}
        one.problems.append(Problem("contradictory_dates", "error", file, sheet, values=values))
    elif order == "undecidable":
        text, place = next(iter(evidence.unclear.items()))
        column, _, row = place.rpartition(", ")
        values = {
            "value": text,
            "dmy": parse_day(text, "dmy").isoformat(),
            "mdy": parse_day(text, "mdy").isoformat(),
        }
        one.problems.append(Problem("ambiguous_dates", "error", file, sheet, int(row), column, values))
    return order


def _mark(one: _Found, family: list[_Found], currency: str | None, file: str) -> DecimalMark | None:
    mark = decide_mark(one.marks, currency)
    evidence = one.marks
    if mark == "undecidable" and len(family) > 1:
        evidence = MarkEvidence()
        evidence.merge(other.marks for other in family)
        mark = decide_mark(evidence, currency)
    sheet = one.table.name
    if mark == "contradictory":
        values = {
            "dot": "{} ({})".format(*evidence.proofs["."]),
            "comma": "{} ({})".format(*evidence.proofs[","]),
        }
        one.problems.append(Problem("contradictory_numbers", "error", file, sheet, values=values))
        return None
    if mark == "undecidable":
        text, place = next(iter(evidence.unclear.items()))
        column, _, row = place.rpartition(", ")
        readings = [read[0] for read in (parse_number(text, "."), parse_number(text, ",")) if read]
        values = {"value": text, "small": str(min(readings)), "large": str(max(readings))}
        one.problems.append(Problem("ambiguous_numbers", "error", file, sheet, int(row), column, values))
        return None
    return mark


def _period(
    above: list[list[Cell]], layout: Layout, path: Path, order: DateOrder | None
) -> tuple[date, date] | None:
    """The period a file says it is of: two dates in a cell above its header, or in its name where the
    layout has it nowhere else."""
    for cells in above:
        for cell in cells:
            texts = dates_in(cell) if isinstance(cell, str) else []
            if len(texts) == 2:
                try:
                    first, last = (parse_day(text, order) for text in texts)
                except NotADate:
                    continue  # day and month could be swapped: it says nothing before they are decided
                if first <= last:
                    return first, last + timedelta(days=1)
    match = re.search(layout.period_in_name, path.name) if layout.period_in_name else None
    if match:
        numbers = [int(group) for group in match.groups()]
        return date(*numbers[:3]), date(*numbers[3:]) + timedelta(days=1)
    return None


def _rows_period(one: _Found, order: DateOrder | None, zone: str | None) -> tuple[date, date] | None:
    days = set()
    reader = DateReader(order, ZoneInfo(zone or "UTC"))
    for text in one.period_days:
        try:
            day = reader.day(text)
        except NotADate:
            continue  # told where the cell is read
        if day and not is_sentinel(day):
            days.add(day)
    return (min(days), max(days) + timedelta(days=1)) if days else None


def _downloaded_at(above: list[list[Cell]], order: DateOrder | None, zone: str | None) -> datetime | None:
    """When the file was made, if a row above its header tells."""
    for cells in above:
        texts = [cell for cell in cells if isinstance(cell, str)]
        if not any(_DOWNLOADED.search(text) for text in texts):
            continue
        for text in texts:
            match = _MOMENT.search(text)
            if match is None:
                continue
            try:
                day, clock = parse_day(match[1], order), parse_clock(match[2])
            except NotADate:
                continue  # not a moment we can read; the file's own time is used
            local = datetime(day.year, day.month, day.day, tzinfo=UTC) + clock
            if match[3]:
                hours = int(match[4] or 0)
                shift = timedelta(hours=abs(hours), minutes=int(match[5] or 0))
                return local - shift if hours >= 0 else local + shift
            if zone:
                return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return None
