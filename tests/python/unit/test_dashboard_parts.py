"""The shared parts of the pages: how values are written, what is exported, who may look."""

from __future__ import annotations

import csv
import io
import os
import socket
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import python_calamine

from dashboards.parts import exports
from dashboards.parts.choices import period_of
from dashboards.parts.exports import CSV, XLSX, offer, offered, written
from dashboards.parts.formats import COUNT, FRACTION, MONEY, UNKNOWN, Formats
from dashboards.parts.store import Table
from dashboards.parts.viewer import EVERYTHING, MEMBERS_FILE, Viewer, member
from dashboards.parts.words import Words
from dashboards.web.server import login_settings
from home.errors import ConfigError
from orchestration.cli import main

ENGLISH, CHINESE = Words("en"), Words("zh")


# How values are written.


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, UNKNOWN),
        (Decimal(0), "0"),
        (Decimal("999.994"), "999.99"),
        (Decimal("1000"), "1,000"),
        (Decimal("-1234.5"), "−1,234"),
        (Decimal("12345678.9"), "12,345,679"),
    ],
)
def test_money_has_decimals_below_a_thousand_and_unknown_is_no_zero(
    value: Decimal | None, shown: str
) -> None:
    assert Formats(ENGLISH).money(value) == shown


def test_large_amounts_are_short_in_the_habit_of_the_language() -> None:
    amount = Decimal("123456789")
    assert Formats(CHINESE, is_short=True).money(amount) == "1.23 亿"
    assert Formats(CHINESE, is_short=True).money(Decimal(48905)) == "4.89 万"
    assert Formats(ENGLISH, is_short=True).money(amount) == "123.46 M"
    assert Formats(ENGLISH, is_short=True).money(Decimal(48905)) == "48.9 k"
    assert Formats(ENGLISH).money(amount, "CNY") == '123,456,789<span class="cur">CNY</span>'


def test_a_change_says_direction_and_whether_it_is_good() -> None:
    formats = Formats(ENGLISH)
    assert formats.change(0.184) == '<span class="d u"><i>▲</i>+18.4 %</span>'
    assert formats.change(0.184, up_is_good=False) == '<span class="d n"><i>▲</i>+18.4 %</span>'
    assert formats.change(-0.065) == '<span class="d n"><i>▼</i>−6.5 %</span>'
    assert formats.change(None) == f'<span class="d z">{UNKNOWN}</span>'
    assert "± 0.0 %" in formats.change(0.0001)
    assert "12×" in formats.change(11.0)


def test_kinds_of_values() -> None:
    formats = Formats(ENGLISH)
    assert formats.value(Decimal("0.0325"), FRACTION) == "3.2 %"
    assert formats.value(1234, COUNT) == "1,234"
    assert formats.value(Decimal("84.8"), COUNT) == "84.8"
    assert formats.value(None, MONEY) == UNKNOWN
    assert formats.value("<b>", "text") == "&lt;b&gt;"
    assert Formats(CHINESE).day(date(2026, 11, 8)) == "11 月 8 日 周日"
    assert formats.day(date(2026, 11, 8)) == "Sun 8 Nov"


def test_periods_end_with_the_last_complete_day() -> None:
    last = date(2026, 11, 8)
    assert (period_of("yesterday", last).since, period_of("yesterday", last).until) == (
        last,
        date(2026, 11, 9),
    )
    assert period_of("last_7", last).since == date(2026, 11, 2)
    assert period_of("month", last).since == date(2026, 11, 1)
    assert period_of("last_28", last).days == 28
    assert period_of("last_7", last).before().since == date(2026, 10, 26)


# Exports.

ROWS = Table(
    ("order_id", "name", "gmv", "day", "at", "units", "open"),
    (
        (
            "576812076400000069",
            "=HYPERLINK(1)",
            Decimal("3505.2300"),
            date(2026, 11, 8),
            datetime(2026, 11, 8, 4, 51, tzinfo=UTC),
            3,
            True,
        ),
        ("576812076400000070", "面膜", None, None, None, None, None),
    ),
)


def test_csv_is_read_by_excel_and_no_name_becomes_a_formula() -> None:
    content = written(CSV, ROWS)
    assert content.startswith(b"\xef\xbb\xbf")
    first, second = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert first["order_id"] == "576812076400000069"
    assert first["name"] == "'=HYPERLINK(1)"
    assert first["gmv"] == "3505.2300"
    assert first["at"] == "2026-11-08 04:51:00+00:00"
    assert second["name"] == "面膜" and second["gmv"] == ""


def test_xlsx_keeps_ids_as_text_and_numbers_as_numbers() -> None:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(written(XLSX, ROWS)))
    head, first, second = book.get_sheet_by_index(0).to_python()
    assert head == list(ROWS.names)
    assert first[:4] == ["576812076400000069", "=HYPERLINK(1)", 3505.23, date(2026, 11, 8)]
    assert first[4] == datetime(2026, 11, 8, 4, 51)  # noqa: DTZ001 (a sheet knows no zones)
    assert second[:3] == ["576812076400000070", "面膜", ""]


