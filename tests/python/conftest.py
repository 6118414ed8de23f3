"""What all tests share: the parsed dbt project, the order in which modules start, and that none writes into the repository."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from longest import LONGEST
from templates import made_once, parsed_home

from home.layout import Home

TESTS = Path(__file__).parent
ROOT = TESTS.parents[1]
BEFORE = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def project_seeds() -> dict[Path, bytes | None]:
    """Files and folders of the project's seeds, with the content of each file."""
    found = [ROOT / "seeds", *sorted((ROOT / "seeds").rglob("*"))]
    return {path: None if path.is_dir() else path.read_bytes() for path in found}


@pytest.fixture(autouse=True)
def seeds_stay(project_seeds: dict[Path, bytes | None]) -> Iterator[None]:
    """Fails a test that writes into the project's seeds, as commands do when no home or project is given to them.

    The seeds are put right, so that the next tests do not fail for it.
    """
    before = _written(project_seeds)
    yield
    # `make generated` writes the seed of definitions through its test.
    if os.environ.get("UPDATE_SNAPSHOTS") or _written(project_seeds) == before:
        return
    changed = [
        path for path, content in project_seeds.items() if content is not None and _content(path) != content
    ]
    for path in changed:
        path.write_bytes(project_seeds[path] or b"")
    new = [path for path in (ROOT / "seeds").rglob("*") if path not in project_seeds]
    for path in new:
        path.unlink()
    if changed or new:
        named = ", ".join(str(path.relative_to(ROOT)) for path in (*changed, *new))
        pytest.fail(
            f"This test, or one beside it, wrote into the repository: {named}. Give it TTKPI_PROJECT."
        )


def _written(seeds: dict[Path, bytes | None]) -> list[int]:
    return [path.stat().st_mtime_ns if path.exists() else 0 for path in seeds]


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def tracked_changes() -> str:
    """What differs from the last commit, whole; empty where there is no git."""
    try:
        said = subprocess.run(
            ["git", "diff", "--no-ext-diff", "HEAD"], cwd=ROOT, capture_output=True, check=False
        )
    except FileNotFoundError:
        return ""
    return said.stdout.decode(errors="replace")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Remembers how the tracked files are, once for all processes."""
    if not hasattr(session.config, "workerinput"):
        session.config.stash[BEFORE] = tracked_changes()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fails a session in which a tracked file changed: a test wrote it, or somebody edits while tests run."""
    config = session.config
    if hasattr(config, "workerinput") or os.environ.get("UPDATE_SNAPSHOTS"):
        return
    if exitstatus == pytest.ExitCode.OK and tracked_changes() != config.stash[BEFORE]:
        print("\nTracked files changed while the tests ran; `git diff` shows what.")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the parsed dbt project and nothing else. Never changed: see `with_parse`."""
    return Home(made_once(tmp_path_factory, "parsed", parsed_home))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules start first; the order inside of a module stays."""
    place = {TESTS / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))
