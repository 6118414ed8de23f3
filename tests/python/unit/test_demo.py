"""The demo: which home it may use, how its numbers are compared with the sandbox's, and what it prints."""

from __future__ import annotations

import io
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
from control_helpers import SHOP, change_marts, make_home, mark_audited
from rich.console import Console

from ingestion.errors import ConfigError
from ingestion.home import Home
from ingestion.tiktok_shop.token_file import Grant, TokenFile, TokenState
from orchestration.lib.demo import World, _environment, _settings, refuse_demo_home
from orchestration.lib.demo_report import _show_difference
from orchestration.lib.publish import publish
from orchestration.lib.summary import compare, kpis

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


def test_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_KEY", "mine")
    monkeypatch.delenv("SOURCES__TIKTOK_SHOP__APP_SECRET", raising=False)
    with _environment("http://127.0.0.1:1"):
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
