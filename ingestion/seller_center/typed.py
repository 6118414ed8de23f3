"""Turns the cells of a sheet into values, by the decisions that were made about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingestion.seller_center.sheets import Cell, Decisions, Problem, TypedRow


@dataclass(slots=True)
class TypedBatch:
    """Some thousand rows, by column: for building Arrow tables without a dictionary for each row.

    Attributes:
        rows: Their numbers.
        columns: Values by canonical name, each list as long as `rows`.
        problems: Cells that could not be read; their values are None.
    """

    rows: list[int]
    columns: dict[str, list[Any]]
    problems: list[Problem] = field(default_factory=list)


def typed_batches(
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[Cell]]],
    decisions: Decisions,
    *,
    file: str = "",
    sheet: str = "",
    size: int = 10_000,
) -> Iterator[TypedBatch]:
    """The values of the rows, by column.

    Args:
        header: As `Sheet.header`.
        rows: As `Sheet.raw_rows()`, or from the archive.
        decisions: As they were made when the file was read.
        file: For the problems.
        sheet: For the problems.
        size: Rows in a batch.
    """
    raise NotImplementedError


def typed_rows(
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[Cell]]],
    decisions: Decisions,
    *,
    file: str = "",
    sheet: str = "",
) -> Iterator[TypedRow]:
    """The values of the rows, one by one; arguments as in `typed_batches`."""
    raise NotImplementedError
