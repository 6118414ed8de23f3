"""A defect of one shop holds back that shop: the others are published, and it keeps its last good rows, marked."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from control_helpers import SHOP, change_marts, make_home, mark_built

from home.layout import Home
from home.project import project_dir
from orchestration.audit.audit import AuditFailed, AuditReport, audit, last_audit
from orchestration.audit.expectations import load_suites
from orchestration.audit.failing_rows import by_shop
from orchestration.cli import main
from orchestration.publish.publish import PublishReport, publish

OTHER = "7495000000000000202"
TWO_SHOPS = f"""
    alter table marts.dim_shops add column is_held_back boolean;
    alter table marts.dim_shops add column held_back_since timestamp with time zone;
    alter table marts.dim_shops add column held_back_reason varchar;
    update marts.dim_shops set is_held_back = false;
    create table marts.ops_missing_costs as select '{OTHER}' as shop_key, 's9' as seller_sku;
    create table marts.kpi_team_scorecard as select 'Mali' as person_name, 3000 as gmv;
    create table marts.kpi_alerts as
        select
            'a1' as alert_id, '{OTHER}' as shop_key, 'stock_out' as alert_kind, 's1' as subject, 'Borealis' as shop_name,
            'warning' as severity, 'supply chain' as owner, date '2026-10-01' as first_seen, date '2026-10-03' as last_seen,
            true as is_open, null::varchar as evidence, 'Out.' as message_en, '断货' as message_zh;
    create table seeds.alert_owners as
        select * from (values (null, null, 'operations'), (null, 'held_back', 'data')) as owners(shop_key, alert_kind, owner);
"""
"""Beside Aurora, Borealis: the same rows under another key. 1,000 baht a day on three days each."""
DOUBLED = (
    "dim_shops",
    "dim_skus",
    "fct_orders",
    "fct_order_lines",
    "kpi_shop_daily",
    "kpi_shop_hourly",
    "kpi_product_daily",
    "kpi_settlement_bridge",
)
NEW_DAY = """
    update marts.kpi_shop_daily set gmv = 1100, net_gmv = 950;
    update marts.kpi_shop_hourly set gmv = 1100;
    update marts.kpi_product_daily set gmv = 1100;
