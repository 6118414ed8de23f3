"""The audit: what stops a publication, what is only told, and that a check which did not run is never a pass."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml
from control_helpers import LOAD, SHOP, change_marts, make_home, mark_built, write_raw

from home.database import reading
from home.errors import ConfigError
from home.layout import Home
from home.project import project_dir
from orchestration.audit.audit import AuditFailed, AuditReport, audit, last_audit
from orchestration.audit.expectations import Expectation, Judge, Suite, load_suites
from orchestration.audit.failing_rows import shown
from orchestration.audit.frames import Frames
from orchestration.build.build import dbt_folder
from orchestration.publish.publish import publish


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


_names = iter(range(1000))


def suite(*expectations: Expectation, may_be_empty: bool = False) -> Suite:
    return Suite(
        domain="sales",
        edge="marts",
        name=f"case_{next(_names)}",
        about="One row per shop.",
        sql="",
        index=("shop_key",),
        may_be_empty=may_be_empty,
        expectations=expectations,
    )


def between(severity: str = "critical", **arguments: Any) -> Expectation:
    return Expectation(
        "expect_column_values_to_be_between",
        {"column": "residual", **arguments},
        severity,
        "It does not add up.",
    )


def test_expectation_really_runs_on_the_rows(judge: Judge) -> None:
    """Great Expectations once passed everything without looking at a row."""
    table = pd.DataFrame({"shop_key": ["a", "b", "c"], "residual": [0.0, 0.5, 0.0]})
    (good,) = judge.run(suite(between(max_value=1)), lambda: table)
    (bad,) = judge.run(suite(between(max_value=0)), lambda: table)
    assert good.passed and good.ran
    assert good.details["element_count"] == 3
    assert not bad.passed and bad.ran
    assert bad.details["unexpected_count"] == 1
    assert "shop_key b: 0.5" in bad.message
    assert "It does not add up." in bad.message


def test_table_that_cannot_be_read_is_critical_even_for_a_warning(judge: Judge) -> None:
    def broken() -> pd.DataFrame:
        raise ValueError("Catalog Error: no such table")

    (outcome,) = judge.run(suite(between("warning", max_value=0)), broken)
    assert (outcome.passed, outcome.ran, outcome.severity) == (False, False, "critical")
    assert "no such table" in outcome.message


def test_missing_column_is_critical_even_for_a_warning(judge: Judge) -> None:
    table = pd.DataFrame({"shop_key": ["a"]})
    (outcome,) = judge.run(suite(between("warning", max_value=0)), lambda: table)
    assert (outcome.passed, outcome.ran, outcome.severity) == (False, False, "critical")


def test_empty_table_is_critical_unless_it_may_be_empty(judge: Judge) -> None:
    table = pd.DataFrame({"shop_key": [], "residual": []})
    outcomes = judge.run(suite(between(max_value=0)), lambda: table)
    assert [one.passed for one in outcomes if "has rows" in one.name] == [False]
    assert judge.run(suite(between(max_value=0), may_be_empty=True), lambda: table) == []


def test_all_suites_are_readable_and_named_after_domains() -> None:
    suites = load_suites(project_dir() / "tests" / "expectations")
    domains = {
        "sales",
        "finance",
        "creators",
        "live",
        "ads",
        "inventory",
        "people",
        "alarms",
        "monitoring",
        "trust",
    }
    assert {one.domain for one in suites} <= domains
    assert {one.edge for one in suites} == {"raw", "marts"}
    assert all(one.expectations for one in suites)


def test_every_expectation_says_in_chinese_what_it_means() -> None:
    """What to do stands on the audit's page and in the alert of a shop that is held back."""
    lacking = [
        f"{suite.id} {one.subject}"
        for suite in load_suites(project_dir() / "tests" / "expectations")
        for one in suite.expectations
        if not re.search("[\u4e00-\u9fff]", one.why_zh)
    ]
    assert lacking == []


