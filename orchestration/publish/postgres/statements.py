"""Statements of which a publication has thousands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import psycopg
from psycopg import sql

_TOGETHER = 200


def comment(kind: Literal["table", "view", "column"], names: Sequence[str], text: str) -> sql.Composed:
    """What sets the comment of a table, a view or a column.

    Args:
        kind: Of what.
        names: Schema, table and, for a column, its name.
        text: The comment.
    """
    return sql.SQL(f"comment on {kind} {{}} is {{}}").format(sql.Identifier(*names), sql.Literal(text))


def run_together(connection: psycopg.Connection, statements: Sequence[sql.Composable]) -> None:
    """Run statements in few trips to the server: for the 2,500 comments of a publication the trips are what costs."""
    for start in range(0, len(statements), _TOGETHER):
        connection.execute(sql.SQL("; ").join(statements[start : start + _TOGETHER]))
