"""Names, lists and files of others that no test held before: each is shown harmless, or ends with a name."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from bitable_server import APP_ID, APP_SECRET, APP_TOKEN
from client_helpers import SHOP, ok, world
from control_helpers import change_marts, make_home, mark_audited
from exports_helpers import US, header, row, write_xlsx
from read_only import WITHOUT_RIGHTS, only_readable, state_of
from rich.console import Console
from test_wire_limits import ask, say, server

import ingestion.seller_center.workbook as workbook
from home.audit_log import AuditLogDamaged, entries
from home.text import csv_cell, one_line, printable
from ingestion.engine.envelope import parse_envelope
from ingestion.engine.errors import ApiError, RepeatedPageToken
from ingestion.seller_center.reader import read_file
from ingestion.tiktok_shop.orders import SEARCH_ORDERS
from orchestration.cli import main, metrics
from orchestration.deliver.bitable.client import BitableFailed, Client
from orchestration.deliver.bitable.config import Base
from orchestration.history.publications import published_manifest
from orchestration.metrics import render
from orchestration.metrics.query import Answer
from orchestration.publish.publish import PublishFailed, publish
from orchestration.publish.verify import verify_home

EVIL = "mali\x1b[2J\x1b]0;owned\x07"


class TestLists:
    def test_the_same_token_again_and_again(self, tmp_path: Path) -> None:
        made = world(
            tmp_path, [lambda request: ok({"orders": [{"id": "1"}], "next_page_token": "again"})] * 5
        )
        pages = 0
        with pytest.raises(RepeatedPageToken, match="search_orders of shop") as caught:
            for _ in made.client.pages(SEARCH_ORDERS, SHOP):
                pages += 1
        assert pages == 2 and caught.value.advice

    def test_a_redirect_from_https_to_http_is_not_followed(self) -> None:
        """The tokens would go along, in the clear."""
        head = "Content-Length: 0\r\nLocation: http://evil.example/"

        def speak(connection: Any) -> None:
            connection.sendall(f"HTTP/1.1 302 Found\r\n{head}\r\n\r\n".encode())

        with server(speak) as url, pytest.raises(ApiError, match="HTTP 302") as caught:
            ask(url)
        assert "search_orders of shop Shop One (7001)" in caught.value.message

    def test_json_of_a_million_brackets(self) -> None:
        body = b"[" * 1_000_000
        with server(say(f"Content-Length: {len(body)}", body)) as url, pytest.raises(ApiError) as caught:
            ask(url)
        assert "search_orders of shop Shop One (7001)" in caught.value.message

    @pytest.mark.parametrize(
        ("page", "why"),
        [
            (lambda n: {"items": [{"name": "a", "table_id": "t"}], "page_token": "same"}, "again"),
            (lambda n: {"items": [{"name": "a", "table_id": "t"}], "page_token": ""}, "no next page"),
            (lambda n: {"items": [], "page_token": f"t{n}"}, "without records"),
        ],
    )
    def test_a_list_of_a_base_without_end(self, monkeypatch: pytest.MonkeyPatch, page: Any, why: str) -> None:
        """What was not read would be written a second time."""
        numbers = count()
        client = Client(Base(APP_TOKEN, APP_ID, APP_SECRET, ("a",), base_url="http://127.0.0.1:9"))
        monkeypatch.setattr(client, "_call", lambda *_, **__: {"has_more": True} | page(next(numbers)))
        with pytest.raises(BitableFailed, match=why) as caught:
            client.tables()
        assert next(numbers) <= 21 and APP_TOKEN in caught.value.message and caught.value.advice
        client.close()

    def test_half_an_emoji_in_a_title(self) -> None:
        """A title that is cut after so many UTF-16 units: its page was refused at every try, and never read again."""
        found = parse_envelope(rb'{"code":0,"data":{"a":"\ud83d\ude00 \ud83d","b":"\ude00x","c":"\\ud83d"}}')
        assert found is not None
        assert found.data == {"a": "😀 \ufffd", "b": "\ufffdx", "c": "\\ud83d"}
        assert parse_envelope(rb'{"code":0,"data":{"a":"\ud83d') is None, "cut off"


class TestFiles:
    @pytest.mark.parametrize("line", ["a,", '"\n",'])
    def test_a_csv_of_one_endless_row(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
    ) -> None:
        """A gigabyte of it would be 500 million cells in one list; cells in quotation marks may have line breaks."""
        monkeypatch.setattr(workbook, "LONGEST_ROW", 10_000)
        path = tmp_path / "endless.csv"
        path.write_text(",".join(header("order_us")) + "\n" + line * 20_000)
        (problem,) = read_file(path, shop=US).problems
        assert problem.code == "broken_csv" and "endless.csv" in problem.text("en")
        assert "a row of more than" in problem.text("en")

    def test_a_csv_of_many_rows_is_no_endless_row(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(workbook, "LONGEST_ROW", 10_000)
        names = header("order_us")
        path = tmp_path / "orders.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([names, *[row(names, {})] * 500])
        assert path.stat().st_size > 10_000
        assert len(list(workbook.open_tables(path)[0].rows())) == 501

    def test_a_workbook_of_200_sheets(self, tmp_path: Path) -> None:
        names = header("order_us")
        sheets = {f"Sheet{number}": [["a", "b"]] for number in range(199)}
        path = write_xlsx(tmp_path / "a.xlsx", sheets | {"OrderSKUList": [names, row(names, {})]})
        reading = read_file(path, shop=US)
        assert [sheet.name for sheet in reading.sheets] == ["OrderSKUList"]


class TestNames:
    @pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\n=1", "＝1", "＠a"])
    def test_a_formula_in_a_csv(self, text: str) -> None:
        assert csv_cell(text) == f"'{text}"
        assert csv_cell("\r=1") == "\ufffd=1"
        assert [csv_cell(one) for one in (Decimal("-1.50"), None, "a=1", "极光 🛍️")] == [
            Decimal("-1.50"), None, "a=1", "极光 🛍️",
        ]  # fmt: skip

    def test_what_nobody_sees(self) -> None:
        """Tags are letters to an agent; half a letter ends whoever writes it to a file."""
        assert one_line("a\U000e0049\U000e0067\ud83db") == "a b"
        assert printable("a\ud83d").encode() == b"a\xef\xbf\xbd"

    def answer(self) -> Answer:
        return Answer(
            metrics=(), by=("creator_username",), rows=[{"creator_username": EVIL}], not_final=[set()],
            publication_id="p", reporting_currency="CNY", since=None, until=None,
        )  # fmt: skip

    def test_a_creator_on_the_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        out = io.StringIO()
        monkeypatch.setattr("rich.console.Console", lambda: Console(file=out, force_terminal=True, width=80))
        monkeypatch.setattr(render, "notes", lambda answer: [])
        metrics._show(self.answer())
        assert "owned" in out.getvalue()
        assert "\x1b[2J" not in out.getvalue() and "\x1b]0" not in out.getvalue()

    def test_a_creator_in_csv(self) -> None:
        assert "\x1b" not in render.as_csv(self.answer())


class TestHomes:
    def test_a_line_of_the_log_that_is_no_entry_is_told_once(self, tmp_path: Path) -> None:
        home = make_home(tmp_path / "home")
        mark_audited(home)
        publish(home)
        log = home.root / "audit_log.jsonl"
        log.write_bytes(b'{"number":1,"rec\n' + log.read_bytes())
        with pytest.raises(AuditLogDamaged, match="line 1 is no entry"):
            entries(home)
        told = [text for verdict in verify_home(home) for text in verdict.problems]
        assert any("audit_log.jsonl: line 1" in text for text in told)

    def test_a_clock_that_was_set_back(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was published before is found by the order of the publications' times."""
        home = make_home(tmp_path / "home")
        mark_audited(home)
        first = publish(home).publication

        class AnHourEarlier(datetime):
            @classmethod
            def now(cls, zone: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(zone) - timedelta(hours=1)

        with monkeypatch.context() as patched:
            patched.setattr("orchestration.publish.publish.datetime", AnHourEarlier)
            with pytest.raises(PublishFailed, match=rf"3,\d+ s behind publication {first}") as caught:
                publish(home)
        assert "clock" in caught.value.advice
        assert (published_manifest(home) or {})["publication_id"] == first
        assert publish(home).publication > first

    @pytest.mark.parametrize("name", ["店铺 🛍️", "50%20off", "it's [a]", "$HOME `x`"])
    def test_a_path_of_other_signs(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        home = make_home(tmp_path / name)
        change_marts(home, "select 1")
        mark_audited(home)
        publish(home)
        monkeypatch.setenv("TTKPI_HOME", str(home.root))
        assert main(["verify"]) == 0, capsys.readouterr().err
        main(["status"])
        assert name in capsys.readouterr().out

    @pytest.mark.parametrize(
        "command",
        [
            ["verify"],
            ["status"],
            ["alerts", "list"],
            ["inputs", "history"],
            ["export", "tables"],
        ],
        ids=" ".join,
    )
    def test_a_home_that_can_only_be_read(self, tmp_path: Path, command: list[str]) -> None:
        """As a backup, or for a BI tool: it is read, and nothing is written into it."""
        home = make_home(tmp_path / "home")
        path = home.root / "dbt" / "target" / "semantic_manifest.json"
        path.write_text(json.dumps({"semantic_models": [], "metrics": [], "project_configuration": {}}))
        change_marts(
            home,
            """create table marts.kpi_alerts as select '' as alert_id, '' as shop_key, '' as alert_kind, '' as subject,
            '' as shop_name, '' as severity, '' as owner, current_date as first_seen, current_date as last_seen,
            true as is_open, '' as evidence, '' as message_en, '' as message_zh where false""",
        )
        mark_audited(home)
        publish(home)
        with only_readable(home.root):
            before = state_of(home)
            done = subprocess.run(
                [*WITHOUT_RIGHTS, sys.executable, "-m", "orchestration.cli", *command],
                env={**os.environ, "TTKPI_HOME": str(home.root)},
                capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip
            assert state_of(home) == before
        assert done.returncode in (0, 3), done.stdout + done.stderr
        assert "Traceback" not in done.stderr and "rror" not in done.stderr
