"""The workbook of inputs: explanations in both languages, drop-downs, the rows that hold, the shops' own SKUs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from home.inputs import current_version
from home.layout import Home
from home.project import project_dir
from home.storage import replacement
from orchestration.inputs.catalog import FROM, UNTIL, Column, Input, inputs
from orchestration.inputs.check import Value, Values
from orchestration.inputs.importing import current_rows
from orchestration.inputs.known import SEPARATOR, Known, known_things
from orchestration.inputs.reading import LISTS, READ_ME

_HEADER = 2
"""Row of the header, from 0: what the sheet is for stands above it, in both languages."""
_SPARE_ROWS = 1_000
_MESSAGE, _TITLE = 255, 32
_LONGEST_LIST = 1_000_000
_FORMATS = {
    "text": "@",
    "time": "@",
    "decimal": "General",
    "whole": "0",
    "date": "yyyy-mm-dd",
    "yes_no": "General",
}
_STEPS = (
    ("填写", "Fill in"),
    (
        "每张表替换同名输入的全部内容：删除一行即删除该数据。未改动的表可以删除，删除的表保持原状。",
        "A sheet takes the place of the whole input: a row that is deleted is gone. A sheet that you do not need may "
        "be deleted; its input stays as it is.",
    ),
    (
        "valid_from 含当日，valid_to 不含当日；空表示至今有效。同一键的日期不能重叠。",
        "valid_from is included, valid_to is not; empty means still. Days of one key must not overlap.",
    ),
    (
        "黄色行是尚未填写的本店 SKU：填写即生效，不填写则忽略。",
        "Yellow rows are SKUs of your shops without a value: filled in they count, left as they are they are ignored.",
    ),
    ("编号是文本；不要把它改成数字格式。", "Ids are text; do not turn them into numbers."),
    ("导入", "Import"),
    (
        "ttkpi inputs import 本文件。逐格检查：有一处错误则全部不导入，并逐条列出工作表、行、列。",
        "ttkpi inputs import FILE. Every cell is checked: one error, and nothing is imported; each is told by sheet, "
        "row and column.",
    ),
    (
        "每次导入保存为一个版本，可用 ttkpi inputs history 查看、ttkpi inputs restore 恢复。下次构建生效。",
        "Every import is kept as a version: ttkpi inputs history lists them, ttkpi inputs restore goes back. It holds "
        "from the next build on.",
    ),
)


@dataclass(frozen=True)
class TemplateReport:
    """What was written.

    Attributes:
        path: The file.
        rows: Rows that hold, by sheet.
        filled: Rows of the shops' own SKUs and shops that wait for a value, by sheet.
    """

    path: Path
    rows: Mapping[str, int]
    filled: Mapping[str, int]


def export_inputs(home: Home, path: Path) -> TemplateReport:
    """Write the workbook of inputs.

    Args:
        home: Whose inputs, shops, SKUs and people.
        path: The file.

    Raises:
        CannotRead: The published file is damaged.
        ConfigError: There is no dbt project.
        RecordDamaged: The inputs of the home are not as they were imported.
        StorageError: The disk is full or refuses; a file that was there is as it was.
    """
    project = project_dir()
    known_inputs = inputs(project)
    known = known_things(home, project)
    current = current_rows(home, known_inputs, known)
    version = current_version(home)
    rows: dict[str, int] = {}
    filled: dict[str, int] = {}
    with replacement(path) as fresh:
        book = Workbook(
            str(fresh), {"strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
        )
        looks = _Looks(book)
        front = book.add_worksheet(READ_ME)
        lists = _Lists(book)
        people = _people(current)
        for one in known_inputs.values():
            waiting = _waiting(one, current[one.name], known)
            _write(
                book.add_worksheet(one.sheet), one, current[one.name], waiting, looks, lists, known, people
            )
            rows[one.sheet], filled[one.sheet] = len(current[one.name]), len(waiting)
        lists.write()
        holds = (
            "项目种子文件 · the project's seeds"
            if version is None
            else f"{version.name}（{version.imported_by}，{version.source}）"
        )
        _write_front(front, known_inputs.values(), rows, filled, holds, looks)
        book.close()
    return TemplateReport(path, rows, filled)


class _Looks:
    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._known: dict[tuple[str, bool], Format] = {}
        band = {"bold": True, "font_color": "white", "text_wrap": True, "valign": "vcenter", "border": 1}
        self.needed = book.add_format({**band, "bg_color": "#1F4E78"})
        self.optional = book.add_format({**band, "bg_color": "#7F9DB9"})
        self.title = book.add_format({"bold": True, "font_size": 18, "font_color": "#1F4E78"})
        self.about = book.add_format({"text_wrap": True, "valign": "top", "font_color": "#404040"})
        self.strong = book.add_format({"bold": True, "valign": "top"})
        self.link = book.add_format({"font_color": "#0563C1", "underline": 1})

    def of(self, column: Column, is_waiting: bool) -> Format:
        look = (_FORMATS[column.type], is_waiting)
        if look not in self._known:
            extra = {"bg_color": "#FFF6CC"} if is_waiting else {}
            self._known[look] = self._book.add_format({"num_format": look[0], **extra})
        return self._known[look]


class _Lists:
    """The choices of drop-downs, on a hidden sheet, each list once."""

    def __init__(self, book: Workbook) -> None:
        self._page = book.add_worksheet(LISTS)
        self._page.hide()
        self._places: dict[tuple[str, ...], str] = {}

    def place(self, choices: Sequence[str]) -> str:
        """The range of a list."""
        key = tuple(choices[:_LONGEST_LIST])
        if key not in self._places:
            column = _letters(len(self._places))
            self._places[key] = f"='{LISTS}'!${column}$1:${column}${max(1, len(key))}"
        return self._places[key]

    def write(self) -> None:
        """Write all lists."""
        for place, choices in enumerate(self._places):
            for number, choice in enumerate(choices):
                self._page.write_string(number, place, choice)


def _letters(place: int) -> str:
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


def _people(current: Mapping[str, list[Values]]) -> tuple[str, ...]:
    names = {row.get("person_name") for row in current.get("team_assignments", ())}
    names |= {row.get("host_name") for row in current.get("live_host_shifts", ())}
    return tuple(sorted(str(name) for name in names if name is not None))


def _waiting(one: Input, rows: Sequence[Values], known: Known) -> list[Values]:
    """Rows of the shops' own things that have no row yet: only their key is filled in."""
    if one.fill == "shop":
        present = {row["shop_key"] for row in rows}
        return [{"shop_key": shop} for shop in sorted(known.shops) if shop not in present]
    if one.fill == "sku":
        pairs = {(row["shop_key"], row["seller_sku"]) for row in rows}
        return [
            {"shop_key": shop, "seller_sku": sku}
            for shop in sorted(known.shops)
            for sku in sorted(known.skus.get(shop, ()))
            if (shop, sku) not in pairs
        ]
    return []


