"""The exports we know: which columns each kind of export has, under which headers, and which files there are.

`kinds/*.yml` say what a column is (type, contact data or not, which charge of a settlement), `layouts/*.yml`
which columns a file has, `languages/*.yml` how columns are called in other languages, and where that was seen.
Headers carry the dates in which they are valid, where we know them: the platform renames columns without notice.

A header is compared by its words: case, blanks, punctuation and spelling do not count. What is known of a column of
one kind is known of the column of that name in every kind.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
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
# Vowels and tones that are written above or below a letter are part of the word.
_NOT_WORDS = re.compile(r"[^\w%&\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]+|_")
_SPELLINGS = {
    "&": "and",
    "adj": "adjustment",
    "ajustment": "adjustment",
    "cancelation": "cancellation",
    "canceled": "cancelled",
    "cofunded": "cofund",
    "funded": "fund",
    "fulfilment": "fulfillment",
    "llinked": "linked",
}
"""Words that the platform spells in several ways, or misspells."""
_UNIT = re.compile(r"^(.*\S)\s*\(\s*([^()]+?)\s*\)$")


@dataclass(frozen=True, slots=True)
class Alias:
    """A header under which a column was seen.

    Attributes:
        header: As the platform writes it, without a currency in brackets.
        language: `en`, `id`, `es`, `vi` ...
        valid_from: First day it was seen on; None when nobody knows.
        valid_to: The day after the last one.
        inferred: Whether nobody has seen it in a file: it is a translation by us.
    """

    header: str
    language: str
    valid_from: date | None = None
    valid_to: date | None = None
    inferred: bool = False

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
        title: By language of our messages.
        control: Columns of which a file may tell the sum, and whose sum it is then compared with.
        by_singular: The same as `by_header` by `singular_header`, where that means one column only.
    """

    kind: str
    columns: Mapping[str, ColumnSpec]
    by_header: Mapping[str, tuple[tuple[Alias, ColumnSpec], ...]]
    title: Mapping[str, str] = field(default_factory=dict)
    control: tuple[str, ...] = ()
    by_singular: Mapping[str, tuple[tuple[Alias, ColumnSpec], ...]] = field(default_factory=dict)

    def find(self, header: str, day: date | None = None) -> tuple[Alias, ColumnSpec] | None:
        """The column a header means, with or without a currency in brackets; None when unknown.

        Args:
            header: As it stands in the file.
            day: Of the file. It matters where a header came to mean something else.
        """
        texts = (header, split_unit(header)[0])
        for found in (
            *(self.by_header.get(normal_header(text)) for text in texts),
            *(self.by_singular.get(singular_header(text)) for text in texts),
        ):
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
        marks: Columns that the files of its market alone have. A file without them is of no market that we could name.
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
    marks: tuple[str, ...]


