"""A workbook of inputs becomes a new version in the home, whole or not at all."""

from __future__ import annotations

import csv
import getpass
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from home.audit_log import recorded
from home.errors import ConfigError
from home.inputs import IMPORTED, RESTORED, Version, current_inputs, restore, store
from home.layout import Home
from home.project import project_dir
from home.storage import storage_errors
from home.text import file_name
from orchestration.inputs.catalog import Input, inputs
from orchestration.inputs.check import Checked, Values, check, from_seed, written
from orchestration.inputs.findings import UNKNOWN, Finding
from orchestration.inputs.known import Known, known_things
from orchestration.inputs.reading import read_workbook


@dataclass(frozen=True)
class Change:
    """What an import changes of an input.

    Attributes:
        rows: Rows that it has now.
        added: Rows that are new, or have changed.
        removed: Rows that are gone, or have changed.
    """

    rows: int
    added: int
    removed: int


@dataclass(frozen=True)
class ImportReport:
    """What became of a workbook.

    Attributes:
        problems: Why it is refused; empty when it is not.
        notes: What is taken although nobody knows it.
        changes: What it changes, by input.
        unchanged: Inputs of the workbook that are as they were.
        not_filled: Rows in which nothing but the key was filled in, by input.
        version: The new version; None when it is refused, changes nothing or was only tried.
    """

    problems: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    changes: Mapping[str, Change] = field(default_factory=dict)
    unchanged: tuple[str, ...] = ()
    not_filled: Mapping[str, int] = field(default_factory=dict)
    version: Version | None = None


def current_rows(home: Home, known_inputs: Mapping[str, Input], known: Known) -> dict[str, list[Values]]:
    """The rows of every input as they are now.

    Of a seed, rows of shops that are not of this home are left out, and what hangs on them: they are the examples that
    come with the project.

    Raises:
        RecordDamaged: The inputs of the home are not as they were imported.
        StorageError: A file can't be read.
    """
    own = current_inputs(home)
    found = {name: _rows(one, own.get(name, one.seed)) for name, one in known_inputs.items()}
    for name, one in known_inputs.items():
        if name not in own and "shop_key" in {column.name for column in one.columns}:
            found[name] = [row for row in found[name] if row["shop_key"] in (None, *known.shops)]
    if "kpi_targets" in found and "kpi_targets" not in own:
        persons = {row["person_name"] for row in found.get("team_assignments", ())}
        found["kpi_targets"] = [row for row in found["kpi_targets"] if row["person_name"] in (None, *persons)]
    return found


def import_workbook(
    home: Home,
    path: Path,
    *,
    imported_by: str = "",
    accept_unknown: bool = False,
    dry_run: bool = False,
) -> ImportReport:
    """Check a workbook, and keep it as a new version if nothing is wrong with it.

    A sheet takes the place of its whole input; an input without a sheet stays as it is.

    Args:
        home: Whose inputs.
        path: The workbook.
        imported_by: Who brings it; by default the user of this process.
        accept_unknown: Take shops, SKUs, people, ... that nobody knows yet.
        dry_run: Only check.

    Raises:
        ConfigError: The file is not there, or there is no dbt project.
        HomeBusy: Another run holds the home.
        RecordDamaged: The inputs of the home are not as they were imported.
        StorageError: The disk is full or refuses; the inputs are as they were.
    """
    if not path.is_file():
        raise ConfigError(f"There is no file {path}.", advice="`ttkpi inputs export` writes the workbook.")
    project = project_dir()
    known_inputs = inputs(project)
    with storage_errors(path):
        content = path.read_bytes()
        sheets, findings = read_workbook(path, known_inputs)
    with home.lock("import of inputs"):
        known = known_things(home, project)
        current = current_rows(home, known_inputs, known)
        checked, more = check(sheets, known, current)
        problems, notes = _judged([*findings, *more], accept_unknown)
        not_filled = {one.input.name: one.not_filled for one in checked if one.not_filled}
        if problems:
            return ImportReport(problems=problems, notes=notes, not_filled=not_filled)
        changes = {one.input.name: _change(one, current) for one in checked}
        changed = {name: change for name, change in changes.items() if change.added or change.removed}
        version = None
        if changed and not dry_run:
            with recorded(home, IMPORTED) as entry:
                version = store(
                    home,
                    {one.input.name: _csv(one) for one in checked if one.input.name in changed},
                    {name: change.rows for name, change in changed.items()},
                    imported_by=imported_by or getpass.getuser(),
                    source=file_name(path),
                    source_content=content,
                )
                entry.subject = version.name
                entry.details |= {
                    "file": file_name(path),
                    "sha256": version.source_sha256,
                    "by": version.imported_by,
                    "inputs": {name: version.inputs[name] for name in changed},
                }
    return ImportReport(
        notes=notes,
        changes=changed,
        unchanged=tuple(name for name in changes if name not in changed),
        not_filled=not_filled,
        version=version,
    )


