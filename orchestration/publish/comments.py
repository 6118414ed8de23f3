"""What BI tools show beside the name of a table or column: the first paragraph of its description in `models/`.

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

_UNITS = {"shop currency": "shop currency 店铺币种", "reporting currency": "reporting currency 报告币种"}


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
    nodes: Mapping[str, Any] = (read_record(path, cure=BUILD_ANEW) or {}).get("nodes") or {}
    if not nodes:
        raise RecordDamaged(f"{path} is damaged: it has no nodes.", advice=BUILD_ANEW)
    keys = {
        node["attached_node"]: node["test_metadata"]["kwargs"].get("columns") or []
        for node in nodes.values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "unique_key"
    }
    return {
        str(node["alias"]): _description(node, keys.get(one) or node["config"]["meta"].get("key", []))
        for one, node in nodes.items()
        if node["resource_type"] == "model" and node["schema"] in ("marts", "views")
    }


def _description(node: Mapping[str, Any], key: Collection[str]) -> Description:
    meta = node["config"].get("meta") or {}
    sentences = [
        _first_paragraph(str(node["description"])),
        *([str(meta["question"])] if meta.get("question") else []),
        *([f"Key 主键: {', '.join(key)}."] if key else []),
    ]
    columns = {
        str(name): _with_unit(
            _first_paragraph(str(column["description"])), str(name), column.get("data_type")
        )
        for name, column in node["columns"].items()
    }
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


def _with_unit(text: str, name: str, data_type: str | None) -> str:
    kind = (data_type or "").lower().replace(" ", "")
    if not text or not kind.startswith("decimal(18,4)"):
        return text
    unit = "reporting currency" if re.search(r"_rc(_|$)", name) else "shop currency"
    return f"{text} [{_UNITS[unit]}]"


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
