"""Rows of the published file, which is audited: what the exports to other programs are made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from home.database import attach, reading
from home.errors import ConfigError
from home.layout import Home
from home.text import one_line
from orchestration.history.published import NotPublished, require_published

Row = dict[str, Any]


def rows(home: Home, query: str, shops: Sequence[str], table: str) -> list[Row]:
    """The rows of a query on the schema `published.marts`, of all shops or of some.

    Args:
        home: The home.
        query: SQL that gives a column `shop_key`.
        shops: Only these shops; none means all.
        table: The table that the query is about, to tell a person what is missing.

    Raises:
        NotPublished: There is no published file, or the table is not in it.
        ConfigError: A shop is not in it.
        CannotRead: It can't be read.
    """
    require_published(home)
    with reading(home) as connection:
        attach(connection, home.published, "published")
        known = {
            str(row[0])
            for row in connection.execute("select shop_key from published.marts.dim_shops").fetchall()
        }
        if unknown := sorted(set(shops) - known):
            raise ConfigError(
                f"No shop {', '.join(unknown)} is in the published file.",
                advice=f"There are {', '.join(sorted(known))}; `ttkpi status` tells their names.",
            )
        try:
            cursor = connection.execute(query)
        except duckdb.CatalogException as error:
            raise NotPublished(
                f"{home.bi_file} holds no {table}: it was published by an older version.",
                advice=f"Run `ttkpi run`, which publishes {table}.",
            ) from error
        names = [column[0] for column in cursor.description or ()]
        # Names are typed by others: a line break in one is no line of a file.
        found = [
            {
                name: one_line(value) if isinstance(value, str) else value
                for name, value in zip(names, row, strict=True)
            }
            for row in cursor.fetchall()
        ]
    return [row for row in found if not shops or row["shop_key"] in shops]


def plain(amount: Decimal | None) -> str:
    """An amount without zeros that say nothing: two decimals, or as many as it has."""
    if amount is None:
        return ""
    cents = amount.quantize(Decimal("0.01"))
    return f"{cents if cents == amount else amount.normalize():f}"


def month_of(text: str) -> date:
    """The first day of a month, `2026-11`.

    Raises:
        ConfigError: It is no month.
    """
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise ConfigError(f"{text!r} is no month.", advice="Write it as 2026-11.") from error
