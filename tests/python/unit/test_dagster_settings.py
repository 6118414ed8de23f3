"""Settings around the graph: the scope of a run, the instance's folder, the cached manifest."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from home.errors import ConfigError
from home.layout import Home
from home.project import project_var
from orchestration.dagster_home import TEMPLATE, prepare
from orchestration.defs.ingestion.resources import HomeResource, SyncScope
from orchestration.defs.manifest import ManifestError, fingerprint, load_manifest


def test_an_empty_scope_is_the_normal_run() -> None:
    scope = SyncScope()
    assert (scope.shops, scope.since_date, scope.until_instant) == ([], None, None)


def test_dates_of_a_scope() -> None:
    scope = SyncScope(since="2026-09-01", until="2026-10-01")
    assert scope.since_date == date(2026, 9, 1)
    assert scope.until_instant == datetime(2026, 10, 1, tzinfo=UTC)


def test_an_instant_with_a_zone_is_understood() -> None:
    assert SyncScope(until="2026-11-08T08:00:00+08:00").until_instant == datetime(2026, 11, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "field", [{"since": "01.09.2026"}, {"until": "tomorrow"}, {"until": "2026-11-08T08:00:00"}]
)
def test_what_is_no_date_is_refused_before_the_run(field: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        SyncScope(**field)


def test_the_home_is_found_when_a_step_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = HomeResource()
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    assert resource.open().root == tmp_path
    assert HomeResource(root=str(tmp_path / "other")).open().root == tmp_path / "other"


def test_the_instance_says_nothing_to_others_and_has_one_writer(tmp_path: Path) -> None:
    folder = prepare(Home(tmp_path))
    settings = yaml.safe_load((folder / "dagster.yaml").read_text(encoding="utf-8"))
    assert folder == tmp_path / "dagster"
    assert settings["telemetry"] == {"enabled": False}
    assert settings["concurrency"]["pools"] == {"default_limit": 1, "granularity": "run"}


def test_settings_follow_the_project_unless_they_were_made_ones_own(tmp_path: Path) -> None:
    home = Home(tmp_path)
    settings = prepare(home) / "dagster.yaml"
    marker = TEMPLATE.read_text(encoding="utf-8").splitlines()[0]
    settings.write_text(f"{marker}\ntelemetry: {{enabled: true}}\n", encoding="utf-8")
    prepare(home)
    assert settings.read_text(encoding="utf-8") == TEMPLATE.read_text(encoding="utf-8")
    own = "telemetry: {enabled: false}\n"
    settings.write_text(own, encoding="utf-8")
    prepare(home)
    assert settings.read_text(encoding="utf-8") == own


def project(folder: Path, sql: str = "select 1 as one") -> Path:
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(
        "name: small\nversion: '1.0.0'\nprofile: small\nvars: {reporting_timezone: Asia/Shanghai}\n",
        encoding="utf-8",
    )
    (folder / "profiles.yml").write_text(
        "small: {target: t, outputs: {t: {type: duckdb, path: ':memory:'}}}\n", encoding="utf-8"
    )
    (folder / "models" / "one.sql").write_text(sql, encoding="utf-8")
    return folder


def test_the_manifest_is_parsed_once_and_again_after_a_change(tmp_path: Path) -> None:
    folder, home = project(tmp_path / "project"), Home(tmp_path / "home")
    assert "model.small.one" in load_manifest(home, folder)["nodes"]
    [cached] = (home.root / "dagster" / "dbt").glob("manifest-*.json")
    written = cached.stat().st_mtime_ns
    load_manifest(home, folder)
    assert cached.stat().st_mtime_ns == written

    before = fingerprint(folder, home)
    (folder / "models" / "two.sql").write_text("select * from {{ ref('one') }}", encoding="utf-8")
    assert fingerprint(folder, home) != before
    assert "model.small.two" in load_manifest(home, folder)["nodes"]
    assert not cached.exists()
    assert not home.warehouse.exists()


def test_a_project_that_does_not_parse_says_why(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", sql="select * from {{ ref('nowhere') }}")
    with pytest.raises(ManifestError, match="nowhere"):
        load_manifest(Home(tmp_path / "home"), folder)


def test_a_var_that_is_not_set_is_named(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    assert project_var("reporting_timezone", folder) == "Asia/Shanghai"
    with pytest.raises(ConfigError, match="reporting_currency"):
        project_var("reporting_currency", folder)
