"""A workbook of tables of a published file: a cover, a sheet per table, and what each column means.

Rows go to the disk as they come (XlsxWriter's `constant_memory`), so the size of a table does not matter. A table
that is longer than a sheet goes on in the next one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.worksheet import Worksheet

from home.storage import replacement
from orchestration.metrics.source import Published
from orchestration.sheets.cells import Looks, Row, width, writers
from orchestration.sheets.tables import (
    INSTANT,
    REPORTING_CURRENCY,
    Column,
    Period,
    Table,
    rows_of,
)

SHEET_ROWS = 1_048_575
"""Rows of a sheet below its header."""
_LINES = 500
_NAME_LENGTH = 31
_ABOUT_LENGTH = 160
_QUESTION = re.compile(r"[^.?]+\? · [^？]+？")
"""The question that a table answers, in both languages."""
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_OPEN_MARKS = ("is_provisional", "is_gmv_provisional")
"""Columns that say that a row may still change; the first that a table has counts."""

Language = Literal["both", "en", "zh"]


@dataclass(frozen=True)
class Sheet:
    """What a sheet shows.

    Attributes:
        title: Its name in both languages, as the cover shows it.
        text: What a row is.
        columns: Its columns.
        rows: How many rows there are.
        stream: Gives them.
        source: The table or view that they come from, or the metrics.
        clock: The column by which the period chose them; empty where they belong to no day.
    """

    title: str
    text: str
    columns: tuple[Column, ...]
    rows: int
    stream: Callable[[], Iterator[tuple[Any, ...]]]
    source: str
    clock: str = ""


@dataclass(frozen=True)
class Cover:
    """What the cover says.

    Attributes:
        title: Of the workbook.
        facts: Name in both languages and value, in order.
        notes: What a reader has to know, in both languages.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


@dataclass
class Report:
    """What was written.

    Attributes:
        path: The file.
        rows: Rows by sheet.
        cut: Texts that were longer than a cell holds, by sheet.
        open: Rows of which a part may still change, by sheet.
    """

    path: Path
    rows: dict[str, int] = field(default_factory=dict)
    cut: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)


def sheet_of(file: Published, table: Table, period: Period | None, title: str = "") -> Sheet:
    """The sheet of a table or view."""
    count, rows = rows_of(file, table, period)
    return Sheet(
        title or table.name,
        table.text,
        table.columns,
        count,
        lambda: rows,
        f"{table.schema}.{table.name}",
        table.clock.name if table.clock is not None and period is not None else "",
    )


def write_workbook(path: Path, cover: Cover, sheets: Sequence[Sheet], language: Language = "both") -> Report:
    """Write a workbook, whole or not at all.

    Args:
        path: The file.
        cover: What the cover says.
        sheets: What the sheets show.
        language: Of headers: Chinese, English or both.

    Raises:
        StorageError: The disk is full or refuses; a file that was there is as it was.
    """
    report = Report(path)
    with replacement(path) as fresh:
        book = Workbook(
            str(fresh), {"constant_memory": True, "strings_to_urls": False, "remove_timezone": True}
        )
        book.set_size(2400, 1500)
        looks = Looks(book)
        names = _Names()
        front = book.add_worksheet(names.free("封面 Cover"))
        written: list[tuple[str, Sheet]] = []
        try:
            for sheet in sheets:
                written += [(name, sheet) for name in _write(book, looks, names, sheet, language, report)]
            definitions = names.free("口径 Definitions")
            _write_definitions(book.add_worksheet(definitions), looks, sheets)
            _write_cover(front, looks, cover, written, definitions, report)
            book.close()
        except FileCreateError as error:
            # What XlsxWriter wraps is the error of the disk, which `replacement` explains.
            cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else None
            raise cause or OSError(str(error)) from error
        finally:
            _forget(book)
    return report


def _forget(book: Workbook) -> None:
    """A workbook that was not closed would warn of it when it is thrown away."""
    with suppress(Exception):
        book.fileclosed = 1


