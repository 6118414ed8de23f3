"""Finds the header in a table and the layout it belongs to. Only the header counts, never a file's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingestion.seller_center.layouts import KindSpec, Layout, is_known_header, kinds, layouts
from ingestion.seller_center.sheets import Cell

LOOK_AT = 100
"""Rows from the top in which a header is looked for."""
_FEWEST = 3
_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Header:
    """A header that was found.

    Attributes:
        layout: What it belongs to.
        row: Its row, from 1; the lower one of two.
        rows: 1, or 2 where groups stand above.
        names: Header of each column as it stands in the file; empty where there is none.
        missing: Required columns it lacks.
    """

    layout: Layout
    row: int
    rows: int
    names: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The layout a table came closest to, where it is none.

    Attributes:
        layout: The layout.
        row: Row that looked most like its header.
        found: Columns it has.
        missing: Required columns it lacks.
    """

    layout: Layout
    row: int
    found: int
    missing: tuple[str, ...]


def recognise(rows: Sequence[Sequence[Cell]], day: date | None = None) -> Header | NearMiss | None:
    """Recognises a table.

    A layout is recognised by the columns that it needs, in whichever language and order. Of layouts that fit alike it
    is the one that most of the header's columns belong to; the layout of a market only if the columns are there that
    the files of that market alone have.

    Args:
        rows: Its first rows, `LOOK_AT` of them.
        day: Of the file, for headers that changed their meaning.

    Returns:
        The header; how close it came; None when no header looks familiar.
    """
    best: tuple[tuple[bool, bool, float, bool, float, bool, int], Header] | None = None
    nearest: NearMiss | None = None
    for index, row in enumerate(rows):
        single = [str(cell).strip() if isinstance(cell, str) else "" for cell in row]
        candidates = [(1, single)]
        if index:
            candidates.append((2, _joined(rows[index - 1], row)))
        for height, names in candidates:
            if sum(_is_known(name) for name in names) < 2:
                continue
            filled = sum(1 for name in names if name)
            for kind in kinds().values():
                means = _means(kind, names, day)
                for layout in _of_kind(kind):
                    found = means & {*layout.columns, *layout.optional}
                    if not found:
                        continue
                    missing = tuple(name for name in layout.required if name not in means)
                    if nearest is None or len(found) > nearest.found:
                        nearest = NearMiss(layout, index + 1, len(found), missing)
                    share = len(found) / len(layout.columns)
                    if len(found) < _FEWEST or (missing and share < _ENOUGH):
                        continue
                    jaccard = len(found) / (len(layout.columns) + filled - len(found))
                    followed = _is_followed(rows, index, names, layout, day)
                    # A header that lacks something is told by the market's own list of columns.
                    fits = bool(missing) or set(layout.marks) <= means
                    of_kind = round(len(means) / filled, 2)
                    rank = (
                        not missing,
                        fits,
                        of_kind,
                        bool(layout.marks),
                        round(jaccard, 6),
                        followed,
                        -height,
                    )
                    if best is None or rank > best[0]:
                        best = rank, Header(layout, index + 1, height, tuple(names), missing)
    return best[1] if best else nearest


def _of_kind(kind: KindSpec) -> list[Layout]:
    return [layout for layout in layouts().values() if layout.kind is kind]


def _joined(upper: Sequence[Cell], lower: Sequence[Cell]) -> list[str]:
    """The header of two rows: the lower cell, with its group before it if only that makes it known."""
    names: list[str] = []
    group = ""
    for place in range(max(len(upper), len(lower))):
        above = upper[place] if place < len(upper) else ""
        below = lower[place] if place < len(lower) else ""
        above = above.strip() if isinstance(above, str) else ""
        below = below.strip() if isinstance(below, str) else ""
        group = above or group
        if not below:
            names.append(above)
        elif not _is_known(below) and _is_known(f"{group} {below}"):
            names.append(f"{group} {below}")
        elif not _is_known(below) and _is_known(above):
            names.append(above)
        else:
            names.append(below)
    return names


def _is_known(name: str) -> bool:
    return bool(name) and is_known_header(name)


def _means(kind: KindSpec, names: Sequence[str], day: date | None) -> set[str]:
    """Columns of the kind that the names mean."""
    return {pair[1].name for name in names if name and (pair := kind.find(name, day))}


def _is_followed(
    rows: Sequence[Sequence[Cell]], index: int, names: Sequence[str], layout: Layout, day: date | None
) -> bool:
    """Whether data follows: a digit in the key column within the next rows."""
    for place, name in enumerate(names):
        pair = layout.kind.find(name, day) if name else None
        if pair and pair[1].name == layout.key:
            cells = [row[place] for row in rows[index + 1 : index + 4] if place < len(row)]
            return any(any(sign.isdigit() for sign in str(cell)) for cell in cells)
    return False
