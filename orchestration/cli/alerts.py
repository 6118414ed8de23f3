"""What to act on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from orchestration.cli.base import EXIT_CODES, Commands
from orchestration.cli.session import counted, open_home, show_progress


@click.group(cls=Commands)
def alerts() -> None:
    """What to act on: list it, or send what is new to chats. 告警：查看，或推送到飞书、钉钉、企业微信、Slack。

    \b
    Examples:  ttkpi alerts list
               ttkpi alerts send --dry-run
    """


@alerts.command("list")
@click.option("--all", "closed", is_flag=True, help="Also those that are over.")
def alerts_list(closed: bool) -> None:
    """Open alerts of the published file, and runs that failed in the last three days. 查看未关闭的告警。

    The worst first. Exit code 0 whether there are any or not.

    \b
    Example:  ttkpi alerts list
    """
    from orchestration.deliver.webhooks.notices import find

    found = find(open_home(), datetime.now(UTC), closed=closed)
    if not found.is_published:
        click.echo("No kpi_alerts is published yet: `ttkpi run` makes it.", err=True)
    for notice in found.notices:
        over = "" if notice.is_open else " (over 已关闭)"
        click.echo(f"{notice.as_text()}{over}\n")
    click.echo(f"{counted(len(found.notices), 'alert')}.")


@alerts.command("send", epilog=EXIT_CODES)
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send and note nothing.")
@click.option("--webhook", "names", multiple=True, metavar="NAME", help="Only this webhook; may be repeated.")
def alerts_send(dry_run: bool, names: Sequence[str]) -> None:
    """Tell each webhook the open alerts that it was not told yet. 把新告警推送到 webhook。

    Webhooks are configured as alerts.webhooks.NAME: kind (feishu, dingtalk, wecom, slack, plain), url, secret,
    min_severity, owners. What was told is noted in webhooks.json of TTKPI_HOME; after a kill an alert may come twice,
    but never not at all. Exit code 3 when a webhook failed and others did not.

    \b
    Examples:  ttkpi alerts send --dry-run
               ttkpi alerts send --webhook team
    """
    from home.config import load_silence_hours
    from home.errors import ConfigError
    from orchestration.deliver.silence import note_silence
    from orchestration.deliver.webhooks.config import require_webhooks
    from orchestration.deliver.webhooks.deliver import deliver, preview
    from orchestration.run import SOME_SHOPS_FAILED

    home, reporter = open_home(), show_progress()
    hooks = require_webhooks()
    if unknown := sorted(set(names) - {hook.name for hook in hooks}):
        raise ConfigError(
            f"There is no webhook {', '.join(unknown)}.",
            advice=f"Configured are {', '.join(hook.name for hook in hooks)}.",
        )
    hooks = tuple(hook for hook in hooks if not names or hook.name in names)
    if not dry_run:
        note_silence(home, datetime.now(UTC), load_silence_hours())
    if dry_run:
        for plan in preview(home, hooks):
            new = sum(len(notices) for notices, _ in plan.messages)
            click.echo(
                f"{plan.webhook.title}: {counted(new, 'new alert')} in {counted(len(plan.messages), 'message')}, "
                f"{plan.known} told before and still open. Nothing is sent.\n"
            )
            for _, text in plan.messages:
                click.echo(f"{text}\n")
        return
    with reporter.phase("alerts", f"telling {counted(len(hooks), 'webhook')}"):
        outcomes = deliver(home, hooks, notify=reporter.warning)
    for outcome in outcomes:
        sent = f"{counted(outcome.delivered, 'alert')} in {counted(outcome.messages, 'message')}"
        click.echo(f"{outcome.webhook.title}: {sent}.")
        if outcome.problem is not None:
            click.secho(f"Error: {outcome.problem.message}", fg="red", err=True)
            click.echo(
                f"Still to be told: {counted(outcome.waiting, 'alert')}. {outcome.problem.advice}", err=True
            )
    failed = [outcome for outcome in outcomes if outcome.problem is not None]
    if failed:
        raise SystemExit(1 if len(failed) == len(outcomes) else SOME_SHOPS_FAILED)
