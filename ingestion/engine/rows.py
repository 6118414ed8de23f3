"""Rows, typed at the door: JSON records become Arrow tables, column by column.

A `Table` declares its columns: name, kind, and where in the record the value stands. Building is done per
column, not per row: values are taken out of a page at once, made into one Arrow array per column, and cast
in one step. At 200,000 orders that is the difference between seconds and minutes.

What does not fit is never lost and never stops a shop:

- An unknown field goes, as JSON, into the column `_extra`, and into the drift report.
- A value of another type is converted if nothing is lost by it (`12` for `"12"`, `"1700000000"` for a
  time, `"true"`). Otherwise the cell is NULL and the original goes into `_extra` under the column's name.
  Both are drift. Money with more than four decimals is rounded half away from zero, and the original kept
  in `_extra` as well.
- A record without its key can't be a row. It is left out, counted in the drift report, and still in the
  archive.
- Empty text, and a time of 0, are how the API says 'nothing'; they become NULL without being drift. `"0"`
  money stays 0.
"""

from __future__ import annotations

import enum
import gc
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from operator import itemgetter
from typing import Any, Literal, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.engine.pages import Page, Record

Fields = dict[str, "Fields | None"]
"""Known field names of a record; nested for objects and lists of objects."""

_EMPTY: Record = {}
_NONE = type(None)
_LATEST = 4_102_444_800  # 2100-01-01: a time beyond it was not in seconds
_DECIMALS = Context(prec=40, rounding=ROUND_HALF_UP)


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


@dataclass(slots=True)
class Drift:
    """What did not look as declared: counts by table, field and what was seen.

    Attributes:
        seen: Rows by (table, field, what was seen).
    """

    seen: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, table: str, field_name: str, what: str, rows: int = 1) -> None:
        """Counts `rows` rows in which `field_name` was `what`."""
        self.seen[table, field_name, what] += rows

    def merge(self, other: Drift) -> None:
        """Adds the counts of another one."""
        for key, rows in other.seen.items():
            self.seen[key] += rows

    def set_aside(self, table: str | None = None) -> int:
        """Records that could not become rows."""
        return sum(
            rows for (name, _, what), rows in self.seen.items() if what == MISSING and table in (None, name)
        )


MISSING = "missing key"


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


_SPACED = str.maketrans({bracket: f" {bracket} " for bracket in "{}[]"})


def list_of(path: str) -> Callable[[list[Record]], tuple[list[int], list[Record]]]:
    """The elements of the list `path`, each with the index of its parent; what is not a list has none."""

    def rows(records: list[Record]) -> tuple[list[int], list[Record]]:
        lists = [record.get(path) for record in records]
        if not set(map(type, lists)) <= {list, _NONE}:
            lists = [value if type(value) is list else None for value in lists]
        owners = [index for index, value in enumerate(lists) if value for _ in value]
        return owners, [element for value in lists if value for element in value]

    return rows


def written(name: str, kind: Kind, path: str | None = None) -> Column:
    """A column of whole numbers or instants that the API documents as text: digits are no drift in it."""
    where = path or name

    def compute(records: list[Record]) -> list[Any]:
        values = [_inside(record, where) for record in records]
        return [int(value) if type(value) is str and value.isdecimal() else value for value in values]

    return computed(name, kind, compute)


def first_text(name: str, *paths: str) -> Column:
    """A column of text that may stand in several places: the first of them that says something."""

    def compute(records: list[Record]) -> list[Any]:
        return [
            next((value for path in paths if (value := _inside(record, path)) not in (None, "")), None)
            for record in records
        ]

    return computed(name, Kind.TEXT, compute)


def _inside(record: Record, path: str) -> Any:
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


def build(tables: Table | Sequence[Table], pages: Iterable[Page], drift: Drift) -> dict[str, pa.Table]:
    """Turns pages into rows: `Batch` in one call."""
    batch = Batch([tables] if isinstance(tables, Table) else tables, drift)
    for page in pages:
        batch.add(page)
    return batch.finish()


def empty(table: Table) -> pa.Table:
    """The table without rows."""
    return table.schema.empty_table()


