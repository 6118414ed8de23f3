"""Orders, returns and cancellations as the API shows them at some moment of their life."""

from __future__ import annotations

from typing import Any

from sandbox.world.catalog import Sku
from sandbox.world.deadlines import deadlines
from sandbox.world.lives import DAY, HOUR, Cancellation, Life, Line, Return
from sandbox.world.money import split, text
from sandbox.world.people import buyer_id, personal

Json = dict[str, Any]

PROVIDERS = {"TH": "Flash Express", "VN": "J&T Express", "MY": "J&T Express", "GB": "Evri", "US": "USPS"}
_PACKAGE_STATUS = {
    "AWAITING_SHIPMENT": "TO_FULFILL",
    "AWAITING_COLLECTION": "PROCESSING",
    "IN_TRANSIT": "FULFILLING",
    "DELIVERED": "COMPLETED",
    "COMPLETED": "COMPLETED",
    "CANCELLED": "CANCELLED",
}


def order(life: Life, at: int, status: str) -> Json:
    """The order at the moment of one of its events."""
    digits = life.shop.digits
    seller = sum(line.seller_discount for line in life.lines)
    platform = sum(line.platform_discount for line in life.lines)
    original = sum(line.original for line in life.lines)
    sub_total = original - seller - platform
    product_tax = sum(line.tax for line in life.lines)
    tax = product_tax + life.shipping_tax
    total = sub_total + life.shipping_fee + tax + life.fees
    paid = _paid_time(life, at)
    shown = {
        "id": life.id,
        "status": status,
        "create_time": life.created,
        "update_time": at,
        "user_id": buyer_id(life.buyer, life.shop),
        "payment": {
            "currency": life.shop.currency,
            "sub_total": text(sub_total, digits),
            "shipping_fee": text(life.shipping_fee, digits),
            "seller_discount": text(seller, digits),
            "platform_discount": text(platform, digits),
            "payment_platform_discount": text(0, digits),
            "total_amount": text(total, digits),
            "original_total_product_price": text(original, digits),
            "original_shipping_fee": text(life.shipping_original, digits),
            "shipping_fee_seller_discount": text(life.shipping_seller_discount, digits),
            "shipping_fee_platform_discount": text(life.shipping_platform_discount, digits),
            "tax": text(tax, digits),
            "product_tax": text(product_tax, digits),
            "shipping_fee_tax": text(life.shipping_tax, digits),
        },
        "is_cod": life.is_cod,
        "is_sample_order": life.is_sample,
        "is_replacement_order": life.is_replacement,
        "is_on_hold_order": status == "ON_HOLD",
        "is_buyer_request_cancel": any(
            c.role == "BUYER" and c.events[0][0] <= at for c in life.cancellations
        ),
        "is_subscription_order": False,
        "has_updated_recipient_address": False,
        "order_type": "NORMAL",
        "fulfillment_type": "FULFILLMENT_BY_SELLER",
        "delivery_type": "HOME_DELIVERY",
        "delivery_option_id": "7098901233333",
        "delivery_option_name": "Standard Shipping",
        "shipping_type": "TIKTOK",
        "shipping_provider": PROVIDERS[life.shop.region],
        "shipping_provider_id": f"7117859084{life.shop.number}",
        "commerce_platform": "TIKTOK_SHOP",
        "payment_method_name": "Cash on delivery" if life.is_cod else "Credit/Debit card",
        "warehouse_id": f"700{life.shop.number}0000000000001",
        "seller_note": "",
        "packages": [{"id": package} for package in package_ids(life)] if _reached(life.rts, at) else [],
        "line_items": [_line(life, number, at, status, digits) for number in range(len(life.lines))],
        **personal(life.buyer, life.shop),
    }
    payment = shown["payment"]
    if life.shop.region == "TH":
        payment["small_order_fee"] = text(life.small_order_fee, digits)
    if life.shop.region == "US":
        payment["retail_delivery_fee"] = text(life.retail_delivery_fee, digits)
    if life.shop.region == "GB":
        payment["buyer_service_fee"] = text(life.buyer_service_fee, digits)
    if life.shop.region in ("TH", "VN", "MY"):
        shown["is_exchange_order"] = False
    if life.is_exchange:
        shown["is_exchange_order"] = True
        shown["exchange_source_order_id"] = life.source_order_id
    if life.is_replacement:
        shown["replaced_order_id"] = life.source_order_id
    sold = life.created if life.is_cod else life.paid
    if sold is not None and sold <= at:
        due = deadlines(life.shop, sold)
        shown["rts_sla_time"] = shown["shipping_due_time"] = due.ready
        shown["tts_sla_time"] = shown["collection_due_time"] = due.collected
        shown["delivery_sla_time"] = shown["delivery_due_time"] = due.delivered
        shown["cancel_order_sla_time"] = due.given_up
    for name, moment in (
        ("paid_time", paid),
        ("rts_time", life.rts),
        ("collection_time", life.collected),
        ("delivery_time", life.delivered),
        ("cancel_time", life.cancelled),
    ):
        if _reached(moment, at):
            shown[name] = moment
    if _reached(life.cancelled, at):
        shown["cancellation_initiator"] = life.cancel_initiator
        shown["cancel_reason"] = life.cancel_reason
    if _reached(life.rts, at):
        shown["tracking_number"] = f"AU{life.id}"
    if life.cancellations and _reached(life.cancellations[0].events[0][0], at):
        shown["request_cancel_time"] = life.cancellations[0].events[0][0]
    return shown


