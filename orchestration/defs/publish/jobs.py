"""The jobs: everything, the hourly part, a backfill, and the retry of one shop.

All end in the audit and the publication; they differ in what they sync. They take turns through the writer's
pool.
"""

from __future__ import annotations

import dagster as dg

from orchestration.defs.dagster_types import AssetJob
from orchestration.defs.ingestion.assets import JOURNALS
from orchestration.defs.ingestion.catalog import DOMAINS
from orchestration.defs.ingestion.resources import SyncScope
from orchestration.defs.translators import raw_key

SCOPE = "scope"
"""Name of the `SyncScope` resource: the one place of a run's config that says which shops and dates."""

HOURLY_DOMAINS = ("shops", "orders", "returns", "fx_rates")
"""What today's sales need. The rest (settlement, catalogue, the platform's own figures) changes daily."""


def everything() -> dg.AssetSelection:
    """All assets and their checks."""
    return dg.AssetSelection.all()


def hourly() -> dg.AssetSelection:
    """Everything but the raw tables of the domains that are not synced every hour."""
    slow = [
        raw_key(table.source, table.name)
        for domain in DOMAINS
        if domain.name not in HOURLY_DOMAINS
        for table in domain.tables
    ]
    return dg.AssetSelection.all() - dg.AssetSelection.assets(*slow)


def without_apis() -> dg.AssetSelection:
    """Everything but what comes from the APIs: what files alone change."""
    of_apis = [raw_key(table.source, table.name) for domain in DOMAINS for table in domain.tables]
    logs = [raw_key(source, name) for source, journal in JOURNALS.items() for name in journal]
    return dg.AssetSelection.all() - dg.AssetSelection.assets(*of_apis, *logs)


def build_jobs() -> list[AssetJob]:
    """All jobs, for the definitions."""
    anywhere = dg.RunConfig(resources={SCOPE: SyncScope()})
    return [
        dg.define_asset_job(
            "daily_job",
            selection=everything(),
            description="Sync all resources of all shops and ads accounts, build, audit, publish.",
        ),
        dg.define_asset_job(
            "hourly_job",
            selection=hourly(),
            description="Sync orders and returns, build, audit, publish: today's sales, nothing slow.",
        ),
        dg.define_asset_job(
            "import_job",
            selection=without_apis(),
            description="Import what lies in the inbox, build, audit, publish; started by the sensor of the inbox.",
        ),
        dg.define_asset_job(
            "backfill_job",
            selection=everything(),
            config=anywhere,
            description=(
                "Fetch a date range again, for some shops and ads accounts or all, then build, audit, publish. "
                "Set `resources.scope.config`: shops, since, until. Rows fetched twice do no harm."
            ),
        ),
        dg.define_asset_job(
            "retry_shop_job",
            selection=everything(),
            config=anywhere,
            description="One more try for a shop or ads account whose sync failed; started by the sensor of these.",
        ),
    ]
