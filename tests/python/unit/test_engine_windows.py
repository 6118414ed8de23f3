"""Which windows are read: half-open, without gaps, with a look-back, resumable."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from shop_fakes import DAY, NOW

from ingestion.engine.windows import SHORTEST_SLICE, Window, cut_window, plan_window
from ingestion.tiktok_shop.reading import Call, sliced

PLAN: dict[str, Any] = {"until": NOW, "history": 120 * DAY, "reread": 2 * DAY, "since": None}


def test_first_sync_and_next() -> None:
    assert plan_window({}, **PLAN) == Window(NOW - 120 * DAY, NOW)
    assert plan_window({"cursor": NOW - DAY}, **PLAN) == Window(NOW - 3 * DAY, NOW)
    assert plan_window({"cursor": NOW + 9 * DAY}, **PLAN) is None


def test_nothing_is_read_again_that_no_sync_had_asked_for() -> None:
    """A first sync that was killed must end with the days of one that was not."""
    state = {"begin": NOW - 30 * DAY, "cursor": NOW}
    again = plan_window(state, since=None, until=NOW + 60, history=30 * DAY, reread=31 * DAY)
    assert again == Window(NOW - 30 * DAY, NOW + 60)
    later = {"begin": NOW - 30 * DAY, "cursor": NOW + 5 * DAY}
    window = plan_window(later, since=None, until=NOW + 6 * DAY, history=30 * DAY, reread=31 * DAY)
    assert window == Window(NOW - 26 * DAY, NOW + 6 * DAY)


def test_explicit_start_never_leaves_a_gap() -> None:
    plan = PLAN | {"since": NOW - 10 * DAY}
    assert plan_window({}, **plan) == Window(NOW - 10 * DAY, NOW, NOW - 10 * DAY)
    assert plan_window({"cursor": NOW - DAY}, **plan).start == NOW - 10 * DAY  # type: ignore[union-attr]
    assert plan_window({"cursor": NOW - 50 * DAY}, **plan).start == NOW - 50 * DAY  # type: ignore[union-attr]


def test_an_interrupted_backfill_continues() -> None:
    since = NOW - 100 * DAY
    states: dict[str, dict[str, Any]] = {"orders": {"cursor": NOW - DAY}}
    window = plan_window(states["orders"], **(PLAN | {"since": since}))
    assert window is not None
    window.advance("orders", NOW - 60 * DAY, done=False)(states.__getitem__)
    assert states["orders"]["cursor"] == NOW - DAY
    again = plan_window(states["orders"], **(PLAN | {"since": since, "until": NOW + 60}))
    assert again is not None and again.start == NOW - 60 * DAY
    again.advance("orders", NOW + 60, done=True)(states.__getitem__)
    assert states["orders"] == {"cursor": NOW + 60, "begin": since}
    other = plan_window(states["orders"], **(PLAN | {"since": since, "until": NOW + 60}))
    assert other is not None and other.start == since


def test_a_backfill_that_is_killed_does_not_count_as_complete_before_it_meets_the_rest() -> None:
    """Guards `complete_from`: the first slice of a backfill moved it to the start, over days that nobody had read."""
    states: dict[str, dict[str, Any]] = {"orders": {"begin": NOW - 30 * DAY, "cursor": NOW - DAY}}
    plan = PLAN | {"since": NOW - 100 * DAY}
    window = plan_window(states["orders"], **plan)
    assert window is not None
    window.advance("orders", NOW - 60 * DAY, done=False)(states.__getitem__)
    assert states["orders"]["begin"] == NOW - 30 * DAY
    again = plan_window(states["orders"], **plan)
    assert again is not None and again.start == NOW - 60 * DAY
    again.advance("orders", NOW - 20 * DAY, done=False)(states.__getitem__)
    assert states["orders"]["begin"] == NOW - 100 * DAY


@settings(deadline=None)  # machines are slow at times
@given(st.integers(0, 10**9), st.integers(1, 10**8), st.integers(1, 400))
def test_slices_cover_the_window_exactly(start: int, length: int, parts: int) -> None:
    slices = cut_window((start, start + length), parts)
    assert slices[0][0] == start and slices[-1][1] == start + length
    assert all(left[1] == right[0] for left, right in pairwise(slices))
    assert all(a < b for a, b in slices)
    assert len(slices) == 1 or min(b - a for a, b in slices) >= SHORTEST_SLICE


@settings(deadline=None)  # machines are slow at times
@given(st.integers(0, 3_000_000), st.integers(0, NOW - 1))
def test_splitting_by_count(total: int, start: int) -> None:
    split = sliced(lambda call, window: Call(window=window))
    calls = split(Call(window=(start, NOW)), total)
    if calls is None:
        assert total <= 4_000 or NOW - start < 2 * SHORTEST_SLICE
        return
    windows = [call.window for call in calls if call.window]
    assert windows[0][0] == start and windows[-1][1] == NOW
    assert all(left[1] == right[0] for left, right in pairwise(windows))


def test_an_empty_half_year_costs_one_call() -> None:
    split = sliced(lambda call, window: Call(window=window))
    assert split(Call(window=(NOW - 180 * DAY, NOW)), 0) is None


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, int | None, int | None]]:
    """Syncs of a shop, one after the other: end, explicit start if any, and the slice after which it is killed."""
    ends = sorted(draw(st.lists(st.integers(1, 400), min_size=1, max_size=12)))
    return [
        (
            NOW + end * 3_600,
            draw(st.none() | st.integers(1, 200).map(lambda days: NOW - days * DAY)),
            draw(st.none() | st.integers(0, 4)),
        )
        for end in ends
    ]


@settings(deadline=None)  # machines are slow at times
@given(histories())
def test_whatever_is_killed_the_cursor_never_passes_what_was_not_read(
    history: list[tuple[int, int | None, int | None]],
) -> None:
    """Guards a gap: between `begin` and `cursor` every second was read by a sync that committed it."""
    states: dict[str, dict[str, Any]] = {"orders": {}}
    read: list[tuple[int, int]] = []
    for until, since, killed_after in history:
        window = plan_window(states["orders"], since=since, until=until, history=30 * DAY, reread=DAY)
        if window is None:
            continue
        for number, (start, end) in enumerate(cut_window((window.start, window.until), 5)):
            if number == killed_after:
                break
            window.advance("orders", end, done=end == window.until)(states.__getitem__)
            read.append((start, end))
        state = states["orders"]
        if "cursor" in state:
            reached = state["begin"]
            for start, end in sorted(read):
                if start <= reached:
                    reached = max(reached, end)
            assert reached >= state["cursor"]
