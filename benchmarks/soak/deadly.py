"""A process that kills itself at its so many-th change of a folder: `kill -9` at any point, by number."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CHANGES = frozenset({"os.rename", "os.remove"})


def count_writes(root: str, die_at: int | None) -> list[int]:
    """Count, from now on, how often a file of a folder is opened for writing, renamed or removed.

    Args:
        root: The folder.
        die_at: The process kills itself when it makes its so many-th change; None: it does not.

    Returns:
        A list of one number, the count so far.
    """
    count = [0]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if (
                not isinstance(path, str)
                or not path.startswith(root)
                or not flags & (os.O_WRONLY | os.O_RDWR)
            ):
                return
        elif event not in _CHANGES:
            return
        count[0] += 1
        if count[0] == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return count


def do_and_die(
    action: Callable[..., object], arguments: tuple[Any, ...], root: str, die_at: int, whole: str
) -> None:
    """What a process does that is to be killed; it lives when it comes to the end before.

    Args:
        action: What to do.
        arguments: With what.
        root: The folder whose changes are counted.
        die_at: The process is killed at its so many-th change.
        whole: A file that is written at the end: the number of changes.
    """
    count = count_writes(root, die_at)
    action(*arguments)
    Path(whole).write_text(str(count[0]))
