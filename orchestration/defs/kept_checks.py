"""Results of checks that stay what they are when a run fails.

Dagster plans every check of a run when the run begins, and shows those that it did not come to as failed: one launch
that can't reach the platform would paint hundreds of checks red, though nobody looked at a row. After a failed run each
check that was planned and not run has its last result again. One that never had a result is shown as skipped, grey:
its plan is entered again, without the run. What the run did check keeps what it found.
"""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

_RESULTS = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}
NOT_RUN_IN = "not run in"
"""Metadata of a result that was kept: the run that should have made a new one."""


def keep_last_results(instance: dg.DagsterInstance, run_id: str) -> int:
    """Give each check that a failed run planned and did not run its last result again, or none where it had none.

    Args:
        instance: Dagster's instance.
        run_id: The failed run.

    Returns:
        How many checks the run no longer shows as failed.
    """
    storage = instance.event_log_storage
    planned = dict(_planned(instance, run_id))
    kept = 0
    for key, record in storage.get_latest_asset_check_execution_by_key(list(planned)).items():
        if record.run_id != run_id or record.status in _RESULTS:
            continue
        if results := storage.get_asset_check_execution_history(key, limit=1, status=_RESULTS):
            instance.report_runless_asset_event(_again(results[0], run_id))
        else:
            # Of a plan whose run is not there Dagster says `skipped`. There is no public call for events of this type.
            instance.report_dagster_event(
                planned[key]._replace(job_name=RUNLESS_JOB_NAME, step_handle=None, step_key=None),
                run_id=RUNLESS_RUN_ID,
            )
        kept += 1
    return kept


def _planned(instance: dg.DagsterInstance, run_id: str) -> Iterator[tuple[dg.AssetCheckKey, dg.DagsterEvent]]:
    cursor = None
    while True:
        page = instance.get_records_for_run(
            run_id, cursor=cursor, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED
        )
        for record in page.records:
            event = record.event_log_entry.dagster_event
            if event is not None:
                planned = event.asset_check_planned_data
                yield dg.AssetCheckKey(planned.asset_key, planned.check_name), event
        if not page.has_more:
            return
        cursor = page.cursor


def _again(last: AssetCheckExecutionRecord, run_id: str) -> dg.AssetCheckEvaluation:
    event = last.event.dagster_event if last.event else None
    if event is None:
        raise LookupError(f"Dagster's log has no result of {last.key}.")
    said = event.asset_check_evaluation_data
    return dg.AssetCheckEvaluation(
        asset_key=said.asset_key,
        check_name=said.check_name,
        passed=said.passed,
        severity=said.severity,
        description=said.description,
        metadata={**said.metadata, NOT_RUN_IN: run_id},
    )
