"""A history of many groups of sellers, made of the raw files of one: what `python -m benchmarks.scale` measures."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.scale import copy_raw, count_rows
from ingestion.engine.raw_files import RawFiles

_ORDERS = """
    select '7495000000000000101' as shop_key, 'o1' as order_id, 'b1' as buyer_key
    union all select '7495000000000000202', 'o2', null
"""
_RATES = "select 'THB' as currency, 0.21 as rate"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A home with two orders and a rate."""
    home = tmp_path / "base"
    (home / "archive").mkdir(parents=True)
    (home / "archive" / "privacy.fingerprint").write_text("f")
    (home / "privacy.key").write_text("k")
    write(home, "tiktok_shop/orders", "1796028226.2724745", _ORDERS)
    write(home, "fx_rates/fx_rates", "1796028227.1", _RATES)
    (home / "raw" / "files.jsonl").write_text("the list of the base")
    return home


def write(home: Path, table: str, load: str, rows: str) -> None:
    """A load of one table, and that it has ended."""
    folder, loads = home / "raw" / table, home / "raw" / table.split("/")[0] / "_dlt_loads"
    folder.mkdir(parents=True, exist_ok=True)
    loads.mkdir(exist_ok=True)
    (loads / f"pipeline__{load}.jsonl").write_text("{}")
    duckdb.sql(rows).write_parquet(str(folder / f"{load}.e5cbcff336.parquet"))


def rows_of(home: Path, table: str) -> list[tuple[object, ...]]:
    """All rows of a raw table."""
    return duckdb.sql(f"from '{home / 'raw' / table}/*.parquet' order by all").fetchall()


def test_each_group_has_shops_and_buyers_of_its_own(base: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    copy_raw(base, home, 3)
    rows = rows_of(home, "tiktok_shop/orders")
    assert [row[:2] for row in rows] == [
        ("7495000000000000101", "o1"),
        ("7495000000000000202", "o2"),
        ("7495010000000000101", "o1"),
        ("7495010000000000202", "o2"),
        ("7495020000000000101", "o1"),
        ("7495020000000000202", "o2"),
    ]
    buyers = [row[2] for row in rows]
    assert len({buyer for buyer in buyers if buyer is not None}) == 3 and buyers.count(None) == 3
    assert rows_of(home, "fx_rates/fx_rates") == rows_of(base, "fx_rates/fx_rates")
    assert count_rows(home, "orders") == 6


def test_the_home_lists_its_files_by_itself(base: Path, tmp_path: Path) -> None:
    """A list that was copied would name files of another folder, and none of the copies."""
    home = tmp_path / "home"
    copy_raw(base, home, 2)
    assert not (home / "raw" / "files.jsonl").exists()
    RawFiles(home / "raw").require_whole()
    assert len(RawFiles(home / "raw").known()) == 3


def test_the_day_after_brings_only_what_is_new(base: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    copy_raw(base, home, 2)
    before = {path: path.stat().st_mtime_ns for path in (home / "raw").glob("*/*/*.parquet")}
    write(base, "tiktok_shop/orders", "1796114626.1", _ORDERS.replace("'o", "'p"))
    copy_raw(base, home, 2)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    assert len(rows_of(home, "tiktok_shop/orders")) == 8
    RawFiles(home / "raw").require_whole()
    assert len(RawFiles(home / "raw").known()) == 5
