"""Published numbers as files for people and for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from orchestration.cli.base import EXIT_CODES, Commands
from orchestration.cli.parameters import F, typed, with_options
from orchestration.cli.session import counted, open_home, show_progress

if TYPE_CHECKING:
    from orchestration.sheets.tables import Period


@click.group(cls=Commands)
def export() -> None:
    """Published numbers as Excel, CSV, Parquet, and for an ERP. 将已发布的数据导出为 Excel 等文件，或交给 ERP。

    \b
    Examples:  ttkpi export xlsx --period 2026-10
               ttkpi export restock --format csv --for mabang --out restock.csv
    """


class Days(click.ParamType["Period"]):
    """A month, a day, or two days with `..` between them."""

    name = "PERIOD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        """Read a period, or say how one is written."""
        from orchestration.sheets.export import period_of

        try:
            return period_of(typed(value))
        except ValueError:
            self.fail(
                f"{value!r} is no period; write 2026-10, 2026-10-05 or 2026-10-05..2026-10-11 (both included)",
                param,
                ctx,
            )


def _file_options(command: F) -> F:
    """Adds the options that all files of tables share."""
    options = [
        click.option(
            "--period",
            type=Days(),
            help="A month (2026-10), a day, or two days (2026-10-05..2026-10-11), both included.",
        ),
        click.option("--audience", default="", metavar="NAME", help="From the file of this audience."),
        click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file."),
    ]
    return with_options(command, options)


@export.command("tables")
@click.option("--audience", default="", metavar="NAME", help="In the file of this audience.")
def export_tables(audience: str) -> None:
    """What can be exported: tables and views of the published file. 可导出的数据表与视图。

    \b
    Example:  ttkpi export tables
    """
    from orchestration.metrics.source import published
    from orchestration.sheets.tables import tables

    with published(open_home(), audience) as file:
        known = tables(file)
    for table in known.values():
        click.echo(f"{click.style(table.name, bold=True)}  {table.text}")
    click.echo(counted(len(known), "table"))


@export.command("xlsx", epilog=EXIT_CODES)
@click.option("--view", "views", multiple=True, metavar="NAME", help="A table or view; may be repeated.")
@_file_options
@click.option(
    "--lang",
    "language",
    type=click.Choice(["both", "en", "zh"]),
    default="both",
    show_default=True,
    help="Of the headers.",
)
def export_xlsx(
    views: Sequence[str],
    period: Period | None,
    audience: str,
    out: Path | None,
    language: Literal["both", "en", "zh"],
) -> None:
    """A workbook: cover, a sheet per table, what each column means. 导出 Excel：封面、数据、口径说明。

    Without --view the standard workbook of a month (by default the last whole one): a summary by shop, then days,
    products, creators, LIVE, ads, settlement, stock, people. Ids are text, dates are dates, amounts carry their
    currency; what may still change is grey.

    \b
    Examples:  ttkpi export xlsx --period 2026-10
               ttkpi export xlsx --view kpi_shop_daily --view kpi_alerts --out shops.xlsx --lang zh
    """
    from orchestration.sheets.export import export_workbook

    name = "-".join([*(views[:1] or ["ttkpi-monthly"]), *([audience] if audience else [])])
    path = out or Path(f"{name}{_of(period)}.xlsx")
    report = export_workbook(
        open_home(), path, views=views, period=period, audience=audience, language=language
    )
    for title, rows in report.rows.items():
        click.echo(f"  {title}: {counted(rows, 'row')}")
    click.echo(f"{counted(len(report.rows), 'sheet')}, {counted(sum(report.rows.values()), 'row')} in {path}")
    if report.cut.total():
        click.echo(
            f"Note 提示: {counted(report.cut.total(), 'text')} longer than the 32,767 characters of a cell, cut. "
            "超长文本已截断。",
            err=True,
        )


@export.command("csv", epilog=EXIT_CODES)
@click.option("--view", "view", required=True, metavar="NAME", help="The table or view.")
@_file_options
def export_csv(view: str, period: Period | None, audience: str, out: Path | None) -> None:
    """One table or view as CSV. 导出一张表为 CSV。

    UTF-8 with the mark that Excel needs; amounts with all digits; texts that a spreadsheet would run are led by an
    apostrophe.

    \b
    Example:  ttkpi export csv --view kpi_shop_daily --period 2026-10
    """
    _one_table("csv", view, period, audience, out)


@export.command("parquet", epilog=EXIT_CODES)
@click.option("--view", "view", required=True, metavar="NAME", help="The table or view.")
@_file_options
def export_parquet(view: str, period: Period | None, audience: str, out: Path | None) -> None:
    """One table or view as Parquet, with its types. 导出一张表为 Parquet。

    \b
    Example:  ttkpi export parquet --view kpi_shop_daily --out shops.parquet
    """
    _one_table("parquet", view, period, audience, out)


def _one_table(form: str, view: str, period: Period | None, audience: str, out: Path | None) -> None:
    from orchestration.metrics.source import published
    from orchestration.sheets.files import write_csv, write_parquet
    from orchestration.sheets.tables import require_days, table_of, tables

    path = out or Path(f"{view}{_of(period)}.{form}")
    with published(open_home(), audience) as file:
        table = table_of(tables(file), view)
        require_days(file, [table], period)
        rows = (write_csv if form == "csv" else write_parquet)(path, file, table, period)
    click.echo(f"{counted(rows, 'row')} in {path}")


def _of(period: Period | None) -> str:
    """A period as a part of a file's name."""
    if period is None:
        return ""
    is_month = period.first.day == 1 and (period.last.month, period.last.year) == (
        period.first.month,
        period.first.year,
    )
    return (
        f"-{period.first:%Y-%m}" if is_month and period.last.day >= 28 else f"-{period.first}-{period.last}"
    )