class _Names:
    """Names of sheets: at most 31 characters, without some signs, each once whatever its case."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, wanted: str) -> str:
        plain = _NOT_IN_NAMES.sub(" ", wanted).strip("' ") or "Sheet"
        name, number = plain[:_NAME_LENGTH].rstrip("' "), 1
        while name.casefold() in self._taken or name.casefold() == "history":
            number += 1
            ending = f" ({number})"
            name = plain[: _NAME_LENGTH - len(ending)].rstrip("' ") + ending
        self._taken.add(name.casefold())
        return name


def headers(columns: Iterable[Column], language: Language, currencies: Mapping[str, str]) -> list[str]:
    """The headers of columns, each once: two columns of one name also show the name that the file gives them."""
    shown = [_header(column, language, currencies) for column in columns]
    count = Counter(shown)
    return [
        f"{text}\n{column.name}" if count[text] > 1 else text
        for text, column in zip(shown, columns, strict=True)
    ]


def _header(column: Column, language: Language, currencies: Mapping[str, str]) -> str:
    labels = {"en": [column.label], "zh": [column.label_zh]}.get(language, [column.label_zh, column.label])
    unit = currencies.get(column.unit, "")
    also = f" ({unit})" if unit else " (UTC)" if column.kind == INSTANT else ""
    return "\n".join(dict.fromkeys(labels)) + also


def _write(
    book: Workbook, looks: Looks, names: _Names, sheet: Sheet, language: Language, report: Report
) -> list[str]:
    """Writes the rows of a sheet, into more than one where they are too many. Returns the names."""
    places = {column.name: place for place, column in enumerate(sheet.columns)}
    currency = places.get("currency", places.get("shop_currency"))
    reporting = places.get("reporting_currency")
    mark = next((places[name] for name in _OPEN_MARKS if name in places), None)
    rows = sheet.stream()
    used: list[str] = []
    first = next(rows, None)
    fixed = {} if first is None or reporting is None else {REPORTING_CURRENCY: str(first[reporting] or "")}
    while True:
        name = names.free(sheet.title)
        used.append(name)
        page = book.add_worksheet(name)
        _begin(page, looks, headers(sheet.columns, language, fixed), sheet.columns)
        writes = writers(looks, sheet.columns)
        lines = _Lines(page, len(sheet.columns))
        number = 0
        about = Row()
        while first is not None and number < SHEET_ROWS:
            number += 1
            about.is_open = mark is not None and bool(first[mark])
            about.shop_currency = "" if currency is None else first[currency] or ""
            about.reporting_currency = "" if reporting is None else first[reporting] or ""
            report.open[sheet.title] += about.is_open
            lines.add(
                "".join(
                    [
                        write(number + 1, value, about)
                        for write, value in zip(writes, first, strict=True)
                        if value is not None
                    ]
                )
            )
            first = next(rows, None)
        lines.end()
        report.cut[sheet.title] += about.cut
        page.autofilter(0, 0, max(number, 1), len(sheet.columns) - 1)
        report.rows[sheet.title] = report.rows.get(sheet.title, 0) + number
        if first is None:
            return used


class _Lines:
    """Rows of a sheet behind its header, as XML, in the file in which XlsxWriter keeps the rows of the sheet.

    Args:
        page: The sheet; it is in `constant_memory`, and its header is written.
        columns: How many columns it has.
    """

    def __init__(self, page: Worksheet, columns: int) -> None:
        self._page, self._columns = page, columns
        # What XlsxWriter still holds is the header.
        page._write_single_row(1)
        self._waiting: list[str] = []
        self._number = 1

    def add(self, cells: str) -> None:
        """The next row."""
        self._number += 1
        self._waiting.append(f'<row r="{self._number}">{cells}</row>')
        if len(self._waiting) >= _LINES:
            self._write()

    def end(self) -> None:
        """No more rows come."""
        self._write()
        self._page.previous_row = self._number
        self._page.dim_rowmax, self._page.dim_colmax = self._number - 1, self._columns - 1

    def _write(self) -> None:
        self._page.row_data_fh.write("".join(self._waiting))
        self._waiting.clear()


def _begin(page: Worksheet, looks: Looks, shown: Sequence[str], columns: Sequence[Column]) -> None:
    frozen = len(list(takewhile(lambda column: column.name in ("shop_key", "shop_name"), columns)))
    page.freeze_panes(1, frozen)
    page.set_row(0, 62)
    for place, (text, column) in enumerate(zip(shown, columns, strict=True)):
        page.set_column(place, place, max(width(column), min(22, max(map(_breadth, text.split("\n"))) + 2)))
        page.write_string(0, place, text, looks.header)
    page.repeat_rows(0)
    page.set_landscape()
    if frozen:
        page.repeat_columns(0, frozen - 1)


def _breadth(text: str) -> int:
    """Width in characters: one of Chinese takes two."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)


