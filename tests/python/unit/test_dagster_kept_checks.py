"""One failed launch does not paint all checks red: what it did not come to has its last result again, or none.

On an instance with a database on the disk, as `make dagster` has, and with the status that Dagster's pages show.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.loader import LoadingContextForTest

from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.kept_checks import NOT_RUN_IN, keep_last_results
from orchestration.defs.publish.sensors import run_failure_alert

RAW, MART = dg.AssetKey("raw_orders"), dg.AssetKey("kpi_shop_daily")
GOOD, WARNED, NEW = (dg.AssetCheckKey(MART, name) for name in ("adds_up", "odd", "new"))


class World:
    """What the next launch comes upon."""

    reachable = True
    builds = True


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[World]]:
    for name in ("reachable", "builds"):
        monkeypatch.setattr(World, name, True)
    return World


@dg.asset(key=RAW)
def sync() -> None:
    if not World.reachable:
        raise dg.Failure("The platform can't be reached.")


@dg.multi_asset(
    specs=[dg.AssetSpec(MART, deps=[RAW])],
    check_specs=[dg.AssetCheckSpec(one.name, asset=MART) for one in (GOOD, WARNED, NEW)],
)
def build() -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    yield dg.MaterializeResult(asset_key=MART)
    yield dg.AssetCheckResult(asset_key=MART, check_name=GOOD.name, passed=World.builds)
    if not World.builds:
        raise dg.Failure("A model could not be built.")
    yield dg.AssetCheckResult(
        asset_key=MART, check_name=WARNED.name, passed=False, severity=dg.AssetCheckSeverity.WARN,
        metadata={"failing rows": 3},
    )  # fmt: skip
    yield dg.AssetCheckResult(asset_key=MART, check_name=NEW.name, passed=True)


JOB = dg.define_asset_job("daily_job", selection=dg.AssetSelection.all())
DEFINITIONS = dg.Definitions(assets=[sync, build], jobs=[JOB])


def launch(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return DEFINITIONS.resolve_job_def("daily_job").execute_in_process(
        instance=instance, raise_on_error=False
    )


def shown(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> tuple[str, dict[str, object]]:
    """What the page of a check says of its newest execution; `EXECUTION_FAILED` is red, `SKIPPED` grey."""
    record = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    status = asyncio.run(record.resolve_status(LoadingContextForTest(instance))).value
    if status in ("EXECUTION_FAILED", "SKIPPED"):
        return status, {}
    assert record.event is not None and record.event.dagster_event is not None
    said = record.event.dagster_event.asset_check_evaluation_data
    passed = "passed" if said.passed else said.severity.value
    return passed, {name: value.value for name, value in said.metadata.items()}


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    place = tmp_path / "dagster"
    place.mkdir()
    with dg.DagsterInstance.local_temp(str(place)) as instance:
        yield instance


def test_a_launch_that_reaches_nobody_changes_no_result(
    tmp_path: Path, world: type[World], instance: dg.DagsterInstance
) -> None:
    assert launch(instance).success
    world.reachable = False
    failed = launch(instance)
    assert not failed.success
    assert {shown(instance, key)[0] for key in (GOOD, WARNED, NEW)} == {"EXECUTION_FAILED"}, "all of them red"
    context = dg.build_run_status_sensor_context(
        sensor_name="run_failure_alert",
        dagster_instance=instance,
        dagster_run=failed.dagster_run,
        dagster_event=next(event for event in failed.all_events if event.is_run_failure),
    ).for_run_failure()
    run_failure_alert(context, home=HomeResource(root=str(tmp_path)))
    assert shown(instance, GOOD) == ("passed", {NOT_RUN_IN: failed.run_id})
    assert shown(instance, WARNED) == ("WARN", {"failing rows": 3, NOT_RUN_IN: failed.run_id})
    assert keep_last_results(instance, failed.run_id) == 0, "once"


def test_what_the_failed_run_found_stays(world: type[World], instance: dg.DagsterInstance) -> None:
    assert launch(instance).success
    world.builds = False
    failed = launch(instance)
    assert keep_last_results(instance, failed.run_id) == 2
    assert shown(instance, GOOD) == ("ERROR", {}), "it was looked at, and is not good"
    assert shown(instance, WARNED)[0] == "WARN"


def test_a_later_run_is_not_overwritten(world: type[World], instance: dg.DagsterInstance) -> None:
    """The sensor comes half a minute later: by then another run may have new results."""
    assert launch(instance).success
    world.reachable = False
    failed = launch(instance)
    world.reachable = True
    assert launch(instance).success
    assert keep_last_results(instance, failed.run_id) == 0
    assert shown(instance, GOOD) == ("passed", {})


def test_a_check_without_a_result_is_grey_and_not_red(
    world: type[World], instance: dg.DagsterInstance
) -> None:
    """Guards a new home: its very first launch finds no key, and a thousand checks that nobody ran are red."""
    world.reachable = False
    for _ in range(2):
        failed = launch(instance)
        assert {shown(instance, key)[0] for key in (GOOD, WARNED, NEW)} == {"EXECUTION_FAILED"}
        assert keep_last_results(instance, failed.run_id) == 3
        assert {shown(instance, key)[0] for key in (GOOD, WARNED, NEW)} == {"SKIPPED"}
        assert keep_last_results(instance, failed.run_id) == 0, "once"
    world.reachable = True
    assert launch(instance).success
    assert [shown(instance, key)[0] for key in (GOOD, WARNED, NEW)] == ["passed", "WARN", "passed"]
    world.builds = False
    assert keep_last_results(instance, launch(instance).run_id) == 2
    assert [shown(instance, key)[0] for key in (GOOD, WARNED, NEW)] == ["ERROR", "WARN", "passed"]
