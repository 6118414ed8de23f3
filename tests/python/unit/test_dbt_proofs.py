"""The unique_key test looks at what was merged since it last passed, and never at less than that."""

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
on-run-start: "{{ forget_proofs() }}"
on-run-end: "{{ keep_proofs(results) }}"
flags: {send_anonymous_usage_stats: false}
models: {+incremental_strategy: delete+insert}
"""
_PROFILE = """
tiny:
  target: local
  outputs:
    local: {type: duckdb, path: "{{ env_var('TTKPI_HOME') }}/warehouse.duckdb", threads: 1}
"""
_MODEL = """
{{ config(materialized='incremental', unique_key=['id']) }}
select id, part from read_csv('ROWS', header = true, columns = {'id': 'bigint', 'part': 'varchar'})
"""
_YAML = """
version: 2
models:
  - name: parts
    data_tests:
      - unique_key: {arguments: {columns: [id, part]}}
"""


class Parts:
    """A project of one incremental model whose new rows are written by hand."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        self.rows = folder / "rows.csv"
        project = folder / "project"
        (project / "models").mkdir(parents=True)
        (project / "macros").mkdir()
        (project / "dbt_project.yml").write_text(_PROJECT)
        (project / "profiles.yml").write_text(_PROFILE)
        (project / "models" / "parts.sql").write_text(_MODEL.replace("ROWS", str(self.rows)))
        (project / "models" / "parts.yml").write_text(_YAML)
        for file in (
            "macros/proofs/proofs.sql",
            "macros/delete_insert.sql",
            "macros/rebuilt.sql",
            "macros/row_digest.sql",
            "tests/generic/unique_key.sql",
        ):
            shutil.copy(ROOT / file, project / "macros")

    def merged(self, rows: str, *, full_refresh: bool = False) -> str:
        """Builds with new rows, such as `1a 2b`; returns the status of the test."""
        lines = [f"{row[:-1]},{row[-1].strip('-')}" for row in rows.split()]
        self.rows.write_text("\n".join(["id,part", *lines]) + "\n")
        report = build(self.home, freshness=False, full_refresh=full_refresh)
        return next(node.status for node in report.nodes if node.kind == "test")

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """What a statement answers, in the warehouse."""
        with duckdb.connect(str(self.home.warehouse)) as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parts:
    monkeypatch.setenv("TTKPI_PROJECT", str(tmp_path / "project"))
    return Parts(tmp_path)


def test_what_a_merge_brings_is_looked_at_until_it_has_passed(parts: Parts) -> None:
    assert parts.merged("1a 2a") == "pass"
    assert parts.sql("select * from proofs.parts") == []
    assert parts.merged("2b 2b") == "fail"
    # The next merge has nothing to do with it: what failed is still not proved.
    assert parts.merged("3a") == "fail"
    assert parts.sql("select id from proofs.parts order by id") == [(2,), (3,)]
    assert parts.merged("2b") == "pass"
    assert parts.sql("select * from proofs.parts") == []
    # Half a key is found although what is unknown equals nothing.
    assert parts.merged("4-") == "fail"


def test_where_nothing_is_proved_everything_is_looked_at(parts: Parts) -> None:
    assert parts.merged("1a 1a", full_refresh=True) == "fail"
    assert parts.merged("1a 2a") == "pass"
    # Behind the back of the build: no merge could have brought it.
    parts.sql("insert into parts values (1, 'a')")
    assert parts.merged("2b") == "pass"
    parts.sql("drop table proofs.parts")
    assert parts.merged("2c") == "fail"
    # A full refresh forgets what was proved of the table before.
    assert parts.merged("1a") == "pass"
    assert parts.merged("5a 5a", full_refresh=True) == "fail"
