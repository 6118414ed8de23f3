"""What data people open the published file with, by the calls that they write."""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal

import pytest
from conftest import opened, query

from home.layout import Home


def test_pandas_reads_a_table_and_a_view_by_schema(published_home: Home) -> None:
    """`pandas.read_sql_table(table, engine, schema="marts")`: ambiguous while file and schema had one name."""
    pytest.importorskip("duckdb_sqlalchemy", reason="pip install duckdb-sqlalchemy")
    import pandas
    import sqlalchemy

    engine = sqlalchemy.create_engine(f"duckdb:///{published_home.bi_file}", connect_args={"read_only": True})
    try:
        days = pandas.read_sql_table("kpi_shop_daily", engine, schema="marts")
        people = pandas.read_sql_table("shop_days", engine, schema="views")
        comments = {
            column["name"]: column["comment"]
            for column in sqlalchemy.inspect(engine).get_columns("kpi_shop_daily", schema="marts")
        }
    finally:
        engine.dispose()
    ((rows, gmv),) = query(published_home.published, "select count(*), sum(gmv_rc) from marts.kpi_shop_daily")
    assert len(days) == len(people) == rows > 50
    assert Decimal(str(round(people["gmv_rc"].astype(float).sum(), 2))) == round(gmv, 2)
    assert "shop_name" in people.columns
    assert "成交额" in comments["gmv"] and "summed within one currency" in comments["gmv"]


NO_STATUSES = {
    "actor", "host", "data_type", "model_name", "column_name", "table_name", "description", "setting",
    "value", "endpoint", "resource", "subject", "shipping_provider_name",
    # codes that are the same in every language
    "region", "recipient_region_code",
    # a KPI has its name in dim_columns
    "kpi_name",
}  # fmt: skip
"""Columns whose values look like a status and are names of persons, places, columns or settings."""


def test_every_status_in_the_file_has_a_name_in_both_languages(published_home: Home) -> None:
    """Whatever the platform writes as a word: facts with `PLATFORM_DEACTIVATED` and no 中文 beside it."""
    word = re.compile(r"[a-z]+(_[a-z0-9]+)*|[A-Z]+(_[A-Z0-9]+)*")
    silent = defaultdict(set)
    with opened(published_home.published) as file:
        named = set(file.execute("select column_name, value from marts.dim_values").fetchall())
        texts = file.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'opened' "
            "and schema_name = 'marts' and data_type = 'VARCHAR'"
        ).fetchall()
        for table, column in texts:
            if column in NO_STATUSES or column.endswith("currency") or column == "currency":
                continue
            values = file.execute(f'select distinct "{column}" from marts.{table} limit 41').fetchall()
            # More are ids and names.
            if len(values) <= 40:
                silent[column] |= {
                    value
                    for (value,) in values
                    if value and word.fullmatch(value) and (column, value) not in named
                }
    assert len(named) > 400
    assert not {column: values for column, values in silent.items() if values}
