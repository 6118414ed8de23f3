"""Ads accounts that join a home which has published for long: the marts of ads against the world's own truth.

The shops' rows are those of `published_home`; both ads accounts are synced over HTTP, built, and a day later again,
when late cost has come and earlier days are restated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import CLOCK, admin, authorise, authorise_ads, copy_of, opened, settings, sync

from home.layout import Home
from ingestion.tiktok_ads.resources import RESOURCES
from orchestration.audit.audit import audit
from orchestration.build.build import build
from orchestration.publish.publish import publish
from sandbox.server.serve import start_in_thread

Rows = list[dict[str, Any]]
US, TH = "7495000000000000505", "7495000000000000101"
NAMES = [resource.name for resource in RESOURCES]
DAY = ("advertiser_id", "campaign_id", "stat_date")
TABLES = (
    "fct_ad_spend_daily",
    "fct_gmv_max_daily",
    "fct_gmv_max_product_daily",
    "fct_gmv_max_live_daily",
    "fct_gmv_max_creative_daily",
    "kpi_ads_daily",
    "kpi_shop_daily",
    "ops_ads_sync_status",
)


@dataclass(frozen=True, slots=True)
class Story:
    """What was published after the first sync of the ads accounts and a day later, with the truth of that moment."""

    home: Home
    marts: dict[str, dict[str, Rows]]
    truth: dict[str, Rows]
    before: Rows

    def spent(self, name: str) -> dict[tuple[str, ...], dict[str, Any]]:
        """The truth by campaign and day of the account."""
        return by_key(self.truth[name], DAY)


def rows_of(database: Path, table: str) -> Rows:
    """All rows of a mart."""
    with opened(database) as connection:
        result = connection.execute(f"from marts.{table}")
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def by_key(rows: Rows, keys: tuple[str, ...]) -> dict[tuple[str, ...], dict[str, Any]]:
    """Rows by their key, which they have once."""
    found = {tuple(str(row[key]) for key in keys): row for row in rows}
    assert len(found) == len(rows)
    return found


def exact(value: Any) -> Decimal | None:
    """A number to its last digit; None stays unknown."""
    return None if value is None else Decimal(str(value))


@pytest.fixture(scope="module")
def story(published_home: Home, world_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A whole month of sales is there, and then a user lets the app into the ads accounts."""
    home = copy_of(published_home, tmp_path_factory.mktemp("ads") / "home")
    home.tokens_file.unlink()
    story = Story(home, {}, {}, rows_of(home.published, "kpi_shop_daily"))
    server = start_in_thread(world_dir)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings(server.base_url).items():
                patch.setenv(name, value)
            authorise(server, home)
            authorise_ads(server, home)
            for day, name in enumerate(("first", "later")):
                if day:
                    admin(server, "clock", {"advance_seconds": 86_400})
                report = sync(home, until=CLOCK + timedelta(days=day), resources=NAMES)
                assert not report.failed
                build(home, freshness=False).raise_for_errors()
                audit(home).raise_for_failure()
                publish(home)
                story.marts[name] = {table: rows_of(home.published, table) for table in TABLES}
                story.truth[name] = admin(server, "truth/ads_spend_daily", method="GET")
    finally:
        server.stop()
    yield story


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_day_of_a_campaign_equals_the_truth(story: Story, name: str) -> None:
    """Guards a cost that is added up over the reports that tell it, and one that stays as it was before its repair."""
    ours, truth = by_key(story.marts[name]["fct_ad_spend_daily"], DAY), story.spent(name)
    assert set(ours) == set(truth)
    wrong = [
        (key, column, ours[key][column], row[column])
        for key, row in truth.items()
        for column in ("spend", "reported_gmv", "reported_orders")
        if exact(ours[key][column]) != exact(row[column])
    ]
    assert not wrong, f"{len(wrong)} numbers differ, the first: {wrong[:5]}"


def test_the_later_truth_is_another_one(story: Story) -> None:
    """Guards the comparison itself: a day on which nothing is restated would prove nothing."""
    first, later = story.spent("first"), story.spent("later")
    restated = {key for key in first if first[key]["spend"] != later[key]["spend"]}
    assert restated
    assert {key for key in restated if first[key]["kind"] == "BASIC"}
    assert {key for key in restated if first[key]["kind"] == "PRODUCT"}


@pytest.mark.parametrize("name", ["first", "later"])
def test_days_of_a_shop_sum_to_what_its_campaigns_cost(story: Story, name: str) -> None:
    """Guards hours that are lost, or counted twice, between the account's calendar and the business date."""
    ours: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    truth: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    unknown = {row["shop_key"] for row in story.truth[name] if row["spend"] is None}
    for row in story.truth[name]:
        for place, column in enumerate(("spend", "reported_gmv", "reported_orders")):
            truth[row["shop_key"]][place] += Decimal(row[column] or 0)
    for row in story.marts[name]["kpi_ads_daily"]:
        shop_key = row["shop_key"]
        if row["spend_calendar"] == "unknown":
            assert row["ad_spend"] is None
            assert shop_key not in truth
            continue
        if row["ad_spend"] is None:
            assert shop_key in unknown, "only a cost that the platform does not tell yet makes a day unknown"
        for place, column in enumerate(("ad_spend", "ad_reported_gmv", "ad_reported_orders")):
            ours[shop_key][place] += Decimal(row[column] or 0)
    assert set(ours) == set(truth) == {US, TH}
    for shop_key in truth.keys() - unknown:
        assert ours[shop_key] == truth[shop_key], shop_key
    assert truth.keys() - unknown, "no shop was compared"


