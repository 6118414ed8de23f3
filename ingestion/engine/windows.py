"""How progress is kept: windows of time, and checkpoints that move a cursor once what is before them is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, TypeVar

from ingestion.engine.errors import ApiError
from ingestion.engine.pages import Page

SHORTEST_SLICE = 600
"""Seconds; a window shorter than two of them is read as it is."""

States = Callable[[str], dict[str, Any]]
"""dlt's state of a resource, by the resource's name."""


C = TypeVar("C")
"""How a source describes a call."""


@dataclass(frozen=True, slots=True)
class Checkpoint(Generic[C]):
    """Everything before it is complete.

    Attributes:
        apply: Writes the progress into dlt's state.
        call: The call that was completed, if it was one.
        refused: Why the call has no answer, if it is one that may be passed over.
    """

    apply: Callable[[States], None]
    call: C | None = None
    refused: ApiError | None = None


Step = Page | Checkpoint[Any]
"""What a reader yields: pages, and checkpoints after them."""


@dataclass(frozen=True, slots=True)
class Window:
    """What to read of a resource that comes by time: [start, until), in unix seconds.

    Attributes:
        start: Inclusive.
        until: Exclusive.
        since: The start that was asked for explicitly; None when the cursor decides.
    """

    start: int
    until: int
    since: int | None = None

    def advance(self, resource: str, reached: int, *, done: bool) -> Callable[[States], None]:
        """Notes that everything from the start up to `reached` is complete."""

        def apply(states: States) -> None:
            state = states(resource)
            # Kept with the rows, as the log of a run that is killed is never written.
            known = state.get("begin", state.get("cursor"))
            # A backfill that goes on begins where it stopped; what it had read begins at `since`.
            start = self.start if self.since is None else min(self.start, self.since)
            # Until it meets what is there already, a gap lies between the two.
            if known is None or reached >= known:
                state["begin"] = start if known is None else min(start, known)
            state["cursor"] = max(reached, state.get("cursor", reached))
            if self.since is None:
                return
            if done:
                state.pop("backfill", None)
            else:
                state["backfill"] = {"since": self.since, "at": reached}

        return apply


def plan_window(
    state: Mapping[str, Any], *, since: int | None, until: int, history: int, reread: int
) -> Window | None:
    """What to read next. Windows never leave a gap behind the cursor.

    Args:
        state: dlt's state: `cursor` (everything before is complete, since `begin`) and `backfill` (an explicit start
            that is not finished yet).
        since: Explicit start: the time from there is read again. A start beyond the cursor is moved to it.
        until: End, exclusive.
        history: Seconds that a first sync reads.
        reread: Seconds behind the cursor that are read again, as far as they had been read.

    Returns:
        The window, or None when there is nothing before `until`.
    """
    cursor = state.get("cursor")
    if since is not None:
        start = since if cursor is None else min(since, cursor)
        backfill = state.get("backfill")
        if backfill and backfill["since"] == since:
            start = max(start, backfill["at"])
    elif cursor is None:
        start = until - history
    else:
        # Not behind the beginning: else the days in front of it would be there or not, depending on how often
        # a first sync was interrupted.
        start = max(cursor - reread, state.get("begin", 0))
    return Window(start, until, since) if start < until else None


def cut_window(window: tuple[int, int], parts: int) -> list[tuple[int, int]]:
    """Cuts a half-open window into `parts` of nearly equal length, none shorter than `SHORTEST_SLICE`."""
    start, end = window
    parts = max(1, min(parts, (end - start) // SHORTEST_SLICE))
    edges = [start + (end - start) * index // parts for index in range(parts + 1)]
    return list(pairwise(edges))
