"""How much memory DuckDB may use. No dependency, so that every part can ask."""

from __future__ import annotations

import os
import re
from pathlib import Path

VARIABLE = "TTKPI_MEMORY_LIMIT"
LEAST_MB = 500
DAILY_VARIABLE = "TTKPI_DAILY_MEMORY_LIMIT"
"""Environment variable of dbt, set by `ttkpi build`: the limit while nothing is built from all of raw."""
DAILY_MB = 700
"""Enough for a build in which no table is made from all of raw; `make bench` measures it at 1,000,000 orders."""
THREADS_VARIABLE = "TTKPI_DBT_THREADS"
SHARED_MB = 2000
"""From here on two models of a first build have room beside each other."""
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def memory_limit() -> str:
    """What `TTKPI_MEMORY_LIMIT` says, else a quarter of what this machine or its container has, at least 500 MB.

    A quarter leaves room for Python beside DuckDB, and for whoever else uses the machine. Beyond the limit DuckDB
    writes to the disk. 500 MB are enough for every build but the first of a long history: 200,000 orders go through,
    1,000,000 at once with 1,000 MB and one model at a time.
    """
    given = os.environ.get(VARIABLE, "").strip()
    return given or f"{max(LEAST_MB, available_bytes() // 4_000_000)}MB"


def daily_limit() -> str:
    """The limit of a build that goes on from what is there: `TTKPI_MEMORY_LIMIT`, else at most `DAILY_MB`.

    DuckDB keeps what it has read as long as it may, so a day's build of a long history would fill whatever it is given.
    """
    given = os.environ.get(VARIABLE, "").strip()
    return given or f"{min(DAILY_MB, max(LEAST_MB, available_bytes() // 4_000_000))}MB"


def models_at_once(*, is_first: bool) -> str:
    """How many models dbt builds at the same time: `TTKPI_DBT_THREADS`, else two, which share DuckDB's limit.

    One in a first build with less than 2 GB: 1,000,000 orders went through that way with 1,000 MB
    (`python -m benchmarks.scale`). DuckDB uses all cores for each.
    """
    given = os.environ.get(THREADS_VARIABLE, "").strip()
    return given or ("1" if is_first and _megabytes(memory_limit()) < SHARED_MB else "2")


def _megabytes(limit: str) -> float:
    """Of a limit as DuckDB writes it; one in another unit is large."""
    found = re.fullmatch(r"([\d.]+) *([MG])i?B", limit, re.IGNORECASE)
    if not found:
        return SHARED_MB
    return float(found[1]) * (1000 if found[2].upper() == "G" else 1)


def available_bytes() -> int:
    """Memory of the machine, or of the container if that has less."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _CGROUP_LIMITS:
        # "max", or no such file: there is no limit.
        text = path.read_text().strip() if path.is_file() else ""
        if text.isdigit():
            limits.append(int(text))
    return min(limits)
