"""The published file: replaced, checked, returned to, rebuilt as it was."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click

from orchestration.cli.base import EXIT_CODES, Command
from orchestration.cli.parameters import Instant
from orchestration.cli.session import counted, open_home, show_progress

_SHOWN = 20


@click.command(cls=Command)
def publish() -> None:
    """Put the audited marts in the place of the published file, in one step. 发布审核通过的指标表。

    With destination.postgres or destination.bitable, server and Bitable are brought to the same publication. Exit code
    3 when a shop is held back (it keeps its rows of the publication before), the server or the Bitable failed. Exit
    code 4 when the last audit did not pass or is of another build.

    \b
    Example:  ttkpi publish
    """
    from orchestration.deliver.bitable.state import bring_base
    from orchestration.publish.publish import publish as run_publish
    from orchestration.run import SOME_SHOPS_FAILED, show_base, show_publish

    home, reporter = open_home(), show_progress()
    with reporter.phase("publish", "copying the marts"):
        report = run_publish(home, progress=reporter)
        show_publish(reporter, report)
        base = bring_base(home, progress=reporter)
        show_base(reporter, base)
    click.echo(f"Published {len(report.tables)} tables to {home.bi_file}")
    for audience, tables in report.audiences.items():
        click.echo(f"  for {audience}: {len(tables)} tables, {sum(tables.values()):,} rows")
    if report.is_partial or (base is not None and base.failed):
        raise SystemExit(SOME_SHOPS_FAILED)


@click.command(cls=Command)
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--history", is_flag=True, help="Check also the former publications that are kept.")
def verify(file: Path | None, history: bool) -> None:
    """Check that published files, audit log, archive and raw are as they were written. 校验发布、审计日志与存档。

    Without FILE: what is published here, for everybody and for audiences, the audit log, the archive and the raw
    folder. With FILE: only that one, wherever it lies; its manifest.json has to lie beside it. Nothing is written, so
    a backup can be checked where it lies: TTKPI_HOME=/backup ttkpi verify. Exit code 1 if anything was changed or is
    missing, 2 if nothing is published yet.

    \b
    Examples:  ttkpi verify
               ttkpi verify /mnt/share/ttkpi.duckdb
    """
    from orchestration.history.publications import was_published
    from orchestration.history.published import require_published
    from orchestration.publish.verify import verify_file, verify_home

    if file is not None and history:
        raise click.UsageError("--history is for the home; a FILE has none.")
    home = open_home()
    verdicts = [verify_file(home, file)] if file is not None else verify_home(home, history=history)
    for verdict in verdicts:
        for problem in verdict.problems:
            click.secho(f"CHANGED  {problem}", fg="red", err=True)
        if verdict.problems and verdict.cure:
            click.echo(f"         {verdict.cure}", err=True)
        if not verdict.problems:
            note = "" if verdict.is_sealed else "; the seal was not checked: this home has no key"
            click.echo(f"ok       {verdict.subject}: {verdict.about}{note}")
    wrong = sum(bool(verdict.problems) for verdict in verdicts)
    if wrong:
        click.echo(
            f"{wrong} of {len(verdicts)} are not as they were written.",
            err=True,
        )
        raise SystemExit(1)
    if file is None and not was_published(home):
        require_published(home)


@click.command(cls=Command)
def rollback() -> None:
    """Return to the publication before the current one, in one step. 回滚到上一次发布。

    What is published now is kept too. The next run publishes anew, so correct what was wrong before it.

    \b
    Example:  ttkpi rollback
    """
    from orchestration.history.publications import rollback as run_rollback

    manifest = run_rollback(open_home())
    tables = manifest.get("tables") or {}
    click.echo(
        f"Published is again {manifest.get('publication_id')} of {manifest.get('published_at')}: "
        f"{len(tables)} tables, {sum(tables.values()):,} rows."
    )
    click.echo("The next `ttkpi run` publishes anew.")


@click.command("as-of", epilog=EXIT_CODES, cls=Command)
@click.argument("instant", type=Instant())
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file.  [default: as_of/INSTANT.duckdb in TTKPI_HOME]",
)
def as_of(instant: datetime, out: Path | None) -> None:
    """Rebuild from the archive what was known at an INSTANT. 还原某一时刻已知的数据。

    A day (its beginning, UTC) or an instant with a zone. Everything is built anew from the pages that came before it,
    into a file like the published one, and compared with what was published then; the home's own tables stay as they
    are. Definitions and seeds are those of now. Exit code 1 when values differ from those that were published.

    \b
    Examples:  ttkpi as-of 2026-10-15
               ttkpi as-of 2026-10-15T06:30:00Z --out october.duckdb
    """
    from orchestration.publish.as_of import as_of as rebuild
    from orchestration.run import FAILED

    home, reporter = open_home(), show_progress()
    report = rebuild(home, instant, out=out, reporter=reporter)
    click.echo(f"Rebuilt from {counted(report.pages, 'page')}: {report.path}")
    if report.publication is None:
        click.echo(
            f"Nothing was published before {instant.isoformat()} that is in the store; nothing to compare."
        )
        return
    if not report.differences:
        click.echo(f"Equal to publication {report.publication}: all {report.values:,} values.")
        return
    for one in report.differences[:_SHOWN]:
        click.echo(
            f"{one.shop_key}  {one.kpi_date}  {one.kpi_name}: "
            f"published {_figure(one.published)}, rebuilt {_figure(one.rebuilt)}"
        )
    if len(report.differences) > _SHOWN:
        click.echo(f"... and {len(report.differences) - _SHOWN:,} more")
    click.echo(
        f"{len(report.differences):,} of {report.values:,} values are not as publication {report.publication} had "
        "them: a definition or seed was changed since, or pages came between the publication and the instant.",
        err=True,
    )
    raise SystemExit(FAILED)


def _figure(value: Decimal | None) -> str:
    return "nothing" if value is None else f"{value:,}"
