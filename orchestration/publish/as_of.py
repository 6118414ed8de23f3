"""What was known at an instant: the marts as they would have been built then, from the archive.

The pages that came before the instant are built into a home of their own (`as_of/.work` of the home), by the same code
as a replay, and dbt builds all of it there. The raw folder and the warehouse of the home are not touched. The result is
a file like the published one. Its KPIs are compared, value by value, with what the store says was published then
(`orchestration/history/published_values.py`).

Definitions, seeds and frozen months are not turned back: it is what was known then, counted as it is counted now. A
difference to what was published then is therefore a definition or a seed that was changed since, or a page that came
between the publication and the instant.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from home.audit_log import recorded
from home.database import attach, literal, reading
from home.errors import TtkpiError
from home.inputs import take_inputs
from home.layout import Home
from home.storage import replacement, storage_errors
from ingestion.replay import replay_into
from orchestration.build.build import build
from orchestration.history.published_values import PublishedThen, published_at_instant
from orchestration.progress import Reporter, Silent
from orchestration.publish.audiences import everything
from orchestration.publish.comments import descriptions
from orchestration.publish.publish import copy_mart, mart_columns
from orchestration.publish.views import add_views


class NothingKnown(TtkpiError):
    """No page came before the instant."""


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """A value that is not as it was published.

    Attributes:
        shop_key: The shop.
        kpi_date: The day, by the KPI's own clock.
        kpi_name: The KPI, as kpi_restatements calls it.
        published: The value that was published; None if there was none.
        rebuilt: The value that was rebuilt; None if there is none.
    """

    shop_key: str
    kpi_date: date
    kpi_name: str
    published: Decimal | None
    rebuilt: Decimal | None


@dataclass(frozen=True, slots=True)
class AsOfReport:
    """What was rebuilt.

    Attributes:
        path: The file.
        instant: Only what came before it is in the file.
        pages: Pages that were read.
        publication: What was published at the instant; None if nothing was, or it is not in the store.
        values: Values that were compared.
        differences: Those that are not equal.
    """

    path: Path
    instant: datetime
    pages: int
    publication: str | None
    values: int
    differences: tuple[ValueDifference, ...]


def as_of(
    home: Home, instant: datetime, *, out: Path | None = None, reporter: Reporter | None = None
) -> AsOfReport:
    """Rebuild what was known at an instant, and compare it with what was published then.

    Args:
        home: Whose archive is read. Nothing of it is changed but the folder `as_of`.
        instant: Pages that came before it are known.
        out: The file; by default `as_of/<instant>.duckdb` in the home.
        reporter: Shows the progress.

    Raises:
        NothingKnown: No page came before the instant.
        BuildFailed: dbt could not build it.
        HomeBusy: Another run holds the home, or is rebuilding.
        StorageError: The disk is full or refuses.
    """
    reporter = reporter or Silent()
    name = f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    folder = home.root / "as_of"
    target = out or folder / f"{name}.duckdb"
    scratch = Home(folder / ".work")
    with recorded(home, "as_of", name) as entry, scratch.lock("as-of"):
        try:
            _empty(scratch)
            with reporter.phase("archive", f"pages that came before {instant.isoformat()}"):
                replayed = replay_into(home, scratch, instant, progress=reporter)
            if not replayed.pages:
                raise NothingKnown(
                    f"No page in {home.archive} came before {instant.isoformat()}.",
                    advice="Name a later instant; when pages came says the audit log (`sync`).",
                )
            take_inputs(home, scratch)
            with reporter.phase("build", "building the marts of then"):
                build(scratch, freshness=False, progress=reporter).raise_for_errors()
            with reading(scratch) as connection:
                attach(connection, scratch.warehouse, "warehouse")
                then = published_at_instant(home, connection, instant)
                values, differences = _compare(connection, then) if then else (0, ())
                _write(scratch, connection, target)
            publication = then.publication if then else None
        finally:
            _empty(scratch)
        entry.details |= {
            "pages": replayed.pages,
            "publication": publication,
            "values": values,
            "differences": len(differences),
        }
    return AsOfReport(target, instant, replayed.pages, publication, values, differences)


def _compare(
    connection: duckdb.DuckDBPyConnection, then: PublishedThen
) -> tuple[int, tuple[ValueDifference, ...]]:
    joined = (
        f"({then.values}) as published full outer join "  # noqa: S608 (queries of this project)
        f"(select * from warehouse.intermediate.int_trust__values_now where kpi_name in ({then.kpis})) as rebuilt "
        "using (shop_key, kpi_date, kpi_name)"
    )
    counted = connection.execute(
        f"select count(*) from {joined} where published.value is not null"  # noqa: S608 (queries of this project)
    ).fetchone()
    rows = connection.execute(
        "select shop_key, kpi_date, kpi_name, published.value, rebuilt.value "  # noqa: S608
        f"from {joined} where published.value is distinct from rebuilt.value "
        "order by kpi_date, shop_key, kpi_name"
    ).fetchall()
    return int(counted[0]) if counted else 0, tuple(ValueDifference(*row) for row in rows)


def _write(scratch: Home, connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    with replacement(target) as fresh:
        connection.execute(f"attach {literal(fresh)} as fresh")
        connection.execute("create schema fresh.marts")
        columns = mart_columns(connection)
        for choice in everything(columns):
            copy_mart(connection, choice)
        add_views(connection, columns, descriptions(scratch))
        connection.execute("checkpoint fresh")
        connection.execute("detach fresh")


def _empty(scratch: Home) -> None:
    """What was rebuilt is in the file; and a kill may have left a half behind. The lock stays."""
    with storage_errors(scratch.root):
        for path in scratch.root.iterdir():
            if path.name in ("lock", "lock.json"):
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
