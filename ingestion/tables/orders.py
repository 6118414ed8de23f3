"""Orders, their lines, and the parts of combined lines.

One line is one unit: the API has no quantity. Times are unix seconds in the records and UTC instants in the rows; money
is in the order's currency."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from ingestion.engine.columns import (
    Child,
    Column,
    Kind,
    Table,
    bools,
    child,
    computed,
    fields,
    length_of,
    list_of,
    money,
    monies,
    parent,
    text,
    texts,
    times,
)
from ingestion.engine.pages import Record

_KNOWN = fields("""
    id buyer_message cancellation_initiator shipping_provider_id create_time shipping_provider
    packages[id] payment{currency sub_total shipping_fee seller_discount platform_discount
    payment_platform_discount payment_discount_service_fee total_amount original_total_product_price
    original_shipping_fee shipping_fee_seller_discount shipping_fee_platform_discount
    shipping_fee_cofunded_discount tax small_order_fee shipping_fee_tax product_tax retail_delivery_fee
    buyer_service_fee handling_fee shipping_insurance_fee item_insurance_fee item_insurance_tax
    distance_shipping_fee distance_fee} recipient_address{full_address phone_number name first_name
    last_name first_name_local_script last_name_local_script address_detail address_line1 address_line2
    address_line3 address_line4 district_info[address_level_name address_name address_level iso_code]
    delivery_preferences{drop_off_location} postal_code region_code post_town} status fulfillment_type
    delivery_type paid_time rts_sla_time tts_sla_time cancel_reason update_time payment_method_name
    rts_time tracking_number split_or_combine_tag has_updated_recipient_address cancel_order_sla_time
    warehouse_id request_cancel_time shipping_type user_id seller_note delivery_sla_time is_cod
    delivery_option_id cancel_time need_upload_invoice delivery_option_name cpf line_items[id sku_id
    combined_listing_skus[sku_id sku_count product_id seller_sku] display_status product_name seller_sku
    sku_image sku_name product_id sale_price pfand_fee platform_discount seller_discount sku_type
    cancel_reason original_price rts_time package_status currency shipping_provider_name cancel_user
    shipping_provider_id is_gift item_tax[tax_type tax_amount tax_rate] tracking_number package_id
    retail_delivery_fee buyer_service_fee small_order_fee handling_duration_days is_dangerous_good
    needs_prescription gift_retail_price is_unboxing_item unboxing_sku_code unboxing_case_list[unbox_sku
    unbox_sku_type] room_id sub_item_info[id sku_id display_status product_name seller_sku sku_image
    sku_name product_id sale_price platform_discount seller_discount cancel_reason original_price
    rts_time package_status currency shipping_provider_name cancel_user shipping_provider_id
    item_tax[tax_type tax_amount tax_rate] tracking_number package_id retail_delivery_fee
    is_dangerous_good warehouse_id] distance_shipping_fee distance_fee shipping_vat_amount
    shipping_vat_rate is_pod_customized pod_info_id product_listing_type] buyer_email delivery_due_time
    is_sample_order shipping_due_time collection_due_time delivery_option_required_delivery_time
    is_on_hold_order delivery_time is_replacement_order is_subscription_order is_refundable_sample
    authentication_required collection_time replaced_order_id is_buyer_request_cancel
    pick_up_cut_off_time fast_dispatch_sla_time commerce_platform order_type release_date
    handling_duration{days type} auto_combine_group_id cpf_name is_exchange_order
    exchange_source_order_id consultation_id fast_delivery_program fulfillment_priority_level
    recommended_shipping_time buyer_nickname buyer_avatar order_rights instore_pickup_sla_time
    fast_rts_sla_time fast_collection_sla_time
""")

_LINE = _KNOWN["line_items"] or {}

_COMPONENT = _LINE["sub_item_info"] or {}

_PAYMENT = """
    sub_total shipping_fee seller_discount platform_discount payment_platform_discount
    payment_discount_service_fee total_amount original_total_product_price original_shipping_fee
    shipping_fee_seller_discount shipping_fee_platform_discount shipping_fee_cofunded_discount tax product_tax
    shipping_fee_tax small_order_fee retail_delivery_fee buyer_service_fee handling_fee shipping_insurance_fee
    item_insurance_fee item_insurance_tax distance_shipping_fee distance_fee
