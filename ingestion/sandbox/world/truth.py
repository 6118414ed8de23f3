"""The ground truth: what the KPIs of the world are, worked out from its own records, one order at a time.

This shares no code and no SQL with the models: it is a second, slower way to the same numbers, in exact decimals,
and tests compare the two to the smallest unit. What each number means is in the models' glossary.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from ingestion.sandbox.world.catalog import SHOPS, Shop
from ingestion.sandbox.world.exchange import rates_between
from ingestion.sandbox.world.store import KINDS, Store

Json = dict[str, Any]

REPORTING_CURRENCY = "CNY"
REPORTING_ZONE = ZoneInfo("Asia/Shanghai")
RATE_LIFE_DAYS = 7
_ZERO = Decimal(0)
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
AMOUNTS = (
    "gmv",
    "gmv_list",
    "gmv_before_platform_discount",
    "buyer_paid_amount",
    "cancelled_gmv",
    "refunded_gmv",
    "pending_refund_gmv",
    "net_gmv",
    "refund_amount_by_refund_date",
)
COUNTS = (
    "created_orders",
    "paid_orders",
    "cancelled_orders",
    "sku_orders",
    "units_sold",
    "refunded_units",
)
TABLES = (
    "kpi_shop_daily",
    "kpi_product_daily",
    "kpi_shop_hourly",
    "settlement_daily",
    "fee_groups",
    "counts",
)


def truth(directory: Path, clock: int, table: str) -> list[Json]:
    """One table of the ground truth, as of a clock. Amounts are decimal text.

    Args:
        directory: A generated world.
        clock: The world's time, unix seconds.
        table: One of `TABLES`.

    Raises:
        ValueError: There is no such table.
    """
    store = Store.open(directory)
    match table:
        case "kpi_shop_daily":
            return _rows(_shop_days(store, clock), ("shop_key", "business_date", "currency"))
        case "kpi_product_daily":
            return _rows(_product_days(store, clock), ("shop_key", "business_date", "product_id"))
        case "kpi_shop_hourly":
            return _rows(_shop_hours(store, clock), ("shop_key", "hour_start_at"))
        case "settlement_daily":
            return list(_statements(store, clock))
        case "fee_groups":
            return list(_components(store, clock))
        case "counts":
            return [
                {
                    "shop_key": shop.id,
                    "kind": kind,
                    "rows": store.count(kind, shop.id, clock, field="create_time", ge=None, lt=None),
                }
                for shop in SHOPS
                for kind in KINDS
            ]
    raise ValueError(f"There is no truth about {table!r}; there is {', '.join(TABLES)}.")


def _bodies(store: Store, kind: str, shop: Shop, clock: int) -> Iterator[Json]:
    """Every record of a kind that is visible at the clock."""
    for record in store.records(kind, shop.id, clock):
        yield orjson.loads(record.body)


class _Rates:
    """Yuan for one unit of a currency, by day, as an accountant would look them up."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._known: dict[date, Decimal | None] = {}

    def on(self, day: date) -> Decimal | None:
        """The rate of the day, else the last one before it that is not too old."""
        if day not in self._known:
            start = day - timedelta(days=RATE_LIFE_DAYS)
            rates = rates_between(start, day, self._currency, REPORTING_CURRENCY)
            self._known[day] = rates[-1][1] if rates else None
        return self._known[day]

    def convert(self, amount: Decimal, day: date) -> Decimal | None:
        """An amount in yuan, to four places, half away from zero."""
        rate = self.on(day)
        return None if rate is None else (amount * rate).quantize(Decimal("0.0001"), ROUND_HALF_UP)


class _Sum:
    """Adds up; what is unknown once stays unknown."""

    def __init__(self) -> None:
        self.amounts: dict[str, Decimal | None] = {}
        # Numbers, not texts: there may be millions.
        self.sets: dict[str, set[int]] = defaultdict(set)

    def add(self, name: str, amount: Decimal | int | None) -> None:
        """Adds an amount or a count."""
        known = self.amounts.get(name, _ZERO)
        self.amounts[name] = None if known is None or amount is None else known + amount

    def shown(self) -> Json:
        """As text, with the sizes of the sets."""
        values = {name: None if value is None else str(value) for name, value in self.amounts.items()}
        return values | {name: len(members) for name, members in self.sets.items()}


