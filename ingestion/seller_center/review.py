"""The first look at all rows of a sheet: what its cells prove, and what in them is not as we know it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path

import yaml

from ingestion.seller_center.belonging import look_for_traces
from ingestion.seller_center.dates import split_day
from ingestion.seller_center.found import Found, Kept, data_rows
from ingestion.seller_center.layouts import AMOUNTS, TIMES, header_words, split_unit
from ingestion.seller_center.numbers import currency_of, parse_number, take_apart
from ingestion.seller_center.sheets import Cell, Problem, Severity
from ingestion.seller_center.typed import IDS, PLAIN, SCIENTIFIC, BadCell, is_missing, only, read_id, shown

_FEES = frozenset({"income", "settlement_pnl", "unsettled", "settlement_adjustments"})
_REAL_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T")
_CHUNK = 5_000
_SHOWN = 3


@dataclass(slots=True)
class _Unknown:
    """An unknown column: rows with an amount, a few of them, how many there are, and what they look like."""

    rows: list[int] = field(default_factory=list)
    count: int = 0
    has_decimals: bool = False
    is_no_money: bool = False


def gather(one: Found, file: str) -> None:
    """Goes over all rows for what they prove and for what is wrong with them."""
    unknown = {column.name: _Unknown() for column in one.kept if column.spec is None}
    reviews = [(column, _review(one, file, column)) for column in one.kept if column.spec]
    different: dict[int, int] = {}
    stream = data_rows(one, file, first_look=True)
    while chunk := list(islice(stream, _CHUNK)):
        one.rows += len(chunk)
        numbers = [number for number, _ in chunk]
        cells = list(zip(*[row for _, row in chunk], strict=True))
        for column, review in reviews:
            if review:
                review(cells[column.place], numbers)
        look_for_traces(one, cells)
        for column in one.kept:
            if column.spec is None:
                _count_amounts(unknown[column.name], cells[column.place], numbers)
        for number, (first, second) in enumerate(one.twins):
            if number not in different and cells[first.place] != cells[second.place]:
                row = _first_difference(cells[first.place], cells[second.place], numbers)
                if row is not None:
                    different[number] = row
    for _, review in reviews:
        if isinstance(review, _Ids):
            review.finish()
    for column in one.kept:
        if column.spec is None:
            _report_unknown(one, file, column, unknown[column.name])
    _drop_strange(one)
    for number, (first, second) in enumerate(one.twins):
        code, severity = ("duplicate_column", "error") if number in different else ("column_twice", "note")
        one.problems.append(
            Problem(
                code,
                severity,  # type: ignore[arg-type]
                file,
                one.table.name,
                different.get(number, one.header.row),
                second.name,
                {"first": first.name},
            )
        )
    if not one.rows:
        one.problems.append(Problem("no_rows", "note", file, one.table.name, one.header.row))


def _drop_strange(one: Found) -> None:
    """Drops columns that may be contact data in a language in which we don't know how that is called.

    Among columns of buyers, an unknown one is kept if it holds money, or has an English name that does not sound so.
    """
    if not any(spec.contact for spec in one.header.layout.kind.columns.values()):
        return
    strange = [
        column
        for column in one.kept
        if column.spec is None and column.name not in one.unmapped and not column.name.isascii()
    ]
    one.dropped = [column.name for column in strange]
    for _, cells in one.outside:
        if len(cells) == len(one.kept):
            for column in strange:
                cells[one.kept.index(column)] = None
    one.kept = [column for column in one.kept if column not in strange]


def _first_difference(first: Sequence[Cell], second: Sequence[Cell], numbers: list[int]) -> int | None:
    """The first row in which two columns differ, whatever the blanks around their texts."""
    for one, other, number in zip(first, second, numbers, strict=True):
        if one != other and str(one).strip() != str(other).strip():
            return number
    return None


_Review = Callable[[Sequence[Cell], list[int]], None]


def _review(one: Found, file: str, column: Kept) -> _Review | None:
    spec = column.spec
    assert spec is not None  # noqa: S101 - by the caller
    if spec.type == "id":
        return _review_ids(one, file, column)
    if spec.type in TIMES:
        return _review_dates(one, file, column)
    if spec.type in AMOUNTS or spec.type == "duration":
        return _review_amounts(one, column)
    if spec.type == "currency":
        return _review_currencies(one, column)
    return None


def _review_ids(one: Found, file: str, column: Kept) -> _Ids:
    needed = column.spec is not None and column.spec.name in one.header.layout.required
    return _Ids(one, file, column, "error" if needed else "quarantine")


@dataclass(slots=True)
class _Ids:
    """Looks for ids that a spreadsheet has damaged.

    One that is written `1.73E+18`, or is a large number in a workbook, is damaged for sure. Text of digits is
    damaged when all long ids of the column have nothing but zeros after the 15th digit, and not before it: a
    single one can be chance.
    """

    one: Found
    file: str
    column: Kept
    severity: Severity
    reported: set[str] = field(default_factory=set)
    rounded: list[tuple[int, str]] = field(default_factory=list)
    sound: bool = False

    def __call__(self, cells: Sequence[Cell], numbers: list[int]) -> None:
        """Looks at some rows."""
        if self.sound and only(IDS, cells):
            return
        for index, cell in enumerate(cells):
            if isinstance(cell, str):
                try:
                    text = read_id(cell)
                except BadCell as error:
                    self._report(str(error), numbers[index], cell)
                    continue
                if not self.sound and len(text) > 15 and text.isdigit():
                    self.sound = bool(text[15:].strip("0"))
                    if self.sound and only(IDS, cells[index:]):
                        return
                    if not self.sound and text[14] != "0" and len(self.rounded) < _SHOWN:
                        self.rounded.append((numbers[index], text))
            elif isinstance(cell, float) or (isinstance(cell, int) and cell >= 10**15):
                self._report("id_lost_digits", numbers[index], cell)

    def finish(self) -> None:
        """Judges the column as a whole."""
        if not self.sound and len(self.rounded) == _SHOWN:
            self._report("id_lost_digits", *self.rounded[0])

    def _report(self, code: str, row: int, cell: Cell) -> None:
        if code not in self.reported:
            self.reported.add(code)
            place = self.column.name
            self.one.problems.append(
                Problem(
                    code, self.severity, self.file, self.one.table.name, row, place, {"value": shown(cell)}
                )
            )


def _review_dates(one: Found, file: str, column: Kept) -> _Review:
    """Weighs days, each different one once, and refuses real dates of a workbook beside texts."""
    one.has_times = True
    known: set[Cell] = set()
    periodic = column.spec is not None and column.spec.name == one.header.layout.period
    real = reported = False
    year_last: int | None = None

    def look(cells: Sequence[Cell], numbers: list[int]) -> None:
        nonlocal real, year_last, reported
        days: set[Cell] = {cell[:11] if isinstance(cell, str) else cell for cell in cells}
        for start in days - known:
            known.add(start)
            text = _day_text(start)
            if not text:
                continue
            row = numbers[_index(cells, start)]
            one.dates.add(text, f"{column.name}, {row}")
            if periodic:
                one.period_days.add(text)
            if isinstance(start, str) and _REAL_DATE.fullmatch(start):
                real = True
            elif not text[:4].isdigit() and text[0].isdigit() and year_last is None:
                year_last = row
        if real and year_last is not None and not reported:
            reported = True
            one.problems.append(Problem("mixed_dates", "error", file, one.table.name, year_last, column.name))

    return look


def _index(cells: Sequence[Cell], start: Cell) -> int:
    """The first cell that begins so."""
    if isinstance(start, str):
        return next(
            index for index, cell in enumerate(cells) if isinstance(cell, str) and cell.startswith(start)
        )
    return cells.index(start)


def _day_text(cell: Cell) -> str:
    if isinstance(cell, str):
        return split_day(cell)[0]
    return str(cell) if isinstance(cell, int) and cell > 19_000_000 else ""


def _review_amounts(one: Found, column: Kept) -> _Review:
    spec = column.spec
    whole = spec is not None and spec.type == "int"
    money = spec is not None and spec.type == "money"
    known: set[Cell] = set()
    unit = split_unit(column.name)[1]
    if unit:
        one.currencies.setdefault(currency_of(unit) or unit, column.name)

    def look(cells: Sequence[Cell], numbers: list[int]) -> None:
        nonlocal known
        if len(known) > 50_000:
            known = set()
        if len(one.marks.proofs) == 1 and only(PLAIN["".join(one.marks.proofs)], cells):
            return
        fresh = set(cells) - known
        known |= fresh
        for cell in fresh:
            if not isinstance(cell, str):
                continue
            if money and cell and not ("0" <= cell[-1] <= "9" and (cell[0] == "-" or "0" <= cell[0] <= "9")):
                parts = take_apart(cell)
                if parts and parts.currency and parts.currency not in one.of_amounts:
                    one.of_amounts.add(parts.currency)
                    place = f"{column.name}, {numbers[cells.index(cell)]}"
                    one.currencies.setdefault(parts.currency, place)
            if "." in cell or "," in cell:
                text = cell.strip().removesuffix("%").removesuffix("％")
                one.marks.add(
                    text,
                    lambda cell=cell: f"{column.name}, {numbers[cells.index(cell)]}",  # type: ignore[misc]
                    whole=whole,
                )

    return look


def _review_currencies(one: Found, column: Kept) -> _Review:
    def look(cells: Sequence[Cell], numbers: list[int]) -> None:
        for cell in set(cells):
            if isinstance(cell, str) and not is_missing(cell):
                found = currency_of(cell) or cell.strip().upper()
                one.of_rows.add(found)
                one.currencies.setdefault(found, f"{column.name}, {numbers[cells.index(cell)]}")

    return look


def _count_amounts(unknown: _Unknown, cells: Sequence[Cell], numbers: list[int]) -> None:
    worth = {cell: _is_amount(cell) for cell in set(cells)}
    for cell, is_amount in worth.items():
        if isinstance(cell, str) and cell:
            unknown.is_no_money |= _is_no_money(cell, is_amount)
            unknown.has_decimals |= is_amount and _DECIMALS.search(cell) is not None
        elif isinstance(cell, float):
            unknown.has_decimals |= is_amount
    if not any(worth.values()):
        return
    rows = [numbers[index] for index, cell in enumerate(cells) if worth[cell]]
    unknown.count += len(rows)
    unknown.rows += rows[: _SHOWN - len(unknown.rows)]


def _is_amount(cell: Cell) -> bool:
    """Whether a cell holds a number other than 0, whatever its decimal mark."""
    if isinstance(cell, bool) or cell is None:
        return False
    if isinstance(cell, int | float):
        return cell != 0
    text = cell.strip().removesuffix("%")
    if not any(sign.isdigit() for sign in text):
        return False
    if SCIENTIFIC.fullmatch(text):
        return True
    if take_apart(text) is None:
        return False
    return any(
        read is not None and read[0] != 0
        for read in (parse_number(text, "."), parse_number(text, ","), parse_number(text, None))
    )


_DECIMALS = re.compile(r"[.,][0-9]{1,2}(?![0-9])|[$¥₫฿€£₱円]|\b(?:Rp|RM|R\$|[A-Z]{3})\b")
_LONG_NUMBER = re.compile(r"\s*[0-9]{11,}\s*")
_DATE = re.compile(
    r"\s*(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4})\b.*"
)


@cache
def _words_of(what: str) -> frozenset[str]:
    """Words of headers that say that a column holds money (`money`) or none (`no_money`)."""
    path = Path(__file__).with_name("column_words.yml")
    content: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return frozenset("".join(header_words(word)) for word in content[what])


def _is_no_money(cell: str, is_amount: bool) -> bool:
    """Whether a cell can't be an amount: an id, a rate, a date, a text."""
    text = cell.strip()
    if is_missing(text):
        return False
    if not is_amount:
        # 0 is an amount as well; a word is none.
        return take_apart(text.rstrip("%％")) is None
    return text.endswith(("%", "％")) or bool(_LONG_NUMBER.fullmatch(text)) or bool(_DATE.fullmatch(text))


