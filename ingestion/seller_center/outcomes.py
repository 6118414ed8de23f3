"""What a person says about files, and what came of importing them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from ingestion.seller_center.messages import Language, label
from ingestion.seller_center.sheets import DateOrder, Problem


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person says about files.

    Attributes:
        shop: Id of the shop that all of them are of.
        region: Market of that shop, if no API has ever listed it.
        name: Name of that shop, in the same case.
        advertiser: Id of the ads account that ads reports are of.
        time_zone: Its IANA zone, if no API has ever listed it.
        date_order: How dates like 05/06/2026 are read.
        downloaded_at: When the files were downloaded; by default what they say, else when they were last changed.
        trusts_shop: Whether the shop is right, even if a file looks like one of another shop.
    """

    shop: str | None = None
    region: str | None = None
    name: str | None = None
    advertiser: str | None = None
    time_zone: str | None = None
    date_order: DateOrder | None = None
    downloaded_at: datetime | None = None
    trusts_shop: bool = False


@dataclass(slots=True)
class Doubtful:
    """What of a file is in no number, or in the numbers though not all of it is understood.

    Attributes:
        effect: `left_out` or `counted`.
        kind: Of the sheet.
        ids: Orders or adjustments that are concerned, as far as they have ids.
        rows: Rows that are concerned.
        unknown: Rows of them whose money is not known.
        amounts: Their money by currency.
    """

    effect: Literal["left_out", "counted"]
    kind: str
    ids: set[str] = field(default_factory=set)
    rows: int = 0
    unknown: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def text(self, language: Language) -> str:
        """The same in words: `2 orders, 335 THB left out`."""
        what = "orders" if self.kind in _ORDERS and self.ids else "rows"
        count = len(self.ids) or self.rows
        parts = [label(f"n_{what}", language).format(count)] if count else []
        parts += [f"{amount:,} {currency}" for currency, amount in sorted(self.amounts.items())]
        if self.unknown:
            parts.append(label("n_unknown", language).format(self.unknown))
        return label(self.effect, language).format(", ".join(parts) or label("not_whole", language))


_ORDERS = frozenset({"orders", "affiliate_orders"})


@dataclass(slots=True)
class FileOutcome:
    """What came of a file.

    Attributes:
        path: The file.
        status: `imported`; `known` when its content was there before; `refused`.
        owner: The shop or ads account; empty when it was not found out.
        file_id: SHA-256 of its bytes.
        kinds: What its sheets hold.
        layouts: Ids of their layouts.
        rows: Rows of the file.
        loaded: Rows loaded by raw table.
        quarantined: Cells and rows that were set aside.
        doubtful: What of it is in no number, or not understood.
        problems: What a person must know: first what stopped the file.
        explanations: What was seen, by language.
        currencies: Currencies of its amounts.
        first: Earliest instant that it tells of, unix seconds.
        last: The latest one.
    """

    path: Path
    status: Literal["imported", "known", "refused"] = "refused"
    owner: str = ""
    file_id: str = ""
    kinds: list[str] = field(default_factory=list)
    layouts: list[str] = field(default_factory=list)
    rows: int = 0
    loaded: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0
    doubtful: list[Doubtful] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    explanations: dict[str, str] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)
    first: int | None = None
    last: int | None = None

    def doubts(self, language: Language) -> list[str]:
        """What is in no number or not understood, in sentences: first how much, then where."""
        where = dict.fromkeys(p.text(language) for p in self.problems if p.severity == "quarantine")
        return [*(one.text(language) for one in self.doubtful), *where]

    def why(self, language: Language) -> list[str]:
        """What stopped the file, in sentences."""
        return [problem.text(language) for problem in self.problems if problem.severity == "error"]


@dataclass(slots=True)
class ImportReport:
    """How an import went.

    Attributes:
        run_id: Names the run in the archive, in `sync_log` and in `drift`.
        files: One outcome per file, in the order of their paths.
        errors: What went wrong beside the files (exchange rates).
        recovered: Files that a kill had left in the archive only, and that are loaded now.
        fx_rows: Exchange rates loaded.
        seconds: Time it took.
    """

    run_id: str
    files: list[FileOutcome] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    recovered: int = 0
    fx_rows: int = 0
    seconds: float = 0.0

    @property
    def doubtful(self) -> list[FileOutcome]:
        """The files of which something is in no number, or not understood."""
        return [one for one in self.files if one.doubtful]

    @property
    def refused(self) -> list[FileOutcome]:
        """The files of which nothing was loaded."""
        return [one for one in self.files if one.status == "refused"]
