"""Order exports: one row per order and SKU becomes an order, its lines and what was refunded of it.

One line is one unit, as in the API: the amounts of a row are split over its units, to the smallest unit of the
currency, and the last unit takes the rest. What belongs to the order repeats on each of its rows and is taken once.

A file knows no update time. The latest event of the order stands for it, so that of two downloads the one that knows
more wins; where both know the same events, the later download does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from ingestion.engine.pages import Record
from ingestion.seller_center.entities.base import (
    Facts,
    Made,
    Mapper,
    Quarantine,
    amount,
    seconds,
    split,
    text_of,
    total,
)
from ingestion.seller_center.sheets import TypedRow
from ingestion.seller_center.words import code_of

_EVENTS = {
    "create_time": "created_time",
    "paid_time": "paid_time",
    "rts_time": "rts_time",
    "collection_time": "shipped_time",
    "delivery_time": "delivered_time",
    "cancel_time": "cancelled_time",
}
_OF_ORDER = {
    "total_amount": "order_amount",
    "shipping_fee": "shipping_fee_after_discount",
    "original_shipping_fee": "original_shipping_fee",
    "shipping_fee_seller_discount": "shipping_fee_seller_discount",
    "shipping_fee_platform_discount": "shipping_fee_platform_discount",
    "shipping_fee_cofunded_discount": "co_funded_shipping_fee_discount",
    "payment_platform_discount": "payment_platform_discount",
    "tax": "taxes",
    "shipping_fee_tax": "shipping_tax_amount",
    "retail_delivery_fee": "retail_delivery_fee",
    "buyer_service_fee": "buyer_service_fee",
    "handling_fee": "handling_fee",
    "shipping_insurance_fee": "shipping_insurance",
    "item_insurance_fee": "item_insurance",
    "distance_shipping_fee": "distance_shipping_fee",
    "distance_fee": "distance_fee",
}
_OF_ROWS = {
    "sub_total": "sku_subtotal_after_discount",
    "original_total_product_price": "sku_subtotal_before_discount",
    "seller_discount": "sku_seller_discount",
    "platform_discount": "sku_platform_discount",
    "product_tax": "product_tax_amount",
}
_OF_LINE = {
    "original_price": "sku_subtotal_before_discount",
    "sale_price": "sku_subtotal_after_discount",
    "seller_discount": "sku_seller_discount",
    "platform_discount": "sku_platform_discount",
}
_CANCELLED = "CANCELLED"
_STAGES = (
    "UNPAID",
    "ON_HOLD",
    "AWAITING_SHIPMENT",
    "PARTIALLY_SHIPPING",
    "AWAITING_COLLECTION",
    "IN_TRANSIT",
    "DELIVERED",
    "COMPLETED",
)
"""From the first to the last; an order is as far as the least of its rows that is not cancelled."""
_REFUNDED = "RETURN_OR_REFUND_REQUEST_COMPLETE"


class Orders(Mapper):
    """Orders, their lines and refunds."""

    together = ("order_id",)
    resource = "orders"
    money = "sku_subtotal_after_discount"
    always_money = True
    identity = "order_id"

    def __init__(self, facts: Facts, quarantine: Quarantine) -> None:
        super().__init__(facts, quarantine)
        self._inferred: set[int] = set()
        """Rows whose status word nobody knows."""

    def take(self, rows: Sequence[TypedRow]) -> Made:
        """Records of whole orders."""
        orders: list[Record] = []
        returns: list[Record] = []
        for order_id, found in groupby(rows, key=lambda row: row.values.get("order_id")):
            theirs = list(found)
            if order_id is None:
                for row in theirs:
                    self.quarantine("row_without_id", row, "order_id", None)
                continue
            order = self._order(str(order_id), self._of_one_download(str(order_id), theirs))
            if order is not None:
                orders.append(order)
                if (refund := self._refund(order, theirs)) is not None:
                    returns.append(refund)
        return {"orders": orders, "returns": returns}

    def _of_one_download(self, order_id: str, rows: list[TypedRow]) -> list[TypedRow]:
        """The rows without those of an older state of the order: a download may have been pasted under another.

        The rows of an order stand together. A SKU that comes again further down is the same one at another time: what
        has the later event holds, and of the same events what stands further down.
        """
        if len(rows) == 1:
            return rows
        blocks: dict[int, list[TypedRow]] = {}
        for place, row in enumerate(sorted(rows, key=lambda one: one.row)):
            blocks.setdefault(row.row - place, []).append(row)
        if len(blocks) == 1:
            return rows
        newest: dict[Any, list[TypedRow]] = {}
        for block in blocks.values():
            by_sku: dict[Any, list[TypedRow]] = {}
            for row in block:
                by_sku.setdefault(row.values.get("sku_id"), []).append(row)
            for sku, theirs in by_sku.items():
                known = newest.get(sku)
                if known is None or _last_event(theirs) >= _last_event(known):
                    newest[sku] = theirs
        kept = {row.row for theirs in newest.values() for row in theirs}
        for row in rows:
            if row.row not in kept:
                self.quarantine("order_repeated", row, "order_id", order_id)
        return [row for row in rows if row.row in kept]

    def _order(self, order_id: str, rows: list[TypedRow]) -> Record | None:
        units = [row.values.get("quantity") for row in rows]
        if None in units:
            # An order without one of its rows would look complete and be wrong, so that all of it is set aside.
            for row, quantity in zip(rows, units, strict=True):
                if quantity is None:
                    self.quarantine("row_without_quantity", row, "quantity", None)
                else:
                    self.quarantine("order_incomplete", row, "order_id", order_id)
            return None
        if self._instant(rows, "created_time") is None:
            for row in rows:
                self.quarantine("row_without_time", row, "created_time", order_id)
            return None
        is_cod = self._is_cod(rows)
        statuses = [self._status(row, is_cod) for row in rows]
        first = rows[0].values
        events = {name: self._instant(rows, column) for name, column in _EVENTS.items()}
        # A sale is dated by its payment, which may be a day later: no sale lies behind the end of what is known.
        self.reached(events["create_time"], events["paid_time"])
        currency = text_of(first.get("currency")) or self.currency
        initiator = next((row for row in rows if row.values.get("cancel_by") is not None), None)
        lines = [
            line
            for row, status in zip(rows, statuses, strict=True)
            for line in self._lines(row, status, currency)
        ]
        _number(lines)
        payment: Record = {"currency": currency}
        for name, column in _OF_ORDER.items():
            payment[name] = amount(_once(rows, column))
        for name, column in _OF_ROWS.items():
            payment[name] = amount(_sum(rows, column))
        known = [moment for moment in events.values() if moment is not None]
        return {
            "id": order_id,
            "status": _status_of_order(statuses),
            "is_status_inferred": any(row.row in self._inferred for row in rows),
            "payment": payment,
            **events,
            "update_time": max(known, default=None),
            "is_cod": is_cod,
            "payment_method_name": text_of(_once(rows, "payment_method")),
            "fulfillment_type": self.word("fulfillment_type", rows[0], "fulfillment_type"),
            "delivery_option_name": text_of(first.get("delivery_option")),
            "cancellation_initiator": self.word("cancel_initiator", initiator, "cancel_by")
            if initiator
            else None,
            "cancel_reason": text_of(_once(rows, "cancel_reason")),
            "user_id": text_of(_once(rows, "buyer_username")),
            "line_items": lines,
            "file_row": rows[0].row,
        }

    def _status(self, row: TypedRow, is_cod: bool | None) -> str:
        """The substatus says more than the status, which is what counts when the substatus is no status.

        An order whose words nobody knows stays in the numbers, as far as its times say that it is.
        """
        on = self.facts.downloaded_at.date()
        words = [text_of(row.values.get(column)) for column in ("order_status", "order_substatus")]
        status, substatus = (code_of("order_status", word, on) if word else None for word in words)
        if status is None:
            self._inferred.add(row.row)
            self.quarantine("unknown_status", row, "order_status", words[0] or words[1], effect="counted")
            return _status_by_times(row, is_cod) if substatus is None else _refined(substatus, row)
        if status == _CANCELLED or substatus is None:
            return _refined(status, row)
        return substatus

    def _instant(self, rows: list[TypedRow], column: str) -> int | None:
        """The latest of the rows': an order is delivered when all of it is. Of the creation they all say the same."""
        latest = None
        for row in rows:
            moment = row.values.get(column)
            if moment is not None and (latest is None or moment > latest):
                latest = moment
        return seconds(latest)

    def _is_cod(self, rows: list[TypedRow]) -> bool | None:
        method = text_of(_once(rows, "payment_method"))
        if method is None:
            return None
        return code_of("cash_on_delivery", method, self.facts.downloaded_at.date()) is not None

    def _lines(self, row: TypedRow, status: str, currency: str | None) -> Iterator[Record]:
        values = row.values
        units = int(values["quantity"])
        if units < 1:
            return
        parts: dict[str, list[Decimal | None]] = {}
        for name, column in _OF_LINE.items():
            value = values.get(column)
            parts[name] = [value] if units == 1 else split(value, [1] * units, currency)
        if values.get("sku_subtotal_before_discount") is None:
            parts["original_price"] = [values.get("sku_unit_original_price")] * units
        package = text_of(values.get("package_id"))
        bundle = text_of(values.get("virtual_bundle_seller_sku"))
        for unit in range(units):
            yield {
                "sku_id": text_of(values.get("sku_id")),
                "product_id": text_of(values.get("product_id")),
                "seller_sku": text_of(values.get("seller_sku")) or bundle,
                "virtual_bundle_seller_sku": bundle,
                "combined_listing": text_of(values.get("combined_listing")),
                # A bundle is a combo of the API; which parts it has no file tells.
                "sub_item_info": [{"seller_sku": bundle}] if bundle else [],
                "product_name": text_of(values.get("product_name")),
                "sku_name": text_of(values.get("variation")),
                "display_status": status,
                "package_id": package.split(",")[0].strip() if package else None,
                "currency": currency,
                **{name: amount(part[unit]) for name, part in parts.items()},
                "cancel_reason": text_of(values.get("cancel_reason")) if status == _CANCELLED else None,
                "rts_time": seconds(values.get("rts_time")),
                "file_row": row.row,
            }

    def _refund(self, order: Record, rows: list[TypedRow]) -> Record | None:
        """What the file says was refunded, as one completed return of the order.

        The merchandise in it is the smaller of the refund and what the returned units cost; where no unit is named as
        returned, all units that were not cancelled. A cancelled order has no return, and neither has one of which rows
        are only said to be cancelled: the amount tells of cancellations after payment as well.
        """
        refund: Decimal | None = _once(rows, "order_refund_amount")
        if not refund or order["status"] == _CANCELLED:
            return None
        kept = [line for line in order["line_items"] if line["display_status"] != _CANCELLED]
        kinds = {
            self.word("return_type", row, "cancelation_return_type")
            for row in rows
            if row.values.get("cancelation_return_type") is not None
        }
        returned = _units_returned(kept, rows)
        if not returned and kinds == {"CANCEL"}:
            return None
        if not order["is_cod"]:
            # What was paid for cancelled units went back with their cancellation.
            left = refund - sum(
                Decimal(line["sale_price"] or 0)
                for line in order["line_items"]
                if line["display_status"] == _CANCELLED
            )
            refund = left if left > 0 else refund
        affected = returned or kept
        prices = [
            Decimal(line["sale_price"]) if line["sale_price"] is not None else None for line in affected
        ]
        goods = total(prices)
        currency = order["payment"]["currency"]
        merchandise = None if goods is None else min(refund, goods)
        shares = split(merchandise, [price or Decimal(0) for price in prices], currency) if affected else []
        kind = next((code for code in ("RETURN_AND_REFUND", "REFUND", "REPLACEMENT") if code in kinds), None)
        return_id = f"file:{order['id']}"
        return {
            "return_id": return_id,
            "order_id": order["id"],
            "return_type": kind,
            "return_status": _REFUNDED,
            "refund_amount": {
                "currency": currency,
                "refund_total": amount(refund),
                "refund_subtotal": amount(merchandise),
            },
            "return_line_items": [
                {
                    "return_line_item_id": f"{return_id}:{number}",
                    "order_line_item_id": line["id"],
                    "sku_id": line["sku_id"],
                    "seller_sku": line["seller_sku"],
                    "product_name": line["product_name"],
                    "refund_amount": {"currency": currency, "refund_subtotal": amount(share)},
                }
                for number, (line, share) in enumerate(zip(affected, shares, strict=True), start=1)
            ],
            "file_row": order["file_row"],
        }


