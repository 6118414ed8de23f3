"""What was told to which webhook: `webhooks.json` in the home, mode 0600.

It is written before every message (that a message leaves now) and after it (which alerts it brought). So a disk that
is full stops the sending instead of telling the same every minute, the rate limits hold across processes, and a kill
in between tells an alert twice rather than never.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from filelock import FileLock, Timeout

from home.layout import Home, HomeBusy
from home.records import RecordDamaged, read_record, write_record
from home.storage import storage_errors

FILE_NAME = "webhooks.json"
KEPT_DAYS = 90
"""An alert that is gone for so long is forgotten; were it to come back, it would be news."""
_RECENT_SECONDS = 120.0
"""No platform counts for longer."""


class Ledger:
    """The memory of what was told; safe for several threads of one process.

    Args:
        home: Where it is kept.
    """

    def __init__(self, home: Home) -> None:
        self.path = home.root / FILE_NAME
        self._lock = threading.Lock()
        self._webhooks = self._read()

    def delivered(self, webhook: str) -> set[str]:
        """What the webhook was told (`Notice.told_as`)."""
        with self._lock:
            return set(self._of(webhook)["told"])

    def sent_at(self, told: str) -> datetime | None:
        """When any webhook was told this last; None when none was."""
        with self._lock:
            times = [one["told"][told] for one in self._webhooks.values() if told in one["told"]]
        return max(map(datetime.fromisoformat, times), default=None)

    def recent(self, webhook: str, now: datetime) -> list[datetime]:
        """When messages went lately, oldest first. Times of the future (a clock that was put back) do not count."""
        with self._lock:
            times = [datetime.fromisoformat(text) for text in self._of(webhook)["recent"]]
        since = now - timedelta(seconds=_RECENT_SECONDS)
        return sorted(at for at in times if since <= at <= now)

    def leaving(self, webhook: str, now: datetime) -> None:
        """Note that a message leaves now.

        Raises:
            StorageError: It can't be noted; then it must not leave.
        """
        times = [at.isoformat() for at in self.recent(webhook, now)]
        with self._lock:
            self._of(webhook)["recent"] = [*times, now.isoformat()]
            self._write()

    def answered(self, webhook: str, now: datetime) -> None:
        """Count the message that left last from now: a platform counts from its arrival, which was before its answer.
        It is written with what is noted next: the platform has the message, whatever our disk says."""
        with self._lock:
            self._of(webhook)["recent"][-1:] = [now.isoformat()]

    def record_delivery(self, webhook: str, told: Collection[str], now: datetime) -> None:
        """Note that the webhook was told these alerts.

        Raises:
            StorageError: It can't be noted; they will be told again.
        """
        with self._lock:
            self._of(webhook)["told"] |= dict.fromkeys(told, now.isoformat(timespec="seconds"))
            self._write()

    def forget(self, alive: Collection[str], now: datetime) -> None:
        """Forget alerts that are gone and were told long ago, so that the file stays small."""
        oldest = (now - timedelta(days=KEPT_DAYS)).isoformat(timespec="seconds")
        with self._lock:
            for one in self._webhooks.values():
                one["told"] = {id_: at for id_, at in one["told"].items() if id_ in alive or at >= oldest}

    def _of(self, webhook: str) -> dict[str, Any]:
        one: dict[str, Any] = self._webhooks.setdefault(webhook, {"told": {}, "recent": []})
        return one

    def _read(self) -> dict[str, Any]:
        try:
            record = read_record(self.path) or {"version": 1, "webhooks": {}}
            webhooks = record["webhooks"]
            if record["version"] != 1 or not all(
                isinstance(one["told"], dict) and isinstance(one["recent"], list) for one in webhooks.values()
            ):
                raise TypeError
        except (RecordDamaged, KeyError, TypeError, AttributeError):
            raise RecordDamaged(
                f"{self.path} is damaged: what was told is not known.",
                advice="Restore it from your backup, or delete it: every open alert is then told once more.",
            ) from None
        return {str(name): one for name, one in webhooks.items()}

    def _write(self) -> None:
        write_record(self.path, {"version": 1, "webhooks": self._webhooks}, mode=0o600)


@contextmanager
def sending(home: Home) -> Iterator[None]:
    """Hold the webhooks of a home: of two processes that send at the same time, each alert would come twice.

    It is not the home's lock: alerts also go out while a run is at work.

    Raises:
        HomeBusy: Another process sends.
        StorageError: The home can't be written.
    """
    home.make()
    with storage_errors(home.root):
        lock = FileLock(home.root / "webhooks.lock", mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise HomeBusy(
                f"Another process is sending the alerts of {home.root}.",
                advice="Nothing is lost: it sends them all. Try again when it has ended.",
            ) from None
    try:
        yield
    finally:
        lock.release()
