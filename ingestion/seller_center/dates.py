"""Dates as exports write them: in which order day and month stand, and which instant a text means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Order = Literal["dmy", "mdy", "ymd"]

_YEAR_LAST = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})([/.-])([0-9]{1,2})\2([0-9]{1,2})/?")
_DIGITS = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_CLOCK = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)? ?(?:([AP])\.? ?M\.?)?", re.IGNORECASE
)
_OFFSET = re.compile(r"(.*[0-9])(Z|[+-][0-9]{2}:?[0-9]{2})")
_ANY_DATE = re.compile(
    r"(?<![0-9])([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4})(?![0-9])"
)
_FIRST, _LAST = date(2010, 1, 1), date(2100, 1, 1)
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's clock has no zone


class NotADate(ValueError):
    """A text that is no date, or none that can be."""


def is_sentinel(day: date) -> bool:
    """Whether a date stands for 'never': the first day of a computer's or a spreadsheet's clock."""
    return day.year in (1969, 1970) or day.year <= 1900


@dataclass(slots=True)
class DateEvidence:
    """What the dates of a file prove about the order of day and month.

    Attributes:
        proofs: Text and place for `dmy` and `mdy`, where a number above 12 proves it.
        unclear: Day texts with their places that could be read in both ways.
        year_first: Whether any date begins with its year, or is a real date of a workbook.
    """

    proofs: dict[Order, tuple[str, str]] = field(default_factory=dict)
    unclear: dict[str, str] = field(default_factory=dict)
    year_first: bool = False

    def add(self, text: str, place: str) -> None:
        """Weighs the day of one more text; `place` names its column and row."""
        match = _YEAR_LAST.fullmatch(text)
        if match is None:
            if _YEAR_FIRST.fullmatch(text) or _DIGITS.fullmatch(text):
                self.year_first = True
            return
        first, second = int(match[1]), int(match[3])
        if 12 < first <= 31 and 1 <= second <= 12:
            self.proofs.setdefault("dmy", (text, place))
        elif 12 < second <= 31 and 1 <= first <= 12:
            self.proofs.setdefault("mdy", (text, place))
        elif first != second and int(match[4]) > 1970 and 1 <= first <= 12 and 1 <= second <= 12:
            self.unclear.setdefault(text, place)
        # Both numbers alike are the same day in either order.

    def merge(self, others: Iterable[DateEvidence]) -> None:
        """Takes over what others prove."""
        for other in others:
            for order, proof in other.proofs.items():
                self.proofs.setdefault(order, proof)
            for text, place in other.unclear.items():
                self.unclear.setdefault(text, place)
            self.year_first |= other.year_first


def decide_order(
    evidence: DateEvidence, period: tuple[date, date] | None
) -> Order | Literal["contradictory", "undecidable"] | None:
    """The order of day and month in a file.

    Args:
        evidence: Of its dates.
        period: The half-open period the file itself says it is of, if it does. A reading that leaves it
            is wrong.

    Returns:
        The order; None when there are no dates; `contradictory` when some dates prove the one and some the
        other; `undecidable` when all could be read in both ways.
    """
    if len(evidence.proofs) == 2:
        return "contradictory"
    if evidence.proofs:
        return next(iter(evidence.proofs))
    if not evidence.unclear:
        return "ymd" if evidence.year_first else None
    if period:
        orders: tuple[Order, ...] = ("dmy", "mdy")
        fitting = [
            order
            for order in orders
            if all(period[0] <= parse_day(text, order) < period[1] for text in evidence.unclear)
        ]
        if len(fitting) == 1:
            return fitting[0]
    return "undecidable"


def parse_day(text: str, order: Order | None) -> date:
    """The date a text means.

    Args:
        text: Day without time: `31/12/2026`, `2026-12-31`, `2026/12/31/`, `20261231`.
        order: Of day and month where the year stands last.

    Raises:
        NotADate: It is none, or the order is not known.
    """
    match = _YEAR_FIRST.fullmatch(text)
    if match:
        return _date(match[1], match[3], match[4], text)
    match = _DIGITS.fullmatch(text)
    if match:
        return _date(match[1], match[2], match[3], text)
    match = _YEAR_LAST.fullmatch(text)
    if match is None:
        raise NotADate(text)
    if order == "mdy":
        return _date(match[4], match[1], match[3], text)
    if order == "dmy" or match[1].zfill(2) == match[3].zfill(2):
        return _date(match[4], match[3], match[1], text)
    raise NotADate(text)


def _date(year: str, month: str, day: str, text: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise NotADate(text) from error


def parse_clock(text: str) -> timedelta:
    """The time of day a text means: `23:59`, `23:59:59`, `11:59:59 PM`.

    Raises:
        NotADate: It is none.
    """
    # Nearly all clocks are written like this, and hardly two of a file are alike: a third of the time of the regex.
    if len(text) == 8 and text[2] == text[5] == ":" and text < "24":
        try:
            plain = time.fromisoformat(text)
        except ValueError as error:
            raise NotADate(text) from error
        return timedelta(0, plain.hour * 3600 + plain.minute * 60 + plain.second)
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise NotADate(text)
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        if not 1 <= hour <= 12:
            raise NotADate(text)
        hour = hour % 12 + (12 if match[4] in "pP" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise NotADate(text)
    return timedelta(hours=hour, minutes=minute, seconds=second)


def split_day(text: str) -> tuple[str, str]:
    """Day and clock of a text; the clock is empty when there is none."""
    text = text.strip()
    cut = len(text)
    for separator in (" ", "T", "\u202f", "\u00a0"):
        place = text.find(separator)
        if 0 < place < cut:
            cut = place
    return text[:cut].rstrip(","), text[cut + 1 :].strip()


def dates_in(text: str) -> list[str]:
    """Texts of dates inside a sentence."""
    return _ANY_DATE.findall(text)


@dataclass(slots=True)
class DateReader:
    """Reads dates and times of one sheet. Days and clock times repeat, so both are remembered.

    A local time that clocks show twice is the first of the two; one that they skip is taken an hour later.

    Attributes:
        order: Of day and month where the year stands last.
        zone: Of times that name no offset.
    """

    order: Order | None
    zone: ZoneInfo
    _days: dict[str, tuple[date, datetime | None]] = field(default_factory=dict)
    _clocks: dict[str, timedelta] = field(default_factory=dict)

    def day(self, text: str) -> date | None:
        """The local date of a text, whatever its time; None for a sentinel.

        Raises:
            NotADate: It is none.
        """
        day = self._day(split_day(text)[0])[0]
        return None if is_sentinel(day) else day

    def instant(self, text: str) -> datetime | None:
        """The instant of a text in UTC; a date without a time is its local midnight; None for a sentinel.

        Raises:
            NotADate: It is none.
        """
        day_text, clock_text = split_day(text)
        day, midnight = self._day(day_text)
        if is_sentinel(day):
            return None
        if not clock_text:
            clock = timedelta()
        else:
            found = self._clocks.get(clock_text)
            if found is None:
                offset = _OFFSET.fullmatch(clock_text)
                if offset:
                    return self._with_offset(day, offset[1], offset[2])
                if len(self._clocks) > 100_000:
                    self._clocks.clear()
                found = self._clocks[clock_text] = parse_clock(clock_text)
            clock = found
        if midnight is not None:
            return midnight + clock
        local = datetime(day.year, day.month, day.day, tzinfo=UTC) + clock
        return local.replace(tzinfo=self.zone).astimezone(UTC)

    def serial(self, number: float) -> str:
        """The ISO text of a spreadsheet's day number.

        Raises:
            NotADate: It is none of our time.
        """
        if not 40_000 <= number < 73_051:
            raise NotADate(str(number))
        moment = _SERIAL_ZERO + timedelta(seconds=round(number * 86_400))
        return moment.isoformat()

    def _day(self, text: str) -> tuple[date, datetime | None]:
        """The day, and its midnight in UTC if its clock runs evenly."""
        known = self._days.get(text)
        if known is None:
            day = parse_day(text, self.order)
            if not is_sentinel(day) and not _FIRST <= day < _LAST:
                raise NotADate(text)
            if len(self._days) > 50_000:
                self._days.clear()
            known = self._days[text] = (day, None if is_sentinel(day) else self._midnight(day))
        return known

    def _midnight(self, day: date) -> datetime | None:
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        even = midnight.utcoffset() == (midnight + timedelta(days=1)).utcoffset()
        return midnight.astimezone(UTC) if even else None

    @staticmethod
    def _with_offset(day: date, clock: str, offset: str) -> datetime:
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + parse_clock(clock)
        if offset == "Z":
            return moment
        hours, minutes = int(offset[1:3]), int(offset[-2:])
        shift = timedelta(hours=hours, minutes=minutes)
        return moment - shift if offset[0] == "+" else moment + shift
