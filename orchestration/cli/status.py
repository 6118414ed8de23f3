"""How things stand."""

from __future__ import annotations

import click

from orchestration.cli.base import Command
from orchestration.cli.session import open_home


@click.command(cls=Command)
@click.option("--details", is_flag=True, help="Each resource of each shop: last success, until when, errors.")
def status(details: bool) -> None:
    """How things stand: what is to be done, shops and ads accounts, the last audit, what is published. 运行状态。

    Exit code 1 when the published file is damaged, 3 when a resource failed at its last attempt, a shop is held
    back, PostgreSQL or the Bitable is behind, 4 when the last audit failed.

    \b
    Examples:  ttkpi status
               ttkpi status --details
    """
    from orchestration.cli.status_report import show_status
    from orchestration.status import status as read_status

    home = open_home()
    found = read_status(home)
    show_status(home, found, details=details)
    if found.damage:
        raise SystemExit(1)
    if found.audit is not None and not found.audit.get("passed"):
        raise SystemExit(4)
    behind = any(one is not None and not one.is_current for one in (found.server, found.base))
    raise SystemExit(3 if found.failing or (found.published or {}).get("held_back") or behind else 0)
