"""What is configured wrongly is named, with the place where it is set, and ends with exit code 2."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CLOCK, admin, command_environment, raw

from home.layout import Home
from orchestration.cli import main
from sandbox.server.serve import SandboxServer

FAILED, WRONG_CONFIGURATION = 1, 2
UNTIL = ["--until", CLOCK.date().isoformat()]
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def ttkpi(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command line in this process: its exit code, and all it said, in one line."""

    def call(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(arguments)
        said = capsys.readouterr()
        return code, " ".join((said.out + said.err).split())

    return call


@pytest.mark.parametrize(
    ("key", "file"), [("app_key", ".dlt/config.toml"), ("app_secret", ".dlt/secrets.toml")]
)
@pytest.mark.parametrize("given", [None, "", "  "])
def test_a_missing_key(
    configured: Home, monkeypatch: pytest.MonkeyPatch, ttkpi: Command, key: str, file: str, given: str | None
) -> None:
    variable = f"SOURCES__TIKTOK_SHOP__{key.upper()}"
    monkeypatch.delenv(variable) if given is None else monkeypatch.setenv(variable, given)
    code, said = ttkpi("run", *UNTIL)
    assert code == WRONG_CONFIGURATION
    for part in (f"sources.tiktok_shop.{key} is not set", variable, file):
        assert part in said


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("base_url", "open-api.tiktokglobalshop.com", "a URL such as https://"),
        ("auth_url", "ftp://auth", "a URL such as https://"),
        ("requests_per_second", "fast", "a number"),
        ("requests_per_second", "-1", "0 or more"),
        ("page_workers", "0", "a whole number of 1 or more"),
        ("timeout_seconds", "0", "above 0"),
        ("history_days", "nan", "a finite number"),
    ],
)
def test_an_unusable_value(
    configured: Home, monkeypatch: pytest.MonkeyPatch, ttkpi: Command, key: str, value: str, wanted: str
) -> None:
    variable = f"SOURCES__TIKTOK_SHOP__{key.upper()}"
    monkeypatch.setenv(variable, value)
    code, said = ttkpi("sync", *UNTIL)
    assert code == WRONG_CONFIGURATION
    for part in (f"sources.tiktok_shop.{key} is {value!r}", wanted, variable, ".dlt/config.toml"):
        assert part in said


def test_a_configuration_file_that_is_no_toml(configured: Home, tmp_path: Path) -> None:
    folder = tmp_path / "project" / ".dlt"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("[sources.tiktok_shop\napp_key = 1\n", encoding="utf-8")
    environment = command_environment(configured) | {"DLT_PROJECT_DIR": str(folder.parent)}
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "sync"],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == WRONG_CONFIGURATION, done.stderr
    assert "config.toml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--shop", "12345"], ["12345", "7495000000000000404", "ttkpi auth status"]),
        (["--resource", "ordres"], ["ordres", "orders", "returns"]),
        (["--until", "2026-11-08T00:00:00"], ["no zone", "2026-11-08T00:00:00Z"]),
        (["--since", "08.11.2026"], ["08.11.2026", "2026-10-31"]),
    ],
)
def test_a_name_or_day_that_is_unknown(
    configured: Home, ttkpi: Command, arguments: list[str], parts: list[str]
) -> None:
    code, said = ttkpi("sync", *arguments)
    assert code == WRONG_CONFIGURATION
    for part in parts:
        assert part in said


def test_nobody_has_authorised_the_app(home: Home, environment: None, ttkpi: Command) -> None:
    for command in (["run"], ["sync"], ["auth", "status"]):
        code, said = ttkpi(*command)
        assert code == WRONG_CONFIGURATION
        assert "No seller has authorised the app" in said
        assert "ttkpi auth exchange CODE" in said