"""
"""100 more on each day of both shops: 1,100 is 100 cancelled, 50 refunded and 950 net."""
DEFECT = f"update marts.kpi_shop_daily set net_gmv = 950.01 where shop_key = '{OTHER}'"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    from orchestration.audit import audit as module

    kept = [
        one
        for one in load_suites(project_dir() / "tests" / "expectations")
        if one.domain in ("sales", "monitoring")
    ]
    monkeypatch.setattr(module, "load_suites", lambda folder: kept)
    home = make_home(tmp_path / "home")
    doubled = ";".join(
        f"insert into marts.{table} select * replace ('{OTHER}' as shop_key) from marts.{table}"
        for table in DOUBLED
    )
    named = f"update marts.dim_shops set shop_name = 'Borealis' where shop_key = '{OTHER}'"
    change_marts(home, f"{TWO_SHOPS}{doubled};{named}")
    return home


def query(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{home.published}' as kpi (read_only)")
        return connection.execute(sql).fetchall()


def gmv(home: Home) -> dict[str, Decimal]:
    return dict(query(home, "select shop_key, sum(gmv) from kpi.marts.kpi_shop_daily group by 1"))


def published(home: Home) -> tuple[AuditReport, PublishReport]:
    report = audit(home)
    assert report.passed, report.critical_failures
    return report, publish(home)


def test_the_other_shop_is_published_and_the_shop_keeps_its_rows(home: Home) -> None:
    _, first = published(home)
    assert gmv(home) == {SHOP: 3000, OTHER: 3000}
    change_marts(home, f"{NEW_DAY}; {DEFECT}")
    report, second = published(home)
    (held,) = report.held_back
    assert (held.shop_key, held.shop_name) == (OTHER, "Borealis")
    assert "business_date is 2026-10-01, residual is -0.01" in held.message
    assert "A part of the sales is counted twice or not at all" in held.message
    assert gmv(home) == {SHOP: 3300, OTHER: 3000}
    # New rows and kept rows together are what the manifest counts.
    assert second.tables["kpi_shop_daily"] == 6
    (kept,) = second.held_back
    assert (kept.shop_key, kept.rows_of) == (OTHER, first.publication)
    assert second.mixed_tables == ("kpi_team_scorecard",)
    assert json.loads(second.manifest.read_text())["held_back"][0]["shop_key"] == OTHER
    # What arrived has not been found good for every shop: it is looked at again.
    assert (last_audit(home) or {})["watermark"] == "1795407965.1"


def test_it_is_marked_for_whoever_has_the_file_only(home: Home) -> None:
    published(home)
    change_marts(home, f"{NEW_DAY}; {DEFECT}")
    published(home)
    marks = query(
        home,
        "select shop_key, is_held_back, held_back_since is not null, held_back_reason from kpi.marts.dim_shops order by 1",
    )
    assert marks[0] == (SHOP, False, False, None)
    assert marks[1][:3] == (OTHER, True, True)
    assert "residual is -0.01" in marks[1][3]
    held = dict(query(home, "select table_name, held_back_shops from kpi.marts.ops_publication"))
    assert held["kpi_shop_daily"] == held["dim_shops"] == OTHER
    assert held["ops_missing_costs"] is None, "what is to be done is told as it is now"
    assert held["kpi_team_scorecard"] is None
    alerts = query(
        home,
        "select alert_kind, subject, severity, owner, is_open, message_en, message_zh from kpi.marts.kpi_alerts "
        "where shop_key = '" + OTHER + "' order by alert_kind",
    )
    assert [row[0] for row in alerts] == ["held_back", "stock_out"]
    subject, severity, owner, is_open, english, chinese = alerts[0][1:]
    assert (subject, severity, owner, is_open) == (
        "marts.sales.shop_days: expect_column_values_to_be_between",
        "critical",
        "data",
        True,
    )
    assert "处理办法：gmv 不等于取消 + 退款 + 净额：部分销售额被重复计入或漏计。" in chinese
    for text in (english, chinese):
        assert "Borealis" in text and "residual is -0.01" in text


def test_a_shop_that_is_held_back_again_keeps_the_same_rows_and_the_same_beginning(home: Home) -> None:
    _, first = published(home)
    change_marts(home, DEFECT)
    _, second = published(home)
    change_marts(home, f"{NEW_DAY}; {DEFECT}")
    _, third = published(home)
    assert third.held_back[0].rows_of == second.held_back[0].rows_of == first.publication
    assert third.held_back[0].since == second.held_back[0].since
    assert gmv(home) == {SHOP: 3300, OTHER: 3000}


def test_a_shop_that_is_held_back_for_days_has_one_alert(home: Home) -> None:
    """The alert of yesterday was kept with the shop's rows, and each day added one more, with the same id."""
    published(home)
    for day in ("2026-10-01", "2026-10-02", "2026-10-03"):
        change_marts(home, f"{NEW_DAY}; {DEFECT} and business_date >= date '{day}'")
        published(home)
        alerts = query(
            home,
            f"select alert_kind, message_en from kpi.marts.kpi_alerts where shop_key = '{OTHER}' order by alert_kind",
        )
        assert [kind for kind, _ in alerts] == ["held_back", "stock_out"]
        assert f"business_date is {day}" in alerts[0][1], "what it found today"
        # Back as it was, for the next day's defect.
        change_marts(home, f"update marts.kpi_shop_daily set net_gmv = 950 where shop_key = '{OTHER}'")


def test_a_shop_that_comes_back_and_is_held_back_again_keeps_the_rows_of_its_return(home: Home) -> None:
    published(home)
    change_marts(home, f"{NEW_DAY}; {DEFECT}")
    _, held = published(home)
    change_marts(home, NEW_DAY)
    _, back = published(home)
    day_after = NEW_DAY.replace("1100", "1200").replace("950", "1050")
    change_marts(home, f"{day_after}; {DEFECT}")
    _, again = published(home)
    assert held.held_back[0].rows_of != again.held_back[0].rows_of == back.publication
    assert gmv(home) == {SHOP: 3600, OTHER: 3300}


