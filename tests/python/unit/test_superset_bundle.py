"""The Superset dashboard of docs/bi/superset: it names only what the views for people have, and a real Superset takes it.

The second test needs a Superset of its own: TTKPI_SUPERSET=/path/to/venv (docs/bi/superset.md says how it is made).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
import yaml
from postgres_server import postgres
from sqlglot import exp

from orchestration.docs_pages.marts import VIEWS, described_in
from orchestration.docs_pages.superset import FOLDER, superset_bundle, write_zip
from orchestration.docs_pages.superset_charts import CHARTS, DATASETS, MONTH

SUPERSET = os.environ.get("TTKPI_SUPERSET", "")
LOADER = Path(__file__).with_name("superset_import.py")
TYPES = {"string": "varchar"}


def columns_of(view: str) -> dict[str, str]:
    """The columns of a view, by its own YAML."""
    return {one["name"]: one["data_type"] for one in described_in(VIEWS / f"view_{view}.yml")["columns"]}


@pytest.fixture(scope="module")
def bundle() -> dict[str, Any]:
    return {str(path.relative_to(FOLDER)): yaml.safe_load(text) for path, text in superset_bundle().items()}


def queries() -> dict[str, str]:
    """What each chart asks, by its title: over `views`, in SQL that DuckDB and PostgreSQL read."""
    metrics = {(one.view, metric.name): metric.expression for one in DATASETS for metric in one.metrics}
    month = f"substr(cast({MONTH}_start as varchar), 1, 7)"
    asked = {}
    for chart in CHARTS:
        rows = [month if name == MONTH else name for name in (chart.weeks, *chart.rows) if name]
        numbers = [f"{metrics[chart.view, name]} as m_{name}" for name in chart.metrics]
        where = f" where {chart.where}" if chart.where else ""
        group = f" group by {', '.join(rows)}" if numbers and rows else ""
        order = f" order by {chart.order} desc" if chart.order else ""
        asked[chart.title] = (
            f"select {', '.join(rows + numbers)} from views.{chart.view}{where}{group}{order}"
        )
    return asked


def make_views(sql: str) -> str:
    """Empty tables with the columns of the views."""
    made = "create schema views;"
    for one in DATASETS:
        columns = ", ".join(f"{name} {TYPES.get(kind, kind)}" for name, kind in columns_of(one.view).items())
        made += f"create table views.{one.view} ({columns});"
    return made if sql == "duckdb" else made.replace(" double", " double precision")


def test_every_column_that_is_named_exists(bundle: dict[str, Any]) -> None:
    """A column that leaves a view would be an error in a chart, which only a reader sees."""
    for name, dataset in bundle.items():
        if name.startswith("datasets/"):
            plain = [one["column_name"] for one in dataset["columns"] if "expression" not in one]
            assert plain == list(columns_of(dataset["table_name"]))
            assert dataset["schema"] == "views"
            assert all(one["description"] for one in dataset["columns"] if "expression" not in one), name
    with duckdb.connect() as connection:
        connection.execute(make_views("duckdb"))
        for title, sql in queries().items():
            assert connection.execute(sql).fetchall() is not None, title


def test_a_column_that_a_view_has_not_is_found() -> None:
    with duckdb.connect() as connection, pytest.raises(duckdb.BinderException, match="gmv_rc"):
        connection.execute(make_views("duckdb") + "alter table views.shop_days drop column gmv_rc")
        for sql in queries().values():
            connection.execute(sql)


def test_no_rate_is_averaged_and_no_rate_is_summed() -> None:
    for one in DATASETS:
        for metric in one.metrics:
            parsed = sqlglot.parse_one(metric.expression, read="postgres")
            assert not parsed.find(exp.Avg), metric.name
            summed = {
                column.name for part in parsed.find_all(exp.Sum) for column in part.find_all(exp.Column)
            }
            kinds = {name: columns_of(one.view).get(name) for name in summed}
            # Of the doubles only hours on air add up.
            assert {name for name, kind in kinds.items() if kind == "double"} <= {"host_hours"}, metric.name


def test_every_view_that_answers_a_question_is_shown(bundle: dict[str, Any]) -> None:
    assert len(DATASETS) == len({one.view for one in DATASETS}) >= 12
    assert {one.view for one in CHARTS} == {one.view for one in DATASETS}
    (dashboard,) = [content for name, content in bundle.items() if name.startswith("dashboards/")]
    placed = {part["meta"]["uuid"] for part in dashboard["position"].values() if isinstance(part, dict) and part["type"] == "CHART"}  # fmt: skip
    assert placed == {content["uuid"] for name, content in bundle.items() if name.startswith("charts/")}


def test_the_folder_is_what_the_code_writes() -> None:
    written = {path: path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.yaml")}
    assert written == superset_bundle(), "make docs-pages writes it"


@pytest.mark.skipif(
    not SUPERSET, reason="did not run: no Superset; set TTKPI_SUPERSET to its virtual environment"
)
def test_a_real_superset_imports_it_and_every_chart_answers(tmp_path: Path) -> None:
    """Into an empty Superset over PostgreSQL: thirteen datasets, all charts, each with an answer without an error."""
    import psycopg

    with postgres() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(make_views("postgres").encode())
            connection.execute(
                "insert into views.shop_days (shop_name, region, business_date, month_start, age_days, gmv_rc, "
                "is_day_complete, paid_orders) values ('Aurora', 'TH', '2026-11-07', '2026-11-01', 0, 30, true, 3), "
                "('Aurora', 'TH', '2026-10-31', '2026-10-01', 7, 20, true, 2)"
            )
        address = url.replace("postgresql://", "postgresql+psycopg2://")
        write_zip(tmp_path / "ttkpi.zip", address.replace("secret-of-admin", "XXXXXXXXXX"))
        (tmp_path / "superset_config.py").write_text(
            f"SECRET_KEY = 'of-this-test-only-0123456789abcdef'\nSQLALCHEMY_DATABASE_URI = 'sqlite:///{tmp_path}/superset.db'\n"
            "WTF_CSRF_ENABLED = False\n"
        )
        done = subprocess.run(
            [f"{SUPERSET}/bin/python", str(LOADER), str(tmp_path / "ttkpi.zip"), "secret-of-admin"],
            env={
                "PATH": f"{SUPERSET}/bin:/usr/bin:/bin",
                "SUPERSET_HOME": str(tmp_path),
                "SUPERSET_CONFIG_PATH": str(tmp_path / "superset_config.py"),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    said = yaml.safe_load(done.stdout.splitlines()[-1])
    assert said["datasets"] == len(DATASETS)
    assert {title: answer["error"] for title, answer in said["charts"].items() if answer["error"]} == {}
    assert said["charts"].keys() == {chart.title for chart in CHARTS}
    (newest,) = said["charts"][CHARTS[0].title]["rows"]
    assert (newest["shop_name"], float(newest["newest_gmv_rc"]), float(newest["gmv_change"])) == (
        "Aurora",
        30,
        0.5,
    )
