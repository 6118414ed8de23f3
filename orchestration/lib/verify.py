"""Checks that what is published is what was published, and that the audit log is whole.

| checked | against |
| --- | --- |
| each published file | checksum, size and rows of its manifest, and the publication that the file itself says it is |
| each manifest | its seal, by the key of the home |
| the audience files | the list and the checksums in the manifest of the whole file |
| the audit log | the chain of its entries, their seals, and the hash in the manifest of the publication |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.audit_log import AuditLogDamaged
from ingestion.audit_log import check as check_log
from ingestion.home import Home, HomeBusy
from orchestration.lib.history import (
    audiences_folder,
    finish_switch,
    history_folder,
    kept,
    published_manifest,
)
from orchestration.lib.records import RecordDamaged, read_record
from orchestration.lib.seal import MANIFEST, problems


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about one thing.

    Attributes:
        subject: A file, or the audit log.
        problems: What is wrong, in plain words; empty when it is as it was written.
        about: What is right: publication, rows, entries.
        is_sealed: The seal was checked; False where the key is not known.
    """

    subject: Path
    problems: tuple[str, ...]
    about: str
    is_sealed: bool = True


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


def verify_home(home: Home, *, history: bool = False) -> list[Verdict]:
    """Check what is published, for everybody and for audiences, and the audit log.

    Args:
        home: The home.
        history: Check also the former publications that are kept.

    Raises:
        ConfigError: The key of the seals is gone.
        StorageError: A file can't be read.
    """
    try:
        with home.lock("verify"):
            finish_switch(home)
    except HomeBusy:
        # A run is at work. What is published can be checked all the same.
        pass
    if home.published.is_file():
        # A seal that can't be checked is no seal.
        home.seal_key()
    verdicts = [verify_file(home, home.published), *_audiences(home)]
    if history:
        for publication in reversed(kept(home)):
            folder = history_folder(home) / publication
            files = [folder / home.published.name, *sorted(folder.glob(f"audiences/*/{home.published.name}"))]
            verdicts += [verify_file(home, file) for file in files]
    verdicts.append(_log(home))
    return verdicts


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
            found.append(f"{path} is of another publication than {home.published}.")
        yield Verdict(path, tuple(found), "" if found else verdict.about)


def _sealed_audiences(home: Home) -> dict[str, str]:
    try:
        return dict((published_manifest(home) or {}).get("audiences") or {})
    except RecordDamaged:
        # The verdict about the published file says so.
        return {}


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
