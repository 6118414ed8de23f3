"""Spend, evidence and returns from hand-written reports, orders and statements: load by load, and as a full refresh gives them.

The ads account counts in dollars and in its own zone, 16 hours behind Shanghai; the shop sells in baht.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from raw_helpers import ADS_SCHEMAS, DAY, SHOP, Piece, Raw, build, content, rows, transaction
from templates import with_parse

from home.layout import Home

SELECT = ["+path:models/marts/ads"]
ACCOUNT = "7400000000000000009"
FIRST = date(2026, 10, 1)
MIDNIGHT = datetime(2026, 10, 1, 16, tzinfo=UTC)  # of Shanghai, 8:00 of the account's first day


class AdsRaw(Raw):
    """The raw folder with the ads source beside the shop's."""

    def ads(self, name: str, load: int, shown: list[dict[str, Any]]) -> None:
        own = {
            "advertiser_id": ACCOUNT,
            "retrieved_at": DAY + timedelta(days=40 + load),
            "page_id": f"page-{load}",
        }
        self.keep(Piece("tiktok_ads", ADS_SCHEMAS[name], [own | line for line in shown], load))

    def campaign(
        self, load: int, day: date, cost: str, revenue: int, hours: dict[datetime, tuple[str, int]]
    ) -> None:
        """One version of a GMV Max day and of its hours."""
        shared = {"store_id": SHOP, "campaign_id": "max", "promotion_type": "PRODUCT", "currency": "USD"}
        figures = {"cost": Decimal(cost), "gross_revenue": Decimal(revenue), "orders": revenue // 10}
        self.ads("gmv_max_campaign_daily", load, [shared | {"stat_date": day} | figures])
        self.ads(
            "gmv_max_campaign_hourly",
            load,
            [
                shared
                | {
                    "stat_hour_at": hour,
                    "cost": Decimal(spent),
                    "gross_revenue": Decimal(sold),
                    "orders": sold // 10,
                }
                for hour, (spent, sold) in hours.items()
            ],
        )


@pytest.fixture(scope="module")
def home(parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two loads, each built as it comes: the second repairs a day of the ads account and settles the youngest order."""
    home = with_parse(parsed, Home(tmp_path_factory.mktemp("home"))).root
    raw = AdsRaw(home)
    hour = timedelta(hours=1)
    revenue, commission = (
        ("revenue", "subtotal_before_discount_amount"),
        ("fee", "platform_commission_amount"),
    )
    ad_fee, ads_commission = ("fee", "gmv_max_ad_fee_amount"), ("fee", "affiliate_ads_commission_amount")

    raw.known(1)
    raw.orders(
        1,
        *(
            raw.order(order_id, DAY, status="COMPLETED", paid=DAY + hour, lines=1)
            for order_id in ("by_ad", "no_ad", "young")
        ),
    )
    quoted = {"rate_date": FIRST, "quote_currency": "CNY", "origin": "test"}
    raw.write(
        "fx_rates",
        1,
        [
            quoted | {"base_currency": "THB", "rate": Decimal("0.2")},
            quoted | {"base_currency": "USD", "rate": Decimal(7)},
        ],
    )
    raw.synced(1, DAY + timedelta(days=9))
    raw.statement(
        1, {"statement_id": "s1", "settlement_amount": Decimal(176), "payment_status": "PROCESSING"}
    )
    raw.settled(
        1,
        "statement",
        (transaction("s1", "t1", "by_ad", 100, -18), {revenue: "100", commission: "-6", ad_fee: "-12"}),
        (transaction("s1", "t2", "no_ad", 100, -6), {revenue: "100", commission: "-6"}),
    )
    raw.ads("advertisers", 1, [{"currency": "USD", "timezone": "Etc/GMT+8"}])
    raw.ads("gmv_max_stores", 1, [{"store_id": SHOP, "exclusive_advertiser_id": ACCOUNT}])
    raw.campaign(1, FIRST, "10", 60, {MIDNIGHT - hour: ("4", 20), MIDNIGHT: ("6", 40)})
    build(home, SELECT)

    raw.statement(2, {"statement_id": "s2", "settlement_amount": Decimal(90), "payment_status": "PROCESSING"})
    raw.settled(
        2,
        "statement",
        (
            transaction("s2", "t3", "young", 100, -10),
            {revenue: "100", commission: "-6", ads_commission: "-4"},
        ),
    )
    raw.campaign(2, FIRST, "12", 60, {MIDNIGHT: ("7", 40)})
    build(home, SELECT)
    return home


def test_spend_goes_to_the_day_on_which_it_was_spent(home: Path) -> None:
    found = rows(
        home,
        """
        select business_date, spend_calendar, ad_spend, ad_spend_rc, ad_reported_gmv, gmv
        from marts.kpi_ads_daily order by 1
        """,
    )
    # 12 USD: 4 before midnight of Shanghai, 7 after, 1 in no hour; x 7 / 0.2.
    assert found == [
        (date(2026, 10, 1), "mixed", Decimal(175), Decimal(35), Decimal(700), Decimal(300)),
        (date(2026, 10, 2), "business_date", Decimal(245), Decimal(49), Decimal(1400), Decimal(0)),
    ]


def test_an_order_is_undetermined_until_it_is_settled(home: Path) -> None:
    found = rows(
        home,
        """
        select paid_gmv, organic_gmv, undetermined_gmv, paid_net_gmv_after_fees, round(roas, 6), evidence_coverage
        from marts.kpi_ads_daily where business_date = date '2026-10-01'
        """,
    )
    # Paid: by its ad fee, and by its ads commission; fees of 6 and of 6 + 4, the ad fee is ad cost and not among them.
    assert found == [(Decimal(200), Decimal(100), Decimal(0), Decimal(184), 1.142857, 1.0)]


def test_one_cost_is_compared_and_not_added_up(home: Path) -> None:
    found = rows(
        home,
        """
        select month_start, comparison, report_spend, ad_fee_amount, ad_payment_amount, ad_fee_difference
        from marts.kpi_ad_cost_reconciliation
        """,
    )
    assert found == [(FIRST, "different", Decimal(420), Decimal(12), Decimal(0), Decimal(408))]


def test_incremental_equals_full_refresh(home: Path) -> None:
    incremental = content(home)
    build(home, SELECT, "--full-refresh")
    full = content(home)
    assert incremental.keys() == full.keys()
    different = {name: (incremental[name], full[name]) for name in full if incremental[name] != full[name]}
    assert not different
