"""The sentences of the reader, in English and 中文."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "zh"]


def message(
    code: str,
    language: Language,
    file: str,
    sheet: str,
    row: int | None,
    column: str | None,
    values: Mapping[str, str],
) -> str:
    """A problem in a sentence that names file, sheet, row and column."""
    raise NotImplementedError
