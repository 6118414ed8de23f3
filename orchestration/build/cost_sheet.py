"""Unit costs out of an ERP's file into seed `sku_costs`: dated, so that what was sold before keeps the cost of its day.

A SKU whose cost has changed gets a row from the given day on, and its row of before ends on it; one whose cost is the
same keeps its row. SKUs that are not in the file are not touched: a file of new goods takes nothing away.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from home.errors import ConfigError, TtkpiError
from home.project import COST_COLUMNS as COLUMNS
from home.project import project_dir
from home.storage import replace_file
from home.text import file_name
from ingestion.seller_center.numbers import parse_number
from ingestion.seller_center.sheets import Cell
from ingestion.seller_center.unreadable import Unreadable
from ingestion.seller_center.workbook import open_tables

SEED = "seeds/finance/sku_costs.csv"
COLUMNS_SEED = "seeds/finance/erp_cost_columns.csv"
_AMOUNTS = ("unit_cost", "freight_cost", "duty_cost")
_LOOK_AT = 20


class CostSheetRefused(TtkpiError):
    """The file can't be taken into the seed; the seed is as it was."""


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What a unit costs, as one row of an ERP's file says.

    Attributes:
        seller_sku: The seller's own code.
        unit_cost: Of the goods.
        freight_cost: On top of it; None: none, or in it.
        duty_cost: On top of it; None: none, or in it.
        currency: ISO 4217.
    """

    seller_sku: str
    unit_cost: Decimal
    freight_cost: Decimal | None
    duty_cost: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class Merged:
    """What a file changes in the seed.

    Attributes:
        rows: The seed's rows with the file's, in their order.
        added: SKUs that had no cost.
        changed: SKUs that cost something else from the day on.
        unchanged: SKUs that cost the same.
    """

    rows: list[dict[str, str]]
    added: int
    changed: int
    unchanged: int


def read_costs(path: Path, erp: str, currency: str | None, project: Path | None = None) -> list[UnitCost]:
    """The unit costs of an ERP's file, CSV or XLSX.

    Args:
        path: The file.
        erp: Whose columns it has, by seed `erp_cost_columns`.
        currency: Of rows that name none.
        project: Folder of `dbt_project.yml`; by default the one that `ttkpi build` uses.

    Raises:
        ConfigError: The seed has no columns of that ERP.
        CostSheetRefused: The file can't be read, has not these columns, or a row of it has no usable cost.
    """
    headers = _headers(erp, project or project_dir())
    try:
        for table in open_tables(path):
            found = _costs(table.rows(), headers, path, currency)
            if found is not None:
                return found
    except Unreadable as error:
        raise CostSheetRefused(f"{file_name(path)} can't be read: {error.message}.") from error
    needed = ", ".join(header for header, field in headers.items() if field in ("seller_sku", "unit_cost"))
    raise CostSheetRefused(
        f"{file_name(path)} has no row with the columns {needed}.",
        advice=f"Correct the headers of {erp!r} in {COLUMNS_SEED}, or name another ERP with --for.",
    )


def merge_costs(
    rows: Sequence[Mapping[str, str]], shop_key: str, costs: Iterable[UnitCost], valid_from: date
) -> Merged:
    """The seed's rows with those of a file.

    Args:
        rows: The seed's.
        shop_key: The shop that the file is of.
        costs: The file's.
        valid_from: The first day on which they hold.

    Raises:
        CostSheetRefused: A SKU has a cost already that begins later, or on that day with another amount.
    """
    merged = [{name: row.get(name) or "" for name in COLUMNS} for row in rows]
    newest: dict[str, dict[str, str]] = {}
    for row in merged:
        if (
            row["shop_key"] == shop_key
            and row["valid_from"] >= newest.get(row["seller_sku"], row)["valid_from"]
        ):
            newest[row["seller_sku"]] = row
    added = changed = unchanged = 0
    day = valid_from.isoformat()
    for cost in costs:
        before = newest.get(cost.seller_sku)
        if before is not None and not before["valid_to"] and _same(before, cost):
            unchanged += 1
            continue
        if before is not None and (before["valid_from"] >= day or before["valid_to"] > day):
            raise CostSheetRefused(
                f"Shop {shop_key}: {cost.seller_sku} has another cost from {before['valid_from']} on already.",
                advice=f"Give a later day with --from, or correct the row in {SEED}.",
            )
        if before is not None and not before["valid_to"]:
            before["valid_to"] = day
        merged.append(_row(shop_key, cost, day))
        added, changed = (added + 1, changed) if before is None else (added, changed + 1)
    merged.sort(key=lambda row: (row["shop_key"], row["seller_sku"], row["valid_from"]))
    return Merged(merged, added, changed, unchanged)


def seed_rows(project: Path | None = None, *, held: Path | None = None) -> list[dict[str, str]]:
    """The rows of seed `sku_costs`, or of the home's input in its place; none where there is no such file.

    Args:
        project: Folder of the dbt project.
        held: The home's input `sku_costs`; None where the seed holds.
    """
    path = held or (project or project_dir()) / SEED
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write_seed(rows: Iterable[Mapping[str, str]], project: Path | None = None) -> Path:
    """Writes seed `sku_costs`, whole; a kill leaves either the old or the new."""
    path = (project or project_dir()) / SEED
    replace_file(path, as_csv(rows))
    return path


def as_csv(rows: Iterable[Mapping[str, str]]) -> bytes:
    """Rows as the seed has them."""
    content = io.StringIO(newline="")
    writer = csv.DictWriter(content, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return content.getvalue().encode()


def is_verified(erp: str, project: Path | None = None) -> bool:
    """Whether somebody has compared the ERP's headers with a file of it."""
    return all(
        row["is_verified"] == "true" for row in _column_rows(project or project_dir()) if row["erp"] == erp
    )


