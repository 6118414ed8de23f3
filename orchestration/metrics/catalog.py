"""The metrics that a published file can answer: names in both languages, unit, clock, what they can be grouped by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from home.errors import UsageError
from orchestration.metrics.source import Published

SHOP_CURRENCY = "shop currency"
ACCOUNT_CURRENCY = "account currency"
REPORTING_CURRENCY = "reporting currency"
OWN_CURRENCIES = (SHOP_CURRENCY, ACCOUNT_CURRENCY)
"""Units of which several currencies hide behind one name."""
_MONEY = (*OWN_CURRENCIES, REPORTING_CURRENCY)
_CHINESE = re.compile(r"[\u4e00-\u9fff].*?(?=,|$)")
_CONDITION = re.compile(r"\bwhen\b.*?\bthen\b")
_HOURS = re.compile(r"(^|_)hours?$")
_MINUTES = re.compile(r"(^|_)minutes$")
GRAINS = ("day", "week", "month", "quarter", "year")
CURRENCY_GROUPS = ("shop", "shop_name", "currency", "shop_currency")
"""Grouped by one of them, amounts in shop currency are of one currency each."""


class UnknownMetric(UsageError):
    """No metric has this name, or the file of this audience does not hold what it is made of."""


@dataclass(frozen=True)
class Metric:
    """A number with one definition.

    Attributes:
        name: Its name, as in `models/`.
        label: English name.
        label_zh: 中文名称.
        definition: What it means, as in the glossary, in both languages.
        unit: `shop currency`, `account currency`, `reporting currency`, `fraction`, `ratio`, `hours`, `minutes`,
            `points` or `count`.
        tables: The published tables that it is made of.
        clock: The date that it is counted by, a column of its table.
        provisional_flag: The column that says whether it may still change, where its table has one.
        denominator: The metric that it is divided by, where only the rows on which it is known are counted: a group
            without such a row is there, with an unknown value.
    """

    name: str
    label: str
    label_zh: str
    definition: str
    unit: str
    tables: tuple[str, ...]
    clock: str
    provisional_flag: str = "is_provisional"
    denominator: str = ""

    @property
    def summary(self) -> str:
        """The first sentence or line of the definition, in English."""
        lines = [line for line in self.definition.splitlines() if line.strip() and not line.startswith("**")]
        return lines[0].rsplit(" · ", 1)[0] if lines else ""

    @property
    def is_money(self) -> bool:
        """Whether it is an amount of money."""
        return self.unit in _MONEY


def metrics(file: Published) -> dict[str, Metric]:
    """All metrics that a file can answer, by name.

    A metric whose table or column is not in the file, as in that of an audience, is left out.

    Raises:
        NoMetrics: The file has no metric layer.
    """
    if not file.known:
        manifest = file.engine().manifest
        inputs = _inputs(manifest, file.columns())
        by_name = {metric.name: metric for metric in manifest.metrics}
        file.known = {
            metric.name: _metric(metric, list(_measures_of(metric, by_name)), inputs, by_name)
            for metric in manifest.metrics
        }
    return file.known


def chosen_metrics(known: Mapping[str, Metric], names: Iterable[str]) -> list[Metric]:
    """The metrics of these names.

    Raises:
        UnknownMetric: There is no such metric; the advice names the nearest.
    """
    found = []
    for name in names:
        if name not in known:
            close = search(known, name)[:5]
            raise UnknownMetric(
                f"There is no metric {name} in this file.",
                advice=f"Perhaps {', '.join(one.name for one in close)}? " * bool(close)
                + "`ttkpi metrics list` has them all.",
            )
        found.append(known[name])
    return found


def search(known: Mapping[str, Metric], words: str) -> list[Metric]:
    """Metrics whose name, labels or definition have these words, the best first; English or 中文."""
    import difflib

    wanted = words.casefold().replace("_", " ").strip()

    def score(metric: Metric) -> float:
        names = [metric.name.replace("_", " "), metric.label.casefold(), metric.label_zh]
        if wanted in names:
            return 3
        if any(name.startswith(wanted) for name in names):
            return 2.5
        if any(wanted in name for name in names):
            return 2
        if wanted in metric.definition.casefold():
            return 1
        near = max(difflib.SequenceMatcher(None, wanted, name).ratio() for name in names)
        return near if near > 0.6 else 0

    ranked = sorted(
        ((score(metric), metric.name) for metric in known.values()), key=lambda one: (-one[0], one[1])
    )
    return [known[name] for points, name in ranked if points]


@dataclass(frozen=True)
class _Input:
    """What a measure is made of."""

    table: str
    unit: str
    clock: str


def _inputs(manifest: Any, columns: Mapping[str, Mapping[str, str]]) -> dict[str, _Input]:
    """What each measure is made of."""
    found = {}
    for model in manifest.semantic_models:
        table = model.node_relation.alias
        dates = {one.name: one.expr or one.name for one in model.dimensions}
        for measure in model.measures:
            words = set(
                re.findall(
                    r"[a-z_][a-z0-9_]*", _CONDITION.sub("then", (measure.expr or measure.name).lower())
                )
            )
            date = measure.agg_time_dimension or model.defaults.agg_time_dimension
            unit = _unit(measure.name, words & set(columns[table]), columns[table])
            found[measure.name] = _Input(table, unit, dates[date])
    return found


def _unit(name: str, used: Iterable[str], types: Mapping[str, str]) -> str:
    if name.endswith("score"):
        return "points"
    if any(types[column].startswith("DECIMAL(18,4)") for column in used):
        if name.endswith("_rc"):
            return REPORTING_CURRENCY
        # What ads accounts report is in their currency, whichever the shop has.
        return ACCOUNT_CURRENCY if "advertiser_id" in types else SHOP_CURRENCY
    if _HOURS.search(name):
        return "hours"
    return "minutes" if _MINUTES.search(name) else "count"


def _measures_of(metric: Any, by_name: Mapping[str, Any]) -> Iterable[str]:
    parameters = metric.type_params
    if parameters.measure is not None:
        yield parameters.measure.name
    for part in (parameters.numerator, parameters.denominator, *(parameters.metrics or ())):
        if part is not None:
            yield from _measures_of(by_name[part.name], by_name)


def _metric(
    metric: Any, measures: list[str], inputs: Mapping[str, _Input], by_name: Mapping[str, Any]
) -> Metric:
    label = str(metric.label or metric.name)
    chinese = _CHINESE.search(label)
    label_zh = chinese.group(0).strip() if chinese else ""
    english = re.sub(r"\s+,", ",", _CHINESE.sub("", label, count=1)).strip() if chinese else label
    if metric.name.endswith("_rc") and label_zh and "报告币种" not in label_zh:
        label_zh += "（报告币种）"
    units = [inputs[measure].unit for measure in measures]
    return Metric(
        name=metric.name,
        label=english,
        label_zh=label_zh,
        definition=str(metric.description or "").strip(),
        unit=_unit_of(metric, units, by_name, inputs),
        tables=tuple(dict.fromkeys(inputs[measure].table for measure in measures)),
        clock=inputs[measures[0]].clock,
        provisional_flag=_provisional_flag(metric),
        denominator=_filtered_denominator(metric),
    )


def _filtered_denominator(metric: Any) -> str:
    """What a ratio that leaves rows out is divided by, which a derived one names last; empty for every other metric."""
    parts = [metric.type_params.denominator, *(metric.type_params.metrics or [])]
    return next((str(part.name) for part in reversed(parts) if part is not None and part.filter), "")


def _provisional_flag(metric: Any) -> str:
    """Its `meta: {provisional_flag: ...}`: a number without refunds in it is final before one with refunds."""
    meta = metric.config.meta if metric.config else {}
    return str(meta.get("provisional_flag") or "is_provisional")


def _unit_of(metric: Any, units: list[str], by_name: Mapping[str, Any], inputs: Mapping[str, _Input]) -> str:
    kind = str(metric.type.value)
    if kind == "simple":
        return units[0]
    if kind == "ratio":
        above, below = (
            inputs[next(iter(_measures_of(by_name[part.name], by_name)))].unit
            for part in (metric.type_params.numerator, metric.type_params.denominator)
        )
        if above != below:
            return above if above in _MONEY else "ratio"
        return "fraction" if re.search(r"(rate|share|ctr|ctor|coverage)(_rc)?$", metric.name) else "ratio"
    money = [unit for unit in units if unit in _MONEY]
    return money[0] if money else "ratio"