@pytest.mark.parametrize("command", ["run", "sync"])
@pytest.mark.parametrize(
    ("key", "file"), [("app_key", ".dlt/config.toml"), ("app_secret", ".dlt/secrets.toml")]
)
def test_a_wrong_key_or_secret(
    configured: Home, monkeypatch: pytest.MonkeyPatch, ttkpi: Command, command: str, key: str, file: str
) -> None:
    variable = f"SOURCES__TIKTOK_SHOP__{key.upper()}"
    monkeypatch.setenv(variable, "planted-wrong-value")
    code, said = ttkpi(command, *UNTIL)
    assert code == WRONG_CONFIGURATION, said
    for part in (f"sources.tiktok_shop.{key}", variable, file):
        assert part in said
    assert "planted" not in said
    assert raw(configured, "orders") == []


def test_a_wrong_secret_while_a_token_has_to_be_renewed(
    configured: Home, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch, ttkpi: Command
) -> None:
    admin(sandbox, "expire_access_tokens", {})
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_SECRET", "planted-wrong-value")
    code, said = ttkpi("run", *UNTIL)
    assert code == WRONG_CONFIGURATION, said
    assert "SOURCES__TIKTOK_SHOP__APP_SECRET" in said
    assert "planted" not in said
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_SECRET", "sandbox-secret")
    assert ttkpi("sync", "--resource", "warehouses", *UNTIL)[0] == 0


def test_a_code_that_is_used_or_wrong(home: Home, environment: None, ttkpi: Command) -> None:
    assert ttkpi("auth", "exchange", "sandbox-code")[0] == 0
    tokens = home.tokens_file.read_bytes()
    for code in ("sandbox-code", "no-such-code"):
        exit_code, said = ttkpi("auth", "exchange", code)
        assert exit_code == FAILED, said
        assert "works once and for 30 minutes" in said
    assert home.tokens_file.read_bytes() == tokens


def test_a_host_that_is_not_there(
    configured: Home, monkeypatch: pytest.MonkeyPatch, impatient: None, ttkpi: Command
) -> None:
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__BASE_URL", "http://127.0.0.1:9")
    code, said = ttkpi("sync", "--resource", "orders", *UNTIL)
    assert code == FAILED
    assert "127.0.0.1:9" in said
    assert "no connection" in said


def test_tokens_that_were_edited_by_hand(configured: Home, ttkpi: Command) -> None:
    configured.tokens_file.write_text('{"grants": ', encoding="utf-8")
    code, said = ttkpi("run", *UNTIL)
    assert code == WRONG_CONFIGURATION
    assert str(configured.tokens_file) in said
    assert configured.tokens_file.read_text(encoding="utf-8") == '{"grants": '


def test_a_privacy_key_that_is_damaged(configured: Home, ttkpi: Command) -> None:
    configured.privacy_key()
    (configured.root / "privacy.key").write_text("not hexadecimal\n", encoding="utf-8")
    code, said = ttkpi("run", *UNTIL)
    assert code == WRONG_CONFIGURATION, said
    assert "privacy.key" in said
    assert raw(configured, "orders") == []


@pytest.mark.parametrize(("seconds", "direction"), [(400, "behind"), (-120, "ahead of")])
def test_a_clock_that_is_off(
    configured: Home, sandbox: SandboxServer, ttkpi: Command, seconds: int, direction: str
) -> None:
    admin(sandbox, "wall_clock", {"offset_seconds": seconds})
    code, said = ttkpi("run", *UNTIL)
    assert code == FAILED, said
    told = re.search(r"The clock of this machine is (\d+) s (behind|ahead of) TikTok's", said)
    assert told is not None, said
    assert abs(int(told[1]) - abs(seconds)) <= 2
    assert told[2] == direction
    assert "NTP" in said
    admin(sandbox, "wall_clock", {"offset_seconds": 0})
    assert ttkpi("sync", "--resource", "warehouses", *UNTIL)[0] == 0


def test_a_clock_that_was_put_back(configured: Home, monkeypatch: pytest.MonkeyPatch, ttkpi: Command) -> None:
    assert ttkpi("sync", "--resource", "warehouses", *UNTIL)[0] == 0
    now = time.time
    monkeypatch.setattr("ingestion.engine.pipelines.time.time", lambda: now() - 7200)
    code, said = ttkpi("sync", "--resource", "warehouses", *UNTIL)
    assert code == FAILED, said
    assert "behind the newest load" in said
    assert "timedatectl" in said
