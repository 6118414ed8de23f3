"""The command line: names others script against, exit codes, messages without tracebacks, and speed of --help."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from control_helpers import authorise_ads, make_home, mark_audited

from home.errors import ConfigError, TtkpiError
from home.layout import Home
from ingestion.engine.progress import ShopResult
from ingestion.sync import SyncReport
from orchestration.audit.audit import AuditFailed
from orchestration.cli import cli, main
from orchestration.cli.export import Days
from orchestration.cli.parameters import Day, Id, Instant, Month
from orchestration.cli.session import open_home
from orchestration.sheets.tables import Period

_COMMANDS = [
    "demo",
    "sandbox",
    "sandbox-exports",
    "auth",
    "run",
    "sync",
    "import",
    "inputs",
    "build",
    "costs",
    "audit",
    "publish",
    "verify",
    "rollback",
    "as-of",
    "freeze",
    "export",
    "alerts",
    "report",
    "backfill",
    "replay",
    "compact",
    "status",
    "metrics",
    "dashboard",
    "mcp",
    "docs",
    "dagster",
    "homes",
]


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and no configuration from the machine."""
    import os

    for name in [name for name in os.environ if name.startswith("SOURCES__")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def configure(monkeypatch: pytest.MonkeyPatch, base_url: str = "http://127.0.0.1:9") -> None:
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_KEY", "key")
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_SECRET", "secret")
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__BASE_URL", base_url)
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__AUTH_URL", base_url)


def test_commands_keep_their_names() -> None:
    assert list(cli.commands) == _COMMANDS
    group = cli.commands["auth"]
    assert isinstance(group, click.Group)
    assert list(group.commands) == ["exchange", "ads", "status"]


def test_an_ads_account_needs_its_own_configuration(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards a code that is used up by a command that could not have kept its token."""
    configure(monkeypatch)
    assert main(["auth", "ads", "CODE"]) == 2
    text = capsys.readouterr().err
    assert "sources.tiktok_ads.app_id" in text and "SOURCES__TIKTOK_ADS__APP_ID" in text


def test_ads_accounts_alone_are_shown_but_are_not_enough(
    clean: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards a status of 0 where `ttkpi run` would end with 2: there is nothing to sell without a shop."""
    configure(monkeypatch)
    authorise_ads(Home(clean), ("7400000000000000001",), {"7400000000000000001": "Aurora US ads"})
    assert main(["auth", "status"]) == 2
    shown = capsys.readouterr()
    assert "7400000000000000001 Aurora US ads" in shown.out and "planted" not in shown.out
    assert "ttkpi auth exchange CODE" in shown.err
    assert main(["run"]) == 2
    assert "ttkpi auth exchange CODE" in capsys.readouterr().err
    assert main(["status"]) == 0
    shown = capsys.readouterr()
    assert "Aurora US ads" in shown.out and "No seller has authorised" in shown.out


def test_every_command_teaches_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for name in _COMMANDS:
        if name == "auth":
            continue
        assert main([name, "--help"]) == 0
        text = capsys.readouterr().out
        assert f"ttkpi {name}" in text.split("Usage:")[1].split("\n", 1)[1], name
        assert any("一" <= letter <= "鿿" for letter in text), f"{name} has no Chinese"


def test_help_is_fast_and_loads_nothing_heavy() -> None:
    code = "import sys; from orchestration.cli import main; main(['--help']); "
    code += "print([n for n in ('dlt', 'duckdb', 'pandas', 'dbt', 'dagster', 'httpx', 'rich') if n in sys.modules])"
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip().endswith("[]")
    assert time.monotonic() - began < 5, "0.1 s on an idle machine"


def test_missing_configuration_names_key_variable_and_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 2
    text = capsys.readouterr().err
    assert "sources.tiktok_shop.app_key" in text
    assert "SOURCES__TIKTOK_SHOP__APP_KEY" in text
    assert ".dlt/" in text
    assert "Traceback" not in text


def test_no_authorisation_yet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch)
    assert main(["run"]) == 2
    assert "ttkpi auth exchange CODE" in capsys.readouterr().err
    assert main(["auth", "status"]) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sync", "--since", "yesterday"], "not a day"),
        (["sync", "--until", "2026-10-31T12:00"], "no zone"),
        (["sync", "--until", "soon"], "not a date"),
        (["demo", "--orders", "1"], "orders"),
        (["fly"], "No such command"),
        (["auth", "exchange"], "CODE"),
    ],
)
def test_wrong_usage_exits_2_and_says_why(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_unknown_resource_lists_the_known(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch)
    assert main(["sync", "--resource", "parcels"]) == 2
    text = capsys.readouterr().err
    assert "parcels" in text and "orders" in text


def test_home_in_use_exits_2_and_names_the_holder(
    clean: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch)
    code = "import sys; from pathlib import Path; from home.layout import Home\n"
    code += f"with Home(Path({str(clean)!r})).lock('run'): print('held', flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None and other.stdout.readline() == "held\n"
    for command in ("run", "sync", "build", "audit", "publish", "compact"):
        assert main([command]) == 2, command
        text = capsys.readouterr().err
        assert f"process {other.pid}" in text and "Wait" in text
    other.communicate("", timeout=20)


def test_audit_and_publish_exit_4_when_there_is_nothing_good(
    clean: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit"]) == 4
    assert "ttkpi build" in capsys.readouterr().err
    home = make_home(clean)
    mark_audited(home, passed=False)
    assert main(["publish"]) == 4
    assert "do not add up" in capsys.readouterr().err


def test_publish_exits_0_and_prints_the_file(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = make_home(clean)
    mark_audited(home)
    assert main(["publish"]) == 0
    assert str(home.bi_file) in capsys.readouterr().out


def test_options_reach_the_sync(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from datetime import UTC, date, datetime

    configure(monkeypatch)
    given: dict[str, Any] = {}

    def fake(home: Home, **options: Any) -> SyncReport:
        given.update(options)
        return SyncReport("r", [ShopResult("1", "A", "TH", "partial", {}, 1, 1.0, True, ["Scope missing."])])

    monkeypatch.setattr("ingestion.sync.sync", fake)
    arguments = [
        "--shop",
        "1",
        "--shop",
        "2",
        "--since",
        "2026-10-01",
        "--until",
        "2026-11-01",
        "--resource",
        "orders",
    ]
    assert main(["sync", *arguments]) == 3
    given.pop("progress")
    assert given == {
        "shops": ("1", "2"),
        "since": date(2026, 10, 1),
        "until": datetime(2026, 11, 1, tzinfo=UTC),
        "resources": ("orders",),
    }


def test_traceback_only_with_debug(
    clean: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: Any, **options: Any) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("orchestration.publish.publish.publish", broken)
    assert main(["publish"]) == 1
    text = capsys.readouterr().err
    assert "ZeroDivisionError: a bug of ours" in text and "--debug" in text and "Traceback" not in text
    assert "Traceback" in (clean / "logs" / "ttkpi.log").read_text(), "it is kept in the log"
    assert main(["--debug", "publish"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"), [(AuditFailed("stopped", advice="look"), 4), (TtkpiError("failed", advice="look"), 1)]
)
def test_errors_are_message_and_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: TtkpiError, code: int
) -> None:
    def failing(*arguments: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr("orchestration.publish.publish.publish", failing)
    assert main(["publish"]) == code
    assert capsys.readouterr().err.endswith(f"Error: {error.message}\nlook\n")


def test_interrupt_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("orchestration.publish.publish.publish", interrupted)
    assert main(["publish"]) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_status_before_anything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0
    text = capsys.readouterr().out
    assert "auth exchange" in text and "Nothing was synced" in text


def test_status_of_a_home(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = make_home(clean)
    mark_audited(home, passed=False)
    assert main(["status"]) == 4
    text = capsys.readouterr().out
    assert "orders" in text and "2026-10-03 00:01" in text and "do not add up" in text


def test_real_shops_stay_out_of_the_demo_home(
    clean: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (clean / "sandbox").mkdir(parents=True)
    (clean / "sandbox" / "demo.json").write_text('{"world": {"orders": 2000, "days": 60, "seed": 7}}')
    configure(monkeypatch, "https://open-api.tiktokglobalshop.com")
    monkeypatch.setenv("SOURCES__TIKTOK_ADS__APP_ID", "app")
    monkeypatch.setenv("SOURCES__TIKTOK_ADS__SECRET", "secret")
    for command in (["run"], ["sync"], ["auth", "exchange", "CODE"], ["auth", "ads", "CODE"]):
        assert main(command) == 2
        assert "holds the shops of the demo" in capsys.readouterr().err


def test_a_shop_that_is_no_id_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Guards `Unexpected error: ValueError`: the shop's name, or a path."""
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "home"))
    (file := tmp_path / "orders.csv").write_text("hello\n")
    for shop in ("Aurora UK", "../x"):
        assert main(["import", str(file), "--shop", shop, "--region", "GB"]) == 2
        assert f"'{shop}' is not an id" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "given", "read"),
    [
        (Id(), "７４９５", "7495"),
        (Day(), "２０２６－１０－３１", date(2026, 10, 31)),
        (Month(), "２０２６-１０", date(2026, 10, 1)),
        (Instant(), " 2026-10-31T12：00：00Z", datetime(2026, 10, 31, 12, tzinfo=UTC)),
        (Days(), "２０２６－１０－０５..２０２６－１０－１１", Period(date(2026, 10, 5), date(2026, 10, 11))),
    ],
)
def test_digits_of_a_chinese_keyboard_are_digits(
    kind: click.ParamType[Any], given: str, read: object
) -> None:
    assert kind.convert(given, None, None) == read


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_home_of_another_user_is_refused_in_words(clean: Home) -> None:
    """Guards a traceback of `PermissionError` for an analyst on a shared machine."""
    open_home()
    os.seteuid(65534)
    try:
        with pytest.raises(ConfigError, match="another user"):
            open_home()
    finally:
        os.seteuid(0)


def test_a_workbook_that_somebody_may_have_filled_in_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Guards costs that were typed into inputs.xlsx and not imported yet."""
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "home"))
    (book := tmp_path / "inputs.xlsx").write_text("filled in")
    assert main(["inputs", "export", "--out", str(book)]) == 2
    assert book.read_text() == "filled in" and "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        "metrics query gmv",
        "report daily",
        "export xlsx",
        "export csv --view shop_days",
        "export claims",
        "export journal --layout xero",
        "export restock",
        "alerts list",
        "mcp",
        "backfill --gaps",
        "freeze 2026-10",
        "rollback",
        "verify",
    ],
)
def test_nothing_published_is_one_exit_code(arguments: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Guards scripts: it was 0, 1 or 2, by command; the help promises 2 for what is not set up yet."""
    assert main(arguments.split()) == 2
    said = capsys.readouterr().err
    assert "Nothing is published yet: there is no " in said and "ttkpi.duckdb" in said
    assert "Unexpected" not in said