@contextmanager
def bulk_work() -> Iterator[None]:
    """Sets Python up for much parsing, and back again.

    Parsed JSON has no reference cycles, and looking for them costs a third of the time; and a page that
    is worked on in one go stays in the processor's cache, which is worth more than frequent turns of the
    threads.
    """
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(200_000, 50, 1_000)
    sys.setswitchinterval(0.05)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval)


class Shape(NamedTuple):
    """Field names of some records.

    Attributes:
        any: Names that at least one record has.
        all: Names that every record has.
    """

    any: frozenset[str]
    all: frozenset[str]


Shapes = dict[str, Shape]
"""Shapes by path: `` for the records themselves, `payment.`, `line_items.item_tax.` and so on."""


def observe(records: Sequence[Record], known: Fields, path: str = "", seen: Shapes | None = None) -> Shapes:
    """The shapes of records and of the objects in them, as far as they are documented.

    Records of one kind come in few shapes: comparing shapes is much cheaper than comparing records.
    """
    seen = {} if seen is None else seen
    shapes = set(map(tuple, records))
    present = frozenset().union(*shapes)
    always = present if len(shapes) == 1 else frozenset(set(next(iter(shapes), ())).intersection(*shapes))
    seen[path] = Shape(present, always)
    for name in present:
        inner = known.get(name)
        if not inner:
            continue
        values = [value for record in records if (value := record.get(name))]
        nested = [value for value in values if type(value) is dict]
        if len(nested) < len(values):
            nested += [e for value in values if type(value) is list for e in value if type(e) is dict]
        if nested:
            observe(nested, inner, f"{path}{name}.", seen)
    return seen


class Batch:
    """Some pages of one resource on their way to becoming rows.

    Values are taken out of a page as soon as it comes: its objects are still in the processor's cache
    then (taking them out of thousands of orders at a time is several times slower), and can be let go.

    Args:
        tables: The tables the resource feeds.
        drift: Collects what does not fit.
    """

    def __init__(self, tables: Sequence[Table], drift: Drift) -> None:
        self._drift = drift
        self._collectors = [_Collector(table, drift) for table in tables]
        self.pages: list[Page] = []
        self.records = 0
        self.size = 0

    def add(self, page: Page) -> None:
        """Takes the values out of a page. The page's records are not needed any more afterwards."""
        index = len(self.pages)
        self.pages.append(page)
        self.records += len(page.records)
        self.size += page.size
        for collector in self._collectors:
            table = collector.table
            if not table.header:
                shapes = page.shape
                if shapes is None:
                    objects = [record for record in page.records if type(record) is dict]
                    shapes = observe(objects, table.known or {})
                collector.add(page.records, index, shapes, of=page)
            elif page.number == 1:
                shapes = observe([page.envelope], table.known or {})
                collector.add([page.envelope], index, shapes, of=page)

    def settle(self) -> Batch:
        """Converts everything that was added to Arrow, so that no page's objects are held any more."""
        for collector in self._collectors:
            collector.settle()
        return self

    def extend(self, other: Batch) -> None:
        """Appends another batch of the same tables."""
        offset = len(self.pages)
        self.pages += other.pages
        self.records += other.records
        self.size += other.size
        self._drift.merge(other._drift)
        for mine, its in zip(self._collectors, other._collectors, strict=True):
            mine.extend(its, offset)

    def finish(self) -> dict[str, pa.Table]:
        """Arrow tables by name; every table of the families is there, perhaps empty. Pages have their ids
        by now."""
        built: dict[str, pa.Table] = {}
        for collector in self._collectors:
            collector.finish(self.pages, built, {})
        return built


