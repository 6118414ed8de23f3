"""Amounts as people read them."""

from __future__ import annotations

from decimal import Decimal

WITHOUT_DECIMALS = ("CLP", "IDR", "JPY", "KRW", "VND")
"""Currencies whose smallest unit is the unit; the same as those of `macros/money`."""


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency: `1,234.50 THB`, `90,000 VND`.

    It has the decimals of the currency, and more only where it is finer than its smallest unit: nothing is rounded off.
    """
    digits = amount.quantize(Decimal(1 if currency in WITHOUT_DECIMALS else "0.01"))
    return f"{digits if digits == amount else amount.normalize():,f} {currency}"


def percent(share: Decimal) -> str:
    """A share per cent, with all its digits: `5 %`, `1.2 %`."""
    return f"{(100 * share).normalize():f} %"
