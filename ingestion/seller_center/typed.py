"""Turns the cells of a sheet into values, by the decisions that were made about it.

It needs nothing but cells and decisions, so a replay from the archive reads every cell as it was read the
first time. Cells are read column by column and each different text once: at 100,000 rows that is the
difference between seconds and minutes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.engine.privacy import scrub
from ingestion.seller_center.dates import DateReader, NotADate
from ingestion.seller_center.layouts import ColumnSpec, Rates, layouts
from ingestion.seller_center.numbers import currency_of, parse_number, take_apart
from ingestion.seller_center.sheets import Cell, Decisions, Problem, TypedRow

UNMAPPED = "unmapped: "
"""Before the header of a column of money that the layout does not know: the name under which its amounts are kept."""
MISSING = frozenset({"", "-", "--", "---", "—", "——", "–", "/", "n/a", "null"})
"""Words for 'not known', in lower case. 0 is not among them, and neither is `#N/A`, the error of a spreadsheet."""
# Looking at all cells of a column in one expression is ten times faster than at one after the other.
IDS = re.compile(r"(?:[0-9]*+\t?+\n)*+")
"""Ids of digits, one a line."""
PLAIN = {
    ".": re.compile(r"(?:(?:-?+(?:[1-9][0-9]{0,2}(?:,[0-9]{3})++|[0-9]++)(?:\.[0-9]{1,2})?+)?+\n)*+"),
    ",": re.compile(r"(?:(?:-?+(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})++|[0-9]++)(?:,[0-9]{1,2})?+)?+\n)*+"),
}
"""Amounts by decimal mark, one a line."""
SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_YES = frozenset({"yes", "y", "true", "ya", "sí", "si", "是", "1"})
_NO = frozenset({"no", "n", "false", "tidak", "否", "0"})
_FORMULA = re.compile(r'="?([^"]*)"?')
_UNITS = re.compile(
    r"([0-9]+(?:[.,][0-9]+)?) ?(h|hr|hrs|hours?|m|min|mins|minutes?|s|sec|secs|seconds?)(?![a-z])", re.I
)
_CLOCK = re.compile(r"([0-9]+):([0-9]{2})(?::([0-9]{2}))?")
_SAFE_DIGITS = 15
"""Digits a spreadsheet's number holds."""
_REMEMBERED = 50_000


class BadCell(ValueError):
    """A cell that can't be read; its `args[0]` is the code of the problem."""


@dataclass(slots=True)
class TypedBatch:
    """Some thousand rows, by column: for building Arrow tables without a dictionary for each row.

    Attributes:
        rows: Their numbers.
        columns: Values by canonical name, each list as long as `rows`.
        problems: Cells that could not be read; their values are None.
    """

    rows: list[int]
    columns: dict[str, list[Any]]
    problems: list[Problem] = field(default_factory=list)


def typed_batches(
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[Cell]]],
    decisions: Decisions,
    *,
    file: str = "",
    sheet: str = "",
    size: int = 10_000,
) -> Iterator[TypedBatch]:
    """The values of the rows, by column.

    Money, numbers and rates are exact decimals, rates as ratios (`15%` is 0.15); times are UTC; days are
    local dates; durations are whole seconds. A column that the layout does not know is among them only if it holds
    money, under `UNMAPPED` and its header.

    Args:
        header: As `Sheet.header`.
        rows: As `Sheet.raw_rows()`, or from the archive.
        decisions: As they were made when the file was read.
        file: For the problems.
        sheet: For the problems.
        size: Rows in a batch.

    Raises:
        ValueError: The sheet has times and the decisions no zone.
    """
    columns = [
        (place, name, _Column(decisions, decisions.columns.get(name) or f"{UNMAPPED}{name}"))
        for place, name in enumerate(header)
        if name in decisions.columns or name in decisions.unmapped
    ]
    stream = iter(rows)
    while chunk := list(islice(stream, size)):
        numbers = [number for number, _ in chunk]
        cells = list(zip(*[row for _, row in chunk], strict=True))
        batch = TypedBatch(numbers, {})
        for place, name, column in columns:
            values, bad = column.read(cells[place])
            batch.columns[column.spec.name] = values
            batch.problems += [
                Problem(
                    code,
                    "quarantine",
                    file,
                    sheet,
                    numbers[index],
                    name,
                    {"value": shown(cells[place][index])},
                )
                for index, code in bad
            ]
        yield batch


def typed_rows(
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[Cell]]],
    decisions: Decisions,
    *,
    file: str = "",
    sheet: str = "",
) -> Iterator[TypedRow]:
    """The values of the rows, one by one; arguments and errors as in `typed_batches`."""
    for batch in typed_batches(header, rows, decisions, file=file, sheet=sheet):
        yield from rows_of(batch)


