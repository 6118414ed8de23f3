"""The order export: a row per order, SKU and status of the units; what belongs to the order repeats on each row.

Units of a SKU that were cancelled in an order that lives on have a row of their own, as one row has one status.
Contact columns hold the world's own personal data, as a real file does: whoever imports has to cut them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from sandbox.exports import formats
from sandbox.exports.asked import Asked, Json
from sandbox.exports.books import CSV, XLSX, Book, Cell, Sheet
from sandbox.exports.words import status_words, word
from sandbox.world.catalog import Shop
from sandbox.world.lives import COMPLETED_REFUNDS

_ITEM = (
    "Order ID",
    "Order Status",
    "Order Substatus",
    "Cancelation/Return Type",
    "Normal or Pre-order",
    "SKU ID",
    "Seller SKU",
    "Product Name",
    "Variation",
    "Quantity",
    "Sku Quantity of return",
    "SKU Unit Original Price",
    "SKU Subtotal Before Discount",
    "SKU Platform Discount",
    "SKU Seller Discount",
    "SKU Subtotal After Discount",
    "Shipping Fee After Discount",
    "Original Shipping Fee",
    "Shipping Fee Seller Discount",
    "Shipping Fee Platform Discount",
)
_EVENTS = (
    "Created Time",
    "Paid Time",
    "RTS Time",
    "Shipped Time",
    "Delivered Time",
    "Cancelled Time",
    "Cancel By",
    "Cancel Reason",
    "Fulfillment Type",
    "Warehouse Name",
    "Tracking ID",
)
_SENT = ("Delivery Option", "Shipping Provider Name", "Buyer Message")
_REACHED = ("Buyer Username", "Recipient", "Phone #")
_PLACE = ("Detail Address", "Additional address information")
_REST = ("Payment Method", "Weight(kg)", "Product Category", "Package ID")
_CHECKED = ("Seller Note", "Checked Status", "Checked Marked by")
_TAXED = ("Payment platform discount", "Taxes", "Order Amount", "Order Refund Amount")

COLUMNS = {
    "order_us": (
        *_ITEM,
        "Payment platform discount",
        "Retail Delivery Fee",
        *_TAXED[1:],
        *_EVENTS,
        "Delivery Option Type",
        *_SENT,
        "Buyer Nickname",
        *_REACHED,
        "Country",
        "State",
        "City",
        "Zipcode",
        "Address Line 1",
        "Address Line 2",
        "Delivery Instruction",
        *_REST,
        "Seller Note",
        "Shipping Information",
        "Order Channel",
        "Creator Handle",
    ),
    "order_us_63": (
        *_ITEM[:7],
        "Product ID",
        *_ITEM[7:9],
        " Virtual Bundle Seller SKU",
        *_ITEM[9:19],
        "Co-Funded Shipping Fee Discount",
        "Shipping Fee Platform Discount",
        "Payment platform discount",
        "Retail Delivery Fee",
        *_TAXED[1:],
        *_EVENTS,
        "Delivery Option Type",
        *_SENT,
        "Buyer Nickname",
        *_REACHED,
        "Country",
        "State",
        "City",
        "Zipcode",
        "Address Line 1",
        "Address Line 2",
        "Delivery Instruction",
        *_REST,
        "Seller Note",
        "Shipping Information",
        "Combined Listing",
        "Order Channel",
        "Creator Handle",
    ),
    "order_vn_54": (
        *_ITEM,
        *_TAXED,
        *_EVENTS,
        *_SENT,
        *_REACHED,
        "Country",
        "Province",
        "District",
        "Commune",
        *_PLACE,
        *_REST,
        *_CHECKED,
    ),
    "order_ph_55": (
        *_ITEM,
        *_TAXED,
        *_EVENTS,
        *_SENT,
        *_REACHED,
        "Country",
        "Region",
        "Province",
        "Municipality",
        "Barangay",
        *_PLACE,
        *_REST,
        *_CHECKED,
    ),
    "order_id_65": (
        *_ITEM,
        "Distance Shipping Fee",
        "Distance Fee",
        "Order Refund Amount",
        "Payment platform discount",
        "Buyer Service Fee",
        "Handling Fee",
        "Shipping Insurance",
        "Item Insurance",
        "Order Amount",
        *_EVENTS,
        *_SENT,
        *_REACHED,
        "Zipcode",
        "Country",
        "Province",
        "Regency and City",
        "Districts",
        "Villages",
        *_PLACE,
        *_REST,
        "Purchase Channel",
        *_CHECKED,
        "Tokopedia Invoice Number",
        "Order Channel",
        "Creator Handle",
    ),
}
"""The headers of each layout, in their order."""

_AMERICAN = ("order_us", "order_us_63")
"""Layouts with a line that describes the columns."""

_UNKNOWN = frozenset(
    (
        "Distance Shipping Fee",
        "Distance Fee",
        "Handling Fee",
        "Shipping Insurance",
        "Item Insurance",
        "District",
        "Commune",
        "Region",
        "Municipality",
        "Barangay",
        "State",
        "Regency and City",
        "Districts",
        "Villages",
        "Weight(kg)",
        "Product Category",
        "Shipping Information",
        "Checked Status",
        "Checked Marked by",
        "Tokopedia Invoice Number",
        " Virtual Bundle Seller SKU",
        "Combined Listing",
    )
)
"""What the world knows nothing of: empty."""

_TABBED = frozenset(("Order ID", "SKU ID", "Package ID", "Zipcode"))
"""Cells of a CSV file that end with a TAB, besides times, so that a spreadsheet takes them for text."""


@dataclass(frozen=True, slots=True)
class _Style:
    """How a layout writes.

    Attributes:
        suffix: csv or xlsx.
        money: How an amount of a shop is written.
        name: Of the file, with the download's time in it.
    """

    suffix: str
    money: Callable[[Decimal, Shop], str]
    name: str


_STYLES = {
    "order_us_63": _Style(XLSX, formats.symbolic, "All order-{:%Y-%m-%d-%H_%M}.xlsx"),
    "order_us": _Style(XLSX, formats.plain, "All order-{:%Y-%m-%d-%H_%M}.xlsx"),
    "order_vn_54": _Style(CSV, formats.plain, "Tất cả đơn hàng-{:%Y-%m-%d-%H_%M}.csv"),
    "order_ph_55": _Style(CSV, formats.coded, "All order-{:%Y-%m-%d-%H_%M}.csv"),
    "order_id_65": _Style(CSV, formats.continental, "Semua pesanan-{:%Y-%m-%d-%H_%M}.csv"),
}


@dataclass
class _Units:
    """A row: some units of one SKU of an order."""

    order: Json
    language: str
    status: str
    lines: list[Json] = field(default_factory=list)
    returned: int = 0
    has_request: bool = False
    refunded: Decimal = Decimal(0)
    creator: str = ""
    warehouse: str = ""

    def word(self, english: str) -> str:
        return word(english, self.language)

    def line_sum(self, name: str) -> Decimal:
        return sum((Decimal(line[name]) for line in self.lines), Decimal(0))

    def paid(self, name: str) -> Decimal | None:
        """An amount of the order; None where its market has no such."""
        value = self.order["payment"].get(name)
        return None if value is None else Decimal(value)

    @cached_property
    def address(self) -> Json:
        found: Json = self.order["recipient_address"]
        return found

    def place(self, level: str) -> str:
        names = {one["address_level_name"]: one["address_name"] for one in self.address["district_info"]}
        return str(names.get(level, ""))

    @property
    def ended(self) -> str:
        """How the units ended, if they did: Cancel, or Return/Refund."""
        if self.status == "CANCELLED":
            return self.word("Cancel")
        return self.word("Return/Refund") if self.has_request else ""


_MONEY: dict[str, Callable[[_Units], Decimal | None]] = {
    "SKU Unit Original Price": lambda row: Decimal(row.lines[0]["original_price"]),
    "SKU Subtotal Before Discount": lambda row: row.line_sum("original_price"),
    "SKU Platform Discount": lambda row: row.line_sum("platform_discount"),
    "SKU Seller Discount": lambda row: row.line_sum("seller_discount"),
    "SKU Subtotal After Discount": lambda row: row.line_sum("sale_price"),
    "Shipping Fee After Discount": lambda row: row.paid("shipping_fee"),
    "Original Shipping Fee": lambda row: row.paid("original_shipping_fee"),
    "Shipping Fee Seller Discount": lambda row: row.paid("shipping_fee_seller_discount"),
    "Shipping Fee Platform Discount": lambda row: row.paid("shipping_fee_platform_discount"),
    "Co-Funded Shipping Fee Discount": lambda row: row.paid("shipping_fee_cofunded_discount"),
    "Payment platform discount": lambda row: row.paid("payment_platform_discount"),
    "Retail Delivery Fee": lambda row: row.paid("retail_delivery_fee"),
    "Buyer Service Fee": lambda row: row.paid("buyer_service_fee"),
    "Taxes": lambda row: row.paid("tax"),
    "Order Amount": lambda row: row.paid("total_amount"),
    "Order Refund Amount": lambda row: row.refunded,
}

_TIMES = {
    "Created Time": "create_time",
    "Paid Time": "paid_time",
    "RTS Time": "rts_time",
    "Shipped Time": "collection_time",
    "Delivered Time": "delivery_time",
    "Cancelled Time": "cancel_time",
}

_ENDED_BY = {"BUYER": "User", "SELLER": "Seller", "SYSTEM": "System"}

_TEXTS: dict[str, Callable[[_Units], str]] = {
    "Order ID": lambda row: row.order["id"],
    "Order Status": lambda row: status_words(row.status, row.language)[0],
    "Order Substatus": lambda row: status_words(row.status, row.language)[1],
    "Cancelation/Return Type": lambda row: row.ended,
    "Normal or Pre-order": lambda row: row.word("Normal"),
    "SKU ID": lambda row: row.lines[0]["sku_id"],
    "Seller SKU": lambda row: row.lines[0]["seller_sku"],
    "Product ID": lambda row: row.lines[0]["product_id"],
    "Product Name": lambda row: row.lines[0]["product_name"],
    "Variation": lambda row: row.lines[0]["sku_name"],
    "Quantity": lambda row: str(len(row.lines)),
    "Sku Quantity of return": lambda row: str(row.returned),
    "Cancel By": lambda row: row.word(_ENDED_BY[by]) if (by := _cancel(row, "initiator")) else "",
    "Cancel Reason": lambda row: _cancel(row, "reason"),
    "Fulfillment Type": lambda row: row.word("Fulfillment by seller"),
    "Warehouse Name": lambda row: row.warehouse,
    "Tracking ID": lambda row: row.lines[0].get("tracking_number", ""),
    "Delivery Option Type": lambda row: "TikTok Shop shipping",
    "Delivery Option": lambda row: row.order["delivery_option_name"],
    "Shipping Provider Name": lambda row: row.order["shipping_provider"],
    "Buyer Message": lambda row: row.order["buyer_message"],
    "Buyer Nickname": lambda row: row.order["buyer_nickname"],
    "Buyer Username": lambda row: row.order["buyer_nickname"],
    "Recipient": lambda row: row.address["name"],
    "Phone #": lambda row: row.address["phone_number"],
    "Zipcode": lambda row: row.address["postal_code"],
    "Country": lambda row: row.place("Country"),
    "Province": lambda row: row.place("City"),
    "City": lambda row: row.place("City"),
    "Address Line 1": lambda row: row.address["address_line1"],
    "Address Line 2": lambda row: row.address["address_line2"],
    "Delivery Instruction": lambda row: row.address["delivery_preferences"]["drop_off_location"],
    "Detail Address": lambda row: row.address["full_address"],
    "Additional address information": lambda row: row.address["address_detail"],
    "Payment Method": lambda row: row.word(row.order["payment_method_name"]),
    "Package ID": lambda row: row.lines[0].get("package_id", ""),
    "Purchase Channel": lambda row: "TikTok",
    "Seller Note": lambda row: row.order["seller_note"],
    "Order Channel": lambda row: "TikTok Shop",
    "Creator Handle": lambda row: row.creator,
}


def _cancel(row: _Units, what: str) -> str:
    """By whom, or why, the units were cancelled."""
    if row.status != "CANCELLED":
        return ""
    names = {"initiator": ("cancellation_initiator", "cancel_user"), "reason": ("cancel_reason",) * 2}
    of_order, of_line = names[what]
    return str(row.order.get(of_order) or row.lines[0].get(of_line, ""))


def book(asked: Asked, layout: str) -> Book:
    """The order export of a shop, newest order first."""
    style = _STYLES[layout]
    sheet = Sheet("OrderSKUList", _rows(asked, layout), wrong_dimension=style.suffix == XLSX)
    return Book(style.name.format(asked.local(asked.clock)), (sheet,))


def _rows(asked: Asked, layout: str) -> Iterator[list[Cell]]:
    columns, style = COLUMNS[layout], _STYLES[layout]
    yield list(columns)
    if layout in _AMERICAN:
        yield ["Platform unique order ID." if name == "Order ID" else f"About: {name}." for name in columns]
    write = _writer(asked, layout, style)
    for row in _units(asked):
        yield [write(name, row) for name in columns]


def _writer(asked: Asked, layout: str, style: _Style) -> Callable[[str, _Units], str]:
    # The American file alone puts the month first; elsewhere the same columns have the day first.
    month_first = layout in _AMERICAN and asked.shop.region == "US"
    as_time: Callable[[datetime], str] = formats.month_first if month_first else formats.day_first
    tab = "\t" if style.suffix == CSV else ""

    def write(name: str, row: _Units) -> str:
        if name in _TIMES:
            at = row.order.get(_TIMES[name])
            return (as_time(asked.local(at)) if at is not None else "") + tab
        if name in _MONEY:
            amount = _MONEY[name](row)
            return style.money(amount, asked.shop) if amount is not None else ""
        value = "" if name in _UNKNOWN else _TEXTS[name](row)
        return value + tab if name in _TABBED else value

    return write


def _units(asked: Asked) -> Iterator[_Units]:
    warehouses = {
        one["id"]: one["name"] for chunk in asked.chunks("warehouse", bounded=False) for one in chunk
    }
    for orders in asked.chunks("order", newest_first=True):
        ids = [order["id"] for order in orders]
        refunds = _refunds(asked, ids)
        creators = _creators(asked, orders)
        for order in orders:
            for row in _split(order, asked.language):
                row.warehouse = warehouses[order["warehouse_id"]]
                row.creator = creators.get((order["id"], row.lines[0]["sku_id"]), "")
                back = refunds.get(order["id"])
                if back is not None:
                    names = {line["id"] for line in row.lines}
                    row.refunded = back.amount
                    row.returned = len(names & back.lines)
                    row.has_request = bool(names & back.asked)
                yield row


def _split(order: Json, language: str) -> list[_Units]:
    rows: dict[tuple[str, bool], _Units] = {}
    for line in order["line_items"]:
        is_cancelled = line["display_status"] == "CANCELLED"
        status = "CANCELLED" if is_cancelled else order["status"]
        key = line["sku_id"], is_cancelled
        rows.setdefault(key, _Units(order, language, status)).lines.append(line)
    return list(rows.values())


@dataclass(slots=True)
class _Back:
    """What came back of an order.

    Attributes:
        amount: Refunded, after delivery or for a cancellation.
        lines: Units whose return is complete.
        asked: Units that a return was ever asked for.
    """

    amount: Decimal = Decimal(0)
    lines: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)


def _refunds(asked: Asked, order_ids: list[str]) -> dict[str, _Back]:
    found: dict[str, _Back] = defaultdict(_Back)
    for request in asked.some("return", order_ids=order_ids):
        back = found[request["order_id"]]
        units = {line["order_line_item_id"] for line in request["return_line_items"]}
        back.asked |= units
        if request["return_status"] in COMPLETED_REFUNDS:
            back.lines |= units
            back.amount += Decimal(request["refund_amount"]["refund_total"])
    for request in asked.some("cancellation", order_ids=order_ids):
        if request["cancel_status"] == "CANCELLATION_REQUEST_COMPLETE":
            found[request["order_id"]].amount += Decimal(request["refund_amount"]["refund_total"])
    return found


def _creators(asked: Asked, orders: list[Json]) -> dict[tuple[str, str], str]:
    """The creator of each order and SKU that one has a part in."""
    ids = [
        f"{order['id']}-{number}"
        for order in orders
        for number in range(len({line["sku_id"] for line in order["line_items"]}))
    ]
    return {
        (row["id"], sku["sku_id"]): sku["creator_username"]
        for row in asked.some("affiliate_sku", ids=ids)
        for sku in row["skus"]
    }
