"""What differs between two published files, as CSV that PostgreSQL reads: rows to delete by key, rows to insert."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from home.database import literal, quoted

_TYPES = {
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "HUGEINT": "numeric(38,0)",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a published file.

    Attributes:
        name: Its name.
        columns: PostgreSQL's type of each column, in order.
        key: Columns that name a row; empty when none is known.
    """

    name: str
    columns: dict[str, str]
    key: tuple[str, ...] = ()

    @property
    def names(self) -> str:
        """The columns, quoted."""
        return ", ".join(quoted(name) for name in self.columns)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a table needs to become that of the new file.

    Attributes:
        whole: All of its rows are in `inserts`; None of them is known to be there.
        deletes: File with the keys of rows that have changed or left; None when there is none.
        inserts: File with rows that are new or have changed; None when there is none.
        rows: How many rows `inserts` has.
    """

    whole: bool
    deletes: Path | None
    inserts: Path | None
    rows: int


def tables_of(
    connection: duckdb.DuckDBPyConnection, catalog: str, keys: dict[str, tuple[str, ...]]
) -> list[Table]:
    """The tables of an attached published file.

    Raises:
        ValueError: A column has a type that PostgreSQL is not told of.
    """
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and schema_name = 'marts' order by table_name, column_index",
        [catalog],
    ).fetchall():
        found.setdefault(str(table), {})[str(column)] = _type(str(table), str(column), str(kind))
    return [
        Table(name, columns, key if set(key := keys.get(name, ())) <= set(columns) else ())
        for name, columns in found.items()
    ]


def comments_of(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[tuple[str, str], str]:
    """The comments of a schema of `fresh`, by table or view and column; that of a table itself has an empty column."""
    found = connection.execute(
        "select table_name, '', comment from duckdb_tables() where database_name = 'fresh' and schema_name = $1 "
        "union all select view_name, '', comment from duckdb_views() "
        "where database_name = 'fresh' and schema_name = $1 "
        "union all select table_name, column_name, comment from duckdb_columns() "
        "where database_name = 'fresh' and schema_name = $1 order by all",
        [schema],
    ).fetchall()
    return {(str(table), str(column)): str(text) for table, column, text in found if text is not None}


def changes(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path, *, known: bool) -> Changes:
    """Compare a table of `fresh` with that of `before`, and write what differs.

    Args:
        connection: Has `fresh` attached, and `before` where `known`.
        table: The table.
        folder: Where the files are written.
        known: The server has the rows of `before`, in the same columns.
    """
    new = f"fresh.marts.{quoted(table.name)}"
    old = f"before.marts.{quoted(table.name)}"
    inserts = folder / f"{table.name}.csv"
    if not known or not table.key:
        if known and not _differ(connection, table, new, old):
            return Changes(False, None, None, 0)
        whole = f"select {table.names} from {new}"  # noqa: S608
        return Changes(True, None, inserts, write_csv(connection, whole, inserts, table))
    keys = ", ".join(quoted(name) for name in table.key)
    rows = write_csv(
        connection,
        f"select {table.names} from {new} except select {table.names} from {old}",  # noqa: S608
        inserts,
        table,
    )
    deletes = folder / f"{table.name}.keys.csv"
    gone = write_csv(
        connection,
        f"select distinct {keys} from (select {table.names} from {old} except select {table.names} from {new})",  # noqa: S608
        deletes,
        Table(table.name, {name: table.columns[name] for name in table.key}),
    )
    return Changes(False, deletes if gone else None, inserts if rows else None, rows)


def _differ(connection: duckdb.DuckDBPyConnection, table: Table, new: str, old: str) -> bool:
    """Whether one of two tables has a row more often than the other."""
    for left, right in ((new, old), (old, new)):
        query = f"select {table.names} from {left} except all select {table.names} from {right} limit 1"  # noqa: S608
        if connection.execute(query).fetchone():
            return True
    return False


def write_csv(connection: duckdb.DuckDBPyConnection, query: str, path: Path, table: Table) -> int:
    """Write rows as PostgreSQL's COPY reads them: NULL is nothing, an empty text is quoted. Returns how many.

    A zero byte, which PostgreSQL has no place for, is left out of a text.
    """
    texts = [name for name, kind in table.columns.items() if kind == "text"]
    force = f", force_quote ({', '.join(quoted(name) for name in texts)})" if texts else ""
    options = f"format csv, header false, nullstr ''{force}"
    written = connection.execute(
        f"copy (select {as_written(table)} from ({query})) to {literal(path)} ({options})"  # noqa: S608
    ).fetchone()
    return int(written[0]) if written else 0


def as_written(table: Table) -> str:
    """The columns of a table as the server gets them."""
    return ", ".join(
        f"replace({quoted(name)}, chr(0), '') as {quoted(name)}" if kind == "text" else quoted(name)
        for name, kind in table.columns.items()
    )


def _type(table: str, column: str, kind: str) -> str:
    if kind.startswith("DECIMAL("):
        return "numeric" + kind.removeprefix("DECIMAL").replace(" ", "")
    if kind not in _TYPES:
        raise ValueError(f"{table}.{column} is {kind}, for which PostgreSQL has no type here.")
    return _TYPES[kind]
