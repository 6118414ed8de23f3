"""Raw: from the APIs, from the archive, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import click

from orchestration.cli.base import EXIT_CODES, Command
from orchestration.cli.parameters import Day, sync_options
from orchestration.cli.session import counted, open_home, show_progress


@click.command(cls=Command)
@sync_options
def sync(shops: Sequence[str], since: date | None, until: datetime | None, resources: Sequence[str]) -> None:
    """Load what is new from the shops and ads accounts into raw. 从店铺与广告接口增量同步数据。

    \b
    Examples:  ttkpi sync
               ttkpi sync --shop 7495000000000000101 --resource orders --since 2026-10-01 --until 2026-11-01
               ttkpi sync --resource gmv_max_campaign_daily
    """
    from home.demo_home import refuse_demo_home
    from ingestion.sync import sync as run_sync
    from orchestration.run import (
        PUBLISHED,
        SOME_SHOPS_FAILED,
        alert_left_out,
        require_some_shop,
        show_sync,
    )

    home, reporter = open_home(), show_progress()
    refuse_demo_home(home)
    with reporter.phase("sync", "reading the shops"):
        report = run_sync(
            home,
            shops=shops or None,
            since=since,
            until=until,
            resources=resources or None,
            progress=reporter,
        )
        show_sync(reporter, report)
        alert_left_out(home, report)
    require_some_shop(report)
    raise SystemExit(SOME_SHOPS_FAILED if report.failed else PUBLISHED)


@click.command(epilog=EXIT_CODES, cls=Command)
@click.option("--gaps", is_flag=True, required=True, help="Read what `ops_coverage` calls missing.")
@click.option(
    "--closing-within",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Only what the platform forgets within so many days.",
)
@click.option("--dry-run", is_flag=True, help="Show the gaps, and read nothing.")
def backfill(gaps: bool, closing_within: int | None, dry_run: bool) -> None:
    """Read again the days that were missed, before the platform forgets them. 补读缺失的日期。

    Which days those are says `ops_coverage` of the published file. What is read is in the marts after the next
    `ttkpi run`.

    \b
    Examples:  ttkpi backfill --gaps --dry-run
               ttkpi backfill --gaps --closing-within 7
    """
    from home.demo_home import refuse_demo_home
    from orchestration.backfill import backfill as read_gaps
    from orchestration.backfill import find_gaps, troubles
    from orchestration.run import FAILED, SOME_SHOPS_FAILED, show_sync

    home, reporter = open_home(), show_progress()
    found = find_gaps(home, closing_within=closing_within)
    for gap in found:
        left = "no limit known" if gap.days_left is None else f"{counted(gap.days_left, 'day')} left"
        click.echo(f"{gap.shop_name} ({gap.shop_key})  {gap.resource}  {gap.first} to {gap.last}  {left}")
    click.echo(f"{counted(len(found), 'gap')}.")
    if dry_run or not found:
        return
    refuse_demo_home(home)
    with reporter.phase("sync", f"reading {counted(len(found), 'gap')}"):
        reports = read_gaps(home, found, progress=reporter)
        for report in reports:
            show_sync(reporter, report)
    if troubles(reports):
        raise SystemExit(
            SOME_SHOPS_FAILED if any(s.status == "ok" for r in reports for s in r.shops) else FAILED
        )
    click.echo("Next: ttkpi run")


@click.command(cls=Command)
@click.option("--since", type=Day(), help="Only pages that came from this day on (00:00 UTC).")
def replay(since: date | None) -> None:
    """Make raw again from the archive, without network. 从归档重建原始数据（无需联网）。

    For when the rows' shape has changed or raw was lost. Build afterwards.

    \b
    Examples:  ttkpi replay && ttkpi build
               ttkpi replay --since 2026-10-01
    """
    from ingestion.replay import replay as run_replay

    home, reporter = open_home(), show_progress()
    with reporter.phase("replay", "reading the archive"):
        report = run_replay(home, since=since, progress=reporter)
        rows = sum(report.rows.values())
        reporter.message(f"{rows:,} rows from {report.pages:,} pages in {report.seconds:.0f} s")
    click.echo("Raw is made anew. Next: ttkpi build")


@click.command(cls=Command)
def compact() -> None:
    """Merge raw's small files, so that their number stays bounded. 合并原始数据小文件。

    A sync does it by itself when there are many.

    \b
    Example:  ttkpi compact
    """
    from ingestion.engine.compact import compact as run_compact

    home, reporter = open_home(), show_progress()
    with reporter.phase("compact", "merging files"):
        report = run_compact(home)
    click.echo(f"{report.tables} tables: {report.files_before} files before, {report.files_after} now.")
