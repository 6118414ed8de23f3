"""Opens a file as tables of cells, whatever it is: CSV of any encoding and delimiter, or a workbook.

A workbook is opened by a process of its own (`workbook_process.py`). A CSV is read line by line, and its size is
limited.

What a file is, its first bytes say; its name says nothing. Nothing here knows what a table means.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from charset_normalizer import from_bytes

from ingestion.seller_center.layouts import is_known_header
from ingestion.seller_center.sheets import Cell
from ingestion.seller_center.unreadable import Unreadable
from ingestion.seller_center.workbook_process import Workbook

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_OTHERS = (
    (b"PK\x05\x06", "packed_file", "zip"),
    (b"PK\x07\x08", "packed_file", "zip"),
    (b"Rar!", "packed_file", "rar"),
    (b"7z\xbc\xaf", "packed_file", "7z"),
    (b"\x1f\x8b", "packed_file", "gzip"),
    (b"\xfd7zX", "packed_file", "xz"),
    (b"%PDF", "other_kind", "PDF"),
    (b"\x89PNG", "other_kind", "PNG"),
    (b"\xff\xd8\xff", "other_kind", "JPEG"),
    (b"GIF8", "other_kind", "GIF"),
)
"""What people put beside exports, by its first bytes. The two of a zip: one without files, and a part of one."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = (",", ";", "\t", "|")
LARGEST_BYTES = 1_000_000_000
"""No export is larger: 1,000,000 rows of orders have about 600 MB as a CSV."""
LONGEST_ROW = 4_000_000
"""Characters of a row of a CSV: a file of one endless line would become a list of all its cells at once."""
_LOOK_AT = 60


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet of a workbook, or a CSV.

    Attributes:
        name: Of the sheet; empty for a CSV.
        rows: Gives all rows from the first one, anew at each call. Rows may differ in length.
        encoding: Of a CSV whose encoding had to be guessed.
    """

    name: str
    rows: Callable[[], Iterator[list[Cell]]]
    encoding: str | None = None


def open_tables(path: Path) -> list[Table]:
    """The tables of a file.

    Raises:
        Unreadable: It is empty, damaged, protected, or no table at all.
        OSError: It can't be opened.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise Unreadable("empty_file", "nothing in it")
    if (size := path.stat().st_size) > LARGEST_BYTES:
        raise Unreadable("too_large_file", f"{size / 1e6:,.0f} MB")
    if start in (_ZIP, _OLE):
        return _workbook(path)
    for begins, code, kind in _OTHERS:
        if start.startswith(begins):
            raise Unreadable(code, kind)
    return [_csv(path)]


def _workbook(path: Path) -> list[Table]:
    workbook = Workbook(path)
    return [
        Table(name, lambda number=number: workbook.rows(number))  # type: ignore[misc]
        for number, name in enumerate(workbook.sheets)
    ]


def _csv(path: Path) -> Table:
    encoding, guessed = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(262_144)
    if "\0" in sample:
        raise Unreadable("no_table", "zero bytes in the text")
    fits = {candidate: _fit(sample, candidate) for candidate in _DELIMITERS}
    delimiter = max(_DELIMITERS, key=lambda candidate: fits[candidate])
    width = fits[delimiter][1]

    def rows() -> Iterator[list[Cell]]:
        with path.open(encoding=encoding, newline="") as file:
            lines = _Lines(file)
            reader = csv.reader(lines, delimiter=delimiter)
            row: list[str] = []
            try:
                for row in reader:
                    lines.row_ended()
                    yield row  # type: ignore[misc]
            except csv.Error as error:
                raise Unreadable("broken_csv", f"line {reader.line_num}: {error}") from error
            if 1 < len(row) < width and "\n" in row[-1]:
                raise Unreadable("broken_csv", "a quotation mark is never closed")

    return Table("", rows, encoding if guessed else None)


class _Lines:
    """The lines of a CSV, as long as a row stays one that fits into the memory.

    Args:
        file: The file, opened without translation of line ends.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._left = LONGEST_ROW
        self._number = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(self._left + 1):
            self._number += 1
            # A cell in quotation marks may have line breaks, and so may a row of many of them.
            self._left -= len(line)
            if self._left < 0:
                reason = f"line {self._number}: a row of more than {LONGEST_ROW / 1e6:.0f} million characters"
                raise Unreadable("broken_csv", reason)
            yield line

    def row_ended(self) -> None:
        """A row was read whole: the next may be as long."""
        self._left = LONGEST_ROW


def _fit(sample: str, delimiter: str) -> tuple[int, int]:
    """How well a delimiter parts the sample: known headers in its best row, cells in its widest."""
    known, widest = 0, 0
    try:
        for row in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), _LOOK_AT):
            widest = max(widest, len(row))
            known = max(known, sum(is_known_header(cell) for cell in row))
    except csv.Error:
        return known, widest  # whoever reads the file to that row says so
    return known, widest


def _encoding(path: Path) -> tuple[str, bool]:
    """Encoding of a text file, and whether it is a guess."""
    with path.open("rb") as file:
        start = file.read(4)
        for bom, name in _BOMS:
            if start.startswith(bom):
                return name, False
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            file.seek(0)
            best = from_bytes(file.read(262_144)).best()
            if best is None:
                raise Unreadable("no_table", "bytes of no encoding we know") from None
            return best.encoding, True
    return "utf-8", False
