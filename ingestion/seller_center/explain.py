"""What `ttkpi import --explain` prints: what a file is, and everything that is not as it should be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from home.text import file_name
from ingestion.seller_center.control import Compared
from ingestion.seller_center.layouts import layouts
from ingestion.seller_center.messages import SEVERITIES, Language, label
from ingestion.seller_center.sheets import Decisions, FileReading, Problem, Sheet
from ingestion.seller_center.typed import typed_batches

_ORDER = {"error": 0, "quarantine": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Repeated:
    """A problem that cells of one column share.

    Attributes:
        problem: The first of them.
        count: How many there are.
    """

    problem: Problem
    count: int


def gather(problems: Iterable[Problem]) -> list[Repeated]:
    """Problems, worst first; those of one code in one column of a sheet once, with their number."""
    first: dict[tuple[str, str, str | None], Problem] = {}
    counts: dict[tuple[str, str, str | None], int] = {}
    for problem in problems:
        key = (problem.code, problem.sheet, problem.column)
        first.setdefault(key, problem)
        counts[key] = counts.get(key, 0) + 1
    return sorted(
        (Repeated(problem, counts[key]) for key, problem in first.items()),
        key=lambda repeated: _ORDER[repeated.problem.severity],
    )


def check_cells(sheet: Sheet, file: str) -> tuple[int, list[Problem]]:
    """Reads all cells of a sheet.

    Returns:
        The number of rows, the cells that can't be read, and what does not add up. Nothing is read of a sheet that is
        stopped.
    """
    rows, problems = 0, []
    compared = Compared(sheet.control)
    if not sheet.stopped:
        for batch in typed_batches(
            sheet.header, sheet.raw_rows(), sheet.decisions, file=file, sheet=sheet.name
        ):
            rows += len(batch.rows)
            problems += batch.problems
            compared.add(batch.columns, len(batch.rows))
        problems += compared.problems(file, sheet.name)
    return rows, problems


def explain(
    reading: FileReading,
    language: Language = "en",
    checked: Mapping[str, tuple[int, list[Problem]]] | None = None,
) -> str:
    """What a file is, in words a seller understands.

    Args:
        reading: Of the file.
        language: `en` or `zh`.
        checked: What `check_cells` gave, by name of the sheet; all cells are read for it otherwise.
    """
    lines = [f"{label('file', language)}: {file_name(reading.path)}"]
    problems = list(reading.problems)
    for sheet in reading.sheets:
        rows, cells = checked[sheet.name] if checked else check_cells(sheet, file_name(reading.path))
        problems += cells
        lines += ["", *_sheet(sheet, rows, language)]
    lines += ["", f"{label('problems', language)}:"]
    if not problems:
        lines[-1] += f" {label('none', language)}"
    for repeated in gather(problems):
        problem = replace(repeated.problem, file="")
        text = f"  [{SEVERITIES[problem.severity][language]}] {problem.text(language)}"
        if repeated.count > 1:
            text += " " + label("more", language).format(repeated.count - 1)
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
