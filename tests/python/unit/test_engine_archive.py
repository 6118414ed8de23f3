"""The archive: written once, complete or not there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from home.storage import StorageError
from ingestion.engine.archive import Archive, Entry
from ingestion.engine.pages import Page


def page(number: int, rows: int, **changes: Any) -> Page:
    values: dict[str, Any] = {
        "source": "tiktok_shop",
        "shop_key": "7001",
        "resource": "orders",
        "endpoint": "search_orders",
        "version": "202309",
        "path": "/order/202309/orders/search",
        "query": {"sort_field": "update_time"},
        "body": {"update_time_ge": 1, "update_time_lt": 9},
        "window": (number, number + 1),
        "number": number,
        "retrieved_at": datetime(2026, 11, 8, 1, 2, 3, 4, tzinfo=UTC),
        "request_id": f"r{number}",
        "records": [{"id": f"{number}-{row}", "note": "a\nb\u2028c"} for row in range(rows)],
        "envelope": {"total_count": rows},
        "context": {"snapshot_id": "s"},
    }
    return Page(**(values | changes))


def stored(archive: Archive, *pages: Page) -> Entry:
    entry = archive.write(list(pages), run_id="run", schema_hash="abc")
    archive.commit([entry])
    return entry


def content(archive: Archive) -> list[tuple[Any, ...]]:
    return [
        (p.page_id, p.records, p.envelope, p.context, p.window, p.retrieved_at, p.request_id, p.query, p.body)
        for entry in archive.entries()
        for p in archive.read(entry)
    ]


def test_pages_come_back_as_they_were(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    pages = [page(1, 3), page(2, 0), page(3, 2)]
    entry = stored(archive, *pages)
    back = list(archive.read(next(archive.entries("tiktok_shop"))))
    assert [p.records for p in back] == [p.records for p in pages]
    assert [p.page_id for p in back] == [p.page_id for p in pages]
    assert len({p.page_id for p in pages}) == 3
    assert pages[2].page_id == f"{entry.file[:32]}:3"
    assert back[0].window == (1, 2) and back[0].retrieved_at == pages[0].retrieved_at
    assert entry.rows == 5 and entry.window == (1, 4) and entry.schema_hash == "abc"


def test_any_tool_reads_the_files(tmp_path: Path) -> None:
    stored(Archive(tmp_path), page(1, 3))
    found = duckdb.sql(
        f"select count(*), min(id) from read_json('{tmp_path}/tiktok_shop/orders/*/*.jsonl.zst')"
    )
    assert found.fetchone() == (3, "1-0")


def test_a_file_that_no_manifest_names_does_not_count(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.write([page(1, 3)], run_id="run")
    assert content(archive) == []
    assert archive.merge() == 0  # there is no manifest yet, so nothing is known to be superfluous
    stored(archive, page(2, 1))
    assert archive.merge() == 1
    assert len(list((tmp_path / "tiktok_shop").rglob("*.zst"))) == 1
    # It is moved aside, not removed: a manifest that was lost may have named it.
    assert len(list((tmp_path / "unnamed" / "tiktok_shop" / "orders" / "7001").glob("*.zst"))) == 1


def test_a_line_that_was_cut_off_does_no_harm(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    stored(archive, page(1, 3))
    manifest = tmp_path / "tiktok_shop" / "manifest" / "7001.jsonl"
    with manifest.open("ab") as file:
        file.write(manifest.read_bytes()[:50])
    stored(archive, page(2, 2))
    assert [len(p.records) for entry in archive.entries() for p in archive.read(entry)] == [3, 2]


def test_damage_is_noticed(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    stored(archive, page(1, 3))
    path = next(tmp_path.rglob("*.zst"))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(StorageError, match="does not match its name"):
        content(archive)
    path.unlink()
    with pytest.raises(StorageError, match="it is missing"):
        content(archive)


def test_merging_keeps_every_page(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for number in range(1, 8):
        stored(archive, page(number, number % 3))
    stored(archive, page(1, 2, resource="returns"))
    stored(archive, page(1, 2, shop_key="7002"))
    before = content(archive)
    assert archive.merge() > 0
    assert sorted(map(repr, content(archive))) == sorted(map(repr, before))
    assert len(list(tmp_path.rglob("*.zst"))) == 3
    assert archive.merge() == 0
    found = duckdb.sql(f"select count(*) from read_json('{tmp_path}/tiktok_shop/orders/*/*.jsonl.zst')")
    assert found.fetchone() == (1 + 2 + 0 + 1 + 2 + 0 + 1 + 2,)


def test_the_same_content_is_stored_once(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    stored(archive, page(1, 2))
    stored(archive, page(1, 2, retrieved_at=datetime(2026, 11, 9, tzinfo=UTC)))
    assert len(list(tmp_path.rglob("*.zst"))) == 1
    assert len(content(archive)) == 2
    archive.merge()
    assert len(content(archive)) == 2


def test_names_that_can_not_be_folders(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="file name"):
        Archive(tmp_path).write([page(1, 1, shop_key="../x")], run_id="run")


def test_a_check_counts_files_and_is_not_misled_by_pages_without_records(tmp_path: Path) -> None:
    """Every home has lists that were empty: `ttkpi verify` called each of them a damaged file."""
    archive = Archive(tmp_path)
    assert stored(archive, page(1, 0)).file == ""
    assert [(files, found) for _, files, found in archive.check()] == [(0, [])]
    entry = stored(archive, page(2, 3))
    assert [(files, found) for _, files, found in archive.check()] == [(1, [])]
    (path,) = tmp_path.rglob(entry.file)
    path.unlink()
    ((_, files, found),) = archive.check()
    assert files == 1 and len(found) == 1 and "it is missing" in found[0]
