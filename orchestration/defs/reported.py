"""What the command line has built and published, told to Dagster: assets that `ttkpi run` made are materialised too."""

from __future__ import annotations

import dagster as dg

from home.layout import Home
from orchestration.defs.manifest import load_manifest
from orchestration.defs.translators import (
    AUDIT_REPORT,
    HouseDbtTranslator,
    published_key,
    published_models,
    raw_key,
)
from orchestration.history.publications import published_manifest

_PUBLICATION = "publication"


def report_publication(instance: dg.DagsterInstance, home: Home) -> int:
    """Report the current publication, and all that it is made of, unless Dagster knows of it.

    Returns:
        How many assets were reported.
    """
    manifest = published_manifest(home)
    if manifest is None:
        return 0
    publication = str(manifest["publication_id"])
    tables = {str(name): int(rows) for name, rows in manifest["tables"].items()}
    dbt = load_manifest(home)
    names = [name for name in published_models(dbt) if name in tables]
    if not names:
        return 0
    known = instance.get_latest_materialization_event(published_key(names[0]))
    if known is not None and known.asset_materialization is not None:
        said = known.asset_materialization.metadata.get(_PUBLICATION)
        if said is not None and said.value == publication:
            return 0
    translator = HouseDbtTranslator()
    keys: dict[dg.AssetKey, dict[str, int]] = {
        raw_key(path.parent.name, path.name): {}
        for path in sorted(home.raw.glob("*/*/"))
        if not path.name.startswith("_") and any(path.glob("*.parquet"))
    }
    keys |= {
        translator.get_asset_key(node): {}
        for node in dbt["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    keys[AUDIT_REPORT] = {}
    keys |= {published_key(name): {"dagster/row_count": tables[name]} for name in names}
    for key, metadata in keys.items():
        instance.report_runless_asset_event(
            dg.AssetMaterialization(key, metadata={**metadata, _PUBLICATION: publication, "made by": "ttkpi"})
        )
    return len(keys)
