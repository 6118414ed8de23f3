"""Publishes the audited marts: fresh DuckDB files take the place of the old ones, each in one step.

| in the home | what |
| --- | --- |
| `published/ttkpi.duckdb` | schema `marts` with every `dim_`, `fct_`, `kpi_` and `ops_` table; for BI, read-only |
| `published/manifest.json` | its sealed manifest: run, build, audit, revision, definitions, rows per table, checksum |
| `published/audiences/<audience>/` | the same two for each audience of seed `audiences`: its part only |
| `published/history/` | the last publications (`orchestration/history/publications.py`) |
| `published_values/` | what each publication changed (`orchestration/history/published_values.py`) |

Table `marts.ops_publication` of each file says the same as its manifest, for whoever has the file only;
schema `metrics` has the semantic models, for `ttkpi metrics` and others who sum by them; schema `views` has the tables
joined for people, with names (`orchestration/publish/views.py`).

Of a shop that the audit holds back the file has the rows of the publication before
(`orchestration/publish/held_back.py`).

Columns that begin with `_` (load ids, what a day was built from) are the build's own memory and are not published. The
file of an audience is written from nothing with what it may hold: a copy from which the rest was deleted would still
have it, as DuckDB keeps the bytes of what is deleted.

Who has the old file open keeps reading the old numbers until he opens it again. If anything goes wrong, the old file
stays.

DuckDB names the catalog of a file after the file. `ttkpi.duckdb` is the name for BI tools: in it `marts.kpi_shop_daily`
is one thing; in `marts.duckdb`, the same file under its name of releases before, it is ambiguous.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from home.audit_log import Entry, current_run, head, recorded, revision
from home.database import attach, literal, quoted, reading
from home.errors import TtkpiError
from home.layout import Home
from home.project import project_dir
from home.records import RecordDamaged, write_record
from home.storage import StorageError, storage_errors
from ingestion.engine.progress import Progress
from orchestration.audit.audit import require_passed
from orchestration.build.marts import is_published
from orchestration.history.publications import (
    current_publication,
    end_switch,
    finish_switch,
    kept,
    manifest_path,
    new_publication,
    prune,
    publication_time,
    published_manifest,
    switch,
)
from orchestration.history.published_values import (
    RESTATEMENTS,
    SCHEMAS,
    in_publication,
    published_restatements,
    write_changes,
)
from orchestration.history.seal import MANIFEST, PUBLICATION_TABLE, sealed, sha256
from orchestration.publish.audiences import Audience, Choice, audiences, everything
from orchestration.publish.comments import Description, descriptions, write_comments
from orchestration.publish.held_back import HeldShop, KeptRows, held_shops, mixed_tables
from orchestration.publish.metric_layer import add_metric_layer
from orchestration.publish.postgres.state import ServerState, bring_server
from orchestration.publish.views import add_views

_PUBLIC, _PRIVATE = 0o644, 0o600

Definitions = Mapping[str, Mapping[str, tuple[int, str]]]
"""Version and digest of the definition of each column, by table."""


class PublishFailed(TtkpiError):
    """The new file could not be made. The old one is as it was."""


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What was published.

    Attributes:
        path: The file.
        tables: Rows per table.
        published_at: ISO 8601, UTC.
        bytes: Size of the file.
        manifest: The record beside the file.
        publication: Names the publication.
        audiences: Rows per table of each audience's file.
        held_back: Shops of which the rows of an earlier publication are in the file.
        mixed_tables: Tables that hold new rows of these shops all the same, as they have no shop.
        server: What became of PostgreSQL; None when no server is configured.
    """

    path: Path
    tables: dict[str, int]
    published_at: str
    bytes: int
    manifest: Path
    publication: str = ""
    audiences: dict[str, dict[str, int]] = field(default_factory=dict)
    held_back: tuple[HeldShop, ...] = ()
    mixed_tables: tuple[str, ...] = ()
    server: ServerState | None = None

    @property
    def is_partial(self) -> bool:
        """A shop is held back, or the server could not be brought to the publication."""
        return bool(self.held_back) or (self.server is not None and bool(self.server.failed))


