"""Order files of a Vietnamese shop, with a buyer's contact data in them, as a seller downloads them."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from home.layout import Home
from ingestion.seller_center.outcomes import ImportOptions

SHOP = "7495000000000000102"
_LINE = (
    "Order ID,Order Status,Order Substatus,Cancelation/Return Type,Normal or Pre-order,SKU ID,Seller SKU,Product Name,"
    "Variation,Quantity,Sku Quantity of return,SKU Unit Original Price,SKU Subtotal Before Discount,"
    "SKU Platform Discount,SKU Seller Discount,SKU Subtotal After Discount,Shipping Fee After Discount,"
    "Original Shipping Fee,Shipping Fee Seller Discount,Shipping Fee Platform Discount,Payment platform discount,Taxes,"
    "Order Amount,Order Refund Amount,Created Time,Paid Time,RTS Time,Shipped Time,Delivered Time,Cancelled Time,"
    "Cancel By,Cancel Reason,Fulfillment Type,Warehouse Name,Tracking ID,Delivery Option,Shipping Provider Name,"
    "Buyer Message,Buyer Username,Recipient,Phone #,Country,Province,District,Commune,Detail Address,"
    "Additional address information,Payment Method,Weight(kg),Product Category,Package ID,Seller Note,Checked Status,"
    "Checked Marked by"
)
HEADER = _LINE.split(",")
CONTACT = {
    "Buyer Message": "ring twice for Minh",
    "Buyer Username": "minh_buys_lamps",
    "Recipient": "Nguyen Van Minh",
    "Phone #": "+84912345678",
    "Province": "Khanh Hoa",
    "District": "Nha Trang",
    "Commune": "Vinh Hai",
    "Detail Address": "17 Tran Phu",
    "Seller Note": "a friend of Lan",
}


def order(order_id: int = 577100000000000001, **values: Any) -> dict[str, Any]:
    """A row: two lamps, paid on delivery."""
    named = {name.replace("_", " "): value for name, value in values.items()}
    return {
        "Order ID": order_id,
        "Order Status": "Completed",
        "Order Substatus": "Completed",
        "SKU ID": 1729000000000000001,
        "Seller SKU": "LAMP",
        "Product Name": "Lamp",
        "Quantity": 2,
        "Sku Quantity of return": 0,
        "SKU Unit Original Price": 100000,
        "SKU Subtotal Before Discount": 200000,
        "SKU Platform Discount": 0,
        "SKU Seller Discount": 10000,
        "SKU Subtotal After Discount": 190000,
        "Order Amount": 210000,
        "Order Refund Amount": 0,
        "Created Time": "25/10/2026 10:00:00",
        "Paid Time": "25/10/2026 10:05:00",
        "Payment Method": "Cash on delivery",
        **CONTACT,
        **named,
    }


def write_orders(
    path: Path, *rows: dict[str, Any], bom: bool = False, quoting: int = csv.QUOTE_MINIMAL
) -> Path:
    """Writes an order file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER, quoting=quoting)
        writer.writeheader()
        writer.writerows(rows)
    return path


def downloaded(path: Path, day: int) -> Path:
    """Makes a file one of a day of November 2026."""
    moment = datetime(2026, 11, day, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    return path


def known_shop(**values: Any) -> ImportOptions:
    """The shop, for a home that has never heard of it."""
    return ImportOptions(shop=SHOP, region="VN", name="Minimal", **values)


def raw_rows(home: Home, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """Rows of a raw table of files, in the order of all their columns."""
    files = home.raw / "seller_center" / table / "*.parquet"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(
            f"select {columns} from read_parquet('{files}', union_by_name = true) order by all"
        ).fetchall()
