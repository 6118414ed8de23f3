"""`datacontract-cli` tests the contracts of docs/contracts against a published file.

It needs an environment of its own: TTKPI_DATACONTRACT=/path/to/venv (docs/bi/data-contracts.md says how it is made).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

from home.layout import Home
from orchestration.docs_pages.contracts import FOLDER

TOOL = os.environ.get("TTKPI_DATACONTRACT", "")
PROGRAM = """
import json, sys
from pathlib import Path
from datacontract.data_contract import DataContract
failed, checks = [], 0
for path in sorted(Path(sys.argv[1]).glob(sys.argv[2])):
    run = DataContract(data_contract_file=str(path), server="published").test()
    checks += len(run.checks)
    failed += [f"{path.stem}: {one.name}: {one.reason}" for one in run.checks if one.result.value != "passed"]
print(json.dumps({"checks": checks, "failed": failed}))
"""

pytestmark = pytest.mark.skipif(
    not TOOL, reason="did not run: no datacontract-cli; set TTKPI_DATACONTRACT to its virtual environment"
)


def findings(folder: Path, pattern: str = "*.odcs.yaml") -> dict[str, object]:
    """What the tool says of the contracts, with published/ttkpi.duckdb in the folder."""
    done = subprocess.run(
        [f"{TOOL}/bin/python", "-c", PROGRAM, str(FOLDER), pattern],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def test_the_published_file_keeps_every_contract(published_home: Home) -> None:
    said = findings(published_home.root)
    assert said["failed"] == []
    assert int(str(said["checks"])) > 2500


def test_a_file_that_breaks_a_contract_is_found(published_home: Home, tmp_path: Path) -> None:
    file = tmp_path / "published" / "ttkpi.duckdb"
    file.parent.mkdir()
    shutil.copyfile(published_home.bi_file, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute("alter table marts.kpi_shop_daily drop column gmv")
    assert "gmv" in str(findings(tmp_path, "kpi_shop_daily.*")["failed"])
