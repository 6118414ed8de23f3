"""Sensors: what failed becomes an alert, and is tried again in one run, with pauses; what a try can't cure is not."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.test_utils import create_run_for_test

from home.errors import ConfigError
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.ingestion.sensors import (
    PAUSES,
    TOLD_ONE_BY_ONE,
    build_failed_shop_sensor,
    read_failures,
)
from orchestration.defs.publish.sensors import run_failure_alert
from orchestration.deliver.alerts import Alert, read_alerts

NOW = datetime.now(UTC).replace(microsecond=0)
OK_SHOP, BAD_SHOP, REVOKED_SHOP = "7495000000000000101", "7495000000000000202", "7495000000000000303"
ACCOUNT, REVOKED_ACCOUNT = "7400000000000000001", "7400000000000000002"


def write_sync_log(
    home: Path,
    name: str,
    rows: Sequence[tuple[str | int | datetime | None, ...]],
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
            "finished_at timestamptz, error_message text, authorisation_state text, error_code bigint)"
        )
        connection.executemany(
            "insert into log values (?, ?, ?, ?, ?, ?, ?, ?)",
            [row if len(row) == 8 else (*row, None) for row in rows],
        )
        connection.execute(f"copy log to '{folder / name}.parquet' (format parquet)")


def failed_shop_sensor() -> dg.SensorDefinition:
    return build_failed_shop_sensor(dg.define_asset_job("retry_shop_job", selection=dg.AssetSelection.all()))


def tick(home: Path, cursor: str | None = None, *, under_way: bool = False) -> dg.SensorResult:
    with dg.DagsterInstance.ephemeral() as instance:
        if under_way:
            create_run_for_test(instance, job_name="daily_job", status=dg.DagsterRunStatus.STARTED)
        context = dg.build_sensor_context(cursor=cursor, instance=instance)
        result = failed_shop_sensor()(context, home=HomeResource(root=str(home)))
    assert isinstance(result, dg.SensorResult)
    return result


def later(cursor: str | None, hours: float) -> str:
    """The cursor as it is when so many hours have gone by: all that it remembers is so much older."""
    state = json.loads(cursor or "{}")
    back = timedelta(hours=hours)

    def moved(text: str | None) -> str | None:
        return (datetime.fromisoformat(text) - back).isoformat() if text else None

    tries = {key: [count, moved(at), moved(due)] for key, (count, at, due) in state["tries"].items()}
    return json.dumps({**state, "tries": tries})


def retried(result: dg.SensorResult) -> list[list[str]]:
    return [one.run_config["resources"]["scope"]["config"]["shops"] for one in result.run_requests or []]


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


def test_after_each_pause_a_shop_is_tried_again_and_then_left_to_the_schedule(tmp_path: Path) -> None:
    """Now, after one hour, after six more; a day later the first pause counts again."""
    cursor, log = None, 0

    def fails() -> None:
        nonlocal log
        log += 1
        at = NOW + timedelta(seconds=log)
        write_sync_log(
            tmp_path, str(log), [(f"run-{log}", BAD_SHOP, "orders", "failed", at, "Timeout.", "ok")]
        )

    # What fails anew, how many hours later, and whether it is tried then.
    for anew, wait, tried in (
        *((True, 0, 1), (True, 0, 0), (False, 0.9, 0), (False, 0.2, 1)),
        *((True, 0, 0), (False, 5.9, 0), (False, 0.2, 1), (True, 0, 0), (False, 23, 0)),
        *((True, 2, 1),),
    ):
        cursor = later(cursor, wait) if cursor else None
        if anew:
            fails()
        result = tick(tmp_path, cursor)
        assert len(retried(result)) == tried, (anew, wait)
        cursor = result.cursor


def test_two_hundred_shops_of_which_most_fail_are_one_run_and_one_alert(tmp_path: Path) -> None:
    """Five failed shops queued five syncs, builds, audits and publications."""
    shops = [f"74950000000000{number:05d}" for number in range(200)]
    rows: list[tuple[str | int | datetime | None, ...]] = []
    for number, shop in enumerate(shops):
        # Each step of a run is a sync of its own; of three domains, so that a shop fails three times.
        for step in range(3):
            if number < 130:
                row = ("failed", NOW, "HTTP 502 from the gateway.", "ok", None)
            elif number < 140:
                row = ("failed", NOW, "TikTok answered code 36009010.", "ok", 36009010)
            elif number < 150:
                row = ("failed", NOW, "The seller has withdrawn the authorisation.", "revoked", 36004005)
            else:
                row = ("ok", NOW, None, "ok", None)
            rows.append((f"run-{step}", shop, f"resource-{step}", *row))
    write_sync_log(tmp_path, "one", rows)
    waiting = tick(tmp_path, under_way=True)
    assert retried(waiting) == [], "the run that is under way may sync them as well"
    alerts = read_alerts(tmp_path)
    assert len(alerts) == 3
    assert [alert.shop_key for alert in alerts] == [None] * 3
    assert [alert.message.split(" failed ")[0] for alert in alerts] == [
        "The sync of 130 shops",
        "The sync of 10 shops",
        "The sync of 10 shops",
    ]
    assert "Trying again would not help" in alerts[1].message
    assert "authorise the app again" in alerts[2].message
    first = tick(tmp_path, waiting.cursor)
    assert retried(first) == [shops[:130]]
    assert retried(tick(tmp_path, first.cursor)) == []
    assert len(read_alerts(tmp_path)) == 3
    # The retry reads all but two of them.
    after = NOW + timedelta(minutes=10)
    write_sync_log(
        tmp_path,
        "two",
        [
            (f"retry-{step}", shop, f"resource-{step}", *("failed", after, "HTTP 502.", "ok", None))
            if number < 2
            else (f"retry-{step}", shop, f"resource-{step}", *("ok", after, None, "ok", None))
            for number, shop in enumerate(shops[:130])
            for step in range(3)
        ],
    )
    second = tick(tmp_path, first.cursor)
    assert retried(second) == []
    assert retried(tick(tmp_path, later(second.cursor, 1.1))) == [shops[:2]]


@pytest.mark.parametrize("seed", range(int(os.environ.get("TTKPI_SEEDS", "1"))))
def test_whatever_fails_one_run_tries_again_and_not_for_ever(tmp_path: Path, seed: int) -> None:
    """Half a day of ticks, up to 200 shops, each failing, hopeless, refused or well as it comes."""
    chance = random.Random(seed)
    shops = [f"74950000000000{number:05d}" for number in range(chance.randint(5, 200))]
    hopeless = {shop for shop in shops if chance.random() < 0.1}
    cursor, tries, last = None, Counter[str](), {}
    for hour in range(12):
        at = NOW + timedelta(seconds=hour)
        synced = shops if hour % 6 == 0 else sorted(last)
        rows: list[tuple[str | int | datetime | None, ...]] = []
        failed = set()
        for shop in synced:
            if shop in hopeless:
                row = ("failed", at, "The seller has withdrawn the authorisation.", "revoked", 36004005)
            elif chance.random() < 0.5:
                row = ("failed", at, "HTTP 502 from the gateway.", "ok", None)
                failed.add(shop)
            else:
                row = ("ok", at, None, "ok", None)
            rows.append((f"run-{hour}", shop, "orders", *row))
        if rows:
            write_sync_log(tmp_path, str(hour), rows)
        told = len(read_alerts(tmp_path))
        result = tick(tmp_path, later(cursor, 1) if cursor else None)
        cursor = result.cursor
        runs = retried(result)
        assert len(runs) <= 1, "one run for all that failed"
        last = dict.fromkeys(runs[0] if runs else [])
        assert not hopeless & last.keys(), "what a retry can't cure"
        assert last.keys() <= failed | tries.keys()
        tries.update(last.keys())
        assert len(read_alerts(tmp_path)) - told <= (len(PAUSES) + 2) * TOLD_ONE_BY_ONE
    assert max(tries.values(), default=0) <= 12 / 6 * len(PAUSES)


def test_who_was_read_meanwhile_is_not_tried_again(tmp_path: Path) -> None:
    write_sync_log(tmp_path, "one", [("run-1", BAD_SHOP, "orders", "failed", NOW, "Timeout.", "ok")])
    waiting = tick(tmp_path, under_way=True)
    at = NOW + timedelta(minutes=1)
    write_sync_log(tmp_path, "two", [("run-2", BAD_SHOP, "orders", "ok", at, None, "ok")])
    assert retried(tick(tmp_path, waiting.cursor)) == []


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
    assert retried(result) == [[ACCOUNT, BAD_SHOP]], "one run for both"
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
