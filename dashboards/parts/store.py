"""The opened publication. Whatever is remembered of it lives inside its store, so nothing of it can reach another file.

One store per path, of the newest publication only: DuckDB gives the old content for as long as any connection to a
replaced path is open, so each publication has an own database in memory with the file attached.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from home.database import attach
from home.layout import BI_NAME, Home
from home.text import printable
from orchestration.metrics.catalog import Metric, metrics
from orchestration.metrics.query import Answer, Question, ask
from orchestration.metrics.source import CATALOG, NoMetrics, Published

T = TypeVar("T")
Key = tuple[str, int, int]
_MEMORY = "256MB"
_REMEMBERED = 500


@dataclass(frozen=True)
class Table:
    """Rows with the names of their columns."""

    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def records(self) -> list[dict[str, Any]]:
        """Each row by name."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


class Store:
    """One publication of one file.

    Attributes:
        path: The file.
        key: Path, inode and time of the file: another key is another publication.
        file: What answers questions for metrics.
    """

    def __init__(self, path: Path, key: Key) -> None:
        self.path, self.key = path, key
        self._connection = duckdb.connect(":memory:", config={"memory_limit": _MEMORY, "threads": 2})
        self._connection.execute("set global TimeZone = 'UTC'")
        attach(self._connection, path, CATALOG)
        self.file = Published(path, self._connection)
        self._memory: dict[Any, Any] = {}
        self._lock = threading.Lock()
        self._columns = {table: tuple(columns) for table, columns in self.file.columns().items()}

    @property
    def publication(self) -> str:
        """The id of the publication."""
        return self.file.publication_id

    def has(self, *tables: str) -> bool:
        """Whether all these tables are in the file: that of an audience may lack some."""
        return all(table in self._columns for table in tables)

    def columns(self, table: str) -> tuple[str, ...]:
        """Columns of a table; none when it is not in the file."""
        return self._columns.get(table, ())

    def table(self, sql: str, parameters: Sequence[object] = (), *, remember: bool = True) -> Table:
        """Rows of a query over schemas `marts` and `views`; plain names are those of `marts`."""

        def read() -> Table:
            cursor = self._connection.cursor()
            try:
                cursor.execute(f"use {CATALOG}.marts")
                cursor.execute("set TimeZone = 'UTC'")
                cursor.execute(sql, list(parameters))
                names = tuple(str(column[0]) for column in cursor.description or ())
                return Table(names, tuple(tuple(map(_shown, row)) for row in cursor.fetchall()))
            finally:
                cursor.close()

        return self.remember(("table", sql, tuple(parameters)), read) if remember else read()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Rows of a query, each by name."""
        return self.table(sql, parameters).records()

    def metrics(self) -> dict[str, Metric]:
        """The metrics that the file can answer."""
        return self.remember(("metrics",), lambda: metrics(self.file))

    def ask(self, question: Question) -> Answer:
        """The answer to a question for metrics; metrics that the file does not have are left out.

        Raises:
            Refused: The question has no right answer.
        """
        known = self.metrics()
        names = tuple(name for name in question.metrics if name in known)
        key = (
            "ask",
            names,
            question.by,
            question.since,
            question.until,
            tuple(sorted(question.where.items())),
            question.compare,
        )
        if not names:
            return Answer((), question.by, (), (), self.publication, "")
        wanted = Question(
            names, question.by, question.since, question.until, question.where, question.compare
        )
        return self.remember(key, lambda: ask(self.file, wanted))

    def remember(self, key: Any, make: Callable[[], T]) -> T:
        """What was made for this key in this publication, or what is made now."""
        if key not in self._memory:
            made = make()
            with self._lock:
                if len(self._memory) >= _REMEMBERED:
                    self._memory.clear()
                self._memory[key] = made
            return made
        found: T = self._memory[key]
        return found


_stores: dict[str, Store] = {}
_lock = threading.Lock()


def published_path(home: Home, audience: str = "") -> Path:
    """The published file of an audience; of nobody in particular: the whole file."""
    path = home.published
    return path.parent / "audiences" / audience / path.name if audience else path


def opened(home: Home, audience: str = "") -> Store:
    """The newest publication of a file.

    Raises:
        NoMetrics: Nothing was published.
        CannotRead: The file is damaged.
    """
    path = published_path(home, audience)
    try:
        found = path.stat()
    except FileNotFoundError:
        raise NoMetrics(
            f"There is no {path.with_name(BI_NAME)}.", advice="Run `ttkpi run`, or `ttkpi demo` to try it."
        ) from None
    key = (str(path), found.st_ino, found.st_mtime_ns)
    with _lock:
        store = _stores.get(str(path))
        if store is None or store.key != key:
            # The one before goes when the last page that reads it has been drawn.
            store = _stores[str(path)] = Store(path, key)
        return store


def is_newest(store: Store) -> bool:
    """Whether nothing was published since the store was opened."""
    try:
        found = store.path.stat()
    except OSError:
        return True
    return store.key == (str(store.path), found.st_ino, found.st_mtime_ns)


def _shown(value: Any) -> Any:
    """A value as a page may show it: a name that turns the direction of writing would turn the figures beside it."""
    return printable(value) if isinstance(value, str) else value
