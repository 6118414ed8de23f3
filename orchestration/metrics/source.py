"""A published file with its metric layer: the semantic models as they were when it was published.

A file holds what is needed to answer from it alone (`orchestration/publish/publish.py` puts it there): table
`metrics.semantic_manifest`, and the calendar `utilities.metricflow_time_spine`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import orjson

from home.database import attach
from home.layout import BI_NAME, Home
from orchestration.history.published import NotPublished, require_published
from orchestration.publish.visible import visible

if TYPE_CHECKING:
    from metricflow.engine.metricflow_engine import MetricFlowEngine

CATALOG = "warehouse"
"""MetricFlow's SQL names the warehouse in which the models were built; a published file is attached under its name."""
_MEMORY = "500MB"


class NoMetrics(NotPublished):
    """There is no published file, or it has no metric layer."""


@dataclass(frozen=True, eq=False)
class Engine:
    """MetricFlow for one metric layer. Its parts are not made for several threads: use them under the lock.

    Attributes:
        flow: MetricFlow's engine.
        manifest: The semantic models and metrics.
        lock: Held while `flow` is used.
    """

    flow: MetricFlowEngine
    manifest: Any
    lock: threading.Lock


class Published:
    """A published file, opened for reading. What is opened stays the same publication, also when the file is replaced.

    Attributes:
        path: The file.
        publication_id: Names the publication.
        audience: The audience whose file it is; None for the whole file.
    """

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self._connection = connection
        row = self.rows("select max(publication_id), max(audience) from warehouse.marts.ops_publication")[0]
        self.publication_id, self.audience = str(row[0]), None if row[1] is None else str(row[1])
        self._manifest: str | None = None
        self._columns: dict[str, dict[str, dict[str, str]]] = {}
        self.known: dict[str, Any] = {}
        """What was made of the file once and stays: it is one publication."""

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a query answers."""
        return list(self._connection.cursor().execute(sql, parameters).fetchall())

    def table(self, sql: str, parameters: Sequence[object] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Names of the columns and rows of a query."""
        cursor = self._connection.cursor().execute(sql, parameters)
        return [str(column[0]) for column in cursor.description or ()], cursor.fetchall()

    def stream(self, sql: str, size: int = 2_000) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, a part at a time: a table may be larger than the memory.

        Args:
            sql: The query.
            size: Rows of a part.
        """
        cursor = self._connection.cursor().execute(sql)
        while rows := cursor.fetchmany(size):
            yield from rows

    def columns(self, schema: str = "marts") -> dict[str, dict[str, str]]:
        """The type of each column of each table of the file: of `marts`, or of the views for people (`views`)."""
        if schema not in self._columns:
            found = self._columns.setdefault(schema, {})
            for table, column, kind in self.rows(
                "select table_name, column_name, data_type from duckdb_columns() "
                "where database_name = 'warehouse' and schema_name = ?",
                [schema],
            ):
                found.setdefault(str(table), {})[str(column)] = str(kind)
        return self._columns[schema]

    def engine(self) -> Engine:
        """MetricFlow for the metric layer of this file; made once per layer.

        Raises:
            NoMetrics: The file has none.
        """
        if self._manifest is None:
            try:
                ((manifest,),) = self.rows("select manifest from warehouse.metrics.semantic_manifest")
            except duckdb.CatalogException as error:
                raise NoMetrics(
                    f"{self.path.with_name(BI_NAME)} has no metrics: it was published by an older version.",
                    advice="Publish again: `ttkpi run`, or `ttkpi build`, `ttkpi audit`, `ttkpi publish`.",
                ) from error
            # Whoever took a table or column out of a copy has no metric of it.
            self._manifest = orjson.dumps(visible(orjson.loads(manifest), self.columns())).decode()
        return _engine(self._manifest)


def published_path(home: Home, audience: str = "") -> Path:
    """Where the published file of an audience is; without one the whole file."""
    path = home.published
    return path.parent / "audiences" / audience / path.name if audience else path


@contextmanager
def published(home: Home, audience: str = "") -> Iterator[Published]:
    """Open a home's published file.

    Args:
        home: Whose file.
        audience: Whose part of it; empty for the whole file.

    Raises:
        NoMetrics: Nothing was published, or not for the audience.
        CannotRead: The file is damaged.
    """
    path = require_published(home, audience, NoMetrics)
    connection = duckdb.connect(":memory:", config={"memory_limit": _MEMORY, "threads": 2})
    try:
        connection.execute("set TimeZone = 'UTC'")
        attach(connection, path, CATALOG)
        yield Published(path, connection)
    finally:
        connection.close()


@lru_cache(maxsize=4)
def _engine(manifest: str) -> Engine:
    # MetricFlow takes a second to import: only who asks for a metric waits for it.
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    class Dialect:
        """What MetricFlow asks of a client when it only writes SQL."""

        sql_engine_type = SqlEngine.DUCKDB
        sql_plan_renderer = DuckDbSqlPlanRenderer()

    parsed = parse_manifest_from_dbt_generated_manifest(manifest)
    client: Any = Dialect()
    flow = MetricFlowEngine(semantic_manifest_lookup=SemanticManifestLookup(parsed), sql_client=client)
    return Engine(flow, parsed, threading.Lock())
