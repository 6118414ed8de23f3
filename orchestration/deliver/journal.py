"""The journal as a file that an accounting program takes in: `ttkpi export journal`.

Entries are those of the published `kpi_journal`; the columns of a program are the seed `journal_layouts`, and a layout
that no public description of the program supports is marked unverified there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from home.config import PROJECT_ROOT
from home.errors import ConfigError, TtkpiError
from home.layout import Home
from home.text import csv_cell
from orchestration.deliver.published_rows import Row, month_of, plain, rows

LAYOUTS = PROJECT_ROOT / "seeds" / "finance" / "journal_layouts.csv"
FIELDS = (
    "entry_id",
    "entry_number",
    "line_number",
    "entry_date",
    "narration",
    "description",
    "description_zh",
    "account_code",
    "account_name",
    "account_name_zh",
    "tax_rate",
    "tax_owed_by",
    "currency",
    "signed_amount",
    "debit",
    "credit",
    "debit_or_zero",
    "credit_or_zero",
    "voucher_word",
    "attachments",
)
"""Of a line, that a layout may show."""

_QUERY = """
    select journal.*, shops.shop_name
    from published.marts.kpi_journal as journal
    left join published.marts.dim_shops as shops on journal.shop_key = shops.shop_key
    order by journal.shop_key, journal.entry_date, journal.entry_id, journal.line_number
"""


class LayoutDamaged(TtkpiError):
    """The seed of layouts can't be used; nothing is exported."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a program's journal import.

    Attributes:
        name: The program.
        columns: Header, field and, of a date, its format, in order.
        is_verified: A public description of the program's import supports every column.
    """

    name: str
    columns: tuple[tuple[str, str, str], ...]
    is_verified: bool

    @property
    def has_currency(self) -> bool:
        """Whether a line says its currency."""
        return any(field == "currency" for _, field, _ in self.columns)


def layout_of(name: str, path: Path = LAYOUTS) -> Layout:
    """A layout of the seed `journal_layouts`.

    Raises:
        ConfigError: The seed has no such layout.
        LayoutDamaged: The seed can't be read, or names a field that a line does not have.
    """
    found: list[tuple[int, str, str, str, bool]] = []
    known: set[str] = set()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                known.add(row["layout"])
                if row["field"] not in FIELDS:
                    raise LayoutDamaged(
                        f"{path}, line {number}: there is no field {row['field']!r}.",
                        advice=f"There are {', '.join(FIELDS)}.",
                    )
                if row["layout"] == name:
                    verified = row["is_verified"] == "true"
                    found.append(
                        (int(row["position"]), row["header"], row["field"], row["date_format"], verified)
                    )
    except (OSError, KeyError, ValueError) as error:
        raise LayoutDamaged(
            f"{path} can't be read: {error}", advice="Its columns are described in _finance__seeds.yml."
        ) from error
    if not found:
        raise ConfigError(
            f"The seed {path.name} has no layout {name!r}.", advice=f"There are {', '.join(sorted(known))}."
        )
    found.sort()
    columns = tuple((header, field, form) for _, header, field, form, _ in found)
    return Layout(name, columns, all(verified for *_, verified in found))


def lines(home: Home, shops: Sequence[str] = (), month: str | None = None) -> list[Row]:
    """The lines of the journal, of some shops, and of a month of their calendar.

    Raises:
        NotPublished: There is no published file, or it is from before the journal was in it.
        ConfigError: A shop or the month is not in it, or the month is none.
    """
    wanted = month_of(month) if month is not None else None
    found = rows(home, _QUERY, shops, "kpi_journal")
    months = [row["shop_local_month"] for row in found]
    # A month without an entry among others is a right answer.
    if wanted and months and not min(months) <= wanted <= max(months):
        raise ConfigError(
            f"{wanted:%Y-%m} is not in the published file, whose journal spans {min(months):%Y-%m} – "
            f"{max(months):%Y-%m}. 已发布文件中没有该月的凭证。",
            advice="Name one of its months: `--month`.",
        )
    return [row for row in found if wanted is None or row["shop_local_month"] == wanted]


def as_csv(found: Sequence[Row], layout: Layout, tax_rate: str) -> bytes:
    """A CSV with a byte order mark in the layout.

    Args:
        found: Lines of `lines`.
        layout: The program's columns.
        tax_rate: Name of the tax rate that the program has for lines without tax.

    Raises:
        ConfigError: The layout has no column for the currency and the lines are of several.
    """
    currencies = sorted({row["currency"] for row in found})
    if len(currencies) > 1 and not layout.has_currency:
        raise ConfigError(
            f"The layout {layout.name} has no column for the currency, and the lines are in {', '.join(currencies)}.",
            advice="Export one shop at a time: --shop ID.",
        )
    numbers: dict[tuple[str, str], int] = {}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([header for header, _, _ in layout.columns])
    for row in found:
        number = numbers.setdefault((row["shop_key"], row["entry_id"]), len(numbers) + 1)
        values = _values(row, number, tax_rate)
        writer.writerow([_shown(values[field], form) for _, field, form in layout.columns])
    return text.getvalue().encode("utf-8-sig")


def _values(row: Row, number: int, tax_rate: str) -> dict[str, object]:
    debit, credit = row["debit_amount"], row["credit_amount"]
    return {
        **row,
        # A file that was published before this column came has the English text alone.
        "description_zh": row.get("description_zh", row["description"]),
        "entry_number": number,
        "narration": f"{row['shop_name']} {row['entry_id']}",
        "tax_rate": tax_rate,
        "signed_amount": debit - credit,
        "debit": debit or None,
        "credit": credit or None,
        "debit_or_zero": debit,
        "credit_or_zero": credit,
        "voucher_word": "记",
        "attachments": 0,
    }


def _shown(value: object, form: str) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.strftime(form) if form else value.isoformat()
    return "" if value is None else csv_cell(value)