def test_a_number_that_excel_would_round_stays_text() -> None:
    exact = Table(("amount",), ((Decimal("12345678901234.5678"),),))
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(written(XLSX, exact)))
    assert book.get_sheet_by_index(0).to_python()[1] == ["12345678901234.5678"]


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "_EXCEL_ROWS", 1)
    with pytest.raises(ValueError, match="take the CSV"):
        written(XLSX, ROWS)


def test_a_download_is_for_its_viewer_and_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, bob = Viewer("ann@x.test", ""), Viewer("bob@x.test", "agency")
    address = offer("orders", CSV, lambda: ROWS, ann, "p1", "rows")
    token = address.rpartition("/")[2]
    assert offered(token, ann) is not None
    assert offered(token, bob) is None, "somebody else's address opens nothing"
    assert offered(token, Viewer("ann@x.test", "agency")) is None, "nor after a change of audience"
    assert offered("0" * 40, ann) is None
    assert offer("orders", CSV, lambda: ROWS, ann, "p1", "rows") == address, (
        "the same rows keep their address"
    )
    assert offer("orders", CSV, lambda: ROWS, bob, "p1", "rows") != address
    later = exports.time.monotonic() + 3601
    monkeypatch.setattr(exports.time, "monotonic", lambda: later)
    assert offered(token, ann) is None


# Who may look.


@pytest.fixture
def members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "members.csv"
    path.write_text(
        "address,audience,is_admitted\n"
        f"Ann@Shop.test,{EVERYTHING},true\n"
        "bob@agency.test,agency-gb,TRUE\n"
        "carl@shop.test,everything,false\n"
        "dora@shop.test,agency-gb,true\n"
        "dora@shop.test,operations,true\n",
        encoding="utf-8",
    )
    monkeypatch.setenv(MEMBERS_FILE, str(path))
    return path


def test_an_address_leads_to_its_audience(members: Path) -> None:
    assert member("ann@shop.test", is_verified=True) == Viewer("ann@shop.test", "")
    assert member(" BOB@agency.test", is_verified=True) == Viewer("bob@agency.test", "agency-gb")


@pytest.mark.parametrize(
    "address", ["carl@shop.test", "dora@shop.test", "eve@shop.test", "", "ann@shop.test.evil"]
)
def test_who_is_refused_unknown_or_told_twice_sees_nothing(members: Path, address: str) -> None:
    assert member(address, is_verified=True) is None


def test_an_address_that_nobody_verified_opens_nothing(members: Path) -> None:
    assert member("ann@shop.test", is_verified=False) is None


def test_a_refusal_counts_at_once(members: Path) -> None:
    assert member("ann@shop.test", is_verified=True) is not None
    members.write_text(members.read_text().replace("everything,true", "everything,false"), encoding="utf-8")
    os.utime(members, ns=(1, 1))
    assert member("ann@shop.test", is_verified=True) is None


def test_without_the_seed_nobody_is_admitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMBERS_FILE, str(tmp_path / "none.csv"))
    assert member("ann@shop.test", is_verified=True) is None


# Settings of the login.


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "There is no"),
        ("auth = [", "can't be read as TOML"),
        ("[other]\n", "no table"),
        ('[auth]\nredirect_uri = "http://127.0.0.1:8501/oauth2callback"\n', "lacks cookie_secret"),
        ('[auth]\nredirect_uri = "x"\ncookie_secret = "short"\n', "shorter than 32"),
    ],
)
def test_settings_of_the_login_that_are_wrong_say_what(
    tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "login.toml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        login_settings(path)


# The command.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "without login the pages are for this machine only"),
        (["--host", "kpi.example.com"], "without login the pages are for this machine only"),
        (["--audience", "agency-gb", "--login", "login.toml"], "the address decides"),
    ],
)
def test_the_command_refuses_what_would_show_numbers_to_strangers(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    monkeypatch.setattr("subprocess.call", lambda *_, **__: pytest.fail("the pages were started"))
    assert main(["dashboard", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_the_command_says_that_a_port_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    monkeypatch.setattr("subprocess.call", lambda *_, **__: pytest.fail("the pages were started"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["dashboard", "--port", str(port)]) == 2
    assert f"Port {port} of 127.0.0.1 is in use" in capsys.readouterr().err


def test_the_command_starts_the_pages_of_the_home_and_names_their_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    started: list[tuple[list[str], dict[str, str]]] = []

    def call(command: list[str], *, cwd: Path, env: dict[str, str]) -> int:
        started.append((command, env))
        return 0

    monkeypatch.setattr("subprocess.call", call)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert main(["dashboard", "--port", str(port), "--audience", "agency-gb"]) == 0
    ((command, environment),) = started
    assert command[1:] == [
        "-m",
        "dashboards",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--audience",
        "agency-gb",
    ]
    assert environment["TTKPI_HOME"] == str(tmp_path)
    said = capsys.readouterr()
    assert f"http://127.0.0.1:{port}" in said.out and "Nothing is published" in said.err
