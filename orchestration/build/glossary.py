"""What `models/` says of each column, in parts: names, meaning, formula, clock, unit, whether it may be summed.

Seed `column_definitions` holds these rows: read from texts in the middle of a build, they would cost every day three
seconds for what changes with the project only. `make generated` writes the seed, a test holds it to the descriptions.

The shapes of a description are those of `models/docs`: `<definition>. · <中文 label>` or a heading
`**<English label> <中文 label>**`, then lines as `- **Formula**: ...`, then the same in 中文.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from orchestration.build.marts import is_published

SEED = Path("seeds/shared/column_definitions.csv")
"""In the project."""
COLUMNS = (
    "model_name", "column_position", "column_name", "is_bookkeeping", "label", "label_zh", "definition",
    "definition_zh", "formula", "clock", "clock_note", "unit", "unit_note", "adds_up", "included", "not_the_same_as",
    "data_type", "domain", "owner", "definition_version", "defined_since", "version_note", "definition_digest",
)  # fmt: skip
"""Columns of the seed."""
YES, BY_CURRENCY, ONE_DAY, NO = "yes", "within a currency", "within a day", "no"
"""What may be added up over rows; of other columns nothing is said."""

SHOP_CURRENCY, ACCOUNT_CURRENCY, REPORTING_CURRENCY = (
    "shop currency",
    "account currency",
    "reporting currency",
)
_MONEY = (SHOP_CURRENCY, ACCOUNT_CURRENCY, REPORTING_CURRENCY)
_SUMMED = (*_MONEY, "count", "hours", "minutes")
_NEVER_SUMMED = (
    "fraction", "ratio", "rank", "points", "exchange rate", "units per day", "natural logarithm", "hour of day",
    "day of week",
)  # fmt: skip
_DISTINCT_OR_LEVEL = re.compile(
    # averages, prices, quartiles and ranges
    r"(^|_)(aov|avg|gpm|median|q1|q3)(_|$)|_per_(?!view$)|_(low|high)(_rc)?$|unit_(cost|landed_cost)"
    # people whom two days or shops both count
    r"|(^|_)(buyers|customers|viewers|visitors)$|(^|_)unique_|(^|_)(content|creator|follower|host|live|sku|video)_count$"
    # levels at a time, and settings
    r"|(^|_)(opening|closing|cumulative|moq|pack|target|limit)_|reorder_point|comparable_sessions|assigned_shops|_before(_rc)?$|_left$"
)
_CHINESE = "[\u4e00-\u9fff]"
_CAPITALS = (
    "gmv", "aov", "ctr", "ctor", "roas", "mer", "roi", "id", "sku", "gpm", "fx", "utc", "live", "sla", "moq", "url",
    "md5",
)  # fmt: skip
_VERSION = re.compile(r"(\d+) since (\d{4}-\d{2}-\d{2})(?:[:;,.] ?(.*))?$")


class DefinitionWrong(ValueError):
    """A description says something that can't be read; names the column."""


def definitions(manifest: Mapping[str, Any], since: str) -> list[dict[str, Any]]:
    """A row per column of each table that is published, in the columns of the seed.

    Args:
        manifest: dbt's `manifest.json`.
        since: Since when the first version of a definition holds (var `definitions_since`).

    Raises:
        DefinitionWrong: The version of a definition is none.
    """
    measured = summed_columns(manifest)
    return [
        _row(node, column, place, since, measured)
        for node in sorted(manifest["nodes"].values(), key=lambda node: str(node["name"]))
        if node["resource_type"] == "model" and node["schema"] == "marts" and is_published(node["name"])
        for place, column in enumerate(node["columns"].values(), start=1)
    ]


def as_csv(rows: list[dict[str, Any]]) -> str:
    """The text of the seed."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        [str(value).lower() if isinstance(value := row[name], bool) else value for name in COLUMNS]
        for row in rows
    )
    return text.getvalue()


def meta_of(column: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the YAML of a column says besides its description."""
    return (column.get("config") or {}).get("meta") or column.get("meta") or {}


