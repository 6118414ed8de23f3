"""The seal of a published file: a manifest that says what is in it, signed with the key of the home.

The manifest stands beside the file (`manifest.json`) and in it (table `marts.ops_publication`, for whoever has the file
only). The checksum of the file is in the manifest beside it: a file can't hold its own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from home.database import literal, quoted
from home.records import RecordDamaged, read_record
from home.storage import storage_errors

MANIFEST = "manifest.json"
PUBLICATION_TABLE = "ops_publication"
"""The manifest inside of the file: one row per table."""
_CHUNK = 1 << 20
_TRIES = 3


def sealed(key: bytes, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with its seal."""
    return {**manifest, "seal": _sign(key, manifest)}


def sha256(path: Path) -> str:
    """The checksum of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def rows_inside(path: Path) -> dict[str, int] | None:
    """Rows per table, as a published file itself says; None when it can't be read."""
    try:
        with closing(duckdb.connect(":memory:")) as connection:
            connection.execute(f"attach {literal(path)} as file (read_only)")
            found = connection.execute(
                f"select table_name, row_count from file.marts.{PUBLICATION_TABLE}"  # noqa: S608
            ).fetchall()
    except duckdb.Error:
        return None
    return {str(name): int(rows) for name, rows in found}


def damage(path: Path) -> str:
    """What shows at a glance that a published file is not the one of its manifest; empty when nothing does.

    The seal is not looked at, and no table is counted.

    Raises:
        RecordDamaged: The manifest is damaged.
        StorageError: It can't be read.
    """
    with storage_errors(path):
        for _ in range(_TRIES):
            before = read_record(path.with_name(MANIFEST))
            fits = before is None or (
                before.get("bytes") == path.stat().st_size and before.get("sha256") == sha256(path)
            )
            if fits or before == read_record(path.with_name(MANIFEST)):
                break
    return "" if fits else f"{path} was changed after it was published: it is not the file of its manifest."


def problems(path: Path, key: bytes | None) -> list[str]:
    """What is wrong with a published file and its manifest; empty when both are as they were published.

    Args:
        path: The file; its manifest stands beside it.
        key: `Home.seal_key()`; None where it is not known, and the seal is not checked.

    Raises:
        StorageError: It can't be read.
    """
    manifest_path = path.with_name(MANIFEST)
    with storage_errors(path):
        for _ in range(_TRIES):
            before = manifest_path.read_bytes() if manifest_path.is_file() else None
            found = list(_problems(path, manifest_path, key))
            if before == (manifest_path.read_bytes() if manifest_path.is_file() else None):
                break
    return found


def _problems(path: Path, manifest_path: Path, key: bytes | None) -> Iterator[str]:
    if not path.is_file():
        yield f"{path} is missing."
        return
    try:
        manifest = read_record(manifest_path)
    except RecordDamaged:
        yield f"{manifest_path} is no manifest: it was changed or is damaged."
        return
    if manifest is None:
        yield f"{manifest_path} is missing: nobody can say what {path.name} should be."
        return
    if "seal" not in manifest:
        yield f"{manifest_path} has no seal: it was written by an older version, or the seal was taken out."
    elif key is not None and not hmac.compare_digest(str(manifest["seal"]), _sign(key, manifest)):
        yield f"{manifest_path} was changed after it was sealed, or was sealed in another home."
    if manifest.get("bytes") != path.stat().st_size or manifest.get("sha256") != sha256(path):
        yield f"{path} was changed after it was published: its checksum is not the one of the manifest."
    yield from _content_problems(path, manifest)


def _content_problems(path: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Says in words what a checksum can't: which table."""
    try:
        with closing(duckdb.connect(":memory:")) as connection:
            connection.execute(f"attach {literal(path)} as file (read_only)")
            found = {
                str(name)
                for (name,) in connection.execute(
                    "select table_name from duckdb_tables() where database_name = 'file' and schema_name = 'marts'"
                ).fetchall()
            }
            sealed_rows = {str(name): int(rows) for name, rows in (manifest.get("tables") or {}).items()}
            for name in sorted(sealed_rows.keys() - found):
                yield f"{path}: table {name} is missing."
            for name in sorted(found - sealed_rows.keys() - {PUBLICATION_TABLE}):
                yield f"{path}: table {name} was not published."
            for name in sorted(sealed_rows.keys() & found):
                rows = _one(connection, f"select count(*) from file.marts.{quoted(name)}")  # noqa: S608
                if rows != sealed_rows[name]:
                    yield f"{path}: table {name} has {rows:,} rows; {sealed_rows[name]:,} were published."
            if PUBLICATION_TABLE not in found:
                yield f"{path}: table {PUBLICATION_TABLE} is missing."
                return
            inside = {
                str(name)
                for (name,) in connection.execute(
                    f"select distinct publication_id from file.marts.{PUBLICATION_TABLE}"  # noqa: S608
                ).fetchall()
            }
            if inside != {manifest.get("publication_id")}:
                yield (
                    f"{path} is publication {', '.join(sorted(inside)) or 'unknown'}, and the manifest beside it is of "
                    f"{manifest.get('publication_id')}."
                )
    except duckdb.Error as error:
        yield f"{path} can't be opened: {str(error).splitlines()[0]}"


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return 0 if row is None else int(row[0])


def _sign(key: bytes, manifest: Mapping[str, Any]) -> str:
    content = {name: value for name, value in manifest.items() if name != "seal"}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
