"""The glossary as a table: every column of every kpi_ mart, in both languages, as the descriptions say it.

After a definition was added or worded better: `make generated`. After it came to mean something else, its doc block
first gets `- **Version**: 2 since 2027-01-01: what changed`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_helpers import dbt
from templates import with_parse

from home.layout import Home
from orchestration.build.glossary import SEED, as_csv, definitions
from orchestration.publish.comments import descriptions

ROOT = Path(__file__).parents[3]
SNAPSHOT = Path(__file__).parent / "snapshots" / "definitions.txt"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def home(parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = with_parse(parsed, Home(tmp_path_factory.mktemp("glossary"))).root
    dbt(home, "build", "--select", "+kpi_glossary", "+dim_columns")
    return home


@pytest.fixture(scope="module")
def manifest(home: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((home / "dbt" / "target" / "manifest.json").read_text())
    return content


@pytest.fixture(scope="module")
def entries(home: Path) -> dict[tuple[str, str], dict[str, Any]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute("select * from marts.kpi_glossary")
        names = [column[0] for column in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {(row["model_name"], row["column_name"]): row for row in rows}


def test_every_column_of_every_kpi_mart_is_in_it(
    manifest: dict[str, Any], entries: dict[tuple[str, str], dict[str, Any]]
) -> None:
    columns = {
        (node["name"], column)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["name"].startswith("kpi_")
        for column in node["columns"]
    }
    assert len(columns) > 500
    assert entries.keys() == columns


def test_the_snapshot_of_definitions_is_that_of_the_descriptions(manifest: dict[str, Any]) -> None:
    """A description that was changed and not written into the seed: the published glossary would say the old one."""
    text = as_csv(definitions(manifest, date(2026, 11, 23).isoformat()))
    if os.environ.get("UPDATE_SNAPSHOTS"):
        (ROOT / SEED).write_text(text, encoding="utf-8")
    assert text == (ROOT / SEED).read_text(encoding="utf-8"), "`make generated` writes the seed anew"


def test_facts_dimensions_and_monitoring_have_names_too(home: Path, manifest: dict[str, Any]) -> None:
    """`dim_columns` has each column of each published table, without those that only the build needs."""
    columns = {
        (node["name"], column)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
        for column in node["columns"]
        if not column.startswith("_")
    }
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select model_name, column_name, label_zh from marts.dim_columns"
        ).fetchall()
    assert {row[:2] for row in rows} == columns
    assert {name.split("_")[0] for name, _ in columns} == {"dim", "fct", "kpi", "ops"}
    assert not [row for row in rows if not CHINESE.search(row[2] or "")]


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("kpi_shop_daily", "gmv", "[shop currency 店铺币种; summed within one currency 同币种可加总]"),
        ("kpi_shop_daily", "gmv_rc", "[reporting currency 报告币种; may be summed 可加总]"),
        ("kpi_shop_daily", "buyers", "[count 数量; never summed 不可加总]"),
        ("kpi_shop_daily", "refund_rate", "[fraction 比例; never summed 不可加总]"),
        ("kpi_stock_health", "sellable_units", "[count 数量; summed within one day 仅同日可加总]"),
        ("stock", "units_sold_7d", "[count 数量; summed within one day 仅同日可加总]"),
        ("stock", "moq_units", "[count 数量; never summed 不可加总]"),
        ("shop_days", "net_gmv_expected_low", "[shop currency 店铺币种; never summed 不可加总]"),
        ("live_sessions", "gmv_per_hour_median", "[shop currency 店铺币种; never summed 不可加总]"),
        ("live_sessions", "avg_view_seconds", "[seconds 秒; never summed 不可加总]"),
        ("due_now", "hours_left", "[hours 小时; never summed 不可加总]"),
        (
            "campaign_days",
            "spend",
            "[account currency 广告账户币种; summed within one currency 同币种可加总]",
        ),
        ("payouts", "exchange_rate", "[exchange rate 汇率; never summed 不可加总]"),
        ("fct_order_lines", "sale_amount", "[shop currency 店铺币种]"),
    ],
)
def test_a_comment_says_unit_and_what_may_be_summed(home: Path, table: str, column: str, words: str) -> None:
    """A tool that shows the comment keeps people from adding two currencies, two days of stock, or two rates."""
    assert descriptions(Home(home))[table].columns[column].endswith(words)


def test_every_amount_and_count_of_a_view_says_what_may_be_summed(
    home: Path, manifest: dict[str, Any]
) -> None:
    silent = [
        f"{table}.{column}"
        for table, description in descriptions(Home(home)).items()
        if table in {node["alias"] for node in manifest["nodes"].values() if node["schema"] == "views"}
        and "kpi_name" not in description.columns
        for column, text in description.columns.items()
        if re.search(rf"\[([a-z]+ currency|count|hours|minutes|fraction|ratio) {CHINESE.pattern}+\]$", text)
    ]
    assert not silent


def test_every_column_has_a_name_in_chinese(entries: dict[tuple[str, str], dict[str, Any]]) -> None:
    """A description without one ends its first line with ` · ` and the name."""
    silent = [key for key, row in entries.items() if not CHINESE.search(row["label_zh"] or "")]
    assert not silent, "end the first line of their description, or of its doc block, with ` · ` and the name"


def test_every_published_column_has_a_name_in_chinese(manifest: dict[str, Any]) -> None:
    """Facts, dimensions and views, too: the comment of each column in the published file is its description."""
    silent = [
        f"{node['name']}.{column}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in ("marts", "views")
        for column, about in node["columns"].items()
        if not CHINESE.search(about["description"])
    ]
    assert not silent, "end the first line of their description, or of its doc block, with ` · ` and the name"


def test_every_comment_has_a_name_in_chinese(home: Path) -> None:
    """What a BI tool shows is the first paragraph of a description: the 中文 further down is not in it."""
    silent = [
        f"{table}.{column}"
        for table, description in descriptions(Home(home)).items()
        for column, text in {"": description.text, **description.columns}.items()
        if not CHINESE.search(text.split(" [")[0])
    ]
    assert not silent


def test_every_mart_says_its_clock_and_owner(entries: dict[tuple[str, str], dict[str, Any]]) -> None:
    """`meta: {owner: ..., clock: ...}`: numbers without a clock are compared over midnights that are not the same."""
    silent = {key[0] for key, row in entries.items() if not row["clock"] or not row["owner"]}
    assert not silent, "`clock` and `owner` are in `config.meta` of a mart's YAML"


def test_a_figure_in_a_currency_says_which(entries: dict[tuple[str, str], dict[str, Any]]) -> None:
    wrong = [
        key
        for key, row in entries.items()
        if ("_rc" in key[1]) != (row["unit"] == "reporting currency")
        and row["data_type"].startswith("decimal(18, 4)")
    ]
    assert not wrong


def test_what_a_doc_block_says(entries: dict[tuple[str, str], dict[str, Any]]) -> None:
    gmv = entries["kpi_shop_daily", "gmv"]
    assert (gmv["label"], gmv["label_zh"], gmv["unit"], gmv["clock"]) == (
        "GMV",
        "成交额（含退款）",
        "shop currency",
        "business_date",
    )
    assert gmv["formula"] == "sum of `sale_amount` over paid sale lines"
    assert gmv["definition"].startswith("What buyers paid for merchandise") and "·" not in gmv["definition"]
    assert gmv["definition_zh"].startswith("已付款销售行的商品实付金额之和")
    assert "net_gmv" in gmv["not_the_same_as"]
    assert (gmv["definition_version"], gmv["owner"], gmv["domain"]) == (1, "sales analytics", "sales")
    assert gmv["defined_since"] == date(2026, 11, 23)


def test_an_amount_in_reporting_currency_says_so(entries: dict[tuple[str, str], dict[str, Any]]) -> None:
    amount = entries["kpi_shop_daily", "gmv_rc"]
    assert (amount["label"], amount["label_zh"]) == (
        "GMV in reporting currency",
        "成交额（含退款）（报告币种）",
    )
    assert amount["unit"] == "reporting currency"
    assert amount["definition"].endswith("NULL when the rate is unknown, never converted at 1.")
    # its description has only what it is in, its name is that of the amount beside it
    assert entries["kpi_settlement_bridge", "reserve_amount_rc"]["label_zh"] == "预留金（报告币种）"


def test_a_heading_in_both_languages_is_a_name(entries: dict[tuple[str, str], dict[str, Any]]) -> None:
    rate = entries["kpi_settlement_bridge", "take_rate"]
    assert (rate["label_zh"], rate["unit"], rate["clock"]) == ("平台抽成率", "fraction", "UTC")
    assert rate["formula"] == "`(platform fees + affiliate commission + ads commission) / revenue_amount`"
    assert not CHINESE.search(rate["definition"])


def test_definitions_do_not_change_unseen(manifest: dict[str, Any]) -> None:
    lines = []
    for doc in sorted(manifest["docs"].values(), key=lambda doc: str(doc["name"])):
        if doc["package_name"] != "tiktok_shop_kpi" or doc["name"].startswith("__"):
            continue
        text = " ".join(doc["block_contents"].split())
        version = re.search(r"\*\*Version\*\*: (\d+) since", text)
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        lines.append(f"{doc['name']} {version.group(1) if version else 1} {digest}")
    text = "\n".join(lines) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert text == SNAPSHOT.read_text(encoding="utf-8"), (
        "A definition has changed. If it means something else, give its doc block the next `- **Version**`. "
        "Then, as after a new or better worded one, run `make generated`."
    )
