"""What a person sees: plain lines in a log, no control characters, never a silent minute."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from ingestion.engine.progress import Progress, ShopResult
from orchestration import progress as module
from orchestration.progress import Reporter


def reporter() -> tuple[Reporter, io.StringIO]:
    text = io.StringIO()
    return Reporter(Console(file=text, highlight=False, soft_wrap=True)), text


def result(status: str = "ok", incremental: bool = False) -> ShopResult:
    errors = [] if status == "ok" else ["Scope seller.finance.info is missing."]
    return ShopResult("1", "Aurora [TH]", "TH", status, {"orders": 1200}, 12, 3.4, incremental, errors)  # type: ignore[arg-type]


def test_a_log_gets_plain_lines() -> None:
    shown, text = reporter()
    with shown.phase("sync", "reading the shops"):
        shown.shop_started("1", "Aurora [TH]")
        shown.page("1", "orders", 100)
        shown.shop_finished(result())
    assert "\x1b" not in text.getvalue()
    lines = text.getvalue().splitlines()
    assert lines[0].startswith("sync") and lines[0].endswith("reading the shops")
    assert lines[1].endswith("Aurora [TH] (TH): 1,200 rows from 12 pages, 3 s, first sync")


def test_trouble_of_a_shop_is_told_with_its_reason() -> None:
    shown, text = reporter()
    shown.shop_finished(result("partial", incremental=True))
    assert "partial" in text.getvalue()
    assert "Scope seller.finance.info is missing." in text.getvalue()


def wait_for(wanted: str, text: io.StringIO) -> None:
    """Until a text is shown, which another thread does."""
    deadline = time.monotonic() + 30
    while wanted not in text.getvalue():
        assert time.monotonic() < deadline, text.getvalue()
        time.sleep(0.02)


def test_a_growing_count_is_not_a_line_per_page(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, text = reporter()
    monkeypatch.setattr(module, "LINE_SECONDS", 3600.0)
    with shown.phase("sync"):
        for _ in range(5000):
            shown.page("1", "orders", 100)
    assert len(text.getvalue().splitlines()) == 1
    monkeypatch.setattr(module, "LINE_SECONDS", 0.0)
    shown.page("1", "orders", 100)
    assert "500,100 records in 5,001 pages" in text.getvalue()


def test_a_log_is_never_silent_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.5)
    shown, text = reporter()
    with shown.phase("build"):
        wait_for("still working", text)


def test_counts_end_with_a_line_and_name_what_failed() -> None:
    shown, text = reporter()
    with shown.phase("build"):
        shown.node(1, 2, "stg_orders", "model", "success", 0.2)
        shown.node(2, 2, "fct_orders", "model", "error", 0.3)
    assert "fct_orders: error" in text.getvalue()
    assert "2 of 2" in text.getvalue()


def test_a_terminal_gets_bars_and_the_same_lines() -> None:
    text = io.StringIO()
    shown = Reporter(Console(file=text, force_terminal=True, width=120, highlight=False))
    with shown.phase("sync", "reading the shops"):
        shown.shop_started("1", "Aurora [TH]")
        shown.page("1", "orders", 100)
        shown.count(1, 2, "tables", "x")
        wait_for("\x1b", text)
        shown.shop_finished(result())
    assert "1,200 rows from 12 pages" in text.getvalue()


def test_it_is_what_the_sync_wants() -> None:
    shown: Progress = Reporter()
    assert shown is not None
