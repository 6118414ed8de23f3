"""Writes a publication into PostgreSQL: all tables of a schema in one transaction, only rows that changed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import duckdb
import psycopg
from psycopg import errors, sql

from home.database import attach
from home.errors import TtkpiError
from home.layout import Home
from ingestion.engine.progress import Progress
from orchestration.history.publications import history_folder
from orchestration.history.published import audiences_folder
from orchestration.publish.comments import Description, descriptions
from orchestration.publish.postgres.changes import Changes, Table, changes, comments_of, tables_of
from orchestration.publish.postgres.config import Server
from orchestration.publish.postgres.statements import comment, run_together
from orchestration.publish.postgres.views import ForeignSchema, Views

_CONNECT_SECONDS = 10
_LOCK_SECONDS = 30
_CHUNK = 1 << 20
_STATISTICS_TARGET = 10
"""How closely the first statistics of a table look: the server's autovacuum makes better ones in its own time."""


class ServerFailed(TtkpiError):
    """The publication is not in PostgreSQL; what was there before is unchanged."""


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """What was written for an audience, or for the whole publication.

    Attributes:
        schema: The schema.
        publication_id: The publication that it now has.
        tables: Tables that it has.
        changed: Rows that were written.
    """

    schema: str
    publication_id: str
    tables: int
    changed: int


def publish_to(server: Server, home: Home, *, progress: Progress | None = None) -> list[SchemaReport]:
    """Bring the server to the current publication: the whole one, and each audience's in a schema of its own.

    A schema that has the current publication is left alone. A schema is changed in one transaction or not at all.

    Args:
        server: Where to.
        home: Whose publication; its lock is held.
        progress: Is told how far it is.

    Raises:
        ServerFailed: The server can't be reached, refuses, or has no room; says which and what to do.
    """
    described = descriptions(home)
    wanted = {"": home.published}
    wanted |= {
        path.parent.name: path for path in sorted(audiences_folder(home).glob(f"*/{home.published.name}"))
    }
    with connected(server) as connection:
        return [
            _Schema(server, connection, home, audience, path, described, progress or Progress()).publish()
            for audience, path in wanted.items()
        ]


@contextmanager
def connected(server: Server) -> Iterator[psycopg.Connection]:
    """A connection to the server.

    Raises:
        ServerFailed: It can't be reached, or refuses something while it is connected.
    """
    settings = f"-c TimeZone=UTC -c lock_timeout={_LOCK_SECONDS}s -c client_min_messages=warning"
    with (
        _understood(server),
        closing(
            psycopg.connect(
                server.url, connect_timeout=_CONNECT_SECONDS, application_name="ttkpi", options=settings
            )
        ) as connection,
    ):
        yield connection


@contextmanager
def _understood(server: Server) -> Iterator[None]:
    """Says of what PostgreSQL refuses what it means and what to do."""
    try:
        yield
    except psycopg.Error as error:
        message, advice = _in_words(server, error)
        raise ServerFailed(
            f"The publication could not be written to PostgreSQL at {server.place}: {message}",
            advice=f"{advice} What the server had before is unchanged; the published file is new.",
        ) from error


def _in_words(server: Server, error: psycopg.Error) -> tuple[str, str]:
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, errors.InsufficientPrivilege):
        return (
            first,
            "Let the user of destination.postgres.url own its schema, create schemas in the database (`grant create on "
            f"database ... to ...`), and let an administrator make the roles ({server.role}, ttkpi_<audience>) once.",
        )
    if isinstance(error, errors.DependentObjectsStillExist):
        detail = error.diag.message_detail or ""
        return (
            f"{first} {detail}",
            "A view of yours uses a column that is gone: drop or change it, then run again.",
        )
    if isinstance(error, errors.DiskFull):
        return "its disk is full.", "Make room on the server, then run again."
    if isinstance(error, (errors.LockNotAvailable, errors.QueryCanceled)):
        return (
            "somebody holds a lock on its tables.",
            "Look into pg_stat_activity for a session that is idle in a transaction; then run again.",
        )
    if isinstance(error, (errors.InvalidPassword, errors.InvalidAuthorizationSpecification)) or (
        "password authentication failed" in str(error)
    ):
        return "user or password is wrong.", "Correct destination.postgres.url."
    if isinstance(error, psycopg.OperationalError):
        return first, "See whether the server runs and can be reached; the next run catches up."
    return (
        first,
        "Run again; if it stays, drop the schema on the server: it is made anew from the published file.",
    )


