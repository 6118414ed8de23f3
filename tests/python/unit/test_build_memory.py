"""What DuckDB may use while a home is built: little from day to day, as much as it may while a table is made from all of raw."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from home.layout import Home
from orchestration.build.build import build

ROOT = Path(__file__).parents[3]
_PROJECT = """
name: tiktok_shop_kpi
version: "1.0"
profile: tiny
model-paths: [models]
macro-paths: [macros]
on-run-start: "{{ limit_memory() }}"
on-run-end: "{{ keep_compared(results) }}"
flags: {send_anonymous_usage_stats: false}
"""
_PROFILE = """
tiny:
  target: local
  outputs:
    local:
      type: duckdb
      path: "{{ env_var('TTKPI_HOME') }}/warehouse.duckdb"
      threads: 1
      config_options: {memory_limit: "{{ env_var('TTKPI_MEMORY_LIMIT') }}"}
"""
_MODELS = {
    "int_orders__compared": """
        {{ config(materialized='table') }} select 'orders' as input, 'th' as shop_key, 'o1' as subject, 'd' as digest
        """,
    "int_orders__touched": """
        {{ config(materialized='table', post_hook='{{ begin_touched(this) }}') }}
        select shop_key, 'o' as order_id from {{ ref('int_orders__compared') }} cross join range(ORDERS)
        """,
    "limit_used": """
        {{ config(materialized='table') }}
        select distinct current_setting('memory_limit') as memory_limit from {{ ref('int_orders__touched') }}
        """,
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "macros").mkdir()
    (folder / "dbt_project.yml").write_text(_PROJECT)
    (folder / "profiles.yml").write_text(_PROFILE)
    for name, sql in _MODELS.items():
        (folder / "models" / f"{name}.sql").write_text(sql.replace("ORDERS", "10"))
    for file in ("memory.sql", "rebuilt.sql", "statements.sql", "orders/touched.sql"):
        shutil.copy(ROOT / "macros" / file, folder / "macros")
    monkeypatch.setenv("TTKPI_PROJECT", str(folder))
    monkeypatch.setattr("home.memory.available_bytes", lambda: 16_000_000_000)
    return folder


def limit_of_build(home: Home) -> str:
    """The limit under which the last model of a build ran, as DuckDB words it."""
    build(home, freshness=False)
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        ((limit,),) = connection.execute("select memory_limit from limit_used").fetchall()
    return str(limit)


def test_a_day_is_built_with_less_than_all_of_raw(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day's build into a long history filled whatever DuckDB was given: 4.5 GB of a machine with 24."""
    monkeypatch.delenv("TTKPI_MEMORY_LIMIT", raising=False)
    home = Home(tmp_path / "home")
    # The first build makes everything and may use a quarter of 16 GB: 4 GB are 3.7 GiB, 700 MB are 667.5 MiB.
    assert limit_of_build(home) == "3.7 GiB"
    assert limit_of_build(home) == "667.5 MiB"
    monkeypatch.setenv("TTKPI_MEMORY_LIMIT", "900MB")
    assert limit_of_build(home) == "858.3 MiB"


def test_after_a_backfill_a_build_may_use_all(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TTKPI_MEMORY_LIMIT", raising=False)
    home = Home(tmp_path / "home")
    assert [limit_of_build(home) for _ in range(2)] == ["3.7 GiB", "667.5 MiB"]
    backfilled = _MODELS["int_orders__touched"].replace("ORDERS", "200001")
    (project / "models" / "int_orders__touched.sql").write_text(backfilled)
    assert limit_of_build(home) == "3.7 GiB"  # its rule changed
    assert limit_of_build(home) == "3.7 GiB"  # its list is long
