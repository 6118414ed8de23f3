"""What a team maintains in workbooks instead of in git: unit costs, targets, assignments, rosters, thresholds, ...

An input takes the place of the seed of its name. Every import is a version of its own, whole, and never changed; which
one holds says one small record, so an import is there as a whole or not at all.

| in the home | what |
| --- | --- |
| `inputs/versions/VERSION/` | all inputs of a version as CSV, `version.json`, and the file that it was made of |
| `inputs/current.json` | which version holds |

A seed that was never imported is read from the project.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from home.audit_log import AuditLogDamaged, entries
from home.errors import TtkpiError
from home.layout import Home
from home.records import RecordDamaged, read_record, write_record
from home.storage import replace_file, storage_errors

EVENTS = IMPORTED, RESTORED = "import_inputs", "restore_inputs"
"""What the audit log calls a new version."""
SEEDS = "seeds"
"""Instead of a version: what the project has."""
_PRIVATE = 0o600
_CURE = (
    "Restore the folder `inputs` of the home from your backup, or let a version hold again that is whole: "
    "`ttkpi inputs history` lists them, `ttkpi inputs restore VERSION`."
)


class NoSuchVersion(TtkpiError):
    """The home has no inputs of this version."""


@dataclass(frozen=True, slots=True)
class Version:
    """Inputs as they were from one import to the next.

    Attributes:
        name: Names the version; sorts by time.
        imported_at: When it came, UTC, ISO 8601.
        imported_by: Who brought it.
        source: Name of the file that it was made of; of a restored one the version that it repeats.
        source_sha256: Of that file.
        changed: Rows of the inputs that it changed, by name.
        inputs: Rows and SHA-256 of all inputs that it holds, by name.
    """

    name: str
    imported_at: str
    imported_by: str
    source: str
    source_sha256: str
    changed: Mapping[str, int]
    inputs: Mapping[str, Mapping[str, Any]]


def inputs_folder(home: Home) -> Path:
    """Where a home keeps its inputs."""
    return home.root / "inputs"


def current_version(home: Home) -> Version | None:
    """The version that holds; None in a home into which nothing was imported.

    Raises:
        RecordDamaged: The record of it is not what we write, or is gone although something was imported.
    """
    path = inputs_folder(home) / "current.json"
    record = read_record(path, cure=_CURE)
    if record is not None:
        return _version(home, str(record.get("version") or ""))
    # A kill amid the first import leaves a version that never held; the log has no entry of it.
    if path.parent.is_dir() and any(entries(home, event) for event in EVENTS):
        raise RecordDamaged(
            f"{path} is missing: which version of the inputs holds is not known.", advice=_CURE
        )
    return None


def versions(home: Home) -> list[Version]:
    """All versions, oldest first. One whose record is damaged is left out; `damage` names it."""
    found: list[Version] = []
    for path in sorted((inputs_folder(home) / "versions").glob("*/version.json")):
        with suppress(RecordDamaged):
            found.append(_version(home, path.parent.name))
    return found


def current_inputs(home: Home) -> dict[str, Path]:
    """The CSV of each input that holds, by the name of its seed.

    Raises:
        RecordDamaged: A record is not what we write, or a file of it is missing or was changed.
    """
    version = current_version(home)
    if version is None:
        return {}
    return {name: _file(home, version, name) for name in version.inputs}


def damage(home: Home) -> tuple[list[str], int]:
    """What of the inputs is not as it was imported, by the records and the audit log; and how many versions there are.

    Raises:
        StorageError: A file can't be read.
    """
    try:
        log = [entry for event in EVENTS for entry in entries(home, event)]
    except AuditLogDamaged:
        # Told by the check of the log itself.
        log = []
    logged = {
        str(entry["subject"]): dict(entry["details"].get("inputs") or {}) for entry in log if entry["subject"]
    }
    found: list[str] = []
    of_current = ""
    try:
        current_version(home)
    except AuditLogDamaged:
        pass  # told by the check of the log itself
    except RecordDamaged as error:
        of_current = error.message
    folders = sorted((inputs_folder(home) / "versions").glob("*/"))
    for folder in folders:
        try:
            version = _version(home, folder.name)
            for name in version.inputs:
                _file(home, version, name)
            for name, about in logged.get(version.name, {}).items():
                if version.inputs.get(name, {}).get("sha256") != about.get("sha256"):
                    found.append(f"{folder / name}.csv is not what the audit log says was imported.")
        except RecordDamaged as error:
            found.append(error.message)
    found += [
        f"{inputs_folder(home) / 'versions' / name} is missing."
        for name in sorted(logged.keys() - {one.name for one in folders})
    ]
    # What is wrong with its version is told already.
    return found or [text for text in [of_current] if text], len(folders)


def take_inputs(home: Home, other: Home) -> None:
    """Let another home have the inputs that hold in this one.

    Args:
        home: Whose inputs.
        other: A home without any.

    Raises:
        RecordDamaged: The inputs are not as they were imported.
        StorageError: The disk is full or refuses.
    """
    contents = {name: path.read_bytes() for name, path in current_inputs(home).items()}
    if contents:
        version = current_version(home)
        rows = {name: int(about["rows"]) for name, about in version.inputs.items()} if version else {}
        store(other, contents, rows, imported_by="", source=str(home.root), instead=True)


def seed_file(home: Home, project: Path, topic: str, name: str) -> Path:
    """The file that an input is read from: that of the home, or the seed.

    Args:
        home: Whose inputs.
        project: Folder of the dbt project.
        topic: Folder of the seed: `finance`.
        name: Its name: `sku_costs`.

    Raises:
        RecordDamaged: The inputs of the home are not as they were imported.
    """
    version = current_version(home)
    if version is not None and name in version.inputs:
        return _file(home, version, name)
    return project / "seeds" / topic / f"{name}.csv"


def store(
    home: Home,
    contents: Mapping[str, bytes],
    rows: Mapping[str, int],
    *,
    imported_by: str,
    source: str,
    source_content: bytes = b"",
    instead: bool = False,
) -> Version:
    """Keep a new version, and let it hold. What is not among `contents` stays as it was.

    Args:
        home: The home; its lock must be held.
        contents: CSV of each changed input, by the name of its seed.
        rows: Rows of each.
        imported_by: Who brought it.
        source: Name of the file that it was made of.
        source_content: That file.
        instead: What is not among `contents` is read from the project's seeds again.

    Raises:
        RecordDamaged: The inputs that hold are not as they were imported.
        StorageError: The disk is full or refuses; the version before goes on to hold.
    """
    now = datetime.now(UTC)
    before = None if instead else current_version(home)
    kept = {} if before is None else {name: path.read_bytes() for name, path in current_inputs(home).items()}
    files = kept | dict(contents)
    counts = {name: about["rows"] for name, about in (before.inputs if before else {}).items()} | dict(rows)
    folder = inputs_folder(home) / "versions" / f"{now:%Y%m%dT%H%M%S%f}Z"
    home.make()
    for part in (inputs_folder(home), folder.parent, folder):
        with storage_errors(part):
            part.mkdir(mode=0o700, exist_ok=True)
    for name, content in sorted(files.items()):
        replace_file(folder / f"{name}.csv", content, mode=_PRIVATE)
    if source_content:
        replace_file(folder / f"source{Path(source).suffix.lower() or '.bin'}", source_content, mode=_PRIVATE)
    record = {
        "imported_at": now.isoformat(timespec="seconds"),
        "imported_by": imported_by,
        "source": source,
        "source_sha256": hashlib.sha256(source_content).hexdigest() if source_content else "",
        "changed": dict(sorted(rows.items())),
        "inputs": {
            name: {"rows": counts[name], "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(files.items())
        },
    }
    write_record(folder / "version.json", record, mode=_PRIVATE)
    write_record(inputs_folder(home) / "current.json", {"version": folder.name}, mode=_PRIVATE)
    return _version(home, folder.name)


def restore(home: Home, name: str, *, imported_by: str) -> Version:
    """Let the inputs of an earlier version hold again, as a new version.

    Args:
        home: The home; its lock must be held.
        name: The version; `seeds`: the project's seeds hold again.
        imported_by: Who does it.

    Raises:
        NoSuchVersion: There is no such version.
        RecordDamaged: It is not as it was written.
        StorageError: The disk is full or refuses.
    """
    if name == SEEDS:
        return store(home, {}, {}, imported_by=imported_by, source=SEEDS, instead=True)
    folder = inputs_folder(home) / "versions" / name
    if not (folder / "version.json").is_file():
        raise NoSuchVersion(
            f"There is no version {name} of the inputs.", advice="`ttkpi inputs history` lists all of them."
        )
    old = _version(home, name)
    with storage_errors(folder):
        contents = {one: (folder / f"{one}.csv").read_bytes() for one in old.inputs}
    for one, content in contents.items():
        if hashlib.sha256(content).hexdigest() != old.inputs[one].get("sha256"):
            raise RecordDamaged(f"{folder / one}.csv was changed.", advice=_CURE)
    rows = {one: int(about["rows"]) for one, about in old.inputs.items()}
    return store(home, contents, rows, imported_by=imported_by, source=f"version {name}", instead=True)


def _file(home: Home, version: Version, name: str) -> Path:
    """The CSV of an input, if it is as it was written."""
    path = inputs_folder(home) / "versions" / version.name / f"{name}.csv"
    with storage_errors(path):
        content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != version.inputs[name].get("sha256"):
        raise RecordDamaged(f"{path} is missing or was changed.", advice=_CURE)
    return path


def _version(home: Home, name: str) -> Version:
    path = inputs_folder(home) / "versions" / name / "version.json"
    record = read_record(path, cure=_CURE)
    if record is None or not isinstance(record.get("inputs"), dict):
        raise RecordDamaged(f"{path} is missing or damaged.", advice=_CURE)
    return Version(
        name,
        str(record.get("imported_at") or ""),
        str(record.get("imported_by") or ""),
        str(record.get("source") or ""),
        str(record.get("source_sha256") or ""),
        dict(record.get("changed") or {}),
        dict(record["inputs"]),
    )
