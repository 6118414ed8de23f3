"""Dagster runs against the sandbox over HTTP: the daily job publishes, bad marts stay in, one shop may fail."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import httpx
import pytest
from templates import with_dagster_parse, with_parse

from home.config import load_shop_config
from home.layout import Home
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.tokens import TokenStore
from orchestration.defs.ingestion.catalog import DOMAINS
from orchestration.defs.ingestion.sensors import read_failures
from orchestration.defs.translators import AUDIT_REPORT, raw_key
from sandbox.server.serve import SandboxServer, start_in_thread

CLOCK = datetime(2026, 11, 8, tzinfo=UTC)
SHOPS = 5
VN = "7495000000000000202"
UNTIL: dict[str, Any] = {"resources": {"scope": {"config": {"until": CLOCK.isoformat()}}}}


@pytest.fixture(scope="module")
def sandbox(world_dir: Path) -> Iterator[SandboxServer]:
    server = start_in_thread(world_dir)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def home(sandbox: SandboxServer, parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    root = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TTKPI_HOME", str(root))
        section = "SOURCES__TIKTOK_SHOP__"
        patch.setenv(f"{section}BASE_URL", sandbox.base_url)
        patch.setenv(f"{section}AUTH_URL", sandbox.base_url)
        patch.setenv(f"{section}APP_KEY", "sandbox-app")
        patch.setenv(f"{section}APP_SECRET", "sandbox-secret")
        patch.setenv(f"{section}REQUESTS_PER_SECOND", "0")
        # One shop after the other, in this process: at this size starting workers costs more than they save.
        patch.setenv(f"{section}SHOP_WORKERS", "1")
        patch.setenv("SOURCES__FX_RATES__BASE_URL", f"{sandbox.base_url}/fx/v1")
        place = with_dagster_parse(parsed, with_parse(parsed, Home.from_env()))
        place.prepare()
        TokenStore(place.tokens_file, AuthHost(load_shop_config())).exchange("sandbox-code")
        yield place


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as one:
        yield one


@pytest.fixture(scope="module")
def defs(home: Home) -> dg.Definitions:
    definitions: dg.Definitions = importlib.import_module("orchestration.definitions").build_definitions(home)
    return definitions


@pytest.fixture(scope="module")
def first_run(home: Home, defs: dg.Definitions, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return defs.resolve_job_def("daily_job").execute_in_process(run_config=UNTIL, instance=instance)


def materialised(result: dg.ExecuteInProcessResult) -> set[dg.AssetKey]:
    return {event.asset_key for event in result.get_asset_materialization_events() if event.asset_key}


def evaluations(result: dg.ExecuteInProcessResult) -> dict[dg.AssetCheckKey, bool]:
    return {one.asset_check_key: one.passed for one in result.get_asset_check_evaluations()}


def switch_shop(sandbox: SandboxServer, shop: str, *, active: bool) -> None:
    answer = httpx.post(f"{sandbox.base_url}/_sandbox/shops", json={"shop": shop, "active": active})
    answer.raise_for_status()


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_daily_job_materialises_everything(
    first_run: dg.ExecuteInProcessResult, defs: dg.Definitions
) -> None:
    graph = defs.get_repository_def().asset_graph
    assert first_run.success
    assert materialised(first_run) == set(graph.executable_asset_keys)


def test_every_check_was_evaluated(first_run: dg.ExecuteInProcessResult, defs: dg.Definitions) -> None:
    graph = defs.get_repository_def().asset_graph
    found = evaluations(first_run)
    assert set(found) == set(graph.asset_check_keys)
    assert found[dg.AssetCheckKey(AUDIT_REPORT, "nothing_critical")]
    assert all(
        passed for key, passed in found.items() if key.name in ("all_shops_synced", "source_freshness")
    )


def test_rows_are_told_by_table_and_shop(first_run: dg.ExecuteInProcessResult) -> None:
    events = {
        event.asset_key: event.step_materialization_data.materialization.metadata
        for event in first_run.get_asset_materialization_events()
    }
    orders = events[raw_key("tiktok_shop", "orders")]
    assert orders["rows written"].value == 400
    by_shop = orders["rows by shop"].value
    assert isinstance(by_shop, dict) and len(by_shop) == SHOPS
    lines = events[raw_key("tiktok_shop", "order_lines")]["rows written"].value
    assert isinstance(lines, int) and lines >= 400
    rates = events[raw_key("fx_rates", "fx_rates")]["rows written"].value
    assert isinstance(rates, int) and rates > 0


def test_the_published_file_has_every_table(first_run: dg.ExecuteInProcessResult, home: Home) -> None:
    published = {key.path[1] for key in materialised(first_run) if key.path[0] == "published"}
    with duckdb.connect(str(home.published), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        ).fetchall()
    assert {name for (name,) in tables} == {*published, "ops_publication"}
    assert {"kpi_shop_daily", "fct_orders"} <= published


def test_the_audit_log_tells_what_dagster_did_and_the_publication_is_sealed(
    first_run: dg.ExecuteInProcessResult, home: Home
) -> None:
    [sealed] = [one for one in first_run.get_asset_check_evaluations() if one.check_name == "as_sealed"]
    assert sealed.passed, sealed.metadata
    text = (home.root / "audit_log.jsonl").read_text(encoding="utf-8")
    entries = [json.loads(line) for line in text.splitlines()]
    own = [entry for entry in entries if entry["run"] == first_run.run_id]
    assert {entry["via"] for entry in own} == {"dagster"}
    assert {"sync", "build", "audit", "publish"} <= {entry["event"] for entry in own}


def test_one_failed_shop_warns_and_the_others_go_on(
    first_run: dg.ExecuteInProcessResult,
    home: Home,
    sandbox: SandboxServer,
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    switch_shop(sandbox, VN, active=False)
    try:
        result = defs.resolve_job_def("daily_job").execute_in_process(
            run_config=UNTIL,
            instance=instance,
            asset_selection=[raw_key("tiktok_shop", name) for name in ("returns", "cancellations")],
        )
    finally:
        switch_shop(sandbox, VN, active=True)
    assert result.success
    [check] = [one for one in result.get_asset_check_evaluations() if one.check_name == "all_shops_synced"]
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert VN in str(check.metadata["troubles"].value)
    [failure] = read_failures(home.raw, before)
    assert (failure.shop_key, failure.authorisation_state) == (VN, "deactivated")
    assert set(failure.resources) == {"returns", "cancellations"}


def test_a_warehouse_that_was_tampered_with_is_not_published(
    first_run: dg.ExecuteInProcessResult, home: Home, defs: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    good = checksum(home.published)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("delete from marts.kpi_shop_daily")
    tables = [key for key in materialised(first_run) if key.path[0] == "published"]
    result = defs.resolve_job_def("daily_job").execute_in_process(
        instance=instance, asset_selection=[AUDIT_REPORT, *tables], raise_on_error=False
    )
    assert not result.success
    assert not evaluations(result)[dg.AssetCheckKey(AUDIT_REPORT, "nothing_critical")]
    assert materialised(result) == {AUDIT_REPORT}
    assert checksum(home.published) == good


def test_a_model_can_be_built_alone_with_its_tests(
    first_run: dg.ExecuteInProcessResult, defs: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    key = dg.AssetKey(["marts", "kpi_shop_daily"])
    result = defs.resolve_job_def("daily_job").execute_in_process(instance=instance, asset_selection=[key])
    assert result.success
    assert materialised(result) == {key}
    checks = evaluations(result)
    assert checks and all(checks.values())
    assert {check.asset_key for check in checks} == {key}
    assert not any(check.name.startswith("expectations_") for check in checks), "nobody asked for an audit"


def test_the_steps_are_those_of_the_domains(first_run: dg.ExecuteInProcessResult) -> None:
    started = {event.step_key for event in first_run.get_step_success_events()}
    assert {domain.step for domain in DOMAINS} <= started
