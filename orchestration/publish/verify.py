"""Checks that what is and was published is as it was published, and that archive, raw and audit log are whole.

| checked | against |
| --- | --- |
| each published file | checksum, size and rows of its manifest, and the publication that the file itself says it is |
| each manifest | its seal, by the key of the home |
| the audience files | the list and the checksums in the manifest of the whole file |
| each file of `published_values/` | its checksum in the audit log, in the entry of its publication; none is missing |
| the audit log | the chain of its entries, their seals, its head, and the hash in the manifest of the publication |
| the archive | the checks in its manifests, and each file that they name against the digest in its name |
| the raw folder | each data file against its digest in `raw/files.jsonl` |

Nothing is written, so a backup can be checked where it lies, also on a read-only disk; only a switch of publications
that a kill came into is finished first, where that is possible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from home.audit_log import AuditLogDamaged, entries
from home.audit_log import check as check_log
from home.inputs import damage, inputs_folder
from home.layout import Home, HomeBusy
from home.records import RecordDamaged, read_record
from home.storage import StorageError, storage_errors
from ingestion.engine.archive import Archive
from ingestion.engine.manifest import ManifestDamaged
from ingestion.engine.raw_files import CURE, RawFiles
from orchestration.history.publications import (
    PUBLISH_ANEW,
    finish_switch,
    history_folder,
    kept,
    publication_time,
    published_manifest,
    switching,
    was_published,
)
from orchestration.history.published import audiences_folder
from orchestration.history.published_values import NONE, SCHEMAS, in_store, is_empty
from orchestration.history.seal import MANIFEST, problems, sha256
from orchestration.publish.postgres.config import configured_server

_RESTORE = "Restore it from your backup. What is published is not concerned."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about one thing.

    Attributes:
        subject: A file, or the audit log.
        problems: What is wrong, in plain words; empty when it is as it was written.
        about: What is right: publication, rows, entries.
        is_sealed: The seal was checked; False where the key is not known.
        cure: What to do if something is wrong.
    """

    subject: Path | str
    problems: tuple[str, ...]
    about: str
    is_sealed: bool = True
    cure: str = ""


def verify_file(home: Home, path: Path) -> Verdict:
    """Check one published file, wherever it lies. Its manifest has to lie beside it.

    The seal is checked if this home has a key; another home's seal does not fit.

    Raises:
        StorageError: It can't be read.
    """
    path = path.absolute()
    key = home.seal_key() if home.seal_key_file.is_file() else None
    found = tuple(problems(path, key))
    return Verdict(path, found, "" if found else _about(path), is_sealed=key is not None)


def verify_home(home: Home, *, history: bool = False, stored: bool = True) -> list[Verdict]:
    """Check what is published, for everybody and for audiences, the audit log, the archive and the raw folder.

    Args:
        home: The home.
        history: Check also the former publications that are kept.
        stored: Check the archive and the raw folder: all of it is read.

    Raises:
        ConfigError: The key of the seals is gone.
        StorageError: A file can't be read.
    """
    try:
        with home.lock("verify"):
            finish_switch(home)
    except (HomeBusy, StorageError):
        # A run is at work, or the home can't be written, as a backup. It can be checked all the same.
        pass
    if home.published.is_file():
        # A seal that can't be checked is no seal.
        home.seal_key()
    # One that never published has no file to check; nor has one whose folder is gone, and that is told.
    current = [verify_file(home, _current_file(home)), *_other_name(home)] if was_published(home) else []
    verdicts = [*current, *_audiences(home)]
    verdicts = [replace(one, cure=_cure(home)) for one in verdicts]
    if history:
        for publication in reversed(kept(home)):
            folder = history_folder(home) / publication
            files = [folder / home.published.name, *sorted(folder.glob(f"audiences/*/{home.published.name}"))]
            verdicts += [replace(verify_file(home, file), cure=_RESTORE) for file in files]
    log = _log(home)
    verdicts += [replace(one, cure=_RESTORE) for one in (_values(home, is_whole=not log.problems), log)]
    verdicts += _inputs(home)
    return [*verdicts, *_server(home), *_stored(home)] if stored else verdicts


def _inputs(home: Home) -> Iterator[Verdict]:
    """Whether the inputs of the team, where there are any, are as they were imported."""
    found, count = damage(home)
    if found or count:
        about = f"{count} versions" if count != 1 else "1 version"
        yield Verdict(inputs_folder(home), tuple(found), about, cure=_RESTORE)


def _server(home: Home) -> Iterator[Verdict]:
    """Whether PostgreSQL, where it is configured, has what was published."""
    server = configured_server()
    if server is None or not home.published.is_file():
        return
    from orchestration.publish.postgres.publish import ServerFailed
    from orchestration.publish.postgres.verify import problems_of_server

    try:
        found = tuple(problems_of_server(server, home))
    except ServerFailed as error:
        found = (error.message,)
    yield Verdict(
        f"PostgreSQL at {server.place}",
        found,
        "" if found else "every row of every table is as published",
        cure="Run `ttkpi publish`; if it stays, drop the schema on the server first: it is made anew.",
    )


def _current_file(home: Home) -> Path:
    """The published file by the name that people open; by the other one where the two are not one file."""
    one, other = home.bi_file, home.published
    is_one = one.is_file() and other.is_file() and one.samefile(other)
    return one if is_one or not (one.is_file() or other.is_file()) else other


def _other_name(home: Home) -> Iterator[Verdict]:
    """The file under the name for BI tools, where it is not the same file but a copy of it."""
    if home.bi_file.is_file() and not (home.published.is_file() and home.bi_file.samefile(home.published)):
        yield verify_file(home, home.bi_file)