def _paid_time(life: Life, at: int) -> int | None:
    moment = life.delivered if life.is_cod else life.paid
    return moment if _reached(moment, at) else None


def _reached(moment: int | None, at: int) -> bool:
    return moment is not None and moment <= at


def package_ids(life: Life) -> list[str]:
    """The packages of an order. Of two, the first holds its first line; one without a line does not exist."""
    if life.parcels == 1:
        return [f"{life.id}5"]
    first, *others = (line.cancelled_at is None for line in life.lines)
    return [f"{life.id}{number}" for number, is_there in ((5, first), (6, any(others))) if is_there]


def _line_status(line: Line, number: int, at: int, status: str) -> str:
    if _reached(line.cancelled_at, at):
        return "CANCELLED"
    if status == "PARTIALLY_SHIPPING":
        return "IN_TRANSIT" if number == 0 else "AWAITING_COLLECTION"
    return "AWAITING_SHIPMENT" if status == "ON_HOLD" else status


def _line(life: Life, number: int, at: int, order_status: str, digits: int) -> Json:
    line = life.lines[number]
    status = _line_status(line, number, at, order_status)
    sku = line.sku
    first = number == 0
    shown: Json = {
        "id": line.id,
        "sku_id": sku.id,
        "product_id": sku.product_id,
        "product_name": sku.product_name,
        "sku_name": sku.name,
        "seller_sku": sku.seller_sku,
        "sku_image": f"https://p16-oec-va.example.com/tos-maliva/{sku.id}~tplv-o3syd03w52-origin-jpeg.jpeg",
        "sku_type": "NORMAL",
        "display_status": status,
        "currency": life.shop.currency,
        "original_price": text(line.original, digits),
        "sale_price": text(line.sale, digits),
        "seller_discount": text(line.seller_discount, digits),
        "platform_discount": text(line.platform_discount, digits),
        "is_gift": line.is_gift,
        "is_dangerous_good": False,
        "needs_prescription": False,
        "shipping_provider_id": f"7117859084{life.shop.number}",
        "shipping_provider_name": PROVIDERS[life.shop.region],
    }
    if status in _PACKAGE_STATUS:
        shown["package_status"] = _PACKAGE_STATUS[status]
    if line.is_gift:
        shown["gift_retail_price"] = text(line.original, digits)
    if line.room_id:
        shown["room_id"] = line.room_id
        if int(life.id[-2:]) % 20 == 7:
            # A product that was listed for the session only.
            shown["product_listing_type"] = "TEMPORARY LISTING"
    if _reached(life.rts, at) and status != "CANCELLED":
        shown["package_id"] = package_ids(life)[0 if first else -1]
        shown["tracking_number"] = f"AU{life.id}"
        shown["rts_time"] = life.rts
    if status == "CANCELLED":
        shown["cancel_reason"] = life.cancel_reason or "No longer needed"
        shown["cancel_user"] = life.cancel_initiator or "BUYER"
    if life.shop.region == "TH":
        shown["small_order_fee"] = text(life.small_order_fee if first else 0, digits)
    if life.shop.region == "GB":
        shown["buyer_service_fee"] = text(life.buyer_service_fee if first else 0, digits)
    if life.shop.region == "US":
        shown["retail_delivery_fee"] = text(life.retail_delivery_fee if first else 0, digits)
        shown["item_tax"] = [
            {
                "tax_type": "SALES_TAX",
                "tax_amount": text(line.tax, digits),
                "tax_rate": f"0.{line.tax_rate:04d}",
            }
        ]
    if sku.parts:
        shown["sub_item_info"] = _parts(life, line, sku, status, digits)
    return shown


def _parts(life: Life, line: Line, sku: Sku, status: str, digits: int) -> list[Json]:
    """What a combo consists of; its amounts are the line's, divided."""
    weights = [part.price for part in sku.parts]
    divided = zip(
        sku.parts,
        split(line.original, weights),
        split(line.seller_discount, weights),
        split(line.platform_discount, weights),
        strict=True,
    )
    return [
        {
            "id": f"{line.id}{number}",
            "sku_id": part.id,
            "product_id": part.product_id,
            "product_name": part.product_name,
            "sku_name": part.name,
            "seller_sku": part.seller_sku,
            "display_status": status,
            "currency": life.shop.currency,
            "original_price": text(original, digits),
            "seller_discount": text(seller, digits),
            "platform_discount": text(platform, digits),
            "sale_price": text(original - seller - platform, digits),
        }
        for number, (part, original, seller, platform) in enumerate(divided)
    ]


