"""Workbooks for tests: written with XlsxWriter, read back with calamine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

Rows = list[list[Any]]


def read_book(path: Path) -> dict[str, Rows]:
    """The cells of every sheet, by name."""
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def write_book(path: Path, sheets: dict[str, Rows]) -> Path:
    """A workbook with these cells; texts stay texts."""
    book = Workbook(str(path), {"strings_to_formulas": False, "default_date_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if value is None or value == "":
                    continue
                if isinstance(value, str):
                    page.write_string(number, place, value)
                elif isinstance(value, date | datetime):
                    page.write_datetime(number, place, value)
                else:
                    page.write(number, place, value)
    book.close()
    return path


def edited(path: Path, target: Path, change: Callable[[dict[str, Rows]], None]) -> Path:
    """A copy of a workbook in which a person has changed something."""
    sheets = read_book(path)
    change(sheets)
    return write_book(target, sheets)