@pytest.mark.parametrize("name", ["first", "later"])
def test_no_converted_spend_where_account_and_shop_have_one_currency(story: Story, name: str) -> None:
    days = [row for row in story.marts[name]["kpi_ads_daily"] if row["shop_key"] in (US, TH)]
    assert {row["currency"] for row in days} == {"USD", "THB"}
    assert not any(row["ad_spend_is_converted"] for row in days)


@pytest.mark.parametrize("name", ["first", "later"])
@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("fct_gmv_max_daily", "PRODUCT"),
        ("fct_gmv_max_daily", "LIVE"),
        ("fct_gmv_max_product_daily", "PRODUCT"),
        ("fct_gmv_max_creative_daily", "PRODUCT"),
        ("fct_gmv_max_live_daily", "LIVE"),
    ],
)
def test_parts_of_gmv_max_sum_to_the_truth_of_their_campaign(
    story: Story, name: str, table: str, kind: str
) -> None:
    """Guards products, creatives and rooms that are missing or told twice."""
    rows = [
        row
        for row in story.marts[name][table]
        if kind in row.get("promotion_type", kind)  # only campaigns tell theirs; parts are of one kind
    ]
    ours: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for row in rows:
        for place, column in enumerate(("cost", "gross_revenue", "reported_orders")):
            ours[tuple(str(row[key]) for key in DAY)][place] += Decimal(row[column] or 0)
    truth = {
        key: [Decimal(row[column] or 0) for column in ("spend", "reported_gmv", "reported_orders")]
        for key, row in story.spent(name).items()
        if row["kind"] == kind
    }
    assert len(truth) > 90
    assert ours.keys() <= truth.keys()
    # A day whose cost is not told yet may have no part.
    assert {key: sums for key, sums in truth.items() if ours.get(key, [Decimal(0)] * 3) != sums} == {}


@pytest.mark.parametrize("name", ["first", "later"])
def test_paid_organic_and_undetermined_are_the_sales_of_the_day(story: Story, name: str) -> None:
    """Guards sales that are lost or counted twice when they are told apart; and sales that ads have changed."""
    keys = ("shop_key", "business_date")
    days = by_key(story.marts[name]["kpi_ads_daily"], keys)
    shops = by_key(story.marts[name]["kpi_shop_daily"], keys)
    # A day on which orders were only made, or only refunded, sold nothing that could be told apart.
    assert {key for key, row in shops.items() if row["paid_orders"]} <= days.keys()
    # Ads that ran before the shop's own orders are known: its sales of that day are unknown, not 0.
    unknown = {key for key, row in days.items() if row["gmv"] is None}
    assert not unknown & shops.keys()
    for key, row in days.items():
        if key in unknown:
            continue
        parts = row["paid_gmv"] + row["organic_gmv"] + row["undetermined_gmv"]
        assert parts == row["gmv"] == (shops[key]["gmv"] if key in shops else 0), key
    assert all(
        sum(row[part] or 0 for row in days.values()) > 0
        for part in ("paid_gmv", "organic_gmv", "undetermined_gmv")
    )
    sold = [(row["shop_key"], row["business_date"], row["gmv"]) for row in story.before]
    assert sorted(sold) == sorted((*(row[key] for key in keys), row["gmv"]) for row in shops.values())


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_resource_of_an_account_is_reported(story: Story, name: str) -> None:
    status = by_key(story.marts[name]["ops_ads_sync_status"], ("advertiser_id", "resource"))
    accounts = {row["advertiser_id"] for row in story.truth[name]}
    assert status.keys() == {(account, resource) for account in accounts for resource in NAMES}
    for row in status.values():
        assert (row["last_status"], row["authorisation_state"]) == ("ok", "ok")
        assert row["advertiser_name"]
        assert row["lag_hours"] in (0, None)
        assert row["unknown_fields"] == 0
    windows = {row["asked_until"].date() for row in status.values() if row["asked_until"]}
    assert windows == {date(2026, 11, 8) + timedelta(days=name == "later")}


def test_a_full_refresh_gives_the_same_rows(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards against incremental staging that keeps what was restated, or loses what came late."""
    rebuilt = copy_of(story.home, tmp_path / "home")
    rebuilt.warehouse.unlink()
    # Without the data tests: the rows are compared with those of which they hold.
    monkeypatch.setenv("DBT_INDIRECT_SELECTION", "empty")
    build(rebuilt, select="+path:models/marts/ads +ops_ads_sync_status +kpi_shop_daily").raise_for_errors()
    for table in TABLES:
        with opened(story.home.published) as connection:
            connection.execute(f"attach '{rebuilt.warehouse}' as other (read_only)")
            columns = ", ".join(story.marts["later"][table][0])
            ours, theirs = (
                f"select {columns} from {database}.marts.{table}" for database in ("opened", "other")
            )
            found = connection.execute(
                f"select count(*) from (({ours} except all {theirs}) union all ({theirs} except all {ours}))"
            ).fetchone()
        assert found == (0,), table
