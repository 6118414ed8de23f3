"""Affiliate files: orders that a creator has a part in, and the list of creators' videos.

Real files of orders list samples as well (payment amount 0); the API that this world serves has none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sandbox.exports import formats
from sandbox.exports.asked import Asked, Json
from sandbox.exports.books import XLSX, Book, Cell, Sheet
from sandbox.exports.videos import listed

_CREATOR = "Creator Username"
ORDER_COLUMNS = (
    "Order ID",
    "Product ID",
    "Product Name",
    "SKU ID",
    "Price",
    "Payment Amount",
    "Currency",
    "Quantity",
    "Fully returned or refunded",
    "Payment method",
    "Order Status",
    _CREATOR,
    "Content Type",
    "Content ID",
    "commission model",
    "Standard commission rate",
    "Est. Commission Base",
    "Est. standard commission payment",
    "Actual Commission Base",
    "Actual Commission Payment",
    "Shop Ads commission rate",
    "Est. Shop Ads commission payment",
    "Actual Shop Ads commission payment",
    "Est. co-funded creator bonus",
    "Actual co-funded creator bonus",
    "Time Created",
    "Payment time",
    "Time Commission Paid",
    "Platform",
)
"""The headers that all markets share, in their order."""
VIDEO_COLUMNS = (
    "Video name",
    "Video link",
    "Video post date",
    "Creator username",
    "GMV",
    # With a space at the end, as the platform writes it.
    "Affiliate items sold ",
    "Affiliate shoppable video GMV",
    "Shoppable video avg. order value",
    "Est. commission",
    "Est. flat fee",
    "Affiliate orders",
    "Shoppable video impressions",
    "Affiliate CTR",
    "Shoppable video GPM",
    "Affiliate items refunded",
    "Affiliate refunded GMV",
    "Shoppable video comments",
    "Shoppable video likes",
)
"""The headers of the list of videos, in their order."""
_STATUSES = {
    "Unknown": "Unpaid by customer",
    "AWAITING PAYMENT": "Pending",
    "To-SETTLE": "Completed",
    "SETTLED": "Settled",
    "INELIGIBLE": "Ineligible",
}
_CONTENT = {"VIDEO": "Video", "LIVE": "LIVE", "SHOP": "Showcase"}
_NEVER = "01/01/1970 00:00:00"
"""How the file writes the time of a payment that has not come."""
_NONE = "--"


def order_columns(region: str) -> tuple[str, ...]:
    """The headers of a market: one more in the US, two more in Britain."""
    names = list(ORDER_COLUMNS)
    if region == "GB":
        names.insert(names.index(_CREATOR) + 1, "Creator Region")
    if region in ("GB", "US"):
        names.append("Seller Sku")
    return tuple(names)


def orders(asked: Asked, layout: str) -> Book:
    """The affiliate orders that were created on the days."""
    name = f"{layout}_{asked.first:%Y%m%d}_{asked.last:%Y%m%d}.{XLSX}"
    return Book(name, (Sheet("Affiliate orders", _orders(asked)),))


def _orders(asked: Asked) -> Iterator[list[Cell]]:
    names = order_columns(asked.shop.region)
    yield list(names)
    for rows in asked.chunks("affiliate_sku", newest_first=True):
        known = {order["id"]: order for order in asked.some("order", ids=sorted({row["id"] for row in rows}))}
        for row in rows:
            for sku in row["skus"]:
                values = _values(asked, row, sku, known[row["id"]])
                yield [values[name] for name in names]


def _values(asked: Asked, row: Json, sku: Json, order: Json) -> dict[str, Cell]:
    shop = asked.shop
    units = [line for line in order["line_items"] if line["sku_id"] == sku["sku_id"] and not line["is_gift"]]
    status = sku["settlement_status"]
    is_cancelled = status == "INELIGIBLE" and order["status"] == "CANCELLED"

    def money(name: str) -> str:
        return str(sku[name]["amount"]) if name in sku else ""

    def base(name: str) -> str:
        return formats.plain(formats.displayed(sku[name]["amount"], shop), shop) if name in sku else ""

    def time(at: int | None) -> str:
        return formats.day_first(asked.local(at)) if at is not None else ""

    return {
        "Order ID": row["id"],
        "Product ID": sku["product_id"],
        "Product Name": units[0]["product_name"],
        "SKU ID": sku["sku_id"],
        "Seller Sku": units[0]["seller_sku"],
        "Price": money("price"),
        "Payment Amount": str(sum((Decimal(line["sale_price"]) for line in units), Decimal(0))),
        "Currency": shop.currency,
        "Quantity": str(sku["quantity"]),
        "Fully returned or refunded": sku.get("fully_return", ""),
        "Payment method": order["payment_method_name"],
        "Order Status": "Canceled" if is_cancelled else _STATUSES[status],
        _CREATOR: sku["creator_username"],
        "Creator Region": shop.region,
        "Content Type": _CONTENT.get(sku["content_type"], sku["content_type"]),
        "Content ID": sku.get("content_id", ""),
        "commission model": sku["commission_model"],
        "Standard commission rate": formats.rate(sku["commission_rate"]),
        "Est. Commission Base": base("estimated_commission_base"),
        "Est. standard commission payment": money("estimated_paid_commission"),
        "Actual Commission Base": base("actual_commission_base"),
        "Actual Commission Payment": money("actual_paid_commission"),
        "Shop Ads commission rate": formats.rate(sku["shop_ads_commission_rate"]),
        "Est. Shop Ads commission payment": money("estimated_paid_shop_ads_commission"),
        "Actual Shop Ads commission payment": money("actual_paid_shop_ads_commission"),
        "Est. co-funded creator bonus": money("estimated_cofunded_creator_bonus_amount"),
        "Actual co-funded creator bonus": money("actual_cofunded_creator_bonus_amount"),
        "Time Created": time(row["create_time"]),
        "Payment time": time(order.get("paid_time")),
        # When a commission was paid the API does not say.
        "Time Commission Paid": "" if status == "SETTLED" else _NEVER,
        "Platform": "TikTok Shop",
    }


def videos(asked: Asked, layout: str) -> Book:
    """Creators' videos with their figures over the days: a window, which the file's name alone tells."""
    name = f"Video_List_{asked.first:%Y%m%d}-{asked.last:%Y%m%d}_{asked.local(asked.clock):%Y%m%d%H%M}.xlsx"
    return Book(name, (Sheet("Sheet1", _videos(asked)),))


def _videos(asked: Asked) -> Iterator[list[Cell]]:
    yield list(VIDEO_COLUMNS)

    def money(value: Json) -> str:
        return formats.symbolic(Decimal(value["amount"]), asked.shop)

    for one in listed(asked):
        values: dict[str, Cell] = {
            "Video name": one["title"],
            "Video link": f"https://www.tiktok.com/@{one['username']}/video/{one['id']}",
            "Video post date": one["video_post_time"][:10],
            "Creator username": one["username"],
            "GMV": money(one["attributed_gmv"]),
            "Affiliate items sold ": f"{one['items_sold']:,}",
            "Affiliate shoppable video GMV": money(one["gmv"]),
            "Affiliate orders": f"{one['sku_orders']:,}",
            "Shoppable video impressions": f"{one['product_impressions']:,}",
            "Affiliate CTR": formats.whole_percent(one["click_through_rate"]),
            "Shoppable video GPM": money(one["gpm"]),
            "Shoppable video comments": f"{one['comments']:,}",
            "Shoppable video likes": f"{one['likes']:,}",
        }
        yield [values.get(name, _NONE) for name in VIDEO_COLUMNS]
