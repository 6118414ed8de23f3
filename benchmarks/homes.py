"""`python -m benchmarks.homes`: many seller groups, each with a home and a sandbox of its own; then their union.

Each group is a seller with five shops of their own (`TTKPI_SANDBOX_SELLER`). What is measured is `ttkpi homes run`,
from empty homes to published files, and `ttkpi homes union`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import httpx
import psutil
from rich.console import Console

from benchmarks.measure import python, run
from benchmarks.sections import write_section
from home.config import load_ads_config, load_shop_config
from home.groups import HOMES_VARIABLE, SETTINGS, union_home
from home.layout import Home
from ingestion.tiktok_ads.tokens import AdsAuthHost, AdsTokenStore
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.tokens import TokenStore
from orchestration.demo.demo import environment, sandbox_settings
from sandbox.server.serve import SandboxProcess
from sandbox.world.generator import generate

CLOCK = int(datetime(2026, 11, 8, tzinfo=UTC).timestamp())
SAMPLE_SECONDS = 2.0
SELLER = "TTKPI_SANDBOX_SELLER"
console = Console(width=140, highlight=False)


@dataclass
class Watched:
    """What a command over all homes cost.

    Attributes:
        seconds: Wall time.
        exit_code: Of the command.
        cpu_seconds: Of all its processes.
        peak_mb: Most memory of all its processes together (PSS: shared pages counted once).
        peaks_mb: Most memory of the processes of one group, by group.
        group_seconds: How long the processes of a group lived, by group.
    """

    seconds: float = 0.0
    exit_code: int = 0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    peaks_mb: dict[str, float] = field(default_factory=dict)
    group_seconds: dict[str, float] = field(default_factory=dict)


def watched(command: list[str], homes: Path) -> Watched:
    """Run a command over all homes and look every two seconds at what its processes use."""
    found = Watched()
    first: dict[str, float] = {}
    began = time.perf_counter()
    before = os.times()
    process = subprocess.Popen(command, env={**os.environ, HOMES_VARIABLE: str(homes)})
    root = psutil.Process(process.pid)
    names: dict[int, str] = {}
    while process.poll() is None:
        total = _memory(root)
        for child in _children(root):
            if child.pid not in names:
                names[child.pid] = _group_of(child)
            size = _memory(child) + sum(_memory(one) for one in _children(child, recursive=True))
            name, now = names[child.pid], time.perf_counter() - began
            found.peaks_mb[name] = max(found.peaks_mb.get(name, 0.0), size)
            found.group_seconds[name] = now - first.setdefault(name, now)
            total += size
        found.peak_mb = max(found.peak_mb, total)
        time.sleep(SAMPLE_SECONDS)
    after = os.times()
    found.seconds, found.exit_code = time.perf_counter() - began, process.returncode
    found.cpu_seconds = after.children_user + after.children_system
    found.cpu_seconds -= before.children_user + before.children_system
    return found


def _group_of(process: psutil.Process) -> str:
    try:
        return Path(process.environ().get("TTKPI_HOME", "?")).name
    except psutil.Error:
        return "?"


def _children(process: psutil.Process, *, recursive: bool = False) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=recursive))
    except psutil.Error:
        return []


def _memory(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 1e6
    except psutil.Error:
        return 0.0


@contextmanager
def seller(number: int) -> Iterator[None]:
    """What is started in the block is about this seller."""
    with environment({SELLER: str(number)}):
        yield


def make_group(homes: Path, worlds: Path, number: int, options: argparse.Namespace, stack: ExitStack) -> None:
    """A folder with the settings of a group, and a sandbox in which its seller has authorised the app."""
    name, world = f"group{number:02d}", worlds / f"{number}"
    home = Home(homes / name)
    with seller(number):
        if not world.is_dir():
            making = python("benchmarks.homes", "--make-world", str(world), "--orders", str(options.orders))
            run([*making, "--days", str(options.days), "--seed", str(options.seed + number)])
        server = stack.enter_context(SandboxProcess(world, remember=True))
    settings = sandbox_settings(server.base_url)
    home.make()
    path = home.root / SETTINGS
    path.touch(0o600)
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    if home.tokens_file.is_file():
        return
    with environment(settings):
        code = httpx.post(f"{server.base_url}/_sandbox/auth_code", json={}, trust_env=False).json()
        TokenStore(home.tokens_file, AuthHost(load_shop_config())).exchange(code["auth_code"])
        code = httpx.post(f"{server.base_url}/_sandbox/ads_auth_code", json={}, trust_env=False).json()
        AdsTokenStore(home.ads_tokens_file).exchange(code["auth_code"], AdsAuthHost(load_ads_config()))


def main() -> None:
    """Make the groups, run them, unite them, and write the section."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.homes", description=__doc__)
    parser.add_argument("--groups", type=int, default=20)
    parser.add_argument("--orders", type=int, default=500, help="orders of each group, over its five shops")
    parser.add_argument("--days", type=int, default=21)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--at-a-time", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="also run all of them once more")
    parser.add_argument("--folder", type=Path, help="where to work; stays (default: a temporary folder)")
    parser.add_argument("--write", action="store_true", help="write the section of BENCHMARKS.md")
    parser.add_argument("--make-world", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make_world is not None:
        generate(options.make_world, orders=options.orders, days=options.days, seed=options.seed, clock=CLOCK)
        return
    with ExitStack() as stack:
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="ttkpi-homes-"))
        )
        homes, worlds = folder / "homes", folder / "worlds"
        homes.mkdir(parents=True, exist_ok=True)
        worlds.mkdir(exist_ok=True)
        for number in range(1, options.groups + 1):
            make_group(homes, worlds, number, options, stack)
        console.print(f"{options.groups} homes and sandboxes are ready")
        until = (datetime.fromtimestamp(CLOCK, UTC) + timedelta(seconds=1)).isoformat()
        command = python("orchestration.cli", "homes", "run", "--at-a-time", str(options.at_a_time))
        runs = {"first run, from empty homes": watched([*command, "--until", until], homes)}
        if options.again:
            runs["another run, nothing new"] = watched([*command, "--until", until], homes)
        union = watched(python("orchestration.cli", "homes", "union"), homes)
        lines = report(options, homes, runs, union)
    console.print("\n".join(lines))
    if options.write:
        write_section("homes", lines)


