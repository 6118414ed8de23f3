"""`python raw_builds.py HOME`: the builds in HOME/steps.json, in one process and with one reading of the project.

Before a build its loads come: folders in HOME/loads, which are copied into HOME/raw. After it the warehouse is copied.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunner

WITHOUT = ["--exclude-resource-type", "test", "unit_test", "exposure"]
BRIEFLY = ["--no-write-json", "--log-level-file", "none"]


def main(home: Path) -> int:
    """Runs the builds; 1 when one of them does not end as it is to end."""
    parsed = dbtRunner().invoke(["parse", "--partial-parse", *BRIEFLY])
    if not parsed.success:
        return 1
    for number, step in enumerate(json.loads((home / "steps.json").read_text()), start=1):
        for load in step["loads"]:
            shutil.copytree(home / "loads" / load, home / "raw", dirs_exist_ok=True)
        chosen = ["--select", *step["select"]]
        if step["exclude"]:
            chosen += ["--exclude", *step["exclude"]]
        done = dbtRunner(manifest=parsed.result).invoke(
            ["build", *BRIEFLY, *WITHOUT, *step["options"], *chosen]
        )
        if done.exception or done.success == step["fails"]:
            print(f"build {number} {'did not fail' if done.success else 'failed'}: {done.exception}")
            return 1
        for file in home.glob("warehouse.duckdb*"):
            shutil.copy(file, home / file.name.replace("warehouse", f"after-{number}"))
        # What is still in the log goes into the file.
        duckdb.connect(str(home / f"after-{number}.duckdb")).close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
