"""Whether a file can be of the shop that a person, a folder or its currency says.

Most files name no shop, so that a wrong choice would count as one shop's what another has sold. What a file does say is
compared with what the home knows: ids of orders, SKUs, products and LIVE rooms, the markets that its orders go to, its
language and its clock. (Its currency is compared where its amounts are read.)

Ids decide: a file most of whose ids are known of the shop is its file, whatever else it says, as anybody may use Seller
Center in another language. The form of an id says nothing: all markets number their orders alike.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.dataset as ds

from home.project import project_dir
from home.storage import storage_errors
from ingestion.engine.regions import markets
from ingestion.seller_center.found import Found
from ingestion.seller_center.messages import label
from ingestion.seller_center.owners import Owner, Owners
from ingestion.seller_center.sheets import Cell, FileReading, Problem
from ingestion.seller_center.typed import BadCell, read_id
from ingestion.tables.sources import SELLER_CENTER, TIKTOK_SHOP

_LOOKED_UP = 1_000
"""Ids of a column that are looked up: the first ones."""
_ENOUGH = 3
"""Ids of a catalogue that prove something: no two shops share one. Numbers of orders may meet by chance."""
_CATALOGUE_FEWEST = 5
"""Different SKUs of which one at least is in the shop's list, if the file is the shop's."""

_SCRIPTS: Mapping[str, re.Pattern[str]] = {
    "th": re.compile("[\u0e01-\u0e5b]"),
    "ja": re.compile("[\u3041-\u3096\u30a1-\u30fa]"),
    "vi": re.compile("[\u01a0\u01a1\u01af\u01b0\u0110\u0111\u1ea0-\u1ef9]"),
}
"""Letters that one language alone has."""
_SPOKEN: Mapping[str, frozenset[str]] = {
    "th": frozenset({"TH"}),
    "vi": frozenset({"VN"}),
    "ja": frozenset({"JP"}),
    "pt": frozenset({"BR"}),
    "id": frozenset({"ID", "MY"}),
}
"""Markets of a language. English, Chinese and Spanish pages are read everywhere."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of id.

    Attributes:
        name: In English and 中文.
        columns: Canonical names in files.
        places: Raw tables and their column that hold them.
        is_catalogue: Whether the platform gives an id of the kind to one shop only.
    """

    name: tuple[str, str]
    columns: tuple[str, ...]
    places: tuple[tuple[str, str, str], ...]
    is_catalogue: bool = True


_KINDS = (
    _Kind(
        ("SKU ids", " SKU ID"),
        ("sku_id",),
        ((TIKTOK_SHOP, "skus", "sku_id"), (SELLER_CENTER, "order_lines", "sku_id")),
    ),
    _Kind(("product ids", "商品 ID"), ("product_id",), ((TIKTOK_SHOP, "products", "product_id"),)),
    _Kind(
        ("LIVE room ids", "直播间 ID"),
        ("room_id",),
        ((TIKTOK_SHOP, "live_sessions", "live_room_id"), (SELLER_CENTER, "live_sessions", "live_room_id")),
    ),
    _Kind(
        ("order ids", "订单 ID"),
        ("order_id", "order_adjustment_id", "related_order_id"),
        ((TIKTOK_SHOP, "orders", "order_id"), (SELLER_CENTER, "orders", "order_id")),
        is_catalogue=False,
    ),
)
_COLUMNS = frozenset(name for kind in _KINDS for name in kind.columns)


@dataclass(slots=True)
class _Known:
    """Ids of a file that the home knows.

    Attributes:
        looked_up: How many were looked up.
        by_shop: How many of them are known of each shop.
    """

    looked_up: int
    by_shop: Counter[str] = field(default_factory=Counter)


def look_for_traces(one: Found, cells: Sequence[Sequence[Cell]]) -> None:
    """Keep what some rows say of the shop that they are of.

    Args:
        one: The sheet; its traces are added to.
        cells: The cells of the rows, column by column as they stand in the table.
    """
    traces = one.traces
    for column in one.kept:
        if column.spec is None:
            continue
        if column.spec.name in _COLUMNS:
            ids = traces.ids.setdefault(column.spec.name, set())
            if len(ids) < _LOOKED_UP:
                ids.update(_ids(cells[column.place])[: _LOOKED_UP - len(ids)])
        elif column.spec.type == "word":
            words = " ".join({cell for cell in cells[column.place] if isinstance(cell, str)})
            traces.languages.update(name for name, script in _SCRIPTS.items() if script.search(words))
    if one.country is not None:
        # The name of the country and nothing else: what is no market's name is forgotten at once.
        names = {cell.strip().casefold() for cell in cells[one.country] if isinstance(cell, str)}
        traces.markets.update(_countries()[name] for name in names & _countries().keys())


def differences(reading: FileReading, owner: Owner, owners: Owners) -> list[Problem]:
    """Why a file can't be of a shop; empty when nothing speaks against it.

    Args:
        reading: The file.
        owner: The shop.
        owners: All shops.

    Raises:
        StorageError: The raw folder can't be read.
    """
    ids = _ids_of(reading)
    known = {kind.name: _known(owners.raw, kind, ids[kind.name]) for kind in _KINDS if ids[kind.name]}
    found = [
        problem
        for kind in _KINDS
        if kind.name in known and (problem := _of_another(kind, known[kind.name], owner, owners))
    ]
    is_own = any(_proves(kind, known[kind.name], owner.key) for kind in _KINDS if kind.name in known)
    if not found and is_own:
        return []
    found += [one for one in (_sent_to_another(reading, owner), _clock_of_another(reading, owner)) if one]
    found += _languages_of_another(reading, owner)
    skus = _KINDS[0]
    if not is_own and (problem := _of_nobody(skus, known.get(skus.name), owner, owners.raw)):
        found.append(problem)
    if not found:
        return []
    found.insert(0, _problem("wrong_shop", owner, key=owner.key))
    return [replace(one, file=reading.path.name) for one in found]


def _ids(cells: Sequence[Cell]) -> list[str]:
    found = set()
    for cell in set(cells):
        if isinstance(cell, str):
            try:
                text = read_id(cell)
            except BadCell:
                continue  # said where the cell is read
            if len(text) > 5 and text.isdigit():
                found.add(text)
    return sorted(found)


def _ids_of(reading: FileReading) -> dict[tuple[str, str], set[str]]:
    """The ids of a file, by kind."""
    found: dict[tuple[str, str], set[str]] = {kind.name: set() for kind in _KINDS}
    for sheet in reading.sheets:
        for kind in _KINDS:
            for column in kind.columns:
                found[kind.name] |= sheet.traces.ids.get(column, set())
    return found


def _known(raw: Path, kind: _Kind, ids: Collection[str]) -> _Known:
    found: set[tuple[str, str]] = set()
    for source, table, column in kind.places:
        found |= _rows(raw / source / table, column, ds.field(column).isin(sorted(ids)))
    return _Known(len(ids), Counter(shop for shop, _ in found))


def _rows(folder: Path, column: str, condition: ds.Expression) -> set[tuple[str, str]]:
    """Shop and id of the raw rows that fulfil a condition."""
    with storage_errors(folder):
        files = [str(path) for path in sorted(folder.glob("*.parquet"))]
        if not files:
            return set()
        table = ds.dataset(files).to_table(columns=["shop_key", column], filter=condition)
    return set(zip(*(table.column(name).to_pylist() for name in ("shop_key", column)), strict=True))


def _proves(kind: _Kind, known: _Known, shop: str) -> bool:
    """Whether so many ids are a shop's that it is no chance."""
    most = known.looked_up // 2 + 1
    return known.by_shop[shop] >= (min(_ENOUGH, most) if kind.is_catalogue else most)


