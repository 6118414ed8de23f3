"""The ground truth about stock and fulfilment: see `truth.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.world.catalog import SHOPS, Shop, skus
from sandbox.world.store import Store
from sandbox.world.truth_records import Json, bodies, sales

_DAY = 86_400
_WINDOWS = (7, 14, 28)
_SPIKE_RANK = 26
"""Of 28 days sorted by units, the one that nine in ten do not exceed."""
_FULFILMENT = (
    "rts_due_orders",
    "late_rts_orders",
    "tts_due_orders",
    "late_tts_orders",
    "delivery_due_orders",
    "on_time_delivered_orders",
    "sold_orders",
    "seller_cancelled_orders",
    "orders_due_within_24h",
)


def stock_days(store: Store, clock: int) -> Iterator[Json]:
    """What is in stock on the shop-local day of the clock, and what sold on the complete days before it.

    A combo that sells takes its parts from the shelf, so it counts for them as well as for itself.
    """
    for shop in SHOPS:
        zone = ZoneInfo(shop.timezone)
        today = datetime.fromtimestamp(clock, zone).date()
        sold = _units(store, shop, clock, zone)
        combos = {sku.id for sku in skus(shop) if sku.parts}
        for product in bodies(store, "inventory", shop, clock):
            for sku in product["skus"]:
                units = [
                    sold[sku["id"], today - timedelta(days=back)] for back in range(1, max(_WINDOWS) + 1)
                ]
                for place in sku["warehouse_inventory"] or [_nowhere(sku)]:
                    yield {
                        "shop_key": shop.id,
                        "snapshot_date": today.isoformat(),
                        "warehouse_id": place["warehouse_id"],
                        "product_id": product["product_id"],
                        "sku_id": sku["id"],
                        "available_units": place["available_quantity"],
                        "committed_units": place["committed_quantity"],
                        "is_combo": sku["id"] in combos,
                        **{f"units_{days}d": sum(units[:days]) for days in _WINDOWS},
                        "spike_units_28d": sorted(units)[_SPIKE_RANK - 1],
                    }


def _nowhere(sku: Json) -> Json:
    """The totals of a SKU that stands in no warehouse."""
    return {
        "warehouse_id": "unknown",
        "available_quantity": sku["total_available_quantity"],
        "committed_quantity": sku["total_committed_quantity"],
    }


def _units(store: Store, shop: Shop, clock: int, zone: ZoneInfo) -> dict[tuple[str, date], int]:
    """Units by SKU and shop-local day of the sale."""
    found: dict[tuple[str, date], int] = defaultdict(int)
    for order, at, _ in sales(store, shop, clock):
        if at is None:
            continue
        day = datetime.fromtimestamp(at, zone).date()
        for line in order["line_items"]:
            if not line["is_gift"]:
                for sold in (line, *line.get("sub_item_info", ())):
                    found[sold["sku_id"], day] += 1
    return found


def packages(store: Store, clock: int) -> Iterator[Json]:
    """Every package, with the deadlines and the times of its order."""
    for shop in SHOPS:
        orders = {order["id"]: order for order in bodies(store, "order", shop, clock)}
        for package in bodies(store, "package", shop, clock):
            (held,) = package["orders"]
            order = orders[held["id"]]
            yield {
                "shop_key": shop.id,
                "package_id": package["id"],
                "first_order_id": order["id"],
                "package_status": package["status"],
                "units": len(package["order_line_item_ids"]),
                "create_time": package["create_time"],
                "ready_deadline_at": order.get("rts_sla_time"),
                "ready_at": order.get("rts_time"),
                "handover_deadline_at": order.get("tts_sla_time"),
                "handed_over_at": order.get("collection_time"),
                "delivery_deadline_at": order.get("delivery_sla_time"),
                "delivered_at": order.get("delivery_time"),
            }


def fulfilment_days(store: Store, clock: int) -> Iterator[Json]:
    """What a shop owed its buyers by shop-local day, and whether it kept its word.

    An order counts on the day its deadline lies on, once that is over; one that was cancelled by then without the
    step has none (for its delivery: without a carrier). Cancellations count on the day of the sale.
    """
    for shop in SHOPS:
        zone = ZoneInfo(shop.timezone)
        days: dict[date, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_FULFILMENT, 0))

        def on(moment: int, zone: ZoneInfo = zone) -> date:
            return datetime.fromtimestamp(moment, zone).date()

        for order in bodies(store, "order", shop, clock):
            for deadline, step, needed, due, counted, counts_late in (
                ("rts_sla_time", "rts_time", "rts_time", "rts_due_orders", "late_rts_orders", True),
                (
                    "tts_sla_time",
                    "collection_time",
                    "collection_time",
                    "tts_due_orders",
                    "late_tts_orders",
                    True,
                ),
                (
                    "delivery_sla_time",
                    "delivery_time",
                    "collection_time",
                    "delivery_due_orders",
                    "on_time_delivered_orders",
                    False,
                ),
            ):
                until = order.get(deadline)
                if until is None or until >= clock:
                    continue
                if needed not in order and order["status"] == "CANCELLED" and order["cancel_time"] <= until:
                    continue
                is_late = step not in order or order[step] > until
                days[on(until)][due] += 1
                days[on(until)][counted] += is_late == counts_late
            until = order.get("rts_sla_time")
            is_open = order["status"] != "CANCELLED" and "rts_time" not in order
            if until is not None and is_open and clock <= until < clock + _DAY:
                days[on(clock)]["orders_due_within_24h"] += 1
        for order, sold, _ in sales(store, shop, clock):
            if sold is not None:
                days[on(sold)]["sold_orders"] += 1
                by_seller = order["status"] == "CANCELLED" and order["cancellation_initiator"] == "SELLER"
                days[on(sold)]["seller_cancelled_orders"] += by_seller
        for day in sorted(days):
            yield {"shop_key": shop.id, "shop_local_date": day.isoformat(), **days[day]}
