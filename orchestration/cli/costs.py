"""What goods cost, from an ERP."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from orchestration.cli.base import EXIT_CODES, Command
from orchestration.cli.session import open_home


@click.command("costs", epilog=EXIT_CODES, cls=Command)
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--shop", required=True, metavar="ID", help="The shop whose seller SKUs the file names.")
@click.option(
    "--from",
    "valid_from",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first day of sale on which the costs hold.",
)
@click.option(
    "--for",
    "erp",
    default="plain",
    show_default=True,
    metavar="ERP",
    help="Columns of mabang (马帮) or dianxiaomi (店小秘), by seed erp_cost_columns; plain: names of seed sku_costs.",
)
@click.option("--currency", metavar="XXX", help="Of rows that name none, such as CNY.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def costs(path: Path, shop: str, valid_from: datetime, erp: str, currency: str | None, dry_run: bool) -> None:
    """Take unit costs from an ERP's file (CSV, XLSX) into seed sku_costs. 从 ERP 文件更新单位成本。

    Sales before the day keep the cost of their day; SKUs that the file does not name keep theirs. Where the costs of
    this home came by `ttkpi inputs`, a new version of them is kept there instead. Build afterwards.

    \b
    Examples:  ttkpi costs costs.csv --shop 7495000000000000101 --from 2026-11-01 --currency CNY
               ttkpi costs 成本.xlsx --shop 7495000000000000101 --from 2026-11-01 --for mabang --currency CNY
    """
    from home.inputs import current_inputs
    from orchestration.build.cost_sheet import (
        as_csv,
        is_verified,
        merge_costs,
        read_costs,
        seed_rows,
        write_seed,
    )
    from orchestration.inputs.importing import replace_input

    found = read_costs(path, erp, currency)
    if not is_verified(erp):
        click.echo(
            f"Note 提示: nobody has compared the columns of {erp} (seed erp_cost_columns) with a file of it yet;"
            " check the costs. 列映射未经核实，请核对成本。",
            err=True,
        )
    home = open_home()
    held = current_inputs(home).get("sku_costs")
    merged = merge_costs(seed_rows(held=held), shop, found, valid_from.date())
    said = f"{merged.added} new, {merged.changed} changed, {merged.unchanged} as before"
    if dry_run:
        click.echo(f"{said}. Nothing is written.")
        return
    if held is None:
        click.echo(f"{said}: {write_seed(merged.rows)}")
        return
    version = replace_input(home, "sku_costs", as_csv(merged.rows), rows=len(merged.rows), source=path)
    click.echo(f"{said}: version {version.name} of the inputs")
