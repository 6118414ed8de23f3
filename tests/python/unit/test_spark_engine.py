"""What the macros of `macros/spark` do on a real Spark with Iceberg: merges, cells of seeds, dates, ratios, raw.

`make spark` runs them. Without PySpark, Java and Iceberg's jar they are left out, as in `make test`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from jinja2 import Environment

from home.errors import ConfigError
from home.layout import Home
from orchestration.build.spark import Leaving, copy_to_warehouse, spark_environment

ROOT = Path(__file__).parents[3]
FILES = [
    *sorted((ROOT / "macros/spark").glob("*.sql")),
    ROOT / "macros/money/money.sql",
    ROOT / "macros/value_at.sql",
]
MACROS = "\n".join(path.read_text(encoding="utf-8") for path in FILES)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A session as the profile makes it, with a catalog of its own."""
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed: `make spark` installs it")
    place = tmp_path_factory.mktemp("my 店铺 50%20off")
    try:
        settings = spark_environment(Home(place))
    except ConfigError as error:
        pytest.skip(str(error))
    settings |= {"TTKPI_HOME": str(place)}
    environment = Environment()
    environment.filters["as_number"] = int
    profile = environment.from_string((ROOT / "profiles.yml").read_text(encoding="utf-8"))
    text = profile.render(env_var=lambda name, default="": settings.get(name, default))
    builder = sql.SparkSession.builder
    for name, value in yaml.safe_load(text)["ttkpi"]["outputs"]["spark"]["server_side_parameters"].items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sql("create schema lake.main")
    yield session
    session.stop()


def macro(call: str, **names: Any) -> str:
    """The SQL of a macro."""
    environment = Environment(extensions=["jinja2.ext.do"])
    environment.globals |= {
        "return": lambda value: value,
        "modules": SimpleNamespace(re=re),
        "zip_strict": lambda *lists: zip(*lists, strict=True),
        "dbt": SimpleNamespace(type_numeric=lambda: "numeric(28,6)"),
        **names,
    }
    return str(environment.from_string(MACROS + "{{ " + call + " }}").render()).strip()


def rows(spark: Any, sql: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in spark.sql(sql).collect()), key=repr)


