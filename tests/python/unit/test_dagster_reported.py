"""What the command line has published is shown by Dagster as materialised."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from control_helpers import make_home, mark_audited

from home.layout import Home
from orchestration.dagster_home import dagster_home, main, prepare
from orchestration.defs.translators import AUDIT_REPORT, published_key, raw_key
from orchestration.publish.publish import publish


def latest(home: Home, key: dg.AssetKey) -> str | None:
    """The publication that the newest materialisation of an asset names."""
    with dg.DagsterInstance.from_config(str(dagster_home(home))) as instance:
        event = instance.get_latest_materialization_event(key)
        if event is None or event.asset_materialization is None:
            return None
        return str(event.asset_materialization.metadata["publication"].value)


def test_a_publication_of_the_command_line_is_shown_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make dagster` after `make demo` showed a graph in which nothing had ever been made."""
    home = make_home(tmp_path / "home")
    monkeypatch.setenv("TTKPI_HOME", str(home.root))
    nodes = {
        "model.tiktok_shop_kpi.kpi_shop_daily": {
            "resource_type": "model", "name": "kpi_shop_daily", "alias": "kpi_shop_daily", "schema": "marts",
            "fqn": ["tiktok_shop_kpi", "marts", "sales", "kpi_shop_daily"], "config": {}, "package_name": "tiktok_shop_kpi",
        }
    }  # fmt: skip
    monkeypatch.setattr("orchestration.defs.reported.load_manifest", lambda _: {"nodes": nodes})
    prepare(home)
    # Nothing is published yet, so nothing is said.
    assert main([]) == 0
    assert latest(home, published_key("kpi_shop_daily")) is None
    mark_audited(home)
    first = publish(home).publication
    assert main([]) == 0
    assert "are shown as materialised" in capsys.readouterr().err
    for key in (
        published_key("kpi_shop_daily"),
        dg.AssetKey(["marts", "kpi_shop_daily"]),
        raw_key("tiktok_shop", "orders"),
        AUDIT_REPORT,
    ):
        assert latest(home, key) == first, key
    # The same publication is not reported twice.
    assert main([]) == 0
    assert "materialised" not in capsys.readouterr().err
    mark_audited(home)
    second = publish(home).publication
    assert main([]) == 0
    assert latest(home, published_key("kpi_shop_daily")) == second != first
