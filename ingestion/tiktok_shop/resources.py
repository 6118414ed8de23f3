"""Every resource of a shop, in the order in which a sync reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from home.errors import ConfigError
from ingestion.engine.columns import Table
from ingestion.tiktok_shop.analytics import PERFORMANCE_DAILY, PERFORMANCE_HOURLY
from ingestion.tiktok_shop.creators import (
    AFFILIATE_ORDER,
    CONTENT_DETAIL,
    FULFILLMENT,
    MARKETPLACE_CREATOR,
    OPEN_COLLABORATION,
    SAMPLE_APPLICATION,
    TARGET_COLLABORATION,
    TARGET_PRODUCT,
)
from ingestion.tiktok_shop.finance import (
    ORDER_TRANSACTION,
    PAYMENT,
    STATEMENT,
    STATEMENT_TRANSACTION,
    UNSETTLED,
)
from ingestion.tiktok_shop.fulfilment import PACKAGE, PACKAGE_DETAILS
from ingestion.tiktok_shop.health import HEALTH
from ingestion.tiktok_shop.lives import CORE_STAT, LIVE_PRODUCT, MINUTE, SESSION
from ingestion.tiktok_shop.lives import OVERVIEW as LIVE_OVERVIEW_DAILY
from ingestion.tiktok_shop.orders import ORDER
from ingestion.tiktok_shop.products import PRODUCT, STOCK
from ingestion.tiktok_shop.reading import Resource
from ingestion.tiktok_shop.returns import CANCELLATION, RETURN
from ingestion.tiktok_shop.shops import SHOP, WAREHOUSE
from ingestion.tiktok_shop.videos import DETAIL as VIDEO_DETAIL
from ingestion.tiktok_shop.videos import OVERVIEW as VIDEO_OVERVIEW_DAILY
from ingestion.tiktok_shop.videos import VIDEO

RESOURCES: tuple[Resource, ...] = (
    SHOP,
    WAREHOUSE,
    PRODUCT,
    STOCK,
    ORDER,
    RETURN,
    CANCELLATION,
    PACKAGE,
    PACKAGE_DETAILS,
    STATEMENT,
    STATEMENT_TRANSACTION,
    ORDER_TRANSACTION,
    UNSETTLED,
    PAYMENT,
    PERFORMANCE_DAILY,
    PERFORMANCE_HOURLY,
    HEALTH,
    AFFILIATE_ORDER,
    OPEN_COLLABORATION,
    CONTENT_DETAIL,
    TARGET_COLLABORATION,
    TARGET_PRODUCT,
    SAMPLE_APPLICATION,
    FULFILLMENT,
    MARKETPLACE_CREATOR,
    SESSION,
    LIVE_OVERVIEW_DAILY,
    MINUTE,
    LIVE_PRODUCT,
    CORE_STAT,
    VIDEO,
    VIDEO_OVERVIEW_DAILY,
    VIDEO_DETAIL,
)
"""Products come before stock, statements before their transactions, collaborations, samples, sessions and videos
before their details: the later ones need what the earlier found."""

BY_NAME = {resource.name: resource for resource in RESOURCES}


def tables() -> Iterator[Table]:
    """Every raw table of this source, children included."""
    for resource in RESOURCES:
        yield from resource.all_tables()


def chosen(names: Iterable[str] | None) -> tuple[Resource, ...]:
    """The resources that carry these names, or feed raw tables of these names; all of them for None.

    Raises:
        ConfigError: A name is unknown; the message lists the known ones.
    """
    if names is None:
        return RESOURCES
    wanted = set(names)
    found = tuple(
        resource
        for resource in RESOURCES
        if resource.name in wanted or any(table.name in wanted for table in resource.all_tables())
    )
    unknown = wanted - set(BY_NAME) - {table.name for table in tables()}
    if unknown:
        raise ConfigError(
            f"There is no resource {', '.join(sorted(unknown))}.",
            advice=f"Choose from {', '.join(BY_NAME)}.",
        )
    return found
