"""What the team maintains, as a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from orchestration.cli.base import EXIT_CODES, Commands
from orchestration.cli.session import counted, open_home, show_progress

_SHOWN = 200


@click.group(cls=Commands)
def inputs() -> None:
    """Unit costs, targets, rosters, thresholds, owners as a workbook. 成本、目标、排班等运营输入（Excel）。

    \b
    Example:  ttkpi inputs export && ttkpi inputs import inputs.xlsx
    """


@inputs.command("export", epilog=EXIT_CODES)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("inputs.xlsx"), show_default=True
)
def inputs_export(out: Path) -> None:
    """Write the workbook: what holds now, explanations, drop-downs, your own SKUs. 导出填写用的工作簿。

    \b
    Example:  ttkpi inputs export --out costs.xlsx
    """
    from home.errors import ConfigError
    from orchestration.inputs.template import export_inputs

    if out.exists():
        # It may hold what somebody has filled in and not imported yet.
        raise ConfigError(
            f"{out} is there already. {out} 已存在。",
            advice="Import it, or name another file: --out FILE. 请先导入该文件，或用 --out 指定其他文件。",
        )
    report = export_inputs(open_home(), out)
    for sheet, rows in report.rows.items():
        waiting = report.filled[sheet]
        click.echo(
            f"  {sheet}: {counted(rows, 'row')}" + (f", {waiting:,} to fill in 待填" if waiting else "")
        )
    click.echo(f"{counted(len(report.rows), 'sheet')} in {report.path}")


@inputs.command("import", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check and say what would change; keep nothing.")
@click.option("--build", "with_build", is_flag=True, help="Build, audit and publish what changes, at once.")
@click.option("--accept-unknown", is_flag=True, help="Take SKUs, shops, people, ... that nobody knows yet.")
@click.option("--by", "imported_by", default="", metavar="NAME", help="Who brings it.  [default: the user]")
@click.option(
    "--lang",
    "language",
    type=click.Choice(["both", "en", "zh"]),
    default="both",
    show_default=True,
    help="Of messages.",
)
def inputs_import(
    file: Path,
    dry_run: bool,
    with_build: bool,
    accept_unknown: bool,
    imported_by: str,
    language: Literal["both", "en", "zh"],
) -> None:
    """Check a workbook cell by cell and take it, whole or not at all. 校验并导入工作簿。

    A sheet takes the place of its whole input; an input without a sheet stays as it is. Exit code 1 when a cell is
    wrong: each is told by sheet, row and column, and nothing is taken. The next build uses it, or --build at once.

    \b
    Examples:  ttkpi inputs import inputs.xlsx
               ttkpi inputs import inputs.xlsx --dry-run --lang zh
               ttkpi inputs import costs.xlsx --by Lin --build
    """
    from home.demo_home import refuse_demo_home
    from orchestration.inputs.importing import import_workbook
    from orchestration.run import FAILED, rebuild

    if dry_run and with_build:
        raise click.UsageError("--dry-run keeps nothing, so there is nothing to build.")
    home = open_home()
    refuse_demo_home(home)
    report = import_workbook(
        home, file, imported_by=imported_by, accept_unknown=accept_unknown, dry_run=dry_run
    )
    for one in report.notes:
        click.echo(f"Note 提示: {one.text(language)}", err=True)
    for one in report.problems[:_SHOWN]:
        click.secho(one.text(language), fg="red", err=True)
    if report.problems:
        more = len(report.problems) - _SHOWN
        if more > 0:
            click.echo(f"... and {more:,} more 其余 {more:,} 处", err=True)
        click.echo(
            f"{counted(len(report.problems), 'thing')} to correct; nothing was imported. "
            f"共 {len(report.problems)} 处需要修改，未导入任何内容。",
            err=True,
        )
        raise SystemExit(FAILED)
    for name, change in report.changes.items():
        click.echo(
            f"  {name}: {counted(change.rows, 'row')}, {change.added:,} added, {change.removed:,} removed"
        )
    for name, rows in report.not_filled.items():
        click.echo(f"  {name}: {counted(rows, 'row')} not filled in yet 未填")
    if not report.changes:
        click.echo("Nothing changes. 没有变化。")
    elif report.version is None:
        click.echo("Nothing is kept: --dry-run. 仅校验，未保存。")
    else:
        click.echo(f"Version {report.version.name} holds. 已生效。")
        if not with_build:
            click.echo("Next: ttkpi build 下一步：ttkpi build")
            return
        done = rebuild(home, reporter=show_progress())
        if done.publish is not None:
            click.echo(f"Published {len(done.publish.tables)} tables to {home.bi_file}")
        raise SystemExit(done.exit_code)


@inputs.command("history")
def inputs_history() -> None:
    """Every version: when, who, of which file, what it changed. 历次导入。

    \b
    Example:  ttkpi inputs history
    """
    from home.inputs import current_version, versions
    from home.records import RecordDamaged

    home = open_home()
    damaged = False
    try:
        current = current_version(home)
    except RecordDamaged as error:
        # The list is what a person needs to mend it.
        click.secho(f"{error.message} {error.advice}", fg="red", err=True)
        current, damaged = None, True
    for one in versions(home):
        mark = "*" if current is not None and one.name == current.name else " "
        changed = ", ".join(f"{name} {rows:,}" for name, rows in one.changed.items()) or "-"
        click.echo(f"{mark} {one.name}  {one.imported_at}  {one.imported_by}  {one.source}  {changed}")
    if damaged:
        raise SystemExit(1)
    click.echo("* holds 当前" if current is not None else "The project's seeds hold. 当前为项目种子文件。")


@inputs.command("restore", epilog=EXIT_CODES)
@click.argument("version")
@click.option("--by", "restored_by", default="", metavar="NAME", help="Who does it.  [default: the user]")
def inputs_restore(version: str, restored_by: str) -> None:
    """Let an earlier VERSION hold again, as a new one; `seeds`: the project's seeds. 恢复到某个版本。

    \b
    Example:  ttkpi inputs restore 20261031T090000000000Z
    """
    from orchestration.inputs.importing import restore_version

    kept = restore_version(open_home(), version, restored_by=restored_by)
    click.echo(f"Version {kept.name} holds what {version} held. Next: ttkpi build 下一步：ttkpi build")
