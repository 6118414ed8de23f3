"""What the client does with each kind of trouble: how often it tries, how long it waits, what it says."""

from __future__ import annotations

import copy
import pickle
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest
from client_helpers import NOW, SHOP, Answer, ok, refused, world

from ingestion.engine import errors
from ingestion.engine.errors import ApiError
from ingestion.engine.wire import MAX_TRIES, backoff_seconds
from ingestion.tiktok_shop.analytics import SHOP_PERFORMANCE
from ingestion.tiktok_shop.finance import STATEMENTS
from ingestion.tiktok_shop.orders import SEARCH_ORDERS
from ingestion.tiktok_shop.shops import WAREHOUSES

HTML = httpx.Response(502, html="<html><title>502 Bad Gateway</title><body>nginx</body></html>")
CUT_OFF = httpx.Response(200, content=b'{"code":0,"message":"Success","data":{"orders":[{"id":"1')

TRANSIENT: list[tuple[str, Answer, type[ApiError]]] = [
    ("429", refused(36009002, 429), errors.RateLimited),
    ("rate limit on another status", refused(36009002, 200), errors.RateLimited),
    ("hourly limit of the test environment", refused(36009037, 429), errors.RateLimited),
    ("429 without a code of TikTok's", httpx.Response(429, text="slow down"), errors.RateLimited),
    ("429 with an unknown code", refused(999, 429), errors.RateLimited),
    ("internal error", refused(36009003, 500), errors.TransientApiError),
    ("timeout inside TikTok", refused(36009007, 504), errors.TransientApiError),
    ("unknown code on 503", refused(77, 503), errors.TransientApiError),
    ("success code on 503", refused(0, 503), errors.TransientApiError),
    ("transient order error", refused(10002014, 200), errors.TransientApiError),
    ("gateway page", HTML, errors.NotJson),
    ("gateway page with 200", httpx.Response(200, html="<html>please wait</html>"), errors.NotJson),
    ("empty body", httpx.Response(200), errors.NotJson),
    ("cut-off body", CUT_OFF, errors.NotJson),
    ("JSON that is no envelope", httpx.Response(200, json=[1]), errors.NotJson),
    ("code as text", httpx.Response(200, json={"code": "0", "data": {}}), errors.NotJson),
    ("data as a list", httpx.Response(200, json={"code": 0, "data": []}), errors.NotJson),
    ("connection reset", httpx.ReadError("reset by peer"), errors.NoConnection),
    ("connection refused", httpx.ConnectError("refused"), errors.NoConnection),
    ("read timeout", httpx.ReadTimeout("too slow"), errors.NoConnection),
    ("body shorter than announced", httpx.RemoteProtocolError("incomplete body"), errors.NoConnection),
]


@pytest.mark.parametrize(
    ("answer", "kind"), [case[1:] for case in TRANSIENT], ids=[case[0] for case in TRANSIENT]
)
def test_transient_trouble_is_tried_five_times(tmp_path: Path, answer: Answer, kind: type[ApiError]) -> None:
    made = world(tmp_path, [answer])
    with pytest.raises(kind) as caught:
        made.client.get(SEARCH_ORDERS, SHOP)
    assert type(caught.value) is kind
    assert len(made.requests) == MAX_TRIES == 5
    assert [int(wait) for wait in made.waits] == [1, 2, 4, 8]
    assert all(wait - int(wait) <= 0.5 for wait in made.waits)
    assert "Aurora UK" in str(caught.value)
    assert "Given up after 5 tries" in str(caught.value)
    assert caught.value.advice
    assert caught.value.state == "ok"
    assert len(made.told) == 4
    assert made.auth.refreshed == []


@pytest.mark.parametrize("answer", [case[1] for case in TRANSIENT], ids=[case[0] for case in TRANSIENT])
def test_transient_trouble_that_passes_is_not_noticed(tmp_path: Path, answer: Answer) -> None:
    made = world(tmp_path, [answer, answer, ok({"orders": [{"id": "1"}]})])
    assert made.client.get(SEARCH_ORDERS, SHOP).data == {"orders": [{"id": "1"}]}
    assert len(made.requests) == 3


STOP: list[tuple[str, Answer, type[ApiError], str]] = [
    ("scope", refused(105005, 401), errors.ScopeMissing, "scope_missing"),
    ("signature", refused(106001, 401), errors.BadSignature, "ok"),
    ("cipher missing", refused(106013, 400), errors.BadRequest, "ok"),
    ("token kind", refused(101000, 401), errors.BadRequest, "ok"),
    ("path", refused(36009009, 404), errors.BadRequest, "ok"),
    ("address not allowed", refused(36009033, 403), errors.NotAvailable, "ok"),
    ("shop deactivated", refused(36009043, 401), errors.ShopDeactivated, "deactivated"),
    ("seller deactivated", refused(36009044, 401), errors.ShopDeactivated, "deactivated"),
    ("bad parameter", refused(36009004, 400, "Invalid page_token"), errors.BadRequest, "ok"),
    ("unwanted cipher", refused(36009004, 400, "shop_cipher is not needed"), errors.BadRequest, "ok"),
    ("bad app key", refused(36009004, 400, "Invalid app_key"), errors.BadAppKey, "ok"),
    (
        "bad app secret",
        refused(36009004, 400, "Invalid app_secret: not that of the app_key"),
        errors.BadSignature,
        "ok",
    ),
    ("bad filter", refused(36009004, 400, "update_time_ge is no timestamp"), errors.BadRequest, "ok"),
    ("range", refused(36009004, 400, "The date range exceeds 30 days"), errors.WindowTooLong, "ok"),
    ("unknown", refused(424242, 400), ApiError, "ok"),
    ("not TikTok's server", httpx.Response(404, html="<h1>Not Found</h1>"), errors.BadRequest, "ok"),
    ("redirect", httpx.Response(302, headers={"location": "http://x.test"}), errors.BadRequest, "ok"),
    ("unsendable request", httpx.LocalProtocolError("Illegal header value"), errors.BadRequest, "ok"),
]


