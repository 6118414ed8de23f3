"""The gate, day by day: a shop alone is never stopped without a defect, and always with a planted one.

`python -m benchmarks.soak.gate`: for each shop of the sandbox a home that reads that shop alone with its ads account,
and one that reads all. Each runs as `ttkpi run` does (sync, build, audit, publication), a day later each time, and at
the end loses the largest file of a raw table. With `--write` each home's row goes into BENCHMARKS.md as it comes; rows
of shops that are not played again stay. Exit code 1 when a day was stopped, or a loss was not.

`--minutes` is for a machine without a night: homes share the time that is left, and what does not fit is made up by
more days between two runs. The row says how many.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from filelock import FileLock
from rich.console import Console

from benchmarks.sections import REPORT, write_section
from home.config import SHOP_SECTION, environment_name, load_ads_config, load_shop_config
from home.errors import TtkpiError
from home.layout import Home
from ingestion.engine.manifest import Manifest
from ingestion.engine.raw_files import LIST_FILE, RawDamaged, RawFiles
from ingestion.tiktok_ads.tokens import AdsAuthHost, AdsTokenStore
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.tokens import TokenStore
from orchestration.audit.audit import audit
from orchestration.build.build import build
from orchestration.demo.demo import environment, sandbox_settings
from orchestration.run import exit_code, run_all
from sandbox.ads.accounts import ACCOUNTS
from sandbox.server.serve import start_in_thread
from sandbox.world.catalog import SHOPS
from sandbox.world.generator import generate

DAY = 86_400
ALL = "ALL"
"""All shops in one home."""
CLOCK = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp())
LOST_TABLES = ("orders", "order_lines", "statement_transactions", "return_lines")
"""Raw tables of which the largest file is taken away."""
_KEPT_OF_DBT = ("target", "parsed.json")
"""What dbt has parsed: the next home at the same place need not do it again."""
_ROW = re.compile(r"^\| ([A-Z]+) \|.*\|$", re.MULTILINE)
console = Console(width=160, highlight=False)


@dataclass
class Result:
    """What came of one home.

    Attributes:
        region: The shop's market; `ALL` for all shops together.
        days: Days after the first run.
        runs: Runs in these days, the first included.
        longest_step: Most days between two runs.
        stopped: Days that were stopped or held back though nothing was wrong, with the reason.
        losses: Lost tables that were tried.
        missed: Those that were published all the same.
        seconds: Time of all runs.
    """

    region: str
    days: int = 0
    runs: int = 0
    longest_step: int = 0
    stopped: list[str] = field(default_factory=list)
    losses: int = 0
    missed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def row(self) -> str:
        """Its row of the table."""
        return (
            f"| {self.region} | {self.days} | {self.runs} | {self.longest_step or '-'} | {len(self.stopped)} "
            f"| {self.losses - len(self.missed)} of {self.losses} | {self.seconds / max(self.runs, 1):.0f} "
            f"| {datetime.now(UTC):%Y-%m-%d} |"
        )


def main(arguments: list[str] | None = None) -> int:
    """Plays the days of each home and prints the table."""
    options = _options(arguments)
    regions = options.shops.split(",")
    folder = Path(tempfile.mkdtemp(prefix="ttkpi-gate-"))
    began = time.time()
    try:
        world = folder / "world"
        generate(
            world,
            orders=options.orders,
            days=options.history,
            seed=options.seed,
            clock=CLOCK,
            horizon_days=options.days + 1,
        )
        with ProcessPoolExecutor(options.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
            played = [
                pool.submit(_play, folder, number, regions, began, options) for number in range(len(regions))
            ]
            # Raises what a process raised.
            results = [one.result() for one in played]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    console.print("\n".join(_table(options, {one.region: one.row for one in results})))
    for one in results:
        for text in [*one.stopped, *one.missed]:
            console.print(f"{one.region}: {text}")
    return 1 if any(one.stopped or one.missed for one in results) else 0


def _table(options: argparse.Namespace, rows: dict[str, str]) -> list[str]:
    """The section of BENCHMARKS.md."""
    return [
        "## The gate over many days",
        "",
        f"Printed by `python -m benchmarks.soak.gate --write`: a world of {options.orders:,} orders of five shops in "
        f"{options.history} days, and as many a day after it, seed {options.seed}; one home per shop, one with all. "
        "A run is that of `ttkpi run`, up to the day. A loss is the largest file of a raw table at the end. It counts "
        "as stopped when the list of raw files names it, and the audit, without that list, holds back a shop or stops. "
        "A run that covers several days reads them in one sync and builds and judges them once: what would have "
        "stopped a day between was not seen.",
        "",
        "| shop | days | runs | most days between two runs | stopped without a defect | losses stopped "
        "| seconds a run | on |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
        *(rows[region] for region in [*(shop.region for shop in SHOPS), ALL] if region in rows),
    ]


def _write(folder: Path, result: Result, options: argparse.Namespace) -> None:
    """Puts the row of a home into BENCHMARKS.md."""
    if not options.write:
        return
    with FileLock(folder / "report.lock"):
        section = re.search(r"<!-- gate -->.*<!-- /gate -->", REPORT.read_text(), re.DOTALL)
        rows = {match[1]: match[0] for match in _ROW.finditer(section[0] if section else "")}
        write_section("gate", _table(options, rows | {result.region: result.row}))


def _play(folder: Path, number: int, regions: list[str], began: float, options: argparse.Namespace) -> Result:
    """Runs one shop, or all, for so many days, then takes raw tables away."""
    region = regions[number]
    result = Result(region)
    home = _new_home(folder)
    time_left = began + options.minutes * 60 - time.time() if options.minutes else math.inf
    deadline = time.monotonic() + time_left / math.ceil((len(regions) - number) / options.jobs)
    # A server moves the clock of its own copy.
    world = folder / f"{region}-world"
    shutil.copytree(folder / "world", world)
    server = start_in_thread(world)
    try:
        with environment(_settings(server.base_url, options.history)):
            _authorise(home, server.base_url, region)
            day = 0
            while True:
                run_began = time.monotonic()
                said = _run(home, datetime.fromtimestamp(CLOCK + day * DAY, UTC))
                seconds = time.monotonic() - run_began
                result.days, result.runs = day, result.runs + 1
                result.seconds += seconds
                if said:
                    result.stopped.append(f"day {day}: {said}")
                _say(f"{region} day {day}: {said or 'published'} ({seconds:.0f} s)")
                _write(folder, result, options)
                if day >= options.days:
                    break
                step = _step(options, options.days - day, deadline - time.monotonic(), seconds)
                result.longest_step = max(result.longest_step, step)
                moved = {"advance_seconds": DAY * step}
                httpx.post(f"{server.base_url}/_sandbox/clock", json=moved, timeout=600).raise_for_status()
                day += step
            _lose_tables(folder, home, number, result, options)
    finally:
        server.stop()
    shutil.rmtree(world)
    return result


def _step(options: argparse.Namespace, days_left: int, seconds_left: float, seconds_of_a_run: float) -> int:
    """Days until the next run: as asked for, or more if the time does not suffice."""
    if seconds_left < math.inf:
        runs = max(1, int(seconds_left / seconds_of_a_run) - int(options.losses))
        return min(days_left, max(int(options.every), math.ceil(days_left / runs)))
    return min(days_left, int(options.every))


def _new_home(folder: Path) -> Home:
    """An empty home, with what the one before in this process has parsed."""
    home = Home(folder / f"home-{os.getpid()}")
    for path in home.root.glob("*"):
        if path.name != "dbt":
            _remove(path)
    for path in home.root.glob("dbt/*"):
        if path.name not in _KEPT_OF_DBT:
            _remove(path)
    home.prepare()
    return home


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _authorise(home: Home, base_url: str, region: str) -> None:
    """A seller lets the app into the shop, or into all, and a user into the ads accounts of it."""
    shops = [one.id for one in SHOPS if region in (one.region, ALL)]
    code = httpx.post(f"{base_url}/_sandbox/auth_code", json={"shops": shops}).json()
    TokenStore(home.tokens_file, AuthHost(load_shop_config())).exchange(code["auth_code"])
    accounts = [one.id for one in ACCOUNTS if one.shop.id in shops]
    if accounts:
        code = httpx.post(f"{base_url}/_sandbox/ads_auth_code", json={"advertisers": accounts}).json()
        AdsTokenStore(home.ads_tokens_file).exchange(code["auth_code"], AdsAuthHost(load_ads_config()))


def _run(home: Home, until: datetime) -> str:
    """A whole run; what kept it from publishing everything, or nothing."""
    try:
        report = run_all(home, until=until)
    except TtkpiError as error:
        return f"exit code {exit_code(error)}: {error}"
    held = report.audit.held_back if report.audit else ()
    return "; ".join(shop.message for shop in held)


def _lose_tables(folder: Path, home: Home, number: int, result: Result, options: argparse.Namespace) -> None:
    """Takes tables away, one after the other, each from the home as it was; other homes begin with other tables."""
    saved = folder / f"saved-{os.getpid()}"
    shutil.copytree(home.root, saved)
    for shift in range(options.losses):
        table = LOST_TABLES[(number + shift) % len(LOST_TABLES)]
        result.losses += 1
        stopped = _stopped_without(home, table)
        if not stopped:
            result.missed.append(f"the largest file of {table} was lost, and the rest was published")
        _say(f"{result.region} without the largest file of {table}: {stopped or 'published'}")
        _write(folder, result, options)
        shutil.rmtree(home.root)
        shutil.copytree(saved, home.root)
    shutil.rmtree(saved)


def _stopped_without(home: Home, table: str) -> str:
    """What keeps a home without the largest file of a raw table from being published; empty if nothing does."""
    files = sorted((home.raw / "tiktok_shop" / table).glob("*.parquet"), key=lambda path: path.stat().st_size)
    files[-1].unlink()
    try:
        RawFiles(home.raw).require_whole()
    except RawDamaged:
        # As if it had never been listed: then the audit alone can tell.
        Manifest(home.raw / LIST_FILE).discard()
    else:
        return ""
    build(home, full_refresh=True, freshness=False).raise_for_errors()
    report = audit(home)
    return "; ".join([*report.causes, *(shop.message for shop in report.held_back)])


def _say(text: str) -> None:
    console.print(f"{datetime.now(UTC):%H:%M:%S} {text}")


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
    parser.add_argument("--minutes", type=float, help="leave days out so that all ends in so many minutes")
    parser.add_argument(
        "--losses",
        type=int,
        default=len(LOST_TABLES),
        help=f"how many of {', '.join(LOST_TABLES)} are lost at the end, each a build more ({len(LOST_TABLES)})",
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
