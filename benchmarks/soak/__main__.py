"""`make soak`: seeded schedules of trouble, each of which must end as the sync without trouble.

Every schedule is compared by what staging makes of its raw rows; every so many-th is also built, and its marts are
compared. Exit code 1 when anything differs.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.soak.content import Tables, different, marts
from benchmarks.soak.schedule import Outcome, play
from benchmarks.soak.stage import Chapter, Stage, stage
from ingestion.home import Home
from ingestion.sandbox.server.plans import KINDS
from orchestration.lib.build import build

CHAPTERS: tuple[Chapter, ...] = ("first sync", "next day")
console = Console(width=120, highlight=False)


def main(arguments: list[str] | None = None) -> int:
    """Plays the schedules and prints the table."""
    options = _options(arguments)
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="ttkpi-soak-"))
    outcomes: list[Outcome] = []
    built = 0
    try:
        with stage(folder, console.print) as scene:
            calm = _calm_marts(scene) if options.marts_every else {}
            for number, seed in enumerate(range(options.seed, options.seed + options.schedules), 1):
                # With an even step between builds, both chapters would not get their turn.
                chapter = CHAPTERS[(number + (number - 1) // 10) % len(CHAPTERS)]
                outcome, home = play(scene, chapter, seed)
                if options.marts_every and number % options.marts_every == 0:
                    outcome.differences += _built(home, calm[chapter])
                    built += 1
                outcomes.append(outcome)
                _tell(outcome, number, options.schedules, verbose=options.verbose)
                if outcome.identical or not options.keep:
                    shutil.rmtree(home.root)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    _report(outcomes, built, time.monotonic() - started, options.seed)
    return 0 if all(outcome.identical for outcome in outcomes) else 1


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
    parser.add_argument("--keep", action="store_true", help="keep the homes that differ")
    parser.add_argument("--verbose", action="store_true", help="a line for every schedule")
    options = parser.parse_args(arguments)
    if options.schedules < 1 or options.marts_every < 0:
        parser.error("--schedules must be 1 or more, --marts-every 0 or more")
    return options


def _calm_marts(scene: Stage) -> dict[Chapter, Tables]:
    console.print("the marts without faults are built, of both days")
    found: dict[Chapter, Tables] = {}
    for chapter, one in scene.scenes.items():
        build(one.after, freshness=False).raise_for_errors()
        found[chapter] = marts(one.after)
        # What begins with this home begins without a warehouse.
        one.after.warehouse.unlink()
    return found


def _built(home: Home, calm: Tables) -> list[str]:
    build(home, freshness=False).raise_for_errors()
    return [f"marts.{text}" for text in different(marts(home), calm)]


def _tell(outcome: Outcome, number: int, of: int, *, verbose: bool) -> None:
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


def _report(outcomes: list[Outcome], built: int, seconds: float, seed: int) -> None:
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
    console.print(
        f"Seeds {seed} to {seed + len(outcomes) - 1}: {sum(one.identical for one in outcomes)} of {len(outcomes)} "
        f"schedules ended as without faults after at most one rerun; marts of {built} built and compared. "
        f"{seconds / 60:.1f} min on {platform.machine()}, Python {platform.python_version()}."
    )


if __name__ == "__main__":
    sys.exit(main())
