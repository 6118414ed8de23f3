"""Reads a hand-downloaded file: recognises its sheets by their headers and decides how its cells are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingestion.seller_center.sheets import DateOrder, DecimalMark, FileReading, ShopFacts


def read_file(
    path: Path,
    *,
    shop: ShopFacts | None,
    date_order: DateOrder | None = None,
    decimal_mark: DecimalMark | None = None,
    hash_person: Callable[[str], str] | None = None,
) -> FileReading:
    """Reads a CSV or XLSX file.

    Args:
        path: The file.
        shop: What is known of its shop; None when nobody knows yet whose it is.
        date_order: How dates like 05/06/2026 are read, if a person said so; decided from the rows otherwise.
        decimal_mark: The same for amounts like 1.234.
        hash_person: Turns a buyer's username into its keyed hash; without it the column is cut out.

    Raises:
        OSError: The file can't be opened.
    """
    raise NotImplementedError
