"""What a person sees of a command: live bars on a terminal, plain lines in a log.

Nothing here may slow the work: pages and nodes are counted at once and shown a few times a second at most.
A log is never silent for long: when nothing was worth a line for a while, a line says how far things are.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from home.text import printable
from ingestion.engine.progress import Progress, ShopResult

LINE_SECONDS = 5.0
"""In a log, a count that grows is shown this often."""
SILENCE_SECONDS = 15.0
"""In a log, a line that says what is being done comes after so much silence."""

PLAIN_WIDTH = 150
"""Width of a table in a log or a pipe, which has none of its own."""


def shown(text: str) -> str:
    """A text from outside for a console: neither its signs nor its markup are obeyed."""
    return escape(printable(text))


def output() -> Console:
    """Standard output: as wide as the terminal, or wide enough for a log."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


@dataclass(slots=True)
class _Shop:
    name: str
    pages: int = 0
    rows: int = 0
    resource: str = ""
    task: TaskID | None = None


class Reporter(Progress):
    """Shows the progress of a command. May be called from any thread.

    Args:
        console: Where to write; by default standard error, so that standard output keeps to results.
        live: Bars that move; by default only on a terminal.
    """

    def __init__(self, console: Console | None = None, *, live: bool | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._live = self.console.is_terminal if live is None else live
        self._lock = threading.RLock()
        self._progress: Bars | None = None
        self._phase = ""
        self._phase_started = time.monotonic()
        self._last_line = time.monotonic()
        self._shops: dict[str, _Shop] = {}
        self._bar: TaskID | None = None
        self._counted = ""

    @contextmanager
    def phase(self, name: str, text: str = "") -> Iterator[None]:
        """One step of the command, with its time at the end."""
        outer = (self._phase, self._phase_started)
        with self._lock:
            self._phase, self._phase_started = name, time.monotonic()
            self._shops, self._bar, self._counted = {}, None, ""
        self.message(text or "started")
        done = threading.Event()
        heart: threading.Thread | None = None
        if self._live:
            self._progress = Bars(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=30),
                TextColumn("{task.fields[note]}", markup=False),
                TimeElapsedColumn(),
                console=self.console,
                transient=True,
                refresh_per_second=5,
            )
            self._progress.start()
            # There is always a row that moves, also before the first count.
            self._progress.add_task(f"  {name}", total=None, note="")
        else:
            heart = threading.Thread(target=self._beat, args=(done,), name="progress", daemon=True)
            heart.start()
        try:
            yield
        finally:
            done.set()
            if heart is not None:
                heart.join()
            if self._progress is not None:
                self._progress.stop()
                self._progress = None
            self._phase, self._phase_started = outer

    def message(self, text: str) -> None:
        """A line worth keeping."""
        self._line(text)

    def warning(self, text: str) -> None:
        """A line that asks for attention; the work goes on."""
        self._line(text, style="yellow")

    def error(self, text: str) -> None:
        """A line that says what went wrong."""
        self._line(text, style="red")

    # Sync --------------------------------------------------------------------------------------------------

    def shop_started(self, shop_key: str, name: str) -> None:
        """A shop's sync begins."""
        with self._lock:
            entry = self._shops.setdefault(shop_key, _Shop(name or shop_key))
            entry.name = name or entry.name
            self._show(entry)

    def page(self, shop_key: str, resource: str, rows: int) -> None:
        """A page arrived, with so many records."""
        with self._lock:
            entry = self._shops.setdefault(shop_key, _Shop(shop_key))
            entry.pages += 1
            entry.rows += rows
            entry.resource = resource
            if self._progress is not None:
                self._show(entry)
                return
            pages = sum(one.pages for one in self._shops.values())
            records = sum(one.rows for one in self._shops.values())
            self._counted = f"{records:,} records in {pages:,} pages"
            self._count_line(f"{self._counted} · {entry.name}: {resource}")

    def shop_finished(self, result: ShopResult) -> None:
        """A shop's sync has ended."""
        with self._lock:
            entry = self._shops.setdefault(result.shop_key, _Shop(result.name))
            if self._progress is not None and entry.task is not None:
                self._progress.remove_task(entry.task)
                entry.task = None
        rows = f"{sum(result.rows.values()):,} rows from {result.pages:,} pages, {result.seconds:.0f} s"
        kind = "new since the last sync" if result.incremental else "first sync"
        if result.status == "ok":
            self.message(f"{result.name} ({result.region}): {rows}, {kind}")
            return
        self.warning(f"{result.name} ({result.region}): {result.status}, {rows}")
        for error in result.errors:
            self.warning(f"  {error}")

    # Counts -------------------------------------------------------------------------------------------------

    def count(self, done: int, total: int, unit: str, note: str = "") -> None:
        """So many of so many are done."""
        with self._lock:
            before, self._counted = self._counted, f"{done:,} of {total:,} {unit}"
            if self._progress is not None:
                if self._bar is None:
                    self._bar = self._progress.add_task(f"    {unit}", total=total, note="")
                line = f"{self._counted}{f' · {note}' if note else ''}"
                self._progress.update(self._bar, completed=done, total=total, note=printable(line))
                return
            text = f"{self._counted}{f' · {note}' if note else ''}"
            if done >= total:
                if before != self._counted:
                    self._line(text)
            else:
                self._count_line(text)

    def node(self, done: int, total: int, name: str, resource_type: str, status: str, seconds: float) -> None:
        """A dbt node has finished."""
        if status in ("error", "fail", "runtime error"):
            self.error(f"{name}: {status}")
        short = name if len(name) <= 60 else f"{name[:57]}..."
        self.count(done, total, "models, seeds and tests", f"{short} {seconds:.1f} s")

    def _show(self, entry: _Shop) -> None:
        if self._progress is None:
            return
        if entry.task is None:
            entry.task = self._progress.add_task(f"    {printable(entry.name)}", total=None, note="")
        note = f"{entry.rows:,} records in {entry.pages:,} pages · {entry.resource}"
        self._progress.update(entry.task, note=note)

    def _elapsed(self) -> float:
        return time.monotonic() - self._phase_started

    def _line(self, text: str, style: str = "") -> None:
        with self._lock:
            self._last_line = time.monotonic()
            lead = f"{self._phase:<8} {self._elapsed():4.0f} s  " if self._phase else ""
            body = shown(text)
            self.console.print(f"[dim]{lead}[/dim]{f'[{style}]{body}[/{style}]' if style else body}")

    def _count_line(self, text: str) -> None:
        if time.monotonic() - self._last_line >= LINE_SECONDS:
            self._line(text)

    def _beat(self, done: threading.Event) -> None:
        while not done.wait(1.0):
            with self._lock:
                if time.monotonic() - self._last_line >= SILENCE_SECONDS:
                    self._line(f"still working{f', {self._counted}' if self._counted else ''}")


class Silent(Reporter):
    """Counts and says nothing: for callers that show their own progress, and for tests."""

    def __init__(self) -> None:
        super().__init__(Console(quiet=True), live=False)
