"""What is handed in on the pages goes through `ttkpi`, in a process of its own; here over homes without any shop."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboards.parts.handing_in import (
    _safe,
    code_of,
    exchange_code,
    import_files,
    import_inputs,
    may_hand_in,
)
from dashboards.parts.viewer import Viewer
from home.layout import AUDIT_LOG, Home
from orchestration.cli import main

CASES = Path(__file__).parent / "export_cases"
LIN = Viewer("lin@example.com", "")
SHOP = "7495000000000000101"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def logged(home: Home) -> list[dict[str, object]]:
    return [json.loads(line) for line in (home.root / AUDIT_LOG).read_text().splitlines()]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("TTP_abc", "TTP_abc"),
        ("  TTP_abc\n", "TTP_abc"),
        ("https://seller.example/cb?app_key=k&code=TTP_abc&locale=en", "TTP_abc"),
        ("https://seller.example/cb?auth_code=83e2&state=1#top", "83e2"),
    ],
)
def test_a_code_is_found_in_what_was_pasted(given: str, code: str) -> None:
    assert code_of(given) == code


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../.ssh/keys.csv", "keys.csv"),
        ("C:\\downloads\\订单 2026.csv", "订单 2026.csv"),
        ("-shop.csv", "shop.csv"),
        ("\x1b[31mred.csv", "_31mred.csv"),
        ("...", "file"),
    ],
)
def test_names_of_files_lead_nowhere_else(name: str, kept: str) -> None:
    assert _safe(name) == kept


def test_who_sees_a_part_hands_in_nothing() -> None:
    assert may_hand_in(LIN) and not may_hand_in(Viewer("agency@example.com", "agency-gb"))


class Refusing(BaseHTTPRequestHandler):
    """A platform that knows no code, and says it with the code: what it says is repeated to people."""

    def do_GET(self) -> None:
        code = parse_qs(urlsplit(self.path).query)["auth_code"][0]
        answer = {"code": 36004004, "message": f"invalid auth code {code}", "data": {}, "request_id": "1"}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def refusing() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_code_that_is_refused_is_not_repeated(
    home: Home, refusing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is said, the code is neither shown nor in the log."""
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_KEY", "key")
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_SECRET", "a-secret-of-the-app")
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__AUTH_URL", refusing)
    outcome = exchange_code(home, LIN, "exchange", "https://x.example/?code=TTP_never_shown", "p1")
    assert not outcome.is_done and "36004004" in outcome.text
    assert "TTP_never_shown" not in outcome.text + (home.root / AUDIT_LOG).read_text()
    assert [(one["event"], one["outcome"]) for one in logged(home)] == [
        ("page_handed_in", "done"),
        ("authorise", "failed"),
    ]


def test_files_are_taken_or_refused_with_the_words_of_the_import(home: Home) -> None:
    main(["import", str(CASES / "th_orders.csv"), "--shop", SHOP, "--region", "TH", "--name", "Aurora"])
    good = import_files(home, LIN, {"th.csv": (CASES / "th_orders.csv").read_bytes()}, SHOP, "en", "p1")
    assert good.is_done or good.is_partly_done, good.text
    bad = import_files(home, LIN, {"../notes.csv": b"a,b\n1,2\n"}, SHOP, "zh", "p1")
    assert not bad.is_done and "notes.csv" in bad.text
    handed = [one for one in logged(home) if one["event"] == "page_handed_in"]
    assert [one["details"]["files"] for one in handed] == ["th.csv", "notes.csv"]  # type: ignore[index]
    assert handed[0]["details"]["viewer"] == "lin@example.com"  # type: ignore[index]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "th.csv: it looks like a file of another shop than 7495000000000000404 (Aurora UK, GB)"),
        ("zh", "th.csv：看起来不是店铺 7495000000000000404 (Aurora UK, GB) 的文件，未导入任何内容"),
    ],
)
def test_a_thai_file_for_the_uk_shop_is_refused_in_words(home: Home, language: str, said: str) -> None:
    """Guards Thai sales that count as the UK shop's because somebody chose the wrong line of the list."""
    uk = "7495000000000000404"
    main(["import", str(CASES / "gb_order.csv"), "--shop", uk, "--region", "GB", "--name", "Aurora UK"])
    outcome = import_files(home, LIN, {"th.csv": (CASES / "th_orders.csv").read_bytes()}, uk, language, "p1")
    assert not outcome.is_done and said in outcome.text and "--trust-shop" in outcome.text
    assert language == "en" or "it looks like" not in outcome.text


def test_a_workbook_is_taken_whole_or_not_at_all(home: Home) -> None:
    outcome = import_inputs(home, LIN, {"inputs.xlsx": b"no workbook"}, "en", "p1")
    assert not outcome.is_done and not outcome.is_partly_done and "inputs.xlsx" in outcome.text
    assert not (home.root / "inputs").exists()
