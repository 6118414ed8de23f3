"""One schedule: a sync under trouble, a second one in calm if the first says that it is not complete, a comparison."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.soak.content import different
from benchmarks.soak.stage import Chapter, Ended, Scene, Stage, key_of
from home.layout import Home
from sandbox.server.plans import FaultPlan, Kind

_KILL_RULE = "delay"


@dataclass
class Outcome:
    """What came of a schedule.

    Attributes:
        seed: Its seed.
        chapter: What was synced.
        planned: Its kinds of fault.
        struck: How often each kind struck.
        reruns: Syncs after the first: 0 or 1.
        errors: What the first sync said.
        differences: What is not as without faults.
        seconds: Time it took.
    """

    seed: int
    chapter: Chapter
    planned: tuple[Kind, ...]
    struck: Counter[Kind] = field(default_factory=Counter)
    reruns: int = 0
    errors: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def identical(self) -> bool:
        """Whether the home ended as without faults."""
        return not self.differences


def play(stage: Stage, scene: Scene, seed: int) -> tuple[Outcome, Home]:
    """Plays the schedule of a seed. The home is the caller's to remove."""
    started = time.monotonic()
    plan = FaultPlan.from_seed(seed, scene.calm)
    kinds = [fault.kind for fault in plan.faults] + (["kill"] if plan.kill is not None else [])
    outcome = Outcome(seed, scene.chapter, tuple(kinds))
    root = stage.folder / f"schedule-{seed}"
    if root.exists():
        shutil.rmtree(root)
    home = scene.new_home(root)
    key_of(scene, home)
    ended = _under_faults(scene, plan, home, outcome)
    outcome.errors = ended.errors
    if not ended.complete:
        outcome.reruns = 1
        ended = scene.sync(home)
        if not ended.complete:
            outcome.differences = [f"the rerun failed: {text}" for text in ended.errors or ["it was killed"]]
    outcome.differences += different(stage.sql.read(home), scene.staging)
    outcome.seconds = time.monotonic() - started
    return outcome, home


def _under_faults(scene: Scene, plan: FaultPlan, home: Home, outcome: Outcome) -> Ended:
    rules = plan.rules()
    kill = plan.kill
    if kill is not None and kill.at == "request":
        # The request is kept waiting, so that it is under way when the process dies.
        rules.append({"effect": _KILL_RULE, "seconds": 30, "nth": kill.nth})
    scene.admin("faults", method="DELETE")
    scene.admin("faults", rules)
    try:
        ended = scene.sync(
            home,
            die_at_write=kill.nth if kill is not None and kill.at == "write" else None,
            kill_when=(lambda: _hits(scene)[-1] > 0) if kill is not None and kill.at == "request" else None,
        )
        for fault, hits in zip(plan.faults, _hits(scene), strict=False):
            outcome.struck[fault.kind] += hits
    finally:
        scene.admin("faults", method="DELETE")
    if ended.code < 0:
        outcome.struck["kill"] += 1
    return ended


def _hits(scene: Scene) -> list[int]:
    return [int(rule["hits"]) for rule in scene.admin("faults", method="GET")]
