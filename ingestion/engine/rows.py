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

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.engine.columns import Child, Column, Fields, Kind, Table, value_at
from ingestion.engine.pages import Page, Record
from ingestion.engine.privacy import Cleaner, Rules
from ingestion.engine.shapes import Shape, Shapes, observe
from ingestion.engine.values import Values, json_type, misfit, to_array

_EMPTY: Record = {}
_NONE = type(None)


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

    def unkeyed(self, table: str | None = None) -> int:
        """Records that could not become rows."""
        return sum(
            rows for (name, _, what), rows in self.seen.items() if what == MISSING and table in (None, name)
        )


MISSING = "missing key"


def build(tables: Table | Sequence[Table], pages: Iterable[Page], drift: Drift) -> dict[str, pa.Table]:
    """Turns pages into rows: `Batch` in one call."""
    batch = Batch([tables] if isinstance(tables, Table) else tables, drift)
    for page in pages:
        batch.add(page)
    return batch.finish()


def take_rows(page: Page, tables: Sequence[Table], rules: Rules, cleaner: Cleaner) -> None:
    """Everything that is done to the objects of a page, in one go: cut contact data, pack the records for the archive,
    take the values of the rows out.

    Args:
        page: The page; its records may be let go afterwards.
        tables: Raw tables that it feeds.
        rules: What is cut from its records.
        cleaner: Cuts it.
    """
    page.shape = cleaner.clean(page.records, rules)
    page.pack()
    batch = Batch(tables, Drift())
    batch.add(page)
    page.rows = batch.settle()


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
        self._values = {column.name: Values(column) for column in own}
        self._computed = [(column.compute, self._values[column.name]) for column in own if column.compute]
        self._computed_on_page = [
            (column.compute_on_page, self._values[column.name]) for column in own if column.compute_on_page
        ]
        levels: dict[str, list[tuple[str, Values]]] = defaultdict(list)
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
            self._drift.add(self.table.name, column.name, misfit(value, column.kind))
            if not whole:
                self._extra[index][column.name] = value
        return array

    def _page_column(self, column: Column, pages: Sequence[Page]) -> pa.Array:
        values = [_page_value(page, column.path) for page in pages]
        array, misfits = to_array(values, column.kind)
        for index in misfits:
            self._drift.add(self.table.name, column.name, misfit(values[index], column.kind))
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


def _take(level: list[Record], whole: bool, shape: Shape | None, columns: list[tuple[str, Values]]) -> None:
    """Takes the values of some columns out of objects."""
    always: list[tuple[str, Values]] = []
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


def _page_value(page: Page, path: str) -> Any:
    return value_at(page.context if path in page.context else page.envelope, path)
