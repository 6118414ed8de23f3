"""What every run is told: where the data home is, which shops and which dates."""

import os
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
from filelock import FileLock, Timeout
from pydantic import Field, PrivateAttr, field_validator

from home.audit_log import set_origin
from home.layout import Home

_alive: list[FileLock] = []
"""Held until the process ends, however it ends."""


def alive_folder(home: Home) -> Path:
    """Where each run holds a lock for as long as its process lives."""
    return home.root / "dagster" / "alive"


class HomeResource(dg.ConfigurableResource[Home]):
    """The data home; without a root the one of the command line: `TTKPI_HOME`, else `.ttkpi/`."""

    root: str | None = Field(
        default=None,
        description="Absolute path of the data home; empty: TTKPI_HOME, else .ttkpi/ in the project.",
    )

    _run_id: str | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Remember the run, for the audit log, and show that its process lives (`gone_runs.py`)."""
        self._run_id = context.run_id
        if context.run_id and context.instance is not None and not context.instance.is_ephemeral:
            path = alive_folder(self.open()) / f"{context.run_id}.lock"
            # A disk that refuses is told by the first step.
            with suppress(OSError, Timeout):
                path.parent.mkdir(parents=True, exist_ok=True)
                lock = FileLock(path, timeout=0, mode=0o600)
                lock.acquire()
                _alive.append(lock)

    def open(self) -> Home:
        """The data home, looked up when a step runs, so that the definitions load without one."""
        set_origin("dagster", self._run_id)
        if self.root:
            return Home(Path(self.root).expanduser().absolute())
        return Home.from_env()


class SyncScope(dg.ConfigurableResource[None]):
    """Which shops, ads accounts and dates a run syncs; said once for all of the run's sync steps.

    The defaults are the normal run: everything authorised, from its cursor (with the look-back) until now.
    A backfill names dates, and shops or ads accounts if it is not for all of them.
    """

    shops: list[str] = Field(
        default=[],
        description="Ids of shops and ads accounts; empty: everything that the app is authorised for.",
    )
    since: str | None = Field(
        default=None, description="First day (YYYY-MM-DD, UTC) to fetch again; empty: from the cursor."
    )
    until: str | None = Field(
        default=None,
        description="Exclusive end: a day (YYYY-MM-DD, 00:00 UTC) or an instant (ISO 8601); empty: now.",
    )

    @field_validator("since")
    @classmethod
    def _since_is_a_day(cls, value: str | None) -> str | None:
        if value:
            date.fromisoformat(value)
        return value or None

    @field_validator("until")
    @classmethod
    def _until_is_an_instant(cls, value: str | None) -> str | None:
        if value:
            _instant(value)
        return value or None

    @property
    def since_date(self) -> date | None:
        """First day to fetch again, or None for 'from the cursor'."""
        return date.fromisoformat(self.since) if self.since else None

    @property
    def until_instant(self) -> datetime | None:
        """Exclusive end of the window in UTC, or None for 'now'.

        `TTKPI_SYNC_UNTIL` says it for all runs that name none: a sandbox has a clock of its own.
        """
        text = self.until or os.environ.get("TTKPI_SYNC_UNTIL", "").strip()
        return _instant(text) if text else None


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        if len(text) > len("YYYY-MM-DD"):
            raise ValueError(f"until={text!r} has a time but no zone; write for instance {text}Z")
        instant = instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC)
