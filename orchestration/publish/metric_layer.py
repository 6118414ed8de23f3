"""The metric layer of a published file: what a reader needs to sum by the project's definitions from the file alone."""

from __future__ import annotations

import duckdb

from home.database import literal
from home.layout import Home
from orchestration.build.build import dbt_folder

_SPINE = "metricflow_time_spine"


def add_metric_layer(home: Home, connection: duckdb.DuckDBPyConnection) -> None:
    """Write the semantic models and the calendar of the build into `fresh`; without a parsed project, nothing.

    Args:
        home: Whose build.
        connection: Has `warehouse` and `fresh` attached.
    """
    manifest = dbt_folder(home) / "target" / "semantic_manifest.json"
    if not manifest.is_file():
        return
    connection.execute("create schema fresh.metrics")
    connection.execute("create table fresh.metrics.semantic_manifest (manifest varchar)")
    connection.execute(
        "insert into fresh.metrics.semantic_manifest values (?)", [manifest.read_text(encoding="utf-8")]
    )
    about = "One row: dbt's semantic models and metrics of this publication, for MetricFlow. · 指标语义层"
    connection.execute(f"comment on table fresh.metrics.semantic_manifest is {literal(about)}")
    if connection.execute(
        "select 1 from duckdb_tables() where database_name = 'warehouse' and schema_name = 'utilities' "
        "and table_name = ?",
        [_SPINE],
    ).fetchone():
        connection.execute("create schema fresh.utilities")
        connection.execute(
            f"create table fresh.utilities.{_SPINE} as select date_day from warehouse.utilities.{_SPINE}"  # noqa: S608
        )
        about = "One row per day of the calendar; MetricFlow joins metrics to it. · 日历"
        connection.execute(f"comment on table fresh.utilities.{_SPINE} is {literal(about)}")
