"""Alerts: one JSON line per thing that a person should know, in `alerts.jsonl` of the home.

Whoever watches the shops tails the file, or configures webhooks (`orchestration/deliver/webhooks`), which are told
what is new in it; nothing here calls out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from home.layout import Home

FILE_NAME = "alerts.jsonl"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert: what happened, to what, and what to do about it."""

    kind: str
    """`run_failed`, `shop_sync_failed`, `ads_sync_failed`, `nothing_published`, `report_not_sent`, `alerts_damaged`."""
    message: str
    run_id: str
    shop_key: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    """When it was raised, UTC."""


def raise_alert(home: Path, alert: Alert) -> Path:
    """Append an alert to the home's `alerts.jsonl` and return the file's path.

    One `write` of one line to a file opened for appending: lines of two processes do not mix.
    """
    Home(home).make()
    path = home / FILE_NAME
    line = json.dumps(asdict(alert), ensure_ascii=False) + "\n"
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        end = os.fstat(descriptor).st_size
        # A line that a power cut has left without its end must not swallow ours.
        is_whole = end == 0 or os.pread(descriptor, 1, end - 1) == b"\n"
        os.write(descriptor, f"{'' if is_whole else chr(10)}{line}".encode())
    finally:
        os.close(descriptor)
    return path


def read_alerts(home: Path) -> list[Alert]:
    """All alerts that were raised, oldest first. Of a line that is damaged an alert tells, so that the others come."""
    path = home / FILE_NAME
    if not path.is_file():
        return []
    found: list[Alert] = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        try:
            alert = Alert(**json.loads(line))
            datetime.fromisoformat(alert.at)
            if not isinstance(alert.details, dict) or not isinstance(alert.message, str):
                raise TypeError
            found.append(alert)
        except (ValueError, TypeError):
            message = f"Line {number} of {path} is damaged: the alert in it is not known. Remove the line."
            at = found[-1].at if found else datetime.fromtimestamp(path.stat().st_ctime, UTC).isoformat()
            found.append(Alert("alerts_damaged", message, str(number), at=at))
    return found
