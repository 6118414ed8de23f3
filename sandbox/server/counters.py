"""What was asked of the server: tests use it to prove that a second run fetches little."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class _Count:
    requests: int = 0
    rows: int = 0
    bytes: int = 0
    by_code: Counter[str] = field(default_factory=Counter)
    by_shop: Counter[str] = field(default_factory=Counter)


class Counters:
    """Requests, rows and bytes per endpoint since the start or the last reset."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, _Count] = defaultdict(_Count)

    def add(self, endpoint: str, shop_id: str, code: str, rows: int, size: int) -> None:
        """Counts an answer.

        Args:
            endpoint: Name of the endpoint, or the path when there is none.
            shop_id: Shop, or empty.
            code: Code of the envelope, or a word for an answer without one (`gateway_html`, `reset`).
            rows: Elements of the list that was given.
            size: Bytes of the body.
        """
        count = self._counts[endpoint]
        count.requests += 1
        count.rows += rows
        count.bytes += size
        count.by_code[code] += 1
        if shop_id:
            count.by_shop[shop_id] += 1

    def reset(self) -> None:
        """Forgets everything."""
        self._counts.clear()

    def as_json(self) -> dict[str, Any]:
        """Totals and details per endpoint."""
        return {
            "requests": sum(count.requests for count in self._counts.values()),
            "rows": sum(count.rows for count in self._counts.values()),
            "endpoints": {
                name: {
                    "requests": count.requests,
                    "rows": count.rows,
                    "bytes": count.bytes,
                    "by_code": dict(count.by_code),
                    "by_shop": dict(count.by_shop),
                }
                for name, count in sorted(self._counts.items())
            },
        }