def publish(home: Home, *, progress: Progress | None = None) -> PublishReport:
    """Write the marts into new files, seal them, and put them in the place of the published ones.

    Raises:
        AuditFailed: The last audit did not pass, or is not of the warehouse as it is now.
        ConfigError: Seed `audiences` names what is not there, or the home lies at a path that DuckDB can't write to.
            Nothing is published.
        PublishFailed: The marts can't be copied.
        CannotRead: The warehouse can't be read.
        AuditLogDamaged: The audit log is not as it was written.
        HomeBusy: Another run holds the home.
        StorageError: The disk is full or read-only.
    """
    # The log of a database that is written would lie at `marts.wal?...`: in another folder, or in none.
    home.require_path_without("?", "DuckDB takes for the beginning of options")
    with home.lock("publish"):
        finish_switch(home)
        with recorded(home, "publish") as entry:
            report = _publish(home, progress or Progress(), entry)
        end_switch(home)
        prune(home)
        # The file comes first: an outage of the server stops no publication.
        return replace(report, server=bring_server(home, progress=progress))


def _publish(home: Home, progress: Progress, entry: Entry) -> PublishReport:
    audited = require_passed(home)
    begun = datetime.now(UTC)
    _require_clock(home, begun)
    # Whole seconds, as a person reads them in the manifest and gives them to `ttkpi as-of`.
    now = begun.replace(microsecond=0)
    publication = f"{begun:%Y%m%dT%H%M%S%f}Z-{str(audited['build_id'])[:8]}"
    number, hashed = head(home)
    before = _published_before(home)
    held = held_shops(audited, before, now)
    facts: dict[str, Any] = {
        "publication_id": publication,
        "published_at": now.isoformat(timespec="seconds"),
        "run_id": current_run(),
        "build_id": audited["build_id"],
        "audit_id": audited["audit_id"],
        "audit": {
            "passed": bool(audited.get("passed")),
            "checks": audited.get("checks"),
            "warnings": len(audited.get("warnings") or []),
        },
        "revision": revision(project_dir()),
        "duckdb": duckdb.__version__,
    }
    with storage_errors(home.published):
        home.published.parent.mkdir(parents=True, exist_ok=True)
    try:
        with reading(home) as connection:
            attach(connection, home.warehouse, "warehouse")
            if held and before is not None:
                attach(connection, home.published, "before")
            columns = mart_columns(connection)
            if not columns:
                raise PublishFailed(
                    f"{home.warehouse} has no marts to publish.",
                    advice="Run `ttkpi build` without a selection.",
                )
            kept_rows = KeptRows(connection, held, now)
            mixed = mixed_tables(columns) if held else []
            definitions = _definitions(connection, columns)
            described = descriptions(home)
            wanted = audiences(connection, columns)
            files = [Audience("", everything(columns), {}), *wanted]
            count = _Count(progress, sum(len(file.choices) for file in files))
            manifests: dict[str, dict[str, Any]] = {}
            with new_publication(home, publication) as folder:
                changed = write_changes(
                    home, connection, folder, publication, now, held_back=[shop.shop_key for shop in held]
                )
                checksums = {kind: sha256(in_publication(folder, kind)) for kind in SCHEMAS}
                # The whole file last: its manifest has the checksums of the others.
                for file in reversed(files):
                    place = folder / "audiences" / file.name if file.name else folder
                    own = facts | {"audience": file.name or None}
                    if file.name:
                        own |= {"limits": file.limits}
                    else:
                        own |= {
                            "audiences": {
                                name: manifest["sha256"] for name, manifest in sorted(manifests.items())
                            },
                            "held_back": [shop.as_record() for shop in held],
                            "mixed_tables": mixed,
                            "replaces": current_publication(home),
                            "audit_log": {"number": number, "hash": hashed},
                            "published_values": checksums,
                        }
                    with storage_errors(place):
                        place.mkdir(parents=True, exist_ok=True, mode=0o700)
                    manifests[file.name] = _write(
                        home, connection, place, file, own, definitions, kept_rows, described, count
                    )
    except duckdb.Error as error:
        raise _failed(home, error) from error
    switch(home, publication, "publish")
    full = manifests.pop("")
    entry.subject = publication
    entry.details |= {name: facts[name] for name in ("build_id", "audit_id")}
    entry.details |= {
        "sha256": full["sha256"],
        "tables": len(full["tables"]),
        "rows": sum(full["tables"].values()),
        "audiences": sorted(manifests),
        "values_changed": changed,
        "published_values": checksums,
        "held_back": [shop.shop_key for shop in held],
    }
    return PublishReport(
        path=home.bi_file,
        tables=full["tables"],
        published_at=facts["published_at"],
        bytes=full["bytes"],
        manifest=manifest_path(home),
        publication=publication,
        audiences={name: manifest["tables"] for name, manifest in sorted(manifests.items())},
        held_back=held,
        mixed_tables=tuple(mixed),
    )


