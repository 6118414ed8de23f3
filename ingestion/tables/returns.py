"""Returns and their lines. Refund amounts are positive, in the currency beside them."""

from __future__ import annotations

from ingestion.engine.columns import (
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
        computed("line_count", Kind.INT, length_of("return_line_items")),
    ),
    children=(child(RETURN_LINES, "return_line_items"),),
)
