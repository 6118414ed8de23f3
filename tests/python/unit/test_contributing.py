"""What CONTRIBUTING promises of an endpoint and of a KPI mart: so many files, as its example commits show."""

from __future__ import annotations

import re
import subprocess

import pytest

from home.config import PROJECT_ROOT

GENERATED = re.compile(
    r"docs/(marts|commands)\.md|docs/contracts/|ingestion/\w+/README\.md|tests/python/unit/snapshots/"
)
"""What `make generated` writes: one command, so together one file."""


def git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    ).stdout


def section(title: str) -> str:
    text = (PROJECT_ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(("title", "most"), [("Add an endpoint", 7), ("Add a KPI mart", 8)])
def test_the_example_is_a_commit_of_so_many_files_and_each_is_in_the_table(title: str, most: int) -> None:
    if not (PROJECT_ROOT / ".git").exists() or git("rev-parse", "--is-shallow-repository").strip() == "true":
        pytest.skip("the history is not here")
    text = section(title)
    (commit,) = re.findall(r"`git show (\w+)`", text)
    git("merge-base", "--is-ancestor", commit, "HEAD")
    changed = git("show", "--name-only", "--format=", commit).split()
    by_hand = {path for path in changed if not GENERATED.match(path)}
    assert len(by_hand) + (len(by_hand) < len(changed)) <= most
    assert by_hand == set(re.findall(r"^\| \d+ \| `([^`]+)` \|", text, re.MULTILINE))
