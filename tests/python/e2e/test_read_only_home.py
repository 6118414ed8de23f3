"""A home that can only be read answers whoever only reads, and nothing is written into it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from conftest import command_environment
from read_only import WITHOUT_RIGHTS, only_readable, state_of

from home.layout import Home

_KEPT = ("published", "seal.key", "seal.fingerprint", "audit_log.jsonl", "audit_log.head.json", "privacy.key")
_READERS = """
import asyncio, sys
from pathlib import Path

from mcp import Client

from home.layout import Home
from orchestration.cli import main
from orchestration.deliver.agents.server import make_server

SHOP = "7495000000000000404"
out, tests = Path(sys.argv[1]), sys.argv[2]
for command in (
    ["metrics", "query", "gmv_rc", "--by", "shop"],
    ["alerts", "list"],
    ["export", "csv", "--view", "dim_shops", "--out", str(out / "shops.csv")],
    ["export", "journal", "--layout", "xero", "--month", "2026-10", "--shop", SHOP, "--out", str(out / "journal.csv")],
    ["report", "daily", "--date", "2026-11-07", "--out", str(out / "report.html")],
):
    code = main(command)
    assert code in (0, 3), (command, code)

async def ask():
    async with Client(make_server(Home.from_env(), lambda: "")) as client:
        result = await client.call_tool("query_metrics", {"metrics": ["gmv_rc"], "by": ["shop"]})
        # What an agent asks stands in the audit log; an answer that can't be written there is not given.
        assert result.is_error and "audit_log" in str(result.content), result.content

asyncio.run(ask())
sys.path.insert(0, tests)
from dashboard_helpers import html, page

assert "could not be drawn" not in html(page("shops"))
assert main(["report", "daily", "--date", "2026-11-07"]) == 1
"""


def test_whoever_only_reads_is_answered(published_home: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    for name in _KEPT:
        source = published_home.root / name
        if source.is_dir():
            shutil.copytree(source, home.root / name)
        elif source.exists():
            shutil.copy(source, home.root / name)
    with only_readable(home.root):
        before = state_of(home)
        done = subprocess.run(
            [*WITHOUT_RIGHTS, sys.executable, "-c", _READERS, str(tmp_path), str(Path(__file__).parent)],
            env=command_environment(home), capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert state_of(home) == before
    assert done.returncode == 0, done.stdout + done.stderr
    # What would have to be written there says where, and not how Python ended.
    assert f"No permission to write {home.root / 'reports'}" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