@dataclass(slots=True)
class _Values:
    """The values of one column: Arrow arrays of what JSON held, and the latest ones that are not
    converted yet.

    Attributes:
        column: The column.
        chunks: Arrays of text, integers or booleans; numbers where so many values were absent; lists
            where a value was of another type.
        pending: The latest values.
    """

    column: Column
    chunks: list[pa.Array | list[Any] | int] = field(default_factory=list)
    pending: list[Any] = field(default_factory=list)

    def absent(self, rows: int) -> None:
        """Appends absent values."""
        self.settle()
        self.chunks.append(rows)

    def settle(self) -> None:
        """Converts what is pending."""
        if self.pending:
            try:
                self.chunks.append(_plain_array(self.pending, self.column.kind))
            except (pa.ArrowException, TypeError, ValueError, OverflowError):
                self.chunks.append(self.pending)
            self.pending = []

    def finish(self) -> tuple[pa.Array, dict[int, tuple[Any, bool]]]:
        """The typed array, and by index the values that did not fit, with whether nothing was lost."""
        self.settle()
        kind = self.column.kind
        if all(type(chunk) is int for chunk in self.chunks):
            return pa.nulls(sum(chunk for chunk in self.chunks if type(chunk) is int), kind.value), {}
        if not any(type(chunk) is list for chunk in self.chunks):
            plain = _PLAIN.get(kind, pa.string())
            arrays = [pa.nulls(chunk, plain) if type(chunk) is int else chunk for chunk in self.chunks]
            try:
                return _typed(pa.concat_arrays(arrays), kind), {}
            except (pa.ArrowException, ValueError):
                pass  # one by one, below
        values: list[Any] = []
        for chunk in self.chunks:
            if isinstance(chunk, int):
                values += [None] * chunk
            elif isinstance(chunk, list):
                values += chunk
            else:
                values += chunk.to_pylist()
        array, misfits = _one_by_one(values, kind)
        return array, {index: (values[index], whole) for index, whole in misfits.items()}


