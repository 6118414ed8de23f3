"""`docs/bi/superset/`: a dashboard that Superset imports, over the views for people in PostgreSQL.

The folder is what is inside a Superset export: one YAML per database, dataset, chart and dashboard. The datasets have
the columns and descriptions of `models/views/`. `python -m orchestration.docs_pages.superset FILE` makes the file to
import.
"""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import yaml

from orchestration.docs_pages.contracts import described_text, physical_type
from orchestration.docs_pages.marts import PROJECT, VIEWS, described_in
from orchestration.docs_pages.superset_charts import (
    CHARTS,
    COLUMNS,
    DATASETS,
    HEADER,
    MONTH,
    Chart,
    Dataset,
    Metric,
)

FOLDER = PROJECT / "docs" / "bi" / "superset"
TITLE = "TikTok Shop KPIs"
_DATABASE = "TTKPI"
_SCHEMA = "views"
_URI = "postgresql+psycopg2://reader:XXXXXXXXXX@localhost:5432/kpi"
"""Superset asks for the password in the place of the X."""
_MADE_AT = "2026-11-30T00:00:00+00:00"
_TYPES = {"VARCHAR": "TEXT", "DOUBLE": "DOUBLE PRECISION"}
_ROWS = 50
_MONTHS = f"substr(cast({MONTH}_start as varchar), 1, 7)"
_HEIGHT = 50


def superset_bundle() -> dict[Path, str]:
    """Every file of the folder."""
    files: dict[str, Any] = {
        "metadata.yaml": {"version": "1.0.0", "type": "Dashboard", "timestamp": _MADE_AT},
        f"databases/{_DATABASE}.yaml": {
            "database_name": _DATABASE,
            "sqlalchemy_uri": _URI,
            "expose_in_sqllab": True,
            "allow_dml": False,
            "extra": {"allows_virtual_table_explore": True},
            "uuid": _uuid("database"),
            "version": "1.0.0",
        },
        f"dashboards/{TITLE.replace(' ', '_')}.yaml": _dashboard(),
    }
    for dataset in DATASETS:
        files[f"datasets/{_DATABASE}/{dataset.view}.yaml"] = _dataset(dataset)
    for number, chart in enumerate(CHARTS, start=1):
        files[f"charts/{number:02}_{chart.view}.yaml"] = _chart(chart)
    return {
        FOLDER / name: yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
        for name, content in files.items()
    }


