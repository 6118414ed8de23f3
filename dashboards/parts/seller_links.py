"""The links with which a seller lets the app into a shop."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

from home.config import PROJECT_ROOT

_ASKED = """
import json
from home.config import load_shop_config
print(json.dumps(load_shop_config().authorisation_links))
"""
_LIMIT_SECONDS = 60


@cache
def seller_links() -> dict[str, str]:
    """Where a seller agrees, by market; empty market: all others. Nothing where the app is not configured.

    Read once, in a process of its own: dlt, which reads the configuration, would stay in the server with 50 MB.
    """
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
