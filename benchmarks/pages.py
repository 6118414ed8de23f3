"""How fast the pages are in a browser: `python -m benchmarks.pages --home HOME` writes a section of BENCHMARKS.md.

Over a home that was published, for instance by `ttkpi demo`. The server is warm, the browser's cache is empty. Browsers
run beside the server here, and on machines of their own where a team works: the server's CPU seconds are measured, too.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.sections import write_section
from dashboards.pages import PAGES
from dashboards.parts.store import opened
from dashboards.pictures import browser, path_of, running, wait_drawn
from home.layout import Home
from orchestration.metrics.source import NoMetrics

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

GATES = {"first page": 2.0, "another page": 1.0, "memory MB": 400.0}
"""Seconds and megabytes at most, on an idle machine with two cores."""
_ROUNDS, _PEOPLE, _THINK_SECONDS = 3, 5, 3.0


def main() -> int:
    """Measure, print, write; 1 when a gate is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--home", type=Path, default=None, help="A home that was published.")
    parser.add_argument("--people", type=int, default=_PEOPLE)
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="Walks of one person.")
    parser.add_argument(
        "--section",
        default="pages",
        help="Name of the section, so that homes of several sizes stay side by side.",
    )
    parser.add_argument("--dry-run", action="store_true", help="Do not write BENCHMARKS.md.")
    given = parser.parse_args()
    home = Home(given.home.absolute()) if given.home else Home.from_env()
    try:
        orders = opened(home).rows("select count(*) as n from fct_orders")[0]["n"]
    except NoMetrics as error:
        print(f"The pages were not measured: {error.message} {error.advice}", file=sys.stderr)
        return 2
    with running(home) as (address, pid):
        server = psutil.Process(pid)
        # Each page once: what MetricFlow compiles is compiled once per process.
        walk(address, 1)
        before = _cpu_seconds(server)
        one = walk(address, given.rounds)
        of_one = _cpu_seconds(server) - before
        all_there = threading.Barrier(given.people, timeout=120)
        with ThreadPoolExecutor(given.people) as pool:
            several = list(
                pool.map(lambda number: walk(address, 1, number, all_there), range(1, given.people + 1))
            )
        memory = server.memory_info().rss / 1e6
    first, other = statistics.median(one["first"]), statistics.median(one["other"])
    lines = [
        f"## Pages, {orders:,} orders",
        "",
        f"Chromium on this machine, {psutil.cpu_count()} cores, warm server. "
        f"Seconds until all of the page is drawn. `python -m benchmarks.pages --home HOME`; gates: {GATES}.",
        "",
        f"| | one person | the slowest | {given.people} people, one more every {_THINK_SECONDS:.0f} s, "
        f"about {_THINK_SECONDS:.0f} s between clicks |",
        "|---|---|---|---|",
        _line("first page", one["first"], [value for found in several for value in found["first"]]),
        _line("another page", one["other"], [value for found in several for value in found["other"]]),
        _line("language", one["language"], [value for found in several for value in found["language"]]),
        _line("number opened", one["number"], [value for found in several for value in found["number"]]),
        "",
        f"The server used {of_one / sum(map(len, one.values())):.2f} CPU seconds for a click of one person; "
        f"memory after all of it: {memory:,.0f} MB.",
    ]
    print("\n".join(lines))
    if not given.dry_run:
        write_section(given.section, lines)
    broken = [
        name
        for name, value in {"first page": first, "another page": other, "memory MB": memory}.items()
        if value > GATES[name]
    ]
    if broken:
        print(f"Broken: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


def _line(name: str, one: list[float], several: list[float]) -> str:
    return (
        f"| {name} | {statistics.median(one):.2f} | {max(one):.2f} | "
        f"{statistics.median(several):.2f} (max {max(several):.2f}) |"
    )


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def walk(
    address: str, rounds: int, number: int = 0, all_there: threading.Barrier | None = None
) -> dict[str, list[float]]:
    """Somebody who opens each page, changes the language, and opens a number.

    Args:
        address: The server.
        rounds: How often.
        number: Who of several, from 1: they come one after another and think between clicks. 0 is alone and in a hurry.
        all_there: Waited for when the browser has started, so that no start of a browser is measured.
    """
    found: dict[str, list[float]] = {"first": [], "other": [], "language": [], "number": []}
    thinks = random.Random(number)
    with browser() as started:
        if all_there:
            all_there.wait()
        time.sleep(_THINK_SECONDS * max(number - 1, 0))
        for _ in range(rounds):
            context = started.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
            tab = context.new_page()

            def timed(kind: str, act: Callable[[], object], tab: Tab = tab) -> None:
                time.sleep(thinks.uniform(0.5, 1.5) * _THINK_SECONDS if number else 0)
                begin = time.perf_counter()
                act()
                wait_drawn(tab)
                # Two looks 0.15 s apart make sure that nothing follows.
                found[kind].append(time.perf_counter() - begin - 0.3)

            timed("first", partial(tab.goto, f"{address}{path_of(PAGES[0].slug)}?lang=EN"))
            for entry in PAGES[1:]:
                name = entry.name[0]

                def turn(name: str = name, tab: Tab = tab) -> None:
                    before = tab.locator(".k .bar .name").first.inner_text()
                    tab.get_by_role("link", name=name, exact=True).click()
                    tab.wait_for_function(
                        "before => document.querySelector('.k .bar .name')?.innerText !== before", arg=before
                    )

                timed("other", turn)
            timed("language", tab.get_by_text("中文", exact=True).click)
            tab.get_by_role("link", name=PAGES[0].name[1], exact=True).click()
            wait_drawn(tab)

            def open_number(tab: Tab = tab) -> None:
                tab.locator(".tile button.n").first.click()
                tab.get_by_role("dialog").wait_for()

            timed("number", open_number)
            context.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
