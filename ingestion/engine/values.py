"""Values of one column: what JSON held becomes an Arrow array of the column's type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.engine.columns import Column, Kind

_LATEST = 4_102_444_800  # 2100-01-01: a time beyond it was not in seconds
_DECIMALS = Context(prec=40, rounding=ROUND_HALF_UP)
_JSON_TYPES: dict[type, str] = {
    dict: "object",
    list: "array",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}
_EXPECTED = {
    Kind.TEXT: "text",
    Kind.MONEY: "money",
    Kind.RATE: "rate",
    Kind.TIME: "time",
    Kind.DATE: "date",
    Kind.BOOL: "boolean",
    Kind.INT: "integer",
}
_NULL_TEXT = pa.scalar(None, type=pa.string())
_NULL_INT = pa.scalar(None, type=pa.int64())
_PLAIN = {Kind.TIME: pa.int64(), Kind.INT: pa.int64(), Kind.BOOL: pa.bool_()}

_Cell = tuple[Any, bool, bool]
"""The cell; whether the value was of the expected type; whether nothing was lost."""
_BAD: _Cell = (None, False, False)


@dataclass(slots=True)
class Values:
    """The values of one column: Arrow arrays of what JSON held, and the latest ones that are not
    converted yet.

    Attributes:
        column: The column.
        chunks: Arrays of text, integers or booleans; numbers where so many values were absent; lists
            where a value was of another type.
        pending: The latest values.
    """

    column: Column
    chunks: list[pa.Array | list[Any] | int] = field(default_factory=list)
    pending: list[Any] = field(default_factory=list)

    def absent(self, rows: int) -> None:
        """Appends absent values."""
        self.settle()
        self.chunks.append(rows)

    def settle(self) -> None:
        """Converts what is pending."""
        if self.pending:
            try:
                self.chunks.append(_plain_array(self.pending, self.column.kind))
            except (pa.ArrowException, TypeError, ValueError, OverflowError):
                self.chunks.append(self.pending)
            self.pending = []

    def finish(self) -> tuple[pa.Array, dict[int, tuple[Any, bool]]]:
        """The typed array, and by index the values that did not fit, with whether nothing was lost."""
        self.settle()
        kind = self.column.kind
        if all(type(chunk) is int for chunk in self.chunks):
            return pa.nulls(sum(chunk for chunk in self.chunks if type(chunk) is int), kind.value), {}
        if not any(type(chunk) is list for chunk in self.chunks):
            plain = _PLAIN.get(kind, pa.string())
            arrays = [pa.nulls(chunk, plain) if type(chunk) is int else chunk for chunk in self.chunks]
            try:
                return _typed(pa.concat_arrays(arrays), kind), {}
            except (pa.ArrowException, ValueError):
                pass  # one by one, below
        values: list[Any] = []
        for chunk in self.chunks:
            if isinstance(chunk, int):
                values += [None] * chunk
            elif isinstance(chunk, list):
                values += chunk
            else:
                values += chunk.to_pylist()
        array, misfits = _one_by_one(values, kind)
        return array, {index: (values[index], whole) for index, whole in misfits.items()}


def to_array(values: list[Any], kind: Kind) -> tuple[pa.Array, dict[int, bool]]:
    """An Arrow array of the values.

    Returns:
        The array, and the indexes of values that were of another type: True where they were converted
        without loss, False where the cell is NULL or rounded.
    """
    try:
        return _typed(_plain_array(values, kind), kind), {}
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return _one_by_one(values, kind)


def json_type(value: object) -> str:
    """The JSON name of a value's type."""
    return _JSON_TYPES.get(type(value), "string")


def misfit(value: object, kind: Kind) -> str:
    """What a value is, and what it should be, for the drift report."""
    return f"{json_type(value)} instead of {_EXPECTED[kind]}"


def _plain_array(values: list[Any], kind: Kind) -> pa.Array:
    """Values as JSON held them: text, integers or booleans."""
    plain = _PLAIN.get(kind, pa.string())
    # Arrow would take 1.0 for an integer.
    if plain is _PLAIN[Kind.INT] and not set(map(type, values)) <= {int, type(None)}:
        raise TypeError("not integers")
    return pa.array(values, type=plain)


