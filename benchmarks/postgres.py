"""`python -m benchmarks.postgres --url postgresql://... [--home FOLDER]`: what a publication into PostgreSQL costs.

A copy of the published file goes to the server twice: a first time, and as the next day with some rows changed. The
publication has schemas of its own there (`ttkpi_bench...`), which are dropped before and after. CPU seconds count, as
wall time depends on what else the machine does: those of the publishing process, and those of the server where it runs
on this machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psutil
import psycopg
from psycopg import sql
from rich.console import Console
from rich.table import Table

from home.database import literal, quoted
from home.layout import Home
from orchestration.build.build import dbt_folder
from orchestration.history.publications import history_folder
from orchestration.publish.postgres.config import Server
from orchestration.publish.postgres.publish import publish_to
from orchestration.publish.postgres.verify import problems_of_server

SCHEMA = "ttkpi_bench"
CHANGED = 0.03
"""The share of rows that a day changes, as measured over the demo."""
_CLOCKS = ("user", "system", "children_user", "children_system")
console = Console(width=120)


@dataclass
class Cost:
    """What one publication cost.

    Attributes:
        case: Which one.
        rows: Rows that were written.
        wall: Seconds on the clock.
        own: CPU seconds of the publishing process.
        server: CPU seconds of the server's processes; None when the server runs on another machine.
    """

    case: str
    rows: int = 0
    wall: float = 0.0
    own: float = 0.0
    server: float | None = None


def copied_home(source: Home, folder: Path) -> Home:
    """A home with a copy of what is published, and with the descriptions that become comments."""
    home = Home(folder / "home")
    home.published.parent.mkdir(parents=True)
    shutil.copyfile(source.published, home.published)
    manifest = dbt_folder(source) / "target" / "manifest.json"
    if manifest.is_file():
        target = dbt_folder(home) / "target"
        target.mkdir(parents=True)
        shutil.copyfile(manifest, target / "manifest.json")
    return home


def next_day(home: Home, share: float) -> None:
    """Publish the next day into the home: a share of the rows of each table, chosen by their content, changes."""
    with closing(duckdb.connect()) as file:
        file.execute(f"attach {literal(home.published)} as day")
        row = file.execute("select max(publication_id) from day.marts.ops_publication").fetchone()
        publication = str(row[0]) if row else ""
        kept = history_folder(home) / publication
        kept.mkdir(parents=True)
        shutil.copyfile(home.published, kept / home.published.name)
        numbers: dict[str, str] = {}
        for table, column in file.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'day' "
            "and schema_name = 'marts' and data_type = 'DECIMAL(18,4)'"
        ).fetchall():
            numbers.setdefault(str(table), str(column))
        for table, column in numbers.items():
            file.execute(
                f"update day.marts.{quoted(table)} as one set {quoted(column)} = coalesce({quoted(column)}, 0) + 1 "
                f"where hash(one) % 10000 < {round(share * 10000)}"
            )
        file.execute(f"update day.marts.ops_publication set publication_id = {literal(publication + '0')}")


@contextmanager
def measured(cost: Cost, server: psutil.Process | None) -> Iterator[None]:
    """Fill in what the block costs."""
    before, started = psutil.Process().cpu_times(), time.perf_counter()
    server_before = _tree_seconds(server)
    yield
    cost.wall = time.perf_counter() - started
    after = psutil.Process().cpu_times()
    cost.own = sum(getattr(after, name) - getattr(before, name) for name in _CLOCKS)
    if server is not None:
        time.sleep(1)  # the server takes notice of the end of the connection
        cost.server = _tree_seconds(server) - server_before


def local_server(url: str) -> psutil.Process | None:
    """The server's main process, if it runs on this machine."""
    with psycopg.connect(url) as connection, suppress(psutil.Error):
        if connection.info.host in ("127.0.0.1", "localhost", "::1") or connection.info.host.startswith("/"):
            return psutil.Process(connection.info.backend_pid).parent()
    return None


def _tree_seconds(process: psutil.Process | None) -> float:
    """CPU seconds of a process, of its children that live, and of those that have ended."""
    total = 0.0
    for one in [process, *process.children()] if process else []:
        with suppress(psutil.Error):
            times = one.cpu_times()
            total += times.user + times.system
            if one == process:
                total += times.children_user + times.children_system
    return total


def drop(url: str) -> None:
    """Take the schemas of the benchmark off the server."""
    with psycopg.connect(url, autocommit=True) as connection:
        for schema in (f"{SCHEMA}_views", SCHEMA):
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))
        connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(SCHEMA)))


def main() -> None:
    """Measure a first publication, a day's, and one with nothing new; compare every row; print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.postgres", description=__doc__)
    parser.add_argument("--url", default=os.environ.get("DESTINATION__POSTGRES__URL"), help="the database")
    parser.add_argument("--home", type=Path, default=Path(".ttkpi"), help="whose published file is copied")
    parser.add_argument("--changed", type=float, default=CHANGED, help="share of the rows that a day changes")
    arguments = parser.parse_args()
    if not arguments.url:
        parser.error("--url, or DESTINATION__POSTGRES__URL, has to name a database")
    server = Server(arguments.url, SCHEMA, SCHEMA, f"{SCHEMA}_views")
    process = local_server(arguments.url)
    load = os.getloadavg()[0]
    costs = [Cost("first publication"), Cost(f"a day, {arguments.changed:.0%} changed"), Cost("nothing new")]
    drop(arguments.url)
    with tempfile.TemporaryDirectory(prefix="ttkpi-bench-") as folder:
        home = copied_home(Home(arguments.home.resolve()), Path(folder))
        for number, cost in enumerate(costs):
            if number == 1:
                next_day(home, arguments.changed)
            with measured(cost, process):
                (report,) = publish_to(server, home)
            cost.rows = report.changed
            console.print(f"  {cost.case}: {cost.wall:.1f} s")
        problems = problems_of_server(server, home)
    drop(arguments.url)
    table = Table("case", "rows written", "seconds", "CPU s of ttkpi", "CPU s of the server")
    for cost in costs:
        table.add_row(
            cost.case,
            f"{cost.rows:,}",
            f"{cost.wall:.1f}",
            f"{cost.own:.1f}",
            "" if cost.server is None else f"{cost.server:.1f}",
        )
    console.print(table)
    console.print(
        f"{os.cpu_count()} cores, load {load:.1f} before, {os.getloadavg()[0]:.1f} after; "
        f"{problems or 'every row is as published'}"
    )


if __name__ == "__main__":
    main()