def _cure(home: Home) -> str:
    """What to do about a published file that is damaged."""
    try:
        published_manifest(home)
    except RecordDamaged:
        # Nobody can say which publication came before.
        return PUBLISH_ANEW
    return f"{PUBLISH_ANEW} `ttkpi rollback` returns to the publication before."


def _stored(home: Home) -> list[Verdict]:
    found = [*_archive(home), _raw(home)]
    if not any(one.problems for one in found):
        return found
    # A run that merged files meanwhile has removed some that were known a moment ago.
    try:
        with home.lock("verify"):
            return [*_archive(home), _raw(home)]
    except HomeBusy as error:
        return [
            replace(one, problems=(), about=f"not known while another run is at work. {error.message}")
            if one.problems
            else one
            for one in found
        ]
    except StorageError:
        return found


def _archive(home: Home) -> Iterator[Verdict]:
    for path, files, found in Archive(home.archive).check():
        cure = "Restore it from your backup of the archive; the raw tables still have its rows."
        yield Verdict(path, tuple(found), "" if found else f"{files:,} files of the archive", cure=cure)


def _raw(home: Home) -> Verdict:
    files = RawFiles(home.raw)
    try:
        found = tuple(files.problems(read_all=True))
        about = f"{len(files.known()):,} files"
    except ManifestDamaged as error:
        return Verdict(home.raw, (error.message,), "", cure="The next build or sync writes the list anew.")
    return Verdict(home.raw, found, "" if found else about, cure=CURE)


def _about(path: Path) -> str:
    manifest = read_record(path.with_name(MANIFEST)) or {}
    tables = manifest.get("tables") or {}
    return (
        f"publication {manifest.get('publication_id')}, {len(tables)} tables, {sum(tables.values()):,} rows, "
        f"sha256 {str(manifest.get('sha256'))[:12]}"
    )


def _audiences(home: Home) -> Iterator[Verdict]:
    sealed = _sealed_audiences(home)
    folders = {path.parent.name for path in audiences_folder(home).glob(f"*/{home.published.name}")}
    for name in sorted(folders | sealed.keys()):
        path = audiences_folder(home) / name / home.published.name
        verdict = verify_file(home, path)
        found = list(verdict.problems)
        if name not in sealed:
            found.append(f"{path} is not of the current publication: it has no audience {name}.")
        elif not found and (read_record(path.with_name(MANIFEST)) or {}).get("sha256") != sealed[name]:
            found.append(f"{path} is of another publication than {home.bi_file}.")
        yield Verdict(path, tuple(found), "" if found else verdict.about)


def _sealed_audiences(home: Home) -> dict[str, str]:
    try:
        return dict((published_manifest(home) or {}).get("audiences") or {})
    except RecordDamaged:
        # The verdict about the published file says so.
        return {}


def _values(home: Home, *, is_whole: bool) -> Verdict:
    folder = home.published_values
    if not is_whole:
        problem = f"{folder} can't be checked: the checksums are in the audit log, and that is not as it was written."
        return Verdict(folder, (problem,), "")
    # In this order: a publication that is at work beside this has its files first, and its entry before it is done.
    with storage_errors(folder):
        paths = sorted(path for kind in SCHEMAS for path in (folder / kind).glob("*.parquet"))
    under_way = switching(home)
    log = entries(home)
    checksums = {
        str(entry["subject"]): dict(entry["details"]["published_values"])
        for entry in log
        if entry["details"].get("published_values")
    }
    published = {str(entry["subject"]) for entry in log if entry["event"] == "publish"}
    began = datetime.fromisoformat(log[0]["recorded_at"]) if log else None
    found, unchecked = list[str](), 0
    with storage_errors(folder):
        for path in paths:
            publication, kind = path.stem, path.parent.name
            if path.name == NONE:
                if not is_empty(path):
                    found.append(f"{path} has rows: nobody published them.")
            elif publication in checksums:
                if sha256(path) != checksums[publication].get(kind):
                    found.append(
                        f"{path} was changed after it was published: its checksum is not the one of the log."
                    )
            elif publication in published or _is_before(publication, began):
                unchecked += 1
            elif publication != under_way:
                found.append(f"{path} was not published: the audit log has no publication {publication}.")
    found += [
        f"{in_store(home, publication, kind)} is missing: publication {publication} wrote it."
        for publication, kinds in sorted(checksums.items())
        for kind in kinds
        if not in_store(home, publication, kind).is_file()
    ]
    about = f"values of {len(checksums):,} publications"
    if unchecked:
        about += f"; {unchecked:,} files are not checked: when they were written, no checksum was recorded"
    return Verdict(folder, tuple(found), "" if found else about)


def _is_before(publication: str, began: datetime | None) -> bool:
    """Whether a publication is older than the audit log: who begins a new one keeps the values."""
    at = publication_time(publication)
    return at is not None and (began is None or at < began)


def _log(home: Home) -> Verdict:
    path = home.root / "audit_log.jsonl"
    try:
        hashes = check_log(home)
    except AuditLogDamaged as error:
        return Verdict(path, (error.message,), "")
    try:
        anchor = (published_manifest(home) or {}).get("audit_log") or {}
    except RecordDamaged:
        anchor = {}
    number = int(anchor.get("number") or 0)
    if number and hashes.get(number) != anchor.get("hash"):
        return Verdict(
            path,
            (
                f"{path}: entry {number} is not the one that was there when the published file was sealed: the log was "
                "written anew.",
            ),
            "",
        )
    return Verdict(path, (), f"{len(hashes):,} entries")
