"""The life of an order: who buys what, and all that happens to it afterwards."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.world.catalog import CASH_ON_DELIVERY, SALES_TAX, Shop, Sku, skus
from sandbox.world.money import share
from sandbox.world.promotion import on_air

MINUTE, HOUR, DAY = 60, 3600, 86_400

COMPLETED_REFUNDS = (
    "RETURN_OR_REFUND_REQUEST_COMPLETE",
    "REPLACEMENT_REQUEST_REFUND_SUCCESS",
    "EXCHANGE_REQUEST_REFUND_SUCCESS",
)

# How busy an hour of the buyers' day is.
_HOURS = (3, 2, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 7, 7, 8, 10, 13, 16, 17, 12, 7)
_WEEKDAYS = (9, 9, 9, 10, 11, 13, 13)
# Of the orders placed while somebody is on air.
_IN_A_ROOM = 0.45
_FLASH_DAYS = {(7, 25), (8, 8), (9, 9), (10, 10), (10, 25), (11, 11), (12, 12)}


@dataclass(slots=True)
class Line:
    """One unit of an order. Amounts in the smallest unit of the shop's currency."""

    id: str
    sku: Sku
    original: int
    seller_discount: int
    platform_discount: int
    tax: int
    tax_rate: int  # hundredths of a percent
    is_gift: bool = False
    room_id: str = ""
    cancelled_at: int | None = None

    @property
    def sale(self) -> int:
        """What the buyer pays for it, without tax."""
        return self.original - self.seller_discount - self.platform_discount


@dataclass(slots=True)
class Return:
    """A request after delivery, with the amounts per line that it asks back."""

    id: str
    kind: str
    events: list[tuple[int, str]]
    refunds: list[tuple[Line, int, int]]  # line, merchandise, tax
    shipping: int
    reason: str
    retail_delivery_fee: int = 0
    buyer_service_fee: int = 0
    arbitration: str = ""
    is_quick: bool = False
    partial_offer: bool = False
    previous: Return | None = None
    following: Return | None = None

    @property
    def created(self) -> int:
        """When it was asked for."""
        return self.events[0][0]

    @property
    def completed_at(self) -> int | None:
        """When the money went back, or None."""
        return next((at for at, status in self.events if status in COMPLETED_REFUNDS), None)


@dataclass(slots=True)
class Cancellation:
    """A request before delivery."""

    id: str
    kind: str
    role: str
    reason: str
    events: list[tuple[int, str]]
    lines: list[Line]
    refunded: bool


@dataclass(slots=True)
class Life:
    """An order from its creation to its end.

    Attributes:
        events: (when, status) in order of time; the first is the creation.
        claims: What `claims.claims_of` has found, so that it is looked for only once.
        settles_late: By how many days the platform settles it later than it should.
    """

    shop: Shop
    id: str
    buyer: int
    created: int
    lines: list[Line]
    is_cod: bool = False
    is_sample: bool = False
    is_replacement: bool = False
    is_exchange: bool = False
    source_order_id: str = ""
    shipping_original: int = 0
    shipping_seller_discount: int = 0
    shipping_platform_discount: int = 0
    shipping_tax: int = 0
    retail_delivery_fee: int = 0
    buyer_service_fee: int = 0
    small_order_fee: int = 0
    parcels: int = 1
    paid: int | None = None
    rts: int | None = None
    collected: int | None = None
    delivered: int | None = None
    cancelled: int | None = None
    cancel_initiator: str = ""
    cancel_reason: str = ""
    events: list[tuple[int, str]] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    cancellations: list[Cancellation] = field(default_factory=list)
    claims: tuple[Any, ...] | None = None
    settles_late: int = 0

    @property
    def shipping_fee(self) -> int:
        """What the buyer pays for shipping."""
        return self.shipping_original - self.shipping_seller_discount - self.shipping_platform_discount

    @property
    def fees(self) -> int:
        """What the buyer pays besides goods, shipping and tax."""
        return self.retail_delivery_fee + self.buyer_service_fee + self.small_order_fee

    @property
    def is_sale(self) -> bool:
        """Whether it is an order that a shop earns from."""
        return not (self.is_sample or self.is_replacement or self.is_exchange)


