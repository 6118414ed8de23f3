"""What is wrong with the platform's money on purpose, a few cases a shop: each is written down, and must be found.

A case is planted shortly before the world's present, so that every world of some size has it. It changes the amounts
that the platform shows and nothing that it promised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.world import settlement
from sandbox.world.catalog import Shop
from sandbox.world.lives import DAY, Life
from sandbox.world.money import share, text
from sandbox.world.settlement import Money, Transaction

Json = dict[str, Any]

_RECENT_DAYS = 15
"""Wrong charges are on statements of at most so many days ago."""
_LATE_DAYS = 45
"""By so much an order that is forgotten is settled later; so old a cancelled order may be that is charged."""
_HELD_DAYS, _HELD = 14, 6000
"""A reserve that is held on the last of the past's days: for how long, and how much, in the smallest unit."""
_CAP = 500
"""The most that the American refund administration fee may be for a SKU, in cents."""


@dataclass(frozen=True, slots=True)
class Case:
    """Something planted.

    Attributes:
        kind: What it is, as an audit would name the reason.
        seen_from: When the first trace of it can be seen, unix seconds.
        seen_until: When it is put right, unix seconds; None for never.
        amount: What the seller is short of, in the smallest unit.
        component: The fee, or the kind of adjustment.
        subject: The order, payment or reserve.
    """

    shop: Shop
    kind: str
    seen_from: int
    amount: int
    component: str
    subject: str
    seen_until: int | None = None

    @property
    def id(self) -> str:
        """Its id."""
        return f"{self.kind} {self.subject} {self.component}"

    def show(self) -> Json:
        """As the truth tells it."""
        return {
            "shop_key": self.shop.id,
            "kind": self.kind,
            "subject": self.subject,
            "component": self.component,
            "amount": text(self.amount, self.shop.digits),
            "currency": self.shop.currency,
        }


