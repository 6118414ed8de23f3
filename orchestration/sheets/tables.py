"""Tables and views of a published file, as people read them: names in both languages, definition, unit, clock, key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from home.database import literal, quoted
from home.errors import ConfigError
from orchestration.metrics.source import CATALOG, Published

SCHEMAS = ("views", "marts")
"""Where tables and views for people are; a name that is in both is that of the view."""
DATE, INSTANT, NUMBER, WHOLE, TEXT, YES_NO = "date", "instant", "number", "whole", "text", "yes_no"
SHOP_CURRENCY, ACCOUNT_CURRENCY, REPORTING_CURRENCY = (
    "shop currency",
    "account currency",
    "reporting currency",
)
ROW_CURRENCIES = (SHOP_CURRENCY, ACCOUNT_CURRENCY)
"""Amounts in the currency that stands beside them in their row."""
FRACTION = "fraction"
_INSTANTS = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP")
_WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
)
_KEY = re.compile(r"\s*Key 主键: ([\w, ]+)\.")
_UNIT = re.compile(r"\s*\[([a-z][a-z ]*) [\u4e00-\u9fff][^\[\]]*\]$")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_NAMED = re.compile(r"([A-Z][^:\u4e00-\u9fff]*) ([\u4e00-\u9fff][^:]*): (.+)", re.DOTALL)
"""A comment that begins with the names in both languages: `Tax 税: Taxes withheld.`"""
_FRACTIONS = re.compile(r"(rate|share|coverage|ctr|ctor)(_rc)?(_\w+)?$")
_CLOCKS = (
    "business_date",
    "shop_local_date",
    "statement_date_utc",
    "kpi_date",
    "bridge_date",
    "refund_business_date",
    "created_date_utc",
    "date",
    "entry_date",
    "shop_local_month",
    "statement_month",
    "month_start",
    "month",
    "week_start",
    "week",
    "occurred_on",
)
"""Names of dates by which a period chooses rows, the most telling first; beside them any date of the key."""


_SHOP_DAYS = "kpi_shop_daily"
"""Its days are those of the file."""


class UnknownTable(ConfigError):
    """The file has no such table or view."""


class NoSuchDays(ConfigError):
    """The file knows nothing of a period."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: Its name in the file.
        type: DuckDB's type.
        label: English name.
        label_zh: 中文名称.
        definition: What it means, in English.
        definition_zh: The same in Chinese; empty where nobody has written it.
        formula: How it is computed; empty where it is taken over.
        clock: Whose day it belongs to; empty where nobody says so.
        unit: `shop currency`, `reporting currency`, `fraction`, `count`, ...; empty where nobody says so.
        version: Version of the definition, and since when: `1 (2026-11-23)`; empty where there is none.
    """

    name: str
    type: str
    label: str
    label_zh: str
    definition: str = ""
    definition_zh: str = ""
    formula: str = ""
    clock: str = ""
    unit: str = ""
    version: str = ""

    @property
    def kind(self) -> str:
        """`date`, `instant`, `number`, `whole`, `yes_no` or `text`."""
        if self.type == "DATE":
            return DATE
        if self.type in _INSTANTS:
            return INSTANT
        if self.type == "BOOLEAN":
            return YES_NO
        if self.type in _WHOLE:
            return WHOLE
        return NUMBER if self.type.startswith(("DECIMAL", "DOUBLE", "FLOAT")) else TEXT

    @property
    def is_money(self) -> bool:
        """Whether it is an amount of money."""
        return self.unit in (*ROW_CURRENCIES, REPORTING_CURRENCY)


@dataclass(frozen=True)
class Table:
    """A table or view of a published file.

    Attributes:
        name: Its name.
        schema: `marts` or `views`.
        text: What a row is and which question it answers, in both languages.
        columns: Its columns, in order.
        key: Columns that name a row; empty when none is known.
    """

    name: str
    schema: str
    text: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = field(default=())

    @property
    def place(self) -> str:
        """Its full name in SQL."""
        return f"{CATALOG}.{quoted(self.schema)}.{quoted(self.name)}"

    def column(self, name: str) -> Column | None:
        """The column of this name, if there is one."""
        return next((one for one in self.columns if one.name == name), None)

    @property
    def clock(self) -> Column | None:
        """The column by which a period chooses rows; None where rows belong to no day."""
        dates = [one for one in self.columns if one.kind == DATE]
        for name in _CLOCKS:
            if found := next((one for one in dates if one.name == name), None):
                return found
        in_key = [one for one in dates if one.name in self.key]
        return in_key[0] if in_key else None


@dataclass(frozen=True)
class Period:
    """Days, both included.

    Attributes:
        first: The first day.
        last: The last day.
    """

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first} – {self.last}"


def tables(file: Published) -> dict[str, Table]:
    """All tables and views of a file, by name; a view goes before a table of its name."""
    glossary = _glossary(file)
    texts = {
        (str(schema), str(name)): str(comment or "")
        for schema, name, comment in file.rows(
            "select schema_name, table_name, comment from duckdb_tables() where database_name = 'warehouse' "
            "union all select schema_name, view_name, comment from duckdb_views() where database_name = 'warehouse'"
        )
    }
    found: dict[tuple[str, str], list[Column]] = {}
    for schema, table, column, kind, comment in file.rows(
        "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() "
        "where database_name = 'warehouse' order by schema_name, table_name, column_index"
    ):
        known = glossary.get((str(table), str(column))) or glossary.get(("", str(column)))
        found.setdefault((str(schema), str(table)), []).append(
            _column(str(column), str(kind), str(comment or ""), known)
        )
    by_name: dict[str, Table] = {}
    for schema in reversed(SCHEMAS):
        for (its_schema, name), columns in found.items():
            if its_schema == schema:
                by_name[name] = _table(name, schema, texts.get((schema, name), ""), _paired(columns))
    return dict(sorted(by_name.items()))


def table_of(known: dict[str, Table], name: str) -> Table:
    """The table or view of a name.

    Raises:
        UnknownTable: There is none; the advice names the nearest.
    """
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=5, cutoff=0.4)
    raise UnknownTable(
        f"There is no table or view {name} in this file. 该文件中没有 {name}。",
        advice=(f"Perhaps {', '.join(close)}? " if close else "")
        + "`ttkpi export tables` lists all of them.",
    )


def rows_of(file: Published, table: Table, period: Period | None) -> tuple[int, Iterator[tuple[Any, ...]]]:
    """How many rows a table has in a period, and these rows in the order of its key.

    Args:
        file: The published file.
        table: The table.
        period: Which days; None, or a table without a clock: all rows.
    """
    condition = _condition(table, period)
    ((count,),) = file.rows(f"select count(*) from {table.place}{condition}")  # noqa: S608 (names of the file)
    return int(count), file.stream(selection(table, period))


def require_days(file: Published, shown: Sequence[Table], period: Period | None) -> None:
    """Refuse a period of which the file knows nothing; a month without a row among its days is a right answer.

    Args:
        file: The published file.
        shown: The tables that the period chooses rows of.
        period: Which days; None: all.

    Raises:
        NoSuchDays: None of the tables has a row of the period, and it is before or after the days of the shops.
    """
    dated = [(table.place, clock.name) for table in shown if (clock := table.clock) is not None]
    if period is None or not dated or any(_days(file, place, day, period) for place, day in dated):
        return
    if _SHOP_DAYS in file.columns():
        dated = [(f"{CATALOG}.marts.{_SHOP_DAYS}", "business_date")]
    spans = [span for place, day in dated if (span := _days(file, place, day))]
    if not spans:
        return
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    if period.last < first or last < period.first:
        raise NoSuchDays(
            f"{period} is not in the published file, which spans {first} – {last}. 已发布文件中没有该时段的数据。",
            advice="Name days within them: `--period 2026-10`, a day, or two days with `..` between them.",
        )


def _days(file: Published, place: str, day: str, period: Period | None = None) -> tuple[date, date] | None:
    """First and last day of a table, or of its rows in a period; None where it has none."""
    name = quoted(day)
    condition = (
        f" where {name} between date {literal(period.first)} and date {literal(period.last)}"
        if period
        else ""
    )
    ((first, last),) = file.rows(f"select min({name}), max({name}) from {place}{condition}")  # noqa: S608
    return None if first is None else (first, last)


def selection(table: Table, period: Period | None, columns: Sequence[str] = ()) -> str:
    """The query of the rows of a table in a period.

    Args:
        table: The table.
        period: Which days; None, or a table without a clock: all rows.
        columns: SQL of the columns; by default all as they are.
    """
    order = [*(table.key or [one.name for one in table.columns[:3]])]
    clock = table.clock
    if clock is not None and clock.name in order:
        order = [clock.name, *(name for name in order if name != clock.name)]
    names = ", ".join(columns) or ", ".join(quoted(one.name) for one in table.columns)
    sorting = ", ".join(quoted(name) for name in order)
    return f"select {names} from {table.place}{_condition(table, period)} order by {sorting}"  # noqa: S608


def _condition(table: Table, period: Period | None) -> str:
    clock = table.clock
    if period is None or clock is None:
        return ""
    name = quoted(clock.name)
    return f" where {name} between date {literal(period.first)} and date {literal(period.last)}"


def _table(name: str, schema: str, text: str, columns: list[Column]) -> Table:
    match = _KEY.search(text)
    key = tuple(one.strip() for one in match[1].split(",")) if match else ()
    names = {one.name for one in columns}
    return Table(name, schema, _KEY.sub("", text).strip(), tuple(columns), key if set(key) <= names else ())


@dataclass(frozen=True)
class _Known:
    """What the glossary says of a column."""

    label: str
    label_zh: str
    definition: str
    definition_zh: str
    formula: str
    clock: str
    unit: str
    version: str


def _glossary(file: Published) -> dict[tuple[str, str], _Known]:
    """By table and column; under an empty table what is the same wherever the column is."""
    if not file.rows(
        "select 1 from duckdb_tables() where database_name = 'warehouse' and schema_name = 'marts' "
        "and table_name = 'kpi_glossary'"
    ):
        return {}
    found: dict[tuple[str, str], _Known] = {}
    meanings: dict[str, set[_Known]] = {}
    for model, column, *texts, version, since in file.rows(
        "select model_name, column_name, label, label_zh, definition, definition_zh, formula, clock, unit, "
        "definition_version, defined_since from warehouse.marts.kpi_glossary"
    ):
        label, label_zh, definition, definition_zh, formula, clock, unit = (str(text or "") for text in texts)
        held = f"{version} ({since})" if version is not None else ""
        known = _Known(label, label_zh, definition, definition_zh, formula, clock, unit, held)
        found[str(model), str(column)] = known
        meanings.setdefault(str(column), set()).add(known)
    return found | {("", name): known.pop() for name, known in meanings.items() if len(known) == 1}


def _column(name: str, kind: str, comment: str, known: _Known | None) -> Column:
    unit = match[1] if (match := _UNIT.search(comment)) else ""
    english, chinese = _parts(_UNIT.sub("", comment))
    if known is not None:
        return Column(
            name,
            kind,
            known.label or _words(name),
            known.label_zh or chinese or _words(name),
            known.definition or english,
            known.definition_zh,
            known.formula,
            known.clock,
            unit or known.unit or _unit_of(name, kind),
            known.version,
        )
    unit = unit or _unit_of(name, kind)
    if named := _NAMED.fullmatch(english):
        return Column(name, kind, named[1], named[2], named[3], chinese, unit=unit)
    short = chinese if len(chinese) <= 20 else ""
    return Column(
        name, kind, _words(name), short or _words(name), english, "" if short else chinese, unit=unit
    )


def _unit_of(name: str, kind: str) -> str:
    """The unit that a name tells: `refund_rate` is a fraction."""
    return FRACTION if kind == "DOUBLE" and _FRACTIONS.search(name) else ""


def _paired(columns: list[Column]) -> list[Column]:
    """An amount in the reporting currency is called as the one that it stands beside, and says so."""
    own = {column.name: column for column in columns}
    found = []
    for column in columns:
        beside = own.get(column.name.removesuffix("_rc"))
        if beside is None or beside is column:
            found.append(column)
            continue
        label = column.label if " in " in column.label else f"{beside.label}, reporting currency"
        found.append(replace(column, label=label, label_zh=f"{beside.label_zh}（报告币种）"))
    return found


def _parts(comment: str) -> tuple[str, str]:
    """English and Chinese of a comment: `What it is. · 名称`."""
    english, sign, chinese = comment.rpartition(" · ")
    if sign and _CHINESE.search(chinese):
        return english.strip(), chinese.strip()
    return comment.strip(), ""


def _words(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]
