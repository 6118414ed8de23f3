"""Seeded schedules of trouble: which faults, at which requests, and where the client is killed.

A plan is made of a seed and of what a calm run asks for, and nothing else: the same two give the same plan. Its
rules go to `/_sandbox/faults`; the kill is up to whoever runs the client, as no server can do that.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Settings = dict[str, Any]
Kind = Literal[
    "429",
    "5xx",
    "reset",
    "truncation",
    "slow body",
    "duplicate page",
    "missing page",
    "reordered pages",
    "repeated page token",
    "token expiry",
    "clock skew",
    "schema drift",
    "kill",
]

ADS, FX = "ads_", "fx_rates"
_PAGED = frozenset(
    {
        *("search_orders", "search_returns", "search_cancellations", "search_packages", "search_products"),
        *("statement_transactions", "unsettled_transactions", "live_sessions", "video_performance"),
        *("search_open_collaborations", "creator_content_details", "search_target_collaborations"),
        *("search_sample_applications", "ads_campaigns", "ads_gmv_max_campaigns", "ads_gmv_max_report"),
        "ads_integrated_report",
    }
)
"""Lists of several pages that say how many records there are: a page that is missing from them can be noticed."""
_UNCOUNTED = frozenset({"statements", "payments", "search_affiliate_orders"})
"""Lists of several pages that do not."""
_BURSTS = (1, 1, 1, 2, 3, 6)
"""For how many calls in a row a fault lasts; 6 are more than a client tries."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Where the client is killed.

    Attributes:
        at: `request`: while it waits for the answer to one; `write`: as it opens, renames or removes a file.
        nth: Which one, from 1.
    """

    at: Literal["request", "write"]
    nth: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault and the rule (see `faults`) that makes it."""

    kind: Kind
    rule: Settings


@dataclass(frozen=True, slots=True)
class Calm:
    """What a run without faults does.

    Attributes:
        requests: Calls by endpoint, named as in `/_sandbox/requests`.
        writes: Files it opens for writing, renames and removes.
    """

    requests: Mapping[str, int]
    writes: int


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """One schedule.

    Attributes:
        seed: Seed it was made of.
        faults: The faults, as rules in this order.
        kill: Where the client is killed; None when it is not.
    """

    seed: int
    faults: tuple[Fault, ...]
    kill: Kill | None

    @classmethod
    def from_seed(cls, seed: int, calm: Calm, *, most: int = 5) -> FaultPlan:
        """Makes the plan of a seed.

        Args:
            seed: Any number.
            calm: What a run without faults asks for: faults strike within it.
            most: Most kinds of fault in one plan.

        Raises:
            ValueError: The calm run asked for nothing that could go wrong.
        """
        if sum(calm.requests.values()) < 1 or calm.writes < 1:
            raise ValueError("the calm run asked for nothing: there is nothing that could go wrong")
        dice = random.Random(f"faults of {seed}")
        kinds = dice.sample([*_MAKERS, "kill"], dice.randint(1, most))
        faults: list[Fault] = []
        kill = None
        for kind in kinds:
            if kind == "kill":
                kill = _kill(dice, calm)
                continue
            places, make = _MAKERS[kind]
            found = sorted(name for name, calls in calm.requests.items() if calls and places(name))
            if not found:
                raise ValueError(f"the calm run made no call to which {kind} could happen")
            name = dice.choice(found)
            faults.append(Fault(kind, {**_where(name), **make(dice, name, calm.requests[name])}))
        return cls(seed, tuple(faults), kill)

    def rules(self) -> list[Settings]:
        """What to post to `/_sandbox/faults`."""
        return [fault.rule for fault in self.faults]


def _kill(dice: random.Random, calm: Calm) -> Kill:
    if dice.random() < 0.5:
        return Kill("request", dice.randint(1, sum(calm.requests.values())))
    return Kill("write", dice.randint(1, calm.writes))


def _where(name: str) -> Settings:
    if name.startswith(ADS):
        return {"path": "/open_api/", "endpoint": name.removeprefix(ADS)}
    return {"endpoint": name}