def _write(
    page: Worksheet,
    one: Input,
    rows: Sequence[Values],
    waiting: Sequence[Values],
    looks: _Looks,
    lists: _Lists,
    known: Known,
    people: Sequence[str],
) -> None:
    last = len(one.columns) - 1
    for number, text in enumerate((one.zh, one.en)):
        page.set_row(number, 32)
        page.merge_range(number, 0, number, max(last, 1), text, looks.about)
    page.set_row(_HEADER, 50)
    page.freeze_panes(_HEADER + 1, min(2, last))
    end = _HEADER + len(rows) + len(waiting) + _SPARE_ROWS
    for place, column in enumerate(one.columns):
        page.set_column(place, place, _width(column), looks.of(column, False))
        look = looks.needed if column.is_needed else looks.optional
        page.write_string(_HEADER, place, f"{column.zh}\n{column.en}\n{column.name}", look)
        if rule := _rule(column, one, lists, known, people):
            page.data_validation(_HEADER + 1, place, end, place, rule)
    for number, (row, is_waiting) in enumerate(
        [*((row, False) for row in rows), *((row, True) for row in waiting)], start=_HEADER + 1
    ):
        for place, column in enumerate(one.columns):
            _cell(
                page, number, place, _shown(column, row.get(column.name), known), looks.of(column, is_waiting)
            )
    page.autofilter(_HEADER, 0, _HEADER + max(1, len(rows) + len(waiting)), last)


def _cell(page: Worksheet, row: int, place: int, value: Value, look: Format) -> None:
    if value is None:
        page.write_blank(row, place, None, look)
    elif isinstance(value, bool):
        page.write_boolean(row, place, value, look)
    elif isinstance(value, Decimal | int):
        page.write_number(row, place, float(value), look)
    elif isinstance(value, date):
        page.write_datetime(row, place, datetime(value.year, value.month, value.day), look)  # noqa: DTZ001 (a sheet knows no zone)
    else:
        page.write_string(row, place, value, look)


def _shown(column: Column, value: Value, known: Known) -> Value:
    if column.of == "shop" and isinstance(value, str) and known.shops.get(value):
        return f"{value}{SEPARATOR}{known.shops[value]}"
    return value