def _last_event(rows: list[TypedRow]) -> int:
    """The latest event of some rows, unix seconds."""
    return max(
        (seconds(row.values.get(column)) or 0 for row in rows for column in _EVENTS.values()), default=0
    )


def _once(rows: list[TypedRow], column: str) -> Any:
    """What repeats on each row of an order: the first row that tells it."""
    for row in rows:
        value = row.values.get(column)
        if value is not None:
            return value
    return None


def _sum(rows: list[TypedRow], column: str) -> Decimal | None:
    if len(rows) == 1:
        alone: Decimal | None = rows[0].values.get(column)
        return alone
    return total([row.values.get(column) for row in rows])


def _status_by_times(row: TypedRow, is_cod: bool | None) -> str:
    """How far a row is, by its times alone."""
    for column, status in _BY_TIMES.items():
        if row.values.get(column) is not None:
            return status
    return "AWAITING_SHIPMENT" if is_cod else "UNPAID"


_BY_TIMES = {
    "cancelled_time": _CANCELLED,
    "delivered_time": "DELIVERED",
    "shipped_time": "IN_TRANSIT",
    "rts_time": "AWAITING_COLLECTION",
    "paid_time": "AWAITING_SHIPMENT",
}
"""From the last event to the first, what an order is that has come so far."""


