"""The values that were published: what each publication changed of the KPIs of a day, appended and never changed.

Which KPIs says the macro `kept_kpis` (view `int_trust__kept_kpis`). The store keeps the names of its columns from when
it had KPIs of kpi_shop_daily only: `business_date` is the day by the KPI's own clock, `orders_concerned` counts records
of whichever kind moved the value.

| in the home | what |
| --- | --- |
| `published_values/values/<publication>.parquet` | values that were not as published before |
| `published_values/publications/<publication>.parquet` | by which definitions and from what data |
| `published_values/*/none.parquet` | no rows: so that the models can read the folders before anything was published |

Both files are written into the folder of the publication, and get their names here when the publication takes its
place (`orchestration/history/publications.py`): a publication that did not happen leaves no row.

Who rolls back returns to values that stand here already. What is published next is compared with the publication that
was taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from home.database import files_in, literal
from home.layout import Home
from home.storage import replacement, storage_errors
from ingestion.engine.raw_files import parquet_schema

RESTATEMENTS = "kpi_restatements"

VALUES, PUBLICATIONS = "values", "publications"
SCHEMAS = {
    VALUES: pa.schema(
        [
            ("publication_id", pa.string()),
            ("published_at", pa.timestamp("us", tz="UTC")),
            ("shop_key", pa.string()),
            # By the clock of the KPI.
            ("business_date", pa.date32()),
            ("kpi_name", pa.string()),
            ("currency", pa.string()),
            # NULL: the day is not published any more.
            ("value", pa.decimal128(18, 4)),
            ("is_first", pa.bool_()),
            ("reason", pa.string()),
            ("reason_detail", pa.string()),
            ("orders_concerned", pa.int64()),
        ]
    ),
    PUBLICATIONS: pa.schema(
        [
            ("publication_id", pa.string()),
            ("published_at", pa.timestamp("us", tz="UTC")),
            ("shop_key", pa.string()),
            ("kpi_name", pa.string()),
            ("definition_version", pa.int64()),
            ("definition_digest", pa.string()),
            ("data_until", pa.timestamp("us", tz="UTC")),
            ("retrieved_until", pa.timestamp("us", tz="UTC")),
        ]
    ),
}
NONE = "none.parquet"
"""A file without rows in each folder."""
_KEY = ("shop_key", "business_date", "kpi_name")
_REASON = ("reason", "reason_detail", "orders_concerned")
_PUBLISHED = ("publication_id", "published_at")
_IN_MODELS = {"business_date": "kpi_date", "orders_concerned": "records_concerned"}
"""What the models call the columns of the store, where it is another name."""
_ABOUT = ("int_trust__known_until", "int_trust__kept_kpis")


def prepare(home: Home) -> None:
    """Make the store readable for the models, also before anything was published.

    Raises:
        StorageError: The disk refuses.
    """
    for kind, schema in SCHEMAS.items():
        folder = home.published_values / kind
        empty = folder / NONE
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if parquet_schema(empty) != schema:
                _write(empty, schema.empty_table())


def in_publication(folder: Path, kind: str) -> Path:
    """Where a publication's folder has its values, or what it says about itself."""
    return folder / f"published_{kind}.parquet"


def in_store(home: Home, publication: str, kind: str) -> Path:
    """Where the store has them once the publication has happened."""
    return home.published_values / kind / f"{publication}.parquet"


def is_empty(path: Path) -> bool:
    """Whether a file of the store has no rows; False also of a file that is none of ours."""
    try:
        return int(pq.read_metadata(path).num_rows) == 0
    except (pa.ArrowException, OSError):
        return False