@cache
def hour_weights(shop: Shop, day: int) -> tuple[int, ...]:
    """How busy the hours of a UTC day are, by the buyers' own clock, week and flash sales."""
    zone = ZoneInfo(shop.timezone)
    starts = [datetime.fromtimestamp(day * DAY + hour * HOUR, zone) for hour in range(24)]
    return tuple(
        _HOURS[start.hour] * _WEEKDAYS[start.weekday()] * (3 if _is_flash(start) else 1) for start in starts
    )


@cache
def day_weight(shop: Shop, day: int) -> int:
    """How busy a UTC day is, beside other days of the shop."""
    noise = 90 + random.Random(f"weight {shop.region} {day}").randrange(21)
    slow_wave = 100 + abs(day % 58 - 29) // 2
    return sum(hour_weights(shop, day)) * noise * slow_wave


def _is_flash(local: datetime) -> bool:
    return (local.month, local.day) in _FLASH_DAYS


class Stream:
    """A shop's orders, a UTC day after the other.

    Each day has randomness of its own, from the seed, the shop and the day. What goes from one day into the next
    are the requests that TikTok answers with a further order: replacements and exchanges on their way.

    Args:
        shop: The shop.
        seed: The world's.
        buyers: How many people buy there; some come often.
    """

    def __init__(self, shop: Shop, seed: int, buyers: int) -> None:
        self._shop = shop
        self._seed = seed
        self._buyers = buyers
        self._promised: list[tuple[int, str, Life, Return]] = []

    def day(self, day: int, count: int) -> Iterator[Life]:
        """The orders created on a UTC day (a day number since 1970)."""
        rng = random.Random(f"{self._seed} {self._shop.region} {day}")
        zone = ZoneInfo(self._shop.timezone)
        hours = rng.choices(range(24), hour_weights(self._shop, day), k=count)
        moments = sorted(day * DAY + hour * HOUR + rng.randrange(HOUR) for hour in hours)
        for number, created in enumerate(moments):
            buyer = min(rng.randrange(self._buyers), rng.randrange(self._buyers))
            life = Life(self._shop, _order_id(self._shop, day, number), buyer, created, [])
            if self._promised and self._promised[0][0] <= created:
                _, _, source, request = heapq.heappop(self._promised)
                _succeed(life, source, request)
            else:
                life.is_sample = rng.random() < 0.012
                life.is_cod = not life.is_sample and rng.randrange(100) < CASH_ON_DELIVERY[self._shop.region]
                _fill(life, _is_flash(datetime.fromtimestamp(created, zone)), rng)
            _run(life, rng)
            for request in life.returns:
                at, status = request.events[-1]
                if status in _ANSWERED_WITH_AN_ORDER:
                    heapq.heappush(self._promised, (at, request.id, life, request))
            yield life


def _order_id(shop: Shop, day: int, number: int) -> str:
    # TikTok's ids are unique within a shop. The first order of every tenth day has the same id in all shops, so
    # that a join without the shop shows.
    mark = 0 if number == 0 and day % 10 == 0 else shop.number
    return f"5768{mark}{day:05d}{number:08d}"


def _succeed(life: Life, source: Life, request: Return) -> None:
    """Makes an order the replacement or the exchange of another: the same goods at the same prices."""
    life.is_exchange = request.kind == "EXCHANGE"
    life.is_replacement = not life.is_exchange
    life.source_order_id = source.id
    life.buyer = source.buyer
    for line, _, _ in request.refunds:
        life.lines.append(replace(line, id=f"{life.id}{len(life.lines) + 1:02d}", room_id=""))


