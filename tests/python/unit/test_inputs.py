"""Inputs as a workbook: what it offers, what import refuses and where, versions, and what the build loads."""

from __future__ import annotations

import hashlib
import re
import shutil
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sheets_helpers import Rows, edited, read_book, write_book

from home.audit_log import entries
from home.errors import ConfigError
from home.inputs import (
    NoSuchVersion,
    current_inputs,
    current_version,
    damage,
    seed_file,
    take_inputs,
    versions,
)
from home.layout import Home
from home.project import cost_currencies, project_dir
from home.records import RecordDamaged
from ingestion.engine.regions import time_zone_of
from orchestration.build.rules import rules_of
from orchestration.build.seeds import InputMismatch, inputs_of_build, prepare_inputs
from orchestration.cli import main
from orchestration.inputs.catalog import inputs
from orchestration.inputs.check import from_seed, written
from orchestration.inputs.importing import ImportReport, import_workbook, restore_version
from orchestration.inputs.reading import LISTS, READ_ME
from orchestration.inputs.template import export_inputs
from orchestration.inputs.values import Unreadable, as_date, as_decimal, as_text, as_time, as_yes_no

TH, VN = "7495000000000000101", "7495000000000000202"
COSTS, TARGETS, PEOPLE = "单位成本 Unit costs", "目标 Targets", "人员分工 Assignments"
ROSTER, OWNERS, THRESHOLDS = "主播排班 Host roster", "告警负责人 Alert owners", "告警阈值 Thresholds"
ACCOUNTS, SHOP_TARGETS = "会计科目 Accounts", "店铺目标 Shop targets"
SHOPS, CODES, SALES = "店铺设置 Shops", "达人优惠码订单 Code orders", "大促日历 Sale days"
FIRST = 4
"""Row of the first cell below the header, as a spreadsheet shows it."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose published file knows two shops of the sandbox, three SKUs of the first, and one order."""
    home = Home(tmp_path / "home")
    monkeypatch.setenv("TTKPI_HOME", str(home.root))
    home.make()
    home.published.parent.mkdir(parents=True)
    with duckdb.connect() as file:
        # DuckDB names a catalog after its file: as `marts`, the schema `marts` would be ambiguous.
        file.execute(f"attach '{home.published}' as published")
        file.execute("create schema published.marts")
        for table, sql in {
            "dim_shops": f"select * from (values ('{TH}', 'Aurora Thailand'), ('{VN}', 'Aurora Vietnam')) t(shop_key, shop_name)",
            "dim_skus": f"select '{TH}' as shop_key, sku as seller_sku, 'Red' as sku_name from (values ('AU-TH-01-1'), ('AU-TH-01-2'), ('NEW-1')) t(sku)",
            "fct_live_sessions": f"select '{TH}' as shop_key, 'aurora.th' as account_username, true as is_own_account",
            "dim_ad_campaigns": "select '7400' as advertiser_id, '17001' as campaign_id, 'Search' as campaign_name, 'Ads' as advertiser_name",
            "fct_orders": f"select '{TH}' as shop_key, '5760001' as order_id",
        }.items():
            file.execute(f"create table published.marts.{table} as {sql}")
    return home


@pytest.fixture
def book(home: Home, tmp_path: Path) -> Path:
    export_inputs(home, tmp_path / "inputs.xlsx")
    return tmp_path / "inputs.xlsx"


def take(home: Home, book: Path, change: Callable[[dict[str, Rows]], None], **options: Any) -> ImportReport:
    """Import the workbook as a person has changed it."""
    return import_workbook(home, edited(book, book.with_name("changed.xlsx"), change), **options)


def column(rows: Rows, name: str) -> int:
    return next(place for place, cell in enumerate(rows[FIRST - 2]) if str(cell).endswith(f"\n{name}"))


def set_cell(sheet: str, row: int, name: str, value: Any) -> Callable[[dict[str, Rows]], None]:
    """A change of one cell; the row as the spreadsheet shows it."""

    def change(sheets: dict[str, Rows]) -> None:
        sheets[sheet][row - 1][column(sheets[sheet], name)] = value

    return change


