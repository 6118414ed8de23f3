"""Orders that are paid and not settled yet, with the platform's estimate: the American file, known in part.

In every row, net sales, fees, net shipping and adjustments add up to the estimated settlement.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from sandbox.exports import income
from sandbox.exports.asked import Asked, Json
from sandbox.exports.books import Book, Cell, Sheet
from sandbox.exports.income import components
from sandbox.exports.vietnamese import INCOME
from sandbox.exports.words import word

COLUMNS = (
    "Type",
    "Order/adjustment ID",
    "Related order ID",
    "creation date",
    "Total estimated settlement amount",
    "Estimated Settle time",
    "unsettled reasons",
    "SKU ID",
    "Quantity",
    "Product name",
    "SKU name",
    "Net sales",
    "Gross sales",
    "Fees",
    "Referral fee",
    "Sales tax on referral fees",
    "TikTok Shop shipping fee",
    "Customer-paid shipping fee",
    "Customer payment",
    "Sales tax payment",
    "Platform discounts",
    "Adjustment amount",
    "Adjustment reason",
)
"""The headers that are known, in their order."""
FURTHER = (
    "Net shipping",
    "Shipping fee discount",
    "Return shipping fee",
    "Seller discount",
    "Gross sales refund",
    "Seller discount refund",
    "Affiliate Commission",
    "Affiliate partner commission",
    "Affiliate Shop Ads commission",
    "Refund administration fee",
)
"""Columns after the known ones that the parts need to add up."""
MARKET_FEES = {
    "TH": ("Platform commission fee", "Transaction fee", "VAT"),
    "VN": ("Platform commission fee", "Transaction fee", "VAT", "Infrastructure fee"),
    "MY": ("Platform commission fee", "Transaction fee", "SST"),
    "GB": ("Platform commission fee", "Transaction fee", "Import VAT"),
    "US": (),
}

_ZERO = Decimal(0)
_AMOUNTS = {
    "Gross sales": "subtotal_before_discount_amount",
    "Seller discount": "seller_discount_amount",
    "Gross sales refund": "refund_subtotal_before_discount_amount",
    "Seller discount refund": "seller_discount_refund_amount",
    "Referral fee": "referral_fee_amount",
    "Sales tax on referral fees": "sales_tax_referral_fee_amount",
    "TikTok Shop shipping fee": "actual_shipping_fee_amount",
    "Customer-paid shipping fee": "customer_paid_shipping_fee_amount",
    "Shipping fee discount": "shipping_fee_discount_amount",
    "Return shipping fee": "return_shipping_fee_amount",
    "Affiliate Commission": "affiliate_commission_amount",
    "Affiliate partner commission": "affiliate_partner_commission_amount",
    "Affiliate Shop Ads commission": "affiliate_ads_commission_amount",
    "Refund administration fee": "refund_administration_fee_amount",
    "Platform commission fee": "platform_commission_amount",
    "Transaction fee": "transaction_fee_amount",
    "VAT": "vat_amount",
    "SST": "sst_amount",
    "Import VAT": "import_vat_amount",
    "Infrastructure fee": "vn_fix_infrastructure_fee",
}


def columns(region: str) -> tuple[str, ...]:
    """The headers of a shop's file."""
    return (*COLUMNS, *FURTHER, *MARKET_FEES[region])


def book(asked: Asked, layout: str) -> Book:
    """The unsettled orders that were created on the days."""
    sheet = Sheet("Unsettled orders", _rows(asked), wrong_dimension=True)
    return Book(f"unsettled_orders_{asked.local(asked.clock):%Y%m%d%H%M%S}.xlsx", (sheet,))


OTHER_COLUMNS = (
    "Type",
    "Order/adjustment ID",
    "Transaction creation date",
    "Currency",
    "Total estimated settlement amount",
    "Estimated settle time",
    "Unsettled reason",
    "Related order ID",
    "Order creation date",
    "SKU ID",
    "Quantity",
    "Product name",
    "SKU name",
    *income.COLUMNS["income"][6:],
)
"""The headers outside of the United States: those of the income file follow."""


def elsewhere(asked: Asked, layout: str) -> Book:
    """The same outside of the United States, where the fees hold the shipping and the charges are the income file's."""
    sheet = Sheet(word("Unsettled orders", asked.language), _rows_elsewhere(asked), wrong_dimension=True)
    return Book(f"Onhold-unsettled-orders-{asked.local(asked.clock):%Y%m%d%H%M%S}.xlsx", (sheet,))


