"""Imports files: reads them, finds out whose they are, archives their cells, and loads their rows.

A file is all or nothing. Its pages are committed to the archive in one step, and its rows come with one load of dlt's.
A kill between the two costs nothing: the next run loads from the archive what is there and not in raw. The content
decides whether a file is new: the same bytes, or other bytes with the same cells, change nothing.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from home.audit_log import FAILED, PARTLY, recorded
from home.errors import ConfigError, TtkpiError
from home.layout import Home
from home.storage import storage_errors
from ingestion.engine.archive import Archive, Entry
from ingestion.engine.compact import MAX_FILES, compact_unlocked
from ingestion.engine.journal import SHOP, LogRow, drift_page, journal_rows, log_page
from ingestion.engine.pages import Page, Record
from ingestion.engine.pipelines import file_counts, load, named, open_pipeline
from ingestion.engine.privacy import Cleaner, scrub
from ingestion.engine.processes import bulk_work
from ingestion.engine.rows import Drift, build
from ingestion.fx_rates.resource import sync_fx_rates
from ingestion.seller_center.building import FileRows
from ingestion.seller_center.entities import MAPPERS, Facts
from ingestion.seller_center.explain import check_cells, explain
from ingestion.seller_center.filed import Filed, filed, loaded, page_of, rows_of, sheet_record
from ingestion.seller_center.owners import (
    Owner,
    by_folder,
    checked_zone,
    fitting,
    known_accounts,
    known_shops,
    market_facts,
    nobody,
)
from ingestion.seller_center.reader import read_file
from ingestion.seller_center.sheets import DateOrder, FileReading, Problem, Sheet, ShopFacts
from ingestion.seller_center.tables import FILES, ORIGIN, QUARANTINE, SHOPS, SOURCE
from ingestion.sync import REPORTING_CURRENCY, prepare

PAGE_ROWS = 4_000
"""Rows of a page: whole orders, so that it may be a few more."""
PAGES_PER_FILE = 4
"""Pages that share a file of the archive: what is held in memory at a time."""
LANGUAGES: tuple[Literal["en", "zh"], ...] = ("en", "zh")
ADS_KINDS = frozenset({"gmv_max_creatives"})
SUFFIXES = (".csv", ".xlsx")


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
    """

    shop: str | None = None
    region: str | None = None
    name: str | None = None
    advertiser: str | None = None
    time_zone: str | None = None
    date_order: DateOrder | None = None
    downloaded_at: datetime | None = None


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
    problems: list[Problem] = field(default_factory=list)
    explanations: dict[str, str] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)
    first: int | None = None
    last: int | None = None

    def why(self, language: Literal["en", "zh"]) -> list[str]:
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
    def refused(self) -> list[FileOutcome]:
        """The files of which nothing was loaded."""
        return [one for one in self.files if one.status == "refused"]


class ImportProgress(Protocol):
    """Is told what an import is doing."""

    def count(self, done: int, total: int, unit: str, note: str = "") -> None:
        """So many of so many are done."""

    def message(self, text: str) -> None:
        """Something a person may want to know."""


class Silent:
    """An `ImportProgress` that says nothing."""

    def count(self, done: int, total: int, unit: str, note: str = "") -> None:
        """Says nothing."""

    def message(self, text: str) -> None:
        """Says nothing."""


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files to import: those that are named, and all CSV and XLSX files in folders that are named.

    Raises:
        ConfigError: A path does not exist, or there is no file.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            with storage_errors(path):
                inside = sorted(one for one in path.rglob("*") if one.is_file() and is_export(one))
            found |= dict.fromkeys(inside)
        elif path.is_file():
            found[path] = None
        else:
            raise ConfigError(
                f"There is no file or folder {path}. 找不到该文件或文件夹。",
                advice="Check the path. 请检查路径。",
            )
    if not found:
        raise ConfigError(
            "There is no CSV or XLSX file to import. 没有可导入的 CSV 或 XLSX 文件。",
            advice="Name files, or a folder that holds them. 请指定文件，或包含文件的文件夹。",
        )
    return list(found)


