"""What BI tools show beside the name of a table or column: the first paragraph of its description in `models/`, for a
number with its unit and whether it may be summed.

dbt could write them into the warehouse (`persist_docs`), at the cost of a statement per column in every build; they are
needed in the published file only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from home.database import literal, quoted
from home.layout import Home
from home.records import RecordDamaged, read_record
from orchestration.build.build import BUILD_ANEW, dbt_folder
from orchestration.build.glossary import (
    BY_CURRENCY,
    NO,
    ONE_DAY,
    YES,
    adds_up,
    label_zh_of,
    meta_of,
    summed_columns,
    unit_of,
)

_UNITS = {
    "shop currency": "店铺币种",
    "account currency": "广告账户币种",
    "reporting currency": "报告币种",
    "count": "数量",
    "fraction": "比例",
    "ratio": "比值",
    "seconds": "秒",
    "minutes": "分钟",
    "hours": "小时",
    "days": "天",
    "weeks": "周",
    "points": "分",
    "rank": "名次",
    "units per day": "件/天",
    "natural logarithm": "自然对数",
    "exchange rate": "汇率",
    "as the row says": "见所在行",
}
"""Units of numbers, with their names in 中文."""
_CHINESE = re.compile("[\u4e00-\u9fff]")
_SUMS = {
    YES: "may be summed 可加总",
    BY_CURRENCY: "summed within one currency 同币种可加总",
    ONE_DAY: "summed within one day 仅同日可加总",
    NO: "never summed 不可加总",
}


@dataclass(frozen=True)
class Description:
    """Of a table: its text, those of its columns, and the columns that name a row."""

    text: str
    columns: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()


def descriptions(home: Home) -> dict[str, Description]:
    """The descriptions of all marts and views, by name; empty for a home in which the project was never parsed."""
    path = dbt_folder(home) / "target" / "manifest.json"
    if not path.is_file():
        return {}
    manifest = read_record(path, cure=BUILD_ANEW) or {}
    nodes: Mapping[str, Any] = manifest.get("nodes") or {}
    if not nodes:
        raise RecordDamaged(f"{path} is damaged: it has no nodes.", advice=BUILD_ANEW)
    keys = {
        node["attached_node"]: node["test_metadata"]["kwargs"].get("columns") or []
        for node in nodes.values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "unique_key"
    }
    summed = summed_columns(manifest)
    return {
        str(node["alias"]): _description(
            node, keys.get(one) or node["config"]["meta"].get("key", []), _summed(node, nodes, summed)
        )
        for one, node in nodes.items()
        if node["resource_type"] == "model" and node["schema"] in ("marts", "views")
    }


def _summed(
    node: Mapping[str, Any], nodes: Mapping[str, Any], summed: Mapping[str, Mapping[str, bool]]
) -> Mapping[str, bool]:
    """What the metric layer adds up of a table; of a view, of the tables that it stands on."""
    if node["schema"] != "views":
        return summed.get(node["alias"], {})
    tables = [str(nodes[one]["alias"]) for one in node["depends_on"]["nodes"] if one in nodes]
    return {name: one_day for table in tables for name, one_day in summed.get(table, {}).items()}


def _description(node: Mapping[str, Any], key: Collection[str], summed: Mapping[str, bool]) -> Description:
    meta = node["config"].get("meta") or {}
    sentences = [
        _first_paragraph(str(node["description"])),
        *([str(meta["question"])] if meta.get("question") else []),
        *([f"Key 主键: {', '.join(key)}."] if key else []),
    ]
    columns = {}
    for name, column in node["columns"].items():
        unit = unit_of(str(name), str(column.get("data_type") or ""), meta_of(column), node["columns"])
        sums = adds_up(str(name), unit, summed, node["columns"], of_view=node["schema"] == "views")
        text = _first_paragraph(str(column["description"]))
        if text and not _CHINESE.search(text) and (label := label_zh_of(node, {"name": name, **column})):
            text = f"{text} · {label}"
        columns[str(name)] = _with_unit(text, unit, sums)
    return Description(" ".join(sentences), columns, tuple(key))


def _first_paragraph(text: str) -> str:
    """Without headings and emphasis, in one line: `**GMV 成交额**` and an empty line do not count."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text)]
    for paragraph in paragraphs:
        if paragraph and not re.fullmatch(r"\*\*[^*]*\*\*", paragraph):
            heading = next((one.strip("* ") for one in paragraphs if re.fullmatch(r"\*\*[^*]*\*\*", one)), "")
            plain = re.sub(r"\*\*?([^*]+)\*\*?", r"\1", paragraph)
            return f"{heading}: {plain}" if heading else plain
    return ""


def _with_unit(text: str, unit: str, sums: str | None) -> str:
    """The text with the unit of a number, and whether rows of it may be added up."""
    if not text or unit not in _UNITS:
        return text
    said = [f"{unit} {_UNITS[unit]}", *([_SUMS[sums]] if sums else [])]
    return f"{text} [{'; '.join(said)}]"


def write_comments(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Collection[str],
    description: Description,
    *,
    schema: str = "marts",
    kind: str = "table",
) -> None:
    """Write the comments of a table or view of `fresh`.

    Args:
        connection: Has `fresh` attached.
        table: The table.
        columns: Those of its columns that are there.
        description: What `models/` says of it.
        schema: Its schema.
        kind: `table` or `view`.
    """
    where = f"fresh.{schema}.{quoted(table)}"
    if description.text:
        connection.execute(f"comment on {kind} {where} is {literal(description.text)}")
    for name in columns:
        if text := description.columns.get(name):
            connection.execute(f"comment on column {where}.{quoted(name)} is {literal(text)}")
