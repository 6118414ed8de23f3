"""What a file says of its own rows: totals, counts, periods, in lines above and below them and on sheets beside them.

They are compared with the rows. A difference says that the file is cut off or filtered, which nothing else would show.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from ingestion.seller_center.dates import DateReader, NotADate, dates_in, parse_day
from ingestion.seller_center.found import TOTALS, Found
from ingestion.seller_center.layouts import KindSpec, normal_header
from ingestion.seller_center.numbers import Mark, currency_of, parse_number
from ingestion.seller_center.sheets import Cell, Control, DateOrder, Problem, Said
from ingestion.seller_center.typed import is_missing

_WORDS = Path(__file__).with_name("summaries.yml")
_EXACT = Decimal("0.01")
"""Sums of a workbook are of numbers with 15 digits: less than the smallest unit is no difference."""
_OFFSET = re.compile(r"(?:UTC|GMT) ?([+-])([0-9]{1,2})(?::?00)?")

Block = Sequence[tuple[int, Sequence[Cell]]]
"""Rows with their numbers."""


@dataclass(slots=True)
class Summary:
    """What stands beside the rows.

    Attributes:
        sheet: The sheet on which it stands.
        numbers: Text of each number with the words before it and its row.
        period: First day and the day after the last one.
        currency: Its code.
        offset: Hours before UTC at which the file's clock is ahead.
    """

    sheet: str
    numbers: list[tuple[str, Cell, int]] = field(default_factory=list)
    period: tuple[date, date] | None = None
    currency: str | None = None
    offset: int | None = None


@cache
def _meanings() -> Mapping[str, str]:
    content: dict[str, list[str]] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return {normal_header(word): meaning for meaning, words in content.items() for word in words}


def summary_of(sheet: str, rows: Block, kind: KindSpec, order: DateOrder | None) -> Summary:
    """What some rows beside the data say.

    Args:
        sheet: Where they stand.
        rows: The rows.
        kind: Of the data.
        order: Of day and month.
    """
    found = Summary(sheet)
    names: dict[int, str] = {}
    for number, cells in rows:
        first = next((str(cell).strip() for cell in cells if not is_missing(cell)), "")
        if names and TOTALS.match(first):
            found.numbers += [
                (name, cells[place], number)
                for place, name in names.items()
                if place < len(cells) and _is_number(cells[place])
            ]
            continue
        for label, value in _pairs(cells):
            match _meanings().get(normal_header(label)):
                case "period":
                    found.period = found.period or _period(str(value), order)
                case "currency":
                    code = currency_of(str(value))
                    found.currency = found.currency or (code if code and len(code) == 3 else None)
                case "time_zone":
                    offset = _OFFSET.search(str(value))
                    if offset:
                        found.offset = int(offset[2]) * (1 if offset[1] == "+" else -1)
                case "count":
                    found.numbers.append((label, value, number))
                case _:
                    if _control_of(kind, label) and _is_number(value):
                        found.numbers.append((label, value, number))
        here = {
            place: str(cell)
            for place, cell in enumerate(cells)
            if isinstance(cell, str) and _control_of(kind, cell.strip())
        }
        names = here if len(here) > 1 else {}
    return found


def _pairs(cells: Sequence[Cell]) -> Iterator[tuple[str, Cell]]:
    """Words with what stands behind them: in the same cell after a colon, or in the next one."""
    filled = [cell for cell in cells if not is_missing(cell)]
    for cell in filled:
        if isinstance(cell, str) and ":" in cell.replace("：", ":"):
            label, _, value = cell.replace("：", ":").partition(":")
            if value.strip():
                yield label.strip(), value.strip()
    for cell, after in pairwise(filled):
        if isinstance(cell, str):
            yield cell.strip().rstrip(":："), after


def _control_of(kind: KindSpec, label: str) -> str | None:
    pair = kind.find(label.rstrip(":：")) if label else None
    return pair[1].name if pair and pair[1].name in kind.control else None


def _is_number(cell: Cell) -> bool:
    if isinstance(cell, bool) or cell is None:
        return False
    return not isinstance(cell, str) or any(parse_number(cell.strip(), mark) for mark in (".", ",", None))  # type: ignore[arg-type]


def _period(text: str, order: DateOrder | None) -> tuple[date, date] | None:
    texts = dates_in(text)
    if len(texts) != 2:
        return None
    try:
        first, last = (parse_day(one, order) for one in texts)
    except NotADate:
        return None
    return (first, last + timedelta(days=1)) if first <= last else None


def control_of(
    one: Found, summaries: Iterable[Summary], mark: Mark | None, currency: str | None
) -> tuple[Control, list[tuple[str, str]]]:
    """The numbers that rows are compared with, and summaries in another currency than the rows (sheet and currency).

    Args:
        one: The sheet with its rows.
        summaries: What stands beside them.
        mark: Decimal mark of the file.
        currency: Of amounts that name none.
    """
    kind = one.header.layout.kind
    control = Control(key=one.header.layout.key, money=next(iter(kind.control), ""), currency=currency)
    others: list[tuple[str, str]] = []
    codes = {code for code in one.currencies if len(code) == 3} or ({currency} if currency else set())
    for summary in summaries:
        if summary.currency and codes and summary.currency not in codes:
            others.append((summary.sheet, summary.currency))
            continue
        for label, cell, row in summary.numbers:
            value = _number(cell, mark)
            column = _control_of(kind, label.strip()) or ""
            if value is not None and (column or _meanings().get(normal_header(label)) == "count"):
                control.said.append(Said(column, label.strip(), value, summary.sheet, row))
    for row, cells in one.totals:
        for column_of, cell in zip(one.kept, cells, strict=True):
            if column_of.spec and column_of.spec.name in kind.control and _is_number(cell):
                value = _number(cell, mark)
                if value is not None:
                    control.said.append(Said(column_of.spec.name, column_of.name, value, one.table.name, row))
    return control, others


def _number(cell: Cell, mark: Mark | None) -> Decimal | None:
    if isinstance(cell, int | float):
        return Decimal(format(cell, ".15g"))
    for one in (mark,) if mark else (None, ".", ","):
        read = parse_number(str(cell).strip(), one)
        if read is not None:
            return read[0]
    return None


def days_outside(
    one: Found, summaries: Iterable[Summary], reader: DateReader
) -> list[tuple[str, date, date, date]]:
    """Days of rows that lie outside of the period that the file says it is of: sheet, first and last day of the
    period, and the first day outside of it."""
    found = []
    for summary in summaries:
        if summary.period is None:
            continue
        days = set()
        for text in one.period_days:
            try:
                day = reader.day(text)
            except NotADate:
                continue  # told where the cell is read
            if day and not summary.period[0] <= day < summary.period[1]:
                days.add(day)
        if days:
            found.append((summary.sheet, summary.period[0], summary.period[1] - timedelta(days=1), min(days)))
    return found


class Compared:
    """Adds up the rows of a sheet, and compares them with what the file says.

    Args:
        control: What it says.
    """

    def __init__(self, control: Control) -> None:
        self._control = control
        self._columns = sorted({said.column for said in control.said if said.column})
        self._sums: dict[str, Decimal] = dict.fromkeys(self._columns, Decimal(0))
        self._counts = any(not said.column for said in control.said)
        self._keys: set[Any] = set()
        self._rows = 0

    def add(self, columns: Mapping[str, Sequence[Any]], rows: int) -> None:
        """Adds rows, by column."""
        if not self._control.said:
            return
        self._rows += rows
        for name in self._columns:
            self._sums[name] += sum(
                (value for value in columns.get(name, ()) if value is not None), Decimal(0)
            )
        if self._counts:
            self._keys.update(columns.get(self._control.key, ()))

    def problems(self, file: str, sheet: str) -> list[Problem]:
        """What differs."""
        found = []
        for said in self._control.said:
            if said.column:
                own = self._sums[said.column]
                is_same = abs(own - said.value) < _EXACT
            else:
                own = Decimal(self._rows)
                is_same = said.value in (self._rows, len(self._keys))
            if not is_same:
                values = {
                    "said": f"{said.value:,}",
                    "own": f"{own:,}",
                    "place": said.sheet or sheet or file,
                    "value": f"{said.value}",
                    "row": str(said.row),
                    "count": "0",
                }
                if said.column == self._control.money:
                    values |= {
                        "amount": format(said.value - own, "f"),
                        "currency": self._control.currency or "",
                    }
                code = "control_total" if said.column else "control_count"
                found.append(Problem(code, "quarantine", file, sheet, None, said.header, values))
        return found
