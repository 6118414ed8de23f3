"""A home in which nobody may write, as a backup or a share for a BI tool."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from home.layout import Home

WITHOUT_RIGHTS = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    if os.geteuid() == 0
    else []
)
"""Root may write whatever its mode says: behind this it may not."""


def state_of(home: Home) -> list[tuple[str, int]]:
    """Every path of a home and when it was changed."""
    return sorted((str(path), path.stat().st_mtime_ns) for path in home.root.rglob("*"))


@contextmanager
def only_readable(folder: Path) -> Iterator[None]:
    """A folder in which nobody may write."""
    if WITHOUT_RIGHTS and shutil.which("setpriv") is None:
        pytest.skip("setpriv takes root's rights away")
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & 0o555)
    try:
        yield
    finally:
        for path in paths:
            path.chmod(path.stat().st_mode | 0o200)
