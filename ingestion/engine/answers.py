"""An answer of an API, and how it is taken apart into records and what surrounds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingestion.engine.errors import MalformedAnswer
from ingestion.engine.pages import Record

_TOKEN = "next_page_token"  # noqa: S105 (a field name)
_MALFORMED_ADVICE = "The window is read again by the next run. If it stays so, report it to TikTok."


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """A successful answer.

    Attributes:
        data: Payload, parsed once. Money is text in it, as TikTok sends it.
        raw: The whole answer as received (decompressed), for the archive.
        request_id: TikTok's id of the request.
        retrieved_at: When it arrived, UTC.
        page: 1 for the first page of a list, and so on.
    """

    data: dict[str, Any]
    raw: bytes = field(repr=False)
    request_id: str
    retrieved_at: datetime
    page: int = 1


class ListEnd:
    """Watches whether a list that always names a next page comes to an end.

    Args:
        page_size: Records that were asked for per page; 0 when no number was.
    """

    EMPTY_PAGES = 20
    """So many pages in a row may be without records: a filter may leave nothing of a page."""
    MOST_PAGES = 10_000
    """Of a list that announces no number; a window is cut before it gets so long."""
    SPARE_PAGES = 20

    def __init__(self, page_size: int) -> None:
        self._page_size = page_size
        self._pages = self._empty = self._announced = 0

    def passed(self, data: Record) -> str:
        """Why a list has no end in sight after another page; empty while it has.

        Args:
            data: The page.
        """
        self._pages += 1
        # Whichever of its lists holds the records, one level deep or two.
        inner = [one for value in data.values() if isinstance(value, dict) for one in value.values()]
        is_empty = not any(isinstance(value, list) and value for value in (*data.values(), *inner))
        self._empty = self._empty + 1 if is_empty else 0
        total = data.get("total_count")
        if type(total) is int and total >= 0:
            self._announced = max(self._announced, total)
        if self._empty >= self.EMPTY_PAGES:
            return f"gave {self._empty} pages in a row without records and names another one"
        if self._announced and self._page_size:
            # Twice: records that change while a list is paged may come twice.
            most = 2 * -(-self._announced // self._page_size) + self.SPARE_PAGES
            if self._pages > most:
                return f"announced {self._announced} records and names another page"
        if self._pages >= self.MOST_PAGES:
            return "names another page"
        return ""


def listed(name: str) -> Callable[[Record], tuple[list[Any], Record]]:
    """Takes an answer apart that holds its records in list `name`."""

    def take(data: Record) -> tuple[list[Any], Record]:
        return _taken(data.get(name), name, {key: data[key] for key in data if key not in (name, _TOKEN)})

    return take


def nested_list(outer: str, name: str) -> Callable[[Record], tuple[list[Any], Record]]:
    """Takes an answer apart that holds its records in list `name` of object `outer`."""

    def take(data: Record) -> tuple[list[Any], Record]:
        inner = data.get(outer)
        if inner is not None and type(inner) is not dict:
            raise MalformedAnswer(f"{outer!r} is no object.", advice=_MALFORMED_ADVICE)
        inner = inner or {}
        rest = {key: data[key] for key in data if key not in (outer, _TOKEN)}
        rest |= {key: inner[key] for key in inner if key != name}
        return _taken(inner.get(name), name, rest)

    return take


def object_in(name: str) -> Callable[[Record], tuple[list[Any], Record]]:
    """Takes an answer apart that is one record, object `name`; no record when it is null."""

    def take(data: Record) -> tuple[list[Any], Record]:
        value = data.get(name)
        if value is not None and type(value) is not dict:
            raise MalformedAnswer(f"{name!r} is no object.", advice=_MALFORMED_ADVICE)
        rest = {key: data[key] for key in data if key not in (name, _TOKEN)}
        return [] if value is None else [value], rest

    return take


def whole_answer(data: Record) -> tuple[list[Any], Record]:
    """Takes an answer apart that is one record itself; no record when it is empty."""
    return [data] if data else [], {}


def _taken(value: object, name: str, envelope: Record) -> tuple[list[Any], Record]:
    if value is None:
        return [], envelope
    if type(value) is not list:
        raise MalformedAnswer(f"{name!r} is no list.", advice=_MALFORMED_ADVICE)
    return value, envelope
