"""The platform's own figures of a shop.

Their definition in this world (202609, LOCAL): `gmv` is the sale price of all paid lines that are no sample,
replacement, exchange or gift, by the time of payment (cash on delivery: of the order) in the shop's own time
zone, later cancellations and refunds included; `gmv_with_tax` adds their tax and the tax on shipping; `refunds`
are the goods and taxes refunded that day. Traffic is made up, but consistent: nobody buys without a click.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.world.catalog import Shop
from sandbox.world.lives import Life
from sandbox.world.money import share, text

Json = dict[str, Any]


@dataclass(slots=True)
class Tally:
    """What was sold in some stretch of time."""

    gmv: int = 0
    tax: int = 0
    shipping: int = 0
    platform_discount: int = 0
    refunds: int = 0
    cancelled_and_returned: int = 0
    orders: int = 0
    sku_orders: int = 0
    items: int = 0
    buyers: set[int] = field(default_factory=set)
    customers: int = 0

    def close(self) -> None:
        """Keeps only the number of the buyers: nobody buys in this stretch any more."""
        self.customers = len(self.buyers)
        self.buyers = set()


class Analytics:
    """Collects a shop's sales by its own days and hours, then tells them as the API does."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._zone = ZoneInfo(shop.timezone)
        self._days: dict[date, Tally] = defaultdict(Tally)
        self._hours: dict[tuple[date, int], Tally] = defaultdict(Tally)
        self._open: dict[date, list[Tally]] = defaultdict(list)

    def add(self, life: Life) -> None:
        """Counts an order in."""
        sold_at = life.created if life.is_cod else life.paid
        if not life.is_sale or sold_at is None:
            return
        lines = [line for line in life.lines if not line.is_gift]
        moment = datetime.fromtimestamp(sold_at, self._zone)
        for tally in (self._days[moment.date()], self._hours[moment.date(), moment.hour]):
            if not tally.buyers:
                self._open[moment.date()].append(tally)
            tally.gmv += sum(line.sale for line in lines)
            tally.tax += sum(line.tax for line in lines) + life.shipping_tax
            tally.shipping += life.shipping_fee
            tally.platform_discount += sum(line.platform_discount for line in lines)
            tally.orders += 1
            tally.sku_orders += len({line.sku.id for line in lines})
            tally.items += len(lines)
            tally.buyers.add(life.buyer)
        if life.cancelled is not None:
            self._days[self._date(life.cancelled)].cancelled_and_returned += 1
        for request in life.returns:
            if request.completed_at is not None:
                tally = self._days[self._date(request.completed_at)]
                tally.cancelled_and_returned += 1
                tally.refunds += sum(goods + tax for _, goods, tax in request.refunds)

    def close_before(self, day: date) -> None:
        """Says that no more orders come that were paid before a shop-local day."""
        for past in [known for known in self._open if known < day]:
            for tally in self._open.pop(past):
                tally.close()

    def days(self, first: date, last: date) -> Iterator[tuple[date, int, Json]]:
        """(day, when it is known, interval) for every day from `first` to `last`, both included."""
        self.close_before(date.max)
        for day in _dates(first, last):
            tally = self._days.get(day, Tally())
            yield day, self._end(day), self._day(day, tally)

    def hours(self, first: date, last: date) -> Iterator[tuple[date, int, int, Json]]:
        """(day, hour of its clock, when it is known, interval) for every hour of those days.

        As the index is the hour on the shop's clock, the hour that is skipped in spring is empty and the one that
        comes twice in autumn holds both.
        """
        self.close_before(date.max)
        for day in _dates(first, last):
            for hour in range(24):
                yield day, hour, self._end(day), self._hour(day, hour, self._hours.get((day, hour), Tally()))

    def _date(self, at: int) -> date:
        return datetime.fromtimestamp(at, self._zone).date()

    def _end(self, day: date) -> int:
        following = day + timedelta(days=1)
        return int(datetime(following.year, following.month, following.day, tzinfo=self._zone).timestamp())

    def _money(self, amount: int) -> Json:
        return {"amount": text(amount, self._shop.digits), "currency": self._shop.currency}

    def _day(self, day: date, tally: Tally) -> Json:
        traffic = self._traffic(str(day), tally)
        live = share(tally.gmv, 18, 100)
        video = share(tally.gmv, 35, 100)
        return {
            "start_date": day.isoformat(),
            "end_date": (day + timedelta(days=1)).isoformat(),
            "sales": {
                "gmv": self._money(tally.gmv),
                "gmv_with_tax": self._money(tally.gmv + tally.tax),
                "gmv_with_tiktok_co_funding": self._money(tally.gmv + tally.platform_discount),
                "tax": self._money(tally.tax),
                "shipping_fees": self._money(tally.shipping),
                "refunds": self._money(tally.refunds),
                "avg_order_value": self._money(share(tally.gmv, 1, tally.orders)),
                "avg_sku_order_value": self._money(share(tally.gmv, 1, tally.sku_orders)),
                "orders_count": tally.orders,
                "sku_orders_count": tally.sku_orders,
                "items_sold": tally.items,
                "customers_count": tally.customers,
                "cancellations_and_returns": tally.cancelled_and_returned,
                "live_attributed_gmv": self._money(live),
                "video_attributed_gmv": self._money(video),
                "product_card_attributed_gmv": self._money(tally.gmv - live - video),
            },
            "traffic": {
                "avg_visitors": traffic["visitors"],
                "avg_page_views": traffic["visitors"] * 2,
                "avg_conversation_rate": traffic["rate"],
                "product_impressions": traffic["impressions"],
                "product_clicks": traffic["clicks"],
                "unique_product_impressions": traffic["impressions"] * 6 // 10,
                "unique_clicks": traffic["visitors"],
            },
        }

    def _hour(self, day: date, hour: int, tally: Tally) -> Json:
        traffic = self._traffic(f"{day} {hour}", tally)
        live = share(tally.gmv, 18, 100)
        video = share(tally.gmv, 35, 100)
        return {
            "index": hour,
            "gmv": self._money(tally.gmv),
            "avg_order_value": self._money(share(tally.gmv, 1, tally.orders)),
            "avg_sku_order_value": self._money(share(tally.gmv, 1, tally.sku_orders)),
            "customers": tally.customers,
            "customers_count": tally.customers,
            "items_sold": tally.items,
            "orders_count": tally.orders,
            "sku_orders_count": tally.sku_orders,
            "visitors": traffic["visitors"],
            "product_impressions": traffic["impressions"],
            "product_clicks": traffic["clicks"],
            "unique_product_impressions": traffic["impressions"] * 6 // 10,
            "unique_clicks": traffic["visitors"],
            "live_attributed_gmv": self._money(live),
            "video_attributed_gmv": self._money(video),
            "product_card_attributed_gmv": self._money(tally.gmv - live - video),
        }

    def _traffic(self, when: str, tally: Tally) -> dict[str, Any]:
        rng = random.Random(f"traffic {self._shop.region} {when}")
        customers = tally.customers
        visitors = customers * rng.randrange(22, 40) + rng.randrange(5, 40)
        clicks = visitors + rng.randrange(visitors + 1)
        rate = customers * 10_000 // visitors
        return {
            "visitors": visitors,
            "clicks": clicks,
            "impressions": clicks * rng.randrange(12, 25),
            "rate": f"0.{rate:04d}",
        }


def _dates(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
