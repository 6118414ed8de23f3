"""LIVE: sessions, the shop's totals, minutes and products of a session, and the creator's own view."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from sandbox.server.calls import Answer, Call, Endpoint, choice
from sandbox.server.endpoints.analytics import asked_currency, asked_dates, in_usd, known_days
from sandbox.server.listing import made_page, part_of
from sandbox.server.refusal import NO_LIVE_PERMISSION, Refusal, bad_request
from sandbox.world.live_rooms import Session, total
from sandbox.world.promotion import AFFILIATE, MARKETING, OFFICIAL, OWN_ACCOUNTS, room
from sandbox.world.store import Shop

_SCOPE = "data.shop_analytics.public.read"
_MINUTES_A_PAGE = 100
_MOST_SESSIONS = 100_000
_DAY = 86_400

Json = dict[str, Any]
_Key = Callable[[Json], Decimal]


def _number(section: str, name: str) -> _Key:
    def key(shown: Json) -> Decimal:
        value = shown[section][name]
        return Decimal(value["amount"] if isinstance(value, dict) else value)

    return key


_SESSION_SORT = {
    "gmv": _number("sales_performance", "live_attributed_gmv"),
    "attributed_customers": _number("sales_performance", "attributed_customers"),
    "live_attributed_gmv": _number("sales_performance", "live_attributed_gmv"),
    "live_attributed_items_sold": _number("sales_performance", "live_attributed_items_sold"),
    "live_attributed_sku_orders": _number("sales_performance", "live_attributed_sku_orders"),
    "products_added": _number("traffic", "products_added"),
    "products_sold": _number("sales_performance", "products_sold"),
}
_PRODUCT_SORT = {
    "created_sku_orders": _number("sales", "created_sku_orders"),
    "customers": _number("sales", "customers"),
    "gmv": _number("sales", "direct_gmv"),
    "items_sold": _number("sales", "items_sold"),
    "main_orders": _number("sales", "main_orders"),
    "product_clicks": _number("traffic", "produt_clicks"),
    "product_impressions": _number("traffic", "product_impressions"),
    "sku_orders": _number("sales", "sku_orders"),
}


def _sessions(call: Call, start: date, end: date, kinds: tuple[str, ...]) -> Iterator[Session]:
    """The sessions of some kinds of account that began on some days of the shop's calendar."""
    shop = call.owner()
    zone = ZoneInfo(shop.timezone)
    first, last = (
        int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) for day in (start, end)
    )
    for record in call.sandbox.store.page(
        "live_session",
        shop.id,
        call.now,
        field="create_time",
        ge=first,
        lt=last,
        order="ASC",
        after=None,
        limit=_MOST_SESSIONS,
    ):
        found = room(shop, record.id)
        if found is not None and found.account.kind in kinds:
            yield Session(shop, record.body, call.now)


def _list(call: Call) -> Answer:
    shop, query = call.owner(), call.query
    start, end = asked_dates(call)
    kind = choice("account_type", query.required("account_type"), (AFFILIATE, MARKETING, OFFICIAL))
    field = choice("sort_field", query.text("sort_field") or "gmv", tuple(_SESSION_SORT))
    order, currency = query.order("DESC"), asked_currency(call)
    size = query.page_size(1, 100, 10)
    latest, _ = known_days(call, start, end)
    shown = [session.shown() for session in _sessions(call, start, end, (kind,))]
    shown.sort(key=lambda one: (_SESSION_SORT[field](one), one["id"]), reverse=order == "DESC")
    if currency == "USD":
        shown = [in_usd(call, shop, one, min(end, latest)) for one in shown]
    more = {"latest_available_date": latest.isoformat()}
    return made_page(
        call, shown, "live_stream_sessions", size, f"{start}|{end}|{kind}|{field}|{order}|{currency}", more
    )


_OVERVIEW_KINDS = {
    "ALL": (*OWN_ACCOUNTS, AFFILIATE),
    "LINKED_ACCOUNTS": OWN_ACCOUNTS,
    "AFFILIATE_ACCOUNTS": (AFFILIATE,),
}