def test_what_is_mended_is_published_without_a_mark(home: Home) -> None:
    published(home)
    change_marts(home, f"{NEW_DAY}; {DEFECT}")
    published(home)
    change_marts(home, NEW_DAY)
    _, report = published(home)
    assert report.held_back == ()
    assert gmv(home) == {SHOP: 3300, OTHER: 3300}
    assert query(home, "select count(*) from kpi.marts.dim_shops where is_held_back") == [(0,)]
    assert query(home, "select count(*) from kpi.marts.kpi_alerts where alert_kind = 'held_back'") == [(0,)]
    assert query(home, "select count(held_back_shops) from kpi.marts.ops_publication") == [(0,)]


def test_a_shop_that_was_never_published_is_left_out(home: Home) -> None:
    change_marts(home, DEFECT)
    _, report = published(home)
    assert report.held_back[0].rows_of is None
    assert gmv(home) == {SHOP: 3000}
    # It is a shop nevertheless, and says why it has no figures.
    assert query(home, "select shop_key from kpi.marts.dim_shops where is_held_back") == [(OTHER,)]


def test_a_column_that_is_new_is_empty_in_kept_rows(home: Home) -> None:
    published(home)
    change_marts(home, f"alter table marts.kpi_shop_daily add column visitors bigint default 7; {DEFECT}")
    published(home)
    found = query(home, "select shop_key, sum(visitors) from kpi.marts.kpi_shop_daily group by 1 order by 1")
    assert found == [(SHOP, 21), (OTHER, None)]


def test_a_defect_of_every_shop_stops_the_publication(home: Home) -> None:
    published(home)
    change_marts(home, "update marts.kpi_shop_daily set net_gmv = net_gmv + 0.01")
    report = audit(home)
    assert not report.passed and not report.held_back
    assert "A part of the sales is counted twice" in report.critical_failures[0]
    with pytest.raises(AuditFailed):
        publish(home)
    assert gmv(home) == {SHOP: 3000, OTHER: 3000}


def test_what_concerns_no_shop_stops_everything(home: Home) -> None:
    published(home)
    change_marts(home, f"drop table marts.kpi_product_daily; {DEFECT}")
    report = audit(home)
    assert not report.passed
    assert [shop.shop_key for shop in report.held_back] == [OTHER]
    assert any("could not be read" in text for text in report.critical_failures)


class TestTestsOfDbt:
    """A test of dbt concerns the shops in the rows that it finds."""

    def failing(self, home: Home, sql: str) -> AuditReport:
        mark_built(
            home,
            tests={"fct_orders__lines_sum_to_sub_total": "fail", "kpi_shop_daily__identity": "pass"},
            queries={"fct_orders__lines_sum_to_sub_total": sql},
        )
        return audit(home)

    def test_rows_of_a_shop(self, home: Home) -> None:
        report = self.failing(
            home,
            f"select '{OTHER}' as shop_key, 'o7' as order_id, 100.00 as sub_total, null as lines_sale_amount "
            f"union all select '{OTHER}', 'o8', 70.00, 69.00",
        )
        assert report.passed
        (held,) = report.held_back
        assert held.check == "fct_orders__lines_sum_to_sub_total"
        assert "2 rows in all" in held.found
        assert "Guards against fct_orders__lines_sum_to_sub_total." in held.message

    @pytest.mark.parametrize(
        "sql",
        [
            "select 'o7' as order_id, 100.00 as sub_total",
            "select null as shop_key, 'o7' as order_id",
            f"select '{OTHER}' as shop_key union all select null",
            "select 'a-shop-that-nobody-knows' as shop_key",
        ],
        ids=["no shop_key", "shop_key is missing", "one of them is missing", "no shop of dim_shops"],
    )
    def test_rows_of_no_shop(self, home: Home, sql: str) -> None:
        report = self.failing(home, sql)
        assert not report.passed and not report.held_back


def test_rows_by_shop() -> None:
    rows = [
        {"shop_key": "b", "order_id": "o1", "amount": None, "_load": "x"},
        {"shop_key": "a", "order_id": "o2", "amount": Decimal("0.50")},
        {"shop_key": "b", "order_id": "o3", "amount": Decimal("1.00")},
    ]
    assert by_shop(rows) == {
        "b": "order_id is o1, amount is missing; 2 rows in all",
        "a": "order_id is o2, amount is 0.50",
    }
    assert by_shop([*rows, {"order_id": "o4"}]) == {}


