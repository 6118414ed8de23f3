"""The exports we know: which columns each kind of export has, under which headers, and which files there are.

`kinds/*.yml` say what a column is (type, contact data or not, which charge of a settlement), `layouts/*.yml`
which columns a file has. Headers carry the dates in which they are valid, where we know them: the platform
renames columns without notice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from ingestion.seller_center.numbers import currency_of

Type = Literal[
    "id", "text", "word", "int", "money", "number", "rate", "time", "date", "duration", "bool", "currency"
]
Rates = Literal["percent_sign", "fraction", "percent", "hundredths"]
AMOUNTS = frozenset({"money", "number", "rate", "int"})
TIMES = frozenset({"time", "date"})

_HERE = Path(__file__).parent
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")
_UNIT = re.compile(r"^(.*\S)\s*\(\s*([^()]+?)\s*\)$")


@dataclass(frozen=True, slots=True)
class Alias:
    """A header under which a column was seen.

    Attributes:
        header: As the platform writes it, without a currency in brackets.
        language: `en`, `id`, `es`.
        valid_from: First day it was seen on; None when nobody knows.
        valid_to: The day after the last one.
    """

    header: str
    language: str
    valid_from: date | None = None
    valid_to: date | None = None

    def valid_on(self, day: date | None) -> bool:
        """Whether the header had this meaning on a day; without a day, whether it has it today."""
        if day is None:
            return self.valid_to is None
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """What a column is.

    Attributes:
        name: Canonical name.
        type: How its cells are read.
        headers: How it was called.
        contact: `cut`: contact data, never leaves the reader; `person`: may leave as a keyed hash.
        component: Settlement charges: group and name of the component it is in the API, `fee.gst_amount`.
        total: Settlement sums: what it is the sum of; it is no charge of its own.
    """

    name: str
    type: Type
    headers: tuple[Alias, ...]
    contact: Literal["cut", "person"] | None = None
    component: str | None = None
    total: str | None = None


@dataclass(frozen=True, slots=True)
class KindSpec:
    """A kind of export, over all markets and languages.

    Attributes:
        kind: Its name.
        columns: Its columns by canonical name.
        by_header: Which columns a header can mean, by `normal_header`.
    """

    kind: str
    columns: Mapping[str, ColumnSpec]
    by_header: Mapping[str, tuple[tuple[Alias, ColumnSpec], ...]]

    def find(self, header: str, day: date | None = None) -> tuple[Alias, ColumnSpec] | None:
        """The column a header means, with or without a currency in brackets; None when unknown.

        Args:
            header: As it stands in the file.
            day: Of the file. It matters where a header came to mean something else.
        """
        for text in (header, split_unit(header)[0]):
            found = self.by_header.get(normal_header(text))
            if found:
                valid = [pair for pair in found if pair[0].valid_on(day)]
                return (valid or list(found))[0]
        return None


@dataclass(frozen=True, slots=True)
class Layout:
    """A file as a market and a language know it.

    Attributes:
        id: Its id.
        kind: Its kind.
        title: By language of our messages.
        markets: Where it was seen; empty for any market.
        language: Of its own header.
        sheets: Names its sheet has. Only told to people: recognition looks at headers.
        key: Column without which a row is no data.
        period: Column that dates a row; None when the rows have none.
        period_in_name: Expression that finds the period in the file's name, where the file itself does not
            tell it.
        rates: How a rate without a percent sign is read; `percent_sign`: not at all.
        complete: Whether we know all of its columns.
        required: Columns without which the file is refused.
        columns: Its columns in order.
        optional: Columns that some of its files have.
    """

    id: str
    kind: KindSpec
    title: Mapping[str, str]
    markets: tuple[str, ...]
    language: str
    sheets: tuple[str, ...]
    key: str
    period: str | None
    period_in_name: str | None
    rates: Rates
    complete: bool
    required: tuple[str, ...]
    columns: tuple[str, ...]
    optional: tuple[str, ...]


@lru_cache(maxsize=20_000)
def normal_header(text: str) -> str:
    """A header as it is compared: without case, invisible characters and doubled or outer blanks."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).split()).casefold()


@lru_cache(maxsize=20_000)
def split_unit(header: str) -> tuple[str, str | None]:
    """A header without the currency it ends with, and that currency: `GMV (MX$)` is `GMV` and `MX$`."""
    match = _UNIT.match(header.strip())
    if match and currency_of(match[2]) is not None:
        return match[1], match[2]
    return header, None


@cache
def kinds() -> Mapping[str, KindSpec]:
    """All kinds of exports, by name."""
    return {spec.kind: spec for spec in map(_kind, sorted((_HERE / "kinds").glob("*.yml")))}


@cache
def layouts() -> Mapping[str, Layout]:
    """All layouts, by id."""
    return {layout.id: layout for layout in map(_layout, sorted((_HERE / "layouts").glob("*.yml")))}


@cache
def known_headers() -> frozenset[str]:
    """All headers of all kinds, as `normal_header`."""
    return frozenset(header for kind in kinds().values() for header in kind.by_header)


def _kind(path: Path) -> KindSpec:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    columns: dict[str, ColumnSpec] = {}
    by_header: dict[str, list[tuple[Alias, ColumnSpec]]] = {}
    for name, entry in content["columns"].items():
        headers = tuple(_alias(header) for header in entry["headers"])
        column = ColumnSpec(
            name, entry["type"], headers, entry.get("contact"), entry.get("component"), entry.get("total")
        )
        columns[name] = column
        for alias in headers:
            by_header.setdefault(normal_header(alias.header), []).append((alias, column))
    return KindSpec(content["kind"], columns, {header: tuple(pairs) for header, pairs in by_header.items()})


def _alias(entry: str | dict[str, Any]) -> Alias:
    if isinstance(entry, str):
        return Alias(entry, "en")
    return Alias(entry["header"], entry.get("language", "en"), entry.get("valid_from"), entry.get("valid_to"))


def _layout(path: Path) -> Layout:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Layout(
        id=content["layout"],
        kind=kinds()[content["kind"]],
        title=content["title"],
        markets=tuple(content["markets"]),
        language=content["language"],
        sheets=tuple(content.get("sheets", ())),
        key=content["key"],
        period=content.get("period"),
        period_in_name=content.get("period_in_name"),
        rates=content.get("rates", "percent_sign"),
        complete=content["complete"],
        required=tuple(content["required"]),
        columns=tuple(content["columns"]),
        optional=tuple(content.get("optional", ())),
    )
