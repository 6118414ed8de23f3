"""The views for people in a published file: whoever lacks a column has the view without it, under whatever name the file is opened."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from orchestration.publish.comments import Description
from orchestration.publish.views import add_views, in_schema, view_queries, visible_query

QUERY = """
    select facts.shop_key, shops.shop_name, facts.gmv, facts.gmv - facts.net_gmv as lost_gmv,
        coalesce(shops.shop_name, facts.shop_key) as title
    from warehouse.marts.kpi_shop_daily as facts
    left join warehouse.marts.dim_shops as shops on facts.shop_key = shops.shop_key
    where facts.is_latest
"""
DAYS = ("shop_key", "gmv", "net_gmv", "is_latest")
SHOPS = ("shop_key", "shop_name")


def parsed(sql: str = QUERY) -> exp.Select:
    query = sqlglot.parse_one(sql, read="duckdb")
    assert isinstance(query, exp.Select)
    return query


@pytest.mark.parametrize(
    ("columns", "selected"),
    [
        ({"kpi_shop_daily": DAYS, "dim_shops": SHOPS}, ["shop_key", "shop_name", "gmv", "lost_gmv", "title"]),
        ({"kpi_shop_daily": ("shop_key", "gmv", "is_latest"), "dim_shops": SHOPS}, ["shop_key", "shop_name", "gmv", "title"]),
        ({"kpi_shop_daily": DAYS, "dim_shops": ("shop_key",)}, ["shop_key", "gmv", "lost_gmv"]),
        ({"kpi_shop_daily": DAYS, "dim_shops": ("shop_name",)}, ["shop_key", "gmv", "lost_gmv"]),
        ({"kpi_shop_daily": DAYS}, ["shop_key", "gmv", "lost_gmv"]),
    ],
)  # fmt: skip
def test_a_view_has_what_can_be_made_of_the_columns(
    columns: dict[str, tuple[str, ...]], selected: list[str]
) -> None:
    visible = visible_query(parsed(), columns)
    assert visible is not None
    assert visible.named_selects == selected
    # Nothing that is not there is left in it, not even in a join.
    tables = {table.alias: table.name for table in visible.find_all(exp.Table)}
    assert all(one.name in columns[tables[one.table]] for one in visible.find_all(exp.Column))


@pytest.mark.parametrize(
    "columns",
    [
        {"dim_shops": SHOPS},
        # More rows than the view has would be another answer.
        {"kpi_shop_daily": ("shop_key", "gmv"), "dim_shops": SHOPS},
        {"kpi_shop_daily": ("is_latest",), "dim_shops": ()},
    ],
)
def test_a_view_whose_rows_can_not_be_made_is_left_out(columns: dict[str, tuple[str, ...]]) -> None:
    assert visible_query(parsed(), columns) is None


def test_a_query_is_moved_without_its_catalog() -> None:
    moved = in_schema(parsed(), "marts_agency").sql("postgres")
    assert "marts_agency.kpi_shop_daily AS facts" in moved and "warehouse" not in moved


def test_a_view_with_a_union_is_refused() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema views; create view views.both as select 1 as a union all select 2")
        with pytest.raises(ValueError, match="one plain select"):
            view_queries(connection, "memory")


def test_views_answer_under_every_name_of_the_file(tmp_path: Path) -> None:
    """A view that names the catalog in which it was made is broken in every other."""
    warehouse, target = tmp_path / "warehouse.duckdb", tmp_path / "ttkpi.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create schema marts; create schema views;"
            "create table marts.kpi_shop_daily as select 'th' as shop_key, 7 as gmv, 5 as net_gmv, true as is_latest;"
            "create table marts.dim_shops as select 'th' as shop_key, 'Aurora' as shop_name;"
            f"create view views.shop_days as {QUERY}"
        )
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only); attach '{target}' as fresh")
        connection.execute("create schema fresh.marts")
        for table in ("kpi_shop_daily", "dim_shops"):
            connection.execute(f"create table fresh.marts.{table} as from warehouse.marts.{table}")
        described = {"shop_days": Description("One row per shop. · 店铺", {"gmv": "Sales. · 成交额"})}
        add_views(connection, {"kpi_shop_daily": DAYS, "dim_shops": SHOPS}, described)
    with duckdb.connect(str(target), read_only=True) as connection:
        assert connection.execute("from views.shop_days").fetchall() == [("th", "Aurora", 7, 2, "Aurora")]
        assert connection.execute("select comment from duckdb_views() where view_name = 'shop_days'").fetchall() == [
            ("One row per shop. · 店铺",)
        ]  # fmt: skip
        assert connection.execute(
            "select comment from duckdb_columns() where schema_name = 'views' and column_name = 'gmv'"
        ).fetchall() == [("Sales. · 成交额",)]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{target}' as warehouse (read_only); create schema marts")
        assert connection.execute("select gmv from warehouse.views.shop_days").fetchall() == [(7,)]


def test_a_warehouse_without_views_publishes_none(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; attach ':memory:' as fresh")
        add_views(connection, {"kpi_shop_daily": DAYS}, {})
        assert connection.execute("select count(*) from duckdb_schemas() where schema_name = 'views'").fetchone() == (0,)  # fmt: skip
