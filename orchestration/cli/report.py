"""The report of a day, a week or a month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli.base import EXIT_CODES, Command
from orchestration.cli.parameters import Day
from orchestration.cli.session import open_home, show_progress

if TYPE_CHECKING:
    from orchestration.deliver.report.period import Period


@click.command(epilog=EXIT_CODES, cls=Command)
@click.argument("kind", type=click.Choice(["daily", "weekly", "monthly"]))
@click.option(
    "--date", "day", type=Day(), help="A day of the period.  [default: the newest period that is over]"
)
@click.option(
    "--audience", metavar="NAME", help="From the file of this audience; with --send: only its webhooks."
)
@click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "zh", "both"]),
    default="both",
    show_default=True,
    help="Language of the page; each webhook has its own.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The page.  [default: reports/KIND/PERIOD.html in TTKPI_HOME]",
)
@click.option("--picture", is_flag=True, help="Also a PNG beside the page; needs Chromium.")
@click.option("--send", is_flag=True, help="Send it to the webhooks that want it and do not have it yet.")
@click.option(
    "--dry-run", is_flag=True, help="With --send: show what would be sent, and send and note nothing."
)
@click.option("--webhook", "names", multiple=True, metavar="NAME", help="Only this webhook; may be repeated.")
def report(
    kind: str,
    day: date | None,
    audience: str | None,
    language: str,
    out: Path | None,
    picture: bool,
    send: bool,
    dry_run: bool,
    names: Sequence[str],
) -> None:
    """The report of a day, a week or a month: a page, a picture, cards in chats. 日报、周报、月报：网页、图片、群消息。

    From the published file. Webhooks (alerts.webhooks.NAME) with `reports` get it once, in their `lang`, from the file
    of their `audience`; what was sent is noted in webhooks.json of TTKPI_HOME. When no shop has been read to the end
    of the period, --send says so in place of the report, once, and exits with 3; the report comes when it is run again.

    \b
    Examples:  ttkpi report daily
               ttkpi report weekly --date 2026-11-04 --lang zh --picture
               ttkpi report daily --send
    """
    from home.project import project_var
    from orchestration.deliver.report.period import wanted_period

    if dry_run and not send:
        raise click.UsageError("--dry-run is for --send.")
    if names and not send:
        raise click.UsageError("--webhook is for --send.")
    period = wanted_period(kind, day, datetime.now(UTC), project_var("reporting_timezone"))
    if send:
        _send(kind, period, audience, names, dry_run=dry_run)
    else:
        _write(period, audience or "", language, out, picture=picture)


def _write(period: Period, audience: str, language: str, out: Path | None, *, picture: bool) -> None:
    from home.storage import replace_file, storage_errors
    from orchestration.deliver.report.page import as_html
    from orchestration.deliver.report.picture import draw
    from orchestration.deliver.report.send import made

    home, reporter = open_home(), show_progress()
    with reporter.phase("report", f"{period.kind} {period.name}"):
        found = made(home, period, audience)
        page = as_html(found, language)
        path = out or home.root / "reports" / audience / period.kind / f"{period.name}.html"
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, page.encode(), mode=0o600)
        shown = [path, draw(page, path.with_suffix(".png"))] if picture else [path]
    for text, _ in found.warnings:
        click.echo(f"Note 提示: {text}", err=True)
    for one in shown:
        click.echo(str(one))


def _send(kind: str, period: Period, audience: str | None, names: Sequence[str], *, dry_run: bool) -> None:
    import json

    from home.errors import ConfigError
    from orchestration.deliver.report.send import send_reports, wanting
    from orchestration.deliver.webhooks.config import require_webhooks
    from orchestration.run import SOME_SHOPS_FAILED

    home, reporter = open_home(), show_progress()
    hooks = wanting(require_webhooks(), kind, audience)
    if unknown := sorted(set(names) - {hook.name for hook in hooks}):
        raise ConfigError(
            f"No webhook {', '.join(unknown)} gets the {kind} report.",
            advice=f"Those that do: {', '.join(hook.name for hook in hooks) or 'none'}. "
            "Set `reports` of alerts.webhooks.NAME.",
        )
    hooks = tuple(hook for hook in hooks if not names or hook.name in names)
    if not hooks:
        raise ConfigError(
            f"No webhook gets the {kind} report.",
            advice=f"Set `reports` of alerts.webhooks.NAME, as ALERTS__WEBHOOKS__TEAM__REPORTS={kind}.",
        )
    with reporter.phase("report", f"{kind} {period.name} to {len(hooks)} webhooks"):
        sent = send_reports(home, hooks, period, dry_run=dry_run, notify=reporter.warning)
    for one in sent:
        what = "that the numbers are late" if one.is_late else f"the {kind} report of {period.name}"
        if one.is_picture:
            what = f"the picture of {what}"
        if one.problem is not None:
            title = one.webhook.title
            said = one.problem.message if title in one.problem.message else f"{title}: {one.problem.message}"
            click.secho(f"Error: {said}", fg="red", err=True)
            if one.problem.advice:
                click.echo(one.problem.advice, err=True)
        elif dry_run and one.is_picture:
            click.echo(f"{one.webhook.title} would get {what}.")
        elif dry_run and one.is_new:
            click.echo(f"{one.webhook.title} would be told {what}:")
            click.echo(json.dumps(one.card, ensure_ascii=False, indent=1))
        else:
            verb = "got" if one.is_picture else "told" if one.is_new else "was told before"
            click.echo(f"{one.webhook.title}: {verb} {what}.")
    failed = [one for one in sent if one.problem is not None]
    if failed:
        raise SystemExit(1 if len(failed) == len(sent) else SOME_SHOPS_FAILED)
    if any(one.is_late for one in sent):
        raise SystemExit(SOME_SHOPS_FAILED)
