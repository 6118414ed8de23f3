"""The platform's own figures of a shop: by day and by hour, on the shop's local calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from sandbox.server.calls import Answer, Call, Endpoint, as_day, choice
from sandbox.server.refusal import bad_request
from sandbox.world.store import Shop

_SCOPE = "data.shop_analytics.public.read"
_MAX_DAYS = 366
_HOURLY_DAYS = 30
_STALE_RATE_DAYS = 10
_CENT = Decimal("0.01")
_MONEY = {"amount", "currency"}


def local_day(call: Call, shop: Shop) -> date:
    """Today on the shop's calendar."""
    return datetime.fromtimestamp(call.now, UTC).astimezone(ZoneInfo(shop.timezone)).date()


def asked_dates(call: Call) -> tuple[date, date]:
    """The first day that is asked for, and the one after the last.

    Raises:
        Refusal: 36009004: no dates, the wrong way round, or too many days.
    """
    start, end = call.query.day("start_date_ge"), call.query.day("end_date_lt")
    if start >= end:
        raise bad_request("Invalid parameter: start_date_ge must be before end_date_lt")
    if (end - start).days > _MAX_DAYS:
        raise bad_request(
            f"Invalid parameter: the date range is too long, it must not exceed {_MAX_DAYS} days"
        )
    return start, end


def asked_currency(call: Call) -> str:
    """LOCAL or USD."""
    return choice("currency", call.query.text("currency") or "LOCAL", ("LOCAL", "USD"))


def known_days(call: Call, start: date, end: date) -> tuple[date, list[date]]:
    """The newest complete day of the shop's calendar, and those of the asked days that are complete."""
    latest = local_day(call, call.owner()) - timedelta(days=1)
    count = (min(end, latest + timedelta(days=1)) - start).days
    return latest, [start + timedelta(days=number) for number in range(count)]


def _by_day(call: Call) -> Answer:
    shop, query = call.owner(), call.query
    start, end = asked_dates(call)
    granularity = choice("granularity", query.text("granularity") or "ALL", ("ALL", "1D"))
    currency = asked_currency(call)
    latest, days = known_days(call, start, end)
    bodies = (
        records(call, shop, "shop_performance_day", ids=[day.isoformat() for day in days]) if days else []
    )
    if currency == "USD" or granularity == "ALL":
        intervals = [orjson.loads(body) for body in bodies]
        if currency == "USD":
            intervals = [
                in_usd(call, shop, item, date.fromisoformat(item["start_date"])) for item in intervals
            ]
        if granularity == "ALL" and intervals:
            dates = {"start_date": start.isoformat(), "end_date": end.isoformat()}
            intervals = [{**_total(intervals), **dates}]
        bodies = [orjson.dumps(item) for item in intervals]
    head = f'{{"latest_available_date":"{latest}","performance":{{"intervals":['.encode()
    return Answer([head, b",".join(bodies), b"]}}"], len(bodies))


def _by_hour(call: Call) -> Answer:
    shop = call.owner()
    day = as_day("date", call.path["date"])
    currency = asked_currency(call)
    today = local_day(call, shop)
    if not today - timedelta(days=_HOURLY_DAYS) <= day <= today:
        raise bad_request(
            f"Invalid parameter: the date must be within the last {_HOURLY_DAYS} days, up to {today}"
        )
    intervals = [
        orjson.loads(body) for body in records(call, shop, "shop_performance_hour", parent=day.isoformat())
    ]
    if currency == "USD":
        intervals = [in_usd(call, shop, item, day) for item in intervals]
    performance = {"intervals": intervals, "latest_available_timestamp": call.now - call.now % 3_600}
    if intervals:
        overall = _total(intervals)
        overall.pop("index", None)
        performance["overall"] = overall
    return Answer([orjson.dumps({"performance": performance})], len(intervals))


def records(
    call: Call, shop: Shop, kind: str, *, ids: list[str] | None = None, parent: str | None = None
) -> list[bytes]:
    """The bodies of some records of a shop, at most as many as a year has days."""
    page = call.sandbox.store.page(
        kind,
        shop.id,
        call.now,
        field="create_time",
        ge=None,
        lt=None,
        order="ASC",
        after=None,
        limit=_MAX_DAYS,
        ids=ids,
        parent=parent,
    )
    return [record.body for record in page]


def in_usd(call: Call, shop: Shop, item: dict[str, Any], day: date) -> dict[str, Any]:
    """The same figures in US dollars, at the day's rate or the last one before it."""
    if shop.currency == "USD":
        return item
    first = day - timedelta(days=_STALE_RATE_DAYS)
    rates = call.sandbox.store.fx_rates(first, day, shop.currency, "USD")
    if not rates:
        raise bad_request(f"Invalid parameter: there is no rate from {shop.currency} to USD for {day}")
    rate = max(rates)[1]

    def convert(value: Any) -> Any:
        if isinstance(value, list):
            return [convert(part) for part in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == _MONEY:
            amount = (Decimal(value["amount"]) * rate).quantize(_CENT, ROUND_HALF_UP)
            return {"amount": str(amount), "currency": "USD"}
        return {key: convert(part) for key, part in value.items()}

    converted: dict[str, Any] = convert(item)
    return converted


def _total(items: list[dict[str, Any]]) -> dict[str, Any]:
    """One interval over many, without averages and distinct counts (customers): they can't be added."""
    total: dict[str, Any] = {}
    for key in {key: None for item in items for key in item}:
        values = [item[key] for item in items if item.get(key) is not None]
        if not values or key.startswith(("avg_", "unique_", "customers", "visitors")):
            continue
        added = _added(values)
        if added is not None:
            total[key] = added
    return total


def _added(values: list[Any]) -> Any:
    first = values[0]
    if isinstance(first, int):
        return sum(values)
    if isinstance(first, dict) and first.keys() == _MONEY:
        amount = sum((Decimal(value["amount"]) for value in values), Decimal(0))
        return {"amount": str(amount), "currency": first["currency"]}
    if isinstance(first, dict):
        return _total(values)
    if isinstance(first, list):
        parts = [part for value in values for part in value]
        names = {tuple(sorted((k, v) for k, v in part.items() if isinstance(v, str))) for part in parts}
        return [
            {**_total([part for part in parts if dict(name).items() <= part.items()]), **dict(name)}
            for name in sorted(names)
        ]
    return None


ENDPOINTS = (
    Endpoint(
        "shop_performance",
        "GET",
        "/analytics/202609/shop/performance",
        _SCOPE,
        _by_day,
        list_path="performance.intervals",
    ),
    Endpoint(
        "shop_performance_per_hour",
        "GET",
        "/analytics/202510/shop/performance/{date}/performance_per_hour",
        _SCOPE,
        _by_hour,
        list_path="performance.intervals",
    ),
)
