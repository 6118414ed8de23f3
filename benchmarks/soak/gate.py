"""The gate, day by day: a shop alone is never stopped without a defect, and always with a planted one.

`python -m benchmarks.soak.gate`: for each shop of the sandbox a home that reads that shop alone, runs once a day, and
then loses the largest file of a raw table. Exit code 1 when a day was stopped, or a loss was not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from home.config import load_shop_config
from home.errors import TtkpiError
from home.layout import Home
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.tokens import TokenStore
from orchestration.audit.audit import audit
from orchestration.build.build import build
from orchestration.run import exit_code, run_all
from sandbox.server.serve import start_in_thread
from sandbox.world.catalog import SHOPS
from sandbox.world.generator import generate

DAY = 86_400
CLOCK = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp())
LOST_TABLES = ("orders", "order_lines", "statement_transactions", "return_lines")
"""Raw tables of which the largest file is taken away."""
console = Console(width=120, highlight=False)


@dataclass
class Result:
    """What came of one shop.

    Attributes:
        region: The shop's market.
        days: Runs after the first.
        stopped: Days that were stopped or held back though nothing was wrong, with the reason.
        missed: Lost tables that were published all the same.
        seconds: Time it took.
    """

    region: str
    days: int = 0
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
            horizon_days=options.days + 1,
        )
        results = [
            _play(world, folder / region, region, options.days, options.history)
            for region in options.shops.split(",")
        ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table = Table(
        "shop", "days", "stopped without a defect", "losses not stopped", "minutes", title="The gate"
    )
    for one in results:
        figures = (
            one.days,
            len(one.stopped),
            f"{len(one.missed)} of {len(LOST_TABLES)}",
            f"{one.seconds / 60:.1f}",
        )
        table.add_row(one.region, *map(str, figures))
    console.print(table)
    for one in results:
        for text in [*one.stopped, *one.missed]:
            console.print(f"{one.region}: {text}")
    return 1 if any(one.stopped or one.missed for one in results) else 0


def _play(world: Path, root: Path, region: str, days: int, history: int) -> Result:
    """Runs one shop for so many days, then takes raw tables away from copies of its home."""
    began = time.monotonic()
    result = Result(region)
    shop = next(one for one in SHOPS if one.region == region)
    home = Home(root)
    home.prepare()
    server = start_in_thread(world)
    try:
        with _environment(_settings(server.base_url, history)):
            code = httpx.post(f"{server.base_url}/_sandbox/auth_code", json={"shops": [shop.id]}).json()
            TokenStore(home.tokens_file, AuthHost(load_shop_config())).exchange(code["auth_code"])
            for day in range(days + 1):
                if day:
                    moved = {"advance_seconds": DAY}
                    httpx.post(
                        f"{server.base_url}/_sandbox/clock", json=moved, timeout=120
                    ).raise_for_status()
                said = _run(home, datetime.fromtimestamp(CLOCK + day * DAY, UTC))
                result.days = day
                if said:
                    result.stopped.append(f"day {day}: {said}")
                console.print(f"{region} day {day}: {said or 'published'} ({time.monotonic() - began:.0f} s)")
            for table in LOST_TABLES:
                if not _is_stopped(home, root.with_name(f"{region}-{table}"), table):
                    result.missed.append(f"the largest file of {table} was lost, and the rest was published")
    finally:
        server.stop()
    result.seconds = time.monotonic() - began
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


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _settings(base_url: str, history: int) -> dict[str, str]:
    shop = "SOURCES__TIKTOK_SHOP__"
    return {
        f"{shop}BASE_URL": base_url,
        f"{shop}AUTH_URL": base_url,
        f"{shop}APP_KEY": "sandbox-app",
        f"{shop}APP_SECRET": "sandbox-secret",
        f"{shop}REQUESTS_PER_SECOND": "0",
        f"{shop}SHOP_WORKERS": "1",
        f"{shop}HISTORY_DAYS": str(history),
        "SOURCES__FX_RATES__BASE_URL": f"{base_url}/fx/v1",
    }


def _options(arguments: list[str] | None) -> argparse.Namespace:
    regions = ",".join(shop.region for shop in SHOPS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak.gate", description=__doc__)
    parser.add_argument("--shops", default=regions, help=f"markets, with commas ({regions})")
    parser.add_argument("--days", type=int, default=60, help="days after the first run (60)")
    parser.add_argument("--history", type=int, default=30, help="days that the first run reads (30)")
    parser.add_argument(
        "--orders", type=int, default=3_000, help="orders of all shops in that history (3000)"
    )
    parser.add_argument("--seed", type=int, default=7, help="seed of the world (7)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
