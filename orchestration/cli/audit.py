"""The judgement before the publication."""

from __future__ import annotations

import click

from orchestration.cli.base import Command
from orchestration.cli.session import open_home, show_progress


@click.command(cls=Command)
@click.option("--accept-fewer-rows", is_flag=True, help="Tables may have lost rows: a shop was given up, ...")
@click.option("--details", is_flag=True, help="List every failed check, not the causes alone.")
def audit(accept_fewer_rows: bool, details: bool) -> None:
    """Judge raw and marts: dbt's tests and Great Expectations. 审核数据质量。

    A critical check that fails for a shop holds back that shop; the others may be published. Exit code 4 when
    nothing may be; every check is in audit/ of TTKPI_HOME.

    \b
    Example:  ttkpi audit
    """
    from orchestration.audit.audit import audit as run_audit
    from orchestration.run import show_audit

    home, reporter = open_home(), show_progress()
    with reporter.phase("audit", "judging raw and marts"):
        report = run_audit(home, accept_fewer_rows=accept_fewer_rows, progress=reporter)
        show_audit(reporter, report)
    click.echo(f"Checks: {report.json_path}")
    click.echo(f"As a page: {report.page}")
    if details:
        for outcome in report.failed:
            click.echo(f"{outcome.severity}: {outcome.message}")
    report.raise_for_failure()
