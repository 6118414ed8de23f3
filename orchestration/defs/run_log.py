"""Progress of a step as lines in a Dagster run's log: regular, but not one line per page."""

from __future__ import annotations

import logging
import threading
import time

from ingestion.engine.progress import Progress, ShopResult

LINE_SECONDS = 10.0
"""A count that grows is logged this often."""


class RunLog(Progress):
    """The progress of `sync()`, `build()`, `audit()` and `publish()`, for a logger and any thread."""

    def __init__(self, log: logging.Logger, *, every: float = LINE_SECONDS) -> None:
        self._log = log
        self._every = every
        self._lock = threading.Lock()
        self._next = time.monotonic() + every
        self._rows = 0
        self._pages = 0
        self._names: dict[str, str] = {}

    def message(self, text: str) -> None:
        """A line worth keeping."""
        self._log.info(text)

    def shop_started(self, shop_key: str, name: str) -> None:
        """A shop's sync begins."""
        self._names[shop_key] = name
        self._log.info(f"{name} ({shop_key}): started")

    def page(self, shop_key: str, resource: str, rows: int) -> None:
        """A page with so many records came."""
        with self._lock:
            self._pages += 1
            self._rows += rows
            if not self._due():
                return
            name = self._names.get(shop_key, shop_key)
            text = f"{self._rows:,} records in {self._pages:,} pages · {name}: {resource}"
        self._log.info(text)

    def shop_finished(self, result: ShopResult) -> None:
        """A shop's sync has ended."""
        text = f"{result.name}: {result.status}, {sum(result.rows.values()):,} rows in {result.pages:,} pages"
        if result.status == "ok":
            self._log.info(f"{text}, {result.seconds:.0f} s")
        else:
            self._log.warning(f"{text}. {' '.join(result.errors)}")

    def count(self, done: int, total: int, unit: str, note: str = "") -> None:
        """So many of so many are done."""
        with self._lock:
            if not self._due() and done < total:
                return
        self._log.info(f"{done} of {total} {unit} · {note}")

    def node(self, done: int, total: int, name: str, resource_type: str, status: str, seconds: float) -> None:
        """A dbt node has finished."""
        if status in ("error", "fail", "runtime error"):
            self._log.error(f"{resource_type} {name}: {status}")
            return
        with self._lock:
            if not self._due() and done < total:
                return
        self._log.info(f"{done} of {total} nodes · {name} {seconds:.1f} s")

    def _due(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._every
        return True