def _column_rows(project: Path) -> list[dict[str, str]]:
    with (project / COLUMNS_SEED).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _headers(erp: str, project: Path) -> dict[str, str]:
    rows = _column_rows(project)
    headers = {row["header"].strip().lower(): row["field"] for row in rows if row["erp"] == erp}
    if not headers:
        known = ", ".join(sorted({row["erp"] for row in rows}))
        raise ConfigError(f"The seed {COLUMNS_SEED} has no columns of {erp!r}.", advice=f"There are {known}.")
    return headers


def _costs(
    rows: Iterable[Sequence[Cell]], headers: Mapping[str, str], path: Path, currency: str | None
) -> list[UnitCost] | None:
    """The costs of a sheet; None where it has no header of these."""
    places: dict[str, int] = {}
    found: dict[str, UnitCost] = {}
    for number, row in enumerate(rows, start=1):
        if not places:
            names = [headers.get(str(cell or "").strip().lower()) for cell in row]
            if "seller_sku" in names and "unit_cost" in names:
                places = {name: place for place, name in enumerate(names) if name}
            elif number >= _LOOK_AT:
                return None
            continue
        values = {name: row[place] if place < len(row) else None for name, place in places.items()}
        sku = str(values.get("seller_sku") or "").strip()
        if not sku:
            continue
        cost = _cost(sku, values, f"{file_name(path)}, row {number}", currency)
        if found.setdefault(sku, cost) != cost:
            raise CostSheetRefused(
                f"{file_name(path)}, row {number}: {sku} has another cost in a row before.",
                advice="One row per SKU: take the others out.",
            )
    return list(found.values()) if places else None


def _cost(sku: str, values: Mapping[str, Cell], place: str, currency: str | None) -> UnitCost:
    amounts = {name: _amount(values.get(name), name, place) for name in _AMOUNTS}
    named = str(values.get("currency") or currency or "").strip().upper()
    if len(named) != 3 or not named.isalpha():
        raise CostSheetRefused(
            f"{place}: {sku} has no currency.", advice="Name it with --currency, such as --currency CNY."
        )
    if amounts["unit_cost"] is None:
        raise CostSheetRefused(
            f"{place}: {sku} has no cost.",
            advice="Write its cost down, or take the row out: a SKU without a row is unknown, not free.",
        )
    return UnitCost(sku, amounts["unit_cost"], amounts["freight_cost"], amounts["duty_cost"], named)


def _amount(cell: Cell, name: str, place: str) -> Decimal | None:
    text = str(cell if cell is not None else "").strip()
    if not text:
        return None
    number = Decimal(text) if isinstance(cell, int | float) and not isinstance(cell, bool) else None
    if number is None and (read := parse_number(text, ".")) is not None:
        number = read[0]
    if number is None or number < 0:
        raise CostSheetRefused(
            f"{place}: {name} is {text!r}, which is no cost.",
            advice="Costs are numbers of 0 or more, with a point before the decimals.",
        )
    return number.quantize(Decimal("0.0001"))


def _same(row: Mapping[str, str], cost: UnitCost) -> bool:
    known = [Decimal(row[name]) if row[name] else Decimal(0) for name in _AMOUNTS]
    told = [cost.unit_cost, cost.freight_cost or Decimal(0), cost.duty_cost or Decimal(0)]
    return known == told and row["currency"] == cost.currency


def _row(shop_key: str, cost: UnitCost, valid_from: str) -> dict[str, str]:
    return {
        "shop_key": shop_key,
        "seller_sku": cost.seller_sku,
        "unit_cost": _text(cost.unit_cost),
        "currency": cost.currency,
        "valid_from": valid_from,
        "valid_to": "",
        "freight_cost": _text(cost.freight_cost),
        "duty_cost": _text(cost.duty_cost),
    }


def _text(amount: Decimal | None) -> str:
    if amount is None:
        return ""
    return f"{amount:.2f}" if amount == amount.quantize(Decimal("0.01")) else f"{amount.normalize():f}"
