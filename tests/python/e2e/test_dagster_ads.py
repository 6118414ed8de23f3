"""Ads accounts as Dagster steps: rows by account, a refused one warns, and a run of one owner leaves the others alone."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from conftest import CLOCK, admin, authorise_ads, raw
from templates import with_dagster_parse

from home.layout import Home
from orchestration.defs.ingestion.catalog import DOMAINS
from orchestration.defs.ingestion.sensors import read_failures
from orchestration.defs.translators import raw_key
from sandbox.server.serve import SandboxServer

US_ADS, TH_ADS, US = "7400000000000000001", "7400000000000000002", "7495000000000000505"
FIRST = raw_key("tiktok_ads", "advertisers")
CHECK = dg.AssetCheckKey(FIRST, "all_accounts_synced")
LOG = [raw_key(source, name) for source in ("tiktok_shop", "tiktok_ads") for name in ("sync_log", "drift")]
ADS = [
    raw_key(table.source, table.name) for domain in DOMAINS if domain.name == "ads" for table in domain.tables
]
SHOPS = raw_key("tiktok_shop", "shops")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as one:
        yield one


@pytest.fixture(scope="module")
def job(parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> dg.JobDefinition:
    """Loaded once: which home a step works on is looked up when it runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TTKPI_HOME", str(tmp_path_factory.mktemp("loading")))
        with_dagster_parse(parsed, Home.from_env())
        defs: dg.Definitions = importlib.import_module("orchestration.definitions").defs
    return defs.resolve_job_def("daily_job")


def run(
    job: dg.JobDefinition, instance: dg.DagsterInstance, *keys: dg.AssetKey, **scope: Any
) -> dg.ExecuteInProcessResult:
    config = {"resources": {"scope": {"config": {"until": CLOCK.isoformat(), **scope}}}}
    return job.execute_in_process(run_config=config, instance=instance, asset_selection=list(keys))


def told(result: dg.ExecuteInProcessResult) -> dict[dg.AssetKey, dict[str, Any]]:
    return {
        event.asset_key: {
            name: value.value
            for name, value in event.step_materialization_data.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def check_of(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    [found] = [one for one in result.get_asset_check_evaluations() if one.asset_check_key == CHECK]
    return found


def test_the_step_of_the_ads(
    job: dg.JobDefinition, instance: dg.DagsterInstance, configured: Home, sandbox: SandboxServer
) -> None:
    """Guards a step that fails for everybody without ads, rows that are told of nobody, and a refusal that nobody sees."""
    without = run(job, instance, *ADS)
    assert without.success and check_of(without).passed
    assert {rows["rows written"] for rows in told(without).values()} == {0} and set(told(without)) == set(ADS)
    assert raw(configured, "campaigns", source="tiktok_ads") == [], "the tables are there for the models"

    authorise_ads(sandbox, configured)
    first = run(job, instance, *ADS, *LOG)
    assert first.success and check_of(first).passed
    rows = told(first)
    assert set(rows) == {*ADS, *LOG}
    campaigns = rows[raw_key("tiktok_ads", "campaigns")]
    assert campaigns["rows by account"] == {US_ADS: 3, TH_ADS: 3} and campaigns["rows written"] == 6
    assert rows[raw_key("tiktok_ads", "sync_log")]["dagster/row_count"] == 2 * len(ADS)
    assert len(raw(configured, "campaigns", source="tiktok_ads")) == 6

    began = datetime.now(UTC) - timedelta(seconds=1)
    admin(sandbox, "ads", {"advertiser": TH_ADS, "permitted": False})
    refused = run(job, instance, FIRST)
    assert refused.success
    check = check_of(refused)
    assert not check.passed and check.severity is dg.AssetCheckSeverity.WARN
    assert "Aurora TH ads" in str(check.metadata["troubles"].value) and check.metadata["accounts"].value == 2
    assert told(refused)[FIRST]["rows by account"] == {US_ADS: 1, TH_ADS: 0}
    [failure] = read_failures(configured.raw, began)
    assert (failure.of_ads, failure.shop_key, failure.authorisation_state) == (True, TH_ADS, "revoked")


def test_a_run_of_one_owner_leaves_the_others_alone(
    job: dg.JobDefinition, instance: dg.DagsterInstance, configured: Home, sandbox: SandboxServer
) -> None:
    """Guards a retry of one shop or ads account that fails in the steps of the others, which then nobody builds on."""
    authorise_ads(sandbox, configured)
    account = run(job, instance, SHOPS, FIRST, shops=[US_ADS])
    assert account.success
    assert told(account)[FIRST]["rows by account"] == {US_ADS: 1}
    assert told(account)[SHOPS]["rows by shop"] == {}
    shop = run(job, instance, SHOPS, FIRST, shops=[US])
    assert shop.success and check_of(shop).passed
    assert told(shop)[SHOPS]["rows by shop"] == {US: 1}
    assert told(shop)[FIRST]["rows by account"] == {}