@pytest.mark.parametrize(
    ("answer", "kind", "state"), [case[1:] for case in STOP], ids=[case[0] for case in STOP]
)
def test_lasting_trouble_is_not_tried_again(
    tmp_path: Path, answer: Answer, kind: type[ApiError], state: str
) -> None:
    made = world(tmp_path, [answer])
    with pytest.raises(ApiError) as caught:
        made.client.get(SEARCH_ORDERS, SHOP)
    error = caught.value
    assert type(error) is kind
    assert len(made.requests) == 1
    assert made.waits == []
    assert error.state == state
    assert (error.endpoint, error.shop_id, error.shop_name) == ("search_orders", SHOP.shop_id, SHOP.name)
    assert error.advice
    if isinstance(answer, httpx.Response) and b"request_id" in answer.content:
        assert error.request_id == "r-no"
        assert "r-no" in str(error)


def test_waits_as_long_as_the_server_asks(tmp_path: Path) -> None:
    made = world(
        tmp_path, [refused(36009002, 429, retry_after="7"), refused(36009002, 429, retry_after="1"), ok()]
    )
    made.client.get(SEARCH_ORDERS, SHOP)
    assert made.waits[0] == 7.0
    assert 2.0 <= made.waits[1] <= 2.5


def test_understands_a_date_to_wait_for(tmp_path: Path) -> None:
    made = world(tmp_path, [refused(36009002, 429, retry_after=formatdate(NOW + 33, usegmt=True)), ok()])
    made.client.get(SEARCH_ORDERS, SHOP)
    assert made.waits == [33.0]


def test_does_not_hang_for_an_hour(tmp_path: Path) -> None:
    made = world(tmp_path, [refused(36009037, 429, retry_after="3600")])
    with pytest.raises(errors.RateLimited, match=r"asks to wait 3600 s\. Given up after 1 tries") as caught:
        made.client.get(SEARCH_ORDERS, SHOP)
    assert made.waits == []
    assert caught.value.retry_after == 3600


def test_backoff_ends_at_a_minute() -> None:
    assert all(backoff_seconds(20, None) == 60.0 for _ in range(20))
    assert backoff_seconds(1, 120.0) == 120.0


def test_a_429_holds_back_every_thread_of_that_shop_and_endpoint(tmp_path: Path) -> None:
    made = world(tmp_path, [refused(36009002, 429, retry_after="7"), ok()])
    made.client.get(SEARCH_ORDERS, SHOP)
    throttle = made.client._throttle
    assert 6.0 < throttle.wait((SHOP.shop_id, "search_orders")) <= 7.0
    assert throttle.wait((SHOP.shop_id, "statements")) == 0.0


@pytest.mark.parametrize("code", [105001, 105002, 105003, 105004])
def test_a_refused_token_is_renewed_once(tmp_path: Path, code: int) -> None:
    made = world(tmp_path, [refused(code, 401), ok({"a": 1})])
    assert made.client.get(SEARCH_ORDERS, SHOP).data == {"a": 1}
    assert made.auth.refreshed == ["planted-refresh-0"]
    assert [request.headers["x-tts-access-token"] for request in made.requests] == [
        "planted-access-0",
        "planted-access-1",
    ]
    assert made.waits == []


@pytest.mark.parametrize("code", [105001, 105002, 105003, 105004])
def test_a_token_refused_twice_is_the_end(tmp_path: Path, code: int) -> None:
    made = world(tmp_path, [refused(code, 401)])
    with pytest.raises(errors.TokenExpired) as caught:
        made.client.get(SEARCH_ORDERS, SHOP)
    assert len(made.requests) == 2
    assert len(made.auth.refreshed) == 1
    assert caught.value.state == "expired"
    assert "ttkpi auth exchange CODE" in str(caught.value)


def test_a_token_refused_between_two_bad_gateways(tmp_path: Path) -> None:
    """The renewal is once per call, not once per try."""
    made = world(tmp_path, [HTML, refused(105002, 401), HTML, refused(105002, 401)])
    with pytest.raises(errors.TokenExpired):
        made.client.get(SEARCH_ORDERS, SHOP)
    assert len(made.auth.refreshed) == 1
    assert len(made.requests) == 4


