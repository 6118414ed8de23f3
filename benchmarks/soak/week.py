"""A week of whole runs, each under trouble: in the end the marts are those of a calm week, and no run is left hanging.

`python -m benchmarks.soak.week`: every hour of the world's clock a sync, and every so many hours a whole run (sync,
build, audit, publication), in a process of its own, under the faults of a seed; every other sync and every other whole
run is killed at a moment that the seed says. What says that it is not complete is repeated once, in calm. Beside it a
home is synced in calm at the same hours and built once, at the end. Exit code 1 when a repeated run fails, a lock is
left, or a table differs: then the rows that differ are printed, and the homes are kept.

A build takes many times as long as a sync, and asks nothing over the wire: faults strike the syncs. The last run is a
whole one, so that whatever a sync lost stands in the marts that are compared.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from benchmarks.soak.content import different, differing_rows, marts
from benchmarks.soak.stage import CLOCK, DAYS, LARGEST_PAGE, ORDERS, Ended, Scene, key_of
from home.layout import Home
from orchestration.build.build import build
from orchestration.publish.verify import verify_home
from sandbox.server.plans import Calm, FaultPlan
from sandbox.server.serve import SandboxProcess
from sandbox.world.generator import generate

HOUR = 3_600
OF_PUBLICATIONS = ("kpi_restatements", "ops_publication")
"""Marts that tell what was published before: the calm home published nothing."""
console = Console(width=120, highlight=False)


def main(arguments: list[str] | None = None) -> int:
    """Plays the week and prints what came of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak.week", description=__doc__)
    parser.add_argument("--hours", type=int, default=168, help="length, in hours of the world (168)")
    parser.add_argument("--every", type=int, default=1, help="hours between two syncs (1)")
    parser.add_argument("--whole-every", type=int, default=24, help="hours between two whole runs (24)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first run; the others follow it (1)")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="ttkpi-week-"))
    began = time.monotonic()
    wrong = ["ended early"]
    try:
        world = folder / "world"
        generate(world, orders=ORDERS, days=DAYS, seed=7, clock=CLOCK, horizon_days=options.hours // 24 + 2)
        with SandboxProcess(world, largest_page=LARGEST_PAGE) as server:
            calm, troubled = Home(folder / "calm"), Home(folder / "troubled")
            scene = Scene("first sync", server, CLOCK, None, calm, {}, Calm({}, 0))
            scene.new_home(calm.root)
            scene.new_home(troubled.root)
            week = Week(scene, troubled, options)
            wrong = week.play()
            if not wrong:
                build(calm, freshness=False).raise_for_errors()
                wrong = _compared(troubled, calm)
    finally:
        if wrong:
            console.print(f"both homes are kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for text in wrong:
        console.print(text, markup=False, soft_wrap=True)
    console.print(
        f"| {options.hours} hours, {week.runs[False]} syncs and {week.runs[True]} whole runs, seed {options.seed} | "
        f"{week.killed} killed, {week.repeated} repeated | "
        f"{'marts equal the calm ones' if not wrong else f'{len(wrong)} wrong'} | "
        f"{(time.monotonic() - began) / 60:.0f} min |"
    )
    return 1 if wrong else 0


class Week:
    """The runs of the week.

    Args:
        scene: The server and the calm home.
        home: The home in trouble.
        options: Hours, distances and the seed.

    Attributes:
        runs: How many there were: whole ones (True), syncs alone (False).
        killed: How many of both were killed.
        repeated: How many had to be repeated.
    """

    def __init__(self, scene: Scene, home: Home, options: argparse.Namespace) -> None:
        self._scene, self._home, self._options = scene, home, options
        self.runs = {True: 0, False: 0}
        self.killed = self.repeated = 0
        self._seconds = {True: 60.0, False: 5.0}

    def play(self) -> list[str]:
        """Plays all hours; says what went wrong."""
        hours = range(0, self._options.hours + 1, self._options.every)
        for hour in hours:
            whole = hour == hours[-1] or hour % self._options.whole_every == 0
            if wrong := self._hour(hour, whole):
                return [wrong]
        return []

    def _hour(self, hour: int, whole: bool) -> str:
        """One run; says what went wrong."""
        scene = self._scene
        if hour:
            scene.admin("clock", {"advance_seconds": self._options.every * HOUR})
        scene.until = CLOCK + hour * HOUR
        scene.admin("requests", method="DELETE")
        hand_over_tokens(self._home, scene.after)
        ended = scene.sync(scene.after)
        hand_over_tokens(scene.after, self._home)
        if not ended.complete:
            return f"hour {hour}: the calm sync failed: {'; '.join(ended.errors)}"
        if not hour:
            # Buyers have the same hashes in both.
            key_of(scene, self._home)
        asked = scene.admin("requests", method="GET")["endpoints"]
        scene.calm = Calm({name: count["requests"] for name, count in asked.items()}, ended.writes)
        seed = self._options.seed + sum(self.runs.values())
        began = time.monotonic()
        ended = self._under_faults(seed, whole)
        seconds = time.monotonic() - began
        is_killed = ended.code < 0
        said = "killed" if is_killed else "complete" if ended.complete else "not complete"
        self.runs[whole] += 1
        self.killed += is_killed
        if not is_killed:
            self._seconds[whole] = seconds
        if not ended.complete:
            self.repeated += 1
            with self._home.lock("soak"):
                # Refused while something of the run that ended holds it.
                pass
            ended = scene.sync(self._home, whole=whole)
        what = "whole run" if whole else "sync"
        console.print(f"hour {hour}, seed {seed}: {what} {said}; {time.monotonic() - began:.0f} s")
        if not ended.complete:
            return f"hour {hour}, seed {seed}: the repeated {what} failed: {'; '.join(ended.errors)}"
        return ""

    def _under_faults(self, seed: int, whole: bool) -> Ended:
        """A run under the faults of a seed; every other one of its kind is killed within the time that a run takes."""
        kill_when: Callable[[], bool] | None = None
        rules = FaultPlan.from_seed(seed, self._scene.calm).rules()
        # A plan may be a kill alone: no hour is without trouble.
        if (self._options.seed + self.runs[whole]) % 2 or not rules:
            deadline = time.monotonic() + random.Random(seed).random() * self._seconds[whole]
            kill_when = lambda: time.monotonic() > deadline  # noqa: E731
        self._scene.admin("faults", method="DELETE")
        self._scene.admin("faults", rules)
        try:
            return self._scene.sync(self._home, kill_when=kill_when, whole=whole)
        finally:
            self._scene.admin("faults", method="DELETE")


def hand_over_tokens(giver: Home, taker: Home) -> None:
    """Gives a home the tokens of the other: an authorisation is one, and its tokens change when one renews them."""
    for tokens, place in (
        (giver.tokens_file, taker.tokens_file),
        (giver.ads_tokens_file, taker.ads_tokens_file),
    ):
        if tokens.exists():
            shutil.copy2(tokens, place)


def _compared(troubled: Home, calm: Home) -> list[str]:
    wrong = []
    for text in different(_without(troubled), _without(calm)):
        mart = text.split(":")[0]
        wrong.append("\n".join([f"marts.{text}", *differing_rows(troubled, calm, mart)]))
    wrong += [text for verdict in verify_home(troubled) for text in verdict.problems]
    with troubled.lock("soak"):
        # Refused while a run holds it.
        pass
    return wrong


def _without(home: Home) -> dict[str, tuple[int, str]]:
    return {name: table for name, table in marts(home).items() if name not in OF_PUBLICATIONS}


if __name__ == "__main__":
    sys.exit(main())
