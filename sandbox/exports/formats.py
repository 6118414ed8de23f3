"""How the platform writes amounts, ratios and times into its files: differently in each."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from sandbox.world.catalog import Shop

SYMBOLS = {"THB": "฿", "VND": "₫", "MYR": "RM", "GBP": "£", "USD": "$"}
"""What stands before an amount, or in a header, in a market."""

_WHOLE = Decimal(1)
_CENT = Decimal("0.01")


def plain(amount: Decimal, shop: Shop) -> str:
    """1234.50."""
    return f"{amount:.{shop.digits}f}"


def coded(amount: Decimal, shop: Shop) -> str:
    """THB 1,234.50."""
    return f"{shop.currency} {amount:,.{shop.digits}f}"


def continental(amount: Decimal, shop: Shop) -> str:
    """1.234,50: points group, a comma separates decimals."""
    return f"{amount:,.{shop.digits}f}".translate(str.maketrans(",.", ".,"))


def symbolic(amount: Decimal, shop: Shop) -> str:
    """฿1,234.50 and ₫2,281,428: English marks in every market, as in files of an English or Spanish page."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{SYMBOLS[shop.currency]}{abs(amount):,.{shop.digits}f}"


def displayed(shown: str, shop: Shop) -> Decimal:
    """The amount in a text of the API, which writes ฿1,234.50, but ₫1.234.500 (`affiliates.displayed`)."""
    digits = shown.replace(SYMBOLS[shop.currency], "").replace(",", "")
    return Decimal(digits.replace(".", "") if shop.digits == 0 else digits)


def percent(ratio: str) -> str:
    """0.033233 as 3.32%: four decimals of the ratio are lost, as in the platform's daily files."""
    return f"{(Decimal(ratio) * 100).quantize(_CENT, ROUND_HALF_UP)}%"


def whole_percent(ratio: str) -> str:
    """0.033233 as 3%."""
    return f"{(Decimal(ratio) * 100).quantize(_WHOLE, ROUND_HALF_UP)}%"


def rate(hundredths: str) -> str:
    """1550 hundredths of a percent as 15.5%."""
    return f"{Decimal(hundredths) / 100:f}%".replace(".00%", "%")


def day_first(moment: datetime) -> str:
    """31/10/2026 14:05:09."""
    return f"{moment:%d/%m/%Y %H:%M:%S}"


def month_first(moment: datetime) -> str:
    """10/31/2026 2:05:09 PM."""
    hour = moment.hour % 12 or 12
    return f"{moment:%m/%d/%Y} {hour}:{moment:%M:%S} {'AM' if moment.hour < 12 else 'PM'}"
