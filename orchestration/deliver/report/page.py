"""The report as an HTML file: all in one, without scripts and without network, to keep and to mail."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from orchestration.deliver.report.parts import Report, Section, is_marked
from orchestration.deliver.report.words import NOT_FINAL, Text, say

if TYPE_CHECKING:
    from jinja2 import Template

_SPARK_WIDTH, _SPARK_HEIGHT = 112, 20
_LAST_DAYS = 7
_BEGINS_A_NUMBER = tuple("0123456789−–▲▼=≈≤")


def as_html(report: Report, language: str) -> str:
    """The page.

    Args:
        report: The report.
        language: `en`, `zh` or `both`.
    """

    def in_language(text: Text) -> str:
        return say(text, language)

    return _template().render(
        report=report,
        language=language,
        say=in_language,
        about=about(report),
        marked=is_marked(report),
        not_final=NOT_FINAL,
        is_number=_is_number,
        spark=_spark,
    )


def about(report: Report) -> Text:
    """From which publication a report is, and for whom."""
    at = f"{report.published_at.astimezone(ZoneInfo(report.period.zone)):%Y-%m-%d %H:%M}"
    whom = (f" · for {report.audience}", f" · 受众 {report.audience}") if report.audience else ("", "")
    return (
        f"Amounts in {report.currency} · publication {report.publication_id} of {at} ({report.period.zone}){whom[0]}",
        f"金额以 {report.currency} 计 · 发布 {report.publication_id}，{at}（{report.period.zone}）{whom[1]}",
    )


def _is_number(section: Section, column: int) -> bool:
    """Whether a column has figures alone: these stand to the right."""
    texts = [row[column].text[0] for row in section.rows]
    return column > 0 and all(text.startswith(_BEGINS_A_NUMBER) and "-" not in text for text in texts)


def _spark(values: Sequence[float | None]) -> str:
    """A line of the last weeks: the last seven days darker, a dot at the end, a gap where a day is unknown."""
    from markupsafe import Markup

    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(0.0, *known), max(*known, 1e-9)
    step = (_SPARK_WIDTH - 6) / max(1, len(values) - 1)

    def point(number: int, value: float) -> str:
        y = _SPARK_HEIGHT - 3 - (value - low) / (high - low) * (_SPARK_HEIGHT - 6)
        return f"{3 + number * step:.1f},{y:.1f}"

    def line(first: int, color: str) -> str:
        runs: list[list[str]] = [[]]
        for number, value in enumerate(values):
            if number < first or value is None:
                runs.append([])
            else:
                runs[-1].append(point(number, value))
        return "".join(
            f'<polyline points="{" ".join(run)}" fill="none" stroke="{color}" stroke-width="1.5"/>'
            for run in runs
            if len(run) > 1
        )

    drawn = line(0, "#98A2B3") + line(len(values) - _LAST_DAYS, "#0B5CAD")
    if values[-1] is not None:
        x, _, y = point(len(values) - 1, values[-1]).partition(",")
        drawn += f'<circle cx="{x}" cy="{y}" r="2" fill="#0B5CAD"/>'
    size = f'width="{_SPARK_WIDTH}" height="{_SPARK_HEIGHT}" viewBox="0 0 {_SPARK_WIDTH} {_SPARK_HEIGHT}"'
    return Markup(f'<svg {size} aria-hidden="true">{drawn}</svg>')  # noqa: S704 (numbers of our own)


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")