def _refund(currency: str, digits: int, merchandise: int, shipping: int, tax: int) -> Json:
    return {
        "currency": currency,
        "refund_total": text(merchandise + shipping + tax, digits),
        "refund_subtotal": text(merchandise, digits),
        "refund_shipping_fee": text(shipping, digits),
        "refund_tax": text(tax, digits),
    }


def _product(line: Line) -> Json:
    return {
        "order_line_item_id": line.id,
        "sku_id": line.sku.id,
        "sku_name": line.sku.name,
        "product_name": line.sku.product_name,
        "seller_sku": line.sku.seller_sku,
        "product_image": {
            "url": f"https://p16-oec-va.example.com/{line.sku.id}.jpeg",
            "width": 200,
            "height": 200,
        },
    }


def returned(life: Life, request: Return, at: int, status: str) -> Json:
    """A return at the moment of one of its events."""
    currency, digits = life.shop.currency, life.shop.digits
    merchandise = sum(amount for _, amount, _ in request.refunds)
    tax = sum(amount for _, _, amount in request.refunds)
    refund = _refund(currency, digits, merchandise, request.shipping, tax)
    for name, fee in (
        ("retail_delivery_fee", request.retail_delivery_fee),
        ("buyer_service_fee", request.buyer_service_fee),
    ):
        if fee:
            refund[name] = text(fee, digits)
    refund["refund_total"] = text(
        merchandise + request.shipping + tax + request.retail_delivery_fee + request.buyer_service_fee, digits
    )
    shown: Json = {
        "return_id": request.id,
        "order_id": life.id,
        "return_type": request.kind,
        "return_status": status,
        "role": "SYSTEM" if request.is_quick else "BUYER",
        "return_reason": request.reason,
        "return_reason_text": "Item arrived with a defect",
        "create_time": request.created,
        "update_time": at,
        "can_buyer_keep_item": request.kind == "REFUND",
        "is_combined_return": False,
        "is_quick_refund": request.is_quick,
        "refund_amount": refund,
        "return_line_items": [
            {
                "return_line_item_id": f"{request.id}{number:02d}",
                **_product(line),
                "refund_amount": _refund(currency, digits, amount, 0, line_tax),
            }
            for number, (line, amount, line_tax) in enumerate(request.refunds)
        ],
    }
    if status.endswith("PENDING"):
        shown["seller_next_action_response"] = [{"action": "SELLER_RESPOND_REFUND", "deadline": at + 4 * DAY}]
    elif request.arbitration:
        shown["arbitration_status"] = request.arbitration
    if request.partial_offer and status != "RETURN_OR_REFUND_REQUEST_PENDING":
        shown["seller_proposed_return_type"] = "PARTIAL_REFUND"
        shown["partial_refund"] = {"currency": currency, "amount": text(merchandise, digits)}
        shown["buyer_rejected_partial_refund"] = False
    if request.previous is not None:
        shown["pre_return_id"] = request.previous.id
    if request.following is not None and request.following.created <= at:
        shown["next_return_id"] = request.following.id
    if request.kind == "RETURN_AND_REFUND":
        shown["shipment_type"] = "PLATFORM"
        shown["handover_method"] = "DROP_OFF"
        shown["return_tracking_number"] = f"RT{request.id}"
        shown["shipping_fee_amount"] = [
            {
                "currency": currency,
                "seller_paid_return_shipping_fee": text(2000 if digits == 0 else 200, digits),
                "platform_paid_return_shipping_fee": text(0, digits),
                "buyer_paid_return_shipping_fee": text(0, digits),
            }
        ]
        shown["return_warehouse_address"] = {"full_address": f"PIIwarehouse {life.shop.region}"}
    return shown


def cancellation(life: Life, request: Cancellation, at: int, status: str) -> Json:
    """A cancellation at the moment of one of its events."""
    currency, digits = life.shop.currency, life.shop.digits
    factor = 1 if request.refunded else 0
    whole = len(request.lines) == len(life.lines)
    shipping = life.shipping_fee * factor if whole else 0
    shown: Json = {
        "cancel_id": request.id,
        "order_id": life.id,
        "cancel_type": request.kind,
        "cancel_status": status,
        "role": request.role,
        "cancel_reason": request.reason,
        "cancel_reason_text": "No longer needed" if request.role == "BUYER" else "Out of stock",
        "create_time": request.events[0][0],
        "update_time": at,
        "should_replenish_stock": True,
        "refund_amount": _refund(
            currency,
            digits,
            factor * sum(line.sale for line in request.lines),
            shipping,
            factor * sum(line.tax for line in request.lines),
        ),
        "cancel_line_items": [
            {
                "cancel_line_item_id": f"{request.id}{number:02d}",
                **_product(line),
                "refund_amount": _refund(currency, digits, factor * line.sale, 0, factor * line.tax),
            }
            for number, line in enumerate(request.lines)
        ],
    }
    if status.endswith("PENDING"):
        shown["seller_next_action_response"] = [
            {"action": "SELLER_RESPOND_CANCEL", "deadline": at + 48 * HOUR}
        ]
    return shown
