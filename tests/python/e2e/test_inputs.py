"""Inputs of the home and seeds of git: the same rows are the same numbers, and what an import changes is what changes."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

from conftest import query
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from home.inputs import current_inputs, store
from home.layout import Home
from home.project import project_dir
from orchestration.build.build import build
from orchestration.inputs.catalog import inputs
from orchestration.inputs.importing import import_workbook
from orchestration.inputs.template import export_inputs

COSTS = "单位成本 Unit costs"
SELECTED = "sku_costs+ kpi_targets+ team_assignments+ live_host_shifts+ replenishment_policy+ alert_thresholds+ alert_owners+"


def test_the_same_rows_are_the_same_numbers_whichever_way_they_come(
    published_copy: Home, tmp_path: Path
) -> None:
    """All seeds become inputs; then one SKU's cost is doubled in the workbook: the profit of its orders alone moves."""
    home = published_copy
    (sku, shop, cost) = _sold_sku(home)
    before = _profits(home)
    scorecards = query(home.warehouse, "select * from marts.kpi_team_scorecard order by all")
    # As if somebody had imported every sheet as it is in git.
    known = inputs(project_dir())
    with home.lock("test"):
        store(
            home,
            {name: one.seed.read_bytes() for name, one in known.items()},
            {name: sum(1 for _ in one.seed.open(encoding="utf-8")) - 1 for name, one in known.items()},
            imported_by="test",
            source="git",
        )
    book = tmp_path / "inputs.xlsx"
    export_inputs(home, book)
    report = import_workbook(
        home, _with_cost(book, tmp_path / "changed.xlsx", shop, sku, 2 * cost), imported_by="Lin"
    )
    assert {name: (one.added, one.removed) for name, one in report.changes.items()} == {
        "sku_costs": (1, 1)
    }, report.problems
    built = build(home, select=SELECTED)
    built.raise_for_errors()
    assert "seed sku_costs changed" in built.rebuilt
    # The other inputs came by the workbook's way, and nothing of theirs moved.
    assert query(home.warehouse, "select * from marts.kpi_team_scorecard order by all") == scorecards
    loaded = query(home.warehouse, "select * from seeds.kpi_targets order by all")
    with (project_dir() / "seeds" / "people" / "kpi_targets.csv").open(encoding="utf-8", newline="") as file:
        assert len(loaded) == len(list(csv.DictReader(file)))
    after = _profits(home)
    moved = {key for key in before if before[key] != after[key]}
    with_sku = {
        (str(one), str(other))
        for one, other in query(
            home.warehouse,
            f"select distinct shop_key, order_id from marts.fct_order_lines where shop_key = '{shop}' and seller_sku = '{sku}'",
        )
    }
    assert moved and moved <= with_sku
    for key in moved:
        # Nothing but the goods: what the cost rose by is what the profit fell by.
        assert (
            after[key][0] > before[key][0]
            and after[key][1] - before[key][1] == before[key][0] - after[key][0]
        )
    text = current_inputs(home)["sku_costs"].read_text(encoding="utf-8")
    assert f"{shop},{sku},{(2 * cost).normalize():f}" in text
    changes = query(home.warehouse, "select count(*) from seeds.sku_costs")
    assert changes[0][0] == text.count("\n") - 1


def _sold_sku(home: Home) -> tuple[str, str, Decimal]:
    """A SKU of an order whose profit is known, with its only cost."""
    ((sku, shop, cost),) = query(
        home.warehouse,
        """
        select lines.seller_sku, lines.shop_key, max(costs.unit_cost)
        from marts.fct_order_lines as lines
        inner join marts.kpi_order_profit as profits using (shop_key, order_id)
        inner join seeds.sku_costs as costs on lines.shop_key = costs.shop_key and lines.seller_sku = costs.seller_sku
        where profits.contribution_profit is not null and profits.cogs_amount > 0
        group by lines.seller_sku, lines.shop_key
        having count(distinct costs.unit_cost) = 1 and count(distinct lines.order_id) = 1
        order by lines.shop_key, lines.seller_sku
        limit 1
        """,
    )
    return str(sku), str(shop), Decimal(cost)


def _profits(home: Home) -> dict[tuple[str, str], tuple[Any, Any]]:
    rows = query(
        home.warehouse,
        "select shop_key, order_id, cogs_amount, contribution_profit from marts.kpi_order_profit",
    )
    return {(str(shop), str(order)): (cogs, profit) for shop, order, cogs, profit in rows}


def _with_cost(book: Path, target: Path, shop: str, sku: str, cost: Decimal) -> Path:
    """The workbook with the sheet of costs alone, in which a person has changed one of them."""
    rows = CalamineWorkbook.from_path(book).get_sheet_by_name(COSTS).to_python(skip_empty_area=False)
    changed = Workbook(str(target))
    page = changed.add_worksheet(COSTS)
    for number, row in enumerate(rows):
        if str(row[0]).startswith(shop) and row[1] == sku:
            row[2] = float(cost)
        for place, value in enumerate(row):
            if value != "":
                page.write_string(number, place, value if isinstance(value, str) else str(value))
    changed.close()
    return target
