"""Daily reports of LIVE, videos, the shop and GMV Max: one row per local day of the shop, or of the ads account.

A day on which nothing is told (only `-`, `--` or `N/A`) is no row: it is unknown, and not 0.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from ingestion.engine.pages import Record
from ingestion.seller_center.entities.base import Made, Mapper, Values, amount, day_of, money, text_of, whole
from ingestion.seller_center.sheets import TypedRow

_ALL_ACCOUNTS = "ALL"
ALL_CAMPAIGNS = "all"
"""The campaign of a day of which a file tells all campaigns together."""


class _Days(Mapper):
    """A record per day that tells anything."""

    def take(self, rows: Sequence[TypedRow]) -> Made:
        """Records of some days."""
        made = [self._record(row) for row in rows]
        return {self.resource: [record for record in made if record is not None]}

    def _record(self, row: TypedRow) -> Record | None:
        day = row.values.get("local_date")
        if not isinstance(day, date):
            self.quarantine("row_without_id", row, "local_date", day)
            return None
        if isinstance(day, datetime):
            day = day.date()
        if all(value is None for column, value in row.values.items() if column != "local_date"):
            return None
        zone = ZoneInfo(self.facts.decisions.zone or "UTC")
        end = day + timedelta(days=1)
        self.reached(*(int(datetime.combine(one, time(), zone).timestamp()) for one in (day, end)))
        period = self.facts.decisions.period
        return {
            "start_date": day.isoformat(),
            "end_date": end.isoformat(),
            **self._figures(row.values),
            "latest_available_date": (period[1] - timedelta(days=1)).isoformat() if period else None,
            "definition_id": self.definition,
            "file_row": row.row,
        }

    @abstractmethod
    def _figures(self, values: Values) -> Record:
        """The figures of a day."""

    def _monies(self, values: Values, names: dict[str, str]) -> Record:
        return {name: money(values.get(column), self.currency) for name, column in names.items()}


def _counts(values: Values, names: dict[str, str]) -> Record:
    return {name: whole(values.get(column)) for name, column in names.items()}


def _rates(values: Values, names: dict[str, str]) -> Record:
    return {name: amount(values.get(column)) for name, column in names.items()}


def _same(names: str) -> dict[str, str]:
    return {name: name for name in names.split()}


class LiveDays(_Days):
    """LIVE by day. The viewing time of this report is per viewer, which the API's is not, so that it is left out."""

    resource = "live_overview_daily"
    _money: ClassVar = _same("live_attributed_gmv live_gmv live_indirect_gmv show_gpm")
    _count: ClassVar = {
        "live_attributed_sku_orders": "attributed_sku_orders",
        **_same("live_attributed_items_sold views"),
    }
    _rate: ClassVar = _same("live_ctr ctor_sku_order")

    def _figures(self, values: Values) -> Record:
        return {
            "account_type": _ALL_ACCOUNTS,
            **self._monies(values, self._money),
            **_counts(values, self._count),
            **_rates(values, self._rate),
        }


class VideoDays(_Days):
    """Videos by day."""

    resource = "video_overview_daily"
    _money: ClassVar = _same("video_attributed_gmv video_gmv video_indirect_gmv gpm")
    _count: ClassVar = {
        "video_attributed_sku_orders": "attributed_sku_orders",
        **_same("video_views video_product_viewers product_impressions product_clicks avg_daily_customers"),
    }
    _rate: ClassVar = _same("ctr ctor_sku_order")

    def _figures(self, values: Values) -> Record:
        return {
            "account_type": _ALL_ACCOUNTS,
            **self._monies(values, self._money),
            **_counts(values, self._count),
            **_rates(values, self._rate),
        }


class ShopDays(_Days):
    """The shop by day. Its own daily numbers, not the summary above them."""

    resource = "shop_performance_daily"
    _sales: ClassVar = {
        "orders_count": "orders",
        "sku_orders_count": "sku_orders",
        "items_sold": "items_sold",
        "customers_count": "customers",
    }
    _traffic: ClassVar = {
        "avg_visitors": "visitors",
        "avg_page_views": "page_views",
        **_same("product_impressions product_clicks unique_product_impressions unique_clicks"),
    }

    def _figures(self, values: Values) -> Record:
        return {
            "sales": {
                **self._monies(values, {"gmv": "gmv", "avg_order_value": "aov"}),
                **_counts(values, self._sales),
            },
            "traffic": {
                **_counts(values, self._traffic),
                **_rates(values, {"avg_conversation_rate": "conversion_rate"}),
            },
        }


class AdsDays(Mapper):
    """GMV Max by day of an ads account, all campaigns together. Whose shop it is, no file tells."""

    resource = "gmv_max_campaign_daily"
    money = "cost"
    identity = "local_date"
    always_money = True

    def take(self, rows: Sequence[TypedRow]) -> Made:
        """A row of the API's report per day."""
        made = [self._day(row) for row in rows]
        return {self.resource: [record for record in made if record is not None]}

    def _day(self, row: TypedRow) -> Record | None:
        values = row.values
        day = day_of(values.get("local_date"))
        if day is None:
            self.quarantine("row_without_id", row, "local_date", None)
            return None
        zone = ZoneInfo(self.facts.decisions.zone or "UTC")
        end = day + timedelta(days=1)
        self.reached(*(int(datetime.combine(one, time(), zone).timestamp()) for one in (day, end)))
        return {
            "advertiser_id": self.facts.advertiser_id,
            "campaign_id": ALL_CAMPAIGNS,
            "stat_date": day.isoformat(),
            "currency": text_of(values.get("currency")) or self.currency,
            "cost": amount(values.get("cost")),
            "gross_revenue": amount(values.get("gross_revenue")),
            "orders": whole(values.get("sku_orders")),
            "roi": amount(values.get("roi")),
            "file_row": row.row,
        }
