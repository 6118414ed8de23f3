"""Affiliate orders, collaborations, samples, marketplace: what is asked for, what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from shop_fakes import DAY, NOW, FakeClient, raw, run, unpacked

from home.layout import Home
from ingestion.engine.columns import Kind
from ingestion.engine.errors import ScopeMissing
from ingestion.tables.affiliate_orders import AFFILIATE_ORDER_SKUS, displayed_amount
from ingestion.tiktok_shop import creators
from ingestion.tiktok_shop.creators import (
    CREATORS_PER_SYNC,
    REREAD_DAYS,
    SEARCH_AFFILIATE_ORDERS,
    SEARCH_SAMPLE_APPLICATIONS,
    WINDOW_DAYS,
)

ORDERS, OPEN, CONTENT = "search_affiliate_orders", "search_open_collaborations", "creator_content_details"
TARGETS, TARGET = "search_target_collaborations", "target_collaboration_detail"
SAMPLES, FULFILLMENTS = "search_sample_applications", "search_sample_fulfillments"
MARKETPLACE = "search_marketplace_creators"
NAMES = tuple(resource.name for resource in creators.RESOURCES)


def sku(number: int, **changes: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "sku_id": f"sku-{number}",
        "product_id": "p1",
        "creator_username": "mali.shops",
        "settlement_status": "To-SETTLE",
        "price": {"amount": "500.00", "currency": "THB"},
        "quantity": 2,
        "commission_rate": "1550",
        "shop_ads_commission_rate": 0,
        "estimated_commission_base": {"amount": "฿1,000.00", "currency": "THB"},
        "estimated_paid_commission": {"amount": "155.00", "currency": "THB"},
        "content_type": "VIDEO",
        "content_id": "v1",
        "fully_return": "No",
    }
    record.update(changes)
    return record


def affiliate_order(number: int, skus: list[dict[str, Any]], at: int = NOW - DAY) -> dict[str, Any]:
    return {"id": f"57{number}", "create_time": at, "delivery_time": 0, "skus": skus}


class Recorder:
    """Remembers what was asked and answers with one thing."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.asked: list[Any] = []

    def __call__(self, query: Any, body: Any, path: Any) -> dict[str, Any]:
        self.asked.append({**(query or {}), **(body or {}), **(path or {})})
        return self.data


@pytest.mark.parametrize(
    ("shown", "currency", "amount"),
    [
        ("฿1,234.50", "THB", "1234.50"),
        ("₫1.234.500", "VND", "1234500"),
        ("1.234.500₫", "VND", "1234500"),
        ("₫12.000", "VND", "12000"),
        ("Rp1.234.500", "IDR", "1234500"),
        ("Rp1.234,50", "IDR", "1234.50"),
        ("R$ 1.234,50", "BRL", "1234.50"),
        ("1 234,50 €", "EUR", "1234.50"),
        ("1 234,50 €", "EUR", "1234.50"),
        ("£0.99", "GBP", "0.99"),
        ("RM1,000", "MYR", "1000"),
        ("$12", "USD", "12"),
        ("-$12.30", "USD", "-12.30"),
        ("500", "THB", "500"),
        ("¥1,234", "JPY", "1234"),
        ("$5.0", "USD", "5.0"),
        ("$.50", "USD", "0.50"),
        ("-$,5", "EUR", "-0.5"),
        ("US$ .05", "USD", "0.05"),
        ("Rp.500", "IDR", "500"),
        # Abbreviated, in the languages of the markets:
        ("$1.2K", "USD", "1200"),
        ("$12.34k", "USD", "12340"),
        ("1,2 jt", "IDR", "1200000"),
        ("Rp12,5rb", "IDR", "12500"),
        ("1,2tr ₫", "VND", "1200000"),
        ("₫1.5M", "VND", "1500000"),
        ("£2M", "GBP", "2000000"),
        ("1.2万円", "JPY", "12000"),
        ("$1,234.5K", "USD", "1234500"),
        ("(RM3.4k)", "MYR", "-3400"),
        # Signs and digits of other keyboards:
        ("$-12.30", "USD", "-12.30"),
        ("12.30-", "USD", "-12.30"),
        ("(12.30)", "USD", "-12.30"),
        ("+$5", "USD", "5"),
        ("＄１，２３４．５", "USD", "1234.5"),
        ("1'234.50", "EUR", "1234.50"),
        # More than one reading, or none:
        ("$1.234K", "USD", None),
        ("1 B", "THB", None),
        ("₫.50", "VND", None),
        ("(12.30", "USD", None),
        ("-(12.30)", "USD", None),
        ("$5 off", "USD", None),
        ("<$1", "USD", None),
        ("~1.2K", "USD", None),
        ("1.2Kg", "USD", None),
        ("1.2 3K", "USD", None),
        ("₫1.23", "VND", None),
        ("$1,23.45", "USD", None),
        ("$1,234,56", "USD", None),
        ("1.23456", "USD", None),
        ("1,234.567,8", "USD", None),
        ("฿1,0 - ฿2,0", "THB", None),
        ("--", "THB", None),
        ("", "THB", None),
        (None, "THB", None),
        (5, "THB", None),
    ],
)
def test_display_strings_are_read_in_one_way_or_not_at_all(
    shown: object, currency: str, amount: str | None
) -> None:
    assert displayed_amount(shown, currency) == amount


