"""Affiliate orders: which creator brought which SKU of an order, and for what commission."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ingestion.engine.pages import Record
from ingestion.seller_center.entities.base import Made, Mapper, amount, money, seconds, text_of, whole
from ingestion.seller_center.sheets import TypedRow
from ingestion.seller_center.words import code_of

_PAID = {
    "price": "price",
    "estimated_paid_commission": "est_standard_commission_payment",
    "estimated_paid_shop_ads_commission": "est_shop_ads_commission_payment",
    "estimated_cofunded_creator_bonus_amount": "est_co_funded_creator_bonus",
    "actual_paid_commission": "actual_commission_payment",
    "actual_paid_shop_ads_commission": "actual_shop_ads_commission_payment",
    "actual_cofunded_creator_bonus_amount": "actual_co_funded_creator_bonus",
}
_BASES = {
    "estimated_commission_base": "est_commission_base",
    "actual_commission_base": "actual_commission_base",
}


class AffiliateOrders(Mapper):
    """An affiliate order with one SKU per row."""

    resource = "affiliate_orders"
    money = "payment_amount"
    identity = "order_id"

    def take(self, rows: Sequence[TypedRow]) -> Made:
        """Affiliate orders of some rows."""
        made = [self._order(row) for row in rows]
        return {"affiliate_orders": [record for record in made if record is not None]}

    def _order(self, row: TypedRow) -> Record | None:
        values = row.values
        order_id, sku_id = text_of(values.get("order_id")), text_of(values.get("sku_id"))
        if order_id is None or sku_id is None:
            self.quarantine("row_without_id", row, "order_id" if order_id is None else "sku_id", None)
            return None
        word = text_of(values.get("order_status"))
        status = code_of("commission_status", word, self.facts.downloaded_at.date()) if word else None
        if status is None:
            # The order and its commissions count; whether they are settled nobody knows.
            self.quarantine("unknown_status", row, "order_status", word, effect="counted")
            paid = values.get("time_commission_paid") is not None
            status = "SETTLED" if paid else "Unknown"
        currency = text_of(values.get("currency")) or self.currency
        created = seconds(values.get("time_created"))
        self.reached(created)
        sku: Record = {
            "sku_id": sku_id,
            "product_id": text_of(values.get("product_id")),
            "settlement_status": status,
            "creator_username": text_of(values.get("creator_username")),
            "quantity": whole(values.get("quantity")),
            "content_type": self.word("content_type", row, "content_type"),
            "content_id": text_of(values.get("content_id")),
            "commission_model": text_of(values.get("commission_model")),
            "commission_rate": _hundredths(values.get("standard_commission_rate")),
            "shop_ads_commission_rate": _hundredths(values.get("shop_ads_commission_rate")),
            "fully_return": _yes_no(values.get("fully_returned_or_refunded")),
            "payment_amount": amount(values.get("payment_amount")),
            "file_row": row.row,
        }
        for name, column in _PAID.items():
            sku[name] = money(values.get(column), currency)
        for name, column in _BASES.items():
            sku[name] = _displayed(values.get(column), currency)
        return {"id": order_id, "create_time": created, "skus": [sku], "file_row": row.row}


def _yes_no(value: bool | None) -> str | None:
    return None if value is None else ("Yes" if value else "No")


def _hundredths(rate: Decimal | None) -> int | None:
    """A rate in hundredths of a percent, as the API has it: 0.15 is 1500."""
    return None if rate is None else whole(rate * 10_000)


def _displayed(value: Decimal | None, currency: str | None) -> Record | None:
    """A commission base, which the API writes for people: with two decimals or none, so that it is read in one way."""
    if value is None:
        return None
    is_whole = value == value.to_integral_value()
    return {"amount": format(value, ".0f") if is_whole else format(value, ".2f"), "currency": currency}
