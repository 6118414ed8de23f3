"""What campaigns cost and claim, computed on the fly from the world's seed and its clock.

Everything rests on one figure per campaign and hour. Days are sums of hours; products, creatives and rooms are
parts that sum to their campaign's day exactly. What is shown depends on the clock:

- an hour is shown half an hour after its end;
- its cost comes up to 11 hours after its end, in GMV Max and in reports by country;
- a day's cost is a fortieth too low until it is repaired, at 12:00 UTC after its end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sandbox.ads.accounts import BASIC, DAY, LIVE, PRODUCT, Account, Campaign, average_price, campaigns
from sandbox.world.catalog import Shop
from sandbox.world.promotion import Room, products, rooms_of_day, videos_at
from sandbox.world.store import WorldMeta

HOUR = 3600
SHOWN_AFTER = HOUR // 2
COST_AFTER_HOURS = 11
_WEIGHTS = (3, 2, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 7, 7, 8, 10, 13, 16, 17, 12, 7)
"""How the day's budget is spent over the hours of the account's clock."""
_LIVE_MINUTES = 200
"""Minutes over which the budget of a LIVE campaign lasts."""
CARD = "-1"
"""The item that is no video but the product's own card."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums of some hours. Amounts are in the smallest unit of the account's currency.

    Attributes:
        cost: None when it is not known yet.
        net_cost: Cost without coupons; None as cost.
    """

    cost: int | None = 0
    net_cost: int | None = 0
    orders: int = 0
    revenue: int = 0
    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    views: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            _sum(self.cost, other.cost),
            _sum(self.net_cost, other.net_cost),
            self.orders + other.orders,
            self.revenue + other.revenue,
            self.impressions + other.impressions,
            self.clicks + other.clicks,
            self.conversions + other.conversions,
            self.views + other.views,
        )


def _sum(one: int | None, other: int | None) -> int | None:
    """What is known of both; None when nothing is."""
    if one is None or other is None:
        return one if other is None else other
    return one + other


UNKNOWN = Figures(None, None)
"""Where a sum begins: nothing known yet."""


def total(parts: Iterator[Figures]) -> Figures | None:
    """The sum; None when there is no part."""
    found: Figures | None = None
    for part in parts:
        found = part if found is None else found + part
    return found


@lru_cache(maxsize=200_000)
def hour_of(meta: WorldMeta, campaign: Campaign, hour: int) -> Figures | None:
    """A campaign's hour as it ends up; None when it did not run.

    Args:
        meta: The world.
        campaign: The campaign.
        hour: Hours since 1970, UTC.
    """
    if not campaign.runs(hour * HOUR):
        return None
    if campaign.kind == LIVE:
        return total(
            room_hour(meta, campaign, one, hour)
            for one in _rooms_in(campaign.account.shop, hour * HOUR, (hour + 1) * HOUR)
        )
    local = datetime.fromtimestamp(hour * HOUR, ZoneInfo(campaign.account.timezone)).hour
    cost = campaign.budget * _WEIGHTS[local] * (70 + _draw(meta, campaign, hour, "cost") % 61)
    return _figures(meta, campaign, str(hour), cost // (sum(_WEIGHTS) * 100))


@lru_cache(maxsize=50_000)
def room_hour(meta: WorldMeta, campaign: Campaign, room: Room, hour: int) -> Figures:
    """What a LIVE campaign spent and claimed in a room during an hour."""
    begin = hour * HOUR
    minutes = max(0, min(room.end, begin + HOUR) - max(room.start, begin)) // 60
    noise = 70 + _draw(meta, campaign, hour, room.id) % 61
    cost = campaign.budget * minutes * noise // (_LIVE_MINUTES * 100)
    return _figures(meta, campaign, f"{room.id} {hour}", cost)


@lru_cache(maxsize=20_000)
def _rooms_in(shop: Shop, begin: int, end: int) -> tuple[Room, ...]:
    """The rooms of the shop's own accounts that are on air between two moments of one day."""
    middle = datetime.fromtimestamp(begin, UTC).date()
    return tuple(
        room
        for shift in range(-2, 3)
        for room in rooms_of_day(shop, middle + timedelta(days=shift))
        if room.account.is_own and room.start < end and room.end > begin
    )