class Merged:
    """A table of order lines that a batch is merged into, as dbt does it."""

    def __init__(self, spark: Any, name: str) -> None:
        self._spark, self.name = spark, f"main.{name}"
        spark.sql(
            f"create or replace table {self.name} (shop_key string, order_id string, line_id string, price decimal(18,2)) using iceberg"
        )
        self.insert(("s1", "o1", "l1", "10.00"), ("s1", "o1", "l2", "5.00"), ("s1", "o2", "l3", "7.00"))

    def insert(self, *lines: tuple[str | None, ...]) -> None:
        self._spark.sql(f"insert into {self.name} select * from {_table(lines)}")

    def merge(
        self,
        strategy: str,
        keys: list[str],
        *batch: tuple[str | None, ...],
        touched: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self._spark.sql(f"select * from {_table(batch)}").createOrReplaceTempView("batch")
        orders = [(shop, order, None, None) for shop, order in touched]
        self._spark.sql(f"select shop_key, order_id from {_table(orders)}").createOrReplaceTempView("touched")
        columns = [SimpleNamespace(name=name) for name in ("shop_key", "order_id", "line_id", "price")]
        statement = macro(
            f"dbt_spark_get_incremental_sql('{strategy}', 'batch', '{self.name}', none, {keys}, none)",
            adapter=SimpleNamespace(get_columns_in_relation=lambda relation: columns),
            ref=lambda name: "touched",
        )
        self._spark.sql(statement)

    @property
    def lines(self) -> list[tuple[Any, ...]]:
        return rows(self._spark, f"select order_id, line_id, cast(price as string) from {self.name}")


def _values(lines: Any) -> str:
    texts = [
        "(" + ", ".join("null" if value is None else f"'{value}'" for value in line) + ")" for line in lines
    ]
    return "values " + ", ".join(texts)


def _table(lines: Any) -> str:
    if not lines:
        return f"{_table([(None,) * 4])} where 1 = 0"
    return (
        "(select col1 as shop_key, col2 as order_id, col3 as line_id, cast(col4 as decimal(18,2)) as price "
        f"from {_values(lines)})"
    )


def test_child_rows_leave_with_their_key(spark: Any) -> None:
    """An order that has one line less: its old lines leave, another order's stay."""
    table = Merged(spark, "children")
    table.merge("delete+insert", ["order_id"], ("s1", "o1", "l1", "11.00"))
    assert table.lines == [("o1", "l1", "11.00"), ("o2", "l3", "7.00")]


def test_the_same_batch_twice_changes_nothing(spark: Any) -> None:
    table = Merged(spark, "twice")
    batch = [("s1", "o1", "l1", "11.00"), ("s1", "o3", "l9", "1.50"), ("s1", "o3", "l10", "2.50")]
    table.merge("delete+insert", ["shop_key", "order_id"], *batch)
    once = table.lines
    table.merge("delete+insert", ["shop_key", "order_id"], *batch)
    assert table.lines == once
    assert once == [("o1", "l1", "11.00"), ("o2", "l3", "7.00"), ("o3", "l10", "2.50"), ("o3", "l9", "1.50")]


def test_a_touched_order_without_rows_leaves(spark: Any) -> None:
    """Keys that vanish: the order was touched, and nothing is left of it."""
    table = Merged(spark, "vanished")
    table.merge(
        "touched_orders",
        ["shop_key", "order_id"],
        ("s1", "o2", "l3", "8.00"),
        touched=(("s1", "o1"), ("s1", "o2")),
    )
    assert table.lines == [("o2", "l3", "8.00")]


def test_an_order_that_was_not_touched_stays(spark: Any) -> None:
    """The same order id in another shop is another order."""
    table = Merged(spark, "stays")
    table.merge("touched_orders", ["shop_key", "order_id"], touched=(("s2", "o1"),))
    assert len(table.lines) == 3


def test_a_batch_without_rows_changes_nothing(spark: Any) -> None:
    table = Merged(spark, "nothing")
    table.merge("delete+insert", ["order_id"])
    assert len(table.lines) == 3


def test_rows_without_a_key_are_only_added(spark: Any) -> None:
    """NULL is no key: as on DuckDB, no row leaves for it."""
    table = Merged(spark, "without_key")
    table.insert(("s1", None, "l7", "3.00"))
    table.merge("delete+insert", ["order_id"], ("s1", None, "l8", "4.00"))
    assert [line for line in table.lines if line[0] is None] == [(None, "l7", "3.00"), (None, "l8", "4.00")]


@pytest.mark.parametrize(
    "text", ["", "None", "it's", "a\\b", "中文 · %", 'say "it"', "two\nlines", "${home}", "?"]
)
def test_a_text_of_a_seed_comes_back(spark: Any, text: str) -> None:
    literal = macro(f"spark_literal({json.dumps(text)})")
    assert rows(spark, f"select cast({literal} as string)") == [(text,)]


def test_an_empty_cell_is_null_and_a_number_is_exact(spark: Any) -> None:
    """dbt-spark makes the word 'None' of one, and takes the other through a float."""
    number = "spark_literal('0.1000000000000000055')"
    sql = f"select cast({macro('spark_literal(none)')} as string), cast({macro(number)} as decimal(38,19))"
    assert rows(spark, sql) == [(None, Decimal("0.1000000000000000055"))]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("spark__dateadd('day', -1, \"cast(null as date)\")", None),
        ("spark__dateadd('day', -1, \"date'2026-03-01'\")", datetime(2026, 2, 28)),  # noqa: DTZ001 (as PySpark gives it)
        ("spark__datediff(\"timestamp'2026-01-01 23:59:59'\", \"timestamp'2026-01-02 00:00:01'\", 'day')", 1),
        (
            "spark__datediff(\"timestamp'2026-01-01 10:59:59'\", \"timestamp'2026-01-01 11:00:01'\", 'hour')",
            1,
        ),
        (
            "spark__datediff(\"timestamp'2026-01-01 11:00:01'\", \"timestamp'2026-01-01 10:59:59'\", 'hour')",
            -1,
        ),
        ("spark__datediff(\"date'2026-01-31'\", \"date'2026-02-01'\", 'month')", 1),
        ("spark__datediff(\"date'2026-01-04'\", \"date'2026-01-05'\", 'week')", 1),
    ],
)
def test_dates(spark: Any, call: str, expected: object) -> None:
    """Boundaries that are crossed, as DuckDB counts them; a date that is unknown stays so."""
    assert rows(spark, f"select {macro(call)}") == [(expected,)]


def test_names_stand_in_their_order(spark: Any) -> None:
    sql = macro("spark__listagg('col1', \"', '\", 'order by col1', none)")
    assert rows(spark, f"select {sql} from values ('b'), ('a'), ('c'), (null)") == [("a, b, c",)]


