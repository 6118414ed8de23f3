"""The ads accounts themselves."""

from __future__ import annotations

from ingestion.engine.columns import Table, fields, text, texts, times

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
        *times("create_time"),
    ),
)
