"""One way to give a page of records, for every list of the API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import orjson

from sandbox.server.calls import Answer, Call, Order, TimeField, choice
from sandbox.server.paging import Key, Mark, Position
from sandbox.world.store import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list: which records, in which order.

    Attributes:
        kind: Kind of record in the store.
        key: Name of the list in the answer.
        field: Time that sorts the list and that `ge` and `lt` bound.
        order: ASC or DESC by that time, then by id.
        ge: Earliest time, inclusive.
        lt: Latest time, exclusive.
        other_ge: Bound on the other of the two times, inclusive.
        other_lt: Bound on the other of the two times, exclusive.
        parent: Id of the record the list belongs to.
        ids: Only these records.
        order_ids: Only records of these orders.
        statuses: Only these statuses.
    """

    kind: str
    key: str
    field: TimeField
    order: Order
    ge: int | None = None
    lt: int | None = None
    other_ge: int | None = None
    other_lt: int | None = None
    parent: str | None = None
    ids: tuple[str, ...] | None = None
    order_ids: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None

    def filters(self) -> dict[str, Any]:
        """Arguments for the store, without order and position."""
        filters: dict[str, Any] = {
            "field": self.field,
            "ge": self.ge,
            "lt": self.lt,
            "parent": self.parent,
            "ids": self.ids,
            "order_ids": self.order_ids,
            "statuses": self.statuses,
        }
        if self.other_ge is not None or self.other_lt is not None:
            filters |= {"other_ge": self.other_ge, "other_lt": self.other_lt}
        return filters


def page(
    call: Call,
    listing: Listing,
    size: int,
    *,
    total: bool,
    fields: bytes = b"",
    shown: Callable[[bytes], bytes] | None = None,
) -> Answer:
    """The page of a list that the call asks for.

    Args:
        call: The call, with or without a `page_token`.
        listing: The list.
        size: Records on a page.
        total: Whether the answer has a `total_count`. It is counted for the first page and carried in the
            page tokens.
        fields: Further members of the answer: JSON without braces, ending in a comma.
        shown: Gives what the answer shows of a record's body; None where it is the whole.

    Raises:
        Refusal: 36009004 for a page token that does not belong to this list.
    """
    records, following, count = cut(call, listing, size, total=total)
    parts = [b"{", fields, b'"next_page_token":', orjson.dumps(following), f',"{listing.key}":['.encode()]
    for record in records:
        parts += (shown(record.body) if shown is not None else record.body, b",")
    if records:
        parts.pop()
    parts.append(f'],"total_count":{count}}}'.encode() if total else b"]}")
    return Answer(parts, len(records))


def cut(call: Call, listing: Listing, size: int, *, total: bool) -> tuple[list[Record], str, int]:
    """The records of the page that the call asks for, the token of the next page, and how many there are.

    Raises:
        Refusal: 36009004 for a page token that does not belong to this list.
    """
    shop_id = call.owner().id
    store, pager = call.sandbox.store, call.sandbox.pager
    binding = f"{call.endpoint.name}|{shop_id}|{listing!r}"
    token = call.query.text("page_token")
    position = pager.position(binding, token) if token else Position(None)
    filters = listing.filters()
    size = _allowed(call, size)

    def part(after: Key | None) -> tuple[list[Record], Key | None]:
        """The records of a page, and where it ends; None when it is the last."""
        # One more than asked for tells whether there is a next page.
        found = store.page(
            listing.kind, shop_id, call.now, order=listing.order, after=after, limit=size + 1, **filters
        )
        shown = found[:size]
        return shown, (shown[-1].time, shown[-1].id) if len(found) > size else None

    records, end = part(position.after)
    count = position.total
    if total and count < 0:
        count = store.count(listing.kind, shop_id, call.now, **filters)
    return (
        records,
        _following(call, binding, replace(position, total=count), end, lambda: part(end)[1]),
        count,
    )


def _allowed(call: Call, size: int) -> int:
    most = call.sandbox.options.largest_page
    return size if most is None else min(size, most)