def test_a_sku_becomes_a_typed_row(tmp_path: Path) -> None:
    client = FakeClient(
        {
            ORDERS: lambda *_: {
                "orders": [affiliate_order(1, [sku(1), sku(2, commission_rate=800, price=None)])],
                "total_count": 2,
            }
        }
    )
    outcome = run(Home(tmp_path), client, "affiliate_orders", since=NOW - 10 * DAY)
    assert [row.status for row in outcome.log] == ["ok"]
    first, second = raw(Home(tmp_path), "affiliate_order_skus").to_pylist()
    assert (first["order_id"], first["sku_id"], first["quantity"]) == ("571", "sku-1", 2)
    assert (first["commission_rate"], second["commission_rate"]) == (1550, 800)
    assert first["estimated_commission_base"] == "฿1,000.00"
    assert first["estimated_commission_base_amount"] == Decimal("1000.0000")
    assert first["estimated_paid_commission"] == Decimal("155.0000")
    assert first["actual_paid_commission"] is None, "unknown, not nothing"
    assert first["currency"] == second["currency"] == "THB", "from another amount when there is no price"
    assert not outcome.drift.seen, "numbers in text are documented"


def test_an_order_on_two_pages_loses_no_sku(tmp_path: Path) -> None:
    """TikTok pages before it groups by order: a page may begin in the middle of one."""
    pages = [
        [affiliate_order(1, [sku(1)]), affiliate_order(2, [sku(1)])],
        [affiliate_order(2, [sku(2, creator_username="nok.live")]), affiliate_order(3, [sku(1)])],
    ]
    client = PagedClient(pages)
    outcome = run(Home(tmp_path), client, "affiliate_orders", since=NOW - 10 * DAY)
    found = raw(Home(tmp_path), "affiliate_order_skus").to_pylist()
    assert sorted((row["order_id"], row["sku_id"]) for row in found) == [
        ("571", "sku-1"),
        ("572", "sku-1"),
        ("572", "sku-2"),
        ("573", "sku-1"),
    ]
    assert outcome.log[0].error_message is None, "the count of a list that is cut elsewhere proves nothing"
    assert client.calls[ORDERS] == 2, "and so the list is not read twice"


class PagedClient(FakeClient):
    """Serves prepared pages of affiliate orders."""

    def __init__(self, pages: list[list[dict[str, Any]]]) -> None:
        super().__init__()
        self._pages = pages

    def pages(self, *_: Any, **__: Any) -> Any:
        for number, orders in enumerate(self._pages, 1):
            self.calls[ORDERS] += 1
            yield self._answer({"orders": orders, "total_count": 4}, number)


def test_windows_have_no_gap_and_stay_within_three_months(tmp_path: Path) -> None:
    asked = Recorder({"orders": [], "total_count": 0})
    client = FakeClient({ORDERS: asked})
    run(Home(tmp_path), client, "affiliate_orders", since=NOW - 400 * DAY)
    bounds = [(call["create_time_ge"], call["create_time_lt"]) for call in asked.asked]
    bounds.sort()
    assert bounds[0][0] == NOW - 400 * DAY and bounds[-1][1] == NOW
    assert all(left[1] == right[0] for left, right in pairwise(bounds))
    assert max(end - start for start, end in bounds) <= WINDOW_DAYS * DAY <= 89 * DAY


def test_young_orders_are_read_again_once_a_day(tmp_path: Path) -> None:
    """Commissions are settled weeks later, but an hourly sync must not pay for 60 days every time."""
    home, asked = Home(tmp_path), Recorder({"orders": [], "total_count": 0})
    client = FakeClient({ORDERS: asked})

    def starts(until: int) -> int:
        asked.asked.clear()
        run(home, client, "affiliate_orders", until=until)
        return until - min(int(call["create_time_ge"]) for call in asked.asked)

    assert starts(NOW) == 120 * DAY, "the configured history"
    assert starts(NOW + 3_600) == 2 * DAY + 3_600, "the look-back"
    assert starts(NOW + 20 * 3_600) == REREAD_DAYS * DAY + 19 * 3_600, "the next day of the shop"
    assert starts(NOW + 21 * 3_600) == 2 * DAY + 3_600


