"""Videos: a day and a kind of account a call, once a day, details of what was viewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shop_fakes import DAY, NOW, FakeClient, raw, rows, run

from home.layout import Home
from ingestion.engine.errors import ScopeMissing
from ingestion.replay import replay
from ingestion.tiktok_shop import videos
from ingestion.tiktok_shop.videos import HISTORY_DAYS, REREAD_DAYS

HOUR = 3_600
LIST, DETAILS, OVERVIEW = "video_performance", "video_details", "video_overview"
# NOW is 2026-11-08 07:00 in Bangkok, where the shop is.
YESTERDAY = "2026-11-07"
OFFICIAL, MARKETING, AFFILIATE = "OFFICIAL_ACCOUNTS", "MARKETING_ACCOUNTS", "AFFILIATE_ACCOUNTS"


def video(key: str, views: int = 100, **changes: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": key,
        "title": "How to brew",
        "creator": {"user_name": "mali.shops", "open_id": "c-1", "author_type": "AFFILIATE"},
        "video_post_time": "2026-10-01 18:30:00",
        "views": views,
        "product_impressions": 300,
        "product_clicks": 12,
        "sku_orders": 2,
        "gmv": {"amount": "120.50", "currency": "THB"},
        "click_through_rate": "0.04",
        "products": [{"id": "p1", "name": "Tea"}, {"id": "p2", "name": "Pot"}],
    }
    record.update(changes)
    return record


class Videos(FakeClient):
    """A video API: the same videos every day. Those not told otherwise are creators'."""

    def __init__(
        self, *found: dict[str, Any], available: str = YESTERDAY, kinds: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()
        self.found = found
        self.kinds = kinds or {}
        self.available = available
        self.asked: list[Mapping[str, str]] = []
        self.lists = {LIST: self._list, DETAILS: self._details, OVERVIEW: self._overview}

    def _list(self, query: Mapping[str, str], *_: Any) -> dict[str, Any]:
        self.asked.append(query)
        wanted = query["account_type"]
        found = [
            dict(one) for one in self.found if wanted in ("ALL", self.kinds.get(str(one["id"]), AFFILIATE))
        ]
        return {"videos": found, "total_count": len(found), "latest_available_date": self.available}

    def _details(self, query: Mapping[str, str], *_: Any) -> dict[str, Any]:
        day = {
            "start_date": YESTERDAY,
            "end_date": "2026-11-08",
            "sales": {"overall": {"customers": 2, "gmv": {"amount": "9.5", "currency": "THB"}}},
            "traffic": {"views": 60},
        }
        answers: list[dict[str, Any]] = [
            {"video_id": key, "performance": {"intervals": [day]}} for key in query["video_ids"].split(",")
        ]
        if answers[0]["video_id"] == "gone":
            answers[0] = {"video_id": "gone", "error": {"code": "66009001", "message": "no such video"}}
        self.asked.append(query)
        return {"videos": answers}

    def _overview(self, query: Mapping[str, str], *_: Any) -> dict[str, Any]:
        self.asked.append(query)
        day = {"start_date": YESTERDAY, "video_attributed_gmv": {"amount": "7", "currency": "THB"}}
        return {"performance": {"intervals": [day]}, "latest_available_date": self.available}

    def days(self) -> list[str]:
        """Days asked for since the last time, each by every kind of account."""
        found = [
            (query["start_date_ge"], query["account_type"]) for query in self.asked if "sort_field" in query
        ]
        self.asked = [query for query in self.asked if "sort_field" not in query]
        days = sorted({day for day, _ in found})
        assert sorted(found) == sorted(
            (day, kind) for day in days for kind in (OFFICIAL, MARKETING, AFFILIATE)
        )
        return days


def test_a_video_becomes_a_typed_row_per_day(tmp_path: Path) -> None:
    home, client = Home(tmp_path), Videos(video("v1"))
    outcome = run(home, client, "video_performance", since=NOW - 2 * DAY)
    assert not outcome.drift.seen
    found = raw(home, "video_performance").to_pylist()
    assert [(row["start_date"], row["end_date"]) for row in found] == [
        (date(2026, 11, 6), date(2026, 11, 7)),
        (date(2026, 11, 7), date(2026, 11, 8)),
    ]
    row = found[0]
    assert (row["user_name"], row["gmv"], row["currency"]) == ("mali.shops", Decimal("120.5"), "THB")
    assert row["account_type"] == AFFILIATE
    assert (row["video_post_time"], row["time_zone"]) == ("2026-10-01 18:30:00", "Asia/Bangkok")
    assert row["post_time_utc"] is None, "whose clock it is, is said beside it"
    products = raw(home, "video_products").to_pylist()
    assert {(one["video_id"], one["product_id"]) for one in products} == {("v1", "p1"), ("v1", "p2")}
    assert {one["start_date"] for one in products} == {date(2026, 11, 6), date(2026, 11, 7)}


def test_each_video_has_the_kind_of_account_it_was_listed_under(tmp_path: Path) -> None:
    """Guards against creators' sales that are worked out from `author_type`, which says what the author is on TikTok, not to the shop."""
    home = Home(tmp_path)
    client = Videos(
        video("own"),
        video("paid"),
        video("mali"),
        kinds={"own": OFFICIAL, "paid": MARKETING, "mali": AFFILIATE},
    )
    run(home, client, "video_performance", since=NOW - DAY)
    found = raw(home, "video_performance").to_pylist()
    assert {row["video_id"]: row["account_type"] for row in found} == client.kinds
    assert len(found) == 3 and {row["author_type"] for row in found} == {"AFFILIATE"}


def test_pages_from_before_kinds_were_asked_stay_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards against an archive that can't be replayed any more, or whose videos all become creators'."""
    home, client = Home(tmp_path), Videos(video("v1"), kinds={"v1": OFFICIAL})
    before = replace(
        videos._list_videos,
        account_types=(),
        query={"sort_field": "post_time", "sort_order": "ASC", "account_type": "ALL"},
    )
    with monkeypatch.context() as patch:
        patch.setattr(videos, "_list_videos", before)
        run(home, client, "video_performance", since=NOW - 2 * DAY)
    assert [row["account_type"] for row in raw(home, "video_performance").to_pylist()] == [None, None]
    run(home, client, "video_performance", since=NOW - DAY, run_id="later")
    told = [(None, date(2026, 11, 6)), (None, date(2026, 11, 7)), (OFFICIAL, date(2026, 11, 7))]

    def kinds() -> list[Any]:
        found = raw(home, "video_performance").to_pylist()
        return sorted(((row["account_type"], row["start_date"]) for row in found), key=str)

    names = ("video_performance", "video_products")
    stored = {name: rows(home, name, "_dlt_load_id") for name in names}
    assert kinds() == sorted(told, key=str)
    replay(home)
    assert {name: rows(home, name, "_dlt_load_id") for name in names} == stored
    assert kinds() == sorted(told, key=str)


@pytest.mark.parametrize(
    "posted", [1_790_000_000, "1790000000", "2026-09-21T14:13:20+00:00", "2026-09-21T14:13:20Z"]
)
def test_a_time_of_posting_that_needs_no_zone(tmp_path: Path, posted: object) -> None:
    home, client = Home(tmp_path), Videos(video("v1", video_post_time=posted))
    run(home, client, "video_performance", since=NOW - DAY)
    (row,) = raw(home, "video_performance").to_pylist()
    assert row["post_time_utc"] == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def test_days_are_read_one_by_one_and_once_a_day(tmp_path: Path) -> None:
    home, client = Home(tmp_path), Videos(video("v1"))
    run(home, client, "video_performance")
    first = client.days()
    assert len(first) == HISTORY_DAYS and first[-1] == YESTERDAY
    run(home, client, "video_performance", until=NOW + HOUR)
    assert client.days() == [], "the day's reading is done"
    client.available = "2026-11-08"
    run(home, client, "video_performance", until=NOW + 17 * HOUR)
    assert len(client.days()) == REREAD_DAYS + 1, "midnight has passed in Bangkok"
    run(home, client, "video_performance", until=NOW + 18 * HOUR, since=NOW - 90 * DAY)
    assert len(client.days()) == 91, "what is asked for explicitly"


def test_a_first_sync_reads_fewer_days_and_a_later_one_misses_none(tmp_path: Path) -> None:
    """Days in front of those that were read are not said to be read, nor those of an outage longer than them."""
    home, client = Home(tmp_path), Videos(video("v1"))
    (log,) = run(home, client, LIST).log
    assert log.complete_from == NOW - HISTORY_DAYS * DAY
    client.days()
    run(home, client, LIST, until=NOW + 90 * DAY)
    assert len(client.days()) == 90 + REREAD_DAYS


def test_a_day_that_is_not_complete_yet_is_asked_for_again(tmp_path: Path) -> None:
    """Otherwise a sync just after midnight would leave yesterday as it was until tomorrow."""
    home, client = Home(tmp_path), Videos(video("v1"), available="2026-11-06")
    run(home, client, "video_performance")
    client.days()
    client.available = YESTERDAY
    run(home, client, "video_performance", until=NOW + HOUR)
    assert YESTERDAY in client.days()
    run(home, client, "video_performance", until=NOW + 2 * HOUR)
    assert client.days() == []


def test_details_of_the_most_viewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(videos, "VIDEOS_PER_CALL", 2)
    monkeypatch.setattr(videos, "DETAIL_CALLS_PER_SYNC", 2)
    home = Home(tmp_path)
    client = Videos(*(video(f"v{number}", views=number) for number in range(6)))
    outcome = run(home, client, "video_performance", "video_details")
    asked = [query["video_ids"] for query in client.asked if "video_ids" in query]
    assert sorted(asked) == ["v3,v2", "v5,v4"]
    assert outcome.log[-1].error_message == "Details of the 4 most viewed of 6 videos."
    found = raw(home, "video_details_daily").to_pylist()
    assert {(row["video_id"], row["start_date"], row["customers"], row["views"]) for row in found} == {
        (f"v{number}", date(2026, 11, 7), 2, 60) for number in (2, 3, 4, 5)
    }
    assert {row["gmv"] for row in found} == {Decimal("9.5")} and not outcome.drift.seen


def test_a_video_without_details_is_told_and_left_out(tmp_path: Path) -> None:
    home, client = Home(tmp_path), Videos(video("gone", views=900), video("v1"))
    outcome = run(home, client, "video_performance", "video_details")
    assert outcome.log[-1].status == "ok"
    assert outcome.log[-1].error_message == "TikTok has no details of 1 videos."
    assert {row["video_id"] for row in raw(home, "video_details_daily").to_pylist()} == {"v1"}


def test_totals_by_kind_of_account(tmp_path: Path) -> None:
    home, client = Home(tmp_path), Videos()
    run(home, client, "video_overview_daily", since=NOW - 3 * DAY)
    found = raw(home, "video_overview_daily").to_pylist()
    assert {row["account_type"] for row in found} == {"ALL", OFFICIAL, MARKETING, AFFILIATE}
    assert {row["definition_id"] for row in found} == {"video_overview/202609/LOCAL"}


def test_without_the_scope_only_videos_are_skipped(tmp_path: Path) -> None:
    def fail(name: str, page: int) -> None:
        if name == LIST:
            raise ScopeMissing("not granted", advice="ask", code=105005)

    client = Videos()
    client.fail = fail
    outcome = run(Home(tmp_path), client, "orders", "video_performance", "video_details")
    assert {row.resource: row.status for row in outcome.log} == {
        "orders": "ok",
        "video_performance": "skipped",
        "video_details": "ok",
    }
