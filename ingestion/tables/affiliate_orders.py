"""SKUs of affiliate orders, with commissions as estimated and as paid."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
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

_SIGNS = "$£¥€฿₫₱₩₹"
_POWERS = {
    **dict.fromkeys(("k", "rb", "ribu", "mil", "nghìn", "千"), 3),
    **dict.fromkeys(("万", "萬"), 4),
    **dict.fromkeys(("m", "jt", "juta", "tr", "triệu", "mi"), 6),
    **dict.fromkeys(("億", "亿"), 8),
    **dict.fromkeys(("b", "bn"), 9),
}
"""Ten to which power an abbreviation stands for, in the languages of the markets."""
_UNITS = frozenset({*_SIGNS, "đ", "vnđ", "บาท", "円", "元", "원"})
"""What may stand behind an amount besides the currency's code."""

_DISPLAYED = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+])?(?:(?:rp|rs|kr)\.|[^\W\d_]{{1,3}})?\s*[{_SIGNS}]?\s*(?P<inner>-)?\s*"
    r"(?P<number>[.,]\d{1,2}|\d(?:[\d.,'\u2019\s]*\d)?)\s*(?P<unit>[^\d\s.,()-][^\d.,()-]*)?(?P<after>-)?(?P<close>\))?",
    re.IGNORECASE,
)


def displayed_amount(shown: object, currency: object) -> str | None:
    """The amount of a display string, such as 1234.5 of `฿1,234.50`, 1234500 of `₫1.234.500`, 1200 of `$1.2K`.

    A point or comma before one or two digits at the end begins decimals, all others group digits by three. An
    abbreviated amount is as exact as it is shown. What can't be read in one way only, or has a word beside it that is
    no currency, gives None: the text stays beside it.
    """
    text = (
        unicodedata.normalize("NFKC", shown).replace("\u2212", "-").strip() if isinstance(shown, str) else ""
    )
    found = _DISPLAYED.fullmatch(text)
    if found is None or (found["open"] is None) != (found["close"] is None):
        return None
    negative = [mark for mark in (found["open"], found["sign"], found["inner"], found["after"]) if mark]
    power = _power(found["unit"] or "", str(currency).casefold())
    if len(negative) > 1 or power is None:
        return None
    amount = _plain_number(found["number"], has_decimals=power > 0 or currency not in _NO_DECIMALS)
    if amount is None or (power and len(amount.partition(".")[0]) > 3 and "." not in amount):
        return None
    scaled = f"{Decimal(amount).scaleb(power):f}" if power else amount
    return f"-{scaled}" if negative and negative != ["+"] else scaled


def _power(unit: str, currency: str) -> int | None:
    """Ten to which power stands behind an amount: 0 for a currency or nothing, None for anything else."""
    word = unit.strip().casefold()
    for token in sorted({*_UNITS, currency}, key=len, reverse=True):
        if word.endswith(token):
            word = word.removesuffix(token).strip()
            break
    if not word:
        return 0
    # `B` is the baht's own sign, too.
    return None if (word, currency) == ("b", "thb") else _POWERS.get(word)


def _plain_number(shown: str, *, has_decimals: bool) -> str | None:
    """Digits and decimal point of a number; None when its separators can be read in more than one way."""
    # Spaces and apostrophes only ever group.
    number = re.sub(r"['\u2019\s]", "_", shown)
    whole, decimals, mark = number, "", ""
    if has_decimals and (end := re.search(r"([.,])(\d{1,2})$", number)):
        whole, mark, decimals = number[: end.start()], end[1], end[2]
    groups = re.split(r"[.,_]", whole) if whole else ["0"]
    marks = set(re.findall(r"[.,_]", whole))
    if len(marks) > 1 or (mark and mark in marks):
        return None
    if len(groups) > 1 and (not 0 < len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])):
        return None
    return "".join(groups) + (f".{decimals}" if decimals else "")


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
