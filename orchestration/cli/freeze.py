"""Scorecards of a month that do not move any more."""

from __future__ import annotations

from datetime import date

import click

from orchestration.cli.base import Command
from orchestration.cli.parameters import Month
from orchestration.cli.session import open_home


@click.command(cls=Command)
@click.argument("month", type=Month())
@click.option("--again", is_flag=True, help="Freeze a frozen month as it is now; the former freeze is kept.")
@click.option(
    "--provisional", is_flag=True, help="Freeze it although refunds may still come, or a part is missing."
)
def freeze(month: date, again: bool, provisional: bool) -> None:
    """Freeze the team scorecards of a month as they are published. 冻结某月团队考核。

    They do not move any more; what they would be now stands beside them (restated_*), from the next build on.

    \b
    Example:  ttkpi freeze 2026-10
    """
    from orchestration.history.freeze import freeze as run_freeze

    home = open_home()
    report = run_freeze(home, month, again=again, provisional=provisional)
    for card in report.cards:
        unknown = f"  unknown: {', '.join(card.unknown)}" if card.unknown else ""
        score = "-" if card.score is None else f"{card.score:.1f}"
        click.echo(f"{card.role:<12} {score:>6}  {card.person}{unknown}")
    click.echo(f"{report.rows} rows frozen in {report.path}")
    click.echo(f"Signature: {report.signature}")
