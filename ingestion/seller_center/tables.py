"""Raw tables of files that were downloaded by hand: those of the API with three more columns, and four of their own.

A file's rows have the names, columns and types of the API's rows, so that the same staging models read both. What
the three columns say: `origin` is `file`; `file_id` is the SHA-256 of the file's bytes; `file_row` is the row as a
spreadsheet shows it, counted from 1 (of several rows that became one, the first).

| raw table | grain |
| --- | --- |
| as of the API | see `ingestion.tiktok_shop` |
| `files` | one row per imported sheet, with what was decided about it |
| `quarantine` | one row per cell or row that was set aside, with the reason |
| `affiliate_videos_period` | one row per shop, video and period of the report; never spread over days |
| `gmv_max_creatives_period` | one row per ads account, campaign, product, creative and period |
| `gmv_max_campaign_daily` | one row per ads account and day, campaign `all`: with the columns of the ads API |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ingestion.engine.columns import (
    Child,
    Column,
    Kind,
    Table,
    bools,
    count,
    counts,
    dates,
    money,
    monies,
    of_page,
    parent,
    rates,
    text,
    texts,
    times,
)
from ingestion.engine.journal import JOURNAL
from ingestion.tables.affiliate_orders import AFFILIATE_ORDERS as API_AFFILIATE_ORDERS
from ingestion.tables.finance import PAYMENT_LIST, STATEMENT_LIST, STATEMENT_TRANSACTION_LIST, UNSETTLED_LIST
from ingestion.tables.lives import OVERVIEW_DAILY as API_LIVE_DAILY
from ingestion.tables.lives import SESSIONS as API_LIVE_SESSIONS
from ingestion.tables.orders import ORDERS as API_ORDERS
from ingestion.tables.returns import RETURNS as API_RETURNS
from ingestion.tables.shop_days import SHOP_PERFORMANCE_DAILY as API_SHOP_DAILY
from ingestion.tables.shops import SHOPS as API_SHOPS
from ingestion.tables.videos import OVERVIEW_DAILY as API_VIDEO_DAILY

ORIGIN = "file"

_WITHOUT = frozenset({"order_line_components"})
"""Children that no file tells of."""


_OF_FILE = (of_page("origin", "origin"), of_page("file_id", "file_id"))


_ONLY_IN_FILES = {
    "affiliate_order_skus": (money("payment_amount"),),
    "orders": bools("is_status_inferred"),
    "order_lines": texts("virtual_bundle_seller_sku combined_listing"),
    "statement_transactions": (text("sample_order_type"),),
}
"""What tells of samples (a payment of 0 in the affiliate file, the word of the US workbook), and of bundles."""


def _of_record(column: Column) -> Column:
    """What the API says once per answer, a file may say in every row."""
    return replace(column, of="record", path=column.name) if column.of == "page" else column


def _from_file(table: Table, *, is_child: bool = False) -> Table:
    """The API's table with the three columns of a file, and what only a file tells. Its records are made here, so that
    none of their fields is unknown."""
    row = parent("file_row", "file_row", Kind.INT) if is_child else count("file_row")
    return replace(
        table,
        known=None,
        columns=(*map(_of_record, table.columns), *_ONLY_IN_FILES.get(table.name, ()), *_OF_FILE, row),
        children=tuple(
            Child(_from_file(one.table, is_child=True), one.rows, one.path)
            for one in table.children
            if one.table.name not in _WITHOUT
        ),
    )


SHOPS = _from_file(API_SHOPS)
ORDERS = _from_file(API_ORDERS)
RETURNS = _from_file(API_RETURNS)
STATEMENTS = _from_file(STATEMENT_LIST)
TRANSACTIONS = _from_file(STATEMENT_TRANSACTION_LIST)
UNSETTLED = _from_file(UNSETTLED_LIST)
PAYMENTS = _from_file(PAYMENT_LIST)
AFFILIATE_ORDERS = _from_file(API_AFFILIATE_ORDERS)
LIVE_SESSIONS = _from_file(API_LIVE_SESSIONS)
LIVE_DAILY = _from_file(API_LIVE_DAILY)
VIDEO_DAILY = _from_file(API_VIDEO_DAILY)
SHOP_DAILY = _from_file(API_SHOP_DAILY)


AFFILIATE_VIDEOS_PERIOD = Table(
    name="affiliate_videos_period",
    key=("video_link", "period_start", "period_end"),
    columns=(
        *dates("period_start period_end"),
        *texts("video_id video_link video_name"),
        *dates("post_date"),
        *texts("creator_username currency"),
        *monies("gmv affiliate_shoppable_video_gmv avg_order_value est_commission est_flat_fee gpm"),
        *monies("affiliate_refunded_gmv"),
        *counts("affiliate_orders affiliate_items_sold affiliate_items_refunded impressions comments likes"),
        *rates("ctr"),
        *_OF_FILE,
        count("file_row"),
    ),
)

GMV_MAX_CREATIVES_PERIOD = Table(
    name="gmv_max_creatives_period",
    key=("advertiser_id", "campaign_id", "period_start", "period_end"),
    shop_key="absent",
    columns=(
        text("advertiser_id"),
        text("time_zone"),
        *dates("period_start period_end"),
        *texts("campaign_id campaign_name product_id creative_type video_id video_title tiktok_account"),
        *times("post_time"),
        *texts("status exploration_status authorization_type currency"),
        *monies("cost cost_per_order gross_revenue"),
        *counts("sku_orders product_impressions product_clicks"),
        *rates("roi click_rate conversion_rate view_rate_2s view_rate_6s"),
        *rates("view_rate_25 view_rate_50 view_rate_75 view_rate_100"),
        *_OF_FILE,
        count("file_row"),
    ),
)

GMV_MAX_CAMPAIGN_DAILY = Table(
    name="gmv_max_campaign_daily",
    key=("advertiser_id", "campaign_id", "stat_date"),
    shop_key="absent",
    columns=(
        *texts("advertiser_id store_id campaign_id"),
        *dates("stat_date"),
        *texts("currency promotion_type"),
        *monies("cost net_cost"),
        count("orders"),
        money("gross_revenue"),
        *rates("roi"),
        count("all_shops_orders"),
        money("all_shops_gross_revenue"),
        *counts("live_views ten_second_live_views live_follows"),
        *_OF_FILE,
        count("file_row"),
    ),
)
"""As the ads API's, with the campaign `all`: a file tells the account's day as a whole."""

FILES = Table(
    name="files",
    key=("file_id", "layout"),
    shop_key="own",
    columns=(
        *texts(
            "shop_key advertiser_id file_id cells_id file_name sheet layout kind language market time_zone"
        ),
        *texts("currency date_order decimal_mark"),
        *dates("period_start period_end"),
        *times("downloaded_at imported_at"),
        text("run_id"),
        *counts("header_row rows rows_quarantined"),
        *texts("columns unknown_columns missing_columns explanation_en explanation_zh"),
    ),
)
"""`period_end` is exclusive. `columns`, `unknown_columns` and `missing_columns` are JSON."""

QUARANTINE = Table(
    name="quarantine",
    key=("file_id", "reason"),
    shop_key="own",
    columns=(
        *texts("shop_key advertiser_id file_id file_name sheet layout"),
        count("file_row"),
        *texts("column_name value reason message_en message_zh"),
        *texts("effect order_id currency"),
        money("amount"),
    ),
)
"""`column_name` as in the file; `value` as it came; `reason` is a code. One row without `file_row` concerns a whole
column. `effect` is `left_out` for what is in no number, `counted` for what is, though not all of it is understood."""

OF_RECORDS: dict[str, Table] = {"shops": SHOPS, **JOURNAL}
"""Archived as records of the table itself, by resource: shops that somebody named, and what runs keep of themselves."""
JOURNAL_NAMES = frozenset(OF_RECORDS)

OF_CELLS = (
    ORDERS,
    RETURNS,
    STATEMENTS,
    TRANSACTIONS,
    UNSETTLED,
    PAYMENTS,
    AFFILIATE_ORDERS,
    LIVE_SESSIONS,
    LIVE_DAILY,
    VIDEO_DAILY,
    SHOP_DAILY,
    AFFILIATE_VIDEOS_PERIOD,
    GMV_MAX_CREATIVES_PERIOD,
    GMV_MAX_CAMPAIGN_DAILY,
)


def tables() -> Iterator[Table]:
    """Every raw table of this source, children included."""
    for table in (*OF_CELLS, FILES, QUARANTINE, *OF_RECORDS.values()):
        yield from table.family()
