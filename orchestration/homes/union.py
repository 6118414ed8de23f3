"""Publishes one file of what all seller groups have published, for those who may see all.

| in `_union/` of TTKPI_HOMES | what |
| --- | --- |
| `published/ttkpi.duckdb` | schema `marts`: each published table of the groups, column `seller_group` first |
| `published/manifest.json` | its sealed manifest, as of a home: `TTKPI_HOME=.../_union ttkpi verify` checks it |

Only what a group has published, and whose seal holds, goes in. A group that has no such publication now keeps the rows
that the union had of it, marked in `marts.ops_seller_groups`. Nothing is left out without a word: table
`marts.ops_publication` has a row for each group and table, with the reason where the table of the group is not in.

| left out, or kept as it was | why |
| --- | --- |
| a table of a group | it has other columns, types or versions of definitions than that of most groups: an upgrade |
| the new rows of two groups | a shop or an ads account stands in both: it would be counted twice |

Amounts in `_rc` are in the reporting currency of the group, which stands beside them; days are those of the group's
reporting time zone. Where groups differ, they can't be summed over groups. Hashes of buyers are made with a key of each
home, so one who buys from two groups is two buyers.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from home.audit_log import current_run, head, recorded, revision
from home.config import PROJECT_ROOT
from home.database import CannotRead, attach, literal, quoted, reading
from home.errors import ConfigError, TtkpiError
from home.groups import SellerGroup
from home.layout import BI_NAME, Home
from home.records import read_record, write_record
from home.storage import exchange_folders, finish_exchange, storage_errors
from orchestration.build.marts import is_published
from orchestration.history.publications import keep_rights
from orchestration.history.seal import MANIFEST, PUBLICATION_TABLE, problems, sealed, sha256
from orchestration.progress import Reporter, Silent

GROUP, CURRENCY = "seller_group", "reporting_currency"
GROUPS_TABLE = "ops_seller_groups"
"""One row per seller group: of which publication its rows are."""
_OWN_TABLES = (PUBLICATION_TABLE, GROUPS_TABLE)
_OF_ONE_GROUP = {"shop_key": "shop", "advertiser_id": "ads account"}
_BEFORE = "before"
_COMMENTS = {
    GROUP: "The seller group whose home the row is from. · 商家组",
    CURRENCY: "The reporting currency of the seller group. · 报告币种",
}

Columns = tuple[tuple[str, str], ...]
"""Names and types, in their order."""


class NothingToUnite(TtkpiError):
    """No group has published anything that may go into the union. The union is as it was."""


class UnionFailed(TtkpiError):
    """The union could not be written. The one before is as it was."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the union has of one group.

    Attributes:
        group: Its name.
        facts: Of the publication: `publication_id`, `published_at`, `revision`, `reporting_currency`,
            `reporting_timezone`, `held_back_shops`.
        catalog: Where its rows are read from.
        shapes: Digest of columns, types and versions of definitions of each table.
        columns: Columns of each table, without those that the union adds.
        kept_because: Why its rows are those of the union before; empty when they are of its own publication.
    """

    group: str
    facts: Mapping[str, Any]
    catalog: str
    shapes: Mapping[str, str]
    columns: Mapping[str, Columns]
    kept_because: str = ""


@dataclass(frozen=True, slots=True)
class UnionReport:
    """What was published.

    Attributes:
        path: The file.
        publication: Names the union.
        tables: Rows per table.
        parts: The groups that are in it.
        absent: Why a group is not in it, by group.
        left_out: Why a table of a group is not in it, by group and table.
        gone: Groups that the union before had, and that are not configured any more.
        seconds: Time it took.
    """

    path: Path
    publication: str
    tables: Mapping[str, int]
    parts: Sequence[Part]
    absent: Mapping[str, str]
    left_out: Mapping[tuple[str, str], str]
    gone: Sequence[str] = ()
    seconds: float = 0.0

    @property
    def is_partial(self) -> bool:
        """Something that a group has, or should have, published is not in it."""
        return bool(self.absent or self.left_out or any(part.kept_because for part in self.parts))

    def differing(self, fact: str) -> dict[str, list[str]]:
        """The groups by their value of a fact, where they do not all have the same; else empty."""
        found: dict[str, list[str]] = {}
        for part in self.parts:
            found.setdefault(str(part.facts[fact]), []).append(part.group)
        return found if len(found) > 1 else {}


@dataclass(slots=True)
class _Sources:
    """What may go in, and what of the groups that have nothing better."""

    parts: dict[str, Part] = field(default_factory=dict)
    before: dict[str, Part] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def fall_back(self, group: str, why: str) -> None:
        """Take the rows that the union had of a group."""
        if group in self.before:
            self.parts[group] = replace(self.before[group], kept_because=why)
        else:
            self.parts.pop(group, None)
            self.absent[group] = why


def publish_union(
    own: Home, groups: Sequence[SellerGroup], *, reporter: Reporter | None = None
) -> UnionReport:
    """Write the union of what the groups have published, and put it in the place of the one before, in one step.

    Args:
        own: The home of the union.
        groups: All groups that are configured; one that is not any more leaves the union.
        reporter: Shows the progress.

    Raises:
        NothingToUnite: No group has a publication that may go in.
        UnionFailed: The file can't be written.
        HomeBusy: Another process makes the union.
        StorageError: The disk is full or refuses.
    """
    own.require_path_without("?", "DuckDB takes for the beginning of options")
    shows = reporter or Silent()
    began = datetime.now(UTC)
    folder = own.published.parent
    fresh = folder.with_name("published.new")
    with own.lock("union"), recorded(own, "union") as entry:
        with storage_errors(folder):
            finish_exchange(folder)
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(mode=0o700)
        try:
            with reading(own) as connection:
                sources = _sources(connection, own, groups)
                _keep_apart(connection, sources)
                if not sources.parts:
                    raise NothingToUnite(
                        "No seller group has published anything that may go into the union"
                        + "".join(f"\n- {group}: {why}" for group, why in sources.absent.items()),
                        advice="The union is as it was. Run `ttkpi homes run` first.",
                    )
                report = _write(connection, own, fresh, sources, began, shows)
                gone = sorted(sources.before.keys() - {group.name for group in groups})
        except duckdb.Error as error:
            raise UnionFailed(
                f"The union could not be written: {str(error).splitlines()[0]}",
                advice="The union is as it was before. Free some space or memory, then run `ttkpi homes union` again.",
            ) from error
        finally:
            # What is finished has another name by now.
            shutil.rmtree(fresh, ignore_errors=True)
        entry.subject = report.publication
        entry.details |= {
            "groups": {part.group: part.facts["publication_id"] for part in report.parts},
            "kept": sorted(part.group for part in report.parts if part.kept_because),
            "absent": sorted(report.absent),
            "gone": gone,
            "left_out": len(report.left_out),
        }
    return replace(report, gone=gone, seconds=round((datetime.now(UTC) - began).total_seconds(), 1))


def _sources(connection: duckdb.DuckDBPyConnection, own: Home, groups: Sequence[SellerGroup]) -> _Sources:
    """What each group has published, and what the union before had of it, each only with a seal that holds."""
    sources = _Sources(before=_union_before(connection, own))
    for number, group in enumerate(groups):
        try:
            sources.parts[group.name] = _published(connection, group, f"g{number}")
        except TtkpiError as error:
            sources.fall_back(group.name, error.message)
        except (duckdb.Error, LookupError, TypeError, AttributeError) as error:
            # Sealed, but written by a version that writes it otherwise: no reason to leave the others without a union.
            text = (str(error).splitlines() or [""])[0]
            sources.fall_back(
                group.name, f"Its publication can't be read by this version: {type(error).__name__}: {text}"
            )
    return sources


def _published(connection: duckdb.DuckDBPyConnection, group: SellerGroup, catalog: str) -> Part:
    """A group's publication, opened under a name.

    Raises:
        TtkpiError: There is none, or it is not as it was published.
    """
    if group.problem:
        raise ConfigError(group.problem)
    home = group.home
    if not home.published.is_file():
        raise CannotRead("Nothing is published yet.")
    if not home.seal_key_file.is_file():
        # Asking for the key would make one.
        raise ConfigError(f"{home.seal_key_file} is missing: its seal can't be checked.")
    if wrong := problems(home.published, home.seal_key()):
        raise CannotRead(f"Its publication is not as it was published: {wrong[0]}")
    attach(connection, home.published, catalog)
    # A run may have published meanwhile: that file is whole, too, but its manifest is another.
    manifest = read_record(home.published.with_name(MANIFEST)) or {}
    inside = connection.execute(
        f"select any_value(publication_id) from {catalog}.marts.{PUBLICATION_TABLE}"  # noqa: S608
    ).fetchone()
    if inside is None or inside[0] != manifest.get("publication_id"):
        raise CannotRead("It is publishing at this moment.")
    columns = _columns(connection, catalog)
    settings = _settings(connection, catalog, columns)
    facts = {
        "publication_id": manifest.get("publication_id"),
        "published_at": manifest.get("published_at"),
        "revision": manifest.get("revision"),
        "reporting_currency": settings.get("reporting_currency"),
        "reporting_timezone": settings.get("reporting_timezone"),
        "held_back_shops": " ".join(str(one["shop_key"]) for one in manifest.get("held_back") or []) or None,
    }
    versions = manifest.get("definitions") or {}
    shapes = {table: _shape(own, versions.get(table) or {}) for table, own in columns.items()}
    return Part(group.name, facts, catalog, shapes, columns)


def _union_before(connection: duckdb.DuckDBPyConnection, own: Home) -> dict[str, Part]:
    """What the union has now of each group; empty if there is none, or if it is not as it was published."""
    if not own.published.is_file() or problems(own.published, own.seal_key()):
        return {}
    manifest = read_record(own.published.with_name(MANIFEST)) or {}
    attach(connection, own.published, _BEFORE)
    added = set(manifest.get("currency_added") or [])
    columns = {
        table: tuple(
            (name, kind)
            for name, kind in own_columns
            if name != GROUP and (name != CURRENCY or table not in added)
        )
        for table, own_columns in _columns(connection, _BEFORE).items()
    }
    return {
        group: Part(
            group,
            known["facts"],
            _BEFORE,
            known["shapes"],
            {table: columns[table] for table in known["shapes"]},
        )
        for group, known in (manifest.get("groups") or {}).items()
    }


def _keep_apart(connection: duckdb.DuckDBPyConnection, sources: _Sources) -> None:
    """A shop or an ads account that stands in two groups would be counted twice: neither group brings new rows.

    The union before had each once, so the rows that are kept can't collide with each other.
    """
    owned = {group: _owned(connection, part) for group, part in sources.parts.items()}
    while clashes := _clashes(owned):
        fresh = {group: why for group, why in clashes.items() if not sources.parts[group].kept_because}
        # What was kept gives way only where nothing new does: then a person has changed it.
        for group, why in (fresh or clashes).items():
            if not fresh:
                del sources.before[group]
            sources.fall_back(group, why)
            if group in sources.parts:
                owned[group] = _owned(connection, sources.parts[group])
            else:
                del owned[group]


def _clashes(owned: Mapping[str, set[tuple[str, str]]]) -> dict[str, str]:
    """Why groups can't stand side by side, by group."""
    holders: dict[tuple[str, str], list[str]] = {}
    for group, keys in owned.items():
        for key in keys:
            holders.setdefault(key, []).append(group)
    found: dict[str, str] = {}
    for (column, owned_id), names in sorted(holders.items()):
        for group in names if len(names) > 1 else ():
            others = ", ".join(name for name in names if name != group)
            found.setdefault(
                group,
                f"{_OF_ONE_GROUP[column].capitalize()} {owned_id} stands in seller group {others}, too, and would be "
                f"counted twice. Take it out of one of the homes.",
            )
    return found


