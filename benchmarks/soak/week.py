"""A week of whole runs, each under trouble: in the end the marts are those of a calm week, and no run is left hanging.

`python -m benchmarks.soak.week`: every so many hours of the world's clock a run (sync, build, audit, publication) in a
process of its own, under the faults of a seed, and every other time killed at a moment that the seed says. A run that
says that it is not complete is repeated once, in calm. Beside it a home is synced in calm at the same hours and built
once, at the end. Exit code 1 when a repeated run fails, a lock is left, or a table differs: then the rows that differ
are printed, and the homes are kept.
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
    parser.add_argument("--every", type=int, default=8, help="hours between two runs (8)")
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
            wrong, runs, repeated = _play(scene, troubled, options)
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
        f"| {options.hours} hours, {runs} runs, seed {options.seed} | {repeated} repeated | "
        f"{'marts equal the calm ones' if not wrong else f'{len(wrong)} wrong'} | "
        f"{(time.monotonic() - began) / 60:.0f} min |"
    )
    return 1 if wrong else 0


def _play(scene: Scene, home: Home, options: argparse.Namespace) -> tuple[list[str], int, int]:
    """The runs of the week.

    Returns:
        What went wrong, how many runs there were, and how many had to be repeated.
    """
    repeated = runs = 0
    seconds = 60.0
    for hour in range(0, options.hours + 1, options.every):
        if hour:
            scene.admin("clock", {"advance_seconds": options.every * HOUR})
        scene.until = CLOCK + hour * HOUR
        scene.admin("requests", method="DELETE")
        if not (ended := scene.sync(scene.after)).complete:
            return [f"hour {hour}: the calm sync failed: {'; '.join(ended.errors)}"], runs, repeated
        if not hour:
            # Buyers have the same hashes in both.
            key_of(scene, home)
        asked = scene.admin("requests", method="GET")["endpoints"]
        scene.calm = Calm({name: count["requests"] for name, count in asked.items()}, ended.writes)
        seed = options.seed + runs
        began = time.monotonic()
        ended, killed = _under_faults(scene, home, seed, seconds)
        runs += 1
        if not killed:
            seconds = time.monotonic() - began
        said = "killed" if killed else "complete" if ended.complete else "not complete"
        if not ended.complete:
            repeated += 1
            ended = scene.sync(home, whole=True)
        console.print(f"hour {hour}, seed {seed}: {said}; {time.monotonic() - began:.0f} s")
        if not ended.complete:
            return (
                [f"hour {hour}, seed {seed}: the repeated run failed: {'; '.join(ended.errors)}"],
                runs,
                repeated,
            )
    return [], runs, repeated


def _under_faults(scene: Scene, home: Home, seed: int, seconds: float) -> tuple[Ended, bool]:
    """A run under the faults of a seed; every other one is killed at a moment within the time that a run takes."""
    chance = random.Random(seed)
    kill_when: Callable[[], bool] | None = None
    if seed % 2:
        deadline = time.monotonic() + chance.random() * seconds
        kill_when = lambda: time.monotonic() > deadline  # noqa: E731
    scene.admin("faults", method="DELETE")
    scene.admin("faults", FaultPlan.from_seed(seed, scene.calm).rules())
    try:
        ended = scene.sync(home, kill_when=kill_when, whole=True)
    finally:
        scene.admin("faults", method="DELETE")
    return ended, ended.code < 0


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
