"""Runs that are killed with `kill -9`, and runs that meet: the next one completes, and the marts are the same."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CLOCK, command_environment, marts, query
from templates import with_parse

from home.layout import Home
from orchestration.cli import main
from orchestration.history.publications import history_folder

UNTIL = ["--until", CLOCK.date().isoformat()]
WRONG_CONFIGURATION = 2
PATIENCE_SECONDS = 900


def start(home: Home, log: Path, *command: str) -> subprocess.Popen[bytes]:
    """`ttkpi` in a process of its own; what it says goes to a file."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", *command],
            env=command_environment(home), stdout=file, stderr=file,
        )  # fmt: skip


def kill_when(process: subprocess.Popen[bytes], reached: Callable[[], bool], log: Path) -> None:
    """Kills the process as soon as it has come to a point."""
    wait_until(process, reached, log)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def wait_until(process: subprocess.Popen[bytes], reached: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
        time.sleep(0.002)


def building(home: Home) -> bool:
    """A build has begun and its first tables are written."""
    record = home.root / "dbt" / "build.json"
    try:
        state = json.loads(record.read_bytes())["state"]
    except (FileNotFoundError, ValueError):
        return False
    return state == "building" and home.warehouse.exists() and home.warehouse.stat().st_size > 500_000


def holder(home: Home) -> int | None:
    """Who holds the lock, or held it when he was killed."""
    try:
        return int(json.loads((home.root / "lock.json").read_bytes())["pid"])
    except (FileNotFoundError, ValueError):
        return None


def test_a_run_killed_in_every_phase(
    configured: Home,
    published_home: Home,
    parsed: Home,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home, log = with_parse(parsed, configured), tmp_path / "said.log"
    # The same hashes of buyers as in the run that was not killed, and something that is published already.
    shutil.copy(published_home.root / "privacy.key", home.root)
    shutil.copytree(published_home.root / "published", home.root / "published")
    published = home.published.read_bytes()
    loads = home.raw / "tiktok_shop" / "_dlt_loads"
    kill_when(start(home, log, "run", *UNTIL), lambda: len(list(loads.glob("*.jsonl"))) >= 2, log)
    assert home.published.read_bytes() == published, "sync"
    kill_when(start(home, log, "run", *UNTIL), lambda: building(home), log)
    assert home.published.read_bytes() == published, "build"
    said = log.read_text(encoding="utf-8")
    assert "Error" not in said
    assert "Traceback" not in said

    # The last run is left alone by the operating system, but not by others.
    last = start(home, log, "run", *UNTIL)
    wait_until(last, lambda: holder(home) == last.pid, log)
    for command in (
        ["run", *UNTIL],
        ["sync", *UNTIL],
        ["build"],
        ["audit"],
        ["publish"],
        ["replay"],
        ["compact"],
    ):
        capsys.readouterr()
        assert main(command) == WRONG_CONFIGURATION, command
        told = " ".join(capsys.readouterr().err.split())
        for part in (f"in use by process {last.pid} on ", "(run, since ", "Wait for it to finish"):
            assert part in told, (command, told)
    wait_until(last, lambda: building(home), log)
    # While it builds, people read: the published file, and how things stand.
    assert query(home.published, "select count(*) > 0 from marts.kpi_shop_daily") == [(True,)]
    assert main(["status"]) in (0, 3, 4)
    assert main(["auth", "status"]) == 0
    assert last.wait(PATIENCE_SECONDS) == 0, log.read_text(encoding="utf-8")

    # What a kill costs later is an audit or a publication, and no build: their commands are killed, and then repeated.
    published = home.published.read_bytes()
    judging = len(log.read_text(encoding="utf-8"))
    points: dict[str, Callable[[], bool]] = {
        "audit": lambda: "judging raw and marts" in log.read_text(encoding="utf-8")[judging:],
        "publish": lambda: (history_folder(home) / ".new" / "marts.duckdb").exists(),
    }
    for phase, reached in points.items():
        kill_when(start(home, log, phase), reached, log)
        assert home.published.read_bytes() == published, phase
        assert main([phase]) == 0, phase
    said = log.read_text(encoding="utf-8")
    assert "Error" not in said
    assert "Traceback" not in said

    calm, killed = marts(published_home.published), marts(home.published)
    assert killed.keys() == calm.keys()
    for name, rows in calm.items():
        assert killed[name] == rows, name
    assert not (home.root / "lock.json").exists()
    assert not (history_folder(home) / ".new").exists()
    # Four kills: what is published is what was sealed, and the audit log has no gap.
    assert main(["verify"]) == 0, capsys.readouterr().err
