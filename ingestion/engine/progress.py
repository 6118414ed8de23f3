"""What a long run reports while it works: shops, pages, counts, messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ShopResult:
    """How the sync of a shop, or of an ads account, went.

    Attributes:
        shop_key: The shop or ads account; empty for a seller whose shops are unknown.
        name: Its name.
        region: Its market; `ads` for an ads account.
        status: `ok`; `partial` when some resources failed, were skipped, or records had to be set aside;
            `failed` when none could be read.
        rows: Rows loaded by raw table.
        pages: Answers that came.
        seconds: Time it took.
        incremental: Whether it continued from a cursor.
        errors: What went wrong, one text each.
    """

    shop_key: str
    name: str
    region: str
    status: Literal["ok", "partial", "failed"]
    rows: dict[str, int]
    pages: int
    seconds: float
    incremental: bool
    errors: list[str]


class Progress:
    """Receives the progress of a run and shows nothing; subclasses show what they want to.

    Methods are called from the thread that runs, or from one helper thread, and must return at once.
    """

    def shop_started(self, shop_key: str, name: str) -> None:
        """The sync of a shop begins."""

    def page(self, shop_key: str, resource: str, rows: int) -> None:
        """A page with so many records came."""

    def shop_finished(self, result: ShopResult) -> None:
        """The sync of a shop has ended."""

    def count(self, done: int, total: int, unit: str, note: str = "") -> None:
        """So many of so many are done."""

    def message(self, text: str) -> None:
        """Something a person may want to know."""

    def node(self, done: int, total: int, name: str, resource_type: str, status: str, seconds: float) -> None:
        """A node of a build has finished."""