def _figures(meta: WorldMeta, campaign: Campaign, key: str, cost: int) -> Figures:
    price = average_price(campaign.account.shop)
    sold = cost * campaign.return_percent * 10 // max(1, price)
    orders = (sold + _draw(meta, campaign, 0, f"orders {key}") % 1000) // 1000
    revenue = orders * price * (80 + _draw(meta, campaign, 0, f"price {key}") % 41) // 100
    coupon = cost // 20 if _draw(meta, campaign, 0, f"coupon {key}") % 4 == 0 else 0
    # A thousand impressions cost about a tenth of what is sold.
    impressions = cost * 10_000 // max(1, price)
    clicks = impressions * (8 + _draw(meta, campaign, 0, f"clicks {key}") % 9) // 1000
    return Figures(
        cost=cost,
        net_cost=cost - coupon,
        orders=orders,
        revenue=revenue,
        impressions=impressions,
        clicks=clicks,
        conversions=orders if campaign.destination == "TIKTOK_SHOP" else clicks // 30,
        views=impressions // 12 if campaign.kind == LIVE else 0,
    )


def hours_of_day(account: Account, day: date) -> range:
    """The hours of a day of the account's calendar, since 1970 in UTC."""
    zone = ZoneInfo(account.timezone)
    begin, end = (
        int(datetime(one.year, one.month, one.day, tzinfo=zone).timestamp()) // HOUR
        for one in (day, day + timedelta(days=1))
    )
    return range(begin, end)


def day_of(account: Account, hour: int) -> date:
    """The account's day of an hour."""
    return datetime.fromtimestamp(hour * HOUR, ZoneInfo(account.timezone)).date()


def shown(meta: WorldMeta, campaign: Campaign, hour: int, now: int) -> Figures | None:
    """A campaign's hour as its report shows it; None when it is not there yet."""
    known = hour_of(meta, campaign, hour)
    return None if known is None else _as_shown(meta, campaign, known, hour, now)


def shown_in_room(meta: WorldMeta, campaign: Campaign, room: Room, hour: int, now: int) -> Figures | None:
    """A room's hour as the report shows it."""
    if not campaign.runs(hour * HOUR):
        return None
    return _as_shown(meta, campaign, room_hour(meta, campaign, room, hour), hour, now)


def _as_shown(meta: WorldMeta, campaign: Campaign, known: Figures, hour: int, now: int) -> Figures | None:
    ended = (hour + 1) * HOUR
    if ended + SHOWN_AFTER > now:
        return None
    late = 0 if campaign.kind == BASIC else _draw(meta, campaign, hour, "late") % (COST_AFTER_HOURS * HOUR)
    cost, net_cost = known.cost or 0, known.net_cost or 0
    if now < repaired_at(campaign.account, hour):
        cost, net_cost = cost - cost // 40, net_cost - net_cost // 40
    is_known = ended + late <= now
    return Figures(
        cost=cost if is_known else None,
        net_cost=net_cost if is_known else None,
        orders=known.orders,
        revenue=known.revenue,
        impressions=known.impressions,
        clicks=known.clicks,
        conversions=known.conversions,
        views=known.views,
    )


