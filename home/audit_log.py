"""The audit log: who did what to a home, one line of JSON each, appended and never changed.

| in the home | what |
| --- | --- |
| `audit_log.jsonl` | the entries, oldest first, mode 0600 |
| `audit_log.head.json` | number and hash of the newest, sealed: lines that are missing at the end are noticed |

An entry carries the hash of the line before and a seal (HMAC-SHA256 by the key of the home), so a line that was
changed, taken out or put in breaks the chain. The head is sealed by the same key, so lines can't be taken out at the
end either, and a log without its head is a changed one. Each entry is on the disk before the step that it tells of is
reported as done.

Two things no seal in the home can show. Whoever may read the key can write another chain; and log and head together
may be put back to how they were at an earlier time, as a restored backup is. Against both a copy of the newest hash
helps, kept elsewhere: every publication's manifest carries it, so what was before the last publication is held by
every copy of its manifest.

Entries say what was done and how it ended, never with what secret.
"""

from __future__ import annotations

import getpass
import hashlib
import hmac
import json
import os
import secrets
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from home.config import PROJECT_ROOT
from home.errors import TtkpiError
from home.layout import AUDIT_LOG, AUDIT_LOG_HEAD, Home, HomeBusy
from home.storage import replace_file, storage_errors, sync_folder

FILE_NAME = AUDIT_LOG
BEGINNING = "0" * 64
"""What the first entry carries as the hash of the line before."""
DONE, PARTLY, FAILED = "done", "partly", "failed"

_FORMAT, _SEALED_HEAD = "format", 2
_LOCK_SECONDS = 30
_TAIL = 1 << 16
_TEXT_LENGTH = 500


class AuditLogDamaged(TtkpiError):
    """The audit log is not as it was written."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Through what a step was started.

    Attributes:
        via: `cli`, `dagster`, or `python` for whoever calls the functions himself.
        run: Names the steps that belong together: Dagster's run id, or one of this process.
    """

    via: str = "python"
    run: str = field(default_factory=lambda: secrets.token_hex(6))


@dataclass(slots=True)
class Entry:
    """What a step tells about itself.

    Attributes:
        event: What was done: `sync`, `build`, `publish`, `seed_changed`, ...
        subject: To what: a month, a publication, a seed, a definition.
        outcome: `done`, `partly` or `failed`.
        details: Counts, ids and hashes.
    """

    event: str
    subject: str = ""
    outcome: str = DONE
    details: dict[str, Any] = field(default_factory=dict)


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)
_process = Origin()


def set_origin(via: str, run: str | None = None) -> None:
    """Say through what the steps of this context are started, from now on.

    Args:
        via: `cli` or `dagster`.
        run: Dagster's run id; by default an id of this process.
    """
    _origin.set(Origin(via, run or _process.run))


def current_run() -> str:
    """The id of the run that this step belongs to."""
    return (_origin.get() or _process).run


@contextmanager
def recorded(home: Home, event: str, subject: str = "") -> Iterator[Entry]:
    """Write an entry when the step inside ends, however it ends. The step adds its counts to the entry.

    A home that is in use by another run is no step: nothing was done.

    Raises:
        AuditLogDamaged: The step went well, but the log is not as it was written.
        StorageError: The step went well, but the entry can't be written.
    """
    entry = Entry(event, subject)
    try:
        yield entry
    except HomeBusy:
        raise
    except BaseException as error:
        entry.outcome = FAILED
        entry.details["error"] = f"{type(error).__name__}: {error}".strip()[:_TEXT_LENGTH]
        try:
            append(home, entry)
        except (TtkpiError, OSError) as second:
            # A disk that refuses is why the step failed; that error is the one to tell.
            error.add_note(f"The audit log has no entry of it: {second}")
        raise
    append(home, entry)


def append(home: Home, entry: Entry) -> None:
    """Write an entry behind the others, and to the disk.

    Raises:
        AuditLogDamaged: The newest line is not what was written last.
        ConfigError: The key is gone.
        StorageError: The disk refuses; the log is as it was.
    """
    origin = _origin.get() or _process
    path = home.root / FILE_NAME
    home.make()
    key = home.seal_key()
    with storage_errors(path), _locked(home):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            newest = _newest(handle, path)
            _require_head(home, key, newest)
            if newest is None:
                # Before the first entry, so that an entry without a head is never what a kill left.
                _write_head(home, key, 0, BEGINNING)
            number = (0 if newest is None else int(json.loads(newest)["number"])) + 1
            content: dict[str, Any] = {
                "number": number,
                "recorded_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "event": entry.event,
                "subject": entry.subject,
                "outcome": entry.outcome,
                "actor": _actor(),
                "host": socket.gethostname(),
                "via": origin.via,
                "run": origin.run,
                "revision": revision(PROJECT_ROOT),
                "details": entry.details,
                # From the entry with this on, the head is sealed.
                _FORMAT: _SEALED_HEAD,
                "previous": BEGINNING if newest is None else _hash(newest),
            }
            line = _line(content | {"seal": _seal(key, content)})
            end = os.fstat(handle).st_size
            try:
                _write(handle, line)
                os.fsync(handle)
                _write_head(home, key, number, _hash(line.rstrip(b"\n")))
            except OSError:
                # Half a line would be taken for the newest, and two whole ones behind the head for forged.
                os.ftruncate(handle, end)
                raise
        finally:
            os.close(handle)
        sync_folder(home.root)


