"""Which tables leave the project. No dependency, so that every part can ask."""

from __future__ import annotations

PUBLISHED_PREFIXES = ("dim_", "fct_", "kpi_", "ops_")
"""Marts with these prefixes are published; everything else in the warehouse is private."""


def is_published(table: str) -> bool:
    """Whether a table of schema `marts` goes into the published file."""
    return table.startswith(PUBLISHED_PREFIXES)
