"""Reads workbooks through a process that may die of them.

A workbook says little about what it becomes in memory: a cell at XFD1048576 asks for 549 GB, and a few kilobytes of zip
for gigabytes. What it declares is looked at first, and refused where it is beyond any export; what it does not declare
ends the process that reads it, by memory or by time, and not the import.
"""

from __future__ import annotations

import atexit
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from home.config import PROJECT_ROOT
from home.memory import available_bytes
from ingestion.seller_center.unreadable import Unreadable

LEAST_MEMORY = 1_500_000_000
"""The reader may have a quarter of the machine's memory, but so much at least."""
SECONDS = 300.0
"""So long at most may the reader take for the answers about one file."""

_WORKER = "ingestion.seller_center.workbook_worker"
_LARGEST_ANSWER = 1 << 30


class Workbook:
    """An open workbook.

    Args:
        path: The file.

    Attributes:
        sheets: Names of its sheets.

    Raises:
        Unreadable: It is damaged, protected, too large, or nothing could open it within the limits.
    """

    def __init__(self, path: Path) -> None:
        self._reader = _reader()
        self._left = SECONDS
        answer = self._ask("open", str(path.absolute()))
        if "code" in answer:
            raise Unreadable(answer["code"], answer["reason"])
        self._book: int = answer["book"]
        self.sheets: list[str] = answer["sheets"]

    def rows(self, sheet: int) -> Iterator[list[Any]]:
        """The rows of a sheet from the first one, anew at each call.

        Raises:
            Unreadable: The reader died of them.
        """
        reading = self._ask("begin", self._book, sheet)["reading"]
        is_over = False
        try:
            while chunk := self._ask("next", reading):
                yield from chunk
            is_over = True
        finally:
            if not is_over and self._reader.is_alive:
                with suppress(Unreadable):
                    self._ask("end", reading)

    def _ask(self, name: str, *values: Any) -> Any:
        began = time.monotonic()
        try:
            return self._reader.ask([name, *values], began + self._left)
        finally:
            self._left -= time.monotonic() - began


class _Reader:
    """The process that opens workbooks, one question at a time."""

    def __init__(self) -> None:
        self._memory = max(LEAST_MEMORY, available_bytes() // 4)
        path = os.pathsep.join(filter(None, [str(PROJECT_ROOT), os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", _WORKER, str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # What it says when it dies is told in our words.
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, question: list[Any], deadline: float) -> Any:
        """Asks, and waits for the answer.

        Raises:
            Unreadable: The process died, or took too long and was ended.
        """
        output, answers = self._process.stdin, self._process.stdout
        if output is None or answers is None:
            raise ValueError("a process without pipes")
        try:
            output.write(orjson.dumps(question) + b"\n")
            output.flush()
            length = int.from_bytes(_exactly(answers, 8, deadline), "big")
            if length > _LARGEST_ANSWER:
                raise EOFError
            return orjson.loads(_exactly(answers, length, deadline))
        except TimeoutError:
            self.close()
            raise Unreadable("file_takes_too_long", f"{SECONDS:.0f}") from None
        except (OSError, EOFError):
            self.close()
            raise Unreadable("file_kills_reader", f"{self._memory / 1e6:,.0f} MB") from None

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # what was still to be sent has nobody to go to


def _exactly(pipe: BinaryIO | Any, length: int, deadline: float) -> bytes:
    parts, handle = list[bytes](), pipe.fileno()
    while length:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([handle], [], [], left)[0]:
            raise TimeoutError
        part = os.read(handle, min(length, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


_running: list[_Reader] = []


def _reader() -> _Reader:
    """The process, started when there is none: one for all files, as a start takes as long as a small file does."""
    if _running and not _running[0].is_alive:
        _running.pop().close()
    if not _running:
        _running.append(_Reader())
    return _running[0]


@atexit.register
def _end() -> None:
    while _running:
        _running.pop().close()
