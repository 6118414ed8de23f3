"""Which field names records have: what a documented record may hold is compared by shape, not record by record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ingestion.engine.columns import Fields
from ingestion.engine.pages import Record


class Shape(NamedTuple):
    """Field names of some records.

    Attributes:
        any: Names that at least one record has.
        all: Names that every record has.
    """

    any: frozenset[str]
    all: frozenset[str]


Shapes = dict[str, Shape]
"""Shapes by path: `` for the records themselves, `payment.`, `line_items.item_tax.` and so on."""


def observe(records: Sequence[Record], known: Fields, path: str = "", seen: Shapes | None = None) -> Shapes:
    """The shapes of records and of the objects in them, as far as they are documented.

    Records of one kind come in few shapes: comparing shapes is much cheaper than comparing records.
    """
    seen = {} if seen is None else seen
    shapes = set(map(tuple, records))
    present = frozenset().union(*shapes)
    always = present if len(shapes) == 1 else frozenset(set(next(iter(shapes), ())).intersection(*shapes))
    seen[path] = Shape(present, always)
    for name in present:
        inner = known.get(name)
        if not inner:
            continue
        values = [value for record in records if (value := record.get(name))]
        nested = [value for value in values if type(value) is dict]
        if len(nested) < len(values):
            nested += [e for value in values if type(value) is list for e in value if type(e) is dict]
        if nested:
            observe(nested, inner, f"{path}{name}.", seen)
    return seen
