"""Reports by schedule: a tick with nothing to send starts no run, and what a platform refuses is told once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from webhook_helpers import unconfigured

from home.layout import Home
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.publish import reports
from orchestration.defs.publish.reports import build_report_schedule, report_job
from orchestration.deliver.alerts import read_alerts
from orchestration.deliver.report.due import READY, Due
from orchestration.deliver.report.period import period_of
from orchestration.deliver.report.send import Sent
from orchestration.deliver.webhooks.notices import KINDS, find
from orchestration.deliver.webhooks.platform import Webhook, WebhookRefused

ZONE = "Asia/Shanghai"
HOOK = Webhook("team", "slack", "https://hooks.test/1", reports=("daily",))
DUE = Due(period_of("daily", date(2026, 11, 7), ZONE), (HOOK,), READY)


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home of its own, and no configuration from the machine."""
    yield from unconfigured(tmp_path, monkeypatch)


def tick(at: datetime) -> Any:
    schedule = build_report_schedule(ZONE)
    context = dg.build_schedule_context(scheduled_execution_time=at, resources={"home": HomeResource()})
    return list(schedule.evaluate_tick(context).run_requests or [])


def test_a_tick_starts_a_run_only_when_a_report_is_to_be_sent(
    clean: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 11, 8, 0, 30, tzinfo=UTC)
    assert tick(at) == []  # no webhook wants one
    asked: list[datetime] = []

    def due(home: Home, hooks: Any, now: datetime, zone: str) -> Iterator[Due]:
        asked.append(now)
        yield DUE

    monkeypatch.setattr(reports, "due_reports", due)
    [request] = tick(at)
    assert request.tags["reports"] == "daily 2026-11-07" and asked == [at]


def test_the_schedule_begins_at_half_past_eight_and_is_off(clean: Home) -> None:
    schedule = build_report_schedule(ZONE)
    assert schedule.execution_timezone == ZONE
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    assert list(schedule.cron_schedule) == ["30-59/10 8 * * *", "*/10 9-12 * * *"]


def test_a_refusal_becomes_one_alert(clean: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards an alert every ten minutes for a webhook that is gone, and a refusal that nobody hears of."""
    monkeypatch.setattr(reports, "load_webhooks", lambda: (HOOK,))
    monkeypatch.setattr(reports, "due_reports", lambda *_: iter([DUE]))
    refusal = WebhookRefused("Webhook team (slack) answered HTTP 404: no_service.", advice="Check the URL.")
    monkeypatch.setattr(
        reports,
        "send_reports",
        lambda *_, **__: [Sent(HOOK, is_new=True, is_late=False, problem=refusal)],
    )
    for _ in range(2):
        assert report_job.execute_in_process(resources={"home": HomeResource()}).success
    [alert] = read_alerts(clean.root)
    assert alert.kind == "report_not_sent" and "no_service" in alert.message
    assert "report_not_sent" in KINDS
    [notice] = find(clean, datetime.now(UTC)).notices
    assert notice.advice.zh == "报告发送被拒"
