"""A run whose process is gone is failed, told and does not keep the slot; one that lives is left alone."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test
from filelock import FileLock

from home.layout import Home
from orchestration import dagster_home
from orchestration.dagster_home import prepare
from orchestration.defs import gone_runs as module
from orchestration.defs.gone_runs import end_gone_runs, gone_runs
from orchestration.defs.ingestion.resources import HomeResource, alive_folder
from orchestration.defs.publish.sensors import run_failure_alert
from orchestration.deliver.alerts import read_alerts

RUN = """
    import sys, time
    from pathlib import Path
    import dagster as dg
    from orchestration.defs.ingestion.resources import HomeResource

    @dg.op(pool="warehouse_writer")
    def step(context: dg.OpExecutionContext, home: HomeResource) -> None:
        print(context.run_id, flush=True)
        time.sleep(60 if "wait" in sys.argv else 0)

    @dg.job(resource_defs={"home": HomeResource(root=sys.argv[1])}, executor_def=dg.in_process_executor)
    def daily_job() -> None:
        step()

    with dg.DagsterInstance.from_config(sys.argv[2]) as instance:
        daily_job.execute_in_process(instance=instance)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(prepare(home))) as instance:
        yield instance


@contextmanager
def running(home: Home) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A run in a process of its own that is in the middle of a step."""
    script = textwrap.dedent(RUN)
    command = [sys.executable, "-c", script, str(home.root), str(home.root / "dagster"), "wait"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ}
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_a_run_that_was_killed_is_failed_told_and_frees_its_slot(
    home: Home, instance: dg.DagsterInstance
) -> None:
    """A power cut during a scheduled run ended all later runs for ever, and nobody was told."""
    with running(home) as (process, run_id):
        instance.event_log_storage.set_concurrency_slots("warehouse_writer", 1)
        instance.event_log_storage.claim_concurrency_slot("warehouse_writer", run_id, "step")
        assert end_gone_runs(instance, home) == [], "it lives"
        process.send_signal(signal.SIGKILL)
        process.wait()
    run = instance.get_run_by_id(run_id)
    assert run is not None and run.status == dg.DagsterRunStatus.STARTED
    result = gone_runs(dg.build_sensor_context(instance=instance), home=HomeResource(root=str(home.root)))
    assert isinstance(result, dg.SensorResult) and result.skip_reason is not None
    assert "Failed 1 runs" in (result.skip_reason.skip_message or "")
    run = instance.get_run_by_id(run_id)
    assert run is not None and run.status == dg.DagsterRunStatus.FAILURE
    slots = instance.event_log_storage.get_concurrency_info("warehouse_writer")
    assert slots.active_slot_count == 0
    [event] = [
        entry.dagster_event
        for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
        if entry.dagster_event is not None
    ]
    context = dg.build_run_status_sensor_context(
        sensor_name="run_failure_alert", dagster_instance=instance, dagster_run=run, dagster_event=event
    ).for_run_failure()
    run_failure_alert(context, home=HomeResource(root=str(home.root)))
    [alert] = read_alerts(home.root)
    assert alert.kind == "run_failed" and "process of this run is gone" in alert.message
    assert end_gone_runs(instance, home) == []
    assert list(alive_folder(home).iterdir()) == []


def test_before_anything_starts_they_are_failed_too(
    home: Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(home) as (process, run_id):
        process.send_signal(signal.SIGKILL)
        process.wait()
    monkeypatch.setenv("TTKPI_HOME", str(home.root))
    assert dagster_home.main([]) == 0
    run = instance.get_run_by_id(run_id)
    assert run is not None and run.status == dg.DagsterRunStatus.FAILURE


def test_a_run_without_a_lock_is_given_time_and_then_judged_by_its_process(
    home: Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run_for_test(instance, job_name="daily_job", status=dg.DagsterRunStatus.STARTING)
    instance.report_dagster_event(
        dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, "daily_job"), run_id=run.run_id
    )
    assert end_gone_runs(instance, home) == []
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.0)
    time.sleep(0.01)
    monkeypatch.setattr(module, "_process_of", lambda *_: os.getpid())
    assert end_gone_runs(instance, home) == []
    monkeypatch.setattr(module, "_process_of", lambda *_: None)
    assert end_gone_runs(instance, home) == [run.run_id]


def test_what_hangs_has_limits(home: Home, instance: dg.DagsterInstance) -> None:
    assert instance.run_monitoring_enabled
    assert instance.run_monitoring_max_runtime_seconds == 86_400
    assert instance.run_monitoring_start_timeout_seconds == 300
    assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"] == 60


@pytest.mark.parametrize("seed", range(int(os.environ.get("TTKPI_SEEDS", "2"))))
def test_of_any_runs_those_without_a_process_end_and_no_other(
    home: Home, instance: dg.DagsterInstance, seed: int
) -> None:
    """Runs in any state, some alive, some gone, some with a slot, looked at again and again while more of them die."""
    chance = random.Random(seed)
    running, others = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING], [
        dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE,
    ]  # fmt: skip
    instance.event_log_storage.set_concurrency_slots("warehouse_writer", 1)
    folder = alive_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    alive: dict[str, FileLock] = {}
    states: dict[str, dg.DagsterRunStatus] = {}
    for _ in range(chance.randint(3, 12)):
        status = chance.choice([*running, *others])
        run = create_run_for_test(instance, job_name="daily_job", status=status)
        states[run.run_id] = status
        if status in running:
            alive[run.run_id] = FileLock(folder / f"{run.run_id}.lock")
            alive[run.run_id].acquire()
    holder = chance.choice(list(alive) or list(states))
    instance.event_log_storage.claim_concurrency_slot("warehouse_writer", holder, "step")
    gone: set[str] = set()
    for _ in range(4):
        for run_id in [one for one in alive if chance.random() < 0.4]:
            alive.pop(run_id).release()
            gone.add(run_id)
        ended = set(end_gone_runs(instance, home))
        assert ended <= gone
        for run_id, before in states.items():
            run = instance.get_run_by_id(run_id)
            assert run is not None
            if run_id not in gone:
                assert run.status == before
            elif before == dg.DagsterRunStatus.CANCELING:
                assert run.status == dg.DagsterRunStatus.CANCELED
            else:
                assert run.status == dg.DagsterRunStatus.FAILURE
        if holder in gone:
            assert instance.event_log_storage.get_concurrency_info("warehouse_writer").active_slot_count == 0
    assert end_gone_runs(instance, home) == []
    assert {path.stem for path in folder.glob("*.lock")} == set(alive)
    for lock in alive.values():
        lock.release()
