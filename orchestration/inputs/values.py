"""A cell as a value of a type, written as a seed writes it.

A workbook holds a date or a number as such, or as a text that somebody typed. Numbers go through text, so that 12.59
stays 12.59.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

Cell = str | int | float | bool | None

_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]00:00(?::00)?)?")
_TIME = re.compile(r"(?:1899-12-3[01]T|1900-01-00T)?(\d{1,2}):(\d{2})(?::00(?:\.0+)?)?")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_YES = ("true", "yes", "1", "是", "y")
_NO = ("false", "no", "0", "否", "n")
_DIGITS_KEPT = 15


class Unreadable(Exception):
    """A cell is not of its type; carries a code of `check.MESSAGES`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def as_text(cell: Cell) -> str:
    """A text, or an id that a spreadsheet took for a number.

    Raises:
        Unreadable: The spreadsheet has lost digits of the number.
    """
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        number = Decimal(repr(cell))
        if number == number.to_integral_value():
            text = format(number.to_integral_value(), "f")
            if len(text.lstrip("-")) > _DIGITS_KEPT:
                raise Unreadable("digits_lost")
            return text
        return format(number, "f")
    text = str(cell or "").strip()
    if re.fullmatch(r"\d(\.\d+)?E\+\d+", text):
        raise Unreadable("digits_lost")
    return text


def as_decimal(cell: Cell) -> Decimal:
    """A number; `8%` is 0.08, `1,234.5` is 1234.5.

    Raises:
        Unreadable: It is none.
    """
    if isinstance(cell, bool):
        raise Unreadable("no_number")
    text = (repr(cell) if isinstance(cell, float) else str(cell)).strip()
    is_percent = text.endswith(("%", "％"))
    text = text.rstrip("%％").strip()
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not _NUMBER.fullmatch(text):
        raise Unreadable("no_number")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Unreadable("no_number") from None
    return number / 100 if is_percent else number


def as_whole(cell: Cell) -> int:
    """A whole number.

    Raises:
        Unreadable: It is none.
    """
    number = as_decimal(cell)
    if number != number.to_integral_value():
        raise Unreadable("no_whole_number")
    return int(number)


def as_date(cell: Cell) -> date:
    """A day: a date of the workbook, or 2026-10-31, 2026/10/31, 2026年10月31日.

    Raises:
        Unreadable: It is none, or nobody can say which: 3/4/2026.
    """
    match = _DAY.fullmatch(str(cell).strip())
    if match is None:
        raise Unreadable("no_date")
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise Unreadable("no_date") from None


def as_time(cell: Cell) -> str:
    """A time of the day, HH:MM; a fraction of a day is one too.

    Raises:
        Unreadable: It is none.
    """
    if isinstance(cell, float | int) and not isinstance(cell, bool) and 0 <= cell < 1:
        minutes = round(cell * 24 * 60)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    text = str(cell).strip()
    if "T" in text:
        try:
            text = f"{datetime.fromisoformat(text):%H:%M}"
        except ValueError:
            raise Unreadable("no_time") from None
    match = _TIME.fullmatch(text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise Unreadable("no_time")
    return f"{int(match[1]):02}:{match[2]}"


def as_yes_no(cell: Cell) -> bool:
    """Yes or no: TRUE, 是, yes, 1.

    Raises:
        Unreadable: It is neither.
    """
    text = str(cell).strip().lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise Unreadable("no_yes_no")


def plain(number: Decimal) -> str:
    """A number without an exponent and without zeros at its end."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
