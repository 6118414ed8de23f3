"""`python -m benchmarks.scale --orders 1000000,2000000`: where one process ends.

For each number of orders: the first build, the build of a day, the audit and the publication, with time, memory and
disk, written into BENCHMARKS.md.

Orders come from one sandbox world, which is synced once (`--base` orders). A larger history is that of several groups
of sellers like it: every row of its raw files again, with the keys of other shops and other buyers, in files of their
own. The list of raw files and all that is measured is the product's own. The day after is synced into the base and
copied in the same way.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import httpx

from benchmarks.__main__ import CLOCK, build_command, in_home, sandbox, say, sync_command
from benchmarks.measure import Measured, folder_bytes, python, run
from benchmarks.sections import write_section
from home.database import files_in, literal, quoted
from home.memory import VARIABLE
from ingestion.engine.raw_files import data_files

PER_DAY = 1_250
"""Orders a day of the base world."""
DAY_SECONDS = 86_400
_KEPT = ("privacy.key", "seal.key", "seal.fingerprint")


@dataclass(frozen=True)
class Step:
    """One command at one size.

    Attributes:
        orders: Orders in raw when it began.
        name: Which command.
        cost: What it took.
        lines: Order lines in raw when it had ended.
        disk: Megabytes of the home's parts when it had ended, by name.
    """

    orders: int
    name: str
    cost: Measured
    lines: int
    disk: dict[str, float]


class Base:
    """The home that is copied, and the sandbox that it syncs from.

    Args:
        place: Folder of the world and the home.
        environment: What points `ttkpi` at the sandbox.
    """

    def __init__(self, place: Path, environment: dict[str, str]) -> None:
        self.home = place / "home"
        self._reached = place / "clock.txt"
        self._url = environment["SOURCES__TIKTOK_SHOP__BASE_URL"]
        self._env = in_home(environment, self.home)

    def sync_history(self, days: int) -> None:
        """Sync what lies before the clock; a history that was synced before is gone on with."""
        if self._reached.exists():
            self._set_clock({"now": int(self._reached.read_text())})
            return
        since = (datetime.fromtimestamp(CLOCK, UTC).date() - timedelta(days=days + 1)).isoformat()
        say("first sync of the base", run(sync_command(self._url, since), self._env))
        self._reached.write_text(str(CLOCK))

    def sync_day(self) -> None:
        """Let a day pass and sync it."""
        now = self._set_clock({"advance_seconds": DAY_SECONDS})
        say("a day's sync of the base", run(sync_command(self._url), self._env))
        self._reached.write_text(str(now))

    def _set_clock(self, change: dict[str, int]) -> int:
        answer = httpx.post(f"{self._url}/_sandbox/clock", json=change)
        answer.raise_for_status()
        return int(answer.json()["now"])


def copy_raw(base: Path, home: Path, copies: int) -> None:
    """Brings the raw files of the base which a home has not got yet into it, for so many groups of sellers.

    Args:
        base: The home that is copied. Its list of raw files is not: the home makes its own.
        home: The home that gets them.
        copies: Groups of sellers; 1 is that of the base.
    """
    source, target = base / "raw", home / "raw"
    home.mkdir(parents=True, exist_ok=True)
    for name in _KEPT:
        if (base / name).exists():
            shutil.copy2(base / name, home / name)
    fingerprint = Path("archive") / "privacy.fingerprint"
    (home / fingerprint).parent.mkdir(exist_ok=True)
    shutil.copy2(base / fingerprint, home / fingerprint)
    # Which loads have ended, and the empty file of each table.
    known = shutil.ignore_patterns("files.*", "*.parquet")
    shutil.copytree(source, target, ignore=known, dirs_exist_ok=True)
    with duckdb.connect(config={"memory_limit": "500MB", "threads": 2}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for path in data_files(source):
            beside = target / path.relative_to(source)
            if beside.exists():
                continue
            shutil.copy2(path, beside)
            for group in range(1, copies):
                _copy_for_group(connection, path, beside, group)


def _copy_for_group(connection: duckdb.DuckDBPyConnection, path: Path, beside: Path, group: int) -> None:
    """A raw file again, of other shops and other buyers; nothing where it is of no shop, as exchange rates are."""
    columns = {str(name) for (name, *_) in connection.execute(f"describe from {literal(path)}").fetchall()}
    if "shop_key" not in columns:
        return
    # A shop's key is its id, 19 digits that begin with 7495: the group takes the place of the two behind them.
    other = {
        name: f"left({name}, 4) || '{group:02}' || substr({name}, 7)" for name in ("shop_key", "shop_id")
    }
    other["buyer_key"] = f"md5(buyer_key || '{group}')"
    replaced = ", ".join(f"{sql} as {quoted(name)}" for name, sql in other.items() if name in columns)
    name = beside.name.removesuffix(".parquet")
    connection.execute(
        f"copy (select * replace ({replaced}) from {literal(path)} where shop_key is not null) "
        f"to {literal(beside.with_name(f'{name}g{group:02}.parquet'))} (format parquet, compression snappy)"
    )


def count_rows(home: Path, table: str) -> int:
    """Different orders, or order lines, in the raw files of a home."""
    key = {"orders": "(shop_key, order_id)", "order_lines": "(shop_key, order_id, line_id)"}[table]
    with duckdb.connect(config={"memory_limit": "500MB", "temp_directory": str(home / "tmp")}) as connection:
        files = files_in(home / "raw" / "tiktok_shop" / table)
        query = (
            f"select count(*) from (select distinct {key} from read_parquet({files}, union_by_name = true))"
        )
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def disk_of(home: Path) -> dict[str, float]:
    """Megabytes of the parts of a home."""
    parts = {
        "raw": folder_bytes(home / "raw"),
        "warehouse": (home / "warehouse.duckdb").stat().st_size,
        "published": folder_bytes(home / "published"),
    }
    return {name: size / 1e6 for name, size in parts.items()}


def measure(name: str, home: Path, command: list[str], env: dict[str, str]) -> Step:
    """Run one command in a home and look at its disk afterwards."""
    orders, lines = count_rows(home, "orders"), count_rows(home, "order_lines")
    cost = say(f"{name}, {orders:,} orders", run(command, env | {"TTKPI_HOME": str(home)}, home / "tmp"))
    return Step(orders, name, cost, lines, disk_of(home))


def steps_of_size(base: Base, home: Path, copies: int, *, publish: bool) -> Iterator[Step]:
    """The first build at one size, the build of the day after, and the audit and publication of each."""
    for which in ("first", "day's"):
        if which == "day's":
            base.sync_day()
        copy_raw(base.home, home, copies)
        yield measure(f"{which} build", home, build_command(), {})
        if publish:
            yield measure(f"{which} audit", home, python("orchestration.cli", "audit"), {})
            yield measure(f"{which} publication", home, python("orchestration.cli", "publish"), {})


def table_of(steps: Sequence[Step]) -> list[str]:
    """The section's table, as Markdown."""
    lines = [
        "| orders | order lines | | seconds | CPU seconds | peak memory | raw | warehouse | published | spilled |",
        "|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for step in steps:
        disk = " | ".join(f"{step.disk[name]:,.0f} MB" for name in ("raw", "warehouse", "published"))
        time = f"{step.cost.seconds:,.0f} | {step.cost.cpu_seconds:,.0f}"
        lines.append(
            f"| {step.orders:,} | {step.lines:,} | {step.name} | {time} | {step.cost.peak_mb:,.0f} MB "
            f"| {disk} | {step.cost.largest_mb:,.0f} MB |"
        )
    return lines


def main() -> None:
    """Measure each size, print the table, write the section."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--orders", default="1000000,2000000", help="sizes in orders, multiples of --base")
    parser.add_argument("--base", type=int, default=1_000_000, help="orders that are made and synced")
    parser.add_argument("--publish", action="store_true", help="audit and publish as well")
    parser.add_argument(
        "--folder", type=Path, help="where to work; the base in it stays (default: a temporary folder)"
    )
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.orders.split(",")]
    if any(size % arguments.base for size in sizes):
        parser.error("--orders has to be multiples of --base")
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="ttkpi-bench-"))
    steps: list[Step] = []
    load = os.getloadavg()[0]
    days = arguments.base // PER_DAY
    try:
        with sandbox(arguments.base, days, folder / "world") as environment:
            base = Base(folder, environment)
            base.sync_history(days)
            for size in sizes:
                home = folder / f"scale_{size}"
                shutil.rmtree(home, ignore_errors=True)
                for step in steps_of_size(base, home, size // arguments.base, publish=arguments.publish):
                    steps.append(step)
                    # At once: the largest size may end without disk or memory.
                    write_section("scale", section(steps, arguments.base, load))
                shutil.rmtree(home)
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


def section(steps: Sequence[Step], base: int, load: float) -> list[str]:
    """The section of BENCHMARKS.md."""
    sizes = ",".join(str(size) for size in dict.fromkeys(round(step.orders / base) * base for step in steps))
    command = f"python -m benchmarks.scale --orders {sizes} --base {base}"
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    now = os.getloadavg()[0]
    limit = os.environ.get(VARIABLE) or "as `ttkpi` sets it"
    return [
        "## Where one process ends",
        "",
        f"Printed by `{command}` on {machine}; DuckDB's limit {limit}; load {load:.1f} before, {now:.1f} "
        "after. Other work on the machine makes the seconds longer, the CPU seconds hardly. Memory is that of all "
        "processes of the command, Python's included. Spilled is what DuckDB's temporary folder held at its largest.",
        "",
        *table_of(steps),
    ]


if __name__ == "__main__":
    main()
