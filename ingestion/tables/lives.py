"""LIVE sessions, and the shop's LIVE totals by day."""

from __future__ import annotations

from ingestion.engine.columns import (
    Column,
    Kind,
    Table,
    amounts,
    counts,
    fields,
    first_text,
    of_page,
    rates,
    text,
    written,
)

_PAID = "amount currency"

_SESSION = fields(f"""
    creator{{author_type creator_country nick_name open_id user_name}} end_time id
    interaction_performance{{comment_rate comments follow_rate like_rate likes new_followers share_rate shares}}
    sales_performance{{aov{{{_PAID}}} attributed_customers avg_live_auction_price{{{_PAID}}}
    avg_price{{{_PAID}}} created_sku_orders gmv_with_tiktok_coupons{{{_PAID}}} live_attributed_gmv{{{_PAID}}}
    live_attributed_items_sold live_attributed_orders live_attributed_sku_orders
    live_auction_attributed_gmv{{{_PAID}}} live_auction_attributed_items_sold
    live_auction_attributed_sku_orders live_auction_gmv{{{_PAID}}} live_auction_indirect_gmv{{{_PAID}}}
    live_gmv{{{_PAID}}} live_indirect_gmv{{{_PAID}}} payment_rate products_sold}} start_time title traffic{{acu
    avg_viewing_duration avg_viewing_duration_per_viewer ctor ctor_sku_order ctr gmv_per_hour{{{_PAID}}}
    impressions impressions_per_hour live_ctr order_rate_sku_orders over_1m_live_viewing_rate over_1m_views pcu
    product_clicks product_impressions products_added show_gpm{{{_PAID}}} tap_through_rate viewers views
    watch_gpm{{{_PAID}}}}}
""")

_OVERVIEW_DAY = fields(f"""
    avg_live_auction_price{{{_PAID}}} avg_viewing_duration ctor_sku_order end_date live_attributed_gmv{{{_PAID}}}
    live_attributed_items_sold live_attributed_sku_orders live_auction_attributed_gmv{{{_PAID}}}
    live_auction_attributed_items_sold live_auction_attributed_sku_orders live_ctr live_gmv{{{_PAID}}}
    live_indirect_gmv{{{_PAID}}} show_gpm{{{_PAID}}} start_date views
""")

_SESSION_MONEY = """
    live_attributed_gmv live_gmv live_indirect_gmv gmv_with_tiktok_coupons aov avg_price
    live_auction_attributed_gmv
"""

SESSIONS = Table(
    name="live_sessions",
    key=("live_room_id",),
    known=_SESSION,
    columns=(
        text("live_room_id", "id"),
        text("creator_user_name", "creator.user_name"),
        text("creator_open_id", "creator.open_id"),
        text("creator_nickname", "creator.nick_name"),
        text("author_type", "creator.author_type"),
        of_page("account_type", "account_type"),
        text("title"),
        written("start_time", Kind.TIME),
        written("end_time", Kind.TIME),
        first_text(
            "currency",
            *(f"sales_performance.{name}.currency" for name in _SESSION_MONEY.split()),
        ),
        *counts("impressions views viewers pcu acu avg_viewing_duration", "traffic"),
        *counts("avg_viewing_duration_per_viewer over_1m_views", "traffic"),
        *counts("product_impressions product_clicks products_added", "traffic"),
        *counts("likes comments shares new_followers", "interaction_performance"),
        *counts("products_sold created_sku_orders live_attributed_orders", "sales_performance"),
        *counts("live_attributed_sku_orders live_attributed_items_sold", "sales_performance"),
        *counts("attributed_customers", "sales_performance"),
        *amounts(_SESSION_MONEY, "sales_performance"),
        *amounts("gmv_per_hour show_gpm watch_gpm", "traffic"),
        *rates("tap_through_rate live_ctr ctr ctor_sku_order order_rate_sku_orders", "traffic"),
        *rates("over_1m_live_viewing_rate", "traffic"),
        *rates("payment_rate", "sales_performance"),
        of_page("latest_available_date", "latest_available_date", Kind.DATE),
        of_page("definition_id", "definition_id"),
    ),
)

OVERVIEW_DAILY = Table(
    name="live_overview_daily",
    key=("start_date", "account_type"),
    known=_OVERVIEW_DAY,
    columns=(
        Column("start_date", Kind.DATE, "start_date"),
        Column("end_date", Kind.DATE, "end_date"),
        of_page("account_type", "account_type"),
        first_text("currency", "live_attributed_gmv.currency", "live_gmv.currency"),
        *amounts("live_attributed_gmv live_gmv live_indirect_gmv live_auction_attributed_gmv show_gpm"),
        *counts("live_attributed_sku_orders live_attributed_items_sold views avg_viewing_duration"),
        *rates("live_ctr ctor_sku_order"),
        of_page("latest_available_date", "latest_available_date", Kind.DATE),
        of_page("definition_id", "definition_id"),
    ),
)
