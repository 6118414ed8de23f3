"""Which step failed last, as the pages say it: from a log that grows at each look."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboards.parts.log import failed_step
from home.layout import AUDIT_LOG, Home

TIME = datetime(2026, 11, 8, tzinfo=UTC)
LOOK = {"event": "page_opened", "subject": '"event":"build"', "outcome": "ok"}


def line(event: str, outcome: str = "ok") -> bytes:
    entry = {"recorded_at": TIME.isoformat(), "event": event, "outcome": outcome}
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / AUDIT_LOG


def said(log: Path) -> str | None:
    found = failed_step(Home(log.parent))
    assert found is None or found[1] == TIME
    return found[0] if found else None


def test_the_newest_step_counts(log: Path) -> None:
    assert said(log) is None
    log.write_bytes(line("build", "failed"))
    assert said(log) == "build"
    with log.open("ab") as file:
        file.write(line("build") + line("audit", "failed"))
    assert said(log) == "audit"
    with log.open("ab") as file:
        file.write(line("sync", "failed") + line("publish"))
    assert said(log) is None


def test_a_failed_step_is_said_however_many_looks_follow(log: Path) -> None:
    """Guards a failure that nobody is told any more because half a day of looks stands behind it in the log."""
    log.write_bytes(line("audit", "failed"))
    looks = json.dumps(LOOK | {"recorded_at": TIME.isoformat()}, separators=(",", ":")).encode() + b"\n"
    for _ in range(3):
        with log.open("ab") as file:
            file.write(looks * 3_000)
        assert said(log) == "audit"


def test_a_rollback_that_was_refused_says_nothing_of_the_figures(log: Path) -> None:
    """Guards a page that calls the newest figures old, because somebody asked for an earlier file that is not there."""
    log.write_bytes(line("publish") + line("rollback", "failed"))
    assert said(log) is None
    with log.open("ab") as file:
        file.write(line("audit", "failed") + line("rollback", "failed"))
    assert said(log) == "audit"
    with log.open("ab") as file:
        file.write(line("rollback"))
    assert said(log) is None


def test_half_a_line_is_read_when_it_is_whole_and_a_new_file_from_its_beginning(log: Path) -> None:
    whole = line("publish", "failed")
    log.write_bytes(line("build") + whole[:40])
    assert said(log) is None
    with log.open("ab") as file:
        file.write(whole[40:])
    assert said(log) == "publish"
    log.write_bytes(line("build"))
    assert said(log) is None
    log.write_bytes(b'no json "event":"build"\n' + b"\xff\n")
    assert said(log) is None
