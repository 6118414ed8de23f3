"""Every file of a home that was synced, built, audited and published is of a kind that was thought of."""

from __future__ import annotations

from home_files import unnamed

from home.layout import Home


def test_no_file_is_of_an_unknown_kind(published_home: Home) -> None:
    assert unnamed(published_home.root) == []