@dataclass
class _Schema:
    """A schema of the server, and the published file that it is brought to."""

    server: Server
    connection: psycopg.Connection
    home: Home
    audience: str
    path: Path
    described: Mapping[str, Description]
    progress: Progress
    filled: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)

    @property
    def schema(self) -> str:
        return self.server.schema_of(self.audience)

    def publish(self) -> SchemaReport:
        """Bring the schema to the file; returns what was done."""
        scratch = Path(tempfile.mkdtemp(prefix="postgres-", dir=scratch_folder(self.home)))
        try:
            with closing(duckdb.connect(":memory:", config={"memory_limit": "500MB", "threads": 2})) as file:
                file.execute("set TimeZone = 'UTC'")
                attach(file, self.path, "fresh")
                return self._publish(file, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _publish(self, file: duckdb.DuckDBPyConnection, scratch: Path) -> SchemaReport:
        publication = _one(file, "select max(publication_id) from fresh.marts.ops_publication")
        tables = tables_of(file, "fresh", {name: one.key for name, one in self.described.items()})
        rows = 0
        with self.connection.transaction():
            self._take_lock()
            present, keys = self._present(), self._keys()
            at = self._publication(present)
            views = Views(self.connection, self.server.views_schema_of(self.audience), self.schema, file)
            if at != publication:
                before = self._before(file, at)
                self._make_way(views, tables, present)

                def read(table: Table) -> Changes:
                    # The server has the same columns and key: only what differs is needed.
                    known = (
                        before
                        and present.get(table.name) == table.columns
                        and keys.get(table.name, ()) == table.key
                        and _has(file, "before", table)
                    )
                    return changes(file, table, scratch, known=known)

                with closing(_one_ahead(read, tables)) as found:
                    for done, (table, change) in enumerate(found, start=1):
                        rows += self._bring(
                            table,
                            change,
                            present.get(table.name),
                            keys.get(table.name, ()),
                            is_first=at is None,
                        )
                        self.progress.count(done, len(tables), "tables to PostgreSQL", table.name)
                self._remove(present.keys() - {table.name for table in tables}, at is not None)
                self._describe(comments_of(file, "marts"))
                views.make()
            self._grant()
            views.grant(self.server.role_of(self.audience))
        self._tidy()
        return SchemaReport(self.schema, publication, len(tables), rows)

    def _make_way(
        self, views: Views, tables: Sequence[Table], present: Mapping[str, Mapping[str, str]]
    ) -> None:
        wanted = {table.name: table.columns for table in tables}
        try:
            views.make_way(
                tables_change=any(wanted.get(name) != columns for name, columns in present.items())
            )
        except ForeignSchema as error:
            raise ServerFailed(
                f"Schema {self.server.views_schema_of(self.audience)} of {self.server.place} has things that are not "
                f"ours: {error}.",
                advice="Choose another name as destination.postgres.views_schema.",
            ) from error

    def _take_lock(self) -> None:
        (taken,) = self._row(
            "select pg_try_advisory_xact_lock(hashtext({}))", sql.Literal(f"ttkpi {self.schema}")
        )
        if not taken:
            raise ServerFailed(
                f"Another program is just publishing into schema {self.schema} of {self.server.place}.",
                advice="Wait for its end; the next run catches up.",
            )
        found = self._rows("select 1 from pg_namespace where nspname = {}", sql.Literal(self.schema))
        if not found:
            self._run("create schema {}", sql.Identifier(self.schema))
        elif self._rows(
            "select 1 from pg_namespace where nspname = {} and not pg_has_role(nspowner, 'usage')",
            sql.Literal(self.schema),
        ):
            raise ServerFailed(
                f"Schema {self.schema} of {self.server.place} is somebody else's.",
                advice="Choose another name as destination.postgres.schema, or make the user of "
                "destination.postgres.url its owner.",
            )

    def _present(self) -> dict[str, dict[str, str]]:
        """Columns and types of the tables of the schema."""
        found: dict[str, dict[str, str]] = {}
        for table, column, kind in self._rows(
            "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_class c "
            "join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "
            "where c.relnamespace = (select oid from pg_namespace where nspname = {}) and c.relkind = 'r' "
            "order by c.relname, a.attnum",
            sql.Literal(self.schema),
        ):
            found.setdefault(str(table), {})[str(column)] = str(kind)
        return found

    def _keys(self) -> dict[str, tuple[str, ...]]:
        """The columns of the primary key of each table of the schema."""
        return {
            str(table): tuple(columns)
            for table, columns in self._rows(
                "select c.relname, array_agg(a.attname::text order by place.number) from pg_index i "
                "join pg_class c on c.oid = i.indrelid "
                "cross join unnest(i.indkey::int[]) with ordinality as place (attnum, number) "
                "join pg_attribute a on a.attrelid = c.oid and a.attnum = place.attnum "
                "where i.indisprimary and c.relnamespace = (select oid from pg_namespace where nspname = {}) "
                "group by c.relname",
                sql.Literal(self.schema),
            )
        }

    def _publication(self, present: Mapping[str, object]) -> str | None:
        """The publication that the schema has; None when it has none of ours."""
        if "ops_publication" not in present:
            if present:
                raise ServerFailed(
                    f"Schema {self.schema} of {self.server.place} has tables that are not ours: {', '.join(present)}.",
                    advice="Choose another name as destination.postgres.schema.",
                )
            return None
        (at,) = self._row("select max(publication_id) from {}", self._table("ops_publication"))
        return None if at is None else str(at)

    def _before(self, file: duckdb.DuckDBPyConnection, at: str | None) -> bool:
        """Attach the file of the publication that the server has, if it is kept."""
        if at is None:
            return False
        folder = history_folder(self.home) / at
        path = (folder / "audiences" / self.audience if self.audience else folder) / self.path.name
        if not path.is_file():
            return False
        attach(file, path, "before")
        return True

    def _bring(
        self,
        table: Table,
        found: Changes,
        present: Mapping[str, str] | None,
        key: tuple[str, ...],
        *,
        is_first: bool,
    ) -> int:
        """Bring one table to the file's; returns how many rows were written."""
        if present is None:
            self._create(table)
        elif dict(present) != table.columns:
            self._alter(table, present)
        if found.whole and present is not None:
            self._run("delete from {}", self._table(table.name))
            if key and key != table.key:
                self._run("alter table {} drop constraint {}", self._table(table.name), _key_name(table.name))
        if found.deletes is not None:
            self._delete(table, found.deletes)
        if found.inserts is not None:
            # Rows of a table that this transaction has made may be final from the start; the server then need not visit
            # them again. With a publication already there, old snapshots would see them beside the tables of before.
            self._copy(self._table(table.name), found.inserts, is_final=is_first and present is None)
        if table.key and key != table.key:
            self._run(
                "alter table {} add constraint {} primary key ({})",
                self._table(table.name),
                _key_name(table.name),
                sql.SQL(", ").join(map(sql.Identifier, table.key)),
            )
        if found.whole:
            (self.filled if present is None else self.replaced).append(table.name)
        for path in (found.deletes, found.inserts):
            if path is not None:
                path.unlink()
        return found.rows

    def _create(self, table: Table) -> None:
        self._run(
            "create table {} ({})",
            self._table(table.name),
            sql.SQL(", ").join(_column(name, kind) for name, kind in table.columns.items()),
        )

    def _alter(self, table: Table, present: Mapping[str, str]) -> None:
        """Other columns in the same table: grants and views that do not use what is gone stay."""
        self._run("delete from {}", self._table(table.name))
        steps: list[sql.Composable] = [
            sql.SQL("drop column {}").format(sql.Identifier(name))
            for name in present
            if name not in table.columns
        ]
        for name, kind in table.columns.items():
            if name not in present:
                steps.append(sql.SQL("add column {}").format(_column(name, kind)))
            elif present[name] != kind:
                steps.append(
                    sql.SQL("alter column {0} type {1} using {0}::{1}").format(
                        sql.Identifier(name), _type(kind)
                    )
                )
        if steps:
            self._run("alter table {} {}", self._table(table.name), sql.SQL(", ").join(steps))

    def _delete(self, table: Table, keys: Path) -> None:
        self._run(
            "create temporary table ttkpi_gone ({}) on commit drop",
            sql.SQL(", ").join(_column(name, table.columns[name]) for name in table.key),
        )
        self._copy(sql.Identifier("ttkpi_gone"), keys)
        self._run("analyze ttkpi_gone")
        self._run(
            "delete from {} as present using ttkpi_gone as gone where {}",
            self._table(table.name),
            sql.SQL(" and ").join(
                sql.SQL("present.{0} = gone.{0}").format(sql.Identifier(name)) for name in table.key
            ),
        )
        self._run("drop table ttkpi_gone")

    def _copy(self, target: sql.Composable, path: Path, *, is_final: bool = False) -> None:
        options = sql.SQL("format csv, freeze" if is_final else "format csv")
        with (
            self.connection.cursor() as cursor,
            cursor.copy(sql.SQL("copy {} from stdin ({})").format(target, options)) as copy,
            path.open("rb") as rows,
        ):
            while chunk := rows.read(_CHUNK):
                copy.write(chunk)

    def _tidy(self) -> None:
        """Statistics for tables that are new, and room for those whose rows were all replaced.

        The few rows that a day changes are left to the server's autovacuum: visiting all tables each day cost more than
        writing the rows.
        """
        with _autocommit(self.connection):
            self._run("set default_statistics_target = {}", sql.Literal(_STATISTICS_TARGET))
            for name in self.filled:
                self._run("analyze {}", self._table(name))
            for name in self.replaced:
                self._run("vacuum analyze {}", self._table(name))
            self._run("reset default_statistics_target")

    def _remove(self, names: Sequence[str] | set[str], is_ours: bool) -> None:
        """What is not published any more may not be read any more, also by a view that somebody built on it."""
        if not is_ours:
            return
        for name in sorted(names):
            self._run("delete from {}", self._table(name))
            try:
                with self.connection.transaction():
                    self._run("drop table {}", self._table(name))
            except errors.DependentObjectsStillExist:
                self._run("comment on table {} is 'Not published any more. · 不再发布'", self._table(name))

    def _describe(self, comments: Mapping[tuple[str, str], str]) -> None:
        """Comments of the file that are not there yet, or say something else."""
        written = {
            (str(table), int(place)): str(text)
            for table, place, text in self._rows(
                "select c.relname, d.objsubid, d.description from pg_description d join pg_class c on c.oid = d.objoid "
                "where d.classoid = 'pg_class'::regclass "
                "and c.relnamespace = (select oid from pg_namespace where nspname = {})",
                sql.Literal(self.schema),
            )
        }
        places = {
            (str(table), str(column)): int(place)
            for table, column, place in self._rows(
                "select c.relname, a.attname, a.attnum from pg_attribute a join pg_class c on c.oid = a.attrelid "
                "where a.attnum > 0 and c.relnamespace = (select oid from pg_namespace where nspname = {})",
                sql.Literal(self.schema),
            )
        }
        statements = [
            comment("column", (self.schema, table, column), text)
            if column
            else comment("table", (self.schema, table), text)
            for (table, column), text in comments.items()
            if written.get((table, places[table, column] if column else 0)) != text
        ]
        run_together(self.connection, statements)

    def _grant(self) -> None:
        role = self.server.role_of(self.audience)
        if not self._rows("select 1 from pg_roles where rolname = {}", sql.Literal(role)):
            self._run("create role {} nologin", sql.Identifier(role))
        self._run("grant usage on schema {} to {}", sql.Identifier(self.schema), sql.Identifier(role))
        self._run(
            "grant select on all tables in schema {} to {}", sql.Identifier(self.schema), sql.Identifier(role)
        )

    def _table(self, name: str) -> sql.Identifier:
        return sql.Identifier(self.schema, name)

    def _run(self, statement: LiteralString, *parts: sql.Composable) -> None:
        self.connection.execute(sql.SQL(statement).format(*parts))

    def _rows(self, statement: LiteralString, *parts: sql.Composable) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql.SQL(statement).format(*parts)).fetchall()

    def _row(self, statement: LiteralString, *parts: sql.Composable) -> tuple[Any, ...]:
        return self._rows(statement, *parts)[0]


