"""Reads the sandbox's exports back with libraries that did not write them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook
from world_helpers import CLOCK, SHOP

from sandbox.exports.export import Written, write_file
from sandbox.world.store import Store

Table = list[dict[str, Any]]


def written(folder: Path, store: Store, region: str, layout: str, **more: Any) -> Path:
    """The path of an export at the world's present, of all its days."""
    return write(folder, store, region, layout, **more).path


def write(folder: Path, store: Store, region: str, layout: str, **more: Any) -> Written:
    return write_file(folder, store, SHOP[region], layout, **{"clock": CLOCK, **more})


def grid(path: Path, sheet: int = 0) -> list[list[Any]]:
    """All cells of a sheet, as they are in the file."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [list(row) for row in csv.reader(file)]
    return CalamineWorkbook.from_path(path).get_sheet_by_index(sheet).to_python(skip_empty_area=False)


def table(path: Path, header: int = 0, sheet: int = 0) -> Table:
    """The rows below a header, by its names; rows without any value left out."""
    rows = grid(path, sheet)
    return [dict(zip(rows[header], row, strict=True)) for row in rows[header + 1 :] if any(row)]


def total(rows: Iterable[dict[str, Any]], name: str) -> Decimal:
    """The sum of a column of plain numbers."""
    return sum((exact(row[name]) for row in rows), Decimal(0))


def exact(cell: Any) -> Decimal:
    """A number of a workbook, or a plain text, to the cent."""
    return Decimal(str(cell)).quantize(Decimal("0.01"))


def october(**more: Any) -> dict[str, Any]:
    return {"first": date(2026, 10, 1), "until": date(2026, 11, 1), **more}
