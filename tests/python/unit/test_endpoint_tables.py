"""The tables of endpoints in the sources' READMEs are what is declared."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.endpoint_tables import BEGIN, READMES, table, with_table


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.parent.name)
def test_the_readme_has_the_endpoints_as_they_are_declared(path: Path) -> None:
    """Guards a table that was not written again; `python -m ingestion.endpoint_tables` does it."""
    text = path.read_text(encoding="utf-8")
    assert with_table(text, READMES[path]) == text


def test_a_line_says_what_the_endpoint_feeds() -> None:
    shops = next(READMES[path] for path in READMES if path.parent.name == "tiktok_shop")
    assert (
        "| POST `/return_refund/202602/returns/search` | `returns`, `return_lines` | "
        "`seller.return_refund.basic` | 10-50 |"
    ) in table(shops).splitlines()


def test_a_readme_without_the_marks_is_refused() -> None:
    shops = next(iter(READMES.values()))
    with pytest.raises(ValueError, match="must stand around"):
        with_table(f"# TikTok Shop\n{BEGIN}\n", shops)
