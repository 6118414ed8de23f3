"""Names say what a thing does in the field's terms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from home.config import PROJECT_ROOT

ROOMS = ("home", "ingestion", "sandbox", "orchestration", "dashboards", "benchmarks")
UNCLEAR = {"tell", "tells", "told", "stated", "noted", "aside", "named"}
"""Words that say neither what is done nor to what: `told_at` is the time of what?"""
COLUMN = re.compile(r"^      - name: (\w+)", re.MULTILINE)


def words_of(name: str) -> set[str]:
    """The words of a name in either spelling: `set_aside`, `SetAside`."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}


def unclear(names: Iterator[str]) -> list[str]:
    return [name for name in names if words_of(name.rpartition(" ")[2]) & UNCLEAR]


def names_in_code(room: Path) -> Iterator[str]:
    for path in sorted(room.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield f"{path.relative_to(room.parent)}:{node.lineno} {node.name}"


@pytest.mark.parametrize("room", ROOMS)
def test_functions_and_classes(room: str) -> None:
    """Guards a reader whose second language is English from guessing who tells what to whom."""
    assert not unclear(names_in_code(PROJECT_ROOT / room)), "name them by what they do"


def test_columns() -> None:
    columns = (
        f"{path.relative_to(PROJECT_ROOT)} {name}"
        for path in sorted((PROJECT_ROOT / "models").rglob("*.yml"))
        for name in COLUMN.findall(path.read_text(encoding="utf-8"))
    )
    assert not unclear(columns), "name them by what they hold"


@pytest.mark.parametrize(
    ("name", "is_clear"),
    [
        ("told_at", False),
        ("SetAside", False),
        ("_tell_refusal", False),
        ("restated_score", True),
        ("renamed", True),
    ],
)
def test_whole_words_are_judged(name: str, is_clear: bool) -> None:
    assert (unclear(iter([name])) == []) is is_clear
