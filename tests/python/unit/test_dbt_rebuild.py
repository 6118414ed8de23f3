"""What has changed is built from all history, what has not stays incremental, and no table is left of two rules."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from raw_helpers import DAY, SHOP, Raw, rows

from home.layout import Home
from home.project import project_vars
from ingestion.engine.raw_files import SCHEMA_FILE
from orchestration.audit.audit import AuditFailed, audit
from orchestration.build.build import BuildReport, build, build_state
from orchestration.build.rules import OLDER_RELEASE, record_path
from orchestration.progress import Silent

ROOT = Path(__file__).parents[3]
_PROFILE = """
tiny:
  target: local
  outputs:
    local: {type: duckdb, path: "{{ env_var('TTKPI_HOME') }}/warehouse.duckdb", threads: 1}
"""
_ORDERS = """
{{ config(materialized='incremental', unique_key=['order_id']) }}
select order_id, amount, 'one' as rule from read_csv('ROWS', columns = {'order_id': 'varchar', 'amount': 'bigint'})
"""
_DAYS = """
{{ config(materialized='incremental', unique_key=['rule']) }}
select rule, sum(amount) as amount from {{ ref('orders') }} {% if is_incremental() %} where false {% endif %} group by rule
"""
_YAML = "version: 2\nmodels: [{name: orders, data_tests: [{unique_key: {arguments: {columns: [order_id]}}}]}]"


class Killed(BaseException):
    """Nothing in the build catches it."""


class KillAfter(Silent):
    """Ends the build, dbt included, as soon as a node has finished."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def node(self, done: int, total: int, name: str, resource_type: str, status: str, seconds: float) -> None:
        if name == self._name:
            raise Killed


