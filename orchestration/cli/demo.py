"""The whole way against a sandbox."""

from __future__ import annotations

import click

from orchestration.cli.base import Command
from orchestration.cli.session import open_home, show_progress


@click.command(cls=Command)
@click.option(
    "--orders", type=click.IntRange(min=100), help="Orders of the sandbox's world.  [default: 20000]"
)
@click.option("--days", type=click.IntRange(min=14), help="Days of history.  [default: 120]")
@click.option("--seed", type=int, help="Another seed makes another world.  [default: 7]")
@click.option("--port", type=click.IntRange(0, 65535), help="Of the sandbox.  [default: 8777, or a free one]")
def demo(orders: int | None, days: int | None, seed: int | None, port: int | None) -> None:
    """Everything at once against a sandbox on this machine. 演示：本机沙盒店铺，一条命令走完全程。

    The first run reads five shops' whole history over HTTP; every further run adds a day and reads only what is
    new.

    \b
    Example:  ttkpi demo --orders 2000 --days 60
    """
    from orchestration.demo.demo import demo as run_demo
    from orchestration.demo.report import show

    home, reporter = open_home(), show_progress()
    result = run_demo(home, orders=orders, days=days, seed=seed, port=port, reporter=reporter)
    agreed = show(home, result)
    raise SystemExit(result.run.exit_code if agreed else 1)
