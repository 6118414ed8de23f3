"""Dagster's pages over a home."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack

import click

from orchestration.cli.base import Command
from orchestration.cli.session import open_home, show_progress


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, default=3000, show_default=True)
def dagster(host: str, port: int) -> None:
    """Open Dagster over this home: lineage, runs, checks, schedules. 打开 Dagster（血缘、运行、检查、定时任务）。

    What the command line has built and published is shown as such. Over the home of a demo its sandbox runs as long as
    Dagster does, so jobs can be launched there, too. Schedules are off until they are switched on.

    \b
    Example:  ttkpi dagster --port 3001
    """
    from home.config import PROJECT_ROOT
    from home.demo_home import is_demo_home
    from orchestration.dagster_home import dagster_home
    from orchestration.dagster_home import main as prepare
    from orchestration.demo.demo import running_sandbox

    home, reporter = open_home(), show_progress()
    with reporter.phase("dagster", "preparing"), ExitStack() as stack:
        prepare([])
        if is_demo_home(home):
            until = stack.enter_context(running_sandbox(home, reporter))
            os.environ["TTKPI_SYNC_UNTIL"] = until.isoformat()
        address = ["-h", host, "-p", str(port)]
        code = subprocess.call(
            [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions", *address],
            cwd=PROJECT_ROOT,
            env={**os.environ, "DAGSTER_HOME": str(dagster_home(home)), "TTKPI_HOME": str(home.root)},
        )
    raise SystemExit(code)
