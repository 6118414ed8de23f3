"""Which raw tables there are, which resource of the sync writes them and which endpoint they come from.

Everything is read off the declarations of the ingestion, so a table that is added there is an asset here. One
`Domain` is one Dagster step and one call of `sync()`: the resources of one ingestion module, or all of the ads
accounts, as every sync of theirs begins with listing them. Child tables
(order lines, return lines, components) are tables of their own, so lineage does not end at the parent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ingestion.engine.resources import Resource
from ingestion.fx_rates.resource import FX_RATES
from ingestion.tables.sources import FX_RATES as FX_SOURCE
from ingestion.tables.sources import TIKTOK_ADS, TIKTOK_SHOP
from ingestion.tiktok_ads.resources import CATALOGUE as ADS
from ingestion.tiktok_shop.resources import CATALOGUE as SHOPS
from ingestion.tiktok_shop.shops import SHOP


@dataclass(frozen=True, slots=True)
class RawTable:
    """A raw table: its source, the resource of `sync()` that writes it, the endpoint its pages come from."""

    source: str
    name: str
    resource: str
    endpoint: str
    """Name of the endpoint, the last part of its asset key."""
    location: str
    """Method and path of the endpoint."""
    scope: str | None
    """What the seller must have granted."""
    schema: pa.Schema


@dataclass(frozen=True, slots=True)
class Domain:
    """The raw tables that are synced together in one step, named as the ingestion module that holds them."""

    name: str
    tables: tuple[RawTable, ...]

    @property
    def step(self) -> str:
        """Name of the Dagster step."""
        return f"sync_{self.name}"

    @property
    def source(self) -> str:
        """The source its tables are of."""
        return self.tables[0].source

    def resources_of(self, tables: set[str]) -> list[str]:
        """Resources to sync for some of the tables: a child table comes with its parent's resource."""
        return list(dict.fromkeys(table.resource for table in self.tables if table.name in tables))


def _tables(source: str, resources: Iterable[Resource[Any, Any]]) -> tuple[RawTable, ...]:
    return tuple(
        RawTable(
            source=source,
            name=table.name,
            resource=resource.name,
            endpoint=resource.endpoint.name,
            location=f"{resource.endpoint.method} {resource.endpoint.path}",
            scope=resource.endpoint.scope,
            schema=table.schema,
        )
        for resource in resources
        for table in resource.all_tables()
    )


DOMAINS: tuple[Domain, ...] = (
    *(Domain(name, _tables(TIKTOK_SHOP, resources)) for name, resources in SHOPS.domains.items()),
    Domain("ads", _tables(TIKTOK_ADS, ADS.resources)),
    Domain(
        "fx_rates",
        (
            RawTable(
                source=FX_SOURCE,
                name=FX_RATES.name,
                resource=SHOP.name,
                endpoint="daily_rates",
                location="seeds/finance/fx_rates.csv, or GET {sources.fx_rates.base_url}/{start}..{end}",
                scope=None,
                schema=FX_RATES.schema,
            ),
        ),
    ),
)
"""Every domain, in the order in which a run syncs them.

Exchange rates are not a resource of their own: every sync loads them for the currencies its shops have shown
so far. The step `sync_fx_rates` is therefore a sync of the cheapest resource, after the orders have shown the
currencies.
"""
