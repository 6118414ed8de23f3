"""LIVE sessions: what was sold in them, and what the platform tells of them.

A session is kept as its orders only; all else follows from them, its id and the clock, so that the session, its
minutes, its products and the creator's own view agree with each other to the last click. In this world

- `live_gmv` is the sale price of all paid lines that carry the room's id, later cancellations included;
- `live_indirect_gmv` is what the platform credits to the session besides: it grows for 30 days;
- `live_attributed_gmv` is both.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import orjson

from sandbox.world.catalog import Shop, skus
from sandbox.world.lives import DAY, HOUR, MINUTE, Life
from sandbox.world.money import share, text
from sandbox.world.promotion import AFFILIATE, MARKETING, OFFICIAL, Room, products, room, rooms_of_day

Json = dict[str, Any]

GROWS_DAYS = 30
SHOWN_AFTER = HOUR // 2
"""So long after its end the platform shows a session."""
MINUTES_AFTER = 2 * HOUR
"""So long after its end it tells the minutes."""
_AUTHOR = {OFFICIAL: "OFFICIAL", MARKETING: "MARKETING", AFFILIATE: "AFFILIATE"}


class Sessions:
    """Collects a shop's orders by the room they were placed in."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._orders: dict[str, list[Json]] = defaultdict(list)

    def add(self, life: Life) -> None:
        """Counts an order in."""
        if not life.is_sale or not life.lines[0].room_id:
            return
        sold: dict[str, list[int]] = {}
        for line in life.lines:
            if not line.is_gift:
                known = sold.setdefault(line.sku.id, [0, 0])
                known[0] += line.sale
                known[1] += 1
        paid = (
            next((at for at, status in life.events if status != "UNPAID"), None) if life.is_cod else life.paid
        )
        self._orders[life.lines[0].room_id].append(
            {"created": life.created, "paid": paid, "buyer": life.buyer, "skus": sold}
        )

    def close(self, first: date, last: date) -> Iterator[tuple[Room, Json]]:
        """(session, its orders) of every session that began on a day from `first` to `last`, both included."""
        for number in range((last - first).days + 1):
            for session in rooms_of_day(self._shop, first + timedelta(days=number)):
                yield session, {"id": session.id, "orders": self._orders.pop(session.id, [])}


@dataclass(slots=True)
class _Sold:
    """What was sold of something."""

    gmv: int = 0
    items: int = 0
    sku_orders: int = 0
    created_sku_orders: int = 0
    orders: set[int] = field(default_factory=set)
    buyers: set[int] = field(default_factory=set)

    def add(self, number: int, order: Json, gmv: int, items: int, *, is_paid: bool) -> None:
        self.created_sku_orders += 1
        if is_paid:
            self.gmv += gmv
            self.items += items
            self.sku_orders += 1
            self.orders.add(number)
            self.buyers.add(order["buyer"])


