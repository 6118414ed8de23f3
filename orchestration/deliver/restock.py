"""What to order, as a list that an ERP can take in: `ttkpi export restock`.

The list is that of the published file, so it is audited: SKUs whose newest stock is at or below the reorder point
(`kpi_stock_health`). What is on order already is not known to the platform; whoever imports the list takes it off.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from home.config import PROJECT_ROOT
from home.errors import ConfigError, TtkpiError
from home.layout import Home
from home.text import csv_cell
from orchestration.deliver.published_rows import rows

ERP_COLUMNS = PROJECT_ROOT / "seeds" / "inventory" / "erp_columns.csv"
FIELDS = (
    "key",
    "shop_key",
    "shop_name",
    "snapshot_date",
    "seller_sku",
    "sku_id",
    "product_name",
    "sku_name",
    "stock_status",
    "sellable_units",
    "days_of_cover",
    "expected_stockout_date",
    "reorder_units",
    "lead_time_days",
    "policy_valid_from",
    "note",
)
"""Of a suggestion, in the order in which a list without an ERP's column map shows them."""

FULL_WINDOW_DAYS = 28
"""A pace of fewer days of sales is provisional."""

Value = str | int | None
Suggestion = Mapping[str, Value]

_QUERY = """
    select
        shops.shop_name,
        health.* replace (
            cast(health.snapshot_date as varchar) as snapshot_date,
            -- One digit, cut and not rounded: a cover that is a little longer than it is would be no help.
            cast(cast(floor(health.days_of_cover * 10) / 10 as decimal(18, 1)) as varchar) as days_of_cover,
            cast(health.expected_stockout_date as varchar) as expected_stockout_date,
            cast(health.policy_valid_from as varchar) as policy_valid_from
        )
    from published.marts.kpi_stock_health as health
    left join published.marts.dim_shops as shops on health.shop_key = shops.shop_key
    where health.is_latest and health.reorder_units > 0
    order by health.shop_key, health.expected_stockout_date, health.seller_sku, health.sku_id
"""


class ColumnsDamaged(TtkpiError):
    """The seed of column maps can't be used; nothing is exported."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a list.

    Attributes:
        headers: Headers and the field that each shows, in order.
        is_verified: A person compared them with a public description of the ERP's import.
    """

    headers: tuple[tuple[str, str], ...]
    is_verified: bool

    def row(self, suggestion: Suggestion) -> dict[str, Value]:
        """A suggestion under these headers."""
        return {header: suggestion[field] for header, field in self.headers}


PLAIN = Columns(tuple((field, field) for field in FIELDS), is_verified=True)


def suggestions(home: Home, shops: Sequence[str] = ()) -> list[Suggestion]:
    """What to order, of every shop or of some, the shortest cover first within a shop.

    `key` names a suggestion by its content: the same shop, SKU, day, units and policy always have the same key, so that
    whoever receives it twice can tell.

    Raises:
        NotPublished: There is no published file, or it is from before stock was in it.
        ConfigError: A shop is not in it.
        CannotRead: It can't be read.
    """
    return [_suggestion(row) for row in rows(home, _QUERY, shops, "kpi_stock_health")]


def _suggestion(row: dict[str, Value]) -> Suggestion:
    content = [
        row[name] for name in ("shop_key", "sku_id", "snapshot_date", "reorder_units", "policy_valid_from")
    ]
    key = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
    note = f"{row['shop_name']}: {row['sellable_units']} left on {row['snapshot_date']}, {row['days_of_cover']} days"
    # A file that an older version published has no such column.
    days = row.get("velocity_days")
    if isinstance(days, int) and days < FULL_WINDOW_DAYS:
        note += f"; provisional, sales of {days} days only 暂定"
    return {"key": key, **{name: row[name] for name in FIELDS if name in row}, "note": note}


def columns_of(erp: str, on: date, path: Path = ERP_COLUMNS) -> Columns:
    """The columns of an ERP's purchase import on a day, from seed `erp_columns`.

    Raises:
        ConfigError: The seed has no columns of that ERP on that day.
        ColumnsDamaged: The seed can't be read, or a row names a field that a suggestion does not have.
    """
    found: list[tuple[int, str, str, bool]] = []
    known: set[str] = set()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                known.add(row["erp"])
                since, until = date.fromisoformat(row["valid_from"]), row["valid_to"]
                if row["field"] not in FIELDS:
                    raise ColumnsDamaged(
                        f"{path}, line {number}: there is no field {row['field']!r}.",
                        advice=f"There are {', '.join(FIELDS)}.",
                    )
                if row["erp"] == erp and since <= on and (not until or on < date.fromisoformat(until)):
                    found.append(
                        (int(row["position"]), row["header"], row["field"], row["is_verified"] == "true")
                    )
    except (OSError, KeyError, ValueError) as error:
        raise ColumnsDamaged(
            f"{path} can't be read: {error}", advice="Its columns are described in _inventory__seeds.yml."
        ) from error
    if not found:
        raise ConfigError(
            f"The seed {path.name} has no columns of {erp!r} that hold on {on}.",
            advice=f"There are columns of {', '.join(sorted(known)) or 'nothing'}.",
        )
    found.sort()
    return Columns(
        tuple((header, field) for _, header, field, _ in found), all(verified for *_, verified in found)
    )


def as_csv(lines: Sequence[Suggestion], columns: Columns) -> bytes:
    """A CSV with a byte order mark, without which Excel shows Chinese headers as nonsense.

    Text that a spreadsheet would run as a formula is led by an apostrophe.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([header for header, _ in columns.headers])
    for line in lines:
        writer.writerow([csv_cell(value) for value in columns.row(line).values()])
    return text.getvalue().encode("utf-8-sig")


def as_json(lines: Sequence[Suggestion], columns: Columns) -> bytes:
    """The suggestions as one JSON array."""
    rows = [columns.row(line) for line in lines]
    return (json.dumps(rows, ensure_ascii=False, indent=2) + "\n").encode()
