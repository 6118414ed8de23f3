"""Brings tables of a Base to where the published file is: reads what is there, writes what differs.

Nothing is remembered between runs, so a run that was ended, a batch of which a half was written, a record that a
person deleted and a second sender are all made good by the next run: it deletes what is gone or there twice, updates
what has another digest, and creates what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from home.database import quoted
from home.errors import ConfigError
from home.layout import Home
from home.project import project_var
from ingestion.engine.progress import Progress
from orchestration.deliver.bitable.client import BATCH, BitableFailed, Client
from orchestration.deliver.bitable.config import Base
from orchestration.deliver.bitable.fields import (
    DIGEST,
    KEY,
    Field,
    fields_of,
    record,
    table_name,
    text_of,
    type_name,
)
from orchestration.metrics.source import Published, published
from orchestration.sheets.tables import Period, Table, rows_of, table_of, tables

MOST_ROWS = 20_000
"""Records that a table of a Base may have in every plan."""

T = TypeVar("T")


@dataclass(frozen=True)
class TableReport:
    """What a table of the Base needed.

    Attributes:
        view: The table or view.
        rows: Records that it has now.
        created: Records that are new.
        updated: Records that have changed.
        deleted: Records that are gone, or were there twice.
        is_new: The table itself was not there.
        new_fields: Fields that were not there.
    """

    view: str
    rows: int
    created: int
    updated: int
    deleted: int
    is_new: bool = False
    new_fields: tuple[str, ...] = ()

    @property
    def changed(self) -> int:
        """Records that were written or deleted."""
        return self.created + self.updated + self.deleted


def bring(
    home: Home, base: Base, client: Client, *, dry_run: bool = False, progress: Progress | None = None
) -> tuple[str, list[TableReport]]:
    """Bring the configured views to the current publication.

    Args:
        home: Whose publication.
        base: The Base and the views.
        client: Speaks to it.
        dry_run: Say what would be written, and write nothing.
        progress: Is told how far it is.

    Returns:
        The publication, and what each table needed.

    Raises:
        BitableBusy: The platform is busy or can't be reached, after five tries.
        BitableFailed: It refuses, or a field has another type than ours.
        ConfigError: A view is unknown, has no key, or too many rows.
        NoMetrics: Nothing is published.
    """
    zone = ZoneInfo(project_var("reporting_timezone"))
    with published(home, base.audience) as file:
        known = tables(file)
        chosen = [table_of(known, name) for name in base.views]
        wanted = {table.name: _records(file, table, base.days, zone) for table in chosen}
        there = client.tables()
        reports = []
        for done, table in enumerate(chosen, start=1):
            reports.append(_table(client, table, wanted[table.name], there, dry_run))
            (progress or Progress()).count(done, len(chosen), "tables to Bitable", table.name)
        return file.publication_id, reports


def _records(file: Published, table: Table, days: int, zone: ZoneInfo) -> dict[str, dict[str, Any]]:
    """The records that a table of the Base shall have, by key."""
    fields = fields_of(table)
    count, rows = rows_of(file, table, _newest(file, table, days))
    if count > MOST_ROWS:
        raise ConfigError(
            f"{table.name} has {count:,} rows, and a table of a Base takes {MOST_ROWS:,}. 行数超过多维表格上限。",
            advice="Lower destination.bitable.days, or choose a view with fewer rows.",
        )
    names = [column.name for column in table.columns]
    return dict(record(table, fields, dict(zip(names, row, strict=True)), zone) for row in rows)


def _newest(file: Published, table: Table, days: int) -> Period | None:
    if table.clock is None or not days:
        return None
    ((last,),) = file.rows(f"select max({quoted(table.clock.name)}) from {table.place}")  # noqa: S608 (names of the file)
    if not isinstance(last, date):
        return None
    return Period(last - timedelta(days=days - 1), last)


def _table(
    client: Client,
    table: Table,
    wanted: Mapping[str, dict[str, Any]],
    there: Mapping[str, str],
    dry_run: bool,
) -> TableReport:
    fields = fields_of(table)
    name = table_name(table)
    place = there.get(name)
    if place is None:
        if not dry_run:
            place = client.create_table(name, [one.as_request() for one in fields])
            _create(client, place, list(wanted.values()))
        return TableReport(table.name, len(wanted), len(wanted), 0, 0, is_new=True)
    new = _missing(name, fields, client.fields(place))
    if not dry_run:
        for one in new:
            client.create_field(place, one.as_request())
    by_key: dict[str, tuple[str, str]] = {}
    gone: list[str] = []
    # Where the key field itself was missing, no record can be known again.
    read = [] if KEY in [one.name for one in new] else [KEY, DIGEST]
    for identity, values in client.records(place, read or [fields[1].name]):
        key = text_of(values.get(KEY))
        if not read or key not in wanted or key in by_key:
            gone.append(identity)
        else:
            by_key[key] = (identity, text_of(values.get(DIGEST)))
    changed = {
        identity: wanted[key]
        for key, (identity, digest) in by_key.items()
        if digest != wanted[key][DIGEST] or new
    }
    missing = [values for key, values in wanted.items() if key not in by_key]
    if not dry_run:
        for batch in _batches(gone):
            client.delete(place, batch)
        for updates in _batches(list(changed.items())):
            client.update(place, dict(updates))
        _create(client, place, missing)
    return TableReport(
        table.name,
        len(wanted),
        len(missing),
        len(changed),
        len(gone),
        new_fields=tuple(one.name for one in new),
    )


def _missing(name: str, fields: Sequence[Field], there: Mapping[str, int]) -> list[Field]:
    """Fields that the table does not have.

    Raises:
        BitableFailed: A field of the name has another type.
    """
    for one in fields:
        if there.get(one.name, one.type) != one.type:
            raise BitableFailed(
                f"Field {one.name} of table {name} is a {type_name(there[one.name])}, not a {type_name(one.type)}.",
                advice="Somebody changed its type, or a release did: rename or delete the field; it is made anew.",
            )
    return [one for one in fields if one.name not in there]


def _create(client: Client, place: str, records: Sequence[Mapping[str, Any]]) -> None:
    for batch in _batches(records):
        client.create(
            place, [{name: value for name, value in one.items() if value is not None} for one in batch]
        )


def _batches(items: Sequence[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