class Tiny:
    """Two incremental models, the second made of the first; neither sees again what it has built, unless in full."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        self.project = folder / "project"
        self.source = folder / "rows.csv"
        self.project.mkdir()
        (self.project / "models").mkdir()
        (self.project / "macros").mkdir()
        for file in (
            "macros/memory.sql",
            "macros/rebuilt.sql",
            "macros/proofs/proofs.sql",
            "macros/delete_insert.sql",
            "macros/row_digest.sql",
            "macros/orders/touched.sql",
        ):
            shutil.copy(ROOT / file, self.project / "macros")
        shutil.copy(ROOT / "tests/generic/unique_key.sql", self.project / "macros")
        real = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
        self.settings = {
            "name": "tiktok_shop_kpi",
            "profile": "tiny",
            "flags": {"send_anonymous_usage_stats": False},
            "models": {"+incremental_strategy": "delete+insert"},
            **{name: real[name] for name in ("on-run-start", "on-run-end")},
        }
        (self.project / "dbt_project.yml").write_text(yaml.safe_dump(self.settings))
        (self.project / "profiles.yml").write_text(_PROFILE)
        self.model("orders", _ORDERS.replace("ROWS", str(self.source)))
        self.model("days", _DAYS)
        (self.project / "models" / "models.yml").write_text(_YAML)

    def model(self, name: str, sql: str) -> None:
        (self.project / "models" / f"{name}.sql").write_text(sql)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.project / "models" / f"{name}.sql"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def build(self, arrived: str, **options: Any) -> BuildReport:
        """Builds with these rows in the source, such as `a1 b2`."""
        self.source.write_text(
            "order_id,amount\n" + "".join(f"{row[0]},{row[1:]}\n" for row in arrived.split())
        )
        return build(self.home, freshness=False, **options)

    def rows(self, table: str) -> list[Any]:
        return rows(self.home.root, f"from {table} order by all")


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    monkeypatch.setenv("TTKPI_PROJECT", str(tmp_path / "project"))
    return Tiny(tmp_path)


def test_a_kill_an_edit_taken_back_a_selection_and_an_older_release(tiny: Tiny) -> None:
    assert tiny.build("a1").rebuilt == ""
    assert tiny.build("b2").rebuilt == ""
    assert tiny.rows("orders") == [("a", 1, "one"), ("b", 2, "one")]
    assert tiny.rows("days") == [("one", 1)]
    assert rows(tiny.home.root, "from proofs.orders") == []

    # Killed when the first of two tables is of the new rule, which is then taken back.
    tiny.edit("orders", "'one'", "'two'")
    with pytest.raises(Killed):
        tiny.build("c3", progress=KillAfter("orders"))
    assert tiny.rows("orders") == [("c", 3, "two")]
    assert tiny.rows("days") == [("one", 1)]
    tiny.edit("orders", "'two'", "'one'")
    assert tiny.build("d4").rebuilt == "rule of orders changed: 2 models are built from all orders"
    assert tiny.rows("orders") == [("d", 4, "one")]
    assert tiny.rows("days") == [("one", 4)]

    # A selection leaves the second outdated: it is not published, and the next whole build makes it good.
    tiny.edit("orders", "'one'", "'two'")
    report = tiny.build("e5", select="orders")
    assert report.rebuilt.endswith("those that are not selected stay outdated until the next whole build")
    assert tiny.rows("days") == [("one", 4)]
    with pytest.raises(AuditFailed, match=r"1 models are not yet built .* \(rule of orders changed\)"):
        audit(tiny.home).raise_for_failure()
    assert tiny.build("f6").rebuilt == "rule of orders changed: 1 model is built from all history"
    assert tiny.rows("orders") == [("e", 5, "two"), ("f", 6, "two")]
    assert tiny.rows("days") == [("two", 11)]

    # An older release: it kept no rules, and its raw files lack columns that models name today.
    record_path(tiny.home).unlink()
    outdated = tiny.home.raw / "tiktok_shop" / "orders" / SCHEMA_FILE
    outdated.parent.mkdir(parents=True)
    pq.write_table(pa.table({"order_id": pa.array([], pa.string())}), outdated)
    assert tiny.build("g7").rebuilt == f"{OLDER_RELEASE}: 2 models are built from all orders"
    assert tiny.rows("orders") == [("g", 7, "two")]
    assert {"order_id", "update_time", "_dlt_load_id"} <= set(pq.read_schema(outdated).names)


@pytest.mark.parametrize("seed", range(int(os.environ.get("TTKPI_KILLS", "2"))))
def test_an_upgrade_that_is_killed_anywhere_is_made_good_by_the_next_build(tiny: Tiny, seed: int) -> None:
    """`kill -9` of the command at a moment that the seed says; nothing of the old rule is left, nothing is there twice."""
    chance = random.Random(seed)
    tiny.build("a1")
    tiny.build("b2")
    for old, new in (("'one'", "'two'"), ("'two'", "'three'")):
        tiny.edit("orders", old, new)
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", "build"],
            env={**os.environ, "TTKPI_HOME": str(tiny.home.root)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        # From the first record of the build to some time behind it: it may also come to its end.
        while not _is_building(tiny.home) and process.poll() is None and time.monotonic() - began < 60:
            time.sleep(0.01)
        time.sleep(chance.random() * 8)
        process.kill()
        process.wait()
    tiny.build("c3 d4")
    assert tiny.rows("orders") in (
        [("c", 3, "three"), ("d", 4, "three")],
        # The command was not killed before its first table was whole.
        [("b", 2, "three"), ("c", 3, "three"), ("d", 4, "three")],
    )
    # Of all orders, or, where the command had come to its end, of the order of then: this table is added to by no later build.
    assert tiny.rows("days") in (
        [("three", sum(row[1] for row in tiny.rows("orders")))],
        [("three", 2)] if ("b", 2, "three") in tiny.rows("orders") else [],
    )
    assert not json.loads(record_path(tiny.home).read_text())["outdated"]


def _is_building(home: Home) -> bool:
    state = build_state(home)
    return state is not None and state.state == "building"


def test_nothing_is_proved_of_a_table_that_is_built_anew(tiny: Tiny) -> None:
    tiny.build("a1")
    tiny.edit("orders", "'one'", "'two'")
    report = tiny.build("b2 b3")
    assert [node.status for node in report.nodes if node.kind == "test"] == ["fail"]
    assert rows(tiny.home.root, "select count(*) from duckdb_tables() where schema_name = 'proofs'") == [(0,)]


def test_a_table_becomes_a_view_and_back_and_what_no_model_makes_leaves(tiny: Tiny) -> None:
    tiny.model("gone", "{{ config(materialized='table') }} select 1 as id")
    tiny.build("a1").raise_for_errors()
    (tiny.project / "models" / "gone.sql").unlink()
    kinds = (
        "select table_name, table_type from information_schema.tables where table_schema = 'main' order by 1"
    )
    for kind, shown in (
        ("view", "VIEW"),
        ("table", "BASE TABLE"),
        ("view", "VIEW"),
        ("incremental", "BASE TABLE"),
    ):
        tiny.model(
            "days", f"{{{{ config(materialized='{kind}') }}}} select rule from {{{{ ref('orders') }}}}"
        )
        report = tiny.build("a1")
        report.raise_for_errors()
        assert report.rebuilt == "rule of days changed: 1 model is built from all history"
        assert rows(tiny.home.root, kinds) == [("days", shown), ("orders", "BASE TABLE")]


# The whole project ------------------------------------------------------------------------------------------


class Story:
    """A home with three orders, built as the project was, and a copy of the project to edit.

    The order `kept` of two lines was paid at 05:00 UTC of 1 October, `cancelled` of one line too; each line is 100 THB.
    """

    def __init__(self, folder: Path) -> None:
        self.home, self.project = Home(folder / "home"), folder / "project"
        for name in ("models", "macros", "seeds", "tests/generic"):
            shutil.copytree(ROOT / name, self.project / name)
        for name in ("dbt_project.yml", "profiles.yml"):
            shutil.copy(ROOT / name, self.project)
        raw, paid = Raw(self.home.root), DAY + timedelta(hours=1)
        raw.write(
            "shops", 1, [{"shop_id": SHOP, "name": "Shop", "region": "TH", "seller_type": "CROSS_BORDER"}]
        )
        raw.orders(
            1,
            raw.order("kept", DAY, status="COMPLETED", paid=paid, lines=2),
            raw.order("cancelled", DAY, status="CANCELLED", paid=paid, lines=1),
            raw.order("later", DAY, status="COMPLETED", paid=DAY + timedelta(days=5), lines=1),
        )
        raw.refund(1, "kept", DAY + timedelta(days=2), status="RETURN_OR_REFUND_REQUEST_COMPLETE", amount=40)
        quoted = {"rate_date": date(2026, 9, 30), "base_currency": "THB", "origin": "test"}
        rates = {"CNY": "0.2", "USD": "0.0321"}
        raw.write(
            "fx_rates",
            1,
            [quoted | {"quote_currency": one, "rate": Decimal(rate)} for one, rate in rates.items()],
        )
        raw.synced(1, DAY + timedelta(days=8))

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.project / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def build(self, select: str = "resource_type:model resource_type:seed", **options: Any) -> str:
        report = build(self.home, select=select, freshness=False, **options)
        report.raise_for_errors()
        return report.rebuilt

    def tables(self) -> dict[str, list[Any]]:
        """All rows of all tables and views, but for the build's own columns and what says which build it was."""
        with duckdb.connect() as db:
            db.execute(
                f"attach '{self.home.warehouse}' as warehouse (read_only); use warehouse; set timezone = 'UTC'"
            )
            names = db.execute(
                "select table_schema, table_name from information_schema.tables "
                "where table_catalog = 'warehouse' and table_schema not in ('proofs', 'builds') "
                # What a build had to look at again is another list after each build.
                "and table_name not like '%audit_log%' and table_name <> 'int_orders__touched'"
            ).fetchall()
            return {
                name: db.execute(
                    f"select columns(c -> c not like '\\_%' escape '\\') from {schema}.{name} order by all"
                ).fetchall()
                for schema, name in names
            }

    def assert_it_equals_a_full_refresh(self, select: str = "resource_type:model resource_type:seed") -> None:
        incremental = self.tables()
        self.build(select, full_refresh=True)
        full = self.tables()
        assert incremental.keys() == full.keys()
        assert {
            name: (incremental[name], full[name]) for name in full if incremental[name] != full[name]
        } == {}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Built once; the tests follow one another, each edits the project that the one before has left."""
    story = Story(tmp_path_factory.mktemp("story"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TTKPI_PROJECT", str(story.project))
        patch.setenv("DBT_INDIRECT_SELECTION", "empty")
        assert story.build() == ""
    return story


@pytest.fixture
def story(built: Story, monkeypatch: pytest.MonkeyPatch) -> Story:
    monkeypatch.setenv("TTKPI_PROJECT", str(built.project))
    # Without the data tests: they judge data, and here only builds are compared.
    monkeypatch.setenv("DBT_INDIRECT_SELECTION", "empty")
    return built


def _gmv(story: Story) -> list[Any]:
    return rows(
        story.home.root, "select business_date, gmv from marts.kpi_shop_daily where gmv <> 0 order by 1"
    )


def test_every_var_is_part_of_the_rules_of_those_who_read_it(story: Story) -> None:
    """Guards a var whose change nobody sees: it would be published with the old numbers."""
    built = json.loads(record_path(story.home).read_text())["built"]
    known = {name for rule in built.values() for name in rule["vars"]}
    read_by_tests_alone = {"maturity_tolerance", "reconciliation_tolerance_units"}
    # It stands in seed column_definitions, whose change is seen as that of any seed.
    written_by_make_generated = {"definitions_since"}
    assert known == project_vars(story.project).keys() - read_by_tests_alone - written_by_make_generated


def test_gmv_leaves_out_cancelled_lines(story: Story) -> None:
    """The rule of the issue: what was published was of the old rule, and the log alone said that it had changed."""
    paths = "+kpi_shop_daily +kpi_product_daily"
    assert _gmv(story) == [(date(2026, 10, 1), Decimal(300)), (date(2026, 10, 6), Decimal(100))]
    story.edit(
        "models/marts/sales/fct_order_lines.sql",
        "{{ money('gmv') }} as gmv,",
        "{{ money('case when is_cancelled then 0 else gmv end') }} as gmv,",
    )
    rebuilt = story.build(paths)
    assert (
        rebuilt.startswith("rule of fct_order_lines changed: ")
        and " models are built from all orders" in rebuilt
    )
    assert _gmv(story) == [(date(2026, 10, 1), Decimal(200)), (date(2026, 10, 6), Decimal(100))]
    story.assert_it_equals_a_full_refresh(paths)


_OTHER: dict[str, Any] = {
    "reporting_currency": "USD",
    "reporting_timezone": "America/Los_Angeles",
    "attribution_rule": "last_content",
    "calendar_start": "2024-01-01",
    "calendar_end": "2029-01-01",
    "definitions_since": "2026-11-24",
}


def test_a_macro_a_seed_and_every_var(story: Story) -> None:
    story.edit(
        "macros/money/money.sql",
        ", 4) as decimal(18, 4))\n{%- endmacro %}\n\n{#- A fraction",
        ", 1) as decimal(18, 4))\n{%- endmacro %}\n\n{#- A fraction",
    )
    with (story.project / "seeds/shared/shop_settings.csv").open("a") as file:
        file.write(f"{SHOP},Pacific/Honolulu,,\n")
    path = story.project / "dbt_project.yml"
    settings = yaml.safe_load(path.read_text())
    changed: Callable[[str, Any], Any] = lambda name, value: _OTHER.get(name) or value * 2  # noqa: E731
    settings["vars"] = {name: changed(name, value) for name, value in settings["vars"].items()}
    path.write_text(yaml.safe_dump(settings))
    rebuilt = story.build()
    assert " more changes: " in rebuilt
    # By hand: 05:00 UTC is 22:00 of 30 September in Los Angeles and 19:00 in Honolulu; 100 x 0.0321 to one place is 3.2.
    found = rows(
        story.home.root,
        "select business_date, shop_local_date, reporting_currency, gmv_rc from marts.fct_order_lines where order_id = 'kept'",
    )
    assert found == [(date(2026, 9, 30), date(2026, 9, 30), "USD", Decimal("3.2"))] * 2
    story.assert_it_equals_a_full_refresh()
