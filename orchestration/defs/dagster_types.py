"""Types that Dagster returns from its public functions but does not export."""

from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

AssetJob = UnresolvedAssetJobDefinition
"""What `define_asset_job` returns."""