def _following(
    call: Call, binding: str, position: Position, end: Key | None, beyond: Callable[[], Key | None]
) -> str:
    """The token of the next page, or what a fault makes of it; empty at the end of the list.

    Args:
        call: The call.
        binding: What the token is bound to.
        position: Where this page begins.
        end: Where it ends; None when it is the last.
        beyond: Tells where the page after it ends; None when that one is the last.
    """

    def token(after: Key | None, mark: Mark = "", back: Key | None = None) -> str:
        return call.sandbox.pager.token(binding, Position(after, position.total, mark, back))

    if position.mark == "loop":
        return token(position.after, "loop")
    if position.mark == "ahead":
        return token(position.back, "behind", end)
    if position.mark == "behind":
        return token(position.back) if position.back is not None else ""
    if call.page_fault == "repeat_page_token":
        call.page_fault_done = True
        return token(position.after, "loop")
    if call.page_fault == "duplicate_page" and position.mark != "again":
        call.page_fault_done = True
        return token(position.after, "again")
    if end is None:
        return ""
    if call.page_fault == "skip_page":
        call.page_fault_done = True
        far = beyond()
        return token(far) if far is not None else ""
    if call.page_fault == "reorder_pages" and (far := beyond()) is not None:
        call.page_fault_done = True
        return token(far, "ahead", end)
    return token(end)


def made_page(
    call: Call, elements: Sequence[Any], key: str, size: int, binding: str, more: dict[str, Any] | None = None
) -> Answer:
    """A page of a list that is made for the call: see `part_of`.

    Args:
        call: The call, with or without a `page_token`.
        elements: The whole list, in its order.
        key: Name of the list in the answer.
        size: Elements on a page.
        binding: What the list depends on, besides endpoint and shop.
        more: Further members of the answer.

    Raises:
        Refusal: 36009004 for a page token that does not belong to this list.
    """
    shown, following = part_of(call, elements, _allowed(call, size), binding)
    data = {**(more or {}), key: shown, "next_page_token": following, "total_count": len(elements)}
    return Answer([orjson.dumps(data)], len(shown))


def part_of(call: Call, elements: Sequence[Any], size: int, binding: str) -> tuple[Sequence[Any], str]:
    """The elements of the page that a call asks for, and the token of the next page.

    The list is made for the call, and so is as it is at the clock: what moves in it between two pages comes
    twice or not at all, as on the real platform.

    Raises:
        Refusal: 36009004 for a page token that does not belong to this list.
    """
    bound = f"{call.endpoint.name}|{call.owner().id}|{binding}"
    token = call.query.text("page_token")
    position = call.sandbox.pager.position(bound, token) if token else Position(None)
    start = position.after[0] if position.after is not None else 0

    def end_of(begin: int) -> Key | None:
        return (begin + size, "") if begin + size < len(elements) else None

    counted = replace(position, total=len(elements))
    following = _following(call, bound, counted, end_of(start), lambda: end_of(start + size))
    return elements[start : start + size], following


def timed_listing(
    call: Call,
    kind: str,
    key: str,
    default: Order,
    *,
    ids: list[str] | None = None,
    order_ids: list[str] | None = None,
    statuses: list[str] | None = None,
) -> Listing:
    """A list with windows on both times and either of them to sort by, as orders and returns are."""
    field: TimeField = choice(
        "sort_field", call.query.text("sort_field") or "create_time", get_args(TimeField)
    )
    other = "update_time" if field == "create_time" else "create_time"
    body = call.body
    return Listing(
        kind=kind,
        key=key,
        field=field,
        order=call.query.order(default),
        ge=body.integer(f"{field}_ge"),
        lt=body.integer(f"{field}_lt"),
        other_ge=body.integer(f"{other}_ge"),
        other_lt=body.integer(f"{other}_lt"),
        ids=_some(ids),
        order_ids=_some(order_ids),
        statuses=_some(statuses),
    )


def _some(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