def _owned(connection: duckdb.DuckDBPyConnection, part: Part) -> set[tuple[str, str]]:
    """The shops and ads accounts of which a group has rows."""
    found: set[tuple[str, str]] = set()
    for column in _OF_ONE_GROUP:
        queries = [
            f"select distinct cast({column} as varchar) from {_origin(part, table)}"  # noqa: S608
            for table, columns in part.columns.items()
            if column in dict(columns)
        ]
        if queries:
            rows = connection.execute(" union ".join(queries)).fetchall()
            found |= {(column, str(key)) for (key,) in rows if key not in (None, "")}
    return found


def _origin(part: Part, table: str) -> str:
    rows = f"{part.catalog}.marts.{quoted(table)}"
    if part.catalog != _BEFORE:
        return rows
    return f"(select * from {rows} where {GROUP} = {literal(part.group)})"  # noqa: S608


def _columns(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, Columns]:
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and schema_name = 'marts' order by table_name, column_index",
        [catalog],
    ).fetchall():
        if is_published(str(table)) and table not in _OWN_TABLES:
            found.setdefault(str(table), []).append((str(column), str(kind)))
    return {table: tuple(columns) for table, columns in found.items()}


def _settings(
    connection: duckdb.DuckDBPyConnection, catalog: str, columns: Mapping[str, Columns]
) -> dict[str, str]:
    if "ops_settings" not in columns:
        return {}
    rows = connection.execute(f"select setting, value from {catalog}.marts.ops_settings").fetchall()  # noqa: S608
    return {str(name): str(value) for name, value in rows}


