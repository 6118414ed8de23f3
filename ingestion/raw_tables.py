"""All raw tables, by source."""

from __future__ import annotations

from ingestion.fx_rates.resource import FX_RATES
from ingestion.fx_rates.resource import SOURCE as FX_SOURCE
from ingestion.home import Home
from ingestion.pipelines import ensure_tables
from ingestion.rows import Table
from ingestion.seller_center import tables as files
from ingestion.sync_log import JOURNAL
from ingestion.tiktok_ads import resources as ads
from ingestion.tiktok_ads.reading import SOURCE as ADS_SOURCE
from ingestion.tiktok_shop.endpoints import SOURCE as SHOP_SOURCE
from ingestion.tiktok_shop.resources import tables as shop_tables

TABLES: dict[str, list[Table]] = {
    SHOP_SOURCE: [*shop_tables(), *JOURNAL.values()],
    FX_SOURCE: [FX_RATES],
    ADS_SOURCE: [*ads.tables()],
    files.SOURCE: [*files.tables()],
}


def declare_tables(home: Home) -> None:
    """Makes every raw table exist with all of its columns: a column that older files lack is read as NULL.

    Raises:
        StorageError: The disk refuses.
    """
    for source, tables in TABLES.items():
        ensure_tables(home.raw, source, tables)
