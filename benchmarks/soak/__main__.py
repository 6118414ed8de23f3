"""`make soak`: seeded schedules of trouble, each of which must end as the sync without trouble.

Every schedule is compared by what staging makes of its raw rows; every so many-th is also built, and its marts are
compared. Exit code 1 when anything differs.
"""

from __future__ import annotations

import argparse
import platform
import queue
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.soak.content import Tables, different, marts
from benchmarks.soak.schedule import Outcome, play
from benchmarks.soak.stage import Chapter, Scene, Stage, stage
from home.layout import Home
from orchestration.build.build import build
from sandbox.server.plans import KINDS

CHAPTERS: tuple[Chapter, ...] = ("first sync", "next day")
console = Console(width=120, highlight=False)


def main(arguments: list[str] | None = None) -> int:
    """Plays the schedules and prints the table."""
    options = _options(arguments)
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="ttkpi-soak-"))
    try:
        with stage(folder, console.print, jobs=options.jobs) as scene:
            played = _play_all(scene, options)
            outcomes = [outcome for outcome, _ in played]
            _table(outcomes)
            built = [(outcome, home) for outcome, home in played if home is not None]
            _compare_marts(scene, built)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    _conclude(outcomes, len(built), time.monotonic() - started)
    return 0 if all(outcome.identical for outcome in outcomes) else 1


def _play_all(scene: Stage, options: argparse.Namespace) -> list[tuple[Outcome, Home | None]]:
    """Plays the schedules, some at a time, each job on servers of its own.

    Returns:
        What came of them, by seed, with the homes that are to be built.
    """
    waiting: queue.Queue[tuple[int, int]] = queue.Queue()
    for number, seed in enumerate(range(options.seed, options.seed + options.schedules), 1):
        waiting.put((number, seed))
    played: list[tuple[Outcome, Home | None]] = []

    def job(scenes: dict[Chapter, Scene]) -> None:
        while True:
            try:
                number, seed = waiting.get_nowait()
            except queue.Empty:
                return
            is_built = options.marts_every and number % options.marts_every == 0
            # Both chapters get their turn, also among those that are built.
            turn = number // options.marts_every if is_built else number
            outcome, home = play(scene, scenes[CHAPTERS[turn % len(CHAPTERS)]], seed)
            played.append((outcome, home if is_built else None))
            _report(outcome, len(played), options.schedules, verbose=options.verbose)
            if not is_built and (outcome.identical or not options.keep):
                shutil.rmtree(home.root)

    with ThreadPoolExecutor(options.jobs) as pool:
        # Raises what a job raised.
        for done in [pool.submit(job, scenes) for scenes in scene.scenes]:
            done.result()
    return sorted(played, key=lambda one: one[0].seed)


def _compare_marts(scene: Stage, built: list[tuple[Outcome, Home]]) -> None:
    """Builds some of the homes, and those without faults, and compares their marts."""
    calm: dict[Chapter, Tables] = {}
    for outcome, home in built:
        if outcome.chapter not in calm:
            calm[outcome.chapter] = _built(scene.scenes[0][outcome.chapter].after)
        found = [f"marts.{text}" for text in different(_built(home), calm[outcome.chapter])]
        outcome.differences += found
        console.print(
            f"seed {outcome.seed}, {outcome.chapter}: {len(calm[outcome.chapter])} marts built, "
            f"{len(found) or 'none'} different"
        )
        for text in found:
            console.print(f"      {text}")


def _built(home: Home) -> Tables:
    build(home, freshness=False).raise_for_errors()
    return marts(home)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--schedules", type=int, default=200, help="how many (200)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first; the others follow it (1)")
    parser.add_argument(
        "--marts-every",
        type=int,
        default=25,
        help="build and compare the marts of every n-th; 0: of none (25)",
    )
    parser.add_argument("--jobs", type=int, default=2, help="schedules at the same time (2)")
    parser.add_argument("--keep", action="store_true", help="keep the homes that differ")
    parser.add_argument("--verbose", action="store_true", help="a line for every schedule")
    options = parser.parse_args(arguments)
    if options.schedules < 1 or options.jobs < 1 or options.marts_every < 0:
        parser.error("--schedules and --jobs must be 1 or more, --marts-every 0 or more")
    return options


def _report(outcome: Outcome, number: int, of: int, *, verbose: bool) -> None:
    if verbose or not outcome.identical or number % 10 == 0 or number == of:
        struck = ", ".join(f"{kind} x{times}" for kind, times in outcome.struck.items() if times)
        verdict = "identical" if outcome.identical else "DIFFERENT"
        console.print(
            f"{number:4} of {of}  seed {outcome.seed}, {outcome.chapter}: {struck or 'nothing struck'}; "
            f"{outcome.reruns} rerun; {verdict}; {outcome.seconds:.0f} s"
        )
    for text in outcome.differences:
        console.print(f"      {text}")
    if not outcome.identical or verbose:
        for text in outcome.errors:
            console.print(f"      said: {text[:300]}")


def _table(outcomes: list[Outcome]) -> None:
    table = Table(title=None)
    table.add_column("fault")
    for column in ("times injected", "schedules", "reruns needed", "identical"):
        table.add_column(column, justify="right")
    for kind in KINDS:
        hit = [outcome for outcome in outcomes if outcome.struck[kind]]
        table.add_row(
            kind,
            f"{sum(outcome.struck[kind] for outcome in hit):,}",
            f"{len(hit):,}",
            f"{sum(outcome.reruns for outcome in hit):,}",
            f"{sum(outcome.identical for outcome in hit):,}",
        )
    quiet = [outcome for outcome in outcomes if not outcome.struck.total()]
    table.add_section()
    table.add_row(
        "nothing struck", "", f"{len(quiet):,}", f"{sum(one.reruns for one in quiet):,}",
        f"{sum(one.identical for one in quiet):,}",
    )  # fmt: skip
    table.add_row(
        "all", f"{sum((one.struck for one in outcomes), Counter()).total():,}", f"{len(outcomes):,}",
        f"{sum(one.reruns for one in outcomes):,}", f"{sum(one.identical for one in outcomes):,}",
    )  # fmt: skip
    console.print(table)


def _conclude(outcomes: list[Outcome], built: int, seconds: float) -> None:
    first, last = outcomes[0].seed, outcomes[-1].seed
    console.print(
        f"Seeds {first} to {last}: {sum(one.identical for one in outcomes)} of {len(outcomes)} "
        f"schedules ended as without faults after at most one rerun; marts of {built} built and compared. "
        f"{seconds / 60:.1f} min on {platform.machine()}, Python {platform.python_version()}."
    )


if __name__ == "__main__":
    sys.exit(main())