def _shape(columns: Columns, definitions: Mapping[str, str]) -> str:
    """Names what a table is: its columns, their types, and which version of its definition each has."""
    versions = {column: text.partition(":")[0] for column, text in definitions.items()}
    return hashlib.sha256(json.dumps([columns, versions], sort_keys=True).encode()).hexdigest()[:16]


def _chosen_shapes(parts: Iterable[Part]) -> dict[str, str]:
    """The shape that each table has in the union: that of most groups; of two as frequent that of the newest
    publication."""
    counts: dict[str, Counter[str]] = {}
    newest: dict[tuple[str, str], str] = {}
    for part in parts:
        for table, shape in part.shapes.items():
            counts.setdefault(table, Counter())[shape] += 1
            key = (table, shape)
            newest[key] = max(newest.get(key, ""), str(part.facts["published_at"]))
    return {
        table: max(found, key=lambda shape, table=table, found=found: (found[shape], newest[table, shape]))  # type: ignore[misc]
        for table, found in sorted(counts.items())
    }


def _write(
    connection: duckdb.DuckDBPyConnection,
    own: Home,
    folder: Path,
    sources: _Sources,
    began: datetime,
    reporter: Reporter,
) -> UnionReport:
    """Write the file and its manifest into a folder, and put the folder in the place of the published one."""
    parts = list(sources.parts.values())
    path = folder / own.published.name
    publication = f"{began:%Y%m%dT%H%M%S%f}Z-union"
    connection.execute(f"attach {literal(path)} as fresh")
    connection.execute("create schema fresh.marts")
    chosen, comments = _chosen_shapes(parts), _comments(connection)
    counts: dict[tuple[str, str], int] = {}
    left_out: dict[tuple[str, str], str] = {}
    added: list[str] = []
    for done, (table, shape) in enumerate(chosen.items(), start=1):
        within = [part for part in parts if part.shapes.get(table) == shape]
        for part in parts:
            if part not in within:
                left_out[part.group, table] = _difference(part, within[0], table)
        columns = within[0].columns[table]
        if GROUP in dict(columns):
            left_out |= {(part.group, table): f"It has a column {GROUP} of its own." for part in within}
            continue
        adds_currency = _needs_currency(columns)
        added += [table] if adds_currency else []
        described = comments.get((within[0].catalog, table), {})
        # One wait for the disk per table, not one per comment.
        connection.execute("begin")
        _create(connection, table, columns, described, adds_currency=adds_currency)
        for part in within:
            counts[part.group, table] = _insert(connection, table, columns, part, adds_currency=adds_currency)
        connection.execute("commit")
        reporter.count(done, len(chosen), "tables", table)
    connection.execute("begin")
    _describe(connection, publication, began, parts, sources.absent, counts, left_out)
    connection.execute("commit")
    connection.execute("checkpoint fresh")
    connection.execute("detach fresh")
    number, hashed = head(own)
    tables = {table: 0 for _, table in counts}
    for (_, table), rows in counts.items():
        tables[table] += rows
    tables[GROUPS_TABLE] = len(parts) + len(sources.absent)
    with storage_errors(path):
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.chmod(0o644)
        try:
            os.link(path, path.with_name(BI_NAME))
        except OSError:
            # Not every file system has hard links.
            shutil.copy2(path, path.with_name(BI_NAME))
        manifest = {
            "file": path.name,
            "publication_id": publication,
            "published_at": began.isoformat(timespec="seconds"),
            "run_id": current_run(),
            "revision": revision(PROJECT_ROOT),
            "duckdb": duckdb.__version__,
            "audience": None,
            "audiences": {},
            "audit_log": {"number": number, "hash": hashed},
            "sha256": sha256(path),
            "bytes": path.stat().st_size,
            "tables": tables,
            "currency_added": added,
            "groups": {
                part.group: {
                    "facts": dict(part.facts),
                    "kept_because": part.kept_because,
                    "shapes": {
                        table: shape for table, shape in part.shapes.items() if (part.group, table) in counts
                    },
                }
                for part in parts
            },
        }
    write_record(folder / MANIFEST, sealed(own.seal_key(), manifest))
    for name in (path.name, BI_NAME, MANIFEST, ""):
        keep_rights(own.published.parent / name, folder / name)
    # Whoever has the file before open goes on with it.
    with storage_errors(folder):
        exchange_folders(folder, own.published.parent)
    return UnionReport(own.published, publication, tables, parts, dict(sources.absent), left_out)


