"""What TikTok itself reports about a shop by day."""

from __future__ import annotations

from ingestion.engine.columns import Column, Kind, Table, amounts, count, fields, of_page, text

_DAY = fields("""
    breakdowns{affiliate_product_card_attributed_gmv{amount currency} content_breakdown[channel
    content_type gmv{amount currency} indirect_gmv{amount currency}] seller_product_card_gmv{amount
    currency} shop_tab_and_search{others{amount currency} search_attributed{amount currency}
    shop_tab_attributed{amount currency}}} end_date sales{avg_order_value{amount currency}
    avg_sku_order_value{amount currency} cancellations_and_returns creator_live_attributed_gmv{amount
    currency} creator_live_gmv{amount currency} creator_live_indirect_gmv{amount currency}
    creator_video_attributed_gmv{amount currency} creator_video_gmv{amount currency}
    creator_video_indirect_gmv{amount currency} customers_count gmv{amount currency} gmv_with_tax{amount
    currency} gmv_with_tiktok_co_funding{amount currency} items_sold live_attributed_gmv{amount
    currency} live_gmv{amount currency} live_indirect_gmv{amount currency} orders_count
    product_card_attributed_gmv{amount currency} refunds{amount currency}
    seller_live_attributed_gmv{amount currency} seller_live_gmv{amount currency}
    seller_live_indirect_gmv{amount currency} seller_video_attributed_gmv{amount currency}
    seller_video_gmv{amount currency} seller_video_indirect_gmv{amount currency} shipping_fees{amount
    currency} sku_orders_count tax{amount currency} video_attributed_gmv{amount currency}
    video_gmv{amount currency} video_indirect_gmv{amount currency}} start_date
    traffic{avg_conversation_rate avg_page_views avg_visitors product_clicks product_impressions
    unique_clicks unique_product_impressions}
""")

SHOP_PERFORMANCE_DAILY = Table(
    name="shop_performance_daily",
    key=("start_date",),
    known=_DAY,
    columns=(
        Column("start_date", Kind.DATE, "start_date"),
        Column("end_date", Kind.DATE, "end_date"),
        text("currency", "sales.gmv.currency"),
        *amounts("gmv gmv_with_tax gmv_with_tiktok_co_funding tax shipping_fees refunds", "sales"),
        *amounts("avg_order_value", "sales"),
        count("orders_count", "sales.orders_count"),
        count("sku_orders_count", "sales.sku_orders_count"),
        count("items_sold", "sales.items_sold"),
        count("customers_count", "sales.customers_count"),
        count("cancellations_and_returns", "sales.cancellations_and_returns"),
        count("product_impressions", "traffic.product_impressions"),
        count("product_clicks", "traffic.product_clicks"),
        count("unique_product_impressions", "traffic.unique_product_impressions"),
        count("unique_clicks", "traffic.unique_clicks"),
        count("avg_visitors", "traffic.avg_visitors"),
        count("avg_page_views", "traffic.avg_page_views"),
        Column("avg_conversation_rate", Kind.RATE, "traffic.avg_conversation_rate"),
        of_page("latest_available_date", "latest_available_date", Kind.DATE),
        of_page("definition_id", "definition_id"),
    ),
)
