"""Who gets a published file of his own, and what is in it: seed `audiences`, as it was built.

A table goes into a file of an audience only if every limit of the audience can be kept on its rows: a limit on shops
needs the column `shop_key`, a limit on a person one of `host_name`, `person_name`. A pattern passes over the tables for
which that is not so; a table that is named in full is refused. Calendar, glossary, names of values and settings tell
nothing of any shop or person and go with every audience that names them; of the glossary only the columns that are in
the file.

Where rows are named by a KPI (`kpi_name`, or the subject of an alert), a column that is left out takes them with it.

Who may not see what goods cost must not be able to work it out: sales and charges are in most files, so a profit tells
the cost. An audience from which one column of goods costs or profit is left out therefore gets none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import duckdb

from home.database import literal, quoted
from home.errors import ConfigError
from orchestration.build.marts import is_published

SEED = "seeds/trust/audiences.csv"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_OF_COLUMNS = ("dim_columns", "kpi_glossary")
_OF_NOBODY = (*_OF_COLUMNS, "dim_dates", "dim_values", "ops_settings")
_OF_A_PERSON = ("host_name", "person_name")
_OF_A_KPI = ("kpi_name", "subject")
_WILDCARDS = re.compile(r"[*?\[]")
_OTHERS = ("all", "none", "unassigned")
_GOODS_COSTS = (
    "*cogs*",
    "*unit_cost*",
    "*landed_cost*",
    "*freight_cost*",
    "*duty_cost*",
    "*sample_cost*",
    "*profit*",
)
_WORKED_OUT_FROM_THEM = ("creator_cost*", "creator_roi*")

Columns = Mapping[str, Sequence[str]]
"""Columns by table, in their order."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a table goes into a file.

    Attributes:
        table: The mart.
        columns: Its columns, in their order.
        condition: Which rows, in SQL; empty: all.
    """

    table: str
    columns: tuple[str, ...]
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """A file of its own.

    Attributes:
        name: The audience; also its folder.
        choices: The tables.
        limits: What the seed says, for the manifest.
    """

    name: str
    choices: tuple[Choice, ...]
    limits: Mapping[str, Any]


def everything(columns: Columns) -> tuple[Choice, ...]:
    """All marts that are published, whole."""
    return tuple(Choice(table, tuple(names)) for table, names in columns.items())


def audiences(connection: duckdb.DuckDBPyConnection, columns: Columns) -> tuple[Audience, ...]:
    """The audiences of the seed whose file is wanted (`is_published`).

    Args:
        connection: With the warehouse attached as `warehouse`.
        columns: Columns of every mart that is published.

    Raises:
        ConfigError: The seed names a table, column, shop or person that is not there, or a table that can't be limited
            as it says.
    """
    has_seed = connection.execute(
        "select count(*) from duckdb_tables() "
        "where database_name = 'warehouse' and schema_name = 'seeds' and table_name = 'audiences'"
    ).fetchone()
    if not has_seed or not has_seed[0]:
        return ()
    rows = connection.execute(
        "select audience, tables, left_out_columns, shop_keys, person_name from warehouse.seeds.audiences "
        "where is_published order by audience"
    ).fetchall()
    names = [str(row[0]) for row in rows]
    if double := sorted({name for name in names if names.count(name) > 1}):
        raise _wrong(double[0], "has more than one row")
    return tuple(_audience(connection, columns, *(str(value or "").strip() for value in row)) for row in rows)


def _audience(
    connection: duckdb.DuckDBPyConnection,
    columns: Columns,
    name: str,
    tables: str,
    left_out: str,
    shop_keys: str,
    person: str,
) -> Audience:
    if not _NAME.fullmatch(name):
        raise _wrong(
            name, "is no name: it becomes a folder, so use small letters, digits, '-' and '_'", "audience"
        )
    shops, named = shop_keys.split(), left_out.split()
    patterns = [*named, *_derived_from_costs(columns, named)]
    _require_shops(connection, name, shops)
    chosen = _tables(name, columns, tables.split(), limited=bool(shops), person=person)
    if person:
        _require_person(connection, name, person, chosen, columns)
    kept = {table: _kept(table, columns[table], patterns) for table in chosen}
    for pattern in named:
        # A pattern may be there for a column to come; a name that no mart has is a slip, and would hide nothing.
        if not _WILDCARDS.search(pattern) and not any(
            _is_left_out(table, column, [pattern]) for table, own in columns.items() for column in own
        ):
            raise _wrong(name, f"leaves out {pattern!r}, but no published table has it", "left_out_columns")
    for table, names in kept.items():
        if not names:
            raise _wrong(name, f"leaves out every column of {table}", "left_out_columns")
    choices = tuple(
        Choice(table, names, _condition(table, columns[table], kept, patterns, shops, person))
        for table, names in kept.items()
    )
    limits = {"left_out_columns": named, "shop_keys": shops, "person_name": person or None}
    return Audience(name, choices, limits)


def _tables(name: str, columns: Columns, patterns: Sequence[str], *, limited: bool, person: str) -> list[str]:
    if not patterns:
        raise _wrong(name, "names no table", "tables")
    chosen: set[str] = set()
    for pattern in patterns:
        found = [table for table in columns if is_published(table) and fnmatchcase(table, pattern)]
        if not found:
            raise _wrong(name, f"names {pattern!r}, but there is no such published table", "tables")
        can = [table for table in found if not _hindrance(table, columns[table], limited, person)]
        if not can:
            hindrance = _hindrance(found[0], columns[found[0]], limited, person)
            raise _wrong(name, f"names {pattern!r}, but {found[0]} {hindrance}", "tables")
        chosen |= set(can)
    return sorted(chosen)


def _hindrance(table: str, names: Sequence[str], limited: bool, person: str) -> str:
    """Why the rows of a table can't be limited as asked; empty when they can."""
    if table in _OF_NOBODY:
        return ""
    if limited and "shop_key" not in names:
        return "has no shop_key, so it can't be limited to shops"
    if person and not any(column in names for column in _OF_A_PERSON):
        return "names no person (host_name, person_name), so it can't be limited to one"
    return ""


