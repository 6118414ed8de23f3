"""Metrics over a period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from orchestration.cli.base import EXIT_CODES, Command, Commands
from orchestration.cli.parameters import Day
from orchestration.cli.session import open_home
from orchestration.metrics import COMPARISONS

if TYPE_CHECKING:
    from orchestration.metrics.query import Answer


class Query(Command):
    """A command that takes all words after `--by`, up to the next option, as groups."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Writes `--by shop week` as `--by shop --by week`, which is what click understands."""
        words: list[str] = []
        groups = False
        for word in args:
            if word.startswith("-"):
                groups = word == "--by"
            elif groups and words[-1] != "--by":
                words.append("--by")
            words.append(word)
        return super().parse_args(ctx, words)


@click.group(cls=Commands)
def metrics() -> None:
    """Ask for numbers over a period, by one definition. 指标查询：统一口径，任意周期与维度。

    \b
    Examples:  ttkpi metrics list refund
               ttkpi metrics query gmv refund_rate --by shop week --since 2026-11-01
    """


@metrics.command("list")
@click.argument("words", required=False)
@click.option("--audience", default="", metavar="NAME", help="As the file of this audience answers.")
def metrics_list(words: str | None, audience: str) -> None:
    """All metrics, or those with these words in name or definition. 指标清单（可按中英文检索）。

    \b
    Examples:  ttkpi metrics list
               ttkpi metrics list 退款
    """
    from orchestration.metrics import catalog
    from orchestration.metrics.source import published

    with published(open_home(), audience) as file:
        known = catalog.metrics(file)
    found = catalog.search(known, words) if words else list(known.values())
    for metric in found:
        click.echo(
            f"{click.style(metric.name, bold=True)}  {metric.label} · {metric.label_zh} ({metric.unit})"
        )
        click.echo(f"    {metric.summary}")
    click.echo(f"{len(found)} of {len(known)} metrics.")


@metrics.command("query", cls=Query, epilog=EXIT_CODES)
@click.argument("names", nargs=-1, required=True, metavar="METRIC...")
@click.option(
    "--by",
    multiple=True,
    metavar="GROUP...",
    help="shop, shop_name, region, team, currency, day, week, month, or what else the metrics know; one or several.",
)
@click.option("--since", type=Day(), help="First day.")
@click.option("--until", type=Day(), help="Last day, exclusive.  [default: to the end]")
@click.option(
    "--where", multiple=True, metavar="GROUP=VALUE", help="Only these, as region=TH; may be repeated."
)
@click.option(
    "--compare",
    type=click.Choice(COMPARISONS),
    help="Beside it the period before, or the same days one week or one year (52 weeks) earlier.",
)
@click.option("--audience", default="", metavar="NAME", help="From the file of this audience.")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
)
def metrics_query(
    names: Sequence[str],
    by: Sequence[str],
    since: date | None,
    until: date | None,
    where: Sequence[str],
    compare: str | None,
    audience: str,
    form: str,
) -> None:
    """Metrics by dimensions in a period, from the published file. 从已发布文件查询指标。

    What would add currencies, or compare unlike periods, is refused with the right way to ask. Nothing is written and
    no other program is kept waiting.

    \b
    Examples:  ttkpi metrics query gmv refund_rate --by shop week --since 2026-11-01
               ttkpi metrics query gmv_rc mer_rc --by region --since 2026-11-01 --until 2026-11-08 --compare before
               ttkpi metrics query host_gmv_rc --by host_name --where region=TH --format csv
    """
    from orchestration.metrics import render
    from orchestration.metrics.query import Question, ask
    from orchestration.metrics.source import published

    question = Question(
        metrics=tuple(names),
        by=tuple(by),
        since=since,
        until=until,
        where=_conditions(where),
        compare=compare or "",
    )
    with published(open_home(), audience) as file:
        answer = ask(file, question)
    if form == "json":
        click.echo(render.as_json(answer).decode(), nl=False)
    elif form == "csv":
        click.echo(render.as_csv(answer), nl=False)
    else:
        _show(answer)


def _conditions(where: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in where:
        name, sign, value = one.partition("=")
        if not sign:
            raise click.UsageError(f"--where {one} is not GROUP=VALUE, as region=TH.")
        found[name.strip()] = (*found.get(name.strip(), ()), value)
    return found


def _show(answer: Answer) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from orchestration.metrics import render
    from orchestration.progress import shown

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in answer.by:
        table.add_column(name, overflow="fold")
    for metric in answer.metrics:
        table.add_column(render.heading(metric, answer), justify="right")
        if answer.since is not None:
            table.add_column("before\n之前", justify="right")
            table.add_column("change\n变化", justify="right")
    for row, marks in zip(answer.rows, answer.not_final, strict=True):
        cells = [render.UNKNOWN if row[name] is None else shown(str(row[name])) for name in answer.by]
        for metric in answer.metrics:
            mark = render.MARK + " " if metric.name in marks else ""
            cells.append(mark + render.shown(row[metric.name], metric))
            if answer.since is not None:
                cells.append(render.shown(row[f"{metric.name}_before"], metric))
                cells.append(render.changed(row[f"{metric.name}_change"]))
        table.add_row(*cells)
    console = Console()
    console.print(table)
    if not answer.rows:
        console.print("No row in this period. 该时段没有数据。")
    for note in render.notes(answer):
        console.print(note, soft_wrap=True, highlight=False)
