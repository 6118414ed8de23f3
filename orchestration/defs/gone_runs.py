"""Runs whose process is gone: a power cut or a kill ends a process, and Dagster's record of the run stays 'started'.

Such a run would keep the writer's slot for ever, and all later runs would wait for it. Each run therefore holds a
lock in `dagster/alive/` of the home, which the operating system frees when the process ends, however it ends. Who
finds the lock free fails the run, so that it is told like any other failure, and frees its slot.

Dagster's own run monitoring only asks launchers that know the health of a process, and the one for local processes does
not; its limits of time (`dagster.yaml`) remain for what hangs.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg
from filelock import FileLock, Timeout

from home.layout import Home
from orchestration.defs.ingestion.resources import HomeResource, alive_folder

GRACE_SECONDS = 600.0
"""A run that began so long ago has its lock, if it is one of ours and lives."""

MESSAGE = (
    "The process of this run is gone: the machine or the process was ended while it was at work. "
    "Nothing is lost: the next run continues where this one stopped."
)


def end_gone_runs(instance: dg.DagsterInstance, home: Home) -> list[str]:
    """Fails the runs whose process is gone, and frees their slots.

    Args:
        instance: Dagster's records.
        home: The data home that the runs write.

    Returns:
        The ids of the runs.
    """
    ended: list[str] = []
    statuses = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    for record in instance.get_run_records(filters=dg.RunsFilter(statuses=statuses)):
        run = record.dagster_run
        if not _is_gone(instance, home, run.run_id, record.start_time):
            continue
        # It may have ended well in between.
        now = instance.get_run_by_id(run.run_id)
        if now is None or now.is_finished:
            continue
        if now.status == dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(now, MESSAGE)
        else:
            instance.report_run_failed(now, MESSAGE)
        ended.append(run.run_id)
    for run_id in ended:
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    _sweep(instance, home)
    return ended


def _sweep(instance: dg.DagsterInstance, home: Home) -> None:
    """Removes the locks of runs that have ended."""
    for path in alive_folder(home).glob("*.lock"):
        run = instance.get_run_by_id(path.stem)
        if run is None or run.is_finished:
            with suppress(OSError):
                path.unlink()


def _is_gone(instance: dg.DagsterInstance, home: Home, run_id: str, started: float | None) -> bool:
    path = _lock_file(home, run_id)
    if path.exists():
        try:
            with FileLock(path, timeout=0):
                return True
        except (Timeout, OSError):
            return False
    # It has not come to its lock yet, was ended before, or a version before this one started it.
    if started is None or time.time() - started < GRACE_SECONDS:
        return False
    pid = _process_of(instance, run_id)
    return pid is None or (not Path(f"/proc/{pid}").exists() and not _lives(pid))


def _process_of(instance: dg.DagsterInstance, run_id: str) -> int | None:
    """The process that the launcher has started for a run."""
    found: Any = None
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        event = entry.dagster_event
        metadata = getattr(event.event_specific_data, "metadata", {}) if event is not None else {}
        found = getattr(metadata.get("pid"), "text", None) or found
    return int(found) if found and str(found).isdigit() else None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _lock_file(home: Home, run_id: str) -> Path:
    return alive_folder(home) / f"{run_id}.lock"


@dg.sensor(
    name="gone_runs",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=60,
    description="Fails runs whose process is gone, as after a power cut, and frees their slots for later runs.",
)
def gone_runs(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    """Look for them; the alert comes from `run_failure_alert`, as for any run that failed."""
    ended = end_gone_runs(context.instance, home.open())
    for run_id in ended:
        context.log.error(f"Run {run_id} was failed: its process is gone.")
    return dg.SensorResult(
        skip_reason=f"Failed {len(ended)} runs whose process was gone." if ended else "Every run lives."
    )
