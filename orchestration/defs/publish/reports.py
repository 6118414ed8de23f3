"""Reports by schedule: from 08:30 of the reporting time zone on, as soon as the publication has their numbers."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from home.errors import ConfigError, TtkpiError
from home.layout import Home
from home.project import project_var
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.deliver.alerts import Alert, raise_alert, read_alerts
from orchestration.deliver.report.due import due_reports
from orchestration.deliver.report.picture import NoPicture
from orchestration.deliver.report.send import Sent, send_reports
from orchestration.deliver.webhooks.config import load_webhooks
from orchestration.deliver.webhooks.platform import WebhookRefused

CRON = ["30-59/10 8 * * *", "*/10 9-12 * * *"]
"""08:30, and every ten minutes until 13:00: a report waits for its numbers, and comes when they are there."""
_REFUSED = "report_not_sent"


@dg.op(
    name="send_reports",
    description="Send the reports that are due to the webhooks that do not have them yet.",
)
def send_due_reports(context: dg.OpExecutionContext, home: HomeResource) -> None:
    """Send what is due, and raise an alert of what a platform refuses, once a report."""
    place = home.open()
    zone = project_var("reporting_timezone")
    for due in list(due_reports(place, load_webhooks(), datetime.now(UTC), zone)):
        for sent in send_reports(place, due.webhooks, due.period, notify=context.log.info):
            name = (
                f"{'picture of the ' if sent.is_picture else ''}{due.period.kind} report of {due.period.name}"
            )
            if sent.problem is not None:
                context.log.error(f"{name}: {sent.problem}")
                _log_refusal(place, sent, name, context.run_id)
            elif sent.is_new:
                context.log.info(f"{sent.webhook.title}: {name}{', late' if sent.is_late else ''}.")


def _log_refusal(home: Home, sent: Sent, name: str, run_id: str) -> None:
    """What is refused stays refused: people hear of it by another way, and not every ten minutes."""
    details = {"webhook": sent.webhook.name, "report": name}
    known = any(one.kind == _REFUSED and one.details == details for one in read_alerts(home.root))
    if isinstance(sent.problem, WebhookRefused | ConfigError | NoPicture) and not known:
        raise_alert(home.root, Alert(_REFUSED, f"{name}: {sent.problem}", run_id, details=details))


@dg.job(
    name="report_job",
    description="Send the daily, weekly and monthly report to the webhooks that want it, each once.",
    executor_def=dg.in_process_executor,
)
def report_job() -> None:
    """One step."""
    send_due_reports()


def build_report_schedule(timezone: str) -> dg.ScheduleDefinition:
    """The schedule, off until somebody turns it on. A tick with nothing to send starts no run.

    Args:
        timezone: IANA name of the reporting time zone.
    """

    @dg.schedule(
        name="report_schedule",
        job=report_job,
        cron_schedule=CRON,
        execution_timezone=timezone,
        description=(
            "From 08:30 on: the reports of yesterday, last week and last month, when the publication has their "
            "numbers; an hour later with what is there, or with the word that the numbers are late."
        ),
    )
    def report_schedule(
        context: dg.ScheduleEvaluationContext, home: HomeResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        try:
            hooks = load_webhooks()
            due = list(due_reports(home.open(), hooks, context.scheduled_execution_time, timezone))
        except (ConfigError, TtkpiError) as error:
            yield dg.SkipReason(str(error))
            return
        if not due:
            yield dg.SkipReason("No report is to be sent now.")
            return
        yield dg.RunRequest(
            run_key=None, tags={"reports": ", ".join(f"{one.period.kind} {one.period.name}" for one in due)}
        )

    return report_schedule
