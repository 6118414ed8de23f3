"""Which component of the API's settlement breakdowns a fee column of a file is.

`kinds/*.yml` name the component where the API has the same fee. Some fees only files tell apart: those keep the name of
their column, as components of their own, and `seeds/finance/fee_types.csv` knows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from ingestion.seller_center.layouts import layouts


class Component(NamedTuple):
    """A component: its group and its name, as in `statement_transaction_components`."""

    group: str
    name: str


ONLY_IN_FILES: Mapping[str, str] = {
    "refund_customer_shipping_fee": "shipping",
    "shipping_fee_subsidy": "shipping",
    "shipping_service_fee": "shipping",
    "fulfilled_by_tiktok_shop_shipping_fee": "shipping",
    "eams_program_service_fee": "fee",
    "order_processing_fee": "fee",
    "payment_fee": "fee",
    "dilayani_tokopedia_fee": "fee",
    "campaign_service_fee": "fee",
    "managed_service_plan_per_order_fee": "fee",
    "managed_service_plan_sales_tax": "tax",
    "credit_card_interest": "fee",
    "platform_support_fee": "fee",
    "commerce_growth_fee": "fee",
    "sfr_service_fee": "fee",
    "gmv_max_coupon_sales_tax": "tax",
    "import_duty_and_vat": "tax",
    "icms_difal": "tax",
    "icms_penalty": "tax",
}
"""Group of the fees that the API does not tell apart, by canonical column."""


def component_of(kind: str, column: str) -> Component | None:
    """The component that a column holds; None for sums, ids and whatever else is no component.

    Args:
        kind: Kind of layout.
        column: Canonical name.
    """
    return _components(kind).get(column)


@cache
def _components(kind: str) -> Mapping[str, Component]:
    columns = next(layout.kind.columns for layout in layouts().values() if layout.kind.kind == kind)
    found: dict[str, Component] = {}
    for column, spec in columns.items():
        if spec.component is not None:
            group, _, name = spec.component.partition(".")
            found[column] = Component(group, name)
        elif column in ONLY_IN_FILES:
            found[column] = Component(ONLY_IN_FILES[column], column)
    return found
