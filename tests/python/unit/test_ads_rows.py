"""From the reports' texts to typed columns: `-` is none, wall clocks become days and instants, nothing is rounded."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from ads_fakes import ONE, STORE, at

from ingestion.engine.pages import Page
from ingestion.engine.rows import Drift, build
from ingestion.tiktok_ads import resources as ads

DAY_METRICS = {"spend": "12.34", "billed_cost": "-", "impressions": "1000", "clicks": "17", "conversion": "0"}


def rows_of(
    name: str, *records: Any, timezone: str = "Etc/GMT+8", currency: str = "USD", **context: str
) -> tuple[list[dict[str, Any]], Drift]:
    """The rows that a resource makes of the elements of an answer, and what did not look as declared."""
    page = Page(
        source="tiktok_ads",
        shop_key=ONE,
        resource=name,
        endpoint="e",
        version="v1.3",
        path="/",
        query={},
        body=None,
        window=None,
        number=1,
        retrieved_at=at("2026-10-02"),
        request_id="r",
        records=list(records),
        context={"advertiser_id": ONE, "currency": currency, "timezone": timezone, **context},
    )
    drift = Drift()
    return build(ads.BY_NAME[name].tables, [page], drift)[name].to_pylist(), drift


def a_day(**metrics: str) -> dict[str, Any]:
    return {
        "dimensions": {"campaign_id": "1810000000000000001", "stat_time_day": "2026-10-01 00:00:00"},
        "metrics": {**DAY_METRICS, "onsite_shopping": "-", "total_onsite_shopping_value": "-", **metrics},
    }


def an_hour(text: str, timezone: str) -> dict[str, Any]:
    record = {
        "dimensions": {"campaign_id": "1", "stat_time_hour": text},
        "metrics": {
            "cost": "1.00",
            "net_cost": "1.00",
            "orders": "0",
            "gross_revenue": "0.00",
            "roi": "0.00",
        },
    }
    (row,), drift = rows_of(
        "gmv_max_campaign_hourly", record, timezone=timezone, store_id=STORE, promotion_type="PRODUCT"
    )
    assert not drift.seen
    return row


def test_metrics_are_exact_and_a_dash_is_none_and_not_zero() -> None:
    """Guards a day whose cost is not known yet being counted as free, and money that became a float."""
    (row,), drift = rows_of("ads_report_daily", a_day(spend="123456789.10"))
    assert row["spend"] == Decimal("123456789.1000") and row["billed_cost"] is None
    assert (row["impressions"], row["clicks"], row["conversion"]) == (1000, 17, 0)
    assert row["onsite_shopping"] is None and row["total_onsite_shopping_value"] is None
    assert row["currency"] == "USD" and row["advertiser_id"] == ONE
    assert not drift.seen, "neither digits as text nor a dash is news"


def test_ids_are_text() -> None:
    """Guards ids of 19 digits: a float has 15."""
    (row,), _ = rows_of("ads_report_daily", a_day())
    assert row["campaign_id"] == "1810000000000000001" and row["advertiser_id"] == ONE
    for table in ads.CATALOGUE.tables():
        for name in table.schema.names:
            if name.endswith("_id"):
                assert str(table.schema.field(name).type) in ("string", "large_string"), (table.name, name)


def test_a_day_is_the_accounts_day() -> None:
    """Guards a spend that is booked a day early where UTC is already on the next."""
    (row,), _ = rows_of("ads_report_daily", a_day(), timezone="Asia/Bangkok")
    assert row["stat_date"] == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("timezone", "instant"),
    [
        ("Etc/GMT+8", datetime(2026, 10, 1, 13, tzinfo=UTC)),
        ("Asia/Bangkok", datetime(2026, 9, 30, 22, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 10, 1, 12, tzinfo=UTC)),
    ],
)
def test_an_hour_becomes_an_instant_by_the_accounts_clock(timezone: str, instant: datetime) -> None:
    """Guards `Etc/GMT+8`, which is eight hours BEHIND UTC, all year."""
    row = an_hour("2026-10-01 05:00:00", timezone)
    assert (row["stat_hour_at"], row["stat_date"], row["stat_local_hour"]) == (instant, date(2026, 10, 1), 5)


def test_zero_is_zero() -> None:
    row = an_hour("2026-10-01 05:00:00", "Asia/Bangkok")
    assert (row["orders"], row["gross_revenue"], row["roi"]) == (0, Decimal(0), Decimal(0))


def test_budgets_come_as_json_numbers_and_are_written_out() -> None:
    campaign = {
        "advertiser_id": ONE,
        "campaign_id": "1",
        "budget": 50.1,
        "roas_bid": 0.1,
        "create_time": "2026-10-01 05:00:00",
    }
    (row,), _ = rows_of("campaigns", campaign)
    assert (row["budget"], row["roas_bid"]) == (Decimal("50.1"), Decimal("0.1"))
    assert row["create_time"] == datetime(2026, 10, 1, 5, tzinfo=UTC), (
        "lists are in UTC, not in the account's zone"
    )


def test_the_account_and_the_campaigns_of_a_report_are_kept_apart() -> None:
    """Guards the same spend being added up twice: once as the account's, once by campaign."""
    place = {"country_code": "US", "stat_time_day": "2026-10-01 00:00:00"}
    metrics = {"spend": "3.00", "billed_cost": "3.00"}
    (whole, part), _ = rows_of(
        "tt_shop_report_daily",
        {"dimensions": {"advertiser_id": ONE, **place}, "metrics": metrics},
        {"dimensions": {"campaign_id": "1", **place}, "metrics": metrics},
    )
    assert (whole["campaign_id"], part["campaign_id"]) == (None, "1")
    assert whole["advertiser_id"] == part["advertiser_id"] == ONE


