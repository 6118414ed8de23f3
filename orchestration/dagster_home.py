"""Prepares `DAGSTER_HOME`, which is `dagster/` in the data home: run `python -m orchestration.dagster_home`.

Dagster reads its instance settings (telemetry off, one writer at a time) from `dagster.yaml` in that folder.
With `--print` the folder's path goes to standard output and nothing else, for `DAGSTER_HOME=$(...)`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from home.layout import Home
from home.storage import replace_file

TEMPLATE = Path(__file__).with_name("dagster.yaml")


def dagster_home(home: Home) -> Path:
    """Folder of Dagster's instance (settings, runs, event log) of a data home."""
    return Path(home.root).resolve() / "dagster"


def prepare(home: Home) -> Path:
    """Make the folder and write its `dagster.yaml`; one whose first line was deleted is the user's and stays.

    Raises:
        StorageError: the folder can't be written.
    """
    home.make()
    folder = dagster_home(home)
    settings = folder / "dagster.yaml"
    template = TEMPLATE.read_bytes()
    marker = template.splitlines()[0]
    present = settings.read_bytes() if settings.exists() else marker
    if present.startswith(marker) and present != template:
        replace_file(settings, template)
    return folder


def main(arguments: list[str]) -> int:
    """Prepare the folder; print its path with `--print`."""
    folder = prepare(Home.from_env())
    if "--print" in arguments:
        sys.stdout.write(f"{folder}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
