"""The integrated report: campaigns by day and by hour, and what TikTok Shop ads cost by country.

| report | raw table | how it is read |
| --- | --- | --- |
| BASIC, campaign x day | `ads_report_daily` | 30 days a call, the last 7 days again |
| BASIC, campaign x hour | `ads_report_hourly` | a day a call, those days of which the report by day has rows |
| TT_SHOP, account or campaign x country x day | `tt_shop_report_daily` | as by day; account: no `campaign_id` |

BASIC leaves GMV Max out, TT_SHOP has it, and its account rows are the sum of its campaigns: three views of one
cost. Deleted campaigns are left out unless they are asked for, so they are.
"""

from __future__ import annotations

import orjson

from ingestion.engine.answers import listed
from ingestion.engine.columns import Table, fields
from ingestion.engine.privacy import Rules
from ingestion.tiktok_ads.columns import ACCOUNT, CURRENCY, amounts, counts, dimension, stat_day, stat_hour
from ingestion.tiktok_ads.endpoints import INTEGRATED_REPORT
from ingestion.tiktok_ads.reading import AdsReading, Call, ReportByDay, ReportByHour, Resource

BASIC_METRICS = (
    "spend",
    "billed_cost",
    "impressions",
    "clicks",
    "conversion",
    "onsite_shopping",
    "total_onsite_shopping_value",
)
TT_SHOP_METRICS = ("spend", "billed_cost")
_ALL_CAMPAIGNS = [
    {
        "field_name": "campaign_status",
        "filter_type": "IN",
        "filter_value": orjson.dumps(["STATUS_ALL"]).decode(),
    }
]
_BASIC_KNOWN = f"metrics{{{' '.join(BASIC_METRICS)}}}"
_BASIC_COLUMNS = (
    CURRENCY,
    *amounts("spend billed_cost"),
    *counts("impressions clicks conversion onsite_shopping"),
    *amounts("total_onsite_shopping_value"),
)

BASIC_DAILY = Table(
    name="ads_report_daily",
    key=("advertiser_id", "campaign_id", "stat_date"),
    shop_key="absent",
    known=fields(f"dimensions{{campaign_id stat_time_day}} {_BASIC_KNOWN}"),
    columns=(*ACCOUNT, dimension("campaign_id"), stat_day(), *_BASIC_COLUMNS),
)

BASIC_HOURLY = Table(
    name="ads_report_hourly",
    key=("advertiser_id", "campaign_id", "stat_hour_at"),
    shop_key="absent",
    known=fields(f"dimensions{{campaign_id stat_time_hour}} {_BASIC_KNOWN}"),
    columns=(*ACCOUNT, dimension("campaign_id"), *stat_hour(), *_BASIC_COLUMNS),
)

TT_SHOP_DAILY = Table(
    name="tt_shop_report_daily",
    key=("advertiser_id", "stat_date"),
    shop_key="absent",
    known=fields(
        "dimensions{advertiser_id campaign_id country_code stat_time_day} metrics{spend billed_cost}"
    ),
    columns=(
        *ACCOUNT,
        dimension("campaign_id"),
        dimension("country_code"),
        stat_day(),
        CURRENCY,
        *amounts("spend billed_cost"),
    ),
)


def _basic(time: str) -> Call:
    return Call(
        {
            "report_type": "BASIC",
            "data_level": "AUCTION_CAMPAIGN",
            "dimensions": ["campaign_id", time],
            "metrics": list(BASIC_METRICS),
            "filtering": _ALL_CAMPAIGNS,
        }
    )


def _basic_days(_: AdsReading) -> list[Call]:
    return [_basic("stat_time_day")]


def _basic_hours(_: AdsReading) -> list[Call]:
    return [_basic("stat_time_hour")]


def _tt_shop_days(_: AdsReading) -> list[Call]:
    """The account and its campaigns; this report can't be filtered."""
    return [
        Call(
            {
                "report_type": "TT_SHOP",
                "data_level": level,
                "dimensions": [one, "country_code", "stat_time_day"],
                "metrics": list(TT_SHOP_METRICS),
            }
        )
        for level, one in (("AUCTION_ADVERTISER", "advertiser_id"), ("AUCTION_CAMPAIGN", "campaign_id"))
    ]


BASIC_DAY = Resource(
    name="ads_report_daily",
    endpoint=INTEGRATED_REPORT,
    tables=(BASIC_DAILY,),
    rules=Rules(known=BASIC_DAILY.known or {}),
    take=listed("list"),
    read=ReportByDay(_basic_days),
)

BASIC_HOUR = Resource(
    name="ads_report_hourly",
    endpoint=INTEGRATED_REPORT,
    tables=(BASIC_HOURLY,),
    rules=Rules(known=BASIC_HOURLY.known or {}),
    take=listed("list"),
    read=ReportByHour(_basic_hours, days_of="ads_report_daily"),
)

TT_SHOP_DAY = Resource(
    name="tt_shop_report_daily",
    endpoint=INTEGRATED_REPORT,
    tables=(TT_SHOP_DAILY,),
    rules=Rules(known=TT_SHOP_DAILY.known or {}),
    take=listed("list"),
    read=ReportByDay(_tt_shop_days),
)

RESOURCES = (
    BASIC_DAY,
    BASIC_HOUR,
    TT_SHOP_DAY,
)
