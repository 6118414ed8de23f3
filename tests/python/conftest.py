"""What all tests share: the parsed dbt project, and the order in which modules start."""

from __future__ import annotations

import pytest
from templates import made_once, parsed_home

from home.layout import Home


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the parsed dbt project and nothing else. Never changed: see `with_parse`."""
    return Home(made_once(tmp_path_factory, "parsed", parsed_home))
