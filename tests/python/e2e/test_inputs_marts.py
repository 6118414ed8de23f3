"""Inputs of the home and seeds of git: the same rows are the same numbers, and what an import changes is what changes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from conftest import query
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from home.inputs import store
from home.layout import Home
from home.project import project_dir
from orchestration.build.build import build
from orchestration.inputs.catalog import inputs
from orchestration.inputs.importing import import_workbook
from orchestration.inputs.template import export_inputs

COSTS = "单位成本 Unit costs"


def test_the_same_rows_are_the_same_numbers_whichever_way_they_come(
    published_copy: Home, tmp_path: Path
) -> None:
    """Every seed becomes an input; then one SKU's cost is doubled in the workbook: the profit of its orders alone moves."""
    home = published_copy
    known = inputs(project_dir())
    seeds = {name: _seed(home, name) for name in known}
    before = _profits(home)
    sku, shop, cost = _sold_sku(home)
    # As if somebody had imported every sheet as it is in git.
    with home.lock("test"):
        store(
            home,
            {name: one.seed.read_bytes() for name, one in known.items()},
            {name: len(seeds[name]) for name in known},
            imported_by="test",
            source="git",
        )
    book = tmp_path / "inputs.xlsx"
    export_inputs(home, book)
    changed = _with_cost(book, tmp_path / "changed.xlsx", shop, sku, 2 * cost)
    report = import_workbook(home, changed, imported_by="Lin")
    assert {name: (one.added, one.removed) for name, one in report.changes.items()} == {"sku_costs": (1, 1)}
    build(home, select=f"{' '.join(known)} sku_costs+,+kpi_order_profit").raise_for_errors()
    # dbt has loaded the inputs of the home: the other ones are what git has, row by row.
    for name in known:
        assert (_seed(home, name) == seeds[name]) == (name != "sku_costs"), name
    after = _profits(home)
    moved = {key for key in before if before[key] != after[key]}
    with_sku = {
        (str(one), str(other))
        for one, other in query(
            home.warehouse,
            f"select distinct shop_key, order_id from marts.fct_order_lines where shop_key = '{shop}' and seller_sku = '{sku}'",
        )
    }
    assert moved and moved <= with_sku and {*before} == {*after}
    for key in moved:
        # Nothing but the goods: what the cost rose by is what the profit fell by.
        assert (
            after[key][0] > before[key][0]
            and before[key][1] - after[key][1] == after[key][0] - before[key][0]
        )


def _seed(home: Home, name: str) -> list[tuple[Any, ...]]:
    return query(home.warehouse, f"select * from seeds.{name} order by all")


def _sold_sku(home: Home) -> tuple[str, str, Decimal]:
    """A SKU of orders whose profit is known, with its only cost."""
    ((sku, shop, cost),) = query(
        home.warehouse,
        """
        select lines.seller_sku, lines.shop_key, max(costs.unit_cost)
        from marts.fct_order_lines as lines
        inner join marts.kpi_order_profit as profits using (shop_key, order_id)
        inner join seeds.sku_costs as costs on lines.shop_key = costs.shop_key and lines.seller_sku = costs.seller_sku
        group by lines.seller_sku, lines.shop_key
        having count(distinct costs.unit_cost) = 1 and bool_and(profits.contribution_profit is not null) and bool_or(profits.cogs_amount > 0)
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
    """The sheet of costs alone, in which a person has changed one of them."""
    rows = CalamineWorkbook.from_path(book).get_sheet_by_name(COSTS).to_python(skip_empty_area=False)
    changed = Workbook(str(target))
    page = changed.add_worksheet(COSTS)
    for number, row in enumerate(rows):
        if str(row[0]).startswith(shop) and row[1] == sku:
            row[2] = float(cost)
        for place, value in enumerate(row):
            if value != "":
                page.write_string(number, place, str(value))
    changed.close()
    return target
