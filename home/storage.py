"""Writing to the disk so that a kill or a power cut leaves either the old or the new, never a half.

Errors of the disk become `StorageError`, which says what to do.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from home.config import HOME_VARIABLE
from home.errors import TtkpiError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class StorageError(TtkpiError):
    """The disk is full, read-only, or refuses us. What was stored before is intact."""


def storage_error(error: OSError, path: Path) -> StorageError:
    """The message for an error of the disk: what it was about, and what to do."""
    where = error.filename or path
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"No space left while writing {where}.",
            advice="Free some space and run the same command again: it continues where this one stopped.",
        )
    if error.errno == errno.EROFS:
        return StorageError(
            f"{where} is on a read-only disk.",
            advice=f"Mount it writable, or point {HOME_VARIABLE} to another folder.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return StorageError(
            f"No permission to write {where}.",
            advice=f"Give this user the folder, or point {HOME_VARIABLE} to another one.",
        )
    return StorageError(
        f"{where} can't be used: {error.strerror or error}.",
        advice="Check the disk, then run the same command again: it continues where this one stopped.",
    )


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns errors of the disk into `StorageError`."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, path) from error


def sync_folder(folder: Path) -> None:
    """Makes renames inside a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def replacement(path: Path, *, mode: int | None = None) -> Iterator[Path]:
    """Replaces a file as a whole, in one step that survives a power cut.

    When the block fails, the old file is as it was and nothing is left beside it.

    Args:
        path: The file; its folder is made.
        mode: Rights of the new file, from its first byte on; by default those that the umask leaves.

    Yields:
        The name under which the block writes the new version.

    Raises:
        StorageError: The disk is full or refuses.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # A killed process with the same number may have left one, with other rights.
            temporary.unlink(missing_ok=True)
            if mode is not None:
                temporary.touch(mode)
                temporary.chmod(mode)
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)


def replace_file(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Replaces a file by other bytes: see `replacement`.

    Raises:
        StorageError: The disk is full or refuses; the old file is as it was.
    """
    with replacement(path, mode=mode) as temporary:
        temporary.write_bytes(content)


def exchange_folders(new: Path, current: Path) -> None:
    """Puts the finished folder `new` in the place of `current` and removes the old one.

    On Linux both names change in one step (`renameat2`), so a reader sees either folder, never none.
    Where the file system lacks it, two renames are made, and `finish_exchange` completes them if a kill
    comes in between.

    Raises:
        OSError: The disk refuses; `current` is still the old folder then.
    """
    old = current.with_name(current.name + ".old")
    if old.exists():
        shutil.rmtree(old)
    if not current.exists():
        new.rename(current)
    elif _swap_names(new, current):
        new.rename(old)
    else:
        current.rename(old)
        new.rename(current)
    sync_folder(current.parent)
    shutil.rmtree(old, ignore_errors=True)


def finish_exchange(current: Path) -> None:
    """Completes `exchange_folders` after a kill: the old folder comes back if no new one took its place."""
    old = current.with_name(current.name + ".old")
    if old.exists():
        if current.exists():
            shutil.rmtree(old)
        else:
            old.rename(current)


def _swap_names(one: Path, other: Path) -> bool:
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    done = renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return bool(done == 0)
