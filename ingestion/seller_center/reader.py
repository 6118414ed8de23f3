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

from home.text import file_name
from ingestion.engine.privacy import scrub
from ingestion.seller_center.dates import NotADate, dates_in, parse_day
from ingestion.seller_center.decide import Beside, decide
from ingestion.seller_center.found import Found, choose_columns, platform_headers
from ingestion.seller_center.layouts import layouts
from ingestion.seller_center.not_loaded import not_loaded
from ingestion.seller_center.recognise import LOOK_AT, Header, NearMiss, recognise
from ingestion.seller_center.review import gather
from ingestion.seller_center.sheets import (
    Cell,
    DateOrder,
    DecimalMark,
    FileReading,
    Problem,
    Sheet,
    ShopFacts,
)
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
    beside: list[Beside] = []
    try:
        tables = open_tables(path)
        for table in tables:
            _look(table, file_name(path), hash_person is not None, found, problems, beside)
    except Unreadable as error:
        reason = {"reason": error.message}
        return FileReading(path, digest, [], [Problem(error.code, "error", file_name(path), values=reason)])
    if not found:
        return FileReading(path, digest, [], [_of_nothing(problems, beside, file_name(path))])
    unused = [
        Problem(
            "sheet_left_out", "quarantine", file_name(path), problem.sheet, problem.row, values=problem.values
        )
        if problem.code == "not_recognised" and _holds_rows(problem.sheet, beside)
        else Problem("sheet_not_used", "note", file_name(path), problem.sheet)
        for problem in problems
    ]
    sheets = [decide(one, found, beside, path, shop, date_order, decimal_mark, hash_person) for one in found]
    sheets, of_sides = _without_broken_sides(sheets, file_name(path))
    compared = {said.sheet for sheet in sheets for said in sheet.control.said}
    unused = [problem for problem in unused if problem.sheet not in compared or problem.severity != "note"]
    return FileReading(
        path,
        digest,
        sheets,
        unused + of_sides + [problem for sheet in sheets for problem in sheet.problems],
        [problem.sheet for problem in (*unused, *of_sides) if problem.code == "sheet_left_out"],
    )


_SIDES = frozenset({"payouts"})
"""Kinds that stand beside the rows that a workbook is about."""


def _without_broken_sides(sheets: list[Sheet], file: str) -> tuple[list[Sheet], list[Problem]]:
    """The sheets without those beside the main one that can't be read, and what is to be said of these."""
    broken = [sheet for sheet in sheets if sheet.decisions.kind in _SIDES and sheet.stopped]
    if not broken or len(broken) == len(sheets):
        return sheets, []
    problems = []
    for sheet in broken:
        why = next(problem for problem in sheet.problems if problem.severity == "error")
        title = layouts()[sheet.decisions.layout].title
        values = {
            "layout_en": title["en"],
            "layout_zh": title["zh"],
            "found": str(len(sheet.decisions.columns)),
            "missing": why.column or "-",
        }
        problems.append(
            Problem("sheet_left_out", "quarantine", file, sheet.name, why.row, why.column, values)
        )
    return [sheet for sheet in sheets if sheet not in broken], problems


def _of_nothing(problems: list[Problem], beside: list[Beside], file: str) -> Problem:
    """Why nothing of a file is known: of a workbook the sheet that holds the rows is named."""
    other = next((problem for problem in problems if problem.code == "not_loaded"), None)
    if other is not None:
        return other
    near = [problem for problem in problems if problem.code == "not_recognised"]
    if near:
        return max(near, key=lambda problem: int(problem.values["found"]))
    if not beside:
        return problems[0] if problems else Problem("unknown_layout", "error", file)
    largest = max(beside, key=lambda one: (one.width * len(one.rows), len(one.rows)))
    return Problem("unknown_layout", "error", file, largest.sheet)


def _holds_rows(sheet: str, beside: list[Beside]) -> bool:
    return any(one.sheet == sheet and len(one.rows) > 1 for one in beside)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _look(
    table: Table, file: str, hashing: bool, found: list[Found], problems: list[Problem], beside: list[Beside]
) -> None:
    """Looks at a table for the first time."""
    first = list(islice(table.rows(), LOOK_AT))
    header = recognise(first)
    if isinstance(header, Header):
        other = not_loaded(first, header.layout.kind) if header.missing else None
    else:
        other = not_loaded(first)
    if other is not None:
        problems.append(Problem("not_loaded", "error", file, table.name, other.row, values=other.values))
        return
    if not isinstance(header, Header):
        rows: list[tuple[int, list[Cell]]] = [
            (number, [scrub(cell) for cell in row])
            for number, row in enumerate(first, start=1)
            if any(not is_missing(cell) for cell in row)
        ]
        if rows:
            width = max(sum(not is_missing(cell) for cell in row) for _, row in rows)
            beside.append(Beside(table.name, rows, width))
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
