"""Opens workbooks in a process of its own, with as much memory as it may have, and gives their cells row by row.

Run by `workbook_process.py` as `python -m ingestion.seller_center.workbook_worker BYTES`, BYTES being the limit of
memory. On standard input comes one JSON object per line, on standard output goes, for each, its length (8 bytes) and
the answer. It ends with its parent. Imports little: it starts anew after each file that it dies of.
"""

from __future__ import annotations

import math
import os
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

import orjson
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

CHUNK_ROWS = 1_000
UNPACKED_BYTES = 2_000_000_000
"""So large may a workbook be when it is unpacked: 1,000,000 rows of an export have about 1 GB."""
PARTS = 5_000
CELLS = 100_000_000
"""So many cells may the used range of a sheet have: all rows that a spreadsheet can hold, with 95 columns."""
_BEGINNING = 4_096
_DIMENSION = re.compile(rb'<dimension\s+ref="([A-Z]{1,3})(\d+)(?::([A-Z]{1,3})(\d+))?"')
_CELL = re.compile(rb'<c\s+r="([A-Z]{1,3})(\d+)"[^>]*[^/]>')
_OF_WORKBOOKS = frozenset({"[Content_Types].xml", "mimetype"})
"""Parts that every XLSX and every ODS has, at the top."""
_WHOLE = 10.0**15
"""From here on a spreadsheet's number no longer holds every digit."""
_KEPT_WORKBOOKS = 2
"""A file is opened anew when its owner is found out, while the reading before may still be looked at."""

Cell = str | int | float | bool | None


class Books:
    """The workbooks that are open, and who is reading them."""

    def __init__(self) -> None:
        self._sheets: dict[int, list[CalamineSheet]] = {}
        self._rows: dict[int, tuple[int, Iterator[list[Cell]]]] = {}
        self._number = 0

    def open(self, path: str) -> dict[str, Any]:
        """Opens a workbook: its number and the names of its sheets, or what is wrong with it."""
        for old in list(self._sheets)[: 1 - _KEPT_WORKBOOKS]:
            del self._sheets[old]
            self._rows = {number: one for number, one in self._rows.items() if one[0] != old}
        try:
            if too_large := _too_large(path):
                return {"code": "too_large_file", "reason": too_large}
            if other := _other_zip(path):
                return other
            workbook = CalamineWorkbook.from_path(path)
            sheets = [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]
        except PasswordError as error:
            return {"code": "protected_file", "reason": str(error)}
        except MemoryError:
            raise
        except (CalamineError, OSError, ValueError, EOFError, RuntimeError, zlib.error) as error:
            return {"code": "damaged_file", "reason": str(error)}
        self._number += 1
        self._sheets[self._number] = sheets
        return {"book": self._number, "sheets": [sheet.name for sheet in sheets]}

    def begin(self, book: int, sheet: int) -> dict[str, Any]:
        """Begins to read a sheet from its first row."""
        self._number += 1
        self._rows[self._number] = (book, _rows(self._sheets[book][sheet]))
        return {"reading": self._number}

    def next(self, reading: int) -> list[list[Cell]]:
        """The next rows; none at the end."""
        rows = list(islice(self._rows[reading][1], CHUNK_ROWS))
        if not rows:
            del self._rows[reading]
        return rows

    def end(self, reading: int) -> None:
        """Nobody reads on."""
        self._rows.pop(reading, None)


def _too_large(path: str) -> str:
    """What a workbook declares that no export has; empty when there is nothing. Little of it is unpacked for it."""
    try:
        parts = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        # An older workbook is no zip; a damaged one is told by whoever opens it.
        return ""
    with parts:
        found = parts.infolist()
        size = sum(part.file_size for part in found)
        if size > UNPACKED_BYTES or len(found) > PARTS:
            return f"{len(found):,} parts, {size / 1e6:,.0f} MB when they are unpacked"
        for part in found:
            if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                rows, columns = _used_range(parts, part)
                if rows * columns > CELLS:
                    return f"cells as far as row {rows:,} and column {columns:,}"
    return ""


def _other_zip(path: str) -> dict[str, str] | None:
    """What is wrong with a zip that is no workbook; None when it may be one."""
    try:
        with zipfile.ZipFile(path) as parts:
            names = parts.namelist()
    except zipfile.BadZipFile:
        return None
    if any(name in _OF_WORKBOOKS or name.startswith("xl/") for name in names):
        return None
    if any(name.startswith("Index/") or name == "Index.zip" for name in names):
        return {"code": "other_kind", "reason": "Numbers (Apple)"}
    return {"code": "packed_file", "reason": "zip"}


def _used_range(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, int]:
    """Rows and columns of a sheet as it declares them; where that is beyond any export, those that hold something."""
    with parts.open(part) as content:
        match = _DIMENSION.search(content.read(_BEGINNING))
    if match is None or match[3] is None:
        return 0, 0
    rows, columns = int(match[4]), _column(match[3])
    if rows * columns <= CELLS:
        return rows, columns
    # A spreadsheet declares also what is only coloured, and a whole column may be.
    rows = columns = 0
    with parts.open(part) as content:
        rest = b""
        while chunk := content.read(1 << 20):
            text = rest + chunk
            for cell in _CELL.finditer(text):
                rows, columns = max(rows, int(cell[2])), max(columns, _column(cell[1]))
            rest = text[-_BEGINNING:]
    return rows, columns


def _column(name: bytes) -> int:
    number = 0
    for letter in name:
        number = 26 * number + letter - 64
    return number


def _rows(sheet: CalamineSheet) -> Iterator[list[Cell]]:
    if sheet.height == 0:
        return
    for row in sheet.iter_rows():
        if set(map(type, row)) <= {str}:
            yield row  # type: ignore[misc]
        else:
            yield [value if type(value) is str else plain(value) for value in row]


def plain(value: Any) -> Cell:
    """A workbook's value as a cell: dates as ISO text with a `T`, durations as `h:mm:ss`."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        return int(value) if value.is_integer() and abs(value) < _WHOLE else value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    if isinstance(value, time):
        return value.isoformat(timespec="seconds")
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(value)


def main(memory: int) -> None:
    """Answers until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # A process that dies of a file leaves no image of its memory behind: there are buyers in it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    books, output = Books(), sys.stdout.fileno()
    for line in sys.stdin.buffer:
        name, *values = orjson.loads(line)
        try:
            answer = orjson.dumps(getattr(books, name)(*values))
        except MemoryError:
            os._exit(1)
        content = memoryview(len(answer).to_bytes(8, "big") + answer)
        while content:
            content = content[os.write(output, content) :]


if __name__ == "__main__":
    main(int(sys.argv[1]))
