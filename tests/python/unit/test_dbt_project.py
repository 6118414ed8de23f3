"""The dbt project as dbt understands it: what it silently drops is missed here.

dbt drops a metric in a syntax that it does not know without a word, so the exact names are held; likewise
contracts, owners, grains and the glossary in both languages.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
SALES_METRICS = {
    *("gmv", "net_gmv", "refunded_gmv", "cancelled_gmv"),
    *("gmv_rc", "net_gmv_rc", "refunded_gmv_rc", "cancelled_gmv_rc"),
    *("paid_orders", "units_sold"),
    *("refund_rate", "cancellation_rate", "aov", "refund_rate_rc", "aov_rc"),
}
FINANCE_METRICS = {
    *("take_rate", "take_rate_rc"),
    *("settlement_amount", "settlement_amount_rc"),
    *("settlement_revenue_amount", "settlement_revenue_amount_rc"),
    *("fees_and_commissions_amount", "fees_and_commissions_amount_rc"),
    *("platform_fees_amount", "platform_fees_amount_rc"),
    *("contribution_profit", "contribution_profit_rc"),
    *("contribution_profit_expected", "contribution_profit_expected_rc"),
    *("contribution_profit_after_unallocated", "contribution_profit_after_unallocated_rc"),
    *("sku_contribution_profit", "sku_contribution_profit_rc"),
    *("cogs_amount", "cogs_amount_rc", "order_ad_cost", "order_ad_cost_rc"),
    *("account_ad_cost", "account_ad_cost_rc", "unallocated_cost", "unallocated_cost_rc"),
    *("gmv_without_profit", "gmv_without_cost", "campaign_profit_after_ads_expected_rc"),
    *("booked_sales_amount", "payouts_received_amount"),
    *("cash_received", "cash_received_rc", "cash_expected", "cash_expected_rc"),
    *("commission_accrued_amount", "commission_due_amount", "commission_due_amount_rc"),
    *("claim_amount", "claim_amount_rc"),
}
CREATOR_METRICS = {
    *("attributed_gmv", "attributed_gmv_rc", "net_attributed_gmv", "net_attributed_gmv_rc"),
    *("attributed_orders", "attributed_units"),
    *("est_commission", "est_commission_rc", "actual_commission", "actual_commission_rc"),
    *("creator_cost", "creator_cost_rc", "creator_roi", "creator_roi_rc"),
    *(
        "content_impressions",
        "content_views",
        "content_clicks",
        "content_sku_orders",
        "content_ctr",
        "content_ctor",
    ),
}

LIVE_METRICS = {
    *("live_session_count", "live_hours", "live_impressions", "live_views"),
    *("live_product_impressions", "live_product_clicks", "live_sku_orders"),
    *("live_attributed_gmv", "live_attributed_gmv_rc", "live_own_gmv", "live_own_gmv_rc"),
    *("live_own_net_gmv", "live_own_net_gmv_rc"),
    *("live_tap_through_rate", "live_product_click_rate", "live_ctor"),
    *("live_gmv_per_hour", "live_gmv_per_hour_rc", "live_gpm", "live_gpm_rc"),
    *("host_minutes", "host_gmv", "host_gmv_rc", "host_own_net_gmv", "host_own_net_gmv_rc"),
    *("video_views", "video_product_impressions", "video_product_clicks", "video_sku_orders"),
    *("video_attributed_gmv", "video_attributed_gmv_rc", "video_product_click_rate", "video_ctor"),
}
INVENTORY_METRICS = {
    *("sellable_units", "reorder_units"),
    *("dispatch_due_orders", "late_dispatch_orders", "late_dispatch_rate"),
    *("delivery_due_orders", "on_time_delivered_orders", "on_time_delivery_rate"),
    *("sold_orders", "seller_cancelled_orders", "seller_cancellation_rate"),
}
ALARM_METRICS = {"alert_count", "open_alert_count"}
ADS_METRICS = {
    f"{name}{suffix}"
    for suffix in ("", "_rc")
    for name in (
        *(
            "ad_spend",
            "ad_reported_gmv",
            "paid_gmv",
            "organic_gmv",
            "undetermined_gmv",
            "affiliate_overlap_gmv",
        ),
        *("paid_net_gmv_after_fees", "gmv_beside_ads", "roas_reported", "roas", "roas_net", "mer"),
        *("determined_gmv", "evidence_coverage", "paid_share"),
    )
}


# What is summed beside the headline figures of each domain.
PEOPLE_METRICS: set[str] = set()
SALES_METRICS |= {
    f"{name}{suffix}"
    for suffix in ("", "_rc")
    for name in (
        *(
            "gmv_list",
            "gmv_before_platform_discount",
            "seller_discount",
            "platform_discount",
            "buyer_paid_amount",
            "pending_refund_gmv",
            "refund_amount_by_refund_date",
            "net_gmv_expected",
            "net_gmv_with_expectation",
            "provisional_gmv",
            "provisional_share",
            "net_gmv_known_share",
            "hourly_gmv",
            "hourly_net_gmv",
            "hourly_aov",
            "product_gmv",
            "product_net_gmv",
            "product_refunded_gmv",
            "product_cancelled_gmv",
            "product_refund_rate",
            "product_cancellation_rate",
            "refund_line_amount",
        ),
    )
}
SALES_METRICS |= {
    "created_orders",
    "cancelled_orders",
    "sku_orders",
    "refunded_units",
    "return_unit_rate",
    "hourly_paid_orders",
    "hourly_units_sold",
    "hourly_platform_gmv",
    "hourly_product_impressions",
    "hourly_product_clicks",
    "hourly_click_rate",
    "product_units_sold",
    "product_refunded_units",
    "product_sku_orders",
    "sku_gmv",
    "sku_gmv_rc",
    "sku_units_sold",
    "refund_line_count",
}
CREATOR_METRICS |= {
    f"{name}{suffix}"
    for suffix in ("", "_rc")
    for name in (
        *(
            "cancelled_attributed_gmv",
            "refunded_attributed_gmv",
            "commission_amount",
            "sample_cost",
            "creator_refund_rate",
            "attributed_gmv_platform",
            "attributed_gmv_last_content",
            "attributed_gmv_even_split",
            "attributed_gmv_ads_first",
        ),
    )
}
CREATOR_METRICS |= {"samples_ordered"}
LIVE_METRICS |= {
    f"{name}{suffix}"
    for suffix in ("", "_rc")
    for name in (*("host_own_gmv", "host_gmv_per_hour", "host_own_net_gmv_per_hour", "video_gmv"),)
}
LIVE_METRICS |= {
    "live_created_sku_orders",
    "live_paid_sku_orders",
    "live_own_orders",
    "live_product_impressions_per_view",
    "live_click_to_order_rate",
    "live_order_to_paid_rate",
    "host_hours",
    "host_sku_orders",
    "host_product_impressions",
    "host_product_clicks",
    "host_product_click_rate",
    "host_ctor",
    "video_items_sold",
    "video_likes",
    "video_comments",
    "video_shares",
    "video_new_followers",
    "video_order_rate",
}
ADS_METRICS |= {
    f"{name}{suffix}"
    for suffix in ("", "_rc")
    for name in (
        *(
            "campaign_spend",
            "campaign_reported_gmv",
            "campaign_roas_reported",
            "gmv_max_creative_cost",
            "gmv_max_creative_revenue",
            "gmv_max_creative_roas",
            "gmv_max_product_cost",
            "gmv_max_product_revenue",
            "gmv_max_product_roas",
        ),
    )
}
ADS_METRICS |= {
    "ad_reported_orders",
    "campaign_reported_orders",
    "campaign_impressions",
    "campaign_clicks",
    "campaign_ctr",
    "gmv_max_creative_orders",
    "gmv_max_creative_impressions",
    "gmv_max_creative_clicks",
    "gmv_max_product_orders",
}
INVENTORY_METRICS |= {"committed_units", "stock_units_sold_28d", "stock_sku_count", "out_of_stock_skus"}
FINANCE_METRICS |= {
    f"{name}{suffix}"
    for suffix in ("", "_rc")
    for name in (
        *(
            "settlement_payable_amount",
            "settlement_payment_amount",
            "settlement_reserve_amount",
            "settlement_adjustment_amount",
            "settlement_affiliate_commission_amount",
            "settlement_ads_commission_amount",
            "settlement_seller_shipping_amount",
            "settlement_tax_amount",
            "settlement_refunded_amount",
            "order_cogs_amount",
            "order_ad_spend",
            "order_settlement_amount",
        ),
    )
}
FINANCE_METRICS |= {
    "statement_count",
    "orders_with_profit",
    "orders_settled",
    "orders_counted",
    "net_gmv_with_profit",
    "contribution_margin_rate",
    "settled_order_share",
    "payout_count",
    "paid_out_amount",
    "paid_out_received_amount",
}
PEOPLE_METRICS |= {"scorecard_score", "scorecard_kpis"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """`dbt parse` as a newcomer runs it: without a home and without a warehouse."""
    target = tmp_path_factory.mktemp("target")
    env = {name: value for name, value in os.environ.items() if name != "TTKPI_HOME"}
    env |= {
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    done = subprocess.run(
        [str(Path(sys.executable).parent / "dbt"), "parse", "--no-partial-parse", "--no-version-check"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    content: dict[str, Any] = json.loads((target / "manifest.json").read_text())
    return content


# What a model may read, by kind: the first word of its name. Nothing but the views for people reads a kpi_,
# the end of the line; staging alone reads sources. Among int_, fct_ and ops_, which read one another, dbt itself forbids a circle.
MAY_READ = {
    "stg": {"source", "seed", "stg"},
    "int": {"seed", "stg", "int", "dim", "fct", "ops"},
    "dim": {"stg", "int"},
    "fct": {"seed", "stg", "int", "fct"},
    "ops": {"seed", "stg", "int", "dim", "fct"},
    "kpi": {"seed", "stg", "int", "dim", "fct", "ops"},
    # The views for people: published tables only.
    "view": {"dim", "fct", "ops", "kpi"},
    "metricflow": {"dim"},
}
# Trust compares what is published, and which reading of raw rows was known when.
TRUST_READS = {
    ("int_trust__content_differences", "kpi_content_platform_daily"),
    ("int_trust__day_differences", "kpi_shop_platform_daily"),
    ("int_trust__late_statement_events", "kpi_settlement_bridge"),
    ("int_trust__values_now", "kpi_ads_daily"),
    ("int_trust__values_now", "kpi_content_platform_daily"),
    ("int_trust__values_now", "kpi_settlement_bridge"),
    ("int_trust__values_now", "kpi_shop_daily"),
    ("kpi_reconciliation", "kpi_settlement_bridge"),
    ("kpi_day_bridge", "kpi_reconciliation"),
    ("int_trust__content_readings_chosen", "source"),
    ("int_trust__late_order_events", "source"),
    ("int_trust__late_report_events", "source"),
    ("int_trust__late_statement_events", "source"),
}


def forbidden_reads(manifest: dict[str, Any]) -> set[tuple[str, str]]:
    """Reader and what it reads, model or `source`, wherever MAY_READ has no such arrow."""
    found = set()
    for node in models(manifest):
        for read in node["depends_on"]["nodes"]:
            resource, _, name = read.partition(".")
            name = name.rpartition(".")[2]
            kind = name.partition("_")[0] if resource == "model" else resource
            if kind not in MAY_READ.get(node["name"].partition("_")[0], set()):
                found.add((node["name"], name if resource == "model" else resource))
    return found


def models(manifest: dict[str, Any], folder: str = "") -> list[dict[str, Any]]:
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["original_file_path"].startswith(f"models/{folder}")
    ]


def test_the_metrics_are_these(manifest: dict[str, Any]) -> None:
    """Guards a metric that is in the YAML and that dbt could not read: it leaves it out without a word."""
    found = {metric["name"] for metric in manifest["metrics"].values()}
    listed = (
        SALES_METRICS
        | ADS_METRICS
        | FINANCE_METRICS
        | CREATOR_METRICS
        | LIVE_METRICS
        | INVENTORY_METRICS
        | ALARM_METRICS
        | PEOPLE_METRICS
    )
    assert not found - listed, (
        "new metrics: add their names to the set of their domain, at the top of this file"
    )
    assert not listed - found, "dbt did not read these: look at their measures and at the names in their YAML"


def test_semantic_models_stand_on_marts(manifest: dict[str, Any]) -> None:
    found = {node["name"]: node["node_relation"]["alias"] for node in manifest["semantic_models"].values()}
    assert found["shop_days"] == "kpi_shop_daily"
    assert found["shops"] == "dim_shops"


def test_every_model_has_its_yaml_beside_it(manifest: dict[str, Any]) -> None:
    lonely = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "models").rglob("*.sql")
        if not path.with_suffix(".yml").is_file()
    ]
    assert not lonely, "each wants a YAML file of the same name beside it"
    undescribed = [node["name"] for node in models(manifest) if not node["description"].strip()]
    assert not undescribed


def test_lineage_points_one_way(manifest: dict[str, Any]) -> None:
    """Guards a rule that others read out of a published table: it stands in `int_` or `fct_`, and kpi_ is a leaf."""
    assert forbidden_reads(manifest) == TRUST_READS


@pytest.mark.parametrize(
    ("reader", "read", "forbidden"),
    [
        ("int_people__host_months", "model.p.kpi_live_hosts", "kpi_live_hosts"),
        ("kpi_alerts", "model.p.kpi_anomalies", "kpi_anomalies"),
        ("ops_coverage", "model.p.kpi_alerts", "kpi_alerts"),
        ("stg_tiktok_shop__orders", "model.p.int_shared__shops", "int_shared__shops"),
        ("stg_tiktok_shop__orders", "model.p.fct_orders", "fct_orders"),
        ("fct_orders", "source.p.tiktok_shop.orders", "source"),
        ("dim_shops", "model.p.fct_orders", "fct_orders"),
        ("kind_without_a_rule", "model.p.stg_tiktok_shop__orders", "stg_tiktok_shop__orders"),
        ("kpi_alerts", "model.p.int_alarms__anomalies", None),
        ("int_people__assignment_months", "seed.p.people", None),
    ],
)
def test_an_arrow_the_other_way_is_seen(reader: str, read: str, forbidden: str | None) -> None:
    node = {
        "resource_type": "model",
        "name": reader,
        "original_file_path": f"models/{reader}.sql",
        "depends_on": {"nodes": [read]},
    }
    assert forbidden_reads({"nodes": {"model": node}}) == ({(reader, forbidden)} if forbidden else set())


def test_no_mart_ends_in_all_columns() -> None:
    """Guards a column that comes into a published table because a model below it got one."""
    marts = (ROOT / "models" / "marts").rglob("*.sql")
    assert not [path.stem for path in marts if ends_in_all_columns(path.read_text(encoding="utf-8"))]


def ends_in_all_columns(sql: str) -> bool:
    """The select with which a model ends, the one that is not indented, has `*` or `table.*` in its list."""
    last = re.split(r"^select\b", sql, flags=re.MULTILINE)[-1]
    return (
        re.search(r"^\s*(?:distinct\s+)?(?:\w+\.)?\*", last.partition("\nfrom ")[0], re.MULTILINE) is not None
    )


@pytest.mark.parametrize(
    ("sql", "seen"),
    [
        ("with a as (\n    select * from b\n)\n\nselect * from a\n", True),
        ("with a as (\n    select b from c\n)\n\nselect\n    a.b,\n    a.*\nfrom a\n", True),
        ("select distinct *\nfrom a\n", True),
        ("with a as (\n    select * from b\n)\n\nselect\n    a.c,\n    a.d * a.e as f\nfrom a\n", False),
        ("select {{ contract_columns() }}\nfrom {{ ref('int_sales__shop_days') }}\n", False),
    ],
)
def test_all_columns_are_seen_at_the_end_only(sql: str, seen: bool) -> None:
    assert ends_in_all_columns(sql) is seen


def test_marts_keep_a_contract_a_grain_and_an_owner(manifest: dict[str, Any]) -> None:
    marts = models(manifest, "marts/")
    assert {"kpi_shop_daily", "kpi_shop_hourly", "kpi_product_daily", "fct_orders", "fct_order_lines"} <= {
        node["name"] for node in marts
    }
    for node in marts:
        assert node["contract"]["enforced"], f"{node['name']}: contract"
        assert node["description"].startswith("One row per "), f"{node['name']}: grain first"
        assert node["config"]["meta"].get("owner"), f"{node['name']}: owner"
        assert all(column["data_type"] for column in node["columns"].values()), f"{node['name']}: data types"


def test_views_keep_a_contract_a_grain_a_key_and_words_in_both_languages(manifest: dict[str, Any]) -> None:
    """What a person without SQL sees: each view is one flat select of named columns, each of which says what it is."""
    views = models(manifest, "views/")
    assert len(views) >= 19
    for node in views:
        assert node["schema"] == "views" and node["config"]["materialized"] == "view", node["name"]
        assert node["name"] == f"view_{node['alias']}"
        assert node["contract"]["enforced"], f"{node['name']}: contract"
        assert node["description"].startswith("One row per "), f"{node['name']}: grain first"
        meta = node["config"]["meta"]
        assert meta.get("owner") and meta.get("question") and meta.get("grain_zh"), node["name"]
        assert meta["key"] and set(meta["key"]) <= node["columns"].keys(), f"{node['name']}: key"
        silent = [
            name
            for name, column in node["columns"].items()
            if not re.search(r"[\u4e00-\u9fff]", column["description"])
        ]
        assert not silent, f"{node['name']}: {silent}"
        assert node["raw_code"].startswith("select\n"), f"{node['name']}: one flat select"
        assert not re.search(r"\b(group by|union|with|over)\b", node["raw_code"]), f"{node['name']}: flat"


NAMED_BY = {
    "value_names": "",
    "order_statuses": "order_status",
    "return_statuses": "return_status",
    "affiliate_settlement_statuses": "settlement_status",
    "sample_statuses": "sample_status",
}
WITHOUT_NAMES = {"kpi_name"}
"""A KPI has its name in `dim_columns`, as the column that it is."""


def test_every_value_that_people_read_has_a_name_in_both_languages(manifest: dict[str, Any]) -> None:
    """`dim_values`: a status that a model or seed allows and nobody has named is English only on a page in 中文."""
    named: set[tuple[str, str]] = set()
    for seed, column in NAMED_BY.items():
        (path,) = (ROOT / "seeds").rglob(f"{seed}.csv")
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                named.add((column or row["column_name"], row[column or "value"]))
    nodes = manifest["nodes"]
    published = {
        column
        for node in models(manifest, "marts/") + models(manifest, "views/")
        for column, about in node["columns"].items()
        if about["data_type"] == "string"
    }
    silent = {
        (column, value)
        for test in nodes.values()
        if (test.get("test_metadata") or {}).get("name") == "accepted_values"
        and (column := test["column_name"]) in published - WITHOUT_NAMES
        for value in test["test_metadata"]["kwargs"]["values"]
        if (column, value) not in named
    }
    assert not silent, "name them in seeds/shared/value_names.csv"


def test_an_amount_of_a_view_stands_beside_its_currency(manifest: dict[str, Any]) -> None:
    """In both currencies, unless the mart itself knows one only; then the view says so by having one only."""
    for node in models(manifest, "views/"):
        columns = node["columns"]
        if any("_rc" in name for name in columns):
            assert "reporting_currency" in columns, node["name"]
        amounts = [
            name
            for name, column in columns.items()
            if column["data_type"] == "decimal(18, 4)" and "_rc" not in name and "score" not in name
        ]
        if amounts:
            assert "currency" in columns, node["name"]


EXPOSE = (
    "name each mart in models/marts/_marts__exposures.yml, or in the `_DOMAIN__exposures.yml` of its folder"
)


def test_outward_models_are_in_an_exposure(manifest: dict[str, Any]) -> None:
    exposed = {
        name for exposure in manifest["exposures"].values() for name in exposure["depends_on"]["nodes"]
    }
    marts = models(manifest, "marts/")
    outward = {node["unique_id"] for node in marts if node["name"].startswith(("kpi_", "ops_", "fct_"))}
    outward |= {node["unique_id"] for node in models(manifest, "views/")}
    assert not outward - exposed, f"nobody reads them: {EXPOSE}"


def test_every_mart_is_in_the_published_file(manifest: dict[str, Any]) -> None:
    published = {
        name
        for exposure in manifest["exposures"].values()
        if exposure["name"].startswith("published_")
        for name in exposure["depends_on"]["nodes"]
    }
    assert published == {node["unique_id"] for node in models(manifest, "marts/")}, EXPOSE


def test_every_published_column_is_described(manifest: dict[str, Any]) -> None:
    silent = [
        f"{node['name']}.{column['name']}"
        for node in models(manifest, "marts/")
        for column in node["columns"].values()
        if not column["description"].strip()
    ]
    assert not silent


def test_models_above_staging_are_built_by_orders_or_whole(manifest: dict[str, Any]) -> None:
    """One way of being incremental: whole orders, those that int_orders__touched lists; everything else above staging is a table or a view."""
    above = [
        node for node in models(manifest) if not node["original_file_path"].startswith("models/staging/")
    ]
    incremental = [node for node in above if node["config"]["materialized"] == "incremental"]
    assert 10 < len(incremental) <= 15
    for node in incremental:
        config = node["config"]
        assert config["incremental_strategy"] == "touched_orders", node["name"]
        assert len(config["unique_key"]) == 2 and config["unique_key"][0] == "shop_key", node["name"]
        assert not config["pre-hook"] and not config["post-hook"], node["name"]
        assert "model.tiktok_shop_kpi.int_orders__touched" in node["depends_on"]["nodes"], node["name"]
    first_lines = {
        node["raw_code"].splitlines()[0].replace("'_order_id'", "'order_id'") for node in incremental
    }
    assert len(first_lines) == 1
    assert all(
        "\nwith touched as (\n    select * from {{ ref('int_orders__touched') }}\n)\n" in node["raw_code"]
        for node in incremental
    )


def test_what_is_new_is_found_in_one_place(manifest: dict[str, Any]) -> None:
    """A model that looks at loads, or asks how it is built, would be a second way of being incremental."""
    asking = {
        node["name"]
        for node in models(manifest)
        if not node["original_file_path"].startswith("models/staging/")
        and re.search(r"is_incremental\(|_dlt_load_id|{{ this", node["raw_code"])
    }
    # What was put aside with the newest load of a file is no question of what was built.
    assert asking == {"int_orders__compared", "int_orders__touched", "ops_import_quarantine"}


def test_metrics_have_labels_and_words_in_both_languages(manifest: dict[str, Any]) -> None:
    silent = [
        metric["name"]
        for metric in manifest["metrics"].values()
        if not re.search(r"[\u4e00-\u9fff]", metric["label"])
        or not re.search(r"[\u4e00-\u9fff]", metric["description"])
    ]
    assert not silent, "`label` and `description` of a metric are in English and in 中文"


def test_the_glossary_is_in_both_languages(manifest: dict[str, Any]) -> None:
    blocks = [doc for doc in manifest["docs"].values() if doc["package_name"] == "tiktok_shop_kpi"]
    assert len(blocks) > 40
    silent = [doc["name"] for doc in blocks if not re.search(r"[\u4e00-\u9fff]", doc["block_contents"])]
    assert not silent, f"no 中文 in {silent}"


def test_every_singular_test_says_what_it_guards_against(manifest: dict[str, Any]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    singular = [node for node in tests if not node.get("test_metadata")]
    silent = [node["name"] for node in singular if not node["description"].startswith("Guards against ")]
    assert singular
    assert not silent, (
        "describe them in `_DOMAIN__singular.yml` beside them, in words that begin with `Guards against `"
    )


def test_the_zone_of_every_region_is_a_usual_one() -> None:
    """Guards a region that is added to the seed and whose local dates are then worked out row by row."""
    with (ROOT / "seeds" / "shared" / "regions.csv").open() as file:
        zones = {row["time_zone"] for row in csv.DictReader(file)}
    macro = (ROOT / "macros" / "time" / "time.sql").read_text().partition("macro usual_time_zones")[2]
    usual = set(re.findall(r"'([A-Z]\w+/\w+)'", macro.partition("endmacro")[0]))
    assert zones == usual


def test_every_source_table_of_the_platform_is_declared(manifest: dict[str, Any]) -> None:
    from ingestion.engine.journal import JOURNAL
    from ingestion.tiktok_shop.resources import tables

    declared = {node["name"] for node in manifest["sources"].values() if node["source_name"] == "tiktok_shop"}
    assert declared == {table.name for table in tables()} | set(JOURNAL), (
        "models/staging/tiktok_shop/_tiktok_shop__sources.yml has the raw tables that are written, no others"
    )
