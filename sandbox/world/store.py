"""The world on disk: records in all the versions that the sandbox may still be asked for.

One SQLite file a shop, one table per kind of record in it. A version of a record is visible while
`valid_from <= clock < valid_to`; bodies are the elements of the API's lists as ready JSON, so that serving a
page is reading and joining bytes.

Bodies are deflated against a sample of their own kind: records of a kind differ little, so an order of 4.4 kB
takes 0.4 kB and 9 microseconds to read, which keeps 200,000 orders well under a gigabyte.
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from sandbox.world.catalog import SHOPS
from sandbox.world.catalog import Shop as Shop
from sandbox.world.exchange import rates_between

META = "world.json"
FORMAT = 6
"""Counted up when the same seed gives another world or files of another shape, so that an old one is not taken
for it."""
FOREVER = 1 << 62
KINDS = (
    "order",
    "return",
    "cancellation",
    "package",
    "statement",
    "statement_header",
    "statement_transaction",
    "order_transaction",
    "unsettled",
    "payment",
    "withdrawal",
    "planted",
    "product",
    "inventory",
    "warehouse",
    "shop_performance_day",
    "shop_performance_hour",
    "affiliate_sku",
    "sample_application",
    "sample_fulfillment",
    "live_session",
    "video_day",
)

TimeField = Literal["create_time", "update_time"]

_PLAIN = ("package",)
"""Kinds with many small bodies: deflating those takes more time than it saves space."""
_SAMPLE_RECORDS = 24
_SAMPLE_BYTES = 32_000
"""What deflate can look back on."""
_DEFLATE_MEMORY = 5
"""Of 9: what is copied for every body. More takes longer and makes bodies no smaller."""


class Record(NamedTuple):
    """A record as it looks at some clock.

    Attributes:
        time: Value of the time it is sorted by, unix seconds.
        id: Its id within its kind and shop.
        body: The JSON object that the API gives.
    """

    time: int
    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class WorldMeta:
    """What a world was made from; two worlds with the same values are the same.

    Attributes:
        seed: Seed of all its randomness.
        orders: Orders created in the days before `clock_start`, over all shops.
        days: How many days that are.
        clock_start: The world's time when nobody has moved its clock, unix seconds.
        horizon_end: How far the clock can be moved, unix seconds.
        format: `FORMAT` of the code that made it.
    """

    seed: int
    orders: int
    days: int
    clock_start: int
    horizon_end: int
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a record, as the generator writes it."""

    id: str
    created: int
    updated: int
    valid_from: int
    valid_to: int
    body: bytes
    parent: str | None = None
    status: str | None = None
    order_id: str | None = None