def test_every_test_of_its_own_says_in_chinese_what_it_means() -> None:
    tests = [
        test
        for file in sorted((project_dir() / "tests" / "singular").rglob("*.yml"))
        for test in yaml.safe_load(file.read_text(encoding="utf-8"))["data_tests"]
    ]
    assert len(tests) > 100
    lacking = [
        test["name"]
        for test in tests
        if not re.search("[\u4e00-\u9fff]", test.get("config", {}).get("meta", {}).get("why_zh", ""))
    ]
    generic = sorted((project_dir() / "tests" / "generic").glob("*.sql"))
    assert len(generic) > 5
    lacking += [
        file.stem
        for file in generic
        if not re.search("'why_zh': \"[^\"]*[\u4e00-\u9fff]", file.read_text(encoding="utf-8"))
    ]
    assert lacking == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1833648393194707, "0.1834"),
        (1234567.89, "1234567.89"),
        (0.00000123, "1e-06"),
        (-0.02, "-0.02"),
        (0.0, "0.0"),
        (None, "missing"),
        (7, "7"),
    ],
)
def test_a_found_value_is_short_and_never_shown_as_nothing(value: Any, text: str) -> None:
    assert shown(value) == text


def test_a_shop_is_named() -> None:
    table = pd.DataFrame({"shop_key": ["7495", "7496"], "residual": [0.1833648393194707, 0.5]})
    named = Judge({"7495": "Aurora Thailand"})
    (found,) = named.run(suite(between(max_value=0)), lambda: table)
    assert "residual: Aurora Thailand (7495): 0.1834; shop_key 7496: 0.5. It does not" in found.message
    assert set(found.found_in) == {"7495", "7496"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("marts: [{name: x, about: y, sql: z}]", "lacks expect"),
        ("marts: [{name: x, about: y, sql: z, expect: [], when: now}]", "unknown keys when"),
        ("marts: [{name: x, about: y, sql: z, expect: [{type: t, why: w, severity: high}]}]", "severity"),
        ("elsewhere: []", "mapping of raw and marts"),
        ("marts: [", "not YAML"),
    ],
)
def test_badly_written_suite_is_a_configuration_error(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "sales.yml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_suites(tmp_path)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def own_suites(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the suites that the small home has tables for."""
    from orchestration.audit import audit as module

    everything = load_suites(project_dir() / "tests" / "expectations")
    kept = [one for one in everything if one.domain in ("sales", "monitoring")]
    monkeypatch.setattr(module, "load_suites", lambda folder: kept)


@pytest.mark.usefixtures("own_suites")
class TestWholeAudit:
    def test_good_home_passes_and_leaves_json_and_pages(self, home: Home) -> None:
        report = audit(home)
        assert report.critical_failures == []
        assert report.warnings == []
        assert report.passed
        record = json.loads(report.json_path.read_text())
        assert record["passed"] is True
        assert len(record["outcomes"]) == report.checks > 40
        assert report.page.is_file()
        assert (last_audit(home) or {})["watermark"] == LOAD

    def test_failed_dbt_test_stops_publication(self, home: Home) -> None:
        mark_built(home, tests={"fct_orders__unique": "pass", "kpi_shop_daily__identity": "fail"})
        report = audit(home)
        assert not report.passed
        expected = "kpi_shop_daily__identity: 3 rows. Guards against kpi_shop_daily__identity."
        assert report.critical_failures == [expected]
        with pytest.raises(AuditFailed, match="kpi_shop_daily__identity"):
            publish(home)
        assert not home.published.exists()

    def test_warning_of_a_dbt_test_is_shown_only(self, home: Home) -> None:
        mark_built(home, tests={"fct_orders__unique": "pass", "stg__odd": "warn"})
        report = audit(home)
        assert report.passed
        assert report.warnings == ["stg__odd: 3 rows. Guards against stg__odd."]

    def test_warning_of_a_dbt_test_names_the_shop(self, home: Home) -> None:
        mark_built(home, tests={"stg__odd": "warn"}, queries={"stg__odd": f"select '{SHOP}' as shop_key"})
        report = audit(home)
        assert report.passed and not report.held_back
        assert report.warnings == ["stg__odd: 3 rows in Aurora. Guards against stg__odd."]

    def test_warning_stands_in_chinese_on_the_page(self, home: Home) -> None:
        mark_built(home, tests={"stg__odd": "warn"})
        manifest = dbt_folder(home) / "manifest.json"
        text = json.loads(manifest.read_text())
        node = text["nodes"]["test.tiktok_shop_kpi.stg__odd"]
        # As of a generic test, which is described where it is written.
        node |= {
            "description": "",
            "config": {"meta": {"why": "A row is odd.", "why_zh": "有一行数据异常。"}},
        }
        manifest.write_text(json.dumps(text))
        page = audit(home).page.read_text()
        assert 'stg__odd: 3 rows. A row is odd.<br><span class="soft">有一行数据异常。</span>' in page

    @pytest.mark.parametrize(
        ("broken", "said"),
        [
            ("update marts.kpi_shop_daily set net_gmv = net_gmv + 0.01", "cancelled + refunded + net"),
            ("update marts.kpi_shop_daily set refund_rate = 1.2", "More was refunded than sold"),
            ("update marts.kpi_shop_daily set gmv_rc = null", "A model has lost it"),
            ("update marts.kpi_shop_hourly set gmv = gmv - 0.0001", "hours of a shop do not sum"),
            ("delete from marts.fct_orders", "empty or missing"),
            ("drop table marts.kpi_shop_daily", "could not be read"),
            (
                "update marts.kpi_shop_daily set business_date = '2027-01-01' where business_date = "
                "(select max(business_date) from marts.kpi_shop_daily)",
                "after the end of what was asked for",
            ),
        ],
    )
    def test_broken_marts_stop_publication(self, home: Home, broken: str, said: str) -> None:
        change_marts(home, broken)
        report = audit(home)
        assert not report.passed
        assert any(said in failure for failure in report.critical_failures), report.critical_failures

    def test_page_says_in_chinese_what_stops_it(self, home: Home) -> None:
        change_marts(home, "drop table marts.kpi_shop_daily")
        page = audit(home).page.read_text(encoding="utf-8")
        assert "该检查无法运行：表或列缺失，或无法读取。请运行 `ttkpi build`。" in page

    def test_days_without_a_sale_are_told_and_stop_nothing(self, home: Home) -> None:
        """A shop that sells in LIVE sessions alone has ten orders on a day of them and none between."""
        change_marts(
            home,
            "update marts.kpi_shop_daily set business_date = '2026-09-20' where business_date = '2026-10-02'",
        )
        report = audit(home)
        assert report.passed and not report.held_back, report.critical_failures
        assert any("LIVE sessions alone" in text for text in report.warnings)

    def test_orders_of_a_sync_that_broke_stop_nothing(self, home: Home) -> None:
        """Its first page has brought orders of a day up to which orders were not wholly read."""
        change_marts(home, "update marts.dim_shops set data_until = '2026-10-01 00:00:00Z'")
        report = audit(home)
        assert report.passed and not report.held_back, report.critical_failures

    @pytest.mark.parametrize(
        ("table", "changes", "said"),
        [
            ("orders", "null as order_id", "can't be counted"),
            ("orders", "'USD' as currency", "another currency"),
            (
                "orders",
                "timestamptz '2027-01-01 00:00:00Z' as create_time",
                "after the end of what was asked for",
            ),
            ("orders", "5::bigint as line_count", "fewer (or more) lines"),
            ("orders", "cast(10000 as decimal(18, 4)) as payment__total_amount", "20 times larger"),
            ("order_lines", "cast(10000 as decimal(18, 4)) as original_price", "20 times larger"),
            ("order_lines", "cast(-1 as decimal(18, 4)) as sale_price", "never negative"),
            ("order_lines", "'USD' as currency", "though their orders may be in the right one"),
            ("returns", "cast(-1 as decimal(18, 4)) as refund_total", "positive in the API"),
            ("return_lines", "cast(-1 as decimal(18, 4)) as refund_subtotal", "positive in the API"),
            ("return_lines", "'USD' as currency", "taken off sales in that one"),
        ],
    )
    def test_broken_arrivals_stop_publication(self, home: Home, table: str, changes: str, said: str) -> None:
        assert audit(home).passed
        source = f"read_parquet('{home.raw}/tiktok_shop/{table}/part.parquet')"
        write_raw(
            home, table, f"select * replace ({changes}, '2{LOAD}' as _dlt_load_id) from {source}", name="next"
        )
        report = audit(home)
        assert not report.passed
        assert any(said in failure for failure in report.critical_failures), report.critical_failures
        assert (last_audit(home) or {})["watermark"] == LOAD, "what failed has to be looked at again"

    @pytest.mark.parametrize("table", ["orders", "order_lines", "returns", "return_lines"])
    def test_what_came_again_corrected_stops_nothing(self, home: Home, table: str) -> None:
        """The failed audit leaves its mark where it was, so both versions are there when the next one looks."""
        assert audit(home).passed
        source = f"read_parquet('{home.raw}/tiktok_shop/{{}}/part.parquet')"
        # A record comes with its lines, as a page of the API does.
        family = {"orders", "order_lines"} if table.startswith("order") else {"returns", "return_lines"}
        for load, currency in ((f"2{LOAD}", "USD"), (f"3{LOAD}", "THB")):
            for name in family:
                said = currency if name == table else "THB"
                changes = f"'{said}' as currency, '{load}' as _dlt_load_id"
                write_raw(home, name, f"select * replace ({changes}) from {source.format(name)}", name=load)
            assert audit(home).passed == (currency == "THB")
        assert (last_audit(home) or {})["watermark"] == f"3{LOAD}"

    def test_line_that_is_gone_from_the_newer_order_is_not_counted(self, home: Home) -> None:
        """Two lines, of which the second was wrong; TikTok sends the order again, with the first alone."""
        assert audit(home).passed
        source = f"read_parquet('{home.raw}/tiktok_shop/{{}}/part.parquet')"
        for load, lines in ((f"2{LOAD}", 2), (f"3{LOAD}", 1)):
            write_raw(
                home,
                "orders",
                f"select * replace ({lines}::bigint as line_count, '{load}' as _dlt_load_id) from {source.format('orders')}",
                name=load,
            )
            for line in range(lines):
                changes = (
                    f"line_id || '-{line}' as line_id, cast({-1 if line else 5} as decimal(18, 4)) as sale_price, "
                    f"'{load}' as _dlt_load_id"
                )
                rows = f"select * replace ({changes}) from {source.format('order_lines')}"
                write_raw(home, "order_lines", rows, name=f"{load}{line}")
            failures = audit(home).critical_failures
            assert any("never negative" in failure for failure in failures) == (lines == 2)
            assert not any("fewer (or more) lines" in failure for failure in failures)

    def test_failed_sync_is_a_warning_that_names_the_shop(self, home: Home) -> None:
        source = f"read_parquet('{home.raw}/tiktok_shop/sync_log/part.parquet')"
        later = "timestamptz '2026-10-04 00:00:00Z' as finished_at"
        write_raw(
            home, "sync_log", f"select * replace ('failed' as status, {later}) from {source}", name="next"
        )
        report = audit(home)
        assert report.passed
        assert any(SHOP in text and "newest sync of this resource failed" in text for text in report.warnings)

    def test_table_that_lost_rows_stops_publication_until_accepted(self, home: Home) -> None:
        assert audit(home).passed
        publish(home)
        change_marts(home, "delete from marts.fct_orders where order_id < 'o3'")
        report = audit(home)
        assert not report.passed
        assert any("table_name fct_orders" in text for text in report.critical_failures)
        accepted = audit(home, accept_fewer_rows=True)
        assert accepted.passed
        assert any("table_name fct_orders" in text for text in accepted.warnings)

    def test_a_return_that_comes_again_with_fewer_lines_has_lost_nothing(self, home: Home) -> None:
        """A header without lines stands on the six lines of its order; a day later the return has one line."""
        day = "timestamptz '2026-10-02 00:00:00Z'"
        change_marts(
            home,
            f"create table marts.fct_refund_lines as select '{SHOP}' as shop_key, "
            f"case when i < 6 then 'r' || i else 'header' end as return_id, {day} as requested_at from range(12) as numbers(i)",
        )
        assert audit(home).passed
        publish(home)
        change_marts(home, "delete from marts.fct_refund_lines where return_id = 'header'")
        change_marts(home, f"insert into marts.fct_refund_lines select '{SHOP}', 'header', {day}")
        assert audit(home).passed
        change_marts(home, "delete from marts.fct_refund_lines where return_id = 'r0'")
        assert any("table_name fct_refund_lines" in text for text in audit(home).critical_failures)

    def test_final_sales_that_move_are_told(self, home: Home) -> None:
        assert audit(home).passed
        publish(home)
        change_marts(home, "update marts.kpi_shop_daily set gmv = 1010, net_gmv = 860")
        change_marts(home, "update marts.kpi_shop_hourly set gmv = 1010")
        change_marts(home, "update marts.kpi_product_daily set gmv = 1010")
        report = audit(home)
        assert report.passed
        assert any("moved by more than 0.1 %" in text for text in report.warnings)

    @pytest.mark.parametrize("state", ["building", "failed"])
    def test_unfinished_build_is_not_audited(self, home: Home, state: str) -> None:
        mark_built(home, state=state)
        assert not audit(home).passed

    def test_warehouse_changed_by_hand_is_not_audited(self, home: Home) -> None:
        connection = duckdb.connect(str(home.warehouse))
        connection.execute("delete from marts.helper")
        connection.close()
        report = audit(home)
        assert not report.passed
        assert "was changed after the last build" in report.critical_failures[0]

    def test_old_audits_are_removed(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("orchestration.audit.audit._KEPT_AUDITS", 2)
        mark_built(home, state="failed")
        reports: list[AuditReport] = [audit(home) for _ in range(4)]
        assert [report.json_path.exists() for report in reports] == [False, False, True, True]


def test_a_home_that_was_moved_has_its_audit_where_it_is_now(tmp_path: Path) -> None:
    """Guards `ttkpi status` of a moved home that names a file in a folder that is gone."""
    home = Home(tmp_path / "new")
    assert last_audit(home) is None
    folder = home.root / "audit"
    folder.mkdir(parents=True)
    record = {"passed": True, "json_path": "/old/audit/1-a.json", "page": "/old/audit/index.html"}
    (folder / "last.json").write_text(json.dumps(record), encoding="utf-8")
    assert last_audit(home) == {
        "passed": True,
        "json_path": str(folder / "1-a.json"),
        "page": str(folder / "index.html"),
    }
    (folder / "last.json").write_text('{"passed": false}', encoding="utf-8")
    assert last_audit(home) == {"passed": False}, "as an older version wrote it"


@pytest.mark.parametrize(("statements", "severity"), [(29, ["warning"]), (30, ["critical", "warning"])])
def test_fees_below_nothing_are_a_mistake_only_where_there_are_many_statements(
    statements: int, severity: list[str]
) -> None:
    """A small shop whose first statements hold refunds gets back more of its fees than it pays: -4.81 of 99.35."""
    (rates,) = (
        one for one in load_suites(project_dir() / "tests" / "expectations") if one.name == "take_rates"
    )
    with duckdb.connect() as connection:
        connection.execute(
            "create schema marts; create table marts.kpi_settlement_bridge as select 'th' as shop_key, "
            "cast(-4.81 as decimal(18, 4)) as fees_and_commissions_amount, cast(99.35 as decimal(18, 4)) as revenue_amount "
            f"from range({statements})"
        )
        table = connection.execute(rates.sql).df()
    assert table["take_rate"].tolist() == [pytest.approx(-0.0484147, abs=1e-7)]
    assert [one.severity for one in Judge().run(rates, lambda: table) if not one.passed] == severity


def test_a_rate_in_another_unit_concerns_the_shops_that_sell_in_it() -> None:
    """One unit of VND is 0.0029 CNY on the first day and, per 100, 0.29 on the next; THB stays."""
    (rates,) = (
        one
        for one in load_suites(project_dir() / "tests" / "expectations")
        if one.id == "raw.finance.exchange_rates"
    )
    with duckdb.connect() as connection:
        connection.execute("create schema marts; create schema raw")
        connection.execute(
            "create table marts.dim_shops as from (values ('th', 'THB'), ('vn', 'VND'), ('vn2', 'VND')) as shops(shop_key, currency)"
        )
        connection.execute(
            "create table raw.fx_rates as select *, 'CNY' as quote_currency, now() as retrieved_at from (values "
            "('THB', date '2026-10-01', 0.2), ('THB', date '2026-10-02', 0.21), "
            "('VND', date '2026-10-01', 0.0029), ('VND', date '2026-10-02', 0.29)) as rates(base_currency, rate_date, rate)"
        )
        table = connection.execute(rates.sql).df()
    (failed,) = (one for one in Judge().run(rates, lambda: table) if not one.passed)
    assert failed.subject == "largest_step"
    assert sorted(failed.found_in) == ["vn", "vn2"]


@pytest.mark.parametrize(
    ("list_price", "paid", "times"),
    [
        pytest.param("326", "1", None, id="a flash sale at 1 baht"),
        pytest.param("32600", "32600", 100, id="all amounts in cents"),
        pytest.param("3.26", "3.26", 0.01, id="all amounts in hundreds"),
        pytest.param("326", "32600", 100, id="what is paid in cents"),
    ],
)
def test_prices_in_another_unit_are_told_from_a_sale(list_price: str, paid: str, times: float | None) -> None:
    """30 orders of a SKU that was sold for 326 in each of the 40 orders before."""
    (amounts,) = (
        one
        for one in load_suites(project_dir() / "tests" / "expectations")
        if one.id == "raw.sales.order_amounts"
    )
    with duckdb.connect() as connection:
        connection.execute("create schema arrived; create schema raw")
        connection.execute(
            "create table raw.order_lines as select 'th' as shop_key, 'o' || i as order_id, 'sold' as sku_id, "
            "326.00 as original_price, 326.00 as sale_price, 1 as _dlt_load_id from range(40) as numbers(i)"
        )
        connection.execute(
            f"create table arrived.order_lines as select 'th' as shop_key, 'n' || i as order_id, 'sold' as sku_id, "
            f"{list_price} as original_price, {paid} as sale_price, 2 as _dlt_load_id from range(30) as numbers(i)"
        )
        table = connection.execute(amounts.sql).df()
    failed = [one for one in Judge().run(amounts, lambda: table) if not one.passed]
    assert [one.found_in for one in failed] == (
        [{"th": f"times_as_large is {float(times)}"}] if times else []
    )


class TestTablesOfTwoSources:
    """Both sources have a journal: neither may take the other's place in the suites' queries."""

    @pytest.fixture
    def home(self, home: Home) -> Home:
        told = "'run1' as run_id, 'advertisers' as resource"
        surprise = "'new_field' as field, 7::bigint as rows_seen"
        for table, sql in {
            "advertisers": "select '74' as advertiser_id, 'THB' as currency",
            "sync_log": f"select {told}, '74' as advertiser_id, 'failed' as status",
            "drift": f"select {told}, '74' as advertiser_id, {surprise}",
        }.items():
            write_raw(home, table, f"select *, '2{LOAD}' as _dlt_load_id from ({sql})", source="tiktok_ads")
        return home

    def test_shops_keep_the_plain_name(self, home: Home) -> None:
        with reading(home) as connection:
            frames = Frames(connection, home, since=LOAD, published={})
            plain = frames.frame("select distinct shop_key, status from raw.sync_log")
            ads = frames.frame("select advertiser_id, status from raw.tiktok_ads__sync_log")
            surprises = frames.frame("select field, rows_seen from raw.tiktok_ads__drift")
            of_shops = frames.frame("select * from raw.drift")
        assert plain.to_dict("records") == [{"shop_key": SHOP, "status": "ok"}]
        assert ads.to_dict("records") == [{"advertiser_id": "74", "status": "failed"}]
        assert surprises.to_dict("records") == [{"field": "new_field", "rows_seen": 7}]
        assert of_shops.empty

    def test_ads_accounts_keep_it_before_files(self, home: Home) -> None:
        of_ads, of_file = (
            "select '74' as advertiser_id, '74' as campaign_id",
            "select '74' as advertiser_id, 'all' as campaign_id",
        )
        for source, sql in {"tiktok_ads": of_ads, "seller_center": of_file}.items():
            write_raw(home, "gmv_max_campaign_daily", f"{sql}, '2{LOAD}' as _dlt_load_id", source=source)
        with reading(home) as connection:
            frames = Frames(connection, home, since=LOAD, published={})
            plain = frames.frame("select campaign_id from arrived.gmv_max_campaign_daily")
            files = frames.frame("select campaign_id from arrived.seller_center__gmv_max_campaign_daily")
        assert plain.to_dict("records") == [{"campaign_id": "74"}]
        assert files.to_dict("records") == [{"campaign_id": "all"}]

    def test_name_that_only_one_source_has_stays_plain(self, home: Home) -> None:
        with reading(home) as connection:
            frames = Frames(connection, home, since=LOAD, published={})
            accounts = frames.frame("select currency from raw.advertisers")
            with pytest.raises(duckdb.CatalogException):
                frames.frame("select * from raw.tiktok_ads__advertisers")
        assert accounts["currency"].tolist() == ["THB"]

    def test_arrivals_have_the_same_names(self, home: Home) -> None:
        with reading(home) as connection:
            frames = Frames(connection, home, since=LOAD, published={})
            of_ads = frames.frame("select * from arrived.tiktok_ads__sync_log")
            of_shops = frames.frame("select * from arrived.sync_log")
        assert (len(of_ads), len(of_shops), frames.watermark) == (1, 0, f"2{LOAD}")

    def test_folder_of_another_source_changes_no_name_of_the_shops(self, home: Home) -> None:
        """A source whose folder comes first in the alphabet takes no plain name either."""
        write_raw(home, "orders", "select 'other' as order_id, '1' as _dlt_load_id", source="aaa")
        with reading(home) as connection:
            frames = Frames(connection, home, since="", published={})
            assert len(frames.frame("select * from raw.orders")) == 48
            assert frames.frame("select order_id from raw.aaa__orders")["order_id"].tolist() == ["other"]


def test_without_a_build_there_is_nothing_to_audit(tmp_path: Path) -> None:
    with pytest.raises(AuditFailed, match="no build"):
        audit(Home(tmp_path))
