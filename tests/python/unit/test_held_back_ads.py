"""A defect of an ads account holds back the shops that the account serves, and no other; one that serves none is told."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from control_helpers import LOAD, SHOP, change_marts, make_home, write_raw

from home.layout import Home
from home.project import project_dir
from orchestration.audit.audit import audit
from orchestration.audit.expectations import load_suites
from orchestration.audit.failing_rows import found_by_test
from orchestration.build.build import NodeResult

OTHER = "7495000000000000202"
ACCOUNTS = f"""
    insert into marts.dim_shops select * replace ('{OTHER}' as shop_key, 'Borealis' as shop_name) from marts.dim_shops;
    create table marts.fct_ad_spend_daily as select * from (values ('good', '{SHOP}'), ('bad', '{OTHER}'), ('bad', 'unauthorised'),
        ('idle', null)) as days(advertiser_id, shop_key);
    create table marts.dim_ad_campaigns as select 'new' as advertiser_id, '{OTHER}' as shop_key;
    create table seeds.advertiser_shops as select 'seeded' as advertiser_id, '{OTHER}' as shop_key;
"""
"""Aurora is served by an account; Borealis by one with spend, one with a campaign, and one that a seed names; `idle` serves none."""
SUITES = {
    "gmv_max_days": (
        "gmv_max_campaign_daily",
        "'c1' as campaign_id, 's' as store_id, date '2026-10-01' as stat_date, 'THB' as currency, 5 as cost, 9 as gross_revenue, 1 as orders",
        "-5 as cost",
    ),
    "basic_report_days": (
        "ads_report_daily",
        "'c1' as campaign_id, date '2026-10-01' as stat_date, 'THB' as currency, 5 as spend, 9 as impressions, 1 as clicks",
        "null as currency",
    ),
    "ads_accounts": (
        "advertisers",
        "'THB' as currency, 'Asia/Bangkok' as timezone, now() as retrieved_at",
        "null as timezone",
    ),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    from orchestration.audit import audit as module

    kept = [one for one in load_suites(project_dir() / "tests" / "expectations") if one.name in SUITES]
    monkeypatch.setattr(module, "load_suites", lambda folder: kept)
    home = make_home(tmp_path / "home")
    change_marts(home, ACCOUNTS)
    for table, row, _ in SUITES.values():
        write_raw(home, table, _row("good", row), source="tiktok_ads")
    return home


def _row(account: str, row: str) -> str:
    return f"select '{account}' as advertiser_id, {row}, '{LOAD}' as _dlt_load_id"


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("account", ["bad", "new", "seeded"])
def test_shops_of_the_account_are_held_back(home: Home, suite: str, account: str) -> None:
    table, row, defect = SUITES[suite]
    write_raw(
        home,
        table,
        f"select * replace ({defect}) from ({_row(account, row)})",
        "of_the_account",
        source="tiktok_ads",
    )
    report = audit(home)
    assert report.passed, report.critical_failures
    (held,) = report.held_back
    assert held.shop_key == OTHER
    assert held.check.startswith(f"raw.ads.{suite}:")
    assert f"advertiser_id is {account}" in held.found


@pytest.mark.parametrize("suite", SUITES)
def test_account_that_serves_no_shop_is_told_and_holds_back_nothing(home: Home, suite: str) -> None:
    table, row, defect = SUITES[suite]
    write_raw(
        home,
        table,
        f"select * replace ({defect}) from ({_row('idle', row)})",
        "of_the_account",
        source="tiktok_ads",
    )
    report = audit(home)
    assert report.passed and not report.held_back, report.critical_failures
    assert any(f"raw.ads.{suite}" in text and "idle" in text for text in report.warnings)


DAYS = """
    create table dim_shops as select * from (values ('th'), ('vn')) as shops(shop_key);
    create table fct_ad_spend_daily as select * from (values
        ('a', '1', date '2026-10-01', 'th', 'THB', 10, 'basic_report', 10),
        ('b', '2', date '2026-10-01', 'vn', 'VND', 20, 'basic_report', 20),
        ('b', '3', date '2026-10-01', 'vn', 'VND', 30, 'basic_report', 30),
        ('c', '4', date '2026-10-01', 'unauthorised', 'USD', 40, 'basic_report', 40)
    ) as days(advertiser_id, campaign_id, stat_date, shop_key, currency, spend, spend_source, basic_spend);
    alter table fct_ad_spend_daily add column gmv_max_cost integer;
    alter table fct_ad_spend_daily add column tt_shop_spend integer;
    alter table fct_ad_spend_daily add column reported_gmv integer;
    alter table fct_ad_spend_daily add column reported_orders integer;
    alter table fct_ad_spend_daily add column campaign_type varchar default 'other';
    create table int_ads__spend_by_business_date as select * from fct_ad_spend_daily;
"""


@pytest.mark.parametrize(
    ("test", "defect"),
    [
        ("nothing_lost_at_midnight", "update int_ads__spend_by_business_date set spend = 19.99"),
        ("one_cost_is_taken", "update fct_ad_spend_daily set basic_spend = 21"),
        ("one_currency_per_account", "update fct_ad_spend_daily set currency = null"),
    ],
)
@pytest.mark.parametrize(("account", "concerns"), [("b", "vn"), ("c", "no_shop")])
def test_dbt_tests_of_spend_name_the_shop(test: str, defect: str, account: str, concerns: str) -> None:
    """Account b serves vn with two campaigns; the store of account c is not authorised here."""
    sql = (project_dir() / "tests" / "singular" / "ads" / f"fct_ad_spend_daily__{test}.sql").read_text()
    compiled = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", sql)
    with duckdb.connect() as connection:
        connection.execute(DAYS)
        assert connection.execute(compiled).fetchall() == []
        connection.execute(f"{defect} where advertiser_id = '{account}'")
        failed = NodeResult("test.x", test, "test", "fail", "", "", "", 1, 0.0, sql=compiled)
        assert list(found_by_test(connection, failed)) == [concerns]


@pytest.mark.parametrize(
    ("rows", "concerns"),
    [
        pytest.param(
            "('b', null, 'vn', null), ('b', null, 'th', '2026-10-01')", ["th", "vn"], id="two shops"
        ),
        pytest.param(
            "('c', null, 'unauthorised', null), ('c', null, null, '2026-10-01')", ["no_shop"], id="none"
        ),
        pytest.param(
            "('b', null, 'vn', null), ('b', '7', 'th', '2026-10-01')", [], id="a campaign of its own"
        ),
    ],
)
def test_spans_that_overlap_concern_both_shops(rows: str, concerns: list[str]) -> None:
    """Two rows of the seed hold for an account from 2026-10-01 on: of whose figures its spend is nobody can say."""
    name = "advertiser_shops__spans_do_not_overlap"
    sql = (project_dir() / "tests" / "singular" / "ads" / f"{name}.sql").read_text()
    compiled = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", sql)
    with duckdb.connect() as connection:
        connection.execute(DAYS)
        connection.execute(
            "create table advertiser_shops as select advertiser_id, cast(campaign_id as varchar) as campaign_id, shop_key, "
            "cast(valid_from as date) as valid_from, cast(null as date) as valid_to "
            f"from (values {rows}) as seed(advertiser_id, campaign_id, shop_key, valid_from)"
        )
        failed = NodeResult("test.x", name, "test", "fail", "", "", "", 1, 0.0, sql=compiled)
        assert sorted(found_by_test(connection, failed)) == concerns
