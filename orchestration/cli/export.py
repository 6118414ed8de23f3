"""Published numbers for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from orchestration.cli.base import EXIT_CODES, Commands
from orchestration.cli.session import open_home, show_progress


@click.group(cls=Commands)
def export() -> None:
    """Hand published numbers to other programs. 将已发布的数据交给其他系统（如 ERP）。

    \b
    Example:  ttkpi export restock --format csv --for mabang --out restock.csv
    """


@export.command("restock", epilog=EXIT_CODES)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "http"]),
    default="csv",
    show_default=True,
    help="A file, or posted to destination.restock.url.",
)
@click.option(
    "--for",
    "erp",
    default="plain",
    show_default=True,
    metavar="ERP",
    help="Columns of mabang (马帮), dianxiaomi (店小秘) or easyship, by seed erp_columns; plain: all fields.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file.  [default: standard output]"
)
@click.option("--shop", "shops", multiple=True, metavar="ID", help="Only this shop; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show what would be posted, and send and note nothing.")
def export_restock(form: str, erp: str, out: Path | None, shops: Sequence[str], dry_run: bool) -> None:
    """What to order: SKUs at or below their reorder point. 补货建议：低于补货点的 SKU 与建议采购量。

    From the published file, so audited. Goods that are on order already are not known to TikTok: take them off.
    http posts to destination.restock.url (secret: destination.restock.token) what was not accepted there before.

    \b
    Examples:  ttkpi export restock --format csv --for dianxiaomi --out restock.csv
               ttkpi export restock --format http --dry-run
    """
    from home.storage import replace_file
    from orchestration.deliver.restock import PLAIN, as_csv, as_json, columns_of, suggestions
    from orchestration.deliver.restock_http import load_receiver, new_to, post

    if form == "http" and out is not None:
        raise click.UsageError("--out names a file; --format http has none.")
    if dry_run and form != "http":
        raise click.UsageError("--dry-run is for --format http; a file does nothing by itself.")
    home, reporter = open_home(), show_progress()
    columns = PLAIN if erp == "plain" else columns_of(erp, datetime.now(UTC).date())
    lines = suggestions(home, shops)
    if not columns.is_verified:
        click.echo(
            f"Note 提示: nobody has compared the columns of {erp} (seed erp_columns) with its import yet;"
            " check them before you import. 列映射未经核实，导入前请核对。",
            err=True,
        )
    if form == "http":
        receiver = load_receiver()
        if dry_run:
            wanted = new_to(home, receiver, lines)
            click.echo(as_json(wanted, columns).decode(), nl=False)
            click.echo(
                f"{len(wanted)} suggestions would be posted, {len(lines) - len(wanted)} were accepted before. "
                "Nothing is sent.",
                err=True,
            )
            return
        with reporter.phase("export", "posting what to order"):
            report = post(home, receiver, lines, columns, notify=reporter.warning)
        click.echo(
            f"{report.posted} suggestions posted in {report.requests} requests, {report.known} were accepted before."
        )
        return
    content = as_csv(lines, columns) if form == "csv" else as_json(lines, columns)
    if out is None:
        click.echo(content, nl=False)
        return
    replace_file(out, content)
    click.echo(f"{len(lines)} suggestions in {out}")


@export.command("claims", epilog=EXIT_CODES)
@click.option(
    "--lang",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Language of the evidence: English or 中文.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "csv"]),
    default="md",
    show_default=True,
    help="A page with a section per case, or a row per case.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file.  [default: standard output]"
)
@click.option("--shop", "shops", multiple=True, metavar="ID", help="Only this shop; may be repeated.")
def export_claims(lang: str, form: str, out: Path | None, shops: Sequence[str]) -> None:
    """What TikTok charged against its own rules, with the evidence. 费用申诉：多收费用、未到款项及其依据。

    From the published file, so audited: the cases of kpi_fee_audit that can be claimed. Nothing is claimed whose rate
    (seed fee_rates) no public page and no agreement supports.

    \b
    Examples:  ttkpi export claims --lang zh --out claims.md
               ttkpi export claims --format csv --shop 7495000000000000101
    """
    from home.storage import replace_file
    from orchestration.deliver.claims import Language, as_csv, as_markdown, cases

    found = cases(open_home(), shops)
    language: Language = "zh" if lang == "zh" else "en"
    content = as_csv(found, language) if form == "csv" else as_markdown(found, language).encode()
    if out is None:
        click.echo(content, nl=False)
        return
    replace_file(out, content)
    click.echo(f"{len(found)} cases in {out}")


@export.command("journal", epilog=EXIT_CODES)
@click.option(
    "--layout",
    required=True,
    metavar="PROGRAM",
    help="xero, quickbooks, kingdee (金蝶) or yonyou (用友), by seed journal_layouts.",
)
@click.option("--month", metavar="YYYY-MM", help="Only this month of the shops' calendars.")
@click.option("--shop", "shops", multiple=True, metavar="ID", help="Only this shop; may be repeated.")
@click.option(
    "--tax-rate",
    default="Tax Exempt",
    show_default=True,
    help="How the program names the tax rate of lines without tax (Xero).",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file.  [default: standard output]"
)
def export_journal(
    layout: str, month: str | None, shops: Sequence[str], tax_rate: str, out: Path | None
) -> None:
    """Journal entries for an accounting program. 记账凭证：按结算单与打款生成的借贷分录。

    From the published file, so audited: kpi_journal, in which debits equal credits. Accounts by seed ledger_accounts.

    \b
    Examples:  ttkpi export journal --layout xero --shop 7495000000000000404 --month 2026-10 --out october.csv
               ttkpi export journal --layout kingdee --month 2026-10 --out 凭证.csv
    """
    from home.storage import replace_file
    from orchestration.deliver.journal import as_csv, layout_of, lines

    columns = layout_of(layout)
    found = lines(open_home(), shops, month)
    if not columns.is_verified:
        click.echo(
            f"Note 提示: no public description of {layout} supports these columns (seed journal_layouts);"
            " check them before you import. 列布局未经核实，导入前请核对。",
            err=True,
        )
    content = as_csv(found, columns, tax_rate)
    if out is None:
        click.echo(content, nl=False)
        return
    replace_file(out, content)
    entries = len({(row["shop_key"], row["entry_id"]) for row in found})
    click.echo(f"{len(found)} lines of {entries} entries in {out}")
