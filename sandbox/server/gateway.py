"""The way of a request: path, app, time, signature, token, scope, shop, limits, parameters, handler.

Everything runs on the event loop: an answer costs a millisecond or two, which a hand-over to a thread would
not make less.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope, Send

from sandbox.server import envelope, signing
from sandbox.server.auth import CREATOR, Grant
from sandbox.server.calls import Body, Call, Endpoint, Query
from sandbox.server.damage import CHANGING, damaged
from sandbox.server.endpoints import ENDPOINTS, fx
from sandbox.server.faults import PAGE_EFFECTS, Rule
from sandbox.server.refusal import (
    CIPHER_MISSING,
    HTTP_STATUS,
    INTERNAL,
    RATE_LIMITED,
    SHOP_DEACTIVATED,
    TOKEN_KIND,
    UNKNOWN_PATH,
    WRONG_METHOD,
    Refusal,
    bad_request,
)
from sandbox.server.replies import Reply
from sandbox.server.routes import Routes
from sandbox.server.sandbox import Sandbox
from sandbox.world.store import Shop

_TOKEN_PATHS = {"/api/v2/token/get": "token_get", "/api/v2/token/refresh": "token_refresh"}
_TOKEN_HEADER = b"x-tts-access-token"
_GATEWAY_PAGE = (
    b"<html>\r\n<head><title>%(status)d Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>%(status)d Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n"
    b"</body>\r\n</html>\r\n"
)


@dataclass(slots=True)
class _Request:
    method: str
    path: str
    pairs: list[tuple[str, str]]
    headers: dict[bytes, bytes]
    body: bytes


@dataclass(slots=True)
class _Outcome:
    """What is counted of an answer besides its reply."""

    name: str
    shop_id: str = ""
    code: str = "0"
    rows: int = 0


class Gateway:
    """The API as an ASGI application.

    Args:
        sandbox: What it serves.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._routes = Routes(ENDPOINTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        parts: list[bytes] = []
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                break
        request = _Request(
            scope["method"],
            scope["path"],
            parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True),
            dict(scope["headers"]),
            b"".join(parts),
        )
        reply = self._reply(request)
        await reply.send(scope, receive, send)

    def _reply(self, request: _Request) -> Reply:
        sandbox = self._sandbox
        query = Query(request.pairs)
        request_id = envelope.new_request_id(sandbox.wall.now())
        shop = sandbox.shop_by_cipher.get(query.text("shop_cipher") or "")
        outcome = _Outcome(request.path, shop.id if shop is not None else "")
        rules: list[Rule] = []
        offset = sandbox.wall.offset_seconds
        try:
            route = self._name(request, outcome)
            rules = sandbox.faults.hits(outcome.name, request.path, outcome.shop_id, request.method)
            self._before(rules)
            spare_replaced(rules)
            reply = _refused_by_fault(rules, request_id, outcome)
            if reply is None:
                reply = self._answer(route, request, query, shop, rules, request_id, outcome)
        except Refusal as refusal:
            outcome.code = str(refusal.code)
            body = envelope.failure(refusal.code, refusal.message, request_id)
            reply = Reply(refusal.http_status, body, headers=list(refusal.headers))
        reply.headers.append((b"date", sandbox.wall.http_date()))
        sandbox.wall.offset_seconds = offset
        disturb(reply, rules)
        sandbox.counters.add(
            outcome.name, outcome.shop_id, outcome.code, outcome.rows, 0 if reply.reset else len(reply.body)
        )
        for rule in rules:
            if rule.effect == "advance_clock":
                sandbox.clock.advance(int(rule.settings.get("seconds", 60)))
                sandbox.remember()
        return reply

    def _before(self, rules: Sequence[Rule]) -> None:
        """What rules do to the server before the call is looked at."""
        auth, wall = self._sandbox.auth, self._sandbox.wall
        for rule in rules:
            if rule.effect == "expire_token":
                auth.expire_access_tokens(list(auth.grants.values()), wall.now())
            elif rule.effect == "skew_clock":
                wall.offset_seconds += float(rule.settings.get("seconds", 600))

    def _name(self, request: _Request, outcome: _Outcome) -> tuple[Endpoint, dict[str, str]] | None:
        """The endpoint and its path values; None for tokens and exchange rates. Names the outcome."""
        if request.path in _TOKEN_PATHS:
            outcome.name = _TOKEN_PATHS[request.path]
            if request.method != "GET":
                raise Refusal(
                    WRONG_METHOD, f"Invalid method: {request.method} is not allowed for {request.path}"
                )
            return None
        if request.path.startswith(fx.PREFIX):
            outcome.name = "fx_rates"
            if request.method != "GET":
                raise Refusal(UNKNOWN_PATH, "not found")
            return None
        endpoint, values = self._routes.find(request.method, request.path)
        outcome.name = endpoint.name
        return endpoint, values

    def _answer(
        self,
        route: tuple[Endpoint, dict[str, str]] | None,
        request: _Request,
        query: Query,
        shop: Shop | None,
        rules: Sequence[Rule],
        request_id: str,
        outcome: _Outcome,
    ) -> Reply:
        if route is None:
            if outcome.name == "fx_rates":
                status, body = fx.rates(self._sandbox, request.path, query)
                return Reply(status, body)
            tokens = orjson.dumps(self._tokens(outcome.name, request))
            return Reply(200, envelope.success([tokens], request_id))
        endpoint, values = route
        call = self._admit(endpoint, values, request, query, shop)
        turns = [rule for rule in rules if rule.effect in PAGE_EFFECTS]
        if turns:
            call.page_fault = turns[-1].effect
        answer = endpoint.handler(call)
        for rule in turns:
            if rule.effect != call.page_fault or not call.page_fault_done:
                rule.give_back()
        data = answer.data
        changes = changing(rules, answer.rows)
        if changes:
            data = [damaged(b"".join(data), endpoint.list_path, changes)]
        outcome.rows = answer.rows
        return Reply(200, envelope.success(data, request_id))

    def _tokens(self, name: str, request: _Request) -> dict[str, Any]:
        auth, now = self._sandbox.auth, self._sandbox.wall.now()
        query = dict(request.pairs)
        data = auth.exchange(query, now) if name == "token_get" else auth.refresh(query, now)
        self._sandbox.remember()
        return data

    def _admit(
        self, endpoint: Endpoint, values: dict[str, str], request: _Request, query: Query, shop: Shop | None
    ) -> Call:
        """Everything that is checked before the parameters.

        Raises:
            Refusal: The call is not let through.
        """
        sandbox = self._sandbox
        options, now = sandbox.options, sandbox.wall.now()
        if query.text("app_key") != options.app_key:
            raise bad_request("Invalid app_key: it is missing or there is no such app")
        signing.check_timestamp(query.text("timestamp"), now)
        content_type = request.headers.get(b"content-type", b"").decode("latin-1")
        signing.check_signature(options.app_secret, request.path, request.pairs, request.body, content_type)
        grant = sandbox.auth.grant_of(request.headers.get(_TOKEN_HEADER, b"").decode("latin-1"), now)
        if (grant.user_type == CREATOR) != endpoint.for_creators:
            wanted = "creator" if endpoint.for_creators else "seller"
            raise Refusal(TOKEN_KIND, f"Access denied: this API needs the token of a {wanted}")
        owner = _owner(endpoint, query, shop, grant)
        shop_id = owner.id if owner is not None else ""
        if endpoint.scope:
            grant.require(endpoint.scope, shop_id)
        if shop_id in sandbox.deactivated:
            code = sandbox.deactivated[shop_id]
            who = "shop" if code == SHOP_DEACTIVATED else "seller"
            raise Refusal(code, f"The {who} is deactivated")
        wait = sandbox.limits.seconds_to_wait(shop_id, endpoint.name, time.monotonic())
        if wait > 0:
            raise _too_many(RATE_LIMITED, wait)
        # A GET has no body of its own; what comes with one is signed, and then ignored.
        body = Body(request.body if endpoint.method == "POST" else b"")
        return Call(
            sandbox, endpoint, owner, grant.shop_ids, grant.open_id, values, query, body, sandbox.clock.now
        )


