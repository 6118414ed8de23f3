"""One cause, one message: a region, a scope, an exchange rate is told once, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from control_helpers import make_home, mark_built, write_raw

from home.layout import Home
from ingestion.engine.journal import LogRow
from ingestion.engine.regions import RegionUnknown, require_region
from ingestion.engine.units import ShopOutcome
from ingestion.sync import _once, _result
from orchestration.audit.audit import _one_of_each_cause
from orchestration.audit.expectations import Outcome
from orchestration.build.inputs import missing_inputs

NEEDED = "get_payments for Aurora UK was refused. The seller has not granted the scope `seller.finance.info`.\nAdd it."


def row(resource: str, message: str | None, *, scope: bool = False) -> LogRow:
    state = "scope_missing" if scope else "ok"
    return LogRow(
        "r",
        "7",
        resource,
        "e",
        "skipped" if scope else "failed",
        1,
        2,
        error_message=message,
        authorisation_state=state,
    )  # type: ignore[arg-type]


def test_a_region_that_the_seed_does_not_know() -> None:
    require_region("JP", "Shop JP")
    with pytest.raises(RegionUnknown, match="Shop PL: region PL is unknown") as caught:
        require_region("PL", "Shop PL")
    assert "Add it to seeds/shared/regions.csv" in caught.value.advice


def test_a_missing_scope_is_told_once_with_all_that_needs_it() -> None:
    rows = [
        row("payments", NEEDED, scope=True),
        row("statements", NEEDED.replace("get_payments", "get_statements"), scope=True),
        row("returns", NEEDED.replace("seller.finance.info", "seller.return_refund.basic"), scope=True),
        row("unsettled_transactions", NEEDED.replace("get_payments", "get_unsettled"), scope=True),
        row("orders", "The connection was reset."),
        row("products", "The connection was reset."),
    ]
    assert _once(rows) == [
        f"{NEEDED} For the same reason not read: statements, unsettled_transactions.",
        NEEDED.replace("seller.finance.info", "seller.return_refund.basic"),
        "The connection was reset.",
    ]
    assert _result(ShopOutcome("7", log=rows), "7", "Aurora UK", "GB").errors == _once(rows)


def test_checks_of_one_cause_are_one_warning() -> None:
    def outcome(check: str, name: str, cause: str = "exchange rates") -> Outcome:
        return Outcome(check, name, "", "warning", False, message=name, cause=cause)

    failed = [
        outcome("dbt", "fct_ad_spend_daily__rate_is_known"),
        outcome("dbt", "fct_orders__statuses_are_known", ""),
        outcome("dbt", "kpi_shop_daily__rate_is_known"),
        outcome("expectations", "marts.sales.exchange_rates: 7 days of GBP from 2026-10-01"),
    ]
    assert [one.message for one in _one_of_each_cause(failed)] == [
        "fct_orders__statuses_are_known",
        "marts.sales.exchange_rates: 7 days of GBP from 2026-10-01",
    ]
    assert [one.message for one in _one_of_each_cause(failed[:3])] == [
        "fct_ad_spend_daily__rate_is_known",
        "fct_orders__statuses_are_known",
    ]


class TestBeforeTheBuild:
    """What the build lacks is said before it takes its time."""

    @pytest.fixture
    def home(self, tmp_path: Path) -> Home:
        return make_home(tmp_path / "home")

    def rates(self, home: Home, base: str, quote: str = "CNY") -> None:
        write_raw(
            home,
            "fx_rates",
            f"select date '2026-10-01' as rate_date, '{base}' as base_currency, '{quote}' as quote_currency, 0.2 as rate",
            base,
            source="fx_rates",
        )

    def test_rates(self, home: Home) -> None:
        write_raw(
            home,
            "shops",
            "select '8' as shop_key, 'Aurora UK' as name, 'GB' as region",
            "uk",
            source="seller_center",
        )
        (text,) = missing_inputs(home)
        assert "No exchange rate to CNY of GBP, THB" in text and "SOURCES__FX_RATES__BASE_URL" in text
        self.rates(home, "THB", "USD")
        self.rates(home, "GBP")
        (text,) = missing_inputs(home)
        assert "No exchange rate to CNY of THB:" in text
        self.rates(home, "THB")
        assert missing_inputs(home) == []

    def test_regions(self, home: Home) -> None:
        self.rates(home, "THB")
        write_raw(home, "shops", "select '9' as shop_key, 'Shop PL' as name, 'PL' as region", "pl")
        (text,) = missing_inputs(home)
        assert text.startswith("Shop Shop PL: region PL is unknown")

    def test_an_empty_home(self, tmp_path: Path) -> None:
        assert missing_inputs(Home(tmp_path)) == []


def test_unknown_region_in_raw_comes_first_and_holds_back_its_shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home in which the shop was read before its region was refused."""
    from control_helpers import LOAD, change_marts

    from home.project import project_dir
    from orchestration.audit import audit as module
    from orchestration.audit.expectations import load_suites

    suites = [
        one
        for one in load_suites(project_dir() / "tests" / "expectations")
        if one.domain in ("sales", "monitoring")
    ]
    monkeypatch.setattr(module, "load_suites", lambda folder: suites)
    home = make_home(tmp_path / "home")
    write_raw(
        home,
        "shops",
        f"select '9' as shop_key, '9' as shop_id, 'Shop PL' as name, 'PL' as region, '{LOAD}' as _dlt_load_id",
        "pl",
    )
    change_marts(home, "insert into marts.dim_shops values ('9', 'Shop PL', null, null)")
    mark_built(
        home,
        tests={"never_null_dim_shops_region__currency__time_zone": "fail"},
        queries={
            "never_null_dim_shops_region__currency__time_zone": "select * from warehouse.marts.dim_shops where currency is null"
        },
    )
    report = module.audit(home)
    assert report.passed
    (held,) = report.held_back
    assert held.check.startswith("raw.monitoring.shops")
    assert "region is PL" in held.message and "Add it to seeds/shared/regions.csv" in held.message
    assert held.checks == 2