class _Collector:
    """Collects the values of one table, and of its children, page by page."""

    def __init__(self, table: Table, drift: Drift) -> None:
        self.table = table
        self._drift = drift
        self._rows = 0
        self._page_rows: list[tuple[int, int]] = []
        self._owners: list[int] = []
        self._extra: dict[int, Record] = defaultdict(dict)
        own = [column for column in table.columns if column.of == "record"]
        self._values = {column.name: _Values(column) for column in own}
        self._computed = [(column.compute, self._values[column.name]) for column in own if column.compute]
        self._computed_on_page = [
            (column.compute_on_page, self._values[column.name]) for column in own if column.compute_on_page
        ]
        levels: dict[str, list[tuple[str, _Values]]] = defaultdict(list)
        for column in own:
            if column.compute is None and column.compute_on_page is None:
                level, _, name = column.path.rpartition(".")
                levels[level].append((name, self._values[column.name]))
        self._levels = list(levels.items())
        self._nested = list(_nested(table.known or {}, {one.path for one in table.children}))
        self._children = [(one, _Collector(one.table, drift)) for one in table.children]

    def add(
        self,
        records: list[Any],
        page: int,
        shapes: Shapes,
        path: str = "",
        owners: list[int] | None = None,
        *,
        of: Page,
    ) -> None:
        """Takes the values of some records of one page; what is no object counts as an empty one."""
        if not records:
            return
        whole = set(map(type, records)) <= {dict}
        if not whole:
            records = [record if type(record) is dict else _EMPTY for record in records]
        base = self._rows
        self._rows += len(records)
        self._page_rows.append((page, len(records)))
        if owners is not None:
            self._owners += owners
        levels: dict[str, tuple[list[Record], bool]] = {"": (records, whole)}
        for level_path, columns in self._levels:
            level, complete = self._level(level_path, levels, base)
            shape = shapes.get(path + level_path.replace("[]", "") + "." if level_path else path)
            _take(level, complete, shape, columns)
        for compute, values in self._computed:
            values.pending += compute(records)
        for on_page, values in self._computed_on_page:
            values.pending += on_page(records, of)
        if self.table.known is not None and self._may_be_unknown(shapes, path):
            self._find_unknown(records, self.table.known, "", range(base, base + len(records)))
        for one, collector in self._children:
            self._check_list(one, records, base)
            indexes, kids = one.rows(records)
            inner = f"{path}{one.path}." if one.path else "?"
            collector.add(kids, page, shapes, inner, [base + index for index in indexes], of=of)

    def settle(self) -> None:
        """Converts to Arrow what was taken."""
        for values in self._values.values():
            values.settle()
        for _, collector in self._children:
            collector.settle()

    def extend(self, other: _Collector, pages: int, owner_base: int = 0) -> None:
        """Appends what another collector took: its pages come after `pages` of ours, its parents after
        `owner_base`."""
        base = self._rows
        self._rows += other._rows
        self._page_rows += [(pages + page, rows) for page, rows in other._page_rows]
        self._owners += [owner_base + owner for owner in other._owners] if owner_base else other._owners
        for row, values in other._extra.items():
            self._extra[base + row].update(values)
        for name, its in other._values.items():
            mine = self._values[name]
            mine.settle()
            its.settle()
            mine.chunks += its.chunks
        for (_, mine_child), (_, its_child) in zip(self._children, other._children, strict=True):
            mine_child.extend(its_child, pages, base)

    def finish(self, pages: Sequence[Page], built: dict[str, pa.Table], parents: dict[str, pa.Array]) -> None:
        """Makes the Arrow tables."""
        table = self.table
        numbers, counts = zip(*self._page_rows, strict=True) if self._page_rows else ((), ())
        page_index = pa.array(np.repeat(np.asarray(numbers, dtype=np.int64), counts), type=pa.int64())
        owner_index = pa.array(self._owners, type=pa.int64())
        arrays: dict[str, pa.Array] = {}
        for column in table.columns:
            if column.of == "parent":
                arrays[column.name] = parents[column.path].take(owner_index)
            elif column.of == "position":
                arrays[column.name] = _positions(self._owners)
            elif column.of == "page":
                arrays[column.name] = self._page_column(column, pages).take(page_index)
            else:
                arrays[column.name] = self._record_column(column)

        def repeated(values: list[Any], kind: pa.DataType) -> pa.Array:
            return pa.array(values, type=kind).take(page_index)

        common = {
            "retrieved_at": repeated([page.retrieved_at for page in pages], Kind.TIME.value),
            "page_id": repeated([page.page_id for page in pages], pa.string()),
            "_extra": self._extra_column(),
        }
        if table.shop_key == "page":
            common["shop_key"] = repeated([page.shop_key for page in pages], pa.string())
        if table.stored:
            schema = table.schema
            whole = pa.table([{**common, **arrays}[name] for name in schema.names], schema=schema)
            built[table.name] = self._with_keys(whole)
        for _, collector in self._children:
            collector.finish(pages, built, arrays)

    def _record_column(self, column: Column) -> pa.Array:
        array, misfits = self._values[column.name].finish()
        for index, (value, whole) in misfits.items():
            self._drift.add(self.table.name, column.name, _misfit(value, column.kind))
            if not whole:
                self._extra[index][column.name] = value
        return array

    def _page_column(self, column: Column, pages: Sequence[Page]) -> pa.Array:
        values = [_page_value(page, column.path) for page in pages]
        array, misfits = to_array(values, column.kind)
        for index in misfits:
            self._drift.add(self.table.name, column.name, _misfit(values[index], column.kind))
        return array

    def _extra_column(self) -> pa.Array:
        extra: list[str | None] = [None] * self._rows
        for index, values in self._extra.items():
            extra[index] = orjson.dumps(values, default=str).decode()
        return pa.array(extra, type=pa.string())

    def _with_keys(self, whole: pa.Table) -> pa.Table:
        for name in self.table.key:
            missing = whole.column(name).null_count
            if missing:
                self._drift.add(self.table.name, name, MISSING, missing)
                whole = whole.filter(pc.is_valid(whole.column(name)))
        return whole

    def _level(
        self, path: str, levels: dict[str, tuple[list[Record], bool]], base: int
    ) -> tuple[list[Record], bool]:
        """The objects at `path`, one per record, and whether none is missing; a missing one is empty."""
        if path in levels:
            return levels[path]
        outer, _, name = path.rpartition(".")
        first_of_list = name.endswith("[]")
        name = name.removesuffix("[]")
        values = [record.get(name) for record in self._level(outer, levels, base)[0]]
        if first_of_list:
            values = [(value[0] if value else None) if type(value) is list else value for value in values]
        types = set(map(type, values))
        if types <= {dict, _NONE}:
            level = [_EMPTY if value is None else value for value in values]
        else:
            level = []
            for row, value in enumerate(values, base):
                level.append(value if type(value) is dict else _EMPTY)
                if type(value) is not dict and value is not None:
                    self._drift.add(self.table.name, name, f"{json_type(value)} instead of object")
                    self._extra[row][path.replace("[]", "").replace(".", "__")] = value
        levels[path] = level, types == {dict}
        return levels[path]

    def _may_be_unknown(self, shapes: Shapes, path: str) -> bool:
        for inner, known in self._nested:
            shape = shapes.get(path + inner)
            if shape is not None and not shape.any <= known:
                return True
        return False

    def _check_list(self, one: Child, records: list[Record], base: int) -> None:
        if not one.path:
            return
        values = [record.get(one.path) for record in records]
        if set(map(type, values)) <= {list, _NONE}:
            return
        for row, value in enumerate(values, base):
            if type(value) is not list and value is not None:
                self._drift.add(self.table.name, one.path, f"{json_type(value)} instead of array")
                self._extra[row][one.path] = value

    def _find_unknown(self, records: list[Record], known: Fields, path: str, rows: Sequence[int]) -> None:
        for row, record in zip(rows, records, strict=True):
            for key in record.keys() - known.keys():
                name = f"{path}{key}"
                self._extra[row][name] = record[key]
                self._drift.add(self.table.name, name, json_type(record[key]))
        for key, inner in known.items():
            if inner:
                found = [
                    (row, record[key])
                    for row, record in zip(rows, records, strict=True)
                    if type(record.get(key)) is dict
                ]
                inner_rows = [row for row, _ in found]
                self._find_unknown([value for _, value in found], inner, f"{path}{key}__", inner_rows)


