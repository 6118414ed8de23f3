"""GMV Max: stores, campaigns and the report at the levels of the contract.

| endpoint | raw table | how it is read |
| --- | --- | --- |
| `GET /gmv_max/store/list/` | `gmv_max_stores` | the whole list, every sync |
| `GET /gmv_max/campaign/get/` | `gmv_max_campaigns` | by store and kind, every sync, deleted ones too |
| `GET /campaign/gmv_max/info/` | `gmv_max_campaign_settings` | campaigns whose `modify_time` is new to us |
| `GET /gmv_max/report/get/` | `gmv_max_campaign_daily`, `gmv_max_campaign_hourly` | by store and kind |
| the same | `gmv_max_product_daily`, `gmv_max_creative_daily`, `gmv_max_live_daily` | by store and campaigns |

Days are read again for a week: cost comes up to 11 hours late and is repaired later. Orders and revenue are **paid and
organic together**; the levels tell the same sales again and must never be added up. A campaign's own list does not
name its store, so campaigns are asked for store by store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ingestion.engine.answers import listed
from ingestion.engine.columns import Column, Kind, Table, bools, fields, of_page, text, texts
from ingestion.engine.errors import NotAvailable
from ingestion.engine.privacy import Rules
from ingestion.engine.windows import Step
from ingestion.tiktok_ads.columns import (
    ACCOUNT,
    CURRENCY,
    amounts,
    counts,
    dimension,
    metric,
    numeric,
    stat_day,
    stat_hour,
    utc_times,
)
from ingestion.tiktok_ads.endpoints import (
    GMV_MAX_CAMPAIGN_INFO,
    GMV_MAX_CAMPAIGNS,
    GMV_MAX_REPORT,
    GMV_MAX_STORES,
)
from ingestion.tiktok_ads.errors import DayLimitReached, Maintenance
from ingestion.tiktok_ads.reading import (
    LIVE,
    PRODUCT,
    AdsReading,
    Call,
    ReportByDay,
    ReportByHour,
    Resource,
    chunks,
    read_calls,
    remember,
    whole_answer,
)

_STATUSES = ["STATUS_DELIVERY_OK", "STATUS_DISABLE", "STATUS_NOT_DELIVERY", "STATUS_DELETE"]
_IDS_A_CALL = 100
_STORE = (of_page("store_id", "store_id"),)
_KIND = of_page("promotion_type", "promotion_type")

_SALES = (*counts("orders"), *amounts("gross_revenue"), metric("roi", Kind.RATE))
_ALL_SHOPS = (
    *counts("all_shops_orders"),
    *amounts("all_shops_gross_revenue"),
    *counts("live_views"),
    metric("ten_second_live_views", Kind.INT, "10_second_live_views"),
    *counts("live_follows"),
)
_CAMPAIGN_METRICS = ("cost", "net_cost", "orders", "gross_revenue", "roi")
_LIVE_METRICS = (
    *_CAMPAIGN_METRICS,
    "all_shops_orders",
    "all_shops_gross_revenue",
    "live_views",
    "10_second_live_views",
    "live_follows",
)
_PRODUCT_METRICS = ("cost", "orders", "gross_revenue", "roi")
_CREATIVE_METRICS = (*_PRODUCT_METRICS, "product_impressions", "product_clicks", "creative_delivery_status")


def _report(name: str, ids: str, time: str, metrics: Sequence[str], columns: Sequence[Column]) -> Table:
    """A table of the report: its ids and its time are its key."""
    when = "stat_date" if time == "stat_time_day" else "stat_hour_at"
    return Table(
        name=name,
        key=("advertiser_id", *ids.split(), when),
        shop_key="absent",
        known=fields(f"dimensions{{{ids} {time}}} metrics{{{' '.join(metrics)}}}"),
        columns=(
            *ACCOUNT,
            *_STORE,
            *(dimension(one) for one in ids.split()),
            *((stat_day(),) if when == "stat_date" else stat_hour()),
            CURRENCY,
            *columns,
        ),
    )


STORES = Table(
    name="gmv_max_stores",
    key=("advertiser_id", "store_id"),
    shop_key="absent",
    known=fields("""
    store_id is_gmv_max_available store_authorized_bc_id is_owner_bc
    store_authorized_bc_info{bc_id bc_profile_image bc_name user_role} thumbnail_url store_name store_code
    targeting_region_codes store_status store_role
    exclusive_authorized_advertiser_info{advertiser_id advertiser_name advertiser_status}
    """),
    columns=(
        *ACCOUNT,
        *texts("store_id store_name store_code store_status store_role store_authorized_bc_id"),
        *bools("is_gmv_max_available is_owner_bc"),
        text("exclusive_advertiser_id", "exclusive_authorized_advertiser_info.advertiser_id"),
        text("exclusive_advertiser_status", "exclusive_authorized_advertiser_info.advertiser_status"),
        of_page("snapshot_id", "snapshot_id"),
    ),
)

CAMPAIGN_LIST = Table(
    name="gmv_max_campaigns",
    key=("advertiser_id", "campaign_id"),
    shop_key="absent",
    known=fields("""
    advertiser_id campaign_id campaign_name operation_status create_time modify_time objective_type
    secondary_status roi_protection_compensation_status
    """),
    columns=(
        *ACCOUNT,
        text("campaign_id"),
        *_STORE,
        _KIND,
        *texts("campaign_name operation_status secondary_status objective_type"),
        text("roi_protection_compensation_status"),
        *utc_times("create_time modify_time"),
    ),
)

SETTINGS = Table(
    name="gmv_max_campaign_settings",
    key=("advertiser_id", "campaign_id"),
    shop_key="absent",
    known=fields("""
    advertiser_id operation_status campaign_id campaign_name store_id store_authorized_bc_id shopping_ads_type
    product_specific_type item_group_ids optimization_goal roi_protection_enabled deep_bid_type roas_bid budget
    promotion_days{is_enabled auto_schedule_enabled custom_schedule_list[start_time end_time]
    roas_bid_multiplier adjusted_roas_bid estimated_gross_revenue_increase budget_increase_percentage
    increase_limit current_budget next_increase remained_times maximum_budget}
    auto_budget{auto_budget_enabled budget_increase_percentage increase_limit current_budget next_increase
    remained_times maximum_budget}
    auto_budget_enabled schedule_type schedule_start_time schedule_end_time placements location_ids age_groups
    product_video_specific_type accelerate_testing_for_new_videos identity_list affiliate_posts_enabled
    campaign_custom_anchor_video_id
    """),
    columns=(
        *ACCOUNT,
        *texts("campaign_id store_id"),
        text("promotion_type", "shopping_ads_type"),
        *texts("campaign_name operation_status product_specific_type optimization_goal deep_bid_type"),
        numeric("roas_bid", Kind.RATE),
        CURRENCY,
        numeric("budget"),
        *bools("auto_budget_enabled roi_protection_enabled affiliate_posts_enabled"),
        text("schedule_type"),
        *utc_times("schedule_start_time schedule_end_time"),
    ),
)

CAMPAIGN_DAILY = _report(
    "gmv_max_campaign_daily",
    "campaign_id",
    "stat_time_day",
    _LIVE_METRICS,
    (_KIND, *amounts("cost net_cost"), *_SALES, *_ALL_SHOPS),
)
CAMPAIGN_HOURLY = _report(
    "gmv_max_campaign_hourly",
    "campaign_id",
    "stat_time_hour",
    _CAMPAIGN_METRICS,
    (_KIND, *amounts("cost net_cost"), *_SALES),
)
PRODUCT_DAILY = _report(
    "gmv_max_product_daily",
    "campaign_id item_group_id",
    "stat_time_day",
    _PRODUCT_METRICS,
    (*amounts("cost"), *_SALES),
)
LIVE_DAILY = _report(
    "gmv_max_live_daily",
    "campaign_id room_id",
    "stat_time_day",
    _LIVE_METRICS,
    (*amounts("cost net_cost"), *_SALES, *_ALL_SHOPS),
)
CREATIVE_DAILY = _report(
    "gmv_max_creative_daily",
    "campaign_id item_group_id item_id",
    "stat_time_day",
    _CREATIVE_METRICS,
    (
        metric("creative_delivery_status", Kind.TEXT),
        *amounts("cost"),
        *_SALES,
        *counts("product_impressions product_clicks"),
    ),
)


def read_stores(reading: AdsReading, resource: Resource) -> Iterator[Step]:
    """The whole list."""
    yield from read_calls(reading, resource, [Call({}, reading.snapshot())])


def read_campaigns(reading: AdsReading, resource: Resource) -> Iterator[Step]:
    """Store by store and kind by kind, as the list names neither; first those there are, then the deleted ones."""
    yield from read_calls(reading, resource, reading.campaign_calls())


def read_settings(reading: AdsReading, resource: Resource) -> Iterator[Step]:
    """What a campaign is set to, whenever it was changed."""
    seen = reading.state(resource.name).get("modified", {})
    for campaign in reading.campaigns():
        if seen.get(campaign.campaign_id) == campaign.modified:
            continue
        call = Call({"campaign_id": campaign.campaign_id})
        try:
            yield from read_calls(reading, resource, [call])
        except NotAvailable as error:
            if isinstance(error, DayLimitReached | Maintenance):
                raise
            # A deleted campaign is listed, but may have no settings any more.
            reading.note(resource.name, f"Campaign {campaign.campaign_id} was left out: {error.message}")
        yield remember(resource.name, "modified", campaign.campaign_id, campaign.modified)


def _by_campaign(time: str) -> Callable[[AdsReading], list[Call]]:
    def calls(reading: AdsReading) -> list[Call]:
        return [
            Call(
                {
                    "store_ids": [store],
                    "dimensions": ["campaign_id", time],
                    "metrics": list(
                        _LIVE_METRICS if kind == LIVE and time == "stat_time_day" else _CAMPAIGN_METRICS
                    ),
                    "filtering": {"gmv_max_promotion_types": [kind], "campaign_statuses": _STATUSES},
                },
                {"store_id": store, "promotion_type": kind},
            )
            for store, kind in reading.promoted()
        ]

    return calls


def _by_part(kind: str, part: str, metrics: Sequence[str]) -> Callable[[AdsReading], list[Call]]:
    def calls(reading: AdsReading) -> list[Call]:
        return [
            Call(
                {
                    "store_ids": [store],
                    "dimensions": ["campaign_id", part, "stat_time_day"],
                    "metrics": list(metrics),
                    "filtering": {"campaign_ids": campaigns},
                },
                {"store_id": store},
            )
            for store in reading.stores()
            for campaigns in chunks(reading.campaign_ids(store, kind), _IDS_A_CALL)
        ]

    return calls


def _by_creative(reading: AdsReading) -> list[Call]:
    """Creatives want their products named as well, so those are looked up first."""
    return [
        Call(
            {
                "store_ids": [store],
                "dimensions": ["campaign_id", "item_group_id", "item_id", "stat_time_day"],
                "metrics": list(_CREATIVE_METRICS),
                "filtering": {"campaign_ids": campaigns, "item_group_ids": products},
            },
            {"store_id": store},
        )
        for store in reading.stores()
        for campaigns in chunks(reading.campaign_ids(store, PRODUCT), _IDS_A_CALL)
        for products in chunks(reading.product_ids(store, campaigns), _IDS_A_CALL)
    ]


STORE = Resource(
    name="gmv_max_stores",
    endpoint=GMV_MAX_STORES,
    tables=(STORES,),
    rules=Rules(known=STORES.known or {}, drop=("store_authorized_bc_info", "thumbnail_url")),
    take=listed("store_list"),
    read=read_stores,
    snapshot=True,
)

CAMPAIGN = Resource(
    name="gmv_max_campaigns",
    endpoint=GMV_MAX_CAMPAIGNS,
    tables=(CAMPAIGN_LIST,),
    rules=Rules(known=CAMPAIGN_LIST.known or {}),
    take=listed("list"),
    read=read_campaigns,
)

SETTING = Resource(
    name="gmv_max_campaign_settings",
    endpoint=GMV_MAX_CAMPAIGN_INFO,
    tables=(SETTINGS,),
    # Creatives and the people behind them are in tables of their own, and large.
    rules=Rules(known=SETTINGS.known or {}, drop=("item_list", "custom_anchor_video_list", "identity_list")),
    take=whole_answer,
    read=read_settings,
)

CAMPAIGN_DAY = Resource(
    name="gmv_max_campaign_daily",
    endpoint=GMV_MAX_REPORT,
    tables=(CAMPAIGN_DAILY,),
    rules=Rules(known=CAMPAIGN_DAILY.known or {}),
    take=listed("list"),
    read=ReportByDay(_by_campaign("stat_time_day")),
)

CAMPAIGN_HOUR = Resource(
    name="gmv_max_campaign_hourly",
    endpoint=GMV_MAX_REPORT,
    tables=(CAMPAIGN_HOURLY,),
    rules=Rules(known=CAMPAIGN_HOURLY.known or {}),
    take=listed("list"),
    read=ReportByHour(_by_campaign("stat_time_hour"), days_of="gmv_max_campaign_daily"),
)

PRODUCT_DAY = Resource(
    name="gmv_max_product_daily",
    endpoint=GMV_MAX_REPORT,
    tables=(PRODUCT_DAILY,),
    rules=Rules(known=PRODUCT_DAILY.known or {}),
    take=listed("list"),
    read=ReportByDay(_by_part(PRODUCT, "item_group_id", _PRODUCT_METRICS)),
)

LIVE_DAY = Resource(
    name="gmv_max_live_daily",
    endpoint=GMV_MAX_REPORT,
    tables=(LIVE_DAILY,),
    rules=Rules(known=LIVE_DAILY.known or {}),
    take=listed("list"),
    read=ReportByDay(_by_part(LIVE, "room_id", _LIVE_METRICS)),
)

CREATIVE_DAY = Resource(
    name="gmv_max_creative_daily",
    endpoint=GMV_MAX_REPORT,
    tables=(CREATIVE_DAILY,),
    rules=Rules(known=CREATIVE_DAILY.known or {}),
    take=listed("list"),
    read=ReportByDay(_by_creative),
)

RESOURCES = (
    STORE,
    CAMPAIGN,
    SETTING,
    CAMPAIGN_DAY,
    CAMPAIGN_HOUR,
    PRODUCT_DAY,
    LIVE_DAY,
    CREATIVE_DAY,
)
