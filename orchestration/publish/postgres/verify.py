"""Whether PostgreSQL has what was published: every row of every table, read back and compared."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql

from home.database import attach, literal, quoted
from home.layout import Home
from orchestration.history.published import audiences_folder
from orchestration.publish.postgres.changes import Table, as_written, tables_of
from orchestration.publish.postgres.config import Server
from orchestration.publish.postgres.publish import connected, scratch_folder
from orchestration.publish.postgres.views import Views


def problems_of_server(server: Server, home: Home) -> list[str]:
    """What differs between the server and the published files, in words; empty when nothing does.

    Raises:
        ServerFailed: The server can't be read.
    """
    wanted = {"": home.published}
    wanted |= {
        path.parent.name: path for path in sorted(audiences_folder(home).glob(f"*/{home.published.name}"))
    }
    scratch = Path(tempfile.mkdtemp(prefix="postgres-", dir=scratch_folder(home)))
    try:
        with connected(server) as connection:
            # One snapshot for all tables.
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            return [
                problem
                for audience, path in wanted.items()
                for problem in _problems(
                    connection, server.schema_of(audience), server.views_schema_of(audience), path, scratch
                )
            ]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _problems(
    connection: psycopg.Connection, schema: str, views_schema: str, path: Path, scratch: Path
) -> Iterator[str]:
    with closing(duckdb.connect(":memory:", config={"memory_limit": "500MB", "threads": 2})) as file:
        file.execute("set TimeZone = 'UTC'")
        attach(file, path, "fresh")
        present = {
            str(name)
            for (name,) in connection.execute(
                "select tablename from pg_tables where schemaname = %s", [schema]
            ).fetchall()
        }
        tables = tables_of(file, "fresh", {})
        for table in tables:
            if table.name not in present:
                yield f"{schema}.{table.name} is missing on the server."
            elif difference := _difference(connection, file, schema, table, scratch / "rows.csv"):
                yield f"{schema}.{table.name} {difference}."
        for name in sorted(present - {table.name for table in tables}):
            yield f"{schema}.{name} is on the server and was not published."
        for name in Views(connection, views_schema, schema, file).missing():
            yield f"View {views_schema}.{name} is on one side only: publish again."


def _difference(
    connection: psycopg.Connection, file: duckdb.DuckDBPyConnection, schema: str, table: Table, path: Path
) -> str:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    statement = sql.SQL("copy (select {} from {}) to stdout (format csv, force_quote ({}))").format(
        columns, sql.Identifier(schema, table.name), columns
    )
    try:
        with (
            connection.transaction(),
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
            path.open("wb") as rows,
        ):
            for chunk in copy:
                rows.write(chunk)
    except psycopg.errors.UndefinedColumn as error:
        return f"has other columns: {str(error).splitlines()[0]}"
    types = {
        str(name): str(kind)
        for name, kind in file.execute(
            "select column_name, data_type from duckdb_columns() "
            "where database_name = 'fresh' and schema_name = 'marts' and table_name = ?",
            [table.name],
        ).fetchall()
    }
    described = ", ".join(f"{literal(name)}: {literal(types[name])}" for name in table.columns)
    # What is not quoted is NULL, what is quoted is a text, also an empty one.
    read = (
        f"select {table.names} from read_csv({literal(path)}, header = false, columns = {{{described}}}, "  # noqa: S608
        "nullstr = '', allow_quoted_nulls = false, quote = '\"', escape = '\"', auto_detect = false, delim = ',')"
    )
    published = f"select {as_written(table)} from fresh.marts.{quoted(table.name)}"  # noqa: S608
    for left, right, where in (
        (published, read, "of the published file"),
        (read, published, "of the server"),
    ):
        row = file.execute(f"select count(*) from ({left} except all {right})").fetchone()  # noqa: S608
        if row and row[0]:
            return f"differs: {row[0]:,} rows {where} are not in the other"
    return ""