def import_files(
    home: Home,
    paths: Iterable[Path],
    options: ImportOptions | None = None,
    *,
    progress: ImportProgress | None = None,
    reporting_currency: str = REPORTING_CURRENCY,
) -> ImportReport:
    """Imports files and folders. Can be killed at any point: the same call continues.

    Args:
        home: Where everything is.
        paths: Files and folders.
        options: What is said about them.
        progress: Is told of files.
        reporting_currency: Currency for which exchange rates are loaded.

    Raises:
        ConfigError: A path does not exist, or an option is wrong.
        HomeBusy: Another run is at work in this home.
        ClockBehind: The machine's clock is behind what was loaded before.
        StorageError: The disk refuses. Troubles of single files are in the report instead.
    """
    started = time.monotonic()
    options, progress = options or ImportOptions(), progress or Silent()
    wanted = files_in(paths)
    now = datetime.now(UTC)
    with home.lock("import"), recorded(home, "import") as entry:
        prepare(home)
        run = _Import(home, options, now, progress)
        run.report.recovered = run.recover()
        run.declare()
        for number, path in enumerate(wanted):
            progress.count(number, len(wanted), "files", path.name)
            run.one(path)
        progress.count(len(wanted), len(wanted), "files")
        run.journal()
        run.rates(reporting_currency)
        if any(count > MAX_FILES for count in file_counts(home.raw).values()):
            progress.message("Merging small files.")
            compact_unlocked(home)
        report = run.report
        entry.subject = report.run_id
        if report.refused:
            entry.outcome = FAILED if len(report.refused) == len(report.files) else PARTLY
        entry.details |= {
            "files": len(report.files),
            "refused": len(report.refused),
            "imported": [one.file_id for one in report.files if one.status == "imported"],
        }
    run.report.seconds = time.monotonic() - started
    return run.report


def explain_file(home: Home, path: Path, options: ImportOptions | None = None) -> FileOutcome:
    """What an import would see in a file. Nothing is written.

    Raises:
        ConfigError: An option is wrong.
        StorageError: The home can't be read.
    """
    run = _Import(home, options or ImportOptions(), datetime.now(UTC), Silent(), reads_only=True)
    outcome = FileOutcome(path)
    reading, owner = run.understand(path, outcome)
    outcome.owner = owner.key if owner else ""
    if reading is not None:
        outcome.file_id = reading.sha256
        checked = {sheet.name: check_cells(sheet, path.name) for sheet in reading.sheets}
        outcome.rows = sum(rows for rows, _ in checked.values())
        outcome.explanations = {language: explain(reading, language, checked) for language in LANGUAGES}
    return outcome


