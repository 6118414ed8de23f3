"""Publishes the audited marts: a fresh DuckDB file takes the place of the old one in one step.

| in the home | what |
| --- | --- |
| `published/marts.duckdb` | schema `marts` with every `dim_`, `fct_`, `kpi_` and `ops_` table; for BI, read-only |
| `published/manifest.json` | when it was published, from which build and audit, rows per table, checksum of the file |

Columns that begin with `_` (load ids, what a day was built from) are the build's own memory and are not published.

Who has the old file open keeps reading the old numbers until he opens it again. If anything goes wrong, the old file
stays.

DuckDB names the catalog of a file after the file, so opened directly it is the catalog `marts` with the schema `marts`,
and `marts.kpi_shop_daily` is ambiguous to it. Say `marts.marts.kpi_shop_daily`, or `use marts.marts` first, or attach
the file under a name of your own: `attach '.../marts.duckdb' as kpi (read_only)`, then `kpi.marts.kpi_shop_daily`.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb

from ingestion.errors import TtkpiError
from ingestion.home import Home, StorageError, storage_errors, sync_folder
from orchestration.lib.audit import require_passed
from orchestration.lib.build import project_dir
from orchestration.lib.frames import attach, literal, quoted, reading
from orchestration.lib.marts import is_published
from orchestration.lib.records import read_record, write_record

_CHUNK = 1 << 20


class PublishFailed(TtkpiError):
    """The new file could not be made. The old one is as it was."""


class PublishProgress(Protocol):
    """Is told how far the publication is."""

    def count(self, done: int, total: int, unit: str, note: str = "") -> None:
        """So many of so many are done."""


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What was published.

    Attributes:
        path: The file.
        tables: Rows per table.
        published_at: ISO 8601, UTC.
        bytes: Size of the file.
        manifest: The record beside the file.
    """

    path: Path
    tables: dict[str, int]
    published_at: str
    bytes: int
    manifest: Path


def manifest_path(home: Home) -> Path:
    """The record of what is published."""
    return home.published.with_name("manifest.json")


def published_manifest(home: Home) -> dict[str, Any] | None:
    """The record of what is published; None when nothing was, or its file is gone."""
    return read_record(manifest_path(home)) if home.published.is_file() else None


def published_rows(home: Home) -> dict[str, int]:
    """Rows per table of the published file; empty when nothing was published."""
    manifest = published_manifest(home) or {}
    return {str(name): int(rows) for name, rows in (manifest.get("tables") or {}).items()}


def publish(home: Home, *, progress: PublishProgress | None = None) -> PublishReport:
    """Copy the marts into a new file and put it in the place of the published one.

    Raises:
        AuditFailed: The last audit did not pass, or is not of the warehouse as it is now.
        PublishFailed: The marts can't be copied.
        CannotRead: The warehouse can't be read.
        HomeBusy: Another run holds the home.
        StorageError: The disk is full or read-only.
    """
    with home.lock("publish"):
        audited = require_passed(home)
        target = home.published
        fresh = target.with_name(f"{target.name}.tmp")
        with storage_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            _remove(fresh)
        try:
            tables = _copy(home, fresh, progress)
            with storage_errors(fresh):
                checksum = _settle(fresh)
                fresh.replace(target)
                sync_folder(target.parent)
        finally:
            _remove(fresh)
        published_at = datetime.now(UTC).isoformat(timespec="seconds")
        size = target.stat().st_size
        write_record(
            manifest_path(home),
            {
                "file": target.name,
                "published_at": published_at,
                "build_id": audited["build_id"],
                "audit_id": audited["audit_id"],
                "revision": _revision(),
                "duckdb": duckdb.__version__,
                "sha256": checksum,
                "bytes": size,
                "tables": tables,
            },
        )
        return PublishReport(target, tables, published_at, size, manifest_path(home))


def _copy(home: Home, fresh: Path, progress: PublishProgress | None) -> dict[str, int]:
    """Copy every published mart into the new file; rows per table."""
    with reading(home) as connection:
        attach(connection, home.warehouse, "warehouse")
        names = [name for name in _marts(connection) if is_published(name)]
        if not names:
            raise PublishFailed(
                f"{home.warehouse} has no marts to publish.", advice="Run `ttkpi build` without a selection."
            )
        try:
            # Attached under a name of its own: opened directly, the file would be the catalog `marts`, and
            # `marts.x` could mean the catalog or the schema.
            connection.execute(f"attach {literal(fresh)} as fresh")
            connection.execute("create schema fresh.marts")
            tables: dict[str, int] = {}
            for done, name in enumerate(names, start=1):
                table = f"fresh.marts.{quoted(name)}"
                copied = connection.execute(
                    f"create table {table} as select columns('^[^_]') from warehouse.marts.{quoted(name)}"  # noqa: S608
                ).fetchone()
                tables[name] = int(copied[0]) if copied else 0
                _keep_comments(connection, name)
                if progress is not None:
                    progress.count(done, len(names), "tables", name)
            connection.execute("checkpoint fresh")
            connection.execute("detach fresh")
        except duckdb.Error as error:
            raise _failed(home, error) from error
    return tables


def _marts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables "
        "where table_catalog = 'warehouse' and table_schema = 'marts' order by table_name"
    ).fetchall()
    return [str(row[0]) for row in rows]


def _keep_comments(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """A copied table has the rows of the old one but not its comments, which BI tools show."""
    of_table = (
        "database_name = 'warehouse' and schema_name = 'marts' and table_name = ? and comment is not null"
    )
    described = connection.execute(
        f"select comment from duckdb_tables() where {of_table}",  # noqa: S608
        [table],
    ).fetchone()
    if described:
        connection.execute(f"comment on table fresh.marts.{quoted(table)} is {literal(described[0])}")
    columns = connection.execute(
        f"select column_name, comment from duckdb_columns() where {of_table} "  # noqa: S608
        "and not starts_with(column_name, '_')",
        [table],
    ).fetchall()
    for column, comment in columns:
        connection.execute(
            f"comment on column fresh.marts.{quoted(table)}.{quoted(str(column))} is {literal(comment)}"
        )


def _settle(path: Path) -> str:
    """Put the file on the disk for good, readable for all, and return its SHA-256."""
    if path.with_name(f"{path.name}.wal").exists():
        raise PublishFailed(f"{path} was not closed cleanly.", advice="Run `ttkpi publish` again.")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        os.fsync(file.fileno())
    path.chmod(0o644)
    return digest.hexdigest()


def _remove(fresh: Path) -> None:
    for path in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        path.unlink(missing_ok=True)


def _failed(home: Home, error: duckdb.Error) -> TtkpiError:
    text = str(error).splitlines()[0]
    if any(sign in text for sign in ("No space left", "Read-only file system", "Permission denied")):
        return StorageError(
            f"{home.published.parent} can't be written: {text}",
            advice="Free some space or make it writable, then run `ttkpi publish` again. "
            "The published file is as it was.",
        )
    return PublishFailed(
        f"The marts could not be copied: {text}",
        advice="The published file is as it was. Run `ttkpi publish` again; if that fails, `ttkpi build` first.",
    )


def _revision() -> str | None:
    """The commit of the project, with `-dirty` if files were changed; None outside of a git checkout."""
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=project_dir(),
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
