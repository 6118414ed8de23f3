"""Returns and cancellations (after-sales), with their lines.

| endpoint | raw tables | how it is read |
| --- | --- | --- |
| `POST /return_refund/202602/returns/search` | `returns`, `return_lines` | by update time |
| `POST /return_refund/202602/cancellations/search` | `cancellations`, `cancellation_lines` | by update time |

Refund amounts are positive, in the currency beside them. One order may have several returns.
"""

from __future__ import annotations

from ingestion.engine.answers import listed
from ingestion.engine.columns import (
    Kind,
    Table,
    bools,
    child,
    computed,
    fields,
    length_of,
    parent,
    text,
    texts,
    times,
)
from ingestion.engine.privacy import Rules
from ingestion.tables.returns import NEXT_ACTION, REFUND, RETURNS
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.reading import ByTime, Resource

_SCOPE = "seller.return_refund.basic"

SEARCH_RETURNS = Endpoint(
    "search_returns",
    "POST",
    "/return_refund/202602/returns/search",
    "202602",
    page_size=50,
    scope=_SCOPE,
    gives="10-50",
)
SEARCH_CANCELLATIONS = Endpoint(
    "search_cancellations",
    "POST",
    "/return_refund/202602/cancellations/search",
    "202602",
    page_size=50,
    scope=_SCOPE,
)

_CANCELLATION = fields("""
    order_id cancel_type cancel_status role cancel_reason cancel_reason_text create_time update_time
    seller_next_action_response[action deadline] refund_amount{currency refund_total refund_subtotal
    refund_shipping_fee refund_tax retail_delivery_fee buyer_service_fee}
    cancel_line_items[cancel_line_item_id order_line_item_id sku_id sku_name product_image{url width
    height} product_name seller_sku refund_amount{currency refund_total refund_subtotal
    refund_shipping_fee refund_tax retail_delivery_fee buyer_service_fee}
    cancel_sub_line_items[cancel_sub_line_item_id cancel_line_item_id sub_order_line_item_id
    order_line_item_id sku_id sku_name product_image{url width height} product_name seller_sku
    refund_amount{currency refund_total refund_subtotal refund_shipping_fee refund_tax
    retail_delivery_fee buyer_service_fee}]] cancel_id should_replenish_stock
""")


CANCELLATION_LINES = Table(
    name="cancellation_lines",
    key=("cancel_id", "cancel_line_id"),
    known=_CANCELLATION["cancel_line_items"],
    columns=(
        parent("cancel_id", "cancel_id"),
        parent("cancel_update_time", "update_time", Kind.TIME),
        parent("cancel_status", "cancel_status"),
        text("cancel_line_id", "cancel_line_item_id"),
        parent("order_id", "order_id"),
        text("order_line_id", "order_line_item_id"),
        *texts("sku_id seller_sku product_name"),
        *REFUND,
    ),
)

CANCELLATIONS = Table(
    name="cancellations",
    key=("cancel_id",),
    known=_CANCELLATION,
    columns=(
        *texts("cancel_id order_id cancel_type cancel_status role cancel_reason cancel_reason_text"),
        *times("create_time update_time"),
        *REFUND,
        *bools("should_replenish_stock"),
        *NEXT_ACTION,
        computed("line_count", Kind.INT, length_of("cancel_line_items")),
    ),
    children=(child(CANCELLATION_LINES, "cancel_line_items"),),
)

RETURN = Resource(
    name="returns",
    endpoint=SEARCH_RETURNS,
    tables=(RETURNS,),
    rules=Rules(known=RETURNS.known or {}, drop=("return_warehouse_address",)),
    take=listed("return_orders"),
    read=ByTime("update_time", id_field="return_id", send="body"),
)

CANCELLATION = Resource(
    name="cancellations",
    endpoint=SEARCH_CANCELLATIONS,
    tables=(CANCELLATIONS,),
    rules=Rules(known=_CANCELLATION),
    take=listed("cancellations"),
    read=ByTime("update_time", id_field="cancel_id", send="body"),
)

RESOURCES = (
    RETURN,
    CANCELLATION,
)
