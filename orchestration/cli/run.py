"""The whole way: sync, build, audit, publish."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import click

from orchestration.cli.base import EXIT_CODES, Command
from orchestration.cli.parameters import sync_options
from orchestration.cli.session import open_home, show_progress


@click.command(epilog=EXIT_CODES, cls=Command)
@sync_options
@click.option("--full-refresh", is_flag=True, help="Build the marts anew from all raw rows.")
@click.option("--accept-fewer-rows", is_flag=True, help="Publish although tables have lost rows.")
def run(
    shops: Sequence[str],
    since: date | None,
    until: datetime | None,
    resources: Sequence[str],
    full_refresh: bool,
    accept_fewer_rows: bool,
) -> None:
    """Sync, build, audit, publish. 一次完整运行：同步、计算、审核、发布。

    Made for a scheduler: it continues where the last run stopped, and the published file changes only when
    everything before has gone well.

    \b
    Examples:  ttkpi run
               ttkpi run --shop 7495000000000000101 --since 2026-10-01
               ttkpi run --shop 7400000000000000001 --since 2026-10-01 (an ads account)
    """
    from home.demo_home import refuse_demo_home
    from orchestration.run import SOME_SHOPS_FAILED, run_all

    home, reporter = open_home(), show_progress()
    refuse_demo_home(home)
    report = run_all(
        home,
        shops=shops or None,
        since=since,
        until=until,
        resources=resources or None,
        full_refresh=full_refresh,
        accept_fewer_rows=accept_fewer_rows,
        reporter=reporter,
    )
    if report.publish is not None:
        click.echo(f"Published {len(report.publish.tables)} tables to {report.publish.path}")
    if report.exit_code == SOME_SHOPS_FAILED:
        click.echo(
            "Some shops or ads accounts failed or are held back, the rest is published. See `ttkpi status`.",
            err=True,
        )
    raise SystemExit(report.exit_code)
