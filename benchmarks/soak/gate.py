"""The gate, day by day: a shop alone is never stopped without a defect, and always with a planted one.

`python -m benchmarks.soak.gate`: for each shop of the sandbox a home that reads that shop alone, and one that reads
all. It runs once a day, and then loses the largest file of a raw table. Two homes at a time, each in a process of its
own. With `--write` the table goes into BENCHMARKS.md. Exit code 1 when a day was stopped, or a loss was not.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.console import Console

from benchmarks.sections import write_section
from home.config import SHOP_SECTION, environment_name, load_shop_config
from home.errors import TtkpiError
from home.layout import Home
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.tokens import TokenStore
from orchestration.audit.audit import audit
from orchestration.build.build import build
from orchestration.demo.demo import environment, sandbox_settings
from orchestration.run import exit_code, run_all
from sandbox.server.serve import start_in_thread
from sandbox.world.catalog import SHOPS
from sandbox.world.generator import generate

DAY = 86_400
ALL = "ALL"
"""All shops in one home."""
CLOCK = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp())
LOST_TABLES = ("orders", "order_lines", "statement_transactions", "return_lines")
"""Raw tables of which the largest file is taken away."""
console = Console(width=120, highlight=False)


@dataclass
class Result:
    """What came of one shop.

    Attributes:
        region: The shop's market; `ALL` for all shops together.
        days: Days after the first run.
        runs: Runs in these days, the first included.
        stopped: Days that were stopped or held back though nothing was wrong, with the reason.
        missed: Lost tables that were published all the same.
        seconds: Time it took.
    """

    region: str
    days: int = 0
    runs: int = 0
    stopped: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    seconds: float = 0.0


def main(arguments: list[str] | None = None) -> int:
    """Plays the days of each shop and prints the table."""
    options = _options(arguments)
    folder = Path(tempfile.mkdtemp(prefix="ttkpi-gate-"))
    try:
        world = folder / "world"
        generate(
            world,
            orders=options.orders,
            days=options.history,
            seed=options.seed,
            clock=CLOCK,
            horizon_days=options.days + options.every,
        )
        with ProcessPoolExecutor(options.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
            played = [
                pool.submit(_play, world, folder / region, region, options)
                for region in options.shops.split(",")
            ]
            # Raises what a process raised.
            results = [one.result() for one in played]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    lines = _table(results, options)
    console.print("\n".join(lines))
    for one in results:
        for text in [*one.stopped, *one.missed]:
            console.print(f"{one.region}: {text}")
    if options.write:
        write_section("gate", lines)
    return 1 if any(one.stopped or one.missed for one in results) else 0


def _table(results: Sequence[Result], options: argparse.Namespace) -> list[str]:
    """The section of BENCHMARKS.md."""
    lines = [
        "## The gate, day by day",
        "",
        f"Printed by `python -m benchmarks.soak.gate --days {options.days} --every {options.every} "
        f"--orders {options.orders}` on {datetime.now(UTC):%Y-%m-%d}: a world of {options.orders:,} orders in "
        f"{options.history} days and as many a day "
        "after it. A loss is the largest file of a raw table, taken from a copy of the last day's home.",
        "",
        "| shop | days | runs | stopped without a defect | losses stopped | seconds a run |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for one in results:
        noticed = len(options.losses) - len(one.missed)
        lines.append(
            f"| {one.region} | {one.days} | {one.runs} | {len(one.stopped)} | {noticed} of {len(options.losses)} "
            f"| {one.seconds / max(one.runs, 1):.0f} |"
        )
    return lines


def _play(world: Path, root: Path, region: str, options: argparse.Namespace) -> Result:
    """Runs one shop, or all, for so many days, then takes raw tables away from copies of the home."""
    began = time.monotonic()
    result = Result(region)
    shops = [one.id for one in SHOPS if region in (one.region, ALL)]
    # A server moves the clock of its own copy.
    shutil.copytree(world, root.with_name(f"{region}-world"))
    home = Home(root)
    home.prepare()
    server = start_in_thread(root.with_name(f"{region}-world"))
    try:
        with environment(_settings(server.base_url, options.history)):
            code = httpx.post(f"{server.base_url}/_sandbox/auth_code", json={"shops": shops}).json()
            TokenStore(home.tokens_file, AuthHost(load_shop_config())).exchange(code["auth_code"])
            for day in range(0, options.days + 1, options.every):
                if day:
                    moved = {"advance_seconds": DAY * options.every}
                    httpx.post(
                        f"{server.base_url}/_sandbox/clock", json=moved, timeout=120
                    ).raise_for_status()
                said = _run(home, datetime.fromtimestamp(CLOCK + day * DAY, UTC))
                result.days, result.runs = day, result.runs + 1
                result.seconds = time.monotonic() - began
                if said:
                    result.stopped.append(f"day {day}: {said}")
                console.print(f"{region} day {day}: {said or 'published'} ({result.seconds:.0f} s)")
            for table in options.losses:
                if not _is_stopped(home, root.with_name(f"{region}-{table}"), table):
                    result.missed.append(f"the largest file of {table} was lost, and the rest was published")
    finally:
        server.stop()
    return result


def _run(home: Home, until: datetime) -> str:
    """A whole run; what kept it from publishing everything, or nothing."""
    try:
        report = run_all(home, until=until)
    except TtkpiError as error:
        return f"exit code {exit_code(error)}: {error}"
    held = report.audit.held_back if report.audit else ()
    return "; ".join(shop.message for shop in held)


def _is_stopped(home: Home, root: Path, table: str) -> bool:
    """Whether a copy of the home without the largest file of a raw table is kept from being published."""
    shutil.copytree(home.root, root)
    copy = Home(root)
    files = sorted((copy.raw / "tiktok_shop" / table).glob("*.parquet"), key=lambda path: path.stat().st_size)
    files[-1].unlink()
    build(copy, full_refresh=True, freshness=False).raise_for_errors()
    report = audit(copy)
    console.print(f"{root.name}: {report.critical_failures[0] if report.critical_failures else 'published'}")
    shutil.rmtree(root)
    return not report.passed or bool(report.held_back)


def _settings(base_url: str, history: int) -> dict[str, str]:
    return sandbox_settings(base_url) | {
        environment_name(SHOP_SECTION, "shop_workers"): "1",
        environment_name(SHOP_SECTION, "history_days"): str(history),
    }


def _options(arguments: list[str] | None) -> argparse.Namespace:
    regions = ",".join([*(shop.region for shop in SHOPS), ALL])
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak.gate", description=__doc__)
    parser.add_argument("--shops", default=regions, help=f"markets, with commas ({regions})")
    parser.add_argument("--days", type=int, default=60, help="days after the first run (60)")
    parser.add_argument("--every", type=int, default=1, help="days between two runs (1)")
    parser.add_argument(
        "--losses",
        nargs="*",
        default=list(LOST_TABLES),
        help=f"raw tables that are cut off at the end, each a build more ({' '.join(LOST_TABLES)})",
    )
    parser.add_argument("--jobs", type=int, default=2, help="homes at the same time (2)")
    parser.add_argument("--write", action="store_true", help="write the table into BENCHMARKS.md")
    parser.add_argument("--history", type=int, default=30, help="days that the first run reads (30)")
    parser.add_argument(
        "--orders", type=int, default=1_500, help="orders of all shops in that history (1500)"
    )
    parser.add_argument("--seed", type=int, default=7, help="seed of the world (7)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
