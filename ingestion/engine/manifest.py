"""A manifest: lines of JSON that are only added to, of which none can be lost or changed unseen.

| file | what |
| --- | --- |
| `<shop>.jsonl` | the lines; each ends with a check of itself and of all lines before it |
| `<shop>.head.json` | how many lines and bytes were written, and the check of the last one |

A kill leaves at most the part of a last line, which never counted: it is passed over, and cut off by the next writer.
Anything else that does not fit its check, or a file that is shorter than the head says, is damage, and stops whoever
reads. The head is written after the lines, so a kill leaves it behind them, never before; one that is lost or damaged
is made anew from the lines.

Lines of a home that an older version wrote have no check. They are read as they are, and are held by the checks of the
lines that come after them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from home.storage import StorageError, replace_file, storage_errors

SUFFIX = ".jsonl"
_HEAD_SUFFIX = ".head.json"
_BEGINNING = "0" * 32
"""The check before the first line."""
_MARK = b',"check":"'
_CHECK_LENGTH = 32
_TRIES = 3


class ManifestDamaged(StorageError):
    """A manifest is not as it was written. What it names is left alone."""


@dataclass(frozen=True, slots=True)
class _Head:
    """How far a manifest was written.

    Attributes:
        lines: How many lines.
        bytes: Their length.
        check: The check of the last one.
    """

    lines: int = 0
    bytes: int = 0
    check: str = _BEGINNING


@dataclass(frozen=True, slots=True)
class _Content:
    lines: list[bytes]
    head: _Head


class Manifest:
    """Reads and writes one manifest. One process writes at a time.

    Args:
        path: The file with the lines.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.head_path = path.with_name(path.name.removesuffix(SUFFIX) + _HEAD_SUFFIX)

    def read(self) -> list[bytes]:
        """The lines, as JSON without their checks; none when nothing was written yet.

        Raises:
            ManifestDamaged: It is not as it was written; names the file and the line.
            StorageError: It can't be read.
        """
        return self._content().lines

    def append(self, lines: Iterable[bytes]) -> None:
        """Adds lines, safe on the disk when this returns.

        Args:
            lines: JSON objects, without line breaks.

        Raises:
            ManifestDamaged: It is not as it was written. Nothing was added.
            StorageError: The disk refuses.
        """
        with storage_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            size = self.path.stat().st_size if self.path.exists() else 0
            head = self._read_head()
            # Whoever wrote last left the head; only after a kill, or damage, is everything read.
            if head is None or head.bytes != size:
                head = self._content().head
            with self.path.open("ab") as file:
                if head.bytes != size:
                    file.truncate(head.bytes)
                content, head = _written(lines, head)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self._write_head(head)

    def replace(self, lines: Iterable[bytes]) -> None:
        """Puts other lines in the place of all, in one step.

        Raises:
            StorageError: The disk refuses; the lines are as they were.
        """
        before = self._content().head
        content, head = _written(lines, _Head())
        # After a kill in between, the lines are either those of the old head or those of the new one.
        self._write_head(before, coming=head)
        replace_file(self.path, content)
        self._write_head(head)

    def discard(self) -> None:
        """Forgets all lines, of a manifest that can be made anew from what it names.

        Raises:
            StorageError: The disk refuses.
        """
        with storage_errors(self.path):
            self.head_path.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)

    def _content(self) -> _Content:
        for _ in range(_TRIES):
            # In this order: whoever writes beside this may add lines that the head does not know yet.
            heads = self._read_heads()
            with storage_errors(self.path):
                text = self.path.read_bytes() if self.path.exists() else b""
            content = _parsed(self.path, text)
            if not heads or any(_holds(content, text, head) for head in heads):
                return content
        raise ManifestDamaged(
            f"{self.path} is not the file that was written last: "
            f"it has {content.head.lines} whole lines, and {heads[0].lines} were written.",
            advice=_advice(self.path, self.head_path),
        )

    def _read_head(self) -> _Head | None:
        heads = self._read_heads()
        return heads[0] if len(heads) == 1 else None

    def _read_heads(self) -> list[_Head]:
        """What was written last; two while lines are replaced; none when that is not known."""
        try:
            record = orjson.loads(self.head_path.read_bytes())
            check = record.pop("check")
            if check != _digest(orjson.dumps(record)):
                return []
            return [_Head(*one) for one in record["written"]]
        except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
            return []

    def _write_head(self, head: _Head, *, coming: _Head | None = None) -> None:
        heads = [head] if coming is None else [head, coming]
        record: dict[str, Any] = {"written": [[one.lines, one.bytes, one.check] for one in heads]}
        record["check"] = _digest(orjson.dumps(record))
        # In place and without waiting for the disk: a power cut may leave an older one, a half, or none, and each of
        # these allows the lines that are there. A whole one is short enough to be written in one go.
        with storage_errors(self.head_path):
            self.head_path.write_bytes(orjson.dumps(record))


