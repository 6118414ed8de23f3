"""The Business API as an ASGI application: path, token, account, limits, parameters, handler.

Refusals come with HTTP 200 and a code, as on the real host; an unknown path, also one without its last slash, gets
a page of the gateway.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope, Send

from sandbox.ads import reports
from sandbox.ads.accounts import ACCOUNTS, BASIC, BY_ID, DAY, LIVE, PRODUCT, Account, Campaign, campaigns
from sandbox.ads.auth import AdsAuth
from sandbox.ads.parameters import Parameters, texts
from sandbox.ads.refusal import INTERNAL, NOT_FOUND, TOO_FAST, AdsRefusal, bad_parameter
from sandbox.server.damage import damaged
from sandbox.server.envelope import new_request_id
from sandbox.server.faults import PAGE_EFFECTS, Rule
from sandbox.server.gateway import changing, disturb, gateway_page, spare_replaced
from sandbox.server.replies import Reply
from sandbox.world.catalog import SHOPS
from sandbox.world.store import WorldMeta

if TYPE_CHECKING:
    from sandbox.server.sandbox import Sandbox

PREFIX = "/open_api/v1.3"
_TOKEN_HEADER = b"access-token"
_STATUSES = ("STATUS_ALL", "STATUS_NOT_DELETE", "STATUS_DELETE", "STATUS_DELIVERY_OK", "STATUS_DISABLE")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a handler is given.

    Attributes:
        meta: The world.
        auth: Tokens and permissions.
        token: The access token.
        query: The parameters.
        account: The account in `advertiser_id`; None for calls without one.
        now: The world's clock.
    """

    meta: WorldMeta
    auth: AdsAuth
    token: str
    query: Parameters
    account: Account | None
    now: int

    def owner(self) -> Account:
        """The account; for calls with one."""
        if self.account is None:
            raise bad_parameter("advertiser_id: Missing data for required field.")
        return self.account


@dataclass(frozen=True, slots=True)
class Handler:
    """An endpoint.

    Attributes:
        name: Its name in counters and faults.
        answer: Makes the data of its answer.
        list_path: Where its list is.
        page_size: Smallest, largest and default page size; None when it does not page.
        of_account: Whether `advertiser_id` is required.
    """

    name: str
    answer: Callable[[Asked], Any]
    list_path: str = "list"
    page_size: tuple[int, int, int] | None = None
    of_account: bool = True


def _authorized(asked: Asked) -> Json:
    asked.auth.check_app(asked.query.text("app_id"), asked.query.text("secret"))
    reached = asked.auth.accounts_of(asked.token)
    return {
        "list": [
            {"advertiser_id": one.id, "advertiser_name": one.name} for one in ACCOUNTS if one.id in reached
        ]
    }


def _info(asked: Asked) -> Json:
    ids = asked.query.listed("advertiser_ids")
    if ids is None:
        raise bad_parameter("advertiser_ids: Missing data for required field.")
    fields = asked.query.listed("fields")
    found = []
    for one in ids:
        asked.auth.require(asked.token, one)
        account = BY_ID[one]
        shown = {
            "advertiser_id": account.id,
            "owner_bc_id": f"73{account.number}0000000000000001",
            "status": "STATUS_ENABLE",
            "role": "ROLE_ADVERTISER",
            "name": account.name,
            "timezone": account.timezone,
            "display_timezone": account.display_timezone,
            "company": "Aurora Trading",
            "industry": "290301",
            "address": "1 Harbour Road",
            "country": account.shop.region,
            "advertiser_account_type": "AUCTION",
            "currency": account.currency,
            "contacter": "A. Person",
            "email": "ads@aurora.example",
            "cellphone_number": "+66 812 345 678",
            "telephone_number": "",
            "language": "en",
            "balance": 1250.5,
            "create_time": asked.meta.clock_start - 500 * DAY,
        }
        found.append({key: value for key, value in shown.items() if fields is None or key in fields})
    return {"list": found}


