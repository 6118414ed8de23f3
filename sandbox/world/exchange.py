"""The world's exchange rates: one a business day, as a central bank publishes them; none at weekends."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal

# Yuan per unit in the middle of the period; each day moves up to one percent around it.
_YUAN_PER_UNIT = {
    "CNY": Decimal(1),
    "THB": Decimal("0.2187"),
    "VND": Decimal("0.00027815"),
    "MYR": Decimal("1.6932"),
    "GBP": Decimal("9.4571"),
    "USD": Decimal("7.1234"),
}
_DIGITS = 10


def rates_between(start: date, end: date, base: str, quote: str) -> list[tuple[date, Decimal]]:
    """Rates of `start` to `end`, both included: units of `quote` for one of `base`; else none."""
    if base not in _YUAN_PER_UNIT or quote not in _YUAN_PER_UNIT:
        return []
    days = (start + timedelta(days=number) for number in range((end - start).days + 1))
    return [(day, _rate(day, base, quote)) for day in days if day.weekday() < 5]


def _rate(day: date, base: str, quote: str) -> Decimal:
    if base == quote:
        return Decimal(1)
    rate = _yuan(day, base) / _yuan(day, quote)
    return rate.quantize(Decimal(1).scaleb(-_DIGITS))


def _yuan(day: date, currency: str) -> Decimal:
    if currency == "CNY":
        return Decimal(1)
    digest = hashlib.sha256(f"{day.isoformat()} {currency}".encode()).digest()
    # -1.000 to +1.000 percent, in steps of a thousandth.
    move = Decimal(int.from_bytes(digest[:4], "big") % 2001 - 1000) / Decimal(100_000)
    return _YUAN_PER_UNIT[currency] * (1 + move)
