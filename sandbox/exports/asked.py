"""What is asked of a layout, and the world's records that answer it: the very bodies that the API serves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from sandbox.world.catalog import Shop
from sandbox.world.lives import DAY
from sandbox.world.store import Record, Store

Json = dict[str, Any]

_CHUNK = 500
_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One export.

    Attributes:
        store: The world.
        shop: Whose file it is.
        clock: When it is downloaded, unix seconds: nothing later is in it.
        first: First day of the file, on the shop's calendar.
        until: The day after its last.
        language: Of headers and words where a layout has several: en, id, vi, es.
        edition: `current`, or the name of an older or another header that a layout has.
    """

    store: Store
    shop: Shop
    clock: int
    first: date
    until: date
    language: str = "en"
    edition: str = "current"

    @property
    def zone(self) -> ZoneInfo:
        """The shop's zone."""
        return ZoneInfo(self.shop.timezone)

    @property
    def last(self) -> date:
        """The last day of the file."""
        return self.until - timedelta(days=1)

    @property
    def bounds(self) -> tuple[int, int]:
        """First second of the file and the one after its last, unix."""
        return self._midnight(self.first), self._midnight(self.until)

    def _midnight(self, day: date) -> int:
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    def local(self, at: int) -> datetime:
        """An instant on the shop's clock."""
        return datetime.fromtimestamp(at, self.zone)

    @property
    def complete_days(self) -> list[date]:
        """Those of its days that are over on the shop's calendar: the platform's figures have no others."""
        end = min(self.until, self.local(self.clock).date())
        return [self.first + timedelta(days=number) for number in range((end - self.first).days)]

    def chunks(self, kind: str, *, newest_first: bool = False, bounded: bool = True) -> Iterator[list[Json]]:
        """Records of a kind that were created within the file's days, some hundred at a time.

        Args:
            kind: One of `store.KINDS`.
            newest_first: Latest created first.
            bounded: False for those of all days.
        """
        ge, lt = self.bounds if bounded else (None, None)
        after: tuple[int, str] | None = None
        while True:
            page = self.store.page(
                kind,
                self.shop.id,
                self.clock,
                field="create_time",
                ge=ge,
                lt=lt,
                order="DESC" if newest_first else "ASC",
                after=after,
                limit=_CHUNK,
            )
            if page:
                yield [orjson.loads(record.body) for record in page]
            if len(page) < _CHUNK:
                return
            after = (page[-1].time, page[-1].id)

    def some(
        self, kind: str, *, ids: Sequence[str] | None = None, order_ids: Sequence[str] | None = None
    ) -> list[Json]:
        """Records by their ids, or by those of their orders."""
        return [orjson.loads(record.body) for record in self._page(kind, ids=ids, order_ids=order_ids)]

    def within(self, kind: str) -> list[Record]:
        """The records of a kind that were created within the file's days, all at once."""
        ge, lt = self.bounds
        return self._page(kind, ge=ge, lt=lt)

    def children(self, kind: str, parent: str) -> Iterator[Json]:
        """The records of a kind that belong to another, one after the other."""
        for record in self.store.records(kind, self.shop.id, self.clock, parent=parent):
            yield orjson.loads(record.body)

    def _page(
        self,
        kind: str,
        *,
        ge: int | None = None,
        lt: int | None = None,
        ids: Sequence[str] | None = None,
        order_ids: Sequence[str] | None = None,
    ) -> list[Record]:
        return self.store.page(
            kind,
            self.shop.id,
            self.clock,
            field="create_time",
            ge=ge,
            lt=lt,
            order="ASC",
            after=None,
            limit=_ALL,
            ids=ids,
            order_ids=order_ids,
        )

    def statements(self) -> list[tuple[date, Json]]:
        """(UTC day, statement) of every statement whose day is one of the file's, oldest first."""
        found = []
        for chunk in self.chunks("statement", bounded=False):
            for statement in chunk:
                day = statement_day(statement)
                if self.first <= day < self.until:
                    found.append((day, statement))
        return sorted(found, key=lambda item: (item[0], item[1]["id"]))


def statement_day(statement: Json) -> date:
    """The UTC day whose rows a statement holds: it is cut at the midnight that ends it."""
    return datetime.fromtimestamp(int(statement["statement_time"]) - DAY, UTC).date()