def write_changes(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    publication: str,
    published_at: datetime,
    *,
    held_back: Sequence[str] = (),
) -> int:
    """Write what a publication changes of the values into its folder.

    Leaves the table `value_times` on the connection: when each value was published as it is now.

    Args:
        home: The home; its lock is held.
        connection: Has the warehouse attached as `warehouse`.
        folder: The folder of the publication.
        publication: Names the publication.
        published_at: When it is published.
        held_back: Shops whose values stay as they were published.

    Returns:
        How many values are not as they were.

    Raises:
        StorageError: The disk refuses.
        duckdb.Error: The marts or the store can't be read.
    """
    prepare(home)
    connection.execute(
        "create or replace temp table values_before as "  # noqa: S608 (a path of the home)
        "select *, "
        "row_number() over (partition by shop_key, business_date, kpi_name order by publication_id desc) = 1 "
        "as is_last "
        f"from read_parquet({files_in(home.published_values / VALUES)})"
    )
    connection.execute(f"create or replace temp table values_now as {_values_now(connection, held_back)}")
    stamp = f"{literal(publication)} as publication_id, {_instant(published_at)} as published_at"
    connection.execute(
        f"""
        create or replace temp table values_changed as
        select
            {stamp},
            coalesce(after.shop_key, before.shop_key) as shop_key,
            coalesce(after.business_date, before.business_date) as business_date,
            coalesce(after.kpi_name, before.kpi_name) as kpi_name,
            coalesce(after.currency, before.currency) as currency,
            after.value,
            before.kpi_name is null as is_first,
            before.value as value_before
        from values_now as after
        full outer join (select * from values_before where is_last) as before using (shop_key, business_date, kpi_name)
        where before.kpi_name is null or after.value is distinct from before.value
        """  # noqa: S608
    )
    reasons = _reasons(connection)
    changes = connection.execute(
        f"""
        select values_changed.* exclude (value_before), {", ".join(f"reasons.{name}" for name in _REASON)}
        from values_changed
        left join ({reasons}) as reasons
            on values_changed.shop_key = reasons.shop_key
            and values_changed.business_date = reasons.business_date
            and values_changed.kpi_name = reasons.kpi_name
            and values_changed.value is not distinct from reasons.value_now
            and values_changed.value_before is not distinct from reasons.value_before
        order by values_changed.shop_key, values_changed.business_date, values_changed.kpi_name
        """  # noqa: S608
    ).to_arrow_table()
    connection.execute(
        """
        create or replace temp table value_times as
        select shop_key, business_date, kpi_name, publication_id, published_at from values_changed
        union all
        select shop_key, business_date, kpi_name, publication_id, published_at
        from values_before
        anti join values_changed using (shop_key, business_date, kpi_name)
        where is_last
        """
    )
    with storage_errors(folder):
        _write(in_publication(folder, VALUES), _shaped(changes, VALUES))
        about = _publications(connection, publication, published_at, held_back)
        _write(in_publication(folder, PUBLICATIONS), about)
    return int(changes.num_rows)


def published_restatements() -> str:
    """The query of `kpi_restatements` as it is published.

    The model knows what will change but not when it is published, and leaves that NULL. If the same build is published
    twice, the first time counts. Needs the table `value_times` of `write_changes`.
    """
    names = ", ".join(f"coalesce(restatements.{name}, value_times.{name}) as {name}" for name in _PUBLISHED)
    return (
        f"select restatements.* replace ({names}) "  # noqa: S608 (names of this module)
        f"from warehouse.marts.{RESTATEMENTS} as restatements left join value_times "
        f"on {' and '.join(f'restatements.{_in_models(name)} = value_times.{name}' for name in _KEY)}"
    )


@dataclass(frozen=True, slots=True)
class PublishedThen:
    """What was published at an instant.

    Attributes:
        publication: Names the publication.
        kpis: A query of the KPIs that it kept: kpi_name. Another version of this project may keep others.
        values: A query of their values: shop_key, kpi_date, kpi_name, value.
    """

    publication: str
    kpis: str
    values: str


