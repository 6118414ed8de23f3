"""How values are written: thousands separated, money with its currency, a dash for what is unknown, never 0 for it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any

from dashboards.parts.words import Words

UNKNOWN = "–"
_MINUS = "−"
_WHOLE_FROM = 1000
"""Money from here on is shown without decimals; exports have every digit."""
_SHORT_FROM = 10_000

MONEY, COUNT, PART, FRACTION, RATIO, HOURS, MINUTES, TEXT, DAY, TIME = (
    "money",
    "count",
    "part",
    "fraction",
    "ratio",
    "hours",
    "minutes",
    "text",
    "day",
    "time",
)


class Formats:
    """Values as people of one language read them.

    Args:
        words: The words of the language.
        is_short: Whether large amounts are written in 万 and 亿, or k and M.
    """

    def __init__(self, words: Words, *, is_short: bool = False) -> None:
        self.words, self.is_short = words, is_short

    def value(self, value: Any, kind: str, currency: str = "") -> str:
        """A value of this kind as HTML; its currency small behind it."""
        if value is None:
            return UNKNOWN
        if kind == MONEY:
            return self.money(value, currency)
        if kind == FRACTION:
            return self.percent(value)
        if kind == PART:
            return _signed(f"{float(value):,.1f}")
        if kind == RATIO:
            return _signed(f"{float(value):,.2f}")
        if kind == HOURS:
            return f"{float(value):,.1f} h"
        if kind == MINUTES:
            return f"{float(value):,.0f} min"
        if kind == COUNT:
            return self.count(value)
        if kind == DAY and isinstance(value, date):
            return f"{value:%m-%d}" if value.year == date.today().year else f"{value:%Y-%m-%d}"  # noqa: DTZ011
        if kind == TIME and isinstance(value, datetime):
            return f"{value:%m-%d %H:%M}"
        return escape(str(value))

    def money(self, value: Any, currency: str = "") -> str:
        """An amount; without decimals from 1,000 on."""
        if value is None:
            return UNKNOWN
        number = value if isinstance(value, Decimal) else Decimal(str(value))
        size = abs(number)
        if self.is_short and size >= _SHORT_FROM:
            text = self._short(number)
        else:
            text = f"{number:,.0f}" if size >= _WHOLE_FROM or number == 0 else f"{number:,.2f}"
        return _signed(text) + (f'<span class="cur">{escape(currency)}</span>' if currency else "")

    def _short(self, number: Decimal) -> str:
        steps = (
            ((10**8, "亿", 2), (10**4, "万", 2))
            if self.words.is_chinese
            else ((10**6, "M", 2), (10**3, "k", 1))
        )
        for size, sign, places in steps:
            if abs(number) >= size:
                return f"{number / size:,.{places}f} {sign}"
        return f"{number:,.0f}"

    def count(self, value: Any) -> str:
        """A number of things; credits may be parts of one."""
        if value is None:
            return UNKNOWN
        if self.is_short and abs(value) >= _SHORT_FROM:
            return _signed(self._short(Decimal(str(value))))
        whole = float(value)
        return _signed(f"{whole:,.0f}" if whole == round(whole) or abs(whole) >= 100 else f"{whole:,.1f}")

    def percent(self, value: Any, places: int = 1) -> str:
        """A fraction per cent."""
        return UNKNOWN if value is None else _signed(f"{100 * float(value):,.{places}f} %")

    def change(self, change: float | None, *, up_is_good: bool | None = True) -> str:
        """A change as arrow, sign and colour: the arrow says the direction, the colour whether that is good."""
        if change is None:
            return f'<span class="d z">{UNKNOWN}</span>'
        if abs(change) < 0.0005:
            return '<span class="d z">± 0.0 %</span>'
        arrow, sign = ("▲", "+") if change > 0 else ("▼", _MINUS)
        tone = "z" if up_is_good is None else "u" if (change > 0) == up_is_good else "n"
        size = f"{abs(change) * 100:,.1f} %" if abs(change) < 10 else f"{abs(change) + 1:,.0f}×"
        return f'<span class="d {tone}"><i>{arrow}</i>{sign}{size}</span>'

    def day(self, day: date | None, *, weekday: bool = True) -> str:
        """A day with its weekday."""
        if day is None:
            return UNKNOWN
        name = self.words(f"weekday_{day.weekday()}") if weekday else ""
        text = (
            f"{day.month} 月 {day.day} 日 {name}" if self.words.is_chinese else f"{name} {day.day} {day:%b}"
        )
        return text.strip()

    def time(self, time: datetime | None) -> str:
        """A time of day with its day."""
        return UNKNOWN if time is None else f"{self.day(time.date())} {time:%H:%M}"


def _signed(text: str) -> str:
    return text.replace("-", _MINUS)
