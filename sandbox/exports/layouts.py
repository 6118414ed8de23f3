"""The layouts that the sandbox writes, and which of them a seller of each market would download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.exports import (
    affiliates,
    gmv_max,
    income,
    lives,
    orders,
    profit_loss,
    shop_days,
    unsettled,
    videos,
    withdrawals,
)
from sandbox.exports.asked import Asked
from sandbox.exports.books import Book


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout.

    Attributes:
        id: Its name.
        kind: What is in it.
        make: Makes the file of what is asked.
        languages: Those it is known in; the first unless another is asked for.
        editions: `current`, and other headers that were seen.
    """

    id: str
    kind: str
    make: Callable[[Asked, str], Book]
    languages: tuple[str, ...] = ("en",)
    editions: tuple[str, ...] = ("current",)

    def book(self, asked: Asked) -> Book:
        """The file.

        Raises:
            ValueError: The layout has no such language or edition, or the shop no such file.
        """
        for what, wanted, known in (
            ("language", asked.language, self.languages),
            ("edition", asked.edition, self.editions),
        ):
            if wanted not in known:
                raise ValueError(f"{self.id} has no {what} {wanted!r}; it has {', '.join(known)}.")
        return self.make(asked, self.id)


LAYOUTS = {
    layout.id: layout
    for layout in (
        Layout("order_us", "orders", orders.book),
        Layout("order_us_63", "orders", orders.book),
        Layout("order_vn_54", "orders", orders.book, ("vi", "en")),
        Layout("order_ph_55", "orders", orders.book),
        Layout("order_id_65", "orders", orders.book, ("id", "en")),
        Layout("income_ph_55", "income", income.book),
        Layout("income_id_2026", "income", income.book, ("en", "id")),
        Layout("income", "income", income.book, ("vi", "en")),
        Layout("income_by_sku", "income", income.by_sku),
        Layout("withdrawal_records", "payouts", withdrawals.book, ("en", "id")),
        Layout("statement_profit_loss_us", "settlement_pnl", profit_loss.book),
        Layout("unsettled_us", "unsettled", unsettled.book),
        Layout("unsettled", "unsettled", unsettled.elsewhere, ("vi", "en")),
        Layout("affiliate_orders", "affiliate_orders", affiliates.orders),
        Layout("live_sessions_36", "live_sessions", lives.sessions),
        Layout("live_list_35", "live_sessions", lives.rooms),
        Layout("live_core_stats_daily_es", "live_daily", lives.core_stats, ("es",)),
        Layout("live_analysis_old_26", "live_sessions_old", lives.analysis, ("en", "id")),
        Layout("video_core_stats_daily_es", "video_daily", videos.core_stats, ("es",)),
        Layout("shop_key_metrics_es", "shop_daily", shop_days.book, ("es",)),
        Layout("affiliate_video_list_18", "affiliate_videos", affiliates.videos),
        Layout("gmv_max_creative_26", "gmv_max_creatives", gmv_max.book, ("en", "id"), gmv_max.EDITIONS),
        Layout("gmv_max_overview_7", "gmv_max_days", gmv_max.days, ("en", "th")),
    )
}

_EVERYWHERE = (
    ("affiliate_orders", "en"),
    ("live_core_stats_daily_es", "es"),
    ("video_core_stats_daily_es", "es"),
    ("shop_key_metrics_es", "es"),
    ("affiliate_video_list_18", "en"),
)

DOWNLOADED = {
    "TH": (
        ("order_ph_55", "en"),
        ("income_by_sku", "en"),
        ("withdrawal_records", "en"),
        ("live_sessions_36", "en"),
        ("gmv_max_creative_26", "en"),
        ("gmv_max_overview_7", "th"),
        *_EVERYWHERE,
    ),
    "VN": (
        ("order_vn_54", "vi"),
        ("income", "vi"),
        ("unsettled", "vi"),
        ("live_analysis_old_26", "en"),
        *_EVERYWHERE,
    ),
    "MY": (
        ("order_id_65", "id"),
        ("income_id_2026", "id"),
        ("live_analysis_old_26", "id"),
        *_EVERYWHERE,
    ),
    "GB": (
        ("order_us", "en"),
        ("income_ph_55", "en"),
        ("live_sessions_36", "en"),
        *_EVERYWHERE,
    ),
    "US": (
        ("order_us_63", "en"),
        ("statement_profit_loss_us", "en"),
        ("withdrawal_records", "en"),
        ("unsettled_us", "en"),
        ("live_list_35", "en"),
        ("gmv_max_creative_26", "id"),
        ("gmv_max_overview_7", "en"),
        *_EVERYWHERE,
    ),
}
"""(layout, language) of what a seller of a market downloads, so that together they tell all that files can tell and
nothing twice. Markets whose own layout is not known have the nearest one."""
