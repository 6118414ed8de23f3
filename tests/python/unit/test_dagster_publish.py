"""The publication step of Dagster: sealed, checked, and told in the audit log with Dagster's run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from control_helpers import make_home, mark_audited

from home.audit_log import set_origin
from home.layout import Home
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.publish.assets import AS_SEALED, build_published_assets
from orchestration.defs.translators import HouseDbtTranslator, published_key
from orchestration.history.publications import published_manifest

TABLE = "kpi_shop_daily"
MANIFEST: dict[str, Any] = {
    "nodes": {
        f"model.p.{TABLE}": {
            "name": TABLE,
            "resource_type": "model",
            "fqn": ["p", "marts", "sales", TABLE],
            "description": "One row per shop and day.",
        }
    },
    "exposures": {},
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    mark_audited(home)
    return home


def run(home: Home) -> dg.ExecuteInProcessResult:
    assets = build_published_assets(MANIFEST, HouseDbtTranslator())
    try:
        return dg.materialize(assets, resources={"home": HomeResource(root=str(home.root))})
    finally:
        set_origin("python")


def test_a_publication_by_dagster_is_sealed_and_told_with_its_run(home: Home) -> None:
    result = run(home)
    assert result.success
    [check] = result.get_asset_check_evaluations()
    assert (check.asset_key, check.check_name, check.passed) == (published_key(TABLE), AS_SEALED, True)
    manifest = published_manifest(home)
    assert manifest is not None
    assert manifest["run_id"] == result.run_id
    entry = json.loads((home.root / "audit_log.jsonl").read_text().splitlines()[-1])
    assert (entry["event"], entry["via"], entry["run"]) == ("publish", "dagster", result.run_id)
    assert entry["subject"] == manifest["publication_id"]


def test_a_changed_audit_log_is_seen_by_the_check(home: Home) -> None:
    """The publication goes on: only what was written last is looked at. The check reads all of it."""
    run(home)
    run(home)
    log = home.root / "audit_log.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"outcome":"done"', b'"outcome":"gone"', 1))
    [check] = run(home).get_asset_check_evaluations()
    assert not check.passed
    assert "entry 1 in line 1 was changed" in str(check.metadata["problems"].value)
