"""LIVE sessions and what hangs on them: windows, what is asked again, what is passed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shop_fakes import DAY, NOW, FakeClient, raw, run

from home.layout import Home
from ingestion.engine.errors import AuthorizationRevoked, NotAvailable, ScopeMissing
from ingestion.tiktok_shop import lives
from ingestion.tiktok_shop.lives import NO_PERMISSION
from ingestion.tiktok_shop.tokens import CREATOR, Grant

HOUR = 3_600
TODAY = date(2026, 11, 8)
"""The date of NOW in Bangkok, where the shop is."""
LIST, MINUTES, PRODUCTS, STATS = "live_sessions", "live_minutes", "live_products", "live_core_stats"


def session(room: str, end: int, gmv: str = "100.00", open_id: str = "c-1") -> dict[str, Any]:
    return {
        "id": room,
        "title": "Evening tea",
        "start_time": str(end - 2 * HOUR),
        "end_time": str(end),
        "creator": {"user_name": "tea.official", "open_id": open_id, "nick_name": "Tea"},
        "sales_performance": {
            "live_attributed_gmv": {"amount": gmv, "currency": "THB"},
            "created_sku_orders": 3,
            "payment_rate": "0.9",
        },
        "traffic": {"pcu": 31, "views": 558, "product_clicks": 11, "live_ctr": "0.033233"},
        "interaction_performance": {"likes": 69},
    }


class Rooms(FakeClient):
    """A LIVE API: sessions by kind of account; minutes for those that have any.

    Attributes:
        rooms: Sessions by account type.
        minutes: How many minutes a room has.
        refused: Rooms without permission.
        asked: Calls per endpoint, as the room or the dates asked for.
    """

    def __init__(self, rooms: Mapping[str, list[dict[str, Any]]], minutes: Mapping[str, int]) -> None:
        super().__init__()
        self.rooms = dict(rooms)
        self.minutes = dict(minutes)
        self.refused: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.lists = {LIST: self._list, MINUTES: self._minutes, PRODUCTS: self._products, STATS: self._stats}

    def of(self, endpoint: str) -> list[str]:
        """What was asked of an endpoint since the last time."""
        found = [what for name, what in self.asked if name == endpoint]
        self.asked = [(name, what) for name, what in self.asked if name != endpoint]
        return found

    def _list(self, query: Mapping[str, str], *_: Any) -> dict[str, Any]:
        kind = query["account_type"]
        self.asked.append((LIST, f"{query['start_date_ge']} {query['end_date_lt']} {kind}"))
        found = self.rooms.get(kind, [])
        return {
            "live_stream_sessions": found,
            "total_count": len(found),
            "latest_available_date": "2026-11-07",
        }

    def _room(self, endpoint: str, room: str) -> None:
        self.asked.append((endpoint, room))
        if room in self.refused:
            raise NotAvailable("no permission", advice="skip", code=NO_PERMISSION)

    def _minutes(self, query: Any, body: Any, path: Mapping[str, str]) -> dict[str, Any]:
        self._room(MINUTES, path["live_id"])
        start = NOW - 9 * HOUR
        intervals = [
            {
                "start_time": start + 60 * minute,
                "end_time": start + 60 * minute + 60,
                "sales": {"gmv": {"amount": "1.50", "currency": "THB"}, "sku_orders": 1},
                "traffic": {"viewers": 20},
            }
            for minute in range(self.minutes.get(path["live_id"], 0))
        ]
        return {"performance": {"overall": {"gmv": None}, "intervals": intervals} if intervals else None}

    def _products(self, query: Any, body: Any, path: Mapping[str, str]) -> dict[str, Any]:
        self._room(PRODUCTS, path["live_id"])
        product = {
            "id": "p1",
            "name": "Tea",
            "sales": {"direct_gmv": {"amount": "90", "currency": "THB"}, "customers": 3},
            "traffic": {"produt_clicks": 11, "click_to_order_rate": {"sku_order_ctor": "0.27"}},
        }
        return {"products": [product]}

    def _stats(self, query: Any, body: Any, path: Mapping[str, str]) -> dict[str, Any]:
        self._room(STATS, path["live_room_id"])
        money = {"amount": "95", "currency": "THB"}
        return {"stats": {"local_gmv": money, "peak_concurrent_user_count": 30, "click_through_rate": "0.02"}}


def live(home: Home, client: Rooms, until: int = NOW, since: int | None = None) -> dict[str, Any]:
    names = ("live_sessions", "live_minutes", "live_products", "live_core_stats")
    return {row.resource: row for row in run(home, client, *names, until=until, since=since).log}


def test_a_session_becomes_a_typed_row(tmp_path: Path) -> None:
    home = Home(tmp_path)
    client = Rooms({"OFFICIAL_ACCOUNTS": [session("76001", NOW - 8 * HOUR)]}, {"76001": 2})
    outcome = run(home, client, "live_sessions", "live_minutes", "live_products", since=NOW - 5 * DAY)
    assert not outcome.drift.seen, "times in text and produt_clicks are documented"
    (row,) = raw(home, "live_sessions").to_pylist()
    assert row["end_time"] == datetime.fromtimestamp(NOW - 8 * HOUR, UTC)
    assert (row["account_type"], row["creator_user_name"], row["pcu"]) == (
        "OFFICIAL_ACCOUNTS",
        "tea.official",
        31,
    )
    assert (row["live_attributed_gmv"], row["live_gmv"], row["currency"]) == (Decimal("100"), None, "THB")
    assert row["live_ctr"] == Decimal("0.033233")
    minutes = raw(home, "live_minutes").to_pylist()
    assert [one["minute_start_at"].timestamp() for one in minutes] == [NOW - 9 * HOUR, NOW - 9 * HOUR + 60]
    assert {(one["live_room_id"], one["gmv"], one["viewers"]) for one in minutes} == {
        ("76001", Decimal("1.5"), 20)
    }
    (product,) = raw(home, "live_products").to_pylist()
    assert (product["product_clicks"], product["sku_order_ctor"]) == (11, Decimal("0.27"))


def test_the_list_is_read_by_kind_of_account_and_again_for_31_days(tmp_path: Path) -> None:
    home, client = Home(tmp_path), Rooms({}, {})
    live(home, client)
    first = client.of(LIST)
    assert len(first) == 12, "120 days in ranges of 30, three kinds of account"
    assert sorted(first)[0].startswith("2026-07-11 2026-08-10") and max(first).startswith(
        "2026-10-09 2026-11-08"
    )
    live(home, client, NOW + HOUR)
    again = {what.rpartition(" ")[0] for what in client.of(LIST)}
    assert again == {"2026-10-08 2026-11-07", "2026-11-07 2026-11-08"}


def test_minutes_only_of_own_accounts_and_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    client = Rooms(
        {
            "OFFICIAL_ACCOUNTS": [session("76001", NOW - 8 * HOUR), session("76002", NOW + HOUR)],
            "MARKETING_ACCOUNTS": [session("76003", NOW - 8 * HOUR)],
            "AFFILIATE_ACCOUNTS": [session("76004", NOW - 8 * HOUR)],
        },
        {"76001": 5, "76003": 5, "76004": 5},
    )
    live(home, client)
    assert sorted(client.of(MINUTES)) == ["76001", "76003"], "76002 is still on air, 76004 is no own account"
    live(home, client, NOW + 2 * HOUR)
    assert client.of(MINUTES) == ["76002"], "it has ended"


def test_minutes_that_never_come_are_given_up_after_a_week(tmp_path: Path) -> None:
    home, end = Home(tmp_path), NOW - 8 * HOUR
    client = Rooms({"OFFICIAL_ACCOUNTS": [session("76001", end)]}, {})
    for day in range(7):
        log = live(home, client, NOW + day * DAY)
        assert client.of(MINUTES) == ["76001"], day
        assert log["live_minutes"].status == "ok" and log["live_minutes"].error_message is None
    log = live(home, client, end + 7 * DAY)
    assert client.of(MINUTES) == ["76001"]
    assert log["live_minutes"].error_message == "The minutes of LIVE session 76001 have not come in 7 days."
    live(home, client, NOW + 8 * DAY)
    assert client.of(MINUTES) == []


def test_minutes_are_read_once_more_when_the_figures_are_final(tmp_path: Path) -> None:
    """The GMV of a session grows for 30 days; the minutes that were read the day after do not hold it."""
    home, end = Home(tmp_path), NOW - 8 * HOUR
    client = Rooms({"OFFICIAL_ACCOUNTS": [session("76001", end)]}, {"76001": 3})
    live(home, client)
    live(home, client, NOW + 20 * DAY)
    assert client.of(MINUTES) == ["76001"]
    client.rooms = {}
    live(home, client, end + 30 * DAY)
    assert client.of(MINUTES) == ["76001"], "although the list shows the session no more"
    live(home, client, end + 31 * DAY)
    assert client.of(MINUTES) == []


def test_products_are_read_again_when_figures_have_changed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    client = Rooms({"AFFILIATE_ACCOUNTS": [session("76001", NOW - DAY), session("76002", NOW - DAY)]}, {})
    live(home, client)
    assert sorted(client.of(PRODUCTS)) == ["76001", "76002"]
    client.rooms["AFFILIATE_ACCOUNTS"][0] = session("76001", NOW - DAY, gmv="120.00")
    live(home, client, NOW + HOUR)
    assert client.of(PRODUCTS) == [], "at most once a day"
    live(home, client, NOW + DAY)
    assert client.of(PRODUCTS) == ["76001"]
    live(home, client, NOW + 2 * DAY)
    assert client.of(PRODUCTS) == []


def test_a_sync_asks_for_a_bounded_number_of_sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lives, "CALLS_PER_SYNC", 2)
    home = Home(tmp_path)
    client = Rooms(
        {
            "AFFILIATE_ACCOUNTS": [session("76001", NOW - DAY), session("76002", NOW - DAY)],
            "OFFICIAL_ACCOUNTS": [session("76003", NOW - 2 * DAY)],
        },
        {"76003": 1},
    )
    log = live(home, client)
    assert client.of(PRODUCTS)[0] == "76003", "own accounts first"
    assert log["live_products"].error_message == "1 of 3 sessions wait for the next sync."
    live(home, client, NOW + HOUR)
    assert len(client.of(PRODUCTS)) == 1, "the one that waited, the same day"


def test_a_room_without_permission_is_passed_over(tmp_path: Path) -> None:
    home = Home(tmp_path)
    rooms = [session(room, NOW - 8 * HOUR) for room in ("76001", "76002", "76003")]
    client = Rooms({"OFFICIAL_ACCOUNTS": rooms}, {"76001": 2, "76003": 2})
    client.refused = {"76002"}
    log = live(home, client)
    assert {row.status for row in log.values()} == {"ok"}
    assert "76002 are not permitted" in log["live_minutes"].error_message
    assert log["live_products"].error_message == "LIVE session 76002 was passed over: no permission."
    assert {row["live_room_id"] for row in raw(home, "live_minutes").to_pylist()} == {"76001", "76003"}
    assert {row["live_room_id"] for row in raw(home, "live_products").to_pylist()} == {"76001", "76003"}
    client.asked.clear()
    live(home, client, NOW + DAY)
    assert client.of(MINUTES) == [] and client.of(PRODUCTS) == [], "and not asked again"


def test_another_refusal_fails_the_resource_and_keeps_what_came(tmp_path: Path) -> None:
    home = Home(tmp_path)
    rooms = [session(room, NOW - (20 - n) * HOUR) for n, room in enumerate(("76001", "76002", "76003"))]
    client = Rooms({"OFFICIAL_ACCOUNTS": rooms}, dict.fromkeys(("76001", "76002", "76003"), 2))
    answer = client._minutes

    def minutes(query: Any, body: Any, path: Mapping[str, str]) -> dict[str, Any]:
        if path["live_id"] == "76002":
            raise NotAvailable("not yours", advice="ask", code=21008111)
        return answer(query, body, path)

    client.lists[MINUTES] = minutes
    log = live(home, client)
    assert log["live_minutes"].status == "failed"
    assert {row["live_room_id"] for row in raw(home, "live_minutes").to_pylist()} == {"76001"}
    client.lists[MINUTES] = answer
    client.asked.clear()
    live(home, client, NOW + HOUR)
    assert client.of(MINUTES) == ["76002", "76003"]


def creator(open_id: str) -> Grant:
    return Grant(open_id, f"creator {open_id}", "token", NOW, "refresh", NOW, (), CREATOR)


def test_core_stats_of_creators_who_have_authorised_the_app(tmp_path: Path) -> None:
    home = Home(tmp_path)
    rooms = [session("76001", NOW - DAY, open_id="c-1"), session("76002", NOW - DAY, open_id="c-2")]
    client = Rooms({"AFFILIATE_ACCOUNTS": rooms}, {})
    live(home, client)
    assert client.of(STATS) == [], "no creator, no call"
    client.creators = [creator("c-2"), creator("c-9")]
    live(home, client, NOW + HOUR)
    assert client.of(STATS) == ["76002"]
    (row,) = raw(home, "live_core_stats").to_pylist()
    assert (row["live_room_id"], row["creator_open_id"], row["local_gmv"]) == ("76002", "c-2", Decimal("95"))
    assert row["peak_concurrent_user_count"] == 30
    assert client.grants_used == {"c-2"}, "with the creator's token"


def test_a_creator_who_has_left_does_not_stop_the_shop(tmp_path: Path) -> None:
    """An ended authorisation of the seller stops the shop; one of a creator must not."""
    home = Home(tmp_path)
    rooms = [session("76001", NOW - DAY, open_id="c-1"), session("76002", NOW - DAY, open_id="c-2")]
    client = Rooms({"AFFILIATE_ACCOUNTS": rooms}, {})
    client.creators = [creator("c-1"), creator("c-2")]
    answer = client._stats

    def stats(query: Any, body: Any, path: Mapping[str, str]) -> dict[str, Any]:
        if path["live_room_id"] == "76001":
            raise AuthorizationRevoked("c-1 has withdrawn", advice="ask", code=36004005)
        return answer(query, body, path)

    client.lists[STATS] = stats
    outcome = run(home, client, "live_sessions", "live_products", "live_core_stats", "video_performance")
    log = {row.resource: row for row in outcome.log}
    assert log["live_core_stats"].status == "failed"
    assert "c-1 has withdrawn" in str(log["live_core_stats"].error_message)
    assert log["live_core_stats"].authorisation_state == "ok", "the shop's is"
    assert log["video_performance"].status == "ok"
    assert [row["live_room_id"] for row in raw(home, "live_core_stats").to_pylist()] == ["76002"]


def test_without_the_scope_only_live_is_skipped(tmp_path: Path) -> None:
    def fail(name: str, page: int) -> None:
        if name == LIST:
            raise ScopeMissing("not granted", advice="ask", code=105005)

    client = Rooms({}, {})
    client.fail = fail
    outcome = run(Home(tmp_path), client, "orders", *("live_sessions", "live_minutes", "live_products"))
    assert {row.resource: row.status for row in outcome.log} == {
        "orders": "ok",
        "live_sessions": "skipped",
        "live_minutes": "ok",
        "live_products": "ok",
    }


def test_an_explicit_start_reads_again_what_was_done_with(tmp_path: Path) -> None:
    home = Home(tmp_path)
    old = {"OFFICIAL_ACCOUNTS": [session("76001", NOW - 100 * DAY)]}
    client = Rooms(old, {"76001": 2})
    live(home, client)
    assert (client.of(MINUTES), client.of(PRODUCTS)) == (["76001"], ["76001"])
    client.rooms = {}
    live(home, client, NOW + DAY)
    assert (client.of(MINUTES), client.of(PRODUCTS)) == ([], [])
    client.rooms = dict(old)
    live(home, client, NOW + DAY + HOUR, since=NOW - 110 * DAY)
    assert (client.of(MINUTES), client.of(PRODUCTS)) == (["76001"], ["76001"])
