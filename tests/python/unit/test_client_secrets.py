"""No secret, token, cipher, code or signature in any message, representation or log, whatever comes."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from client_helpers import CIPHER, CONFIG, SECRET, SHOP, Answer, FakeAuth, ok, refused, world

from home.errors import TtkpiError
from ingestion.engine import errors
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.orders import SEARCH_ORDERS
from ingestion.tiktok_shop.tokens import TokenStore

CODE = "planted-code"
STALE = "planted-access-0"
PLANTED = (
    SECRET,
    "planted-access-0",
    "planted-access-1",
    CIPHER,
    quote(CIPHER, safe=""),
    "planted-refresh",
    CODE,
)


def echo(request: httpx.Request) -> str:
    """Everything that was sent, as a careless server would repeat it."""
    return f"{request.url} {dict(request.url.params)} {dict(request.headers)} {request.url.query.decode()}"


def careless_refusal(request: httpx.Request) -> httpx.Response:
    return refused(424242, 400, echo(request))


def careless_request_id(request: httpx.Request) -> httpx.Response:
    return httpx.Response(400, json={"code": 1, "message": "x", "request_id": echo(request), "data": None})


def careless_gateway(request: httpx.Request) -> httpx.Response:
    return httpx.Response(502, html=f"<p>{echo(request)}</p>")


def careless_type(request: httpx.Request) -> httpx.Response:
    return httpx.Response(502, text="no", headers={"content-type": request.url.params["sign"]})


def careless_scope(request: httpx.Request) -> httpx.Response:
    return refused(105005, 401, echo(request))


def half_an_answer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(
        200, content=f' {{"data": {{"cipher": "{CIPHER}", "buyer_email": "planted-buyer'.encode()
    )


def quoting_library(request: httpx.Request) -> httpx.Response:
    raise httpx.LocalProtocolError(
        f"Illegal header value {request.headers['x-tts-access-token']!r}", request=request
    )


def quoting_network(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError(f"reset at {request.url}", request=request)


CARELESS: list[Answer] = [
    careless_refusal,
    careless_request_id,
    careless_gateway,
    careless_type,
    careless_scope,
    half_an_answer,
    quoting_library,
    quoting_network,
    refused(106001, 401),
    refused(105002, 401),
]


def everything_shown(error: BaseException, told: list[str], log: str) -> str:
    shown = [log, *told, "".join(traceback.format_exception(error)), repr(error), str(error)]
    if isinstance(error, TtkpiError):
        shown.append(str(vars(error)))
    # dlt's trace and some loggers print what an error came from even where the traceback hides it.
    cause: BaseException | None = error
    while cause is not None:
        shown.append(str(cause))
        cause = cause.__cause__ or cause.__context__
    return "\n".join(shown)


@pytest.mark.parametrize("answer", CARELESS)
def test_nothing_secret_is_shown(tmp_path: Path, answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = world(tmp_path, [answer])
    with pytest.raises(errors.ApiError) as caught:
        made.client.get(SEARCH_ORDERS, SHOP)
    shown = everything_shown(caught.value, made.told, caplog.text)
    signatures = [request.url.params["sign"] for request in made.requests]
    for secret in (*PLANTED, *signatures, "planted"):
        assert secret not in shown


def test_the_request_log_has_no_query(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """httpx logs whole URLs at INFO. Seen without the filter: app secret, refresh token, sign, cipher."""
    caplog.set_level(logging.DEBUG)
    made = world(tmp_path, [ok()])
    made.client.get(SEARCH_ORDERS, SHOP)
    assert 'HTTP Request: POST http://api.test/order/202309/orders/search "HTTP/1.1 200 OK"' in caplog.text
    assert "sign=" not in caplog.text
    assert "planted" not in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        careless_refusal,
        careless_request_id,
        careless_gateway,
        half_an_answer,
        quoting_network,
        refused(36004001, 200),
    ],
)
@pytest.mark.parametrize("action", ["exchange", "refresh"])
def test_nothing_secret_is_shown_by_the_auth_host(
    tmp_path: Path, answer: Answer, action: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request) if callable(answer) else answer  # type: ignore[return-value]

    http = httpx.Client(transport=httpx.MockTransport(handle))
    host = AuthHost(CONFIG, http=http, sleep=lambda seconds: None, notify=told.append)
    path = tmp_path / "tokens.json"
    TokenStore(path, FakeAuth(), notify=told.append).exchange("x")
    tokens = TokenStore(path, host, notify=told.append)
    with pytest.raises(errors.ApiError) as caught:
        if action == "exchange":
            tokens.exchange(CODE)
        else:
            tokens.refresh("open-1", STALE)
    assert requests
    assert "planted" not in everything_shown(caught.value, told, caplog.text)


def test_nothing_secret_in_representations(tmp_path: Path) -> None:
    made = world(tmp_path, [ok()])
    answer = made.client.get(SEARCH_ORDERS, SHOP)
    for thing in (
        CONFIG,
        SHOP,
        made.client,
        made.tokens,
        made.tokens.grants(),
        answer,
        made.tokens._file.read(),
    ):
        assert "planted" not in repr(thing)
