"""What is declared is read, and the lists that follow from it are complete."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from home.config import PROJECT_ROOT
from ingestion.endpoint_tables import BEGIN, READMES, table, with_table


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.parent.name)
def test_the_readme_has_the_endpoints_as_they_are_declared(path: Path) -> None:
    """Guards a table that was not written again."""
    text = path.read_text(encoding="utf-8")
    assert with_table(text, READMES[path]) == text, (
        f"{path.parent.name}/README.md is old: run make docs-pages"
    )


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.parent.name)
def test_every_module_that_declares_resources_is_read(path: Path) -> None:
    """Guards an endpoint that is declared, tested and never asked."""
    declaring = {
        module.stem
        for module in path.parent.glob("*.py")
        if re.search(r"^RESOURCES = \(", module.read_text(encoding="utf-8"), re.MULTILINE)
    }
    left_out = declaring - set(READMES[path].domains)
    assert not left_out, f"name these modules in CATALOGUE of {path.parent.name}/resources.py"


def test_days_of_every_dated_resource_are_counted() -> None:
    """Guards withdrawals: their list was read, they had no line in the model, and every day of theirs was `empty`."""
    with (PROJECT_ROOT / "seeds/trust/resource_windows.csv").open(encoding="utf-8") as file:
        dated = {row["resource"] for row in csv.DictReader(file)}
    model = "models/intermediate/trust/int_trust__resource_days.sql"
    counted = set(re.findall(r"'(\w+)': [\[']", (PROJECT_ROOT / model).read_text(encoding="utf-8")))
    assert dated == counted, f"resource_windows.csv and {model} have the same resources"


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
