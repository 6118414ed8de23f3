"""What of a file is in no number, and what is though not all of it is understood: counted in orders and in money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from ingestion.seller_center.building import FileRows
from ingestion.seller_center.entities import Facts
from ingestion.seller_center.layouts import layouts
from ingestion.seller_center.outcomes import Doubtful
from ingestion.seller_center.sheets import Problem

_LEFT_OUT = frozenset(
    {
        "row_too_long",
        "row_too_short",
        "row_without_key",
        "unknown_column",
        "sheet_left_out",
        "control_total",
        "control_count",
    }
    | {"outside_of_period"}
)
"""What concerns money whatever its cells: rows, columns of amounts, sheets, and sums that the rows do not make."""
_COUNTED = frozenset({"unknown_fee"})

Effect = Literal["left_out", "counted", ""]


def effect_of(problem: Problem, facts: Mapping[str, Facts] | None = None) -> Effect:
    """What becomes of the money that a problem concerns; empty when it concerns none.

    Args:
        problem: Of severity `quarantine`.
        facts: Of the sheets: a cell that can't be read is money if its column is.
    """
    if problem.code in _COUNTED:
        return "counted"
    if problem.code in _LEFT_OUT:
        return "left_out"
    effect = problem.values.get("effect")
    if effect is not None:
        return effect  # type: ignore[return-value]
    decisions = facts[problem.sheet].decisions if facts and problem.sheet in facts else None
    if decisions is None or problem.column is None:
        return ""
    name = decisions.columns.get(problem.column)
    layout = layouts()[decisions.layout]
    # A row without its day is in no number of a day.
    is_money = problem.column in decisions.unmapped or (
        name is not None and (layout.kind.columns[name].type == "money" or name == layout.period)
    )
    return "left_out" if is_money else ""


def with_money(problems: Iterable[Problem], maker: FileRows) -> list[Problem]:
    """Problems of unknown columns, one for each currency, with what the columns add up to."""
    found: list[Problem] = []
    for problem in problems:
        sums = maker.unmapped.get((problem.sheet, problem.column or ""))
        if problem.code not in ("unknown_column", "unknown_fee") or not sums:
            found.append(problem)
            continue
        for currency, amount in sorted(sums.items(), key=lambda item: item[0] or ""):
            values = {"amount": format(amount, "f"), "currency": currency or "", "value": currency or ""}
            found.append(replace(problem, values={**problem.values, **values}))
    return found


def doubtful(problems: Sequence[Problem], facts: Mapping[str, Facts]) -> list[Doubtful]:
    """What of a file is in no number, or not understood, by sheet; first what is left out.

    Args:
        problems: All that was set aside.
        facts: Of its sheets.
    """
    found: dict[tuple[str, str], Doubtful] = {}
    for problem in problems:
        effect = effect_of(problem, facts)
        if not effect:
            continue
        kind = facts[problem.sheet].decisions.kind if problem.sheet in facts else ""
        one = found.setdefault((effect, problem.sheet), Doubtful(effect, kind))
        one.rows += int(problem.values.get("count", 1))
        if problem.values.get("id"):
            one.ids.add(problem.values["id"])
        amount = problem.values.get("amount")
        if amount is None:
            # A count or a second sum of the same rows is no more money than the first.
            one.unknown += problem.code not in ("control_total", "control_count")
        else:
            currency = problem.values.get("currency") or "?"
            one.amounts[currency] = one.amounts.get(currency, Decimal(0)) + Decimal(amount)
    return sorted(found.values(), key=lambda one: one.effect != "left_out")
