"""Replay and compaction change files, never rows."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from shop_fakes import DAY, NOW, FakeClient, order, raw, rows, run, tree
from templates import copy_of

import ingestion.engine.compact as compact_module
import ingestion.replay as replay_module
from home.layout import Home
from ingestion.engine.archive import Archive
from ingestion.engine.compact import compact
from ingestion.engine.journal import JOURNAL, SHOP, LogRow, write_journal
from ingestion.engine.pipelines import recover
from ingestion.replay import replay, replay_into
from ingestion.tables.sources import TIKTOK_SHOP as SOURCE
from ingestion.tiktok_shop.resources import RESOURCES, tables


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home after three syncs. Never changed: `home` is a copy."""
    home = Home(tmp_path_factory.mktemp("replay") / "home")
    client = FakeClient({"search_orders": [order(n, NOW - 60 * n, gift_wrap="x") for n in range(1, 250)]})
    client.lists["unsettled_transactions"] = [{"id": str(n), "currency": "THB"} for n in range(5)]
    for step in range(3):
        outcome = run(home, client, until=NOW + step * DAY, run_id=f"run{step}")
        write_journal(home, SOURCE, SHOP, f"run{step}", outcome.log, {outcome.shop_key: outcome.drift})
    return home


@pytest.fixture
def home(synced: Home, tmp_path: Path) -> Home:
    return copy_of(synced, tmp_path / "home")


def everything(home: Home, *leave_out: str) -> dict[str, Any]:
    names = [table.name for table in tables()] + list(JOURNAL)
    return {name: rows(home, name, *leave_out) for name in names}


def cursors(home: Home) -> dict[str, Any]:
    outcome = run(home, FakeClient({}), "orders", until=NOW + 9 * DAY)
    return {"incremental": outcome.incremental, "from": outcome.log[0].window_from}


def test_replay_gives_the_same_rows(home: Home) -> None:
    before = everything(home, "_dlt_load_id")
    newest = max(raw(home, "orders").column("_dlt_load_id").to_pylist())
    report = replay(home)
    assert everything(home, "_dlt_load_id") == before
    assert len(before["drift"]) == 3 and len(before["sync_log"]) == 3 * len(RESOURCES)
    ids = set(raw(home, "orders").column("_dlt_load_id").to_pylist())
    assert len(ids) == 1 and min(ids) > newest
    assert report.rows["orders"] == len(before["orders"])
    assert cursors(home) == {"incremental": True, "from": NOW}


def test_replay_brings_back_a_lost_raw_folder(home: Home) -> None:
    before = everything(home, "_dlt_load_id")
    shutil.rmtree(home.raw)
    replay(home)
    assert everything(home, "_dlt_load_id") == before
    assert cursors(home) == {"incremental": True, "from": NOW}


def test_replay_since_keeps_older_rows_as_they_are(home: Home) -> None:
    before = everything(home, "_dlt_load_id")
    old = set(raw(home, "orders").column("_dlt_load_id").to_pylist())
    replay(home, since=date(2100, 1, 1))
    assert set(raw(home, "orders").column("_dlt_load_id").to_pylist()) == old
    assert everything(home, "_dlt_load_id") == before
    replay(home, since=datetime.now(UTC).date())
    assert set(raw(home, "orders").column("_dlt_load_id").to_pylist()).isdisjoint(old)
    assert everything(home, "_dlt_load_id") == before


def test_a_replay_that_fails_changes_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(home.raw)

    def fail(*args: Any) -> Any:
        raise RuntimeError("killed")

    monkeypatch.setattr(replay_module, "exchange_folders", fail)
    with pytest.raises(RuntimeError, match="killed"):
        replay(home)
    assert tree(home.raw) == before


