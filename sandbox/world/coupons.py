"""The coupons of a shop: three of each quarter, which follow from the shop alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.world.catalog import Shop
from sandbox.world.money import text

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon.

    Attributes:
        id: Its id.
        title: Its title.
        start: Begin of its claims, unix seconds.
        end: Their end, exclusive.
        percent: What it takes off, in percent; None where it takes off an amount.
    """

    id: str
    title: str
    start: int
    end: int
    percent: int | None


def coupons(shop: Shop) -> tuple[Coupon, ...]:
    """Every coupon of the shop, the oldest first."""

    def instant(month: int) -> int:
        return int(datetime(2026 + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC).timestamp())

    return tuple(
        Coupon(
            id=f"74{shop.number}00000000000000{number:02d}",
            title=f"Aurora {number}",
            start=instant(1 + 3 * number),
            end=instant(4 + 3 * number),
            percent=None if number % 2 else 10,
        )
        for number in range(4)
    )


def show(shop: Shop, coupon: Coupon, now: int) -> Json:
    """A coupon as the API gives it."""
    status = "NOT_START" if now < coupon.start else "ONGOING" if now < coupon.end else "EXPIRED"
    discount: Json = (
        {
            "type": "AMOUNT_OFF",
            "reduction_amount": {"amount": text(500, shop.digits), "currency": shop.currency},
        }
        if coupon.percent is None
        else {"type": "PERCENT_OFF", "percentage": str(coupon.percent)}
    )
    return {
        "id": coupon.id,
        "title": coupon.title,
        "display_type": "REGULAR",
        "status": status,
        "create_time": 1_000 * (coupon.start - 86_400),
        "update_time": 1_000 * (coupon.start - 86_400),
        "claim_duration": {"start_time": coupon.start, "end_time": coupon.end},
        "discount": discount,
        "threshold": {"type": "NONE"},
        "product_scope": "FULL_SHOP",
        "creation_source": "SELLER_CENTER",
        "target_buyer_segment": "ALL",
        "usage_limits": {"single_buyer_claim_limit": 1, "total_claim_limit": 1_000},
    }
