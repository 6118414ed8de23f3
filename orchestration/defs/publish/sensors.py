"""A failed run becomes an alert that says what failed and what to do."""

import dagster as dg

from orchestration.defs.ingestion.resources import HomeResource
from orchestration.lib.alerts import Alert, raise_alert


def _reason(context: dg.RunFailureSensorContext) -> tuple[str, str]:
    """Step and innermost error of a failed run: the outer errors only say that a step failed."""
    events = context.get_step_failure_events()
    if not events:
        return "", context.failure_event.message or "no reason was recorded"
    data = events[0].step_failure_data
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    described = data.user_failure_data.description if data.user_failure_data else None
    text = described or (error.message.strip() if error is not None else events[0].message or "")
    return events[0].step_key or "", text


@dg.run_failure_sensor(
    name="run_failure_alert",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description="Appends a line to alerts.jsonl in the data home for each failed run.",
)
def run_failure_alert(context: dg.RunFailureSensorContext, home: HomeResource) -> None:
    """Write what failed, where, and how to go on, to the log and to `alerts.jsonl`."""
    run = context.dagster_run
    step, reason = _reason(context)
    where = f" in step {step}" if step else ""
    message = (
        f"{run.job_name} failed{where}: {reason} "
        "The published file was not touched. Fix the cause, then re-execute the run from the failed step."
        if step != "publish"
        else f"{run.job_name} failed{where}: {reason} The published file is the last good one."
    )
    path = raise_alert(
        home.open().root,
        Alert(
            kind="run_failed", message=message, run_id=run.run_id, details={"job": run.job_name, "step": step}
        ),
    )
    context.log.error(f"{message} (alert written to {path})")
