"""Behind the scenes, under /_sandbox and never signed: the world's clock, its truth, trouble on request."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import orjson
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from sandbox.ads.accounts import ACCOUNTS, BY_ID
from sandbox.ads.truth import ADS_TRUTH, spend_truth
from sandbox.exports.export import Written, write_file
from sandbox.exports.layouts import DOWNLOADED, LAYOUTS
from sandbox.server.faults import Rule
from sandbox.server.refusal import SELLER_DEACTIVATED, SHOP_DEACTIVATED
from sandbox.server.sandbox import Sandbox
from sandbox.world.truth import truth
from sandbox.world.truth_records import DEFAULT_REPORTING, Reporting

_Handler = Callable[[Request], Awaitable[Response]]
_NUMBER = (int, float)


class Admin:
    """Handlers over one sandbox. Mistakes in a request are answered with 400 and a text.

    Args:
        sandbox: What is looked at and changed.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[Route]:
        """The routes, relative to the mount."""
        pairs: list[tuple[str, _Handler, list[str]]] = [
            ("/health", self.health, ["GET"]),
            ("/clock", self.clock, ["GET", "POST"]),
            ("/wall_clock", self.wall_clock, ["GET", "POST"]),
            ("/truth/{table}", self.truth, ["GET"]),
            ("/faults", self.faults, ["GET", "POST", "DELETE"]),
            ("/limits", self.limits, ["GET", "POST"]),
            ("/requests", self.requests, ["GET", "DELETE"]),
            ("/personal", self.personal, ["GET", "POST"]),
            ("/auth_code", self.auth_code, ["POST"]),
            ("/grants", self.grants, ["GET"]),
            ("/revoke", self.revoke, ["POST"]),
            ("/expire_access_tokens", self.expire_access_tokens, ["POST"]),
            ("/expire_authorization", self.expire_authorization, ["POST"]),
            ("/scopes", self.scopes, ["POST"]),
            ("/shops", self.shops, ["GET", "POST"]),
            ("/ads", self.ads, ["GET", "POST"]),
            ("/ads_auth_code", self.ads_auth_code, ["POST"]),
            ("/ads_revoke", self.ads_revoke, ["POST"]),
            ("/exports", self.exports, ["GET"]),
            ("/exports/{shop}/{layout}", self.export, ["GET"]),
        ]
        return [Route(path, _checked(handler), methods=methods) for path, handler, methods in pairs]

    async def health(self, request: Request) -> Response:
        """GET: that the server is up, and which world it serves."""
        meta = self._sandbox.store.meta
        return _json(
            {
                "status": "ok",
                "seed": meta.seed,
                "orders": meta.orders,
                "days": meta.days,
                "clock_start": meta.clock_start,
                "horizon_end": meta.horizon_end,
                "shops": len(self._sandbox.shops),
            }
        )

    async def clock(self, request: Request) -> Response:
        """GET: the world's clock. POST {"advance_seconds": n} or {"now": unix}: moves it forward."""
        clock = self._sandbox.clock
        if request.method == "POST":
            given = await _body(request, {"advance_seconds": int, "now": int})
            if given.keys() == {"now"}:
                clock.set(given["now"])
            elif given.keys() == {"advance_seconds"} and given["advance_seconds"] >= 0:
                clock.set(clock.now + given["advance_seconds"])
            else:
                raise ValueError("give either now or advance_seconds (not below 0)")
            self._sandbox.remember()
        return _json({"now": clock.now, "horizon": clock.horizon})

    async def wall_clock(self, request: Request) -> Response:
        """GET: the clock that judges signatures and tokens. POST {"offset_seconds": n}: puts it wrong."""
        wall = self._sandbox.wall
        if request.method == "POST":
            given = await _body(request, {"offset_seconds": _NUMBER}, needed=("offset_seconds",))
            wall.offset_seconds = float(given["offset_seconds"])
        return _json({"now": wall.now(), "offset_seconds": wall.offset_seconds})

    async def truth(self, request: Request) -> Response:
        """GET ?currency=CNY&time_zone=Asia/Shanghai: a table of the world's ground truth, as of the world's clock, with
        amounts in that currency and days of that time zone."""
        if request.path_params["table"] == ADS_TRUTH:
            meta, now = self._sandbox.store.meta, self._sandbox.clock.now
            return _json(await run_in_threadpool(spend_truth, meta, now))
        directory = self._sandbox.directory
        if directory is None:
            raise ValueError("this server was started without the directory of a world")
        # Computed over the whole world, which takes a while: not on the event loop.
        reporting = Reporting(
            request.query_params.get("currency", DEFAULT_REPORTING.currency),
            request.query_params.get("time_zone", DEFAULT_REPORTING.zone),
        )
        rows = await run_in_threadpool(
            truth, directory, self._sandbox.clock.now, request.path_params["table"], reporting
        )
        return _json(rows)

    async def personal(self, request: Request) -> Response:
        """POST: from now on every personal value that is told is remembered. GET: all of them, by kind."""
        personal = self._sandbox.personal
        if request.method == "POST":
            personal.is_on = True
        return _json({"is_on": personal.is_on, "unread": personal.unread, "told": personal.values()})

    async def faults(self, request: Request) -> Response:
        """GET: the rules with their counts. POST a rule or a list: adds them. DELETE: ends all."""
        rules = self._sandbox.faults.rules
        if request.method == "DELETE":
            rules.clear()
        elif request.method == "POST":
            given = orjson.loads(await request.body())
            listed = given if isinstance(given, list) else [given]
            if not all(isinstance(item, dict) for item in listed):
                raise ValueError("a rule is a JSON object")
            rules.extend([Rule.from_json(item) for item in listed])
        return _json([rule.as_json() for rule in rules])

    async def limits(self, request: Request) -> Response:
        """GET: the rate limit. POST {"requests_per_second": n or null, "burst": n}: sets it."""
        limits = self._sandbox.limits
        if request.method == "POST":
            given = await _body(request, {"requests_per_second": (*_NUMBER, type(None)), "burst": int})
            limits.configure(
                given.get("requests_per_second", limits.requests_per_second), given.get("burst", limits.burst)
            )
        return _json({"requests_per_second": limits.requests_per_second, "burst": limits.burst})

    async def requests(self, request: Request) -> Response:
        """GET: calls, rows and bytes per endpoint. DELETE: counts from zero."""
        if request.method == "DELETE":
            self._sandbox.counters.reset()
        return _json(self._sandbox.counters.as_json())

    async def auth_code(self, request: Request) -> Response:
        """POST {"shops": [...], "scopes": [...], "seller_name": "..."}, all optional: a new code of a seller.

        POST {"creator": "username"}: of a creator.
        """
        given = await _body(request, {"shops": list, "scopes": list, "seller_name": str, "creator": str})
        auth, now = self._sandbox.auth, self._sandbox.wall.now()
        if "creator" in given:
            if len(given) > 1:
                raise ValueError("a creator's code has no shops, scopes or seller")
            code = auth.mint_creator_code(now, given["creator"])
        else:
            code = auth.mint_code(
                now,
                shop_ids=_texts(given, "shops"),
                scopes=_texts(given, "scopes"),
                seller_name=given.get("seller_name"),
            )
        self._sandbox.remember()
        return _json({"auth_code": code.code, "expires_at": code.expires_at, "shops": code.shop_ids})

    async def grants(self, request: Request) -> Response:
        """GET: the authorisations, without their tokens."""
        now = self._sandbox.wall.now()
        return _json(
            [
                {
                    "open_id": grant.open_id,
                    "seller_name": grant.seller_name,
                    "user_type": grant.user_type,
                    "shops": grant.shop_ids,
                    "scopes": grant.scopes,
                    "missing": grant.missing,
                    "expires_at": grant.expires_at,
                    "revoked": grant.revoked,
                    "live_access_tokens": sum(end > now for end in grant.access_tokens.values()),
                }
                for grant in self._sandbox.auth.grants.values()
            ]
        )

    async def revoke(self, request: Request) -> Response:
        """POST {"open_id": "..."} (default: all): the seller withdraws the authorisation."""
        grants = self._sandbox.auth.select((await _body(request, {"open_id": str})).get("open_id"))
        for grant in grants:
            grant.revoked = True
        self._sandbox.remember()
        return _json({"revoked": [grant.open_id for grant in grants]})

    async def expire_access_tokens(self, request: Request) -> Response:
        """POST {"open_id": "..."} (default: all): the access tokens end now, before their time."""
        auth = self._sandbox.auth
        grants = auth.select((await _body(request, {"open_id": str})).get("open_id"))
        ended = auth.expire_access_tokens(grants, self._sandbox.wall.now())
        self._sandbox.remember()
        return _json({"expired": ended})

    async def expire_authorization(self, request: Request) -> Response:
        """POST {"open_id": "..."} (default: all): the authorisation runs out now, refresh tokens with it."""
        auth, now = self._sandbox.auth, self._sandbox.wall.now()
        grants = auth.select((await _body(request, {"open_id": str})).get("open_id"))
        for grant in grants:
            grant.expires_at = min(grant.expires_at, now)
        auth.expire_access_tokens(grants, now)
        self._sandbox.remember()
        return _json({"expired": [grant.open_id for grant in grants]})

    async def scopes(self, request: Request) -> Response:
        """POST {"remove": [...], "add": [...], "shop": "...", "open_id": "..."}: changes what is granted.

        With a shop only for that shop.
        """
        given = await _body(request, {"remove": list, "add": list, "shop": str, "open_id": str})
        grants = self._sandbox.auth.select(given.get("open_id"))
        remove, add = _texts(given, "remove") or [], _texts(given, "add") or []
        shop = given.get("shop")
        if shop is not None and shop not in self._sandbox.shops:
            raise ValueError(f"no such shop: {shop}")
        for grant in grants:
            if shop is None:
                grant.scopes = [
                    scope for scope in dict.fromkeys([*grant.scopes, *add]) if scope not in remove
                ]
            else:
                missing = [scope for scope in grant.missing.get(shop, ()) if scope not in add]
                grant.missing[shop] = list(dict.fromkeys([*missing, *remove]))
        self._sandbox.remember()
        return _json([{"open_id": g.open_id, "scopes": g.scopes, "missing": g.missing} for g in grants])

    async def shops(self, request: Request) -> Response:
        """GET: the shops. POST {"shop": "...", "active": bool, "level": "shop" or "seller"}: switches it."""
        sandbox = self._sandbox
        if request.method == "POST":
            given = await _body(
                request, {"shop": str, "active": bool, "level": str}, needed=("shop", "active")
            )
            level = given.get("level", "shop")
            if given["shop"] not in sandbox.shops or level not in ("shop", "seller"):
                raise ValueError("shop must be the id of a shop, level shop or seller")
            if given["active"]:
                sandbox.deactivated.pop(given["shop"], None)
            else:
                sandbox.deactivated[given["shop"]] = (
                    SHOP_DEACTIVATED if level == "shop" else SELLER_DEACTIVATED
                )
        return _json(
            [
                {
                    "id": shop.id,
                    "name": shop.name,
                    "region": shop.region,
                    "currency": shop.currency,
                    "timezone": shop.timezone,
                    "active": shop.id not in sandbox.deactivated,
                }
                for shop in sandbox.shops.values()
            ]
        )

    async def ads(self, request: Request) -> Response:
        """GET: the ads accounts. POST {"advertiser": "...", "permitted": bool}: opens or closes one to all tokens."""
        auth = self._sandbox.ads
        if request.method == "POST":
            given = await _body(
                request, {"advertiser": str, "permitted": bool}, needed=("advertiser", "permitted")
            )
            if given["advertiser"] not in BY_ID:
                raise ValueError("advertiser must be the id of an ads account")
            (auth.closed.discard if given["permitted"] else auth.closed.add)(given["advertiser"])
            self._sandbox.remember()
        return _json(
            [
                {
                    "id": account.id,
                    "name": account.name,
                    "currency": account.currency,
                    "timezone": account.timezone,
                    "shop": account.shop.id,
                    "permitted": account.id not in auth.closed,
                }
                for account in ACCOUNTS
            ]
        )

    async def ads_auth_code(self, request: Request) -> Response:
        """POST {"advertisers": [...]} (default: all): a new code of a user who picked these ads accounts."""
        given = await _body(request, {"advertisers": list})
        picked = _texts(given, "advertisers") or list(BY_ID)
        if set(picked) - BY_ID.keys():
            raise ValueError("advertisers must be ids of ads accounts")
        code = self._sandbox.ads.mint(picked, self._sandbox.wall.now())
        self._sandbox.remember()
        return _json({"auth_code": code, "advertisers": picked})

    async def ads_revoke(self, request: Request) -> Response:
        """POST: all tokens of the ads side are withdrawn."""
        revoked = len(self._sandbox.ads.tokens)
        self._sandbox.ads.tokens.clear()
        self._sandbox.remember()
        return _json({"revoked": revoked})

    async def exports(self, request: Request) -> Response:
        """GET: the layouts of the files that a seller can download, and which of them each shop's market has."""
        return _json(
            {
                "layouts": [
                    {
                        "layout": layout.id,
                        "kind": layout.kind,
                        "languages": layout.languages,
                        "editions": layout.editions,
                    }
                    for layout in LAYOUTS.values()
                ],
                "shops": [
                    {"shop": shop.id, "layouts": [layout for layout, _ in DOWNLOADED[shop.region]]}
                    for shop in self._sandbox.shops.values()
                ],
            }
        )

    async def export(self, request: Request) -> Response:
        """GET ?from=&until=&language=&edition=, all optional: a shop's file as downloaded at the world's clock."""
        sandbox, query = self._sandbox, request.query_params
        shop_id = request.path_params["shop"]
        if shop_id not in sandbox.shops:
            raise ValueError(f"no such shop: {shop_id}")
        unknown = query.keys() - {"from", "until", "language", "edition"}
        if unknown:
            raise ValueError(f"unknown parameters: {', '.join(sorted(unknown))}")
        folder = Path(tempfile.mkdtemp(prefix="ttkpi-export-"))

        def write() -> Written:
            return write_file(
                folder,
                sandbox.store,
                sandbox.shops[shop_id],
                request.path_params["layout"],
                clock=sandbox.clock.now,
                first=_day(query.get("from")),
                until=_day(query.get("until")),
                language=query.get("language"),
                edition=query.get("edition", "current"),
            )

        try:
            # A large file takes a while: not on the event loop.
            written = await run_in_threadpool(write)
        except BaseException:
            shutil.rmtree(folder)
            raise
        return FileResponse(
            written.path, filename=written.path.name, background=BackgroundTask(shutil.rmtree, folder)
        )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None


def _checked(handler: _Handler) -> _Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except ValueError as error:
            return _json({"error": str(error)}, 400)

    return answer


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")


def _texts(given: dict[str, Any], key: str) -> list[str] | None:
    values = given.get(key)
    if values is not None and not all(isinstance(value, str) for value in values):
        raise ValueError(f"{key} must be a list of texts")
    return values


async def _body(
    request: Request, known: dict[str, type | tuple[type, ...]], *, needed: Iterable[str] = ()
) -> dict[str, Any]:
    """The JSON object of a request, checked for unknown, missing and mistyped members."""
    raw = await request.body()
    given = orjson.loads(raw) if raw else {}
    if not isinstance(given, dict) or given.keys() - known.keys():
        raise ValueError(f"the body must be a JSON object with {sorted(known)}")
    for key in needed:
        if key not in given:
            raise ValueError(f"{key} is missing")
    for key, value in given.items():
        mistaken = isinstance(value, bool) and known[key] is not bool
        if mistaken or not isinstance(value, known[key]):
            raise ValueError(f"{key} has a value of the wrong type: {value!r}")
    return given
