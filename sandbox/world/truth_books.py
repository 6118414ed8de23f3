"""What the shops' books are: the receivable from the platform month by month, and what is wrong on purpose.

The receivable is counted twice here: by what moved it, and by what it is made of at the end of a month. The two must
agree, and the models with both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import orjson

from sandbox.world.catalog import SHOPS, Shop
from sandbox.world.store import Store
from sandbox.world.truth_records import ZERO, Json, SaleLine, bodies, sales

_DONE = "CANCELLATION_REQUEST_COMPLETE"


@dataclass(slots=True)
class _Order:
    """What an order is worth to the seller, step by step: (when, what it adds)."""

    steps: list[tuple[int, Decimal]] = field(default_factory=list)

    def worth(self, at: int) -> Decimal:
        """As of a moment, itself included."""
        return sum((amount for when, amount in self.steps if when <= at), ZERO)


def planted(store: Store, clock: int) -> Iterator[Json]:
    """What is wrong on purpose and can be seen by now."""
    for shop in SHOPS:
        yield from bodies(store, "planted", shop, clock)


def month_close(store: Store, clock: int) -> Iterator[Json]:
    """The receivable of each shop, month by month of the shop's calendar."""
    for shop in SHOPS:
        yield from _Books(store, shop, clock).months()


class _Books:
    def __init__(self, store: Store, shop: Shop, clock: int) -> None:
        self._store, self._shop, self._clock = store, shop, clock
        self._zone = ZoneInfo(shop.timezone)
        self._flows: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
        self._orders: dict[str, _Order] = {}
        self._settled: dict[str, list[tuple[int, Decimal]]] = defaultdict(list)
        self._payable: list[tuple[int, Decimal]] = []
        self._reserve: list[tuple[int, Decimal]] = []
        self._paid: list[tuple[int, Decimal]] = []
        self._of_orders()
        self._of_statements()

    def months(self) -> Iterator[Json]:
        """One row per month with anything in it, in order."""
        opening = ZERO
        for month in sorted(self._flows):
            flows = self._flows[month]
            closing = opening + sum(flows.values(), ZERO)
            end = self._end_of(month)
            yield {
                "shop_key": self._shop.id,
                "shop_local_month": month.isoformat(),
                "currency": self._shop.currency,
                "opening": str(opening),
                "closing": str(closing),
                **{name: str(amount) for name, amount in flows.items()},
                **{name: str(amount) for name, amount in self._stocks(end).items()},
            }
            opening = closing

    def _stocks(self, end: int) -> dict[str, Decimal]:
        unsettled = ZERO
        for order_id, order in self._orders.items():
            told = [at for at, _ in self._settled[order_id] if at <= end]
            unsettled += order.worth(end) - (order.worth(max(told)) if told else ZERO)
        moved = {
            "unpaid": sum((amount for at, amount in self._payable + self._paid if at <= end), ZERO),
            "reserve": -sum((amount for at, amount in self._reserve if at <= end), ZERO),
        }
        return {"unsettled": unsettled, **moved}

    def _add(self, at: int, name: str, amount: Decimal) -> None:
        month = datetime.fromtimestamp(at, self._zone).date().replace(day=1)
        self._flows[month][name] += amount

    def _end_of(self, month: date) -> int:
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        last = datetime(following.year, following.month, 1, tzinfo=self._zone).astimezone(UTC)
        return int(last.timestamp()) - 1

    def _of_orders(self) -> None:
        cancelled_at: dict[str, int] = {}
        for request in bodies(self._store, "cancellation", self._shop, self._clock):
            if request["cancel_status"] == _DONE:
                at = request["update_time"]
                cancelled_at[request["order_id"]] = min(at, cancelled_at.get(request["order_id"], at))
        for order, sold, lines in sales(self._store, self._shop, self._clock):
            worth = sum((line.before_platform_discount for line in lines), ZERO)
            if sold is None or not worth:
                continue
            book = self._orders[order["id"]] = _Order()
            gone = sum((line.before_platform_discount for line in lines if line.cancelled), ZERO)
            steps = [(sold, "sales", worth)]
            if gone:
                at = order.get("cancel_time") or cancelled_at.get(order["id"]) or order["update_time"]
                steps.append((max(sold, at), "cancelled", -gone))
            for line in lines:
                steps += [(at, "refunded", -amount) for at, amount in self._taken_back(line)]
            for at, name, amount in steps:
                book.steps.append((at, amount))
                self._add(at, name, amount)

    def _taken_back(self, line: SaleLine) -> Iterator[tuple[int, Decimal]]:
        """What refunds of a line take from the seller, in whole units of the currency."""
        unit = Decimal(1).scaleb(-self._shop.digits)
        done = before = ZERO
        for at, amount in line.events:
            done += amount
            so_far = (line.before_platform_discount * done / line.sale).quantize(unit, ROUND_HALF_UP)
            yield at, so_far - before
            before = so_far

    def _of_statements(self) -> None:
        paid_at = {
            payment["id"]: payment
            for payment in bodies(self._store, "payment", self._shop, self._clock)
            if payment["status"] == "PAID"
        }
        payable_of: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for statement in bodies(self._store, "statement", self._shop, self._clock):
            at = statement["statement_time"]
            payable = self._of_statement(statement["id"], at)
            payment_id = statement.get("payment_id", "")
            if payment_id in paid_at:
                payable_of[payment_id] += payable
            elif statement["payment_status"] == "SETTLED":
                self._paid.append((at, -payable))
                self._add(at, "set_off", -payable)
        for payment_id in payable_of:
            payment = paid_at[payment_id]
            amount = Decimal(payment["settlement_amount"]["value"])
            self._paid.append((payment["paid_time"], -amount))
            self._add(payment["paid_time"], "payout", -amount)

    def _of_statement(self, statement_id: str, at: int) -> Decimal:
        revenue: dict[str, Decimal] = defaultdict(lambda: ZERO)
        payable = ZERO
        for record in self._store.records(
            "statement_transaction", self._shop.id, self._clock, parent=statement_id
        ):
            row = orjson.loads(record.body)
            amount, held = Decimal(row["settlement_amount"]), Decimal(row.get("reserve_amount", "0"))
            earned = Decimal(row.get("revenue_amount", "0"))
            payable += amount + held
            revenue[row["order_id"] if row["type"] == "ORDER" else ""] += earned
            self._add(at, "charged", amount - earned)
            if held:
                self._reserve.append((at, held))
        for order_id, earned in revenue.items():
            moved = ZERO
            if order_id in self._orders:
                told = [when for when, _ in self._settled[order_id] if when < at]
                order = self._orders[order_id]
                moved = order.worth(at) - (order.worth(max(told)) if told else ZERO)
                self._settled[order_id].append((at, earned))
            self._add(at, "difference", earned - moved)
        self._payable.append((at, payable))
        return payable
