"""Writes exports to disk: one file, or all that a seller would download into a folder per shop or ads account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sandbox.exports import books, gmv_max
from sandbox.exports.asked import Asked
from sandbox.exports.layouts import DOWNLOADED, LAYOUTS
from sandbox.world.catalog import Shop
from sandbox.world.lives import DAY
from sandbox.world.store import Store


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written.

    Attributes:
        rows: Of all its sheets, headers included.
    """

    path: Path
    layout: str
    rows: int


def write_file(
    folder: Path,
    store: Store,
    shop: Shop,
    layout: str,
    *,
    clock: int,
    first: date | None = None,
    until: date | None = None,
    language: str | None = None,
    edition: str = "current",
) -> Written:
    """Writes one export. The same world, clock and question give the same bytes.

    Args:
        folder: Where it goes; made if it is not there.
        store: The world.
        shop: Whose file.
        layout: One of `LAYOUTS`.
        clock: When it is downloaded, unix seconds, from the world's present on.
        first: Its first day on the shop's calendar; the world's first if None.
        until: The day after its last; tomorrow by the clock if None.
        language: One that the layout has; its first if None.
        edition: One that the layout has.

    Raises:
        ValueError: No such layout, language or edition, no such file of this shop, days the wrong way round, or
            a clock that the world does not know.
    """
    begins, ends = store.meta.clock_start, store.meta.horizon_end
    if not begins <= clock <= ends:
        known = " to ".join(f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (begins, ends))
        raise ValueError(
            f"The clock must be within {known}: the world keeps nothing of how it looked before."
        )
    if layout not in LAYOUTS:
        raise ValueError(f"{layout!r} is no layout; there are {', '.join(LAYOUTS)}.")
    found = LAYOUTS[layout]
    zone = ZoneInfo(shop.timezone)
    start = datetime.fromtimestamp(store.meta.clock_start - (store.meta.days + 1) * DAY, zone).date()
    tomorrow = datetime.fromtimestamp(clock, zone).date() + timedelta(days=1)
    asked = Asked(
        store=store,
        shop=shop,
        clock=clock,
        first=first or start,
        until=until or tomorrow,
        language=language or found.languages[0],
        edition=edition,
    )
    if asked.first >= asked.until:
        raise ValueError(f"The first day, {asked.first}, must be before {asked.until}.")
    book = found.book(asked)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / book.name
    rows = books.write(book, path, datetime.fromtimestamp(clock, UTC))
    return Written(path, layout, rows)


def write_folder(
    folder: Path,
    store: Store,
    *,
    clock: int,
    shops: Sequence[Shop] | None = None,
    layouts: Sequence[str] | None = None,
    first: date | None = None,
    until: date | None = None,
    language: str | None = None,
) -> Iterator[Written]:
    """Writes what the sellers of some shops download, a folder per shop; reports of ads in their account's folder.

    Args:
        folder: Where the folders go.
        store: The world.
        clock: When the files are downloaded, unix seconds, from the world's present on.
        shops: Whose; of all if None.
        layouts: Which; those of the shop's market (`DOWNLOADED`) if None.
        first: First day of all files; the world's first if None.
        until: The day after the last; tomorrow by the clock if None.
        language: Of all files; what the market reads if None.

    Raises:
        ValueError: See `write_file`.
    """
    for shop in store.shops() if shops is None else shops:
        downloaded = dict(DOWNLOADED[shop.region])
        for layout in downloaded if layouts is None else layouts:
            account = gmv_max.account_of(shop) if layout in gmv_max.OF_ACCOUNTS else None
            yield write_file(
                folder / (account.id if account is not None else shop.id),
                store,
                shop,
                layout,
                clock=clock,
                first=first,
                until=until,
                language=language or downloaded.get(layout),
            )