def test_a_failed_reading_is_not_taken_for_the_days(tmp_path: Path) -> None:
    home, asked = Home(tmp_path), Recorder({"orders": [], "total_count": 0})
    client = FakeClient({ORDERS: asked})
    run(home, client, "affiliate_orders", until=NOW - DAY)

    def fail(name: str, page: int) -> None:
        raise RuntimeError("cut off")

    client.fail = fail
    assert run(home, client, "affiliate_orders").log[0].status == "failed"
    client.fail = lambda name, page: None
    asked.asked.clear()
    run(home, client, "affiliate_orders", until=NOW + 60)
    assert min(call["create_time_ge"] for call in asked.asked) == NOW - DAY - REREAD_DAYS * DAY


def open_collaboration(number: int, creators_: int) -> dict[str, Any]:
    return {
        "id": f"oc-{number}",
        "status": "NORMAL",
        "current_commission": {"rate": 1200, "start_time": NOW - DAY, "end_time": 0},
        "showcase_creator_count": 0,
        "content_creator_count": creators_,
        "product": {"id": f"p{number}", "title": "Tea", "status": "LIVE"},
    }


def test_only_promoted_products_are_asked_for_their_creators(tmp_path: Path) -> None:
    home = Home(tmp_path)
    details = Recorder(
        {
            "creator_content_details": [
                {
                    "creator_profile": {
                        "username": "mali.shops",
                        "nickname": "Mali",
                        "follower_count": 1_200,
                        "creator_open_id": "c-1",
                        "avatar": {"url": "https://example.com/face.jpg"},
                    },
                    "video_count": 3,
                    "live_count": 0,
                    "promotion_status": "NORMAL",
                }
            ]
        }
    )
    listing: dict[str, Any] = {
        "open_collaborations": [open_collaboration(1, 1), open_collaboration(2, 0)],
        "total_count": 2,
    }
    client = FakeClient({OPEN: lambda *_: listing, CONTENT: details})
    run(home, client, "open_collaborations", "creator_content_details")
    assert [call["product_id"] for call in details.asked] == ["p1"]
    (row,) = raw(home, "creator_content_details").to_pylist()
    assert (row["product_id"], row["creator_username"], row["follower_count"]) == ("p1", "mali.shops", 1_200)
    assert b"mali.shops" in unpacked(home.root) and b"face.jpg" not in unpacked(home.root)
    run(home, client, "open_collaborations", "creator_content_details", until=NOW + 3_600)
    assert client.calls[OPEN] == 1 and len(details.asked) == 1, "once a day"
    run(home, client, "open_collaborations", "creator_content_details", until=NOW + DAY)
    assert client.calls[OPEN] == 2 and len(details.asked) == 1, "nothing has changed"
    listing["open_collaborations"][0]["content_creator_count"] = 2
    run(home, client, "open_collaborations", "creator_content_details", until=NOW + 2 * DAY)
    assert len(details.asked) == 2, "another creator has come"
    run(home, client, "open_collaborations", "creator_content_details", until=NOW + 9 * DAY)
    assert len(details.asked) == 3, "and after a week in any case"


