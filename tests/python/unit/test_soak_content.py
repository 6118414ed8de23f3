"""The comparison of homes in the soak test: a difference comes with the rows that differ."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.soak.content import different, differing_rows, marts
from home.layout import Home


def home_with(root: Path, rows: str) -> Home:
    """A home whose warehouse holds one mart."""
    home = Home(root)
    home.prepare()
    with duckdb.connect(str(home.warehouse)) as db:
        db.execute("create schema marts")
        db.execute(
            "create table marts.kpi_day as select * from (values "
            f"{rows}) as rows (shop_key, orders, amount, retrieved_at)"
        )
    return home


def test_the_rows_that_only_one_home_has_are_shown_and_the_others_are_not(tmp_path: Path) -> None:
    same = "('A', 1, 2.50, 'monday'), "
    troubled = home_with(
        tmp_path / "troubled",
        same + "('B', 2, 3.00, 'monday'), ('B', 2, 3.00, 'monday'), ('C', 9, 1.00, 'x')",
    )
    calm = home_with(tmp_path / "calm", same + "('B', 2, 3.00, 'tuesday'), ('C', 8, 1.00, 'x')")

    assert different(marts(troubled), marts(calm)) != []
    # When a row was read may differ; how often a row is there may not.
    assert differing_rows(troubled, calm, "kpi_day") == [
        "  only with faults: shop_key=B, orders=2, amount=3.00",
        "  only with faults: shop_key=C, orders=9, amount=1.00",
        "  only without faults: shop_key=C, orders=8, amount=1.00",
    ]
    assert differing_rows(troubled, calm, "kpi_day", at_most=1) == [
        "  only with faults: shop_key=B, orders=2, amount=3.00",
        "  only with faults: 1 more",
        "  only without faults: shop_key=C, orders=8, amount=1.00",
    ]
    assert differing_rows(calm, calm, "kpi_day") == []