def prepare(home: Home) -> None:
    """Make the log readable for the models: it is there, and its last line is a whole one.

    A kill or a power cut can leave a part of a line, of a step that was not reported as done. It is cut off.

    Raises:
        StorageError: The disk refuses.
    """
    path = home.root / FILE_NAME
    with storage_errors(path), _locked(home):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _cut_unfinished(handle)
        finally:
            os.close(handle)


def head(home: Home) -> tuple[int, str]:
    """Number and hash of the newest entry; 0 and zeros before the first."""
    record = _read_head(home)
    return (0, BEGINNING) if record is None else (int(record["number"]), str(record["hash"]))


def check(home: Home) -> dict[int, str]:
    """Check every entry against its seal and the one before.

    Returns:
        The hash of each entry by its number.

    Raises:
        AuditLogDamaged: A line was changed, is missing, or was put in; names the first.
        ConfigError: The key is gone.
        StorageError: The log can't be read.
    """
    path = home.root / FILE_NAME
    with storage_errors(path), _shared(home):
        text = path.read_bytes() if path.exists() else b""
        newest = _read_head(home)
    key = home.seal_key() if text or newest is not None else b""
    previous, hashes, is_sealed = BEGINNING, dict[int, str](), False
    # What follows the last line end was never reported as written.
    for number, line in enumerate(text.split(b"\n")[:-1], start=1):
        is_sealed = _check_line(path, key, line, number, previous)
        previous = hashes[number] = _hash(line)
    _check_head(home, key, newest, length=len(hashes), is_sealed=is_sealed)
    if newest is not None and ({0: BEGINNING} | hashes).get(int(newest["number"])) != newest["hash"]:
        raise AuditLogDamaged(
            f"{path} ends at entry {len(hashes)}, but entry {newest['number']} was written.",
            advice=_ADVICE,
        )
    return hashes


def entries(home: Home, event: str = "") -> list[dict[str, Any]]:
    """What the entries say, oldest first. Whether they were written like this says `check`.

    Args:
        home: Whose log.
        event: Only entries of this event; empty: all.

    Raises:
        AuditLogDamaged: A line is no entry; names it.
        StorageError: The log can't be read.
    """
    path = home.root / FILE_NAME
    with storage_errors(path), _shared(home):
        text = path.read_bytes() if path.exists() else b""
    # Of thousands of entries few are of one event: the others need not be parsed.
    sign = json.dumps(event).encode() if event else b""
    lines = enumerate(text.split(b"\n")[:-1], start=1)
    found = [_entry(path, number, line) for number, line in lines if sign in line]
    return [entry for entry in found if entry["event"] == event] if event else found


def _entry(path: Path, number: int, line: bytes) -> dict[str, Any]:
    """A line as an entry, with what every reader asks it for."""
    try:
        entry: dict[str, Any] = json.loads(line)
        int(entry["number"]), datetime.fromisoformat(entry["recorded_at"])
        if isinstance(entry["event"], str) and isinstance(entry["details"], dict) and "subject" in entry:
            return entry
    except (ValueError, TypeError, KeyError):
        pass  # told below
    raise AuditLogDamaged(f"{path}: line {number} is no entry.", advice=_ADVICE)


