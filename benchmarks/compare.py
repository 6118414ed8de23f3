"""`python -m benchmarks.compare OLD.duckdb NEW.duckdb`: are two DuckDB files the same, table by table, value by value?

Bookkeeping (columns that begin with an underscore) does not count; nor does the order of rows. Exit code 1 when
anything differs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb
from rich.console import Console

console = Console(width=120)


def tables(connection: duckdb.DuckDBPyConnection, database: str, schema: str | None) -> dict[str, list[str]]:
    """Columns that count of each table, by `schema.table`. Views are left out: they name the file they were made in."""
    found: dict[str, list[str]] = {}
    rows = connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where database_name = $database and not internal and ($schema is null or schema_name = $schema) "
        "and (schema_name, table_name) in (select (schema_name, table_name) from duckdb_tables() "
        "where database_name = $database) order by all",
        {"database": database, "schema": schema},
    ).fetchall()
    for schema_name, table, column in rows:
        names = found.setdefault(f'"{schema_name}"."{table}"', [])
        if not column.startswith("_"):
            names.append(column)
    return found


def differences(
    old: Path, new: Path, *, schema: str | None, without: set[str], ignored: set[str]
) -> tuple[list[str], int]:
    """What differs between two files.

    Args:
        old: One DuckDB file.
        new: The other one.
        schema: Only this schema; None for all.
        without: Tables (`schema.table`, without quotes) that are not compared.
        ignored: Columns that are not compared.

    Returns:
        A sentence for each table that differs, and how many rows were compared.
    """
    found: list[str] = []
    compared = 0
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{old}' as old_file (read_only)")
        connection.execute(f"attach '{new}' as new_file (read_only)")
        before, after = tables(connection, "old_file", schema), tables(connection, "new_file", schema)
        for name in sorted(before.keys() | after.keys()):
            if name.replace('"', "") in without:
                continue
            if name not in before or name not in after:
                found.append(f"{name} is only in the {'new' if name in after else 'old'} file")
                continue
            columns = [column for column in before[name] if column not in ignored]
            if set(columns) != set(after[name]) - ignored:
                found.append(
                    f"{name} has other columns: {sorted(set(columns) ^ (set(after[name]) - ignored))}"
                )
                continue
            chosen = ", ".join(f'"{column}"' for column in columns)
            sides = [f"select {chosen} from {file}.{name}" for file in ("old_file", "new_file")]
            lost, added, rows = (
                connection.execute(f"select count(*) from ({query})").fetchall()[0][0]
                for query in (
                    f"{sides[0]} except all {sides[1]}",
                    f"{sides[1]} except all {sides[0]}",
                    sides[1],
                )
            )
            compared += rows
            if lost or added:
                found.append(
                    f"{name}: {lost} rows only in the old file, {added} only in the new one, of {rows}"
                )
    return found, compared


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--schema", help="compare this schema only")
    parser.add_argument(
        "--without", nargs="*", default=[], help="tables that are not compared (schema.table)"
    )
    parser.add_argument("--ignore", nargs="*", default=[], help="columns that are not compared")
    arguments = parser.parse_args()
    found, rows = differences(
        arguments.old,
        arguments.new,
        schema=arguments.schema,
        without=set(arguments.without),
        ignored=set(arguments.ignore),
    )
    for line in found:
        console.print(line)
    console.print(f"{rows:,} rows compared, {len(found)} tables differ")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
