"""Reads a hand-downloaded file: recognises its sheets by their headers and decides how its cells are read.

A file is looked at twice. The first time decides, from all of its rows, in which order day and month stand,
which mark is the decimal one, whose currency it is, and what in it is not as we know it. The second time,
`Sheet.raw_rows`, gives the cells to whoever loads them. Contact data is cut in both: it never leaves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from itertools import islice
from pathlib import Path

from ingestion.engine.privacy import scrub
from ingestion.seller_center.dates import NotADate, dates_in, parse_day
from ingestion.seller_center.decide import decide
from ingestion.seller_center.found import Found, choose_columns, platform_headers
from ingestion.seller_center.recognise import LOOK_AT, Header, NearMiss, recognise
from ingestion.seller_center.review import gather
from ingestion.seller_center.sheets import Cell, DateOrder, DecimalMark, FileReading, Problem, ShopFacts
from ingestion.seller_center.typed import is_missing
from ingestion.seller_center.unreadable import Unreadable
from ingestion.seller_center.workbook import Table, open_tables


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
    found: list[Found] = []
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
    sheets = [decide(one, found, path, shop, date_order, decimal_mark, hash_person) for one in found]
    return FileReading(path, digest, sheets, unused + [p for sheet in sheets for p in sheet.problems])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _look(table: Table, file: str, hashing: bool, found: list[Found], problems: list[Problem]) -> None:
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
    one = choose_columns(table, header, file, day, hashing)
    if table.encoding:
        one.problems.append(
            Problem("encoding_guessed", "note", file, table.name, values={"encoding": table.encoding})
        )
    for number, row in enumerate(first[: header.row], start=1):
        cells: list[Cell] = [scrub(cell) for cell in row]
        if any(not is_missing(cell) for cell in cells):
            one.outside.append((number, cells))
    gather(one, file)
    found.append(one)


def _not_recognised(near: NearMiss | None, file: str, sheet: str) -> Problem:
    if near is None or near.found < 2:
        return Problem("unknown_layout", "error", file, sheet)
    missing = ", ".join(platform_headers(near.layout, near.missing)) or "-"
    values = {
        "layout_en": near.layout.title["en"],
        "layout_zh": near.layout.title["zh"],
        "found": str(near.found),
        "missing": missing,
    }
    return Problem("not_recognised", "error", file, sheet, near.row, values=values)


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
