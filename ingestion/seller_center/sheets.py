"""What reading an export gives: sheets with their cells as they came, what was decided about them, and the
problems a person must know.

`reader.read_file` makes them, `typed.typed_rows` turns their cells into values. The second needs only the
cells and the decisions, so that a replay from the archive reads every cell as it was read the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from ingestion.seller_center.messages import Language, message

Cell = str | int | float | bool | None
"""A cell as it came. A number or a yes/no that the workbook holds as such stays one; a real date of a
workbook is text in ISO form with a `T`; text stays text, also when it looks like a number."""

Value = str | int | Decimal | datetime | date | bool | None
"""A typed cell: money and rates as decimals, times in UTC, days as local dates; None is 'not told'."""

Severity = Literal["error", "quarantine", "note"]
DateOrder = Literal["dmy", "mdy", "ymd"]
DecimalMark = Literal[".", ","]


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What is known of the shop that a file belongs to.

    Attributes:
        region: Its market: `GB`, `US` ...
        zone: Its time zone, an IANA name.
        currency: Its currency, ISO 4217.
    """

    region: str
    zone: str
    currency: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing a person must know about a file.

    Attributes:
        code: What it is; the messages have a sentence for each, in every language.
        severity: `error` stops the file; `quarantine` sets cells or rows aside and shows them; `note` only
            informs.
        file: Name of the file.
        sheet: Name of the sheet; empty for a CSV and for problems of the whole file.
        row: Row as a spreadsheet shows it, from 1; None when it is not about one row.
        column: Header as it stands in the file; None when it is not about one column.
        values: What is filled into the sentence. Never contact data.
    """

    code: str
    severity: Severity
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    def text(self, language: Language) -> str:
        """The problem in a sentence that names file, sheet, row and column.

        Args:
            language: `en` or `zh`.
        """
        return message(self.code, language, self.file, self.sheet, self.row, self.column, self.values)


@dataclass(slots=True)
class Decisions:
    """What was decided about a sheet. It is archived with the cells, so that a replay reads them alike.

    Attributes:
        layout: Id of the layout: `order_us`, `income_ph_55` ...
        kind: What it holds: `orders`, `income`, `payouts`, `settlement_pnl`, `settlement_adjustments`,
            `unsettled`, `affiliate_orders`, `live_sessions`, `live_daily`, `live_sessions_old`,
            `video_daily`, `shop_daily`, `affiliate_videos`, `gmv_max_creatives` or `gmv_max_days`.
        language: Of the header: `en`, `id`, `es`.
        market: The shop's region; of an unknown shop the layout's, if it has one market only.
        zone: IANA zone that times without an offset are told in.
        currency: Of amounts that name none.
        date_order: How dates that do not begin with the year are read; None when there are no dates.
        decimal_mark: None when no text amount has a mark.
        period: First day and the day after the last one, as the file says, else as its rows show.
        downloaded_at: UTC, if the file itself says so.
        header_row: Row of the header, from 1; the lower one of two.
        columns: Canonical name by header as it stands in the file.
        unknown: Headers that the layout does not know.
        missing: Canonical names of the layout that the file does not have, contact columns left out.
        unmapped: Those of the unknown headers whose cells look like money: they are read as amounts.
        known_by: Who says the market, the zone and the currency: `shop` (what is known of the shop), `amounts` (the
            currency of the file's amounts), `columns` (that files of one market alone have), `summary` (a line beside
            the rows). What is not in it nobody says.
    """

    layout: str
    kind: str
    language: str
    market: str | None
    zone: str | None
    currency: str | None
    date_order: DateOrder | None
    decimal_mark: DecimalMark | None
    period: tuple[date, date] | None
    downloaded_at: datetime | None
    header_row: int
    columns: dict[str, str]
    unknown: list[str]
    missing: list[str]
    unmapped: list[str] = field(default_factory=list)
    known_by: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """A number that a file says of its own rows.

    Attributes:
        column: Canonical name of the column that it is the sum of; empty when it is the number of rows.
        header: The words that stand before it.
        value: What it says.
        sheet: Where it stands.
        row: The row there, from 1.
    """

    column: str
    header: str
    value: Decimal
    sheet: str
    row: int


@dataclass(slots=True)
class Control:
    """What a file says that the rows of a sheet add up to.

    Attributes:
        said: Sums and counts.
        key: Column by which things are counted that have several rows.
        money: The column whose sum is what is missing, if the rows do not make it.
        currency: Of its amounts.
    """

    said: list[Said] = field(default_factory=list)
    key: str = ""
    money: str = ""
    currency: str | None = None


@dataclass(slots=True)
class Traces:
    """What a sheet says of the shop that it is of, beside its amounts.

    Attributes:
        ids: Its first ids, by canonical name of the column: orders, SKUs, products, LIVE rooms.
        markets: Markets that its orders were sent to. Nothing else of an address is looked at.
        languages: Languages of its header and its words that only some markets have.
        offset: Hours before UTC at which it says that its clock is ahead.
    """

    ids: dict[str, set[str]] = field(default_factory=dict)
    markets: set[str] = field(default_factory=set)
    languages: set[str] = field(default_factory=set)
    offset: int | None = None


@dataclass(slots=True)
class Sheet:
    """One sheet that was recognised; a CSV is one sheet without a name.

    Attributes:
        name: Its name; empty for a CSV.
        decisions: What was decided about it.
        problems: What a person must know about it.
        header: The header as it stands in the file, contact columns cut out, headers that came twice
            numbered (`Status (2)`).
        outside: The rows that hold no data, with their numbers: what stands above the header, the
            description under it, totals and footers. Looked through for contact data.
        source: Gives the data rows anew at each call.
        control: What the file itself says that the rows add up to.
        traces: What it says of the shop that it is of.
    """

    name: str
    decisions: Decisions
    problems: list[Problem]
    header: list[str]
    outside: list[tuple[int, list[Cell]]]
    source: Callable[[], Iterator[tuple[int, list[Cell]]]]
    control: Control = field(default_factory=lambda: Control())
    traces: Traces = field(default_factory=Traces)

    @property
    def stopped(self) -> bool:
        """Whether nothing of the sheet may be loaded."""
        return any(problem.severity == "error" for problem in self.problems)

    def raw_rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """The data rows: number and cells as they came, one for each name of the header."""
        return self.source()


@dataclass(slots=True)
class FileReading:
    """What a file is.

    Attributes:
        path: Where it lies.
        sha256: Of its bytes.
        sheets: The sheets that were recognised.
        problems: All problems: of the file, then of its sheets.
        left_out: Names of sheets with data that is not understood.
    """

    path: Path
    sha256: str
    sheets: list[Sheet]
    problems: list[Problem]
    left_out: list[str] = field(default_factory=list)

    @property
    def stopped(self) -> bool:
        """Whether nothing of the file may be loaded: one error stops all of it."""
        return any(problem.severity == "error" for problem in self.problems)


@dataclass(slots=True)
class TypedRow:
    """One row of a sheet.

    Attributes:
        row: Its number, from 1.
        values: Values by canonical name.
        problems: Cells of it that could not be read; their values are None.
    """

    row: int
    values: dict[str, Any]
    problems: Sequence[Problem] = ()
