"""Returns and their lines. Refund amounts are positive, in the currency beside them."""

from __future__ import annotations

from typing import Any

from ingestion.engine.columns import (
    Column,
    Kind,
    Table,
    bools,
    child,
    computed,
    fields,
    length_of,
    monies,
    parent,
    text,
    texts,
    times,
)
from ingestion.engine.pages import Record

_RETURN = fields("""
    order_id return_id return_type return_status arbitration_status role return_reason
    return_reason_text shipment_type handover_method return_tracking_number return_provider_name
    return_provider_id pre_return_id next_return_id can_buyer_keep_item update_time
    seller_next_action_response[action deadline] create_time return_line_items[return_line_item_id
    order_line_item_id sku_id sku_name product_name seller_sku product_image{url width height}
    refund_amount{currency refund_total refund_subtotal refund_shipping_fee refund_tax
    retail_delivery_fee buyer_service_fee} return_sub_line_items[return_sub_line_item_id
    return_line_item_id sub_order_line_item_id order_line_item_id sku_id sku_name product_image{url
    width height} product_name seller_sku refund_amount{currency refund_total refund_subtotal
    refund_shipping_fee refund_tax retail_delivery_fee buyer_service_fee}]] discount_amount[currency
    product_seller_discount shipping_fee_platform_discount shipping_fee_seller_discount
    product_platform_discount] shipping_fee_amount[currency seller_paid_return_shipping_fee
    platform_paid_return_shipping_fee buyer_paid_return_shipping_fee] refund_amount{currency
    refund_total refund_subtotal refund_shipping_fee refund_tax retail_delivery_fee buyer_service_fee}
    return_shipping_document_type return_method is_combined_return combined_return_id
    seller_proposed_return_type partial_refund{currency amount} buyer_rejected_partial_refund
    return_warehouse_address{full_address} is_quick_refund
""")

REFUND = (
    text("currency", "refund_amount.currency"),
    *monies("refund_total refund_subtotal refund_shipping_fee refund_tax", under="refund_amount"),
    *monies("retail_delivery_fee buyer_service_fee", under="refund_amount"),
)


def _first_action(record: Record) -> Record:
    """What the seller has to do next: of several answers that are waited for the one with the earliest deadline."""
    found = record.get("seller_next_action_response")
    actions = [one for one in found if type(one) is dict] if type(found) is list else []
    dated = [one for one in actions if type(one.get("deadline")) is int and one["deadline"] > 0]
    return min(dated, key=lambda one: one["deadline"], default=actions[0] if actions else {})


def _of_first_action(name: str, kind: Kind, column: str) -> Column:
    def values(records: list[Record]) -> list[Any]:
        return [_first_action(record).get(name) for record in records]

    return computed(column, kind, values)


NEXT_ACTION = (
    _of_first_action("action", Kind.TEXT, "next_action"),
    _of_first_action("deadline", Kind.TIME, "next_action_deadline"),
)
"""What the platform waits for from the seller, and until when; NULL when it waits for nothing."""

RETURN_LINES = Table(
    name="return_lines",
    key=("return_id", "return_line_id"),
    known=_RETURN["return_line_items"],
    columns=(
        parent("return_id", "return_id"),
        parent("return_update_time", "update_time", Kind.TIME),
        parent("return_status", "return_status"),
        text("return_line_id", "return_line_item_id"),
        parent("order_id", "order_id"),
        text("order_line_id", "order_line_item_id"),
        *texts("sku_id seller_sku product_name"),
        *REFUND,
    ),
)

RETURNS = Table(
    name="returns",
    key=("return_id",),
    known=_RETURN,
    columns=(
        *texts("return_id order_id return_type return_status arbitration_status role"),
        *texts("return_reason return_reason_text"),
        *times("create_time update_time"),
        *REFUND,
        *monies(
            "seller_paid_return_shipping_fee platform_paid_return_shipping_fee",
            under="shipping_fee_amount[]",
        ),
        *monies("buyer_paid_return_shipping_fee", under="shipping_fee_amount[]"),
        *bools("is_quick_refund can_buyer_keep_item is_combined_return"),
        *texts("combined_return_id next_return_id pre_return_id seller_proposed_return_type"),
        *NEXT_ACTION,
        computed("line_count", Kind.INT, length_of("return_line_items")),
    ),
    children=(child(RETURN_LINES, "return_line_items"),),
)
