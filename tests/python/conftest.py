"""What all tests share: the parsed dbt project, and the order in which modules start."""

from __future__ import annotations

from pathlib import Path

import pytest
from longest import LONGEST
from templates import made_once, parsed_home

from home.layout import Home

TESTS = Path(__file__).parent


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the parsed dbt project and nothing else. Never changed: see `with_parse`."""
    return Home(made_once(tmp_path_factory, "parsed", parsed_home))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules start first; the order inside of a module stays."""
    place = {TESTS / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))
