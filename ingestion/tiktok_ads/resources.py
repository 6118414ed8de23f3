"""Every resource of an ads account, in the order in which a sync reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingestion.engine.columns import Table
from ingestion.engine.journal import journal
from ingestion.tiktok_ads.accounts import ADVERTISER
from ingestion.tiktok_ads.accounts import CAMPAIGN as AD_CAMPAIGN
from ingestion.tiktok_ads.gmv_max import (
    CAMPAIGN,
    CAMPAIGN_DAY,
    CAMPAIGN_HOUR,
    CREATIVE_DAY,
    LIVE_DAY,
    PRODUCT_DAY,
    SETTING,
    STORE,
)
from ingestion.tiktok_ads.reading import Resource
from ingestion.tiktok_ads.reports import BASIC_DAY, BASIC_HOUR, TT_SHOP_DAY

RESOURCES: tuple[Resource, ...] = (
    ADVERTISER,
    AD_CAMPAIGN,
    BASIC_DAY,
    BASIC_HOUR,
    TT_SHOP_DAY,
    STORE,
    CAMPAIGN,
    SETTING,
    CAMPAIGN_DAY,
    CAMPAIGN_HOUR,
    PRODUCT_DAY,
    LIVE_DAY,
    CREATIVE_DAY,
)
"""Days come before their hours: only hours of days that have rows are asked for."""

OWNER = "advertiser_id"
"""The column that says whose row it is."""
JOURNAL = journal(OWNER)
"""What each run did, and what did not look as declared."""

BY_NAME = {resource.name: resource for resource in RESOURCES}


def data_tables() -> Iterator[Table]:
    """Every raw table that a resource feeds."""
    for resource in RESOURCES:
        yield from resource.all_tables()


def tables() -> Iterator[Table]:
    """Every raw table of this source, with those in which runs tell about themselves."""
    yield from data_tables()
    yield from JOURNAL.values()


def names() -> frozenset[str]:
    """Names by which resources can be chosen: their own, and those of the raw tables they feed."""
    return frozenset(BY_NAME) | {table.name for table in data_tables()}


def chosen(wanted: Iterable[str] | None) -> tuple[Resource, ...]:
    """The resources that carry these names, or feed raw tables of these names; all of them for None."""
    if wanted is None:
        return RESOURCES
    asked = set(wanted)
    return tuple(
        resource
        for resource in RESOURCES
        if resource.name in asked or any(table.name in asked for table in resource.all_tables())
    )
