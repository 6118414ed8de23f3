"""`make bench`: measure on this machine, print a table, write it into BENCHMARKS.md.

Everything is measured in one run against one local sandbox. Numbers depend on the machine; the ratios count.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.cases import STAGING_OF_ORDERS
from benchmarks.exports import SHOP, write_files
from benchmarks.measure import Measured, python, run
from benchmarks.sections import write_section
from sandbox.server.serve import SandboxProcess
from sandbox.world.generator import generate

CLOCK = int(datetime(2026, 11, 8, tzinfo=UTC).timestamp())
HORIZON_DAYS = 20
"""Days behind the clock for which the world has orders: three are measured, the others wait for a kept folder."""
GATES = {"seconds": 65.0, "ratio": 1.5, "peak_mb": 1536.0}
"""What a day's build into the long history may take at most: seconds, times the build into the short one, memory."""
SMALL_MACHINE = {"TTKPI_MEMORY_LIMIT": "500MB"}
"""What DuckDB is given on a machine of 2 GB."""
console = Console(width=120)


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    case: str
    seconds: float
    peak_mb: float
    per_second: float | None
    note: str


@contextmanager
def sandbox(orders: int, days: int, folder: Path) -> Iterator[dict[str, str]]:
    """A sandbox server of its own process; yields the environment that points `ttkpi` at it."""
    console.print(f"  making a world of {orders:,} orders in {days} days ...")
    generate(folder, orders=orders, days=days, seed=7, clock=CLOCK, horizon_days=HORIZON_DAYS)
    with SandboxProcess(folder) as server:
        yield {
            "SOURCES__TIKTOK_SHOP__BASE_URL": server.base_url,
            "SOURCES__TIKTOK_SHOP__AUTH_URL": server.base_url,
            "SOURCES__TIKTOK_SHOP__APP_KEY": "sandbox-app",
            "SOURCES__TIKTOK_SHOP__APP_SECRET": "sandbox-secret",
            "SOURCES__TIKTOK_SHOP__REQUESTS_PER_SECOND": "0",
            "SOURCES__FX_RATES__BASE_URL": f"{server.base_url}/fx/v1",
        }


def in_home(environment: dict[str, str], home: Path) -> dict[str, str]:
    """The environment with a home of its own, authorised at the sandbox."""
    home.mkdir(parents=True, exist_ok=True)
    env = {**environment, "TTKPI_HOME": str(home)}
    base_url = environment["SOURCES__TIKTOK_SHOP__BASE_URL"]
    code = httpx.post(f"{base_url}/_sandbox/auth_code", json={}).json()["auth_code"]
    run(python("orchestration.cli", "auth", "exchange", code), env)
    return env


def say(case: str, measured: Measured) -> Measured:
    """Print a finished case at once: a benchmark should not be silent for minutes."""
    console.print(f"  {case}: {measured.seconds:.1f} s, {measured.peak_mb:.0f} MB")
    return measured


def ingestion_rows(orders: int, days: int, folder: Path) -> list[Row]:
    """API to raw, API to staging and replay, beside their yardsticks."""
    rows: list[Row] = []
    with sandbox(orders, days, folder / "world") as environment:
        env = in_home(environment, folder / "ours") | SMALL_MACHINE
        stock_env = in_home(environment, folder / "stock")

        network = say("network alone", run(python("benchmarks.cases", "network"), env))
        raw = say("API to raw", run(python("benchmarks.cases", "raw"), env))
        staging = say("raw to staging", run(build_command(STAGING_OF_ORDERS), env))
        stock = say("stock rest_api_source", run(python("benchmarks.cases", "stock"), stock_env))
        (folder / "ours" / "warehouse.duckdb").unlink()
        replayed = say("replay to raw", run(python("benchmarks.cases", "replay"), env))
        restaged = say("replayed raw to staging", run(build_command(STAGING_OF_ORDERS), env))
        json_lines = say("DuckDB reads the JSON lines", run(python("benchmarks.cases", "json_lines"), env))

    def row(case: str, seconds: float, peak: float, note: str) -> Row:
        return Row(case, seconds, peak, orders / seconds, note)

    to_staging = raw.seconds + staging.seconds
    to_replayed = replayed.seconds + restaged.seconds
    rows.append(row("network alone: every page read and dropped", network.seconds, network.peak_mb, ""))
    rows.append(
        row("dlt `rest_api_source` into DuckDB, child tables", stock.seconds, stock.peak_mb, "the yardstick")
    )
    rows.append(
        row("API to raw", raw.seconds, raw.peak_mb, f"{stock.seconds / raw.seconds:.1f}x the yardstick")
    )
    rows.append(
        row(
            "API to staging tables",
            to_staging,
            max(raw.peak_mb, staging.peak_mb),
            f"{stock.seconds / to_staging:.1f}x the yardstick",
        )
    )
    rows.append(
        row(
            "DuckDB reads the archived JSON lines into typed tables",
            json_lines.seconds,
            json_lines.peak_mb,
            "",
        )
    )
    rows.append(
        row(
            "replay to staging tables",
            to_replayed,
            max(replayed.peak_mb, restaged.peak_mb),
            f"{to_replayed / json_lines.seconds:.2f}x DuckDB reading the JSON lines",
        )
    )
    return rows