def test_an_iceberg_view_reads_raw(spark: Any, tmp_path: Path) -> None:
    """A view straight over files is made without complaint and fails when it is read."""
    for folder, content in (("tiktok_shop", {"id": ["1"]}), ("seller_center", {"id": ["2"], "late": ["x"]})):
        (tmp_path / folder / "orders").mkdir(parents=True)
        pq.write_table(pa.table(content), tmp_path / folder / "orders" / "a.parquet")
    paths = [str(tmp_path / folder / "orders" / "*.parquet") for folder in ("tiktok_shop", "seller_center")]
    pattern = macro(f"one_pattern({paths})")
    assert pattern == f"{tmp_path}/{{tiktok_shop,seller_center}}/orders/*.parquet"
    spark.sql("create schema if not exists spark_catalog.raw_shop")
    spark.sql(
        f"create table spark_catalog.raw_shop.orders using parquet options (path '{pattern}', mergeSchema 'true')"
    )
    before = sorted(tmp_path.rglob("*"))
    spark.sql(
        "create or replace table main.read using iceberg as select id, late from spark_catalog.raw_shop.orders"
    )
    assert rows(spark, "select * from main.read") == [("1", None), ("2", "x")]
    assert sorted(tmp_path.rglob("*")) == before


def test_the_columns_of_a_json_file() -> None:
    location = (
        "read_json('a.jsonl', columns = struct_pack(number := 'bigint', details := 'struct(alert struct(action varchar, "
        "note varchar))', rest := 'json'))"
    )
    assert macro(f"json_columns({json.dumps(location)})") == (
        "number bigint, details struct<alert: struct<action: string, note: string>>, rest string"
    )


def test_what_leaves_spark_is_as_the_contract_says(spark: Any, tmp_path: Path) -> None:
    """Types, instants in UTC, NULLs, a table that was never built, rows of failed tests."""
    home = Home(tmp_path)
    home.prepare()
    spark.sql(
        "create or replace table main.mart using iceberg as select 'Thailand 泰国' as shop, cast(12.5 as decimal(18,2)) "
        "as gmv, timestamp'2026-03-01 16:00:00' as sold_at, cast(3 as int) as units, cast(null as date) as day"
    )
    mart = Leaving(
        "marts",
        "mart",
        "main.mart",
        {
            "shop": "string",
            "gmv": "decimal(28,6)",
            "sold_at": "timestamp with time zone",
            "units": "bigint",
            "day": "date",
        },
    )
    queries = copy_to_warehouse(
        spark,
        home,
        [mart, Leaving("marts", "never_built", "main.never_built")],
        {"view_mart": "select shop from marts.mart"},
        {"test.one": "select shop as shop_key, units from main.mart"},
    )
    with duckdb.connect() as db:
        db.execute("set TimeZone = 'UTC'")
        db.execute(f"attach '{home.warehouse}' as warehouse (read_only)")
        found = db.execute("select * from warehouse.marts.mart").fetchall()
        types = [row[1] for row in db.execute("describe warehouse.marts.mart").fetchall()]
        assert types == ["VARCHAR", "DECIMAL(28,6)", "TIMESTAMP WITH TIME ZONE", "BIGINT", "DATE"]
        assert found[0][:2] == ("Thailand 泰国", Decimal("12.500000"))
        assert found[0][2].isoformat() == "2026-03-01T16:00:00+00:00"
        assert found[0][3:] == (3, None)
        assert db.execute(queries["test.one"]).fetchall() == [("Thailand 泰国", 3)]
        assert db.execute("select sql from duckdb_views() where view_name = 'view_mart'").fetchone()
    assert not list((tmp_path / "spark").iterdir())


def test_every_row_of_a_failed_test_leaves_spark(spark: Any, tmp_path: Path) -> None:
    """Guards a shop whose rows come last: the audit holds back the shops that are named, and publishes the others."""
    home = Home(tmp_path)
    home.prepare()
    query = "select case when id = 20000 then 'last' else 'first' end as shop_key from range(20001)"
    queries = copy_to_warehouse(spark, home, [], {}, {"test.one": query})
    with duckdb.connect() as db:
        db.execute(f"attach '{home.warehouse}' as warehouse (read_only)")
        counts = db.execute(f"select shop_key, count(*) from ({queries['test.one']}) group by all order by 1")
        assert counts.fetchall() == [("first", 20_000), ("last", 1)]