def test_the_overloaded_code_is_cured_when_it_means_the_token(tmp_path: Path) -> None:
    made = world(tmp_path, [refused(36009004, 401, "Invalid access_token"), ok()])
    made.client.get(SEARCH_ORDERS, SHOP)
    assert len(made.auth.refreshed) == 1


def test_a_renewal_that_fails_names_shop_and_seller(tmp_path: Path) -> None:
    made = world(tmp_path, [refused(105002, 401)])
    made.auth.error = errors.AuthorizationExpired("gone", advice="Run `ttkpi auth exchange CODE`.")
    with pytest.raises(errors.AuthorizationRevoked) as caught:
        made.client.get(SEARCH_ORDERS, SHOP)
    assert caught.value.shop_id == SHOP.shop_id
    assert caught.value.state == "expired"
    assert "seller Aurora" in str(caught.value)


def test_the_auth_host_is_not_asked_five_times_five_times(tmp_path: Path) -> None:
    """A renewal that has used up its own tries is not begun again by the call that needed it."""
    made = world(tmp_path, [refused(105002, 401)])
    error = errors.NoConnection("token_refresh: no connection.")
    error.given_up = True
    made.auth.error = error
    with pytest.raises(errors.NoConnection):
        made.client.get(SEARCH_ORDERS, SHOP)
    assert len(made.auth.refreshed) == 1
    assert made.waits == []


@pytest.mark.parametrize(
    ("endpoint", "message", "scope"),
    [
        (SEARCH_ORDERS, "access denied", "seller.order.info"),
        (STATEMENTS, "no", "seller.finance.info"),
        (WAREHOUSES, "no", "seller.logistics"),
        (
            SHOP_PERFORMANCE,
            "need scope data.shop_analytics.public.read here",
            "data.shop_analytics.public.read",
        ),
        (SEARCH_ORDERS, "Requires seller.new_thing.info.", "seller.new_thing.info"),
    ],
)
def test_a_missing_scope_is_named(tmp_path: Path, endpoint: object, message: str, scope: str) -> None:
    made = world(tmp_path, [refused(105005, 401, message)])
    with pytest.raises(errors.ScopeMissing) as caught:
        made.client.get(endpoint, SHOP)  # type: ignore[arg-type]
    assert caught.value.scope == scope
    assert f"`{scope}`" in caught.value.message
    assert f"`{scope}`" in caught.value.advice


@pytest.mark.parametrize(
    ("server_minus_ours", "text"),
    [(-400, "400 s ahead of"), (400, "400 s behind"), (3, "agree within 3 s")],
)
def test_a_clock_that_is_off_is_measured(tmp_path: Path, server_minus_ours: int, text: str) -> None:
    date = formatdate(NOW + server_minus_ours, usegmt=True)
    made = world(tmp_path, [refused(36009004, 400, "Expired timestamp", date=date)])
    with pytest.raises(errors.ClockOff) as caught:
        made.client.get(SEARCH_ORDERS, SHOP)
    assert text in str(caught.value)
    assert caught.value.offset_seconds == -server_minus_ours
    assert len(made.requests) == 1
    assert made.auth.refreshed == []


def test_a_server_without_a_clock(tmp_path: Path) -> None:
    made = world(tmp_path, [refused(36009004, 400, "Invalid timestamp")])
    with pytest.raises(errors.ClockOff, match="did not tell its time") as caught:
        made.client.get(SEARCH_ORDERS, SHOP)
    assert caught.value.offset_seconds is None


def test_success_with_null_data_is_an_empty_answer(tmp_path: Path) -> None:
    made = world(tmp_path, [httpx.Response(200, json={"code": 0, "message": "Success", "data": None})])
    answer = made.client.get(SEARCH_ORDERS, SHOP)
    assert answer.data == {}
    assert answer.request_id == ""


def test_the_raw_answer_is_kept_as_it_came(tmp_path: Path) -> None:
    raw = b'{ "code":0, "data": {"amount": "12.50", "rate": 0.10} , "request_id":"x"}'
    answer = world(tmp_path, [httpx.Response(200, content=raw)]).client.get(SEARCH_ORDERS, SHOP)
    assert answer.raw == raw
    assert answer.data["amount"] == "12.50"
    assert answer.retrieved_at.tzinfo is not None


def test_errors_survive_a_process_border() -> None:
    error = errors.ScopeMissing("m", advice="a", code=105005, shop_id="1")
    error.scope = "seller.order.info"
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is errors.ScopeMissing
        assert vars(again) == vars(error)
        assert str(again) == "m\na"


def test_path_values_can_not_leave_their_place() -> None:
    from ingestion.tiktok_shop.finance import STATEMENT_TRANSACTIONS

    assert STATEMENT_TRANSACTIONS.url_path({"statement_id": "73"}).endswith(
        "/statements/73/statement_transactions"
    )
    for bad in ("1/2", "..", "", "1?x=1", "%2e"):
        with pytest.raises(ValueError, match="can't be part of a path"):
            STATEMENT_TRANSACTIONS.url_path({"statement_id": bad})
    with pytest.raises(ValueError, match="wants path values"):
        STATEMENT_TRANSACTIONS.url_path({})
