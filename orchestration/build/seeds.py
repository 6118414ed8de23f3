"""What dbt loads instead of the project's seeds: the inputs that a team keeps in its home.

dbt reads a seed from the project and has no setting for another place (1.11.16). So before a build the inputs of the
home are written beside dbt's own files, in the columns that the seeds of this release have, and the adapter is told to
load a seed from there (`dbt_worker.py`).

| in the home | what |
| --- | --- |
| `dbt/inputs/*.csv` | the inputs that hold, in the columns of the seeds |
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from home.errors import TtkpiError
from home.inputs import current_inputs
from home.layout import Home
from home.storage import replace_file, storage_errors


class InputMismatch(TtkpiError):
    """An input of the home no longer fits the seed of its name."""


def inputs_of_build(root: Path) -> dict[str, Path]:
    """The inputs that a build loads instead of seeds, by name.

    Args:
        root: Root of the home.
    """
    return {path.stem: path for path in sorted((root / "dbt" / "inputs").glob("*.csv"))}


def prepare_inputs(home: Home, project: Path) -> None:
    """Write the inputs of a home as its project's seeds would be.

    A column that this release has added is empty; one that it has dropped is left out. An input whose seed is gone is
    not read any more.

    Args:
        home: Whose inputs; its lock must be held.
        project: Folder of `dbt_project.yml`.

    Raises:
        InputMismatch: An input has none of the columns of its seed.
        RecordDamaged: The inputs of the home are not as they were imported.
        StorageError: The disk is full or refuses.
    """
    own = current_inputs(home)
    folder = home.root / "dbt" / "inputs"
    seeds = {path.stem: path for path in (project / "seeds").rglob("*.csv")} if own else {}
    with storage_errors(folder):
        for name, path in inputs_of_build(home.root).items():
            if name not in own or name not in seeds:
                path.unlink()
    for name, path in own.items():
        if name in seeds:
            content = _in_columns_of(seeds[name], path)
            target = folder / f"{name}.csv"
            if not target.is_file() or target.read_bytes() != content:
                replace_file(target, content, mode=0o600)


def _in_columns_of(seed: Path, path: Path) -> bytes:
    with storage_errors(seed), seed.open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file), [])
    with storage_errors(path), path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [[row.get(name) or "" for name in header] for row in reader]
        if not {*header} & {*(reader.fieldnames or ())}:
            raise InputMismatch(
                f"{path} has none of the columns of {seed}.",
                advice="`ttkpi inputs export`, fill the sheet in, then `ttkpi inputs import`.",
            )
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([header, *rows])
    return text.getvalue().encode()
