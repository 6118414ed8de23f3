"""Files of audiences: what others may see is not in them, not even in a byte; a slip in the seed stops everything.

Every row and column that has to stay out carries a canary, a text that stands nowhere else.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from control_helpers import change_marts, describe, make_home, mark_audited

from home.errors import ConfigError
from home.layout import Home
from home.project import project_dir
from orchestration.history.publications import history_folder, kept
from orchestration.history.published import audiences_folder
from orchestration.publish import publish as publishing
from orchestration.publish.publish import publish
from orchestration.publish.verify import verify_home

OWN, OTHER = "7495000000000000101", "7495000000000000404"
COLUMNS = ("audience", "tables", "left_out_columns", "shop_keys", "person_name", "is_published")
ROWS = 20_000
"""So many that a table has blocks of its own, compressed if DuckDB likes."""

_CANARIES = f"""
    insert into marts.dim_shops select '{OTHER}', 'canary-shop-other', 'GBP', timestamptz '2026-10-03 00:00:00Z';
    create table marts.fct_canaries as
        select
            case when i % 2 = 0 then '{OWN}' else '{OTHER}' end as shop_key,
            i::bigint as row_number,
            case when i % 2 = 0 then 'open-row-' else 'canary-row-other-' end || md5(i::varchar) as note,
            'canary-profit-' || md5(i::varchar) as order_profit,
            'canary-load-' || i as _load
        from range({ROWS}) as numbers(i);
    create table marts.kpi_live_hosts as
        select
            case when i % 4 < 3 then '{OWN}' else '{OTHER}' end as shop_key,
            case i % 4 when 0 then 'Mali' when 1 then 'canary-host-anong' when 2 then 'unassigned' else 'Mali' end as host_name,
            case when i % 4 = 0 then 'open-session-' when i % 4 = 3 then 'canary-session-elsewhere-'
                else 'canary-session-' end || md5(i::varchar) as live_room_id
        from range({ROWS}) as numbers(i);
    create table marts.kpi_team_scorecard as select 'Mali' as person_name, 'canary-card' as kpi_name;
    create table marts.kpi_alerts as
        select * from (values
            ('{OWN}', 'gmv', 'open-alert'),
            ('{OWN}', null, 'open-alert-without-subject'),
            ('{OWN}', 'order_profit', 'canary-alert-profit'),
            ('{OTHER}', 'gmv', 'canary-alert-other')
        ) as alerts(shop_key, subject, message_en);
    create table marts.kpi_glossary as
        select * from (values
            ('fct_canaries', 'note', 1::bigint, 'open-definition', 1::bigint, 'd1'),
            ('fct_canaries', 'order_profit', 2, 'canary-definition-profit', 1, 'd2'),
            ('kpi_live_hosts', 'host_name', 1, 'open-definition-host', 1, 'd4'),
            ('kpi_shop_daily', 'gmv', 1, 'canary-definition-absent-table', 1, 'd3')
        ) as glossary(model_name, column_name, column_position, definition, definition_version, definition_digest);
    create table marts.dim_columns as
        select * from (values
            ('fct_canaries', 'note', 'open-column'),
            ('fct_canaries', 'order_profit', 'canary-column-profit'),
            ('kpi_shop_daily', 'gmv', 'canary-column-absent-table')
        ) as columns(model_name, column_name, definition);
"""
_DESCRIBED = {"order_profit": "canary-comment", "note": "open-comment", "_load": "canary-comment-load"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    change_marts(home, _CANARIES)
    describe(home, "fct_canaries", _DESCRIBED)
    mark_audited(home)
    return home


def seed(home: Home, *rows: tuple[str, str, str, str, str, bool]) -> None:
    """The seed as a build would leave it in the warehouse."""
    connection = duckdb.connect(str(home.warehouse))
    connection.execute(
        "create or replace table seeds.audiences (audience varchar, tables varchar, left_out_columns varchar, "
        "shop_keys varchar, person_name varchar, is_published boolean)"
    )
    for row in rows:
        connection.execute(
            "insert into seeds.audiences values (?, ?, ?, ?, ?, ?)",
            [value if value != "" else None for value in row],
        )
    connection.close()
    change_marts(home, "select 1")
    mark_audited(home)


def file_of(home: Home, audience: str) -> Path:
    return audiences_folder(home) / audience / "marts.duckdb"


def everything_in(path: Path) -> str:
    """All that DuckDB tells of a file: names, comments, statistics and every value of every table."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as file (read_only)")
        said: list[Any] = []
        for function in ("duckdb_tables()", "duckdb_columns()", "duckdb_views()"):
            said += connection.execute(f"select * from {function} where database_name = 'file'").fetchall()
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'file'"
        ).fetchall():
            said += connection.execute(f"select * from file.marts.{table}").fetchall()
            said += connection.execute(f"select * from pragma_storage_info('file.marts.{table}')").fetchall()
    return repr(said)


