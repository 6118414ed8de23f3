"""Which test modules `make check` runs for a change."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from changed import NO_IMPORTS, changed_files, imports, is_long, module_of, modules_of
from longest import LONGEST, SECONDS

ROOT = Path(__file__).parents[3]
TREE = {
    "home/layout.py": "",
    "home/__init__.py": "",
    "tests/python/unit/test_layout.py": "from home.layout import Home",
    "tests/python/unit/test_by_package.py": "from home import layout",
    "tests/python/unit/homes_helpers.py": "import home.layout",
    "tests/python/unit/test_by_helper.py": "from homes_helpers import home",
    "tests/python/unit/test_other.py": "import json",
    "tests/python/unit/test_dbt_project.py": "import json",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in TREE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        ("home/layout.py", ["by_helper", "by_package", "layout"]),
        ("tests/python/unit/test_other.py", ["other"]),
        ("tests/python/unit/homes_helpers.py", ["by_helper"]),
        ("models/staging/x.sql", ["dbt_project", "sql_portability"]),
        ("ingestion/tiktok_shop/promotions.py", ["endpoint_tables"]),
        ("README.md", []),
    ],
)
def test_tests_of_a_change(tree: Path, changed: str, tests: list[str]) -> None:
    assert modules_of([Path(changed)], tree) == [Path(f"tests/python/unit/test_{name}.py") for name in tests]


def test_imports_inside_functions_count() -> None:
    assert imports("def f():\n    from a.b import c\n    import d.e") == {"a.b", "a.b.c", "d.e"}


def test_a_package_is_named_by_its_folder() -> None:
    assert module_of(Path("ingestion/engine/__init__.py")) == "ingestion.engine"
    assert module_of(Path("tests/python/e2e/scan.py")) == "scan"


def test_what_differs_from_main_and_what_is_new(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        author = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *author, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--initial-branch", "main")
    for name in ("same.py", "committed.py", "edited.py", "gone.py"):
        (tmp_path / name).write_text("1")
    git("add", ".")
    git("commit", "-m", "first")
    git("checkout", "-b", "work")
    (tmp_path / "committed.py").write_text("2")
    (tmp_path / "gone.py").unlink()
    git("commit", "-a", "-m", "second")
    (tmp_path / "edited.py").write_text("2")
    (tmp_path / "new.py").write_text("2")
    assert changed_files(tmp_path) == {Path("committed.py"), Path("edited.py"), Path("new.py")}


@pytest.mark.parametrize(
    ("module", "long"), [("unit/test_changed.py", False), ("e2e/test_report.py", True), (LONGEST[1], True)]
)
def test_what_takes_long_is_left_to_the_whole(module: str, long: bool) -> None:
    """A test of `e2e` makes a home for two minutes, be it named among the longest or not."""
    assert is_long(Path("tests", "python", module)) is long


def test_the_tests_that_import_nothing_exist() -> None:
    names = {name for tests in NO_IMPORTS.values() for name in tests}
    assert not [name for name in names if not (ROOT / "tests" / "python" / "unit" / name).is_file()]


def test_the_longest_modules_exist() -> None:
    """Guards a module that was renamed, and then starts last."""
    assert [name for name in LONGEST if not (ROOT / "tests" / "python" / name).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)


def test_the_longest_are_chosen_by_what_they_took() -> None:
    """Guards a list of habit: what is left to `make test` takes 20 s, and what checks a change of a model is never left."""
    assert list(SECONDS.values()) == sorted(SECONDS.values(), reverse=True)
    assert min(SECONDS.values()) >= 20
    assert not {f"unit/{name}" for names in NO_IMPORTS.values() for name in names} & set(LONGEST)


def test_what_every_step_imports_is_checked_without_the_slow_modules() -> None:
    """Guards `make check` of one changed file that took more than 8 minutes."""
    found = modules_of([Path("orchestration/publish/publish.py")], ROOT)
    left = {path.name for path in found if is_long(path)}
    assert {"test_publication.py", "test_damaged_homes.py", "test_postgres.py", "test_audit.py"} <= left
    assert {"test_publish.py", "test_published_values.py"} <= {path.name for path in found} - left