class Planting:
    """Plants the cases of one shop.

    Args:
        shop: The shop.
        today: The day number of the world's present.
    """

    def __init__(self, shop: Shop, today: int) -> None:
        self._shop = shop
        self._today = today
        self._done: set[str] = set()
        self.cases: list[Case] = []

    def prepare(self, life: Life) -> None:
        """Lets the platform forget an order, before anything about its settlement is made."""
        if self._shop.region != "GB" or "not_settled" in self._done or life.delivered is None:
            return
        usual = settlement.settles_on(life)
        if usual is None or not -44 <= life.delivered // DAY - self._today <= -36:
            return
        self._done.add("not_settled")
        day = usual + _LATE_DAYS
        life.settles_late = _LATE_DAYS
        money = settlement.sale_money(life)
        self.cases.append(
            Case(
                self._shop,
                "not_settled",
                life.delivered,
                money.settlement,
                "all",
                life.id,
                settlement.appears_at(day),
            )
        )

    def spoil(self, rows: list[Transaction]) -> None:
        """Overcharges an order, if it is its turn; rows that are odd in another way are left alone."""
        if any(row.charges_positive or row.error for row in rows):
            return
        for row in rows:
            if not self._today - _RECENT_DAYS <= row.day < self._today - 1:
                continue
            for kind, component, amount in self._overcharges(row, is_refund=row is not rows[0]):
                if kind in self._done or amount <= 0:
                    continue
                self._done.add(kind)
                group = row.money.shipping if component == "actual_shipping_fee_amount" else row.money.fee
                group[component] = group.get(component, 0) - amount
                self._note(kind, row, amount, component)
                return

    def _overcharges(self, row: Transaction, *, is_refund: bool) -> Iterator[tuple[str, str, int]]:
        life, money = row.order, row.money
        if life is None:
            return
        base = sum(money.revenue.values())
        region = self._shop.region
        has_refund = "refund_subtotal_before_discount_amount" in money.revenue
        if region == "TH" and not has_refund:
            yield "above_rate", "platform_commission_amount", share(base, 200, 10_000)
        if region == "GB" and not has_refund:
            yield "shipping_above_table", "actual_shipping_fee_amount", 350
        if region == "US" and has_refund:
            fee = -money.fee.get("refund_administration_fee_amount", 0)
            done = [request for request in life.returns if request.completed_at is not None]
            skus = {line.sku.id for request in done for line, _, _ in request.refunds}
            if fee:
                yield "refund_fee_above_cap", "refund_administration_fee_amount", _CAP * len(skus) + 250 - fee
        if is_refund:
            back = money.fee.get("affiliate_commission_amount", 0)
            yield "commission_not_clawed_back", "affiliate_commission_amount", back

    def cancelled(self, life: Life) -> list[Transaction]:
        """A fee on an order that was cancelled after it was paid."""
        if self._shop.region != "MY" or "cancelled_order" in self._done or life.is_cod or not life.is_sale:
            return []
        if life.cancelled is None or life.paid is None or life.paid >= life.cancelled:
            return []
        day = life.cancelled // DAY + 1
        if not self._today - _LATE_DAYS <= day < self._today - 1:
            return []
        self._done.add("cancelled_order")
        row = Transaction(
            f"35{life.id}0", "ORDER", day, Money(fee={"transaction_fee_amount": -135}), order=life
        )
        self._note("cancelled_order", row, 135, "transaction_fee_amount")
        return [row]

    def promise(self, life: Life) -> Case | None:
        """A reimbursement that the platform lists as unsettled and never pays, if it is the order's turn."""
        if self._shop.region != "TH" or "reimbursement_missing" in self._done:
            return None
        if life.delivered is None or not life.is_sale or not -60 <= life.created // DAY - self._today <= -40:
            return None
        self._done.add("reimbursement_missing")
        case = Case(
            self._shop, "reimbursement_missing", life.delivered, 4200, "LOGISTICS_REIMBURSEMENT", life.id
        )
        self.cases.append(case)
        return case

    def reserve(self, day: int) -> Iterator[Transaction]:
        """Money that is held back for two weeks, once more than usual."""
        began = self._today - 4
        if self._shop.region != "MY" or day not in (began, began + _HELD_DAYS):
            return
        is_release = day != began
        until = settlement.statement_time(began + _HELD_DAYS)
        reserve_id = f"38{self._shop.number}{began}5"
        if not is_release:
            seen = settlement.appears_at(began)
            released = settlement.appears_at(began + _HELD_DAYS)
            self.cases.append(Case(self._shop, "reserve_held", seen, _HELD, "RESERVE", reserve_id, released))
        yield Transaction(
            id=f"36{self._shop.number}{day}5",
            kind="RESERVE",
            day=day,
            money=Money(),
            reserve=_HELD if is_release else -_HELD,
            reserve_id=reserve_id,
            reserve_status="RELEASED" if is_release else "COLLECTED",
            reserve_until=until,
        )

    def _note(self, kind: str, row: Transaction, amount: int, component: str) -> None:
        order_id = row.order.id if row.order is not None else ""
        self.cases.append(Case(self._shop, kind, settlement.appears_at(row.day), amount, component, order_id))


def show_promise(case: Case, life: Life) -> Json:
    """A promised reimbursement as the list of what is unsettled has it."""
    amount = text(case.amount, life.shop.digits)
    return {
        "id": f"37{life.id}9",
        "type": case.component,
        "status": "UNSETTLED",
        "currency": life.shop.currency,
        "adjustment_id": f"37{life.id}9",
        "adjustment_order_id": life.id,
        "order_create_time": life.created,
        "estimated_settlement": "",
        "unsettled_reason": "Reimbursement under review",
        "est_adjustment_amount": amount,
        "est_settlement_amount": amount,
        "est_revenue_amount": text(0, life.shop.digits),
        "est_shipping_cost_amount": text(0, life.shop.digits),
        "est_fee_tax_amount": text(0, life.shop.digits),
    }


def payouts(payments: list[settlement.Payment], shop: Shop, today: int) -> list[Case]:
    """Lets a payout of a shop come late, or short of what its statements say."""
    cases: list[Case] = []
    for payment in payments:
        if payment.amount <= 0 or payment.failed:
            continue
        age = today - payment.created // DAY
        if shop.region == "VN" and 11 <= age < 18:
            payment.late_days = 21
            cases.append(
                Case(
                    shop,
                    "late_payout",
                    payment.created,
                    payment.amount,
                    "all",
                    payment.id,
                    payment.done,
                )
            )
        if shop.region == "US" and 18 <= age < 25 and payment.amount > 1000:
            payment.short = 730
            cases.append(Case(shop, "paid_less_than_sum", payment.done, payment.short, "all", payment.id))
    return cases
