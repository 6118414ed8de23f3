"""What to act on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import click

from orchestration.cli.base import EXIT_CODES, Commands
from orchestration.cli.parameters import Day, with_options
from orchestration.cli.session import counted, open_home, show_progress


@click.group(cls=Commands)
def alerts() -> None:
    """What to act on: list it, say who works on it, tell chats. 告警：查看、认领、推送到飞书、钉钉、企业微信、Slack。

    \b
    Examples:  ttkpi alerts list
               ttkpi alerts assign 3f2a --to 王敏
               ttkpi alerts send --dry-run
    """


@alerts.command("list")
@click.option("--all", "closed", is_flag=True, help="Also those that are over.")
def alerts_list(closed: bool) -> None:
    """Open alerts of the published file, and runs that failed in the last three days. 查看未关闭的告警。

    The worst first, each with the id that ack, assign, snooze and reopen take. Exit code 0 also when there are any,
    2 when nothing is published yet.

    \b
    Example:  ttkpi alerts list
    """
    from orchestration.deliver.webhooks.notices import find
    from orchestration.history.published import NotPublished, require_published

    home = open_home()
    found = find(home, datetime.now(UTC), closed=closed)
    for notice in found.notices:
        over = "" if notice.is_open else " (over 已关闭)"
        click.echo(f"{notice.as_text()}{over}\nId: {notice.alert_id}\n")
    click.echo(f"{counted(len(found.notices), 'alert')}.")
    if not found.is_published:
        # After what is known without it: runs that failed.
        require_published(home)
        raise NotPublished(
            f"{home.bi_file} holds no kpi_alerts: it was published by an older version.",
            advice="Run `ttkpi run`, which publishes it.",
        )


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


def _action_options(command: Callable[..., Any]) -> Callable[..., Any]:
    return with_options(
        command,
        [
            click.argument("ids", nargs=-1, required=True, metavar="ALERT..."),
            click.option(
                "--until", type=Day(), help="It holds until this day begins in the reporting time zone."
            ),
            click.option("--days", type=click.IntRange(1, 90), help="Or for so many days."),
            click.option("--note", default="", help="What else there is to say."),
        ],
    )


@alerts.command("ack")
@_action_options
def alerts_ack(ids: Sequence[str], until: date | None, days: int | None, note: str) -> None:
    """Somebody works on it: chats are told no more for 7 days. 认领告警：处理期间不再重复推送。

    ALERT is an id of `ttkpi alerts list`, or its beginning. If the alert is still there when the days are over, or
    becomes critical, it is told again. Noted in the audit log, and in kpi_alerts from the next build on.

    \b
    Example:  ttkpi alerts ack 3f2a --note "supplier called"
    """
    _act(ids, "acknowledged", until=until, days=days, note=note)


@alerts.command("assign")
@_action_options
@click.option("--to", "assignee", required=True, metavar="NAME", help="The person or team who works on it.")
def alerts_assign(ids: Sequence[str], until: date | None, days: int | None, note: str, assignee: str) -> None:
    """Give it to a person or team, who then owns it, for 14 days. 指派告警给负责人。

    Webhooks with NAME among their `owners` are told once; others no more.

    \b
    Example:  ttkpi alerts assign 3f2a --to 王敏 --until 2026-12-05
    """
    _act(ids, "assigned", until=until, days=days, note=note, assignee=assignee)


@alerts.command("snooze")
@_action_options
def alerts_snooze(ids: Sequence[str], until: date | None, days: int | None, note: str) -> None:
    """Let it wait: chats are told no more until a day, and then again. 暂缓告警，到期后再次提醒。

    \b
    Example:  ttkpi alerts snooze 3f2a --days 3
    """
    _act(ids, "snoozed", until=until, days=days, note=note)


@alerts.command("reopen")
@click.argument("ids", nargs=-1, required=True, metavar="ALERT...")
@click.option("--note", default="", help="What else there is to say.")
def alerts_reopen(ids: Sequence[str], note: str) -> None:
    """Nobody works on it any more: it is told again. 重新打开告警。

    \b
    Example:  ttkpi alerts reopen 3f2a
    """
    _act(ids, "reopened", note=note)


def _act(ids: Sequence[str], action: str, **said: Any) -> None:
    from orchestration.deliver.alert_actions import act
    from orchestration.deliver.webhooks.notices import by_id, find

    home, now = open_home(), datetime.now(UTC)
    known = find(home, now).notices
    # All are looked up before the first is noted: a slip in the third id leaves nothing half done.
    chosen = [by_id(known, one) for one in ids]
    for notice in chosen:
        done = act(home, notice.about, action, now=now, **said)
        whose = f"{notice.shop_name or notice.shop_key} · " if notice.shop_name or notice.shop_key else ""
        about = f"{whose}{notice.advice.zh} {notice.advice.en} · {notice.subject}"
        click.echo(f"{about}: {done.as_text()}")
