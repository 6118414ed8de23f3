"""A workbook that came back: which sheet is which input, where its header is, and its rows with their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from home.text import file_name
from ingestion.seller_center.unreadable import Unreadable as UnreadableFile
from ingestion.seller_center.workbook_process import Workbook
from orchestration.inputs.catalog import Column, Input
from orchestration.inputs.findings import Finding
from orchestration.inputs.values import Cell

READ_ME = "说明 Read me"
LISTS = "_lists"
_HEADER_WITHIN = 10
_REASONS = {
    "protected_file": "有密码保护 · protected by a password",
    "empty_file": "空文件 · nothing in it",
    "too_large_file": "过大 · too large",
}


@dataclass(frozen=True)
class Row:
    """A row of a sheet.

    Attributes:
        number: As the spreadsheet shows it, from 1.
        cells: What is in it, by column.
    """

    number: int
    cells: Mapping[str, Cell]


@dataclass
class Sheet:
    """A sheet of an input.

    Attributes:
        input: The input.
        name: Its name.
        rows: Its rows below the header; those without anything in them are left out.
    """

    input: Input
    name: str
    rows: list[Row] = field(default_factory=list)


def read_workbook(path: Path, known: Mapping[str, Input]) -> tuple[list[Sheet], list[Finding]]:
    """Read the sheets of a workbook of inputs.

    Args:
        path: The file.
        known: The inputs.

    Returns:
        The sheets, and what is wrong with the workbook itself.

    Raises:
        OSError: The file can't be opened.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start != b"PK\x03\x04":
        reason = "不是 xlsx 文件 · no xlsx file" if start else _REASONS["empty_file"]
        return [], [Finding("no_workbook", file_name(path), values={"reason": reason})]
    try:
        book = Workbook(path)
        sheets: dict[str, Sheet] = {}
        findings: list[Finding] = []
        for place, name in enumerate(book.sheets):
            if name in (READ_ME, LISTS):
                continue
            found = _input(name, known)
            if found is None:
                names = ", ".join(one.sheet for one in known.values())
                findings.append(Finding("unknown_sheet", name, values={"names": names}))
            elif found.name in sheets:
                findings.append(Finding("double_sheet", name))
            else:
                sheets[found.name] = sheet = Sheet(found, name)
                findings += _read(sheet, [list(row) for row in book.rows(place)])
    except UnreadableFile as error:
        reason = _REASONS.get(error.code, f"{error.code}: {error}")
        return [], [Finding("no_workbook", file_name(path), values={"reason": reason})]
    if not sheets and not findings:
        findings.append(Finding("no_sheet", file_name(path)))
    return list(sheets.values()), findings


def _input(name: str, known: Mapping[str, Input]) -> Input | None:
    plain = name.strip().casefold()
    for one in known.values():
        chinese, _, english = one.sheet.partition(" ")
        if plain in (one.sheet.casefold(), one.name, chinese.casefold(), english.casefold()):
            return one
    return None


def _read(sheet: Sheet, rows: list[list[Cell]]) -> list[Finding]:
    columns = {name: column for column in sheet.input.columns for name in _names(column)}
    header = max(
        range(min(_HEADER_WITHIN, len(rows))), key=lambda one: _matches(rows[one], columns), default=None
    )
    needed = len(sheet.input.columns) // 2 + 1
    if header is None or _matches(rows[header], columns) < min(needed, 2):
        labels = ", ".join(column.label for column in sheet.input.columns)
        return [Finding("no_header", sheet.name, values={"columns": labels})]
    places: dict[str, int] = {}
    findings: list[Finding] = []
    for place, cell in enumerate(rows[header]):
        column = columns.get(_plain(cell))
        if column is None:
            continue
        if column.name in places:
            findings.append(Finding("double_column", sheet.name, header + 1, column.label))
        places.setdefault(column.name, place)
    findings += [
        Finding("missing_column", sheet.name, header + 1, column.label)
        for column in sheet.input.columns
        if column.name not in places
    ]
    for number, cells in enumerate(rows[header + 1 :], start=header + 2):
        found = {name: cells[place] if place < len(cells) else None for name, place in places.items()}
        if any(_is_filled(cell) for cell in found.values()):
            sheet.rows.append(Row(number, {name: cell for name, cell in found.items() if _is_filled(cell)}))
    return findings


def _names(column: Column) -> tuple[str, ...]:
    return tuple(one.casefold() for one in (column.name, column.zh, column.en, column.label))


def _plain(cell: Cell) -> str:
    """The header of a cell: the seed's own name stands in its last line."""
    lines = [line.strip() for line in str(cell or "").splitlines() if line.strip()]
    return lines[-1].casefold() if lines else ""


def _matches(row: list[Cell], columns: Mapping[str, Column]) -> int:
    return len({columns[name].name for cell in row if (name := _plain(cell)) in columns})


def _is_filled(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))
