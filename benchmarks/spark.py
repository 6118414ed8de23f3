"""The same shops on DuckDB and on Apache Spark: every published table is equal, value by value (docs/spark.md).

`python -m benchmarks.spark`: two homes of one sandbox world, one on DuckDB, one on Spark, on two days. The first is
built with the unit tests; the second is a `ttkpi run`, and incremental models get what is new. After
each day the tests' counts and all tables of the two publications are compared. With `--cluster` Spark is a master and
two workers on this machine instead of one process. With `--write` the figures go into BENCHMARKS.md. Exit code 1 when
a test found other rows, or a value differs: then the rows are printed, and the homes are kept.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.console import Console

from benchmarks.measure import Measured, python, run
from benchmarks.sections import write_section
from benchmarks.soak.content import different, differing_rows, marts
from benchmarks.soak.week import OF_PUBLICATIONS, hand_over_tokens
from home.config import load_ads_config, load_shop_config
from home.layout import Home
from ingestion.tiktok_ads.tokens import AdsAuthHost, AdsTokenStore
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.tokens import TokenStore
from orchestration.build.build import LOCAL, TARGET_VARIABLE, last_report
from orchestration.build.spark import TARGET, spark_environment
from orchestration.demo.demo import environment, sandbox_settings
from sandbox.ads.accounts import ACCOUNTS
from sandbox.server.serve import start_in_thread
from sandbox.world.catalog import SHOPS
from sandbox.world.generator import generate

CLOCK = int(datetime(2026, 11, 8, tzinfo=UTC).timestamp())
DAY = 86_400
DAYS = ("first day", "next day")
ENGINES = (LOCAL, TARGET)
_NAMES = {LOCAL: "DuckDB", TARGET: "Spark"}
console = Console(width=160, highlight=False)


@dataclass
class Run:
    """What a day's run on an engine came to.

    Attributes:
        day: Which of the days.
        engine: dbt's target.
        measured: Time and memory of `ttkpi run`.
        counts: Rows that each data test found, by dbt's id.
        nodes: How many models, seeds and tests dbt ran.
        unit_tests: How they ended: `679 pass`; empty when none ran.
    """

    day: str
    engine: str
    measured: Measured
    counts: dict[str, int | None]
    nodes: int
    unit_tests: str


def main(arguments: list[str] | None = None) -> int:
    """Runs both days on both engines and prints what differs."""
    options = _options(arguments)
    folder = Path(tempfile.mkdtemp(prefix="ttkpi-spark-"))
    began = time.monotonic()
    wrong = ["ended early"]
    try:
        # Before the world is made: what is missing is said at once.
        spark_environment(Home(folder / TARGET))
        world = folder / "world"
        generate(
            world, orders=options.orders, days=options.days, seed=options.seed, clock=CLOCK, horizon_days=3
        )
        homes = {engine: Home(folder / engine) for engine in ENGINES}
        server = start_in_thread(world)
        try:
            with environment(_settings(server.base_url, options.days)), _engine(options, folder):
                runs, wrong = _play(homes, server.base_url)
        finally:
            server.stop()
    finally:
        if wrong:
            console.print(f"the homes are kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    lines = _table(options, runs, wrong, time.monotonic() - began)
    console.print("\n".join(lines), markup=False, soft_wrap=True)
    if options.write:
        write_section("spark-cluster" if options.cluster else "spark", lines)
    return 1 if wrong else 0


def _play(homes: dict[str, Home], base_url: str) -> tuple[list[Run], list[str]]:
    """Runs all days; the runs, and what is wrong."""
    first = homes[LOCAL]
    first.prepare()
    _authorise(first, base_url)
    # One key: buyers have the same hashes in both homes. Without this each makes its own in its first sync.
    first.privacy_key()
    shutil.copytree(first.root, homes[TARGET].root)
    runs: list[Run] = []
    wrong: list[str] = []
    for number, day in enumerate(DAYS):
        if number:
            moved = {"advance_seconds": DAY}
            httpx.post(f"{base_url}/_sandbox/clock", json=moved, timeout=600).raise_for_status()
        until = datetime.fromtimestamp(CLOCK + number * DAY, UTC)
        for engine, home in homes.items():
            if engine == TARGET:
                hand_over_tokens(first, home)
            window = ("--until", until.isoformat())
            # Unit tests test the code, not the data: once is enough, and `ttkpi run` leaves them out.
            steps = (
                [["run", *window]]
                if number
                else [["sync", *window], ["build", "--unit-tests"], ["audit"], ["publish"]]
            )
            measured = _all(
                [run(python("orchestration.cli", *step), _environment(home, engine)) for step in steps]
            )
            report = last_report(home)
            if report is None:
                raise ValueError(f"{home.root} was not built")
            counts = {node.unique_id: node.failures for node in report.nodes if node.kind == "test"}
            ended = [node.status for node in report.nodes if node.kind == "unit_test"]
            unit_tests = ", ".join(f"{ended.count(status)} {status}" for status in sorted(set(ended)))
            runs.append(Run(day, engine, measured, counts, len(report.nodes), unit_tests))
            console.print(f"{day}, {_NAMES[engine]}: {measured.seconds:.0f} s, {measured.peak_mb:,.0f} MB")
        hand_over_tokens(homes[TARGET], first)
        wrong += _compared(day, runs[-2], runs[-1], homes)
    return runs, wrong


def _all(steps: list[Measured]) -> Measured:
    """Steps one after the other, as one run."""
    return Measured(
        seconds=sum(one.seconds for one in steps),
        peak_mb=max(one.peak_mb for one in steps),
        output="".join(one.output for one in steps),
        cpu_seconds=sum(one.cpu_seconds for one in steps),
    )


def _compared(day: str, duck: Run, other: Run, homes: dict[str, Home]) -> list[str]:
    wrong = [
        f"{day}: {one} found {other.counts.get(one)} rows on Spark, {duck.counts.get(one)} on DuckDB"
        for one in sorted(duck.counts.keys() | other.counts.keys())
        if duck.counts.get(one) != other.counts.get(one)
    ]
    if day == DAYS[0] and not duck.unit_tests:
        wrong.append(f"{day}: no unit test ran")
    if other.unit_tests != duck.unit_tests:
        wrong.append(
            f"{day}: unit tests: {other.unit_tests or 'none'} on Spark, {duck.unit_tests or 'none'} on DuckDB"
        )
    tables = {
        engine: {
            name: table for name, table in marts(home, published=True).items() if name not in OF_PUBLICATIONS
        }
        for engine, home in homes.items()
    }
    for text in different(tables[TARGET], tables[LOCAL]):
        rows = differing_rows(homes[TARGET], homes[LOCAL], text.split(":")[0])
        wrong.append("\n".join([f"{day}: marts.{text}", *rows]))
    count = sum(rows for rows, _ in tables[LOCAL].values())
    # At once: a later step that fails must not leave only how much was compared.
    console.print(f"{day}: {len(tables[LOCAL])} tables, {count:,} rows compared, {len(wrong)} differences")
    for text in wrong:
        console.print(text, markup=False, soft_wrap=True)
    return wrong


def _environment(home: Home, engine: str) -> dict[str, str]:
    return {"TTKPI_HOME": str(home.root), TARGET_VARIABLE: engine}


def _settings(base_url: str, days: int) -> dict[str, str]:
    return sandbox_settings(base_url) | {"SOURCES__TIKTOK_SHOP__HISTORY_DAYS": str(days)}


def _authorise(home: Home, base_url: str) -> None:
    """A seller lets the app into all shops, and a user into the ads accounts."""
    code = httpx.post(f"{base_url}/_sandbox/auth_code", json={"shops": [shop.id for shop in SHOPS]}).json()
    TokenStore(home.tokens_file, AuthHost(load_shop_config())).exchange(code["auth_code"])
    accounts = [account.id for account in ACCOUNTS]
    code = httpx.post(f"{base_url}/_sandbox/ads_auth_code", json={"advertisers": accounts}).json()
    AdsTokenStore(home.ads_tokens_file).exchange(code["auth_code"], AdsAuthHost(load_ads_config()))


@contextmanager
def _engine(options: argparse.Namespace, folder: Path) -> Iterator[None]:
    """Spark in the process that builds, or a cluster of a master and two workers on this machine."""
    if not options.cluster:
        yield
        return
    import pyspark

    spark = Path(pyspark.__file__).parent
    ports = [_free_port(), _free_port()]
    master = f"spark://127.0.0.1:{ports[0]}"
    deployed = "org.apache.spark.deploy"
    at = ["--host", "127.0.0.1"]
    commands = [
        [f"{deployed}.master.Master", *at, "--port", str(ports[0]), "--webui-port", str(ports[1])],
        *(
            [
                f"{deployed}.worker.Worker",
                master,
                *at,
                *("--cores", "1", "--memory", "2g", "--webui-port", "0"),
                *("--work-dir", str(folder / f"worker-{number}")),
            ]
            for number in (1, 2)
        ),
    ]
    settings = {"SPARK_HOME": str(spark), "SPARK_NO_DAEMONIZE": "1", "SPARK_LOCAL_IP": "127.0.0.1"}
    processes: list[subprocess.Popen[bytes]] = []
    with (folder / "cluster.log").open("wb") as log:
        try:
            for command in commands:
                processes.append(
                    subprocess.Popen(
                        [str(spark / "bin" / "spark-class"), *command],
                        env={**os.environ, **settings},
                        stdout=log,
                        stderr=log,
                    )
                )
            with environment(
                {"TTKPI_SPARK_MASTER": master, "SPARK_LOCAL_IP": "127.0.0.1", "TTKPI_SPARK_PARTITIONS": "4"}
            ):
                yield
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _table(options: argparse.Namespace, runs: list[Run], wrong: list[str], seconds: float) -> list[str]:
    """The section of BENCHMARKS.md."""
    where = "a master and two workers on this machine" if options.cluster else "one process"
    command = "python -m benchmarks.spark --write" + (" --cluster" if options.cluster else "")
    lines = [
        f"## DuckDB and Apache Spark, {options.orders:,} orders" + (", cluster" if options.cluster else ""),
        "",
        f"Printed by `{command}` on {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Spark as {where}, "
        f"{seconds / 60:.0f} minutes in all. A run: sync, build (first day: with unit tests), audit, publication.",
        "",
        "| day | engine | nodes | seconds | peak memory |",
        "|---|---|---:|---:|---:|",
    ]
    lines += [
        f"| {one.day} | {_NAMES[one.engine]} | {one.nodes:,} | {one.measured.seconds:.0f} "
        f"| {one.measured.peak_mb:,.0f} MB |"
        for one in runs
    ]
    lines += [
        "",
        "Unit tests: "
        + ", ".join(f"{one.unit_tests} on {_NAMES[one.engine]}" for one in runs if one.unit_tests)
        + ". "
        + (
            "Every test found as many rows and every table was equal."
            if not wrong
            else f"{len(wrong)} wrong."
        ),
    ]
    return lines


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spark", description=__doc__)
    parser.add_argument("--orders", type=int, default=2_000, help="orders of the world (2000)")
    parser.add_argument("--days", type=int, default=60, help="days of history (60)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the world (7)")
    parser.add_argument(
        "--cluster", action="store_true", help="a master and two workers instead of one process"
    )
    parser.add_argument("--write", action="store_true", help="write the table into BENCHMARKS.md")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
