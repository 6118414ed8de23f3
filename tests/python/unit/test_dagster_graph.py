"""The asset graph: complete, unbroken from endpoint to published table, loadable by anyone.

After a wanted change: `make generated`, then read the diff.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from templates import with_dagster_parse

from home.config import PROJECT_ROOT
from home.layout import Home
from home.project import project_dir
from ingestion.engine.journal import JOURNAL
from ingestion.fx_rates.resource import FX_RATES
from ingestion.seller_center import tables as files
from ingestion.tiktok_ads import resources as ads
from ingestion.tiktok_shop.resources import RESOURCES, tables
from orchestration.audit.expectations import load_suites
from orchestration.defs.ingestion.catalog import DOMAINS
from orchestration.defs.manifest import load_manifest
from orchestration.defs.pools import WAREHOUSE_WRITER
from orchestration.defs.translators import (
    AUDIT_LOG,
    AUDIT_REPORT,
    FROZEN,
    PUBLISHED_VALUES,
    home_of_test,
    parents_of_test,
    published_models,
    raw_key,
)

SNAPSHOT = Path(__file__).parent / "snapshots" / "asset_graph.txt"

Graph = Mapping[dg.AssetKey, set[dg.AssetKey]]


@pytest.fixture(scope="module")
def home(parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    root = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TTKPI_HOME", str(root))
        yield with_dagster_parse(parsed, Home(root))


@pytest.fixture(scope="module")
def defs(home: Home) -> dg.Definitions:
    module = importlib.import_module("orchestration.definitions")
    definitions: dg.Definitions = module.build_definitions(home)
    return definitions


@pytest.fixture(scope="module")
def manifest(home: Home, defs: dg.Definitions) -> dict[str, Any]:
    return load_manifest(home)


@pytest.fixture(scope="module")
def graph(defs: dg.Definitions) -> Graph:
    nodes = defs.get_repository_def().asset_graph
    return {key: set(nodes.get(key).parent_keys) for key in nodes.get_all_asset_keys()}


@pytest.fixture(scope="module")
def check_keys(defs: dg.Definitions) -> set[dg.AssetCheckKey]:
    return set(defs.get_repository_def().asset_graph.asset_check_keys)


def upstream(graph: Graph, key: dg.AssetKey) -> set[dg.AssetKey]:
    seen: set[dg.AssetKey] = set()
    waiting = [key]
    while waiting:
        for parent in graph[waiting.pop()]:
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return seen


def dbt_checks(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Name of each data test by dbt id."""
    return {
        unique_id: str(node["name"])
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "test"
    }