"""


def _item_tax(records: list[Record]) -> list[Any]:
    """The sum of a line's taxes; NULL where there are none. What is no number is left to the caller to
    complain of."""
    sums: list[Any] = []
    for record in records:
        taxes = record.get("item_tax")
        if not taxes:
            sums.append(None)
            continue
        amounts = (
            [tax.get("tax_amount") for tax in taxes if type(tax) is dict] if type(taxes) is list else [taxes]
        )
        amounts = [amount for amount in amounts if amount is not None and amount != ""]
        if len(amounts) < 2:
            sums.append(amounts[0] if amounts else None)
            continue
        try:
            sums.append(str(sum(Decimal(str(amount)) for amount in amounts)))
        except InvalidOperation:
            sums.append(taxes)
    return sums


_MOST_UNITS_OF_A_PART = 1000


def _parts(records: list[Record]) -> tuple[list[int], list[Record]]:
    """What a line is put together from, one record per unit, with the index of its line.

    The platform tells it in one of two fields: `sub_item_info` of combos (one element per unit, with its amounts), or
    `combined_listing_skus` of combined listings (one element per SKU, with a count). A line that tells both is taken by
    the first, or its parts would be counted twice; a line's own SKU is no part of it.
    """
    owners, parts = list_of("sub_item_info")(records)
    told = set(owners)
    for index, record in enumerate(records):
        listed = record.get("combined_listing_skus")
        if index in told or type(listed) is not list:
            continue
        for part in listed:
            if type(part) is not dict or part.get("sku_id") in (None, "", record.get("sku_id")):
                continue
            count = part.get("sku_count")
            units = count if type(count) is int and 0 < count <= _MOST_UNITS_OF_A_PART else 1
            for number in range(1, units + 1):
                owners.append(index)
                parts.append(
                    {
                        "id": f"combined:{part['sku_id']}:{number}",
                        "sku_id": part["sku_id"],
                        "product_id": part.get("product_id"),
                        "seller_sku": part.get("seller_sku"),
                    }
                )
    return owners, parts


ORDER_LINE_COMPONENTS = Table(
    name="order_line_components",
    key=("order_id", "line_id", "component_id"),
    known=_COMPONENT,
    columns=(
        parent("order_id", "order_id"),
        parent("order_update_time", "order_update_time", Kind.TIME),
        parent("line_id", "line_id"),
        text("component_id", "id"),
        *texts("sku_id product_id seller_sku product_name display_status currency"),
        *monies("original_price sale_price seller_discount platform_discount"),
    ),
)


def _is_combo(records: list[Record]) -> list[bool]:
    whole = set(_parts(records)[0])
    return [index in whole for index in range(len(records))]


ORDER_LINES = Table(
    name="order_lines",
    key=("order_id", "line_id"),
    known=_LINE,
    columns=(
        parent("order_id", "order_id"),
        parent("order_update_time", "update_time", Kind.TIME),
        text("line_id", "id"),
        Column("line_index", Kind.INT, "line_index", of="position"),
        *texts("sku_id product_id seller_sku product_name sku_name sku_type display_status"),
        *texts("package_id package_status currency"),
        *monies("original_price sale_price seller_discount platform_discount"),
        computed("item_tax_amount", Kind.MONEY, _item_tax),
        *monies("retail_delivery_fee buyer_service_fee small_order_fee"),
        *bools("is_gift"),
        money("gift_retail_price"),
        *texts("cancel_reason cancel_user"),
        *times("rts_time"),
        text("room_id"),
        text("product_listing_type"),
        *monies("distance_fee distance_shipping_fee"),
        computed("is_combo", Kind.BOOL, _is_combo),
    ),
    children=(Child(ORDER_LINE_COMPONENTS, _parts, "sub_item_info"),),
)

ORDERS = Table(
    name="orders",
    key=("order_id",),
    known=_KNOWN,
    columns=(
        text("order_id", "id"),
        text("status"),
        text("currency", "payment.currency"),
        *times("create_time update_time paid_time rts_time collection_time delivery_time cancel_time"),
        *times("request_cancel_time rts_sla_time tts_sla_time delivery_sla_time cancel_order_sla_time"),
        *times("shipping_due_time collection_due_time delivery_due_time"),
        *bools("is_cod is_sample_order is_replacement_order is_exchange_order is_on_hold_order"),
        *bools("is_buyer_request_cancel is_subscription_order"),
        *texts("order_type fulfillment_type delivery_type shipping_type delivery_option_name"),
        *texts("cancellation_initiator cancel_reason payment_method_name warehouse_id"),
        text("buyer_key", "user_id"),
        text("recipient_region_code", "recipient_address.region_code"),
        *texts("replaced_order_id exchange_source_order_id split_or_combine_tag"),
        *monies(_PAYMENT, under="payment", prefix="payment__"),
        computed("line_count", Kind.INT, length_of("line_items")),
    ),
    children=(child(ORDER_LINES, "line_items"),),
)