class Store:
    """Reads a world. Safe for several threads: each has a connection of its own.

    Attributes:
        meta: What the world was made from.
    """

    def __init__(self, directory: Path, meta: WorldMeta) -> None:
        self._directory = directory
        self._local = threading.local()
        self.meta = meta

    @classmethod
    def open(cls, directory: Path) -> Store:
        """Opens the world in a directory.

        Raises:
            FileNotFoundError: There is none.
            ValueError: There is one that another version of this code made.
        """
        meta = meta_of(directory)
        if meta is None:
            raise FileNotFoundError(f"There is no sandbox world in {directory}; `ttkpi sandbox` makes one.")
        if meta.format != FORMAT:
            raise ValueError(
                f"The sandbox world in {directory} has format {meta.format}, this version reads {FORMAT}: "
                "delete the directory, `ttkpi sandbox` makes it anew."
            )
        return cls(directory, meta)

    def shops(self) -> list[Shop]:
        """The five shops, in order of their ids."""
        return list(SHOPS)

    def page(
        self,
        kind: str,
        shop_id: str,
        clock: int,
        *,
        field: TimeField,
        ge: int | None,
        lt: int | None,
        order: Literal["ASC", "DESC"],
        after: tuple[int, str] | None,
        limit: int,
        parent: str | None = None,
        ids: Sequence[str] | None = None,
        order_ids: Sequence[str] | None = None,
        statuses: Sequence[str] | None = None,
        other_ge: int | None = None,
        other_lt: int | None = None,
    ) -> list[Record]:
        """The records visible at `clock`, sorted by `field` and id, after the position `after`.

        Args:
            kind: One of `KINDS`.
            shop_id: Whose.
            clock: The world's time, unix seconds.
            field: The time that sorts and that `ge` (inclusive) and `lt` (exclusive) bound.
            ge: Unix seconds.
            lt: Unix seconds.
            order: ASC or DESC.
            after: Time and id of the last record of the page before.
            limit: Most records to give.
            parent: Only records of this parent.
            ids: Only these.
            order_ids: Only those of these orders.
            statuses: Only those in one of these states.
            other_ge: Bound on the other of the two times, inclusive.
            other_lt: Bound on the other of the two times, exclusive.
        """
        column = "created" if field == "create_time" else "updated"
        if after is not None:
            # SQLite finds the position by the bounds alone; without this, page n would read all pages before it.
            if order == "ASC":
                ge = after[0] if ge is None else max(ge, after[0])
            else:
                lt = after[0] + 1 if lt is None else min(lt, after[0] + 1)
        where, values = _conditions(
            column, clock, ge, lt, parent, ids, order_ids, statuses, other_ge, other_lt
        )
        if after is not None:
            where.append(f"({column}, id) {'>' if order == 'ASC' else '<'} (?, ?)")
            values.extend(after)
        rows = self._connection(shop_id).execute(
            f"select {column}, id, body from {_table(kind)} where {' and '.join(where)} "
            f"order by {column} {order}, id {order} limit ?",
            [*values, limit],
        )
        inflate = self._inflater(kind, shop_id)
        return [Record(time, record_id, inflate(body)) for time, record_id, body in rows]

    def count(
        self,
        kind: str,
        shop_id: str,
        clock: int,
        *,
        field: TimeField,
        ge: int | None,
        lt: int | None,
        parent: str | None = None,
        ids: Sequence[str] | None = None,
        order_ids: Sequence[str] | None = None,
        statuses: Sequence[str] | None = None,
        other_ge: int | None = None,
        other_lt: int | None = None,
    ) -> int:
        """How many records `page` would give over all pages."""
        column = "created" if field == "create_time" else "updated"
        where, values = _conditions(
            column, clock, ge, lt, parent, ids, order_ids, statuses, other_ge, other_lt
        )
        statement = f"select count(*) from {_table(kind)} where {' and '.join(where)}"
        return int(self._connection(shop_id).execute(statement, values).fetchone()[0])

    def records(self, kind: str, shop_id: str, clock: int, *, parent: str | None = None) -> Iterator[Record]:
        """All records of a kind that are visible at `clock`, by creation; a page of them in memory at a time."""
        after: tuple[int, str] | None = None
        size = 500
        while True:
            page = self.page(
                kind,
                shop_id,
                clock,
                field="create_time",
                ge=None,
                lt=None,
                order="ASC",
                after=after,
                limit=size,
                parent=parent,
            )
            yield from page
            if len(page) < size:
                return
            after = (page[-1].time, page[-1].id)

    def get(self, kind: str, shop_id: str, record_id: str, clock: int) -> Record | None:
        """One record as it looks at `clock`, or None."""
        row = (
            self._connection(shop_id)
            .execute(
                f"select created, id, body from {_table(kind)} "
                "where id = ? and valid_from <= ? and valid_to > ?",
                (record_id, clock, clock),
            )
            .fetchone()
        )
        return None if row is None else Record(row[0], row[1], self._inflater(kind, shop_id)(row[2]))

    def fx_rates(self, start: date, end: date, base: str, quote: str) -> list[tuple[date, Decimal]]:
        """Daily rates from `start` to `end`, both included; none at weekends."""
        return rates_between(start, end, base, quote)

    def _connection(self, shop_id: str) -> sqlite3.Connection:
        opened: dict[str, sqlite3.Connection] = self._local.__dict__
        if shop_id not in opened:
            path = database(self._directory, shop_id)
            if not path.exists():
                raise ValueError(f"{shop_id!r} is no shop of this world")
            opened[shop_id] = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        return opened[shop_id]

    def _inflater(self, kind: str, shop_id: str) -> Callable[[bytes], bytes]:
        """Makes ready JSON of a stored body."""
        if kind in _PLAIN:
            return _as_it_is
        known: dict[str, Callable[[bytes], bytes]] = self._local.__dict__
        name = f"{kind} {shop_id}"
        if name not in known:
            row = (
                self._connection(shop_id)
                .execute("select sample from samples where kind = ?", (kind,))
                .fetchone()
            )
            sample: bytes = row[0] if row is not None else b""

            def inflate(body: bytes) -> bytes:
                return zlib.decompressobj(-zlib.MAX_WBITS, sample).decompress(body)

            known[name] = inflate
        return known[name]


def _as_it_is(body: bytes) -> bytes:
    return body


