"""How a value of a published file is shown in a spreadsheet.

A spreadsheet keeps 15 digits of a number and knows no time zone: whole numbers beyond that are written as text, and
instants in UTC, which the header says. A text that begins like a formula stays a text, also when somebody edits its
cell (`quote_prefix`) or saves the sheet as CSV.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from orchestration.sheets.tables import (
    DATE,
    FRACTION,
    INSTANT,
    NUMBER,
    REPORTING_CURRENCY,
    SHOP_CURRENCY,
    WHOLE,
    YES_NO,
    Column,
)

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins with one of them is a formula to a spreadsheet (OWASP, CSV injection)."""
LONGEST_TEXT = 32_767
"""Characters that a cell holds at most."""
_EXACT = 10**15
_WITHOUT_CENTS = ("JPY", "KRW", "VND")
_WIDTHS = {DATE: 11, INSTANT: 17, YES_NO: 8, WHOLE: 11, NUMBER: 14}
_BAND = "#1F4E78"

Look = tuple[str, bool]
"""A number format, and whether the row may still change."""


class Looks:
    """The formats of a workbook, each made once.

    Args:
        book: The workbook.
    """

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._known: dict[Look, Format] = {}
        self.header = book.add_format(
            {
                "bold": True,
                "font_color": "white",
                "bg_color": _BAND,
                "text_wrap": True,
                "valign": "vcenter",
                "border": 1,
                "border_color": "#9DB7CE",
            }
        )
        self.title = book.add_format({"bold": True, "font_size": 18, "font_color": _BAND})
        self.name = book.add_format({"bold": True, "valign": "top"})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.link = book.add_format({"font_color": "#0563C1", "underline": 1, "valign": "top"})
        self.quoted = book.add_format({"quote_prefix": True})
        self.quoted_open = book.add_format({"quote_prefix": True, "italic": True, "font_color": "#7F7F7F"})
        self.open = book.add_format({"italic": True, "font_color": "#7F7F7F"})

    def number(self, shown: str, is_open: bool) -> Format:
        """The format of a number or date; of a row that may still change in grey italics."""
        look = (shown, is_open)
        if look not in self._known:
            marks = {"italic": True, "font_color": "#7F7F7F"} if is_open else {}
            self._known[look] = self._book.add_format({"num_format": shown, **marks})
        return self._known[look]


@dataclass(frozen=True)
class Row:
    """What the cells of a row depend on.

    Attributes:
        is_open: A part of the row may still change.
        currencies: Currency by unit: `shop currency`, `reporting currency`.
    """

    is_open: bool
    currencies: Mapping[str, str]


Writer = Callable[[int, int, Any, Row], bool]
"""Writes a value into row and column; returns whether a text was cut."""


def writers(sheet: Worksheet, looks: Looks, columns: Sequence[Column]) -> list[Writer]:
    """For each column of a table what writes its cells."""
    return [_writer(sheet, looks, column) for column in columns]


def width(column: Column) -> int:
    """Width of a column in characters."""
    if column.kind in _WIDTHS:
        return _WIDTHS[column.kind]
    if column.name.endswith(("_id", "_key")) or column.name == "shop_key":
        return 21
    return 28 if column.name.startswith(("message", "product_name", "definition", "evidence")) else 16


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula."""
    return text.startswith(FORMULA_SIGNS)


def harmless(value: Any) -> Any:
    """A value for CSV: a text that a spreadsheet would run is led by an apostrophe."""
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value


def money_format(currency: str) -> str:
    """The number format of an amount: with its currency, and with cents where the currency has any."""
    digits = "#,##0" if currency in _WITHOUT_CENTS else "#,##0.00"
    return f'{digits} "{currency}"' if currency.isascii() and currency.isalpha() else digits


def _writer(sheet: Worksheet, looks: Looks, column: Column) -> Writer:
    kind = column.kind
    if kind in (DATE, INSTANT):
        return _dates(sheet, looks, "yyyy-mm-dd" if kind == DATE else "yyyy-mm-dd hh:mm")
    if kind == YES_NO:
        return _yes_no(sheet, looks)
    if kind in (NUMBER, WHOLE):
        return _numbers(sheet, looks, column)
    return _texts(sheet, looks)


def _texts(sheet: Worksheet, looks: Looks) -> Writer:
    def write(row: int, place: int, value: Any, about: Row) -> bool:
        text = str(value)
        is_cut = len(text) > LONGEST_TEXT
        if is_cut:
            text = text[: LONGEST_TEXT - 1] + "…"
        if text.startswith(FORMULA_SIGNS):
            look = looks.quoted_open if about.is_open else looks.quoted
        else:
            look = looks.open if about.is_open else None
        sheet.write_string(row, place, text, look)
        return is_cut

    return write


def _dates(sheet: Worksheet, looks: Looks, shown: str) -> Writer:
    def write(row: int, place: int, value: date, about: Row) -> bool:
        if isinstance(value, datetime) and value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        if value.year < 1900:
            sheet.write_string(row, place, value.isoformat())
        else:
            sheet.write_datetime(row, place, value, looks.number(shown, about.is_open))
        return False

    return write


def _yes_no(sheet: Worksheet, looks: Looks) -> Writer:
    def write(row: int, place: int, value: bool, about: Row) -> bool:
        sheet.write_boolean(row, place, value, looks.open if about.is_open else None)
        return False

    return write


def _numbers(sheet: Worksheet, looks: Looks, column: Column) -> Writer:
    unit, is_whole = column.unit, column.kind == WHOLE
    shown = "0.0%" if unit == FRACTION else "#,##0" if is_whole else "#,##0.00##"
    is_money = unit in (SHOP_CURRENCY, REPORTING_CURRENCY)

    def write(row: int, place: int, value: Decimal | float | int, about: Row) -> bool:
        if is_whole and not -_EXACT < value < _EXACT:
            sheet.write_string(row, place, str(value))
            return False
        number = float(value)
        if number != number or number in (float("inf"), float("-inf")):
            sheet.write_string(row, place, str(value))
            return False
        look = money_format(about.currencies.get(unit, "")) if is_money else shown
        sheet.write_number(row, place, number, looks.number(look, about.is_open))
        return False

    return write
