"""Dagster over many homes: a folder is a partition, so many run at a time, one per home, and the union comes after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.test_utils import create_run_for_test

from home.errors import ConfigError
from home.groups import union_home
from home.layout import Home
from orchestration.homes import definitions as module
from orchestration.homes.definitions import GROUPS, POOL, build_definitions
from orchestration.homes.instance import SETTINGS, prepare_instance
from orchestration.homes.run import GroupRun


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "homes"
    for name in ("aurora", "borealis"):
        (place / name).mkdir(parents=True)
    monkeypatch.setenv("TTKPI_HOMES", str(place))
    return place


@pytest.fixture
def instance(folder: Path) -> Iterator[dg.DagsterInstance]:
    """Dagster's instance as `ttkpi homes dagster` makes it."""
    with dg.DagsterInstance.from_config(str(prepare_instance(union_home(folder)))) as made:
        yield made


def look(instance: dg.DagsterInstance, folder: Path) -> None:
    """A tick of the sensor of groups, and what the daemon does of it."""
    with dg.build_sensor_context(
        instance=instance, resources={"home": module.HomeResource(root=str(union_home(folder).root))}
    ) as context:
        result: Any = module.seller_groups_sensor(context)
    for request in result.dynamic_partitions_requests or []:
        if hasattr(request, "partition_keys") and type(request).__name__.startswith("Add"):
            instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
        else:
            for key in request.partition_keys:
                instance.delete_dynamic_partition(request.partitions_def_name, key)


def partitions(instance: dg.DagsterInstance) -> set[str]:
    return set(instance.get_dynamic_partitions(GROUPS.name or ""))


def test_they_load_and_are_valid(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definitions = build_definitions()
    dg.Definitions.validate_loadable(definitions)
    keys = {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    assert keys == {"homes/published", "homes/union"}
    monkeypatch.delenv("TTKPI_HOMES")
    with pytest.raises(ConfigError, match="TTKPI_HOMES is not set"):
        build_definitions()


def test_a_new_folder_is_a_new_partition_and_one_that_is_gone_is_none(
    folder: Path, instance: dg.DagsterInstance
) -> None:
    look(instance, folder)
    assert partitions(instance) == {"aurora", "borealis"}
    (folder / "new").mkdir()
    (folder / "aurora").rename(folder / "_aurora")
    look(instance, folder)
    assert partitions(instance) == {"borealis", "new"}


def test_the_schedule_asks_for_a_run_of_each_group(folder: Path, instance: dg.DagsterInstance) -> None:
    (folder / "newest").mkdir()
    with dg.build_schedule_context(
        instance=instance, resources={"home": module.HomeResource(root=str(union_home(folder).root))}
    ) as context:
        asked: Any = module.homes_schedule(context)
    assert [request.partition_key for request in asked] == ["aurora", "borealis", "newest"]
    assert partitions(instance) == {"aurora", "borealis", "newest"}, (
        "a run of a partition that is not there fails"
    )


def test_two_groups_at_a_time_and_one_run_in_a_home(folder: Path, instance: dg.DagsterInstance) -> None:
    settings = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))["concurrency"]
    assert settings["pools"] == {"default_limit": 2, "granularity": "run"}
    assert module.published.op.pool == POOL
    # From the first look at the queue on: without it, Dagster started all groups at once the first time.
    [limit] = instance.event_log_storage.get_pool_limits()
    assert (limit.name, limit.limit) == (POOL, 2)
    # What a person has set stays at the next start.
    instance.event_log_storage.set_concurrency_slots(POOL, 4)
    prepare_instance(union_home(folder))
    [limit] = instance.event_log_storage.get_pool_limits()
    assert limit.limit == 4
    limits = instance.get_concurrency_config().run_queue_config
    assert limits is not None
    assert list(limits.tag_concurrency_limits) == [
        {"key": "dagster/partition", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
    ]


def test_the_queue_holds_the_limits(folder: Path, instance: dg.DagsterInstance) -> None:
    """What the daemon's own counter says of runs that are queued while others are under way."""
    from dagster._core.run_coordinator.queued_run_coordinator import QueuedRunCoordinator
    from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import TagConcurrencyLimitsCounter

    assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
    limits = instance.get_concurrency_config().run_queue_config
    assert limits is not None
    under_way = create_run_for_test(
        instance, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "aurora"}
    )
    counter = TagConcurrencyLimitsCounter(limits.tag_concurrency_limits, [under_way])
    same = create_run_for_test(instance, tags={"dagster/partition": "aurora"})
    other = create_run_for_test(instance, tags={"dagster/partition": "borealis"})
    assert counter.is_blocked(same)
    assert not counter.is_blocked(other)


@pytest.mark.parametrize(("code", "is_success"), [(0, True), (3, True), (1, False), (4, False), (2, False)])
def test_one_failure_is_that_of_one_partition(
    folder: Path,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    is_success: bool,
) -> None:
    def fake(group: Any, arguments: list[str]) -> GroupRun:
        return GroupRun(group.name, code if group.name == "aurora" else 0, 1.0, "why")

    monkeypatch.setattr(module, "run_in", fake)
    definitions = build_definitions()
    look(instance, folder)
    job = definitions.resolve_job_def("homes_job")
    for name, expected in (("aurora", is_success), ("borealis", True)):
        done = job.execute_in_process(instance=instance, partition_key=name, raise_on_error=False)
        assert done.success is expected, name
    shown = instance.get_materialized_partitions(dg.AssetKey(["homes", "published"]))
    assert shown == {"borealis", *(["aurora"] if is_success else [])}


def test_the_union_comes_when_groups_have_published_and_none_is_at_work(
    folder: Path, instance: dg.DagsterInstance
) -> None:
    definitions = build_definitions()
    look(instance, folder)
    union = dg.AssetKey(["homes", "union"])

    def requested(cursor: Any) -> tuple[int, Any]:
        result = dg.evaluate_automation_conditions(
            definitions, instance, asset_selection=dg.AssetSelection.assets(union), cursor=cursor
        )
        return result.get_num_requested(union), result.cursor

    count, cursor = requested(None)
    assert count == 0
    instance.report_runless_asset_event(
        dg.AssetMaterialization(asset_key=dg.AssetKey(["homes", "published"]), partition="aurora")
    )
    count, cursor = requested(cursor)
    assert count == 1, "borealis never published: that is no reason to wait"
    count, cursor = requested(cursor)
    assert count == 0


def test_the_union_of_dagster(folder: Path, instance: dg.DagsterInstance) -> None:
    from test_homes import gmv, published_group

    published_group(folder, "third", "shop3")
    done = (
        build_definitions()
        .resolve_implicit_global_asset_job_def()
        .get_subset(asset_selection={dg.AssetKey(["homes", "union"])})
        .execute_in_process(instance=instance)
    )
    assert done.success
    assert gmv(folder) == {"third": 3000}
    assert (union_home(folder).root / "dagster").is_dir()
    assert Home(folder / "aurora").root.is_dir()