def _rows_elsewhere(asked: Asked) -> Iterator[list[Cell]]:
    extra = (*income.COMMON_FEES["income"], *income.MARKET_FEES[asked.shop.region])
    names = (*OTHER_COLUMNS, *extra)
    vietnamese = asked.language == "vi"
    ge, lt = asked.bounds
    count = asked.store.count("unsettled", asked.shop.id, asked.clock, field="create_time", ge=ge, lt=lt)
    moment = f"{datetime.fromtimestamp(asked.clock, UTC):%Y/%m/%d %H:%M:%S} (UTC)"
    yield ["Số tiền chỉ là ước tính." if vietnamese else "The amounts are estimates."]
    yield ["Thời gian tải xuống" if vietnamese else "Download time", moment]
    yield ["Tổng số giao dịch" if vietnamese else "Total transactions", count]
    yield []
    yield [INCOME.get(name, name) for name in names] if vietnamese else list(names)
    for chunk in asked.chunks("unsettled"):
        orders = {order["id"]: order for order in asked.some("order", ids=[_order_of(row) for row in chunk])}
        for row in chunk:
            amounts = components(row)
            known = {name: amounts.get(part, _ZERO) for name, part in income.AMOUNTS.items()}
            american = _values(row, amounts, orders[_order_of(row)], asked)
            values = known | {
                **{name: american[name] for name in ("SKU ID", "Quantity", "Product name", "SKU name")},
                "Type": word(str(american["Type"]), asked.language),
                "Order/adjustment ID": american["Order/adjustment ID"],
                "Transaction creation date": american["creation date"],
                "Order creation date": american["creation date"],
                "Currency": row["currency"],
                "Total estimated settlement amount": american["Total estimated settlement amount"],
                "Estimated settle time": american["Estimated Settle time"],
                "Unsettled reason": row["unsettled_reason"],
                "Related order ID": american["Related order ID"],
                "Total revenue": american["Net sales"],
                "Total fees": Decimal(row["est_fee_tax_amount"]) + Decimal(row["est_shipping_cost_amount"]),
                "Ajustment amount": american["Adjustment amount"],
            }
            yield [values.get(name, _ZERO) for name in names]


def _rows(asked: Asked) -> Iterator[list[Cell]]:
    names = columns(asked.shop.region)
    ge, lt = asked.bounds
    total = asked.store.count("unsettled", asked.shop.id, asked.clock, field="create_time", ge=ge, lt=lt)
    yield ["The amounts are estimates and can change until the order is settled."]
    yield [f"Download time: {datetime.fromtimestamp(asked.clock, UTC):%Y/%m/%d %H:%M:%S} (UTC)"]
    yield [f"Total transactions: {total}"]
    yield []
    yield list(names)
    for chunk in asked.chunks("unsettled"):
        orders = {order["id"]: order for order in asked.some("order", ids=[_order_of(row) for row in chunk])}
        for row in chunk:
            amounts = components(row)
            values = _values(row, amounts, orders[_order_of(row)], asked)
            # A column without a value is not in an estimate of this world.
            yield [values.get(name) for name in names]


def _order_of(row: Json) -> str:
    """The order that a row is about, also where the row is an adjustment of it."""
    return str(row.get("order_id") or row["adjustment_order_id"])


def _values(row: Json, amounts: dict[str, Decimal], order: Json, asked: Asked) -> dict[str, Cell]:
    """The cells of a row, by header."""
    skus = {line["sku_id"]: line for line in order["line_items"]}
    # The platform estimates orders, not SKUs: a SKU is named where there is only one.
    only = next(iter(skus.values())) if len(skus) == 1 else {}
    estimate = str(row["estimated_settlement"])
    values: dict[str, Cell] = {column: amounts.get(name, _ZERO) for column, name in _AMOUNTS.items()}
    values |= {
        "Type": "Order" if row["type"] == "ORDER" else row["type"].replace("_", " ").capitalize(),
        "Order/adjustment ID": row.get("order_id") or row["adjustment_id"],
        "Related order ID": row.get("adjustment_order_id", "/"),
        "creation date": f"{asked.local(row['order_create_time']):%Y/%m/%d}",
        "Total estimated settlement amount": Decimal(row["est_settlement_amount"]),
        "Estimated Settle time": f"{datetime.fromtimestamp(int(estimate), UTC):%Y/%m/%d}"
        if estimate.isdecimal()
        else "Delivered + 7 days",
        "unsettled reasons": row["unsettled_reason"],
        "SKU ID": only.get("sku_id"),
        "Quantity": len(order["line_items"]),
        "Product name": only.get("product_name"),
        "SKU name": only.get("sku_name"),
        "Net sales": Decimal(row["est_revenue_amount"]),
        "Fees": Decimal(row["est_fee_tax_amount"]),
        "Net shipping": Decimal(row["est_shipping_cost_amount"]),
        "Adjustment amount": Decimal(row["est_adjustment_amount"]),
    }
    return values
