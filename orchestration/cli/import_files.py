"""Raw from files that were downloaded by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from home.text import file_name
from orchestration.cli.base import EXIT_CODES, Command
from orchestration.cli.parameters import Id, Instant
from orchestration.cli.session import counted, open_home, show_progress


@click.command("import", epilog=EXIT_CODES, cls=Command)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--shop", type=Id(), help="The shop that the files are of; a folder of that name says it too.")
@click.option(
    "--region", metavar="XX", help="Market of a shop that no API has listed, such as GB; once is enough."
)
@click.option("--name", help="Name of that shop.")
@click.option("--advertiser", type=Id(), help="The ads account that reports of GMV Max are of.")
@click.option("--time-zone", metavar="ZONE", help="Its zone, such as America/Los_Angeles or Etc/GMT+8.")
@click.option(
    "--date-order",
    type=click.Choice(["dmy", "mdy", "ymd"]),
    help="How 05/06/2026 is read, where the rows of a file leave it open.",
)
@click.option(
    "--downloaded-at",
    type=Instant(),
    help="When the files were downloaded.  [default: last change of the file]",
)
@click.option(
    "--trust-shop",
    is_flag=True,
    help="The shop is right: load files of it that look like another shop's, too.",
)
@click.option("--explain", is_flag=True, help="Say what is seen in the files, and change nothing.")
@click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Of messages.",
)
def import_files(
    paths: Sequence[Path],
    shop: str | None,
    region: str | None,
    name: str | None,
    advertiser: str | None,
    time_zone: str | None,
    date_order: Literal["dmy", "mdy", "ymd"] | None,
    downloaded_at: datetime | None,
    trust_shop: bool,
    explain: bool,
    language: Literal["en", "zh"],
) -> None:
    """Load files that were downloaded by hand: CSV and XLSX, or folders of them. 导入手工下载的报表。

    From Seller Center, Affiliate Center and Ads Manager; the kind is recognised by the header, whatever the name. A
    file is loaded as a whole or not at all, and the same file twice changes nothing. One that looks like another
    shop's (by its ids, the markets that its orders go to, its language or clock) is refused, with what differs. Exit
    code 3 when some files were refused and the others are loaded, or when a row, an amount or a word of a file was left
    out or not understood.
    Build afterwards.

    \b
    Examples:  ttkpi import downloads/ --shop 7495000000000000101 --region GB --name "Aurora UK"
               ttkpi import downloads/7495000000000000101/orders.csv
               ttkpi import "Creative data.xlsx" --advertiser 7400000000000000001 --time-zone Etc/GMT+8
               ttkpi import --explain --lang zh orders.csv
    """
    from home.demo_home import refuse_demo_home
    from ingestion.importing import import_files as run_import
    from ingestion.seller_center.export_files import files_in
    from ingestion.seller_center.importer import explain_file
    from ingestion.seller_center.outcomes import ImportOptions
    from orchestration.cli.import_report import show_import
    from orchestration.run import SOME_SHOPS_FAILED

    home, reporter = open_home(), show_progress()
    options = ImportOptions(shop, region, name, advertiser, time_zone, date_order, downloaded_at, trust_shop)
    if explain:
        refused = False
        for path in files_in(paths):
            seen = explain_file(home, path, options)
            click.echo(seen.explanations.get(language) or file_name(path))
            for text in seen.why(language):
                click.echo(text)
            click.echo()
            refused = refused or bool(seen.why(language))
        raise SystemExit(SOME_SHOPS_FAILED if refused else 0)
    refuse_demo_home(home)
    with reporter.phase("import", "reading the files"):
        report = run_import(home, paths, options, progress=reporter)
    show_import(report, language)
    if report.recovered:
        click.echo(f"{counted(report.recovered, 'file')} of an import that was ended are loaded now.")
    if any(one.status == "imported" for one in report.files) or report.recovered:
        click.echo("Next: ttkpi build" if language == "en" else "下一步：ttkpi build")
    raise SystemExit(SOME_SHOPS_FAILED if report.refused or report.doubtful else 0)
