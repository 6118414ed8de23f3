"""Sensors: a failed run and a failed shop become alerts; a shop gets one more try, not an endless row."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb

from home.errors import ConfigError
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.ingestion.sensors import build_failed_shop_sensor, read_failures
from orchestration.defs.publish.sensors import run_failure_alert
from orchestration.deliver.alerts import Alert, read_alerts

NOW = datetime.now(UTC).replace(microsecond=0)
OK_SHOP, BAD_SHOP, REVOKED_SHOP = "7495000000000000101", "7495000000000000202", "7495000000000000303"
ACCOUNT, REVOKED_ACCOUNT = "7400000000000000001", "7400000000000000002"


def write_sync_log(
    home: Path,
    name: str,
    rows: list[tuple[str, str, str, str, datetime, str | None, str]],
    *,
    source: str = "tiktok_shop",
    owner: str = "shop_key",
) -> None:
    folder = home / "raw" / source / "sync_log"
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            f"create table log (run_id text, {owner} text, resource text, status text, "
            "finished_at timestamptz, error_message text, authorisation_state text)"
        )
        connection.executemany("insert into log values (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute(f"copy log to '{folder / name}.parquet' (format parquet)")


def failed_shop_sensor() -> dg.SensorDefinition:
    return build_failed_shop_sensor(dg.define_asset_job("retry_shop_job", selection=dg.AssetSelection.all()))


def tick(home: Path, cursor: str | None = None) -> dg.SensorResult:
    context = dg.build_sensor_context(cursor=cursor)
    result = failed_shop_sensor()(context, home=HomeResource(root=str(home)))
    assert isinstance(result, dg.SensorResult)
    return result


def test_a_home_without_a_sync_gives_nothing(tmp_path: Path) -> None:
    result = tick(tmp_path)
    assert not result.run_requests
    assert read_alerts(tmp_path) == []


def test_a_failed_shop_is_alerted_and_tried_once(tmp_path: Path) -> None:
    at = NOW - timedelta(minutes=5)
    write_sync_log(
        tmp_path,
        "one",
        [
            ("run-1", OK_SHOP, "orders", "ok", at, None, "ok"),
            ("run-1", BAD_SHOP, "orders", "failed", at, "HTTP 502 from the gateway.", "ok"),
            ("run-1", BAD_SHOP, "returns", "failed", at, "HTTP 502 from the gateway.", "ok"),
        ],
    )
    first = tick(tmp_path)
    [request] = first.run_requests or []
    assert request.run_config["resources"]["scope"]["config"]["shops"] == [BAD_SHOP]
    [alert] = read_alerts(tmp_path)
    assert alert.shop_key == BAD_SHOP
    assert "orders, returns" in alert.message and "502" in alert.message

    # The retry fails as well: an alert, but no third try before the schedule.
    # It ended in the same second, as a refused connection may, and is told nevertheless.
    write_sync_log(
        tmp_path, "two", [("run-2", BAD_SHOP, "orders", "failed", at, "HTTP 502 from the gateway.", "ok")]
    )
    second = tick(tmp_path, first.cursor)
    assert not second.run_requests
    assert len(read_alerts(tmp_path)) == 2

    third = tick(tmp_path, second.cursor)
    assert third.skip_reason is not None
    assert len(read_alerts(tmp_path)) == 2


def test_after_the_pause_a_shop_is_tried_again(tmp_path: Path) -> None:
    write_sync_log(tmp_path, "one", [("run-9", BAD_SHOP, "orders", "failed", NOW, "Timeout.", "ok")])
    long_ago = (NOW - timedelta(hours=7)).isoformat()
    cursor = json.dumps({"seen": long_ago, "told": [], "retried": {BAD_SHOP: long_ago}})
    assert len(tick(tmp_path, cursor).run_requests or []) == 1


def test_a_revoked_shop_is_not_retried(tmp_path: Path) -> None:
    write_sync_log(
        tmp_path, "one", [("run-1", REVOKED_SHOP, "orders", "failed", NOW, "Authorisation gone.", "revoked")]
    )
    assert not tick(tmp_path).run_requests
    [alert] = read_alerts(tmp_path)
    assert "authorise the app again" in alert.message


def test_an_ads_account_that_failed_is_alerted_and_tried_once(tmp_path: Path) -> None:
    """Guards ads accounts that fail unseen: their log is a table of its own, and a shop's failure is not theirs."""
    at = NOW - timedelta(minutes=5)
    write_sync_log(tmp_path, "one", [("run-1", BAD_SHOP, "orders", "failed", at, "HTTP 502.", "ok")])
    write_sync_log(
        tmp_path,
        "one",
        [
            ("run-1", ACCOUNT, "campaigns", "failed", NOW, "TikTok answered code 50000.", "ok"),
            ("run-1", REVOKED_ACCOUNT, "campaigns", "failed", NOW, "The token is not accepted.", "revoked"),
        ],
        source="tiktok_ads",
        owner="advertiser_id",
    )
    result = tick(tmp_path)
    retried = [one.run_config["resources"]["scope"]["config"]["shops"] for one in result.run_requests or []]
    assert retried == [[BAD_SHOP], [ACCOUNT]]
    shop, account, revoked = read_alerts(tmp_path)
    assert (shop.kind, account.kind, revoked.kind) == (
        "shop_sync_failed",
        "ads_sync_failed",
        "ads_sync_failed",
    )
    assert account.message.startswith(f"Ads account {ACCOUNT}: the sync of campaigns failed: ")
    assert "Its owner has to authorise the app again" in revoked.message
    assert tick(tmp_path, result.cursor).skip_reason is not None


