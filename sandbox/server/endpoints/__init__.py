"""The endpoints of the sandbox, one module per domain."""

from sandbox.server.calls import Endpoint
from sandbox.server.endpoints import (
    analytics,
    authorization,
    creators,
    finance,
    fulfilment,
    health,
    lives,
    logistics,
    orders,
    products,
    returns,
    videos,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *authorization.ENDPOINTS,
    *orders.ENDPOINTS,
    *returns.ENDPOINTS,
    *finance.ENDPOINTS,
    *products.ENDPOINTS,
    *logistics.ENDPOINTS,
    *fulfilment.ENDPOINTS,
    *health.ENDPOINTS,
    *analytics.ENDPOINTS,
    *creators.ENDPOINTS,
    *lives.ENDPOINTS,
    *videos.ENDPOINTS,
)
"""Every endpoint of the Shop API that the sandbox serves."""
