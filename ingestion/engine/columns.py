"""A raw table as it is declared: its columns, their kinds, and where in a record each value stands."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from ingestion.engine.pages import Page, Record

Fields = dict[str, "Fields | None"]
"""Known field names of a record; nested for objects and lists of objects."""


class Kind(enum.Enum):
    """What a column holds; the value is its Arrow type."""

    TEXT = pa.string()
    MONEY = pa.decimal128(18, 4)
    RATE = pa.decimal128(18, 10)
    TIME = pa.timestamp("us", tz="UTC")
    DATE = pa.date32()
    BOOL = pa.bool_()
    INT = pa.int64()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a raw table.

    Attributes:
        name: Its name.
        kind: Its type.
        path: Where the value stands. `a.b` is b inside object a; `a[].b` is b in the first element of list a.
        of: `record` by default; `page` for what stood around the records (envelope, context); `parent`
            for a column of the parent's row, named by `path`; `position` for the index in the parent's
            list, from 0.
        compute: Makes the values of all records at once, when no path leads to them.
        compute_on_page: The same, when it takes what came with the page as well.
    """

    name: str
    kind: Kind
    path: str
    of: Literal["record", "page", "parent", "position"] = "record"
    compute: Callable[[list[Record]], list[Any]] | None = None
    compute_on_page: Callable[[list[Record], Page], list[Any]] | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """A table made of lists inside the records of another.

    Attributes:
        table: The child table.
        rows: From parent records: the index of the parent and the record, for each child.
        path: Name of the list, for checking its type; empty when the children are made otherwise.
    """

    table: Table
    rows: Callable[[list[Record]], tuple[list[int], list[Record]]]
    path: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A raw table.

    Attributes:
        name: Name in the raw folder.
        columns: Its own columns; `shop_key`, `retrieved_at`, `page_id` and `_extra` are added.
        key: Columns without which a row makes no sense.
        known: Fields the API documents for the record; anything else is unknown. None: not checked.
        children: Tables made of its lists.
        shop_key: From the page, one of `columns` (`own`), or left out (`absent`).
        header: Whether it has one row per list, made of what stands around the records on the first page.
        stored: False for a step on the way to a child table, which is not kept itself.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    known: Fields | None = None
    children: tuple[Child, ...] = ()
    shop_key: Literal["page", "own", "absent"] = "page"
    stored: bool = True
    header: bool = False

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, without the load id that dlt adds."""
        own = [pa.field(column.name, column.kind.value) for column in self.columns]
        shop = [pa.field("shop_key", pa.string())] if self.shop_key == "page" else []
        common = [
            pa.field("retrieved_at", Kind.TIME.value),
            pa.field("page_id", pa.string()),
            pa.field("_extra", pa.string()),
        ]
        return pa.schema([*shop, *own, *common])

    def family(self) -> Iterable[Table]:
        """The table and all its descendants, as far as they are stored."""
        if self.stored:
            yield self
        for child in self.children:
            yield from child.table.family()


def text(name: str, path: str | None = None) -> Column:
    """A column of text."""
    return Column(name, Kind.TEXT, path or name)


def texts(names: str) -> list[Column]:
    """Text columns named as in the record."""
    return [text(name) for name in names.split()]


def money(name: str, path: str | None = None) -> Column:
    """A column of money: decimal(18, 4) in the row's currency."""
    return Column(name, Kind.MONEY, path or name)


def monies(names: str, under: str = "", prefix: str = "") -> list[Column]:
    """Money columns; `under` is the object they stand in, `prefix` goes before the column's name."""
    return [money(prefix + name, f"{under}.{name}" if under else name) for name in names.split()]


def times(names: str) -> list[Column]:
    """Columns of instants; unix seconds in the record."""
    return [Column(name, Kind.TIME, name) for name in names.split()]


def bools(names: str) -> list[Column]:
    """Columns of yes or no."""
    return [Column(name, Kind.BOOL, name) for name in names.split()]


def count(name: str, path: str | None = None) -> Column:
    """A column of whole numbers."""
    return Column(name, Kind.INT, path or name)


