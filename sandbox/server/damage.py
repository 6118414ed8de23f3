"""Changes that faults make to the elements of an answer. Only then is a body parsed and written again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from sandbox.server.faults import Rule

_STATUS_FIELDS = ("status", "return_status", "cancel_status", "payment_status")


def damaged(data: bytes, list_path: str, rules: Sequence[Rule]) -> bytes:
    """The data of an answer with the changes of `rules` in its elements.

    Args:
        data: JSON object.
        list_path: Dotted path of the list inside it; empty when the object itself is the one element.
        rules: Rules whose effects change elements; others are passed over.
    """
    document = orjson.loads(data)
    elements: list[dict[str, Any]] = [document]
    if list_path:
        *outer, name = list_path.split(".")
        holder: Any = document
        for key in outer:
            holder = holder.get(key) or {}
        found = holder.get(name)
        elements = found if isinstance(found, list) else []
        for rule in rules:
            if rule.effect in _LIST_CHANGES:
                holder[name] = _LIST_CHANGES[rule.effect](elements)
    for rule in rules:
        change = _CHANGES.get(rule.effect)
        if change is not None:
            for element in elements[: rule.settings.get("elements")]:
                change(element, rule)
    return orjson.dumps(document)


def _drop(element: dict[str, Any], rule: Rule) -> None:
    for owner, key in _owners(element, rule.settings["field"]):
        owner.pop(key, None)


def _null(element: dict[str, Any], rule: Rule) -> None:
    for owner, key in _owners(element, rule.settings["field"]):
        owner[key] = None


def _set(element: dict[str, Any], rule: Rule) -> None:
    for owner, key in _owners(element, rule.settings["field"]):
        owner[key] = rule.settings["value"]


def _unknown_status(element: dict[str, Any], rule: Rule) -> None:
    for key in _STATUS_FIELDS:
        if key in element:
            element[key] = rule.settings.get("value", "SANDBOX_NEW_STATUS")
            return


def _unknown_fee(element: dict[str, Any], rule: Rule) -> None:
    """Renames a fee instead of adding one, so that the sums of the answer stay right, as they would be."""
    for breakdown, key in _owners(element, "fee_tax_breakdown.fee"):
        fees = breakdown.get(key)
        if not isinstance(fees, dict):
            continue
        charged = next((name for name, amount in fees.items() if amount and float(amount) != 0), None)
        if charged is not None:
            fees[rule.settings.get("key", "sandbox_new_fee_amount")] = fees.pop(charged)


_CHANGES: dict[str, Callable[[dict[str, Any], Rule], None]] = {
    "drop_field": _drop,
    "null_field": _null,
    "set_field": _set,
    "unknown_status": _unknown_status,
    "unknown_fee": _unknown_fee,
}

_LIST_CHANGES: dict[str, Callable[[list[Any]], Any]] = {
    "null_list": lambda elements: None,
    "list_as_object": lambda elements: {str(number): one for number, one in enumerate(elements)},
}

CHANGING = frozenset({*_CHANGES, *_LIST_CHANGES})
"""Effects that change elements, or their list."""


def _owners(element: Any, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects that hold (or could hold) the last key of a dotted path, with that key."""
    head, _, rest = path.partition(".")
    if isinstance(element, list):
        for item in element:
            yield from _owners(item, path)
    elif isinstance(element, dict):
        if not rest:
            yield element, head
        elif head in element:
            yield from _owners(element[head], rest)