def test_they_load_in_an_empty_environment_without_network(tmp_path: Path) -> None:
    code = (
        "import socket\n"
        "def refuse(*_):\n"
        "    raise AssertionError('loading the definitions went to the network')\n"
        "socket.socket.connect = refuse\n"
        "import orchestration.definitions as d\n"
        "d.defs.get_repository_def().asset_graph\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT_ROOT,
        env={"PATH": os.environ["PATH"], "TTKPI_HOME": str(tmp_path), "DAGSTER_DISABLE_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert {path.name for path in tmp_path.iterdir()} == {"dagster"}, "loading made more than its cache"


def test_they_are_valid(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)


def test_the_snapshot_of_the_graph(defs: dg.Definitions, graph: Graph, manifest: Mapping[str, Any]) -> None:
    tests = set(dbt_checks(manifest).values())
    nodes = defs.get_repository_def().asset_graph
    lines = []
    for key in sorted(graph):
        node = nodes.get(key)
        step = node.assets_def.op.name if node.is_executable else "outside"
        lines.append(f"{key.to_user_string()}  [{node.group_name}; {step}]")
        lines += [f"    <- {parent.to_user_string()}" for parent in sorted(graph[key])]
        checks = sorted(check.name for check in node.check_keys if check.name not in tests)
        lines += [f"    check {name}" for name in checks]
    text = "\n".join(lines) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.parent.mkdir(exist_ok=True)
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert text == SNAPSHOT.read_text(encoding="utf-8"), (
        "The asset graph has changed. If that is wanted, run `make generated` and read the diff."
    )


def test_every_asset_has_an_owner(defs: dg.Definitions) -> None:
    """dbt knew nine owners, and Dagster showed none of 452 assets with one: a failed check was nobody's."""
    specs = {spec.key: list(spec.owners) for spec in defs.resolve_all_asset_specs()}
    assert not [key for key, owners in specs.items() if len(owners) != 1]
    assert specs[dg.AssetKey(["marts", "kpi_shop_daily"])] == ["team:sales-analytics"]
    assert specs[dg.AssetKey(["published", "kpi_shop_daily"])] == ["team:sales-analytics"]
    assert specs[dg.AssetKey(["raw", "tiktok_shop", "orders"])] == ["team:data"]


def test_there_is_no_cycle(graph: Graph) -> None:
    for key in graph:
        assert key not in upstream(graph, key), key


def test_every_raw_table_is_an_asset_child_tables_too(graph: Graph) -> None:
    declared = {raw_key("tiktok_shop", table.name) for table in [*tables(), *JOURNAL.values()]}
    declared |= {raw_key("tiktok_ads", table.name) for table in ads.tables()}
    declared |= {raw_key("seller_center", table.name) for table in files.tables()}
    declared.add(raw_key("fx_rates", FX_RATES.name))
    assert {key for key in graph if key.path[0] == "raw"} == declared


def test_every_resource_belongs_to_exactly_one_domain() -> None:
    owned = [
        name
        for domain in DOMAINS
        if domain.name != "fx_rates"
        for name in dict.fromkeys(table.resource for table in domain.tables)
    ]
    assert sorted(owned) == sorted(resource.name for resource in (*RESOURCES, *ads.RESOURCES))


def test_every_dbt_source_is_a_raw_table_that_comes_from_an_endpoint(
    graph: Graph, manifest: Mapping[str, Any]
) -> None:
    for source in manifest["sources"].values():
        if source["source_name"] in (FROZEN, AUDIT_LOG, PUBLISHED_VALUES):
            # no endpoint: a person froze it, or the steps write it about themselves, or a publication says what it was
            assert dg.AssetKey([source["source_name"], source["name"]]) in graph
            continue
        key = raw_key(source["source_name"], source["name"])
        assert key in graph, f"{key.to_user_string()} is a dbt source that nothing loads"
        assert any(parent.path[1] == "api" for parent in upstream(graph, key)), key


def test_lineage_is_unbroken_from_the_endpoint_to_the_published_table(
    graph: Graph, manifest: Mapping[str, Any]
) -> None:
    # the calendar, the project's own words and settings, and what the steps write about themselves
    made_from_nothing = {
        "dim_columns",
        "dim_dates",
        "dim_values",
        "kpi_glossary",
        "ops_audit_log",
        "ops_settings",
    }
    for name in published_models(manifest):
        if name in made_from_nothing:
            continue
        above = upstream(graph, dg.AssetKey(["published", name]))
        layers = {key.path[0] for key in above if key.path[1] != "api"}
        assert {"marts", "staging", "raw", "audit"} <= layers, name
        assert any(key.path[1] == "api" for key in above), name
    kpi = upstream(graph, dg.AssetKey(["published", "kpi_shop_daily"]))
    assert dg.AssetKey(["tiktok_shop", "api", "search_orders"]) in kpi
    assert raw_key("tiktok_shop", "order_lines") in kpi
    assert raw_key("tiktok_shop", "return_lines") in kpi
    assert raw_key("fx_rates", "fx_rates") in kpi


def test_every_published_table_waits_for_the_audit(graph: Graph, manifest: Mapping[str, Any]) -> None:
    published = {key for key in graph if key.path[0] == "published"}
    assert {key.path[1] for key in published} == set(published_models(manifest))
    assert all(AUDIT_REPORT in graph[key] for key in published)


def test_only_the_verdict_of_the_audit_blocks(
    defs: dg.Definitions, check_keys: set[dg.AssetCheckKey]
) -> None:
    nodes = defs.get_repository_def().asset_graph
    blocking = {key for key in check_keys if nodes.get(key).blocking}
    assert blocking == {dg.AssetCheckKey(AUDIT_REPORT, "nothing_critical")}


def test_every_dbt_test_is_a_check(check_keys: set[dg.AssetCheckKey], manifest: Mapping[str, Any]) -> None:
    names = {check.name for check in check_keys}
    missing = {
        name
        for unique_id, name in dbt_checks(manifest).items()
        if name not in names and parents_of_test(manifest, unique_id)
    }
    assert not missing, f"dbt tests that are lost as checks: {sorted(missing)}"


def test_a_singular_test_is_a_check_of_the_model_it_is_named_after() -> None:
    node = {"fqn": ["p", "marts", "sales", "x"], "resource_type": "model"}
    manifest = {
        "nodes": {
            "test.p.fct_orders__lines_sum_to_header": {"name": "fct_orders__lines_sum_to_header"},
            "test.p.unnamed": {"name": "unnamed"},
            "model.p.fct_orders": node,
            "model.p.fct_order_lines": node,
            "model.p.stg_orders": {"fqn": ["p", "staging", "s", "x"], "resource_type": "model"},
        },
        "parent_map": {
            "test.p.fct_orders__lines_sum_to_header": ["model.p.fct_order_lines", "model.p.fct_orders"],
            "test.p.unnamed": ["model.p.stg_orders", "model.p.fct_order_lines"],
        },
    }
    assert home_of_test(manifest, "test.p.fct_orders__lines_sum_to_header") == "model.p.fct_orders"
    assert home_of_test(manifest, "test.p.unnamed") == "model.p.fct_order_lines"


def test_every_expectation_suite_is_a_check(check_keys: set[dg.AssetCheckKey]) -> None:
    suites = load_suites(project_dir() / "tests" / "expectations")
    names = {check.name for check in check_keys}
    assert {f"expectations_{suite.edge}_{suite.domain}_{suite.name}" for suite in suites} <= names


def test_sources_with_a_freshness_rule_are_checked(
    check_keys: set[dg.AssetCheckKey], manifest: Mapping[str, Any]
) -> None:
    ruled = {
        raw_key(source["source_name"], source["name"])
        for source in manifest["sources"].values()
        if (source.get("freshness") or {}).get("error_after", {}).get("count")
    }
    assert ruled
    assert {key.asset_key for key in check_keys if key.name == "source_freshness"} == ruled


def test_every_step_that_writes_is_in_the_pool_of_one(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def("daily_job")
    pools = {node.name: node.definition.pool for node in job.nodes}
    without = {name for name, pool in pools.items() if pool != WAREHOUSE_WRITER}
    assert without == {"sync_log"}, "only the step that reads the log may run beside a writer"


def test_the_jobs(defs: dg.Definitions) -> None:
    steps = {name: {node.name for node in defs.resolve_job_def(name).nodes} for name in JOBS}
    every_sync = {domain.step for domain in DOMAINS}
    after = {"import_inbox", "dbt_build", "audit", "publish", "source_freshness"}
    assert every_sync | {"sync_log"} | after == steps["daily_job"]
    # Files are imported without asking any API: the way in when there is none.
    assert steps["import_job"] == after - {"source_freshness"}
    assert steps["backfill_job"] == steps["daily_job"] == steps["retry_shop_job"]
    assert {step for step in every_sync if step not in steps["hourly_job"]} >= {
        "sync_finance",
        "sync_products",
        "sync_analytics",
        "sync_creators",
        "sync_lives",
        "sync_videos",
        "sync_ads",
    }
    assert {"sync_shops", "sync_orders", "sync_returns", "sync_fx_rates"} == every_sync & steps["hourly_job"]


JOBS = ("daily_job", "hourly_job", "import_job", "backfill_job", "retry_shop_job")


def test_a_backfill_is_told_shops_and_dates_in_one_place(defs: dg.Definitions) -> None:
    config = {
        "resources": {
            "scope": {
                "config": {"shops": ["7495000000000000202"], "since": "2026-09-01", "until": "2026-10-01"}
            }
        }
    }
    assert dg.validate_run_config(defs.resolve_job_def("backfill_job"), config)


def test_the_schedules_follow_the_reporting_zone(defs: dg.Definitions) -> None:
    schedules = {schedule.name: schedule for schedule in defs.get_repository_def().schedule_defs}
    assert {name: schedule.cron_schedule for name, schedule in schedules.items()} == {
        "hourly_schedule": "5 * * * *",
        "daily_schedule": "30 8 * * *",
        "report_schedule": ["30-59/10 8 * * *", "*/10 9-12 * * *"],
    }
    assert {schedule.execution_timezone for schedule in schedules.values()} == {"Asia/Shanghai"}
    assert {name: schedule.job_name for name, schedule in schedules.items()} == {
        "hourly_schedule": "hourly_job",
        "daily_schedule": "daily_job",
        "report_schedule": "report_job",
    }


def test_the_sensors_are_on(defs: dg.Definitions) -> None:
    sensors = {sensor.name: sensor.default_status for sensor in defs.get_repository_def().sensor_defs}
    assert sensors == {
        "run_failure_alert": dg.DefaultSensorStatus.RUNNING,
        "failed_shop_sensor": dg.DefaultSensorStatus.RUNNING,
        "inbox_sensor": dg.DefaultSensorStatus.RUNNING,
        "alert_webhooks": dg.DefaultSensorStatus.RUNNING,
        "gone_runs": dg.DefaultSensorStatus.RUNNING,
        "nothing_published": dg.DefaultSensorStatus.RUNNING,
    }
