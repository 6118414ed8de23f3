"""A page: one answer of an API, or one file, with the request that led to it and the time it came.

Pages come from an API, from the archive, or from a folder of exports; everything behind them is the same
code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

Record = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Page:
    """One answer, taken apart into its records and what surrounds them.

    Attributes:
        source: `tiktok_shop`, `fx_rates` ...
        shop_key: Whose data; empty for sources without shops.
        resource: What it holds: `orders`, `returns` ... One resource feeds one or more raw tables.
        endpoint: Name of the endpoint.
        version: Version of the endpoint, part of the meaning of analytics figures.
        path: Path that was asked, placeholders filled.
        query: Query parameters without keys, times, signatures, ciphers and page tokens.
        body: JSON body without page tokens; None for GET.
        window: The half-open time window [from, until) in unix seconds that was asked for; None for lists
            without one.
        number: 1 for the first page of a list, and so on.
        retrieved_at: When it arrived, UTC.
        request_id: The server's id of the request.
        records: The elements of its list, contact data cut out.
        envelope: What stood around the list: totals, headers, dates.
        context: What only the caller knew: the id of the snapshot the page belongs to, the statement it
            was asked for.
        page_id: Content address: first half of the archive file's name, and the line at which the page
            begins.
        size: Bytes of the answer, for bounding memory; 0 when unknown.
        shape: Field names seen, by path (`shapes.Shapes`); None when nobody looked yet.
        rows: The values of its rows (`rows.Batch`), once taken.
        lines: The records as JSON lines, once packed; None before.
        count: Number of records, once packed.
    """

    source: str
    shop_key: str
    resource: str
    retrieved_at: datetime
    records: list[Record]
    endpoint: str = ""
    version: str = ""
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    window: tuple[int, int] | None = None
    number: int = 1
    request_id: str = ""
    envelope: Record = field(default_factory=dict)
    context: Record = field(default_factory=dict)
    page_id: str = ""
    size: int = 0
    shape: dict[str, Any] | None = None
    rows: Any = None
    lines: bytes | None = None
    count: int = 0

    def pack(self) -> None:
        """Turns the records into JSON lines, once."""
        if self.lines is None:
            self.lines = b"".join(
                [orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in self.records]
            )
            self.count = len(self.records)