def _needs_currency(columns: Columns) -> bool:
    """Whether a table has amounts in the reporting currency and no column that says which that is."""
    names = [name for name, _ in columns]
    return CURRENCY not in names and any(name.endswith("_rc") for name in names)


def _create(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Columns,
    described: Mapping[str, str],
    *,
    adds_currency: bool,
) -> None:
    """Make an empty table with its comments, by column; that of the table has an empty name."""
    own = [(GROUP, "VARCHAR"), *([(CURRENCY, "VARCHAR")] if adds_currency else [])]
    target = f"fresh.marts.{quoted(table)}"
    definition = ", ".join(f"{quoted(name)} {kind}" for name, kind in (*own, *columns))
    connection.execute(f"create table {target} ({definition})")
    comments = {name: text for name, text in described.items() if name}
    comments |= {name: _COMMENTS[name] for name, _ in own}
    for name, text in comments.items():
        connection.execute(f"comment on column {target}.{quoted(name)} is {literal(text)}")
    if about := described.get(""):
        connection.execute(f"comment on table {target} is {literal(about)}")


def _comments(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, str]]:
    """The comments of all files by file and table: of each column, and under an empty name of the table."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for catalog, table, column, text in connection.execute(
        "select database_name, table_name, column_name, comment from duckdb_columns() "
        "where schema_name = 'marts' and comment is not null union all "
        "select database_name, table_name, '', comment from duckdb_tables() "
        "where schema_name = 'marts' and comment is not null"
    ).fetchall():
        found.setdefault((str(catalog), str(table)), {})[str(column)] = str(text)
    return found


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Columns, part: Part, *, adds_currency: bool
) -> int:
    names = ", ".join(quoted(name) for name, _ in columns)
    currency = part.facts["reporting_currency"]
    extra = f", {literal(currency) if currency else 'null'}" if adds_currency else ""
    done = connection.execute(
        f"insert into fresh.marts.{quoted(table)} "  # noqa: S608 (names from the catalog, texts quoted)
        f"select {literal(part.group)}{extra}, {names} from {_origin(part, table)}"
    ).fetchone()
    return int(done[0]) if done else 0


def _difference(part: Part, other: Part, table: str) -> str:
    """Why the table of a group can't stand beside that of most groups."""
    if table not in part.shapes:
        return f"It has no such table; {other.group} has. Run it with the same version."
    own, theirs = dict(part.columns[table]), dict(other.columns[table])
    differing = [
        *(f"{name} is missing" for name in theirs.keys() - own.keys()),
        *(f"{name} is there in addition" for name in own.keys() - theirs.keys()),
        *(
            f"{name} is {own[name]}, not {theirs[name]}"
            for name in own.keys() & theirs.keys()
            if own[name] != theirs[name]
        ),
    ]
    what = "; ".join(sorted(differing)) or "order of columns or versions of definitions"
    return f"It differs from that of most groups (as {other.group}): {what}. Run it with the same version."