def _campaigns(asked: Asked) -> list[Json]:
    filtering = asked.query.members("filtering")
    status = filtering.get("primary_status", "STATUS_NOT_DELETE")
    if status not in _STATUSES:
        raise bad_parameter("filtering.primary_status: Invalid value.")
    ids = texts("filtering.campaign_ids", filtering.get("campaign_ids"), 100)
    return [
        {
            "advertiser_id": one.account.id,
            "campaign_id": one.id,
            "campaign_name": one.name,
            "campaign_type": "REGULAR_CAMPAIGN",
            "campaign_automation_type": "MANUAL",
            "is_smart_performance_campaign": False,
            "objective_type": reports.objective(one),
            "sales_destination": one.destination,
            "budget_mode": "BUDGET_MODE_DAY",
            "budget": one.budget / 100,
            "operation_status": "DISABLE" if one.is_deleted(asked.now) else "ENABLE",
            "secondary_status": _secondary(one, asked.now),
            "create_time": _text(one.starts),
            "modify_time": _text(_modified(one, asked.now)),
            "is_new_structure": True,
        }
        for one in campaigns(asked.owner(), asked.meta)
        if one.kind == BASIC and _is_listed(one, status, asked.now) and (ids is None or one.id in ids)
    ]


def _stores(asked: Asked) -> Json:
    """The account's own store, twice as the real list may have it, and one that another account promotes."""
    own = asked.owner()
    other = next(one for one in ACCOUNTS if one != own)
    shown = [_store(own, own), _store(other, own), _store(own, own)]
    return {"store_list": shown}


def _store(exclusive: Account, asker: Account) -> Json:
    shop = exclusive.shop
    return {
        "store_id": shop.id,
        "store_name": shop.name,
        "store_code": shop.code,
        "is_gmv_max_available": exclusive == asker,
        "store_authorized_bc_id": f"73{exclusive.number}0000000000000001",
        "is_owner_bc": exclusive == asker,
        "targeting_region_codes": [shop.region],
        "store_status": "ACTIVE",
        "store_role": "AD_PROMOTION",
        "exclusive_authorized_advertiser_info": {
            "advertiser_id": exclusive.id,
            "advertiser_name": exclusive.name,
            "advertiser_status": "STATUS_ENABLE",
        },
    }


_GMV_MAX_KINDS = {"PRODUCT_GMV_MAX": PRODUCT, "LIVE_GMV_MAX": LIVE}


def _gmv_max_campaigns(asked: Asked) -> list[Json]:
    filtering = asked.query.members("filtering")
    kinds = texts("filtering.gmv_max_promotion_types", filtering.get("gmv_max_promotion_types"), 2)
    if kinds is None or set(kinds) - _GMV_MAX_KINDS.keys():
        raise bad_parameter(
            "filtering.gmv_max_promotion_types: PRODUCT_GMV_MAX or LIVE_GMV_MAX are required."
        )
    stores = texts("filtering.store_ids", filtering.get("store_ids"), 10)
    ids = texts("filtering.campaign_ids", filtering.get("campaign_ids"), 100)
    status = filtering.get("primary_status", "STATUS_NOT_DELETE")
    if status not in _STATUSES:
        raise bad_parameter("filtering.primary_status: Invalid value.")
    if set(stores or ()) - {shop.id for shop in SHOPS}:
        raise AdsRefusal(NOT_FOUND, "filtering.store_ids: No such store")
    return [
        {
            "advertiser_id": one.account.id,
            "campaign_id": one.id,
            "campaign_name": one.name,
            "operation_status": "DISABLE" if one.is_deleted(asked.now) else "ENABLE",
            "create_time": _text(one.starts),
            "modify_time": _text(_modified(one, asked.now)),
            "objective_type": "PRODUCT_SALES",
            "secondary_status": _secondary(one, asked.now),
            "roi_protection_compensation_status": "NOT_ELIGIBLE",
        }
        for one in campaigns(asked.owner(), asked.meta)
        if one.kind in {_GMV_MAX_KINDS[kind] for kind in kinds}
        and (stores is None or one.account.shop.id in stores)
        and (ids is None or one.id in ids)
        and _is_listed(one, status, asked.now)
    ]


def _gmv_max_info(asked: Asked) -> Json:
    campaign_id = asked.query.required("campaign_id")
    found = [
        one for one in campaigns(asked.owner(), asked.meta) if one.id == campaign_id and one.kind != BASIC
    ]
    if not found:
        raise AdsRefusal(NOT_FOUND, f"Campaign {campaign_id} does not exist")
    one = found[0]
    return {
        "advertiser_id": one.account.id,
        "operation_status": "DISABLE" if one.is_deleted(asked.now) else "ENABLE",
        "campaign_id": one.id,
        "campaign_name": one.name,
        "store_id": one.account.shop.id,
        "store_authorized_bc_id": f"73{one.account.number}0000000000000001",
        "shopping_ads_type": one.kind,
        "product_specific_type": "CUSTOMIZED_PRODUCTS" if one.product_ids else "ALL",
        "item_group_ids": list(one.product_ids),
        "optimization_goal": "VALUE",
        "deep_bid_type": "VO_MIN_ROAS",
        "roas_bid": one.return_percent / 100,
        "budget": one.budget / 100,
        "auto_budget_enabled": False,
        "roi_protection_enabled": one.kind == PRODUCT,
        "schedule_type": "SCHEDULE_FROM_NOW",
        "schedule_start_time": _text(one.starts),
        "affiliate_posts_enabled": one.kind == PRODUCT,
    }


