"""SKUs of affiliate orders, with commissions as estimated and as paid."""

from __future__ import annotations

import re
from typing import Any

from ingestion.engine.columns import (
    Column,
    Kind,
    Table,
    amounts,
    child,
    computed,
    count,
    fields,
    first_text,
    money,
    parent,
    text,
    texts,
    written,
)
from ingestion.engine.pages import Record

_PAID = "amount currency"

_AFFILIATE_ORDER = fields(f"""
    id delivery_time create_time status skus[sku_id settlement_status open_collaboration_id
    target_collaboration_id campaign_id creator_username price{{{_PAID}}} quantity content_type content_id
    product_id commission_model commission_tier_setting commission_rate partner_commission_rate
    shop_ads_commission_rate estimated_commission_base{{{_PAID}}} estimated_paid_shop_ads_commission{{{_PAID}}}
    estimated_paid_commission{{{_PAID}}} estimated_paid_partner_commission{{{_PAID}}}
    actual_commission_base{{{_PAID}}} actual_paid_commission{{{_PAID}}}
    actual_paid_partner_commission{{{_PAID}}} actual_paid_shop_ads_commission{{{_PAID}}}
    estimated_cofunded_creator_bonus_amount{{{_PAID}}} actual_cofunded_creator_bonus_amount{{{_PAID}}}
    refunded_quantity returned_quantity fully_return is_carousel]
""")

_NO_DECIMALS = frozenset({"VND", "JPY", "KRW", "CLP"})
"""Currencies whose smallest unit is the unit: one separator never begins decimals in them."""

_DISPLAYED = re.compile(r"(?P<sign>[-\u2212(]?)[^\d()-]*(?P<number>\d(?:[\d.,'\u2019\s]*\d)?)[^\d]*")


def displayed_amount(shown: object, currency: object) -> str | None:
    """The amount of a display string, such as 1234.5 of `฿1,234.50` and 1234500 of `₫1.234.500`.

    A point or comma before one or two digits at the end begins decimals, all others group digits by three. What
    can't be read in one way only gives None: the text stays beside it.
    """
    found = _DISPLAYED.fullmatch(shown.strip()) if isinstance(shown, str) else None
    if found is None:
        return None
    # Spaces and apostrophes only ever group.
    number = re.sub(r"['\u2019\s]", "_", found["number"])
    whole, decimals, mark = number, "", ""
    if currency not in _NO_DECIMALS and (end := re.search(r"([.,])(\d{1,2})$", number)):
        whole, mark, decimals = number[: end.start()], end[1], end[2]
    groups = re.split(r"[.,_]", whole)
    marks = set(re.findall(r"[.,_]", whole))
    if len(marks) > 1 or (mark and mark in marks):
        return None
    if len(groups) > 1 and (len(groups[0]) > 3 or any(len(group) != 3 for group in groups[1:])):
        return None
    amount = "".join(groups) + (f".{decimals}" if decimals else "")
    return f"-{amount}" if found["sign"] else amount


def _displayed(name: str, path: str) -> Column:
    def compute(records: list[Record]) -> list[Any]:
        objects = [value if type(value := record.get(path)) is dict else {} for record in records]
        return [displayed_amount(value.get("amount"), value.get("currency")) for value in objects]

    return computed(name, Kind.MONEY, compute)


_MONEY_OF_SKU = """
    estimated_paid_commission estimated_paid_partner_commission estimated_paid_shop_ads_commission
    estimated_cofunded_creator_bonus_amount actual_paid_commission actual_paid_partner_commission
    actual_paid_shop_ads_commission actual_cofunded_creator_bonus_amount
"""

AFFILIATE_ORDER_SKUS = Table(
    name="affiliate_order_skus",
    key=("order_id", "sku_id"),
    known=_AFFILIATE_ORDER["skus"],
    columns=(
        parent("order_id", "order_id"),
        parent("order_create_time", "order_create_time", Kind.TIME),
        parent("order_delivery_time", "order_delivery_time", Kind.TIME),
        *texts("sku_id product_id settlement_status"),
        *texts("open_collaboration_id target_collaboration_id campaign_id creator_username"),
        money("price", "price.amount"),
        first_text(
            "currency",
            "price.currency",
            "estimated_paid_commission.currency",
            "actual_paid_commission.currency",
            "estimated_commission_base.currency",
        ),
        count("quantity"),
        *texts("content_type content_id commission_model"),
        written("commission_rate", Kind.INT),
        written("partner_commission_rate", Kind.INT),
        written("shop_ads_commission_rate", Kind.INT),
        text("estimated_commission_base", "estimated_commission_base.amount"),
        _displayed("estimated_commission_base_amount", "estimated_commission_base"),
        text("actual_commission_base", "actual_commission_base.amount"),
        _displayed("actual_commission_base_amount", "actual_commission_base"),
        *amounts(_MONEY_OF_SKU),
        count("refunded_quantity"),
        count("returned_quantity"),
        text("fully_return"),
    ),
)

AFFILIATE_ORDERS = Table(
    name="affiliate_orders",
    key=("order_id",),
    known=_AFFILIATE_ORDER,
    columns=(
        text("order_id", "id"),
        Column("order_create_time", Kind.TIME, "create_time"),
        Column("order_delivery_time", Kind.TIME, "delivery_time"),
    ),
    children=(child(AFFILIATE_ORDER_SKUS, "skus"),),
    stored=False,
)