def published_at_instant(
    home: Home, connection: duckdb.DuckDBPyConnection, instant: datetime
) -> PublishedThen | None:
    """What was published at an instant; None if nothing was that is in the store.

    Raises:
        StorageError: The disk refuses.
        duckdb.Error: The store can't be read.
    """
    prepare(home)
    files = files_in(home.published_values / VALUES)
    until = f"published_at <= {_instant(instant)}"
    about = files_in(home.published_values / PUBLICATIONS)
    found = connection.execute(
        f"select max(publication_id) from read_parquet({about}) where {until}"  # noqa: S608 (a path of the home)
    ).fetchone()
    if found is None or found[0] is None:
        return None
    kpis = f"select kpi_name from read_parquet({about}) where publication_id = {literal(found[0])}"  # noqa: S608
    return PublishedThen(
        publication=str(found[0]),
        kpis=kpis,
        values="select shop_key, business_date as kpi_date, kpi_name, value "  # noqa: S608
        f"from (select *, row_number() over (partition by {', '.join(_KEY)} order by publication_id desc) as newest "
        f"from read_parquet({files}) where {until}) where newest = 1 and kpi_name in ({kpis})",
    )


def _values_now(connection: duckdb.DuckDBPyConnection, held_back: Sequence[str]) -> str:
    columns = (*_KEY, "currency", "value")
    if not _is_there(connection, "intermediate", "int_trust__values_now"):
        # A warehouse of a part of the project: what was published before is not said to have changed.
        return f"select {', '.join(columns)} from values_before where is_last"  # noqa: S608 (names of this module)
    return (
        f"select {_as_in_store(columns)} from warehouse.intermediate.int_trust__values_now "  # noqa: S608
        f"where not ({_is_one_of(held_back)}) "
        f"union all by name select {', '.join(columns)} from values_before where is_last and {_is_one_of(held_back)}"
    )


def _reasons(connection: duckdb.DuckDBPyConnection) -> str:
    """What the build found out about the values that change now."""
    columns = (*_KEY, "value_before", "value_now", *_REASON)
    if not _is_there(connection, "marts", RESTATEMENTS):
        return f"select {', '.join(f'null as {name}' for name in columns)} where false"
    return f"select {_as_in_store(columns)} from warehouse.marts.{RESTATEMENTS} where publication_id is null"  # noqa: S608


def _publications(
    connection: duckdb.DuckDBPyConnection, publication: str, published_at: datetime, held_back: Sequence[str]
) -> pa.Table:
    if not all(_is_there(connection, "intermediate", name) for name in _ABOUT):
        return SCHEMAS[PUBLICATIONS].empty_table()
    found = connection.execute(
        "select shop_key, kpi_name, definition_version, definition_digest, data_until, retrieved_until "  # noqa: S608
        "from warehouse.intermediate.int_trust__known_until cross join warehouse.intermediate.int_trust__kept_kpis "
        f"where not ({_is_one_of(held_back)}) order by shop_key, kpi_name"
    ).to_arrow_table()
    stamps = {"publication_id": publication, "published_at": published_at}
    for name, value in stamps.items():
        found = found.append_column(name, pa.repeat(pa.scalar(value), found.num_rows))
    return _shaped(found, PUBLICATIONS)


def _is_one_of(shops: Sequence[str]) -> str:
    return f"shop_key in ({', '.join(literal(shop) for shop in shops)})" if shops else "false"


def _in_models(name: str) -> str:
    return _IN_MODELS.get(name, name)


def _as_in_store(columns: Iterable[str]) -> str:
    return ", ".join(f"{_in_models(name)} as {name}" for name in columns)


def _is_there(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    found = connection.execute(
        "select 1 from information_schema.tables "
        "where table_catalog = 'warehouse' and table_schema = ? and table_name = ?",
        [schema, name],
    ).fetchone()
    return found is not None


def _instant(moment: datetime) -> str:
    return f"cast({literal(moment.astimezone(UTC).isoformat())} as timestamp with time zone)"


def _shaped(table: pa.Table, kind: str) -> pa.Table:
    return table.select(SCHEMAS[kind].names).cast(SCHEMAS[kind])


def _write(path: Path, table: pa.Table) -> None:
    with replacement(path) as temporary:
        pq.write_table(table, temporary)
