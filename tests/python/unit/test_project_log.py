"""What changed between two builds is told by name, with what it was before; what did not change is not told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from home.layout import Home
from orchestration.build.project_log import digests, project_state, record_changes

MANIFEST: dict[str, Any] = {
    "metadata": {"project_name": "p"},
    "nodes": {
        "seed.p.targets": {
            "resource_type": "seed",
            "original_file_path": "seeds/people/targets.csv",
            "checksum": {"name": "sha256", "checksum": "aa"},
        },
        "seed.p.large": {
            "resource_type": "seed",
            "original_file_path": "seeds/large.csv",
            "checksum": {"name": "path", "checksum": "seeds/large.csv"},
        },
        "model.p.kpi": {
            "resource_type": "model",
            "original_file_path": "models/kpi.sql",
            "checksum": {"name": "sha256", "checksum": "bb"},
        },
        "test.p.x": {
            "resource_type": "test",
            "original_file_path": "tests/x.sql",
            "checksum": {"name": "none", "checksum": ""},
        },
    },
    "macros": {
        "macro.p.money": {
            "package_name": "p",
            "original_file_path": "macros/money.sql",
            "macro_sql": "one",
        },
        "macro.dbt.theirs": {
            "package_name": "dbt",
            "original_file_path": "macros/theirs.sql",
            "macro_sql": "two",
        },
    },
}


class Project:
    """A project and a warehouse as a build leaves them."""

    def __init__(self, root: Path) -> None:
        self.root, self.home = root / "project", Home(root / "home")
        (self.root / "seeds").mkdir(parents=True)
        self.home.prepare()
        (self.home.root / "tmp").mkdir()
        self.manifest = json.loads(json.dumps(MANIFEST))
        self.glossary("1", "d1")
        self.large("x")
        self.setting("CNY")

    def glossary(self, version: str, digest: str) -> None:
        with duckdb.connect(str(self.home.warehouse)) as connection:
            connection.execute("create schema if not exists marts")
            connection.execute(
                "create or replace table marts.kpi_glossary as select 'kpi' as model_name, 'gmv' as column_name, "
                f"{version}::bigint as definition_version, '{digest}' as definition_digest"
            )

    def large(self, text: str) -> None:
        (self.root / "seeds" / "large.csv").write_text(text)

    def setting(self, currency: str) -> None:
        (self.root / "dbt_project.yml").write_text(f"name: p\nvars: {{reporting_currency: {currency}}}\n")

    def build(self) -> list[tuple[str, str, dict[str, Any]]]:
        """The entries that a build writes: event, subject, details."""
        path = self.home.root / "dbt" / "manifest.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(self.manifest))
        log = self.home.root / "audit_log.jsonl"
        known = len(log.read_text().splitlines()) if log.exists() else 0
        counts = record_changes(self.home, project_state(self.home, self.root, path))
        lines = log.read_text().splitlines()[known:] if log.exists() else []
        assert sum(counts.values()) == len(lines)
        return [(one["event"], one["subject"], one["details"]) for one in map(json.loads, lines)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_the_first_build_and_one_of_the_same_project_tell_nothing(project: Project) -> None:
    assert project.build() == []
    assert project.build() == []


def test_each_kind_of_change_is_told_with_what_was_before(project: Project) -> None:
    project.build()
    project.manifest["nodes"]["seed.p.targets"]["checksum"]["checksum"] = "cc"
    project.manifest["nodes"]["model.p.kpi"]["checksum"]["checksum"] = "dd"
    project.glossary("2", "d2")
    project.setting("USD")
    assert project.build() == [
        ("seed_changed", "seeds/people/targets.csv", {"before": "aa", "after": "cc"}),
        ("definition_changed", "kpi.gmv", {"before": "1:d1", "after": "2:d2"}),
        ("model_changed", "models/kpi.sql", {"before": "bb", "after": "dd"}),
        ("setting_changed", "reporting_currency", {"before": "CNY", "after": "USD"}),
    ]
    assert project.build() == []


def test_a_seed_that_dbt_names_by_its_path_is_read(project: Project) -> None:
    """Of a seed above 1 MB dbt's checksum is its path, which never changes."""
    project.build()
    project.large("y")
    assert [(event, subject) for event, subject, _ in project.build()] == [
        ("seed_changed", "seeds/large.csv")
    ]


def test_what_is_new_or_gone_has_no_other_side(project: Project) -> None:
    project.build()
    del project.manifest["nodes"]["model.p.kpi"]
    project.manifest["macros"]["macro.p.more"] = {
        "package_name": "p",
        "original_file_path": "macros/more.sql",
        "macro_sql": "x",
    }
    project.manifest["macros"]["macro.dbt.theirs"]["macro_sql"] = "not ours to tell"
    gone, new = project.build()
    assert gone == ("model_changed", "models/kpi.sql", {"before": "bb", "after": None})
    assert new[:2] == ("macro_changed", "macros/more.sql")
    assert new[2]["before"] is None


def test_two_builds_of_one_project_have_the_same_digests(project: Project) -> None:
    project.build()
    path = project.home.root / "dbt" / "manifest.json"
    first = digests(project_state(project.home, project.root, path))
    assert digests(project_state(project.home, project.root, path)) == first
    assert set(first) == {"seeds", "definitions", "models", "macros", "settings"}
    project.setting("USD")
    changed = digests(project_state(project.home, project.root, path))
    assert {name for name in first if first[name] != changed[name]} == {"settings"}
