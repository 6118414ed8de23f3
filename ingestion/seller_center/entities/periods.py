"""Reports of a period: affiliate videos and GMV Max creatives. Their figures are of the whole period, and are never
spread over its days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from ingestion.engine.pages import Record
from ingestion.seller_center.entities.base import Made, Mapper, amount, day_of, seconds, text_of, whole
from ingestion.seller_center.sheets import TypedRow

_VIDEO_ID = re.compile(r"/video/(\d+)")


class _Period(Mapper):
    @property
    def period(self) -> Record:
        """First day and the day after the last one."""
        period = self.facts.decisions.period
        if period is None:
            return {}
        zone = ZoneInfo(self.facts.decisions.zone or "UTC")
        self.reached(*(int(datetime.combine(day, time(), zone).timestamp()) for day in period))
        return {"period_start": period[0].isoformat(), "period_end": period[1].isoformat()}


class AffiliateVideos(_Period):
    """Videos of affiliates."""

    resource = "affiliate_videos_period"

    def take(self, rows: Sequence[TypedRow]) -> Made:
        """Videos of some rows."""
        period = self.period
        made = [self._video(row, period) for row in rows]
        return {"affiliate_videos_period": [record for record in made if record is not None]}

    def _video(self, row: TypedRow, period: Record) -> Record | None:
        values = row.values
        link = text_of(values.get("video_link"))
        if link is None:
            self.quarantine("row_without_id", row, "video_link", None)
            return None
        found = _VIDEO_ID.search(link)
        posted = values.get("video_post_date")
        return {
            **period,
            "video_link": link,
            "video_id": found[1] if found else None,
            "video_name": text_of(values.get("video_name")),
            "post_date": _iso(posted),
            "creator_username": text_of(values.get("creator_username")),
            "currency": self.currency,
            "gmv": amount(values.get("gmv")),
            "affiliate_shoppable_video_gmv": amount(values.get("affiliate_shoppable_video_gmv")),
            "avg_order_value": amount(values.get("shoppable_video_avg_order_value")),
            "est_commission": amount(values.get("est_commission")),
            "est_flat_fee": amount(values.get("est_flat_fee")),
            "gpm": amount(values.get("shoppable_video_gpm")),
            "affiliate_refunded_gmv": amount(values.get("affiliate_refunded_gmv")),
            "affiliate_orders": whole(values.get("affiliate_orders")),
            "affiliate_items_sold": whole(values.get("affiliate_items_sold")),
            "affiliate_items_refunded": whole(values.get("affiliate_items_refunded")),
            "impressions": whole(values.get("shoppable_video_impressions")),
            "comments": whole(values.get("shoppable_video_comments")),
            "likes": whole(values.get("shoppable_video_likes")),
            "ctr": amount(values.get("affiliate_ctr")),
            "file_row": row.row,
        }


class Creatives(_Period):
    """Creatives of GMV Max campaigns, by ads account."""

    resource = "gmv_max_creatives_period"

    def take(self, rows: Sequence[TypedRow]) -> Made:
        """Creatives of some rows."""
        period = self.period
        made = [self._creative(row, period) for row in rows]
        return {"gmv_max_creatives_period": [record for record in made if record is not None]}

    def _creative(self, row: TypedRow, period: Record) -> Record | None:
        values = row.values
        campaign = text_of(values.get("campaign_id"))
        if campaign is None:
            self.quarantine("row_without_id", row, "campaign_id", None)
            return None
        return {
            **period,
            "advertiser_id": self.facts.advertiser_id,
            "time_zone": self.facts.decisions.zone,
            "campaign_id": campaign,
            "campaign_name": text_of(values.get("campaign_name")),
            "product_id": text_of(values.get("product_id")),
            "creative_type": text_of(values.get("creative_type")),
            "video_id": text_of(values.get("video_id")),
            "video_title": text_of(values.get("video_title")),
            "tiktok_account": text_of(values.get("tiktok_account")),
            "post_time": seconds(values.get("time_posted")),
            "status": text_of(values.get("status")),
            "exploration_status": text_of(values.get("exploration_secondary_status")),
            "authorization_type": text_of(values.get("authorization_type")),
            "currency": text_of(values.get("currency")) or self.currency,
            "cost": amount(values.get("cost")),
            "cost_per_order": amount(values.get("cost_per_order")),
            "gross_revenue": amount(values.get("gross_revenue")),
            "sku_orders": whole(values.get("sku_orders")),
            "product_impressions": whole(values.get("product_ad_impressions")),
            "product_clicks": whole(values.get("product_ad_clicks")),
            "roi": amount(values.get("roi")),
            "click_rate": amount(values.get("product_ad_click_rate")),
            "conversion_rate": amount(values.get("ad_conversion_rate")),
            "view_rate_2s": amount(values.get("2_second_ad_video_view_rate")),
            "view_rate_6s": amount(values.get("6_second_ad_video_view_rate")),
            "view_rate_25": amount(values.get("25_ad_video_view_rate")),
            "view_rate_50": amount(values.get("50_ad_video_view_rate")),
            "view_rate_75": amount(values.get("75_ad_video_view_rate")),
            "view_rate_100": amount(values.get("100_ad_video_view_rate")),
            "file_row": row.row,
        }


def _iso(value: datetime | date | None) -> str | None:
    day = day_of(value)
    return day.isoformat() if day else None
