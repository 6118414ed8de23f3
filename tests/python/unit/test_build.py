"""The build, on a dbt project of three models: what it reports, where it writes, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from home.config import PROJECT_ROOT
from home.errors import ConfigError
from home.layout import Home
from home.project import project_dir
from orchestration.build.build import (
    BuildFailed,
    BuildReport,
    build,
    build_state,
    dbt_environment,
    dbt_folder,
    last_report,
    project_state,
)
from orchestration.build.build import test as run_tests
from orchestration.progress import Silent

_PROJECT = """
name: tiny
version: "1.0"
profile: tiny
model-paths: [models]
test-paths: [tests]
flags: {send_anonymous_usage_stats: false}
"""
_PROFILE = """
tiny:
  target: local
  outputs:
    local: {type: duckdb, path: "{{ env_var('TTKPI_HOME') }}/warehouse.duckdb", threads: 2}
"""
_YAML = """
version: 2
models:
  - name: good
    columns:
      - name: id
        data_tests:
          - not_null
          - accepted_values: {arguments: {values: [1]}, config: {severity: warn}}
"""


class Recorder(Silent):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, int, str, str]] = []

    def node(self, done: int, total: int, name: str, resource_type: str, status: str, seconds: float) -> None:
        self.seen.append((done, total, name, status))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "dbt_project.yml").write_text(_PROJECT)
    (folder / "profiles.yml").write_text(_PROFILE)
    (folder / "models" / "good.sql").write_text("select * from (values (1), (2)) as rows(id)")
    (folder / "models" / "good.yml").write_text(_YAML)
    (folder / "tests" / "good__is_small.sql").write_text("select id from {{ ref('good') }} where id > 1")
    monkeypatch.setenv("TTKPI_PROJECT", str(folder))
    return folder


def test_build_reports_models_failed_tests_and_warnings(project: Path, tmp_path: Path) -> None:
    home, recorder = Home(tmp_path / "home"), Recorder()
    report = build(home, progress=recorder)
    assert report.ok and report.whole
    assert report.count("model") == 1 and report.count("test") == 3
    assert [node.name for node in report.failed_tests] == ["good__is_small"]
    assert report.failed_tests[0].failures == 1
    assert [node.status for node in report.warned_tests] == ["warn"]
    assert [(done, total) for done, total, *_ in recorder.seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    state = build_state(home)
    assert state is not None and state.state == "built" and state.build_id == report.build_id
    assert json.loads(report.run_results.read_text())["metadata"]["invocation_id"] == report.build_id

    # The checkout stays clean, so it may be read-only and two homes never share a file.
    assert sorted(path.name for path in project.iterdir()) == [
        "dbt_project.yml",
        "models",
        "profiles.yml",
        "tests",
    ]
    # The worker has let go of the warehouse.
    duckdb.connect(str(home.warehouse)).close()

    # Tests by themselves leave the build what it was.
    tested = run_tests(home)
    assert tested.count("model") == 0 and tested.count("test") == 3
    after = build_state(home)
    assert after is not None and after.build_id == report.build_id
    reread = last_report(home)
    assert reread is not None and len(reread.nodes) == 3


def test_an_edit_of_a_test_does_not_turn_warnings_into_failures(project: Path, tmp_path: Path) -> None:
    """dbt 1.11.16 loses what the YAML says of a singular test when it parses only the test that was edited."""
    home = Home(tmp_path / "home")
    (project / "tests" / "tests.yml").write_text(
        "version: 2\ndata_tests:\n  - name: good__is_small\n    config: {severity: warn}\n"
    )
    for least in (1, 0, 0):
        (project / "tests" / "good__is_small.sql").write_text(
            f"select id from {{{{ ref('good') }}}} where id > {least}"
        )
        report = build(home, freshness=False)
        assert not report.failed_tests
        assert "good__is_small" in [node.name for node in report.warned_tests]


def test_a_project_is_parsed_again_only_when_it_has_changed(project: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    state = project_state(project)
    build(home, freshness=False)
    assert json.loads((dbt_folder(home) / "parsed.json").read_text()) == {"project": state}
    os.utime(project / "models" / "good.yml", (1, 1))
    changed = project_state(project)
    assert changed != state
    (project / "models" / "new.sql").write_text("select 1 as id")
    assert project_state(project) != changed
    assert build(home, freshness=False).count("model") == 2
    # manifest.json is written when the project is parsed, and made again where it was lost.
    manifest = dbt_folder(home) / "target" / "manifest.json"
    written = manifest.stat().st_mtime_ns
    assert build(home, freshness=False).count("model") == 2
    assert manifest.stat().st_mtime_ns == written
    manifest.unlink()
    assert build(home, freshness=False).count("model") == 2


def test_model_that_fails_is_told_in_plain_words(project: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    # What depends on a model whose test fails is not built at all.
    (project / "tests" / "good__is_small.sql").unlink()
    (project / "models" / "bad.sql").write_text("select no_such_column from {{ ref('good') }}")
    (project / "models" / "after.sql").write_text("select * from {{ ref('bad') }}")
    report = build(home)
    assert not report.ok
    assert [node.name for node in report.errors] == ["bad"]
    assert [node.name for node in report.skipped] == ["after"]
    with pytest.raises(BuildFailed) as caught:
        report.raise_for_errors()
    assert "bad:" in str(caught.value) and "no_such_column" in str(caught.value)
    assert "1 nodes that depend on them were not run" in str(caught.value)
    state = build_state(home)
    assert state is not None and state.state == "failed"


def test_selection_is_remembered_as_a_part(project: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    report = build(home, select="good", freshness=False)
    assert not report.whole
    state = build_state(home)
    assert state is not None and not state.whole


def test_project_that_does_not_parse(project: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    (project / "models" / "bad.sql").write_text("select * from {{ ref('nowhere') }}")
    with pytest.raises(BuildFailed, match="nowhere"):
        build(home)
    state = build_state(home)
    assert state is not None and state.state == "building", "an audit of it is refused"


def test_warehouse_open_elsewhere(project: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(home.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None and other.stdout.readline() == "open\n"
    with pytest.raises(BuildFailed, match="Another program has"):
        build(home)
    other.communicate("", timeout=20)


def test_worker_ends_with_its_parent(project: Path, tmp_path: Path) -> None:
    """A build that outlived a killed run would write the warehouse without the lock."""
    home = Home(tmp_path / "home")
    home.prepare()
    (dbt_folder(home) / "logs").mkdir(parents=True)
    worker = subprocess.Popen(
        [sys.executable, "-m", "orchestration.build.dbt_worker", json.dumps([["parse"]] * 50)],
        cwd=PROJECT_ROOT,
        env=dbt_environment(home, project),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert worker.stdin is not None and worker.stdout is not None
    assert b'"command"' in worker.stdout.readline()
    worker.stdin.close()
    began = time.monotonic()
    assert worker.wait(timeout=20) == 3
    assert time.monotonic() - began < 10
    worker.stdout.close()


def test_missing_project_is_a_configuration_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTKPI_PROJECT", str(tmp_path))
    with pytest.raises(ConfigError, match=r"dbt_project\.yml is missing"):
        build(Home(tmp_path / "home"))


def test_nothing_is_sent_out(tmp_path: Path) -> None:
    environment = dbt_environment(Home(tmp_path), project_dir())
    assert environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
    assert environment["DBT_VERSION_CHECK"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"
    assert Path(environment["TTKPI_HOME"]).is_absolute()
    assert environment["PATH"] == os.environ["PATH"]


def test_report_without_errors_raises_nothing(tmp_path: Path) -> None:
    BuildReport("id", True, (), (), 0.0, tmp_path, tmp_path).raise_for_errors()
