"""By when a seller has to ship an order, and a carrier to deliver it.

Deadlines are the last second of a day of the shop's calendar. They count from the sale, over the days that count
in the market: all but Sunday in South East Asia, Monday to Friday in Britain and the United States.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sandbox.world.catalog import Shop

READY_DAYS = 1
"""Days that count until an order has to be ready for the carrier."""
COLLECTED_DAYS = 2
"""Days that count until the carrier has to have it."""
DELIVERED_AFTER = 6
"""Days from there until the buyer has to have it."""
GIVEN_UP_AFTER = 3
"""Days after which the platform cancels an order that is not ready."""

_SUNDAY, _WEEKEND = (6,), (5, 6)
_IDLE = {"TH": _SUNDAY, "VN": _SUNDAY, "MY": _SUNDAY, "GB": _WEEKEND, "US": _WEEKEND}
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The deadlines of an order, unix seconds.

    Attributes:
        ready: To be marked as ready to ship.
        collected: To be with the carrier.
        delivered: To be with the buyer.
        given_up: When the platform cancels what is not ready.
    """

    ready: int
    collected: int
    delivered: int
    given_up: int


def deadlines(shop: Shop, sold: int) -> Deadlines:
    """The deadlines of an order of a shop that was sold at a moment."""
    # A whole hour lies on one day of every shop's calendar.
    return _of_hour(shop, sold // _HOUR)


@cache
def _of_hour(shop: Shop, hour: int) -> Deadlines:
    zone = ZoneInfo(shop.timezone)
    sold = datetime.fromtimestamp(hour * _HOUR, zone).date()
    ready = _counted(shop, sold, READY_DAYS)
    collected = _counted(shop, sold, COLLECTED_DAYS)
    return Deadlines(
        ready=_end_of(ready, zone),
        collected=_end_of(collected, zone),
        delivered=_end_of(collected + timedelta(days=DELIVERED_AFTER), zone),
        given_up=_end_of(ready + timedelta(days=GIVEN_UP_AFTER), zone),
    )


def _counted(shop: Shop, day: date, days: int) -> date:
    idle = _IDLE[shop.region]
    while days:
        day += timedelta(days=1)
        days -= day.weekday() not in idle
    return day


def _end_of(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(23, 59, 59), zone).timestamp())
