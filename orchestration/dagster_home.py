"""Prepares `DAGSTER_HOME`, which is `dagster/` in the data home: run `python -m orchestration.dagster_home`.

Dagster reads its instance settings (telemetry off, one writer at a time) from `dagster.yaml` in that folder.
Runs whose process is gone, as after a power cut, are failed before anything starts, and what the command line has
published is reported.
With `--print` the folder's path goes to standard output and nothing else is done, for `DAGSTER_HOME=$(...)`.
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


def prepare(home: Home, settings_of: Path = TEMPLATE) -> Path:
    """Make the folder and write its `dagster.yaml`; one whose first line was deleted is the user's and stays.

    Args:
        home: Whose instance.
        settings_of: The project's version of the settings.

    Raises:
        StorageError: the folder can't be written.
    """
    home.make()
    folder = dagster_home(home)
    settings = folder / "dagster.yaml"
    template = settings_of.read_bytes()
    marker = template.splitlines()[0]
    present = settings.read_bytes() if settings.exists() else marker
    if present.startswith(marker) and present != template:
        replace_file(settings, template)
    return folder


def main(arguments: list[str]) -> int:
    """Prepare the folder; print its path with `--print`."""
    home = Home.from_env()
    folder = prepare(home)
    if "--print" in arguments:
        sys.stdout.write(f"{folder}\n")
    else:
        _bring_up_to_date(home, folder)
    return 0


def _bring_up_to_date(home: Home, folder: Path) -> None:
    """Before anything starts: what a power cut has left 'started' would keep every later run waiting, and what the
    command line has published would look as if nobody had made it."""
    import dagster as dg

    from orchestration.defs.gone_runs import end_gone_runs
    from orchestration.defs.reported import report_publication

    with dg.DagsterInstance.from_config(str(folder)) as instance:
        for run_id in end_gone_runs(instance, home):
            sys.stderr.write(f"Run {run_id} was failed: its process is gone. The next run continues.\n")
        if reported := report_publication(instance, home):
            sys.stderr.write(f"{reported} assets of the current publication are shown as materialised.\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