def _fill(life: Life, flash: bool, rng: random.Random) -> None:
    shop = life.shop
    choice = skus(shop)
    room = _room(shop, life.created, rng.random())
    rates = SALES_TAX.get(shop.region, (0,))
    rate = rates[life.buyer % len(rates)]
    for sku in _pick(shop, choice, rng):
        seller = rng.choice((0, 0, 5, 10, 15)) + (10 if flash else 0)
        platform = rng.choice((0, 0, 0, 3, 5, 8)) + (4 if flash else 0)
        if life.is_sample and rng.random() < 0.7:
            seller, platform = 100, 0
        # Up to three units of one SKU, each a line of its own.
        for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 3))):
            life.lines.append(_line(life, sku, seller, platform, rate, room))
    if life.is_sale and rng.random() < 0.06:
        gift = _line(life, choice[rng.randrange(len(choice) - 2)], 100, 0, rate, room)
        gift.is_gift = True
        life.lines.append(gift)
    if life.is_sale:
        prices = (15_000, 25_000, 35_000) if shop.digits == 0 else (199, 349, 499)
        life.shipping_original = rng.choice(prices)
        if rng.random() < 0.5:
            life.shipping_platform_discount = life.shipping_original
        elif rng.random() < 0.3:
            life.shipping_seller_discount = share(life.shipping_original, 1, 2)
    if shop.region == "US":
        life.shipping_tax = share(life.shipping_fee, rate, 10_000)
        life.retail_delivery_fee = 29 if life.buyer % 20 == 0 and life.is_sale else 0
    if shop.region == "GB" and life.is_sale:
        life.buyer_service_fee = 20 if life.buyer % 4 == 0 else 0
    if shop.region == "TH" and life.is_sale:
        life.small_order_fee = 500 if life.buyer % 30 == 0 else 0


def _room(shop: Shop, moment: int, draw: float) -> str:
    """The LIVE room in which something is bought; none for most, and for all while nobody is on air."""
    if draw >= _IN_A_ROOM:
        return ""
    running = on_air(shop, moment)
    return running[int(draw / _IN_A_ROOM * len(running))].id if running else ""


@cache
def _popularity(shop: Shop) -> tuple[int, ...]:
    return tuple(sku.popularity for sku in skus(shop))


def _pick(shop: Shop, choice: tuple[Sku, ...], rng: random.Random) -> list[Sku]:
    wanted = rng.choice((1, 1, 1, 2, 2, 3))
    picked = rng.choices(choice, _popularity(shop), k=wanted)
    return list(dict.fromkeys(picked))


def _line(life: Life, sku: Sku, seller: int, platform: int, rate: int, room: str) -> Line:
    seller_discount = _whole(share(sku.price, seller, 100), life.shop)
    platform_discount = min(_whole(share(sku.price, platform, 100), life.shop), sku.price - seller_discount)
    sale = sku.price - seller_discount - platform_discount
    return Line(
        id=f"{life.id}{len(life.lines) + 1:02d}",
        sku=sku,
        original=sku.price,
        seller_discount=seller_discount,
        platform_discount=platform_discount,
        tax=share(sale, rate, 10_000),
        tax_rate=rate,
        room_id=room,
    )


def _whole(amount: int, shop: Shop) -> int:
    """Discounts in dong are hundreds."""
    return amount // 100 * 100 if shop.digits == 0 and amount % 1000 else amount


def _run(life: Life, rng: random.Random) -> None:
    """All that happens to the order: payment, shipping, cancellation, returns."""
    created = life.created
    events = life.events
    fate = rng.random()
    if life.is_cod:
        ready = created + rng.randrange(5, 120)
        events.append((created, "UNPAID" if rng.random() < 0.3 else "AWAITING_SHIPMENT"))
        if events[0][1] == "UNPAID":
            events.append((ready, "AWAITING_SHIPMENT"))
    else:
        events.append((created, "UNPAID"))
        if fate < 0.015 and life.is_sale:
            _request_cancel(life, created + rng.randrange(10 * MINUTE, 30 * HOUR), rng)
            return
        if fate < 0.05 and life.is_sale:
            _cancel(life, created + 2 * DAY, "SYSTEM", "Payment overdue")
            return
        if life.is_sale:
            fast = rng.random() < 0.85
            life.paid = created + (rng.randrange(8, 90) if fast else rng.randrange(90, 20 * HOUR))
        else:
            # There is nothing to wait for.
            life.paid = created + 1
        ready = life.paid
        events.append((life.paid, "ON_HOLD"))
        ready += HOUR
        events.append((ready, "AWAITING_SHIPMENT"))
    if 0.05 <= fate < 0.09 and life.is_sale:
        at = ready + rng.randrange(HOUR, 20 * HOUR)
        _request_cancel(life, at, rng)
        return
    if 0.09 <= fate < 0.105 and life.is_sale and len(life.lines) > 1:
        at = ready + rng.randrange(HOUR, 12 * HOUR)
        line = life.lines[rng.randrange(len(life.lines))]
        line.cancelled_at = at + 2 * HOUR
        _add_cancellation(life, at, [line], rng, granted=True)
        events.append((at + 2 * HOUR, "AWAITING_SHIPMENT"))
        ready = at + 2 * HOUR
    elif 0.105 <= fate < 0.115 and life.is_sale:
        _add_cancellation(life, ready + 2 * HOUR, list(life.lines), rng, granted=False)
    life.rts = ready + rng.randrange(4 * HOUR, 40 * HOUR)
    life.collected = life.rts + rng.randrange(2 * HOUR, 24 * HOUR)
    events.append((life.rts, "AWAITING_COLLECTION"))
    if len(life.lines) > 1 and rng.random() < 0.04:
        life.parcels = 2
        events.append((life.rts + HOUR, "PARTIALLY_SHIPPING"))
    events.append((life.collected, "IN_TRANSIT"))
    if life.is_cod and rng.random() < 0.08:
        _cancel(life, life.collected + rng.randrange(5 * DAY, 12 * DAY), "SYSTEM", "Package delivery failed")
        return
    life.delivered = life.collected + rng.randrange(1 * DAY, 8 * DAY)
    events.append((life.delivered, "DELIVERED"))
    completed = life.delivered + rng.randrange(5, 9) * DAY
    if life.is_sale and rng.random() < 0.10:
        _add_returns(life, rng)
    touches = [at for request in life.returns for at, _ in request.events]
    events.append((completed, "COMPLETED"))
    for at in touches:
        events.append((at, "COMPLETED" if at >= completed else "DELIVERED"))
    events.sort()
    # One instant, one version.
    life.events = list({at: (at, status) for at, status in events}.values())