def meta_of(directory: Path) -> WorldMeta | None:
    """What the world in a directory was made from, or None where there is none."""
    path = directory / META
    if not path.exists():
        return None
    # Worlds of the first format do not say theirs.
    return WorldMeta(**{"format": 1} | orjson.loads(path.read_bytes()))


class Writer:
    """Fills the file of one shop. Indexes are made at the end: several times faster than keeping them."""

    def __init__(self, directory: Path, shop_id: str) -> None:
        self._connection = sqlite3.connect(database(directory, shop_id))
        # Nobody reads a half-made world, so nothing has to survive a kill.
        self._connection.executescript(
            "pragma journal_mode = off; pragma synchronous = off; pragma page_size = 16384;"
        )
        self._deflaters: dict[str, Any] = {}
        self._connection.execute("create table samples (kind text, sample blob)")
        for kind in KINDS:
            self._connection.execute(
                f"create table {_table(kind)} (id text, created int, updated int, valid_from int, "
                "valid_to int, parent text, status text, order_id text, body blob)"
            )

    def add(self, kind: str, versions: Iterable[Version]) -> None:
        """Adds versions of records of one kind. The first ones are the sample that all are deflated against."""
        if kind in _PLAIN:
            self._insert(
                kind,
                (
                    (
                        v.id,
                        v.created,
                        v.updated,
                        v.valid_from,
                        v.valid_to,
                        v.parent,
                        v.status,
                        v.order_id,
                        v.body,
                    )
                    for v in versions
                ),
            )
            return
        waiting = iter(versions)
        first = list(islice(waiting, _SAMPLE_RECORDS)) if kind not in self._deflaters else []
        if first:
            sample = b"".join(version.body for version in first)[-_SAMPLE_BYTES:]
            self._connection.execute("insert into samples values (?, ?)", (kind, sample))
            self._deflaters[kind] = zlib.compressobj(
                3, zlib.DEFLATED, -zlib.MAX_WBITS, _DEFLATE_MEMORY, zdict=sample
            )
        self._insert(kind, self._rows(kind, chain(first, waiting)))

    def _insert(self, kind: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._connection.executemany(f"insert into {_table(kind)} values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _rows(self, kind: str, versions: Iterable[Version]) -> Iterator[tuple[object, ...]]:
        for v in versions:
            # A copy of a prepared object, as each body has to be readable alone.
            deflater = self._deflaters[kind].copy()
            body = deflater.compress(v.body) + deflater.flush()
            yield v.id, v.created, v.updated, v.valid_from, v.valid_to, v.parent, v.status, v.order_id, body

    def finish(self) -> None:
        """Makes the indexes and closes the file."""
        for kind in KINDS:
            table = _table(kind)
            for name, columns, condition in (
                # With the validity in them, counting a whole shop does not touch the large rows.
                ("created", "created, id, valid_from, valid_to", ""),
                ("updated", "updated, id, valid_from, valid_to", ""),
                ("id", "id", ""),
                ("parent", "parent, created, id", "where parent is not null"),
                ("order", "order_id", "where order_id is not null"),
            ):
                self._connection.execute(f"create index {table}_{name} on {table} ({columns}) {condition}")
        self._connection.execute("analyze")
        self._connection.commit()
        self._connection.close()


def database(directory: Path, shop_id: str) -> Path:
    """The file of a shop."""
    return directory / f"{shop_id}.sqlite"


def _table(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of record; there are {', '.join(KINDS)}")
    # A suffix, as `order` is a word of SQL.
    return f"{kind}_versions"


def _conditions(
    column: str,
    clock: int,
    ge: int | None,
    lt: int | None,
    parent: str | None,
    ids: Sequence[str] | None,
    order_ids: Sequence[str] | None,
    statuses: Sequence[str] | None,
    other_ge: int | None,
    other_lt: int | None,
) -> tuple[list[str], list[object]]:
    other = "updated" if column == "created" else "created"
    where = ["valid_from <= ?", "valid_to > ?"]
    values: list[object] = [clock, clock]
    for condition, bound in (
        (f"{column} >= ?", ge),
        (f"{column} < ?", lt),
        # A unary plus keeps SQLite from choosing the index of the other time.
        (f"+{other} >= ?", other_ge),
        (f"+{other} < ?", other_lt),
        ("parent = ?", parent),
    ):
        if bound is not None:
            where.append(condition)
            values.append(bound)
    for name, wanted in (("id", ids), ("order_id", order_ids), ("status", statuses)):
        if wanted is not None:
            where.append(f"{name} in ({', '.join('?' * len(wanted))})")
            values.extend(wanted)
    return where, values