def write_zip(path: Path, uri: str = "") -> None:
    """Write the file that Superset imports.

    Args:
        path: Where to.
        uri: Address of the database in SQLAlchemy's form; empty for the one in the folder.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for place, text in superset_bundle().items():
            file.writestr(f"ttkpi/{place.relative_to(FOLDER)}", text.replace(_URI, uri) if uri else text)


def _dataset(dataset: Dataset) -> dict[str, Any]:
    described = described_in(VIEWS / f"view_{dataset.view}.yml")
    columns = [_column(column) for column in described["columns"]]
    if _has_months(dataset):
        columns.append(
            {
                "column_name": MONTH,
                "verbose_name": "Month · 月",
                "type": "TEXT",
                "expression": _MONTHS,
                "groupby": True,
                "filterable": True,
            }
        )
    return {
        "table_name": dataset.view,
        "main_dttm_col": dataset.day or None,
        "description": " ".join(described["description"].split()),
        "schema": _SCHEMA,
        "uuid": _uuid(f"dataset {dataset.view}"),
        "database_uuid": _uuid("database"),
        "version": "1.0.0",
        "metrics": [
            {
                "metric_name": metric.name,
                "verbose_name": metric.title,
                "expression": metric.expression,
                "d3format": metric.format or None,
            }
            for metric in dataset.metrics
        ],
        "columns": columns,
    }


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    kind = physical_type(column["data_type"])
    is_time = kind == "DATE" or kind.startswith("TIMESTAMP")
    return {
        "column_name": column["name"],
        **({"verbose_name": COLUMNS[column["name"]]} if column["name"] in COLUMNS else {}),
        "type": _TYPES.get(kind, kind),
        **({"is_dttm": True} if is_time else {}),
        "groupby": True,
        "filterable": True,
        "description": described_text(column.get("description", "")),
    }


def _has_months(dataset: Dataset) -> bool:
    described = described_in(VIEWS / f"view_{dataset.view}.yml")
    return any(column["name"] == f"{MONTH}_start" for column in described["columns"])


def _chart(chart: Chart) -> dict[str, Any]:
    kind = "echarts_timeseries_bar" if chart.weeks else "table"
    return {
        "slice_name": chart.title,
        "viz_type": kind,
        "uuid": _chart_id(chart),
        "dataset_uuid": _uuid(f"dataset {chart.view}"),
        "version": "1.0.0",
        "query_context": None,
        "params": {"viz_type": kind, "adhoc_filters": _filters(chart), **_shape(chart)},
    }


def _filters(chart: Chart) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if chart.weeks:
        found.append(
            {
                "clause": "WHERE",
                "expressionType": "SIMPLE",
                "subject": chart.weeks,
                "operator": "TEMPORAL_RANGE",
                "comparator": "No filter",
            }
        )
    if chart.where:
        found.append({"clause": "WHERE", "expressionType": "SQL", "sqlExpression": chart.where})
    return found


def _shape(chart: Chart) -> dict[str, Any]:
    if chart.weeks:
        return {
            "x_axis": chart.weeks,
            "time_grain_sqla": "P1W",
            "x_axis_time_format": "%Y-%m-%d",
            "groupby": list(chart.rows),
            "metrics": list(chart.metrics),
            "row_limit": 10_000,
            "stack": "Stack",
            "show_legend": True,
            "rich_tooltip": True,
            "y_axis_format": "SMART_NUMBER",
            "truncate_metric": True,
            "show_empty_columns": True,
        }
    formats = {name: {"d3NumberFormat": form} for name, form in _formats(chart).items() if form}
    if not chart.metrics:
        return {
            "query_mode": "raw",
            "all_columns": list(chart.rows),
            "order_by_cols": [f'["{chart.order}", false]'],
            "row_limit": _ROWS,
            "column_config": formats,
            "show_cell_bars": False,
            "table_timestamp_format": "%Y-%m-%d",
        }
    return {
        "query_mode": "aggregate",
        "groupby": list(chart.rows),
        "metrics": list(chart.metrics),
        "timeseries_limit_metric": _order(chart),
        "order_desc": True,
        "row_limit": _ROWS,
        "column_config": formats,
        "show_cell_bars": False,
        "table_timestamp_format": "%Y-%m-%d %H:%M",
    }


def _order(chart: Chart) -> dict[str, Any]:
    """By the first number, the largest first: PostgreSQL would put what is not known before the largest."""
    expressions = {metric.name: metric.expression for metric in _metrics(chart.view)}
    return {
        "expressionType": "SQL",
        "sqlExpression": f"coalesce({expressions[chart.metrics[0]]}, 0)",
        "label": "order",
        "hasCustomLabel": True,
    }


def _metrics(view: str) -> tuple[Metric, ...]:
    return next(one.metrics for one in DATASETS if one.view == view)


def _formats(chart: Chart) -> dict[str, str]:
    if chart.metrics:
        return {metric.name: metric.format for metric in _metrics(chart.view) if metric.name in chart.metrics}
    # The rate of a step is a share or a count per view.
    rates = {name: ",.3f" for name in chart.rows if "_rate" in name}
    return rates | {name: ",.1f" for name in chart.rows if name in ("orders_lost", "days_of_cover")}


def _dashboard() -> dict[str, Any]:
    rows: list[list[Chart]] = [[]]
    for chart in CHARTS:
        if sum(one.width for one in rows[-1]) + chart.width > 12:
            rows.append([])
        rows[-1].append(chart)
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": TITLE}},
    }
    head = _part("MARKDOWN-how", "MARKDOWN", {"code": HEADER, "width": 12, "height": 18})
    lines = [("ROW-0", [head])]
    lines += [(f"ROW-{number}", [_place(chart) for chart in row]) for number, row in enumerate(rows, start=1)]
    for name, parts in lines:
        position[name] = {
            "type": "ROW",
            "id": name,
            "children": [part["id"] for part in parts],
            "parents": ["ROOT_ID", "GRID_ID"],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for part in parts:
            position[part["id"]] = part | {"parents": ["ROOT_ID", "GRID_ID", name]}
    position["GRID_ID"] = {
        "type": "GRID",
        "id": "GRID_ID",
        "children": [name for name, _ in lines],
        "parents": ["ROOT_ID"],
    }
    return {
        "dashboard_title": TITLE,
        "description": "A seller's questions, each over one view for people. · 卖家的问题，每个问题一个视图",
        "slug": "ttkpi",
        "uuid": _uuid("dashboard"),
        "position": position,
        "metadata": {
            "cross_filters_enabled": False,
            "default_filters": "{}",
            "native_filter_configuration": [
                _select("Month · 月", MONTH, is_newest_first=True),
                _select("Shop · 店铺", "shop_name"),
            ],
        },
        "version": "1.0.0",
        "published": True,
    }


def _place(chart: Chart) -> dict[str, Any]:
    known = _chart_id(chart)
    meta = {
        "uuid": known,
        "chartId": CHARTS.index(chart) + 1,
        "sliceName": chart.title,
        "width": chart.width,
        "height": _HEIGHT,
    }
    return _part(f"CHART-{CHARTS.index(chart) + 1}", "CHART", meta)


def _part(name: str, kind: str, meta: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "id": name, "children": [], "meta": meta}


def _select(title: str, column: str, *, is_newest_first: bool = False) -> dict[str, Any]:
    """A filter at the left. That of months begins with the newest; what shows now, or weeks, is left alone by it."""
    left_alone = [
        number
        for number, chart in enumerate(CHARTS, start=1)
        if column == MONTH and (chart.without_period or chart.view == "platform_bridge")
    ]
    return {
        "id": f"NATIVE_FILTER-{column}",
        "name": title,
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "requiredFirst": is_newest_first,
        "cascadeParentIds": [],
        "controlValues": {
            "multiSelect": True,
            "defaultToFirstItem": is_newest_first,
            "enableEmptyFilter": is_newest_first,
            "searchAllOptions": False,
            "inverseSelection": False,
            "sortAscending": not is_newest_first,
        },
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
        "scope": {"rootPath": ["ROOT_ID"], "excluded": left_alone},
        "targets": [{"column": {"name": column}, "datasetUuid": _uuid("dataset shop_days")}],
    }


def _chart_id(chart: Chart) -> str:
    return _uuid(f"chart {chart.title}")


def _uuid(name: str) -> str:
    """The same in every release: a second import replaces, and adds nothing."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"tiktok-shop-kpi/superset/{name}"))


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--uri", default="", help="Address of the database, as SQLAlchemy writes it.")
def main(file: Path, uri: str) -> None:
    """Write the FILE that Superset imports (Settings, Import dashboards)."""
    write_zip(file, uri)
    click.echo(f"written: {file}")


if __name__ == "__main__":
    main()