def _nested(known: Fields, lists: set[str], path: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """The documented objects inside a row, by path; child tables look after themselves."""
    yield path, frozenset(known)
    for name, inner in known.items():
        if inner and not (path == "" and name in lists):
            yield from _nested(inner, lists, f"{path}{name}.")


def _take(level: list[Record], whole: bool, shape: Shape | None, columns: list[tuple[str, _Values]]) -> None:
    """Takes the values of some columns out of objects."""
    always: list[tuple[str, _Values]] = []
    for name, values in columns:
        if shape is not None and name not in shape.any:
            values.absent(len(level))
        elif shape is not None and whole and name in shape.all:
            always.append((name, values))
        else:
            values.pending += [record.get(name) for record in level]
    if len(always) == 1:
        name, values = always[0]
        values.pending += [record[name] for record in level]
    elif always:
        # All values of an object at once, then turned: four times faster than column by column.
        pick = itemgetter(*(name for name, _ in always))
        for (_, values), found in zip(always, zip(*map(pick, level), strict=True), strict=True):
            values.pending += found


def _positions(owners: list[int]) -> pa.Array:
    """The place of each child in its parent's list, from 0."""
    index = np.asarray(owners, dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, index[1:] != index[:-1]]) if len(index) else index
    lengths = np.diff(np.r_[starts, len(index)])
    return pa.array(np.arange(len(index)) - np.repeat(starts, lengths), type=pa.int64())


def to_array(values: list[Any], kind: Kind) -> tuple[pa.Array, dict[int, bool]]:
    """An Arrow array of the values.

    Returns:
        The array, and the indexes of values that were of another type: True where they were converted
        without loss, False where the cell is NULL or rounded.
    """
    try:
        return _typed(_plain_array(values, kind), kind), {}
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return _one_by_one(values, kind)


def json_type(value: object) -> str:
    """The JSON name of a value's type."""
    return _JSON_TYPES.get(type(value), "string")


_JSON_TYPES: dict[type, str] = {
    dict: "object",
    list: "array",
    bool: "boolean",
    int: "integer",
    float: "number",
    _NONE: "null",
}
_EXPECTED = {
    Kind.TEXT: "text",
    Kind.MONEY: "money",
    Kind.RATE: "rate",
    Kind.TIME: "time",
    Kind.DATE: "date",
    Kind.BOOL: "boolean",
    Kind.INT: "integer",
}


def _misfit(value: object, kind: Kind) -> str:
    return f"{json_type(value)} instead of {_EXPECTED[kind]}"


def _page_value(page: Page, path: str) -> Any:
    return _inside(page.context if path in page.context else page.envelope, path)


_NULL_TEXT = pa.scalar(None, type=pa.string())
_NULL_INT = pa.scalar(None, type=pa.int64())
_PLAIN = {Kind.TIME: pa.int64(), Kind.INT: pa.int64(), Kind.BOOL: pa.bool_()}


