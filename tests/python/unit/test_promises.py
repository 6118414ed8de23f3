"""Whatever is said to be proved is tried by a test that is there: `docs/promises.md`, and what `make soak` runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TESTS = {path.name: path for path in (ROOT / "tests" / "python").rglob("test_*.py")}
PROMISES = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
SOAK = re.search(r"^soak:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
OF_PARAMETERS = {"key or fingerprint", "shown or published_anew", "future"}
"""Words that are in the parameters of tests, which only pytest knows: kinds of files, what becomes of them."""
_SELECTION = re.compile(r"((?:[\w/]*test_\w+\.py\s+)+)-k (\"[^\"]+\"|\w+)")


def names_of(path: Path) -> Iterator[str]:
    """What pytest knows a test by: its file, its class and its function."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.FunctionDef) and one.name.startswith("test"):
                    yield f"{path.name}::{node.name}::{one.name}".lower()
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield f"{path.name}::{node.name}".lower()


def selections(text: str) -> list[tuple[str, str]]:
    """Each file with the words that select in it; of `a.py b.py -k words` both."""
    return [
        (Path(file).name, words.strip('"'))
        for files, words in _SELECTION.findall(text)
        for file in files.split()
    ]


def selected(name: str, words: str) -> bool:
    """As `pytest -k`: words with `or` between them."""
    assert not re.search(r"\b(and|not)\b|[()]", words), "a selection that this test can't judge"
    return any(word.lower() in name for word in words.split(" or "))


def test_selections_are_found() -> None:
    found = selections('`tests/python/e2e/test_a.py -k "b or c"`, `test_d.py test_e.py -k f`, test_g.py')
    assert found == [("test_a.py", "b or c"), ("test_d.py", "f"), ("test_e.py", "f")]
    assert len(selections(PROMISES)) > 40


@pytest.mark.parametrize(
    ("file", "words"), sorted({*selections(PROMISES), *selections(SOAK[1] if SOAK else "")})
)
def test_a_proof_selects_a_test(file: str, words: str) -> None:
    """A test that was renamed would leave a promise without a proof, and `make soak` shorter, without a word."""
    names = list(names_of(TESTS[file]))
    if words in OF_PARAMETERS:
        kinds_of_files = ROOT / "tests" / "python" / "home_files.py"
        names = [path.read_text(encoding="utf-8") for path in (TESTS[file], kinds_of_files)]
    assert any(selected(name, words) for name in names)


def test_every_file_that_is_a_proof_is_there() -> None:
    assert set(re.findall(r"\btest_\w+\.py", PROMISES)) <= set(TESTS)


def test_make_soak_names_what_is_there() -> None:
    assert SOAK is not None
    commands = SOAK[1]
    for variable in re.findall(r"\b(TTKPI_[A-Z]+)=", commands):
        assert any(variable in path.read_text(encoding="utf-8") for path in TESTS.values()), variable
    files = re.findall(r"tests/python/\S+\.py", commands)
    assert len(files) > 5 and all((ROOT / file).is_file() for file in files)
    modules = re.findall(r"-m (benchmarks\S*)", commands)
    assert len(modules) == 4 and all(find_spec(module) for module in modules)