def unit_of(name: str, data_type: str, meta: Mapping[str, Any], columns: Collection[str] = ()) -> str:
    """The unit of a column.

    Args:
        name: The column.
        data_type: Its type in the contract.
        meta: Its `meta`, in which `unit` says another unit than name and type.
        columns: All columns of its table.
    """
    if meta.get("unit"):
        return str(meta["unit"])
    kind = data_type.lower()
    of_kinds = {"date": "date", "boolean": "yes or no", "string": "text"}
    if kind in of_kinds or kind.startswith("timestamp"):
        return of_kinds.get(kind, "instant")
    if re.search("fx_rate|^exchange_rate$", name):
        return "exchange rate"
    if re.search("_rc(_|$)", name) and kind.startswith("decimal"):
        return REPORTING_CURRENCY
    of_names = (
        (r"(^|_)(roi|roas|mer)(_|$)|_per_view$", "ratio"),
        (r"(_rate|_share|_coverage)(_|$)|(^|_)(ctr|ctor)$", "fraction"),
        (r"(^|_)rank(_|$)", "rank"),
        (r"(?<!_per)_hour$", "hour of day"),
        (r"(^|_)seconds(_|$)", "seconds"),
        (r"(^|_)minutes(_|$)", "minutes"),
        (r"^hours_|_hours$", "hours"),
        (r"(^|_)days(_|$)", "days"),
        ("^weekday$", "day of week"),
    )
    for pattern, unit in of_names:
        if re.search(pattern, name):
            return unit
    if kind.replace(" ", "") == "decimal(18,4)":
        # What an ads account reports is in its own currency, whichever the shop has.
        return ACCOUNT_CURRENCY if "advertiser_id" in columns else SHOP_CURRENCY
    return "ratio" if kind in ("double", "float") else "count"


def label_zh_of(node: Mapping[str, Any], column: Mapping[str, Any]) -> str | None:
    """The name of a column of a table in 中文; None where nobody has given it one.

    Args:
        node: The table in dbt's manifest.
        column: Its column.
    """
    name = str(column["name"])
    is_rc = name.endswith("_rc") or "_rc_" in name
    label = meta_of(column).get("label_zh") or _parts(str(column["description"])).label_zh
    # An amount in the reporting currency is called as the one beside it in shop currency.
    if not label and is_rc and (beside := node["columns"].get(name.replace("_rc", ""))):
        label = meta_of(beside).get("label_zh") or _parts(str(beside["description"])).label_zh
    return f"{label}（报告币种）" if label and is_rc and "报告币种" not in label else label


def summed_columns(manifest: Mapping[str, Any]) -> dict[str, dict[str, bool]]:
    """Columns that the metric layer adds up, by table; True: within a day, as stock of two days is the same stock."""
    found: dict[str, dict[str, bool]] = {}
    for model in (manifest.get("semantic_models") or {}).values():
        for measure in model["measures"]:
            column = str(measure.get("expr") or measure["name"])
            if measure["agg"] == "sum" and column.isidentifier():
                own = found.setdefault(str(model["node_relation"]["alias"]), {})
                own[column] = bool(measure.get("non_additive_dimension"))
    return found


def adds_up(
    name: str, unit: str, summed: Mapping[str, bool], columns: Collection[str], *, of_view: bool = False
) -> str | None:
    """Whether a column may be added up over rows; None where nothing is known of it.

    Args:
        name: The column.
        unit: Its unit.
        summed: Columns of its table that the metric layer adds up.
        columns: All columns of its table.
        of_view: It is a view for people, in which a plain sum is right.
    """
    is_level = _DISTINCT_OR_LEVEL.search(name) and name not in summed
    if unit in _NEVER_SUMMED or (is_level and unit in (*_SUMMED, "seconds", "days", "weeks")):
        return NO
    if unit not in _SUMMED:
        return None
    whole = BY_CURRENCY if unit in (SHOP_CURRENCY, ACCOUNT_CURRENCY) else YES
    if any(summed.values()):
        # A day's picture of the stock: all that it has is of that day.
        whole = ONE_DAY
    if name in summed:
        return whole
    # A row that says which KPI its value is of is added to no row of another.
    return whole if of_view and "kpi_name" not in columns else None


