"""Shoppable videos: the list, the shop's totals, the days and products of single videos."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson

from sandbox.server.calls import Answer, Call, Endpoint, choice
from sandbox.server.endpoints.analytics import asked_currency, asked_dates, in_usd, known_days, records
from sandbox.server.listing import made_page
from sandbox.server.refusal import bad_request
from sandbox.world import video_days
from sandbox.world.promotion import AFFILIATE, MARKETING, OFFICIAL, Video, video
from sandbox.world.store import Shop
from sandbox.world.video_days import Figures

_SCOPE = "data.shop_analytics.public.read"
_ACCOUNTS = ("ALL", AFFILIATE, MARKETING, OFFICIAL)
_MOST_DETAILS = 20
_NO_VIDEO = "36009004"

Json = dict[str, Any]


def _number(name: str) -> Callable[[Json], Decimal | str]:
    def key(shown: Json) -> Decimal | str:
        value = shown[name]
        return Decimal(value["amount"] if isinstance(value, dict) else value)

    return key


_SORT: dict[str, Callable[[Json], Decimal | str]] = {
    "gmv": _number("gmv"),
    "gpm": _number("gpm"),
    "items_sold": _number("items_sold"),
    "sku_orders": _number("sku_orders"),
    "views": _number("views"),
    "avg_customers": _number("avg_customers"),
    "click_through_rate": _number("click_through_rate"),
    "post_time": lambda shown: str(shown["video_post_time"]),
}
_PRODUCT_SORT = {
    "daily_avg_buyers": _number("daily_avg_buyers"),
    "gmv": _number("gmv"),
    "units_sold": _number("units_sold"),
}


def _figures(call: Call, shop: Shop, days: list[date]) -> dict[date, dict[str, Figures]]:
    """What each video did on each of some days."""
    if not days:
        return {}
    bodies = records(call, shop, "video_day", ids=[day.isoformat() for day in days])
    stored = [orjson.loads(body) for body in bodies]
    return {date.fromisoformat(one["day"]): video_days.figures_of_day(shop, one, call.now) for one in stored}


def _summed(by_day: dict[date, dict[str, Figures]]) -> dict[str, Figures]:
    sums: dict[str, Figures] = {}
    for found in by_day.values():
        for video_id, figures in found.items():
            sums.setdefault(video_id, Figures()).add(figures)
    return sums


def _video(shop: Shop, video_id: str) -> Video | None:
    """The video with an id, or None."""
    if len(video_id) != 19 or not (video_id.isascii() and video_id.isdigit()):
        return None
    found = video(shop, int(video_id[-7:]))
    return found if found.id == video_id else None


def _list(call: Call) -> Answer:
    shop, query = call.owner(), call.query
    start, end = asked_dates(call)
    kind = choice("account_type", query.text("account_type") or "ALL", _ACCOUNTS)
    field = choice("sort_field", query.text("sort_field") or "gmv", tuple(_SORT))
    order, currency = query.order("DESC"), asked_currency(call)
    size = query.page_size(1, 100, 10)
    latest, days = known_days(call, start, end)
    shown: list[Json] = []
    for video_id, figures in _summed(_figures(call, shop, days)).items():
        one = _video(shop, video_id)
        if one is not None and video_days.is_of(one, kind):
            shown.append(video_days.show_listed(shop, one, figures, len(days)))
    shown.sort(key=lambda one: (_SORT[field](one), one["id"]), reverse=order == "DESC")
    if currency == "USD":
        shown = [in_usd(call, shop, one, min(end, latest)) for one in shown]
    more = {"latest_available_date": latest.isoformat()}
    return made_page(call, shown, "videos", size, f"{start}|{end}|{kind}|{field}|{order}|{currency}", more)


def _overview(call: Call) -> Answer:
    shop, query = call.owner(), call.query
    if query.text("today") == "true":
        raise bad_request("Invalid parameter: the sandbox has no live figures of today")
    start, end = asked_dates(call)
    kind = choice("account_type", query.text("account_type") or "ALL", _ACCOUNTS)
    latest, days = known_days(call, start, end)
    by_day = {
        day: [
            figures
            for video_id, figures in found.items()
            if (one := _video(shop, video_id)) is not None and video_days.is_of(one, kind)
        ]
        for day, found in _figures(call, shop, days).items()
    }
    if _is_daily(call):
        intervals = [
            video_days.show_total(shop, parts, day, day + timedelta(days=1)) for day, parts in by_day.items()
        ]
    else:
        every = [figures for parts in by_day.values() for figures in parts]
        intervals = [video_days.show_total(shop, every, start, end)] if days else []
    data = {
        "latest_available_date": latest.isoformat(),
        "performance": {"intervals": _in_currency(call, shop, intervals)},
    }
    return Answer([orjson.dumps(data)], len(intervals))


def _is_daily(call: Call) -> bool:
    return choice("granularity", call.query.text("granularity") or "ALL", ("ALL", "1D")) == "1D"


def _in_currency(call: Call, shop: Shop, intervals: list[Json]) -> list[Json]:
    if asked_currency(call) == "LOCAL":
        return intervals
    return [in_usd(call, shop, one, date.fromisoformat(one["start_date"])) for one in intervals]


def _intervals(
    call: Call, shop: Shop, one: Video, by_day: dict[date, dict[str, Figures]], *, by_product: bool
) -> list[Json]:
    """The days of a video, or all of them as one."""
    start, end = asked_dates(call)
    if _is_daily(call):
        shown = [
            video_days.show_interval(shop, found[one.id], day, day + timedelta(days=1), by_product=by_product)
            for day, found in by_day.items()
            if one.id in found
        ]
    else:
        whole = _summed({day: {one.id: found[one.id]} for day, found in by_day.items() if one.id in found})
        shown = [
            video_days.show_interval(shop, figures, start, end, by_product=by_product)
            for figures in whole.values()
        ]
    return _in_currency(call, shop, shown)


def _details(call: Call) -> Answer:
    shop = call.owner()
    one = _video(shop, call.path["video_id"])
    if one is None or one.posted > call.now:
        raise bad_request(f"Invalid parameter: this shop has no video {call.path['video_id']}")
    latest, days = known_days(call, *asked_dates(call))
    intervals = _intervals(call, shop, one, _figures(call, shop, days), by_product=True)
    data = {"performance": {"intervals": intervals}, "latest_available_date": latest.isoformat()}
    return Answer([orjson.dumps(data)], len(intervals))


def _batch(call: Call) -> Answer:
    shop = call.owner()
    wanted = call.query.items("video_ids", _MOST_DETAILS)
    latest, days = known_days(call, *asked_dates(call))
    by_day = _figures(call, shop, days)
    shown: list[Json] = []
    for video_id in wanted:
        one = _video(shop, video_id)
        if one is None or one.posted > call.now:
            error = {"code": _NO_VIDEO, "message": f"this shop has no video {video_id}"}
            shown.append({"video_id": video_id, "error": error})
            continue
        shown.append(
            {
                "video_id": video_id,
                "video": {
                    "id": one.id,
                    "title": one.title,
                    "username": one.account.username,
                    "duration": one.seconds,
                    "video_post_time": video_days.posted_text(shop, one),
                },
                "performance": {"intervals": _intervals(call, shop, one, by_day, by_product=False)},
            }
        )
    data = {"videos": shown, "latest_available_date": latest.isoformat()}
    return Answer([orjson.dumps(data)], len(shown))


def _products(call: Call) -> Answer:
    shop, query = call.owner(), call.query
    video_id = call.path["video_id"]
    one = _video(shop, video_id)
    if one is None or one.posted > call.now:
        raise bad_request(f"Invalid parameter: this shop has no video {video_id}")
    start, end = asked_dates(call)
    field = choice("sort_field", query.text("sort_field") or "gmv", tuple(_PRODUCT_SORT))
    order, currency = query.order("DESC"), asked_currency(call)
    size = query.page_size(1, 100, 10)
    latest, days = known_days(call, start, end)
    figures = _summed(_figures(call, shop, days)).get(video_id)
    shown = video_days.show_products(shop, figures, len(days)) if figures is not None else []
    shown.sort(key=lambda part: (_PRODUCT_SORT[field](part), part["id"]), reverse=order == "DESC")
    if currency == "USD":
        shown = [in_usd(call, shop, part, min(end, latest)) for part in shown]
    more = {"latest_available_date": latest.isoformat()}
    return made_page(
        call, shown, "products", size, f"{video_id}|{start}|{end}|{field}|{order}|{currency}", more
    )


ENDPOINTS = (
    Endpoint(
        "video_performance",
        "GET",
        "/analytics/202605/shop_videos/performance",
        _SCOPE,
        _list,
        list_path="videos",
    ),
    Endpoint(
        "video_overview",
        "GET",
        "/analytics/202609/shop_videos/overview_performance",
        _SCOPE,
        _overview,
        list_path="performance.intervals",
    ),
    Endpoint(
        "video_details",
        "GET",
        "/analytics/202609/shop_videos/batch_performance",
        _SCOPE,
        _batch,
        list_path="videos",
    ),
    Endpoint(
        "video_detail",
        "GET",
        "/analytics/202509/shop_videos/{video_id}/performance",
        _SCOPE,
        _details,
        list_path="performance.intervals",
    ),
    Endpoint(
        "video_products",
        "GET",
        "/analytics/202509/shop_videos/{video_id}/products/performance",
        _SCOPE,
        _products,
        list_path="products",
    ),
)
