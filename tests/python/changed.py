"""Prints the test modules of a change, for `make check`: what differs from main, and what was not committed.

A test module belongs to a change when it was changed itself, when it imports a changed module or a changed helper of
tests, or when it reads such files (`NO_IMPORTS`). Modules that take long are named on standard error and left to
`make test`: those of `LONGEST`, and all of `e2e`, where the home of a single test takes two minutes to make.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from longest import LONGEST

ROOT = Path(__file__).parents[2]
TESTS = Path("tests", "python")
DBT = ("models/", "macros/", "seeds/", "tests/generic/", "tests/singular/", "dbt_project.yml")
NO_IMPORTS = {
    DBT: ("test_dbt_project.py", "test_sql_portability.py"),
    ("ingestion/",): ("test_endpoint_tables.py",),
}
"""Unit tests that read files instead of importing them, by the beginnings of the files' paths."""


def changed_files(root: Path) -> set[Path]:
    """Files that differ from the common ancestor with main, and new ones, relative to the repository."""

    def git(*arguments: str) -> list[str]:
        return subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=True
        ).stdout.splitlines()

    known = git("for-each-ref", "--format=%(refname:short)", "refs/heads/main", "refs/remotes/origin/main")
    base = git("merge-base", "HEAD", known[0])[0] if known else "HEAD"
    listed = git("diff", "--name-only", "--diff-filter=d", base)
    return {Path(name) for name in (*listed, *git("ls-files", "--others", "--exclude-standard"))}


def imports(source: str) -> set[str]:
    """Every module that a source may import: `from a import b` imports `a`, and `a.b` if that is a module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def module_of(path: Path) -> str:
    """The name by which a file is imported; helpers of tests have no package."""
    if path.is_relative_to(TESTS):
        return path.stem
    return ".".join((path.parent if path.name == "__init__.py" else path.with_suffix("")).parts)


def modules_of(changed: Iterable[Path], root: Path) -> list[Path]:
    """Test modules of a change, in alphabetical order."""
    changed = set(changed)
    sources = {
        path.relative_to(root): imports(path.read_text(encoding="utf-8"))
        for path in sorted((root / TESTS).rglob("*.py"))
    }
    names = {module_of(path) for path in changed if path.suffix == ".py"}
    helpers = [path for path in sources if not path.name.startswith("test_")]
    while more := {module_of(path) for path in helpers if sources[path] & names} - names:
        names |= more
    found = {path for path, used in sources.items() if path in changed or used & names}
    for beginnings, tests in NO_IMPORTS.items():
        if any(path.as_posix().startswith(beginnings) for path in changed):
            found |= {TESTS / "unit" / name for name in tests}
    return sorted(path for path in found if path.name.startswith("test_"))


def is_long(path: Path) -> bool:
    """Whether a test module is left to `make test`."""
    module = path.relative_to(TESTS)
    return module.parts[0] == "e2e" or module.as_posix() in LONGEST


def main() -> None:
    """Prints the paths."""
    found = modules_of(changed_files(ROOT), ROOT)
    long = [path for path in found if is_long(path)]
    if long:
        print(f"Left to `make test`: {', '.join(path.name for path in long)}", file=sys.stderr)
    print("\n".join(path.as_posix() for path in found if path not in long))


if __name__ == "__main__":
    main()