def _one_ahead(
    read: Callable[[Table], Changes], tables: Sequence[Table]
) -> Generator[tuple[Table, Changes], None, None]:
    """What changes in each table; the next one is read from the file while the server takes in the one before."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = [reader.submit(read, table) for table in tables[:1]]
        for place, table in enumerate(tables, start=1):
            found = coming.pop().result()
            coming += [reader.submit(read, following) for following in tables[place : place + 1]]
            yield table, found


def _column(name: str, kind: str) -> sql.Composed:
    return sql.SQL("{} {}").format(sql.Identifier(name), _type(kind))


def _key_name(table: str) -> sql.Identifier:
    return sql.Identifier(f"{table[:55]}_key")


def _type(kind: str) -> sql.SQL:
    # One of the names in `changes.py`, never a text from outside.
    return sql.SQL(kind)


def _has(file: duckdb.DuckDBPyConnection, catalog: str, table: Table) -> bool:
    """Whether an attached file has the table with these columns."""
    found = file.execute(
        "select column_name from duckdb_columns() where database_name = ? and schema_name = 'marts' and table_name = ? "
        "order by column_index",
        [catalog, table.name],
    ).fetchall()
    return [str(name) for (name,) in found] == list(table.columns)


def _one(file: duckdb.DuckDBPyConnection, query: str) -> str:
    row = file.execute(query).fetchone()
    return str(row[0]) if row else ""


@contextmanager
def _autocommit(connection: psycopg.Connection) -> Iterator[None]:
    connection.commit()
    connection.autocommit = True
    try:
        yield
    finally:
        connection.autocommit = False


def scratch_folder(home: Home) -> Path:
    """Where files lie on their way to the server."""
    folder = home.root / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
