"""The shop's totals of shoppable videos by day."""

from __future__ import annotations

from ingestion.engine.columns import Column, Kind, Table, amounts, counts, fields, first_text, of_page, rates

_PAID = "amount currency"

_OVERVIEW_DAY = fields(f"""
    avg_daily_customers ctor_sku_order ctr end_date gpm{{{_PAID}}} product_clicks product_impressions
    shoppable_video_attributed_gmv{{{_PAID}}} start_date today video_attributed_gmv{{{_PAID}}}
    video_attributed_sku_orders video_gmv{{{_PAID}}} video_indirect_gmv{{{_PAID}}} video_product_viewers
    video_views
""")

OVERVIEW_DAILY = Table(
    name="video_overview_daily",
    key=("start_date", "account_type"),
    known=_OVERVIEW_DAY,
    columns=(
        Column("start_date", Kind.DATE, "start_date"),
        Column("end_date", Kind.DATE, "end_date"),
        of_page("account_type", "account_type"),
        first_text("currency", "video_attributed_gmv.currency", "video_gmv.currency"),
        *amounts("video_attributed_gmv shoppable_video_attributed_gmv video_gmv video_indirect_gmv gpm"),
        *counts("video_attributed_sku_orders video_views video_product_viewers"),
        *counts("product_impressions product_clicks avg_daily_customers"),
        *rates("ctr ctor_sku_order"),
        of_page("latest_available_date", "latest_available_date", Kind.DATE),
        of_page("definition_id", "definition_id"),
    ),
)
