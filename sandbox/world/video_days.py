"""Shoppable videos: what each sold on a day of the shop's calendar, and what the platform tells of it.

Kept is only what was sold; views and clicks follow from the video, the day and that. In this world

- `gmv` is the sale price of all paid lines that the video led to, dated by the payment;
- `indirect_gmv` is what the platform credits to the day besides: it grows for 7 days;
- `attributed_gmv` is both.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.world.catalog import Shop
from sandbox.world.claims import sold_by
from sandbox.world.live_rooms import ratio
from sandbox.world.lives import DAY, Life, Line
from sandbox.world.money import share, text
from sandbox.world.promotion import OFFICIAL, Video, products, video, videos_at

Json = dict[str, Any]

GROWS_DAYS = 7


@dataclass(slots=True)
class _Tally:
    gmv: int = 0
    items: int = 0
    sku_orders: int = 0
    buyers: set[int] = field(default_factory=set)

    def add(self, life: Life, lines: Sequence[Line]) -> None:
        self.gmv += sum(line.sale for line in lines)
        self.items += len(lines)
        self.sku_orders += len({line.sku.id for line in lines})
        self.buyers.add(life.buyer)

    def shown(self) -> list[int]:
        return [self.gmv, self.items, self.sku_orders, len(self.buyers)]


class VideoSales:
    """Collects a shop's sales by the video that led to them, and by its days."""

    def __init__(self, shop: Shop) -> None:
        self._zone = ZoneInfo(shop.timezone)
        self._days: dict[date, dict[str, dict[str, _Tally]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(_Tally))
        )

    def add(self, life: Life) -> None:
        """Counts an order in."""
        sold_at = life.created if life.is_cod else life.paid
        if not life.is_sale or sold_at is None:
            return
        sold = sold_by(life)
        if not sold:
            return
        day = self._days[datetime.fromtimestamp(sold_at, self._zone).date()]
        for video_id, lines in sold.items():
            shown = day[video_id]
            shown[""].add(life, lines)
            for product_id in dict.fromkeys(line.sku.product_id for line in lines):
                shown[product_id].add(life, [line for line in lines if line.sku.product_id == product_id])

    def close(self, first: date, last: date) -> Iterator[tuple[date, int, Json]]:
        """(day, its end, what was sold by which video) of every day from `first` to `last`, both included.

        Sales are (gmv, items, SKU orders, buyers) by product; those under no product are the video's.
        """
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            sales = self._days.pop(day, {})
            sold = {
                video_id: {product_id: tally.shown() for product_id, tally in parts.items()}
                for video_id, parts in sales.items()
            }
            yield day, self._end(day), {"day": day.isoformat(), "sold": sold}

    def _end(self, day: date) -> int:
        following = day + timedelta(days=1)
        return int(datetime(following.year, following.month, following.day, tzinfo=self._zone).timestamp())


