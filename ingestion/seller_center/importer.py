"""Imports one file after the other: reads it, finds out whose it is, archives its cells, and loads its rows.

A file is all or nothing. The content decides whether a file is new: the same bytes, or other bytes with the same cells,
change nothing.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.compute as pc

from home.errors import TtkpiError
from home.layout import Home
from home.text import file_name
from ingestion.engine.archive import Entry
from ingestion.engine.pages import Page, Record
from ingestion.engine.privacy import Cleaner, scrub
from ingestion.engine.processes import bulk_work
from ingestion.engine.progress import Progress
from ingestion.engine.rows import Drift, build
from ingestion.seller_center.building import FileRows
from ingestion.seller_center.doubtful import doubtful, effect_of, with_money
from ingestion.seller_center.entities import Facts
from ingestion.seller_center.explain import explain, without_period
from ingestion.seller_center.filed import Filed, page_of, sheet_record
from ingestion.seller_center.identify import Identifier, explain_rows, unreadable
from ingestion.seller_center.import_log import ImportLog
from ingestion.seller_center.messages import LANGUAGES
from ingestion.seller_center.outcomes import FileOutcome, ImportOptions, ImportReport
from ingestion.seller_center.owners import Owner, Owners
from ingestion.seller_center.packing import digest_of_cells, packed_rows, page_groups
from ingestion.seller_center.sheets import FileReading, Problem
from ingestion.seller_center.store import Built, FileStore
from ingestion.seller_center.tables import FILES, ORIGIN, QUARANTINE, SHOPS
from ingestion.seller_center.unreadable import Unreadable
from ingestion.tables.sources import SELLER_CENTER

_log = logging.getLogger(__name__)


def explain_file(home: Home, path: Path, options: ImportOptions | None = None) -> FileOutcome:
    """What an import would see in a file. Nothing is written.

    Raises:
        ConfigError: An option is wrong.
        StorageError: The home can't be read.
    """
    options = options or ImportOptions()
    # Who only wants to know what is in a file has no key made, and gets no hashes.
    identifier = Identifier(
        Owners(home.raw, options), options.date_order, None, trusts_shop=options.trusts_shop
    )
    outcome = FileOutcome(path)
    reading, owner = identifier.identify(path, outcome)
    outcome.owner = owner.key if owner else ""
    if reading is not None:
        try:
            explain_rows(reading, outcome)
        except Unreadable as error:
            outcome.problems.insert(
                0, Problem(error.code, "error", file_name(path), values={"reason": error.message})
            )
    return outcome


@dataclass(frozen=True, slots=True)
class _Content:
    """A file that can be imported.

    Attributes:
        reading: The file as it was read.
        owner: Whose it is.
        facts: By name of the sheet.
        packed: Its rows as lines of JSON, by name of the sheet.
        cells_id: SHA-256 of its cells.
    """

    reading: FileReading
    owner: Owner
    facts: Mapping[str, Facts]
    packed: Mapping[str, list[bytes]]
    cells_id: str

    @property
    def rows(self) -> int:
        """Rows of all sheets."""
        return sum(map(len, self.packed.values()))


class Importer:
    """Imports files into a home.

    Args:
        home: Where everything is; its lock must be held.
        options: What is said about the files.
        now: When the run began.
        progress: Is told of files that were refused.

    Attributes:
        report: What came of the files so far.
        owners: Shops and ads accounts.

    Raises:
        ConfigError: An option is wrong.
    """

    def __init__(self, home: Home, options: ImportOptions, now: datetime, progress: Progress) -> None:
        self._home = home
        self._options = options
        self._now = now
        self._progress = progress
        self.report = ImportReport(f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}")
        self.owners = Owners(home.raw, options)
        self._store = FileStore(home, self.report.run_id)
        cleaner = Cleaner(home.privacy_key())
        self._identifier = Identifier(
            self.owners,
            options.date_order,
            lambda name: cleaner.hash(f"username:{name}"),
            trusts_shop=options.trusts_shop,
        )
        self._log = ImportLog(self.report.run_id, int(now.timestamp()))

    def begin(self) -> None:
        """Loads what a kill left in the archive only, and the shop that the options make known.

        Raises:
            StorageError: The disk refuses.
        """
        self.report.recovered = self._store.recover()
        if (owner := self.owners.declared) is not None:
            page = _page_of_shop(owner, self._now)
            # Written first: rows carry the address of their page.
            entry = self._store.write([page])
            self._store.commit(owner.key, [entry], build(SHOPS, [page], Drift()).items())

    def add(self, path: Path) -> None:
        """Imports a file; whatever is wrong with it stays with it.

        Raises:
            StorageError: The disk refuses.
        """
        outcome = FileOutcome(path)
        self.report.files.append(outcome)
        with bulk_work():
            content = self._content_of(path, outcome)
            if content is not None:
                self._load(content, outcome)
        if outcome.status == "refused":
            self._log.refused(outcome)
            self._progress.message(f"{file_name(path)}: refused. " + " ".join(outcome.why("en")))

    def finish(self) -> None:
        """Writes `sync_log` and `drift`, once per run.

        Raises:
            StorageError: The disk refuses.
        """
        self._log.write(self._home)

    def _content_of(self, path: Path, outcome: FileOutcome) -> _Content | None:
        """What is in a file; None when it is refused, or known. One that can't be read stops no other."""
        try:
            return self._content(path, outcome)
        except Unreadable as error:
            found = Problem(error.code, "error", file_name(path), values={"reason": error.message})
        except (TtkpiError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 (a file that we did not foresee stays alone with its trouble)
            _log.exception("Reading %s failed", path)
            found = Problem("unexpected", "error", file_name(path), values={"reason": type(error).__name__})
        outcome.problems.insert(0, found)
        return None

    def _content(self, path: Path, outcome: FileOutcome) -> _Content | None:
        """What is in a file; None when it is refused, or known."""
        outcome.file_id = _digest_of(path, outcome)
        if outcome.problems or self._is_known(outcome, outcome.file_id, self.owners.expected(path)):
            return None
        reading, owner = self._identifier.identify(path, outcome)
        outcome.owner = owner.key if owner else ""
        if reading is None:
            return None
        # Of a file that is refused nothing more is read than what the reader has looked at.
        nothing: dict[str, tuple[int, list[Problem]]] = {sheet.name: (0, []) for sheet in reading.sheets}
        outcome.explanations = {language: explain(reading, language, nothing) for language in LANGUAGES}
        if owner is None or not reading.sheets or outcome.why("en"):
            return None
        outcome.problems += without_period(reading)
        if outcome.why("en"):
            return None
        facts = self._facts(reading, owner)
        packed = packed_rows(reading)
        content = _Content(reading, owner, facts, packed, digest_of_cells(reading, packed))
        outcome.rows = content.rows
        return None if self._is_known(outcome, content.cells_id, owner) else content

    def _is_known(self, outcome: FileOutcome, key: str, owner: Owner | None) -> bool:
        """Whether the content is in the archive. As another shop's it is a mistake of somebody, unless it is empty."""
        known = self._store.find(key)
        if known is None or (key == known.file_id and not known.is_whole):
            # Of a file with a sheet that was not understood the cells tell whether more of it is understood by now.
            return False
        if (
            owner is not None
            and not owner.is_ads
            and known.owner != owner.key
            and known.owner in self.owners.shops
        ):
            if known.rows == 0:
                return False
            outcome.problems.append(
                Problem("of_another_shop", "error", file_name(outcome.path), values={"shop": known.owner})
            )
            return True
        outcome.status, outcome.owner, outcome.rows = "known", known.owner, known.rows
        return True

    def _facts(self, reading: FileReading, owner: Owner) -> dict[str, Facts]:
        downloaded_at = self._downloaded_at(reading)
        return {
            sheet.name: Facts(
                file_id=reading.sha256,
                sheet=sheet.name,
                decisions=sheet.decisions,
                shop_key="" if owner.is_ads else owner.key,
                advertiser_id=owner.key if owner.is_ads else "",
                downloaded_at=downloaded_at,
                header=sheet.header,
            )
            for sheet in reading.sheets
        }

    def _downloaded_at(self, reading: FileReading) -> datetime:
        in_file = [sheet.decisions.downloaded_at for sheet in reading.sheets if sheet.decisions.downloaded_at]
        changed_at = datetime.fromtimestamp(reading.path.stat().st_mtime, UTC)
        moment = max(in_file) if in_file else self._options.downloaded_at or changed_at
        # A clock that was ahead where the file was downloaded must not outrank every later download.
        return min(moment.astimezone(UTC), self._now)

    def _load(self, content: _Content, outcome: FileOutcome) -> None:
        """Archives a file and loads its rows, unless something in them stops it."""
        of_reader = [
            problem
            for sheet in content.reading.sheets
            for problem in sheet.problems
            if problem.severity == "quarantine"
        ]
        of_rows: list[Problem] = []
        maker = FileRows(
            content.facts,
            of_rows.append,
            file=file_name(content.reading.path),
            control={sheet.name: sheet.control for sheet in content.reading.sheets},
        )
        entries: list[Entry] = []
        built: list[Built] = []
        pages = 0
        for group in page_groups(content.facts, content.packed):
            entries.append(self._store.write(group))
            pages += len(group)
            for page in group:
                built += maker.add(page).items()
                page.records = []
        built += maker.finish().items()
        outcome.problems += [problem for problem in of_rows if problem.severity == "error"]
        outcome.currencies = _currencies(built)
        if (wrong := _another_currency(content, outcome.currencies)) is not None:
            outcome.problems.append(wrong)
        if outcome.why("en"):
            return
        of_rows += maker.differences()
        of_file = [problem for problem in content.reading.problems if problem.code == "sheet_left_out"]
        quarantined = [*of_file, *with_money(of_reader, maker), *of_rows]
        outcome.doubtful = doubtful(quarantined, content.facts)
        outcome.quarantined = len(quarantined)
        # What the reader said of the file is among its problems already; what its rows said is not.
        outcome.problems += of_rows
        checked = {
            name: (len(lines), [problem for problem in of_rows if problem.sheet == name])
            for name, lines in content.packed.items()
        }
        outcome.explanations = {
            language: explain(content.reading, language, checked) for language in LANGUAGES
        }
        about = [(FILES, self._page_of_sheets(content, quarantined, outcome))]
        if quarantined:
            about.insert(0, (QUARANTINE, _page_of_quarantine(content, quarantined)))
        for table, page in about:
            entries.append(self._store.write([page]))
            built += build(table, [page], Drift()).items()
        file = Filed(
            content.reading.sha256,
            content.cells_id,
            content.owner.key,
            outcome.rows,
            is_whole=not content.reading.left_out,
        )
        self._store.commit(content.owner.key, entries, built, file)
        outcome.status = "imported"
        for name, rows in built:
            outcome.loaded[name] = outcome.loaded.get(name, 0) + rows.num_rows
        mappers = maker.mappers.values()
        outcome.first = min((one.first for one in mappers if one.first is not None), default=None)
        outcome.last = max((one.last for one in mappers if one.last is not None), default=None)
        self._log.imported(outcome, maker, content.facts, pages)

    def _page_of_sheets(
        self, content: _Content, quarantined: Sequence[Problem], outcome: FileOutcome
    ) -> Page:
        records = [
            sheet_record(
                content.facts[sheet.name],
                cells_id=content.cells_id,
                file_name=file_name(content.reading.path),
                imported_at=int(self._now.timestamp()),
                run_id=self.report.run_id,
                rows=len(content.packed[sheet.name]),
                rows_quarantined=sum(problem.sheet == sheet.name for problem in quarantined),
                explanation_en=outcome.explanations["en"],
                explanation_zh=outcome.explanations["zh"],
                outside=scrub([[row, cells] for row, cells in sheet.outside]),
            )
            for sheet in content.reading.sheets
        ]
        one = next(iter(content.facts.values()))
        context = {"sheet": one.sheet, "cells_id": content.cells_id, "data_rows": content.rows}
        if content.reading.left_out:
            context["left_out"] = content.reading.left_out
        return page_of(one, FILES.name, records, context)


def _page_of_shop(owner: Owner, now: datetime) -> Page:
    return Page(
        source=SELLER_CENTER,
        shop_key=owner.key,
        resource=SHOPS.name,
        retrieved_at=now,
        records=[{"id": owner.key, "name": owner.name or None, "region": owner.facts.region}],
        context={"origin": ORIGIN},
    )


def _page_of_quarantine(content: _Content, problems: Sequence[Problem]) -> Page:
    facts = content.facts
    one = next(iter(facts.values()))
    records: list[Record] = [
        {
            "shop_key": one.shop_key or None,
            "advertiser_id": one.advertiser_id or None,
            "file_id": one.file_id,
            "file_name": problem.file,
            "sheet": problem.sheet,
            "layout": facts[problem.sheet].decisions.layout if problem.sheet in facts else None,
            "file_row": problem.row,
            "column_name": problem.column,
            "value": scrub(problem.values.get("value")),
            "reason": problem.code,
            "message_en": problem.text("en"),
            "message_zh": problem.text("zh"),
            "effect": effect_of(problem, facts) or None,
            "order_id": problem.values.get("id") or None,
            "amount": problem.values.get("amount"),
            "currency": problem.values.get("currency") or None,
        }
        for problem in problems
    ]
    return page_of(one, QUARANTINE.name, records, {"sheet": one.sheet})


def _digest_of(path: Path, outcome: FileOutcome) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        outcome.problems.append(unreadable(path, error))
        return ""


def _currencies(built: Sequence[Built]) -> set[str]:
    found: set[str] = set()
    for _, table in built:
        for column in ("currency", "amount_currency"):
            if column in table.column_names:
                found.update(value for value in pc.unique(table.column(column)).to_pylist() if value)
    return found


def _another_currency(content: _Content, found: set[str]) -> Problem | None:
    """A file none of whose amounts is in the currency of the shop is another shop's."""
    owner = content.owner
    mine = owner.facts.currency
    if owner.is_ads or not mine or not found or mine in found:
        return None
    return Problem(
        "another_currency",
        "error",
        file_name(content.reading.path),
        values={"shop": owner.label, "currency": mine, "found": ", ".join(sorted(found))},
    )
