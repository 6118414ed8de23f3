"""The links with which a seller lets the app into a shop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from home.config import PROJECT_ROOT

_ASKED = """
import json
from home.config import load_shop_config
print(json.dumps(load_shop_config().authorisation_links))
"""
_LIMIT_SECONDS = 60


Marks = tuple[tuple[str, int, int], ...]


def seller_links() -> dict[str, str]:
    """Where a seller agrees, by market; empty market: all others. Nothing where the app is not configured.

    Read again when a file of the configuration has changed.
    """
    return _links(_marks())


def _marks() -> Marks:
    """Path, time and size of each file of the configuration that is there."""
    folder = Path(os.environ["DLT_PROJECT_DIR"]) / ".dlt"
    marks = []
    for path in (folder / "secrets.toml", folder / "config.toml"):
        # It may not be there, or go while an editor replaces it.
        with suppress(OSError):
            about = path.stat()
            marks.append((str(path), about.st_mtime_ns, about.st_size))
    return tuple(marks)


@lru_cache(maxsize=1)
def _links(_: Marks) -> dict[str, str]:
    """The links, asked of a process of its own: dlt, which reads the configuration, would stay here with 50 MB."""
    try:
        answer = subprocess.run(
            [sys.executable, "-c", _ASKED],
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            timeout=_LIMIT_SECONDS,
            check=True,
        )
        return dict(json.loads(answer.stdout.splitlines()[-1]))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return {}
