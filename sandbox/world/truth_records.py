"""What all tables of the ground truth are worked out from: records as of a clock, sale lines, rates, sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from sandbox.world.catalog import Shop
from sandbox.world.exchange import rates_between
from sandbox.world.store import Store

Json = dict[str, Any]

RATE_LIFE_DAYS = 7
ZERO = Decimal(0)
_REFUNDED = {
    "RETURN_OR_REFUND_REQUEST_COMPLETE",
    "REPLACEMENT_REQUEST_REFUND_SUCCESS",
    "EXCHANGE_REQUEST_REFUND_SUCCESS",
}
_UNDER_WAY = {
    "RETURN_OR_REFUND_REQUEST_PENDING",
    "AWAITING_BUYER_SHIP",
    "BUYER_SHIPPED_ITEM",
    "RETURN_OR_REFUND_REQUEST_SUCCESS",
    "AWAITING_BUYER_RESPONSE",
    "REJECT_RECEIVE_PACKAGE",
}


def bodies(store: Store, kind: str, shop: Shop, clock: int) -> Iterator[Json]:
    """Every record of a kind that is visible at the clock."""
    for record in store.records(kind, shop.id, clock):
        yield orjson.loads(record.body)


@dataclass(frozen=True, slots=True)
class Reporting:
    """What the readers of the KPIs count in, and whose midnight ends their day.

    Attributes:
        currency: ISO 4217 code.
        zone: IANA name of a time zone.
    """

    currency: str = "CNY"
    zone: str = "Asia/Shanghai"

    def business_date(self, at: int) -> date:
        """The day of an instant on the reporting calendar."""
        return datetime.fromtimestamp(at, ZoneInfo(self.zone)).date()

    def rates(self, currency: str) -> Rates:
        """What a currency is worth in the reporting currency."""
        return Rates(currency, self.currency)


DEFAULT_REPORTING = Reporting()


class Rates:
    """What one unit of a currency is worth in another, by day, as an accountant would look it up."""

    def __init__(self, currency: str, quote: str) -> None:
        self._currency = currency
        self._quote = quote
        self._known: dict[date, Decimal | None] = {}

    def on(self, day: date) -> Decimal | None:
        """The rate of the day, else the last one before it that is not too old."""
        if day not in self._known:
            start = day - timedelta(days=RATE_LIFE_DAYS)
            if self._currency == self._quote:
                return Decimal(1)
            rates = rates_between(start, day, self._currency, self._quote)
            self._known[day] = rates[-1][1] if rates else None
        return self._known[day]

    def convert(self, amount: Decimal, day: date) -> Decimal | None:
        """An amount in the other currency, to four places, half away from zero."""
        rate = self.on(day)
        return None if rate is None else (amount * rate).quantize(Decimal("0.0001"), ROUND_HALF_UP)


class Sum:
    """Adds up; what is unknown once stays unknown."""

    def __init__(self) -> None:
        self.amounts: dict[str, Decimal | None] = {}
        # Numbers, not texts: there may be millions.
        self.sets: dict[str, set[int]] = defaultdict(set)

    def add(self, name: str, amount: Decimal | int | None) -> None:
        """Adds an amount or a count."""
        known = self.amounts.get(name, ZERO)
        self.amounts[name] = None if known is None or amount is None else known + amount

    def shown(self) -> Json:
        """As text, with the sizes of the sets."""
        values = {name: None if value is None else str(value) for name, value in self.amounts.items()}
        return values | {name: len(members) for name, members in self.sets.items()}


def rows_of(sums: dict[tuple[str, ...], Sum], names: tuple[str, ...]) -> list[Json]:
    """The sums as rows, by their keys."""
    return [dict(zip(names, key, strict=True)) | sums[key].shown() for key in sorted(sums)]


class SaleLine:
    """What one sale line came to."""

    def __init__(self, order: Json, line: Json, refunds: list[tuple[int, str, Decimal, str]]) -> None:
        self.id: str = line["id"]
        self.sku_id: str = line["sku_id"]
        self.product_id: str = line["product_id"]
        self.room_id: str = line.get("room_id", "")
        self.sale = Decimal(line["sale_price"])
        self.listed = Decimal(line["original_price"])
        self.before_platform_discount = self.sale + Decimal(line["platform_discount"])
        self.cancelled = order["status"] == "CANCELLED" or line["display_status"] == "CANCELLED"
        self.refunded = self.pending = ZERO
        self.events: list[tuple[int, Decimal]] = []
        if self.cancelled:
            return
        for at, _, amount, status in sorted(refunds):
            if status in _REFUNDED:
                part = min(amount, self.sale - self.refunded)
                self.refunded += part
                if part:
                    self.events.append((at, part))
        asked = sum((amount for _, _, amount, status in refunds if status in _UNDER_WAY), ZERO)
        self.pending = min(asked, self.sale - self.refunded)


def sales(store: Store, shop: Shop, clock: int) -> Iterator[tuple[Json, int | None, list[SaleLine]]]:
    """(order, sale time or None when unpaid, its sale lines) of every order that has sale lines."""
    refunds: dict[str, list[tuple[int, str, Decimal, str]]] = defaultdict(list)
    for request in bodies(store, "return", shop, clock):
        for line in request["return_line_items"]:
            refunds[line["order_line_item_id"]].append(
                (
                    request["update_time"],
                    request["return_id"],
                    Decimal(line["refund_amount"]["refund_subtotal"]),
                    request["return_status"],
                )
            )
    for order in bodies(store, "order", shop, clock):
        if order["is_sample_order"] or order["is_replacement_order"] or order.get("is_exchange_order"):
            continue
        lines = [
            SaleLine(order, line, refunds[line["id"]]) for line in order["line_items"] if not line["is_gift"]
        ]
        if not lines:
            continue
        sold: int | None = order.get("paid_time")
        if order["is_cod"]:
            sold = order["create_time"] if order["status"] != "UNPAID" or sold else None
        yield order, sold, lines
