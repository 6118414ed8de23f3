"""The metric layer of a published file: what a reader needs to sum by the project's definitions from the file alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import duckdb
import orjson

from home.database import literal
from home.layout import Home
from home.records import RecordDamaged, read_record
from orchestration.build.build import BUILD_ANEW, dbt_folder
from orchestration.publish.visible import visible

_SPINE = "metricflow_time_spine"


def add_metric_layer(
    home: Home, connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Collection[str]]
) -> None:
    """Write the semantic models and the calendar of the build into `fresh`; without a parsed project, nothing.

    Args:
        home: Whose build.
        connection: Has `warehouse` and `fresh` attached.
        columns: The columns of each table of the file: what is not in it is not described in it.
    """
    manifest = dbt_folder(home) / "target" / "semantic_manifest.json"
    if not manifest.is_file():
        return
    content = read_record(manifest, cure=BUILD_ANEW) or {}
    if not {"semantic_models", "metrics"} <= content.keys():
        raise RecordDamaged(f"{manifest} is damaged: it has no metrics.", advice=BUILD_ANEW)
    connection.execute("create schema fresh.metrics")
    connection.execute("create table fresh.metrics.semantic_manifest (manifest varchar)")
    connection.execute(
        "insert into fresh.metrics.semantic_manifest values (?)",
        [orjson.dumps(visible(content, columns)).decode()],
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