_DEFINITION_COLUMNS = (
    ("工作表 Sheet", 24),
    ("字段 Column", 26),
    ("中文名称", 24),
    ("English name", 28),
    ("中文定义", 46),
    ("Definition", 60),
    ("计算公式 Formula", 36),
    ("日期口径 Clock", 16),
    ("单位 Unit", 18),
    ("版本 Version", 16),
)


def _write_definitions(page: Worksheet, looks: Looks, sheets: Sequence[Sheet]) -> None:
    page.freeze_panes(1, 2)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    for place, (text, wide) in enumerate(_DEFINITION_COLUMNS):
        page.set_column(place, place, wide)
        page.write_string(0, place, text, looks.header)
    number = 0
    for sheet in sheets:
        number += 1
        page.write_string(number, 0, sheet.title, looks.name)
        page.write_string(number, 1, sheet.source, looks.name)
        page.write_string(number, 5, sheet.text, looks.text)
        for column in sheet.columns:
            number += 1
            texts = (
                sheet.title,
                column.name,
                column.label_zh,
                column.label,
                column.definition_zh,
                column.definition,
                column.formula,
                column.clock,
                column.unit,
                column.version,
            )
            for place, text in enumerate(texts):
                page.write_string(number, place, text, looks.text)
    page.autofilter(0, 0, max(number, 1), len(_DEFINITION_COLUMNS) - 1)


def _write_cover(
    page: Worksheet,
    looks: Looks,
    cover: Cover,
    sheets: Sequence[tuple[str, Sheet]],
    definitions: str,
    report: Report,
) -> None:
    page.hide_gridlines(2)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_column(0, 0, 34)
    page.set_column(1, 1, 16)
    page.set_column(2, 2, 18)
    page.set_column(3, 3, 90)
    page.set_row(0, 30)
    page.write_string(0, 0, cover.title, looks.title)
    number = 1
    for name, value in cover.facts:
        number += 1
        page.write_string(number, 0, name, looks.name)
        page.write_string(number, 1, value)
    number += 2
    for place, text in enumerate(("工作表 Sheet", "行数 Rows", "暂定 Not final", "说明 What it shows")):
        page.write_string(number, place, text, looks.header)
    seen: set[str] = set()
    for name, sheet in sheets:
        number += 1
        page.write_url(number, 0, f"internal:'{name}'!A1", looks.link, name)
        if sheet.title not in seen:
            page.write_number(number, 1, report.rows[sheet.title], looks.number("#,##0", False))
            page.write_number(number, 2, report.open[sheet.title], looks.number("#,##0", False))
            page.write_string(number, 3, _about(sheet))
        seen.add(sheet.title)
    number += 1
    page.write_url(number, 0, f"internal:'{definitions}'!A1", looks.link, definitions)
    page.write_string(number, 3, "每个字段的含义、公式、口径和版本 · What each column means", looks.text)
    number += 1
    notes = [*cover.notes]
    if report.open.total():
        notes.append(
            "灰色斜体：暂定，部分数据仍可能变化。 · Grey italics: not final, a part may still change."
        )
    if report.cut.total():
        notes.append(
            f"{report.cut.total()} 个文本超过单元格上限，已截断（以 … 结尾）。 · "
            f"{report.cut.total()} texts were longer than a cell holds and are cut (they end with …)."
        )
    for note in notes:
        number += 1
        page.write_string(number, 0, note)


def _about(sheet: Sheet) -> str:
    """One line: rows of a cover do not grow with their text."""
    question = _QUESTION.search(sheet.text)
    by = f" 按 {sheet.clock} 取数 · by {sheet.clock}" if sheet.clock else ""
    return f"{question[0].strip() if question else sheet.text[:_ABOUT_LENGTH]}  [{sheet.source}]{by}"