def repaired_at(account: Account, hour: int) -> int:
    """When the cost of an hour is final: at the first 12:00 UTC after the end of its day."""
    end = hours_of_day(account, day_of(account, hour)).stop * HOUR
    return (end + DAY // 2 - 1) // DAY * DAY + DAY // 2


def day_shown(meta: WorldMeta, campaign: Campaign, day: date, now: int) -> Figures | None:
    """A campaign's day as its report shows it; None when there is nothing to show."""
    return total(
        one
        for hour in hours_of_day(campaign.account, day)
        if (one := shown(meta, campaign, hour, now)) is not None
    )


def by_country(meta: WorldMeta, campaign: Campaign, day: date, now: int) -> Figures | None:
    """A campaign's day in the report by country, where every hour comes 11 hours late."""
    return total(
        one
        for hour in hours_of_day(campaign.account, day)
        if (hour + 1 + COST_AFTER_HOURS) * HOUR <= now
        and (one := shown(meta, campaign, hour, now)) is not None
    )


def by_product(meta: WorldMeta, campaign: Campaign, day: date, now: int) -> dict[str, Figures]:
    """A product campaign's day, by product; the parts sum to the day."""
    whole = day_shown(meta, campaign, day, now)
    if whole is None or campaign.kind != PRODUCT:
        return {}
    ids = campaign.product_ids or tuple(sorted(products(campaign.account.shop)))
    weights = [1 + _draw(meta, campaign, day.toordinal(), f"product {one}") % 20 for one in ids]
    return _parts(whole, ids, weights, average_price(campaign.account.shop))


def by_creative(meta: WorldMeta, campaign: Campaign, day: date, now: int) -> dict[tuple[str, str], Figures]:
    """A product campaign's day, by product and video; -1 is the product's card. They sum to the day."""
    moment = hours_of_day(campaign.account, day).start * HOUR
    shop = campaign.account.shop
    found: dict[tuple[str, str], Figures] = {}
    for product_id, part in by_product(meta, campaign, day, now).items():
        items = (CARD, *(one.id for one in videos_at(shop, moment) if product_id in one.product_ids))[:4]
        weights = [1 + _draw(meta, campaign, day.toordinal(), f"{product_id} {one}") % 9 for one in items]
        pieces = _parts(part, items, weights, average_price(shop))
        found.update(((product_id, item), piece) for item, piece in pieces.items())
    return found


def by_room(meta: WorldMeta, campaign: Campaign, day: date, now: int) -> dict[str, Figures]:
    """A LIVE campaign's day, by room; a room over midnight has a part on each day."""
    if campaign.kind != LIVE:
        return {}
    hours = hours_of_day(campaign.account, day)
    found: dict[str, Figures] = {}
    for room in _rooms_in(campaign.account.shop, hours.start * HOUR, hours.stop * HOUR):
        during = [hour for hour in hours if room.start < (hour + 1) * HOUR and room.end > hour * HOUR]
        part = total(
            one for hour in during if (one := shown_in_room(meta, campaign, room, hour, now)) is not None
        )
        if part is not None:
            found[room.id] = part
    return found


def accounts_campaigns(meta: WorldMeta, account: Account, *kinds: str) -> list[Campaign]:
    """The campaigns of some kinds."""
    return [one for one in campaigns(account, meta) if one.kind in kinds]


def _parts(whole: Figures, names: Sequence[str], weights: Sequence[int], price: int) -> dict[str, Figures]:
    """Parts by weight that sum to the whole; revenue goes where the orders are. Empty parts are left out."""
    costs = _split(whole.cost, weights)
    nets = _split(whole.net_cost, weights)
    orders = _split(whole.orders, weights)
    revenue = _split(whole.revenue, [count or 0 for count in orders])
    impressions = _split(whole.impressions, weights)
    clicks = _split(whole.clicks, weights)
    return {
        name: Figures(
            cost=costs[index],
            net_cost=nets[index],
            orders=orders[index] or 0,
            revenue=revenue[index] or 0,
            impressions=impressions[index] or 0,
            clicks=clicks[index] or 0,
        )
        for index, name in enumerate(names)
        if costs[index] or orders[index]
    }


def _split(amount: int | None, weights: Sequence[int]) -> list[int | None]:
    """An amount in whole parts by weight; the largest parts get what is left over."""
    if amount is None:
        return [None] * len(weights)
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: (-weights[index], index))
    for index in order[: amount - sum(parts)]:
        parts[index] += 1
    return list(parts)


def _draw(meta: WorldMeta, campaign: Campaign, number: int, what: str) -> int:
    text = f"{meta.seed} {campaign.id} {number} {what}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest())
