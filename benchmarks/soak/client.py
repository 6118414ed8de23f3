"""The process that is syncing, and that may be killed. Everything in it is what `ttkpi sync` does, but the waiting.

It runs in a process of its own, started by a fork server that has the libraries loaded: importing them takes
longer than a small sync.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import dlt  # noqa: F401 (loaded before the fork)

import ingestion.engine.wire
from benchmarks.soak.deadly import count_writes
from home.errors import TtkpiError
from home.layout import Home
from ingestion.sync import SyncReport, sync

OK, TROUBLED, REFUSED = 0, 3, 2


def work(
    environment: Mapping[str, str],
    root: str,
    until: int,
    die_at_write: int | None,
    report_to: str,
    whole: bool = False,
) -> None:
    """Syncs a home, or runs it, and leaves what came of it in a file.

    Args:
        environment: Where the shop, the ads and the exchange rates are.
        root: The home.
        until: End of all windows, unix seconds.
        die_at_write: The process kills itself when it changes its so many-th file; None: it does not.
        report_to: JSON file for `errors`, `resources` that failed and `writes`.
        whole: Build, audit and publish, too.
    """
    os.environ.update(environment)
    # Waiting is told a person who looks on; here nobody does.
    logging.getLogger("ingestion").addHandler(logging.NullHandler())
    ingestion.engine.wire.backoff_seconds = lambda failures, retry_after: 0.01
    written = count_writes(root, die_at_write)
    errors: list[str] = []
    code = OK
    try:
        report = _run(Home(Path(root)), datetime.fromtimestamp(until, UTC), whole)
    except TtkpiError as error:
        errors, code = [str(error)], REFUSED
    else:
        errors = [*report.errors, *(text for one in (*report.shops, *report.accounts) for text in one.errors)]
        code = TROUBLED if report.failed else OK
    Path(report_to).write_text(json.dumps({"errors": errors, "writes": written[0]}), encoding="utf-8")
    # Without the clearing up of the libraries, which has nothing to do any more.
    sys.stdout.flush()
    os._exit(code)


def _run(home: Home, until: datetime, whole: bool) -> SyncReport:
    if not whole:
        return sync(home, until=until)
    # Needed for whole runs alone: it takes a second to load.
    from orchestration.run import run_all

    report = run_all(home, until=until)
    if report.audit is not None and report.audit.held_back:
        raise TtkpiError("; ".join(shop.message for shop in report.audit.held_back))
    assert report.sync is not None
    return report.sync