def append(sheet: str, **cells: Any) -> Callable[[dict[str, Rows]], None]:
    """A row at the end."""

    def change(sheets: dict[str, Rows]) -> None:
        rows = sheets[sheet]
        line: list[Any] = [""] * len(rows[FIRST - 2])
        for name, value in cells.items():
            line[column(rows, name)] = value
        rows.append(line)

    return change


def number_of(book: Path, sheet: str, *cells: str) -> int:
    """Row of the sheet that holds these texts, as the spreadsheet shows it."""
    rows = read_book(book)[sheet]
    return next(number for number, row in enumerate(rows, start=1) if {*cells} <= {str(cell) for cell in row})


def test_the_workbook_explains_itself_and_offers_the_shops_own_things(home: Home, book: Path) -> None:
    """Both languages, what holds now without the examples of foreign shops, and SKUs that wait for a cost."""
    sheets = read_book(book)
    assert [*sheets][:3] == [READ_ME, LISTS, COSTS] and len(sheets) == 16
    costs = sheets[COSTS]
    assert "单位成本" in costs[0][0] and "What a unit" in costs[1][0]
    assert costs[2] == [
        "店铺\nShop\nshop_key", "商家 SKU\nSeller SKU\nseller_sku", "单位成本\nUnit cost\nunit_cost", "币种\nCurrency\ncurrency",
        "生效日（含）\nFrom (included)\nvalid_from", "失效日（不含）\nUntil (not included)\nvalid_to",
        "单件头程运费\nFreight of a unit\nfreight_cost", "单件关税\nDuty of a unit\nduty_cost",
    ]  # fmt: skip
    assert costs[3][:5] == [f"{TH} · Aurora Thailand", "AU-TH-01-1", 11.66, "CNY", date(2023, 1, 1)]
    # Of the shops that this home does not have the seed's rows are examples.
    assert {row[0][:19] for row in costs[3:]} == {TH, VN}
    waiting = [row for row in costs[3:] if row[2] == ""]
    assert waiting == [[f"{TH} · Aurora Thailand", "NEW-1", "", "", "", "", "", ""]]
    assert [row[0] for row in sheets[SHOPS][3:]] == [f"{TH} · Aurora Thailand", f"{VN} · Aurora Vietnam"]
    with zipfile.ZipFile(book) as parts:
        text = parts.read("xl/worksheets/sheet3.xml").decode()
        front = parts.read("xl/workbook.xml").decode()
    rules = re.findall(r"<dataValidation (.*?)</dataValidation>", text)
    assert len(rules) == 8 and f"'{LISTS}'!$A$1:$A$2" in rules[0] and 'type="list"' in rules[0]
    assert 'type="decimal"' in rules[2] and 'type="date"' in rules[4] and "empty: still" in rules[5]
    assert f'name="{LISTS}"' in front and 'state="hidden"' in front


def test_a_workbook_that_nobody_changed_changes_nothing(home: Home, book: Path) -> None:
    report = import_workbook(home, book)
    assert not report.problems and not report.changes and report.version is None
    assert report.not_filled == {"sku_costs": 1, "shop_settings": 2}
    assert current_version(home) is None and versions(home) == []


