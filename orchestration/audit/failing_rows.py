"""The rows that a failed check found, by shop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from orchestration.build.build import NodeResult

KEY = "shop_key"
_COUNT = "failing_rows"
_SHOWN_COLUMNS = 6


def by_shop(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The first row of each shop as text, with how many there are; empty when a row names no shop."""
    texts: dict[str, str] = {}
    counts: dict[str, int] = {}
    for row in rows:
        shop = row.get(KEY)
        if not isinstance(shop, str) or not shop:
            return {}
        counts[shop] = counts.get(shop, 0) + int(row.get(_COUNT) or 1)
        texts.setdefault(shop, _text(row))
    return {
        shop: f"{text}; {counts[shop]} rows in all" if counts[shop] > 1 else text
        for shop, text in texts.items()
    }


def found_by_test(connection: duckdb.DuckDBPyConnection, test: NodeResult) -> dict[str, str]:
    """What a dbt test found, by shop; empty when its rows do not all name one.

    Args:
        connection: Has the warehouse attached as `warehouse`.
        test: A test that found rows.
    """
    if not test.sql:
        return {}
    try:
        # One row of each shop is enough to look at.
        answer = connection.execute(
            f"select failing.*, count(*) over (partition by {KEY}) as {_COUNT} "  # noqa: S608 (dbt's own query)
            f"from (\n{test.sql}\n) as failing "
            f"qualify row_number() over (partition by {KEY}) = 1 order by {KEY} nulls first"
        )
        names = [str(column[0]) for column in answer.description or []]
        return by_shop(dict(zip(names, row, strict=True)) for row in answer.fetchall())
    except duckdb.Error:
        # Its rows have no shop_key, or it is a query for dbt alone.
        return {}


def shown(value: Any) -> str:
    """A value of a row as text: of a float 4 places, or what there is of it when it is smaller than that."""
    if value is None:
        return "missing"
    if isinstance(value, float):
        return f"{value:.1g}" if 0 < abs(value) < 0.0001 else str(round(value, 4))
    return str(value)


def _text(row: Mapping[str, Any]) -> str:
    texts = [
        f"{name} is {shown(value)}"
        for name, value in row.items()
        if name not in (KEY, _COUNT) and not name.startswith("_")
    ]
    return ", ".join(texts[:_SHOWN_COLUMNS]) or "1 row"
