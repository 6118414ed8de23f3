"""Rate limits: one token bucket per shop and endpoint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class Limits:
    """Counts calls.

    Attributes:
        requests_per_second: Calls per second per shop and endpoint; None for no limit.
        burst: Size of a bucket.
    """

    def __init__(self, requests_per_second: float | None, burst: int) -> None:
        self.requests_per_second = requests_per_second
        self.burst = burst
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def configure(self, requests_per_second: float | None, burst: int) -> None:
        """Sets the limit and fills every bucket.

        Raises:
            ValueError: A limit that is not positive.
        """
        if (requests_per_second is not None and requests_per_second <= 0) or burst < 1:
            raise ValueError("requests_per_second must be null or above 0, burst at least 1")
        self.requests_per_second = requests_per_second
        self.burst = burst
        self._buckets.clear()

    def seconds_to_wait(self, shop_id: str, endpoint: str, now: float) -> float:
        """Takes one call from the bucket: 0 when there was one left, else the seconds until there is one.

        Args:
            shop_id: Shop, or empty.
            endpoint: Name of the endpoint.
            now: Monotonic seconds.
        """
        rate = self.requests_per_second
        if rate is None:
            return 0.0
        bucket = self._buckets.setdefault((shop_id, endpoint), _Bucket(float(self.burst), now))
        bucket.level = min(float(self.burst), bucket.level + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.level >= 1.0:
            bucket.level -= 1.0
            return 0.0
        return (1.0 - bucket.level) / rate
