"""What a home holds, made comparable: staging as its own SQL resolves it, and marts as they were built.

Marts are a function of staging, the seeds and the day up to which was read. So homes with equal staging have equal
marts; that this is so is not taken for granted, but tried on some of them with whole builds (`marts`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from home.config import PROJECT_ROOT
from home.layout import Home
from orchestration.build.build import dbt_folder, run_dbt

ABOUT_THE_RUN = frozenset({"retrieved_at", "page_id", "snapshot_id", "figures_read_at", "last_seen_at"})
"""Columns that say when and by which page something was read: with those that begin with `_` (load ids, and what no
column knows) they differ from run to run."""
_JOURNALS = ("sync_log", "drift")
"""What is told of runs, not of shops."""
_OF_THE_HOME = ("frozen", "audit_log", "published_values")
"""Sources that tell what was done to a home, not what the platform said."""
_MARTS_OF_THE_HOME = ("ops_audit_log",)
"""The same as marts: a rerun is a step more."""
_LAST_RUN = "last_run_id last_attempt_at last_success_at last_error_at pages_last_run rows_last_run"
_OF_RUNS = {
    "ops_sync_status": f"{_LAST_RUN} access_token_expires_at refresh_token_expires_at authorisation_days_left"
    " unknown_fields",
    "ops_ads_sync_status": f"{_LAST_RUN} unknown_fields",
}
"""Columns of marts that tell when a run took place, what it had to read and what surprised it (`drift`)."""
_ALERTS_OF_SHOPS = "(select * from marts.kpi_alerts where alert_kind not in ('data_late', 'rate_limit'))"
"""Without the alerts that a run failed or was slowed down: a fault that struck is told, also when it is over."""
_COVERAGE = (
    "(select * replace (case when resource in ('inventory', 'shop_health') then least(row_count, 1) else row_count end "
    "as row_count) from marts.ops_coverage)"
)
"""A rerun takes a snapshot more of what is a snapshot, and its rows are counted: there or not is what must be equal."""

_SNAPSHOTS = ("stg_tiktok_shop__inventory_snapshots", "stg_tiktok_shop__inventory_sku_snapshots")
"""Keeps every listing of the stock, so a rerun adds one: it must be, as a whole, equal to the one of the calm sync."""

_COMPARED = {"kpi_alerts": _ALERTS_OF_SHOPS, "ops_coverage": _COVERAGE}
"""What of a mart is compared, where that is not all of it."""

Tables = dict[str, tuple[int, str]]
"""Rows and digest by table."""


@dataclass(frozen=True)
class StagingSql:
    """The staging models as dbt compiles them, for a home that was never built.

    Attributes:
        home: The home whose paths are in them.
        models: SQL by model.
    """

    home: Path
    models: dict[str, str]

    @classmethod
    def compiled(cls, home: Home) -> StagingSql:
        """Compiles them.

        Args:
            home: A synced home without a warehouse: in one that was built they would read only what is new.

        Raises:
            BuildFailed: dbt could not.
        """
        if home.warehouse.exists():
            raise ValueError(f"{home.root} was built already")
        run_dbt(home, [["parse"], ["compile", "--select", "path:models/staging"]])
        folder = dbt_folder(home) / "target" / "compiled"
        found = {
            path.stem: path.read_text(encoding="utf-8")
            for path in sorted(folder.glob("*/models/staging/*/stg_*.sql"))
            if path.parent.name not in _OF_THE_HOME and not path.stem.endswith(_JOURNALS)
        }
        if not found:
            raise ValueError(f"dbt compiled no staging model into {folder}")
        return cls(home.root.absolute(), found)

    def read(self, home: Home) -> Tables:
        """What staging makes of the raw rows of a home: every row's latest version."""
        tables: Tables = {}
        with duckdb.connect() as db:
            db.execute("set timezone = 'UTC'")
            db.execute("attach ':memory:' as warehouse")
            db.execute("create schema warehouse.seeds")
            for seed in (PROJECT_ROOT / "seeds").rglob("*.csv"):
                if any(f'"seeds"."{seed.stem}"' in sql for sql in self.models.values()):
                    db.execute(f"create table warehouse.seeds.\"{seed.stem}\" as from read_csv('{seed}')")
            for name, sql in self.models.items():
                own = sql.replace(f"{self.home}/", f"{home.root.absolute()}/")
                tables[name] = _snapshots(db, own) if name in _SNAPSHOTS else _digest(db, f"({own})", "")
        return tables


