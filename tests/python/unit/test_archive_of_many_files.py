"""An archive of 10,000 files, as two years of hourly syncs leave it when nobody merges them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from shop_fakes import NOW, FakeClient, order, raw, run

from home.layout import Home
from ingestion.engine.archive import Archive

FILES = 10_000
SECONDS = {"list": 3, "check": 10, "compact": 30, "replay": 30}
"""CPU seconds, about eight times what they take on a slow machine: a second look at each file for each file would be
hours."""
PEAK_MB = 700
_STEPS = """
import json, re, sys, time
from pathlib import Path
from home.layout import Home
from ingestion.engine.archive import Archive
from ingestion.engine.compact import compact
from ingestion.replay import replay
from orchestration.publish.verify import verify_home

home, took = Home(Path(sys.argv[1])), {}
def step(name, work):
    began = time.process_time()
    found = work()
    took[name] = time.process_time() - began
    return found
files = step("list", lambda: sum(1 for _ in Archive(home.archive).entries()))
wrong = step("check", lambda: [text for one in verify_home(home) if "archive" in str(one.subject) for text in one.problems])
merged = step("compact", lambda: compact(home).archive_files_removed)
pages = step("replay", lambda: replay(home).pages)
# Of this program alone: getrusage counts what the process was before it became this program, too.
peak = int(re.search("VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"files": files, "wrong": wrong, "merged": merged, "pages": pages, "took": took, "peak": peak}))
"""


def archive_of_many_files(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """One page in each file, each with an order of its own; the disk is not waited for."""
    run(home, FakeClient({"search_orders": [order(0, NOW - 60)]}), "shops", "orders", run_id="first")
    archive = Archive(home.archive)
    (entry,) = [one for one in archive.entries() if one.resource == "orders"]
    (page,) = archive.read(entry)
    monkeypatch.setattr(os, "fsync", lambda file: None)
    archive.commit(
        [
            archive.write(
                [replace(page, records=[order(number, NOW - 60)], lines=None, number=number, page_id="")],
                run_id=f"run{number}",
                schema_hash=entry.schema_hash,
            )
            for number in range(1, FILES)
        ]
    )
    monkeypatch.undo()


def test_ten_thousand_files_are_listed_checked_merged_and_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    archive_of_many_files(home, monkeypatch)
    assert len(list(home.archive.rglob("*.zst"))) == FILES + 1
    done = subprocess.run(
        [sys.executable, "-c", _STEPS, str(home.root)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["files"], found["wrong"], found["pages"]) == (FILES + 1, [], FILES + 1)
    assert found["merged"] == FILES, "one file of orders is left, and one of shops"
    assert len(list(home.archive.rglob("*.zst"))) == 2
    # Raw had one order: all others come out of the merged file, each once.
    orders = raw(home, "orders")["order_id"].to_pylist()
    assert len(orders) == len(set(orders)) == FILES
    print(found)
    too_slow = {name: took for name, took in found["took"].items() if took > SECONDS[name]}
    assert not too_slow and found["peak"] < PEAK_MB