def rows_of(batch: TypedBatch) -> Iterator[TypedRow]:
    """The rows of a batch, one by one."""
    problems: dict[int, list[Problem]] = {}
    for problem in batch.problems:
        if problem.row is not None:
            problems.setdefault(problem.row, []).append(problem)
    names = tuple(batch.columns)
    for number, values in zip(batch.rows, zip(*batch.columns.values(), strict=True), strict=True):
        yield TypedRow(number, dict(zip(names, values, strict=True)), problems.get(number, ()))


def shown(cell: Cell) -> str:
    """A cell as a message shows it: short, without what looks like contact data."""
    text = str(scrub(str(cell).strip()))
    return text if len(text) <= 40 else f"{text[:39]}…"


def is_missing(cell: Cell) -> bool:
    """Whether a cell says that something is not known."""
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in MISSING)


def only(form: re.Pattern[str], cells: Sequence[Cell]) -> bool:
    """Whether all cells are texts of a form."""
    try:
        return form.fullmatch("\n".join([*cells, ""])) is not None  # type: ignore[list-item]
    except TypeError:
        return False  # not all of them are texts


class _Known(dict[str, Any]):
    """What texts mean; each is read the first time it is asked for."""

    __slots__ = ("_read", "bad")

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read = read
        self.bad: dict[str, str] = {}

    def __missing__(self, text: str) -> Any:
        value: Any = None
        # What ends in a digit is no such word; seeing that first saves a third of the time.
        if "0" <= text[-1:] <= "9" or text.strip().lower() not in MISSING:
            try:
                value = self._read(text)
            except BadCell as error:
                self.bad[text] = str(error)
            except NotADate:
                self.bad[text] = "not_a_date"
        self[text] = value
        return value


class _Column:
    """Reads the cells of one column."""

    def __init__(self, decisions: Decisions, name: str) -> None:
        layout = layouts()[decisions.layout]
        unmapped = name.startswith(UNMAPPED)
        self.spec: ColumnSpec = ColumnSpec(name, "money", ()) if unmapped else layout.kind.columns[name]
        text, native = _readers(self.spec, decisions, layout.rates)
        self._texts = _Known(text)
        self._native = native
        self._mark = decisions.decimal_mark

    def read(self, cells: Sequence[Cell]) -> tuple[list[Any], list[tuple[int, str]]]:
        """The values, and the places and codes of cells that could not be read."""
        texts = self._texts
        if len(texts) > _REMEMBERED:
            texts.clear()
            texts.bad.clear()
        bad: list[tuple[int, str]] = []
        plain = self._plain(cells)
        if plain is not None:
            return plain, bad
        if set(map(type, cells)) <= {str}:
            values = list(map(texts.__getitem__, cells))  # type: ignore[arg-type]
        else:
            values = []
            for index, cell in enumerate(cells):
                if cell is None:
                    values.append(None)
                elif isinstance(cell, str):
                    values.append(texts[cell])
                else:
                    try:
                        values.append(self._native(cell))
                    except BadCell as error:
                        values.append(None)
                        bad.append((index, str(error)))
                    except NotADate:
                        values.append(None)
                        bad.append((index, "not_a_date"))
        if texts.bad:
            bad += [
                (index, texts.bad[c])
                for index, c in enumerate(cells)
                if isinstance(c, str) and c in texts.bad
            ]
        return values, bad

    def _plain(self, cells: Sequence[Cell]) -> list[Any] | None:
        """The values of ids of digits, and of plain amounts that hardly repeat; None for other cells."""
        if self.spec.type == "id" and only(IDS, cells):
            return [cell.strip() or None for cell in cells]  # type: ignore[union-attr]
        if self.spec.type == "money" and self._mark and len(set(cells)) * 2 > len(cells) > _REMEMBERED // 50:
            thousands = "," if self._mark == "." else "."
            if only(PLAIN[self._mark], cells):
                return [
                    Decimal(cell.replace(thousands, "").replace(",", ".")) if cell else None  # type: ignore[union-attr]
                    for cell in cells
                ]
        return None


_Text = Callable[[str], Any]
_Native = Callable[[int | float | bool], Any]


def _readers(spec: ColumnSpec, decisions: Decisions, rates: Rates) -> tuple[_Text, _Native]:
    """How a column's texts are read, and the numbers that a workbook holds as such."""
    mark = decisions.decimal_mark
    match spec.type:
        case "id":
            return read_id, _native_id
        case "text" | "word":
            return str.strip, _native_text
        case "currency":
            return _currency, _native_text
        case "bool":
            return _yes_or_no, lambda cell: _yes_or_no(str(cell))
        case "int":
            return lambda text: _whole(_number(text, mark)), lambda cell: _whole(_native_number(cell))
        case "money" | "number":
            return lambda text: _number(text, mark), _native_number
        case "rate":
            return (
                lambda text: _rate(text, mark, rates),
                lambda cell: _scaled(_native_number(cell), "fraction" if rates == "percent_sign" else rates),
            )
        case "duration":
            return lambda text: _duration(text, mark), lambda cell: _rounded(_native_number(cell))
        case "time":
            times = _dates(decisions)
            return times.instant, lambda cell: times.instant(_day_number(cell, times))
        case "date":
            days = _dates(decisions)
            return days.day, lambda cell: days.day(_day_number(cell, days))


