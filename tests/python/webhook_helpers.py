"""What tests of webhooks share: a home without configuration, published alerts, a clock, a sender."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import webhook_receiver as chats
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from webhook_receiver import SECRET, Receiver

from home.layout import Home
from home.records import write_record
from orchestration.deliver.webhooks.config import PLATFORMS
from orchestration.deliver.webhooks.deliver import Outcome, deliver
from orchestration.deliver.webhooks.platform import Webhook
from orchestration.deliver.webhooks.sender import Patience

DAY = date(2026, 11, 6)
JUDGES = {
    "feishu": chats.feishu,
    "dingtalk": chats.dingtalk,
    "wecom": chats.wecom,
    "slack": chats.slack,
    "plain": chats.plain,
}


def unconfigured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home of its own, and no configuration from the machine."""
    for name in [name for name in os.environ if name.startswith(("ALERTS__", "SOURCES__"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "home"))
    # What is published here is of a day long ago.
    monkeypatch.setenv("ALERTS__SILENCE_HOURS", "0")
    monkeypatch.setenv("DLT_PROJECT_DIR", str(tmp_path))
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / ".dlt").mkdir()
    context = Container()[PluggableRunContext]
    context.reload_providers()
    yield Home(tmp_path / "home")
    context.reload_providers()


def publish(
    home: Home, alerts: list[tuple[str, str, str, str, bool]], at: str = "2026-11-07T01:00:00+00:00"
) -> None:
    """A published file with these alerts: id, kind, severity, owner, whether it is open."""
    home.published.parent.mkdir(parents=True, exist_ok=True)
    home.published.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.published}' as file; create schema file.marts")
        connection.execute(
            "create table file.marts.kpi_alerts (alert_id text, shop_key text, alert_kind text, subject text, "
            "shop_name text, severity text, owner text, first_seen date, last_seen date, is_open boolean, "
            "evidence text, message_en text, message_zh text)"
        )
        connection.executemany(
            "insert into file.marts.kpi_alerts values "
            "(?, '7495', ?, 'sku-1', 'Aurora Thailand', ?, ?, date '2026-11-05', date '2026-11-06', ?, null, "
            "'Aurora Lamp <@all> & <!channel> is out of stock.', '极光灯缺货。')",
            [list(alert) for alert in alerts],
        ) if alerts else None
    write_record(
        home.published.with_name("manifest.json"),
        {"published_at": at, "tables": {"kpi_alerts": len(alerts)}},
    )


def stock_outs(count: int) -> list[tuple[str, str, str, str, bool]]:
    return [(f"id-{number:03}", "stock_out", "warning", "supply chain", True) for number in range(count)]


def hook(receiver: Receiver, kind: str, **changes: Any) -> Webhook:
    secret = SECRET if PLATFORMS[kind].is_signed else ""
    return replace(Webhook(kind, kind, getattr(receiver, kind), secret), **changes)


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += timedelta(seconds=seconds)

    def patience(self, seconds: float = 3600.0) -> Patience:
        return Patience(seconds, self.now, self.sleep, self.at)


def send(home: Home, *hooks: Webhook, clock: Clock | None = None, seconds: float = 3600.0) -> list[Outcome]:
    return deliver(home, hooks, patience=(clock or Clock()).patience(seconds), notify=lambda text: None)
