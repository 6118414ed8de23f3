"""Unit costs from an ERP's file: dated, whole or not at all, and no SKU becomes free by a slip."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from home.errors import ConfigError
from home.project import COST_COLUMNS as COLUMNS
from home.project import project_dir, require_cost_columns
from orchestration.build.cost_sheet import (
    COLUMNS_SEED,
    SEED,
    CostSheetRefused,
    UnitCost,
    is_verified,
    merge_costs,
    read_costs,
    seed_rows,
    write_seed,
)

SHOP = "7495000000000000101"
DAY = date(2026, 11, 1)


def cost(sku: str, unit: str, freight: str | None = None, duty: str | None = None) -> UnitCost:
    return UnitCost(
        sku,
        Decimal(unit),
        freight and Decimal(freight),
        duty and Decimal(duty),
        "CNY",  # type: ignore[arg-type]
    )


def known(sku: str, unit: str, since: str = "2026-01-01", until: str = "") -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "") | {
        "shop_key": SHOP,
        "seller_sku": sku,
        "unit_cost": unit,
        "currency": "CNY",
        "valid_from": since,
        "valid_to": until,
    }


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "costs.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_our_own_names(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        'seller_sku,unit_cost,freight_cost,duty_cost,currency\na,12.5,2,,CNY\n\nb,"1,200.05",,0.5,usd\n',
    )
    assert read_costs(path, "plain", None) == [
        UnitCost("a", Decimal("12.5"), Decimal("2"), None, "CNY"),
        UnitCost("b", Decimal("1200.05"), None, Decimal("0.5"), "USD"),
    ]


def test_a_workbook_of_an_erp_with_a_title_above(tmp_path: Path) -> None:
    rows = (
        ["商品成本表"],
        ["商品名称", "库存SKU", "最新采购价", "头程运费"],
        ["口红", "a", 12.5, None],
        ["", None, None, None],
    )
    with xlsxwriter.Workbook(tmp_path / "成本.xlsx") as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    assert read_costs(tmp_path / "成本.xlsx", "mabang", "CNY") == [
        UnitCost("a", Decimal("12.5"), None, None, "CNY")
    ]
    assert not is_verified("mabang")
    assert is_verified("plain")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seller_sku,unit_cost,currency\na,,CNY\n", "row 2: a has no cost"),
        ("seller_sku,unit_cost,currency\na,-1,CNY\n", "row 2: unit_cost is '-1', which is no cost"),
        ("seller_sku,unit_cost,currency\na,n/a,CNY\n", "row 2: unit_cost is 'n/a', which is no cost"),
        ("seller_sku,unit_cost\na,1\n", "row 2: a has no currency"),
        ("seller_sku,unit_cost,currency\na,1,CNY\na,2,CNY\n", "row 3: a has another cost in a row before"),
        ("sku,price\na,1\n", "has no row with the columns seller_sku, unit_cost"),
    ],
)
def test_a_file_with_a_slip_is_refused_as_a_whole(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CostSheetRefused, match=said):
        read_costs(written(tmp_path, text), "plain", None)


def test_an_erp_that_nobody_knows_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no columns of 'sap'"):
        read_costs(written(tmp_path, "a\n"), "sap", None)


def test_a_new_cost_ends_the_old_one_on_its_day() -> None:
    """a is dearer from November on, b costs the same (2 in all three parts), c is new; d is not in the file and stays."""
    rows = [
        known("a", "10"),
        known("b", "2.00"),
        known("d", "4"),
        known("a", "9", "2025-01-01", "2026-01-01"),
    ]
    merged = merge_costs(rows, SHOP, [cost("a", "11", "1"), cost("b", "2"), cost("c", "3.125")], DAY)
    assert (merged.added, merged.changed, merged.unchanged) == (1, 1, 1)
    told = [
        (r["seller_sku"], r["unit_cost"], r["freight_cost"], r["valid_from"], r["valid_to"])
        for r in merged.rows
    ]
    assert told == [
        ("a", "9", "", "2025-01-01", "2026-01-01"),
        ("a", "10", "", "2026-01-01", "2026-11-01"),
        ("a", "11.00", "1.00", "2026-11-01", ""),
        ("b", "2.00", "", "2026-01-01", ""),
        ("c", "3.125", "", "2026-11-01", ""),
        ("d", "4", "", "2026-01-01", ""),
    ]
    again = merge_costs(merged.rows, SHOP, [cost("a", "11", "1"), cost("b", "2"), cost("c", "3.125")], DAY)
    assert (again.rows, again.unchanged) == (merged.rows, 3), "the same file twice changes nothing"


def test_a_shop_s_file_leaves_the_other_shops_alone() -> None:
    other = known("a", "10") | {"shop_key": "7495000000000000202"}
    merged = merge_costs([other], SHOP, [cost("a", "11")], DAY)
    assert [row["valid_to"] for row in merged.rows] == ["", ""]
    assert merged.added == 1


@pytest.mark.parametrize("since", ["2026-11-01", "2026-12-01"])
def test_a_cost_that_begins_later_is_not_overwritten(since: str) -> None:
    with pytest.raises(CostSheetRefused, match=f"a has another cost from {since} on already"):
        merge_costs([known("a", "10", since)], SHOP, [cost("a", "11")], DAY)


def test_the_seed_is_written_as_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "seeds" / "finance").mkdir(parents=True)
    assert seed_rows(tmp_path) == []
    rows = [known("a", "10"), known("ü", "1")]
    write_seed(rows, tmp_path)
    assert seed_rows(tmp_path) == rows


def test_the_project_s_seeds_fit_each_other() -> None:
    with (project_dir() / SEED).open(encoding="utf-8") as file:
        assert tuple(next(csv.reader(file))) == COLUMNS
    with (project_dir() / COLUMNS_SEED).open(encoding="utf-8") as file:
        fields = {row["field"] for row in csv.DictReader(file)}
    assert fields <= {"seller_sku", "unit_cost", "freight_cost", "duty_cost", "currency"}


def test_a_seed_of_before_freight_and_duty_is_named_before_the_build(tmp_path: Path) -> None:
    (tmp_path / "seeds" / "finance").mkdir(parents=True)
    require_cost_columns(tmp_path)
    (tmp_path / SEED).write_text(
        "shop_key,seller_sku,unit_cost,currency,valid_from,valid_to\n", encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=r"sku_costs.csv has no column freight_cost, duty_cost"):
        require_cost_columns(tmp_path)
