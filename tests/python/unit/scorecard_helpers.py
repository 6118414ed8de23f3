"""Team scorecards as they are published, for homes of a test's own."""

from __future__ import annotations

COLUMNS = """
    month_start date, person_name varchar, role varchar, kpi_name varchar, unit varchar, lower_is_better boolean,
    reporting_currency varchar, defined_by varchar, frozen_at timestamptz,
    assigned_shops bigint, days_with_figures bigint, actual decimal(28, 10), target decimal(28, 10),
    weight decimal(18, 10), attainment_cap decimal(18, 10), attainment double, score decimal(18, 4),
    is_complete boolean, is_provisional boolean, definition_version bigint, definition_digest varchar,
    restated_assigned_shops bigint, restated_days_with_figures bigint, restated_actual decimal(28, 10),
    restated_target decimal(28, 10), restated_weight decimal(18, 10), restated_attainment_cap decimal(18, 10),
    restated_attainment double, restated_score decimal(18, 4), restated_is_complete boolean,
    restated_is_provisional boolean, restated_definition_version bigint, restated_definition_digest varchar
"""
NOW = "2, 31, 87.5, 175, 0.6, 1.2, 0.5, 30"
THEN = "2, 31, 175, 175, 0.6, 1.2, 1, 60"
NULLS = ", ".join(["null"] * 12)


def row(person: str, kpi: str, figures: str, *, provisional: bool = False, complete: bool = True) -> str:
    """A row of a month that is not frozen."""
    head = f"'2026-10-01', '{person}', 'operations', '{kpi}', 'reporting currency', false, 'CNY'"
    return f"({head}, 'kpi_shop_daily.{kpi}', null, {figures}, {complete}, {provisional}, 1, 'd1', {NULLS})"