def _derived_from_costs(columns: Columns, patterns: Sequence[str]) -> tuple[str, ...]:
    """Patterns of all columns that tell what goods cost, if the audience is not to see one of these; else none."""
    hidden = any(
        _is_left_out(table, column, _GOODS_COSTS) and _is_left_out(table, column, patterns)
        for table, own in columns.items()
        for column in own
    )
    return (*_GOODS_COSTS, *_WORKED_OUT_FROM_THEM) if hidden else ()


def _is_left_out(table: str, column: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(f"{table}.{column}" if "." in one else column, one) for one in patterns)


def _kept(table: str, names: Sequence[str], patterns: Sequence[str]) -> tuple[str, ...]:
    # The glossary describes columns; its own are no figures.
    if table in _OF_COLUMNS:
        return tuple(names)
    return tuple(column for column in names if not _is_left_out(table, column, patterns))


def _condition(
    table: str,
    names: Sequence[str],
    kept: Mapping[str, Sequence[str]],
    patterns: Sequence[str],
    shops: Sequence[str],
    person: str,
) -> str:
    if table in _OF_COLUMNS:
        pairs = [
            f"({literal(model)}, {literal(column)})" for model, columns in kept.items() for column in columns
        ]
        return f"(model_name, column_name) in ({', '.join(pairs)})"
    if table in _OF_NOBODY:
        return ""
    parts = []
    if shops:
        parts.append(f"shop_key in ({', '.join(literal(shop) for shop in shops)})")
    if person:
        own = [f"{quoted(column)} = {literal(person)}" for column in _OF_A_PERSON if column in names]
        parts.append(" and ".join(own))
    for column in _OF_A_KPI:
        if column in names:
            # coalesce: a row without a KPI is none of the ones that are left out.
            parts += [
                f"not (coalesce({quoted(column)}, '') glob {literal(pattern.split('.')[-1])})"
                for pattern in patterns
            ]
    return " and ".join(parts)


def _require_shops(connection: duckdb.DuckDBPyConnection, name: str, shops: Sequence[str]) -> None:
    if not shops:
        return
    known = {
        str(key) for (key,) in connection.execute("select shop_key from warehouse.marts.dim_shops").fetchall()
    }
    for shop in shops:
        if shop not in known:
            raise _wrong(
                name, f"names the shop {shop}; known are {', '.join(sorted(known)) or 'none'}", "shop_keys"
            )


def _require_person(
    connection: duckdb.DuckDBPyConnection, name: str, person: str, chosen: Sequence[str], columns: Columns
) -> None:
    known: set[str] = set()
    for table in chosen:
        for column in _OF_A_PERSON:
            if column in columns[table]:
                known |= {
                    str(value)
                    for (value,) in connection.execute(
                        f"select distinct {quoted(column)} from warehouse.marts.{quoted(table)}"  # noqa: S608
                    ).fetchall()
                    if value not in (None, *_OTHERS)
                }
    if person not in known:
        raise _wrong(
            name,
            f"names {person!r}, of whom its tables have no row; known are {', '.join(sorted(known)) or 'none'}",
            "person_name",
        )


def _wrong(audience: str, what: str, column: str = "audience") -> ConfigError:
    return ConfigError(
        f"Audience {audience!r} {what}.",
        advice=f"Correct {column} in {SEED}, then run `ttkpi build`, `ttkpi audit` and `ttkpi publish`. "
        "The published files are as they were.",
    )
