"""Every resource of a shop, in the order in which a sync reads them."""

from __future__ import annotations

from ingestion.engine.resources import Catalogue
from ingestion.tiktok_shop import (
    analytics,
    creators,
    finance,
    fulfilment,
    health,
    lives,
    orders,
    products,
    returns,
    shops,
    videos,
)

CATALOGUE = Catalogue(
    {
        "shops": shops.RESOURCES,
        "products": products.RESOURCES,
        "orders": orders.RESOURCES,
        "returns": returns.RESOURCES,
        "fulfilment": fulfilment.RESOURCES,
        "finance": finance.RESOURCES,
        "analytics": analytics.RESOURCES,
        "health": health.RESOURCES,
        "creators": creators.RESOURCES,
        "lives": lives.RESOURCES,
        "videos": videos.RESOURCES,
    }
)
"""By domain. Inside one as well the order counts: products come before stock, statements before their transactions,
collaborations, samples, sessions and videos before their details."""

RESOURCES = CATALOGUE.resources
BY_NAME = CATALOGUE.by_name
ENDPOINTS = CATALOGUE.endpoints
tables = CATALOGUE.tables
