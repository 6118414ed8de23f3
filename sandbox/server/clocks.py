"""Two clocks: the world's says what has happened, the wall's judges signatures and tokens."""

from __future__ import annotations

import time
from email.utils import formatdate


class WallClock:
    """The time of the server's machine, which can be put wrong to try a client whose clock disagrees."""

    def __init__(self) -> None:
        self.offset_seconds = 0.0
        self._date = (0, b"")

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.offset_seconds

    def http_date(self) -> bytes:
        """The `Date` header of now."""
        second = int(self.now())
        if self._date[0] != second:
            self._date = (second, formatdate(second, usegmt=True).encode())
        return self._date[1]


class WorldClock:
    """The time in the seller's world; runs only when it is told to, and never back.

    Attributes:
        now: Unix seconds.
        horizon: The last moment the world knows about.
    """

    def __init__(self, now: int, horizon: int) -> None:
        self.now = now
        self.horizon = horizon

    def advance(self, seconds: int) -> None:
        """Moves the clock on, at most to the horizon."""
        self.now = max(self.now, min(self.now + seconds, self.horizon))

    def set(self, now: int) -> None:
        """Moves the clock to a moment.

        Raises:
            ValueError: The moment lies in the past, or behind the horizon.
        """
        if now < self.now:
            raise ValueError(f"the world's clock is at {self.now} and can't go back to {now}")
        if now > self.horizon:
            raise ValueError(f"this world ends at {self.horizon}, before {now}")
        self.now = now