@dataclass(slots=True)
class Figures:
    """What a video did on a day, or over some days.

    Attributes:
        sold: (gmv, items, SKU orders, buyers) by product; under "" the video's.
        seen: (impressions, clicks) by product.
    """

    views: int = 0
    likes: int = 0
    comments: int = 0
    shares: int = 0
    new_followers: int = 0
    besides: int = 0
    sold: dict[str, list[int]] = field(default_factory=dict)
    seen: dict[str, list[int]] = field(default_factory=dict)

    def add(self, other: Figures) -> None:
        """Adds a further day."""
        for name in ("views", "likes", "comments", "shares", "new_followers", "besides"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, theirs in ((self.sold, other.sold), (self.seen, other.seen)):
            for key, values in theirs.items():
                mine[key] = [
                    one + two for one, two in zip(mine.get(key, [0] * len(values)), values, strict=True)
                ]

    @property
    def gmv(self) -> int:
        """Paid for what the video led to."""
        return self._video[0]

    @property
    def items(self) -> int:
        """Units."""
        return self._video[1]

    @property
    def sku_orders(self) -> int:
        """Order times SKU."""
        return self._video[2]

    @property
    def customers(self) -> int:
        """Buyers, day by day."""
        return self._video[3]

    @property
    def _video(self) -> list[int]:
        return self.sold.get("", [0, 0, 0, 0])

    @property
    def impressions(self) -> int:
        """Of products in it."""
        return sum(seen for seen, _ in self.seen.values())

    @property
    def clicks(self) -> int:
        """On products in it."""
        return sum(clicked for _, clicked in self.seen.values())


def figures_of_day(shop: Shop, stored: Json, clock: int) -> dict[str, Figures]:
    """What each watched video did on a day, as of the clock, by its id.

    Args:
        shop: Whose.
        stored: What `VideoSales.close` gave.
        clock: The world's time, unix seconds.
    """
    day = date.fromisoformat(stored["day"])
    start = int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(shop.timezone)).timestamp())
    watched = {one.id: one for one in videos_at(shop, start + DAY - 1)}
    # What sold was watched, even if it has just left the newest.
    watched |= {
        video_id: video(shop, int(video_id[-7:])) for video_id in stored["sold"] if video_id not in watched
    }
    age = min(GROWS_DAYS, max(0, clock - start - DAY) // DAY)
    return {
        video_id: _figures(one, day, start, age, stored["sold"].get(video_id, {}))
        for video_id, one in watched.items()
    }


def _figures(one: Video, day: date, start: int, age: int, sold: dict[str, list[int]]) -> Figures:
    rng = random.Random(f"video {one.id} {day}")
    days_old = max(0, start - one.posted) // DAY
    product_ids = list(dict.fromkeys([*one.product_ids, *(key for key in sold if key)]))
    seen: dict[str, list[int]] = {}
    for product_id in product_ids:
        clicks = sold.get(product_id, [0, 0, 0, 0])[2] * rng.randrange(5, 14) + rng.randrange(
            1 + 60 // (days_old + 1)
        )
        seen[product_id] = [clicks * rng.randrange(9, 26) + rng.randrange(40), clicks]
    views = sum(clicks for _, clicks in seen.values()) * rng.randrange(3, 12) + rng.randrange(20, 400)
    gmv = sold.get("", [0])[0]
    return Figures(
        views=views,
        likes=views * rng.randrange(2, 12) // 100,
        comments=views * rng.randrange(3) // 100,
        shares=views * rng.randrange(2) // 100,
        new_followers=views * rng.randrange(4) // 1000,
        besides=gmv * rng.randrange(3, 15) * age // (100 * GROWS_DAYS),
        sold=sold,
        seen=seen,
    )


def _money(shop: Shop, amount: int) -> Json:
    return {"amount": text(amount, shop.digits), "currency": shop.currency}


def show_listed(shop: Shop, one: Video, figures: Figures, days: int) -> Json:
    """A video in the list, with its figures over some days."""
    catalogue, account = products(shop), one.account
    return {
        "id": one.id,
        "title": one.title,
        "username": account.username,
        "creator": {
            "author_type": "OFFICIAL" if account.kind == OFFICIAL else "AFFILIATE",
            "creator_country": shop.region,
            "creator_id": account.open_id,
            "nick_name": account.nickname,
            "open_id": account.open_id,
            "user_name": account.username,
        },
        "video_post_time": posted_text(shop, one),
        "duration": one.seconds,
        "hash_tags": ["aurora", f"aurora{shop.region.lower()}"],
        "products": [{"id": key, "name": catalogue[key].product_name} for key in one.product_ids],
        "gmv": _money(shop, figures.gmv),
        "indirect_gmv": _money(shop, figures.besides),
        "attributed_gmv": _money(shop, figures.gmv + figures.besides),
        "gpm": _money(shop, share(figures.gmv, 1000, figures.views)),
        "sku_orders": figures.sku_orders,
        "items_sold": figures.items,
        "avg_customers": share(figures.customers, 1, days),
        "views": figures.views,
        "product_impressions": figures.impressions,
        "product_clicks": figures.clicks,
        "click_through_rate": ratio(figures.clicks, figures.impressions),
        "ctor": ratio(figures.sku_orders, figures.clicks),
        "likes": figures.likes,
        "comments": figures.comments,
        "shares": figures.shares,
        "new_followers": figures.new_followers,
        "video_finish_rate": ratio(10 + one.number % 40, 100),
    }


def posted_text(shop: Shop, one: Video) -> str:
    """When it was posted, as the analytics write it: the shop's clock, without a zone."""
    return datetime.fromtimestamp(one.posted, ZoneInfo(shop.timezone)).strftime("%Y-%m-%d %H:%M:%S")


def show_interval(shop: Shop, figures: Figures, start: date, end: date, *, by_product: bool) -> Json:
    """A video's days in its details."""
    overall = _sales(shop, figures.sold.get("", [0, 0, 0, 0]), [figures.impressions, figures.clicks])
    overall["gpm"] = _money(shop, share(figures.gmv, 1000, figures.views))
    sales: Json = {"overall": overall}
    if by_product:
        sales["breakdowns"] = [
            {"product_id": key, **_sales(shop, figures.sold.get(key, [0, 0, 0, 0]), seen)}
            for key, seen in figures.seen.items()
        ]
    return {
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "sales": sales,
        "traffic": {
            "views": figures.views,
            "new_followers": figures.new_followers,
            "shares": figures.shares,
            "comments": figures.comments,
            "likes": figures.likes,
        },
    }


def _sales(shop: Shop, sold: Sequence[int], seen: Sequence[int]) -> Json:
    return {
        "gmv": _money(shop, sold[0]),
        "items_sold": sold[1],
        "customers": sold[3],
        "product_impressions": seen[0],
        "product_clicks": seen[1],
        "ctr": ratio(seen[1], seen[0]),
    }


def show_products(shop: Shop, figures: Figures, days: int) -> list[Json]:
    """What a video sold of each product."""
    catalogue = products(shop)
    shown: list[Json] = []
    for key, seen in figures.seen.items():
        sold = figures.sold.get(key, [0, 0, 0, 0])
        part = _sales(shop, sold, seen)
        part["units_sold"] = part.pop("items_sold")
        part |= {
            "id": key,
            "name": catalogue[key].product_name,
            "gpm": _money(shop, share(sold[0], 1000, figures.views)),
            "daily_avg_buyers": ratio(sold[3], days),
        }
        shown.append(part)
    return shown


def show_total(shop: Shop, parts: Sequence[Figures], start: date, end: date) -> Json:
    """The interval of the overview over some videos."""
    whole = Figures()
    for part in parts:
        whole.add(part)
    days = (end - start).days
    return {
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "video_gmv": _money(shop, whole.gmv),
        "video_indirect_gmv": _money(shop, whole.besides),
        "video_attributed_gmv": _money(shop, whole.gmv + whole.besides),
        "shoppable_video_attributed_gmv": _money(shop, whole.gmv + whole.besides),
        "video_attributed_sku_orders": whole.sku_orders,
        "video_views": whole.views,
        "video_product_viewers": whole.views * 6 // 10,
        "product_impressions": whole.impressions,
        "product_clicks": whole.clicks,
        "avg_daily_customers": share(whole.customers, 1, days),
        "ctr": ratio(whole.clicks, whole.impressions),
        "ctor_sku_order": ratio(whole.sku_orders, whole.clicks),
        "gpm": _money(shop, share(whole.gmv, 1000, whole.views)),
    }


def is_of(one: Video, account_type: str) -> bool:
    """Whether a list of a kind of account shows a video."""
    return account_type == "ALL" or one.account.kind == account_type
