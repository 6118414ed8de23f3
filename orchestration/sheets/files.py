"""One table or view as CSV or Parquet."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from home.database import literal, quoted
from home.storage import replacement, storage_error
from home.text import csv_cell
from orchestration.metrics.source import Published
from orchestration.sheets.tables import Period, Table, rows_of, selection


def write_csv(path: Path, file: Published, table: Table, period: Period | None) -> int:
    """Write a table as CSV: the file's own column names, UTF-8 with the mark that Excel needs, decimals as they are.

    Args:
        path: The file.
        file: The published file.
        table: The table or view.
        period: Which days; None: all rows.

    Returns:
        How many rows were written.

    Raises:
        StorageError: The disk is full or refuses.
    """
    count, rows = rows_of(file, table, period)
    with replacement(path) as fresh, fresh.open("w", encoding="utf-8-sig", newline="") as text:
        writer = csv.writer(text)
        writer.writerow([column.name for column in table.columns])
        writer.writerows([_plain(value) for value in row] for row in rows)
    return count


def write_parquet(path: Path, file: Published, table: Table, period: Period | None) -> int:
    """Write a table as Parquet: every type as it is in the file.

    Args:
        path: The file.
        file: The published file.
        table: The table or view.
        period: Which days; None: all rows.

    Returns:
        How many rows were written.

    Raises:
        StorageError: The disk is full or refuses.
    """
    query = selection(table, period, [quoted(column.name) for column in table.columns])
    with replacement(path) as fresh:
        try:
            ((count,),) = file.rows(f"copy ({query}) to {literal(fresh)} (format parquet, compression zstd)")
        except duckdb.IOException as error:
            raise storage_error(OSError(str(error).splitlines()[0]), path) from error
    return int(count)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return csv_cell(value)
