"""Rows of an answer, page by page, and names that are looked up before they go anywhere near a query."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from home.errors import TtkpiError
from home.text import one_line
from orchestration.metrics.source import Published

MOST_ROWS = 200
"""Rows of one answer; an agent asks for the next page."""
_MOST_OFFSET = 100_000_000
_TEXT_LENGTH = 1000
_YEARS = (2000, 2100)
"""No shop has sold before, and arithmetic on days has an end."""


class Asked(TtkpiError):
    """A question that can't be answered as it was put; the advice says how to put it."""


def page(rows: Sequence[Any], limit: int, offset: int) -> dict[str, Any]:
    """A part of the rows, with what an agent needs to ask for the next.

    Raises:
        Asked: The part is none.
    """
    require_page(limit, offset)
    return paged(rows[offset : offset + limit], len(rows), offset)


def paged(rows: Sequence[Any], total: int, offset: int) -> dict[str, Any]:
    """Rows that were cut out already."""
    end = offset + len(rows)
    return {
        "rows": [plain(row) for row in rows],
        "row_count": len(rows),
        "total_rows": total,
        "next_offset": end if end < total else None,
    }


def require_page(limit: int, offset: int) -> None:
    """Make sure that a page can be cut.

    Raises:
        Asked: It can't.
    """
    if not 1 <= limit <= MOST_ROWS or not 0 <= offset <= _MOST_OFFSET:
        raise Asked(
            f"A page has 1 to {MOST_ROWS} rows and begins at row 0 or later.",
            advice=f"Ask with limit <= {MOST_ROWS}, then with offset = next_offset of the answer.",
        )


def plain(value: Any) -> Any:
    """A value as JSON has it: amounts and days as text, so that no digit is lost."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str):
        # Names are typed by others: a line break in one is no line of the answer.
        return one_line(value)[:_TEXT_LENGTH]
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return value


def require_known(name: str, known: Collection[str], what: str) -> str:
    """A name that is one of the known.

    Raises:
        Asked: It is not; the advice has the nearest.
    """
    if name in known:
        return name
    import difflib

    close = difflib.get_close_matches(name, list(known), 5) or sorted(known)[:5]
    raise Asked(
        f"There is no {what} {one_line(name)[:80]!r} in this file.", advice=f"Perhaps {', '.join(close)}?"
    )


def records(file: Published, sql: str, parameters: Iterable[object] = ()) -> list[dict[str, Any]]:
    """Rows of a query of our own, by column name."""
    names, rows = file.table(sql, list(parameters))
    return [dict(zip(names, row, strict=True)) for row in rows]


def day(text: str | None, what: str) -> date | None:
    """A day as ISO 8601; None when none is given.

    Raises:
        Asked: It is no day, or not one of a shop.
    """
    if text is None or text == "":
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not _YEARS[0] <= found.year <= _YEARS[1]:
        raise Asked(f"{what} is {one_line(text)[:40]!r}, which is no day.", advice="Write it as 2026-11-07.")
    return found


def require_shop(file: Published, shop: str) -> None:
    """Make sure that a shop is in the file.

    Raises:
        Asked: It is not.
    """
    if "shop_key" not in file.columns().get("dim_shops", {}):
        return
    keys = [str(key) for (key,) in file.rows("select shop_key from warehouse.marts.dim_shops order by 1")]
    if shop not in keys:
        raise Asked(
            f"There is no shop {one_line(shop)[:40]!r} in this file.", advice=f"There are {', '.join(keys)}."
        )


def require_period(since: date | None, until: date | None) -> None:
    """Make sure that a period has a day.

    Raises:
        Asked: It has none.
    """
    if since is not None and until is not None and since >= until:
        raise Asked(f"The period is empty: {since} is not before {until}.", advice="until is exclusive.")


def citation(file: Published) -> dict[str, Any]:
    """Where the numbers are from; what an agent has to name beside each."""
    ((published_at, build, audit, revision),) = file.rows(
        "select max(published_at), max(build_id), max(audit_id), max(revision) from warehouse.marts.ops_publication"
    )
    return {
        "publication_id": file.publication_id,
        "published_at": plain(published_at),
        "audience": file.audience,
        "build_id": plain(build),
        "audit_id": plain(audit),
        "revision": plain(revision),
        "cite_as": f"TikTok Shop KPI, publication {file.publication_id}",
    }