def report(
    options: argparse.Namespace, homes: Path, runs: Mapping[str, Watched], union: Watched
) -> list[str]:
    """The section, as Markdown."""
    own = union_home(homes)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{own.published}' as united (read_only)")
        shops, groups, orders = connection.execute(
            "select (select count(*) from united.marts.dim_shops), "
            "(select count(*) from united.marts.ops_seller_groups where reason is null), "
            "(select count(*) from united.marts.fct_orders)"
        ).fetchall()[0]
    manifest = json.loads(own.published.with_name("manifest.json").read_text())
    lines = [
        f"## {options.groups} seller groups of five shops, {options.at_a_time} at a time",
        "",
        f"Printed by `python -m benchmarks.homes --groups {options.groups} --orders {options.orders} "
        f"--days {options.days} --at-a-time {options.at_a_time}` on {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}. Each group is a seller with five shops and "
        f"{options.orders:,} orders in {options.days} days, in a home and a sandbox of its own.",
        "",
        "| case | exit code | seconds | CPU seconds | seconds of a group, median (most) "
        "| memory of a group, most | of all together, most |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for case, one in runs.items():
        times = sorted(one.group_seconds.values())
        lines.append(
            f"| {case} | {one.exit_code} | {one.seconds:,.0f} | {one.cpu_seconds:,.0f} "
            f"| {times[len(times) // 2]:,.0f} ({times[-1]:,.0f}) | {max(one.peaks_mb.values()):,.0f} MB "
            f"| {one.peak_mb:,.0f} MB |"
        )
    lines += [
        f"| union | {union.exit_code} | {union.seconds:,.0f} | {union.cpu_seconds:,.0f} | | "
        f"| {union.peak_mb:,.0f} MB |",
        "",
        f"The union has {groups} groups, {shops} shops, {orders:,} orders, {len(manifest['tables'])} tables and "
        f"{sum(manifest['tables'].values()):,} rows in {manifest['bytes'] / 1e6:,.0f} MB.",
    ]
    return lines


if __name__ == "__main__":
    main()