def _owner(endpoint: Endpoint, query: Query, shop: Shop | None, grant: Grant) -> Shop | None:
    cipher = query.text("shop_cipher")
    if not endpoint.cipher:
        if cipher is not None:
            raise bad_request("Invalid parameter: shop_cipher is not expected by this API")
        return None
    if cipher is None:
        raise Refusal(CIPHER_MISSING, "shop_cipher is required by this API")
    if shop is None or shop.id not in grant.shop_ids:
        raise bad_request("Invalid parameter: shop_cipher does not belong to a shop of this authorization")
    return shop


def _too_many(code: int, seconds: float) -> Refusal:
    # Retry-After has whole seconds; rounded up, so that waiting as told is enough.
    after = str(-int(-seconds // 1)).encode()
    return Refusal(
        code, "Too many requests, please retry later", http_status=429, headers=((b"retry-after", after),)
    )


def _refused_by_fault(rules: Sequence[Rule], request_id: str, outcome: _Outcome) -> Reply | None:
    """The reply of the first rule that replaces the answer; None when there is none.

    Raises:
        Refusal: The rule wants an error envelope.
    """
    for rule in rules:
        settings = rule.settings
        if rule.effect == "error":
            code = int(settings.get("code", INTERNAL))
            status = int(settings.get("http_status", HTTP_STATUS.get(code, 400)))
            raise Refusal(
                code, settings.get("message", "Trouble ordered by a fault rule"), http_status=status
            )
        if rule.effect == "rate_limit":
            raise _too_many(int(settings.get("code", RATE_LIMITED)), float(settings.get("retry_after", 1)))
        if rule.effect == "gateway_html":
            status = int(settings.get("http_status", 502))
            outcome.code = "gateway_html"
            return gateway_page(status)
        if rule.effect == "reset":
            outcome.code = "reset"
            return Reply(0, b"", reset=True)
    return None


_REPLACING = frozenset({"error", "rate_limit", "gateway_html", "reset"})


def spare_replaced(rules: Sequence[Rule]) -> None:
    """Where one rule replaces the answer, those that would change it wait for another one."""
    if any(rule.effect in _REPLACING for rule in rules):
        for rule in rules:
            if rule.effect in PAGE_EFFECTS or rule.effect in CHANGING:
                rule.give_back()


def changing(rules: Sequence[Rule], rows: int) -> list[Rule]:
    """The rules that change the elements of an answer; where there are none to change, they wait."""
    changes = [rule for rule in rules if rule.effect in CHANGING]
    if rows:
        return changes
    for rule in changes:
        rule.give_back()
    return []


def gateway_page(status: int) -> Reply:
    """The page of a gateway that got no answer of the API."""
    return Reply(status, _GATEWAY_PAGE % {b"status": status}, content_type=b"text/html")


def disturb(reply: Reply, rules: Sequence[Rule]) -> None:
    """What rules do to a reply on its way."""
    for rule in rules:
        seconds = float(rule.settings.get("seconds", 1))
        if rule.effect == "delay":
            reply.delay = seconds
        elif rule.effect == "slow":
            reply.slow = seconds
        elif rule.effect == "truncate":
            reply.keep = float(rule.settings.get("keep", 0.5))
