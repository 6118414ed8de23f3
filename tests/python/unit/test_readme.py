"""What the READMEs promise about the marts."""

from __future__ import annotations

import re

import pytest

from home.config import PROJECT_ROOT


@pytest.mark.parametrize(("name", "columns"), [("README.md", 4), ("README.zh-CN.md", 3)])
def test_the_table_of_marts_has_every_mart_and_no_other(name: str, columns: int) -> None:
    """Guards a mart that nobody finds, and one that is named but was dropped."""
    rows = [
        [cell.strip() for cell in line.strip("| \n").split(" | ")]
        for line in (PROJECT_ROOT / name).read_text(encoding="utf-8").splitlines()
        if re.match(r"\| .+ \| `(kpi|fct|dim|ops)_", line)
    ]
    named = [mart for row in rows for mart in re.findall(r"`((?:kpi|fct|dim|ops)_\w+)`", row[1])]
    marts = {path.stem for path in (PROJECT_ROOT / "models" / "marts").rglob("*.sql")}
    assert sorted(named) == sorted(marts)
    assert all(len(row) == columns and all(row) for row in rows)
