"""A question for metrics and its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from home.database import literal
from home.errors import UsageError
from home.text import printable
from orchestration.metrics import COMPARISONS, period_before
from orchestration.metrics.catalog import (
    ACCOUNT_CURRENCY,
    CURRENCY_GROUPS,
    GRAINS,
    OWN_CURRENCIES,
    Metric,
    UnknownMetric,
    chosen_metrics,
    metrics,
)
from orchestration.metrics.source import Engine, Published

_SINCE, _UNTIL, _VALUES = "2001-02-03", "2001-02-04", "ttkpi_values_"
"""What stands in compiled SQL for dates and values of a question: one compilation serves them all, and no value is a
part of MetricFlow's conditions, which are templates: a shop whose name has `{{` in it is a shop."""
_STANDS_IN = re.compile(rf"{_SINCE}|{_UNTIL}|'{_VALUES}(\d+)'")
_COMPARISONS = {"week": timedelta(days=7), "year": timedelta(days=364)}
"""The same days of the week before, and of the year before (52 weeks, so that weekdays agree)."""
_CHOICE = re.compile(r"^\w+$")


class Refused(UsageError):
    """A question that has no right answer; the advice says how to ask."""


@dataclass(frozen=True)
class Question:
    """Which metrics, by what, when.

    Attributes:
        metrics: Names of metrics.
        by: What to group by: `shop`, `region`, `day`, `week`, `month`, or a dimension of the metrics.
        since: First day, inclusive, on the clock of each metric; None: from the beginning.
        until: Last day, exclusive; None: to the end.
        where: Values that a dimension may have, by dimension.
        compare: The period beside it: `before` (directly before: a whole month before a whole month, else as many days;
            by day or week always as many days), `week` (7 days earlier), `year`
            (52 weeks earlier); empty for none.
    """

    metrics: tuple[str, ...]
    by: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    compare: str = ""


@dataclass(frozen=True)
class Answer:
    """What the published file says.

    Attributes:
        metrics: The metrics, with unit and definition, in the order of the question.
        by: The columns that rows are grouped by; `currency` among them where amounts are in shop currency.
        rows: By column name: groups, metrics (decimals and counts as they are; None is unknown), with a comparison
            also `<metric>_before` and `<metric>_change` (a fraction; None where there is nothing to compare with).
        not_final: For each row the metrics of which a part may still change.
        publication_id: The publication that the numbers are from.
        reporting_currency: What amounts in reporting currency are in.
        since: First day of the period compared with; None without a comparison.
        until: Its last day, exclusive.
    """

    metrics: tuple[Metric, ...]
    by: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    not_final: tuple[frozenset[str], ...]
    publication_id: str
    reporting_currency: str
    since: date | None = None
    until: date | None = None


def ask(file: Published, question: Question) -> Answer:
    """Answer a question from a published file.

    Raises:
        UnknownMetric: A metric that the file does not have.
        Refused: It would add currencies, groups by what a metric does not know, or compares without a period.
        NoMetrics: The file has no metric layer.
    """
    known = metrics(file)
    wanted = chosen_metrics(known, dict.fromkeys(question.metrics))
    if not wanted:
        raise UnknownMetric("No metric is named.", advice="`ttkpi metrics list` has them all.")
    engine = file.engine()
    groups = {name: _group(engine, wanted, name) for name in dict.fromkeys(question.by)}
    _refuse_odd(question)
    where = {_group(engine, wanted, name): values for name, values in question.where.items()}
    by = _with_currency(engine, wanted, question, groups, known)
    groups = {name: groups.get(name) or _group(engine, wanted, name) for name in by}
    rows = _answered(file, wanted, groups, where, question.since, question.until)
    not_final = _not_final(file, engine, wanted, groups, where, question)
    since = until = None
    if question.compare:
        since, until = _period_before(question)
        before = _answered(file, wanted, groups, where, since, until)
        rows = _compared(wanted, rows, before, groups, question)
    keys = sorted(rows, key=lambda key: tuple((value is None, str(value)) for value in key))
    # Not before the rows are put together: two names may differ in such a sign alone.
    shown = tuple(
        {**{name: _shown(value) for name, value in zip(by, key, strict=True)}, **rows[key]} for key in keys
    )
    return Answer(
        metrics=tuple(wanted),
        by=tuple("currency" if name == "shop_currency" else name for name in by),
        rows=tuple(
            {("currency" if name == "shop_currency" else name): value for name, value in row.items()}
            for row in shown
        ),
        not_final=tuple(frozenset(not_final.get(key, ())) for key in keys),
        publication_id=file.publication_id,
        reporting_currency=_reporting_currency(file),
        since=since,
        until=until,
    )


def groups_of(file: Published, names: Sequence[str]) -> list[str]:
    """What these metrics can all be grouped by, in the words of a question."""
    wanted = chosen_metrics(metrics(file), names)
    return _choices(_known_groups(file.engine(), wanted))