def _looks_like_money(header: str, unknown: _Unknown, is_fees: bool) -> bool:
    """Whether an unknown column holds money: ids, weights, rates, dates and counts are none."""
    words, text = set(header_words(header)), header.casefold()
    # Languages without blanks between words have theirs somewhere in the header.
    says = {
        what: bool(words & _words_of(what))
        or any(word in text for word in _words_of(what) if not word.isascii())
        for what in ("money", "no_money")
    }
    if unknown.is_no_money or (says["no_money"] and not (is_fees and says["money"])):
        return False
    return is_fees or unknown.has_decimals or says["money"]


def _report_unknown(one: Found, file: str, column: Kept, unknown: _Unknown) -> None:
    sheet, row = one.table.name, one.header.row
    if not unknown.count:
        if not column.name.startswith("(column "):
            one.problems.append(
                Problem("unknown_column_without_amounts", "note", file, sheet, row, column.name)
            )
        return
    is_fees = one.header.layout.kind.kind in _FEES
    if not _looks_like_money(column.name, unknown, is_fees):
        one.problems.append(Problem("unknown_column_no_money", "note", file, sheet, row, column.name))
        return
    one.unmapped.append(column.name)
    code = "unknown_fee" if is_fees else "unknown_column"
    values = {"rows": ", ".join(map(str, unknown.rows)), "count": str(unknown.count)}
    one.problems.append(Problem(code, "quarantine", file, sheet, unknown.rows[0], column.name, values))
