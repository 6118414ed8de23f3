"""Reading a home with DuckDB: a connection in memory, files opened read-only, names and texts quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from home.errors import TtkpiError
from home.layout import Home
from home.memory import memory_limit

_SIGNS = re.compile(r"[*?\[]")


class CannotRead(TtkpiError):
    """The warehouse or the raw files can't be read."""


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    """An SQL string."""
    return "'" + str(text).replace("'", "''") + "'"


def in_pattern(folder: Path) -> str:
    """A folder inside of an SQL string that is a pattern: signs of patterns and quotes in its name are only letters."""
    return _SIGNS.sub(lambda sign: f"[{sign.group()}]", str(folder)).replace("'", "''")


def files_in(folder: Path, pattern: str = "*.parquet") -> str:
    """An SQL string that names the files of a folder.

    Args:
        folder: The folder.
        pattern: Which of its files.
    """
    return f"'{in_pattern(folder)}/{pattern}'"


@contextmanager
def reading(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in memory whose spill folder is in the home."""
    connection = duckdb.connect(
        ":memory:",
        config={"memory_limit": memory_limit(), "temp_directory": str(home.root / "tmp"), "threads": 2},
    )
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        yield connection
    finally:
        connection.close()


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Open a DuckDB file read-only.

    Raises:
        CannotRead: It is missing, damaged, or being written by another program.
    """
    try:
        connection.execute(f"attach {literal(path)} as {quoted(name)} (read_only)")
    except duckdb.Error as error:
        busy = "lock on file" in str(error)
        raise CannotRead(
            f"{path} can't be read: {str(error).splitlines()[0]}",
            advice="Another program is writing it; try again when it has ended."
            if busy
            else "Run `ttkpi build` first; if the file is damaged, delete it and build again: raw has everything.",
        ) from error