def _of_another(kind: _Kind, known: _Known, owner: Owner, owners: Owners) -> Problem | None:
    """That the ids are another shop's."""
    others = Counter({shop: count for shop, count in known.by_shop.items() if shop != owner.key})
    if not others:
        return None
    other, count = max(sorted(others.items()), key=lambda pair: pair[1])
    if not _proves(kind, known, other) or count <= known.by_shop[owner.key]:
        return None
    return _problem(
        "ids_of_another",
        owner,
        what_en=kind.name[0],
        what_zh=kind.name[1],
        count=f"{known.looked_up:,}",
        other=owners.shops[other].label if other in owners.shops else other,
        other_count=f"{count:,}",
        own_count=f"{known.by_shop[owner.key]:,}",
    )


def _of_nobody(kind: _Kind, known: _Known | None, owner: Owner, raw: Path) -> Problem | None:
    """That no SKU is in the shop's list, if an API has listed its products."""
    if known is None or known.looked_up < _CATALOGUE_FEWEST or known.by_shop:
        return None
    source, table, column = kind.places[0]
    if not _rows(raw / source / table, column, ds.field("shop_key") == owner.key):
        return None
    return _problem(
        "ids_of_nobody",
        owner,
        what_en=kind.name[0],
        what_zh=kind.name[1],
        count=f"{known.looked_up:,}",
    )