class _Import:
    def __init__(
        self,
        home: Home,
        options: ImportOptions,
        now: datetime,
        progress: ImportProgress,
        *,
        reads_only: bool = False,
    ) -> None:
        self._home = home
        self._options = options
        self._now = now
        self._progress = progress
        self._archive = Archive(home.archive)
        self.report = ImportReport(f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}")
        self._shops = known_shops(home.raw)
        self._accounts = known_accounts(home.raw)
        self._declared = self._declare()
        known = filed(self._archive)
        self._owners = {key: one for one in known for key in (one.file_id, one.cells_id)}
        # Who only wants to know what is in a file has no key made, and gets no hashes.
        self._cleaner = None if reads_only else Cleaner(home.privacy_key())
        self._drifts: dict[str, Drift] = defaultdict(Drift)
        self._log: list[LogRow] = []

    # Whose files they are ------------------------------------------------------------------------

    def _declare(self) -> Owner | None:
        """Makes known what the options say of shop and ads account; gives the shop, if it is new or told otherwise."""
        options = self._options
        declared: Owner | None = None
        if options.region and not options.shop:
            raise ConfigError(
                "--region says the market of a shop, but no shop is named. 指定了 --region 但没有 --shop。",
                advice="Add --shop ID. 请加上 --shop 店铺ID。",
            )
        if options.shop:
            known = self._shops.get(options.shop)
            if options.region:
                facts = market_facts(options.region, options.shop)
                owner = Owner(options.shop, options.name or (known.name if known else ""), "", facts)
                if known is None or (known.facts.region, known.name) != (facts.region, owner.name):
                    declared = owner
                self._shops[owner.key] = owner
            elif known is None:
                raise ConfigError(
                    f"No shop with the id {options.shop} is known. 未知店铺 {options.shop}。",
                    advice="Say its market once: --shop ID --region GB --name NAME. Known shops: "
                    f"{', '.join(sorted(one.label for one in self._shops.values())) or 'none'}. "
                    "首次导入请加上 --region 指明市场。",
                )
        if options.advertiser:
            known = self._accounts.get(options.advertiser)
            if options.time_zone:
                facts = ShopFacts("", checked_zone(options.time_zone), known.facts.currency if known else "")
                self._accounts[options.advertiser] = Owner(options.advertiser, "", "", facts, is_ads=True)
            elif known is None:
                raise ConfigError(
                    f"No ads account with the id {options.advertiser} is known. 未知广告账户 {options.advertiser}。",
                    advice="Say its time zone: --advertiser ID --time-zone America/Los_Angeles. 请加上 --time-zone。",
                )
        return declared

    def declare(self) -> None:
        """Loads the shop that the options make known."""
        owner = self._declared
        if owner is None:
            return
        record = {"id": owner.key, "name": owner.name or None, "region": owner.facts.region}
        page = Page(
            source=SOURCE,
            shop_key=owner.key,
            resource=SHOPS.name,
            endpoint="",
            version="",
            path="",
            query={},
            body=None,
            window=None,
            number=1,
            retrieved_at=self._now,
            request_id="",
            records=[record],
            context={"origin": ORIGIN},
        )
        self._archive.commit([self._archive.write([page], run_id=self.report.run_id)])
        self._load(owner.key, build(SHOPS, [page], Drift()).items())

    def understand(self, path: Path, outcome: FileOutcome) -> tuple[FileReading | None, Owner | None]:
        """Reads a file and finds out whose it is; what speaks against it is in the outcome."""
        said = self._shops.get(self._options.shop or "")
        guess = said or by_folder(path, self._shops)
        if guess is None and len(self._shops) == 1:
            guess = next(iter(self._shops.values()))
        reading = self._read(path, guess.facts if guess else None, outcome)
        if reading is None:
            return None, None
        if reading.sheets:
            is_ads = any(sheet.decisions.kind in ADS_KINDS for sheet in reading.sheets)
            owner = self._account(path, outcome) if is_ads else guess or self._fitting(reading, outcome)
            if owner is not None and owner is not guess:
                again = self._read(path, owner.facts, outcome)
                if again is None:
                    return None, owner
                reading = again
            guess = owner
        outcome.problems = [*reading.problems, *outcome.problems]
        outcome.kinds = [sheet.decisions.kind for sheet in reading.sheets]
        outcome.layouts = [sheet.decisions.layout for sheet in reading.sheets]
        return reading, guess

    def _read(self, path: Path, facts: ShopFacts | None, outcome: FileOutcome) -> FileReading | None:
        try:
            return read_file(
                path, shop=facts, date_order=self._options.date_order, hash_person=self._hash_person()
            )
        except OSError as error:
            outcome.problems.append(
                Problem("unreadable", "error", path.name, values={"reason": error.strerror or str(error)})
            )
            return None

    def _hash_person(self) -> Any:
        cleaner = self._cleaner
        return None if cleaner is None else lambda name: cleaner.hash(f"username:{name}")

    def _account(self, path: Path, outcome: FileOutcome) -> Owner | None:
        owner = self._accounts.get(self._options.advertiser or "") or by_folder(path, self._accounts)
        if owner is None and len(self._accounts) == 1:
            owner = next(iter(self._accounts.values()))
        if owner is None:
            outcome.problems.append(nobody(path.name, [], self._accounts.values(), is_ads=True))
        return owner

    def _fitting(self, reading: FileReading, outcome: FileOutcome) -> Owner | None:
        markets = {sheet.decisions.market for sheet in reading.sheets if sheet.decisions.market}
        currencies = {sheet.decisions.currency for sheet in reading.sheets if sheet.decisions.currency}
        found = fitting(self._shops.values(), markets, currencies)
        if len(found) == 1:
            return found[0]
        outcome.problems.append(nobody(reading.path.name, found, self._shops.values(), is_ads=False))
        return None

    # One file ------------------------------------------------------------------------------------

    def one(self, path: Path) -> None:
        """Imports a file; whatever is wrong with it stays with it."""
        outcome = FileOutcome(path)
        self.report.files.append(outcome)
        with bulk_work():
            self._import(path, outcome)
        if outcome.status == "refused":
            self._log_refusal(outcome)
        self._tell(outcome)

    def _import(self, path: Path, outcome: FileOutcome) -> None:
        outcome.file_id = _digest_of(path, outcome)
        if outcome.problems or self._is_known(outcome, outcome.file_id, self._said(path)):
            return
        reading, owner = self.understand(path, outcome)
        outcome.owner = owner.key if owner else ""
        if reading is None:
            return
        # Of a file that is refused nothing more is read than what the reader has looked at.
        outcome.explanations = {
            language: explain(reading, language, {sheet.name: (0, []) for sheet in reading.sheets})
            for language in LANGUAGES
        }
        if owner is None or not reading.sheets or outcome.why("en"):
            return
        facts = self._facts(reading, owner)
        for sheet in reading.sheets:
            if sheet.decisions.kind in ("affiliate_videos", *ADS_KINDS) and sheet.decisions.period is None:
                outcome.problems.append(Problem("no_period", "error", path.name, sheet.name))
        if outcome.why("en"):
            return
        packed = {
            sheet.name: _packed(sheet, MAPPERS[sheet.decisions.kind].together) for sheet in reading.sheets
        }
        outcome.rows = sum(map(len, packed.values()))
        cells_id = _digest_of_cells(reading, packed)
        if self._is_known(outcome, cells_id, owner):
            return
        self._store(reading, facts, packed, cells_id, outcome, owner)

    def _said(self, path: Path) -> Owner | None:
        """Whose a file is said to be before it is read: enough to notice the same file under two shops."""
        return self._shops.get(self._options.shop or "") or by_folder(path, {**self._shops, **self._accounts})

    def _is_known(self, outcome: FileOutcome, key: str, owner: Owner | None) -> bool:
        """Whether the content is in the archive. As another shop's it is a mistake of somebody, unless it is empty."""
        known = self._owners.get(key)
        if known is None:
            return False
        if owner is not None and not owner.is_ads and known.owner != owner.key and known.owner in self._shops:
            if known.rows == 0:
                return False
            outcome.problems.append(
                Problem("of_another_shop", "error", outcome.path.name, values={"shop": known.owner})
            )
            return True
        outcome.status, outcome.owner, outcome.rows = "known", known.owner, known.rows
        return True

    def _facts(self, reading: FileReading, owner: Owner) -> dict[str, Facts]:
        return {
            sheet.name: Facts(
                file_id=reading.sha256,
                sheet=sheet.name,
                decisions=sheet.decisions,
                shop_key="" if owner.is_ads else owner.key,
                advertiser_id=owner.key if owner.is_ads else "",
                downloaded_at=self._downloaded_at(reading),
                header=sheet.header,
            )
            for sheet in reading.sheets
        }

    def _downloaded_at(self, reading: FileReading) -> datetime:
        told = [sheet.decisions.downloaded_at for sheet in reading.sheets if sheet.decisions.downloaded_at]
        if told:
            moment = max(told)
        elif self._options.downloaded_at is not None:
            moment = self._options.downloaded_at
        else:
            moment = datetime.fromtimestamp(reading.path.stat().st_mtime, UTC)
        # A clock that was ahead where the file was downloaded must not outrank every later download.
        return min(moment.astimezone(UTC), self._now)

    def _store(
        self,
        reading: FileReading,
        facts: Mapping[str, Facts],
        packed: Mapping[str, list[bytes]],
        cells_id: str,
        outcome: FileOutcome,
        owner: Owner,
    ) -> None:
        """Archives a file and loads its rows, unless something in them stops it."""
        aside: list[Problem] = [
            problem
            for sheet in reading.sheets
            for problem in sheet.problems
            if problem.severity == "quarantine"
        ]
        of_reader = len(aside)
        maker = FileRows(facts, aside.append, file=reading.path.name)
        entries: list[Entry] = []
        built: list[tuple[str, pa.Table]] = []
        pages = 0
        for sheet in reading.sheets:
            for group in _groups(_pages(facts[sheet.name], packed[sheet.name])):
                entries.append(self._archive.write(group, run_id=self.report.run_id))
                pages += len(group)
                for page in group:
                    built += maker.add(page).items()
                    page.records = []
        built += maker.finish().items()
        stopped = [problem for problem in aside if problem.severity == "error"]
        outcome.currencies = _currencies(built)
        wrong = _another_currency(reading, owner, outcome.currencies)
        outcome.problems += [*stopped, *([wrong] if wrong else [])]
        if outcome.why("en"):
            return
        outcome.quarantined = len(aside)
        # What the reader said of the file is among its problems already; what its rows said is not.
        outcome.problems += aside[of_reader:]
        checked = {
            name: (len(lines), [problem for problem in aside[of_reader:] if problem.sheet == name])
            for name, lines in packed.items()
        }
        outcome.explanations = {language: explain(reading, language, checked) for language in LANGUAGES}
        any_facts = next(iter(facts.values()))
        built += self._quarantine(any_facts, aside, facts, entries).items()
        built += self._files(any_facts, reading, facts, packed, aside, cells_id, outcome, entries).items()
        self._archive.commit(entries)
        self._load(owner.key, built)
        self._owners |= dict.fromkeys(
            (reading.sha256, cells_id), Filed(reading.sha256, cells_id, owner.key, outcome.rows)
        )
        outcome.status = "imported"
        for name, table in built:
            outcome.loaded[name] = outcome.loaded.get(name, 0) + table.num_rows
        self._drifts[owner.key].merge(maker.drift)
        self._log_import(outcome, maker, facts, owner, pages)

    def _quarantine(
        self, one: Facts, aside: Sequence[Problem], facts: Mapping[str, Facts], entries: list[Entry]
    ) -> dict[str, pa.Table]:
        if not aside:
            return {}
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
            }
            for problem in aside
        ]
        page = page_of(one, QUARANTINE.name, records, {"sheet": one.sheet})
        entries.append(self._archive.write([page], run_id=self.report.run_id))
        return build(QUARANTINE, [page], Drift())

    def _files(
        self,
        one: Facts,
        reading: FileReading,
        facts: Mapping[str, Facts],
        packed: Mapping[str, list[bytes]],
        aside: Sequence[Problem],
        cells_id: str,
        outcome: FileOutcome,
        entries: list[Entry],
    ) -> dict[str, pa.Table]:
        records = [
            sheet_record(
                facts[sheet.name],
                cells_id=cells_id,
                file_name=reading.path.name,
                imported_at=int(self._now.timestamp()),
                run_id=self.report.run_id,
                rows=len(packed[sheet.name]),
                rows_quarantined=sum(problem.sheet == sheet.name for problem in aside),
                explanation_en=outcome.explanations["en"],
                explanation_zh=outcome.explanations["zh"],
                outside=scrub([[row, cells] for row, cells in sheet.outside]),
            )
            for sheet in reading.sheets
        ]
        context = {
            "sheet": one.sheet,
            "cells_id": cells_id,
            "data_rows": sum(map(len, packed.values())),
        }
        page = page_of(one, FILES.name, records, context)
        entries.append(self._archive.write([page], run_id=self.report.run_id))
        return build(FILES, [page], Drift())

    def _load(self, owner: str, built: Iterable[tuple[str, pa.Table]]) -> None:
        import dlt

        tables = [(name, table) for name, table in built if table.num_rows]
        if not tables:
            return

        def resources() -> Iterator[Any]:
            yield dlt.resource(
                (named(table, name) for name, table in tables),
                name="file",
                write_disposition="append",
                schema_contract={"tables": "evolve", "columns": "evolve", "data_type": "freeze"},
            )

        pipeline = open_pipeline(self._home, f"{SOURCE}__{owner}", SOURCE)
        load(pipeline, dlt.source(resources, name=SOURCE, max_table_nesting=0)())

    # What is left to do ----------------------------------------------------------------------------

    def recover(self) -> int:
        """Loads files that are in the archive and not in raw: a kill came between the two."""
        there = loaded(self._home.raw)
        missing: dict[str, set[str]] = defaultdict(set)
        for one in self._owners.values():
            if one.file_id not in there:
                missing[one.owner].add(one.file_id)
        for owner, ids in missing.items():
            entries = [entry for entry in self._archive.entries(SOURCE) if entry.shop_key == owner]
            for file_id in sorted(ids):

                def is_wanted(page: Page, file_id: str = file_id) -> bool:
                    return bool(page.context["file_id"] == file_id)

                built = [
                    item
                    for made in rows_of(self._archive, entries, is_wanted)
                    for item in made.tables.items()
                ]
                self._load(owner, built)
        return sum(map(len, missing.values()))

    def journal(self) -> None:
        """Writes `sync_log` and `drift`, once per run."""
        written = (
            log_page(SOURCE, self._log),
            drift_page(SOURCE, self.report.run_id, self._drifts),
        )
        pages = [page for page in written if page.records]
        self._archive.commit([self._archive.write([page], run_id=self.report.run_id) for page in pages])
        self._load("log", [(page.resource, journal_rows([page], SHOP)[page.resource]) for page in pages])

    def rates(self, quote: str) -> None:
        """Loads exchange rates for the days that the files tell of, in the currencies of all known shops."""
        imported = [one for one in self.report.files if one.status == "imported"]
        currencies = {currency for one in imported for currency in one.currencies}
        if not currencies:
            return
        # Always the same set, so that the rates of a file are not loaded again because another shop had one.
        currencies |= {shop.facts.currency for shop in self._shops.values()}
        first = min((one.first for one in imported if one.first is not None), default=None)
        since = (datetime.fromtimestamp(first, UTC) if first is not None else self._now).date()
        until = self._now.date() + timedelta(days=2)
        problems: list[TtkpiError] = []
        try:
            self.report.fx_rows = sync_fx_rates(
                self._home,
                currencies,
                quote,
                since - timedelta(days=1),
                until,
                run_id=self.report.run_id,
                problems=problems,
            )
        except TtkpiError as error:
            problems.append(error)
        for problem in problems:
            self.report.errors.append(str(problem))
            self._progress.message(str(problem))

    def _log_import(
        self, outcome: FileOutcome, maker: FileRows, facts: Mapping[str, Facts], owner: Owner, pages: int
    ) -> None:
        for sheet, mapper in maker.mappers.items():
            if mapper.first is not None and mapper.last is not None:
                outcome.first = min(
                    mapper.first, outcome.first if outcome.first is not None else mapper.first
                )
                outcome.last = max(mapper.last, outcome.last or 0)
            until = None if mapper.last is None else mapper.last + 1
            self._log.append(
                LogRow(
                    run_id=self.report.run_id,
                    shop_key=owner.key,
                    resource=mapper.resource,
                    endpoint=facts[sheet].decisions.layout,
                    status="ok",
                    started_at=int(self._now.timestamp()),
                    finished_at=int(time.time()),
                    window_from=mapper.first,
                    window_until=until,
                    cursor=until,
                    pages=pages,
                    rows_written=sum(outcome.loaded.values()),
                    authorisation_state="ok",
                )
            )

    def _log_refusal(self, outcome: FileOutcome) -> None:
        if not outcome.owner or not outcome.kinds:
            return
        for kind, layout in zip(outcome.kinds, outcome.layouts, strict=True):
            self._log.append(
                LogRow(
                    run_id=self.report.run_id,
                    shop_key=outcome.owner,
                    resource=MAPPERS[kind].resource,
                    endpoint=layout,
                    status="failed",
                    started_at=int(self._now.timestamp()),
                    finished_at=int(time.time()),
                    error_message=" ".join(outcome.why("en")),
                )
            )

    def _tell(self, outcome: FileOutcome) -> None:
        if outcome.status == "refused":
            self._progress.message(f"{outcome.path.name}: refused. " + " ".join(outcome.why("en")))