def test_a_sync_asks_for_a_bounded_number_of_products(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shop with thousands of promoted products would otherwise keep a daily run for hours."""
    monkeypatch.setattr(creators, "CALLS_PER_SYNC", 3)
    home, details = Home(tmp_path), Recorder({"creator_content_details": []})
    listing = {"open_collaborations": [open_collaboration(n, 1) for n in range(5)], "total_count": 5}
    client = FakeClient({OPEN: lambda *_: listing, CONTENT: details})
    outcome = run(home, client, "open_collaborations", "creator_content_details")
    assert sorted(call["product_id"] for call in details.asked) == ["p0", "p1", "p2"]
    assert outcome.log[-1].error_message == "2 of 5 wait for the next sync."
    details.asked.clear()
    run(home, client, "open_collaborations", "creator_content_details", until=NOW + DAY)
    assert sorted(call["product_id"] for call in details.asked) == ["p3", "p4"]
    details.asked.clear()
    run(home, client, "open_collaborations", "creator_content_details", until=NOW + 9 * DAY)
    assert sorted(call["product_id"] for call in details.asked) == ["p0", "p1", "p2"], "longest unread first"


def test_target_collaborations_are_opened_when_they_change(tmp_path: Path) -> None:
    home = Home(tmp_path)
    moment = [NOW - 9 * DAY]

    def listing(query: Any, body: Mapping[str, Any], path: Any) -> dict[str, Any]:
        one = {
            "id": "t-1",
            "name": "Autumn",
            "update_time": moment[0],
            "creator_inivited_count": 4,
            "message": "hi",
        }
        mine = body["collaboration_status"] in ("VALID", "ONGOING")
        return {"target_collaborations": [one] if mine else [], "total_count": int(mine)}

    detail = Recorder(
        {
            "target_collaboration": {
                "id": "t-1",
                "update_time": NOW - 9 * DAY,
                "message": "write to us",
                "seller_contact_info": {"email": "seller@example.com", "phone_number": "+66812345678"},
                "products": [
                    {"id": "p1", "commission": {"rate": 2000, "effective_time": str(NOW - DAY)}},
                    {"id": "p2", "commission": {"rate": 1000, "effective_time": "0"}},
                ],
                "creators": [
                    {
                        "username": "nok.live",
                        "avatar": {"url": "https://example.com/face.jpg"},
                        "creator_open_id": "c-1",
                        "selection_region": "TH",
                        "showcase_product_count": 2,
                        "content_product_count": 1,
                        "collaboration_status": "DELETING",
                        "product_effective_status": "EFFECTIVE_PARTIALLY",
                    }
                ],
            }
        }
    )
    client = FakeClient({TARGETS: listing, TARGET: detail})
    outcome = run(home, client, "target_collaborations", "target_collaboration_products")
    assert not outcome.drift.seen
    listed = raw(home, "target_collaborations").to_pylist()
    assert {row["status"] for row in listed} == {"VALID", "ONGOING"}
    assert {row["creator_invited_count"] for row in listed} == {4}
    products = raw(home, "target_collaboration_products").to_pylist()
    assert [(row["product_id"], row["commission_rate"]) for row in products] == [("p1", 2000), ("p2", 1000)]
    assert products[0]["commission_effective_time"].timestamp() == NOW - DAY
    assert products[1]["commission_effective_time"] is None
    (joined,) = raw(home, "target_collaboration_creators").to_pylist()
    assert (joined["collaboration_id"], joined["creator_username"], joined["creator_open_id"]) == (
        "t-1",
        "nok.live",
        "c-1",
    )
    assert (joined["region"], joined["showcase_product_count"], joined["content_product_count"]) == (
        "TH",
        2,
        1,
    )
    assert (joined["collaboration_status"], joined["product_effective_status"]) == (
        "DELETING",
        "EFFECTIVE_PARTIALLY",
    )
    stored = unpacked(home.root)
    assert not any(word in stored for word in (b"seller@example.com", b"+66812345678", b"face.jpg"))
    run(home, client, "target_collaborations", "target_collaboration_products", until=NOW + DAY)
    assert len(detail.asked) == 1, "nothing has changed"
    moment[0] = NOW
    run(home, client, "target_collaborations", "target_collaboration_products", until=NOW + 2 * DAY)
    assert len(detail.asked) == 2


def test_content_is_asked_for_samples_that_have_arrived(tmp_path: Path) -> None:
    home = Home(tmp_path)
    status = {"s1": "PENDING", "s2": "CONTENT_PENDING", "s3": "COMPLETED", "s4": "REJECT_CANCELLED"}

    def listing(*_: Any) -> dict[str, Any]:
        samples = [
            {
                "id": key,
                "status": value,
                "commission_rate": "0.1",
                "approve_expiration_time": NOW + 7 * DAY,
                "shipment_expiration_time": NOW + 9 * DAY,
                "tracking_number": "TRACK-1",
                "creator": {"username": "mali.shops", "avatar_url": "https://example.com/face.jpg"},
                "product": {"id": "p1", "sku_id": "sku-1"},
            }
            for key, value in status.items()
        ]
        return {"sample_applications": samples, "total_count": len(samples)}

    content = Recorder(
        {
            "fulfillments": [
                {
                    "product": {"id": "p1"},
                    "content": {
                        "id": "v1",
                        "format": "VIDEO",
                        "create_time": NOW - DAY,
                        "live_end_time": 0,
                        "view_count": 900,
                        "paid_order_count": 4,
                    },
                },
                {"product": {"id": "p1"}, "content": None},
            ]
        }
    )
    client = FakeClient({SAMPLES: listing, FULFILLMENTS: content})
    run(home, client, "sample_applications", "sample_fulfillments")
    assert sorted(call["application_id"] for call in content.asked) == ["s2", "s3"]
    rows = raw(home, "sample_fulfillments").to_pylist()
    assert {(row["application_id"], row["content_id"], row["paid_order_count"]) for row in rows} == {
        ("s2", "v1", 4),
        ("s3", "v1", 4),
    }
    assert rows[0]["finish_time"] is None
    applications = raw(home, "sample_applications").to_pylist()
    assert applications[0]["commission_rate"] == Decimal("0.1")
    assert applications[0]["approve_expiration_time"] == datetime(2026, 11, 15, tzinfo=UTC)
    assert applications[0]["shipment_expiration_time"] == datetime(2026, 11, 17, tzinfo=UTC)
    assert not any(word in unpacked(home.root) for word in (b"TRACK-1", b"face.jpg"))

    content.asked.clear()
    run(home, client, "sample_applications", "sample_fulfillments", until=NOW + 40 * DAY)
    assert [call["application_id"] for call in content.asked] == ["s2"], "s3 was completed long ago"


def test_the_marketplace_is_asked_for_the_shops_own_creators(tmp_path: Path) -> None:
    home = Home(tmp_path)
    found = Recorder(
        {
            "creators": [
                {
                    "creator_open_id": "c-1",
                    "username": "mali.shops",
                    "selection_region": "TH",
                    "follower_count": 1_200,
                    "gmv_range": {"currency": "THB", "minimum_amount": "100", "maximum_amount": "1000"},
                    "avatar": {"url": "https://example.com/face.jpg"},
                }
            ],
            "next_page_token": "more",
        }
    )
    orders = [
        affiliate_order(1, [sku(1), sku(2, creator_username="nok.live"), sku(3, creator_username=None)])
    ]
    client = FakeClient({ORDERS: lambda *_: {"orders": orders, "total_count": 3}, MARKETPLACE: found})
    run(home, client, "affiliate_orders", "marketplace_creators")
    assert sorted(call["keyword"] for call in found.asked) == ["mali.shops", "nok.live"]
    row = raw(home, "marketplace_creators").to_pylist()[0]
    assert (row["creator_username"], row["region"], row["currency"]) == ("mali.shops", "TH", "THB")
    assert row["gmv_range_maximum"] == Decimal("1000.0000") and row["gmv"] is None
    found.asked.clear()
    run(home, client, "affiliate_orders", "marketplace_creators", until=NOW + 13 * DAY)
    assert not found.asked
    run(home, client, "affiliate_orders", "marketplace_creators", until=NOW + 14 * DAY)
    assert len(found.asked) == 2 <= CREATORS_PER_SYNC


def test_only_the_first_page_of_the_marketplace_is_read(tmp_path: Path) -> None:
    """A search by name runs on through everybody whose name is like it; 10,000 calls a day are all there are."""

    class Endless(FakeClient):
        def pages(self, endpoint: Any, *_: Any, **__: Any) -> Any:
            for page in range(1, 99):
                self.calls[endpoint.name] += 1
                if endpoint is SEARCH_AFFILIATE_ORDERS:
                    yield self._answer({"orders": [affiliate_order(1, [sku(1)])]}, page)
                    return
                yield self._answer({"creators": [{"creator_open_id": f"c-{page}"}]}, page)

    client = Endless()
    run(Home(tmp_path), client, "affiliate_orders", "marketplace_creators")
    assert client.calls[MARKETPLACE] == 1


def test_a_missing_scope_skips_creators_only(tmp_path: Path) -> None:
    def fail(name: str, page: int) -> None:
        if name in (ORDERS, OPEN, TARGETS, SAMPLES):
            raise ScopeMissing("The seller has not granted the scope.", advice="Ask.", code=105005)

    empty: dict[str, Any] = {}
    client = FakeClient(dict.fromkeys((ORDERS, OPEN, TARGETS, SAMPLES), lambda *_: empty), fail=fail)
    outcome = run(Home(tmp_path), client, "orders", *NAMES)
    status = {row.resource: row.status for row in outcome.log}
    skipped = {name for name, value in status.items() if value == "skipped"}
    assert skipped == {
        "affiliate_orders",
        "open_collaborations",
        "target_collaborations",
        "sample_applications",
    }
    assert {value for name, value in status.items() if name not in skipped} == {"ok"}
    assert status["orders"] == "ok"


def test_what_the_contract_says_of_pages() -> None:
    assert SEARCH_AFFILIATE_ORDERS.page_size == 100 and SEARCH_SAMPLE_APPLICATIONS.page_size == 50
    kinds = {column.name: column.kind for column in AFFILIATE_ORDER_SKUS.columns}
    assert kinds["estimated_commission_base"] is Kind.TEXT
    assert kinds["estimated_commission_base_amount"] is Kind.MONEY