def test_a_table_of_no_model_leaves(spark: Any) -> None:
    """Guards an incremental model that comes back with another release, and would go on from its table of that day."""
    spark.sql("create schema built")
    for name in ("kept", "of_no_model"):
        spark.sql(f"create table built.{name} using iceberg as select 1 as a")
    spark.sql("create view built.seen as select a from built.kept")
    macro(
        "spark__drop_relations_of_no_node()",
        execute=True,
        flags=SimpleNamespace(WHICH="build"),
        graph=SimpleNamespace(
            nodes={"m": SimpleNamespace(resource_type="model", schema="built", alias="kept")}
        ),
        run_query=lambda sql: SimpleNamespace(rows=[row.asDict() for row in spark.sql(sql).collect()]),
    )
    assert [row["tableName"] for row in spark.sql("show tables in built").collect()] == ["kept"]
    assert rows(spark, "select a from built.seen") == [(1,)]


@pytest.mark.parametrize(
    ("amount", "share", "expected"),
    [
        ("0.29", "0.005", "0.0014"),
        ("0.71", "0.005", "0.0036"),
        ("-1.13", "0.005", "-0.0056"),
        ("0.0001", "0.5", "0.0001"),
        ("0", "0.5", "0.0000"),
    ],
)
def test_a_part_of_an_amount_is_rounded_as_on_duckdb(
    spark: Any, amount: str, share: str, expected: str
) -> None:
    """0.29 * 0.005 is 0.00145 in Spark's shortest text of it, and a little below in the number that DuckDB rounds."""
    names = {"amount": f"cast({amount} as decimal(18, 4))", "share": f"cast({share} as double)"}
    sql = f"select {macro('money_part(amount, share)', **names)}"
    assert duckdb.sql(sql).fetchall() == rows(spark, sql) == [(Decimal(expected),)]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select cast('1.2K' as decimal(18, 4))", "CAST_INVALID_INPUT"),
        ("select cast(123456789012345.00 as decimal(18, 4))", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("select sum(n) from values (9223372036854775807), (1) as numbers (n)", "ARITHMETIC_OVERFLOW"),
        ("select cast(3000000000 as int)", "CAST_OVERFLOW"),
        (
            "select cast(1e17 as decimal(28, 10)) * cast(1000 as decimal(28, 10))",
            "NUMERIC_VALUE_OUT_OF_RANGE",
        ),
    ],
)
def test_what_does_not_fit_is_an_error_as_on_duckdb(spark: Any, sql: str, said: str) -> None:
    """Guards a NULL, or a sum that began again below zero, that nobody is told of."""
    with pytest.raises(Exception, match=said):
        spark.sql(sql).collect()


@pytest.mark.parametrize("engine", ["duckdb", "default"])
@pytest.mark.parametrize(
    ("which", "ties", "expected"),
    [
        # The newest row of three has no message: NULL, not the message of the row before it.
        ("max", [], [("a", None), ("b", "of b2")]),
        ("min", [], [("a", "of a1"), ("b", "of b1")]),
        # Both rows of c came at the same time: the key says which one.
        ("max", ["run_id"], [("a", None), ("b", "of b2"), ("c", "of c2")]),
        ("min", ["run_id"], [("a", "of a1"), ("b", "of b1"), ("c", "of c1")]),
    ],
)
def test_the_value_of_the_newest_row(
    request: pytest.FixtureRequest,
    engine: str,
    which: str,
    ties: list[str],
    expected: list[tuple[str, str | None]],
) -> None:
    """DuckDB's max_by passes over rows without a value, and takes the first of equal ones; Spark's does neither."""
    told = [("a", 1, "a1"), ("a", 2, "a2"), ("a", 3, "none"), ("b", 1, "b1"), ("b", 2, "b2")]
    told += [("c", 1, "c2"), ("c", 1, "c1")] if ties else []
    values = ", ".join(f"('{name}', {at}, '{run}', nullif('of {run}', 'of none'))" for name, at, run in told)
    value = macro(f"{engine}__value_at('{which}', 'message', {['finished_at', *ties]})")
    sql = f"select name, {value} from (values {values}) as told(name, finished_at, run_id, message) group by name"
    if engine == "default":
        assert rows(request.getfixturevalue("spark"), sql) == expected
    else:
        with duckdb.connect() as connection:
            assert sorted(connection.execute(sql).fetchall()) == expected