def test_store_and_kind_come_with_the_question() -> None:
    """Guards GMV Max figures without their shop: neither the report nor the list of campaigns names it."""
    (row,), _ = rows_of(
        "gmv_max_campaigns", {"campaign_id": "1", "campaign_name": "x"}, store_id=STORE, promotion_type="LIVE"
    )
    assert (row["store_id"], row["promotion_type"], row["campaign_id"]) == (STORE, "LIVE", "1")


def test_what_is_new_is_kept_and_told() -> None:
    """Guards a metric that TikTok adds or changes, and nobody sees."""
    (row,), drift = rows_of("ads_report_daily", a_day(spend="n/a", moon_phase="full"))
    assert row["spend"] is None and "n/a" in row["_extra"] and "moon_phase" in row["_extra"]
    assert {name for _, name, _ in drift.seen} == {"spend", "metrics__moon_phase"}


def test_a_row_without_a_day_is_set_aside_and_told() -> None:
    """Guards figures that would be booked on no day, and vanish in every sum."""
    record = a_day()
    record["dimensions"]["stat_time_day"] = "yesterday"
    rows, drift = rows_of("ads_report_daily", record, a_day())
    assert len(rows) == 1 and drift.unkeyed("ads_report_daily") == 1


def test_every_table_says_whose_rows_they_are_and_what_their_key_is() -> None:
    for table in ads.CATALOGUE.tables():
        assert table.key[0] == "advertiser_id", table.name
        assert set(table.key) <= set(table.schema.names), table.name
        assert "shop_key" not in table.schema.names, table.name
        for name in table.schema.names:
            if str(table.schema.field(name).type).startswith("decimal128(18, 4)"):
                assert "currency" in table.schema.names, f"{table.name}.{name} is money without a currency"


@pytest.mark.parametrize(
    ("shown", "kept"), [(1250.5, "1250.5000"), (0, "0.0000"), (-3.1, "-3.1000"), (None, None)]
)
def test_what_an_account_has_left_is_kept_exactly(shown: float | None, kept: str | None) -> None:
    """The balance was cut as if it were about a person."""
    told = {
        "advertiser_id": ONE,
        "name": "Aurora",
        "currency": "USD",
        "timezone": "Etc/GMT+8",
        "balance": shown,
    }
    (row,), drift = rows_of("advertisers", told)
    assert (row["balance"] if row["balance"] is None else str(row["balance"])) == kept
    assert not drift.seen