def _plain_array(values: list[Any], kind: Kind) -> pa.Array:
    """Values as JSON held them: text, integers or booleans."""
    plain = _PLAIN.get(kind, pa.string())
    # Arrow would take 1.0 for an integer.
    if plain is _PLAIN[Kind.INT] and not set(map(type, values)) <= {int, _NONE}:
        raise TypeError("not integers")
    return pa.array(values, type=plain)


def _typed(array: pa.Array, kind: Kind) -> pa.Array:
    """The array in the type of its column.

    Raises:
        ValueError: A value does not fit; also as an Arrow exception.
    """
    if kind in (Kind.INT, Kind.BOOL):
        return array
    if kind is Kind.TIME:
        return _instants(array)
    blank = pc.equal(array, "")
    if pc.any(blank).as_py():
        array = pc.if_else(blank, _NULL_TEXT, array)
    return array if kind is Kind.TEXT else array.cast(kind.value)


def _instants(seconds: pa.Array) -> pa.Array:
    bounds = pc.min_max(seconds).as_py()
    if bounds["min"] is not None and bounds["min"] <= 0:
        if bounds["min"] < 0:
            raise ValueError("a time before 1970")
        seconds = pc.if_else(pc.equal(seconds, 0), _NULL_INT, seconds)
    if bounds["max"] is not None and bounds["max"] >= _LATEST:
        raise ValueError("a time beyond 2100")
    return seconds.cast(pa.timestamp("s", tz="UTC")).cast(Kind.TIME.value)


def _one_by_one(values: list[Any], kind: Kind) -> tuple[pa.Array, dict[int, bool]]:
    read = _READERS[kind]
    cells: list[Any] = []
    misfits: dict[int, bool] = {}
    for index, value in enumerate(values):
        if value is None or value == "":
            cells.append(None)
            continue
        cell, fits, whole = read(value)
        cells.append(cell)
        if not fits:
            misfits[index] = whole
    if kind is Kind.TIME:
        return pa.array(cells, type=pa.timestamp("s", tz="UTC")).cast(Kind.TIME.value), misfits
    return pa.array(cells, type=kind.value), misfits


_Cell = tuple[Any, bool, bool]
"""The cell; whether the value was of the expected type; whether nothing was lost."""
_BAD: _Cell = (None, False, False)


def _read_text(value: object) -> _Cell:
    if isinstance(value, str):
        return value, True, True
    return (str(value), False, True) if type(value) is int else _BAD


def _read_decimal(kind: Kind) -> Callable[[object], _Cell]:
    step = Decimal(1).scaleb(-kind.value.scale)
    largest = Decimal(10) ** (kind.value.precision - kind.value.scale)

    def read(value: object) -> _Cell:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            return _BAD
        try:
            number = Decimal(str(value).strip() if isinstance(value, str) else repr(value))
            rounded = number.quantize(step, context=_DECIMALS)
        except InvalidOperation:
            return _BAD
        if not number.is_finite() or abs(rounded) >= largest or (isinstance(value, str) and "_" in value):
            return _BAD
        same = rounded == number
        return rounded, same and isinstance(value, str), same

    return read


def _read_int(value: object) -> _Cell:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return _BAD
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return _BAD
    if abs(number) >= 2**63 or (isinstance(value, float) and number != value) or "_" in str(value):
        return _BAD
    return number, type(value) is int, True


def _read_time(value: object) -> _Cell:
    number, fits, _ = _read_int(value)
    if number is None or not 0 <= number < _LATEST:
        return _BAD
    return number or None, fits, True


def _read_bool(value: object) -> _Cell:
    if isinstance(value, bool):
        return value, True, True
    return _WORDS.get(str(value).lower(), _BAD)


_WORDS: dict[str, _Cell] = {
    "true": (True, False, True),
    "false": (False, False, True),
    "1": (True, False, True),
    "0": (False, False, True),
}


def _read_date(value: object) -> _Cell:
    try:
        return date.fromisoformat(str(value)), isinstance(value, str), True
    except ValueError:
        return _BAD


_READERS: dict[Kind, Callable[[object], _Cell]] = {
    Kind.TEXT: _read_text,
    Kind.MONEY: _read_decimal(Kind.MONEY),
    Kind.RATE: _read_decimal(Kind.RATE),
    Kind.TIME: _read_time,
    Kind.DATE: _read_date,
    Kind.BOOL: _read_bool,
    Kind.INT: _read_int,
}
