"""What all entities share: facts of the sheet, amounts and instants as the API writes them, words, things set aside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from ingestion.engine.pages import Record
from ingestion.seller_center.sheets import Decisions, TypedRow
from ingestion.seller_center.words import code_of

Made = dict[str, list[Record]]
"""Records by raw table."""

Values = Mapping[str, Any]
"""Typed cells of a row by canonical name."""


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """Something that can't be used as it stands.

    Attributes:
        code: Of the problem.
        row: Its row.
        column: Canonical name of its column.
        value: As it came.
        effect: `left_out`: it is in no number; `counted`: it is in the numbers, by other facts than the one that is
            unknown; empty: no row and no money is concerned.
        id: Of the order or the adjustment.
        amount: The money of the row.
        currency: Of the amount.
    """

    code: str
    row: int | None
    column: str | None
    value: str
    effect: str = ""
    id: str = ""
    amount: Decimal | None = None
    currency: str | None = None


Quarantine = Callable[[QuarantinedRow], None]
"""Receives what can't be used."""

WHOLE_CURRENCIES = frozenset({"VND", "JPY", "KRW", "CLP", "IDR"})
"""Currencies whose smallest unit in use is the unit itself (the rupiah has a sen that nobody pays with)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a sheet beside its cells.

    Attributes:
        file_id: SHA-256 of the file's bytes.
        sheet: Name of the sheet; empty for a CSV.
        decisions: What was decided about it.
        shop_key: The shop; empty for a report of an ads account.
        advertiser_id: The ads account; empty for a report of a shop.
        downloaded_at: When the file was downloaded, UTC.
        header: Names of the columns whose cells are kept.
    """

    file_id: str
    sheet: str
    decisions: Decisions
    shop_key: str
    advertiser_id: str
    downloaded_at: datetime
    header: list[str]

    @property
    def snapshot_id(self) -> str:
        """Names the state that the file shows; sorts by the time of its download, as the API's snapshots do."""
        return f"{self.downloaded_at:%Y%m%dT%H%M%S%fZ}-file-{self.file_id[:12]}"


class Mapper(ABC):
    """Makes records of the API's shape from typed rows. Rows come in parts; `finish` gives what needs all of them.

    Args:
        facts: Of the sheet.
        quarantine: Receives rows and cells that can't be used.
    """

    together: ClassVar[tuple[str, ...]] = ()
    """Columns of which rows with the same values come in the same part."""

    resource: ClassVar[str]
    """Resource in the log: the raw table that the kind is about."""

    money: ClassVar[str] = ""
    """The column whose amount is lost with a row."""

    identity: ClassVar[str] = ""
    """The column that says what a row is about."""

    always_money: ClassVar[bool] = False
    """Whether each row of a download has its amount: without one it was changed."""

    equal_rows_count: ClassVar[bool] = False
    """Whether two rows side by side may be equal in every cell, and both count: adjustments of a moment."""

    def __init__(self, facts: Facts, quarantine: Quarantine) -> None:
        self.facts = facts
        self._quarantine = quarantine
        self.first: int | None = None
        """Earliest instant of the rows, unix seconds."""
        self.last: int | None = None
        """The latest one."""

    @abstractmethod
    def take(self, rows: Sequence[TypedRow]) -> Made:
        """Records of some rows."""

    def finish(self) -> Made:
        """Records that need all rows."""
        return {}

    @property
    def currency(self) -> str | None:
        """The currency of amounts that name none."""
        return self.facts.decisions.currency

    @property
    def definition(self) -> str:
        """Names what the figures mean: those of another report are never mixed with them."""
        return f"file/{self.facts.decisions.layout}"

    def reached(self, *instants: int | None) -> None:
        """Notes instants that the content proves to be covered."""
        for instant in instants:
            if instant is not None:
                self.first = instant if self.first is None else min(self.first, instant)
                self.last = instant if self.last is None else max(self.last, instant)

    def quarantine(
        self, code: str, row: TypedRow, column: str | None, value: object, effect: str = "left_out"
    ) -> None:
        """Sets a row aside, or, with another effect than `left_out`, tells what of it is not understood."""
        self._quarantine(
            QuarantinedRow(
                code,
                row.row,
                column,
                "" if value is None else str(value),
                effect,
                text_of(row.values.get(self.identity)) or "",
                row.values.get(self.money) if effect else None,
                text_of(row.values.get("currency")) or self.currency,
            )
        )

    def word(self, vocabulary: str, row: TypedRow, column: str) -> str | None:
        """The API's code for the word in a column; None when it is empty, and when it is unknown, a problem."""
        value = row.values.get(column)
        if value is None:
            return None
        code = code_of(vocabulary, str(value), self.facts.downloaded_at.date())
        if code is None:
            self.quarantine("unknown_word", row, column, value, effect="")
        return code


def text_of(value: object) -> str | None:
    """Text, if there is any."""
    return None if value is None or value == "" else str(value)


def amount(value: Decimal | int | None) -> str | None:
    """A decimal as the API writes it."""
    if value is None:
        return None
    text = str(value)
    # Formatting takes five times as long, and is needed for very small and very large exponents only.
    return format(value, "f") if "E" in text else text


def money(value: Decimal | int | None, currency: str | None) -> Record | None:
    """An amount beside its currency, as analytics write it."""
    return None if value is None else {"amount": amount(value), "currency": currency}


def whole(value: Decimal | int | None) -> int | None:
    """A count or a duration; a fraction is rounded half up."""
    if value is None or isinstance(value, int):
        return value
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def seconds(value: datetime | date | None) -> int | None:
    """An instant in unix seconds. A day is no instant."""
    return int(value.timestamp()) if isinstance(value, datetime) else None


def day_of(value: datetime | date | None) -> date | None:
    """The UTC day of an instant; a day is itself."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).date()
    return value


def midnight(day: date) -> int:
    """The beginning of a day in UTC, unix seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def total(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum; None when any part is unknown, or there is none."""
    found = Decimal(0)
    is_empty = True
    for value in values:
        if value is None:
            return None
        found += value
        is_empty = False
    return None if is_empty else found


def smallest_unit(currency: str | None, value: Decimal) -> Decimal:
    """The unit to which an amount is split: the currency's, or a finer one if the amount itself is finer."""
    digits = 0 if currency in WHOLE_CURRENCIES else 2
    exponent = value.normalize().as_tuple().exponent
    finer = -exponent if isinstance(exponent, int) else 0
    return Decimal(1).scaleb(-max(digits, finer))


def split(
    value: Decimal | None, weights: Sequence[Decimal | int], currency: str | None
) -> list[Decimal | None]:
    """An amount in parts by weight, rounded down to the smallest unit; the last part takes the rest.

    The sum of the parts is the amount.
    """
    if value is None:
        return [None] * len(weights)
    if len(weights) == 1:
        return [value]
    step = smallest_unit(currency, value)
    whole_weight = sum(weights)
    parts: list[Decimal | None] = []
    left = value
    for weight in weights[:-1]:
        share = value * weight / whole_weight if whole_weight else Decimal(0)
        part = (share / step).to_integral_value(rounding=ROUND_DOWN) * step
        parts.append(part)
        left -= part
    parts.append(left)
    return parts
