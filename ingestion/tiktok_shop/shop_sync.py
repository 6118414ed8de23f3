"""Syncs one shop: all its resources through one dlt pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from home.config import ShopApiConfig
from home.layout import Home
from ingestion.engine.privacy import Cleaner
from ingestion.engine.units import OnPage, ShopOutcome, Work, states, sync_units
from ingestion.tables.sources import TIKTOK_SHOP
from ingestion.tiktok_shop.client import ShopClient, ShopRef
from ingestion.tiktok_shop.reading import Reading, Resource


@dataclass(frozen=True, slots=True)
class ShopJob:
    """What one shop's sync needs; crosses a process border.

    Attributes:
        home: Where everything is.
        config: The configuration.
        shop: The shop.
        run_id: The run.
        resources: Names of the resources to read, in order.
        since: Explicit start, unix seconds; None when cursors decide.
        until: End of all windows, unix seconds, exclusive.
    """

    home: Home
    config: ShopApiConfig
    shop: ShopRef
    run_id: str
    resources: tuple[str, ...]
    since: int | None
    until: int


def sync_shop(
    job: ShopJob, client: ShopClient, resources: Sequence[Resource], on_page: OnPage
) -> ShopOutcome:
    """Reads the resources of a shop and loads them.

    Nothing of a shop is raised: what went wrong is in the outcome's log.

    Args:
        job: What to do.
        client: Talks to the API.
        resources: The resources of the job, in order.
        on_page: Receives every page: shop, resource, records.
    """
    reading = Reading(
        client=client,
        shop=job.shop,
        config=job.config,
        cleaner=Cleaner(job.home.privacy_key()),
        run_id=job.run_id,
        since=job.since,
        until=job.until,
        states=states,
    )
    work = Work(
        home=job.home,
        source=TIKTOK_SHOP,
        key=job.shop.shop_id,
        run_id=job.run_id,
        read=lambda resource: resource.read(reading, resource),
        notes=reading.notes,
        incremental_by="orders",
        currencies_in="shops",
    )
    return sync_units(work, resources, on_page)
