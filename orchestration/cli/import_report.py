"""`ttkpi import` as a table: one line per file."""

from __future__ import annotations

from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from home.text import file_name, one_line
from ingestion.seller_center.outcomes import FileOutcome, ImportReport
from orchestration.progress import output, shown

Language = Literal["en", "zh"]

_STATUS = {
    "imported": {"en": "new", "zh": "新导入"},
    "known": {"en": "known: nothing changes", "zh": "已导入过，无变化"},
    "refused": {"en": "refused", "zh": "已拒绝"},
}
_HEADINGS = {
    "en": ("file", "kind", "shop", "rows", "set aside", "result"),
    "zh": ("文件", "类型", "店铺", "行数", "隔离", "结果"),
}


def show_import(report: ImportReport, language: Language, console: Console | None = None) -> None:
    """Print what came of each file, and what a person must know about it.

    Args:
        report: How the import went.
        language: `en` or `zh`.
        console: Where to print; standard output by default.
    """
    console = console or output()
    table = Table(box=SIMPLE_HEAD)
    for heading in _HEADINGS[language]:
        table.add_column(heading, overflow="fold", justify="right" if heading in ("rows", "行数") else "left")
    for one in report.files:
        table.add_row(
            shown(one_line(file_name(one.path))),
            shown("\n".join(one.kinds)),
            shown(one.owner),
            f"{one.rows:,}",
            f"{one.quarantined:,}" if one.quarantined else "",
            _STATUS[one.status][language],
        )
    console.print(table)
    for one in report.doubtful:
        for doubt in one.doubtful:
            console.print(shown(f"{one_line(file_name(one.path))}: {doubt.text(language)}"), soft_wrap=True)
    for one in report.files:
        for text in messages(one, language):
            console.print(shown(text), soft_wrap=True)


def messages(outcome: FileOutcome, language: Language) -> list[str]:
    """What a person must know of a file, each thing once: what stopped it, or else what was set aside."""
    if outcome.status == "refused":
        return outcome.why(language)
    shown: dict[tuple[str, str | None, str], str] = {}
    counts: dict[tuple[str, str | None, str], int] = {}
    for problem in outcome.problems:
        if problem.severity == "quarantine":
            key = (problem.code, problem.column, problem.values.get("value", ""))
            shown.setdefault(key, problem.text(language))
            counts[key] = counts.get(key, 0) + 1
    more = {"en": " (and {} more alike)", "zh": "（另有 {} 处相同）"}[language]
    return [text + (more.format(counts[key] - 1) if counts[key] > 1 else "") for key, text in shown.items()]
