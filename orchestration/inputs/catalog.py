"""The inputs: what `inputs.yml` says of their sheets, and what the YAML of their seeds says of their columns."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from home.errors import ConfigError

FROM, UNTIL = "valid_from", "valid_to"


@dataclass(frozen=True)
class Column:
    """A column of an input.

    Attributes:
        name: Its name in the seed.
        type: `text`, `decimal`, `whole`, `date`, `yes_no` or `time`.
        zh: 中文名称.
        en: English name.
        hint: What to know when filling it in, in Chinese and English; empty texts when nothing.
        is_needed: A cell of it may not be empty.
        choices: What a cell may hold; empty: anything.
        least: The smallest number.
        most: The largest number.
        above: It has to be more than this.
        of: What it refers to: `shop`, `sku`, `person`, ...; empty: nothing.
        is_first_of_month: A date has to be the first of a month.
    """

    name: str
    type: str
    zh: str
    en: str
    hint: tuple[str, str] = ("", "")
    is_needed: bool = False
    choices: tuple[str, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    above: Decimal | None = None
    of: str = ""
    is_first_of_month: bool = False

    @property
    def label(self) -> str:
        """Its names in both languages."""
        return f"{self.zh} {self.en}"


@dataclass(frozen=True)
class Input:
    """What a team maintains in one sheet.

    Attributes:
        name: Name of the seed: `sku_costs`.
        sheet: Name of its sheet, in both languages.
        zh: What a row is, in Chinese.
        en: The same in English.
        columns: Its columns, in the order of the seed.
        key: Columns that name a row, without the dates.
        fill: Of what rows are filled in: `sku`, `shop`, or empty.
        seed: The CSV of the project.
    """

    name: str
    sheet: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    fill: str
    seed: Path

    @property
    def has_spans(self) -> bool:
        """Whether a row holds from a day to another."""
        return {FROM, UNTIL} <= {column.name for column in self.columns}

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)


def inputs(project: Path) -> dict[str, Input]:
    """All inputs of a project, in the order of their sheets.

    Args:
        project: Folder of `dbt_project.yml`.

    Raises:
        ConfigError: A seed that `inputs.yml` names is not in the project.
    """
    told = yaml.safe_load(Path(__file__).with_name("inputs.yml").read_text(encoding="utf-8"))
    seeds = _seeds(project)
    found = {}
    for name, about in told.items():
        path = project / "seeds" / about["topic"] / f"{name}.csv"
        if name not in seeds or not path.is_file():
            raise ConfigError(
                f"The project {project} has no seed {name}.",
                advice="Take it over from the repository: the workbook of inputs has a sheet for it.",
            )
        header = _header(path)
        found[name] = Input(
            name=name,
            sheet=str(about["sheet"]),
            zh=str(about["zh"]),
            en=str(about["en"]),
            columns=tuple(
                _column(column, about["columns"].get(column) or {}, seeds[name]) for column in header
            ),
            key=tuple(about["key"]),
            fill=str(about.get("fill") or ""),
            seed=path,
        )
    return found


def _seeds(project: Path) -> dict[str, Mapping[str, Any]]:
    """What the YAML files of the seeds say, by name."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted((project / "seeds").rglob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        found |= {str(seed["name"]): seed for seed in content.get("seeds") or ()}
    return found


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file), [])


def _column(name: str, about: Mapping[str, Any], seed: Mapping[str, Any]) -> Column:
    tests = next(
        (one.get("data_tests") or () for one in seed.get("columns") or () if one["name"] == name), ()
    )
    never_null = _arguments(seed.get("data_tests") or (), "never_null").get("columns") or ()
    bounds = _arguments(tests, "in_range")
    words = name.replace("_", " ").capitalize()
    return Column(
        name=name,
        type="time" if about.get("time") else _type(str(seed["config"]["column_types"][name])),
        zh=str(about.get("zh") or words),
        en=str(about.get("en") or words),
        hint=tuple(map(str, about["hint"])) if about.get("hint") else ("", ""),  # type: ignore[arg-type]
        is_needed=bool(about.get("needed")) or "not_null" in tests or name in never_null,
        choices=tuple(
            map(str, about.get("one_of") or _arguments(tests, "accepted_values").get("values") or ())
        ),
        least=_number(about.get("least", bounds.get("min_value"))),
        most=_number(about.get("most", bounds.get("max_value"))),
        above=_number(about.get("above")),
        of=str(about.get("of") or ""),
        is_first_of_month=bool(about.get("first_of_month")),
    )


def _arguments(tests: Sequence[Any], name: str) -> Mapping[str, Any]:
    for test in tests:
        if isinstance(test, dict) and name in test:
            arguments: Mapping[str, Any] = test[name].get("arguments") or {}
            return arguments
    return {}


def _type(kind: str) -> str:
    if kind.startswith("decimal"):
        return "decimal"
    return {"bigint": "whole", "integer": "whole", "date": "date", "boolean": "yes_no"}.get(kind, "text")


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