def _integrated(asked: Asked) -> list[Json]:
    return reports.integrated(asked.meta, asked.owner(), asked.query, asked.now)


def _gmv_max_report(asked: Asked) -> list[Json]:
    return reports.gmv_max(asked.meta, asked.owner(), asked.query, asked.now)


_HANDLERS: dict[str, Handler] = {
    "/oauth2/advertiser/get/": Handler("authorized_advertisers", _authorized, of_account=False),
    "/advertiser/info/": Handler("advertiser_info", _info, of_account=False),
    "/campaign/get/": Handler("campaigns", _campaigns, page_size=(1, 1000, 10)),
    "/report/integrated/get/": Handler("integrated_report", _integrated, page_size=(1, 1000, 10)),
    "/gmv_max/store/list/": Handler("gmv_max_stores", _stores, list_path="store_list"),
    "/gmv_max/campaign/get/": Handler("gmv_max_campaigns", _gmv_max_campaigns, page_size=(1, 100, 10)),
    "/campaign/gmv_max/info/": Handler("gmv_max_campaign_info", _gmv_max_info, list_path=""),
    "/gmv_max/report/get/": Handler("gmv_max_report", _gmv_max_report, page_size=(1, 1000, 10)),
}
_TOKEN_PATH = "/oauth2/access_token/"  # noqa: S105 (a path)


@dataclass(slots=True)
class _Outcome:
    """What is counted of an answer."""

    name: str
    advertiser_id: str = ""
    code: str = "0"
    rows: int = 0