def manifests(folder: Path) -> Iterator[Manifest]:
    """The manifests of a folder, by name; also one whose lines are gone and whose head is there."""
    names = {path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}")}
    names |= {path.name.removesuffix(_HEAD_SUFFIX) for path in folder.glob(f"*{_HEAD_SUFFIX}")}
    for name in sorted(names):
        if not name.startswith("."):
            yield Manifest(folder / f"{name}{SUFFIX}")


def _written(lines: Iterable[bytes], head: _Head) -> tuple[bytes, _Head]:
    """Lines with their checks, and the head after them."""
    parts, check = list[bytes](), head.check
    for line in lines:
        check = _digest(check.encode() + line)
        parts.append(line[:-1] + _MARK + check.encode() + b'"}\n')
    content = b"".join(parts)
    return content, _Head(head.lines + len(parts), head.bytes + len(content), check)


def _parsed(path: Path, text: bytes) -> _Content:
    lines, at, check, begun = list[bytes](), 0, _BEGINNING, False
    # What follows the last line end is what a kill left of a line: it never counted.
    while (end := text.find(b"\n", at)) >= 0:
        line, own = _parted(text[at:end])
        check = _digest(check.encode() + line)
        if own != check if own is not None else begun or not _is_object(line):
            raise damaged(path, len(lines) + 1)
        begun = begun or own is not None
        lines.append(line)
        at = end + 1
    return _Content(lines, _Head(len(lines), at, check))


def _parted(line: bytes) -> tuple[bytes, str | None]:
    """A line without its check, and the check; None of a line of an older version."""
    start = len(line) - _CHECK_LENGTH - 2 - len(_MARK)
    if start > 0 and line.startswith(_MARK, start) and line.endswith(b'"}'):
        check = line[-_CHECK_LENGTH - 2 : -2]
        return line[:start] + b"}", check.decode("ascii", "replace")
    return line, None


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _holds(content: _Content, text: bytes, head: _Head) -> bool:
    """Whether the first lines are those of which a head tells; a kill may have left more behind them."""
    if head.lines > content.head.lines or head.bytes > content.head.bytes:
        return False
    if (head.lines, head.bytes) == (content.head.lines, content.head.bytes):
        return head.check == content.head.check
    part = text[: head.bytes]
    check, lines = _BEGINNING, part.split(b"\n")[:-1]
    for line in lines:
        check = _digest(check.encode() + _parted(line)[0])
    return len(lines) == head.lines and check == head.check


def damaged(path: Path, number: int) -> ManifestDamaged:
    """The error of a line that is not as it was written; lines count from 1."""
    return ManifestDamaged(
        f"Line {number} of {path} is not as it was written.",
        advice="Restore the file from your backup of the archive. If a version before this one was interrupted there, "
        f"and the line is only the beginning of one, remove line {number}. Until then no file of the archive is "
        "removed.",
    )


def _advice(path: Path, head: Path) -> str:
    return (
        f"Restore {path.name} from your backup of the archive. If it was restored from an older backup on purpose, "
        f"remove {head}: what came after that backup is read again, or stays in archive/unnamed."
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_CHECK_LENGTH]