def test_a_change_is_a_version_of_its_own(home: Home, book: Path) -> None:
    """Who, when, from which file; the sheets that did not change stay seeds; the one before is kept."""
    row = number_of(book, COSTS, "NEW-1")

    def fill(sheets: dict[str, Rows]) -> None:
        sheets[COSTS][row - 1][2:5] = [12.5, "CNY", date(2026, 11, 1)]

    first = take(home, book, fill, imported_by="Lin")
    assert {name: (one.added, one.removed) for name, one in first.changes.items()} == {"sku_costs": (1, 0)}
    assert (
        first.version is not None
        and first.version.imported_by == "Lin"
        and first.version.source == "changed.xlsx"
    )
    text = current_inputs(home)["sku_costs"].read_text(encoding="utf-8")
    assert text.startswith(
        "shop_key,seller_sku,unit_cost,currency,valid_from,valid_to,freight_cost,duty_cost\n"
    )
    assert f"{TH},AU-TH-01-1,11.66,CNY,2023-01-01,2026-09-15,,\n" in text
    assert text.endswith(f"{TH},NEW-1,12.5,CNY,2026-11-01,,,\n")
    entry = entries(home)[-1]
    assert (entry["event"], entry["subject"], entry["details"]["by"]) == (
        "import_inputs",
        first.version.name,
        "Lin",
    )
    assert entry["details"]["inputs"]["sku_costs"]["rows"] == text.count("\n") - 1
    assert (
        home.root / "inputs" / "versions" / first.version.name / "source.xlsx"
    ).stat().st_mode & 0o777 == 0o600

    again = import_workbook(home, book.with_name("changed.xlsx"))
    assert not again.changes and len(versions(home)) == 1
    # Only one sheet: the other input of the home stays.
    export_inputs(home, book)
    only = edited(
        book,
        book.with_name("one.xlsx"),
        lambda sheets: [sheets.pop(name) for name in [*sheets] if name != SALES] and None,
    )
    second = import_workbook(
        home, edited(only, only, append(SALES, region="TH", sale_date="2026/12/12", sale_name="12.12 again"))
    )
    assert [one.code for one in second.problems] == ["double"]
    second = import_workbook(
        home, edited(only, only, set_cell(SALES, len(read_book(only)[SALES]), "sale_date", "2026年12月13日"))
    )
    assert second.version is not None and {*current_inputs(home)} == {"sku_costs", "sale_days"}
    assert [one.name for one in versions(home)] == [first.version.name, second.version.name]
    assert "2026-12-13" in current_inputs(home)["sale_days"].read_text()