def _cancel(life: Life, at: int, initiator: str, reason: str) -> None:
    life.cancelled, life.cancel_initiator, life.cancel_reason = at, initiator, reason
    life.events.append((at, "CANCELLED"))


def _request_cancel(life: Life, at: int, rng: random.Random) -> None:
    by_buyer = life.paid is None or rng.random() < 0.7
    _add_cancellation(life, at, list(life.lines), rng, granted=True, by_buyer=by_buyer)
    done = life.cancellations[-1].events[-1][0]
    _cancel(life, done, "BUYER" if by_buyer else "SELLER", "No longer needed" if by_buyer else "Out of stock")


def _add_cancellation(
    life: Life, at: int, lines: list[Line], rng: random.Random, *, granted: bool, by_buyer: bool = True
) -> None:
    events = [(at, "CANCELLATION_REQUEST_PENDING")]
    if granted:
        events.append((at + HOUR, "CANCELLATION_REQUEST_SUCCESS"))
        events.append((at + 2 * HOUR, "CANCELLATION_REQUEST_COMPLETE"))
    elif rng.random() < 0.8:
        events.append((at + 5 * HOUR, "CANCELLATION_REQUEST_CANCEL"))
    life.cancellations.append(
        Cancellation(
            id=f"{life.id}7{len(life.cancellations)}",
            kind="BUYER_CANCEL" if by_buyer else "CANCEL",
            role="BUYER" if by_buyer else "SELLER",
            reason="ecom_order_to_ship_canceled_reason_no_need"
            if by_buyer
            else "seller_cancel_reason_out_of_stock",
            events=events,
            lines=lines,
            refunded=granted and life.paid is not None,
        )
    )


_REASONS = ("ecom_order_delivered_refund_reason_quality", "ecom_order_delivered_refund_reason_wrong_item")
_ASKED = "RETURN_OR_REFUND_REQUEST_PENDING"
_DONE = "RETURN_OR_REFUND_REQUEST_COMPLETE"
_SENT_BACK = ("AWAITING_BUYER_SHIP", "BUYER_SHIPPED_ITEM")


@dataclass(frozen=True, slots=True)
class _Flow:
    """A way a return can go: how often, what kind, and the states it goes through."""

    weight: int
    kind: str
    statuses: tuple[str, ...]
    arbitration: str = ""
    is_quick: bool = False
    partial_offer: bool = False


