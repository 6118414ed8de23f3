"""The ground truth: what the KPIs of the world are, worked out from its own records, one order at a time.

This shares no code and no SQL with the models: it is a second, slower way to the same numbers, in exact decimals,
and tests compare the two to the smallest unit. What each number means is in the models' glossary.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import orjson

from sandbox.world import truth_books, truth_profit, truth_promotion, truth_stock
from sandbox.world.catalog import SHOPS
from sandbox.world.settlement import REPEATED
from sandbox.world.store import KINDS, Store
from sandbox.world.truth_records import (
    DEFAULT_REPORTING,
    ZERO,
    Json,
    Rates,
    Reporting,
    SaleLine,
    Sum,
    bodies,
    rows_of,
    sales,
)

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
    "line_profits",
    "sku_profit_daily",
    "creator_profits",
    "creator_daily",
    "live_sessions",
    "video_daily",
    "samples",
    "stock_daily",
    "packages",
    "fulfilment_daily",
    "month_close",
    "planted",
    "counts",
)


def truth(directory: Path, clock: int, table: str, reporting: Reporting = DEFAULT_REPORTING) -> list[Json]:
    """One table of the ground truth, as of a clock. Amounts are decimal text.

    Args:
        directory: A generated world.
        clock: The world's time, unix seconds.
        table: One of `TABLES`.
        reporting: Currency and calendar of the readers.

    Raises:
        ValueError: There is no such table.
    """
    store = Store.open(directory)
    match table:
        case "kpi_shop_daily":
            return rows_of(_shop_days(store, clock, reporting), ("shop_key", "business_date", "currency"))
        case "kpi_product_daily":
            return rows_of(
                _product_days(store, clock, reporting), ("shop_key", "business_date", "product_id")
            )
        case "kpi_shop_hourly":
            return rows_of(_shop_hours(store, clock, reporting), ("shop_key", "hour_start_at"))
        case "settlement_daily":
            return list(_statements(store, clock))
        case "fee_groups":
            return list(_components(store, clock))
        case "line_profits":
            return list(truth_profit.line_profits(store, clock, reporting))
        case "sku_profit_daily":
            return list(truth_profit.sku_profit_days(store, clock, reporting))
        case "creator_profits":
            return list(truth_profit.creator_profits(store, clock, reporting))
        case "creator_daily":
            return list(truth_promotion.creator_days(store, clock, reporting))
        case "live_sessions":
            return list(truth_promotion.live_sessions(store, clock))
        case "video_daily":
            return list(truth_promotion.video_days(store, clock))
        case "samples":
            return list(truth_promotion.samples(store, clock))
        case "stock_daily":
            return list(truth_stock.stock_days(store, clock))
        case "packages":
            return list(truth_stock.packages(store, clock))
        case "fulfilment_daily":
            return list(truth_stock.fulfilment_days(store, clock))
        case "month_close":
            return list(truth_books.month_close(store, clock))
        case "planted":
            return list(truth_books.planted(store, clock))
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


def _add_lines(total: Sum, lines: list[SaleLine], day: date | None, rates: Rates) -> None:
    for line in lines:
        cancelled = line.sale if line.cancelled else ZERO
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
            # What is left is what the rounded amounts leave, so that the identity holds in both currencies.
            total.add("net_gmv_rc", known[0] - known[1] - known[2] if len(known) == 3 else None)
        total.add("refunded_units", 1 if line.refunded > 0 else 0)
    total.add("units_sold", len(lines))
    total.add("sku_orders", len({line.sku_id for line in lines}))


def _empty_day() -> Sum:
    total = Sum()
    for name in AMOUNTS:
        total.add(name, ZERO)
        total.add(f"{name}_rc", ZERO)
    for name in COUNTS:
        total.add(name, 0)
    total.sets["buyers"] = set()
    return total


def _shop_days(store: Store, clock: int, reporting: Reporting) -> dict[tuple[str, ...], Sum]:
    days: dict[tuple[str, ...], Sum] = defaultdict(_empty_day)
    for shop in SHOPS:
        rates = reporting.rates(shop.currency)
        for order, sold, lines in sales(store, shop, clock):
            days[shop.id, str(reporting.business_date(order["create_time"])), shop.currency].add(
                "created_orders", 1
            )
            if sold is None:
                continue
            day = reporting.business_date(sold)
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
                    refund_day = reporting.business_date(at)
                    total = days[shop.id, str(refund_day), shop.currency]
                    total.add("refund_amount_by_refund_date", amount)
                    total.add("refund_amount_by_refund_date_rc", rates.convert(amount, refund_day))
    return days


def _product_days(store: Store, clock: int, reporting: Reporting) -> dict[tuple[str, ...], Sum]:
    days: dict[tuple[str, ...], Sum] = defaultdict(Sum)
    for shop in SHOPS:
        rates = reporting.rates(shop.currency)
        for _, sold, lines in sales(store, shop, clock):
            if sold is None:
                continue
            day = reporting.business_date(sold)
            for product_id in {line.product_id for line in lines}:
                chosen = [line for line in lines if line.product_id == product_id]
                _add_lines(days[shop.id, str(day), product_id], chosen, day, rates)
    return days


def _shop_hours(store: Store, clock: int, reporting: Reporting) -> dict[tuple[str, ...], Sum]:
    hours: dict[tuple[str, ...], Sum] = defaultdict(Sum)
    for shop in SHOPS:
        rates = reporting.rates(shop.currency)
        for order, sold, lines in sales(store, shop, clock):
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
        for statement in bodies(store, "statement", shop, clock):
            sums = dict.fromkeys(
                ("revenue", "shipping_cost", "fee_tax", "adjustment", "settlement", "reserve"), ZERO
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
                "payment": str(sums["settlement"] + sums["reserve"] if paid else ZERO),
                **{name: str(amount) for name, amount in sums.items()},
            }


def _components(store: Store, clock: int) -> Iterator[Json]:
    repeated = set(REPEATED.values())
    for shop in SHOPS:
        sums: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        for row in bodies(store, "statement_transaction", shop, clock):
            fee_tax = row.get("fee_tax_breakdown", {})
            for group, leaves in (
                ("revenue", row.get("revenue_breakdown", {})),
                ("shipping", row.get("shipping_cost_breakdown", {})),
                ("fee", fee_tax.get("fee", {})),
                ("tax", fee_tax.get("tax", {})),
            ):
                for name, amount in leaves.items():
                    # An object among the leaves only explains them; some leaves repeat others.
                    if isinstance(amount, str) and name not in repeated:
                        sums[group, name] += Decimal(amount)
        for (group, name), amount in sorted(sums.items()):
            if not amount:
                continue
            yield {"shop_key": shop.id, "component_group": group, "component": name, "amount": str(amount)}
