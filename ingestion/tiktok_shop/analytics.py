"""What TikTok itself reports about a shop, by day and by hour, in the shop's currency and time zone.

| endpoint (`/analytics/...`) | raw table | how it is read |
| --- | --- | --- |
| `202609/shop/performance` | `shop_performance_daily` | by day; the last 30 days again |
| `202510/shop/performance/{date}/performance_per_hour` | `shop_performance_hourly` | by day; the last 2 again |

Days by the hour are there for 30 days only.

The meaning of these numbers changed several times, so every row carries the id of its definition:
endpoint, version and currency mode. Days are those of the shop's registered time zone; `index` of an hour
is the hour of the shop's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from ingestion.engine.answers import nested_list
from ingestion.engine.columns import Kind, Table, amounts, count, fields, of_page, text
from ingestion.engine.privacy import Rules
from ingestion.engine.windows import Checkpoint, States
from ingestion.tables.shop_days import SHOP_PERFORMANCE_DAILY
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.reading import Call, Reading, Resource, Step, read_calls
from ingestion.tiktok_shop.shop_days import ByDate, local_date

_SCOPE = "data.shop_analytics.public.read"

SHOP_PERFORMANCE = Endpoint(
    "shop_performance",
    "GET",
    "/analytics/202609/shop/performance",
    "202609",
    scope=_SCOPE,
    gives="by date range",
)
SHOP_PERFORMANCE_PER_HOUR = Endpoint(
    "shop_performance_per_hour",
    "GET",
    "/analytics/202510/shop/performance/{date}/performance_per_hour",
    "202510",
    scope=_SCOPE,
    gives="one day",
)

DAYS_PER_CALL = 30
DAILY_REREAD_DAYS = 30
"""Cancellations and returns change a day's figures for weeks."""
HOURLY_HISTORY_DAYS = 30
"""The endpoint knows no older days."""
HOURLY_REREAD_DAYS = 2

_HOUR = fields("""
    avg_order_value{amount currency} avg_sku_order_value{amount currency} customers customers_count
    gmv{amount currency} index items_sold live_attributed_gmv{amount currency} orders_count
    product_card_attributed_gmv{amount currency} product_clicks product_impressions sku_orders_count
    unique_clicks unique_product_impressions video_attributed_gmv{amount currency} visitors
""")


SHOP_PERFORMANCE_HOURLY = Table(
    name="shop_performance_hourly",
    key=("local_date", "hour_index"),
    known=_HOUR,
    columns=(
        of_page("local_date", "local_date", Kind.DATE),
        count("hour_index", "index"),
        text("currency", "gmv.currency"),
        *amounts("gmv"),
        *(count(name) for name in ("orders_count", "sku_orders_count", "items_sold", "customers_count")),
        *(count(name) for name in ("visitors", "product_impressions", "product_clicks")),
        of_page("definition_id", "definition_id"),
    ),
)


def read_hourly(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The last days hour by hour, today included; days behind the re-read ones are complete and left
    alone."""
    today = local_date(reading, reading.until)
    first = today - timedelta(days=HOURLY_HISTORY_DAYS - 1)
    first = max(first, local_date(reading, reading.first_since()))
    reached = reading.state(resource.name).get("date")
    if reached and not reading.explicit_since:
        first = max(first, date.fromisoformat(reached) - timedelta(days=HOURLY_REREAD_DAYS))
    definition = f"shop_performance_per_hour/{SHOP_PERFORMANCE_PER_HOUR.version}/LOCAL"
    calls = [
        Call(
            path={"date": day.isoformat()},
            query={"currency": "LOCAL"},
            context={"local_date": day.isoformat(), "definition_id": definition},
        )
        for day in (first + timedelta(days=offset) for offset in range((today - first).days + 1))
    ]
    for step in read_calls(reading, resource, calls):
        if isinstance(step, Checkpoint) and step.call is not None:
            yield replace(step, apply=_reached(resource.name, step.call.context["local_date"]))
        else:
            yield step


def _reached(resource: str, day: str) -> Callable[[States], None]:
    def apply(states: States) -> None:
        state = states(resource)
        state["date"] = max(day, state.get("date", ""))

    return apply


PERFORMANCE_DAILY = Resource(
    name="shop_performance_daily",
    endpoint=SHOP_PERFORMANCE,
    tables=(SHOP_PERFORMANCE_DAILY,),
    rules=Rules(known=SHOP_PERFORMANCE_DAILY.known or {}),
    take=nested_list("performance", "intervals"),
    read=ByDate(
        definition=f"shop_performance/{SHOP_PERFORMANCE.version}/LOCAL",
        query={"granularity": "1D"},
        reread_days=DAILY_REREAD_DAYS,
        days_per_call=DAYS_PER_CALL,
    ),
)

PERFORMANCE_HOURLY = Resource(
    name="shop_performance_hourly",
    endpoint=SHOP_PERFORMANCE_PER_HOUR,
    tables=(SHOP_PERFORMANCE_HOURLY,),
    rules=Rules(known=_HOUR),
    take=nested_list("performance", "intervals"),
    read=read_hourly,
)

RESOURCES = (
    PERFORMANCE_DAILY,
    PERFORMANCE_HOURLY,
)