_FLOWS = (
    _Flow(26, "REFUND", (_ASKED, _DONE)),
    _Flow(28, "RETURN_AND_REFUND", (_ASKED, *_SENT_BACK, "RETURN_OR_REFUND_REQUEST_SUCCESS", _DONE)),
    _Flow(4, "REFUND", (_DONE,), is_quick=True),
    _Flow(6, "REFUND", (_ASKED, "AWAITING_BUYER_RESPONSE", _DONE), partial_offer=True),
    _Flow(5, "RETURN_AND_REFUND", (_ASKED, *_SENT_BACK, "REJECT_RECEIVE_PACKAGE"), "IN_PROGRESS"),
    _Flow(2, "RETURN_AND_REFUND", (_ASKED, _SENT_BACK[0])),
    _Flow(6, "REFUND", (_ASKED, "REFUND_OR_RETURN_REQUEST_REJECT"), "SUPPORT_SELLER"),
    _Flow(5, "RETURN_AND_REFUND", (_ASKED, "RETURN_OR_REFUND_REQUEST_CANCEL")),
    _Flow(6, "REPLACEMENT", ("REPLACEMENT_REQUEST_PENDING", "REPLACEMENT_REQUEST_COMPLETE")),
    _Flow(4, "REPLACEMENT", ("REPLACEMENT_REQUEST_PENDING", "REPLACEMENT_REQUEST_REFUND_SUCCESS")),
    _Flow(2, "REPLACEMENT", ("REPLACEMENT_REQUEST_PENDING", "REPLACEMENT_REQUEST_REJECT")),
    _Flow(2, "REPLACEMENT", ("REPLACEMENT_REQUEST_PENDING", "REPLACEMENT_REQUEST_CANCEL")),
    _Flow(5, "EXCHANGE", ("EXCHANGE_REQUEST_PENDING", "EXCHANGE_REQUEST_COMPLETE")),
    _Flow(3, "EXCHANGE", ("EXCHANGE_REQUEST_PENDING", "EXCHANGE_REQUEST_REFUND_SUCCESS")),
    _Flow(2, "EXCHANGE", ("EXCHANGE_REQUEST_PENDING", "EXCHANGE_REQUEST_CANCEL")),
)
_ANSWERED_WITH_AN_ORDER = ("REPLACEMENT_REQUEST_COMPLETE", "EXCHANGE_REQUEST_COMPLETE")


def _add_returns(life: Life, rng: random.Random) -> None:
    """One to three returns: whole lines, parts of lines, and now and then one line refunded twice."""
    lines = [line for line in life.lines if line.cancelled_at is None and not line.is_gift]
    if not lines or life.delivered is None:
        return
    twice = rng.random() < 0.12
    for number in range(rng.choice((2, 2, 3)) if twice or rng.random() < 0.15 else 1):
        # Two refunds of 70 percent are more than was paid: the cap of the KPI.
        flow = _FLOWS[number % 2] if twice else rng.choices(_FLOWS, [flow.weight for flow in _FLOWS])[0]
        chosen = [lines[0]] if twice else rng.sample(lines, rng.randint(1, len(lines)))
        percent = rng.choice((40, 50, 70)) if twice else rng.choice((100, 100, 100, 30, 50))
        if flow.partial_offer:
            percent = 30
        if not twice:
            lines = [line for line in lines if line not in chosen]
        start = life.delivered + rng.randrange(12 * HOUR, 30 * DAY if rng.random() < 0.25 else 7 * DAY)
        events, at = [], start
        for status in flow.statuses:
            events.append((at, status))
            at += rng.randrange(8 * HOUR, 5 * DAY)
        money = "REFUND" in flow.kind or "REFUND_SUCCESS" in flow.statuses[-1]
        part = percent if money else 0
        refunds = [
            (line, _whole(share(line.sale, part, 100), life.shop), share(line.tax, part, 100))
            for line in chosen
        ]
        whole = money and percent == 100 and len(chosen) == len(life.lines)
        request = Return(
            id=f"{life.id}9{number}",
            kind=flow.kind,
            events=events,
            refunds=refunds,
            shipping=life.shipping_fee if whole else 0,
            reason=rng.choice(_REASONS),
            retail_delivery_fee=life.retail_delivery_fee if whole else 0,
            buyer_service_fee=life.buyer_service_fee if whole else 0,
            arbitration=flow.arbitration,
            is_quick=flow.is_quick,
            partial_offer=flow.partial_offer,
        )
        life.returns.append(request)
        if not lines:
            break
    life.returns.sort(key=lambda request: request.created)
    for earlier, later in pairwise(life.returns):
        later.previous, earlier.following = earlier, later


def utc(seconds: int) -> datetime:
    """An instant as a datetime in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
