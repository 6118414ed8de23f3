"""The sections of BENCHMARKS.md that commands write, each between its marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

REPORT = Path(__file__).parents[1] / "BENCHMARKS.md"


def write_section(name: str, lines: Sequence[str]) -> None:
    """Replace a section of BENCHMARKS.md; one that is not there yet is added at the end.

    Args:
        name: Of its marks: `<!-- name -->` and `<!-- /name -->`.
        lines: What stands between them, as Markdown.
    """
    text = REPORT.read_text() if REPORT.exists() else "# Benchmarks\n\nMade by `make bench`.\n"
    block = "\n".join([f"<!-- {name} -->", *lines, f"<!-- /{name} -->"])
    pattern = re.compile(rf"<!-- {name} -->.*<!-- /{name} -->", re.DOTALL)
    text = pattern.sub(lambda _: block, text) if pattern.search(text) else f"{text.rstrip()}\n\n{block}\n"
    REPORT.write_text(text)
