"""Ads accounts and their campaigns.

| endpoint | raw table | how it is read |
| --- | --- | --- |
| `GET /advertiser/info/` | `advertisers` | one row per sync; only the fields that are needed are asked for |
| `GET /campaign/get/` | `campaigns` | the whole list, every sync, deleted campaigns too |

Addresses, telephone numbers and licences of an account are not asked for; should they come, they are cut.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.engine.answers import listed
from ingestion.engine.columns import Kind, Table, bools, fields, text, texts
from ingestion.engine.privacy import Rules
from ingestion.engine.windows import Step
from ingestion.tables.advertisers import ADVERTISERS
from ingestion.tiktok_ads.columns import ACCOUNT, CURRENCY, numeric, utc_times
from ingestion.tiktok_ads.endpoints import ADVERTISER_INFO, CAMPAIGNS
from ingestion.tiktok_ads.reading import AdsReading, Call, Resource, read_calls

INFO_FIELDS = (
    *("advertiser_id", "name", "currency", "timezone", "display_timezone", "status", "country"),
    "balance",
)
"""What is asked of an account; everything else in it is about its owner."""


CAMPAIGN_LIST = Table(
    name="campaigns",
    key=("advertiser_id", "campaign_id"),
    shop_key="absent",
    known=fields("""
    advertiser_id campaign_id campaign_name campaign_system_origin create_time modify_time objective_type
    app_promotion_type virtual_objective_type sales_destination is_search_campaign campaign_automation_type
    is_smart_performance_campaign campaign_type app_id campaign_product_source catalog_enabled
    special_industries budget_optimize_on bid_type deep_bid_type roas_bid optimization_goal budget_mode budget
    operation_status secondary_status is_new_structure objective rta_id rf_campaign_type
    """),
    columns=(
        *ACCOUNT,
        *texts("campaign_id campaign_name objective_type sales_destination campaign_type"),
        *texts("campaign_automation_type operation_status secondary_status"),
        *bools("is_smart_performance_campaign"),
        CURRENCY,
        text("budget_mode"),
        numeric("budget"),
        numeric("roas_bid", Kind.RATE),
        *utc_times("create_time modify_time"),
    ),
)


def read_advertiser(reading: AdsReading, resource: Resource) -> Iterator[Step]:
    """The account itself, as it was asked for at the beginning."""
    yield reading.account_page(resource)


def read_campaigns(reading: AdsReading, resource: Resource) -> Iterator[Step]:
    """The whole list: deleted campaigns have figures of the days before."""
    query = {"filtering": {"primary_status": "STATUS_ALL"}}
    yield from read_calls(reading, resource, [Call(query)])


ADVERTISER = Resource(
    name="advertisers",
    endpoint=ADVERTISER_INFO,
    tables=(ADVERTISERS,),
    rules=Rules(
        known=ADVERTISERS.known or {},
        drop=(
            "company",
            "address",
            "contacter",
            "email",
            "cellphone_number",
            "telephone_number",
            "license_no",
            "license_url",
            "license_province",
            "license_city",
            "description",
            "brand",
        ),
    ),
    take=listed("list"),
    read=read_advertiser,
)

CAMPAIGN = Resource(
    name="campaigns",
    endpoint=CAMPAIGNS,
    tables=(CAMPAIGN_LIST,),
    rules=Rules(known=CAMPAIGN_LIST.known or {}),
    take=listed("list"),
    read=read_campaigns,
)

RESOURCES = (
    ADVERTISER,
    CAMPAIGN,
)
