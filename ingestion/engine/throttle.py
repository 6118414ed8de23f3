"""Keeps calls of one kind apart in time, so that TikTok rarely has to say 429."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable


class Throttle:
    """A token bucket per key (shop and endpoint), for any number of threads.

    A bucket is kept as the moment at which its next call may leave. A caller takes that moment, moves it on
    by one interval and sleeps until its own has come; so waiting callers leave in the order in which they
    asked.

    Args:
        requests_per_second: Calls per second and key; 0 means unlimited.
        burst: Calls that may leave at once after a pause.
        clock: Monotonic seconds.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        requests_per_second: float,
        *,
        burst: int = 1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if requests_per_second < 0 or burst < 1:
            raise ValueError("requests_per_second must be 0 or more, burst 1 or more")
        self._interval = 1.0 / requests_per_second if requests_per_second else 0.0
        self._credit = self._interval * (burst - 1)
        self._clock = clock
        self._sleep = sleep
        self._next: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def wait(self, key: Hashable) -> float:
        """Blocks until a call of this key may leave. Returns the seconds waited."""
        with self._lock:
            now = self._clock()
            # A bucket fills up to `burst` calls and no further, however long it was idle.
            moment = max(self._next.get(key, now), now - self._credit)
            if self._interval:
                self._next[key] = moment + self._interval
        delay = moment - now
        if delay <= 0:
            return 0.0
        self._sleep(delay)
        return delay

    def pause(self, key: Hashable, seconds: float) -> None:
        """Holds back every call of this key for `seconds`: a 429 to one thread is meant for all."""
        with self._lock:
            until = self._clock() + seconds
            self._next[key] = max(self._next.get(key, until), until)
