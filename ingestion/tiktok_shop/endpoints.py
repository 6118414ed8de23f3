"""The TikTok Shop endpoints that are read, in their newest versions.

Page sizes are the largest the contract allows; scopes are those of TikTok's Partner Center. An app that lacks
one gets code 105005 for that endpoint only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the Shop API.

    Attributes:
        name: Short name: key of the throttle, word in messages, value of `sync_log.endpoint`.
        method: GET or POST.
        path: Path with `{placeholders}`, version included.
        version: API version, as in the path.
        shop_cipher: Whether the query must carry `shop_cipher`. Sent where it is not wanted it fails with
            36009004, missing where it is wanted with 106013.
        page_size: Largest page the endpoint allows; None when it does not page.
        scope: Scope the seller must have granted; None when unknown.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    version: str
    shop_cipher: bool = True
    page_size: int | None = None
    scope: str | None = None

    def url_path(self, values: Mapping[str, str]) -> str:
        """The path with its placeholders filled.

        Values are restricted to characters that are the same in a signature and in a URL.

        Raises:
            ValueError: A placeholder without a value, a value without a placeholder, or an unusable value.
        """
        wanted = set(_PLACEHOLDER.findall(self.path))
        if wanted != set(values):
            raise ValueError(f"{self.name} wants path values {sorted(wanted)}, got {sorted(values)}")
        if not wanted:
            return self.path
        for key, value in values.items():
            if not _PLAIN_VALUE.fullmatch(value) or value in (".", ".."):
                raise ValueError(f"{self.name}: {key}={value!r} can't be part of a path")
        return self.path.format(**values)


_ORDER_SCOPE = "seller.order.info"
_RETURN_SCOPE = "seller.return_refund.basic"
_FINANCE_SCOPE = "seller.finance.info"
_PRODUCT_SCOPE = "seller.product.basic"
_FULFILMENT_SCOPE = "seller.fulfillment.basic"
_ANALYTICS_SCOPE = "data.shop_analytics.public.read"
_AFFILIATE_SCOPE = "seller.affiliate_collaboration.read"
_MARKETPLACE_SCOPE = "seller.creator_marketplace.read"

AUTHORIZED_SHOPS = Endpoint(
    "authorized_shops",
    "GET",
    "/authorization/202309/shops",
    "202309",
    shop_cipher=False,
    scope="seller.authorization.info",
)

SEARCH_ORDERS = Endpoint(
    "search_orders", "POST", "/order/202309/orders/search", "202309", page_size=100, scope=_ORDER_SCOPE
)

SEARCH_RETURNS = Endpoint(
    "search_returns",
    "POST",
    "/return_refund/202602/returns/search",
    "202602",
    page_size=50,
    scope=_RETURN_SCOPE,
)
SEARCH_CANCELLATIONS = Endpoint(
    "search_cancellations",
    "POST",
    "/return_refund/202602/cancellations/search",
    "202602",
    page_size=50,
    scope=_RETURN_SCOPE,
)

STATEMENTS = Endpoint(
    "statements", "GET", "/finance/202309/statements", "202309", page_size=100, scope=_FINANCE_SCOPE
)
STATEMENT_TRANSACTIONS = Endpoint(
    "statement_transactions",
    "GET",
    "/finance/202501/statements/{statement_id}/statement_transactions",
    "202501",
    page_size=100,
    scope=_FINANCE_SCOPE,
)
ORDER_TRANSACTIONS = Endpoint(
    "order_transactions",
    "GET",
    "/finance/202501/orders/{order_id}/statement_transactions",
    "202501",
    scope=_FINANCE_SCOPE,
)
UNSETTLED_TRANSACTIONS = Endpoint(
    "unsettled_transactions",
    "GET",
    "/finance/202507/orders/unsettled",
    "202507",
    page_size=100,
    scope=_FINANCE_SCOPE,
)
PAYMENTS = Endpoint(
    "payments", "GET", "/finance/202605/payments", "202605", page_size=100, scope=_FINANCE_SCOPE
)

SEARCH_PRODUCTS = Endpoint(
    "search_products",
    "POST",
    "/product/202502/products/search",
    "202502",
    page_size=100,
    scope=_PRODUCT_SCOPE,
)
SEARCH_INVENTORY = Endpoint(
    "search_inventory", "POST", "/product/202309/inventory/search", "202309", scope=_PRODUCT_SCOPE
)
WAREHOUSES = Endpoint("warehouses", "GET", "/logistics/202309/warehouses", "202309", scope="seller.logistics")

SEARCH_PACKAGES = Endpoint(
    "search_packages",
    "POST",
    "/fulfillment/202309/packages/search",
    "202309",
    page_size=50,
    scope=_FULFILMENT_SCOPE,
)
PACKAGE_DETAIL = Endpoint(
    "package_detail",
    "GET",
    "/fulfillment/202309/packages/{package_id}",
    "202309",
    scope=_FULFILMENT_SCOPE,
)

SHOP_PERFORMANCE = Endpoint(
    "shop_performance", "GET", "/analytics/202609/shop/performance", "202609", scope=_ANALYTICS_SCOPE
)
SHOP_PERFORMANCE_PER_HOUR = Endpoint(
    "shop_performance_per_hour",
    "GET",
    "/analytics/202510/shop/performance/{date}/performance_per_hour",
    "202510",
    scope=_ANALYTICS_SCOPE,
)
SHOP_HEALTH = Endpoint(
    "shop_health",
    "GET",
    "/analytics/202606/shop_performances/metrics/{metric_code}/diagnosis",
    "202606",
    scope=_ANALYTICS_SCOPE,
)

SEARCH_AFFILIATE_ORDERS = Endpoint(
    "search_affiliate_orders",
    "POST",
    "/affiliate_seller/202410/orders/search",
    "202410",
    page_size=100,
    scope=_AFFILIATE_SCOPE,
)
SEARCH_OPEN_COLLABORATIONS = Endpoint(
    "search_open_collaborations",
    "POST",
    "/affiliate_seller/202412/open_collaborations/search",
    "202412",
    page_size=100,
    scope=_AFFILIATE_SCOPE,
)
CREATOR_CONTENT_DETAILS = Endpoint(
    "creator_content_details",
    "GET",
    "/affiliate_seller/202508/open_collaborations/creator_content_details",
    "202508",
    page_size=100,
    scope=_AFFILIATE_SCOPE,
)
SEARCH_TARGET_COLLABORATIONS = Endpoint(
    "search_target_collaborations",
    "POST",
    "/affiliate_seller/202508/target_collaborations/search",
    "202508",
    page_size=100,
    scope=_AFFILIATE_SCOPE,
)
TARGET_COLLABORATION_DETAIL = Endpoint(
    "target_collaboration_detail",
    "GET",
    "/affiliate_seller/202508/target_collaborations/{target_collaboration_id}",
    "202508",
    scope=_AFFILIATE_SCOPE,
)
SEARCH_SAMPLE_APPLICATIONS = Endpoint(
    "search_sample_applications",
    "POST",
    "/affiliate_seller/202508/sample_applications/search",
    "202508",
    page_size=50,
    scope=_AFFILIATE_SCOPE,
)
SEARCH_SAMPLE_FULFILLMENTS = Endpoint(
    "search_sample_fulfillments",
    "POST",
    "/affiliate_seller/202409/sample_applications/{application_id}/fulfillments/search",
    "202409",
    scope=_AFFILIATE_SCOPE,
)
SEARCH_MARKETPLACE_CREATORS = Endpoint(
    "search_marketplace_creators",
    "POST",
    "/affiliate_seller/202608/marketplace_creators/search",
    "202608",
    page_size=20,
    scope=_MARKETPLACE_SCOPE,
)

LIVE_SESSIONS = Endpoint(
    "live_sessions",
    "GET",
    "/analytics/202609/shop_lives/performance",
    "202609",
    page_size=100,
    scope=_ANALYTICS_SCOPE,
)
LIVE_OVERVIEW = Endpoint(
    "live_overview",
    "GET",
    "/analytics/202609/shop_lives/overview_performance",
    "202609",
    scope=_ANALYTICS_SCOPE,
)
LIVE_MINUTES = Endpoint(
    "live_minutes",
    "GET",
    "/analytics/202510/shop_lives/{live_id}/performance_per_minutes",
    "202510",
    scope=_ANALYTICS_SCOPE,
)
LIVE_PRODUCTS = Endpoint(
    "live_products",
    "GET",
    "/analytics/202512/shop/{live_id}/products_performance",
    "202512",
    scope=_ANALYTICS_SCOPE,
)
LIVE_CORE_STATS = Endpoint(
    "live_core_stats",
    "GET",
    "/analytics/202502/live_rooms/{live_room_id}/core_stats",
    "202502",
    shop_cipher=False,
)

VIDEO_PERFORMANCE = Endpoint(
    "video_performance",
    "GET",
    "/analytics/202605/shop_videos/performance",
    "202605",
    page_size=100,
    scope=_ANALYTICS_SCOPE,
)
VIDEO_OVERVIEW = Endpoint(
    "video_overview",
    "GET",
    "/analytics/202609/shop_videos/overview_performance",
    "202609",
    scope=_ANALYTICS_SCOPE,
)
VIDEO_DETAILS = Endpoint(
    "video_details",
    "GET",
    "/analytics/202609/shop_videos/batch_performance",
    "202609",
    scope=_ANALYTICS_SCOPE,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    AUTHORIZED_SHOPS,
    SEARCH_ORDERS,
    SEARCH_RETURNS,
    SEARCH_CANCELLATIONS,
    STATEMENTS,
    STATEMENT_TRANSACTIONS,
    ORDER_TRANSACTIONS,
    UNSETTLED_TRANSACTIONS,
    PAYMENTS,
    SEARCH_PRODUCTS,
    SEARCH_INVENTORY,
    WAREHOUSES,
    SEARCH_PACKAGES,
    PACKAGE_DETAIL,
    SHOP_PERFORMANCE,
    SHOP_PERFORMANCE_PER_HOUR,
    SHOP_HEALTH,
    SEARCH_AFFILIATE_ORDERS,
    SEARCH_OPEN_COLLABORATIONS,
    CREATOR_CONTENT_DETAILS,
    SEARCH_TARGET_COLLABORATIONS,
    TARGET_COLLABORATION_DETAIL,
    SEARCH_SAMPLE_APPLICATIONS,
    SEARCH_SAMPLE_FULFILLMENTS,
    SEARCH_MARKETPLACE_CREATORS,
    LIVE_SESSIONS,
    LIVE_OVERVIEW,
    LIVE_MINUTES,
    LIVE_PRODUCTS,
    LIVE_CORE_STATS,
    VIDEO_PERFORMANCE,
    VIDEO_OVERVIEW,
    VIDEO_DETAILS,
)
"""Every endpoint above, for documentation and tests."""