def is_export(path: Path) -> bool:
    """Whether a file may be an export, by its name."""
    # `~$book.xlsx` is what a spreadsheet program puts beside a workbook that is open.
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(("~$", "."))


def _digest_of(path: Path, outcome: FileOutcome) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        outcome.problems.append(
            Problem("unreadable", "error", path.name, values={"reason": error.strerror or str(error)})
        )
        return ""


def _packed(sheet: Sheet, together: Sequence[str]) -> list[bytes]:
    """The rows as lines of JSON, those that belong together side by side, otherwise in the order of the file."""
    places = [
        index
        for name in together
        for index, header in enumerate(sheet.header)
        if sheet.decisions.columns.get(header) == name
    ]
    groups: dict[tuple[Any, ...], list[bytes]] = {}
    for row, cells in sheet.raw_rows():
        key = tuple(_plain(cells[place]) for place in places) if places else ()
        line = orjson.dumps({"row": row, "cells": cells}, option=orjson.OPT_APPEND_NEWLINE)
        # A copy: what orjson gives keeps the memory of its buffer, 8 kB for a row of 400 bytes.
        groups.setdefault(key, []).append(bytes(memoryview(line)))
    return [line for lines in groups.values() for line in lines]


def _plain(cell: Any) -> Any:
    return cell.strip() if isinstance(cell, str) else cell


