"""Answers what is summed over a period: these metrics, by these dimensions, in this period, from a published file.

| module | what |
| --- | --- |
| `source.py` | a published file, opened for reading, and the metric layer in it |
| `catalog.py` | the metrics of a file: unit, names in both languages, what they can be grouped by |
| `query.py` | a question and its answer, with currency, clock and marks; what has no right answer is refused |
| `render.py` | an answer as a table, as CSV and as JSON |

The definitions are the semantic models in `models/`; MetricFlow makes SQL of them, in process. Pages, reports, exports
and agents ask here and add up nothing themselves.
"""

from __future__ import annotations

from datetime import date

COMPARISONS = ("before", "week", "year")
"""Periods beside the one that is asked for: directly before (`period_before`), 7 days earlier, 52 weeks earlier."""


def period_before(since: date, until: date) -> tuple[date, date]:
    """The period directly before: beside whole months as many whole months, beside other days as many days.

    Args:
        since: First day.
        until: Last day, exclusive.

    Raises:
        OverflowError: There is no such day.
    """
    if since.day == until.day == 1:
        months = 12 * (until.year - since.year) + until.month - since.month
        year, month = divmod(12 * since.year + since.month - 1 - months, 12)
        if year < date.min.year:
            raise OverflowError
        return date(year, month + 1, 1), since
    return since - (until - since), since
