"""Fields and records of a table: types, names in Chinese, values, and how a record is known again.

Two fields are ours alone: the key, which names a record, and a digest of what was written into it. A run reads these
two and writes only what is new, has changed or is gone; fields that people add are never touched.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from home.errors import ConfigError
from orchestration.sheets.tables import DATE, FRACTION, INSTANT, NUMBER, WHOLE, YES_NO, Column, Table

KEY, DIGEST = "键", "内容摘要"
_TEXT, _NUMBER, _DATE, _CHECKBOX = 1, 2, 5, 7
_NAMES = {_TEXT: "文本 text", _NUMBER: "数字 number", _DATE: "日期 date", _CHECKBOX: "复选框 checkbox"}
_LONGEST_TEXT = 10_000
_LONGEST_NAME = 100
_EXACT = 2**53
_SEPARATOR = " | "


class NoKey(ConfigError):
    """A table has no key, so its records can't be known again."""


@dataclass(frozen=True)
class Field:
    """A field of a table of the Base.

    Attributes:
        name: Its name, in Chinese.
        column: The column that it shows; None for key and digest.
        type: The platform's number of its type.
        property: How it is shown.
    """

    name: str
    column: Column | None
    type: int
    property: Mapping[str, Any] | None = None

    def as_request(self) -> dict[str, Any]:
        """The field as the API takes it."""
        found: dict[str, Any] = {"field_name": self.name, "type": self.type}
        return found if self.property is None else {**found, "property": dict(self.property)}


def table_name(table: Table) -> str:
    """What the table of the Base is called: the name of the view."""
    return table.name


def fields_of(table: Table) -> list[Field]:
    """The fields of a table: the key, its columns, the digest.

    Raises:
        NoKey: The published file does not say what names a row.
    """
    if not table.key:
        raise NoKey(
            f"{table.name} has no key, so its records could not be known again. 该表没有主键，无法同步。",
            advice="Leave it out of destination.bitable.views; `ttkpi export tables` shows the keys.",
        )
    count = Counter(column.label_zh for column in table.columns)
    fields = [Field(KEY, None, _TEXT)]
    taken = {KEY, DIGEST}
    for column in table.columns:
        name = column.label_zh.strip()[:_LONGEST_NAME]
        if count[column.label_zh] > 1 or name in taken:
            name = f"{name[: _LONGEST_NAME - len(column.name) - 2]}（{column.name}）"
        taken.add(name)
        fields.append(Field(name, column, *_type(column)))
    return [*fields, Field(DIGEST, None, _TEXT)]


def type_name(number: int) -> str:
    """What people call a type."""
    return _NAMES.get(number, f"type {number}")


def record(
    table: Table, fields: Iterable[Field], row: Mapping[str, Any], zone: ZoneInfo
) -> tuple[str, dict[str, Any]]:
    """A row as a record: its key, and its values by field. What is unknown is None.

    Args:
        table: The table.
        fields: Its fields.
        row: The row, by column.
        zone: Whose midnight a day begins with: the platform keeps instants only.
    """
    key = _SEPARATOR.join(_plain(row[name]) for name in table.key)
    values = {
        one.name: _value(one.column, row[one.column.name], zone) for one in fields if one.column is not None
    }
    content = json.dumps(values, ensure_ascii=False, sort_keys=True)
    return key, {KEY: key, **values, DIGEST: hashlib.sha256(content.encode()).hexdigest()[:32]}


def text_of(value: Any) -> str:
    """The text of a field as the API gives it: plain, or in parts."""
    if isinstance(value, list):
        return "".join(str(part.get("text") or "") if isinstance(part, dict) else str(part) for part in value)
    return "" if value is None else str(value)


def _type(column: Column) -> tuple[int, Mapping[str, Any] | None]:
    if column.kind == DATE:
        return _DATE, {"date_formatter": "yyyy-MM-dd", "auto_fill": False}
    if column.kind == INSTANT:
        return _DATE, {"date_formatter": "yyyy-MM-dd HH:mm", "auto_fill": False}
    if column.kind == YES_NO:
        return _CHECKBOX, None
    if column.kind == WHOLE:
        return _NUMBER, {"formatter": "0"}
    if column.kind == NUMBER:
        shown = "0.00%" if column.unit == FRACTION else "1,000.00" if column.is_money else "0.0000"
        return _NUMBER, {"formatter": shown}
    return _TEXT, None


def _value(column: Column, value: Any, zone: ZoneInfo) -> Any:
    if value is None:
        # A box is ticked or not: the platform has no third state.
        return None
    if isinstance(value, datetime):
        return _milliseconds(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return _milliseconds(datetime(value.year, value.month, value.day, tzinfo=zone))
    if column.kind == YES_NO:
        return bool(value)
    if column.kind in (NUMBER, WHOLE):
        if column.kind == WHOLE and not -_EXACT < value < _EXACT:
            raise ConfigError(
                f"{column.name} holds {value}, which is beyond the digits of a number in a Base.",
                advice="Leave the view out of destination.bitable.views.",
            )
        return int(value) if column.kind == WHOLE else float(value)
    return str(value)[:_LONGEST_TEXT]


def _milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _plain(value: Any) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
