"""A failed run becomes an alert that says what failed and what to do; alerts go to the configured webhooks."""

import json
import re
from datetime import UTC, datetime, timedelta

import dagster as dg

from home.config import load_silence_hours
from home.layout import Home, HomeBusy
from orchestration.audit.audit import last_audit
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.kept_checks import keep_last_results
from orchestration.deliver.alert_actions import actions
from orchestration.deliver.alerts import FILE_NAME, Alert, raise_alert
from orchestration.deliver.silence import note_silence
from orchestration.deliver.webhooks.config import load_webhooks
from orchestration.deliver.webhooks.deliver import deliver
from orchestration.deliver.webhooks.sender import Patience
from orchestration.history.publications import published_manifest

_SHOWN = 5
_TICK_SECONDS = 25.0
"""Dagster gives a tick a minute; what does not fit is told at the next one."""
_AGAIN_AFTER = timedelta(minutes=5)
"""A webhook that did not take its alerts is asked again after so long."""


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
    failed = [str(text) for text in record.get("critical_failures") or []]
    found = [str(text) for text in record.get("causes") or failed]
    more = f" ... and {len(failed) - _SHOWN} more." if len(failed) > _SHOWN else ""
    return f"{len(failed)} critical checks failed: {' | '.join(found[:_SHOWN])}{more} All: {record.get('json_path')}."


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
    if kept := keep_last_results(context.instance, run.run_id):
        context.log.info(f"{kept} checks that the run did not come to have their last result again.")


@dg.sensor(
    name="nothing_published",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=300,
    description=(
        "Appends a line to alerts.jsonl when nothing was published for alerts.silence_hours, although no run failed: "
        "schedules are off, the machine was down, or runs stand still."
    ),
)
def nothing_published(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    """Look how old the publication is; `alert_webhooks` tells what is found."""
    alert = note_silence(home.open(), datetime.now(UTC), load_silence_hours())
    if alert is None:
        return dg.SensorResult(skip_reason="The publication is not too old, or that was told.")
    context.log.error(alert.message)
    return dg.SensorResult(skip_reason=alert.message)


@dg.sensor(
    name="alert_webhooks",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=60,
    description=(
        "Tells the webhooks of alerts.webhooks each new alert of a publication, and each failed run, once. "
        "It does not matter who published: what is told is read from the published file."
    ),
)
def alert_webhooks(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    """Send when something was published, has failed or was assigned since the last tick, or when alerts still wait."""
    place = home.open()
    hooks = load_webhooks()
    if not hooks:
        return dg.SensorResult(
            skip_reason="No webhook is configured (alerts.webhooks).", cursor=context.cursor
        )
    state = json.loads(context.cursor) if context.cursor else {}
    now = datetime.now(UTC)
    news = {
        "published_at": (published_manifest(place) or {}).get("published_at"),
        "failures": _size(place),
        # Another list when somebody does something about an alert, and when what was done holds no more.
        "actions": sorted(f"{one.number} {one.holds(one.severity, now)}" for one in actions(place).values()),
        "webhooks": [hook.name for hook in hooks],
    }
    again_at = state.get("again_at")
    if state.get("news") == news and (not again_at or datetime.fromisoformat(again_at) > now):
        return dg.SensorResult(skip_reason="Nothing new since the last tick.", cursor=context.cursor)
    waits: list[str] = []
    try:
        outcomes = deliver(place, hooks, patience=Patience(_TICK_SECONDS), notify=waits.append)
    except HomeBusy as busy:
        # The other one sends everything that there is; the next tick looks whether it did.
        return dg.SensorResult(skip_reason=busy.message, cursor=context.cursor)
    for text in waits:
        context.log.info(text)
    for outcome in outcomes:
        if outcome.delivered:
            context.log.info(f"{outcome.webhook.title}: {outcome.delivered} alerts told.")
        if outcome.problem is not None:
            context.log.error(f"{outcome.problem} Still to be told: {outcome.waiting} alerts.")
    waiting = sum(outcome.waiting for outcome in outcomes)
    delivered = sum(outcome.delivered for outcome in outcomes)
    return dg.SensorResult(
        skip_reason=f"Told {delivered} alerts, {waiting} wait."
        if delivered or waiting
        else "No alert is new.",
        cursor=json.dumps({"news": news, "again_at": (now + _AGAIN_AFTER).isoformat() if waiting else None}),
    )


def _size(home: Home) -> int:
    """Bytes of `alerts.jsonl`, which only grows."""
    path = home.root / FILE_NAME
    return path.stat().st_size if path.is_file() else 0
