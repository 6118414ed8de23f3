"""Trouble on request: rules that say which calls go wrong, and how.

A rule is a JSON object. Which calls it concerns:

- `path`: text that the path contains; `endpoint`: name of the endpoint; `shop`: shop id or a list of them;
  `method`.
- of the calls that match, counted from 1: `nth` (a number or a list), `every` (each k-th), `skip` (not the
  first n), `probability` with `seed` (repeatable), `count` (at most n times). Without any of them: every
  call.

What happens is `effect`, with its own settings:

| effect | settings (default) | what the client sees |
|---|---|---|
| `error` | `code` (36009003), `http_status` (of the code), `message` | an error envelope |
| `rate_limit` | `retry_after` (1), `code` (36009002) | 429 with Retry-After |
| `gateway_html` | `http_status` (502) | a gateway's HTML page |
| `reset` | | the connection is reset, without an answer |
| `truncate` | `keep` (0.5) | Content-Length of the whole, that part of the body, connection closed |
| `delay` | `seconds` (1) | the answer comes late |
| `slow` | `seconds` (1) | the body comes in ten pieces over that time |
| `repeat_page_token` | | from here on the list points back to this page for ever |
| `duplicate_page` | | the page comes twice, under two tokens, then the list goes on |
| `skip_page` | | the page after this one never comes; the total still counts it |
| `reorder_pages` | | the two pages after this one come in the wrong order (of ads lists: a page backwards) |
| `null_list` | | the list is null, as if the page were empty |
| `list_as_object` | | the list is an object of its elements by number |
| `expire_token` | | all access tokens of the Shop API end with this call, before their time |
| `skew_clock` | `seconds` (600) | this call's signature is judged by a clock that is so far ahead |
| `drop_field`, `null_field` | `field` | a field of the list's elements is absent or null |
| `set_field` | `field`, `value` | a field has another value or type, or is one nobody knows |
| `unknown_status` | `value` (SANDBOX_NEW_STATUS) | the status of the elements is one nobody knows |
| `unknown_fee` | `key` (sandbox_new_fee_amount) | the first fee not zero goes by a name nobody knows |
| `advance_clock` | `seconds` (60) | the world's clock is moved on after the answer |

What can't happen does not count: a rule whose call has no next page to skip, or no element to change, waits for
one that has.

`field` is a dotted path inside an element; lists on the way are gone through (`line_items.sale_price`).
`elements` (all) limits a change to the first n elements of a page.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TRIGGERS = {"path", "endpoint", "shop", "method", "nth", "every", "skip", "probability", "seed", "count"}
_SETTINGS: dict[str, set[str]] = {
    "error": {"code", "http_status", "message"},
    "rate_limit": {"retry_after", "code"},
    "gateway_html": {"http_status"},
    "reset": set(),
    "truncate": {"keep"},
    "delay": {"seconds"},
    "slow": {"seconds"},
    "repeat_page_token": set(),
    "duplicate_page": set(),
    "skip_page": set(),
    "reorder_pages": set(),
    "null_list": set(),
    "list_as_object": set(),
    "expire_token": set(),
    "skew_clock": {"seconds"},
    "drop_field": {"field", "elements"},
    "null_field": {"field", "elements"},
    "set_field": {"field", "value", "elements"},
    "unknown_status": {"value", "elements"},
    "unknown_fee": {"key", "elements"},
    "advance_clock": {"seconds"},
}
_NEEDED: dict[str, set[str]] = {
    "drop_field": {"field"},
    "null_field": {"field"},
    "set_field": {"field", "value"},
}
PAGE_EFFECTS = frozenset({"repeat_page_token", "duplicate_page", "skip_page", "reorder_pages"})
"""Effects on what comes as the next page of a list."""
_NUMBERS = {
    "every",
    "skip",
    "probability",
    "count",
    "code",
    "http_status",
    "retry_after",
    "keep",
    "seconds",
    "elements",
}
_TEXTS = {"path", "endpoint", "method", "message", "field", "key"}


@dataclass(slots=True)
class Rule:
    """One rule and how often it has matched and hit.

    Attributes:
        effect: Name of the effect.
        settings: The rule as it was given, without `effect`.
        matched: Calls it concerned.
        hits: Calls that went wrong.
    """

    effect: str
    settings: dict[str, Any]
    matched: int = 0
    hits: int = 0
    _dice: random.Random = field(default_factory=random.Random)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Rule:
        """Reads a rule.

        Raises:
            ValueError: An unknown effect or setting, a missing or unusable one.
        """
        effect = given.get("effect")
        if not isinstance(effect, str) or effect not in _SETTINGS:
            raise ValueError(f"effect must be one of {', '.join(sorted(_SETTINGS))}; got {effect!r}")
        settings = {key: value for key, value in given.items() if key != "effect"}
        unknown = settings.keys() - _TRIGGERS - _SETTINGS[effect]
        missing = _NEEDED.get(effect, set()) - settings.keys()
        if unknown or missing:
            raise ValueError(
                f"effect {effect}: unknown {sorted(unknown) or 'nothing'}, "
                f"missing {sorted(missing) or 'nothing'}; it knows {sorted(_TRIGGERS | _SETTINGS[effect])}"
            )
        for key in _NUMBERS & settings.keys():
            if (
                not isinstance(settings[key], int | float)
                or isinstance(settings[key], bool)
                or settings[key] < 0
            ):
                raise ValueError(f"{key} must be a number, not below 0; got {settings[key]!r}")
        for key in _TEXTS & settings.keys():
            if not isinstance(settings[key], str) or not settings[key]:
                raise ValueError(f"{key} must be a text; got {settings[key]!r}")
        if settings.get("every") == 0 or settings.get("elements") == 0 or settings.get("keep", 0) >= 1:
            raise ValueError("every and elements must be at least 1, keep below 1")
        for key in {"nth", "shop"} & settings.keys():
            values = settings[key] if isinstance(settings[key], list) else [settings[key]]
            wanted: type = int if key == "nth" else str
            if not values or not all(isinstance(value, wanted) for value in values):
                raise ValueError(f"{key} must be {wanted.__name__} or a list of it; got {settings[key]!r}")
            settings[key] = values
        return cls(effect, settings, _dice=random.Random(settings.get("seed", 0)))

    def concerns(self, endpoint: str, path: str, shop_id: str, method: str) -> bool:
        """Whether a call is one of those the rule counts."""
        settings = self.settings
        return (
            settings.get("path", "") in path
            and settings.get("endpoint", endpoint) == endpoint
            and ("shop" not in settings or shop_id in settings["shop"])
            and settings.get("method", method) == method
        )

    def strikes(self) -> bool:
        """Counts a call that the rule concerns and says whether it goes wrong."""
        self.matched += 1
        settings = self.settings
        # The dice are thrown for every call, so that which calls are hit depends on the seed alone.
        chosen = "probability" not in settings or self._dice.random() < settings["probability"]
        counted = self.matched - int(settings.get("skip", 0))
        hit = (
            chosen
            and counted > 0
            and ("nth" not in settings or self.matched in settings["nth"])
            and ("every" not in settings or counted % int(settings["every"]) == 0)
            and ("count" not in settings or self.hits < settings["count"])
        )
        self.hits += hit
        return hit

    def give_back(self) -> None:
        """Takes a hit back: what was to go wrong could not."""
        self.hits -= 1

    def as_json(self) -> dict[str, Any]:
        """The rule with its counts."""
        return {"effect": self.effect, **self.settings, "matched": self.matched, "hits": self.hits}


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def hits(self, endpoint: str, path: str, shop_id: str, method: str) -> list[Rule]:
        """The rules that strike a call, in the order in which they were given."""
        if not self.rules:
            return []
        concerned = [rule for rule in self.rules if rule.concerns(endpoint, path, shop_id, method)]
        return [rule for rule in concerned if rule.strikes()]
