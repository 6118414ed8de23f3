"""A failed run becomes an alert that says what failed and what to do."""

import re

import dagster as dg

from ingestion.home import Home
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.lib.alerts import Alert, raise_alert
from orchestration.lib.audit import last_audit

_SHOWN = 5


def _reason(context: dg.RunFailureSensorContext, home: Home) -> tuple[str, str]:
    """Step and innermost error of a failed run: the outer errors only say that a step failed."""
    events = context.get_step_failure_events()
    if not events:
        return "", context.failure_event.message or "no reason was recorded"
    step = events[0].step_key or ""
    if step == "audit" and (stopped := _audit_stopped(home)):
        return step, stopped
    data = events[0].step_failure_data
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    if data.user_failure_data is not None and data.user_failure_data.description:
        return step, data.user_failure_data.description
    if error is None:
        return step, events[0].message or "no reason was recorded"
    # Without the name of the class in front, which is for programmers.
    return step, re.sub(rf"^[\w.]*{re.escape(error.cls_name or '')}: ", "", error.message.strip())


def _audit_stopped(home: Home) -> str:
    """What the newest audit found; Dagster itself only knows that a check has failed. Empty if it passed."""
    record = last_audit(home)
    if record is None or record.get("passed"):
        return ""
    found = [str(text) for text in record.get("critical_failures") or []]
    more = f" ... and {len(found) - _SHOWN} more." if len(found) > _SHOWN else ""
    return f"{len(found)} critical checks failed: {' | '.join(found[:_SHOWN])}{more} All: {record.get('json_path')}."


@dg.run_failure_sensor(
    name="run_failure_alert",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description="Appends a line to alerts.jsonl in the data home for each failed run.",
)
def run_failure_alert(context: dg.RunFailureSensorContext, home: HomeResource) -> None:
    """Write what failed, where, and how to go on, to the log and to `alerts.jsonl`."""
    run = context.dagster_run
    place = home.open()
    step, reason = _reason(context, place)
    where = f" in step {step}" if step else ""
    message = (
        f"{run.job_name} failed{where}: {reason}\n"
        "The published file is the last good one. Fix the cause, then re-execute the run from the failed step."
    )
    path = raise_alert(
        place.root,
        Alert(
            kind="run_failed",
            message=message,
            run_id=run.run_id,
            details={"job": run.job_name, "step": step},
        ),
    )
    context.log.error(f"{message} (alert written to {path})")