@lru_cache(maxsize=20_000)
def header_words(text: str) -> tuple[str, ...]:
    """The words of a header: without case, punctuation and invisible characters, in one spelling."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold().replace("&", " & ")
    return tuple(_SPELLINGS.get(word, word) for word in _NOT_WORDS.sub(" ", plain).split())


@lru_cache(maxsize=20_000)
def normal_header(text: str) -> str:
    """A header as it is compared: its words without the blanks between them, which the platform sets as it likes."""
    return "".join(header_words(text))


@lru_cache(maxsize=20_000)
def singular_header(text: str) -> str:
    """The same with the plural s of each word taken off: `SKU order` and `SKU orders` are one header."""
    return "".join(
        word[:-1] if len(word) > 3 and word.isascii() and word[-1] == "s" and word[-2] not in "sui" else word
        for word in header_words(text)
    )


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
    content = [_yaml(path) for path in sorted((_HERE / "kinds").glob("*.yml"))]
    by_kind = {one["kind"]: one for one in content}
    columns: dict[str, dict[str, ColumnSpec]] = {}
    for name, one in by_kind.items():
        own = dict(one["columns"])
        if "also" in one:
            # A column that another kind has, and this one has under the same name or not at all.
            taken = {normal_header(_alias(own[column]["headers"][0]).header) for column in own}
            for column, entry in by_kind[one["also"]]["columns"].items():
                if column not in own and normal_header(_alias(entry["headers"][0]).header) not in taken:
                    own[column] = entry
        columns[name] = {column: _column(column, entry) for column, entry in own.items()}
    _translate(columns)
    _share(columns)
    return {
        name: KindSpec(
            name,
            columns[name],
            _by_header(columns[name], normal_header),
            one.get("title", {}),
            tuple(one.get("control", ())),
            {
                header: pairs
                for header, pairs in _by_header(columns[name], singular_header).items()
                if len({column.name for _, column in pairs}) == 1
            },
        )
        for name, one in by_kind.items()
    }


@cache
def layouts() -> Mapping[str, Layout]:
    """All layouts, by id."""
    return {layout.id: layout for layout in map(_layout, sorted((_HERE / "layouts").glob("*.yml")))}


@cache
def languages() -> Mapping[str, Mapping[str, Any]]:
    """What `languages/*.yml` say, by language: headers by kind and column, and where they were seen."""
    content = [_yaml(path) for path in sorted((_HERE / "languages").glob("*.yml"))]
    return {one["language"]: one for one in content}


@cache
def known_headers() -> frozenset[str]:
    """All headers of all kinds, as `normal_header` and as `singular_header`."""
    return frozenset(header for kind in kinds().values() for header in (*kind.by_header, *kind.by_singular))


@lru_cache(maxsize=20_000)
def is_known_header(text: str) -> bool:
    """Whether any export has such a header, with or without a currency in brackets."""
    return any(
        key(one) in known_headers()
        for one in (text, split_unit(text)[0])
        for key in (normal_header, singular_header)
    )


def _yaml(path: Path) -> dict[str, Any]:
    # The loader in C takes a tenth of the time, a third of a second at each import.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    return content


def _column(name: str, entry: dict[str, Any]) -> ColumnSpec:
    headers = tuple(_alias(header) for header in entry["headers"])
    return ColumnSpec(
        name, entry["type"], headers, entry.get("contact"), entry.get("component"), entry.get("total")
    )


def _translate(columns: dict[str, dict[str, ColumnSpec]]) -> None:
    """Adds the headers of other languages."""
    for language, content in languages().items():
        for part, is_inferred in (("headers", False), ("inferred", True)):
            for kind, by_column in content.get(part, {}).items():
                for name, texts in by_column.items():
                    found = columns[kind][name]
                    more = tuple(
                        Alias(text, language, inferred=is_inferred)
                        for text in ([texts] if isinstance(texts, str) else texts)
                    )
                    columns[kind][name] = replace(found, headers=(*found.headers, *more))


def _share(columns: dict[str, dict[str, ColumnSpec]]) -> None:
    """Makes what is known of a column in one kind known in all that have a column of the same English name.

    A header that means something else in a kind is not taken over there.
    """
    groups: dict[str, dict[Alias, None]] = {}
    for specs in columns.values():
        for spec in specs.values():
            groups.setdefault(normal_header(spec.headers[0].header), {}).update(dict.fromkeys(spec.headers))
    for specs in columns.values():
        owner = {normal_header(alias.header): spec.name for spec in specs.values() for alias in spec.headers}
        for name, spec in list(specs.items()):
            known = {normal_header(alias.header) for alias in spec.headers}
            more = []
            for alias in groups[normal_header(spec.headers[0].header)]:
                text = normal_header(alias.header)
                if text not in known and owner.setdefault(text, name) == name:
                    known.add(text)
                    more.append(alias)
            if more:
                specs[name] = replace(spec, headers=(*spec.headers, *more))


def _by_header(
    columns: Mapping[str, ColumnSpec], key: Callable[[str], str]
) -> dict[str, tuple[tuple[Alias, ColumnSpec], ...]]:
    found: dict[str, list[tuple[Alias, ColumnSpec]]] = {}
    for column in columns.values():
        for alias in column.headers:
            found.setdefault(key(alias.header), []).append((alias, column))
    return {header: tuple(pairs) for header, pairs in found.items()}


def _alias(entry: str | dict[str, Any]) -> Alias:
    if isinstance(entry, str):
        return Alias(entry, "en")
    return Alias(entry["header"], entry.get("language", "en"), entry.get("valid_from"), entry.get("valid_to"))


def _layout(path: Path) -> Layout:
    content = _yaml(path)
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
        marks=tuple(content.get("marks", ())),
    )