def _refuse_odd(question: Question) -> None:
    """Periods without a day, and limits that no row can keep.

    Raises:
        Refused: There is one.
    """
    if question.since and question.until and question.since >= question.until:
        raise Refused(
            f"The period is empty: {question.since} is not before {question.until}.",
            advice="The last day is exclusive: one day is `--since 2026-11-01 --until 2026-11-02`.",
        )
    for name, values in question.where.items():
        if not values or any("\0" in value for value in values):
            raise Refused(
                f"{name} is limited to {'no value' if not values else 'a value with a zero byte'}.",
                advice=f"Name a value, as `--where {name}=VALUE`.",
            )


def _with_currency(
    engine: Engine,
    wanted: Sequence[Metric],
    question: Question,
    groups: Mapping[str, str],
    known: Mapping[str, Metric],
) -> list[str]:
    """What to group by, so that no two currencies are added."""
    by = list(groups)
    amounts = [metric for metric in wanted if metric.unit in OWN_CURRENCIES]
    in_shop_currency = [metric.name for metric in amounts]
    if not amounts or "currency" in by or "shop_currency" in by:
        return by
    knows_currency = any(_word(one) == "currency" for one in _known_groups(engine, wanted))
    if not knows_currency and any(metric.unit == ACCOUNT_CURRENCY for metric in amounts):
        raise Refused(
            f"{', '.join(in_shop_currency)} are in the currency of an ads account and of a shop, which may differ.",
            advice="Ask for those of ads accounts apart, or in the reporting currency.",
        )
    has_one = any(len(question.where.get(name, ())) == 1 for name in CURRENCY_GROUPS if name != "shop_name")
    if not has_one and not any(name in CURRENCY_GROUPS for name in by):
        converted = [f"{name}_rc" for name in in_shop_currency if f"{name}_rc" in known]
        raise Refused(
            f"{', '.join(in_shop_currency)} would add amounts in several currencies.",
            advice="Group by shop or currency (`--by shop`)"
            + (f", or ask in the reporting currency: {', '.join(converted)}." if converted else "."),
        )
    return [*by, "currency" if knows_currency else "shop_currency"]


def _known_groups(engine: Engine, wanted: Sequence[Metric]) -> tuple[str, ...]:
    return _groups_of(engine, tuple(metric.name for metric in wanted))


@lru_cache(maxsize=1000)
def _groups_of(engine: Engine, names: tuple[str, ...]) -> tuple[str, ...]:
    with engine.lock:
        found = engine.flow.list_group_bys(list(names))
    # A metric's own date is what `day` means.
    return tuple(
        str(getattr(one, "dunder_name", one.name))
        for one in found
        if getattr(getattr(one, "type", None), "value", "") != "time"
    )


def _word(dunder_name: str) -> str:
    """`shop__region` is `region`."""
    return dunder_name.split("__")[-1]


def _choices(known: Sequence[str]) -> list[str]:
    return [*GRAINS, *sorted({_word(one) for one in known})]


def _group(engine: Engine, wanted: Sequence[Metric], name: str) -> str:
    """The name by which MetricFlow knows a group.

    Raises:
        Refused: Not all of these metrics know it.
    """
    if name in GRAINS:
        return f"metric_time__{name}"
    known = _known_groups(engine, wanted)
    found = [one for one in known if _CHOICE.match(name) and _word(one) == name]
    if not found:
        which = ", ".join(metric.name for metric in wanted)
        raise Refused(
            f"{which} can't be grouped by {name}{' together' if len(wanted) > 1 else ''}.",
            advice=f"Possible: {', '.join(_choices(known))}.",
        )
    return found[0]


