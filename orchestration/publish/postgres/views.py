"""The views for people in PostgreSQL: those of the published file, over the tables of its schema on the server.

The schema's comment says which views it has. While they stay the same, a publication leaves them alone, and nobody who
reads them waits.
"""

from __future__ import annotations

import hashlib
from typing import Any, LiteralString

import duckdb
import psycopg
from psycopg import errors, sql

from orchestration.publish.postgres.changes import comments_of
from orchestration.publish.postgres.statements import comment, run_together
from orchestration.publish.views import SCHEMA, in_schema, view_queries

_MARK = "Views for people. · 供人查看的视图"


class ForeignSchema(Exception):
    """The schema of the views has something that is not ours."""


class Views:
    """The views of a schema of the server, and those that it is to have.

    Args:
        connection: To the server, in the transaction of the publication.
        schema: The schema of the views.
        tables: The schema of their tables.
        file: Has the published file attached as `fresh`.
    """

    def __init__(
        self, connection: psycopg.Connection, schema: str, tables: str, file: duckdb.DuckDBPyConnection
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._queries = {
            name: in_schema(query, tables).sql("postgres")
            for name, query in view_queries(file, "fresh").items()
        }
        self._comments = comments_of(file, SCHEMA)
        digest = hashlib.sha256(repr((self._queries, self._comments)).encode()).hexdigest()
        self._comment = f"{_MARK} [{digest[:16]}]"
        self._are_outdated = False

    def make_way(self, *, tables_change: bool) -> None:
        """Drop the views that the server has, if they are others or their tables get other columns.

        A view on which somebody has built his own stays: it can get new columns, and if it can't be kept PostgreSQL
        says whose view hinders.

        Raises:
            ForeignSchema: The schema has something that is not ours.
        """
        written = self._row("select obj_description(to_regnamespace({}), 'pg_namespace')", self._schema)
        present = [
            (str(name), str(kind))
            for name, kind in self._rows(
                "select relname, relkind from pg_class where relnamespace = to_regnamespace({}) "
                "and relkind in ('r', 'v', 'm', 'p', 'f')",
                self._schema,
            )
        ]
        if present and not str(written).startswith(_MARK):
            raise ForeignSchema(", ".join(name for name, _ in present))
        self._are_outdated = written != self._comment or tables_change
        if not self._are_outdated:
            return
        for name, kind in present:
            if kind != "v":
                continue
            try:
                with self._connection.transaction():
                    self._run("drop view {}", self._view(name))
            except errors.DependentObjectsStillExist:
                if name not in self._queries:
                    raise

    def make(self) -> None:
        """Create what `make_way` has found to be outdated, with comments."""
        if not self._are_outdated or not self._queries:
            return
        if not self._rows("select 1 from pg_namespace where nspname = {}", self._schema):
            self._run("create schema {}", sql.Identifier(self._schema))
        for name, query in self._queries.items():
            # The query is made of names and operators of the project's own models, never of data.
            self._connection.execute(
                sql.SQL("create or replace view {} as ").format(self._view(name)).as_bytes(self._connection)
                + query.encode()
            )
        run_together(
            self._connection,
            [
                comment("column", (self._schema, name, column), text)
                if column
                else comment("view", (self._schema, name), text)
                for (name, column), text in self._comments.items()
            ],
        )
        self._run("comment on schema {} is {}", sql.Identifier(self._schema), sql.Literal(self._comment))

    def grant(self, role: str) -> None:
        """Let a role read them."""
        if not self._rows("select 1 from pg_namespace where nspname = {}", self._schema):
            return
        for statement in (
            "grant usage on schema {} to {}",
            "grant select on all tables in schema {} to {}",
        ):
            self._run(statement, sql.Identifier(self._schema), sql.Identifier(role))

    def missing(self) -> list[str]:
        """Views that the file has and the server lacks, and those that the server alone has."""
        present = {
            str(name)
            for (name,) in self._rows("select viewname from pg_views where schemaname = {}", self._schema)
        }
        return sorted(present ^ self._queries.keys())

    def _view(self, name: str) -> sql.Identifier:
        return sql.Identifier(self._schema, name)

    def _run(self, statement: LiteralString, *parts: sql.Composable) -> None:
        self._connection.execute(sql.SQL(statement).format(*parts))

    def _rows(self, statement: LiteralString, value: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql.SQL(statement).format(sql.Literal(value))).fetchall()

    def _row(self, statement: LiteralString, value: str) -> Any:
        return self._rows(statement, value)[0][0]