def _typed(array: pa.Array, kind: Kind) -> pa.Array:
    """The array in the type of its column.

    Raises:
        ValueError: A value does not fit; also as an Arrow exception.
    """
    if kind in (Kind.INT, Kind.BOOL):
        return array
    if kind is Kind.TIME:
        return _instants(array)
    blank = pc.equal(array, "")
    if pc.any(blank).as_py():
        array = pc.if_else(blank, _NULL_TEXT, array)
    return array if kind is Kind.TEXT else array.cast(kind.value)


def _instants(seconds: pa.Array) -> pa.Array:
    bounds = pc.min_max(seconds).as_py()
    if bounds["min"] is not None and bounds["min"] <= 0:
        if bounds["min"] < 0:
            raise ValueError("a time before 1970")
        seconds = pc.if_else(pc.equal(seconds, 0), _NULL_INT, seconds)
    if bounds["max"] is not None and bounds["max"] >= _LATEST:
        raise ValueError("a time beyond 2100")
    return seconds.cast(pa.timestamp("s", tz="UTC")).cast(Kind.TIME.value)


def _one_by_one(values: list[Any], kind: Kind) -> tuple[pa.Array, dict[int, bool]]:
    read = _READERS[kind]
    cells: list[Any] = []
    misfits: dict[int, bool] = {}
    for index, value in enumerate(values):
        if value is None or value == "":
            cells.append(None)
            continue
        cell, fits, whole = read(value)
        cells.append(cell)
        if not fits:
            misfits[index] = whole
    if kind is Kind.TIME:
        return pa.array(cells, type=pa.timestamp("s", tz="UTC")).cast(Kind.TIME.value), misfits
    return pa.array(cells, type=kind.value), misfits


def _read_text(value: object) -> _Cell:
    if isinstance(value, str):
        return value, True, True
    return (str(value), False, True) if type(value) is int else _BAD


def _read_decimal(kind: Kind) -> Callable[[object], _Cell]:
    step = Decimal(1).scaleb(-kind.value.scale)
    largest = Decimal(10) ** (kind.value.precision - kind.value.scale)

    def read(value: object) -> _Cell:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            return _BAD
        try:
            number = Decimal(str(value).strip() if isinstance(value, str) else repr(value))
            rounded = number.quantize(step, context=_DECIMALS)
        except InvalidOperation:
            return _BAD
        if not number.is_finite() or abs(rounded) >= largest or (isinstance(value, str) and "_" in value):
            return _BAD
        same = rounded == number
        return rounded, same and isinstance(value, str), same

    return read


def _read_int(value: object) -> _Cell:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return _BAD
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return _BAD
    if abs(number) >= 2**63 or (isinstance(value, float) and number != value) or "_" in str(value):
        return _BAD
    return number, type(value) is int, True


def _read_time(value: object) -> _Cell:
    number, fits, _ = _read_int(value)
    if number is None or not 0 <= number < _LATEST:
        return _BAD
    return number or None, fits, True


def _read_bool(value: object) -> _Cell:
    if isinstance(value, bool):
        return value, True, True
    return _WORDS.get(str(value).lower(), _BAD)


_WORDS: dict[str, _Cell] = {
    "true": (True, False, True),
    "false": (False, False, True),
    "1": (True, False, True),
    "0": (False, False, True),
}


def _read_date(value: object) -> _Cell:
    try:
        return date.fromisoformat(str(value)), isinstance(value, str), True
    except ValueError:
        return _BAD


_READERS: dict[Kind, Callable[[object], _Cell]] = {
    Kind.TEXT: _read_text,
    Kind.MONEY: _read_decimal(Kind.MONEY),
    Kind.RATE: _read_decimal(Kind.RATE),
    Kind.TIME: _read_time,
    Kind.DATE: _read_date,
    Kind.BOOL: _read_bool,
    Kind.INT: _read_int,
}