def _digest_of_cells(reading: FileReading, packed: Mapping[str, list[bytes]]) -> str:
    digest = hashlib.sha256()
    for sheet in reading.sheets:
        digest.update(orjson.dumps([sheet.name, sheet.decisions.layout, sheet.header]))
        for line in packed[sheet.name]:
            digest.update(line)
    return digest.hexdigest()


def _pages(facts: Facts, lines: list[bytes]) -> Iterator[Page]:
    """Pages of whole groups; a sheet without rows is no page."""
    names = {canonical: name for name, canonical in facts.decisions.columns.items()}
    together = MAPPERS[facts.decisions.kind].together
    places = [facts.header.index(names[name]) for name in together if names.get(name) in facts.header]
    part: list[bytes] = []
    records: list[Record] = []
    last: Any = None
    for line in lines:
        record = orjson.loads(line)
        key = tuple(_plain(record["cells"][place]) for place in places) if places else None
        if len(records) >= PAGE_ROWS and (key is None or key != last):
            yield _page(facts, records, part)
            part, records = [], []
        part.append(line)
        records.append(record)
        last = key
    if records:
        yield _page(facts, records, part)


def _page(facts: Facts, records: list[Record], lines: list[bytes]) -> Page:
    return page_of(facts, facts.decisions.kind, records, {"sheet": facts.sheet}, b"".join(lines))


def _groups(pages: Iterator[Page]) -> Iterator[list[Page]]:
    group: list[Page] = []
    for page in pages:
        group.append(page)
        if len(group) >= PAGES_PER_FILE:
            yield group
            group = []
    if group:
        yield group


def _currencies(built: Sequence[tuple[str, pa.Table]]) -> set[str]:
    found: set[str] = set()
    for _, table in built:
        for column in ("currency", "amount_currency"):
            if column in table.column_names:
                found.update(value for value in pc.unique(table.column(column)).to_pylist() if value)
    return found


def _another_currency(reading: FileReading, owner: Owner, found: set[str]) -> Problem | None:
    """A file none of whose amounts is in the currency of the shop is another shop's."""
    mine = owner.facts.currency
    if owner.is_ads or not mine or not found or mine in found:
        return None
    return Problem(
        "another_currency",
        "error",
        reading.path.name,
        values={"shop": owner.label, "currency": mine, "found": ", ".join(sorted(found))},
    )
