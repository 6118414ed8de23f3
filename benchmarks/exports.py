"""Order files as a seller downloads them, of any length: for measuring an import."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import xlsxwriter

from ingestion.seller_center.layouts import layouts

SHOP = "7495000000000000102"
_LAYOUT = "order_vn_54"


def write_files(folder: Path, rows: int) -> dict[str, Path]:
    """The same rows as CSV and as XLSX.

    Args:
        folder: Where to.
        rows: How many, one per order and SKU.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {"CSV": folder / "orders.csv", "XLSX": folder / "orders.xlsx"}
    layout = layouts()[_LAYOUT]
    header = [layout.kind.columns[name].headers[0].header for name in layout.columns]
    with found["CSV"].open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        writer.writerows(_rows(rows))
    workbook = xlsxwriter.Workbook(str(found["XLSX"]), {"constant_memory": True})
    sheet = workbook.add_worksheet("OrderSKUList")
    sheet.write_row(0, 0, header)
    for number, row in enumerate(_rows(rows), start=1):
        sheet.write_row(number, 0, [row.get(name, "") for name in header])
    workbook.close()
    return found


def _rows(count: int) -> Iterator[dict[str, str]]:
    """Orders of one to three SKUs, one every half a minute."""
    rng = random.Random(7)
    made, number = 0, 0
    while made < count:
        number += 1
        created = datetime(2026, 9, 14, tzinfo=UTC) + timedelta(seconds=30 * number)
        # Also the last order is whole in both files, as they are made from the same numbers.
        for sku in range(min(rng.choice((1, 1, 1, 2, 3)), count - made)):
            yield _row(number, sku, created, rng)
            made += 1


def _row(number: int, sku: int, created: datetime, rng: random.Random) -> dict[str, str]:
    quantity, price = rng.choice((1, 1, 1, 2)), rng.randrange(50, 500) * 1000

    def after(hours: float) -> str:
        return f"{created + timedelta(hours=hours):%d/%m/%Y %H:%M:%S}"

    return {
        "Order ID": str(577_100_000_000_000_000 + number),
        "Order Status": "Completed",
        "Order Substatus": "Completed",
        "Normal or Pre-order": "Normal",
        "SKU ID": str(1_729_000_000_000_000_000 + rng.randrange(500)),
        "Seller SKU": f"SKU-{sku}",
        "Product Name": f"Desk lamp {sku}",
        "Variation": "Red",
        "Quantity": str(quantity),
        "Sku Quantity of return": "0",
        "SKU Unit Original Price": str(price),
        "SKU Subtotal Before Discount": str(price * quantity),
        "SKU Platform Discount": "0",
        "SKU Seller Discount": "10000",
        "SKU Subtotal After Discount": str(price * quantity - 10_000),
        "Shipping Fee After Discount": "20000",
        "Original Shipping Fee": "20000",
        "Shipping Fee Seller Discount": "0",
        "Shipping Fee Platform Discount": "0",
        "Payment platform discount": "0",
        "Taxes": "0",
        "Order Amount": str(price * quantity + 10_000),
        "Order Refund Amount": "0",
        "Created Time": after(0),
        "Paid Time": after(0.1),
        "RTS Time": after(12),
        "Shipped Time": after(20),
        "Delivered Time": after(60),
        "Fulfillment Type": "Fulfillment by seller",
        "Warehouse Name": "Main",
        "Tracking ID": f"TRK{number}",
        "Delivery Option": "Standard",
        "Buyer Username": f"buyer{number % 30_000}",
        "Country": "Vietnam",
        "Payment Method": "Cash on delivery",
        "Package ID": str(1_152_000_000_000_000_000 + number),
    }
