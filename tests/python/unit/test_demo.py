"""The demo: which home it may use, how its numbers are compared with the sandbox's, and what it prints."""

from __future__ import annotations

import io
import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from control_helpers import SHOP, change_marts, make_home, mark_audited
from rich.cells import cell_len
from rich.console import Console

from home.demo_home import refuse_demo_home
from home.errors import ConfigError
from home.layout import Home
from ingestion.tiktok_shop.token_file import Grant, TokenFile, TokenState
from orchestration.demo.demo import World, _settings, environment, sandbox_settings
from orchestration.demo.report import (
    _bridge_table,
    _outlook_table,
    _print,
    _promotion_table,
    _show_difference,
    _table,
)
from orchestration.demo.summary import Kpis, Promotion, compare, day_bridges, kpis, outlook, promotion
from orchestration.publish.publish import publish

_NOTHING = {"orders": None, "days": None, "seed": None}


def demo_record(home: Home, orders: int = 2000) -> None:
    folder = home.root / "sandbox"
    folder.mkdir(parents=True)
    (folder / "demo.json").write_text(json.dumps({"world": {"orders": orders, "days": 60, "seed": 7}}))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    mark_audited(home)
    publish(home)
    return home


class TestHome:
    def test_first_run_takes_the_defaults(self, tmp_path: Path) -> None:
        assert World(**_settings(Home(tmp_path), orders=None, days=None, seed=None)["world"]) == World()

    def test_later_runs_go_on_with_the_same_world(self, tmp_path: Path) -> None:
        home = Home(tmp_path)
        demo_record(home)
        assert _settings(home, orders=None, days=None, seed=None)["world"]["orders"] == 2000
        assert _settings(home, orders=2000, days=60, seed=7)["world"]["orders"] == 2000

    def test_another_world_would_contradict_what_was_synced(self, tmp_path: Path) -> None:
        home = Home(tmp_path)
        demo_record(home)
        with pytest.raises(ConfigError, match="--orders 2000, not 500"):
            _settings(home, orders=500, days=None, seed=None)

    def test_a_home_with_real_tokens_is_left_alone(self, tmp_path: Path) -> None:
        home = Home(tmp_path)
        grant = Grant("open", "Seller", "at", 2_000_000_000, "rt", 2_000_000_000, ("s",))
        with TokenFile(home.tokens_file).replacement() as replacement:
            replacement.commit(TokenState(grants={"open": grant}))
        with pytest.raises(ConfigError, match="tokens of real shops"):
            _settings(home, orders=None, days=None, seed=None)

    def test_real_shops_are_kept_out_of_a_demo_home(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home = Home(tmp_path)
        monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_KEY", "key")
        monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_SECRET", "secret")
        monkeypatch.setenv("SOURCES__TIKTOK_SHOP__BASE_URL", "https://open-api.tiktokglobalshop.com")
        refuse_demo_home(home)
        demo_record(home)
        with pytest.raises(ConfigError, match="holds the shops of the demo"):
            refuse_demo_home(home)
        monkeypatch.setenv("SOURCES__TIKTOK_SHOP__BASE_URL", "http://127.0.0.1:8777")
        refuse_demo_home(home)

    def test_a_demo_home_says_what_it_is_to_whom_has_no_app(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Guards `ttkpi inputs import` after `make demo`, which asked for the key of an app."""
        for name in ("APP_KEY", "APP_SECRET", "BASE_URL"):
            monkeypatch.delenv(f"SOURCES__TIKTOK_SHOP__{name}", raising=False)
        home = Home(tmp_path)
        demo_record(home)
        with pytest.raises(ConfigError, match="holds the shops of the demo"):
            refuse_demo_home(home)


def test_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_KEY", "mine")
    monkeypatch.delenv("SOURCES__TIKTOK_SHOP__APP_SECRET", raising=False)
    with environment(sandbox_settings("http://127.0.0.1:1")):
        assert os.environ["SOURCES__TIKTOK_SHOP__APP_KEY"] == "sandbox-app"
        assert os.environ["SOURCES__FX_RATES__BASE_URL"] == "http://127.0.0.1:1/fx/v1"
    assert os.environ["SOURCES__TIKTOK_SHOP__APP_KEY"] == "mine"
    assert "SOURCES__TIKTOK_SHOP__APP_SECRET" not in os.environ


class TestComparison:
    keys = ("shop_key", "business_date")

    @staticmethod
    def truth() -> list[dict[str, object]]:
        return [
            {
                "shop_key": SHOP,
                "business_date": f"2026-10-0{day}",
                "currency": "THB",
                "gmv": "1000.0",
                "paid_orders": 20,
            }
            for day in (1, 2, 3)
        ]

    def test_equal_numbers_in_other_words_are_equal(self, home: Home) -> None:
        compared = compare(home.published, "kpi_shop_daily", self.truth(), keys=self.keys)
        assert (compared.rows, compared.numbers, compared.total_different) == (3, 6, 0)

    def test_the_smallest_difference_is_found(self, home: Home) -> None:
        truth = self.truth()
        truth[1]["gmv"] = "1000.0001"
        compared = compare(home.published, "kpi_shop_daily", truth, keys=self.keys)
        assert compared.total_different == 1
        assert "2026-10-02 gmv: 1000.0000 is 1000.0001 in the world" in compared.different[0]

    def test_missing_and_extra_rows_are_found(self, home: Home) -> None:
        truth = self.truth()[1:]
        truth.append({**truth[0], "business_date": "2026-10-09"})
        compared = compare(home.published, "kpi_shop_daily", truth, keys=self.keys)
        assert compared.total_different == 2
        assert any("2026-10-09 is missing" in line for line in compared.different)
        assert any("2026-10-01 is not in the world" in line for line in compared.different)

    def test_unknown_is_not_zero(self, home: Home) -> None:
        change_marts(home, "update marts.kpi_shop_daily set gmv = null")
        mark_audited(home)
        publish(home)
        assert compare(home.published, "kpi_shop_daily", self.truth(), keys=self.keys).total_different == 3

    def test_only_rows_that_the_world_tells_of_are_asked_for(self, home: Home) -> None:
        compared = compare(
            home.published,
            "kpi_shop_daily",
            self.truth()[1:],
            keys=self.keys,
            where="business_date > date '2026-10-01'",
        )
        assert (compared.rows, compared.total_different) == (2, 0)

    def test_difference_is_printed_in_words(self, home: Home) -> None:
        truth = self.truth()
        truth[0]["gmv"] = "1"
        text = io.StringIO()
        console = Console(file=text, width=150)
        _show_difference(console, compare(home.published, "kpi_shop_daily", truth, keys=self.keys))
        assert "1 of 6 numbers" in text.getvalue()


def test_kpis_are_of_complete_days_only(home: Home) -> None:
    """The data end at 08:00 in Shanghai of 3 October, so that day is not complete."""
    own, reporting, total = kpis(home.published, 7)
    assert (own.shop_name, own.currency, own.gmv, own.paid_orders) == ("Aurora", "THB", Decimal(2000), 40)
    assert own.aov == Decimal(50)
    assert own.refund_rate == pytest.approx(0.05)
    assert own.take_rate == pytest.approx(0.15)
    assert own.settlement_amount == Decimal(700)
    assert (reporting.currency, reporting.gmv, reporting.settlement_amount) == (
        "CNY",
        Decimal(400),
        Decimal(140),
    )
    assert (total.shop_name, total.gmv, total.take_rate) == ("All shops", Decimal(400), None)
    assert kpis(home.published, 1)[0].gmv == Decimal(1000)


def test_refunds_that_were_never_read_are_unknown(home: Home) -> None:
    """A second shop, whose returns were never read: beside 5 % of the first, 0 % of it would be 2.5 % in all."""
    change_marts(
        home,
        """
        insert into marts.dim_shops select * replace ('unread' as shop_key) from marts.dim_shops;
        insert into marts.kpi_shop_daily
        select * replace ('unread' as shop_key, 0 as refunded_gmv, 0 as refunded_gmv_rc, 'returns_not_read' as refunds_unknown_reason)
        from marts.kpi_shop_daily;
        """,
    )
    mark_audited(home)
    publish(home)
    read, _, unread, _, total = kpis(home.published, 7)
    assert (read.gmv, unread.gmv, total.gmv) == (Decimal(2000), Decimal(2000), Decimal(800))
    assert (read.refund_rate, unread.refund_rate, total.refund_rate) == (
        pytest.approx(0.05),
        None,
        pytest.approx(0.05),
    )


def test_what_may_still_move_is_marked(home: Home) -> None:
    """1 October is final, the 2nd is not: both are in the period of 7 days, so that is marked; its sales are final."""
    own, _, total = kpis(home.published, 7)
    assert (own.is_gmv_provisional, own.is_provisional, total.is_provisional) == (False, True, True)
    text = io.StringIO()
    Console(file=text, width=130).print(_table([own], 7))
    assert "~1,700" in text.getvalue() and "~5.0 %" in text.getvalue() and "~2,000" not in text.getvalue()


class TestOutlook:
    """1 and 2 October: 1,000 sold a day, 850 left now; 800 and 780 are expected to be, 90 and 110 to be refunded."""

    _COLUMNS = """
        alter table marts.kpi_shop_daily add column refund_amount_by_refund_date_rc decimal(18, 4) default 10;
        alter table marts.kpi_shop_daily add column refunded_gmv_share_known double default 0.3;
        alter table marts.kpi_shop_daily add column net_gmv_expected decimal(18, 4) default 800;
        alter table marts.kpi_shop_daily add column net_gmv_expected_low decimal(18, 4) default 770;
        alter table marts.kpi_shop_daily add column net_gmv_expected_high decimal(18, 4) default 830;
        alter table marts.kpi_shop_daily add column refunded_gmv_expected decimal(18, 4) default 90;
        alter table marts.kpi_shop_daily add column refund_rate_expected double default 0.09;
        alter table marts.kpi_shop_daily add column refund_rate_expected_low double default 0.06;
        alter table marts.kpi_shop_daily add column refund_rate_expected_high double default 0.12;
        update marts.kpi_shop_daily set
            refunded_gmv_share_known = 0.1, net_gmv_expected = 780, net_gmv_expected_low = 740,
            net_gmv_expected_high = 820, refunded_gmv_expected = 110, refund_rate_expected = 0.11,
            refund_rate_expected_low = 0.07, refund_rate_expected_high = 0.15
        where business_date = date '2026-10-02';
        alter table marts.kpi_shop_daily add column net_gmv_expected_rc decimal(18, 4);
        alter table marts.kpi_shop_daily add column net_gmv_expected_low_rc decimal(18, 4);
        alter table marts.kpi_shop_daily add column net_gmv_expected_high_rc decimal(18, 4);
        alter table marts.kpi_shop_daily add column refunded_gmv_expected_rc decimal(18, 4);
        update marts.kpi_shop_daily set
            net_gmv_expected_rc = net_gmv_expected / 5, net_gmv_expected_low_rc = net_gmv_expected_low / 5,
            net_gmv_expected_high_rc = net_gmv_expected_high / 5, refunded_gmv_expected_rc = refunded_gmv_expected / 5;
    """

    @pytest.fixture
    def home(self, home: Home) -> Home:
        change_marts(home, self._COLUMNS)
        mark_audited(home)
        publish(home)
        return home

    def test_values_add_up_and_their_distances_as_squares(self, home: Home) -> None:
        """1,580 kept; 30 and 40 off are 50 off together: 1,530 to 1,630. 200 of 2,000 refunded, 30 and 40 off: 7.5 % to 12.5 %.

        Of refunds 0.3 x 90 + 0.1 x 110 = 38 of 200 are known.
        """
        own, total = outlook(home.published, 7)
        assert (own.shop_name, own.currency, own.net_gmv_expected) == ("Aurora", "THB", Decimal(1580))
        assert (own.net_gmv_expected_low, own.net_gmv_expected_high) == (Decimal(1530), Decimal(1630))
        assert own.refund_rate_expected == pytest.approx(0.1)
        assert own.refund_rate_expected_low == pytest.approx(0.075)
        assert own.refund_rate_expected_high == pytest.approx(0.125)
        assert own.refunds_known == pytest.approx(0.19)
        assert own.refund_amount_by_refund_date == Decimal(100)
        assert (total.shop_name, total.currency, total.net_gmv_expected) == ("All shops", "CNY", Decimal(316))
        assert (total.net_gmv_expected_low, total.refund_amount_by_refund_date) == (Decimal(306), Decimal(20))
        text = io.StringIO()
        Console(file=text, width=130).print(_outlook_table([own, total], 7))
        for shown in ("1,580", "-3.2 +3.2 %", "10.0 %", "7.5 – 12.5 %", "19.0 %", "100"):
            assert shown in text.getvalue()

    def test_a_day_without_an_expectation_leaves_the_sum_unknown(self, home: Home) -> None:
        day = "business_date = date '2026-10-02'"
        change_marts(home, f"update marts.kpi_shop_daily set net_gmv_expected = null where {day}")
        mark_audited(home)
        publish(home)
        own = outlook(home.published, 7)[0]
        assert (own.net_gmv_expected, own.refund_rate_expected, own.refunds_known) == (None, None, None)
        assert own.refund_amount_by_refund_date == Decimal(100)


def test_the_bridge_is_of_the_newest_final_day_that_the_platform_tells(home: Home) -> None:
    change_marts(
        home,
        f"""
        create table marts.kpi_day_bridge as
        select '{SHOP}' as shop_key, day as bridge_date, 'THB' as currency, is_provisional, platform_gmv,
            cast(300 as decimal(18, 4)) as business_day_gmv, cast(40 as decimal(18, 4)) as moved_in_gmv, 1 as moved_in_orders,
            cast(-100 as decimal(18, 4)) as moved_out_gmv, -2 as moved_out_orders, cast(240 as decimal(18, 4)) as shop_day_gmv,
            cast(10 as decimal(18, 4)) as platform_difference, 'definition' as difference_reason
        from (
            values (date '2026-09-30', false, cast(250 as decimal(18, 4))), (date '2026-10-01', false, null),
            (date '2026-10-02', true, 250)
        ) as days(day, is_provisional, platform_gmv)
        """,
    )
    mark_audited(home)
    publish(home)
    (own,) = day_bridges(home.published)
    assert (own.shop_name, own.bridge_date, own.platform_gmv) == ("Aurora", date(2026, 9, 30), Decimal(250))
    text = io.StringIO()
    Console(file=text, width=140).print(_bridge_table([own]))
    for shown in ("09-30", "300.00", "40.00 (1)", "-100.00 (2)", "240.00", "250.00", "definition"):
        assert shown in text.getvalue()


class TestPromotion:
    """1 and 2 October are complete: 2,000 baht are sold a day, 600 of them by creators; the third still goes on."""

    _MARTS = """
        create or replace table marts.kpi_creator_daily as
        select
            '{shop}' as shop_key, days.business_date, creators.name as creator_username,
            cast(creators.gmv as decimal(18, 4)) as attributed_gmv,
            cast(creators.gmv / 5 as decimal(18, 4)) as attributed_gmv_rc
        from
            (select unnest([date '2026-10-01', date '2026-10-02', date '2026-10-03']) as business_date) as days,
            (values ('ann', 400), ('ben', 200), ('none', 1400)) as creators(name, gmv);
        create or replace table marts.kpi_live_sessions as
        select
            '{shop}' as shop_key, session.day as business_date, session.is_listed,
            cast(session.gmv as decimal(18, 4)) as own_gmv, cast(session.gmv / 5 as decimal(18, 4)) as own_gmv_rc
        from (
            values (date '2026-10-01', true, 300), (date '2026-10-02', true, 0), (date '2026-10-02', false, 50),
            (date '2026-10-03', true, 900)
        ) as session(day, is_listed, gmv);
        create or replace table marts.kpi_ads_daily as
        select
            '{shop}' as shop_key, unnest([date '2026-10-01', date '2026-10-02', date '2026-10-03']) as business_date,
            cast(100 as decimal(18, 4)) as ad_spend, cast(20 as decimal(18, 4)) as ad_spend_rc,
            cast(900 as decimal(18, 4)) as ad_reported_gmv, cast(250 as decimal(18, 4)) as paid_gmv,
            cast(1350 as decimal(18, 4)) as organic_gmv,
            cast(2000 as decimal(18, 4)) as gmv;
    """

    @pytest.fixture
    def home(self, home: Home) -> Home:
        return self.change(home, self._MARTS.format(shop=SHOP))

    @staticmethod
    def change(home: Home, sql: str) -> Home:
        change_marts(home, sql)
        mark_audited(home)
        publish(home)
        return home

    def test_shop_and_total_of_complete_days(self, home: Home) -> None:
        own, total = promotion(home.published, 30)
        assert own == Promotion(
            shop_name="Aurora",
            currency="THB",
            attributed_gmv=Decimal(1200),
            attributed_share=pytest.approx(0.3),  # type: ignore[arg-type]
            live_sessions=2,
            live_own_gmv=Decimal(350),
            ad_spend=Decimal(200),
            unknown_ad_days=0,
            roas_reported=pytest.approx(9),  # type: ignore[arg-type]
            roas=pytest.approx(2.5),  # type: ignore[arg-type]
            evidence_coverage=pytest.approx(0.8),  # type: ignore[arg-type]
            mer=pytest.approx(20),  # type: ignore[arg-type]
        )
        assert (total.shop_name, total.currency, total.attributed_gmv) == ("All shops", "CNY", Decimal(240))
        assert (total.live_sessions, total.live_own_gmv, total.ad_spend) == (2, Decimal(70), Decimal(40))
        assert (total.roas_reported, total.roas, total.mer) == (None, None, None)

    def test_own_sales_that_the_platform_does_not_send_are_no_smaller_sum(self, home: Home) -> None:
        """Of three sessions of the complete days one has no own figures: no sum for the shop, and none for all shops."""
        self.change(
            home,
            "update marts.kpi_live_sessions set own_gmv = null, own_gmv_rc = null where business_date = '2026-10-01'",
        )
        own, total = promotion(home.published, 30)
        assert (own.live_sessions, own.live_own_gmv, total.live_own_gmv) == (2, None, None)

    def test_a_day_of_unknown_spend_is_in_no_return(self, home: Home) -> None:
        day = "business_date = date '2026-10-02'"
        self.change(
            home,
            f"update marts.kpi_ads_daily set ad_spend = null, ad_spend_rc = null, gmv = 9000 where {day}",
        )
        own, total = promotion(home.published, 30)
        assert (own.ad_spend, own.unknown_ad_days) == (Decimal(100), 1)
        assert (own.roas_reported, own.roas, own.mer) == (9, 2.5, 20)
        assert (total.ad_spend, total.unknown_ad_days) == (Decimal(20), 1)
        text = io.StringIO()
        Console(file=text, width=120).print(_promotion_table([own, total], 30))
        assert "≥ 100" in text.getvalue() and "≥ 20" in text.getvalue()

    def test_too_little_evidence_is_no_return(self, home: Home) -> None:
        """Of 4,000 sold 3,199 have evidence, less than 0.8: 500 / 200 would be too low a return."""
        self.change(
            home,
            "update marts.kpi_ads_daily set organic_gmv = 1349 where business_date = date '2026-10-02'",
        )
        own = promotion(home.published, 30)[0]
        assert own.roas is None
        assert own.evidence_coverage == pytest.approx(3199 / 4000)
        assert own.mer == 20
        text = io.StringIO()
        Console(file=text, width=130).print(_promotion_table([own], 30))
        assert "80.0 %" in text.getvalue() and "2.50" not in text.getvalue()

    def test_a_shop_without_an_ads_account_has_no_spend(self, home: Home) -> None:
        self.change(
            home, "update marts.kpi_ads_daily set ad_spend = null, ad_spend_rc = null, ad_reported_gmv = null"
        )
        for line in promotion(home.published, 30):
            assert (line.ad_spend, line.unknown_ad_days, line.roas, line.mer) == (None, 0, None, None)

    def test_a_shop_without_creators_lives_and_ads_has_its_line(self, home: Home) -> None:
        tables = ("kpi_creator_daily", "kpi_live_sessions", "kpi_ads_daily")
        self.change(home, "; ".join(f"delete from marts.{table}" for table in tables))
        own = promotion(home.published, 30)[0]
        assert (own.shop_name, own.attributed_gmv, own.live_sessions, own.mer) == ("Aurora", None, 0, None)

    def test_it_is_printed_with_both_labels_in_one_width(self, home: Home) -> None:
        text = io.StringIO()
        Console(file=text, width=120).print(_promotion_table(promotion(home.published, 30), 30))
        printed = text.getvalue()
        for label in (
            "达人成交额",
            "LIVE own_gmv",
            "直播场次",
            "广告花费",
            "mer",
            "整体投产比",
            "last 30 complete days",
        ):
            assert label in printed
        assert "1,200    30.0 %" in printed.replace("  ", " ").replace("  ", " ") or "30.0 %" in printed
        assert [
            line for line in printed.splitlines() if line.strip().startswith("Aurora") and "20.00" in line
        ]


def test_on_80_columns_no_figure_and_no_shop_is_cut() -> None:
    """Shop and currency had no width at all, and figures ended in an ellipsis."""
    line = Kpis(
        shop_name="Aurora Vietnam",
        currency="VND",
        gmv=Decimal(1_023_129_500),
        net_gmv=Decimal(1_023_129_400),
        refund_rate=0.0312,
        paid_orders=12_345,
        aov=Decimal("1284972.22"),
        take_rate=0.1,
        settlement_amount=Decimal(911_056_460),
        is_provisional=True,
        is_gmv_provisional=True,
    )
    said = io.StringIO()
    _print(Console(file=said, width=80), _table([line], 7))
    lines = said.getvalue().splitlines()
    assert all(cell_len(text) <= 80 for text in lines)
    text = said.getvalue()
    assert "…" not in text
    for figure in (
        "~1,023,129,500",
        "~1,023,129,400",
        "~3.1 %",
        "12,345",
        "1,284,972.22",
        "10.0 %",
        "911,056,460",
    ):
        assert figure in text
    # Each part says whose figures they are.
    assert text.count("Aurora Vietnam  VND") == text.count("shop") >= 2
