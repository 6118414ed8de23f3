"""Reads a file and finds out whose it is: dates and amounts are read by the market of the shop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from home.text import file_name
from ingestion.seller_center.belonging import differences
from ingestion.seller_center.explain import check_rows, explain
from ingestion.seller_center.export_files import is_bundle
from ingestion.seller_center.messages import LANGUAGES
from ingestion.seller_center.outcomes import FileOutcome
from ingestion.seller_center.owners import Owner, Owners
from ingestion.seller_center.reader import read_file
from ingestion.seller_center.sheets import DateOrder, FileReading, Problem, ShopFacts

ADS_KINDS = frozenset({"gmv_max_creatives", "gmv_max_days"})
HashPerson = Callable[[str], str]
"""Turns a buyer's user name into its keyed hash."""


class Identifier:
    """Reads files with what is known of their owners.

    Args:
        owners: Shops and ads accounts.
        date_order: How dates like 05/06/2026 are read; None: by what is in the file.
        hash_person: Hashes the names of buyers; None: they are cut.
        trusts_shop: Whether the shop that a person or a folder names is right, whatever a file says.
    """

    def __init__(
        self,
        owners: Owners,
        date_order: DateOrder | None,
        hash_person: HashPerson | None,
        *,
        trusts_shop: bool = False,
    ) -> None:
        self._owners = owners
        self._date_order = date_order
        self._hash_person = hash_person
        self._trusts_shop = trusts_shop

    def identify(self, path: Path, outcome: FileOutcome) -> tuple[FileReading | None, Owner | None]:
        """The file as it was read, and its owner; what speaks against it is added to the outcome."""
        owner = self._owners.likely_shop(path)
        reading = self._read(path, owner.facts if owner else None, outcome)
        if reading is None:
            return None, None
        if reading.sheets:
            guess, owner = owner, self._owner_of(reading, owner, outcome)
            if owner is not None and owner is not guess:
                again = self._read(path, owner.facts, outcome)
                if again is None:
                    return None, owner
                reading = again
        of_another: list[Problem] = []
        if owner is not None and not owner.is_ads and not self._trusts_shop:
            of_another = differences(reading, owner, self._owners)
        outcome.problems = [*of_another, *reading.problems, *outcome.problems]
        outcome.kinds = [sheet.decisions.kind for sheet in reading.sheets]
        outcome.layouts = [sheet.decisions.layout for sheet in reading.sheets]
        return reading, owner

    def _owner_of(self, reading: FileReading, guess: Owner | None, outcome: FileOutcome) -> Owner | None:
        if any(sheet.decisions.kind in ADS_KINDS for sheet in reading.sheets):
            found = self._owners.account(reading.path)
        else:
            found = guess or self._owners.fitting_shop(reading)
        if isinstance(found, Problem):
            outcome.problems.append(found)
            return None
        return found

    def _read(self, path: Path, facts: ShopFacts | None, outcome: FileOutcome) -> FileReading | None:
        try:
            return read_file(path, shop=facts, date_order=self._date_order, hash_person=self._hash_person)
        except OSError as error:
            outcome.problems.append(unreadable(path, error))
            return None


def unreadable(path: Path, error: OSError) -> Problem:
    """That a file can't be read."""
    if is_bundle(path):
        return Problem("document_folder", "error", file_name(path), values={"reason": path.suffix})
    return Problem("unreadable", "error", file_name(path), values={"reason": error.strerror or str(error)})


def explain_rows(reading: FileReading, outcome: FileOutcome) -> None:
    """Adds to an outcome what an import would see in every row."""
    outcome.file_id = reading.sha256
    checked = check_rows(reading)
    outcome.rows = sum(rows for rows, _ in checked.values())
    outcome.problems += [one for _, found in checked.values() for one in found if one.severity == "error"]
    outcome.explanations = {language: explain(reading, language, checked) for language in LANGUAGES}
