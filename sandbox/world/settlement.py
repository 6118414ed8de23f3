"""What TikTok pays out: what an order earns, statements a day, payments a week.

Signs as in the real rows: charges negative, credits positive, so that a settlement is the plain sum of revenue,
shipping, fees and taxes, and adjustment.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sandbox.world import claims
from sandbox.world.catalog import Shop
from sandbox.world.exchange import rates_between
from sandbox.world.lives import DAY, HOUR, Life, Line, Return, utc
from sandbox.world.money import share, split, text

Json = dict[str, Any]

# Hundredths of a percent of what the seller earns on.
_COMMISSION = {"TH": 500, "VN": 400, "MY": 450, "GB": 900, "US": 0}
_REFERRAL = {"US": 600}
_TRANSACTION = {"TH": 321, "VN": 300, "MY": 378, "GB": 0, "US": 0}
_TAX = {
    "TH": (("vat_amount", 40),),
    "VN": (("vat_amount", 50), ("pit_amount", 50)),
    "MY": (("sst_amount", 60),),
    "GB": (("import_vat_amount", 80),),
    "US": (("sales_tax_referral_fee_amount", 10),),
}
REPEATED = {
    "shipping_fee_discount_amount": "tiktok_shop_shipping_incentive_amount",
    "affiliate_commission_amount": "affiliate_commission_amount_before_pit",
}
"""Components whose figure the platform sends a second time under another name; the repetition is in no sum."""
# What the estimate of an unsettled order has no field for.
_NOT_ESTIMATED = ("gmv_max_ad_fee_amount", "cofunded_creator_bonus_amount", "pit_amount")


@dataclass(slots=True)
class Money:
    """A transaction's amounts by component, in the smallest unit."""

    revenue: dict[str, int] = field(default_factory=dict)
    shipping: dict[str, int] = field(default_factory=dict)
    explained: dict[str, int] = field(default_factory=dict)
    fee: dict[str, int] = field(default_factory=dict)
    tax: dict[str, int] = field(default_factory=dict)
    context: dict[str, int] = field(default_factory=dict)  # what the platform tells besides; in no sum

    def with_charges_printed_positive(self) -> Money:
        """As some of the platform's rows show them."""
        return replace(
            self,
            shipping={name: -amount for name, amount in self.shipping.items()},
            fee={name: -amount for name, amount in self.fee.items()},
            tax={name: -amount for name, amount in self.tax.items()},
        )

    @property
    def fee_tax(self) -> int:
        """Fees and taxes."""
        return sum(self.fee.values()) + sum(self.tax.values())

    @property
    def settlement(self) -> int:
        """What it adds to the statement."""
        return sum(self.revenue.values()) + sum(self.shipping.values()) + self.fee_tax


@dataclass(slots=True)
class Transaction:
    """A row of a statement.

    Attributes:
        day: The UTC day that it belongs to.
        about: The order that an adjustment was made for.
        charges_positive: The row shows charges without their minus sign, so that it closes only under the minus
            signs that the platform's documents print.
        error: By how much the settlement amount is off, for a row that closes under no signs.
    """

    id: str
    kind: str
    day: int
    money: Money
    order: Life | None = None
    adjustment: int = 0
    reserve: int = 0
    reserve_id: str = ""
    reserve_status: str = ""
    reserve_until: int = 0
    about: Life | None = None
    charges_positive: bool = False
    error: int = 0

    @property
    def settlement(self) -> int:
        """The settlement amount that the row shows."""
        return self.money.settlement + self.adjustment + self.error

    @property
    def shown(self) -> Money:
        """The amounts that the row shows."""
        return self.money.with_charges_printed_positive() if self.charges_positive else self.money


class Oddities:
    """Spoils a few rows of a shop, as the real platform does.

    Args:
        shop: The shop.
        today: The day number of the world's present; what is certain to be there lies shortly before.
    """

    def __init__(self, shop: Shop, today: int) -> None:
        # Only one row of the world closes under no signs at all.
        self._wrong_from: int | None = today - 20 if shop.region == "MY" else None
        self._printed_from: int | None = today - 16

    def spoil(self, row: Transaction) -> None:
        """Spoils the row of an order's settlement, if it is its turn."""
        if self._wrong_from is not None and row.day >= self._wrong_from:
            self._wrong_from, row.error = None, 7
        elif self._printed_from is not None and row.day >= self._printed_from:
            self._printed_from, row.charges_positive = None, True
        elif row.order is not None and int(row.order.id) % 1499 == 7:
            row.charges_positive = True


