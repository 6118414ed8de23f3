"""Building on Apache Spark: what it needs, and what leaves it (docs/spark.md).

Spark holds the tables of all models and runs their tests. What comes after a build (audit, publication, status) reads
one DuckDB file, the warehouse of the home. So after each run of dbt the tables that these steps read are copied there:
the marts, the seeds, the views for people, and what `BESIDE_MARTS` names. All else stays in Spark.

| in the home | what |
| --- | --- |
| `spark/catalog`, `spark/warehouse` | Iceberg's catalog and tables |
| `spark/leaving` | Parquet on its way to the warehouse file; empty between two runs |
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import sqlglot

from home.database import files_in, literal, quoted
from home.errors import ConfigError
from home.layout import Home
from home.memory import memory_limit
from home.storage import storage_errors

TARGET = "spark"
JARS_VARIABLE = "TTKPI_SPARK_JARS"
HOME_IN_SQL = "TTKPI_HOME_IN_SQL"
"""Root of the home as it stands in the places of raw files."""
BESIDE_MARTS = frozenset(
    {
        "int_trust__values_now",
        "int_trust__known_until",
        "int_trust__kept_kpis",
        "metricflow_time_spine",
    }
)
"""Tables outside of the marts and seeds that the steps after a build read."""
_SCHEMAS = ("marts", "seeds")
_VIEWS = "views"
_FAILING = "failing_tests"
_JAR = "iceberg-spark-runtime-3.5_2.12-*.jar"
_JAVA = range(11, 18)
_INSTALL = "Run `pip install -r requirements-spark.lock`, as docs/spark.md says."


@dataclass(frozen=True, slots=True)
class Leaving:
    """A table that leaves Spark.

    Attributes:
        schema: Its schema, here and there.
        name: Its name.
        relation: Its name in Spark.
        types: Types of its columns by the contract, in their order; empty when it has none.
    """

    schema: str
    name: str
    relation: str
    types: Mapping[str, str] = field(default_factory=dict)


def spark_environment(home: Home) -> dict[str, str]:
    """What dbt's profile has to know to start Spark for a home.

    Raises:
        ConfigError: dbt-spark, PySpark, Java or Iceberg's jar is not there; says how to get it. Or the home's path has
            signs that are a pattern for Spark.
    """
    home.require_path_without("{}[]*,;'`", "Spark takes for a part of a pattern or of an address")
    for module, what in (("pyspark", "PySpark"), ("dbt.adapters.spark", "dbt-spark")):
        if _spec(module) is None:
            raise ConfigError(f"{what} is not installed, and TTKPI_DBT_TARGET is {TARGET}.", advice=_INSTALL)
    folder = os.environ.get("JAVA_HOME")
    if (java := shutil.which("java", path=f"{folder}/bin" if folder else None)) is None:
        raise ConfigError(
            "Java was not found, and Apache Spark needs it.",
            advice="Install it (Debian: `apt install openjdk-17-jre-headless`) or set JAVA_HOME.",
        )
    if (version := _java_version(java)) not in _JAVA:
        raise ConfigError(
            f"Java {version or 'of an unknown version'} was found, and Apache Spark 3.5 with Iceberg runs on Java "
            f"{_JAVA[0]} to {_JAVA[-1]}.",
            advice="Install Java 17 and set JAVA_HOME to its folder.",
        )
    settings = {HOME_IN_SQL: str(home.root.absolute())}
    if jars := os.environ.get(JARS_VARIABLE):
        return {**settings, JARS_VARIABLE: jars}
    found = _spec("snowpark_connect_deps_iceberg")
    places = list((found.submodule_search_locations if found else None) or ())
    jar = next((path for place in places for path in sorted(Path(place).glob(f"jars/{_JAR}"))), None)
    if jar is None:
        raise ConfigError(
            "Iceberg's jar for Spark 3.5 was not found.",
            advice=f"{_INSTALL} Or set {JARS_VARIABLE} to the jar that you have.",
        )
    return {**settings, JARS_VARIABLE: str(jar)}


def _java_version(java: str) -> int | None:
    """The first number of a Java's version, 8 where it calls itself 1.8; None when it does not say it."""
    with suppress(OSError):
        said = subprocess.run(
            [java, "-version"], capture_output=True, text=True, errors="replace", check=False
        )
        if found := re.search(r'version "(?:1\.)?(\d+)', said.stderr):
            return int(found[1])
    return None


def _spec(module: str) -> Any:
    try:
        return importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None


def leaving(manifest: Mapping[str, Any]) -> Iterator[Leaving]:
    """The tables that leave Spark.

    Args:
        manifest: dbt's picture of the project; `nodes` is read.
    """
    for node in manifest["nodes"].values():
        if node["resource_type"] not in ("model", "seed"):
            continue
        if node["schema"] in _SCHEMAS or node["name"] in BESIDE_MARTS:
            contract = ((node.get("config") or {}).get("contract") or {}).get("enforced")
            columns = node.get("columns") or {} if contract else {}
            yield Leaving(
                schema=node["schema"],
                name=node["alias"],
                relation=node["relation_name"],
                types={name: column["data_type"] for name, column in columns.items()},
            )


