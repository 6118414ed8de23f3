"""Many homes side by side: one per seller group."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from orchestration.cli.base import EXIT_CODES, Commands
from orchestration.cli.parameters import Day, Instant
from orchestration.cli.session import counted, show_progress

if TYPE_CHECKING:
    from home.groups import SellerGroup
    from orchestration.homes.run import GroupRun
    from orchestration.homes.union import UnionReport

_SHOWN = 10


@click.group(cls=Commands)
def homes() -> None:
    """Many sellers: one home per seller group, and the union of all. 多商家：每组一个数据目录，合并发布。

    Each folder in TTKPI_HOMES is the home of a seller group, with tokens, keys and settings (`.env`) of its own.

    \b
    Example:  export TTKPI_HOMES=/srv/homes
              mkdir -m 700 /srv/homes/aurora
              ttkpi homes in aurora auth exchange CODE
              ttkpi homes run --union
    """


@homes.command("list")
def list_groups() -> None:
    """Show who published when, who is held back, and why. 各组状态一览。

    \b
    Example:  TTKPI_HOMES=/srv/homes ttkpi homes list
    """
    groups = _groups(())
    _show_states(groups, {})
    click.echo(f"{counted(len(groups), 'seller group')} in {os.environ['TTKPI_HOMES']}")


@homes.command("run", epilog=EXIT_CODES)
@click.option(
    "--at-a-time", default=2, show_default=True, type=click.IntRange(1), help="Groups that run together."
)
@click.option("--group", "names", multiple=True, metavar="NAME", help="Only this group; may be repeated.")
@click.option("--union", "with_union", is_flag=True, help="Publish the union afterwards.")
@click.option("--since", type=Day(), help="Read again from this day (00:00 UTC).")
@click.option("--until", type=Instant(), help="Read up to here, exclusive.  [default: now]")
def run_groups(
    at_a_time: int, names: Sequence[str], with_union: bool, since: date | None, until: datetime | None
) -> None:
    """Run every seller group: sync, build, audit, publish in each home. 逐组运行。

    Each group runs as `ttkpi run` in a process of its own; what fails in one home does not concern the others. What a
    run prints is in logs/homes.log of its home. The exit code is the worst of all groups; from good to bad: 0, 3, 4,
    2, 1.

    \b
    Examples:  ttkpi homes run --at-a-time 3 --union
               ttkpi homes run --group aurora --since 2026-10-01
    """
    from home.errors import ConfigError
    from orchestration.homes.run import run_homes, worst

    groups, reporter = _groups(names), show_progress()
    if not groups:
        raise ConfigError(
            f"There is no seller group in {os.environ['TTKPI_HOMES']}.",
            advice="Is its disk mounted? A new group is a new folder in it (docs/homes.md).",
        )
    command = ["run", *(["--since", since.isoformat()] if since else [])]
    command += ["--until", until.isoformat()] if until else []
    with reporter.phase("homes", f"{counted(len(groups), 'seller group')}, {at_a_time} at a time"):
        done = run_homes(groups, command, at_a_time=at_a_time, reporter=reporter)
    _show_states(groups, {one.group: one for one in done})
    codes = [one.exit_code for one in done]
    if with_union:
        codes.append(_publish_union())
    raise SystemExit(worst(codes))


@homes.command("in", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("group")
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
def in_group(group: str, arguments: Sequence[str]) -> None:
    """Run any other command in the home of one seller GROUP, with its settings. 在某组的数据目录中执行命令。

    \b
    Examples:  ttkpi homes in aurora auth exchange CODE
               ttkpi homes in aurora status
    """
    from home.groups import homes_folder, seller_group
    from orchestration.homes.run import run_in

    done = run_in(seller_group(homes_folder(), group), arguments, log=False)
    if done.reason:
        click.secho(done.reason, fg="red", err=True)
    raise SystemExit(done.exit_code)


@homes.command("union", epilog=EXIT_CODES)
def union() -> None:
    """Publish one file of what all seller groups have published. 合并发布所有组的数据。

    The file is for those who may see all sellers: _union/published/ttkpi.duckdb in TTKPI_HOMES, with the column
    seller_group first in each table. Only sealed publications go in. Exit code 3 when a group keeps earlier rows or is
    not in it, or a table of a group is left out; marts.ops_seller_groups and marts.ops_publication say why.

    \b
    Example:  ttkpi homes union
    """
    raise SystemExit(_publish_union())


@homes.command("dagster")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, default=3000, show_default=True)
def dagster(host: str, port: int) -> None:
    """Open Dagster over all homes: a partition per seller group. 打开 Dagster（每组一个分区）。

    \b
    Example:  ttkpi homes dagster --port 3001
    """
    from home.config import PROJECT_ROOT
    from home.groups import homes_folder, union_home
    from orchestration.homes.instance import prepare_instance

    own = union_home(homes_folder())
    code = subprocess.call(
        [
            sys.executable,
            "-m",
            "dagster",
            "dev",
            "-m",
            "orchestration.homes.definitions",
            "-h",
            host,
            "-p",
            str(port),
        ],
        cwd=PROJECT_ROOT,
        env={**os.environ, "DAGSTER_HOME": str(prepare_instance(own)), "TTKPI_HOMES": str(own.root.parent)},
    )
    raise SystemExit(code)


def _groups(names: Sequence[str]) -> list[SellerGroup]:
    from home.groups import homes_folder, seller_group, seller_groups

    folder = homes_folder()
    return [seller_group(folder, name) for name in dict.fromkeys(names)] or seller_groups(folder)


def _publish_union() -> int:
    """Publish the union and show it; returns the exit code."""
    from home.audit_log import set_origin
    from home.groups import homes_folder, seller_groups, union_home
    from orchestration.homes.union import publish_union
    from orchestration.run import PUBLISHED, SOME_SHOPS_FAILED

    set_origin("cli")
    folder, reporter = homes_folder(), show_progress()
    own = union_home(folder)
    with reporter.phase("union", "copying what the groups have published"):
        report = publish_union(own, seller_groups(folder), reporter=reporter)
    _show_union(report)
    click.echo(f"Published {len(report.tables)} tables of {len(report.parts)} seller groups to {own.bi_file}")
    return SOME_SHOPS_FAILED if report.is_partial else PUBLISHED


def _show_union(report: UnionReport) -> None:
    for part in report.parts:
        if part.kept_because:
            click.echo(
                f"{part.group}: its rows are those of {part.facts['published_at']}. {part.kept_because}",
                err=True,
            )
    for group, why in report.absent.items():
        click.echo(f"{group}: not in the union. {why}", err=True)
    for group in report.gone:
        click.echo(f"{group}: not configured any more, so its rows have left the union.", err=True)
    for (group, table), why in list(report.left_out.items())[:_SHOWN]:
        click.echo(f"{group}, {table}: left out. {why}", err=True)
    if len(report.left_out) > _SHOWN:
        click.echo(
            f"... and {len(report.left_out) - _SHOWN} more: marts.ops_publication has all of them.", err=True
        )
    for fact, what in (
        ("reporting_currency", "Amounts in _rc are in another currency each"),
        ("reporting_timezone", "Business days end at another midnight each"),
    ):
        if found := report.differing(fact):
            shown = "; ".join(f"{value}: {', '.join(groups)}" for value, groups in found.items())
            click.echo(f"{what}, so don't sum over these groups ({shown}).", err=True)


def _show_states(groups: Sequence[SellerGroup], done: dict[str, GroupRun]) -> None:
    """A line for each group: what it has published, and what keeps it from more."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from orchestration.homes.run import state_of
    from orchestration.progress import output, shown

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("group 组", "shops 店铺", "published 发布 (UTC)", "exit code 退出码", "why 原因"):
        table.add_column(heading, overflow="fold")
    for group in groups:
        state, ran = state_of(group), done.get(group.name)
        code = ran.exit_code if ran is not None else state.exit_code
        reason = (ran.reason if ran is not None and ran.exit_code not in (0, 3) else "") or state.problem
        why = [*([reason] if reason else []), *state.held_back]
        if group.home.is_open_to_others():
            why.append(
                f"Every user of this machine can read the home. To close it: chmod 700 {group.home.root}"
            )
        table.add_row(
            shown(group.name),
            str(state.shops or ""),
            str(state.published_at or "nothing yet")[:16].replace("T", " "),
            "" if code is None else str(code),
            shown("\n".join(why)),
            style="red" if reason else "yellow" if why else "",
        )
    output().print(table)