def build_command(select: str | None = None) -> list[str]:
    """`ttkpi build` as a command."""
    return python("orchestration.cli", "build", *(["--select", select] if select else []))


def trust_share(home: Path) -> float:
    """What reconciliation and restatements add to the last build: dbt's seconds for the models in `trust` and their
    checks, as a share of its seconds for all else."""
    manifest = json.loads((home / "dbt" / "target" / "manifest.json").read_text())
    results = json.loads((home / "dbt" / "run_results.json").read_text())["results"]
    nodes = manifest["nodes"]
    trust = other = 0.0
    for result in results:
        node = nodes.get(result["unique_id"], {})
        model = nodes.get(node.get("attached_node"), node)
        if "trust" in Path(model.get("path", "")).parts:
            trust += result["execution_time"]
        else:
            other += result["execution_time"]
    return trust / other


def history_rows(
    per_day: int, small: int, large: int, folder: Path, *, keep: bool, repeats: int = 3
) -> list[Row]:
    """A day's sync built into a short and into a long history of the same shops.

    `keep` leaves the homes there: the next call with the same folder goes on from where they are, without making and
    loading the histories again.
    """
    rows: list[Row] = []
    medians: list[float] = []
    for orders in (small, large):
        place = folder / f"history_{orders}"
        first, syncs, builds, shares = days_of_history(orders, orders // per_day, place, repeats)
        if not keep:
            shutil.rmtree(place)
        if first is not None:
            case = f"first sync of {orders:,} orders"
            rows.append(Row(case, first.seconds, first.peak_mb, orders / first.seconds, ""))
        sync_median = statistics.median(one.seconds for one in syncs)
        sync_peak = max(one.peak_mb for one in syncs)
        rows.append(
            Row(f"a day's sync into {orders:,} orders", sync_median, sync_peak, None, f"median of {repeats}")
        )
        seconds = statistics.median(one.seconds for one in builds)
        medians.append(seconds)
        peak = max(one.peak_mb for one in builds)
        notes = [f"median of {repeats}"]
        if len(medians) > 1:
            ratio = seconds / medians[0]
            notes.append(f"{ratio:.2f}x the build into {small:,}")
            held = {"seconds": seconds, "ratio": ratio, "peak_mb": peak}
            missed = [name for name, bound in GATES.items() if held[name] > bound]
            notes.append(f"gates missed: {', '.join(missed)}" if missed else "all gates hold")
        notes.append(f"reconciliation and restatements add {statistics.median(shares):.0%} to dbt's seconds")
        rows.append(Row(f"a day's build into {orders:,} orders", seconds, peak, None, "; ".join(notes)))
    return rows


def days_of_history(
    orders: int, days: int, place: Path, repeats: int
) -> tuple[Measured | None, list[Measured], list[Measured], list[float]]:
    """Make a history, or go on with the one that is there, and measure so many days more.

    Returns:
        The first sync (None when the history was there), the days' syncs and builds, and what trust adds to each build.
    """
    reached = place / "clock.txt"
    first: Measured | None = None
    builds: list[Measured] = []
    syncs: list[Measured] = []
    shares: list[float] = []
    with sandbox(orders, days, place / "world") as environment:
        env = in_home(environment, place / "home")
        base_url = environment["SOURCES__TIKTOK_SHOP__BASE_URL"]
        if reached.exists():
            clock = {"now": int(reached.read_text())}
            httpx.post(f"{base_url}/_sandbox/clock", json=clock).raise_for_status()
        else:
            since = (datetime.fromtimestamp(CLOCK, UTC).date() - timedelta(days=days + 1)).isoformat()
            first = say(f"first sync of {orders:,}", run(sync_command(base_url, since), env))
            say(f"first build of {orders:,}", run(build_command(), env))
        for _ in range(repeats):
            advanced = httpx.post(f"{base_url}/_sandbox/clock", json={"advance_seconds": 86_400})
            advanced.raise_for_status()
            syncs.append(say("  a day's sync", run(sync_command(base_url), env)))
            builds.append(say("  a day's build", run(build_command(), env)))
            shares.append(trust_share(place / "home"))
            reached.write_text(str(advanced.json()["now"]))
    return first, syncs, builds, shares


def import_rows(rows: int, folder: Path) -> list[Row]:
    """An order file of so many rows into raw, as CSV and as XLSX, each into a home of its own."""
    found: list[Row] = []
    console.print(f"  writing order files of {rows:,} rows ...")
    for form, path in write_files(folder / "exports", rows).items():
        home = folder / f"import_{form}"
        command = python("orchestration.cli", "import", str(path), "--shop", SHOP, "--region", "VN")
        measured = say(f"import of {rows:,} rows, {form}", run(command, {"TTKPI_HOME": str(home)}))
        found.append(
            Row(
                f"`ttkpi import` of {rows:,} rows of 54 columns, {form}",
                measured.seconds,
                measured.peak_mb,
                rows / measured.seconds,
                f"{path.stat().st_size / 1e6:.0f} MB",
            )
        )
        shutil.rmtree(home)
    return found


def sync_command(base_url: str, since: str | None = None) -> list[str]:
    """`ttkpi sync` up to the sandbox's own time."""
    now = datetime.fromtimestamp(httpx.get(f"{base_url}/_sandbox/clock").json()["now"], UTC)
    until = now.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return python("orchestration.cli", "sync", "--until", until, *(["--since", since] if since else []))


def write_report(name: str, rows: list[Row], header: str, unit: str = "orders") -> None:
    """Replace one section of BENCHMARKS.md by this run; `unit` is what is counted per second."""
    lines = [
        header,
        "",
        f"| case | seconds | {unit} per second | peak memory | |",
        "|---|---:|---:|---:|---|",
    ]
    for row in rows:
        rate = f"{row.per_second:,.0f}" if row.per_second else ""
        lines.append(f"| {row.case} | {row.seconds:.1f} | {rate} | {row.peak_mb:,.0f} MB | {row.note} |")
    write_section(name, lines)


def show(rows: list[Row], unit: str = "orders") -> None:
    """Print the table of a section."""
    table = Table("case", "seconds", f"{unit}/s", "peak", "")
    for row in rows:
        rate = f"{row.per_second:,.0f}" if row.per_second else ""
        table.add_row(row.case, f"{row.seconds:.1f}", rate, f"{row.peak_mb:,.0f} MB", row.note)
    console.print(table)


def main() -> None:
    """Run the chosen sections."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--orders", type=int, default=200_000, help="orders of the ingestion section")
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument(
        "--history", type=int, default=1_000_000, help="the long history, in orders; 0 = skip"
    )
    parser.add_argument("--short-history", type=int, default=50_000)
    parser.add_argument("--per-day", type=int, default=1_250, help="orders a day in both histories")
    parser.add_argument("--repeats", type=int, default=3, help="days measured in each history")
    parser.add_argument("--skip-ingestion", action="store_true")
    parser.add_argument("--import-rows", type=int, default=100_000, help="rows of an imported file; 0 = skip")
    parser.add_argument(
        "--folder",
        type=Path,
        help="where to work; stays, and histories in it are continued (default: a temporary folder)",
    )
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="ttkpi-bench-"))
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    try:
        if not arguments.skip_ingestion:
            rows = ingestion_rows(arguments.orders, arguments.days, folder)
            show(rows)
            header = (
                f"## Ingestion, {arguments.orders:,} orders\n\nOn {machine}; dbt's DuckDB limited to 500 MB."
            )
            write_report("ingestion", rows, header)
        if arguments.import_rows:
            rows = import_rows(arguments.import_rows, folder)
            show(rows, "rows")
            header = f"## A hand-downloaded file, {arguments.import_rows:,} rows\n\nOn {machine}."
            write_report("import", rows, header, "rows")
        if arguments.history:
            rows = history_rows(
                arguments.per_day,
                arguments.short_history,
                arguments.history,
                folder,
                keep=arguments.folder is not None,
                repeats=arguments.repeats,
            )
            show(rows)
            write_report("history", rows, f"## A day's run and the length of history\n\nOn {machine}.")
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
