"""Where a home lies and who may see it: signs in its path, other users of the machine, names from outside."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from shop_fakes import NOW, FakeClient, order, run

from home.audit_log import Entry, append
from home.database import files_in, in_pattern
from home.errors import ConfigError
from home.layout import Home
from home.text import one_line, printable
from ingestion.engine.journal import SHOP, write_journal
from ingestion.sources import prepare
from ingestion.tables.sources import TIKTOK_SHOP
from ingestion.tiktok_shop.token_file import KnownShop
from orchestration.build.build import build
from orchestration.cli import main
from orchestration.cli.status_report import show_status
from orchestration.progress import Reporter
from orchestration.status import status


def test_a_path_with_signs_of_sql_and_of_patterns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An apostrophe ended the string, brackets were a pattern, braces a place to fill."""
    home = Home(tmp_path / "Li's [team] {a} 数据 *")
    orders = [order(number, NOW - 600 * number) for number in range(5)]
    outcome = run(home, FakeClient({"search_orders": orders}), "shops", "orders", run_id="run")
    write_journal(home, TIKTOK_SHOP, SHOP, "run", outcome.log, {outcome.shop_key: outcome.drift})
    append(home, Entry("sync"))
    report = build(home, select="stg_tiktok_shop__orders stg_audit_log__entries")
    assert report.ok, [node.message for node in report.errors]
    assert report.count("model") >= 1
    found = status(home)
    assert {one.resource for one in found.resources} >= {"orders"}
    monkeypatch.setenv("TTKPI_HOME", str(home.root))
    assert main(["status"]) == 0
    assert "orders" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["a?b", "a#b", "a\\b", "a\nb"])
def test_a_path_that_dbt_cannot_take_is_refused_by_name(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path / name)
    with pytest.raises(ConfigError, match="address") as caught:
        build(home)
    assert str(home.root) in caught.value.message


@pytest.mark.parametrize("name", ["100%", "a%20b", "%s", "a?b", "a#b", "a\\b"])
def test_a_path_that_dlt_cannot_take_is_refused_before_anything_is_asked(tmp_path: Path, name: str) -> None:
    """`%` was a place to fill: each load ended with `unsupported format character`, after the platform had answered."""
    home = Home(tmp_path / name)
    with pytest.raises(ConfigError, match="dlt takes") as caught:
        prepare(home)
    assert str(home.root) in caught.value.message and "TTKPI_HOME" in caught.value.advice
    assert not home.root.exists()


def test_a_blank_at_the_end_of_a_folders_name_is_of_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was cut off, and the home was another, empty one."""
    monkeypatch.setenv("TTKPI_HOME", f"{tmp_path}/data ")
    assert Home.from_env().root == tmp_path / "data"
    (tmp_path / "data ").mkdir()
    assert Home.from_env().root == tmp_path / "data "


def test_signs_in_a_pattern_are_letters() -> None:
    assert in_pattern(Path("/a[1]'*")) == "/a[[]1]''[*]"
    assert files_in(Path("/a?")) == "'/a[?]/*.parquet'"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_a_home_is_its_owners_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        home = Home(tmp_path / "home")
        home.make()
        home.prepare()
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
    assert not home.is_open_to_others()


def test_another_user_of_the_machine_reads_nothing(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    home = Home(tmp_path / "home")
    home.prepare()
    append(home, Entry("sync"))
    for folder in [tmp_path, *tmp_path.parents]:
        if folder != folder.parent and not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    code = "import os, sys; os.setuid(65534); os.listdir(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(home.root)], capture_output=True, text=True, check=False
    )
    assert "PermissionError" in done.stderr


def test_a_home_that_is_open_is_named_and_stays_as_it_is(tmp_path: Path) -> None:
    """A team may have let its BI tool in."""
    home = Home(tmp_path / "home")
    home.root.mkdir(mode=0o755)
    home.root.chmod(0o755)
    home.prepare()
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o755
    with (tmp_path / "out").open("w+") as file:
        show_status(home, status(home), console=Console(file=file, width=150))
        file.seek(0)
        assert "chmod 700" in file.read()


class TestNames:
    """A name may hold what moves a terminal's cursor, or begins a line that looks like ours."""

    EVIL = "Aurora\x1b[2J\x1b]0;owned\x07\r\nok   all shops\u202e"

    def test_what_is_shown(self) -> None:
        assert one_line(self.EVIL) == "Aurora [2J ]0;owned ok   all shops"
        assert printable("a\nb\x1b[2J") == "a\nb�[2J"
        assert one_line("极光 🛍️ Größe") == "极光 🛍️ Größe"

    def test_a_shop_from_the_api(self) -> None:
        shop = KnownShop.from_api({"id": "7001", "name": self.EVIL})
        assert "\x1b" not in shop.name and "\n" not in shop.name

    def test_an_error(self) -> None:
        assert "\x1b" not in str(ConfigError(f"Shop {self.EVIL} failed."))

    def test_the_progress(self, tmp_path: Path) -> None:
        with (tmp_path / "out").open("w+") as file:
            Reporter(Console(file=file, force_terminal=False), live=False).message(
                f"{self.EVIL} [red]x[/red]"
            )
            file.seek(0)
            said = file.read()
        assert "\x1b" not in said and "\x07" not in said and "[red]x[/red]" in said