def settles_on(life: Life) -> int | None:
    """The UTC day on which an order is settled; None if it never is."""
    if not life.is_sale or life.delivered is None or not _kept(life):
        return None
    return life.delivered // DAY + 7 + int(life.id[-2:]) % 8 + life.settles_late


def _kept(life: Life) -> list[Line]:
    return [line for line in life.lines if line.cancelled_at is None and not line.is_gift]


def transactions(life: Life) -> Iterator[Transaction]:
    """The settlement of an order, and a row for each refund that came after it."""
    day = settles_on(life)
    if day is None:
        return
    completed = sorted((r.completed_at, r.id, r) for r in life.returns if r.completed_at is not None)
    refunds = [(at // DAY, request) for at, _, request in completed]
    money = sale_money(life)
    for refund_day, request in refunds:
        if refund_day <= day:
            _take_back(life, request, money)
    yield Transaction(f"35{life.id}0", "ORDER", day, money, life)
    after = [(refund_day, request) for refund_day, request in refunds if refund_day > day]
    for number, (refund_day, request) in enumerate(after):
        back = Money()
        _take_back(life, request, back)
        yield Transaction(f"35{life.id}{number + 1}", "ORDER", refund_day, back, life)


def order_adjustments(life: Life) -> Iterator[Transaction]:
    """Rows that are made for an order, beside its settlement."""
    small = 15_000 if life.shop.digits == 0 else 150
    if life.is_sample and life.delivered is not None and life.buyer % 3 == 0:
        day = life.delivered // DAY + 7
        yield Transaction(f"37{life.id}1", "SAMPLE_SHIPPING_FEE", day, Money(), adjustment=-small, about=life)
    if life.is_cod and life.cancelled is not None and life.collected is not None:
        # Nobody took the parcel: the seller pays for the way back, and gets some of it reimbursed.
        day = life.cancelled // DAY + 3
        for number, kind, amount in (
            (1, "SHIPPING_FEE_ADJUSTMENT", -small),
            (2, "LOGISTICS_REIMBURSEMENT", small // 2),
        ):
            yield Transaction(f"37{life.id}{number}", kind, day, Money(), adjustment=amount, about=life)


def sale_money(life: Life) -> Money:
    """What an order earns before any refund."""
    region = life.shop.region
    lines = _kept(life)
    original = sum(line.original for line in lines)
    discount = sum(line.seller_discount for line in lines)
    base = original - discount
    money = Money()
    money.revenue = {"subtotal_before_discount_amount": original, "seller_discount_amount": -discount}
    actual = share(life.shipping_original, 3, 4)
    platform = life.shipping_platform_discount
    money.shipping = {
        "actual_shipping_fee_amount": -actual,
        "customer_paid_shipping_fee_amount": life.shipping_fee,
        "shipping_fee_discount_amount": share(platform, 1, 2),
    }
    money.explained = {
        "platform_shipping_fee_discount_amount": platform,
        "seller_shipping_fee_discount_amount": -life.shipping_seller_discount,
    }
    money.context = {
        "customer_payment_amount": sum(line.sale for line in lines),
        "platform_discount_amount": sum(line.platform_discount for line in lines),
    }
    if region == "US":
        tax = sum(line.tax for line in lines)
        money.context |= {"sales_tax_payment_amount": tax, "sales_tax_amount": -tax}
    for name, rate in (
        ("platform_commission_amount", _COMMISSION[region]),
        ("referral_fee_amount", _REFERRAL.get(region, 0)),
        ("transaction_fee_amount", _TRANSACTION[region]),
        ("gmv_max_ad_fee_amount", 1200 if life.buyer % 11 == 0 else 0),
    ):
        if rate:
            money.fee[name] = -share(base, rate, 10_000)
    for name, amount in claims.fees(life, base).items():
        money.fee[name] = -amount
    if region == "VN":
        money.fee["vn_fix_infrastructure_fee"] = -3000
    for name, rate in _TAX[region]:
        money.tax[name] = -share(base, rate, 10_000)
    return money


def _take_back(life: Life, request: Return, money: Money) -> None:
    """Adds a refund: revenue goes back, and the commissions on it."""
    lines = _kept(life)
    base = sum(line.original - line.seller_discount for line in lines)
    before = discount = 0
    for line, amount, _ in request.refunds:
        if line.sale:
            before += share(line.original, amount, line.sale)
            discount += share(line.seller_discount, amount, line.sale)
    if before == 0:
        return
    full = sale_money(life)
    _add(money.revenue, "refund_subtotal_before_discount_amount", -before)
    _add(money.revenue, "seller_discount_refund_amount", discount)
    goods = sum(amount for _, amount, _ in request.refunds)
    _add(money.context, "customer_refund_amount", -goods)
    _add(money.context, "platform_discount_refund_amount", goods - before + discount)
    for name, amount in claims.fees_back(life, request).items():
        _add(money.fee, name, amount)
    for name in ("platform_commission_amount", "referral_fee_amount"):
        if name in full.fee:
            back = -share(full.fee[name], before - discount, base)
            _add(money.fee, name, back)
            if name == "referral_fee_amount":
                _add(money.fee, "refund_administration_fee_amount", -share(back, 1, 5))
    if request.kind == "RETURN_AND_REFUND":
        _add(money.shipping, "return_shipping_fee_amount", -(2000 if life.shop.digits == 0 else 200))


def _add(amounts: dict[str, int], name: str, amount: int) -> None:
    amounts[name] = amounts.get(name, 0) + amount


def adjustments(shop: Shop, day: int, seed: int, earned: int) -> Iterator[Transaction]:
    """Rows of a statement that are no order: penalties, compensations, ad payments, reserve and release.

    Args:
        shop: The shop.
        day: The statement's UTC day.
        seed: The world's.
        earned: What its other rows add up to.
    """
    rng = random.Random(f"{seed} adjustments {shop.region} {day}")
    unit = 1000 if shop.digits == 0 else 100
    if rng.random() < 0.10:
        kind, sign = rng.choice(
            (
                ("PLATFORM_PENALTY", -1),
                ("PLATFORM_REIMBURSEMENT", 1),
                ("PROMOTION_ADJUSTMENT", 1),
                ("SELLER_MISSION_REWARD", 1),
                ("OTHER_ADJUSTMENT", -1),
            )
        )
        yield Transaction(
            f"36{shop.number}{day}1", kind, day, Money(), adjustment=sign * rng.randrange(2, 30) * unit
        )
    if day % 7 == 3:
        amount = -share(max(0, earned), rng.randrange(40, 90), 100) - rng.randrange(5, 20) * unit
        yield Transaction(f"36{shop.number}{day}2", "GMV_PAYMENT_FOR_ADS", day, Money(), adjustment=amount)
    if (day + 5 * shop.number) % 30 == 11:
        # So large that the statement is negative.
        amount = -max(0, share(earned, 13, 10)) - rng.randrange(50, 90) * unit
        yield Transaction(
            f"36{shop.number}{day}3", "DEDUCTIONS_INCURRED_BY_SELLER", day, Money(), adjustment=amount
        )
    if day % 14 == 5:
        yield _reserve(shop, day, day, -_reserved(shop, day, seed), "COLLECTED")
    if day % 14 == 12:
        began = day - 7
        yield _reserve(shop, day, began, _reserved(shop, began, seed), "RELEASED")


def _reserve(shop: Shop, day: int, began: int, amount: int, status: str) -> Transaction:
    return Transaction(
        id=f"36{shop.number}{day}4",
        kind="RESERVE",
        day=day,
        money=Money(),
        reserve=amount,
        reserve_id=f"38{shop.number}{began}",
        reserve_status=status,
        reserve_until=statement_time(began + 7),
    )


def _reserved(shop: Shop, day: int, seed: int) -> int:
    """How much is held back from a day on, for a week."""
    unit = 1000 if shop.digits == 0 else 100
    return random.Random(f"{seed} reserve {shop.region} {day}").randrange(20, 60) * unit


@dataclass(slots=True)
class Statement:
    """A UTC day's transactions of a shop, cut at the midnight that ends it. Only their sums are kept."""

    shop: Shop
    day: int
    revenue: int = 0
    shipping: int = 0
    fee_tax: int = 0
    adjustment: int = 0
    settlement: int = 0
    reserve: int = 0

    @property
    def id(self) -> str:
        """Its id."""
        return statement_id(self.shop, self.day)

    @property
    def time(self) -> int:
        """When it is cut, unix seconds."""
        return statement_time(self.day)

    @property
    def payable(self) -> int:
        """What goes to the bank."""
        return self.settlement + self.reserve

    def add(self, row: Transaction) -> None:
        """Adds one transaction to the sums."""
        shown = row.shown
        self.revenue += sum(shown.revenue.values())
        self.shipping += sum(shown.shipping.values())
        self.fee_tax += shown.fee_tax
        self.adjustment += row.adjustment
        self.settlement += row.settlement
        self.reserve += row.reserve


def statement_id(shop: Shop, day: int) -> str:
    """The id of a day's statement."""
    return f"34{shop.number}00000000{day:06d}"


def statement_time(day: int) -> int:
    """When a day's statement is cut, unix seconds."""
    return (day + 1) * DAY


def appears_at(day: int) -> int:
    """When a day's statement and its rows can first be seen: some time after the cut, as on the real platform."""
    return statement_time(day) + 2 * HOUR


@dataclass(slots=True)
class Payment:
    """A week's statements of a shop, paid together.

    Attributes:
        late_days: By how many days it arrives later than it should.
        short: What the bank gets less than the statements say, in the smallest unit.
    """

    shop: Shop
    week: int
    statements: list[Statement]
    late_days: int = 0
    short: int = 0

    @property
    def id(self) -> str:
        """Its id."""
        return f"33{self.shop.number}000000000{self.week:05d}"

    @property
    def created(self) -> int:
        """When it is made, unix seconds."""
        return statement_time(7 * self.week) + DAY

    @property
    def done(self) -> int:
        """When it arrives or fails, unix seconds."""
        return self.created + (2 + self.late_days) * DAY

    @property
    def failed(self) -> bool:
        """Whether the bank refuses it."""
        return (self.week + 2 * self.shop.number) % 11 == 4

    @property
    def amount(self) -> int:
        """Sum of the statements."""
        return sum(statement.payable for statement in self.statements)

    @property
    def paid_amount(self) -> int:
        """What is paid of it."""
        return self.amount - self.short


def week_of(day: int) -> int:
    """The payment week of a statement's day: its last day number is seven times the week's."""
    return (day + 6) // 7


def show_transaction(row: Transaction, shop: Shop) -> Json:
    """A row as the by-statement endpoint gives it."""
    digits = shop.digits
    shown: Json = {
        "id": row.id,
        "type": row.kind,
        "adjustment_amount": text(row.adjustment, digits),
        "settlement_amount": text(row.settlement, digits),
    }
    if row.order is not None:
        shown["order_id"] = row.order.id
        shown["order_create_time"] = row.order.created
        shown |= _amounts(row.shown, digits)
        shown["supplementary_component"] = {n: text(a, digits) for n, a in row.money.context.items()}
    else:
        shown["adjustment_id"] = row.id
        if row.about is not None:
            shown["adjustment_order_id"] = row.about.id
            shown["associated_order_id"] = row.about.id
        for name in ("revenue_amount", "shipping_cost_amount", "fee_tax_amount"):
            shown[name] = text(0, digits)
    if row.reserve:
        shown |= {
            "reserve_id": row.reserve_id,
            "reserve_amount": text(row.reserve, digits),
            "reserve_status": row.reserve_status,
            "estimated_release_time": str(row.reserve_until),
        }
    return shown


def _amounts(money: Money, digits: int, factor: str = "") -> Json:
    shipping: Json = _leaves(money.shipping, digits)
    if money.explained:
        shipping["supplementary_component"] = {n: text(a, digits) for n, a in money.explained.items()}
    return {
        f"{factor}revenue_amount": text(sum(money.revenue.values()), digits),
        "revenue_breakdown": {name: text(amount, digits) for name, amount in money.revenue.items()},
        f"{factor}shipping_cost_amount": text(sum(money.shipping.values()), digits),
        "shipping_cost_breakdown": shipping,
        f"{factor}fee_tax_amount": text(money.fee_tax, digits),
        "fee_tax_breakdown": {
            "fee": _leaves(money.fee, digits),
            "tax": {name: text(amount, digits) for name, amount in money.tax.items()},
        },
    }


def _leaves(amounts: dict[str, int], digits: int) -> Json:
    repeated = {REPEATED[name]: amount for name, amount in amounts.items() if name in REPEATED}
    return {name: text(amount, digits) for name, amount in {**amounts, **repeated}.items()}


def show_header(statement: Statement) -> Json:
    """What stands around the rows in the by-statement endpoint."""
    digits = statement.shop.digits
    return {
        "id": statement.id,
        "create_time": statement.time,
        "status": "SETTLED",
        "currency": statement.shop.currency,
        "payable_amount": text(statement.payable, digits),
        "total_reserve_amount": text(statement.reserve, digits),
        "total_settlement_amount": text(statement.settlement, digits),
        "total_settlement_breakdown": {
            "total_revenue_amount": text(statement.revenue, digits),
            "total_shipping_cost_amount": text(statement.shipping, digits),
            "total_fee_tax_amount": text(statement.fee_tax, digits),
            "total_adjustment_amount": text(statement.adjustment, digits),
        },
    }


def payment_status(payment: Payment, at: int) -> str:
    """How far the payment of a statement is; a week that is not positive is set off and never paid."""
    if payment.amount <= 0:
        return "SETTLED" if at >= payment.created else "PROCESSING"
    if at < payment.done:
        return "PROCESSING"
    return "FAILED" if payment.failed else "PAID"


def show_statement(statement: Statement, payment: Payment, at: int) -> Json:
    """A statement in the list, with the state of its payment."""
    digits = statement.shop.digits
    shown: Json = {
        "id": statement.id,
        "statement_time": statement.time,
        "settlement_amount": text(statement.settlement, digits),
        "currency": statement.shop.currency,
        "revenue_amount": text(statement.revenue, digits),
        "fee_amount": text(statement.fee_tax, digits),
        "adjustment_amount": text(statement.adjustment, digits),
        "net_sales_amount": text(statement.revenue, digits),
        "shipping_cost_amount": text(statement.shipping, digits),
        "payment_status": payment_status(payment, at),
    }
    if payment.amount > 0 and at >= payment.created:
        shown["payment_id"] = payment.id
    if shown["payment_status"] == "PAID":
        shown["payment_time"] = payment.done
    return shown


def show_payment(payment: Payment, at: int) -> Json:
    """A payment at a moment; Thai and Vietnamese shops are paid in dollars."""
    shop = payment.shop
    digits = shop.digits
    before = {"value": text(payment.paid_amount, digits), "currency": shop.currency}
    amount, rate = before, "1"
    if shop.region in ("TH", "VN"):
        day = utc(payment.created).date()
        # A week always has a business day.
        exchange = rates_between(day - timedelta(days=7), day, shop.currency, "USD")[-1][1]
        cents = (Decimal(text(payment.paid_amount, digits)) * exchange).quantize(Decimal("0.01"))
        amount, rate = {"value": str(cents), "currency": "USD"}, str(exchange)
    shown: Json = {
        "id": payment.id,
        "create_time": payment.created,
        "status": "PROCESSING",
        "amount": amount,
        "settlement_amount": before,
        "payment_amount_before_exchange": before,
        "exchange_rate": rate,
        "bank_account": "PIIbank****4321",
    }
    if at >= payment.done:
        shown["status"] = "FAILED" if payment.failed else "PAID"
        if not payment.failed:
            shown["paid_time"] = payment.done
    return shown


def show_withdrawal(payment: Payment) -> Json:
    """A payment that went to the seller's balance and from there to the bank on the same day."""
    return {
        "id": f"39{payment.id[2:]}",
        "type": "WITHDRAW",
        "amount": text(payment.paid_amount, payment.shop.digits),
        "currency": payment.shop.currency,
        "status": "SUCCESS",
        "create_time": payment.done + 6 * HOUR,
    }


def estimated(life: Life) -> tuple[list[int], int] | None:
    """When the estimate of an unsettled order appears and changes, and when it goes; None if there never is one."""
    start = next((at for at, status in life.events if status != "UNPAID"), None)
    day = settles_on(life)
    end = appears_at(day) if day is not None else life.cancelled
    if not life.is_sale or start is None or end is None or start >= end or not _kept(life):
        return None
    changes = [life.delivered, *(request.completed_at for request in life.returns)]
    return sorted({start, *(at for at in changes if at is not None and start < at < end)}), end


def show_unsettled(life: Life, at: int) -> Json:
    """An order that is paid and not settled: TikTok's estimate as of a moment."""
    digits, money = life.shop.digits, sale_money(life)
    for request in life.returns:
        if request.completed_at is not None and request.completed_at <= at:
            _take_back(life, request, money)
    for name in _NOT_ESTIMATED:
        money.fee.pop(name, None)
        money.tax.pop(name, None)
    money.explained = {}
    shown: Json = {
        "id": f"35{life.id}0",
        "type": "ORDER",
        "status": "UNSETTLED",
        "currency": life.shop.currency,
        "order_id": life.id,
        "order_create_time": life.created,
        "estimated_settlement": "7-14 days after delivery",
        "unsettled_reason": "Order not yet delivered",
        "est_adjustment_amount": text(0, digits),
        "est_settlement_amount": text(money.settlement, digits),
        **_amounts(money, digits, "est_"),
    }
    for name in REPEATED.values():
        # Fees of an estimate have no field for a second telling.
        shown["fee_tax_breakdown"]["fee"].pop(name, None)
    day = settles_on(life)
    if life.delivered is not None and life.delivered <= at and day is not None:
        shown |= {
            "order_delivery_time": life.delivered,
            "estimated_settlement": str(statement_time(day)),
            "unsettled_reason": "Order in the settlement period",
        }
    return shown


def show_order_transactions(life: Life, rows: list[tuple[Transaction, str]]) -> Json:
    """An order's rows by SKU (the by-order endpoint); SKUs share each row after their price."""
    shop = life.shop
    digits = shop.digits
    # Of a cancelled order nothing is kept; what it is charged all the same falls on all of it.
    lines = _kept(life) or life.lines
    names = list(dict.fromkeys(line.sku for line in lines))
    weights = [
        sum(line.original - line.seller_discount for line in lines if line.sku is sku) for sku in names
    ]
    totals = Money()
    listed: list[Json] = []
    for row, statement_id in rows:
        for part in ("revenue", "shipping", "fee", "tax"):
            for name, amount in getattr(row.money, part).items():
                _add(getattr(totals, part), name, amount)
        for number, sku in enumerate(names):
            money = Money(
                **{
                    part: {
                        name: split(amount, weights)[number]
                        for name, amount in getattr(row.money, part).items()
                    }
                    for part in ("revenue", "shipping", "fee", "tax")
                }
            )
            listed.append(
                {
                    "sku_id": sku.id,
                    "sku_name": sku.name,
                    "product_name": sku.product_name,
                    "statement_id": statement_id,
                    "quantity": str(sum(1 for line in lines if line.sku is sku)),
                    "settlement_amount": text(money.settlement, digits),
                    **_amounts(money, digits),
                }
            )
    return {
        "order_id": life.id,
        "order_create_time": life.created,
        "currency": shop.currency,
        "revenue_amount": text(sum(totals.revenue.values()), digits),
        "fee_and_tax_amount": text(totals.fee_tax, digits),
        "shipping_cost_amount": text(sum(totals.shipping.values()), digits),
        "settlement_amount": text(totals.settlement, digits),
        "sku_transactions": listed,
        "total_count": len(listed),
    }
