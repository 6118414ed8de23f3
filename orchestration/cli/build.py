"""The marts of raw."""

from __future__ import annotations

import click

from orchestration.cli.base import Command
from orchestration.cli.session import open_home, show_progress


@click.command(cls=Command)
@click.option("--full-refresh", is_flag=True, help="Build incremental models anew from all raw rows.")
@click.option("--select", help="Only a part of the project, in dbt's words; the audit tests all of it again.")
@click.option(
    "--unit-tests", is_flag=True, help="Run dbt's unit tests too: they test the code, not the data."
)
def build(full_refresh: bool, select: str | None, unit_tests: bool) -> None:
    """Build the marts from raw with dbt, and run its tests. 用 dbt 计算指标表并测试。

    A test that fails does not fail this command: the audit judges it.

    \b
    Examples:  ttkpi build
               ttkpi build --full-refresh
               ttkpi build --select +kpi_shop_daily
    """
    from orchestration.build.build import build as run_build
    from orchestration.run import show_build

    home, reporter = open_home(), show_progress()
    with reporter.phase("build", "building the marts"):
        report = run_build(
            home, full_refresh=full_refresh, select=select, unit_tests=unit_tests, progress=reporter
        )
        show_build(reporter, report)
    report.raise_for_errors()
