"""The publications that are kept, and the switch from one to another.

| in the home | what |
| --- | --- |
| `published/history/<publication>/` | one publication: its file, its manifest, and those of the audiences; mode 0700 |
| `published/ttkpi.duckdb`, `manifest.json` | the current one: the same files (hard links), so it takes no space twice |
| `published/marts.duckdb` | the same file under the name of releases before; it will leave |
| `published/audiences/<audience>/` | the current file of an audience and its manifest |
| `published_values/` | the values that changed, from when the publication is the current one |
| `published/switching.json` | only while a switch is under way: which publication takes its place |

Each file changes by one atomic rename, so who has the old one open keeps reading it. There are several files; after a
kill in between, the next command that builds, publishes, rolls back or verifies finishes what the note says.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from home.audit_log import AuditLogDamaged, Entry, append, entries, recorded
from home.errors import TtkpiError
from home.layout import BI_NAME, Home
from home.records import RecordDamaged, read_record, write_record
from home.storage import replacement, storage_errors, sync_folder
from orchestration.history.published import audiences_folder, require_published
from orchestration.history.published_values import SCHEMAS, in_publication, in_store
from orchestration.history.seal import MANIFEST, problems, rows_inside

KEPT = 14
"""So many publications are kept, the current one included."""
PUBLISH_ANEW = "Run `ttkpi publish`: it publishes anew what was built and audited last."
"""The cure of a published file or manifest that is damaged."""
_NAME = re.compile(r"\d{8}T\d{12}Z-\w+")
_NEW, _GONE = ".new", ".gone-"


class RollbackRefused(TtkpiError):
    """There is nothing to return to. The published file is as it was."""


def was_published(home: Home) -> bool:
    """Whether anything was ever published: what is missing then was removed."""
    if home.published.is_file() or home.bi_file.is_file() or manifest_path(home).is_file() or kept(home):
        return True
    try:
        return bool(entries(home, "publish"))
    except AuditLogDamaged:
        return True


def history_folder(home: Home) -> Path:
    """Where the publications are kept."""
    return home.published.with_name("history")


def manifest_path(home: Home) -> Path:
    """The manifest of the current publication."""
    return home.published.with_name(MANIFEST)


def published_manifest(home: Home) -> dict[str, Any] | None:
    """The manifest of the current publication; None when nothing was published, or its file is gone."""
    return read_record(manifest_path(home), cure=PUBLISH_ANEW) if home.published.is_file() else None


def current_publication(home: Home) -> str | None:
    """Names the current publication: by its manifest, or if that is damaged as the newest that is kept."""
    try:
        manifest = published_manifest(home)
    except RecordDamaged:
        return next(reversed(kept(home)), None)
    found = (manifest or {}).get("publication_id")
    return str(found) if found else None


def published_rows(home: Home) -> dict[str, int]:
    """Rows per table of the published file; empty when nothing was published.

    Raises:
        RecordDamaged: Neither the manifest nor the file itself can say.
    """
    try:
        manifest = published_manifest(home) or {}
    except RecordDamaged:
        found = rows_inside(home.published)
        if found is None:
            raise
        return found
    return {str(name): int(rows) for name, rows in (manifest.get("tables") or {}).items()}


def kept(home: Home) -> list[str]:
    """The publications that are kept, oldest first."""
    folder = history_folder(home)
    return sorted(path.name for path in folder.glob("*") if path.is_dir() and _NAME.fullmatch(path.name))


@contextmanager
def new_publication(home: Home, publication: str) -> Iterator[Path]:
    """A folder to write a publication into. It is kept if all went well, and removed otherwise.

    Raises:
        StorageError: The disk is full or refuses.
    """
    folder = history_folder(home)
    fresh = folder / _NEW
    with storage_errors(fresh):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        _sweep(folder)
        fresh.mkdir(mode=0o700)
    try:
        yield fresh
        with storage_errors(fresh):
            for inner in (fresh, *(path for path in fresh.rglob("*") if path.is_dir())):
                sync_folder(inner)
            fresh.rename(folder / publication)
            sync_folder(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def switch(home: Home, publication: str, event: str) -> None:
    """Put a kept publication in the place of the current one. `end_switch` completes it.

    Args:
        home: The home; its lock is held.
        publication: The publication.
        event: `publish` or `rollback`, for the audit log if a kill comes before the entry.

    Raises:
        StorageError: The disk refuses.
    """
    write_record(_note(home), {"publication": publication, "event": event})
    _take_place(home, publication)


def end_switch(home: Home) -> None:
    """Forget the note of a switch, once it is in the audit log."""
    with storage_errors(home.published):
        _note(home).unlink(missing_ok=True)
        sync_folder(home.published.parent)


def finish_switch(home: Home) -> str | None:
    """Complete a switch that a kill came into, and say so in the audit log.

    Returns:
        The publication that is now the current one; None when no switch was under way.

    Raises:
        StorageError: The disk refuses.
    """
    note = _read_note(home)
    if note is None:
        return None
    publication = str(note["publication"])
    if (history_folder(home) / publication).is_dir():
        _take_place(home, publication)
        details: dict[str, Any] = {"completed_after_a_kill": True}
        event = str(note["event"])
        if event == "publish":
            details["published_values"] = (published_manifest(home) or {}).get("published_values")
        append(home, Entry(event, publication, details=details))
    end_switch(home)
    return publication


def switching(home: Home) -> str | None:
    """The publication that is just taking its place; None when none is."""
    note = _read_note(home)
    return None if note is None else str(note["publication"])


def publication_time(publication: str) -> datetime | None:
    """When a publication began, by its name; None if it is not the name of one."""
    if not _NAME.fullmatch(publication):
        return None
    return datetime.strptime(publication.partition("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)


def rollback(home: Home) -> dict[str, Any]:
    """Return to the publication that the current one replaced.

    The next `ttkpi run` or `ttkpi publish` publishes anew: what was wrong has to be corrected before.

    Returns:
        The manifest of what is published now.

    Raises:
        NotPublished: There is no current one either.
        RollbackRefused: There is none before, it is not kept any more, or it is not as it was published.
        HomeBusy: Another run holds the home.
        StorageError: The disk refuses.
    """
    with home.lock("rollback"):
        finish_switch(home)
        with recorded(home, "rollback") as entry:
            publication = _before(home)
            current = str((published_manifest(home) or {}).get("publication_id"))
            entry.subject = publication
            entry.details |= {"from": current}
            switch(home, publication, "rollback")
        end_switch(home)
    return published_manifest(home) or {}


def prune(home: Home) -> list[str]:
    """Remove all but the last publications. The current one and the one that it replaced always stay.

    Returns:
        The publications that were removed.

    Raises:
        StorageError: The disk refuses.
    """
    folder = history_folder(home)
    manifest = published_manifest(home) or {}
    stay = {manifest.get("publication_id"), manifest.get("replaces")}
    known = kept(home)
    removed = [name for name in known[: max(0, len(known) - KEPT)] if name not in stay]
    with storage_errors(folder):
        for name in removed:
            # Under another name first: a kill leaves no half of a publication that looks like a whole one.
            (folder / name).rename(folder / f"{_GONE}{name}")
        _sweep(folder)
    return removed


def _before(home: Home) -> str:
    require_published(home)
    manifest = published_manifest(home) or {}
    before = manifest.get("replaces")
    if not before:
        raise RollbackRefused(
            f"Before {manifest.get('publication_id') or 'the current publication'} nothing was published that is kept.",
            advice="The published file is as it was.",
        )
    folder = history_folder(home) / str(before)
    if not folder.is_dir():
        raise RollbackRefused(
            f"The publication before, {before}, is not kept any more: {folder} is gone.",
            advice=f"The published file is as it was. The last {KEPT} publications are kept.",
        )
    files = [folder / home.published.name, *sorted(folder.glob(f"audiences/*/{home.published.name}"))]
    wrong = [text for file in files for text in problems(file, home.seal_key())]
    if wrong:
        raise RollbackRefused(
            f"The publication before, {before}, is not as it was published: {wrong[0]}",
            advice="The published file is as it was. Restore the folder from your backup, or publish anew.",
        )
    return str(before)


def _take_place(home: Home, publication: str) -> None:
    source = history_folder(home) / publication
    target = home.published.parent
    audiences = sorted(path.name for path in (source / "audiences").glob("*"))
    with storage_errors(target):
        # First what may not be seen any more.
        for folder in audiences_folder(home).glob("*/"):
            if folder.name not in audiences:
                # What a person put beside it stays.
                for name in (BI_NAME, home.published.name, MANIFEST):
                    (folder / name).unlink(missing_ok=True)
                with suppress(OSError):
                    folder.rmdir()
        for audience in audiences:
            folder = audiences_folder(home) / audience
            folder.parent.mkdir(exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            for name in (BI_NAME, home.published.name):
                _replace(source / "audiences" / audience / home.published.name, folder / name)
            _replace(source / "audiences" / audience / MANIFEST, folder / MANIFEST)
        for path in (home.bi_file, home.published):
            _replace(source / home.published.name, path)
        _replace(source / MANIFEST, manifest_path(home))
    _remember_values(home, source, publication)


def _remember_values(home: Home, source: Path, publication: str) -> None:
    """The values of a publication are in the store from when it is the current one."""
    for kind in SCHEMAS:
        written, remembered = in_publication(source, kind), in_store(home, publication, kind)
        # A publication of an earlier version has none; one that was returned to is there already.
        if written.is_file() and not remembered.is_file():
            with storage_errors(remembered):
                _replace(written, remembered)


def _replace(source: Path, target: Path) -> None:
    with replacement(target) as fresh:
        try:
            os.link(source, fresh)
        except OSError:
            # Not every file system has hard links.
            shutil.copy2(source, fresh)
        keep_rights(target, fresh)


def keep_rights(old: Path, new: Path) -> None:
    """Whom a person let read the file may read the next one, and nobody else."""
    if not old.exists():
        return
    known = old.stat()
    new.chmod(known.st_mode & 0o777)
    with suppress(PermissionError):
        os.chown(new, -1, known.st_gid)


def _sweep(folder: Path) -> None:
    """What a killed publication or a killed pruning left behind."""
    for path in folder.glob(f"{_GONE}*"):
        shutil.rmtree(path)
    shutil.rmtree(folder / _NEW, ignore_errors=True)


def _read_note(home: Home) -> dict[str, Any] | None:
    path = _note(home)
    cure = (
        f"Delete it, then run `ttkpi publish`: a kill came while a publication took its place. {PUBLISH_ANEW}"
    )
    note = read_record(path, cure=cure)
    if note is not None and not {"publication", "event"} <= note.keys():
        raise RecordDamaged(f"{path} is damaged.", advice=cure)
    return note


def _note(home: Home) -> Path:
    return home.published.with_name("switching.json")
