"""The process that is syncing, and that may be killed. Everything in it is what `ttkpi sync` does, but the waiting.

It runs in a process of its own, started by a fork server that has the libraries loaded: importing them takes
longer than a small sync.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dlt  # noqa: F401 (loaded before the fork)

import ingestion.engine.wire
from home.errors import TtkpiError
from home.layout import Home
from ingestion.sync import sync

OK, TROUBLED, REFUSED = 0, 3, 2
_CHANGES = frozenset({"os.rename", "os.remove"})


def work(
    environment: Mapping[str, str], root: str, until: int, die_at_write: int | None, report_to: str
) -> None:
    """Syncs a home and leaves what came of it in a file.

    Args:
        environment: Where the shop, the ads and the exchange rates are.
        root: The home.
        until: End of all windows, unix seconds.
        die_at_write: The process kills itself when it changes its so many-th file; None: it does not.
        report_to: JSON file for `errors`, `resources` that failed and `writes`.
    """
    os.environ.update(environment)
    # Waiting is told a person who looks on; here nobody does.
    logging.getLogger("ingestion").addHandler(logging.NullHandler())
    ingestion.engine.wire.backoff_seconds = lambda failures, retry_after: 0.01
    written = _count_writes(root, die_at_write)
    errors: list[str] = []
    code = OK
    try:
        report = sync(Home(Path(root)), until=datetime.fromtimestamp(until, UTC))
    except TtkpiError as error:
        errors, code = [str(error)], REFUSED
    else:
        errors = [*report.errors, *(text for one in (*report.shops, *report.accounts) for text in one.errors)]
        code = TROUBLED if report.failed else OK
    Path(report_to).write_text(json.dumps({"errors": errors, "writes": written[0]}), encoding="utf-8")
    # Without the clearing up of the libraries, which has nothing to do any more.
    sys.stdout.flush()
    os._exit(code)


def _count_writes(root: str, die_at: int | None) -> list[int]:
    """Counts, from now on, how often a file of the home is opened for writing, renamed or removed."""
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
