"""Amounts are whole numbers of the smallest unit; the API gets them as decimal text."""

from __future__ import annotations

from collections.abc import Sequence


def text(amount: int, digits: int) -> str:
    """An amount as the API writes it: `-1234` with two digits is `-12.34`."""
    if digits == 0:
        return str(amount)
    if amount < 0:
        return f"-{text(-amount, digits)}"
    shown = str(amount)
    if len(shown) > digits:
        return f"{shown[:-digits]}.{shown[-digits:]}"
    return f"0.{shown.zfill(digits)}"


def share(amount: int, part: int, whole: int) -> int:
    """`amount * part / whole`, rounded half away from zero."""
    if whole == 0:
        return 0
    product = abs(amount) * part
    rounded = (2 * product + whole) // (2 * whole)
    return rounded if amount >= 0 else -rounded


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Parts after the weights that add up to exactly `amount`; what is left by rounding goes to the last."""
    total = sum(weights)
    if total == 0:
        return [0] * (len(weights) - 1) + [amount]
    parts = [share(amount, weight, total) for weight in weights[:-1]]
    return [*parts, amount - sum(parts)]
