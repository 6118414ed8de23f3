"""How the platform judges a shop's account."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import orjson

from sandbox.server.calls import Answer, Call, Endpoint, choice
from sandbox.server.refusal import bad_request
from sandbox.world import health

_LONGEST_TREND = 90


def _diagnosis(call: Call) -> Answer:
    shop = call.owner()
    code = choice("metric_code", call.path["metric_code"], tuple(health.METRICS))
    if shop.region not in health.REGIONS:
        raise bad_request(f"Invalid parameter: shops of {shop.region} have no performance score")
    days = call.query.integer("trend_duration_days")
    if days is not None and not 1 <= days <= _LONGEST_TREND:
        raise bad_request(f"Invalid parameter: trend_duration_days must be between 1 and {_LONGEST_TREND}")
    # What is told in the morning is about yesterday.
    yesterday = datetime.fromtimestamp(call.now, ZoneInfo(shop.timezone)).date() - timedelta(days=1)
    return Answer([orjson.dumps(health.show(shop, code, yesterday, days or 7))], 1)


ENDPOINTS = (
    Endpoint(
        "shop_health",
        "GET",
        "/analytics/202606/shop_performances/metrics/{metric_code}/diagnosis",
        "data.shop_analytics.public.read",
        _diagnosis,
    ),
)