def _answered(
    file: Published,
    wanted: Sequence[Metric],
    groups: Mapping[str, str],
    where: Mapping[str, tuple[str, ...]],
    since: date | None,
    until: date | None,
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The values of each group."""
    names = tuple(metric.name for metric in wanted)
    # A group without a row on which a ratio is known is unknown, not absent.
    beside = (metric.denominator for metric in wanted if metric.denominator)
    limits = sorted(where.items())
    sql = _sql(
        file.engine(),
        tuple(dict.fromkeys((*names, *beside))),
        tuple(groups.values()),
        tuple(group for group, _ in limits),
        since is not None,
        until is not None,
    )

    def meant(found: re.Match[str]) -> str:
        if found[1] is None:
            return str(since if found[0] == _SINCE else until)
        return ", ".join(literal(value) for value in limits[int(found[1])][1])

    # In one go: what a value says is never looked at again.
    sql = _STANDS_IN.sub(meant, sql)
    columns, rows = file.table(sql)
    places = [columns.index(group) for group in groups.values()]
    values = [columns.index(name) for name in names]
    return {
        tuple(_day(row[place]) for place in places): dict(
            zip(names, (row[value] for value in values), strict=True)
        )
        for row in rows
    }


@lru_cache(maxsize=1000)
def _sql(
    engine: Engine,
    names: tuple[str, ...],
    groups: tuple[str, ...],
    limited: tuple[str, ...],
    has_since: bool,
    has_until: bool,
) -> str:
    """MetricFlow's SQL. Periods are conditions, not its time constraint, which is widened to whole weeks and months."""
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

    conditions = [f"{_dimension(group)} in ('{_VALUES}{number}')" for number, group in enumerate(limited)]
    day = "{{ TimeDimension('metric_time', 'day') }}"
    conditions += [f"{day} >= '{_SINCE}'"] * has_since + [f"{day} < '{_UNTIL}'"] * has_until
    with engine.lock:
        explained = engine.flow.explain(
            MetricFlowQueryRequest.create(
                metric_names=list(names), group_by_names=list(groups), where_constraints=conditions or None
            )
        )
    return str(explained.sql_statement.sql)


def _dimension(group: str) -> str:
    return f"{{{{ Dimension('{group}') }}}}" if "__" in group else f"{{{{ Entity('{group}') }}}}"


def _not_final(
    file: Published,
    engine: Engine,
    wanted: Sequence[Metric],
    groups: Mapping[str, str],
    where: Mapping[str, tuple[str, ...]],
    question: Question,
) -> dict[tuple[Any, ...], set[str]]:
    """The metrics of each group of which a row says that it is provisional."""
    by_flag: dict[str, list[Metric]] = {}
    for metric in wanted:
        for flag in _known_groups(engine, [metric]):
            if _word(flag) == metric.provisional_flag:
                by_flag.setdefault(flag, []).append(metric)
    found: dict[tuple[Any, ...], set[str]] = {}
    for flag, marked in by_flag.items():
        # Whether a row is there is all that counts: one metric of the table tells it of all.
        rows = _answered(file, marked[:1], groups, {**where, flag: ("true",)}, question.since, question.until)
        for key in rows:
            found.setdefault(key, set()).update(metric.name for metric in marked)
    return found


def _period_before(question: Question) -> tuple[date, date]:
    if question.since is None or question.until is None:
        raise Refused(
            "There is nothing to compare with: the question has no period.",
            advice="Name the first and the last day: `--since 2026-11-01 --until 2026-11-08` (until is exclusive).",
        )
    if question.compare not in COMPARISONS:
        raise Refused(
            f"{question.compare} is no period to compare with.", advice=f"Possible: {', '.join(COMPARISONS)}."
        )
    coarse = [name for name in question.by if name in GRAINS and name not in ("day", "week")]
    if coarse:
        raise Refused(
            f"By {coarse[0]} there is no row to compare with: months differ in length.",
            advice="Compare without it, or by day or week.",
        )
    shift = _COMPARISONS.get(question.compare, question.until - question.since)
    if "week" in question.by and shift.days % 7:
        raise Refused(
            "By week, only whole weeks can be compared.",
            advice="Take a period of whole weeks, or `week` or `year`.",
        )
    try:
        if question.compare == "before" and not any(name in GRAINS for name in question.by):
            return period_before(question.since, question.until)
        return question.since - shift, question.until - shift
    except OverflowError as error:
        raise Refused(f"There is no day {shift.days} days before {question.since}.") from error


def _compared(
    wanted: Sequence[Metric],
    rows: Mapping[tuple[Any, ...], Mapping[str, Any]],
    before: Mapping[tuple[Any, ...], Mapping[str, Any]],
    groups: Mapping[str, str],
    question: Question,
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Each group beside the same group of the period before; a day beside the day that is as far from its end."""
    since, _ = _period_before(question)
    shift = (question.since or since) - since
    earlier = {
        tuple(
            value + shift if name in GRAINS else value for name, value in zip(groups, key, strict=True)
        ): values
        for key, values in before.items()
    }
    found = {}
    for key in dict.fromkeys((*rows, *earlier)):
        found[key] = row = dict(rows.get(key) or {metric.name: None for metric in wanted})
        for metric in wanted:
            now, then = row[metric.name], earlier.get(key, {}).get(metric.name)
            row[f"{metric.name}_before"] = then
            row[f"{metric.name}_change"] = _change(now, then)
    return found


def _change(now: Any, then: Any) -> float | None:
    """As a fraction of the value before; None where one is unknown, or before was nothing."""
    return None if now is None or not then else (float(now) - float(then)) / abs(float(then))


def _reporting_currency(file: Published) -> str:
    for table in ("kpi_shop_daily", "kpi_ads_daily"):
        if "reporting_currency" in file.columns().get(table, {}):
            ((currency,),) = file.rows(f"select max(reporting_currency) from warehouse.marts.{table}")  # noqa: S608
            if currency:
                return str(currency)
    return ""


def _shown(value: Any) -> Any:
    """A name as it may be shown: on a page, a terminal or to an agent, although others have typed it."""
    return printable(value) if isinstance(value, str) else value


def _day(value: Any) -> Any:
    """A day as a date: MetricFlow gives it as an instant at midnight."""
    return value.date() if isinstance(value, datetime) else value
