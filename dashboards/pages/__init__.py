"""The pages, one file each, in the order of the navigation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from dashboards.parts.words import Both


@dataclass(frozen=True)
class Entry:
    """A page.

    Attributes:
        slug: Its name in the address, and its file `dashboards/pages/<slug>.py`.
        name: Its name in the navigation, in both languages.
        needs: Published tables without which it says nothing: it is not offered where the file of an audience lacks
            one.
    """

    slug: str
    name: Both
    needs: tuple[str, ...] = ()

    def module(self) -> ModuleType:
        """Its file: `WORDS`, its own words, and `show(page)`, which draws it."""
        return import_module(f"dashboards.pages.{self.slug}")


PAGES = (
    Entry("today", ("Today", "今日"), ("kpi_shop_daily", "dim_shops")),
    Entry("shops", ("Shops", "店铺商品"), ("kpi_shop_daily", "dim_shops")),
    Entry("creators", ("Creators", "达人"), ("kpi_creator_leaderboard", "dim_shops")),
    Entry("live", ("LIVE", "直播复盘"), ("kpi_live_sessions", "dim_shops")),
    Entry("videos", ("Videos", "视频"), ("kpi_video_daily", "dim_shops")),
    Entry("ads", ("Ads", "广告"), ("kpi_ads_daily", "dim_shops")),
    Entry("money", ("Money", "资金"), ("kpi_settlement_bridge", "dim_shops")),
    Entry("stock", ("Stock", "库存履约"), ("kpi_stock_health", "dim_shops")),
    Entry("team", ("Team", "团队"), ("kpi_team_scorecard",)),
    Entry("alerts", ("Alerts", "告警"), ("kpi_alerts",)),
    Entry("trust", ("Trust", "可信"), ("kpi_reconciliation", "dim_shops")),
    Entry("glossary", ("Glossary", "指标词典"), ("kpi_glossary",)),
    Entry("connections", ("Connections", "连接"), ("ops_sync_status",)),
)


def offered(tables: Iterable[str]) -> list[Entry]:
    """The pages that can be drawn from these tables."""
    present = set(tables)
    return [entry for entry in PAGES if present.issuperset(entry.needs)]