def _row(
    node: Mapping[str, Any],
    column: Mapping[str, Any],
    place: int,
    since: str,
    measured: Mapping[str, Mapping[str, bool]],
) -> dict[str, Any]:
    name, kind, meta = str(column["name"]), str(column["data_type"]), meta_of(column)
    parts = _parts(str(column["description"]))
    of_model = node["config"].get("meta") or {}
    version = _VERSION.match(parts.lines.get("Version", f"1 since {since}"))
    if version is None:
        raise DefinitionWrong(
            f"{node['name']}.{name}: '- **Version**: {parts.lines['Version']}' is not "
            "'<number> since <YYYY-MM-DD>: <what changed>'."
        )
    unit = unit_of(name, kind, meta, node["columns"])
    return {
        "model_name": node["name"],
        "column_position": place,
        "column_name": name,
        "is_bookkeeping": name.startswith("_"),
        "label": meta.get("label") or _label(name),
        "label_zh": label_zh_of(node, column),
        "definition": " ".join(parts.definition),
        "definition_zh": " ".join(parts.definition_zh),
        "formula": _formula(parts),
        "clock": meta.get("clock") or _clock(name, kind, of_model.get("clock") or "none"),
        "clock_note": parts.lines.get("Clock"),
        "unit": unit,
        "unit_note": parts.lines.get("Currency, unit"),
        "adds_up": adds_up(name, unit, measured.get(node["name"], {}), node["columns"]),
        "included": parts.lines.get("Included"),
        "not_the_same_as": parts.lines.get("Not the same as"),
        "data_type": kind,
        "domain": str(node["original_file_path"]).split("/")[-2],
        "owner": of_model.get("owner"),
        "definition_version": int(version[1]),
        "defined_since": version[2],
        "version_note": version[3],
        "definition_digest": hashlib.md5(
            re.sub(r"\s+", " ", str(column["description"])).encode(), usedforsecurity=False
        ).hexdigest(),
    }


class _Parts:
    """The parts of a description."""

    def __init__(self) -> None:
        self.label_zh: str | None = None
        self.definition: list[str] = []
        self.definition_zh: list[str] = []
        self.lines: dict[str, str] = {}


def _parts(description: str) -> _Parts:
    found = _Parts()
    for raw in description.split("\n"):
        line = re.sub(r"\s+", " ", raw).strip()
        bullet = re.match(r"- \*\*(.+?)\*\*: (.*)$", line)
        heading = re.match(rf"\*\*(?:.*?) ?({_CHINESE}.*)\*\*$", line)
        if bullet:
            found.lines.setdefault(bullet[1], bullet[2])
        elif heading and not found.label_zh:
            found.label_zh = heading[1]
        elif re.match(rf"\*\*中文\*\*|[（“]?{_CHINESE}", line):
            # After the 中文 of a block, on its last line, a column says in English what is its own.
            chinese = re.sub(r"^\*\*中文\*\*[：:] ?", "", line)
            for place, part in enumerate(re.split(r"(?<=[。）])\s+(?=[A-Z`])", chinese)):
                is_chinese = place == 0 or re.match(rf"[^A-Za-z]*{_CHINESE}", part)
                (found.definition_zh if is_chinese else found.definition).append(part)
        elif " · " in line:
            english, _, chinese = line.rpartition(" · ")
            found.definition.append(english)
            found.label_zh = found.label_zh or chinese
        elif line:
            found.definition.append(line)
    return found


def _label(name: str) -> str:
    """The English label: the name in words."""
    is_rc = name.endswith("_rc") or "_rc_" in name
    words = f"{name.strip('_')}_".replace("_rc_", "_").strip("_").split("_")
    shown = [
        word.upper() if word in _CAPITALS else word.capitalize() if place == 0 else word
        for place, word in enumerate(words)
    ]
    return " ".join(shown) + (" in reporting currency" if is_rc else "")


def _clock(name: str, data_type: str, of_model: str) -> str:
    """Whose day it is: name and type of a date or an instant say it, a figure has the clock of its mart."""
    kind = data_type.lower()
    if kind.startswith("timestamp") or name.endswith("_utc"):
        return "UTC"
    if "business_date" in name or name == "business_hour":
        return "business_date"
    if "shop_local" in name:
        return "shop_local_date"
    return "none" if kind in ("string", "boolean") else of_model


def _formula(parts: _Parts) -> str | None:
    """The line of its own, or the first code in a definition that computes something."""
    line = parts.lines.get("Formula", "")
    if re.match(r"(none|as the platform|text|date)\b", line):
        return None
    if line:
        return line
    codes = re.findall("`([^`]+)`", " ".join(parts.definition))
    return next((f"`{code}`" for code in codes if re.search(" [-+/x] ", code)), None)
