"""A disk that is full or read-only, and a published file that somebody reads: told clearly, nothing is lost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import CLOCK, copy_of, opened, query, raw, sync

from home.layout import Home
from orchestration.cli import main
from orchestration.publish.publish import publish
from sandbox.server.serve import SandboxServer

TH, GB = "7495000000000000101", "7495000000000000404"
UNTIL = ["--until", CLOCK.date().isoformat()]
FAILED = 1
Disk = Callable[[str], None]
ORDERS = (
    f"select distinct order_id, status, update_time from rows where shop_key in ('{TH}', '{GB}') order by all"
)


def _mount(*arguments: str) -> str:
    """Runs mount; what it said when it failed."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    return done.stderr.strip() or f"exit code {done.returncode}" if done.returncode else ""


@pytest.fixture
def small_disk(tmp_path: Path, home: Home) -> Iterator[Disk]:
    """Changes the disk that the home is on: `size=2m`, `ro`, `rw`. It is removed at the end."""
    if shutil.which("mount") is None:
        pytest.skip("needs the command `mount`")
    home.root.mkdir(parents=True)
    if refusal := _mount("-t", "tmpfs", "-o", "size=256m", "tmpfs", str(home.root)):
        pytest.skip(f"needs a disk of its own, and a tmpfs can't be mounted here: {refusal}")

    def change(option: str) -> None:
        assert not _mount("-o", f"remount,{option}", str(home.root))

    yield change
    subprocess.run(["umount", "--lazy", str(home.root)], check=True)


@pytest.fixture
def disk(small_disk: Disk, configured: Home) -> Disk:
    """The same, under a home whose seller has authorised the app."""
    return small_disk


def free_bytes(home: Home) -> int:
    return shutil.disk_usage(home.root).free


def fill(home: Home, *, leave: int) -> None:
    """Writes a file that leaves so many bytes on the disk."""
    (home.root / "ballast").write_bytes(b"\0" * max(0, free_bytes(home) - leave))


@pytest.mark.parametrize("leave", [0, 200_000, 1_200_000, 2_200_000])
def test_a_full_disk_while_syncing(
    disk: Disk, configured: Home, synced_home: Home, capsys: pytest.CaptureFixture[str], leave: int
) -> None:
    fill(configured, leave=leave)
    grants = json.loads(configured.tokens_file.read_bytes())["grants"]
    capsys.readouterr()
    code = main(["run", "--shop", TH, "--shop", GB, *UNTIL])
    said = " ".join(capsys.readouterr().err.split())
    assert code == FAILED, said
    assert "No space left while writing" in said, said
    assert "Free some space and run the same command again" in said
    assert "Traceback" not in said
    assert "Unexpected" not in said
    assert json.loads(configured.tokens_file.read_bytes())["grants"].keys() == grants.keys()
    (configured.root / "ballast").unlink()
    report = sync(configured, shops=[TH, GB])
    assert not report.failed, [shop.errors for shop in report.shops]
    assert raw(configured, "orders", ORDERS) == raw(synced_home, "orders", ORDERS)
    keys = "select count(*), count(distinct (shop_key, order_id)) from rows"
    ((rows, orders),) = raw(configured, "orders", keys)
    assert rows >= orders == len(raw(configured, "orders", ORDERS))


def test_a_full_disk_while_building_and_publishing(
    small_disk: Disk,
    published_home: Home,
    home: Home,
    sandbox: SandboxServer,
    environment: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy_of(published_home, home.root)
    published = home.published.read_bytes()
    fill(home, leave=1_000_000)
    for command, text in ((["publish"], "can't be written"), (["build", "--full-refresh"], "No space left")):
        capsys.readouterr()
        code = main(command)
        said = " ".join(capsys.readouterr().err.split())
        assert code == FAILED, (command, said)
        assert text in said, (command, said)
        assert "The published file is as it was" in said
        assert "Traceback" not in said
        assert home.published.read_bytes() == published
    # What was being built is not published by mistake.
    assert main(["publish"]) == 4
    assert home.published.read_bytes() == published


def test_a_read_only_home(disk: Disk, configured: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert not sync(configured, shops=[GB], resources=["warehouses"]).failed
    disk("ro")
    try:
        for command in (["run", *UNTIL], ["sync", *UNTIL], ["build"], ["audit"], ["publish"], ["replay"]):
            capsys.readouterr()
            code = main(command)
            said = " ".join(capsys.readouterr().err.split())
            assert code == FAILED, (command, said)
            assert "read-only disk" in said, (command, said)
            assert "TTKPI_HOME" in said
            assert str(configured.root) in said
        assert main(["auth", "status"]) == 0
        capsys.readouterr()
        assert main(["status"]) in (0, 3, 4)
        assert "Aurora UK" in capsys.readouterr().out
    finally:
        disk("rw")
    assert not sync(configured, shops=[GB], resources=["warehouses"]).failed


def test_a_home_that_is_a_file(home: Home, environment: None, capsys: pytest.CaptureFixture[str]) -> None:
    home.root.write_text("not a folder", encoding="utf-8")
    code = main(["run", *UNTIL])
    said = " ".join(capsys.readouterr().err.split())
    assert code == FAILED
    assert str(home.root) in said
    assert "Traceback" not in said


READER = """
import sys, duckdb
connection = duckdb.connect()
connection.execute(f"attach '{sys.argv[1]}' as published (read_only)")
connection.execute("use published")
rows = "select count(*), sum(gmv) from marts.kpi_shop_daily"
print(connection.execute(rows).fetchone(), flush=True)
sys.stdin.readline()
print(connection.execute(rows).fetchone(), flush=True)
print(connection.execute("select count(*) from marts.fct_orders").fetchone(), flush=True)
"""


def test_a_published_file_that_is_being_read(published_home: Home, home: Home) -> None:
    copy_of(published_home, home.root)
    inode = home.published.stat().st_ino
    orders = query(home.published, "select count(*) from marts.fct_orders")[0]
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(home.published)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert reader.stdout is not None
    first = reader.stdout.readline()
    with opened(home.published) as own:
        report = publish(home)
        assert own.execute("select count(*) from marts.fct_orders").fetchone() == orders
    assert report.path.stat().st_ino != inode
    rest, _ = reader.communicate("go on\n", timeout=60)
    assert reader.returncode == 0
    assert rest.splitlines() == [first.strip(), str(orders)]
    assert query(home.published, "select count(*) from marts.fct_orders") == [orders]