def _rows(sums: dict[tuple[str, ...], _Sum], names: tuple[str, ...]) -> list[Json]:
    return [dict(zip(names, key, strict=True)) | sums[key].shown() for key in sorted(sums)]


class _Line:
    """What one sale line came to."""

    def __init__(self, order: Json, line: Json, refunds: list[tuple[int, str, Decimal, str]]) -> None:
        self.sku_id: str = line["sku_id"]
        self.product_id: str = line["product_id"]
        self.sale = Decimal(line["sale_price"])
        self.listed = Decimal(line["original_price"])
        self.before_platform_discount = self.sale + Decimal(line["platform_discount"])
        self.cancelled = order["status"] == "CANCELLED" or line["display_status"] == "CANCELLED"
        self.refunded = self.pending = _ZERO
        self.events: list[tuple[int, Decimal]] = []
        if self.cancelled:
            return
        for at, _, amount, status in sorted(refunds):
            if status in _REFUNDED:
                part = min(amount, self.sale - self.refunded)
                self.refunded += part
                if part:
                    self.events.append((at, part))
        asked = sum((amount for _, _, amount, status in refunds if status in _UNDER_WAY), _ZERO)
        self.pending = min(asked, self.sale - self.refunded)


def _sales(store: Store, shop: Shop, clock: int) -> Iterator[tuple[Json, int | None, list[_Line]]]:
    """(order, sale time or None when unpaid, its sale lines) of every order that has sale lines."""
    refunds: dict[str, list[tuple[int, str, Decimal, str]]] = defaultdict(list)
    for request in _bodies(store, "return", shop, clock):
        for line in request["return_line_items"]:
            refunds[line["order_line_item_id"]].append(
                (
                    request["update_time"],
                    request["return_id"],
                    Decimal(line["refund_amount"]["refund_subtotal"]),
                    request["return_status"],
                )
            )
    for order in _bodies(store, "order", shop, clock):
        if order["is_sample_order"] or order["is_replacement_order"] or order.get("is_exchange_order"):
            continue
        lines = [
            _Line(order, line, refunds[line["id"]]) for line in order["line_items"] if not line["is_gift"]
        ]
        if not lines:
            continue
        sold: int | None = order.get("paid_time")
        if order["is_cod"]:
            sold = order["create_time"] if order["status"] != "UNPAID" or sold else None
        yield order, sold, lines


def _business_date(at: int) -> date:
    return datetime.fromtimestamp(at, REPORTING_ZONE).date()


def _add_lines(total: _Sum, lines: list[_Line], day: date | None, rates: _Rates) -> None:
    for line in lines:
        cancelled = line.sale if line.cancelled else _ZERO
        parts = {
            "gmv": line.sale,
            "gmv_list": line.listed,
            "gmv_before_platform_discount": line.before_platform_discount,
            "cancelled_gmv": cancelled,
            "refunded_gmv": line.refunded,
            "pending_refund_gmv": line.pending,
        }
        for name, amount in parts.items():
            total.add(name, amount)
            if day is not None:
                total.add(f"{name}_rc", rates.convert(amount, day))
        total.add("net_gmv", line.sale - cancelled - line.refunded)
        if day is not None:
            pieces = [rates.convert(amount, day) for amount in (line.sale, cancelled, line.refunded)]
            known = [piece for piece in pieces if piece is not None]
            # What is left in yuan is what the rounded amounts leave, so that the identity holds there too.
            total.add("net_gmv_rc", known[0] - known[1] - known[2] if len(known) == 3 else None)
        total.add("refunded_units", 1 if line.refunded > 0 else 0)
    total.add("units_sold", len(lines))
    total.add("sku_orders", len({line.sku_id for line in lines}))


def _empty_day() -> _Sum:
    total = _Sum()
    for name in AMOUNTS:
        total.add(name, _ZERO)
        total.add(f"{name}_rc", _ZERO)
    for name in COUNTS:
        total.add(name, 0)
    total.sets["buyers"] = set()
    return total


