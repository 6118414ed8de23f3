"""Building on Apache Spark, as far as it needs no Spark: what is chosen, what is missing, what leaves it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from home.config import PROJECT_ROOT
from home.errors import ConfigError
from home.layout import Home
from orchestration.build import spark
from orchestration.build.build import TARGET_VARIABLE, build, dbt_environment, engine, project_state
from orchestration.run import run_all


def test_duckdb_unless_spark_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TARGET_VARIABLE, raising=False)
    assert engine() == "local"
    monkeypatch.setenv(TARGET_VARIABLE, "spark")
    assert engine() == "spark"
    monkeypatch.setenv(TARGET_VARIABLE, "snowflake")
    with pytest.raises(ConfigError, match="snowflake") as error:
        engine()
    assert "local or spark" in (error.value.advice or "")


def test_what_reads_the_warehouse_file_uses_duckdb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """dbt's documentation and the checks of a person read the file of the home, whatever has built it."""
    monkeypatch.setenv(TARGET_VARIABLE, "spark")
    assert dbt_environment(Home(tmp_path), PROJECT_ROOT)[TARGET_VARIABLE] == "local"


def test_another_target_parses_the_project_again() -> None:
    assert project_state(PROJECT_ROOT, "spark") != project_state(PROJECT_ROOT)


@pytest.mark.parametrize(
    ("missing", "said", "cure"),
    [
        ("pyspark", "PySpark is not installed", "requirements-spark.lock"),
        ("dbt.adapters.spark", "dbt-spark is not installed", "requirements-spark.lock"),
        ("java", "Java was not found", "openjdk"),
        ("snowpark_connect_deps_iceberg", "Iceberg's jar", "requirements-spark.lock"),
    ],
)
def test_what_spark_lacks_is_said_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str, said: str, cure: str
) -> None:
    monkeypatch.delenv(spark.JARS_VARIABLE, raising=False)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(spark, "_spec", lambda module: None if module == missing else object.__new__(_Spec))
    monkeypatch.setattr(spark.shutil, "which", lambda name, path=None: None if missing == "java" else name)
    monkeypatch.setattr(spark, "_java_version", lambda java: 17)
    with pytest.raises(ConfigError, match=said) as error:
        spark.spark_environment(Home(tmp_path))
    assert cure in (error.value.advice or "")


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_411"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ("Error: could not find libjava.so", None),
    ],
)
def test_the_version_of_java(tmp_path: Path, said: str, version: int | None) -> None:
    java = tmp_path / "java"
    java.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    java.chmod(0o700)
    assert spark._java_version(str(java)) == version


@pytest.mark.parametrize("version", [8, 25, None])
def test_a_java_that_spark_does_not_know_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: int | None
) -> None:
    """Guards "Java gateway process exited before sending its port number", which is all that PySpark says."""
    monkeypatch.setattr(spark, "_spec", lambda module: object.__new__(_Spec))
    monkeypatch.setattr(spark.shutil, "which", lambda name, path=None: name)
    monkeypatch.setattr(spark, "_java_version", lambda java: version)
    with pytest.raises(ConfigError, match="Java 11 to 17") as error:
        spark.spark_environment(Home(tmp_path))
    assert "Java 17" in (error.value.advice or "")


