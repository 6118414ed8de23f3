"""The packages in which orders travel, and what the platform tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.world.lives import DAY, HOUR, Life
from sandbox.world.rendering import PROVIDERS, package_ids

Json = dict[str, Any]

_SUB_STATUS = {"PROCESSING": "RTS", "FULFILLING": "TTS", "COMPLETED": "DELIVERED", "CANCELLED": "CANCELLED"}
_SLOWEST = 8 * DAY
"""No carrier takes longer, if the package arrives at all."""
_TROUBLE = ("RETURNED_TO_SHIPPER", "PACKAGE_LOST", "PACKAGE_DAMAGAED")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A package.

    Attributes:
        line_ids: The lines of the order that it holds.
        events: (since when, status), oldest first.
    """

    id: str
    life: Life
    line_ids: tuple[str, ...]
    events: tuple[tuple[int, str], ...]


def parcels(life: Life) -> list[Parcel]:
    """The packages of an order: none until it is ready to ship, two when its first line went ahead."""
    if life.rts is None or life.collected is None:
        return []
    held = [line for line in life.lines if line.cancelled_at is None]
    found: list[Parcel] = []
    for package_id in package_ids(life):
        # Of two packages the first holds the order's first line and goes ahead.
        is_ahead = life.parcels == 2 and package_id == f"{life.id}5"
        if life.parcels == 1:
            line_ids = [line.id for line in held]
        else:
            line_ids = [line.id for line in held if (line is life.lines[0]) == is_ahead]
        went = min(life.rts + HOUR, life.collected) if is_ahead else life.collected
        events = [(life.rts, "PROCESSING"), (went, "FULFILLING")]
        if life.delivered is not None:
            events.append((life.delivered, "COMPLETED"))
        elif life.cancelled is not None:
            events.append((life.cancelled, "CANCELLED"))
        found.append(Parcel(package_id, life, tuple(line_ids), tuple(events)))
    return found


def show(parcel: Parcel, at: int, status: str) -> Json:
    """A package in the list, at the moment of one of its events."""
    life = parcel.life
    return {
        "id": parcel.id,
        "orders": [{"id": life.id}],
        "create_time": life.rts,
        "update_time": at,
        "status": status,
        "tracking_number": f"AU{life.id}",
        "shipping_provider_name": PROVIDERS[life.shop.region],
        "shipping_provider_id": f"7117859084{life.shop.number}",
        "order_line_item_ids": list(parcel.line_ids),
    }


def show_detail(package: Json, order: Json, now: int) -> Json:
    """A package on its own, from how list and order show it at a moment."""
    status = package["status"]
    is_lost = status == "FULFILLING" and now > package["update_time"] + _SLOWEST
    address = order["recipient_address"]
    shown: Json = {
        **{name: package[name] for name in package if name not in ("id", "status")},
        "package_id": package["id"],
        "package_status": status,
        "package_sub_status": "SHIP_EXCEPTION" if is_lost else _SUB_STATUS[status],
        "has_multi_skus": len(package["order_line_item_ids"]) > 1,
        "note_tag": "BUYER_NOTED" if order["buyer_message"] else "BUYER_UNNOTED",
        "shipping_type": order["shipping_type"],
        "delivery_option_id": order["delivery_option_id"],
        "delivery_option_name": order["delivery_option_name"],
        "handover_method": "PICKUP",
        "pickup_slot": {
            "start_time": package["create_time"] + HOUR,
            "end_time": package["create_time"] + 24 * HOUR,
        },
        "recipient_address": {
            name: address[name]
            for name in (
                "full_address",
                "phone_number",
                "name",
                "postal_code",
                "address_detail",
                "region_code",
            )
        },
        "weight": {"value": "320", "unit": "GRAM"},
        "warehouse_id": order["warehouse_id"],
    }
    if len(order["packages"]) > 1:
        shown["split_and_combine_tag"] = "SPLIT"
    if is_lost:
        shown["ship_exception_reason"] = _TROUBLE[int(package["id"][-3:]) % len(_TROUBLE)]
    return shown
