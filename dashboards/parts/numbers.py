"""Numbers with all that belongs to them: definition, currency, change, mark, expected value, and the rows behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboards.parts.behind import Rows
from dashboards.parts.definitions import Definition
from dashboards.parts.formats import MONEY
from orchestration.metrics.query import Answer


@dataclass(frozen=True)
class Figure:
    """A number.

    Attributes:
        definition: What it means.
        value: The value; None is unknown.
        currency: Of an amount.
        before: The value of the period compared with.
        change: Against it, as a fraction.
        is_not_final: Whether a part may still change.
        expected: What it will be in the end, where that can be said.
        share_known: How much of it is known, between 0 and 1.
    """

    definition: Definition
    value: Any = None
    currency: str = ""
    before: Any = None
    change: float | None = None
    is_not_final: bool = False
    expected: Any = None
    share_known: float | None = None

    @property
    def difference(self) -> Any:
        """Against the value compared with; None where one of them is unknown."""
        return None if self.value is None or self.before is None else self.value - self.before

    def against(self, usual: Any) -> Figure:
        """The same number compared with what is usual for it, as a median that stands in a mart."""
        if self.value is None or not usual:
            return replace(self, before=usual, change=None)
        return replace(self, before=usual, change=float(self.value) / float(usual) - 1)


@dataclass(frozen=True)
class Opening:
    """What is shown when a number is opened.

    Attributes:
        title: Of the dialog.
        figure: The number; None where only rows are opened.
        scope: Of what and when, in words.
        rows: The rows behind it.
    """

    title: str
    figure: Figure | None
    scope: str
    rows: Rows | None


class Numbers:
    """An answer of the metrics module by group.

    Args:
        answer: The answer.
        by: The groups of the question.
        define: Gives the definition of a metric.
    """

    def __init__(self, answer: Answer, by: Sequence[str], define: Callable[[str], Definition]) -> None:
        self.answer, self._define = answer, define
        self._rows = {
            tuple(row.get(name) for name in by): (row, marks)
            for row, marks in zip(answer.rows, answer.not_final, strict=True)
        }

    def groups(self) -> list[tuple[Any, ...]]:
        """The groups that have a row."""
        return list(self._rows)

    def figure(self, metric: str, *group: Any) -> Figure:
        """A number of a group; of a group without rows, or of a metric that the file does not have, an unknown one."""
        definition = self._define(metric)
        row, marks = self._rows.get(group, ({}, frozenset()))
        if metric not in row:
            return Figure(definition)
        currency = ""
        if definition.kind == MONEY:
            rc = metric.endswith("_rc")
            currency = self.answer.reporting_currency if rc else str(row.get("currency") or "")
        return Figure(
            definition,
            row[metric],
            currency,
            row.get(f"{metric}_before"),
            row.get(f"{metric}_change"),
            metric in marks,
        )