def _overview(call: Call) -> Answer:
    shop, query = call.owner(), call.query
    if query.text("today") == "true":
        raise bad_request("Invalid parameter: the sandbox has no live figures of today")
    start, end = asked_dates(call)
    granularity = choice("granularity", query.text("granularity") or "ALL", ("ALL", "1D"))
    kinds = _OVERVIEW_KINDS[
        choice("account_type", query.text("account_type") or "ALL", tuple(_OVERVIEW_KINDS))
    ]
    latest, days = known_days(call, start, end)
    meta = call.sandbox.store.meta
    # Of days before the world there is nothing to tell.
    first = datetime.fromtimestamp(meta.clock_start - (meta.days + 1) * _DAY, UTC).date()
    by_day: dict[date, list[Session]] = {day: [] for day in days if day >= first}
    for session in _sessions(call, start, end, kinds):
        if session.room.day in by_day:
            by_day[session.room.day].append(session)
    if granularity == "1D":
        intervals = [total(shop, found, day, day + timedelta(days=1)) for day, found in by_day.items()]
    else:
        every = [session for found in by_day.values() for session in found]
        intervals = [total(shop, every, start, end)] if days else []
    if asked_currency(call) == "USD":
        intervals = [in_usd(call, shop, one, date.fromisoformat(one["start_date"])) for one in intervals]
    data = {"latest_available_date": latest.isoformat(), "performance": {"intervals": intervals}}
    return Answer([orjson.dumps(data)], len(intervals))


def _session(call: Call, shop: Shop, room_id: str) -> Session | None:
    """The session, or None while it is not over.

    Raises:
        Refusal: 66009315: no such session of this shop.
    """
    found = room(shop, room_id)
    if found is None or found.start > call.now:
        raise _not_permitted(room_id)
    record = call.sandbox.store.get("live_session", shop.id, room_id, call.now)
    return Session(shop, record.body, call.now) if record is not None else None


def _not_permitted(room_id: str) -> Refusal:
    return Refusal(NO_LIVE_PERMISSION, f"No permission to access the LIVE room {room_id}")


def _minutes(call: Call) -> Answer:
    shop, room_id = call.owner(), call.path["live_id"]
    session = _session(call, shop, room_id)
    if session is not None and session.room.account.kind not in OWN_ACCOUNTS:
        raise _not_permitted(room_id)
    intervals: list[Json] = []
    performance: Json = {}
    if session is not None and session.has_minutes_now:
        intervals = session.minutes()
        performance["overall"] = session.overall()
    currency = asked_currency(call)
    shown, following = part_of(call, intervals, _MINUTES_A_PAGE, f"{room_id}|{currency}")
    performance["intervals"] = list(shown)
    if currency == "USD" and session is not None:
        performance = in_usd(call, shop, performance, session.room.day)
    data = {"performance": performance, "next_page_token": following, "total_count": len(intervals)}
    return Answer([orjson.dumps(data)], len(shown))


def _products(call: Call) -> Answer:
    shop, query = call.owner(), call.query
    session = _session(call, shop, call.path["live_id"])
    field = choice("sort_field", query.text("sort_field") or "gmv", tuple(_PRODUCT_SORT))
    order = query.order("DESC")
    shown = session.products() if session is not None else []
    shown.sort(key=lambda one: (_PRODUCT_SORT[field](one), one["id"]), reverse=order == "DESC")
    if asked_currency(call) == "USD" and session is not None:
        shown = [in_usd(call, shop, one, session.room.day) for one in shown]
    return Answer([orjson.dumps({"products": shown})], len(shown))


def _core_stats(call: Call) -> Answer:
    """Of a session of the creator whose token it is."""
    room_id = call.path["live_room_id"]
    for shop in call.sandbox.shops.values():
        found = room(shop, room_id)
        if found is not None and found.account.open_id == call.open_id:
            session = _session(call, shop, room_id)
            if session is None:
                raise bad_request(f"Invalid parameter: the LIVE room {room_id} is still on air")
            return Answer([orjson.dumps({"stats": session.core_stats()})], 1)
    raise _not_permitted(room_id)


ENDPOINTS = (
    Endpoint(
        "live_sessions",
        "GET",
        "/analytics/202609/shop_lives/performance",
        _SCOPE,
        _list,
        list_path="live_stream_sessions",
    ),
    Endpoint(
        "live_overview",
        "GET",
        "/analytics/202609/shop_lives/overview_performance",
        _SCOPE,
        _overview,
        list_path="performance.intervals",
    ),
    Endpoint(
        "live_minutes",
        "GET",
        "/analytics/202510/shop_lives/{live_id}/performance_per_minutes",
        _SCOPE,
        _minutes,
        list_path="performance.intervals",
    ),
    Endpoint(
        "live_products",
        "GET",
        "/analytics/202512/shop/{live_id}/products_performance",
        _SCOPE,
        _products,
        list_path="products",
    ),
    Endpoint(
        "live_core_stats",
        "GET",
        "/analytics/202502/live_rooms/{live_room_id}/core_stats",
        "",
        _core_stats,
        cipher=False,
        for_creators=True,
    ),
)