@export.command("bitable", epilog=EXIT_CODES)
@click.option("--dry-run", is_flag=True, help="Compare, say what would be written, and write nothing.")
def export_bitable(dry_run: bool) -> None:
    """Bring the Feishu Bitable (Lark Base) to the current publication. 将视图同步到飞书多维表格。

    The views of destination.bitable: records are known by their key; only what is new, has changed or is gone is
    written. `ttkpi run` and `ttkpi publish` do so too. Exit code 3 when the platform refuses or is down: the published
    file stands, and the next time goes on from there.

    \b
    Examples:  ttkpi export bitable --dry-run
               ttkpi export bitable
    """
    from home.errors import ConfigError
    from orchestration.deliver.bitable.bring import bring
    from orchestration.deliver.bitable.client import Client
    from orchestration.deliver.bitable.config import configured_base
    from orchestration.deliver.bitable.state import bring_base
    from orchestration.run import SOME_SHOPS_FAILED

    home, reporter = open_home(), show_progress()
    base = configured_base()
    if base is None:
        raise ConfigError(
            "No Bitable is configured: destination.bitable.app_token is not set.",
            advice="docs/bitable.md says what to set.",
        )
    if dry_run:
        client = Client(base, notify=reporter.warning)
        try:
            _, reports = bring(home, base, client, dry_run=True, progress=reporter)
        finally:
            client.close()
        for one in reports:
            new = (
                " (new table)"
                if one.is_new
                else f" ({', '.join(one.new_fields)} new)"
                if one.new_fields
                else ""
            )
            click.echo(
                f"  {one.view}{new}: {counted(one.rows, 'record')}, {one.created:,} to create, "
                f"{one.updated:,} to update, {one.deleted:,} to delete"
            )
        click.echo("Nothing is written. 未写入任何内容。")
        return
    with reporter.phase("export", "writing into the Bitable"):
        state = bring_base(home, progress=reporter)
    if state is None or state.failed:
        click.echo(state.failed if state else "", err=True)
        raise SystemExit(SOME_SHOPS_FAILED)
    click.echo(
        f"{counted(state.changed, 'record')} written; {state.place} has publication {state.publication_id}."
    )


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
