"""The sandbox's own reading of the signing scheme, and what its gateway lets through."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from sandbox_fakes import SHOPS, Caller, orders_world, sandbox, sign

from sandbox.server.refusal import Refusal
from sandbox.server.signing import check_signature, check_timestamp, signature

DETAILS = "/order/202507/orders"


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with sandbox(orders_world(60)) as caller:
        yield caller


def test_published_vector() -> None:
    pairs = [("app_key", "29a39d"), ("timestamp", "1623812664")]
    found = signature("e59af819cc", "/authorization/202309/shops", pairs)
    assert found == "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"


def test_sign_and_token_are_not_signed_and_multipart_bodies_neither() -> None:
    pairs = [("b", "2"), ("a", "1")]
    plain = sign("/p", pairs, b"")
    more = [*pairs, ("access_token", "t"), ("sign", plain)]
    check_signature("sandbox-secret", "/p", more, b"", "application/json")
    check_signature("sandbox-secret", "/p", more, b"file", "Multipart/Form-Data; boundary=x")
    with pytest.raises(Refusal, match="Invalid signature"):
        check_signature("sandbox-secret", "/p", more, b"file", "application/json")


@pytest.mark.parametrize(("age", "accepted"), [(299, True), (301, False), (-29, True), (-31, False)])
def test_timestamp_window(age: int, accepted: bool) -> None:
    now = 1_790_000_000
    if accepted:
        check_timestamp(str(now - age), now)
        return
    with pytest.raises(Refusal) as refused:
        check_timestamp(str(now - age), now)
    assert (refused.value.code, refused.value.http_status) == (36009004, 400)
    assert "timestamp" in refused.value.message


@pytest.mark.parametrize(
    "ids",
    [
        [("ids", "GB00001,GB00002")],
        [("ids", "GB00001"), ("ids", "GB00002")],
        [("ids", "GB00002"), ("ids", "GB00001")],
    ],
)
def test_lists_come_joined_or_repeated(caller: Caller, ids: list[tuple[str, str]]) -> None:
    answer = caller.call(DETAILS, ids)
    assert answer.status_code == 200, answer.text
    assert {order["id"] for order in answer.json()["data"]["orders"]} == {"GB00001", "GB00002"}


def test_repeated_keys_may_be_signed_in_order_of_value(caller: Caller) -> None:
    pairs = [("ids", "GB00002"), ("ids", "GB00001")]
    common = [
        ("app_key", "sandbox-app"),
        ("timestamp", str(int(time.time()))),
        ("shop_cipher", SHOPS[1].cipher),
    ]
    signature_by_value = sign(DETAILS, sorted([*pairs, *common]), b"")
    assert caller.call(DETAILS, pairs, sign=signature_by_value).status_code == 200


@pytest.mark.parametrize(
    ("override", "status", "code", "text"),
    [
        ({"sign": "0" * 64}, 401, 106001, "sign"),
        ({"secret": "another"}, 401, 106001, "sign"),
        ({"sign": None}, 400, 36009004, "sign is required"),
        ({"timestamp": None}, 400, 36009004, "timestamp"),
        ({"timestamp": "1790000000000"}, 400, 36009004, "timestamp"),
        ({"timestamp": "1600000000"}, 400, 36009004, "timestamp"),
        ({"app_key": "another"}, 400, 36009004, "app_key"),
        ({"app_key": None}, 400, 36009004, "app_key"),
    ],
)
def test_refusals(caller: Caller, override: dict[str, str | None], status: int, code: int, text: str) -> None:
    answer = caller.call("/authorization/202309/shops", cipher=None, **override)
    found = answer.json()
    assert (answer.status_code, found["code"], found["data"]) == (status, code, None)
    assert text in found["message"]
    assert found["request_id"]


def test_a_changed_body_breaks_the_signature(caller: Caller) -> None:
    pairs = [("app_key", "sandbox-app"), ("page_size", "20"), ("shop_cipher", SHOPS[1].cipher)]
    path = "/order/202309/orders/search"
    stale = sign(path, [*pairs, ("timestamp", str(int(time.time())))], b'{"update_time_ge":1}')
    answer = caller.call(path, {"page_size": "20"}, {"update_time_ge": 2}, sign=stale)
    assert answer.json()["code"] == 106001


def test_a_wrong_wall_clock_refuses_and_shows_its_date(caller: Caller) -> None:
    caller.admin("wall_clock", {"offset_seconds": 900})
    try:
        answer = caller.call("/authorization/202309/shops", cipher=None)
    finally:
        caller.admin("wall_clock", {"offset_seconds": 0})
    assert answer.json()["code"] == 36009004
    assert "timestamp" in answer.json()["message"]
    shown = time.mktime(time.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone
    assert 890 < shown - time.time() < 905
