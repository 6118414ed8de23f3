"""Staging of creators, LIVE and videos: one row per key, built load by load as in a full refresh.

What may come twice, late, or in two listings: each trap is one load of raw rows, written by hand.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from raw_helpers import DAY, Raw, build, content, rows
from templates import with_parse

from home.layout import Home
from ingestion.tiktok_shop import creators, lives, videos

TABLES = [
    table.name
    for module in (creators, lives, videos)
    for resource in module.RESOURCES
    for table in resource.all_tables()
]
MODELS = [f"stg_tiktok_shop__{name}" for name in TABLES]


@pytest.fixture(scope="module")
def home(parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = with_parse(parsed, Home(tmp_path_factory.mktemp("staging") / "home")).root
    raw = Raw(home)
    sku = {
        "order_id": "1",
        "sku_id": "a",
        "currency": "THB",
        "creator_username": "mali.shops",
        "settlement_status": "To-SETTLE",
        "estimated_paid_commission": Decimal(10),
    }
    room = {"live_room_id": "76", "account_type": "OFFICIAL_ACCOUNTS", "currency": "THB"}
    clip = {"video_id": "v", "time_zone": "America/Los_Angeles", "currency": "USD"}
    first = {"start_date": date(2026, 10, 1), "end_date": date(2026, 10, 2)}

    raw.write("affiliate_order_skus", 1, [sku, sku | {"sku_id": "b", "creator_username": "nok.live"}])
    raw.write("open_collaborations", 1, [{"collaboration_id": c, "snapshot_id": "s1"} for c in ("x", "y")])
    target = {"collaboration_id": "t", "snapshot_id": "s1", "update_time": DAY}
    raw.write("target_collaborations", 1, [target | {"status": status} for status in ("ONGOING", "VALID")])
    product = {"collaboration_id": "t", "collaboration_update_time": DAY, "commission_rate": 1000}
    raw.write("target_collaboration_products", 1, [product | {"product_id": key} for key in ("p", "q")])
    creator = {"collaboration_id": "t", "collaboration_update_time": DAY, "collaboration_status": "NORMAL"}
    joined = [creator | {"creator_username": name} for name in ("mali.shops", "nok.live")]
    raw.write("target_collaboration_creators", 1, joined)
    raw.write("live_sessions", 1, [room | {"live_attributed_gmv": Decimal(100)}])
    minutes = [{"live_room_id": "76", "minute_start_at": DAY, "gmv": Decimal(4), "currency": "THB"}]
    raw.write("live_minutes", 1, minutes)
    shown = [{"live_room_id": "76", "product_id": key, "snapshot_id": "s1"} for key in ("p", "q")]
    raw.write("live_products", 1, shown)
    posted = {"video_post_time": "2026-07-01 18:30:00"}
    raw.write("video_performance", 1, [clip | first | posted | {"views": 10}])
    raw.write("video_products", 1, [{"video_id": "v", "product_id": "p", "start_date": first["start_date"]}])
    raw.write("sample_applications", 1, [{"application_id": "s", "status": "PENDING"}])
    raw.write("creator_content_details", 1, [{"product_id": "p", "creator_username": "mali.shops"}])
    build(home, MODELS, "--full-refresh")

    raw.write(
        "affiliate_order_skus",
        2,
        [sku | {"settlement_status": "SETTLED", "actual_paid_commission": Decimal(8)}],
    )
    raw.write("open_collaborations", 2, [{"collaboration_id": "x", "snapshot_id": "s2"}])
    changed = {"collaboration_update_time": DAY + timedelta(days=1), "commission_rate": 1500}
    raw.write("target_collaboration_products", 2, [product | changed | {"product_id": "q"}])
    newer = {"collaboration_update_time": DAY + timedelta(days=1), "collaboration_status": "DELETING"}
    raw.write("target_collaboration_creators", 2, [creator | newer | {"creator_username": "nok.live"}])
    raw.write("live_sessions", 2, [room | {"live_attributed_gmv": Decimal(130)}])
    raw.write("live_minutes", 2, [minutes[0] | {"gmv": Decimal(5)}])
    raw.write("live_products", 2, [shown[1] | {"snapshot_id": "s2"}])
    again = {"video_post_time": None, "post_time_utc": datetime(2026, 7, 2, 1, 30, tzinfo=UTC)}
    kind = {"account_type": "AFFILIATE_ACCOUNTS"}
    raw.write("video_performance", 2, [clip | first | again | kind | {"views": 12}])
    second = {"start_date": date(2026, 10, 2), "end_date": date(2026, 10, 3)}
    raw.write("video_performance", 3, [clip | second | posted | {"views": 3}])
    raw.write("video_products", 3, [{"video_id": "v", "product_id": "q", "start_date": second["start_date"]}])
    raw.write("sample_applications", 2, [{"application_id": "s", "status": "SHIPPED"}])
    raw.write("creator_content_details", 2, [{"product_id": "p", "creator_username": "nok.live"}])
    build(home, MODELS)

    # A load that was retrieved before the others and comes after them: the same pages, replayed.
    late = {"retrieved_at": DAY, "page_id": "page-0"}
    raw.write("affiliate_order_skus", 4, [sku | late])
    raw.write("live_sessions", 4, [room | late | {"live_attributed_gmv": Decimal(1)}])
    raw.write("video_performance", 4, [clip | first | posted | late | {"views": 1}])
    build(home, MODELS)
    return home


def test_a_full_refresh_gives_the_same_rows(home: Path) -> None:
    before = content(home)
    assert set(before) >= set(MODELS)
    build(home, MODELS, "--full-refresh")
    assert content(home) == before


def test_an_order_keeps_all_its_skus_and_their_latest_state(home: Path) -> None:
    found = rows(
        home,
        "select sku_id, creator_username, settlement_status, estimated_paid_commission, actual_paid_commission "
        "from staging.stg_tiktok_shop__affiliate_order_skus order by sku_id",
    )
    assert found == [
        ("a", "mali.shops", "SETTLED", Decimal(10), Decimal(8)),
        ("b", "nok.live", "To-SETTLE", Decimal(10), None),
    ]


def test_a_listing_replaces_the_one_before(home: Path) -> None:
    query = "select collaboration_id, snapshot_id from staging.stg_tiktok_shop__open_collaborations"
    assert rows(home, query) == [("x", "s2")]
    query = "select product_id, commission_rate from staging.stg_tiktok_shop__target_collaboration_products"
    assert rows(home, query) == [("q", 1500)], "p is not in the newest version of the collaboration"
    query = "select creator_username, collaboration_status from staging.stg_tiktok_shop__target_collaboration_creators"
    assert rows(home, query) == [("nok.live", "DELETING")], "who has left is in no newer version"
    assert rows(home, "select product_id from staging.stg_tiktok_shop__live_products") == [("q",)]
    assert rows(home, "select product_id from staging.stg_tiktok_shop__video_products") == [("q",)]


def test_a_creator_who_has_stopped_is_not_forgotten(home: Path) -> None:
    query = "select creator_username from staging.stg_tiktok_shop__creator_content_details order by 1"
    assert rows(home, query) == [("mali.shops",), ("nok.live",)]


def test_of_two_statuses_in_one_listing_the_closer_one_wins(home: Path) -> None:
    assert rows(home, "select status from staging.stg_tiktok_shop__target_collaborations") == [("ONGOING",)]


def test_figures_that_grow_are_the_newest(home: Path) -> None:
    query = "select live_attributed_gmv from staging.stg_tiktok_shop__live_sessions"
    assert rows(home, query) == [(Decimal(130),)]
    assert rows(home, "select gmv from staging.stg_tiktok_shop__live_minutes") == [(Decimal(5),)]
    query = "select start_date, views from staging.stg_tiktok_shop__video_performance order by 1"
    assert rows(home, query) == [(date(2026, 10, 1), 12), (date(2026, 10, 2), 3)]


def test_the_kind_of_account_is_that_of_the_newest_list(home: Path) -> None:
    """A day that is read again is known by kind from then on; one that is not stays unknown, and an older page brings nothing back."""
    query = "select start_date, account_type from staging.stg_tiktok_shop__video_performance order by 1"
    assert rows(home, query) == [(date(2026, 10, 1), "AFFILIATE_ACCOUNTS"), (date(2026, 10, 2), None)]


def test_a_time_of_posting_is_read_on_the_shops_clock(home: Path) -> None:
    """18:30 in Los Angeles in July is 01:30 UTC the day after."""
    query = "select distinct post_time from staging.stg_tiktok_shop__video_performance"
    assert rows(home, query) == [(datetime(2026, 7, 2, 1, 30, tzinfo=UTC),)]
