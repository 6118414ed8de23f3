"""Small export files made by hand, as sellers download them."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from ingestion.seller_center.layouts import layouts
from ingestion.seller_center.reader import read_file
from ingestion.seller_center.sheets import FileReading, Problem, ShopFacts
from ingestion.seller_center.typed import typed_rows

PH = ShopFacts("PH", "Asia/Manila", "PHP")
US = ShopFacts("US", "America/Los_Angeles", "USD")
ID = ShopFacts("ID", "Asia/Jakarta", "IDR")
MX = ShopFacts("MX", "America/Mexico_City", "MXN")
VN = ShopFacts("VN", "Asia/Ho_Chi_Minh", "VND")


def header(layout: str, language: str | None = None) -> list[str]:
    """The header of a layout as the platform writes it."""
    found = layouts()[layout]
    names = []
    for name in found.columns:
        aliases = found.kind.columns[name].headers
        own = [alias.header for alias in aliases if alias.language == (language or found.language)]
        names.append((own or [alias.header for alias in aliases])[0])
    return names


def row(names: Sequence[str], values: dict[str, Any], filler: Any = "") -> list[Any]:
    """A row with some cells filled."""
    assert not set(values) - set(names), set(values) - set(names)
    return [values.get(name, filler) for name in names]


def write_csv(
    path: Path, rows: Sequence[Sequence[Any]], *, encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_xlsx(
    path: Path, sheets: dict[str, Sequence[Sequence[Any]]], *, dimension: str | None = None
) -> Path:
    """A workbook; text stays text, datetimes become real dates. With `dimension` its tag is made wrong."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, cells in enumerate(rows):
            for place, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(number, place, cell)
                elif cell is not None:
                    sheet.write(number, place, cell)
    book.close()
    if dimension:
        patched = path.with_suffix(".patched")
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(patched, "w") as target:
            for name in source.namelist():
                content = source.read(name)
                if name.startswith("xl/worksheets/sheet"):
                    content, changed = re.subn(
                        rb'<dimension ref="[^"]*"/>', f'<dimension ref="{dimension}"/>'.encode(), content
                    )
                    assert changed == 1
                target.writestr(name, content)
        patched.replace(path)
    return path


ORDER = {
    "Order ID": "576912345678901234",
    "Order Status": "Completed",
    "SKU ID": "1729612345678901234",
    "Quantity": "1",
    "Sku Quantity of return": "0",
    "SKU Subtotal Before Discount": "100.50",
    "SKU Platform Discount": "0",
    "SKU Seller Discount": "0.50",
    "SKU Subtotal After Discount": "100.00",
    "Order Amount": "100.00",
    "Created Time": "31/05/2026 10:20:30",
}


def order(names: Sequence[str], **changes: Any) -> list[Any]:
    """An order row; `order_amount=...` changes the cell of that canonical name."""
    kind = layouts()["order_ph_55"].kind
    values = {name: cell for name, cell in ORDER.items() if name in names}
    for canonical, cell in changes.items():
        values[kind.columns[canonical].headers[0].header] = cell
    return row(names, values)


def values(reading: FileReading, sheet: int = 0) -> list[dict[str, Any]]:
    """The typed rows of a sheet."""
    one = reading.sheets[sheet]
    return [typed.values for typed in typed_rows(one.header, one.raw_rows(), one.decisions)]


def cell_problems(reading: FileReading, sheet: int = 0) -> list[Problem]:
    one = reading.sheets[sheet]
    rows = typed_rows(one.header, one.raw_rows(), one.decisions, file=reading.path.name, sheet=one.name)
    return [problem for typed in rows for problem in typed.problems]


def codes(reading: FileReading, *severities: str) -> list[str]:
    """Codes of its problems, of some severities or of all."""
    return [p.code for p in reading.problems if not severities or p.severity in severities]


def problem(reading: FileReading, code: str) -> Problem:
    """The only problem of a code."""
    (found,) = [p for p in reading.problems if p.code == code]
    return found


__all__ = ["ID", "MX", "PH", "US", "VN", "read_file"]
