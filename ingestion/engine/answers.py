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