WRONG: list[tuple[str, Callable[[dict[str, Rows]], None], str, str, int, str, str]] = [
    ("text for a cost", set_cell(COSTS, 4, "unit_cost", "twelve"), "no_number", COSTS, 4, "单位成本 Unit cost", "“twelve”不是数字"),
    ("negative cost", set_cell(COSTS, 4, "unit_cost", -1), "too_small", COSTS, 4, "单位成本 Unit cost", "-1 小于 0"),
    ("no cost", set_cell(COSTS, 4, "unit_cost", ""), "needed", COSTS, 4, "单位成本 Unit cost", "必须填写"),
    ("unknown currency", set_cell(COSTS, 4, "currency", "RMB"), "no_choice", COSTS, 4, "币种 Currency", "“RMB”不可用"),
    ("unknown SKU", append(COSTS, shop_key=TH, seller_sku="AU-TH-O1-1", unit_cost=1, currency="CNY", valid_from="2026-01-01"), "unknown_sku", COSTS, 0, "商家 SKU Seller SKU", "没有 SKU“AU-TH-O1-1”"),
    ("unknown shop", append(COSTS, shop_key="7495000000000000999", seller_sku="NEW-1", unit_cost=1, currency="CNY", valid_from="2026-01-01"), "unknown_shop", COSTS, 0, "店铺 Shop", "没有店铺“7495000000000000999”"),
    ("digits lost", append(COSTS, shop_key=7495000000000000101, seller_sku="NEW-1", unit_cost=1, currency="CNY", valid_from="2026-01-01"), "digits_lost", COSTS, 0, "店铺 Shop", "末尾数字已丢失"),
    ("day or month", set_cell(COSTS, 4, "valid_from", "3/4/2026"), "no_date", COSTS, 4, "生效日（含） From (included)", "“3/4/2026”不是日期"),
    ("ends before", set_cell(COSTS, 4, "valid_to", date(2022, 12, 31)), "ends_before_it_begins", COSTS, 4, "失效日（不含） Until (not included)", "2022-12-31"),
    ("overlap", set_cell(COSTS, 5, "valid_from", date(2026, 9, 14)), "overlap", COSTS, 5, "生效日（含） From (included)", "与第 4 行的日期重叠"),
    ("role", set_cell(TARGETS, 4, "role", "boss"), "no_choice", TARGETS, 4, "岗位 Role", "“boss”不可用"),
    ("KPI of another role", set_cell(TARGETS, 4, "kpi_name", "roas"), "no_choice", TARGETS, 4, "指标 KPI", "“roas”不可用"),
    ("within a month", set_cell(TARGETS, 4, "valid_from", date(2025, 1, 15)), "not_first_of_month", TARGETS, 4, "生效月（1 日） From (first of a month)", "2025-01-15"),
    ("weights", set_cell(TARGETS, 4, "weight", 0.5), "weights", TARGETS, 0, "权重 Weight", "权重合计为 0.9"),
    ("weight over 1", set_cell(TARGETS, 4, "weight", "160%"), "too_large", TARGETS, 4, "权重 Weight", "1.6 大于 1"),
    ("unknown person", set_cell(TARGETS, 7, "person_name", "Nobody"), "unknown_person", TARGETS, 7, "人员 Person", "“Nobody”不在人员分工表中"),
    ("account of operations", set_cell(PEOPLE, 4, "scope_type", "account"), "scope_of_role", PEOPLE, 4, "负责范围 Scope", "account 只用于 host"),
    ("host without roster", append(PEOPLE, person_name="Zoe", role="host", shop_key=TH, scope_type="shop", valid_from="2026-01-01"), "unknown_host", PEOPLE, 0, "人员 Person", "“Zoe”不在该店铺的主播排班表中"),
    ("weekday 8", set_cell(ROSTER, 4, "weekday", 8), "too_large", ROSTER, 4, "星期（1–7） Weekday (1 Monday)", "8 大于 7"),
    ("time", set_cell(ROSTER, 4, "end_time", "26:00"), "no_time", ROSTER, 4, "结束 End", "“26:00”不是时间"),
    ("unknown account", set_cell(ROSTER, 4, "account_username", "aurora.zz"), "unknown_account", ROSTER, 4, "直播账号 LIVE account", "没有直播账号“aurora.zz”"),
    ("owner of all", set_cell(OWNERS, 4, "alert_kind", "stock_outs"), "no_owner_of_all", OWNERS, 0, "", "必须有一行店铺和类型都留空"),
    ("two owners", append(OWNERS, alert_kind="stock_out", owner="me"), "double", OWNERS, 0, "告警类型 Kind of alert", "与第 9 行重复"),
    ("half of a limit", set_cell(THRESHOLDS, 4, "warning_limit", 0.1), "limits_not_whole", THRESHOLDS, 4, "预警上限 Warning limit", "须同时填写"),
    ("critical below warning", set_cell(THRESHOLDS, 4, "critical_score", 1), "critical_below_warning", THRESHOLDS, 4, "严重分 Critical score", "严重值不能小于预警值"),
    ("unknown order", append(CODES, shop_key="Aurora Thailand", order_id="5760002", creator_username="may", code_type="utm", code="x"), "unknown_order", CODES, 4, "订单号 Order", "没有订单“5760002”"),
    ("posting of nothing", set_cell(ACCOUNTS, 4, "posting", "recievable"), "no_posting", ACCOUNTS, 4, "过账项 Posting", "没有过账项“recievable”"),
    ("target of a shop within a month", append(SHOP_TARGETS, shop_key="Aurora Thailand", kpi_name="gmv_rc", target=1, valid_from="2026-11-05"), "not_first_of_month", SHOP_TARGETS, 0, "生效月（1 日） From (first of a month)", "2026-11-05"),
    ("target of nothing", append(SHOP_TARGETS, shop_key="Aurora Thailand", kpi_name="gmv", target=1, valid_from="2026-11-01"), "no_choice", SHOP_TARGETS, 0, "指标 KPI", "“gmv”不可用"),
    ("target of 0", append(SHOP_TARGETS, shop_key="Aurora Thailand", kpi_name="paid_orders", target=0, valid_from="2026-11-01"), "not_above", SHOP_TARGETS, 0, "月目标 Target of a month", "必须大于 0"),
    ("no zone", set_cell(SHOPS, 4, "time_zone", "Bangkok"), "no_zone", SHOPS, 4, "时区 Time zone", "“Bangkok”不是时区"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code", "sheet", "row", "label", "chinese"),
    [one[1:] for one in WRONG],
    ids=[one[0] for one in WRONG],
)
def test_a_wrong_cell_stops_the_import_and_is_told_by_its_place(
    home: Home,
    book: Path,
    change: Callable[[dict[str, Rows]], None],
    code: str,
    sheet: str,
    row: int,
    label: str,
    chinese: str,
) -> None:
    report = take(home, book, change)
    found = [one for one in report.problems if one.code == code]
    assert found, [one.text() for one in report.problems]
    one = found[0]
    assert (one.sheet, one.column) == (sheet, label) and (not row or one.row == row)
    assert chinese in one.text("zh") and one.text("en").isascii() is False and " · " in one.text()
    assert report.version is None and current_version(home) is None


def test_every_wrong_cell_is_told_and_nothing_is_taken(
    home: Home, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One good sheet beside a bad one is not imported either."""

    def change(sheets: dict[str, Rows]) -> None:
        set_cell(COSTS, 4, "unit_cost", "a")(sheets)
        set_cell(COSTS, 5, "currency", "b")(sheets)
        set_cell(OWNERS, 4, "owner", "all of us")(sheets)

    path = edited(book, book.with_name("changed.xlsx"), change)
    assert main(["inputs", "import", str(path)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"{COSTS}, 第 4 行 row 4, 单位成本 Unit cost: “a”不是数字 · 'a' is no number"
    assert said[1].startswith(f"{COSTS}, 第 5 行 row 5, 币种 Currency: “b”不可用")
    assert said[2] == "2 things to correct; nothing was imported. 共 2 处需要修改，未导入任何内容。"
    assert current_inputs(home) == {} and entries(home) == []


def test_what_nobody_knows_yet_can_be_taken_on_purpose(home: Home, book: Path) -> None:
    change = append(
        COSTS,
        shop_key=TH,
        seller_sku="LISTED-TOMORROW",
        unit_cost="1,200.50",
        currency="CNY",
        valid_from="2026-12-01",
    )
    assert [one.code for one in take(home, book, change).problems] == ["unknown_sku"]
    report = take(home, book, change, accept_unknown=True)
    assert [one.code for one in report.notes] == ["unknown_sku"] and report.version is not None
    # What stands there is not asked again.
    export_inputs(home, book)
    assert not import_workbook(home, book).problems
    assert "LISTED-TOMORROW,1200.5,CNY" in current_inputs(home)["sku_costs"].read_text()


def test_files_that_are_no_such_workbook_are_refused(home: Home, book: Path, tmp_path: Path) -> None:
    for name, content, said in (
        ("empty.xlsx", b"", "空文件"),
        ("costs.csv", b"shop_key,seller_sku\n", "不是 xlsx 文件"),
        ("torn.xlsx", book.read_bytes()[:3000], "damaged_file"),
    ):
        (tmp_path / name).write_bytes(content)
        (problem,) = import_workbook(home, tmp_path / name).problems
        assert problem.code == "no_workbook" and said in problem.text(), name
    with pytest.raises(ConfigError, match="There is no file"):
        import_workbook(home, tmp_path / "gone.xlsx")

    def renamed(sheets: dict[str, Rows]) -> None:
        sheets["My costs"] = sheets.pop(COSTS)

    assert [one.code for one in take(home, book, renamed).problems] == ["unknown_sheet"]

    def twice(sheets: dict[str, Rows]) -> None:
        sheets["sku_costs"] = sheets[COSTS]

    assert [one.code for one in take(home, book, twice).problems] == ["double_sheet"]

    def without(sheets: dict[str, Rows]) -> None:
        for row in sheets[COSTS]:
            del row[3:4]

    assert {one.code for one in take(home, book, without).problems} >= {"missing_column"}
    (problem,) = import_workbook(home, write_book(tmp_path / "blank.xlsx", {COSTS: [["hello"]]})).problems
    assert problem.code == "no_header"


def test_a_version_comes_back_and_so_do_the_seeds(home: Home, book: Path) -> None:
    first = take(home, book, set_cell(COSTS, 4, "unit_cost", 13)).version
    assert first is not None
    take(home, book, set_cell(OWNERS, 4, "owner", "us"))
    assert {*current_inputs(home)} == {"sku_costs", "alert_owners"}
    back = restore_version(home, first.name, restored_by="Lin")
    assert {*current_inputs(home)} == {"sku_costs"} and back.source == f"version {first.name}"
    assert "AU-TH-01-1,13,CNY" in current_inputs(home)["sku_costs"].read_text()
    restore_version(home, "seeds")
    assert current_inputs(home) == {} and len(versions(home)) == 4
    with pytest.raises(NoSuchVersion):
        restore_version(home, "20200101T000000Z")
    assert main(["inputs", "history"]) == 0


def test_inputs_that_somebody_changed_by_hand_stop_whoever_reads_them(home: Home, book: Path) -> None:
    take(home, book, set_cell(COSTS, 4, "unit_cost", 13))
    path = current_inputs(home)["sku_costs"]
    path.write_text(path.read_text().replace(",13,", ",14,"))
    for read in (
        lambda: current_inputs(home),
        lambda: prepare_inputs(home, project_dir()),
        lambda: import_workbook(home, book),
    ):
        with pytest.raises(RecordDamaged, match=r"sku_costs\.csv is missing or was changed"):
            read()


def test_verify_knows_versions_that_are_not_as_they_were_imported(home: Home, book: Path) -> None:
    """Also where somebody has put the record right as well: the audit log has the hash."""
    assert damage(home) == ([], 0)
    version = take(home, book, set_cell(COSTS, 4, "unit_cost", 13)).version
    assert version is not None and damage(home) == ([], 1)
    path = current_inputs(home)["sku_costs"]
    before = path.read_bytes()
    path.write_bytes(before.replace(b",13,", b",14,"))
    assert damage(home)[0] == [f"{path} is missing or was changed."]
    record = path.with_name("version.json")
    record.write_text(
        record.read_text().replace(
            hashlib.sha256(before).hexdigest(), hashlib.sha256(path.read_bytes()).hexdigest()
        )
    )
    assert damage(home)[0] == [f"{path} is not what the audit log says was imported."]
    shutil.rmtree(path.parent)
    assert damage(home) == ([f"{path.parent} is missing."], 0)


def test_a_build_loads_inputs_in_the_columns_of_the_release(home: Home, book: Path, tmp_path: Path) -> None:
    """A column that came with a release is empty, one that went is left out, and a build after `restore seeds` reads seeds."""
    take(home, book, set_cell(COSTS, 4, "unit_cost", 13))
    project = tmp_path / "project"
    (project / "seeds" / "finance").mkdir(parents=True)
    seed = project / "seeds" / "finance" / "sku_costs.csv"
    seed.write_text("seller_sku,shop_key,duty,unit_cost,valid_from,valid_to\n")
    prepare_inputs(home, project)
    lines = inputs_of_build(home.root)["sku_costs"].read_text().splitlines()
    assert lines[:2] == [
        "seller_sku,shop_key,duty,unit_cost,valid_from,valid_to",
        f"AU-TH-01-1,{TH},,13,2023-01-01,2026-09-15",
    ]
    seed.write_text("other,columns\n")
    with pytest.raises(InputMismatch):
        prepare_inputs(home, project)
    restore_version(home, "seeds")
    prepare_inputs(home, project)
    assert inputs_of_build(home.root) == {}


def test_the_rule_of_a_seed_is_the_input_of_the_home(home: Home, book: Path) -> None:
    """Otherwise an import would leave what is made of it as it was built."""
    node = {
        "resource_type": "seed",
        "name": "sku_costs",
        "checksum": {"name": "sha256", "checksum": "a" * 64},
        "original_file_path": "seeds/finance/sku_costs.csv",
    }
    manifest = {
        "nodes": {"seed.p.sku_costs": node},
        "macros": {},
        "sources": {},
        "metadata": {"project_name": "p"},
    }

    def body() -> str:
        return str(rules_of(manifest, project_dir(), home.root)["seed.p.sku_costs"]["body"])

    assert body() == "a" * 16
    take(home, book, set_cell(COSTS, 4, "unit_cost", 13))
    prepare_inputs(home, project_dir())
    first = body()
    take(home, book, set_cell(COSTS, 4, "unit_cost", 14))
    prepare_inputs(home, project_dir())
    assert len({"a" * 16, first, body()}) == 3


def test_what_python_reads_of_seeds_follows_the_inputs(home: Home, book: Path) -> None:
    """Rates of the currency in which goods are paid, and the days of a shop in another time zone."""
    assert cost_currencies(home=home) == {"CNY"} and time_zone_of("TH", TH) == "Asia/Bangkok"

    def change(sheets: dict[str, Rows]) -> None:
        set_cell(COSTS, 4, "currency", "USD")(sheets)
        set_cell(SHOPS, 4, "time_zone", "Asia/Tokyo")(sheets)

    assert not take(home, book, change).problems
    assert cost_currencies(home=home) == {"CNY", "USD"} and cost_currencies() == {"CNY"}
    assert time_zone_of("TH", TH) == "Asia/Tokyo" and time_zone_of("VN", VN) == "Asia/Ho_Chi_Minh"
    assert (
        seed_file(home, project_dir(), "finance", "fee_types")
        == project_dir() / "seeds/finance/fee_types.csv"
    )


def test_costs_of_an_erp_go_where_the_costs_are(
    home: Home, book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Written into the seed, they would never be read: the input of the home goes before it."""
    # Without a version the command would write into the seed of the project itself.
    assert take(home, book, set_cell(COSTS, 4, "unit_cost", 13)).version
    erp = tmp_path / "erp.csv"
    erp.write_text("seller_sku,unit_cost,currency\nAU-TH-01-2,12.5,CNY\n", encoding="utf-8")
    seed = project_dir() / "seeds" / "finance" / "sku_costs.csv"
    before = seed.read_bytes()
    assert main(["costs", str(erp), "--shop", TH, "--from", "2026-11-01"]) == 0
    assert "version" in capsys.readouterr().out and seed.read_bytes() == before
    text = current_inputs(home)["sku_costs"].read_text()
    assert f"{TH},AU-TH-01-2,11.66,CNY,2023-01-01,2026-11-01" in text and f"{TH},AU-TH-01-2,12.5" in text
    assert f"{TH},AU-TH-01-1,13,CNY" in text and damage(home) == ([], 2)


def test_another_home_gets_the_inputs_that_hold(home: Home, book: Path, tmp_path: Path) -> None:
    """A rebuild of an instant counts with the inputs of now."""
    other = Home(tmp_path / "other")
    take_inputs(home, other)
    assert current_inputs(other) == {}
    take(home, book, set_cell(COSTS, 4, "unit_cost", 13))
    take_inputs(home, other)
    assert current_inputs(other)["sku_costs"].read_bytes() == current_inputs(home)["sku_costs"].read_bytes()


def test_seeds_pass_their_own_check() -> None:
    """Every column of an input has names in both languages, and every cell of its seed is of its type."""
    known = inputs(project_dir())
    assert {*known} >= {
        "sku_costs",
        "kpi_targets",
        "team_assignments",
        "live_host_shifts",
        "alert_thresholds",
        "alert_owners",
    }
    for one in known.values():
        assert (
            re.search(r"[\u4e00-\u9fff]", one.zh)
            and one.en.isascii()
            and {*one.key} <= {column.name for column in one.columns}
        )
        assert len(one.sheet) <= 31
        for found in one.columns:
            assert re.search(r"[\u4e00-\u9fff]", found.zh + found.zh.replace("KPI", "指标")), (
                one.name,
                found.name,
            )
            assert isinstance(from_seed(found, ""), type(None))


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (as_decimal, 12.59, Decimal("12.59")),
        (as_decimal, "8%", Decimal("0.08")),
        (as_decimal, "1,234.5", Decimal("1234.5")),
        (as_decimal, "1,23", None),
        (as_decimal, "12.5 CNY", None),
        (as_decimal, True, None),
        (as_date, "2026-10-31T00:00:00", date(2026, 10, 31)),
        (as_date, "2026-02-30", None),
        (as_date, "2026-10-31T08:00:00", None),
        (as_time, 0.75, "18:00"),
        (as_time, "1899-12-31T09:30:00", "09:30"),
        (as_time, "9:30", "09:30"),
        (as_text, 17001.0, "17001"),
        (as_text, 7.495e18, None),
        (as_text, "7.495E+18", None),
        (as_yes_no, "是", True),
        (as_yes_no, False, False),
        (as_yes_no, "maybe", None),
    ],
)
def test_cells_become_values_or_are_refused(read: Callable[[Any], Any], cell: Any, value: Any) -> None:
    if value is None:
        with pytest.raises(Unreadable):
            read(cell)
    else:
        assert read(cell) == value


def test_values_are_written_as_seeds_write_them() -> None:
    assert [written(one) for one in (Decimal("59.70"), Decimal("0E+2"), True, date(2026, 1, 2), None, 3)] == [
        "59.7",
        "0",
        "true",
        "2026-01-02",
        "",
        "3",
    ]
