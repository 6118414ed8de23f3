"""Daily exchange rates, in the form of the public Frankfurter API: GET
/fx/v1/{start}..{end}?base=THB&symbols=CNY.

Not part of TikTok: no signature, no envelope. Like the real one it has no rates for weekends and none for
days the world has not reached.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import orjson

from sandbox.server.calls import Query
from sandbox.server.sandbox import Sandbox

PREFIX = "/fx/v1/"


def rates(sandbox: Sandbox, path: str, query: Query) -> tuple[int, bytes]:
    """HTTP status and JSON for a range `{start}..{end}`, an open one `{start}..`, or a single day."""
    start_text, dots, end_text = path.removeprefix(PREFIX).partition("..")
    today = datetime.fromtimestamp(sandbox.clock.now, UTC).date()
    try:
        start = date.fromisoformat(start_text)
        end = date.fromisoformat(end_text) if end_text else (today if dots else start)
    except ValueError:
        return 422, _message("invalid date")
    base = (query.text("base") or "EUR").upper()
    symbols = (query.text("symbols") or "").upper().split(",")
    if start > end or not symbols[0]:
        return 422, _message("the start lies behind the end, or symbols is missing")
    days: dict[date, list[str]] = {}
    for symbol in dict.fromkeys(symbols):
        # Written as text: a decimal must not pass through a binary float.
        for day, rate in sandbox.store.fx_rates(start, min(end, today), base, symbol):
            days.setdefault(day, []).append(f'"{symbol}":{rate:f}')
    if not days:
        return 404, _message("not found")
    listed = ",".join(f'"{day}":{{{",".join(days[day])}}}' for day in sorted(days))
    head = f'{{"amount":1.0,"base":"{base}","start_date":"{min(days)}","end_date":"{max(days)}",'
    text = f'{head}"rates":{{{listed}}}}}'
    return 200, text.encode()


def _message(text: str) -> bytes:
    return orjson.dumps({"message": text})
