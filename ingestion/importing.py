"""Imports files that were downloaded by hand, with the exchange rates of the days that they tell of."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from home.audit_log import FAILED, PARTLY, recorded
from home.layout import Home
from home.text import file_name, one_line
from ingestion.engine.compact import compact_when_due
from ingestion.engine.progress import Progress
from ingestion.engine.raw_files import RawFiles
from ingestion.fx_rates.resource import load_rates
from ingestion.seller_center.export_files import files_in, others_in
from ingestion.seller_center.importer import Importer
from ingestion.seller_center.outcomes import ImportOptions, ImportReport
from ingestion.sources import prepare

_SHOWN = 5
"""Files of another kind that are named."""


def import_files(
    home: Home,
    paths: Iterable[Path],
    options: ImportOptions | None = None,
    *,
    progress: Progress | None = None,
) -> ImportReport:
    """Imports files and folders. Can be killed at any point: the same call continues.

    Args:
        home: Where everything is.
        paths: Files and folders.
        options: What is said about them.
        progress: Is told of files.

    Raises:
        ConfigError: A path does not exist, or an option is wrong.
        HomeBusy: Another run is at work in this home.
        ClockBehind: The machine's clock is behind what was loaded before.
        StorageError: The disk refuses. Troubles of single files are in the report instead.
    """
    started = time.monotonic()
    progress = progress or Progress()
    paths = list(paths)
    wanted = files_in(paths)
    if others := others_in(paths):
        shown = ", ".join(map(file_name, others[:_SHOWN])) + (", ..." if len(others) > _SHOWN else "")
        progress.message(
            f"Passed over, as only CSV and XLSX are read ({len(others)}): {one_line(shown)}. Unpack archives first. "
            "以上文件不是 CSV 或 XLSX，未读取；压缩包请先解压。"
        )
    now = datetime.now(UTC)
    with home.lock("import"), recorded(home, "import") as entry:
        prepare(home)
        importer = Importer(home, options or ImportOptions(), now, progress)
        report = importer.report
        importer.begin()
        for number, path in enumerate(wanted):
            progress.count(number, len(wanted), "files", file_name(path))
            importer.add(path)
        progress.count(len(wanted), len(wanted), "files")
        importer.finish()
        _load_rates(home, importer, now, progress)
        RawFiles(home.raw).add_new()
        compact_when_due(home, progress.message)
        entry.subject = report.run_id
        if report.refused:
            entry.outcome = FAILED if len(report.refused) == len(report.files) else PARTLY
        entry.details |= {
            "files": len(report.files),
            "refused": len(report.refused),
            "imported": [one.file_id for one in report.files if one.status == "imported"],
        }
    report.seconds = time.monotonic() - started
    return report


def _load_rates(home: Home, importer: Importer, now: datetime, progress: Progress) -> None:
    """Loads exchange rates for the days that the files tell of, in the currencies of all known shops."""
    imported = [one for one in importer.report.files if one.status == "imported"]
    currencies = {currency for one in imported for currency in one.currencies}
    if not currencies:
        return
    # Always the same set, so that the rates of a file are not loaded again because another shop had one.
    currencies |= {shop.facts.currency for shop in importer.owners.shops.values()}
    first = min((one.first for one in imported if one.first is not None), default=None)
    since = (datetime.fromtimestamp(first, UTC) if first is not None else now).date() - timedelta(days=1)
    until = now.date() + timedelta(days=2)
    report = importer.report
    report.fx_rows, problems = load_rates(home, currencies, since, until, run_id=report.run_id)
    for text in problems:
        report.errors.append(text)
        progress.message(text)