def test_a_target_that_is_misspelt_leaves_the_last_build_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And nothing is synced for hours before it is said."""
    monkeypatch.setenv(TARGET_VARIABLE, "sprak")
    home = Home(tmp_path)
    for command in (lambda: build(home), lambda: run_all(home)):
        with pytest.raises(ConfigError, match="sprak"):
            command()
    assert not (tmp_path / "dbt").exists()
    assert not (tmp_path / "raw").exists()


class _Spec:
    submodule_search_locations = ()


def test_a_path_that_is_a_pattern_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Spark"):
        spark.spark_environment(Home(tmp_path / "shops{a,b}"))


def node(name: str, schema: str, kind: str = "model", **more: Any) -> dict[str, Any]:
    return {
        "resource_type": kind,
        "name": name,
        "alias": name,
        "schema": schema,
        "relation_name": f"{schema}.{name}",
        **more,
    }


def test_marts_seeds_and_what_else_is_read_leave_spark() -> None:
    contract = {"config": {"contract": {"enforced": True}}, "columns": {"shop_key": {"data_type": "string"}}}
    nodes = {
        "a": node("fct_orders", "marts", **contract),
        "b": node("regions", "seeds", "seed"),
        "c": node("int_orders__touched", "intermediate"),
        "d": node("int_trust__values_now", "intermediate"),
        "e": node("view_orders", "views"),
        "f": node("fct_orders__is_known", "dbt_test__audit", "test"),
    }
    assert list(spark.leaving({"nodes": nodes})) == [
        spark.Leaving("marts", "fct_orders", "marts.fct_orders", {"shop_key": "string"}),
        spark.Leaving("seeds", "regions", "seeds.regions", {}),
        spark.Leaving("intermediate", "int_trust__values_now", "intermediate.int_trust__values_now", {}),
    ]


def test_tables_that_later_steps_read_are_models_of_the_project() -> None:
    """Guards a model that is renamed: its table would silently stay in Spark."""
    models = {path.stem for path in (PROJECT_ROOT / "models").rglob("*.sql")}
    assert models >= spark.BESIDE_MARTS


def test_no_later_step_reads_another_table_of_the_warehouse() -> None:
    """Guards a step that begins to read a table that does not leave Spark."""
    read = set()
    for folder in ("audit", "publish", "history"):
        for path in (PROJECT_ROOT / "orchestration" / folder).rglob("*.py"):
            for part in path.read_text(encoding="utf-8").split("warehouse.")[1:]:
                schema, _, rest = part.partition(".")
                if schema in ("staging", "intermediate", "utilities"):
                    read.add(rest.split()[0].strip('"'))
    assert read
    assert read <= spark.BESIDE_MARTS | {"{_SPINE}"}


def test_views_for_people_are_duckdb_s_sql() -> None:
    nodes = {"v": node("view_orders", "views"), "m": node("fct_orders", "marts")}
    compiled = {
        "v": "select `order_id`, cast(paid_at as timestamp) as paid_at from marts.fct_orders",
        "m": "select 1",
    }
    found = spark.views_for_people({"nodes": nodes}, compiled)
    assert list(found) == ["view_orders"]
    assert '"order_id"' in found["view_orders"]
    assert spark.views_for_people({"nodes": nodes}, {}) == {"view_orders": ""}


class _NoTables:
    """A Spark session without a table."""

    conf = SimpleNamespace(set=lambda name, value: None)
    catalog = SimpleNamespace(tableExists=lambda relation: False)


def views(home: Home) -> list[Any]:
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        return warehouse.execute("select view_name from duckdb_views() where not internal").fetchall()


def test_a_view_of_the_former_file_stays_unless_it_or_its_table_is_gone(tmp_path: Path) -> None:
    """Guards a view of a model that was removed: no build on Spark would have ended any more."""
    home = Home(tmp_path)
    home.prepare()
    with duckdb.connect(str(home.warehouse)) as former:
        former.execute("create schema marts; create schema views; create table marts.gone as select 1 as a")
        former.execute(
            "create view views.of_no_table as select 1 as a; create view views.of_no_model as select 2"
        )
        former.execute("create view views.of_gone as select a from marts.gone")
    spark.copy_to_warehouse(_NoTables(), home, [], {"of_no_table": "", "of_gone": ""}, {})
    assert views(home) == [("of_no_table",)]


def test_what_a_killed_build_on_duckdb_left_is_no_part_of_the_new_file(tmp_path: Path) -> None:
    """DuckDB writes the log beside a file into it, whichever file that is by now."""
    home = Home(tmp_path)
    home.prepare()
    killed = f"""
import duckdb, os
warehouse = duckdb.connect({str(home.warehouse)!r})
warehouse.execute("create schema views; checkpoint")
warehouse.execute("create table left_behind as select 1 as a")
os._exit(9)
"""
    subprocess.run([sys.executable, "-c", killed], check=False)
    assert home.warehouse.with_name("warehouse.duckdb.wal").stat().st_size
    spark.copy_to_warehouse(_NoTables(), home, [], {}, {})
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        assert warehouse.execute("select table_name from duckdb_tables()").fetchall() == []
