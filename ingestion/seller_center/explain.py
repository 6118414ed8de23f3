"""What `ttkpi import --explain` prints: what a file is, and everything that is not as it should be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from home.text import file_name
from ingestion.seller_center.building import FileRows
from ingestion.seller_center.entities import Facts
from ingestion.seller_center.layouts import layouts
from ingestion.seller_center.messages import SEVERITIES, Language, label
from ingestion.seller_center.packing import packed_rows, page_groups
from ingestion.seller_center.sheets import Decisions, FileReading, Problem, Sheet

PERIOD_KINDS = frozenset({"affiliate_videos", "gmv_max_creatives"})
"""Kinds whose rows mean nothing without the period of the report."""

_ORDER = {"error": 0, "quarantine": 1, "note": 2}


_ROWS_SHOWN = 20
"""Rows that are listed of one problem."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A problem that cells of one column share.

    Attributes:
        problem: The first of them.
        others: Rows of the others; empty where a problem is of no row.
    """

    problem: Problem
    others: list[int]


def gather(problems: Iterable[Problem]) -> list[Repeated]:
    """Problems, worst first; those of one code in one column of a sheet once, with their rows."""
    found: dict[tuple[str, str, str | None], Repeated] = {}
    for problem in problems:
        key = (problem.code, problem.sheet, problem.column)
        if key not in found:
            found[key] = Repeated(problem, [])
        elif problem.row is not None:
            found[key].others.append(problem.row)
    return sorted(found.values(), key=lambda repeated: _ORDER[repeated.problem.severity])


def check_rows(reading: FileReading) -> dict[str, tuple[int, list[Problem]]]:
    """Reads all rows as an import would, and keeps nothing.

    Returns:
        By name of the sheet: the number of its rows, and the cells and rows that can't be used or are not counted, and
        what does not add up. Nothing is read of a sheet that is stopped, or that an import would stop.
    """
    file = file_name(reading.path)
    checked: dict[str, tuple[int, list[Problem]]] = {sheet.name: (0, []) for sheet in reading.sheets}
    for problem in without_period(reading):
        checked[problem.sheet][1].append(problem)
    whole = replace(
        reading, sheets=[one for one in reading.sheets if not one.stopped and not checked[one.name][1]]
    )
    facts = {
        sheet.name: Facts(
            reading.sha256, sheet.name, sheet.decisions, "", "", datetime.now(UTC), sheet.header
        )
        for sheet in whole.sheets
    }
    found: list[Problem] = []
    rows = FileRows(
        facts, found.append, file=file, control={sheet.name: sheet.control for sheet in whole.sheets}
    )
    packed = packed_rows(whole)
    for group in page_groups(facts, packed):
        for page in group:
            rows.add(page)
    for problem in [*found, *rows.differences()]:
        checked[problem.sheet][1].append(problem)
    return {name: (len(packed.get(name, [])), problems) for name, (_, problems) in checked.items()}


def without_period(reading: FileReading) -> list[Problem]:
    """Sheets that are the report of a period and do not say which: their figures mean nothing."""
    return [
        Problem("no_period", "error", file_name(reading.path), sheet.name)
        for sheet in reading.sheets
        if sheet.decisions.kind in PERIOD_KINDS and sheet.decisions.period is None
    ]


def explain(
    reading: FileReading,
    language: Language = "en",
    checked: Mapping[str, tuple[int, list[Problem]]] | None = None,
) -> str:
    """What a file is, in words a seller understands.

    Args:
        reading: Of the file.
        language: `en` or `zh`.
        checked: What `check_rows` gave; all rows are read for it otherwise.
    """
    lines = [f"{label('file', language)}: {file_name(reading.path)}"]
    problems = list(reading.problems)
    checked = check_rows(reading) if checked is None else checked
    for sheet in reading.sheets:
        rows, of_rows = checked[sheet.name]
        problems += of_rows
        lines += ["", *_sheet(sheet, rows, language)]
    lines += ["", f"{label('problems', language)}:"]
    if not problems:
        lines[-1] += f" {label('none', language)}"
    for repeated in gather(problems):
        problem = replace(repeated.problem, file="")
        text = f"  [{SEVERITIES[problem.severity][language]}] {problem.text(language)}"
        if others := repeated.others:
            shown = ", ".join(map(str, others[:_ROWS_SHOWN])) + (", ..." if len(others) > _ROWS_SHOWN else "")
            text += " " + label("more", language).format(len(others), shown)
        lines.append(text)
    return "\n".join(lines)


def _sheet(sheet: Sheet, rows: int, language: Language) -> list[str]:
    made = sheet.decisions
    unknown = label("not_known", language)
    none = label("none", language)
    period = unknown
    if made.period:
        last = made.period[1] - timedelta(days=1)
        period = label("through", language).format(made.period[0], last)
    facts = [
        ("sheet", sheet.name),
        ("kind", f"{layouts()[made.layout].title[language]} ({made.layout})"),
        ("market", _said(made, "market", made.market, language)),
        ("language", label(made.language, language)),
        ("zone", _said(made, "zone", made.zone, language)),
        ("currency", _said(made, "currency", made.currency, language)),
        ("period", period),
        ("downloaded_at", f"{made.downloaded_at:%Y-%m-%d %H:%M} UTC" if made.downloaded_at else ""),
        ("header_row", label("row", language).format(made.header_row)),
        ("dates", label(made.date_order, language) if made.date_order else ""),
        ("numbers", label(made.decimal_mark, language) if made.decimal_mark else ""),
        ("rows", "" if sheet.stopped else f"{rows:,}"),
    ]
    lines = [f"{label(name, language)}: {text}" for name, text in facts if text]
    lines.append(f"{label('columns', language)} ({len(made.columns)}):")
    lines += [f"  {header} -> {name}" for header, name in made.columns.items()]
    lines.append(f"{label('unknown', language)}: {', '.join(made.unknown) or none}")
    if made.unmapped:
        lines.append(f"{label('unmapped', language)}: {', '.join(made.unmapped)}")
    lines.append(f"{label('missing', language)}: {', '.join(made.missing) or none}")
    for said in sheet.control.said:
        lines.append(f"{label('control', language)}: {said.header} = {said.value:,}")
    return lines


_TO_PASS = {
    "market": "--shop ID --region XX",
    "zone": "--shop ID --region XX",
    "currency": "--shop ID --region XX",
}
"""What a person says where the file says nothing."""


def _said(made: Decisions, fact: str, value: str | None, language: Language) -> str:
    """A fact with who says it; what nobody says is not known."""
    by = made.known_by.get(fact)
    if by is None or not value:
        # A report of an ads account has no market.
        return label("nothing_says", language).format(_TO_PASS[fact]) if fact in _TO_PASS else ""
    return label(f"by_{by}", language).format(value)
