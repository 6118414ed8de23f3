"""The dbt project: one asset per model and seed, a check per data test, built by `build()`."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets
from pydantic import Field

from orchestration.build.build import build
from orchestration.defs.dbt.events import DbtEvent, dbt_events, left_undone
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.pools import WAREHOUSE_WRITER
from orchestration.defs.run_log import RunLog
from orchestration.defs.translators import DBT_UNIQUE_ID, HouseDbtTranslator
from orchestration.defs.waiting import waits_for_home


class BuildConfig(dg.Config):
    """How the dbt project is built in a run."""

    full_refresh: bool = Field(
        default=False, description="Build incremental models from all of raw again, instead of the new loads."
    )


def build_dbt_assets(manifest: Mapping[str, Any], translator: HouseDbtTranslator) -> dg.AssetsDefinition:
    """All models and seeds as one step: dbt knows the order, and one process may write the warehouse file."""

    @dbt_assets(  # type: ignore[untyped-decorator]  # mypy is told to skip dagster_dbt
        manifest=manifest, dagster_dbt_translator=translator, name="dbt_build", pool=WAREHOUSE_WRITER
    )
    def dbt_build(
        context: dg.AssetExecutionContext, home: HomeResource, config: BuildConfig
    ) -> Iterator[DbtEvent]:
        definition = context.assets_def
        assets = {
            str(definition.get_asset_spec(key).metadata[DBT_UNIQUE_ID]): key
            for key in definition.node_keys_by_output_name.values()
        }
        checks = {
            str(spec.metadata[DBT_UNIQUE_ID]): spec.key
            for spec in definition.node_check_specs_by_output_name.values()
        }
        with waits_for_home(context.log):
            report = build(
                home.open(),
                full_refresh=config.full_refresh,
                select=selection(context, manifest, assets, checks),
                freshness=False,  # a step of its own, see checks.py
                progress=RunLog(context.log),
            )
        yield from dbt_events(
            report.nodes,
            assets=assets,
            checks=checks,
            selected_assets=context.selected_asset_keys,
            selected_checks=context.selected_asset_check_keys,
        )
        report.raise_for_errors()
        if reason := left_undone(report):
            raise dg.Failure(reason, allow_retries=False)

    definition: dg.AssetsDefinition = dbt_build
    return definition


def selection(
    context: dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    assets: Mapping[str, dg.AssetKey],
    checks: Mapping[str, dg.AssetCheckKey],
) -> str | None:
    """What dbt has to select for the part of the graph that was asked for; None for all of it.

    Tests of selected models come with them; a test is named only when its model is not selected.
    """
    if not context.is_subset:
        return None
    chosen = [
        ".".join(manifest["nodes"][unique_id]["fqn"])
        for unique_id, key in assets.items()
        if key in context.selected_asset_keys
    ]
    chosen += [
        str(manifest["nodes"][unique_id]["name"])
        for unique_id, check in checks.items()
        if check in context.selected_asset_check_keys and check.asset_key not in context.selected_asset_keys
    ]
    return " ".join(sorted(chosen))
