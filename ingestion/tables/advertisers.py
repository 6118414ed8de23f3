"""The ads accounts themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ingestion.engine.columns import Kind, Table, computed, fields, text, texts, times
from ingestion.engine.pages import Record


def _balances(records: list[Record]) -> list[Any]:
    """The balance is a JSON number: written out exactly."""
    return [
        format(Decimal(repr(value)), "f") if type(value := record.get("balance")) in (int, float) else value
        for record in records
    ]


ADVERTISERS = Table(
    name="advertisers",
    key=("advertiser_id",),
    shop_key="absent",
    known=fields("""
    advertiser_id name currency timezone display_timezone status country create_time owner_bc_id role
    rejection_reason company company_name_editable industry advertiser_account_type language promotion_area
    promotion_center_province promotion_center_city brand description balance
    """),
    columns=(
        text("advertiser_id"),
        *texts("name currency timezone display_timezone status country"),
        computed("balance", Kind.MONEY, _balances),
        *times("create_time"),
    ),
)