def _anywhere(name: str) -> bool:
    return not name.startswith("token_") and name != f"{ADS}access_token"


def _of_shops(name: str) -> bool:
    return _anywhere(name) and not name.startswith(ADS) and name != FX


def _has_lists(name: str) -> bool:
    return name in _PAGED or name in _UNCOUNTED


def _at(dice: random.Random, calls: int, bursts: Sequence[int] = _BURSTS) -> Settings:
    first = dice.randint(1, calls)
    return {"nth": list(range(first, first + dice.choice(bursts)))}


def _page(dice: random.Random, effect: str, calls: int, times: Sequence[int]) -> Settings:
    # Not at a numbered call: the rule waits for a page that it can strike.
    return {"effect": effect, "skip": dice.randint(0, max(0, calls - 2)), "count": dice.choice(times)}


def _server_error(dice: random.Random, name: str, calls: int) -> Settings:
    what: list[Settings] = [{"effect": "gateway_html", "http_status": status} for status in (502, 503, 504)]
    if not name.startswith(ADS):
        what.append({"effect": "error", "code": 36009003})
    return {**dice.choice(what), **_at(dice, calls)}


def _slow(dice: random.Random, name: str, calls: int) -> Settings:
    # The second is longer than a client waits whose patience is four seconds.
    what = dice.choice(({"effect": "slow", "seconds": 0.3}, {"effect": "delay", "seconds": 5}))
    return {**what, **_at(dice, calls, (1, 2))}


def _missing(dice: random.Random, name: str, calls: int) -> Settings:
    return _page(dice, dice.choice(("skip_page", "null_list")), calls, (1, 2, 6))


def _token(dice: random.Random, name: str, calls: int) -> Settings:
    if name.startswith(ADS):
        # Tokens of the Business API do not run out; one that is refused can't be renewed.
        return {"effect": "error", "code": 40105, **_at(dice, calls, (1,))}
    return {"effect": "expire_token", **_at(dice, calls)}


def _skew(dice: random.Random, name: str, calls: int) -> Settings:
    return {"effect": "skew_clock", "seconds": dice.choice((120, 600, 3_600)), **_at(dice, calls)}


def _drift(dice: random.Random, name: str, calls: int) -> Settings:
    value = dice.choice(("new", 7, None, {"nested": [1, 2]}))
    what = dice.choice(
        (
            {"effect": "set_field", "field": f"sandbox_field_{dice.randint(1, 9)}", "value": value},
            {"effect": "list_as_object"},
        )
    )
    return {**what, "skip": dice.randint(0, calls - 1), "count": dice.choice((1, 3))}


_MAKERS: dict[Kind, tuple[Callable[[str], bool], Callable[[random.Random, str, int], Settings]]] = {
    "429": (_anywhere, lambda dice, name, calls: {"effect": "rate_limit", **_at(dice, calls)}),
    "5xx": (_anywhere, _server_error),
    "reset": (_anywhere, lambda dice, name, calls: {"effect": "reset", **_at(dice, calls)}),
    "truncation": (
        _anywhere,
        lambda dice, name, calls: {
            "effect": "truncate",
            "keep": dice.randint(0, 95) / 100,
            **_at(dice, calls),
        },
    ),
    "slow body": (_anywhere, _slow),
    "duplicate page": (
        _has_lists,
        lambda dice, name, calls: _page(dice, "duplicate_page", calls, (1, 2, 5)),
    ),
    "missing page": (_PAGED.__contains__, _missing),
    "reordered pages": (
        _has_lists,
        lambda dice, name, calls: _page(dice, "reorder_pages", calls, (1, 2, 5)),
    ),
    "repeated page token": (
        _has_lists,
        lambda dice, name, calls: _page(dice, "repeat_page_token", calls, (1,)),
    ),
    "token expiry": (lambda name: _anywhere(name) and name != FX, _token),
    "clock skew": (_of_shops, _skew),
    "schema drift": (lambda name: _has_lists(name) and name not in _UNCOUNTED, _drift),
}

KINDS: tuple[Kind, ...] = (*_MAKERS, "kill")
"""All kinds of fault."""
