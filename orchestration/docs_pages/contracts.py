"""A data contract per KPI mart, in the Open Data Contract Standard (ODCS 3.1), from the YAML beside the mart.

Catalogues and tools that know the standard read from it what a mart promises: grain, key, columns with types, what is
never missing, who answers for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.docs_pages.marts import MARTS, PROJECT, Mart, described_in, read_marts

FOLDER = PROJECT / "docs" / "contracts"
_VERSION = "1.0.0"
_DOC = re.compile(r"{{ *doc\('(\w+)'\) *}}")
_BLOCK = re.compile(r"{% docs (\w+) %}(.*?){% enddocs %}", re.DOTALL)
_LOGICAL = {"string": "string", "date": "date", "boolean": "boolean", "bigint": "integer", "double": "number"}
_PHYSICAL = {"string": "VARCHAR"}


def contracts() -> dict[Path, str]:
    """The contract of every `kpi_` mart, by the file it stands in.

    Raises:
        MartNotDescribed: The YAML of a mart lacks something.
    """
    return {
        FOLDER / f"{mart.name}.odcs.yaml": yaml.safe_dump(
            contract(mart), sort_keys=False, allow_unicode=True, width=120
        )
        for mart in read_marts()
        if mart.name.startswith("kpi_")
    }


def contract(mart: Mart) -> dict[str, Any]:
    """The contract of a mart."""
    described = described_in(MARTS / mart.domain / f"{mart.name}.yml")
    key = _columns_of(described.get("data_tests", ()), "unique_key")
    required = {*key, *_columns_of(described.get("data_tests", ()), "never_null")}
    grain, _, limitations = " ".join(described["description"].split()).partition(". ")
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"tiktok-shop-kpi.{mart.name}",
        "name": mart.name,
        "version": _VERSION,
        "status": "active",
        "domain": mart.domain,
        "description": {
            "purpose": f"{mart.question} · {mart.question_zh}",
            **({"limitations": limitations} if limitations else {}),
        },
        "servers": [
            {"server": "published", "type": "duckdb", "database": "published/ttkpi.duckdb", "schema": "marts"}
        ],
        "schema": [
            {
                "name": mart.name,
                "logicalType": "object",
                "physicalType": "table",
                "physicalName": mart.name,
                "description": f"{grain.rstrip('.')}. · {mart.grain_zh}",
                "dataGranularityDescription": grain.rstrip("."),
                "properties": [_property(column, key, required) for column in described.get("columns", ())],
            }
        ],
        "team": {"name": mart.owner},
        "customProperties": [
            {"property": "clock", "value": mart.clock or "none"},
            {"property": "fresh", "value": mart.fresh},
        ],
    }


def physical_type(data_type: str) -> str:
    """DuckDB's name of a type of `models/`."""
    plain = data_type.replace(" (", "(").replace(", ", ",")
    return _PHYSICAL.get(plain, plain.upper())


def _property(column: Mapping[str, Any], key: list[str], required: set[str]) -> dict[str, Any]:
    name, kind = column["name"], column["data_type"]
    found: dict[str, Any] = {
        "name": name,
        "logicalType": "timestamp" if kind.startswith("timestamp") else _LOGICAL.get(kind, "number"),
        "physicalType": physical_type(kind),
        "description": described_text(column.get("description", "")),
    }
    if name in key:
        found |= {"primaryKey": True, "primaryKeyPosition": key.index(name) + 1}
    if name in required or "not_null" in (column.get("data_tests") or ()):
        found["required"] = True
    return found


def _columns_of(tests: Iterable[Any], name: str) -> list[str]:
    """The columns that a test of the whole mart names."""
    return [
        str(column)
        for test in tests
        if isinstance(test, Mapping) and name in test
        for column in test[name].get("arguments", {}).get("columns", ())
    ]


def described_text(description: str) -> str:
    """The first paragraph, with the doc blocks that it names."""
    whole = _DOC.sub(lambda found: _blocks()[found[1]].split("\n\n")[0], description)
    return " ".join(whole.split())


@cache
def _blocks() -> dict[str, str]:
    """The doc blocks of the glossary, by name."""
    return {
        name: text.strip()
        for path in sorted((PROJECT / "models" / "docs").glob("*.md"))
        for name, text in _BLOCK.findall(path.read_text(encoding="utf-8"))
    }
