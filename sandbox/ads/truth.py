"""What the ads accounts have spent: the ground truth that tests compare with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sandbox.ads import figures, reports
from sandbox.ads.accounts import ACCOUNTS, campaigns
from sandbox.world.store import WorldMeta

Json = dict[str, Any]

ADS_TRUTH = "ads_spend_daily"
"""Table of the ground truth, under /_sandbox/truth/."""


def spend_truth(meta: WorldMeta, now: int) -> list[Json]:
    """`ads_spend_daily`: what every campaign cost and claims on each day of its account, as of the clock.

    Added up from hours, not read off the reports; cost that is not known yet is null.
    """
    rows: list[Json] = []
    first = datetime.fromtimestamp(meta.clock_start, UTC).date() - timedelta(days=meta.days + 31)
    for account in ACCOUNTS:
        for campaign in campaigns(account, meta):
            days: dict[date, list[figures.Figures]] = {}
            begin = figures.hours_of_day(account, first).start
            for hour in range(begin, now // figures.HOUR + 1):
                one = figures.shown(meta, campaign, hour, now)
                if one is not None and one != figures.Figures():
                    days.setdefault(figures.day_of(account, hour), []).append(one)
            for day, hours in sorted(days.items()):
                known = [one.cost for one in hours if one.cost is not None]
                sells = campaign.destination == "TIKTOK_SHOP"
                rows.append(
                    {
                        "advertiser_id": account.id,
                        "campaign_id": campaign.id,
                        "kind": campaign.kind,
                        "shop_key": account.shop.id,
                        "stat_date": day.isoformat(),
                        "currency": account.currency,
                        "spend": reports.money(sum(known)) if known else None,
                        "reported_orders": sum(one.orders for one in hours) if sells else None,
                        "reported_gmv": reports.money(sum(one.revenue for one in hours)) if sells else None,
                    }
                )
    return rows
