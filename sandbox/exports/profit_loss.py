"""The American settlement workbook: orders by SKU with their margin, and adjustments, each with its statement.

The layout is known in part (41 of 60 columns); what the parts need to add up stands in further columns at the end.
Dates are whole numbers, YYYYMMDD: an order is paid on the shop's calendar, settled on a statement's UTC day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from sandbox.exports.asked import Asked, Json, statement_day
from sandbox.exports.books import Book, Cell, Sheet
from sandbox.exports.income import components
from sandbox.exports.words import TRANSACTION_TYPES, status_words

COLUMNS = (
    "Order ID",
    "SKU ID",
    "SKU name",
    "Product name",
    "Order Income",
    "Order Cost",
    "Net Order Margin",
    "Sold Quantity",
    "Order paid date",
    "Order settled date",
    "linked statement id",
    "linked payout id",
    "Order status",
    "Sample order type",
    "Gross sales",
    "Seller discount",
    "Gross sales refund",
    "Seller discount refund",
    "Affiliate Commission",
    "Affiliate partner commission",
    "Affiliate commission deposit",
    "Affiliate commission refund",
    "Affiliate Shop Ads commission",
    "Affiliate Partner shop ads commission",
    "Referral fee",
    "Refund administration fee",
    "Transaction fee",
    "Sales tax on referral fees",
    "Smart Promotion fee",
    "Smart Promotion fee tax",
    "Campaign resource fee",
    "Campaign service fee",
    "TikTok Shop Partner commission",
    "Managed service plan (Per order fee)",
    "Managed service plan (Sales tax)",
    "TikTok Shop shipping fee",
    "Fulfilled by TikTok Shop shipping fee",
    "Return shipping fee",
    "Return shipping label fee",
    "Shipping fee subsidy",
    "Shipping fee discount",
)
"""The headers of the sheet Orders that are known, in their order."""
ADJUSTMENT_COLUMNS = (
    "Adjustment ID",
    "Adjustment Type",
    "Adjustment reason",
    "Adjustment amount",
    "Adjustment create time",
    "Adjustment settlement time",
    "linked statement id",
    "llinked payout id",
)
"""The headers of the sheet Adjustment; the spelling of the last one is the platform's."""
FURTHER = ("Customer-paid shipping fee", "GMV Max ad fee", "Co-funded creator bonus")
"""Columns of all markets after the known ones."""
MARKET_FEES = {
    "TH": ("Platform commission fee", "VAT"),
    "VN": ("Platform commission fee", "VAT", "PIT", "Infrastructure fee"),
    "MY": ("Platform commission fee", "SST"),
    "GB": ("Platform commission fee", "Import VAT"),
    "US": (),
}
"""Columns of a market at the end: the workbook is the American one, but any shop may be asked for it."""

_AMOUNTS = {
    "Gross sales": "subtotal_before_discount_amount",
    "Seller discount": "seller_discount_amount",
    "Gross sales refund": "refund_subtotal_before_discount_amount",
    "Seller discount refund": "seller_discount_refund_amount",
    "Affiliate Commission": "affiliate_commission_amount",
    "Affiliate partner commission": "affiliate_partner_commission_amount",
    "Affiliate Shop Ads commission": "affiliate_ads_commission_amount",
    "Referral fee": "referral_fee_amount",
    "Refund administration fee": "refund_administration_fee_amount",
    "Transaction fee": "transaction_fee_amount",
    "Sales tax on referral fees": "sales_tax_referral_fee_amount",
    "TikTok Shop shipping fee": "actual_shipping_fee_amount",
    "Return shipping fee": "return_shipping_fee_amount",
    "Shipping fee discount": "shipping_fee_discount_amount",
    "Customer-paid shipping fee": "customer_paid_shipping_fee_amount",
    "GMV Max ad fee": "gmv_max_ad_fee_amount",
    "Co-funded creator bonus": "cofunded_creator_bonus_amount",
    "Platform commission fee": "platform_commission_amount",
    "VAT": "vat_amount",
    "PIT": "pit_amount",
    "SST": "sst_amount",
    "Import VAT": "import_vat_amount",
    "Infrastructure fee": "vn_fix_infrastructure_fee",
}
_SAMPLE = "Free sample"
_ZERO = Decimal(0)


def columns(region: str) -> tuple[str, ...]:
    """The headers of the sheet Orders of a shop's file."""
    return (*COLUMNS, *FURTHER, *MARKET_FEES[region])


