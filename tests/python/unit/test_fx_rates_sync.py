"""Which rates a sync loads: those of the reporting currency, for every day that the home tells of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from home.config import FxConfig
from home.layout import Home
from ingestion.engine.pipelines import adopt_dataset
from ingestion.fx_rates import resource
from ingestion.fx_rates.resource import sync_fx_rates
from ingestion.fx_rates.source import FxRequest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home of a project that counts in yuan and buys in ringgit."""
    project = tmp_path / "project"
    (project / "seeds" / "finance").mkdir(parents=True)
    (project / "seeds" / "finance" / "sku_costs.csv").write_text(
        "seller_sku,unit_cost,currency\na,1,MYR\nb,1,\n"
    )
    monkeypatch.setenv("TTKPI_PROJECT", str(project))
    counts_in(tmp_path, "CNY")
    home = Home(tmp_path / "home")
    home.prepare()
    adopt_dataset(home, "fx_rates")
    return home


def counts_in(folder: Path, currency: str) -> None:
    settings = {"name": "p", "vars": {"reporting_currency": currency}}
    (folder / "project" / "dbt_project.yml").write_text(json.dumps(settings))


def loaded(home: Home, quote: str) -> set[tuple[date, str]]:
    return {
        (row["rate_date"], row["base_currency"])
        for path in (home.raw / "fx_rates" / "fx_rates").glob("*.parquet")
        for row in pq.ParquetFile(path).read().to_pylist()
        if row["quote_currency"] == quote
    }


class Source:
    """Answers one rate for the first day and one for the last that it is asked for, and remembers what that was."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, date]] = []

    def pages(
        self, config: FxConfig, currencies: list[str], quote: str, since: date, until: date, **_: Any
    ) -> Iterator[tuple[FxRequest, bytes]]:
        (base,) = currencies
        self.asked.append((base, quote, since))
        rates = {since.isoformat(): {quote: 0.2}, until.isoformat(): {quote: 0.2}}
        request = FxRequest("http://fx.test", base, quote, since, until, datetime(2026, 11, 8, tzinfo=UTC))
        yield request, json.dumps({"base": base, "rates": rates}).encode()


def test_a_changed_currency_is_asked_for_all_days_of_the_home(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, http = Source(), FxConfig(base_url="http://fx.test")
    monkeypatch.setattr(resource, "iter_fx_pages", source.pages)
    first, today, end = date(2026, 1, 8), date(2026, 10, 1), date(2026, 10, 20)
    sync_fx_rates(home, ["THB"], first, today, config=http)
    sync_fx_rates(home, ["THB"], date(2026, 9, 1), end, config=http)
    # The first day of all; then what is new. Goods are bought in ringgit.
    assert source.asked == [
        *(("MYR", "CNY", first), ("THB", "CNY", first)),
        *(("MYR", "CNY", today), ("THB", "CNY", today)),
    ]
    source.asked.clear()
    counts_in(tmp_path, "USD")
    sync_fx_rates(home, ["THB", "USD"], date(2026, 9, 1), end, config=http)
    # A week after the first rate, as a rate is asked for from a week before the first day that needs one.
    assert source.asked == [("MYR", "USD", date(2026, 1, 15)), ("THB", "USD", date(2026, 1, 15))]
    source.asked.clear()
    sync_fx_rates(home, ["THB", "USD"], date(2026, 9, 1), end, config=http)
    assert {since for _, _, since in source.asked} == {date(2026, 10, 19)}


def test_rates_of_a_changed_currency_are_taken_from_the_csv_for_all_days(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "fx.csv"
    lines = [f"2026-{day},THB,{quote},0.2" for day in ("01-05", "10-01") for quote in ("CNY", "USD")]
    path.write_text(
        "rate_date,base_currency,quote_currency,rate\n" + "\n".join(lines) + "\n2025-06-01,THB,USD,0.2\n"
    )
    csv = FxConfig(csv_path=path)
    assert sync_fx_rates(home, ["THB"], date(2026, 1, 10), date(2026, 10, 2), config=csv) == 2
    counts_in(tmp_path, "USD")
    sync_fx_rates(home, ["THB"], date(2026, 9, 1), date(2026, 10, 2), config=csv)
    days = {(date(2026, 1, 5), "THB"), (date(2026, 10, 1), "THB")}
    assert (loaded(home, "CNY"), loaded(home, "USD")) == (days, days)
    # A second sync of the same file brings nothing.
    assert sync_fx_rates(home, ["THB"], date(2026, 9, 2), date(2026, 10, 2), config=csv) == 0
