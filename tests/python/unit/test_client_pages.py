"""Following pages, listing shops, pacing calls."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path

import httpx
import pytest
from client_helpers import CIPHER, NOW, OPEN_ID, SHOP, FakeAuth, ok, refused, world

from ingestion.engine import errors
from ingestion.engine.answers import ApiAnswer
from ingestion.engine.throttle import Throttle
from ingestion.tiktok_shop.client import GrantProblem
from ingestion.tiktok_shop.orders import SEARCH_ORDERS
from ingestion.tiktok_shop.resources import ENDPOINTS
from ingestion.tiktok_shop.returns import SEARCH_RETURNS
from ingestion.tiktok_shop.shops import WAREHOUSES
from ingestion.tiktok_shop.token_file import Grant


def test_pages_are_followed_to_the_end(tmp_path: Path) -> None:
    made = world(
        tmp_path, [ok({"next_page_token": "t1"}), ok({"next_page_token": "t2"}), ok({"next_page_token": ""})]
    )
    pages = list(made.client.pages(SEARCH_ORDERS, SHOP, query={"sort_field": "update_time"}, body={"a": 1}))
    assert [page.page for page in pages] == [1, 2, 3]
    assert [request.url.params.get("page_token") for request in made.requests] == [None, "t1", "t2"]
    assert {request.url.params["page_size"] for request in made.requests} == {"100"}
    assert {request.url.params["sort_field"] for request in made.requests} == {"update_time"}
    assert {request.content for request in made.requests} == {b'{"a":1}'}


def test_the_page_size_can_be_chosen_and_is_not_sent_where_there_is_none(tmp_path: Path) -> None:
    made = world(tmp_path, [ok()])
    list(made.client.pages(SEARCH_RETURNS, SHOP, query={"page_size": "10"}))
    list(made.client.pages(WAREHOUSES, SHOP))
    assert made.requests[0].url.params["page_size"] == "10"
    assert "page_size" not in made.requests[1].url.params


@pytest.mark.parametrize("tokens", [["a", "a"], ["a", "b", "a"], ["a", "b", "b"]])
def test_a_repeated_token_ends_the_list_with_an_error(tmp_path: Path, tokens: list[str]) -> None:
    made = world(tmp_path, [ok({"next_page_token": token}) for token in tokens])
    pages = made.client.pages(SEARCH_ORDERS, SHOP)
    got: list[int] = []
    with pytest.raises(errors.RepeatedPageToken) as caught:
        got.extend(page.page for page in pages)
    assert len(made.requests) == len(tokens) == caught.value.pages
    assert "Aurora UK" in str(caught.value)
    assert "r-ok" in str(caught.value)


def test_the_pages_before_a_failure_are_given(tmp_path: Path) -> None:
    made = world(tmp_path, [ok({"next_page_token": "t1"}), refused(106001, 401)])
    got = []
    with pytest.raises(errors.BadSignature):
        for page in made.client.pages(SEARCH_ORDERS, SHOP):
            got.append(page.page)
    assert got == [1]


def test_a_token_that_expires_between_pages(tmp_path: Path) -> None:
    made = world(tmp_path, [ok({"next_page_token": "t1"}), refused(105002, 401), ok({"n": 2})])
    assert [page.data for page in made.client.pages(SEARCH_ORDERS, SHOP)] == [
        {"next_page_token": "t1"},
        {"n": 2},
    ]
    assert [request.url.params.get("page_token") for request in made.requests] == [None, "t1", "t1"]


def test_never_two_pages_in_memory(tmp_path: Path) -> None:
    class Page(dict):  # type: ignore[type-arg]
        pass

    alive: list[weakref.ref[Page]] = []
    made = world(tmp_path, [ok()])
    most = 0

    def answer(*args: object) -> ApiAnswer:
        nonlocal most
        gc.collect()
        most = max(most, sum(ref() is not None for ref in alive))
        page = Page(next_page_token=str(len(alive)) if len(alive) < 5 else "")
        alive.append(weakref.ref(page))
        from datetime import UTC, datetime

        return ApiAnswer(page, b"", "r", datetime.now(UTC))

    made.client._get = answer  # type: ignore[method-assign,assignment]
    for _ in made.client.pages(SEARCH_ORDERS, SHOP):
        _ = None  # what the caller holds is the caller's business
    assert len(alive) == 6
    assert most == 0


def test_bodies_that_were_read_do_not_wait_for_the_garbage_collector(tmp_path: Path) -> None:
    """A sync collects garbage rarely: bodies caught in a cycle added up to more than a gigabyte."""

    def responses() -> int:
        return sum(isinstance(thing, httpx.Response) for thing in gc.get_objects())

    made = world(
        tmp_path, [lambda _, token=token: ok({"next_page_token": token}) for token in ("t1", "t2", "t3", "")]
    )
    gc.collect()
    gc.disable()
    try:
        before = responses()
        assert sum(1 for _ in made.client.pages(SEARCH_ORDERS, SHOP)) == 4
        assert responses() == before
    finally:
        gc.enable()


SHOP_ITEM = {
    "id": SHOP.shop_id,
    "name": SHOP.name,
    "region": "GB",
    "seller_type": "CROSS_BORDER",
    "code": "GBAAAA",
    "cipher": CIPHER,
}


def test_shops_are_listed_and_remembered(tmp_path: Path) -> None:
    made = world(tmp_path, [ok({"shops": [SHOP_ITEM]})])
    assert made.client.authorized_shops() == [SHOP]
    (known,) = made.tokens.shops(OPEN_ID)
    assert known.cipher == CIPHER
    before = made.tokens._file.path.stat().st_ino
    assert made.client.authorized_shops() == [SHOP]
    assert made.tokens._file.path.stat().st_ino == before, "the file is written only when something changed"


def _second_seller(made: object) -> None:
    tokens = made.tokens  # type: ignore[attr-defined]
    with tokens._locked(), tokens._file.replacement() as replacement:
        state = tokens._file.read()
        state.grants["open-2"] = Grant(
            "open-2", "Borealis", "planted-b", NOW + 9999, "planted-r", NOW + 99999, (), 0, 0
        )
        state.grants["creator"] = Grant(
            "creator", "C", "planted-c", NOW + 9999, "planted-r", NOW + 99999, (), 1, 0
        )
        replacement.commit(state)


def test_shops_of_all_sellers_are_merged_and_creators_left_out(tmp_path: Path) -> None:
    made = world(
        tmp_path, [ok({"shops": [{**SHOP_ITEM, "id": "2"}]}), ok({"shops": [SHOP_ITEM, {"id": "1"}]})]
    )
    _second_seller(made)
    shops = made.client.authorized_shops()
    assert [(shop.shop_id, shop.open_id) for shop in shops] == [
        ("1", OPEN_ID),
        ("2", "open-2"),
        (SHOP.shop_id, OPEN_ID),
    ]
    assert len(made.requests) == 2


def test_one_sellers_trouble_stays_with_that_seller(tmp_path: Path) -> None:
    made = world(tmp_path, [ok({"shops": [SHOP_ITEM]})])
    made.client.authorized_shops()

    def by_token(request: httpx.Request) -> httpx.Response:
        if request.headers["x-tts-access-token"] == "planted-b":
            return ok({"shops": [{"id": "2"}]})
        return refused(36009044, 401)

    made.client._http = httpx.Client(transport=httpx.MockTransport(by_token))
    _second_seller(made)
    problems: list[GrantProblem] = []
    assert [shop.shop_id for shop in made.client.authorized_shops(problems)] == ["2"]
    (problem,) = problems
    assert (problem.open_id, problem.seller_name, problem.shops) == (OPEN_ID, "Aurora", (SHOP,))
    assert isinstance(problem.error, errors.ShopDeactivated)
    with pytest.raises(errors.ShopDeactivated):
        made.client.authorized_shops()


def test_no_seller_yet(tmp_path: Path) -> None:
    made = world(tmp_path, [ok()])
    made.tokens._file.path.unlink()
    with pytest.raises(errors.NotAuthorised, match="ttkpi auth exchange CODE"):
        made.client.authorized_shops()
    with pytest.raises(errors.NotAuthorised):
        made.client.get(ENDPOINTS[0], None)


def test_a_shop_endpoint_wants_a_shop(tmp_path: Path) -> None:
    made = world(tmp_path, [ok()], auth=FakeAuth())
    with pytest.raises(ValueError, match="asked for a shop"):
        made.client.get(SEARCH_ORDERS, None)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_one_call_a_second_per_shop_and_endpoint() -> None:
    clock = Clock()
    throttle = Throttle(1, clock=clock, sleep=clock.sleep)
    assert [throttle.wait("a") for _ in range(3)] == [0.0, 1.0, 1.0]
    assert throttle.wait("b") == 0.0
    clock.now += 0.25
    assert throttle.wait("a") == 0.75
    clock.now += 60
    assert [throttle.wait("a") for _ in range(2)] == [0.0, 1.0], "idle time is not saved up"


def test_a_burst_is_saved_up_but_no_more() -> None:
    clock = Clock()
    throttle = Throttle(10, burst=3, clock=clock, sleep=clock.sleep)
    throttle.wait("a")
    clock.now += 1000
    assert [round(throttle.wait("a"), 6) for _ in range(5)] == [0, 0, 0, 0.1, 0.1]


def test_unlimited_means_no_waiting_but_a_429_still_counts() -> None:
    clock = Clock()
    throttle = Throttle(0, clock=clock, sleep=clock.sleep)
    assert {throttle.wait("a") for _ in range(100)} == {0.0}
    throttle.pause("a", 5)
    throttle.pause("a", 2)
    assert throttle.wait("a") == 5.0
    assert throttle.wait("a") == 0.0


def test_a_pause_counts_on_top_of_the_pace() -> None:
    clock = Clock()
    throttle = Throttle(1, clock=clock, sleep=clock.sleep)
    throttle.wait("a")
    throttle.pause("a", 5)
    assert [throttle.wait("a") for _ in range(2)] == [5.0, 1.0]


def test_the_pace_holds_for_threads() -> None:
    """Eight threads and a clock that stands still: all moments differ, one interval apart."""
    delays: list[float] = []
    throttle = Throttle(4, clock=lambda: 0.0, sleep=delays.append)
    threads = [threading.Thread(target=lambda: [throttle.wait("a") for _ in range(25)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(delays) == [number / 4 for number in range(1, 200)]


@pytest.mark.parametrize(("rate", "burst"), [(-1, 1), (1, 0)])
def test_a_nonsensical_pace_is_refused(rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match="requests_per_second"):
        Throttle(rate, burst=burst)