def _shop_days(store: Store, clock: int) -> dict[tuple[str, ...], _Sum]:
    days: dict[tuple[str, ...], _Sum] = defaultdict(_empty_day)
    for shop in SHOPS:
        rates = _Rates(shop.currency)
        for order, sold, lines in _sales(store, shop, clock):
            days[shop.id, str(_business_date(order["create_time"])), shop.currency].add("created_orders", 1)
            if sold is None:
                continue
            day = _business_date(sold)
            total = days[shop.id, str(day), shop.currency]
            _add_lines(total, lines, day, rates)
            paid = Decimal(order["payment"]["total_amount"])
            total.add("buyer_paid_amount", paid)
            total.add("buyer_paid_amount_rc", rates.convert(paid, day))
            total.add("paid_orders", 1)
            total.add("cancelled_orders", 1 if order["status"] == "CANCELLED" else 0)
            total.sets["buyers"].add(int(order["user_id"]))
            for line in lines:
                for at, amount in line.events:
                    refund_day = _business_date(at)
                    total = days[shop.id, str(refund_day), shop.currency]
                    total.add("refund_amount_by_refund_date", amount)
                    total.add("refund_amount_by_refund_date_rc", rates.convert(amount, refund_day))
    return days


def _product_days(store: Store, clock: int) -> dict[tuple[str, ...], _Sum]:
    days: dict[tuple[str, ...], _Sum] = defaultdict(_Sum)
    for shop in SHOPS:
        rates = _Rates(shop.currency)
        for _, sold, lines in _sales(store, shop, clock):
            if sold is None:
                continue
            day = _business_date(sold)
            for product_id in {line.product_id for line in lines}:
                chosen = [line for line in lines if line.product_id == product_id]
                _add_lines(days[shop.id, str(day), product_id], chosen, day, rates)
    return days


def _shop_hours(store: Store, clock: int) -> dict[tuple[str, ...], _Sum]:
    hours: dict[tuple[str, ...], _Sum] = defaultdict(_Sum)
    for shop in SHOPS:
        rates = _Rates(shop.currency)
        for order, sold, lines in _sales(store, shop, clock):
            if sold is None:
                continue
            start = datetime.fromtimestamp(sold - sold % 3600, UTC)
            total = hours[shop.id, start.isoformat()]
            _add_lines(total, lines, None, rates)
            total.add("paid_orders", 1)
            total.sets["buyers"].add(int(order["user_id"]))
    return hours


def _statements(store: Store, clock: int) -> Iterator[Json]:
    for shop in SHOPS:
        for statement in _bodies(store, "statement", shop, clock):
            sums = dict.fromkeys(
                ("revenue", "shipping_cost", "fee_tax", "adjustment", "settlement", "reserve"), _ZERO
            )
            for record in store.records("statement_transaction", shop.id, clock, parent=statement["id"]):
                row = orjson.loads(record.body)
                for name in sums:
                    sums[name] += Decimal(row.get(f"{name}_amount", "0"))
            # A week that is not positive is set off, and so settled without a payment of its own.
            paid = statement["payment_status"] in ("PAID", "SETTLED")
            yield {
                "shop_key": shop.id,
                "statement_id": statement["id"],
                "currency": statement["currency"],
                "payment_status": statement["payment_status"],
                "payment_id": statement.get("payment_id"),
                "payable": str(sums["settlement"] + sums["reserve"]),
                "payment": str(sums["settlement"] + sums["reserve"] if paid else _ZERO),
                **{name: str(amount) for name, amount in sums.items()},
            }


def _components(store: Store, clock: int) -> Iterator[Json]:
    for shop in SHOPS:
        sums: dict[tuple[str, str], Decimal] = defaultdict(lambda: _ZERO)
        for row in _bodies(store, "statement_transaction", shop, clock):
            fee_tax = row.get("fee_tax_breakdown", {})
            for group, leaves in (
                ("revenue", row.get("revenue_breakdown", {})),
                ("shipping", row.get("shipping_cost_breakdown", {})),
                ("fee", fee_tax.get("fee", {})),
                ("tax", fee_tax.get("tax", {})),
            ):
                for name, amount in leaves.items():
                    # An object among the leaves only explains them.
                    if isinstance(amount, str):
                        sums[group, name] += Decimal(amount)
        for (group, name), amount in sorted(sums.items()):
            if not amount:
                continue
            yield {"shop_key": shop.id, "component_group": group, "component": name, "amount": str(amount)}
