"""What stands beside a period: a month beside a figure of the month before, which people have in other files."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.deliver.report.period import period_of
from orchestration.metrics import period_before


@pytest.mark.parametrize(
    ("since", "until", "before"),
    [
        # October beside September, not beside 31 August to 30 September, which is a figure of no month.
        (date(2026, 10, 1), date(2026, 11, 1), (date(2026, 9, 1), date(2026, 10, 1))),
        (date(2027, 1, 1), date(2027, 2, 1), (date(2026, 12, 1), date(2027, 1, 1))),
        (date(2026, 7, 1), date(2026, 10, 1), (date(2026, 4, 1), date(2026, 7, 1))),
        (date(2026, 1, 1), date(2027, 1, 1), (date(2025, 1, 1), date(2026, 1, 1))),
        (date(2026, 11, 2), date(2026, 11, 9), (date(2026, 10, 26), date(2026, 11, 2))),
        (date(2026, 10, 1), date(2026, 10, 31), (date(2026, 9, 1), date(2026, 10, 1))),
    ],
)
def test_a_month_stands_beside_the_month_before(since: date, until: date, before: tuple[date, date]) -> None:
    assert period_before(since, until) == before


def test_there_is_no_month_before_the_first() -> None:
    with pytest.raises(OverflowError):
        period_before(date(1, 1, 1), date(1, 2, 1))


def test_a_report_names_the_days_that_it_compares_with() -> None:
    zone = "Asia/Shanghai"
    assert period_of("monthly", date(2026, 10, 5), zone).before == (date(2026, 9, 1), date(2026, 9, 30))
    assert period_of("weekly", date(2026, 11, 4), zone).before == (date(2026, 10, 26), date(2026, 11, 1))
    assert period_of("daily", date(2026, 11, 4), zone).before == (date(2026, 10, 28), date(2026, 10, 28))