def replace_input(home: Home, name: str, content: bytes, *, rows: int, source: Path) -> Version:
    """Keep a new version in which one input is another: what a file of an ERP has become.

    Args:
        home: Whose inputs.
        name: The input.
        content: Its CSV, in the columns of the seed.
        rows: How many rows it has.
        source: The file that it was made of.

    Raises:
        HomeBusy: Another run holds the home.
        RecordDamaged: The inputs of the home are not as they were imported.
        StorageError: The disk is full or refuses; the inputs are as they were.
    """
    with storage_errors(source):
        origin = source.read_bytes()
    with home.lock("import of inputs"), recorded(home, IMPORTED) as entry:
        version = store(
            home,
            {name: content},
            {name: rows},
            imported_by=getpass.getuser(),
            source=source.name,
            source_content=origin,
        )
        entry.subject = version.name
        entry.details |= {
            "file": source.name,
            "sha256": version.source_sha256,
            "by": version.imported_by,
            "inputs": {name: version.inputs[name]},
        }
    return version


def _judged(
    findings: Sequence[Finding], accept_unknown: bool
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    taken = tuple(one for one in findings if accept_unknown and one.code in UNKNOWN)
    return tuple(one for one in findings if one not in taken), taken


def _rows(one: Input, path: Path) -> list[Values]:
    with storage_errors(path), path.open(encoding="utf-8-sig", newline="") as file:
        return [
            {column.name: from_seed(column, row.get(column.name) or "") for column in one.columns}
            for row in csv.DictReader(file)
        ]


def _lines(one: Input, rows: Sequence[Values]) -> list[tuple[str, ...]]:
    return [tuple(written(row.get(column.name)) for column in one.columns) for row in rows]


def _change(one: Checked, current: Mapping[str, list[Values]]) -> Change:
    new = Counter(_lines(one.input, [row for _, row in one.rows]))
    old = Counter(_lines(one.input, current[one.input.name]))
    return Change(new.total(), (new - old).total(), (old - new).total())


def _csv(one: Checked) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in one.input.columns])
    writer.writerows(_lines(one.input, [row for _, row in one.rows]))
    return text.getvalue().encode()


def restore_version(home: Home, name: str, *, restored_by: str = "") -> Version:
    """Let the inputs of an earlier version hold again, as a new version.

    Args:
        home: Whose inputs.
        name: The version; `seeds`: the project's seeds hold again.
        restored_by: Who does it; by default the user of this process.

    Raises:
        HomeBusy: Another run holds the home.
        NoSuchVersion: There is no such version.
        RecordDamaged: It is not as it was written.
        StorageError: The disk is full or refuses.
    """
    with home.lock("restore of inputs"), recorded(home, RESTORED) as entry:
        version = restore(home, name, imported_by=restored_by or getpass.getuser())
        entry.subject = version.name
        entry.details |= {"of": name, "by": version.imported_by, "inputs": dict(version.inputs)}
    return version
