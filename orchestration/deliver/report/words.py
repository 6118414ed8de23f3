"""What things are called in both languages, and figures as people read them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from orchestration.metrics.render import UNKNOWN

Text = tuple[str, str]
"""The same in English and in 中文."""

LANGUAGES = ("en", "zh", "both")

NOT_FINAL: Text = ("not final", "暂定")
UNKNOWN_CELL: Text = (UNKNOWN, UNKNOWN)
"""What stands where a figure is unknown."""


def say(text: Text, language: str) -> str:
    """A text in a language; in both: 中文 first, then English, once where they are the same."""
    english, chinese = text
    if language == "en" or not chinese:
        return english
    return chinese if language == "zh" or english == chinese else f"{chinese} {english}"


def both(english: str) -> Text:
    """A name or figure that is the same in both languages."""
    return english, english


def figure(value: Any, unit: str) -> str:
    """A figure: thousands separated, money without decimals from 1,000, fractions per cent, unknown as a dash."""
    if value is None:
        return UNKNOWN
    if unit == "fraction":
        return _signed(f"{100 * Decimal(value):,.1f} %")
    if unit in ("shop currency", "reporting currency", "money"):
        return _signed(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}")
    if unit in ("ratio", "hours"):
        return _signed(f"{value:,.2f}")
    return _signed(f"{value:,.0f}" if value == int(value) else f"{value:,.1f}")


def change(value: float | None) -> str:
    """A change: an arrow and a sign, so that it can be read without colours."""
    if value is None:
        return UNKNOWN
    shown = _signed(f"{100 * value:+,.1f} %")
    return f"{'▲' if value > 0 else '▼' if value < 0 else '='} {shown}"


def _signed(text: str) -> str:
    return text.replace("-", "−")