def counts(names: str, under: str = "") -> list[Column]:
    """Columns of whole numbers; `under` is the object they stand in."""
    return [count(name, f"{under}.{name}" if under else name) for name in names.split()]


def rates(names: str, under: str = "") -> list[Column]:
    """Columns of ratios; `under` is the object they stand in."""
    return [Column(name, Kind.RATE, f"{under}.{name}" if under else name) for name in names.split()]


def amounts(names: str, under: str = "") -> list[Column]:
    """Money columns each of which is an object of amount and currency; `under` is the object they stand in."""
    return [money(name, f"{under}.{name}.amount" if under else f"{name}.amount") for name in names.split()]


def dates(names: str) -> list[Column]:
    """Columns of dates."""
    return [Column(name, Kind.DATE, name) for name in names.split()]


def parent(name: str, column: str, kind: Kind = Kind.TEXT) -> Column:
    """A column repeated from the parent's row."""
    return Column(name, kind, column, of="parent")


def of_page(name: str, path: str, kind: Kind = Kind.TEXT) -> Column:
    """A column whose value stood around the records, or came with the page."""
    return Column(name, kind, path, of="page")


def computed(name: str, kind: Kind, compute: Callable[[list[Record]], list[Any]]) -> Column:
    """A column made from whole records."""
    return Column(name, kind, name, compute=compute)


def computed_on_page(name: str, kind: Kind, compute: Callable[[list[Record], Page], list[Any]]) -> Column:
    """A column made from whole records and what came with their page."""
    return Column(name, kind, name, compute_on_page=compute)


def fields(names: str) -> Fields:
    """Reads a list of known fields: `id payment{currency total} line_items[id price]`; brackets are alike."""
    found: Fields = {}
    stack = [found]
    last = ""
    for word in names.translate(_SPACED).split():
        if word in "{[":
            inner: Fields = {}
            stack[-1][last] = inner
            stack.append(inner)
        elif word in "}]":
            stack.pop()
        else:
            stack[-1][word] = None
            last = word
    return found


def list_of(path: str) -> Callable[[list[Record]], tuple[list[int], list[Record]]]:
    """The elements of the list `path`, each with the index of its parent; what is not a list has none."""

    def rows(records: list[Record]) -> tuple[list[int], list[Record]]:
        lists = [record.get(path) for record in records]
        if not set(map(type, lists)) <= {list, type(None)}:
            lists = [value if type(value) is list else None for value in lists]
        owners = [index for index, value in enumerate(lists) if value for _ in value]
        return owners, [element for value in lists if value for element in value]

    return rows


def written(name: str, kind: Kind, path: str | None = None) -> Column:
    """A column of whole numbers or instants that the API documents as text: digits are no drift in it."""
    where = path or name

    def compute(records: list[Record]) -> list[Any]:
        values = [value_at(record, where) for record in records]
        return [int(value) if type(value) is str and value.isdecimal() else value for value in values]

    return computed(name, kind, compute)


def first_text(name: str, *paths: str) -> Column:
    """A column of text that may stand in several places: the first of them that says something."""

    def compute(records: list[Record]) -> list[Any]:
        return [
            next((value for path in paths if (value := value_at(record, path)) not in (None, "")), None)
            for record in records
        ]

    return computed(name, Kind.TEXT, compute)


def value_at(record: Record, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    value: Any = record
    for name in path.split("."):
        value = value.get(name) if type(value) is dict else None
    return value


def child(table: Table, path: str) -> Child:
    """The table made of the list `path`."""
    return Child(table, list_of(path), path)


def length_of(path: str) -> Callable[[list[Record]], list[Any]]:
    """Computes the length of the list `path`; NULL when it is absent."""
    return lambda records: [
        len(value) if type(value := record.get(path)) is list else None for record in records
    ]


def empty(table: Table) -> pa.Table:
    """The table without rows."""
    return table.schema.empty_table()


_SPACED = str.maketrans({bracket: f" {bracket} " for bracket in "{}[]"})
