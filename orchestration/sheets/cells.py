"""How a value of a published file is shown in a spreadsheet, and how it stands in the XML of a sheet.

XlsxWriter takes 12 µs for a cell, most of it for what it finds out of each cell anew: its type, its format, its place.
Of a column all cells are of one type, so a column knows once how its cells are written, in a quarter of that time.

A spreadsheet keeps 15 digits of a number and knows no time zone: whole numbers beyond that are written as text, and
instants in UTC, which the header says. A text that begins like a formula stays a text, also when somebody edits its
cell (`quote_prefix`) or saves the sheet as CSV.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook

from home.money import WITHOUT_DECIMALS
from home.text import FORMULA_SIGNS
from orchestration.sheets.tables import (
    DATE,
    FRACTION,
    INSTANT,
    NUMBER,
    REPORTING_CURRENCY,
    ROW_CURRENCIES,
    WHOLE,
    YES_NO,
    Column,
)

LONGEST_TEXT = 32_767
"""Characters that a cell holds at most."""
_EXACT = 10**15
_WIDTHS = {DATE: 11, INSTANT: 17, YES_NO: 8, WHOLE: 11, NUMBER: 14}
_BAND = "#1F4E78"
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 (a spreadsheet knows no zone)
_EPOCH_DAY = _EPOCH.toordinal()
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile(r"_(x[0-9A-Fa-f]{4}_)")
_ODD = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")

_TRUE_FALSE = '"TRUE";"TRUE";"FALSE"'
"""LibreOffice shows a yes/no of a styled cell as 1 or 0; Excel shows TRUE and FALSE whatever the format says."""
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
        self.quoted_open = book.add_format({"quote_prefix": True, "italic": True, "font_color": "#595959"})
        self.open = book.add_format({"italic": True, "font_color": "#595959"})

    def number(self, shown: str, is_open: bool) -> Format:
        """The format of a number or date; of a row that may still change in grey italics."""
        look = (shown, is_open)
        if look not in self._known:
            marks = {"italic": True, "font_color": "#595959"} if is_open else {}
            self._known[look] = self._book.add_format({"num_format": shown, **marks})
        return self._known[look]


@dataclass(slots=True)
class Row:
    """What the cells of a row depend on.

    Attributes:
        is_open: A part of the row may still change.
        shop_currency: Currency of amounts in the shop's currency; empty when unknown.
        reporting_currency: That of amounts in the reporting currency.
        cut: Texts that did not fit into a cell.
    """

    is_open: bool = False
    shop_currency: str = ""
    reporting_currency: str = ""
    cut: int = 0


Writer = Callable[[int, Any, Row], str]
"""The XML of a cell in a row, by the row's number from 1."""


def writers(looks: Looks, columns: Sequence[Column]) -> list[Writer]:
    """For each column of a table what makes the XML of its cells."""
    return [_writer(looks, _letters(place), column) for place, column in enumerate(columns)]


def width(column: Column) -> int:
    """Width of a column in characters."""
    if column.kind in _WIDTHS:
        return _WIDTHS[column.kind]
    if column.name.endswith(("_id", "_key")) or column.name == "shop_key":
        return 21
    return 28 if column.name.startswith(("message", "product_name", "definition", "evidence")) else 16


def money_format(currency: str) -> str:
    """The number format of an amount: with its currency, and with cents where the currency has any."""
    digits = "#,##0" if currency in WITHOUT_DECIMALS else "#,##0.00"
    return f'{digits} "{currency}"' if currency.isascii() and currency.isalpha() else digits


def _writer(looks: Looks, place: str, column: Column) -> Writer:
    kind = column.kind
    if kind in (DATE, INSTANT):
        return _dates(looks, place, "yyyy-mm-dd" if kind == DATE else "yyyy-mm-dd hh:mm")
    if kind == YES_NO:
        return _yes_no(looks, place)
    if kind in (NUMBER, WHOLE):
        return _numbers(looks, place, column)
    return _texts(looks, place)


def _letters(place: int) -> str:
    """The name of a column: A, B, ..., AA."""
    return str(xl_col_to_name(place))


def _style(look: Format | None) -> str:
    return "" if look is None else f' s="{look._get_xf_index()}"'


def _texts(looks: Looks, place: str) -> Writer:
    plain = {False: "", True: _style(looks.open)}
    quoted = {False: _style(looks.quoted), True: _style(looks.quoted_open)}

    def write(number: int, value: Any, row: Row) -> str:
        text = value if isinstance(value, str) else str(value)
        if len(text) > LONGEST_TEXT:
            row.cut += 1
            text = text[: LONGEST_TEXT - 1] + "…"
        style = (quoted if text.startswith(FORMULA_SIGNS) else plain)[row.is_open]
        return f'<c r="{place}{number}"{style} t="inlineStr"><is><t xml:space="preserve">{_escaped(text)}</t></is></c>'

    return write


def _escaped(text: str) -> str:
    """A text in XML; what XML has no place for as `_xHHHH_`, which a spreadsheet reads."""
    if _ODD.search(text):
        text = _LOOKS_ESCAPED.sub(r"_x005F_\1", text)
        text = _CONTROL.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text)
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def _dates(looks: Looks, place: str, shown: str) -> Writer:
    styles = {is_open: _style(looks.number(shown, is_open)) for is_open in (False, True)}

    def write(number: int, value: date, row: Row) -> str:
        if isinstance(value, datetime):
            if value.tzinfo is not None:
                value = value.astimezone(UTC).replace(tzinfo=None)
            since = value - _EPOCH
            serial: float = since.days + since.seconds / 86_400
        else:
            serial = value.toordinal() - _EPOCH_DAY
        if serial < 1:
            return f'<c r="{place}{number}" t="inlineStr"><is><t>{value.isoformat()}</t></is></c>'
        return f'<c r="{place}{number}"{styles[row.is_open]}><v>{serial}</v></c>'

    return write


def _yes_no(looks: Looks, place: str) -> Writer:
    styles = {is_open: _style(looks.number(_TRUE_FALSE, is_open)) for is_open in (False, True)}

    def write(number: int, value: bool, row: Row) -> str:
        return f'<c r="{place}{number}"{styles[row.is_open]} t="b"><v>{1 if value else 0}</v></c>'

    return write


def _numbers(looks: Looks, place: str, column: Column) -> Writer:
    unit, is_whole = column.unit, column.kind == WHOLE
    shown = "0.0%" if unit == FRACTION else "#,##0" if is_whole else "#,##0.00##"
    is_shop, is_reporting = unit in ROW_CURRENCIES, unit == REPORTING_CURRENCY
    styles: dict[tuple[str, bool], str] = {}

    def write(number: int, value: Decimal | float | int, row: Row) -> str:
        currency = row.shop_currency if is_shop else row.reporting_currency if is_reporting else ""
        key = (currency, row.is_open)
        if key not in styles:
            look = money_format(currency) if is_shop or is_reporting else shown
            styles[key] = _style(looks.number(look, row.is_open))
        if (is_whole and not -_EXACT < value < _EXACT) or (isinstance(value, float) and not isfinite(value)):
            return f'<c r="{place}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
        return f'<c r="{place}{number}"{styles[key]}><v>{value}</v></c>'

    return write
