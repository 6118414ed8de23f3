"""When the week of the soak test syncs, builds and kills: not what the runs find."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from benchmarks.soak import week
from benchmarks.soak.stage import Ended
from home.layout import Home
from sandbox.server.plans import Calm


class FakeScene:
    """A server that answers everything, and runs that end at once: killed when they may be killed."""

    def __init__(self, root: Path) -> None:
        self.after = Home(root / "calm")
        self.until = 0
        self.calm = Calm({}, 0)
        self.faults: list[int] = []
        self.runs: list[tuple[str, bool, bool]] = []
        self.fails = False

    def admin(self, path: str, body: Any = None, method: str = "POST") -> Any:
        if path == "faults" and method == "POST":
            self.faults.append(len(body))
        return {"endpoints": {"search_orders": {"requests": 3}}}

    def sync(self, home: Home, *, kill_when: Any = None, whole: bool = False) -> Ended:
        self.runs.append((home.root.name, whole, kill_when is not None))
        if self.fails and home.root.name == "troubled" and kill_when is None:
            return Ended(3, ["Shop Aurora: refused."], 5)
        return Ended(-9 if kill_when else 0, [], 5)


def played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **options: int
) -> tuple[week.Week, FakeScene, list[str]]:
    monkeypatch.setattr(week, "key_of", lambda scene, home: None)
    home = Home(tmp_path / "troubled")
    home.prepare()
    scene = FakeScene(tmp_path)
    scene.fails = bool(options.pop("fails", 0))
    given = argparse.Namespace(**{"hours": 168, "every": 1, "whole_every": 24, "seed": 1, **options})
    found = week.Week(scene, home, given)  # type: ignore[arg-type]
    return found, scene, found.play()


def test_a_fault_every_hour_and_a_build_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours 0, 24, ... 168 are whole runs: 8 of 169. Of each kind every other one is killed, and repeated in calm."""
    found, scene, wrong = played(tmp_path, monkeypatch)
    assert wrong == []
    assert found.runs == {True: 8, False: 161}
    assert len(scene.faults) == 169
    of_trouble = [one for one in scene.runs if one[0] == "troubled"]
    killed = [one for one in of_trouble if one[2]]
    assert sum(whole for _, whole, _ in killed) == 4
    # Of 161 syncs the 1st, 3rd, ... 161st, and that of seed 13, whose plan has no fault but a kill.
    assert sum(not whole for _, whole, _ in killed) == 82
    assert found.killed == found.repeated == len(of_trouble) - 169 == 86
    assert [one[2] for one in of_trouble[:3]] == [True, False, True]
    assert scene.runs.count(("calm", False, False)) == 169


def test_the_last_run_is_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the last syncs would stand in no mart that is compared."""
    found, scene, _ = played(tmp_path, monkeypatch, hours=7, every=3, whole_every=24)
    assert found.runs == {True: 2, False: 1}
    assert [one[1] for one in scene.runs if one[0] == "troubled"][-1]


def test_a_repeated_run_that_fails_ends_the_week(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, scene, wrong = played(tmp_path, monkeypatch, fails=1)
    assert wrong == ["hour 0, seed 1: the repeated whole run failed: Shop Aurora: refused."]
    assert len(scene.runs) == 3


def test_both_homes_work_with_the_newest_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renewal by one home ended the refresh token of the other: the calm sync of hour 6 was refused (36004005)."""
    monkeypatch.setattr(week, "key_of", lambda scene, home: None)
    scene, troubled = FakeScene(tmp_path), Home(tmp_path / "troubled")
    for home in (troubled, scene.after):
        home.prepare()
    troubled.tokens_file.write_text("0")

    def renewing(home: Home, *, kill_when: Any = None, whole: bool = False) -> Ended:
        home.tokens_file.write_text(str(int(home.tokens_file.read_text()) + 1))
        return Ended(0, [], 5)

    scene.sync = renewing  # type: ignore[method-assign]
    given = argparse.Namespace(hours=2, every=1, whole_every=24, seed=1)
    assert week.Week(scene, troubled, given).play() == []  # type: ignore[arg-type]
    assert (troubled.tokens_file.read_text(), scene.after.tokens_file.read_text()) == ("6", "5")