@cache
def revision(folder: Path) -> str | None:
    """The commit that a folder is checked out at, with `-dirty` if files were changed; None outside of git."""
    try:
        answer = subprocess.run(
            ["git", "--no-optional-locks", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None


_ADVICE = (
    "Somebody or something changed the audit log. Restore it and audit_log.head.json from your backup. To begin a new "
    "one, move both out of the home and keep them: the new log starts at entry 1."
)


def _check_line(path: Path, key: bytes, line: bytes, number: int, previous: str) -> bool:
    """Checks an entry; whether it was written with a sealed head."""
    try:
        content = json.loads(line)
        seal = content.pop("seal")
        own, before = content["number"], content["previous"]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise AuditLogDamaged(f"{path}: line {number} is no entry.", advice=_ADVICE) from None
    if not hmac.compare_digest(str(seal), _seal(key, content)):
        raise AuditLogDamaged(
            f"{path}: entry {own} in line {number} was changed: its seal does not fit.", advice=_ADVICE
        )
    if own != number or before != previous:
        raise AuditLogDamaged(
            f"{path}: entry {own} in line {number} does not follow the line before: entries were taken out or moved.",
            advice=_ADVICE,
        )
    return bool(content.get(_FORMAT) == _SEALED_HEAD)


def _require_head(home: Home, key: bytes, newest: bytes | None) -> None:
    """The newest line has to be the one that was written last, or one more, if a kill came before the head."""
    record = _read_head(home)
    path = home.root / FILE_NAME
    number, is_sealed = 0, False
    if newest is not None:
        content = json.loads(newest)
        number, is_sealed = int(content["number"]), content.get(_FORMAT) == _SEALED_HEAD
    _check_head(home, key, record, length=number, is_sealed=is_sealed)
    if record is None:
        return
    known = int(record["number"])
    is_same = number == known and (BEGINNING if newest is None else _hash(newest)) == record["hash"]
    if not is_same and number != known + 1:
        raise AuditLogDamaged(
            f"{path} ends at entry {number}, which is not the entry {known} that was written last.",
            advice=_ADVICE,
        )


def _check_head(
    home: Home, key: bytes, record: Mapping[str, Any] | None, *, length: int, is_sealed: bool
) -> None:
    """The head is there if the log is, and has its seal unless a version wrote both that knew none.

    Args:
        home: The home.
        key: Its key.
        record: The head.
        length: How many entries the log has.
        is_sealed: Whether the newest of them was written with a sealed head.
    """
    path = home.root / AUDIT_LOG_HEAD
    if record is None:
        if length:
            raise AuditLogDamaged(
                f"{path} is missing, and the audit log has {length} entries: nobody can say whether these are all.",
                advice=_ADVICE,
            )
        return
    content = {"number": int(record["number"]), "hash": str(record["hash"])}
    if "seal" not in record and not is_sealed:
        return
    if not hmac.compare_digest(str(record.get("seal")), _seal(key, content)):
        raise AuditLogDamaged(f"{path} was changed: its seal does not fit.", advice=_ADVICE)


def _newest(handle: int, path: Path) -> bytes | None:
    """The last whole line; None of an empty log."""
    _cut_unfinished(handle)
    size = os.fstat(handle).st_size
    if size == 0:
        return None
    length = _TAIL
    while True:
        start = max(0, size - length)
        lines = os.pread(handle, size - start, start).split(b"\n")
        # A line end before it is needed to know that it is whole.
        if len(lines) > 2 or start == 0:
            break
        length *= 2
    try:
        int(json.loads(lines[-2])["number"])
    except (ValueError, TypeError, KeyError):
        raise AuditLogDamaged(f"{path}: the last line is no entry.", advice=_ADVICE) from None
    return lines[-2]


def _cut_unfinished(handle: int) -> None:
    size = os.fstat(handle).st_size
    if size == 0 or os.pread(handle, 1, size - 1) == b"\n":
        return
    position = size
    while position > 0:
        start = max(0, position - _TAIL)
        found = os.pread(handle, position - start, start).rfind(b"\n")
        if found >= 0:
            os.ftruncate(handle, start + found + 1)
            return
        position = start
    os.ftruncate(handle, 0)


def _write(handle: int, line: bytes) -> None:
    view = memoryview(line)
    while view:
        view = view[os.write(handle, view) :]


def _read_head(home: Home) -> dict[str, Any] | None:
    path = home.root / AUDIT_LOG_HEAD
    try:
        record = json.loads(path.read_text(encoding="ascii"))
        int(record["number"]), str(record["hash"])
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        raise AuditLogDamaged(f"{path} is damaged.", advice=_ADVICE) from None
    return dict(record)


def _write_head(home: Home, key: bytes, number: int, hashed: str) -> None:
    path = home.root / AUDIT_LOG_HEAD
    content = {"number": number, "hash": hashed}
    replace_file(path, json.dumps(content | {"seal": _seal(key, content)}).encode("ascii"), mode=0o600)


def _locked(home: Home) -> FileLock:
    """Entries come from several processes at once: a run, and an authorisation beside it."""
    return FileLock(home.root / ".audit_log.lock", timeout=_LOCK_SECONDS, mode=0o600)


@contextmanager
def _shared(home: Home) -> Iterator[None]:
    """As `_locked`, for who only reads; a home that can't be written, as a backup, has nobody who writes."""
    with ExitStack() as stack:
        with suppress(PermissionError):
            if os.access(home.root, os.W_OK):
                stack.enter_context(_locked(home))
        yield


def _line(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str) + "\n").encode()


def _seal(key: bytes, content: Mapping[str, Any]) -> str:
    return hmac.new(key, _line(content), hashlib.sha256).hexdigest()


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _actor() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"
