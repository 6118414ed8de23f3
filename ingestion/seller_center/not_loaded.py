"""Reports whose header is known and that are not loaded: `not_loaded.yml`, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ingestion.seller_center.layouts import KindSpec, normal_header, split_unit
from ingestion.seller_center.sheets import Cell

_FILE = Path(__file__).with_name("not_loaded.yml")


@dataclass(frozen=True, slots=True)
class NotLoaded:
    """A report that is not loaded.

    Attributes:
        row: Of its header, from 1.
        values: What it is and what to import instead, in both languages, for the message.
    """

    row: int
    values: Mapping[str, str]


def not_loaded(rows: Sequence[Sequence[Cell]], kind: KindSpec | None = None) -> NotLoaded | None:
    """The report that a table is, if it is one of those that are known and not loaded.

    Args:
        rows: Its first rows.
        kind: What it is otherwise taken for: a report that has headers of that kind alone is one of its files, of which
            a column is missing.
    """
    for number, row in enumerate(rows, start=1):
        texts = [cell for cell in row if isinstance(cell, str)]
        words = {normal_header(name) for text in texts for name in (text, split_unit(text)[0])}
        for report in reports().values():
            if any(
                words.issuperset(map(normal_header, marks))
                and (kind is None or any(kind.find(mark) is None for mark in marks))
                for marks in report["any_of"]
            ):
                title, advice = report["title"], report["advice"]
                values = {
                    "layout_en": f"{title['en']}, which is not loaded. {advice['en']}",
                    "layout_zh": f"{title['zh']}，不导入。{advice['zh']}",
                }
                return NotLoaded(number, values)
    return None


@cache
def reports() -> Mapping[str, dict[str, Any]]:
    """What `not_loaded.yml` says, by report."""
    content: dict[str, dict[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return content