def _dates(decisions: Decisions) -> DateReader:
    if decisions.zone is None:
        raise ValueError(f"no time zone decided for {decisions.layout}")
    return DateReader(decisions.date_order, ZoneInfo(decisions.zone))


def read_id(text: str) -> str:
    """An id as text.

    Raises:
        BadCell: A spreadsheet has rounded it.
    """
    text = text.strip()
    if text.startswith("="):
        text = (_FORMULA.fullmatch(text) or ("", text))[1].strip()
    text = text.removeprefix("'").strip()
    if SCIENTIFIC.fullmatch(text):
        raise BadCell("id_in_scientific_notation")
    if text.endswith(".0") and text[:-2].isdigit():
        if len(text) - 2 > _SAFE_DIGITS:
            raise BadCell("id_lost_digits")
        return text[:-2]
    return text


def _native_id(cell: float | bool) -> str:
    if isinstance(cell, bool) or cell != int(cell) or cell < 0:
        raise BadCell("not_an_id")
    if cell >= 10**_SAFE_DIGITS:
        raise BadCell("id_lost_digits")
    return str(int(cell))


def _native_text(cell: float | bool) -> str:
    return str(cell) if isinstance(cell, bool | int) else format(cell, ".15g")


def _currency(text: str) -> str:
    found = currency_of(text)
    if found is None and not (len(text.strip()) == 3 and text.strip().isalpha()):
        raise BadCell("not_a_currency")
    return found if found and len(found) == 3 else text.strip().upper()


def _yes_or_no(text: str) -> bool:
    word = text.strip().lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise BadCell("not_yes_or_no")


def _number(text: str, mark: Any) -> Decimal:
    read = parse_number(text, mark)
    if read is None:
        raise BadCell(
            "number_in_scientific_notation" if SCIENTIFIC.fullmatch(text.strip()) else "not_a_number"
        )
    return read[0]


def _native_number(cell: float | bool) -> Decimal:
    if isinstance(cell, bool) or cell != cell or cell in (float("inf"), float("-inf")):
        raise BadCell("not_a_number")
    # A spreadsheet holds 15 digits; 0.1 + 0.2 is 0.3 in it.
    return Decimal(cell) if isinstance(cell, int) else Decimal(format(cell, ".15g"))


def _whole(number: Decimal) -> int:
    if number != number.to_integral_value():
        raise BadCell("not_a_whole_number")
    return int(number)


def _rounded(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_HALF_UP))


def _rate(text: str, mark: Any, rates: Rates) -> Decimal:
    bare = text.strip()
    if bare.endswith(("%", "％")):
        return _scaled(_number(bare[:-1], mark), "percent")
    if rates == "percent_sign":
        number = _number(bare, mark)
        if number:
            raise BadCell("rate_without_percent_sign")
        return number
    return _scaled(_number(bare, mark), rates)


def _scaled(number: Decimal, rates: Rates) -> Decimal:
    match rates:
        case "fraction":
            return number
        case "percent" | "percent_sign":
            return number.scaleb(-2)
        case "hundredths":
            return number.scaleb(-4)


def _duration(text: str, mark: Any) -> int:
    text = text.strip()
    clock = _CLOCK.fullmatch(text)
    if clock:
        first, second, third = int(clock[1]), int(clock[2]), clock[3]
        if second > 59 or int(third or 0) > 59:
            raise BadCell("not_a_duration")
        return first * 3600 + second * 60 + int(third) if third else first * 60 + second
    units = _UNITS.findall(text)
    if units:
        if _UNITS.sub("", text).strip():
            raise BadCell("not_a_duration")
        seconds = {"h": 3600, "m": 60, "s": 1}
        total = sum(Decimal(amount.replace(",", ".")) * seconds[unit[0].lower()] for amount, unit in units)
        return _rounded(Decimal(total))
    if take_apart(text) is None:
        raise BadCell("not_a_duration")
    return _rounded(_number(text, mark))


def _day_number(cell: float | bool, dates: DateReader) -> str:
    """The text of a date that a workbook holds as a number: 20261231, or days since 1900."""
    if isinstance(cell, bool):
        raise BadCell("not_a_date")
    if isinstance(cell, int) and 19_000_101 <= cell <= 21_001_231:
        return str(cell)
    if cell == 0:
        return "1900-01-01"
    return dates.serial(float(cell))