def _published_before(home: Home) -> dict[str, Any] | None:
    """The manifest of the publication that is replaced; of a damaged one what else says its name."""
    try:
        return published_manifest(home)
    except RecordDamaged:
        return {"publication_id": current_publication(home)}


def _require_clock(home: Home, begun: datetime) -> None:
    """Publications are ordered by their names: an earlier one would be compared with the wrong one before it."""
    newest = max(kept(home), default="")
    then = publication_time(newest)
    if then is not None and then > begun:
        raise PublishFailed(
            f"This machine's clock is {(then - begun).total_seconds():,.0f} s behind publication {newest}.",
            advice="Correct the clock (for example with `timedatectl set-ntp true`), then publish again. "
            "The published file is as it was.",
        )


class _Count:
    """Counts the tables of all files."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def one(self, table: str) -> None:
        """Another table is written."""
        self._done += 1
        self._progress.count(self._done, self._total, "tables", table)


def _write(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    file: Audience,
    facts: dict[str, Any],
    definitions: Definitions,
    kept_rows: KeptRows,
    described: Mapping[str, Description],
    count: _Count,
) -> dict[str, Any]:
    """Write one file and its sealed manifest."""
    fresh = folder / home.published.name
    own = {
        choice.table: {name: known[name] for name in choice.columns if name in known}
        for choice in file.choices
        if (known := definitions.get(choice.table))
    }
    connection.execute(f"attach {literal(fresh)} as fresh")
    connection.execute("create schema fresh.marts")
    tables: dict[str, int] = {}
    held: dict[str, str] = {}
    for choice in file.choices:
        source = published_restatements() if choice.table == RESTATEMENTS else None
        origin = f"({source})" if source else f"warehouse.marts.{quoted(choice.table)}"
        if kept := kept_rows.query(choice.table, origin):
            held[choice.table] = kept_rows.shop_keys(file.limits.get("shop_keys") or ())
        tables[choice.table] = copy_mart(connection, choice, kept or source)
        if description := described.get(choice.table):
            write_comments(connection, choice.table, choice.columns, description)
        count.one(choice.table)
    _describe(connection, facts, tables, own, held)
    columns = {choice.table: choice.columns for choice in file.choices}
    add_metric_layer(home, connection, columns)
    add_views(connection, columns, described)
    connection.execute("checkpoint fresh")
    connection.execute("detach fresh")
    with storage_errors(fresh):
        _settle(fresh, _PRIVATE if file.name else _PUBLIC)
        manifest = {
            "file": fresh.name,
            **facts,
            "sha256": sha256(fresh),
            "bytes": fresh.stat().st_size,
            "tables": tables,
            "definitions": {
                table: {name: f"{version}:{digest}" for name, (version, digest) in columns.items()}
                for table, columns in own.items()
            },
        }
    manifest = sealed(home.seal_key(), manifest)
    write_record(folder / MANIFEST, manifest, mode=_PRIVATE if file.name else _PUBLIC)
    return manifest


def mart_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Columns of every mart that is published, without the build's own."""
    found: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_catalog = 'warehouse' and table_schema = 'marts' order by table_name, ordinal_position"
    ).fetchall():
        if is_published(str(table)) and not str(column).startswith("_"):
            found.setdefault(str(table), []).append(str(column))
    return found


def _definitions(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Sequence[str]]) -> Definitions:
    if "kpi_glossary" not in columns:
        return {}
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for table, column, version, digest in connection.execute(
        "select model_name, column_name, definition_version, definition_digest from warehouse.marts.kpi_glossary "
        "order by model_name, column_position"
    ).fetchall():
        found.setdefault(str(table), {})[str(column)] = (int(version), str(digest))
    return found