def _width(column: Column) -> int:
    if column.of == "shop":
        return 34
    if column.type == "date":
        return 13
    return 22 if column.type == "text" else 13


def _rule(
    column: Column, one: Input, lists: _Lists, known: Known, people: Sequence[str]
) -> dict[str, Any] | None:
    """What a spreadsheet lets a cell hold, and what it shows beside the cell."""
    rule: dict[str, Any] = {"ignore_blank": True}
    choices, is_strict = _choices(column, one, known, people)
    if choices:
        rule |= {"validate": "list", "source": lists.place(choices)}
        rule["error_type"] = "stop" if is_strict else "warning"
    elif column.type == "date":
        rule |= {"validate": "date", "criteria": ">=", "value": date(2015, 1, 1)}
    elif column.type in ("decimal", "whole"):
        rule |= {"validate": "decimal" if column.type == "decimal" else "integer", **_bounds(column)}
    else:
        rule |= {"validate": "any"}
    hint = [*(text for text in column.hint if text)]
    hint += [] if column.name not in (FROM, UNTIL) or column.hint[0] else ["YYYY-MM-DD"]
    if column.is_needed:
        hint.append("必填 · has to be filled in")
    if hint:
        rule |= {"input_title": column.label[:_TITLE], "input_message": "\n".join(hint)[:_MESSAGE]}
    if rule["validate"] == "any":
        return rule if hint else None
    rule["error_title"] = column.label[:_TITLE]
    rule["error_message"] = "该单元格不接受此内容。 · The cell does not take this."[:_MESSAGE]
    return rule


def _bounds(column: Column) -> dict[str, Any]:
    least = column.least if column.least is not None else column.above
    if least is not None and column.most is not None:
        return {"criteria": "between", "minimum": float(least), "maximum": float(column.most)}
    if column.most is not None:
        return {"criteria": "<=", "value": float(column.most)}
    if column.above is not None:
        return {"criteria": ">", "value": float(column.above)}
    return {"criteria": ">=", "value": float(least) if least is not None else -1e15}


def _choices(column: Column, one: Input, known: Known, people: Sequence[str]) -> tuple[Sequence[str], bool]:
    """The choices of a drop-down, and whether nothing else may be written."""
    if column.choices:
        return column.choices, True
    if column.type == "yes_no":
        return ("TRUE", "FALSE"), True
    if column.of == "shop":
        return [
            f"{key}{SEPARATOR}{name}" if name else key for key, name in sorted(known.shops.items())
        ], False
    found: Mapping[str, Iterable[str]] = {
        "sku": {sku for skus in known.skus.values() for sku in skus},
        "account": {name for names in known.accounts.values() for name in names},
        "scope": {name for names in known.accounts.values() for name in names} | {*known.campaigns},
        "campaign": known.campaigns,
        "advertiser": known.advertisers,
        "person": people,
        "region": known.regions,
        "currency": known.currencies,
        "watched_kpi": known.watched_kpis,
        "alert_kind": known.alert_kinds,
        "scorecard_kpi": {name for names in known.scorecard_kpis.values() for name in names},
    }
    if column.of in found:
        return sorted(found[column.of]), column.of in ("region", "currency", "watched_kpi", "alert_kind")
    if column.name in ("host_name", "person_name"):
        return people, False
    return (), False


def _write_front(
    page: Worksheet,
    known_inputs: Iterable[Input],
    rows: Mapping[str, int],
    filled: Mapping[str, int],
    holds: str,
    looks: _Looks,
) -> None:
    page.hide_gridlines(2)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_column(0, 0, 34)
    page.set_column(1, 2, 14)
    page.set_column(3, 3, 110)
    page.write_string(0, 0, "运营输入 Inputs of the team", looks.title)
    page.write_string(1, 0, "当前版本 Holds now", looks.strong)
    page.write_string(1, 1, holds)
    number = 3
    for place, text in enumerate(("工作表 Sheet", "行数 Rows", "待填 To fill in", "说明 What a row is")):
        page.write_string(number, place, text, looks.needed)
    for one in known_inputs:
        number += 1
        page.write_url(number, 0, f"internal:'{one.sheet}'!A1", looks.link, one.sheet)
        page.write_number(number, 1, rows[one.sheet])
        page.write_number(number, 2, filled[one.sheet])
        page.write_string(number, 3, f"{one.zh} {one.en}")
    number += 1
    for zh, en in _STEPS:
        number += 1
        if len(zh) < 5:
            page.write_string(number, 0, f"{zh} {en}", looks.strong)
        else:
            page.write_string(number, 0, zh)
            number += 1
            page.write_string(number, 0, en)