def _refined(status: str, row: TypedRow) -> str:
    """A status without a substatus, made as exact as the times of the row allow."""
    if status == "IN_TRANSIT" and row.values.get("delivered_time") is not None:
        return "DELIVERED"
    if status == "AWAITING_SHIPMENT" and row.values.get("rts_time") is not None:
        return "AWAITING_COLLECTION"
    return status


def _status_of_order(statuses: list[str]) -> str:
    """An order is cancelled when all of it is; what is left of it decides otherwise."""
    left = [status for status in statuses if status != _CANCELLED]
    return min(left, key=_STAGES.index) if left else _CANCELLED


def _number(lines: list[Record]) -> None:
    """Ids of lines: no file has them, so that they count the units of a SKU in the order."""
    seen: dict[str | None, int] = {}
    for line in lines:
        sku = line["sku_id"]
        seen[sku] = seen.get(sku, 0) + 1
        line["id"] = f"file:{sku}:{seen[sku]}"


def _units_returned(kept: list[Record], rows: list[TypedRow]) -> list[Record]:
    """The units that are said to have come back, SKU by SKU."""
    left: dict[str | None, int] = {}
    for row in rows:
        sku = text_of(row.values.get("sku_id"))
        left[sku] = left.get(sku, 0) + int(row.values.get("sku_quantity_of_return") or 0)
    returned = []
    for line in kept:
        if left.get(line["sku_id"], 0) > 0:
            left[line["sku_id"]] -= 1
            returned.append(line)
    return returned
