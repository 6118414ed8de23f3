"""Orders as the affiliate list shows them: a row per SKU that a creator has a claim on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.world import settlement
from sandbox.world.catalog import Shop
from sandbox.world.claims import Claim, claims_of, commission, earned, refunded_base, refunds
from sandbox.world.lives import DAY, Life, Return
from sandbox.world.money import text

Json = dict[str, Any]

_SYMBOLS = {"THB": "฿", "VND": "₫", "MYR": "RM", "GBP": "£", "USD": "$"}


@dataclass(frozen=True, slots=True)
class State:
    """How far a commission is, from some moment on.

    Attributes:
        status: As the platform writes it.
        back: The refunds that have been taken off it.
    """

    status: str
    back: tuple[Return, ...] = ()


def rows_of(life: Life) -> list[tuple[str, Claim]]:
    """(row id, claim) of every SKU that a creator has a claim on.

    The id begins with the order's, so that the rows of an order are neighbours in a list.
    """
    return [(f"{life.id}-{number}", claim) for number, claim in enumerate(claims_of(life))]


def states(life: Life) -> list[tuple[int, State]]:
    """(since when, state) of the rows of an order, oldest first."""
    first = life.events[0][1]
    found = {life.created: State("Unknown" if first == "UNPAID" else "AWAITING PAYMENT")}
    paid = next((at for at, status in life.events if status not in ("UNPAID", "CANCELLED")), None)
    if paid is not None:
        found[paid] = State("AWAITING PAYMENT")
    for line in life.lines:
        if line.cancelled_at is not None:
            found[line.cancelled_at] = State("AWAITING PAYMENT")
    if life.cancelled is not None:
        found[life.cancelled] = State("INELIGIBLE")
    if life.delivered is not None:
        found[life.delivered] = State("To-SETTLE")
    day = settlement.settles_on(life)
    if day is not None:
        done = refunds(life)
        days = [day, *(max(day, _day(request)) for request in done)]
        for settled in sorted(set(days)):
            back = tuple(request for request in done if max(day, _day(request)) <= settled)
            found[settlement.appears_at(settled)] = State("SETTLED", back)
    return sorted(found.items(), key=lambda item: item[0])


def _day(request: Return) -> int:
    return (request.completed_at or 0) // DAY


def show_row(life: Life, claim: Claim, at: int, state: State) -> Json:
    """The order with this one SKU, at a moment."""
    shop, status = life.shop, state.status
    digits, currency = shop.digits, shop.currency

    def money(amount: int) -> Json:
        return {"amount": text(amount, digits), "currency": currency}

    base = claim.base(at)
    expected = commission(claim, base)
    lines = claim.lines
    gone = refunded_base(claim, state.back)
    if base == 0 or (status == "SETTLED" and gone >= base):
        status = "INELIGIBLE"
    agreed = claim.terms
    sku: Json = {
        "sku_id": claim.sku.id,
        "product_id": claim.sku.product_id,
        "settlement_status": status,
        "creator_username": claim.creator.username,
        "price": money(lines[0].sale),
        "quantity": len(lines),
        "content_type": claim.content_type,
        "commission_model": "Fixed commission",
        "commission_rate": str(agreed.rate),
        "partner_commission_rate": str(agreed.agency_rate),
        "shop_ads_commission_rate": str(claim.ads_rate),
        "estimated_commission_base": {"amount": displayed(base, shop), "currency": currency},
        "estimated_paid_commission": money(expected.standard),
        "estimated_paid_partner_commission": money(expected.agency),
        "estimated_paid_shop_ads_commission": money(expected.ads),
        "estimated_cofunded_creator_bonus_amount": money(expected.bonus),
        "is_carousel": False,
    }
    for name, value in (
        ("content_id", claim.content_id),
        ("open_collaboration_id", agreed.open_id),
        ("target_collaboration_id", agreed.target_id),
        ("campaign_id", agreed.campaign_id),
    ):
        if value:
            sku[name] = value
    if state.status == "SETTLED":
        got = earned(claim, state.back)
        sku |= {
            "actual_commission_base": {"amount": displayed(base - gone, shop), "currency": currency},
            "actual_paid_commission": money(got.standard),
            "actual_paid_partner_commission": money(got.agency),
            "actual_paid_shop_ads_commission": money(got.ads),
            "actual_cofunded_creator_bonus_amount": money(got.bonus),
            "fully_return": "Yes" if gone >= base else "No",
        }
    shown: Json = {"id": life.id, "create_time": life.created, "skus": [sku]}
    if life.delivered is not None and life.delivered <= at:
        shown["delivery_time"] = life.delivered
    return shown


def displayed(amount: int, shop: Shop) -> str:
    """An amount as the shop's market writes it: ฿1,234.50, but ₫1.234.500."""
    symbol = _SYMBOLS[shop.currency]
    if shop.digits == 0:
        return f"{symbol}{amount:,}".replace(",", ".")
    whole, rest = divmod(amount, 100)
    return f"{symbol}{whole:,}.{rest:02d}"