_PUBLICATION_COLUMNS = {
    "publication_id": (
        "varchar",
        "Names this union, as in its manifest.json and its audit log. · 合并发布编号",
    ),
    "published_at": ("timestamp with time zone", "When the union was made (UTC). · 合并时间"),
    GROUP: ("varchar", _COMMENTS[GROUP]),
    "table_name": ("varchar", "A table. · 表名"),
    "row_count": ("bigint", "Its rows of the group; NULL: it is left out. · 行数"),
    "left_out_reason": ("varchar", "Why the table of the group is not in; NULL: it is in. · 未纳入原因"),
}
_GROUP_COLUMNS = {
    GROUP: ("varchar", _COMMENTS[GROUP]),
    "publication_id": (
        "varchar",
        "The publication of the group that its rows are of; NULL: none. · 组发布编号",
    ),
    "published_at": ("timestamp with time zone", "When the group published it (UTC). · 组发布时间"),
    "is_kept": (
        "boolean",
        "Its rows are those of an earlier union, as the group has no publication now that may go in. · 沿用上次数据",
    ),
    "reason": ("varchar", "Why its rows are kept, or why it has none; NULL: all is well. · 原因"),
    CURRENCY: ("varchar", _COMMENTS[CURRENCY]),
    "reporting_timezone": ("varchar", "The time zone whose midnight ends its days. · 报告时区"),
    "revision": ("varchar", "Commit of the project that it published with. · 代码版本"),
    "held_back_shops": (
        "varchar",
        "Its shops that keep the rows of an earlier publication. · 沿用旧数据的店铺",
    ),
}