class AdsGateway:
    """The ads side of a sandbox.

    Args:
        sandbox: Its world, clock, faults and counters.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        reply = self._reply(scope["method"], scope["path"], query, dict(scope["headers"]), body)
        await reply.send(scope, receive, send)

    def _reply(
        self,
        method: str,
        path: str,
        pairs: Sequence[tuple[str, str]],
        headers: dict[bytes, bytes],
        body: bytes,
    ) -> Reply:
        sandbox, query = self._sandbox, Parameters(pairs)
        place = path.removeprefix(PREFIX)
        handler = _HANDLERS.get(place)
        name = "access_token" if place == _TOKEN_PATH else handler.name if handler else path
        outcome = _Outcome(name, query.text("advertiser_id") or "")
        request_id = new_request_id(sandbox.wall.now())
        rules = sandbox.faults.hits(name, path, outcome.advertiser_id, method)
        spare_replaced(rules)
        try:
            reply = self._replaced(rules, outcome)
            if reply is None and name == path:
                reply = gateway_page(404)
                outcome.code = "404"
            if reply is None:
                data = self._data(handler, method, query, headers, body, rules, outcome)
                reply = Reply(200, _success(data, request_id))
        except AdsRefusal as refusal:
            outcome.code = str(refusal.code)
            failure = {"code": refusal.code, "message": refusal.message, "request_id": request_id, "data": {}}
            reply = Reply(refusal.http_status, orjson.dumps(failure))
        disturb(reply, rules)
        sandbox.counters.add(
            f"ads_{outcome.name}" if handler or name != path else path,
            outcome.advertiser_id,
            outcome.code,
            outcome.rows,
            0 if reply.reset else len(reply.body),
        )
        for rule in rules:
            if rule.effect == "advance_clock":
                sandbox.clock.advance(int(rule.settings.get("seconds", 60)))
                sandbox.remember()
        return reply

    @staticmethod
    def _replaced(rules: Sequence[Rule], outcome: _Outcome) -> Reply | None:
        """The reply of the first rule that replaces the answer."""
        for rule in rules:
            settings = rule.settings
            if rule.effect in ("error", "rate_limit"):
                code = int(settings.get("code", TOO_FAST if rule.effect == "rate_limit" else INTERNAL))
                message = settings.get("message", "Trouble ordered by a fault rule")
                raise AdsRefusal(code, message, int(settings.get("http_status", 200)))
            if rule.effect == "gateway_html":
                outcome.code = "gateway_html"
                return gateway_page(int(settings.get("http_status", 502)))
            if rule.effect == "reset":
                outcome.code = "reset"
                return Reply(0, b"", reset=True)
        return None

    def _data(
        self,
        handler: Handler | None,
        method: str,
        query: Parameters,
        headers: dict[bytes, bytes],
        body: bytes,
        rules: Sequence[Rule],
        outcome: _Outcome,
    ) -> Any:
        sandbox = self._sandbox
        wait = sandbox.limits.seconds_to_wait("ads", "business_api", time.monotonic())
        if wait > 0:
            raise AdsRefusal(TOO_FAST, "Too many requests. Please retry in some time.")
        if handler is None:
            return self._token(method, body)
        if method != "GET":
            raise AdsRefusal(40006, "Method is not allowed", 405)
        token = headers.get(_TOKEN_HEADER, b"").decode("latin-1")
        sandbox.ads.accounts_of(token)
        account = None
        if handler.of_account:
            advertiser_id = query.required("advertiser_id")
            sandbox.ads.require(token, advertiser_id)
            account = BY_ID[advertiser_id]
        asked = Asked(sandbox.store.meta, sandbox.ads, token, query, account, sandbox.clock.now)
        data = handler.answer(asked)
        if handler.page_size is not None:
            turns = [rule for rule in rules if rule.effect in PAGE_EFFECTS]
            data = _paged(data, query, handler.page_size, sandbox.options.largest_page, turns)
        found = data.get(handler.list_path) if isinstance(data, dict) else None
        outcome.rows = len(found) if isinstance(found, list) else 1
        changes = changing(rules, outcome.rows)
        if changes:
            data = orjson.loads(damaged(orjson.dumps(data), handler.list_path, changes))
        return data

    def _token(self, method: str, body: bytes) -> Json:
        if method != "POST":
            raise AdsRefusal(40006, "Method is not allowed", 405)
        try:
            given = orjson.loads(body)
        except orjson.JSONDecodeError:
            given = None
        if not isinstance(given, dict):
            raise bad_parameter("The body must be a JSON object.")
        data = self._sandbox.ads.exchange(given, self._sandbox.wall.now())
        self._sandbox.remember()
        return data


def _paged(
    rows: list[Json],
    query: Parameters,
    sizes: tuple[int, int, int],
    largest: int | None,
    turns: Sequence[Rule],
) -> Json:
    """A page of a list, by its number, and what faults make of it: those that can't strike take their hit back."""
    least, most, default = sizes
    size = query.number("page_size", least, most, default)
    size = size if largest is None else min(size, largest)
    page = query.number("page", 1, 1_000_000, 1)
    pages = -(-len(rows) // size)
    start = (page - 1) * size
    effects = set()
    for rule in turns:
        # The page that is asked for is the one that is missing: without rows there is none.
        if rule.effect in ("repeat_page_token", "duplicate_page") or start < len(rows):
            effects.add(rule.effect)
        else:
            rule.give_back()
    # A server that is stuck gives the first page for ever, and says that there are more.
    repeats = bool(effects & {"repeat_page_token", "duplicate_page"})
    if repeats:
        start = 0
    elif "skip_page" in effects:
        start += size
    shown = rows[start : start + size]
    return {
        "list": shown[::-1] if "reorder_pages" in effects else shown,
        "page_info": {
            "page": page,
            "page_size": size,
            "total_number": len(rows),
            "total_page": max(pages, page + 1) if repeats else pages,
        },
    }


def _is_listed(one: Campaign, status: str, now: int) -> bool:
    if status == "STATUS_ALL":
        return True
    if status == "STATUS_DELETE":
        return one.is_deleted(now)
    if status == "STATUS_DISABLE":
        return False
    return not one.is_deleted(now)


def _secondary(one: Campaign, now: int) -> str:
    return "CAMPAIGN_STATUS_DELETE" if one.is_deleted(now) else "CAMPAIGN_STATUS_ENABLE"


def _modified(one: Campaign, now: int) -> int:
    return one.deleted if one.deleted is not None and one.deleted <= now else one.modified


def _success(data: Any, request_id: str) -> bytes:
    return orjson.dumps({"code": 0, "message": "OK", "request_id": request_id, "data": data})


def _text(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S}"
