"""Files on disk: CSV as the platform writes it, and workbooks, both a row at a time and the same bytes every time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

Cell = str | int | Decimal | None
Row = Sequence[Cell]

CSV, XLSX = "csv", "xlsx"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet, written once.

    Attributes:
        name: Its name; a CSV file has none.
        rows: All its rows, preamble and header included; read once.
        wrong_dimension: Whether its <dimension> tag says that it has one cell, as in files seen from the US.
        padding: How many formatted rows without a value follow, as in income files.
    """

    name: str
    rows: Iterable[Row]
    wrong_dimension: bool = False
    padding: int = 0


@dataclass(frozen=True, slots=True)
class Book:
    """A file.

    Attributes:
        name: Its name, without a folder.
        sheets: At least one; a CSV file has exactly one.
    """

    name: str
    sheets: tuple[Sheet, ...]

    @property
    def kind(self) -> str:
        """csv or xlsx."""
        return self.name.rpartition(".")[2]


class _OneCell(Worksheet):  # type: ignore[misc]
    """A sheet whose <dimension> tag is wrong."""

    def _write_dimension(self) -> None:
        self._xml_empty_tag("dimension", [("ref", "A1")])


def write(book: Book, path: Path, downloaded: datetime) -> int:
    """Writes a file.

    Args:
        book: What is in it.
        path: Where it goes.
        downloaded: The moment that the workbook says it was made at.

    Returns:
        How many rows were written, over all sheets.
    """
    if book.kind == CSV:
        return _write_csv(book.sheets[0], path)
    return _write_xlsx(book, path, downloaded)


def _write_csv(sheet: Sheet, path: Path) -> int:
    count = 0
    # With a byte order mark, as spreadsheets want it.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for row in sheet.rows:
            writer.writerow(["" if cell is None else cell for cell in row])
            count += 1
    return count


def _write_xlsx(book: Book, path: Path, downloaded: datetime) -> int:
    count = 0
    options = {"constant_memory": True, "strings_to_numbers": False, "strings_to_formulas": False}
    workbook = xlsxwriter.Workbook(path, {**options, "strings_to_urls": False})
    # Without these the file says when it was written, and is another one each time.
    workbook.set_properties({"created": downloaded.replace(tzinfo=None)})
    grey = workbook.add_format({"bg_color": "#FFFFFF"})
    for sheet in book.sheets:
        target = workbook.add_worksheet(sheet.name, _OneCell if sheet.wrong_dimension else Worksheet)
        number = width = 0
        for number, row in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    target.write_string(number - 1, column, cell)
                elif cell is not None:
                    target.write_number(number - 1, column, float(cell))
            width = max(width, len(row))
        for blank in range(number, number + sheet.padding):
            for column in range(width):
                target.write_blank(blank, column, None, grey)
        count += number
    workbook.close()
    return count
