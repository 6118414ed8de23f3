"""The token file: JSON, mode 0600, replaced as a whole and never half written."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import orjson
from filelock import FileLock, Timeout

from home.storage import sync_folder
from ingestion.engine.errors import TokenFileError

_ROOM = 16_384

S = TypeVar("S")
"""What a token file holds."""


@dataclass(frozen=True, slots=True)
class Form(Generic[S]):
    """How a token file is written and read.

    Attributes:
        empty: What a file that is not there holds.
        dump: From the state to JSON values.
        parse: From JSON values to the state; raises KeyError, TypeError, ValueError or AttributeError.
        again: What to do when the file is lost.
    """

    empty: Callable[[], S]
    dump: Callable[[S], dict[str, Any]]
    parse: Callable[[Any], S]
    again: str


class Replacement(Generic[S]):
    """The next version of the file, with its room on the disk already taken."""

    def __init__(self, path: Path, temporary: Path, descriptor: int, form: Form[S]) -> None:
        self._path = path
        self._temporary = temporary
        self._descriptor = descriptor
        self._form = form

    def commit(self, state: S) -> None:
        """Puts the state in the place of the file, all or nothing.

        Raises:
            TokenFileError: The disk refused; the file is as it was.
        """
        content = orjson.dumps(self._form.dump(state), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        with _file_errors(self._path, "written"):
            _write(self._descriptor, content)
            self._temporary.replace(self._path)
            sync_folder(self._path.parent)


class LockedFile(Generic[S]):
    """A file of tokens that is read and replaced. Callers hold its lock while they replace it.

    Args:
        path: The file.
        form: What is in it.
    """

    def __init__(self, path: Path, form: Form[S]) -> None:
        self.path = path
        self._form = form
        self._threads = threading.Lock()

    def make_folder(self) -> None:
        """Makes the folder, for its owner only, unless it is there."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read(self) -> S:
        """What the file holds; nothing when there is no file.

        Raises:
            TokenFileError: It can't be read or is damaged. It is left as it is.
        """
        with _file_errors(self.path, "read"):
            try:
                content = self.path.read_bytes()
            except FileNotFoundError:
                return self._form.empty()
        # What is wrong is told without quoting the file: it holds tokens.
        problem = "it is not JSON"
        try:
            return self._form.parse(orjson.loads(content))
        except orjson.JSONDecodeError:
            pass
        except (KeyError, TypeError, ValueError, AttributeError):
            problem = "it does not have the form this program writes"
        raise TokenFileError(
            f"{self.path} is damaged: {problem}. It was not changed.",
            advice=f"Restore it from a backup, or move it away and {self._form.again}.",
        )

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:
        """Holds the file against other threads and processes that replace it.

        Raises:
            TokenFileError: Somebody else holds it for too long, or the folder can't be written.
        """
        with self._threads:
            lock = FileLock(f"{self.path}.lock", mode=0o600)
            busy: TokenFileError | None = None
            try:
                self.make_folder()
                lock.acquire(timeout=timeout, poll_interval=0.02)
            except Timeout:
                busy = TokenFileError(
                    f"Another process has held {self.path} for {timeout:.0f} s.",
                    advice="Wait for it, or end it if it hangs.",
                )
            except OSError as error:
                busy = TokenFileError(
                    f"{self.path} can't be locked: {error.strerror}.",
                    advice="Make its folder writable for this user.",
                )
            if busy is not None:
                raise busy
            try:
                yield
            finally:
                lock.release()

    @contextmanager
    def replacement(self) -> Iterator[Replacement[S]]:
        """A new version in the making. Its room on the disk is taken at once, before tokens are asked for.

        Raises:
            TokenFileError: The folder can't be written, or the disk is full.
        """
        # By the file's own name: another token file in the folder has makings of its own.
        prefix = f".{self.path.stem}-"
        with _file_errors(self.path, "written"):
            # A killed process may have left one; nobody else is writing, as we hold the lock.
            for left_over in self.path.parent.glob(f"{prefix}*"):
                left_over.unlink(missing_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=prefix, dir=self.path.parent)
        temporary = Path(name)
        try:
            with _file_errors(self.path, "written"):
                size = self.path.stat().st_size if self.path.exists() else 0
                _write(descriptor, b" " * (size + _ROOM))
            yield Replacement(self.path, temporary, descriptor, self._form)
        finally:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)


def _write(descriptor: int, content: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    written = 0
    while written < len(content):
        written += os.write(descriptor, content[written:])
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)


@contextmanager
def _file_errors(path: Path, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TokenFileError(
            f"{path} can't be {verb}: {error.strerror}.",
            advice="Check the rights of the file and its folder, and the room on the disk.",
        ) from error
