"""What a report is made of: cells with their marks, sections of them, and what they are asked from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from home.text import one_line
from orchestration.deliver.report.period import Period, Shop
from orchestration.deliver.report.words import NOT_FINAL, Text, both
from orchestration.metrics.catalog import Metric
from orchestration.metrics.query import Answer, Question, ask
from orchestration.metrics.source import Published

_CURRENCY_WORDS = re.compile(r",? (in )?reporting currency$|, over currencies$")


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure or a name.

    Attributes:
        text: What is shown.
        not_final: It may still change.
        tone: `good`, `bad`, or empty; never the only sign of it.
        note: More about it, for who looks closer.
    """

    text: Text
    not_final: bool = False
    tone: str = ""
    note: Text = ("", "")

    def __post_init__(self) -> None:
        """Names, titles and messages are typed by others: none begins a line of its own, or turns the text around."""
        for name in ("text", "note"):
            english, chinese = getattr(self, name)
            object.__setattr__(self, name, (one_line(english), one_line(chinese)))


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report.

    Attributes:
        key: Names it.
        title: Its title.
        headers: Names of the columns.
        rows: Its rows.
        notes: What a reader has to know beside the rows.
        more: Rows that there are besides.
        is_list: Its rows read as sentences without the names of the columns.
        sparks: For each row the course of its first figure over four weeks, oldest first; empty: none.
    """

    key: str
    title: Text
    headers: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[Text, ...] = ()
    more: int = 0
    is_list: bool = False
    sparks: tuple[tuple[float | None, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report.

    Attributes:
        period: Which days.
        title: Its title.
        audience: Whose file it is from; empty: the whole file.
        publication_id: The publication that all of it is from.
        published_at: When that was published, UTC.
        currency: Reporting currency.
        warnings: What is late, held back or not read: before everything else.
        tiles: The headline figures: name, figure, change.
        sections: The parts, in the order in which they matter.
        late: Shops of which a part of the period is missing.
        is_late: No shop has the period to its end: it is no report that can be sent.
    """

    period: Period
    title: Text
    audience: str
    publication_id: str
    published_at: datetime
    currency: str
    warnings: tuple[Text, ...]
    tiles: tuple[tuple[Text, Cell, Cell], ...]
    sections: tuple[Section, ...]
    late: tuple[Shop, ...] = ()
    is_late: bool = False


@dataclass(frozen=True)
class Asked:
    """What a report is made from."""

    file: Published
    period: Period
    shops: Sequence[Shop]
    known: dict[str, Metric] = field(default_factory=dict)
    names: dict[tuple[str, str], Text] = field(default_factory=dict)

    def answer(self, names: Iterable[str], by: Sequence[str] = (), **question: Any) -> Answer | None:
        """These metrics, those of them that the file has; None when it has none, or they can't be grouped so."""
        there = [name for name in names if name in self.known]
        if not there:
            return None
        asked = Question(
            metrics=tuple(there),
            by=tuple(by),
            since=self.period.since,
            until=self.period.until,
            compare=self.period.compare,
            **question,
        )
        return ask(self.file, asked)

    def value(self, column: str, value: Any) -> Text:
        """What a value is called; one without a name is called by itself."""
        return self.names.get((column, str(value))) or both(str(value).replace("_", " "))

    def shop_name(self, key: Any) -> Text:
        """What a shop is called."""
        names = {shop.shop_key: shop.name for shop in self.shops}
        return both(one_line(names.get(str(key), str(key))))


def short_name(metric: Metric) -> Text:
    """What a metric is called in a report, whose amounts are all in one currency that its head names."""
    return _CURRENCY_WORDS.sub("", metric.label), (metric.label_zh or metric.label).replace(
        "（报告币种）", ""
    )


def kpi_name(asked: Asked, name: Any) -> Text:
    """What a KPI is called: as its metric, else as its column in the glossary."""
    metric = asked.known.get(str(name))
    if metric is not None:
        return short_name(metric)
    column = str(name).removesuffix("_rc")
    if "kpi_glossary" in asked.file.columns():
        found = asked.file.rows(
            "select any_value(label), any_value(label_zh) from warehouse.marts.kpi_glossary where column_name = ?",
            [column],
        )
        if found and found[0][0]:
            english, chinese = str(found[0][0]), str(found[0][1] or found[0][0])
            return english, chinese
    return both(str(name))


def mark(cell: Cell) -> Text:
    """A cell's text with its mark, for who sees no outline."""
    if not cell.not_final:
        return cell.text
    return f"{cell.text[0]} ~", f"{cell.text[1]} ~"


def is_marked(report: Report) -> bool:
    """Whether a figure of it may still change."""
    cells = [cell for section in report.sections for row in section.rows for cell in row]
    return any(cell.not_final for cell in (*cells, *(value for _, value, _ in report.tiles)))


def legend(report: Report) -> Text:
    """What the mark means; empty when nothing is marked."""
    if not is_marked(report):
        return "", ""
    return f"~ {NOT_FINAL[0]}: a part may still change.", f"~ {NOT_FINAL[1]}：部分数据仍可能变化。"