def test_failures_are_one_per_run_and_shop_in_time_order(tmp_path: Path) -> None:
    write_sync_log(
        tmp_path,
        "one",
        [
            ("run-2", BAD_SHOP, "orders", "failed", NOW, "later", "ok"),
            ("run-1", BAD_SHOP, "orders", "failed", NOW - timedelta(hours=1), "earlier", "ok"),
            ("run-0", BAD_SHOP, "orders", "failed", NOW - timedelta(days=3), "told before", "ok"),
        ],
    )
    failures = read_failures(tmp_path / "raw", NOW - timedelta(days=1))
    assert [failure.message for failure in failures] == ["earlier", "later"]
    assert failures[1].finished_at == NOW


def alert_of_failed_run(step: Callable[[], None], home: Path) -> Alert:
    @dg.job
    def daily_job() -> None:
        dg.op(step)()

    with dg.DagsterInstance.ephemeral() as instance:
        result = daily_job.execute_in_process(instance=instance, raise_on_error=False)
        assert not result.success
        [failure] = [event for event in result.all_events if event.is_run_failure]
        context = dg.build_run_status_sensor_context(
            sensor_name="run_failure_alert",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=failure,
        ).for_run_failure()
        run_failure_alert(context, home=HomeResource(root=str(home)))
    [alert] = read_alerts(home)
    assert alert.run_id == result.run_id
    return alert


def test_a_failed_run_writes_what_failed_and_what_to_do(tmp_path: Path) -> None:
    def sync_orders() -> None:
        raise ConfigError("sources.tiktok_shop.app_secret is not set.", advice="Set it in .dlt/secrets.toml.")

    alert = alert_of_failed_run(sync_orders, tmp_path)
    assert alert.kind == "run_failed"
    assert alert.message.startswith(
        "daily_job failed in step sync_orders: sources.tiktok_shop.app_secret is not set.\nSet it in .dlt/"
    )
    assert "The published file is the last good one" in alert.message


def test_a_stopped_publication_says_what_the_audit_found(tmp_path: Path) -> None:
    found = ["marts.sales.shop_days, residual: shop_key 7495: 0.01."]
    record = {"passed": False, "critical_failures": found, "json_path": "audit/1.json"}
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "last.json").write_text(json.dumps(record), encoding="utf-8")

    def audit() -> None:
        raise dg.Failure("1 blocking asset check failed with ERROR severity")

    message = alert_of_failed_run(audit, tmp_path).message
    assert "1 critical checks failed: marts.sales.shop_days, residual: shop_key 7495: 0.01." in message
    assert "blocking asset check" not in message
