"""Metrics by dimension and period, for agents: each with currency, clock and marks, or refused with the right way.

Beyond what `orchestration/metrics` refuses (adding currencies, groups that a metric does not know, periods of unlike
length), an agent is refused what a person would see for himself: days of several clocks in one table, a period that is
not over beside one that is, young net figures beside ripe ones, two versions of a definition in one sum, and names of
distinct counts and rates as if they were sums.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.deliver.agents.limits import (
    Asked,
    citation,
    page,
    plain,
    require_page,
    require_period,
    require_shop,
)
from orchestration.deliver.agents.words import base_name, glossary
from orchestration.metrics.catalog import GRAINS, Metric, chosen_metrics, metrics
from orchestration.metrics.query import Answer, Question, ask
from orchestration.metrics.source import Published

_RIPENS = re.compile(r"(^|_)(net|refund(ed)?|cancel(led|lation)?|profit|roi|roas_net|actual_commission)(_|$)")
"""Metrics that go on moving for weeks after the day, as cancellations, refunds and settlements come."""
_DISTINCT = ("buyers", "visitors", "viewers", "customers")
_MARK = (
    "not_final names the metrics of a row of which a part may still change; say so beside the number. "
    "partial says that a week or month is not whole: never compare that row with another. "
    "null is unknown, never 0. Do not add rates, distinct counts, or amounts of two currencies."
)


def query(
    file: Published,
    names: Sequence[str],
    *,
    by: Sequence[str],
    since: date | None,
    until: date | None,
    where: Mapping[str, Sequence[str]],
    compare: str,
    limit: int,
    offset: int,
    zone: str,
) -> dict[str, Any]:
    """Answer a question for metrics.

    Args:
        file: The published file.
        names: Metrics.
        by: What to group by.
        since: First day.
        until: Last day, exclusive.
        where: Values that a dimension may have.
        compare: The period beside it.
        limit: Rows of a page.
        offset: Where the page begins.
        zone: The reporting time zone, whose midnight ends a business date.

    Raises:
        Asked: There is no right answer; says how to ask.
        Refused, UnknownMetric: The same, by the metrics module.
    """
    require_page(limit, offset)
    require_period(since, until)
    wanted = wanted_metrics(file, names)
    for shop in where.get("shop", ()):
        require_shop(file, shop)
    _refuse_mixed_clocks(wanted, by, since, until)
    _refuse_two_versions(file, wanted, since, until)
    question = Question(
        metrics=tuple(one.name for one in wanted),
        by=tuple(by),
        since=since,
        until=until,
        where={name: tuple(values) for name, values in where.items()},
        compare=compare,
    )
    if compare:
        _refuse_open_period(file, wanted, since, until, zone)
    answer = ask(file, question)
    if compare:
        _refuse_unripe(file, answer, question)
    complete = complete_until(file, zone)
    rows = [
        {**row, "not_final": sorted(marks)} | _part_of(row, since, until, complete)
        for row, marks in zip(answer.rows, answer.not_final, strict=True)
    ]
    clocks = {metric.name: metric.clock for metric in answer.metrics}
    return {
        "question": {
            "metrics": list(question.metrics),
            "by": list(answer.by),
            "since": plain(since),
            "until": plain(until),
            "where": {name: list(values) for name, values in where.items()},
            "compare": compare or None,
        },
        "metrics": [
            {
                "name": metric.name,
                "label": metric.label,
                "label_zh": metric.label_zh,
                "unit": metric.unit,
                "currency": _currency(metric, answer),
                "clock": metric.clock,
                "summary": metric.summary,
            }
            for metric in answer.metrics
        ],
        "clock_note": _clock_note(clocks, zone),
        "compared_with": None
        if answer.since is None
        else {"since": plain(answer.since), "until": plain(answer.until)},
        **page(rows, limit, offset),
        "marks": _MARK,
        "citation": citation(file),
    }


def _part_of(
    row: Mapping[str, Any], since: date | None, until: date | None, complete: date | None
) -> dict[str, str]:
    """Of a row of a week, month, quarter or year that the question or the data cut: how many days of it there are. A
    part beside a whole one is no comparison."""
    grain = next((name for name in _LENGTHS if isinstance(row.get(name), date)), None)
    if grain is None:
        return {}
    first: date = row[grain]
    end = _LENGTHS[grain](first)
    there_from = max([first, *([since] if since else [])])
    there_until = min([end, *(one for one in (until, complete) if one)])
    days, length = max(0, (there_until - there_from).days), (end - first).days
    return {"partial": f"{days} of {length} days"} if days < length else {}


def _months_later(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


_LENGTHS: Mapping[str, Callable[[date], date]] = {
    "week": lambda first: first + timedelta(days=7),
    "month": lambda first: _months_later(first, 1),
    "quarter": lambda first: _months_later(first, 3),
    "year": lambda first: _months_later(first, 12),
}
"""Where a week, month, ... ends that begins on a day."""


def _currency(metric: Metric, answer: Answer) -> str | None:
    if metric.unit == "reporting currency":
        return answer.reporting_currency
    return "column currency of each row" if metric.unit == "shop currency" else None


def _clock_note(clocks: Mapping[str, str], zone: str) -> str:
    parts = []
    for clock in dict.fromkeys(clocks.values()):
        which = ", ".join(name for name, one in clocks.items() if one == clock)
        parts.append(f"{which}: days are {clock}{f' (days of {zone})' if clock == 'business_date' else ''}")
    return "; ".join(parts)


def wanted_metrics(file: Published, names: Sequence[str]) -> list[Metric]:
    """The metrics of these names.

    Raises:
        Asked: One is a column that can't be summed, or none is given.
        UnknownMetric: There is none of this name.
    """
    known = metrics(file)
    if not names:
        raise Asked("No metric is named.", advice="search_metrics finds the names.")
    for name in names:
        if name in known:
            continue
        columns = glossary(file, (), base_name(name))
        if not columns:
            continue
        tables = ", ".join(str(row["model_name"]) for row in columns[:4])
        kind = (
            "a distinct count" if any(word in name for word in _DISTINCT) else "no metric that can be summed"
        )
        raise Asked(
            f"{name} is {kind}: over several days or shops it has no right sum.",
            advice=f"Read it at its own grain with read_rows (table {tables}), or ask for a metric: search_metrics.",
        )
    return chosen_metrics(known, dict.fromkeys(names))


def _refuse_mixed_clocks(
    wanted: Sequence[Metric], by: Sequence[str], since: date | None, until: date | None
) -> None:
    clocks: dict[str, list[str]] = {}
    for metric in wanted:
        clocks.setdefault(metric.clock, []).append(metric.name)
    in_time = since is not None or until is not None or any(name in GRAINS for name in by)
    if len(clocks) > 1 and in_time:
        raise Asked(
            "These metrics count their days by different clocks: "
            + "; ".join(f"{', '.join(names)} by {clock}" for clock, names in clocks.items())
            + ". One table of them would mix days that are not the same days.",
            advice="Ask for each clock by itself, and name the clock beside each number.",
        )


def _refuse_two_versions(
    file: Published, wanted: Sequence[Metric], since: date | None, until: date | None
) -> None:
    for metric in wanted:
        for row in glossary(file, metric.tables, base_name(metric.name)):
            changed = row["defined_since"]
            if int(row["definition_version"] or 1) < 2 or not changed:
                continue
            day = date.fromisoformat(str(changed)[:10])
            begins_before = since is None or since < day
            ends_after = until is None or until > day
            if begins_before and ends_after:
                raise Asked(
                    f"{metric.name} has version {row['definition_version']} of its definition since {day} "
                    f"({row['version_note'] or 'see define'}): this period has both.",
                    advice=f"Ask once until {day} and once from {day} on, and do not add the two.",
                )


def complete_until(file: Published, zone: str) -> date | None:
    """The first business date that some shop was not read to the end of; None when nothing says."""
    if "data_until" not in file.columns().get("dim_shops", {}):
        return None
    ((until,),) = file.rows("select min(data_until) from warehouse.marts.dim_shops")
    return until.astimezone(ZoneInfo(zone)).date() if isinstance(until, datetime) else None


def _refuse_open_period(
    file: Published, wanted: Sequence[Metric], since: date | None, until: date | None, zone: str
) -> None:
    complete = complete_until(file, zone)
    if complete is None or until is None or since is None or until <= complete:
        return
    days = (until - since).days
    raise Asked(
        f"The period ends on {until - timedelta(days=1)}, and the data are known to their end until "
        f"{complete - timedelta(days=1)} only: a period that is not over beside one that is would be no comparison.",
        advice=f"Compare the last {days} complete days: since {complete - timedelta(days=days)}, until {complete}.",
    )


def _refuse_unripe(file: Published, answer: Answer, question: Question) -> None:
    slow = [metric.name for metric in answer.metrics if _RIPENS.search(metric.name)]
    young = sorted({name for marks in answer.not_final for name in marks} & set(slow))
    if not young:
        return
    before = ask(file, replace(question, since=answer.since, until=answer.until, compare=""))
    still_young = {name for marks in before.not_final for name in marks}
    raise Asked(
        f"{', '.join(young)} of this period is not final: refunds, cancellations or settlements still come, and the "
        + (
            "period beside it is riper."
            if not set(young) <= still_young
            else "period beside it has had more days to ripen."
        ),
        advice="Compare what is known at once (gmv, paid_orders, ad_spend), or a period older than 30 days; "
        "explain_number has the value that is expected, with a low and a high.",
    )


def dimensions(file: Published, names: Sequence[str]) -> dict[str, Any]:
    """What these metrics can all be grouped by, and the values of those that have few.

    Raises:
        UnknownMetric: A metric that the file does not have.
    """
    from orchestration.metrics.query import groups_of

    return {"metrics": list(names), "dimensions": groups_of(file, names), "citation": citation(file)}
