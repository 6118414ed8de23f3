"""What the rows of each kind of export become: records in the shape of the API, for the same raw tables."""

from __future__ import annotations

from ingestion.seller_center.entities.affiliates import AffiliateOrders
from ingestion.seller_center.entities.base import Facts, Made, Mapper, Quarantine, QuarantinedRow
from ingestion.seller_center.entities.days import AdsDays, LiveDays, ShopDays, VideoDays
from ingestion.seller_center.entities.lives import OldSessions, Sessions
from ingestion.seller_center.entities.orders import Orders
from ingestion.seller_center.entities.payouts import Payouts
from ingestion.seller_center.entities.periods import AffiliateVideos, Creatives
from ingestion.seller_center.entities.settlement import Adjustments, Income, ProfitAndLoss, Unsettled

MAPPERS: dict[str, type[Mapper]] = {
    "orders": Orders,
    "income": Income,
    "payouts": Payouts,
    "settlement_pnl": ProfitAndLoss,
    "settlement_adjustments": Adjustments,
    "unsettled": Unsettled,
    "affiliate_orders": AffiliateOrders,
    "live_sessions": Sessions,
    "live_sessions_old": OldSessions,
    "live_daily": LiveDays,
    "video_daily": VideoDays,
    "shop_daily": ShopDays,
    "affiliate_videos": AffiliateVideos,
    "gmv_max_creatives": Creatives,
    "gmv_max_days": AdsDays,
}
"""By kind of layout."""

__all__ = ["MAPPERS", "Facts", "Made", "Mapper", "Quarantine", "QuarantinedRow"]