def views_for_people(manifest: Mapping[str, Any], compiled: Mapping[str, str]) -> dict[str, str]:
    """The views of `models/views` as DuckDB's SQL, by name; empty of those that this run has not made.

    Args:
        manifest: dbt's picture of the project; `nodes` is read.
        compiled: Spark's SQL of the views that this run has made, by dbt's id.
    """
    return {
        node["alias"]: sqlglot.transpile(compiled[one], read="spark", write="duckdb")[0]
        if one in compiled
        else ""
        for one, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["schema"] == _VIEWS
    }


def copy_to_warehouse(
    session: Any, home: Home, tables: Iterable[Leaving], views: Mapping[str, str], failing: Mapping[str, str]
) -> dict[str, str]:
    """Write the warehouse file anew, from what Spark holds. It takes its place when it is complete.

    Args:
        session: The `SparkSession` that has built the tables.
        home: Whose warehouse.
        tables: What leaves Spark. What was never built there is left out.
        views: DuckDB's SQL of each view for people, by name; empty of one that this run has not made. That stays as it
            was in the former file, unless a table that it reads is not there.
        failing: Spark's query of each test that found rows, by dbt's id.

    Returns:
        A query of the warehouse for the rows of each such test, by dbt's id: for all of them, as the audit holds back
        the shops that they name.

    Raises:
        StorageError: The disk is full or refuses.
        duckdb.Error: A row does not fit the contract of its mart.
    """
    folder = home.root / "spark" / "leaving"
    fresh = home.warehouse.with_suffix(".new")
    # An instant of 12 bytes, Spark's usual form, has no time zone for others.
    session.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
    with storage_errors(folder):
        shutil.rmtree(folder, ignore_errors=True)
        fresh.unlink(missing_ok=True)
        queries: dict[str, str] = {}
        # Spark's own memory comes on top.
        limits = {"memory_limit": memory_limit(), "temp_directory": str(home.root / "tmp")}
        with duckdb.connect(str(fresh), config=limits) as warehouse:
            warehouse.execute("set TimeZone = 'UTC'")
            for schema in (*_SCHEMAS, _VIEWS, _FAILING):
                warehouse.execute(f"create schema {schema}")
            for table in tables:
                if session.catalog.tableExists(table.relation):
                    _copy(session, warehouse, folder, session.table(table.relation), table)
            for number, (one, query) in enumerate(failing.items(), start=1):
                rows = Leaving(_FAILING, f"test_{number}", "")
                _copy(session, warehouse, folder, session.sql(query), rows)
                queries[one] = f'select * from "warehouse"."{_FAILING}"."{rows.name}"'  # noqa: S608
            former = _views_of(home)
            for name, query in views.items():
                if query:
                    warehouse.execute(f"create view {_VIEWS}.{quoted(name)} as {query}")
                elif name in former:
                    with suppress(duckdb.CatalogException, duckdb.BinderException):
                        warehouse.execute(f"create view {_VIEWS}.{quoted(name)} as {former[name]}")
        shutil.rmtree(folder, ignore_errors=True)
        # What a killed build on DuckDB left beside the former file would be written into this one.
        home.warehouse.with_name(f"{home.warehouse.name}.wal").unlink(missing_ok=True)
        fresh.replace(home.warehouse)
    return queries


def _copy(
    session: Any, warehouse: duckdb.DuckDBPyConnection, folder: Path, rows: Any, table: Leaving
) -> None:
    place = folder / table.schema / table.name
    # Not `as_uri()`: Spark takes the %E5 of a path in another script as it stands.
    rows.write.mode("overwrite").parquet(f"file://{place}")
    columns = table.types or dict.fromkeys(rows.columns, "")
    selected = ", ".join(
        f"cast({quoted(name)} as {kind}) as {quoted(name)}" if kind else quoted(name)
        for name, kind in columns.items()
    )
    warehouse.execute(f"create schema if not exists {quoted(table.schema)}")
    warehouse.execute(
        f"create table {quoted(table.schema)}.{quoted(table.name)} as "  # noqa: S608 (names, quoted)
        f"select {selected} from read_parquet({files_in(place)})"
    )
    shutil.rmtree(place)


def _views_of(home: Home) -> dict[str, str]:
    """The views for people that the warehouse has had so far: a run may have made none."""
    if not home.warehouse.is_file():
        return {}
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(home.warehouse)} as warehouse (read_only)")
        return {
            str(name): sqlglot.parse_one(str(sql), read="duckdb").expression.sql("duckdb")
            for name, sql in connection.execute(
                "select view_name, sql from duckdb_views() where database_name = 'warehouse' and schema_name = ?",
                [_VIEWS],
            ).fetchall()
        }