def test_compaction_keeps_every_row_and_load_id(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact_module, "GROUP_ROWS", 100)
    before = everything(home)
    report = compact(home)
    assert report.files_after < report.files_before
    assert everything(home) == before
    files = [p for p in (home.raw / "tiktok_shop/orders").glob("*.parquet") if p.name != "0.schema.parquet"]
    assert len(files) == 1 and files[0].name.startswith(
        max(raw(home, "orders").column("_dlt_load_id").to_pylist())
    )
    assert pq.ParquetFile(files[0]).num_row_groups > 1
    assert cursors(home) == {"incremental": True, "from": NOW}
    compact(home)
    assert len(rows(home, "orders")) == len(before["orders"])


def test_replay_after_compaction(home: Home) -> None:
    before = everything(home, "_dlt_load_id")
    compact(home)
    assert max(len(list(f.glob("*.zst"))) for f in home.archive.glob("tiktok_shop/*/7001")) == 1
    replay(home)
    assert everything(home, "_dlt_load_id") == before


def test_large_files_are_left_alone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    compact(home)
    monkeypatch.setattr(compact_module, "LARGE_BYTES", 1)
    before = sorted(path.name for path in home.raw.rglob("*.parquet"))
    assert compact(home).tables == 0
    assert sorted(path.name for path in home.raw.rglob("*.parquet")) == before


def test_processes_and_one_process_agree(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(home, "_dlt_load_id")
    monkeypatch.setattr(replay_module, "TASK_BYTES", 100_000)
    replay(home)
    assert everything(home, "_dlt_load_id") == before


def test_the_journal_is_archived(home: Home) -> None:
    resources = {entry.resource for entry in Archive(home.archive).entries()}
    assert {"sync_log", "drift", "orders", "shops"} <= resources


def test_a_log_row_without_times(tmp_path: Path) -> None:
    home = Home(tmp_path)
    run(home, FakeClient({}), "warehouses")
    row = LogRow("r", "7001", "orders", "search_orders", "failed", 1, 2, error_message="x")
    write_journal(home, SOURCE, SHOP, "r", [row], {})
    found = raw(home, "sync_log").to_pylist()
    assert found[0]["status"] == "failed" and found[0]["cursor"] is None and found[0]["shop_key"] == "7001"


def test_a_compaction_cut_short_is_cleared_up(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(home)
    folder = home.raw / "tiktok_shop"
    # Killed while writing the new folder, and (without an atomic exchange) between two renames.
    shutil.copytree(folder / "orders", folder / ".orders.new")
    (folder / "order_lines").rename(folder / "order_lines.old")
    recover(home.raw)
    assert everything(home) == before
    # Killed after the exchange, before the old folder was removed.
    shutil.copytree(folder / "orders", folder / "orders.old")
    compact(home)
    assert everything(home) == before
    assert not list(folder.glob("*.old")) and not list(folder.glob(".*"))


class TestReplayInto:
    """What was known at an instant, in a home of its own."""

    def test_only_pages_that_came_before_the_instant(self, home: Home, tmp_path: Path) -> None:
        known = everything(home, "_dlt_load_id")
        until = datetime.now(UTC)
        client = FakeClient({"search_orders": [order(900, NOW + DAY)]})
        outcome = run(home, client, until=NOW + 9 * DAY, run_id="later")
        write_journal(home, SOURCE, SHOP, "later", outcome.log, {outcome.shop_key: outcome.drift})
        before = tree(home.raw)
        other = Home(tmp_path / "other")
        report = replay_into(home, other, until)
        assert everything(other, "_dlt_load_id") == known
        assert tree(home.raw) == before, "the home itself is only read"
        assert report.rows["orders"] == len(known["orders"])
        assert len(rows(home, "orders")) > len(known["orders"]), "the later run did bring something"

    def test_an_instant_before_everything_gives_empty_tables(self, home: Home, tmp_path: Path) -> None:
        other = Home(tmp_path / "other")
        report = replay_into(home, other, datetime(2000, 1, 1, tzinfo=UTC))
        assert report.pages == 0
        assert not any(everything(other).values()), "the tables are there for the models, without rows"
