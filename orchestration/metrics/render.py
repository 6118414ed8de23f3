"""An answer as a table for people, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from home.text import csv_cell
from orchestration.metrics.catalog import OWN_CURRENCIES, REPORTING_CURRENCY, Metric
from orchestration.metrics.query import Answer

UNKNOWN = "–"
MARK = "~"
"""Stands before a number of which a part may still change."""


def shown(value: Any, metric: Metric) -> str:
    """A value as people read it: unknown is a dash, a fraction per cent, money with two places."""
    if value is None:
        return UNKNOWN
    if metric.unit == "fraction":
        return f"{100 * float(value):,.1f} %"
    if metric.is_money or metric.unit in ("ratio", "hours"):
        return f"{value:,.2f}"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def changed(value: float | None) -> str:
    """A change as people read it: arrow and sign, so that it can be read without colours."""
    if value is None:
        return UNKNOWN
    arrow = "▲" if value > 0 else "▼" if value < 0 else "="
    return f"{arrow} {100 * value:+,.1f} %"


def heading(metric: Metric, answer: Answer) -> str:
    """Names of a metric in both languages, and its currency where all rows have the same."""
    currency = f" {answer.reporting_currency}" if metric.unit == REPORTING_CURRENCY else ""
    return f"{metric.name}{currency}\n{metric.label_zh}"


def records(answer: Answer) -> list[dict[str, Any]]:
    """Rows for programs: decimals stay decimals, and each says what is not final."""
    return [
        {**row, "not_final": sorted(marks)} for row, marks in zip(answer.rows, answer.not_final, strict=True)
    ]


def as_json(answer: Answer) -> bytes:
    """The whole answer with units, definitions and publication; amounts as text, so that no digit is lost."""

    def plain(value: Any) -> str:
        if isinstance(value, Decimal):
            return str(value)
        raise TypeError(type(value).__name__)

    return orjson.dumps(
        {
            "publication_id": answer.publication_id,
            "reporting_currency": answer.reporting_currency,
            "metrics": [
                {
                    "name": one.name,
                    "label": one.label,
                    "label_zh": one.label_zh,
                    "unit": one.unit,
                    "clock": one.clock,
                    "definition": one.definition,
                }
                for one in answer.metrics
            ],
            "compared_with": None if answer.since is None else {"since": answer.since, "until": answer.until},
            "rows": records(answer),
        },
        default=plain,
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )


def as_csv(answer: Answer) -> str:
    """Rows with a header; unknown is empty; `not_final` names the metrics that may still change."""
    columns = list(answer.by)
    for metric in answer.metrics:
        columns.append(metric.name)
        if answer.since is not None:
            columns += [f"{metric.name}_before", f"{metric.name}_change"]
    if answer.reporting_currency and any(one.unit == REPORTING_CURRENCY for one in answer.metrics):
        columns.append("reporting_currency")
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*columns, "not_final"])
    for row in records(answer):
        row["reporting_currency"] = answer.reporting_currency
        writer.writerow([*(_plain(row[name]) for name in columns), " ".join(row["not_final"])])
    return file.getvalue()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else csv_cell(value)


def notes(answer: Answer) -> list[str]:
    """What a reader has to know beside the table."""
    found = [f"From publication {answer.publication_id}. 来自发布 {answer.publication_id}。"]
    clocks = {metric.clock for metric in answer.metrics}
    if len(clocks) > 1:
        found.append(
            "Days are counted by: " + ", ".join(f"{one.name} {one.clock}" for one in answer.metrics) + "."
        )
    else:
        found.append(f"Days are counted by {clocks.pop()}.")
    if any(answer.not_final):
        found.append(f"{MARK} not final: a part may still change. 暂定：部分数据仍可能变化。")
    if any(one.unit in OWN_CURRENCIES for one in answer.metrics) and "currency" in answer.by:
        found.append("Amounts are in the currency of their row. 金额以该行币种计。")
    if answer.since is not None and answer.until is not None:
        found.append(f"Compared with {answer.since} to {answer.until} (exclusive). 对比区间。")
    return found
