"""The sandbox's answers about creators, LIVE and videos: pages, limits, tokens of creators, what is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sandbox_fakes import Caller
from world_helpers import CLOCK, DAY, SHOP, world_of

from sandbox.server.serve import SandboxServer
from sandbox.world import promotion
from sandbox.world.store import Store

ORDERS = "/affiliate_seller/202410/orders/search"
SESSIONS = "/analytics/202609/shop_lives/performance"
VIDEOS = "/analytics/202605/shop_videos/performance"
TH = SHOP["TH"]


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    store = Store.open(world_of(tmp_path_factory, orders=4000, days=60))
    with SandboxServer(store) as server:
        caller = Caller(server)
        with caller.http:
            caller.authorise()
            yield caller


def call(caller: Caller, path: str, query: Any = (), body: Any = None, **more: Any) -> Any:
    return caller.call(path, query, body, cipher=more.pop("cipher", TH.cipher), **more).json()


def affiliate_pages(caller: Caller, size: int, body: dict[str, int]) -> list[list[Any]]:
    found: list[list[Any]] = []
    token = ""
    while not found or token:
        query = {"page_size": str(size)} | ({"page_token": token} if token else {})
        data = call(caller, ORDERS, query, body)["data"]
        found.append(data["orders"])
        token = data["next_page_token"]
    return found


def room_of(kind: str, *, has_minutes: bool = True, before: int = CLOCK - DAY) -> promotion.Room:
    day = datetime.fromtimestamp(before, UTC).date()
    for number in range(40):
        for room in promotion.rooms_of_day(TH, day - timedelta(days=number)):
            if room.account.kind == kind and room.has_minutes == has_minutes and room.end < before:
                return room
    raise AssertionError(f"no room of {kind}")


def minutes(room: promotion.Room) -> str:
    return f"/analytics/202510/shop_lives/{room.id}/performance_per_minutes"


def test_an_order_may_be_on_two_pages(caller: Caller) -> None:
    window = {"create_time_ge": CLOCK - 50 * DAY, "create_time_lt": CLOCK}
    whole = affiliate_pages(caller, 100, window)
    cut = affiliate_pages(caller, 1, window)
    rows = Counter((order["id"], sku["sku_id"]) for page in cut for order in page for sku in order["skus"])
    assert rows == Counter(
        (order["id"], sku["sku_id"]) for page in whole for order in page for sku in order["skus"]
    )
    assert set(rows.values()) == {1}
    assert all(len(order["skus"]) == 1 for page in cut for order in page)
    assert any(len(order["skus"]) > 1 for page in whole for order in page)
    neighbours = [page[-1]["id"] == following[0]["id"] for page, following in pairwise(cut)]
    assert any(neighbours), "an order straddles two pages"
    total = call(caller, ORDERS, {"page_size": "1"}, window)["data"]["total_count"]
    assert total == len(rows), "counted is what is paged: SKUs"


def test_three_months_are_the_most(caller: Caller) -> None:
    for days, code in ((92, 0), (93, 36009004)):
        body = {"create_time_ge": CLOCK - days * DAY, "create_time_lt": CLOCK}
        assert call(caller, ORDERS, {"page_size": "1"}, body)["code"] == code
    backwards = {"create_time_ge": CLOCK, "create_time_lt": CLOCK - DAY}
    assert call(caller, ORDERS, {"page_size": "1"}, backwards)["code"] == 36009004
    assert call(caller, ORDERS, {"page_size": "1"}, {"program_id": "7"})["code"] == 36009004
    assert call(caller, ORDERS, {"page_size": "101"}, {})["code"] == 36009004


def test_minutes_only_of_own_accounts_and_not_of_every_session(caller: Caller) -> None:
    official = room_of(promotion.OFFICIAL)
    first = call(caller, minutes(official))["data"]
    assert len(first["performance"]["intervals"]) == 100
    assert first["total_count"] == (official.end - official.start) // 60
    rest = call(caller, minutes(official), {"page_token": first["next_page_token"]})["data"]
    assert rest["performance"]["intervals"][0]["start_time"] == official.start + 100 * 60
    never = call(caller, minutes(room_of(promotion.OFFICIAL, has_minutes=False)))
    assert never["code"] == 0
    assert never["data"]["performance"] == {"intervals": []}
    assert call(caller, minutes(room_of(promotion.AFFILIATE)))["code"] == 66009315
    assert call(caller, minutes(official), cipher=SHOP["VN"].cipher)["code"] == 66009315


def test_a_session_of_the_future_is_not_told(caller: Caller) -> None:
    day = datetime.fromtimestamp(CLOCK, UTC).date() + timedelta(days=3)
    coming = promotion.rooms_of_day(TH, day)[0]
    assert call(caller, minutes(coming))["code"] == 66009315


def test_a_page_token_of_sessions_belongs_to_its_query(caller: Caller) -> None:
    query = {
        "start_date_ge": "2026-10-10",
        "end_date_lt": "2026-11-08",
        "account_type": "OFFICIAL_ACCOUNTS",
        "page_size": "5",
        "sort_field": "products_added",
        "sort_order": "ASC",
    }
    first = call(caller, SESSIONS, query)["data"]
    token = {"page_token": first["next_page_token"]}
    second = call(caller, SESSIONS, query | token)["data"]
    assert not {one["id"] for one in first["live_stream_sessions"]} & {
        one["id"] for one in second["live_stream_sessions"]
    }
    assert call(caller, SESSIONS, query | token | {"account_type": "AFFILIATE_ACCOUNTS"})["code"] == 36009004
    assert call(caller, SESSIONS, query | {"account_type": "ALL"})["code"] == 36009004
    assert call(caller, SESSIONS, query | {"start_date_ge": "2026-11-09"})["code"] == 36009004


def test_the_figures_of_a_video_are_those_of_its_days(caller: Caller) -> None:
    def listed(start: str, end: str, kind: str = "ALL") -> dict[str, Any]:
        query = {"start_date_ge": start, "end_date_lt": end, "page_size": "100", "account_type": kind}
        data = call(caller, VIDEOS, query)["data"]
        assert data["next_page_token"] == ""
        return {one["id"]: one for one in data["videos"]}

    days = [listed(f"2026-11-0{day}", f"2026-11-0{day + 1}") for day in range(1, 4)]
    for video_id, one in listed("2026-11-01", "2026-11-04").items():
        for name in ("views", "sku_orders", "product_clicks", "items_sold"):
            assert one[name] == sum(day[video_id][name] for day in days if video_id in day)
    kinds = [listed("2026-11-01", "2026-11-02", kind) for kind in ("OFFICIAL_ACCOUNTS", "AFFILIATE_ACCOUNTS")]
    assert kinds[0].keys() | kinds[1].keys() == days[0].keys()
    assert not listed("2026-11-01", "2026-11-02", "MARKETING_ACCOUNTS")
    assert not listed("2026-11-08", "2026-11-09"), "a day that is not over is not known"


def test_an_unknown_video_is_told_beside_the_others(caller: Caller) -> None:
    known = promotion.videos_at(TH, CLOCK - DAY)[-1].id
    query = {"video_ids": f"{known},1", "start_date_ge": "2026-11-01", "end_date_lt": "2026-11-08"}
    first, second = call(caller, "/analytics/202609/shop_videos/batch_performance", query)["data"]["videos"]
    assert first["video"]["id"] == known
    assert "error" not in first
    assert second["error"]["code"] == "36009004"
    assert "performance" not in second


def test_a_creator_has_a_token_of_his_own_kind(caller: Caller) -> None:
    stranger = Caller(caller.server)
    data = stranger.authorise("sandbox-creator-code")
    official = promotion.own_accounts(TH)[0]
    assert (data["user_type"], data["open_id"]) == (1, official.open_id)
    renewed = caller.tokens("refresh", refresh_token=data["refresh_token"], grant_type="refresh_token")[
        "data"
    ]
    assert renewed["user_type"] == 1
    room = room_of(promotion.OFFICIAL)
    path = f"/analytics/202502/live_rooms/{room.id}/core_stats"
    stats = call(caller, path, cipher=None, token=renewed["access_token"])
    assert stats["code"] == 0
    assert stats["data"]["stats"]["peak_concurrent_user_count"] > 0
    assert call(caller, path, cipher=None)["code"] == 101000
    assert call(caller, SESSIONS, cipher=TH.cipher, token=renewed["access_token"])["code"] == 101000
    minted = caller.admin("auth_code", {"creator": promotion.creators(TH)[0].username})["auth_code"]
    other = stranger.authorise(minted)
    assert other["open_id"] == promotion.creators(TH)[0].open_id
    assert call(caller, path, cipher=None, token=other["access_token"])["code"] == 66009315
    with pytest.raises(AssertionError, match="no such creator"):
        caller.admin("auth_code", {"creator": "nobody"})
    stranger.http.close()