class Session:
    """A session as it looks at a clock.

    Args:
        shop: Whose.
        stored: What `Sessions.close` gave.
        clock: The world's time, unix seconds.
    """

    def __init__(self, shop: Shop, stored: bytes, clock: int) -> None:
        facts = orjson.loads(stored)
        found = room(shop, facts["id"])
        if found is None:
            raise ValueError(f"{facts['id']} is no LIVE room of {shop.name}")
        self.room: Room = found
        self._shop = shop
        self._orders: list[Json] = facts["orders"]
        self._clock = clock
        self._rng = random.Random(f"room {found.id}")
        self._sold = _Sold()
        self._by_product: dict[str, _Sold] = defaultdict(_Sold)
        self._by_minute: dict[int, _Sold] = defaultdict(_Sold)
        product_of = _product_of(shop)
        for number, order in enumerate(self._orders):
            paid = order["paid"] is not None and order["paid"] <= clock
            minute = (order["created"] - found.start) // MINUTE
            for sku_id, (gmv, items) in order["skus"].items():
                for sold in (self._sold, self._by_product[product_of[sku_id]], self._by_minute[minute]):
                    sold.add(number, order, gmv, items, is_paid=paid)
        self._make_traffic()

    def _make_traffic(self) -> None:
        """Nobody buys without a click, and nobody clicks without having seen."""
        draw, wanted = self._rng.randrange, self._sold.created_sku_orders
        self.product_clicks = wanted * draw(6, 14) + draw(30, 160)
        self.product_impressions = self.product_clicks * draw(11, 29)
        self.views = self.product_clicks * draw(2, 5) + draw(100, 400)
        self.viewers = max(len({order["buyer"] for order in self._orders}), self.views * draw(55, 90) // 100)
        self.impressions = self.views * draw(5, 14)
        crowd = Counter(order["created"] // MINUTE for order in self._orders)
        self.pcu = max(3, *crowd.values(), self.viewers * draw(4, 11) // 100)
        self.acu = max(1, self.pcu * draw(35, 65) // 100)
        self.seconds_per_view = draw(25, 120)
        self.over_1m_views = self.views * draw(12, 35) // 100
        self.likes = self.views * draw(30, 300) // 100
        self.comments = self.views * draw(5, 40) // 100
        self.shares = self.views * draw(1, 6) // 100
        self.new_followers = self.viewers * draw(1, 5) // 100
        # How much the platform credits besides, in the end, in percent.
        self._besides = draw(6, 22)
        self._others = draw(3, 9)

    @property
    def gmv(self) -> int:
        """Paid for what was ordered in the room."""
        return self._sold.gmv

    @cached_property
    def indirect_gmv(self) -> int:
        """What the platform credits besides, as of the clock."""
        return self._besides_of(self.gmv)

    def _besides_of(self, amount: int) -> int:
        age = min(GROWS_DAYS, max(0, self._clock - self.room.end) // DAY)
        return amount * self._besides * age // (100 * GROWS_DAYS)

    @property
    def attributed_sku_orders(self) -> int:
        """Those in the room and those that the platform credits besides."""
        return self._sold.sku_orders + self._besides_of(self._sold.sku_orders)

    def _money(self, amount: int) -> Json:
        return {"amount": text(amount, self._shop.digits), "currency": self._shop.currency}

    def shown(self) -> Json:
        """As in the list of sessions."""
        session, sold = self.room, self._sold
        attributed = self.gmv + self.indirect_gmv
        sku_orders = self.attributed_sku_orders
        items = sold.items + self._besides_of(sold.items)
        orders = len(sold.orders) + self._besides_of(len(sold.orders))
        seconds = session.end - session.start
        return {
            "id": session.id,
            "title": session.title,
            "start_time": str(session.start),
            "end_time": str(session.end),
            "creator": {
                "author_type": _AUTHOR[session.account.kind],
                "creator_country": self._shop.region,
                "nick_name": session.account.nickname,
                "open_id": session.account.open_id,
                "user_name": session.account.username,
            },
            "sales_performance": {
                "aov": self._money(share(attributed, 1, orders)),
                "attributed_customers": len(sold.buyers) + self._besides_of(len(sold.buyers)),
                "avg_price": self._money(share(attributed, 1, items)),
                "created_sku_orders": sold.created_sku_orders,
                "gmv_with_tiktok_coupons": self._money(attributed),
                "live_attributed_gmv": self._money(attributed),
                "live_attributed_items_sold": items,
                "live_attributed_orders": orders,
                "live_attributed_sku_orders": sku_orders,
                "live_gmv": self._money(self.gmv),
                "live_indirect_gmv": self._money(self.indirect_gmv),
                "payment_rate": ratio(sold.sku_orders, sold.created_sku_orders),
                "products_sold": sum(1 for one in self._by_product.values() if one.sku_orders),
            },
            "traffic": {
                "acu": self.acu,
                "avg_viewing_duration": self.seconds_per_view,
                "avg_viewing_duration_per_viewer": self.seconds_per_view * self.views // self.viewers,
                "ctor": ratio(orders, self.product_clicks),
                "ctor_sku_order": ratio(sku_orders, self.product_clicks),
                "ctr": ratio(self.product_clicks, self.views),
                "gmv_per_hour": self._money(share(attributed, HOUR, seconds)),
                "impressions": self.impressions,
                "impressions_per_hour": self.impressions * HOUR // seconds,
                "live_ctr": ratio(self.product_clicks, self.product_impressions),
                "order_rate_sku_orders": ratio(sku_orders, self.views),
                "over_1m_live_viewing_rate": ratio(self.over_1m_views, self.views),
                "over_1m_views": self.over_1m_views,
                "pcu": self.pcu,
                "product_clicks": self.product_clicks,
                "product_impressions": self.product_impressions,
                "products_added": len(self._product_ids),
                "show_gpm": self._money(share(attributed, 1000, self.impressions)),
                "tap_through_rate": ratio(self.views, self.impressions),
                "viewers": self.viewers,
                "views": self.views,
                "watch_gpm": self._money(share(attributed, 1000, self.views)),
            },
            "interaction_performance": {
                "comment_rate": ratio(self.comments, self.views),
                "comments": self.comments,
                "follow_rate": ratio(self.new_followers, self.viewers),
                "like_rate": ratio(self.likes, self.views),
                "likes": self.likes,
                "new_followers": self.new_followers,
                "share_rate": ratio(self.shares, self.views),
                "shares": self.shares,
            },
        }

    @cached_property
    def _product_ids(self) -> list[str]:
        """What was shown: all that was bought, and some that was not."""
        every = sorted(products(self._shop))
        start = int(self.room.id[-4:])
        shown = dict.fromkeys(self._by_product)
        shown.update(dict.fromkeys(every[(start + number) % len(every)] for number in range(self._others)))
        return list(shown)

    def products(self) -> list[Json]:
        """What was sold of each product shown."""
        catalogue = products(self._shop)
        ids = self._product_ids
        sold = [self._by_product.get(product_id, _Sold()) for product_id in ids]
        bought = [one.created_sku_orders for one in sold]
        clicks = _spread(self.product_clicks, bought, [3 * one + 1 for one in bought])
        impressions = _spread(self.product_impressions, clicks, [one + 5 for one in clicks])
        return [
            {
                "id": product_id,
                "name": catalogue[product_id].product_name,
                "sales": {
                    "direct_gmv": self._money(one.gmv),
                    "items_sold": one.items,
                    "customers": len(one.buyers),
                    "created_sku_orders": one.created_sku_orders,
                    "avg_price": self._money(share(one.gmv, 1, one.items)),
                    "sku_orders": one.sku_orders,
                    "main_orders": len(one.orders),
                    "payment_rate": ratio(one.sku_orders, one.created_sku_orders),
                },
                "traffic": {
                    "product_impressions": seen,
                    "ctr": ratio(clicked, seen),
                    "add_to_cart_count": one.created_sku_orders + (clicked - one.created_sku_orders) // 5,
                    "click_to_order_rate": {
                        "sku_order_ctor": ratio(one.sku_orders, clicked),
                        "main_order_ctor": ratio(len(one.orders), clicked),
                    },
                    # The API's own spelling.
                    "produt_clicks": clicked,
                },
            }
            for product_id, one, clicked, seen in zip(ids, sold, clicks, impressions, strict=True)
        ]

    @property
    def has_minutes_now(self) -> bool:
        """Whether the platform tells the minutes by now; of some sessions it never does."""
        return self.room.has_minutes and self._clock >= self.room.end + MINUTES_AFTER

    def overall(self) -> Json:
        """The session in the answer with its minutes."""
        return {
            "live_title": self.room.title,
            "start_time": self.room.start,
            "end_time": self.room.end,
            "duration": self.room.end - self.room.start,
            "gmv": self._money(self.gmv),
            "items_sold": self._sold.items,
            "unique_viewers": self.viewers,
            "impressions": self.impressions,
        }

    def minutes(self) -> list[Json]:
        """Its minutes. What was ordered in them sums to the direct figures of the session."""
        count = (self.room.end - self.room.start) // MINUTE
        curve = self._curve(count)
        sold = [self._by_minute.get(number, _Sold()) for number in range(count)]
        bought = [one.created_sku_orders for one in sold]
        clicks = _spread(self.product_clicks, bought, curve)
        product_impressions = _spread(self.product_impressions, clicks, curve)
        views, impressions = (_spread(total, [0] * count, curve) for total in (self.views, self.impressions))
        likes, comments, shares, followers = (
            _spread(total, [0] * count, curve)
            for total in (self.likes, self.comments, self.shares, self.new_followers)
        )
        top = max(curve)
        shown: list[Json] = []
        for number, one in enumerate(sold):
            start = self.room.start + number * MINUTE
            shown.append(
                {
                    "start_time": start,
                    "end_time": start + MINUTE,
                    "sales": {
                        "gmv": self._money(one.gmv),
                        "items_sold": one.items,
                        "customers": len(one.buyers),
                        "sku_orders": one.sku_orders,
                        "main_orders": len(one.orders),
                    },
                    "traffic": {
                        "viewers": max(self.pcu * curve[number] // top, len(one.buyers)),
                        "views": views[number],
                        "product_impressions": product_impressions[number],
                        "ctr": ratio(clicks[number], product_impressions[number]),
                        "enter_room_rate": ratio(views[number], impressions[number]),
                        "product_clicks": clicks[number],
                        "impressions": impressions[number],
                    },
                    "interactions": {
                        "new_followers": followers[number],
                        "shares": shares[number],
                        "comments": comments[number],
                        "likes": likes[number],
                    },
                    "conversion": {
                        "avg_price": self._money(share(one.gmv, 1, one.items)),
                        "click_to_order_rate": {
                            "sku_order_ctor": ratio(one.sku_orders, clicks[number]),
                            "main_order_ctor": ratio(len(one.orders), clicks[number]),
                        },
                        "created_sku_orders": one.created_sku_orders,
                        "sku_order_rate": ratio(one.sku_orders, views[number]),
                    },
                }
            )
        return shown

    def _curve(self, count: int) -> list[int]:
        """How busy the minutes are, beside each other: a slow start, a peak, some noise."""
        rng = random.Random(f"minutes {self.room.id}")
        peak = count * rng.randrange(30, 70) // 100
        return [100 - 70 * abs(number - peak) // count + rng.randrange(20) for number in range(count)]

    def core_stats(self) -> Json:
        """The creator's own view: what was bought in the room, no more."""
        sold = self._sold
        orders = len(sold.orders)
        return {
            "sales": sold.items,
            "local_gmv": self._money(self.gmv),
            "created_order_count": len(self._orders),
            "current_visitor_count": 0,
            "paid_order_count": orders,
            "local_unit_price": self._money(share(self.gmv, 1, orders)),
            "product_reach_count": self.viewers * 8 // 10,
            "watch_pv": self.views,
            "click_through_rate": ratio(self.product_clicks, self.views),
            "accumulated_new_follower_count": self.new_followers,
            "buyer_count": len(sold.buyers),
            "accumulated_comment_count": self.comments,
            "product_view_count": self.product_impressions,
            "click_order_rate": ratio(orders, self.product_clicks),
            "avg_watching_duration": self.seconds_per_view,
            "accumulated_sharing_count": self.shares,
            "peak_concurrent_user_count": self.pcu,
        }

    def figures(self) -> Json:
        """The funnel for the ground truth; amounts as text."""
        return {
            "impressions": self.impressions,
            "views": self.views,
            "viewers": self.viewers,
            "peak_viewers": self.pcu,
            "product_impressions": self.product_impressions,
            "product_clicks": self.product_clicks,
            "created_sku_orders": self._sold.created_sku_orders,
            "sku_orders": self.attributed_sku_orders,
            "live_gmv": text(self.gmv, self._shop.digits),
            "live_attributed_gmv": text(self.gmv + self.indirect_gmv, self._shop.digits),
        }


def total(shop: Shop, sessions: Sequence[Session], start: date, end: date) -> Json:
    """The interval of the overview over some sessions."""

    def money(amount: int) -> Json:
        return {"amount": text(amount, shop.digits), "currency": shop.currency}

    gmv = sum(one.gmv for one in sessions)
    indirect = sum(one.indirect_gmv for one in sessions)
    views = sum(one.views for one in sessions)
    clicks = sum(one.product_clicks for one in sessions)
    sku_orders = sum(one.attributed_sku_orders for one in sessions)
    shown = [one.shown()["sales_performance"] for one in sessions]
    return {
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "live_gmv": money(gmv),
        "live_indirect_gmv": money(indirect),
        "live_attributed_gmv": money(gmv + indirect),
        "live_attributed_items_sold": sum(one["live_attributed_items_sold"] for one in shown),
        "live_attributed_sku_orders": sku_orders,
        "views": views,
        "avg_viewing_duration": sum(one.views * one.seconds_per_view for one in sessions) // views
        if views
        else 0,
        "live_ctr": ratio(clicks, sum(one.product_impressions for one in sessions)),
        "ctor_sku_order": ratio(sku_orders, clicks),
        "show_gpm": money(share(gmv + indirect, 1000, sum(one.impressions for one in sessions))),
    }


def ratio(part: int, whole: int) -> str:
    """A fraction with six places; 0 of nothing, as the platform has it."""
    return text(share(part * 1_000_000, 1, whole), 6)


def _product_of(shop: Shop) -> dict[str, str]:
    return {sku.id: sku.product_id for sku in skus(shop)}


def _spread(amount: int, floors: Sequence[int], weights: Sequence[int]) -> list[int]:
    """Whole parts that sum to an amount: at least the floors, the rest by weight."""
    rest, whole = max(0, amount - sum(floors)), sum(weights)
    parts: list[int] = []
    reached = given = 0
    for floor, weight in zip(floors, weights, strict=True):
        reached += weight
        until_now = rest * reached // whole
        parts.append(floor + until_now - given)
        given = until_now
    return parts
