"""What a number means: from the metric layer and the glossary of the publication, in both languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dashboards.parts.store import Store
from dashboards.parts.words import Words
from orchestration.metrics.catalog import Metric

_IN_REPORTING_CURRENCY = re.compile(
    r"\s*(（报告币种）|,? (in (the )?)?reporting currency|, over currencies|（跨币种）)"
)
_MARKS = str.maketrans("", "", "`*")
_KINDS = {"shop currency": "money", "reporting currency": "money"}


@dataclass(frozen=True)
class Definition:
    """A number's name and meaning in the language of the page, and in the other one.

    Attributes:
        name: In the metric layer or the marts.
        label: What people call it.
        text: What it means.
        other_text: The same in the other language.
        kind: `money`, `count`, `fraction`, `ratio`, `hours` or `minutes`.
        formula: How it is made; empty where the glossary has none.
        clock: Whose midnight ends its days, in words.
        not_same: What it is taken for by mistake.
        owner: Who answers for it.
        version: Version of the definition.
    """

    name: str
    label: str
    text: str = ""
    other_text: str = ""
    kind: str = "count"
    formula: str = ""
    clock: str = ""
    not_same: str = ""
    owner: str = ""
    version: str = ""

    @property
    def hover(self) -> str:
        """Its meaning in one breath: first sentence, and whose midnight."""
        first = re.split(r"(?<=[.。])\s*", self.text, maxsplit=1)[0]
        return " · ".join(part for part in (first, self.clock) if part)


def of_metric(store: Store, words: Words, name: str, zone: str) -> Definition:
    """A metric's definition; of one that the file does not have, only its name."""
    metric = store.metrics().get(name)
    if metric is None:
        return Definition(name, name)
    entry: dict[str, Any] = {}
    for table in metric.tables:
        entry = _glossary(store, table, name) or entry
    text, other = _both(metric, entry, words)
    return Definition(
        name,
        _IN_REPORTING_CURRENCY.sub("", words.pick(metric.label, metric.label_zh)),
        text,
        other,
        _KINDS.get(metric.unit, metric.unit),
        _plain(entry.get("formula")),
        words.clock(metric.clock, zone),
        _plain(entry.get("not_the_same_as")),
        str(entry.get("owner") or ""),
        str(entry.get("definition_version") or ""),
    )


def of_column(store: Store, words: Words, table: str, column: str, zone: str) -> Definition:
    """The definition of a column of a mart; of one that the glossary does not have, only its name."""
    entry = _glossary(store, table, column)
    if not entry:
        return Definition(column, label_of(store, words, column))
    return Definition(
        column,
        _IN_REPORTING_CURRENCY.sub("", words.pick(entry["label"], entry["label_zh"])),
        _plain(words.pick(entry["definition"], entry["definition_zh"])),
        _plain(words.pick(entry["definition_zh"], entry["definition"])),
        _kind(str(entry.get("unit") or ""), column),
        _plain(entry.get("formula")),
        words.clock(str(entry.get("clock") or ""), zone),
        _plain(entry.get("not_the_same_as")),
        str(entry.get("owner") or ""),
        str(entry.get("definition_version") or ""),
    )


def label_of(store: Store, words: Words, column: str) -> str:
    """What people call a column, whichever table it is in; its own name when nobody named it."""
    found = _labels(store).get(column)
    if found:
        return _IN_REPORTING_CURRENCY.sub("", words.pick(*found))
    name = column.replace("_", " ")
    return name[:1].upper() + name[1:]


def table_of(store: Store, column: str) -> str:
    """The first mart of the glossary that has a column of this name; empty when none has."""

    def read() -> dict[str, str]:
        if not store.has("kpi_glossary"):
            return {}
        return {
            row["column_name"]: row["model_name"]
            for row in store.rows("select column_name, model_name from kpi_glossary order by model_name desc")
        }

    return store.remember(("tables",), read).get(column, "")


def _labels(store: Store) -> dict[str, tuple[str, str]]:
    def read() -> dict[str, tuple[str, str]]:
        if not store.has("kpi_glossary"):
            return {}
        return {
            row["column_name"]: (row["label"], row["label_zh"])
            for row in store.rows(
                "select column_name, label, label_zh from kpi_glossary order by model_name desc"
            )
        }

    return store.remember(("labels",), read)


def _glossary(store: Store, table: str, column: str) -> dict[str, Any]:
    def read() -> dict[tuple[str, str], dict[str, Any]]:
        if not store.has("kpi_glossary"):
            return {}
        return {
            (row["model_name"], row["column_name"]): row for row in store.rows("select * from kpi_glossary")
        }

    return store.remember(("glossary",), read).get((table, column), {})


def _both(metric: Metric, entry: dict[str, Any], words: Words) -> tuple[str, str]:
    """The meaning in the language of the page, and in the other one."""
    english = _plain(entry.get("definition")) or _plain(metric.summary)
    chinese = _plain(entry.get("definition_zh")) or _chinese(metric)
    return (chinese or english, english) if words.is_chinese else (english or chinese, chinese)


def _chinese(metric: Metric) -> str:
    for line in metric.definition.splitlines():
        _, sign, chinese = line.rpartition(" · ")
        if sign and re.search(r"[\u4e00-\u9fff]", chinese):
            return _plain(chinese)
    return ""


def _kind(unit: str, column: str) -> str:
    unit = unit.lower()
    if "currency" in unit:
        return "money"
    if unit.startswith(("fraction", "share", "%")) or re.search(r"(rate|share|ctr|ctor)$", column):
        return "fraction"
    if "hour" in unit:
        return "hours"
    return "ratio" if unit.startswith("ratio") else "count"


def _plain(text: Any) -> str:
    return str(text or "").translate(_MARKS).strip()
