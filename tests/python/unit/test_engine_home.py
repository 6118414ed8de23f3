"""The home: lock, key, exchange of folders."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import home.storage as storage_module
from home.errors import ConfigError
from home.layout import Home, HomeBusy
from home.storage import StorageError, exchange_folders, finish_exchange


def test_the_lock_says_who_holds_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    code = (
        "import sys; from pathlib import Path; from home.layout import Home\n"
        "with Home(Path(sys.argv[1])).lock('replay'): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(HomeBusy) as caught, home.lock("sync"):
            pass
        assert f"process {other.pid}" in caught.value.message and "replay" in caught.value.message
        assert caught.value.holder["since"] in caught.value.message
        other.kill()
    with home.lock("sync"):  # the lock of a killed process is free
        pass


def test_the_lock_may_be_taken_again_by_its_holder(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.lock("run"):
        with home.lock("sync"):
            assert (tmp_path / "lock.json").exists()
        problems: list[BaseException] = []

        def other() -> None:
            try:
                with home.lock("build"):
                    pass
            except HomeBusy as error:
                problems.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert len(problems) == 1
    assert not (tmp_path / "lock.json").exists()


def test_the_key_is_made_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    key = home.privacy_key()
    assert len(key) == 32 and Home(tmp_path).privacy_key() == key
    assert stat.S_IMODE((tmp_path / "privacy.key").stat().st_mode) == 0o600
    (tmp_path / "privacy.key").write_text("damaged")
    with pytest.raises(ConfigError, match=r"privacy\.key"):
        home.privacy_key()


def test_from_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "x"))
    assert Home.from_env().root == tmp_path / "x"
    monkeypatch.delenv("TTKPI_HOME")
    assert Home.from_env().root.name == ".ttkpi"


@pytest.mark.parametrize("atomic", [True, False])
def test_folders_change_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, atomic: bool) -> None:
    if not atomic:
        monkeypatch.setattr(storage_module, "_swap_names", lambda one, other: False)
    new, current = tmp_path / "new", tmp_path / "raw"
    for folder in (new, current):
        folder.mkdir()
        (folder / "name").write_text(folder.name)
    exchange_folders(new, current)
    assert (current / "name").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw"]


def test_a_cut_exchange_is_finished(tmp_path: Path) -> None:
    old = tmp_path / "raw.old"
    old.mkdir()
    finish_exchange(tmp_path / "raw")
    assert (tmp_path / "raw").exists() and not old.exists()


def test_a_home_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        Home(tmp_path / "file" / "home").prepare()
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(StorageError, match="permission"):
            Home(tmp_path / "home").prepare()
        tmp_path.chmod(0o700)
