"""Every source with its raw tables, and what is made ready before any of them is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from home.layout import Home
from ingestion.engine.columns import Table
from ingestion.engine.journal import JOURNAL
from ingestion.engine.pipelines import adopt_dataset, check_clock, ensure_tables, recover, require_loadable
from ingestion.engine.raw_files import RawFiles
from ingestion.fx_rates.resource import FX_RATES as RATES
from ingestion.seller_center import tables as files
from ingestion.tables.sources import FX_RATES, SELLER_CENTER, TIKTOK_ADS, TIKTOK_SHOP
from ingestion.tiktok_ads import resources as ads
from ingestion.tiktok_shop import resources as shops

TABLES: Mapping[str, Callable[[], Iterable[Table]]] = {
    TIKTOK_SHOP: lambda: (*shops.tables(), *JOURNAL.values()),
    FX_RATES: lambda: (RATES,),
    TIKTOK_ADS: ads.tables,
    SELLER_CENTER: files.tables,
}
"""All raw tables of each source, by its name."""


def prepare(home: Home) -> None:
    """Makes the home ready for loading: folders, what a kill left behind, the clock, a file for every table.

    Raises:
        ClockBehind: The machine's clock is behind what was loaded before.
        ConfigError: The home lies at a path that dlt can't load into.
        StorageError: The disk refuses.
    """
    require_loadable(home)
    home.prepare()
    recover(home.raw)
    check_clock(home.raw)
    for source in TABLES:
        adopt_dataset(home, source)
    ensure_all_tables(home.raw)
    # What a killed run has loaded: from now on it can't be lost or changed unseen.
    RawFiles(home.raw).add_new()


def ensure_all_tables(raw: Path) -> None:
    """Writes an empty file for every raw table that has none: tables without rows are there as well.

    Raises:
        StorageError: The disk refuses.
    """
    for source, tables in TABLES.items():
        ensure_tables(raw, source, tables())