def marts(home: Home, *, published: bool = False) -> Tables:
    """The marts of a home that was built.

    Args:
        home: The home.
        published: Those of its published file instead of the warehouse.
    """
    with opened(home.published if published else home.warehouse) as db:
        names = db.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = 'opened' and table_schema = 'marts' order by 1"
        ).fetchall()
        return {
            name: _digest(db, _COMPARED.get(name, f"marts.{name}"), _OF_RUNS.get(name, ""))
            for (name,) in names
            if name not in _MARTS_OF_THE_HOME
        }


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB file, read-only, under a name of its own: as `marts`, its schema `marts` would be ambiguous."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as opened (read_only)")
        connection.execute("use opened")
        connection.execute("set timezone = 'UTC'")
        yield connection


def different(one: Tables, other: Tables) -> list[str]:
    """What differs, table by table, for a person; empty when nothing does."""
    return [
        f"{name}: {_rows(one.get(name))}, without faults {_rows(other.get(name))}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]


def differing_rows(one: Home, other: Home, mart: str, at_most: int = 10) -> list[str]:
    """The rows of a mart that only one of two homes has, as `different` compares them, for a person.

    Args:
        one: A home that was built.
        other: The one without faults.
        mart: Table of schema `marts`.
        at_most: Rows that are shown of each home; the others are counted.
    """
    rows = [_compared_rows(home, mart) for home in (one, other)]
    lines = []
    for title, of_one, of_other in (("with faults", rows[0], rows[1]), ("without faults", rows[1], rows[0])):
        alone = sorted((of_one - of_other).elements())
        lines += [f"  only {title}: {row}" for row in alone[:at_most]]
        if len(alone) > at_most:
            lines.append(f"  only {title}: {len(alone) - at_most} more")
    return lines


def _compared_rows(home: Home, mart: str) -> Counter[str]:
    relation = _COMPARED.get(mart, f"marts.{mart}")
    with opened(home.warehouse) as db:
        kept = _columns(db, relation, _OF_RUNS.get(mart, ""))
        found = db.execute(f"select {kept} from {relation}")
        names = [column[0] for column in found.description or ()]
        return Counter(
            ", ".join(f"{name}={value}" for name, value in zip(names, row, strict=True))
            for row in found.fetchall()
        )


def _rows(table: tuple[int, str] | None) -> str:
    return "not there" if table is None else f"{table[0]} rows ({table[1][:8]})"


def _digest(db: duckdb.DuckDBPyConnection, relation: str, left_out: str) -> tuple[int, str]:
    kept = _columns(db, relation, left_out)
    return _hash(db.execute(f"select {kept} from {relation} order by all").fetchall())


def _snapshots(db: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, str]:
    """The different snapshots, each with all its rows: half a snapshot is another one."""
    kept = _columns(db, f"({sql})", "")
    rows = db.execute(f"select snapshot_id, {kept} from ({sql}) order by all").fetchall()
    snapshots = {repr([row[1:] for row in group]) for _, group in groupby(rows, key=lambda row: row[0])}
    return _hash(sorted(snapshots))


def _columns(db: duckdb.DuckDBPyConnection, relation: str, left_out: str) -> str:
    names = [str(row[0]) for row in db.execute(f"describe select * from {relation}").fetchall()]
    return ", ".join(
        f'"{name}"'
        for name in names
        if name not in ABOUT_THE_RUN and not name.startswith("_") and name not in left_out.split()
    )


def _hash(rows: list[Any]) -> tuple[int, str]:
    return len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()