def test_publish_exits_3(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    published(home)
    monkeypatch.setenv("TTKPI_HOME", str(home.root))
    change_marts(home, f"{NEW_DAY}; {DEFECT}")
    assert main(["audit"]) == 0
    assert main(["publish"]) == 3
    said = " ".join(capsys.readouterr().err.split())
    for part in ("Borealis", OTHER, "residual is -0.01", "kpi_team_scorecard"):
        assert part in said
    assert main(["status"]) == 3
    assert "residual is -0.01" in " ".join(capsys.readouterr().out.split())


class TestFactsThatShrink:
    """A cut-off table loses facts; a list of what is open now is shorter when all is well."""

    @pytest.fixture
    def dated(self, home: Home) -> Home:
        """12 orders a day on four days, and 13 open alerts of the other kind of list."""
        change_marts(
            home,
            "alter table marts.fct_orders add column created_business_date date;"
            "update marts.fct_orders set created_business_date = "
            "date '2026-10-01' + cast(floor(cast(substr(order_id, 2) as integer) / 12) as integer);"
            "create table marts.kpi_creator_leaderboard as "
            f"select '{SHOP}' as shop_key, 'c' || i as creator_username from range(30) as numbers(i);"
            f"insert into marts.kpi_alerts by name select 'b' || i as alert_id, '{SHOP}' as shop_key from range(12) as numbers(i)",
        )
        published(home)
        return home

    def test_lists_may_shrink(self, dated: Home) -> None:
        change_marts(
            dated,
            "delete from marts.kpi_alerts where alert_id = 'b1'; delete from marts.kpi_creator_leaderboard where creator_username > 'c1'",
        )
        report = audit(dated)
        assert report.passed, report.critical_failures
        assert report.held_back == ()

    def test_a_fact_that_is_cut_off_holds_back_its_shop(self, dated: Home) -> None:
        # 3 of 48 orders are 6.25 % of them.
        change_marts(
            dated,
            f"delete from marts.fct_orders where shop_key = '{OTHER}' and order_id in ('o1', 'o13', 'o14')",
        )
        report = audit(dated)
        (held,) = report.held_back
        assert held.shop_key == OTHER
        assert "table_name is fct_orders" in held.message and "first_day_lost is 2026-10-01" in held.message
        assert "share_kept is 0.9375" in held.message
        assert "--accept-fewer-rows" in held.message

    def test_a_day_that_is_lost_is_seen_among_many(self, dated: Home) -> None:
        change_marts(
            dated,
            "insert into marts.fct_orders by name "
            f"select '{OTHER}' as shop_key, 'x' || i as order_id, date '2026-09-01' as created_business_date from range(400) as numbers(i)",
        )
        published(dated)
        # 7 of 448 are 1.6 % of the orders, and 7 of the 12 of that day.
        change_marts(
            dated,
            f"delete from marts.fct_orders where shop_key = '{OTHER}' and order_id in ('o12', 'o13', 'o14', 'o15', 'o16', 'o17', 'o18')",
        )
        report = audit(dated)
        (held,) = report.held_back
        assert "days_lost is 1" in held.message and "first_day_lost is 2026-10-02" in held.message

    def test_what_is_meant_is_accepted(self, dated: Home) -> None:
        change_marts(dated, f"delete from marts.fct_orders where shop_key = '{OTHER}' and order_id > 'o2'")
        assert [shop.shop_key for shop in audit(dated).held_back] == [OTHER]
        report = audit(dated, accept_fewer_rows=True)
        assert report.passed and report.held_back == ()
        assert any("fct_orders" in text for text in report.warnings)

    def test_a_table_that_is_cut_off_for_all_stops_everything(self, dated: Home) -> None:
        change_marts(dated, "delete from marts.fct_orders where order_id > 'o2'")
        report = audit(dated)
        assert not report.passed
        assert any("raw was truncated" in text for text in report.critical_failures)
