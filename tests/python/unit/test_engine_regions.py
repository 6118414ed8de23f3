"""The seed `regions` is the only place that knows a market's zone and currency."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from home.errors import ConfigError
from ingestion.engine import regions
from ingestion.seller_center.owners import market_facts
from ingestion.tiktok_shop.shop_days import local_date, time_zone

SEED = "region,country,country_zh,currency,time_zone\n"
SETTINGS = "shop_key,time_zone,display_name,team\n"


@pytest.fixture
def seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Seeds with a market that no code names, one with the euro, and a shop with a zone of its own."""
    (tmp_path / "dbt_project.yml").write_text("name: project\n")
    folder = tmp_path / "seeds" / "shared"
    folder.mkdir(parents=True)
    (folder / "regions.csv").write_text(
        f"{SEED}NZ,New Zealand,新西兰,NZD,Pacific/Auckland\nPT,Portugal,葡萄牙,EUR,Europe/Lisbon\n"
        "ES,Spain,西班牙,EUR,Europe/Madrid\n",
        encoding="utf-8",
    )
    (folder / "shop_settings.csv").write_text(f"{SETTINGS}77,Pacific/Chatham,,\n78,,Shop,\n")
    monkeypatch.setenv("TTKPI_PROJECT", str(tmp_path))
    return folder


def reading(region: str, shop_id: str = "1") -> Any:
    return SimpleNamespace(shop=SimpleNamespace(region=region, shop_id=shop_id))


@pytest.mark.usefixtures("seeds")
def test_a_market_that_only_the_seed_knows_has_its_own_days() -> None:
    """Guards days that are asked for by the calendar of UTC, half a day late."""
    noon = int(datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp())
    # Auckland is 13 hours ahead in November: 01:00 of the next day.
    assert time_zone(reading("NZ")) == "Pacific/Auckland"
    assert local_date(reading("NZ"), noon) == date(2026, 11, 2)
    assert (market_facts("nz").zone, market_facts("nz").currency) == ("Pacific/Auckland", "NZD")


@pytest.mark.usefixtures("seeds")
def test_a_shop_may_have_a_zone_of_its_own() -> None:
    assert regions.time_zone_of("NZ", "77") == time_zone(reading("NZ", "77")) == "Pacific/Chatham"
    assert regions.time_zone_of("NZ", "78") == "Pacific/Auckland"


@pytest.mark.usefixtures("seeds")
def test_an_unknown_market_has_no_zone_and_is_read_by_utc() -> None:
    assert regions.time_zone_of("XX") is None
    assert time_zone(reading("XX")) == "UTC"


@pytest.mark.usefixtures("seeds")
def test_a_currency_of_several_markets_names_none() -> None:
    assert regions.markets_by_currency() == {"NZD": "NZ"}


def test_a_zone_that_is_none_is_refused(seeds: Path) -> None:
    (seeds / "regions.csv").write_text(f"{SEED}NZ,New Zealand,新西兰,NZD,Middle/Earth\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="'Middle/Earth' is no time zone"):
        regions.time_zone_of("NZ")


def test_a_project_without_the_seed_is_refused(seeds: Path) -> None:
    (seeds / "regions.csv").unlink()
    with pytest.raises(ConfigError, match=r"There is no seed .*regions\.csv"):
        regions.time_zone_of("NZ")