def columns_of(path: Path, table: str) -> list[str]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as file (read_only)")
        return [row[0] for row in connection.execute(f"describe file.marts.{table}").fetchall()]


def tables_of(path: Path) -> set[str]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as file (read_only)")
        return {
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'file'"
            ).fetchall()
        }


def test_without_an_audience_there_is_the_whole_file_only(home: Home) -> None:
    seed(home, ("operations", "kpi_*", "", "", "", False))
    assert publish(home).audiences == {}
    assert not audiences_folder(home).exists()
    assert "canary-profit-" in everything_in(home.published), "the whole file has everything"


@pytest.mark.parametrize("compressed", [True, False])
class TestNothingOfOthers:
    """With and without compression: without it, a text in the file is a text in its bytes."""

    @pytest.fixture(autouse=True)
    def compression(self, compressed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        if compressed:
            return
        reading = publishing.reading

        @contextmanager
        def uncompressed(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
            with reading(home) as connection:
                connection.execute("set force_compression = 'uncompressed'")
                yield connection

        monkeypatch.setattr(publishing, "reading", uncompressed)

    def scan(self, home: Home, audience: str, compressed: bool, *own: str) -> None:
        path = file_of(home, audience)
        text, content = everything_in(path), path.read_bytes()
        assert "canary" not in text, text[text.index("canary") - 80 :][:200]
        assert b"canary" not in content
        for known in own:
            assert known in text
            # Who looks for canaries in the bytes has to be able to see one.
            if not compressed:
                assert known.encode() in content
        manifest = path.with_name("manifest.json").read_text()
        assert "canary" not in manifest
        assert "order_profit" not in json.dumps(json.loads(manifest)["definitions"])

    def test_one_shop_without_profit(self, home: Home, compressed: bool) -> None:
        seed(
            home,
            (
                "agency",
                "fct_canaries dim_shops dim_columns dim_dates kpi_alerts kpi_glossary",
                "*profit*",
                OWN,
                "",
                True,
            ),
        )
        rows = publish(home).audiences["agency"]
        assert rows == {
            "fct_canaries": ROWS // 2,
            "dim_shops": 1,
            "dim_columns": 1,
            "dim_dates": 1,
            "kpi_alerts": 2,
            "kpi_glossary": 1,
        }
        self.scan(
            home,
            "agency",
            compressed,
            "open-row-",
            "open-alert-without-subject",
            "open-definition",
            "open-column",
            "open-comment",
        )

    def test_one_host_with_own_sessions(self, home: Home, compressed: bool) -> None:
        seed(home, ("host-mali", "kpi_live_hosts kpi_glossary", "", OWN, "Mali", True))
        rows = publish(home).audiences["host-mali"]
        assert rows == {"kpi_live_hosts": ROWS // 4, "kpi_glossary": 1}
        self.scan(home, "host-mali", compressed, "open-session-")

    def test_all_shops_without_a_column(self, home: Home, compressed: bool) -> None:
        seed(
            home,
            (
                "operations",
                "kpi_alerts kpi_shop_*",
                "order_profit kpi_alerts.message_en gmv_list",
                "",
                "",
                True,
            ),
        )
        publish(home)
        text = everything_in(file_of(home, "operations"))
        assert "message_en" not in text
        assert "gmv_list" not in text
        assert "'order_profit'" not in text, "the alert about a KPI that is left out is left out"
        assert "gmv_rc" in text


class TestPatterns:
    def test_pass_over_what_cannot_be_limited(self, home: Home) -> None:
        seed(home, ("agency", "kpi_* dim_*", "", OWN, "", True))
        publish(home)
        assert "kpi_team_scorecard" not in tables_of(file_of(home, "agency")), "a card counts over all shops"
        assert {"kpi_shop_daily", "dim_dates", "kpi_glossary"} <= tables_of(file_of(home, "agency"))

    def test_a_person_gets_only_tables_that_name_persons(self, home: Home) -> None:
        seed(home, ("mali", "*", "", "", "Mali", True))
        rows = publish(home).audiences["mali"]
        assert set(rows) == {
            "kpi_live_hosts",
            "kpi_team_scorecard",
            "dim_columns",
            "dim_dates",
            "kpi_glossary",
        }
        assert rows["kpi_live_hosts"] == ROWS // 2

    def test_private_tables_and_columns_never_leave(self, home: Home) -> None:
        seed(home, ("all", "*", "", "", "", True))
        publish(home)
        assert "helper" not in tables_of(file_of(home, "all"))
        assert "canary-load" not in everything_in(file_of(home, "all"))


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (("x", "kpi_shop_dayly", "", "", "", True), "kpi_shop_dayly"),
        (("x", "kpi_sh*ps", "", "", "", True), r"kpi_sh\*ps"),
        (("x", "helper", "", "", "", True), "helper"),
        (("x", "", "", "", "", True), "names no table"),
        (("x", "kpi_shop_daily", "proffit", "", "", True), "proffit"),
        (("x", "kpi_shop_daily", "fct_orders.gmv", "", "", True), r"fct_orders\.gmv"),
        (("x", "kpi_alerts", "*", "", "", True), "every column of kpi_alerts"),
        (("x", "kpi_shop_daily", "", "7495000000000000999", "", True), "7495000000000000999"),
        (("x", "kpi_shop_daily kpi_team_scorecard", "", OWN, "", True), "kpi_team_scorecard has no shop_key"),
        (("x", "kpi_shop_daily", "", "", "Mali", True), "kpi_shop_daily names no person"),
        (("x", "kpi_live_hosts", "", "", "Mary", True), "Mary"),
        (("x", "kpi_live_hosts", "", "", "unassigned", True), "unassigned"),
        (("../x", "kpi_shop_daily", "", "", "", True), r"\.\./x"),
        (("X", "kpi_shop_daily", "", "", "", True), "is no name"),
    ],
)
def test_a_slip_in_the_seed_is_named_and_nothing_is_published(
    home: Home, row: tuple[str, str, str, str, str, bool], named: str
) -> None:
    seed(home)
    before = publish(home)
    content = home.published.read_bytes()
    seed(home, ("good", "kpi_shop_daily", "", "", "", True), row)
    with pytest.raises(ConfigError, match=named) as caught:
        publish(home)
    assert "seeds/trust/audiences.csv" in caught.value.advice
    assert home.published.read_bytes() == content
    assert kept(home) == [before.publication]
    assert not (history_folder(home) / ".new").exists()
    assert all(not verdict.problems for verdict in verify_home(home))


def test_an_audience_in_two_rows(home: Home) -> None:
    seed(home, ("x", "kpi_shop_daily", "", "", "", True), ("x", "kpi_alerts", "", "", "", True))
    with pytest.raises(ConfigError, match="more than one row"):
        publish(home)


def test_the_project_comes_with_examples_that_publish_nothing() -> None:
    with (project_dir() / "seeds" / "trust" / "audiences.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["audience"] for row in rows] == ["operations", "agency-gb", "host-mali"]
    assert {row["is_published"] for row in rows} == {"false"}


def test_who_may_not_see_a_cost_can_t_work_it_out(home: Home) -> None:
    """Guards a file from which the unit cost is left out and the profit is not: sales - charges - profit = goods."""
    change_marts(
        home,
        f"""
        create table marts.kpi_sku_profit as
            select '{OWN}' as shop_key, 100::decimal(18, 4) as gmv, 30::decimal(18, 4) as cogs_amount,
                60::decimal(18, 4) as contribution_profit, 0.6::double as profit_margin, true as is_profit_negative;
        create table marts.kpi_creator_daily as
            select '{OWN}' as shop_key, 7::decimal(18, 4) as commission_amount, 9::decimal(18, 4) as creator_cost, 3::double as creator_roi;
        """,
    )
    mark_audited(home)
    seed(
        home,
        ("without-costs", "kpi_sku_profit kpi_creator_daily", "cogs_amount", "", "", True),
        ("without-roi", "kpi_sku_profit kpi_creator_daily", "creator_roi", "", "", True),
    )
    publish(home)
    for audience, sku, creator in (
        ("without-costs", ["shop_key", "gmv"], ["shop_key", "commission_amount"]),
        (
            "without-roi",
            ["shop_key", "gmv", "cogs_amount", "contribution_profit", "profit_margin", "is_profit_negative"],
            ["shop_key", "commission_amount", "creator_cost"],
        ),
    ):
        for table, columns in (("kpi_sku_profit", sku), ("kpi_creator_daily", creator)):
            assert columns_of(file_of(home, audience), table) == columns, (audience, table)
