"""Every resource of an ads account, in the order in which a sync reads them."""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.engine.columns import Table
from ingestion.engine.journal import journal
from ingestion.engine.resources import Catalogue
from ingestion.tiktok_ads import accounts, gmv_max, reports

CATALOGUE = Catalogue(
    {"accounts": accounts.RESOURCES, "reports": reports.RESOURCES, "gmv_max": gmv_max.RESOURCES}
)
"""By domain. Days come before their hours: only hours of days that have rows are asked for."""

RESOURCES = CATALOGUE.resources
BY_NAME = CATALOGUE.by_name

OWNER = "advertiser_id"
"""The column that says whose row it is."""
JOURNAL = journal(OWNER)
"""What each run did, and what did not look as declared."""


def tables() -> Iterator[Table]:
    """Every raw table of this source, with those in which runs say what they did."""
    yield from CATALOGUE.tables()
    yield from JOURNAL.values()
