"""Orders, their lines, and the parts of combined lines.

| endpoint | raw tables | how it is read |
| --- | --- | --- |
| `POST /order/202309/orders/search` | `orders`, `order_lines`, `order_line_components` | by update time |

One line is one unit: the API has no quantity. Every version of an order that a sync meets is a row; so
are its lines. Times are unix seconds in the API and UTC instants here; money is in the order's currency.
"""

from __future__ import annotations

from ingestion.engine.answers import listed
from ingestion.engine.privacy import Rules
from ingestion.tables.orders import ORDERS
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.reading import ByTime, Resource

_SCOPE = "seller.order.info"

SEARCH_ORDERS = Endpoint(
    "search_orders", "POST", "/order/202309/orders/search", "202309", page_size=100, scope=_SCOPE
)

ORDER = Resource(
    name="orders",
    endpoint=SEARCH_ORDERS,
    tables=(ORDERS,),
    rules=Rules(
        known=ORDERS.known or {},
        drop=(
            "buyer_email",
            "buyer_nickname",
            "buyer_avatar",
            "buyer_message",
            "seller_note",
            "cpf",
            "cpf_name",
        ),
        keep={"recipient_address": ("region_code",)},
        hash=("user_id",),
    ),
    take=listed("orders"),
    read=ByTime("update_time", id_field="id", send="body"),
)

RESOURCES = (ORDER,)
