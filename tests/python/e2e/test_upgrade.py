"""A home that an older release has built: one `ttkpi build`, no manual step, and the values of a home built by this one.

`tests/data/home_335c1d3.zip` is of commit 335c1d3: a part of the raw rows of one shop, with the schema files of that
release, and the statements that make its warehouse, tables and views (`HOME` stands for the folder).
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import duckdb
import pytest
from conftest import marts, query
from templates import with_parse

from home.layout import Home
from orchestration.build.build import build
from orchestration.cli import main

OLD = Path(__file__).parents[2] / "data" / "home_335c1d3.zip"
SHOP = "7495000000000000404"
STALE = ("staging.stg_tiktok_shop__orders", "marts.fct_orders", "marts.fct_order_lines")
"""Tables that get a row that no raw file has: whoever keeps it has not built the table anew."""


def unpacked(home: Home) -> Home:
    """The raw rows of the older release."""
    home.prepare()
    with zipfile.ZipFile(OLD) as archive:
        archive.extractall(home.root)
    return home


def test_a_home_of_an_older_release_is_upgraded_by_one_build(
    parsed: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = unpacked(with_parse(parsed, Home(tmp_path / "old")))
    with duckdb.connect(str(old.warehouse)) as warehouse:
        warehouse.execute((old.root / "warehouse.sql").read_text().replace("HOME", str(old.root)))
        for table in STALE:
            warehouse.execute(f"insert into {table} (shop_key, order_id) values ('{SHOP}', 'stale')")
    monkeypatch.setenv("TTKPI_HOME", str(old.root))
    assert main(["build"]) == 0, capsys.readouterr().err
    assert "built by an older release" in capsys.readouterr().err
    for table in STALE:
        assert query(old.warehouse, f"select count(*) from {table} where order_id = 'stale'") == [(0,)]

    fresh = unpacked(with_parse(parsed, Home(tmp_path / "fresh")))
    # Without the data tests: what is compared are rows.
    monkeypatch.setenv("DBT_INDIRECT_SELECTION", "empty")
    build(fresh, select="resource_type:model resource_type:seed", freshness=False).raise_for_errors()
    upgraded, expected = marts(old.warehouse), marts(fresh.warehouse)
    assert len(expected["fct_orders"]) == 15 and len(expected["fct_refund_lines"]) > 0
    assert upgraded.keys() == expected.keys()
    for name, rows in expected.items():
        assert upgraded[name] == rows, name
