"""Endpoints and raw tables: one step per domain, one asset per raw table, child tables included.

Why not `@dlt_assets` of dagster-dlt: it binds one dlt pipeline and one source instance when the definitions
load. We have a pipeline per shop and source (a shared name corrupts state), the shops are only known once the
API has been asked, and the definitions must load without network or secrets. So these are plain multi-assets
over `sync()`, the function of the command line; dlt is inside of it, one level further down, and its load ids
are in the rows.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from home.layout import Home
from ingestion.engine.journal import JOURNAL
from ingestion.engine.progress import ShopResult
from ingestion.sources import prepare
from ingestion.sync import SyncReport, shops_and_accounts, sync
from ingestion.tables.sources import TIKTOK_ADS, TIKTOK_SHOP
from ingestion.tiktok_ads.account_sync import has_ads
from ingestion.tiktok_ads.resources import JOURNAL as ADS_JOURNAL
from orchestration.defs.ingestion.catalog import DOMAINS, Domain, RawTable
from orchestration.defs.ingestion.resources import HomeResource, SyncScope
from orchestration.defs.pools import WAREHOUSE_WRITER
from orchestration.defs.run_log import RunLog
from orchestration.defs.translators import endpoint_key, raw_key
from orchestration.defs.waiting import waits_for_home
from orchestration.run import require_some_shop

ALL_SHOPS_SYNCED = "all_shops_synced"
ALL_ACCOUNTS_SYNCED = "all_accounts_synced"
"""Check on the first table of each domain: nothing failed. It warns; the data of the others goes on."""

JOURNALS = {TIKTOK_SHOP: JOURNAL, TIKTOK_ADS: ADS_JOURNAL}
"""The tables in which syncs tell about themselves, by source."""

ESSENTIAL_DOMAIN = "orders"
"""Without the orders of any shop there is nothing new to build, and the run stops, as on the command line. Any
other domain may fail for all shops (a scope that no seller has granted) and only fails its check."""

RawEvent = dg.MaterializeResult[None] | dg.AssetCheckResult


def describe_source(manifest: Mapping[str, Any], source: str, table: str) -> str | None:
    """Description of a raw table: the one of the dbt source, so that there is one."""
    for node in manifest.get("sources", {}).values():
        if node["source_name"] == source and node["name"] == table:
            return str(node["description"]) or None
    return None


def column_schema(schema: pa.Schema) -> dg.TableSchema:
    """Arrow schema as Dagster shows it."""
    return dg.TableSchema(columns=[dg.TableColumn(field.name, str(field.type)) for field in schema])


def build_endpoint_specs() -> list[dg.AssetSpec]:
    """The endpoints: outside of us, never materialised, where every lineage begins."""
    specs: dict[dg.AssetKey, dg.AssetSpec] = {}
    for domain in DOMAINS:
        for table in domain.tables:
            key = endpoint_key(table.source, table.endpoint)
            specs[key] = dg.AssetSpec(
                key,
                description=table.location,
                group_name=f"api_{table.source}",
                metadata={"scope": table.scope} if table.scope else {},
                kinds={"api"},
            )
    return list(specs.values())


def _raw_spec(domain: Domain, table: RawTable, manifest: Mapping[str, Any]) -> dg.AssetSpec:
    deps = [endpoint_key(table.source, table.endpoint)]
    # The list of shops, with their ciphers, comes first, and an ads account with its calendar; rates are asked for in
    # the currencies of the orders.
    if table.source == TIKTOK_ADS:
        deps += [raw_key(TIKTOK_ADS, "advertisers")] if table.name != "advertisers" else []
    elif domain.name != "shops":
        deps.append(raw_key(TIKTOK_SHOP, "shops"))
    if domain.name == "fx_rates":
        deps.append(raw_key(TIKTOK_SHOP, "orders"))
    return dg.AssetSpec(
        raw_key(table.source, table.name),
        deps=deps,
        description=describe_source(manifest, table.source, table.name),
        group_name=f"raw_{domain.name}",
        metadata={"dagster/column_schema": column_schema(table.schema), "resource": table.resource},
        kinds={"dlt", "parquet"},
    )


def results(report: SyncReport, source: str) -> list[ShopResult]:
    """The shops of a sync, or its ads accounts; nobody for the rates, as they belong to no one."""
    return {TIKTOK_SHOP: report.shops, TIKTOK_ADS: report.accounts}.get(source, [])


def troubles(report: SyncReport, source: str) -> dict[str, str]:
    """What went wrong in a sync, by shop or ads account; what belongs to none of them by number."""
    found = {
        f"{one.name} ({one.shop_key or 'unknown shop'})": "; ".join(one.errors) or one.status
        for one in results(report, source)
        if one.status != "ok"
    }
    # The rates that a sync of shops could not get are told by the step of the rates.
    if source != TIKTOK_SHOP:
        found |= {f"problem {number}": text for number, text in enumerate(report.errors, start=1)}
    return found


def _materialised(report: SyncReport, table: RawTable) -> dg.MaterializeResult[None]:
    metadata: dict[str, Any] = {"sync run": report.run_id}
    if table.source in JOURNALS:
        rows = {one.shop_key: one.rows.get(table.name, 0) for one in results(report, table.source)}
        owner = "account" if table.source == TIKTOK_ADS else "shop"
        metadata |= {"rows written": sum(rows.values()), f"rows by {owner}": dg.MetadataValue.json(rows)}
    else:
        metadata["rows written"] = report.fx_rows
    return dg.MaterializeResult(asset_key=raw_key(table.source, table.name), metadata=metadata)


def why_nothing(place: Home, domain: Domain, scope: SyncScope) -> str | None:
    """Why a step has nothing to read, if it has not: then its tables are as they were, and the run goes on.

    Raises:
        TokenFileError: The token file of the ads accounts is unusable.
    """
    of_ads = domain.source == TIKTOK_ADS
    if of_ads and not has_ads(place):
        return "No ads account has been authorised."
    shops, accounts = shops_and_accounts(place, scope.shops or None)
    if (accounts if of_ads else shops) == []:
        wanted = "an ads account" if of_ads else "a shop"
        return f"The run is of {', '.join(scope.shops)}, and none of them is {wanted}."
    return None


def build_domain_assets(domain: Domain, manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """The step that syncs a domain, with an asset per raw table."""
    by_key = {raw_key(table.source, table.name): table for table in domain.tables}
    first = next(iter(by_key))
    of_ads = domain.source == TIKTOK_ADS
    left_behind = "ads account" if of_ads else "shop"

    @dg.multi_asset(
        name=domain.step,
        specs=[_raw_spec(domain, table, manifest) for table in domain.tables],
        check_specs=[
            dg.AssetCheckSpec(
                ALL_ACCOUNTS_SYNCED if of_ads else ALL_SHOPS_SYNCED,
                asset=first,
                description=f"Nothing of this domain failed. A failed {left_behind} is left behind; the others go on.",
            )
        ],
        can_subset=True,
        pool=WAREHOUSE_WRITER,
    )
    def sync_domain(
        context: dg.AssetExecutionContext, home: HomeResource, scope: SyncScope
    ) -> Iterator[RawEvent]:
        tables = [by_key[key] for key in by_key if key in context.selected_asset_keys]
        place = home.open()
        nothing = why_nothing(place, domain, scope)
        with waits_for_home(context.log):
            if nothing is not None:
                context.log.info(nothing)
                report = _nothing(place)
            else:
                report = sync(
                    place,
                    shops=scope.shops or None,
                    since=scope.since_date,
                    until=scope.until_instant,
                    resources=domain.resources_of({table.name for table in tables}),
                    progress=RunLog(context.log),
                )
        if domain.name == ESSENTIAL_DOMAIN:
            require_some_shop(report)
        found = troubles(report, domain.source)
        asked = report.accounts if of_ads else report.shops
        hopeless = bool(asked) and all(one.status == "failed" for one in asked)
        for table in tables:
            yield _materialised(report, table)
        for check in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=not found,
                severity=dg.AssetCheckSeverity.ERROR if hopeless else dg.AssetCheckSeverity.WARN,
                metadata={
                    "accounts" if of_ads else "shops": len(asked),
                    "troubles": dg.MetadataValue.json(found),
                    **({"nothing to read": nothing} if nothing else {}),
                },
            )

    return sync_domain


def _nothing(place: Home) -> SyncReport:
    """A sync that read nothing: its tables are there, for whoever reads them."""
    with place.lock("sync"):
        prepare(place)
    return SyncReport("none")


def build_ingestion_assets(manifest: Mapping[str, Any]) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Endpoints, raw tables of all domains, and the log that the syncs write about themselves."""
    return [
        *build_endpoint_specs(),
        *(build_domain_assets(domain, manifest) for domain in DOMAINS),
        build_sync_log_assets(manifest),
    ]


def build_sync_log_assets(manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """`sync_log` and `drift` of each source: written by every sync, reported when all domains are through."""
    upstream = [raw_key(table.source, table.name) for domain in DOMAINS for table in domain.tables]

    @dg.multi_asset(
        name="sync_log",
        specs=[
            dg.AssetSpec(
                raw_key(source, name),
                deps=upstream,
                description=describe_source(manifest, source, name),
                group_name="raw_monitoring",
                metadata={"dagster/column_schema": column_schema(table.schema)},
                kinds={"dlt", "parquet"},
            )
            for source, journal in JOURNALS.items()
            for name, table in journal.items()
        ],
        can_subset=True,
    )
    def sync_log(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        raw = home.open().raw
        for key in context.selected_asset_keys:
            files = sorted(raw.joinpath(*key.path[-2:]).glob("*.parquet"))
            rows = sum(pq.read_metadata(file).num_rows for file in files)
            yield dg.MaterializeResult(
                asset_key=key, metadata={"dagster/row_count": rows, "files": len(files)}
            )

    return sync_log