def _sent_to_another(reading: FileReading, owner: Owner) -> Problem | None:
    """That no order goes to the shop's market, or to one of its currency: shops of the euro send across borders."""
    found = {market for sheet in reading.sheets for market in sheet.traces.markets}
    if not found or any(markets()[one].currency == owner.facts.currency for one in found):
        return None
    return _problem("sent_to_another", owner, found=", ".join(sorted(found)), own=owner.facts.region)


def _languages_of_another(reading: FileReading, owner: Owner) -> list[Problem]:
    spoken = {name for sheet in reading.sheets for name in sheet.traces.languages if name in _SPOKEN}
    if any(owner.facts.region in _SPOKEN[name] for name in spoken):
        return []
    return [
        _problem(
            "language_of_another",
            owner,
            language_en=label(name, "en"),
            language_zh=label(name, "zh"),
            found=", ".join(sorted(_SPOKEN[name])),
            own=owner.facts.region,
        )
        for name in sorted(spoken)
    ]


def _clock_of_another(reading: FileReading, owner: Owner) -> Problem | None:
    """That the file's clock is never the shop's; that of UTC is the platform's own."""
    offset = next((one.traces.offset for one in reading.sheets if one.traces.offset is not None), None)
    if not offset or offset in _offsets(owner.facts.zone):
        return None
    return _problem("clock_of_another", owner, found=f"{offset:+d}", own=owner.facts.zone)


def _offsets(zone: str) -> set[float]:
    """Hours by which a zone is ahead of UTC, in winter and in summer."""
    clock, year = ZoneInfo(zone), datetime.now(UTC).year
    moments = (datetime(year, month, 1, tzinfo=clock) for month in (1, 7))
    return {(moment.utcoffset() or moment - moment).total_seconds() / 3600 for moment in moments}


def _problem(code: str, owner: Owner, **values: str) -> Problem:
    return Problem(code, "error", values={"shop": owner.label, **values})


@cache
def _countries() -> Mapping[str, str]:
    """Markets by the names of their countries, their codes included."""
    with (project_dir() / "seeds" / "shared" / "regions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = {
        name.casefold(): row["region"]
        for row in rows
        for name in (row["region"], row["country"], row["country_zh"])
    }
    return names | {
        "ประเทศไทย": "TH",
        "ไทย": "TH",
        "việt nam": "VN",
        "viet nam": "VN",
        "uk": "GB",
        "great britain": "GB",
        "usa": "US",
        "united states of america": "US",
        "méxico": "MX",
        "brasil": "BR",
        "españa": "ES",
        "deutschland": "DE",
    }