def copy_mart(connection: duckdb.DuckDBPyConnection, choice: Choice, source: str | None = None) -> int:
    """Copy what was chosen of a table of `warehouse` to `fresh`.

    Args:
        connection: Has both attached.
        choice: Table, columns and rows.
        source: A query to copy instead of the table.

    Returns:
        How many rows were copied.
    """
    names = ", ".join(quoted(name) for name in choice.columns)
    origin = f"({source})" if source else f"warehouse.marts.{quoted(choice.table)}"
    condition = f" where {choice.condition}" if choice.condition else ""
    copied = connection.execute(
        f"create table fresh.marts.{quoted(choice.table)} as select {names} from {origin}{condition}"  # noqa: S608
    ).fetchone()
    return int(copied[0]) if copied else 0


_PUBLICATION_COLUMNS = {
    "publication_id": (
        "varchar",
        "Names the publication, as in manifest.json and in the audit log. · 发布编号",
    ),
    "published_at": ("timestamp with time zone", "When it was published (UTC). · 发布时间"),
    "audience": ("varchar", "The audience whose file this is (seed audiences); NULL: the whole file. · 受众"),
    "run_id": ("varchar", "The run that published it, as in ops_audit_log. · 运行编号"),
    "build_id": ("varchar", "dbt's id of the build. · 构建编号"),
    "audit_id": ("varchar", "The audit that allowed it. · 审核编号"),
    "audit_checks": ("bigint", "Checks of that audit. · 检查项数"),
    "audit_warnings": ("bigint", "Checks of it that warned. · 警告数"),
    "revision": ("varchar", "Commit of the project, with -dirty if files were changed. · 代码版本"),
    "table_name": ("varchar", "A table of this file. · 表名"),
    "row_count": ("bigint", "Its rows. · 行数"),
    "definitions_digest": (
        "varchar",
        "SHA-256 over the definitions of its columns (kpi_glossary); NULL: it has none. · 口径摘要",
    ),
    "held_back_shops": (
        "varchar",
        "Shops of which it has the rows of an earlier publication, as their new ones failed the audit (dim_shops says "
        "why); NULL: none. · 沿用上次发布数据的店铺",
    ),
}


def _describe(
    connection: duckdb.DuckDBPyConnection,
    facts: Mapping[str, Any],
    tables: Mapping[str, int],
    own: Definitions,
    held: Mapping[str, str],
) -> None:
    """Write the manifest into the file."""
    table = f"fresh.marts.{PUBLICATION_TABLE}"
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in _PUBLICATION_COLUMNS.items())
    connection.execute(f"create table {table} ({columns})")
    shared = [
        *(
            facts[name]
            for name in ("publication_id", "published_at", "audience", "run_id", "build_id", "audit_id")
        ),
        facts["audit"]["checks"],
        facts["audit"]["warnings"],
        facts["revision"],
    ]
    connection.executemany(
        f"insert into {table} values ({', '.join('?' * len(_PUBLICATION_COLUMNS))})",  # noqa: S608
        [
            [*shared, name, rows, _digest(own.get(name)), held.get(name) or None]
            for name, rows in tables.items()
        ],
    )
    about = "One row per table of this file: from which run, build and audit it is, and its rows. · 本文件的发布清单"
    connection.execute(f"comment on table {table} is {literal(about)}")
    for name, (_, text) in _PUBLICATION_COLUMNS.items():
        connection.execute(f"comment on column {table}.{name} is {literal(text)}")


def _digest(definitions: Mapping[str, tuple[int, str]] | None) -> str | None:
    if not definitions:
        return None
    text = "\n".join(f"{name} {version} {digest}" for name, (version, digest) in sorted(definitions.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def _settle(path: Path, mode: int) -> None:
    """Put the file on the disk for good, with its rights."""
    if path.with_name(f"{path.name}.wal").exists():
        raise PublishFailed(f"{path} was not closed cleanly.", advice="Run `ttkpi publish` again.")
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.chmod(mode)


def _failed(home: Home, error: duckdb.Error) -> TtkpiError:
    text = str(error).splitlines()[0]
    if any(sign in text for sign in ("No space left", "Read-only file system", "Permission denied")):
        return StorageError(
            f"{home.published.parent} can't be written: {text}",
            advice="Free some space or make it writable, then run `ttkpi publish` again. "
            "The published file is as it was.",
        )
    return PublishFailed(
        f"The marts of {home.warehouse} could not be copied: {text}",
        advice="The published file is as it was. Run `ttkpi publish` again; if that fails, `ttkpi build` first. If the "
        "warehouse is damaged, delete it and build again: raw has everything.",
    )
