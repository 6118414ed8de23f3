"""Runs dbt for a home of a test."""

from __future__ import annotations

import json
from pathlib import Path

from home.layout import Home
from orchestration.build.build import run_dbt

WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def dbt(home: Path, *command: str) -> None:
    """Run a dbt command, such as `build --select x`, in one process with the parse; every node must succeed."""
    run_dbt(Home(home), [["parse"], list(command)])
    results = json.loads((home / "dbt" / "target" / "run_results.json").read_bytes())["results"]
    good = ("success", "pass", "warn", "no-op")
    failed = {one["unique_id"]: one["message"] for one in results if one["status"] not in good}
    assert results and not failed, failed