def _describe(
    connection: duckdb.DuckDBPyConnection,
    publication: str,
    began: datetime,
    parts: Sequence[Part],
    absent: Mapping[str, str],
    counts: Mapping[tuple[str, str], int],
    left_out: Mapping[tuple[str, str], str],
) -> None:
    """Write into the file what it is made of."""
    at = began.isoformat(timespec="seconds")
    rows: list[list[Any]] = [[publication, at, *key, rows, None] for key, rows in counts.items()]
    rows += [[publication, at, *key, None, why] for key, why in left_out.items()]
    _own_table(
        connection,
        PUBLICATION_TABLE,
        _PUBLICATION_COLUMNS,
        sorted(rows, key=lambda row: (row[2], row[3])),
        "One row per seller group and table: its rows in this file, or why it is left out. · 合并清单",
    )
    groups = [
        [part.group, part.facts["publication_id"], part.facts["published_at"], bool(part.kept_because)]
        + [part.kept_because or None]
        + [part.facts[name] for name in (CURRENCY, "reporting_timezone", "revision", "held_back_shops")]
        for part in parts
    ]
    groups += [[group, None, None, False, why, None, None, None, None] for group, why in absent.items()]
    _own_table(
        connection,
        GROUPS_TABLE,
        _GROUP_COLUMNS,
        sorted(groups, key=lambda row: str(row[0])),
        "One row per seller group that is configured: from which of its publications its rows are. · 商家组",
    )


def _own_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Mapping[str, tuple[str, str]],
    rows: Sequence[Sequence[Any]],
    about: str,
) -> None:
    target = f"fresh.marts.{name}"
    connection.execute(
        f"create table {target} ({', '.join(f'{one} {kind}' for one, (kind, _) in columns.items())})"
    )
    connection.executemany(
        f"insert into {target} values ({', '.join('?' * len(columns))})",  # noqa: S608
        rows,
    )
    connection.execute(f"comment on table {target} is {literal(about)}")
    for one, (_, text) in columns.items():
        connection.execute(f"comment on column {target}.{one} is {literal(text)}")