def book(asked: Asked, layout: str) -> Book:
    """What was settled on the days, by the UTC day of the statements."""
    sheets = (
        Sheet("Orders", _orders(asked)),
        Sheet("Adjustment", _adjustments(asked)),
        # What this sheet holds in a real file is not known.
        Sheet("Order payment info", iter([["Order payment info"]])),
    )
    return Book(f"merchant_statement_profit_loss_{asked.first:%Y%m%d}_{asked.last:%Y%m%d}.xlsx", sheets)


def _orders(asked: Asked) -> Iterator[list[Cell]]:
    names = columns(asked.shop.region)
    yield ["Statement profit and loss"]
    yield ["Statement period", f"{asked.first:%Y%m%d} - {asked.last:%Y%m%d}"]
    yield ["Currency", asked.shop.currency]
    yield ["Time zone", "Order dates: shop's time zone; settled dates: UTC"]
    yield []
    yield list(names)
    statements = _statements(asked)
    known = set(_AMOUNTS.values())
    for chunk in asked.chunks("order_transaction", bounded=False):
        rows = [
            (entry, part, statements[part["statement_id"]])
            for entry in chunk
            for part in entry["sku_transactions"]
            if part["statement_id"] in statements
        ]
        orders = _orders_of(asked, {entry["order_id"] for entry, _, _ in rows})
        for entry, part, statement in rows:
            amounts = components(part)
            lost = [name for name, amount in amounts.items() if amount and name not in known]
            if lost:
                raise ValueError(f"The sheet Orders has no column for {', '.join(lost)}: add it to FURTHER.")
            values = _values(orders[entry["order_id"]], part, amounts, statement, asked)
            # A column without a value is a fee that this world never charges.
            yield [values.get(name, _ZERO) for name in names]
    yield from _samples(asked, names)


def _samples(asked: Asked, names: tuple[str, ...]) -> Iterator[list[Cell]]:
    """Sample orders earn nothing and are listed all the same."""
    for chunk in asked.chunks("order"):
        for order in chunk:
            if not order["is_sample_order"]:
                continue
            for sku_id in dict.fromkeys(line["sku_id"] for line in order["line_items"]):
                units = [line for line in order["line_items"] if line["sku_id"] == sku_id]
                part = {
                    "sku_id": sku_id,
                    "sku_name": units[0]["sku_name"],
                    "product_name": units[0]["product_name"],
                    "quantity": str(len(units)),
                }
                values = _values(order, part, {}, None, asked)
                yield [values.get(name, _ZERO) for name in names]


def _values(
    order: Json, part: Json, amounts: dict[str, Decimal], statement: Json | None, asked: Asked
) -> dict[str, Cell]:
    """The cells of a row, by header."""
    income = Decimal(part.get("revenue_amount", "0"))
    cost = Decimal(part.get("fee_tax_amount", "0")) + Decimal(part.get("shipping_cost_amount", "0"))
    paid = order.get("paid_time")
    values: dict[str, Cell] = {column: amounts.get(name, _ZERO) for column, name in _AMOUNTS.items()}
    values |= {
        "Order ID": order["id"],
        "SKU ID": part["sku_id"],
        "SKU name": part["sku_name"],
        "Product name": part["product_name"],
        "Order Income": income,
        "Order Cost": cost,
        "Net Order Margin": income + cost,
        "Sold Quantity": int(part["quantity"]),
        "Order paid date": _number(asked.local(paid)) if paid is not None else None,
        "Order settled date": _number(statement_day(statement)) if statement is not None else None,
        "linked statement id": statement["id"] if statement is not None else None,
        "linked payout id": statement.get("payment_id") if statement is not None else None,
        "Order status": status_words(order["status"], "en")[0],
        "Sample order type": _SAMPLE if order["is_sample_order"] else None,
    }
    return values


def _number(day: date) -> int:
    return int(f"{day:%Y%m%d}")


def _statements(asked: Asked) -> dict[str, Json]:
    return {statement["id"]: statement for _, statement in asked.statements()}


def _orders_of(asked: Asked, order_ids: set[str]) -> dict[str, Json]:
    return {order["id"]: order for order in asked.some("order", ids=sorted(order_ids))}


def _adjustments(asked: Asked) -> Iterator[list[Cell]]:
    yield ["Adjustments"]
    yield ["Statement period", f"{asked.first:%Y%m%d} - {asked.last:%Y%m%d}"]
    yield []
    yield list(ADJUSTMENT_COLUMNS)
    for day, statement in asked.statements():
        for body in asked.children("statement_transaction", statement["id"]):
            if body["type"] in TRANSACTION_TYPES and body["type"] != "ORDER":
                yield [
                    body["adjustment_id"],
                    TRANSACTION_TYPES[body["type"]],
                    None,
                    Decimal(body["adjustment_amount"]),
                    _number(day),
                    _number(day),
                    statement["id"],
                    statement.get("payment_id"),
                ]
