"""The restock export: the list as a file, and posted once to a receiver that fails in the ways receivers do."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest

from home.errors import ConfigError
from home.layout import Home
from orchestration.cli import main
from orchestration.deliver.restock import (
    ERP_COLUMNS,
    FIELDS,
    PLAIN,
    ColumnsDamaged,
    as_csv,
    columns_of,
    suggestions,
)
from orchestration.deliver.restock_http import BATCH, PostRefused, Receiver, ReceiverDown, load_receiver, post
from orchestration.history.published import NotPublished

TOKEN = "very-secret-token"

_STOCK = """
    shop_key varchar, snapshot_date date, seller_sku varchar, sku_id varchar, product_name varchar, sku_name varchar,
    stock_status varchar, sellable_units bigint, days_of_cover double, expected_stockout_date date, reorder_units bigint,
    lead_time_days bigint, policy_valid_from date, is_latest boolean
"""


def stock(shop: str, sku: str, *, units: int, name: str = "Cup 杯子", latest: bool = True) -> str:
    return (
        f"('{shop}', '2026-11-08', '{sku}', 'id-{sku}', '{name}', 'red', 'low', 20, 10.19, '2026-11-18', {units}, 14,"
        f" '2026-01-01', {str(latest).lower()})"
    )


def publish(home: Home, *rows: str) -> None:
    home.published.parent.mkdir(parents=True, exist_ok=True)
    home.published.unlink(missing_ok=True)
    with duckdb.connect(str(home.published)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.marts.dim_shops (shop_key varchar, shop_name varchar)")
        connection.execute("insert into marts.marts.dim_shops values ('1', 'Aurora TH'), ('2', 'Aurora VN')")
        connection.execute(f"create table marts.marts.kpi_stock_health ({_STOCK})")
        if rows:
            connection.execute(f"insert into marts.marts.kpi_stock_health values {', '.join(rows)}")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "home"))
    home = Home(tmp_path / "home")
    publish(
        home,
        stock("1", "A", units=84),
        stock("1", "B", units=0),
        stock("1", "C", units=60, latest=False),
        stock("2", "A", units=24, name="=cmd()"),
    )
    return home


class Erp:
    """A receiver: it answers as it is told to, keeps what it accepted, and takes each Idempotency-Key once."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.accepted: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.tokens: list[str | None] = []
        self.url = ""
        self.page = b""

    def answer(self, headers: Any, body: bytes) -> int:
        self.tokens.append(headers.get("Authorization"))
        self.keys.append(headers["Idempotency-Key"])
        code = self.answers.pop(0) if self.answers else 200
        if code == 200:
            assert json.loads(body)["kind"] == "restock_suggestion"
            self.accepted += json.loads(body)["lines"]
        return code


@pytest.fixture
def erp() -> Iterator[Erp]:
    erp = Erp()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            code = erp.answer(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(code)
            self.send_header("Content-Length", str(len(erp.page)))
            self.end_headers()
            self.wfile.write(erp.page)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    erp.url = f"http://127.0.0.1:{server.server_port}/suggestions"
    yield erp
    server.shutdown()
    server.server_close()


def send(home: Home, erp: Erp, **options: Any) -> Any:
    return post(home, Receiver(erp.url, TOKEN), suggestions(home), PLAIN, sleep=lambda _: None, **options)


def test_only_the_newest_stock_that_wants_an_order_is_suggested(home: Home) -> None:
    lines = suggestions(home)
    assert [(line["shop_key"], line["seller_sku"], line["reorder_units"]) for line in lines] == [
        ("1", "A", 84),
        ("2", "A", 24),
    ]
    assert lines[0]["days_of_cover"] == "10.1"
    assert lines[0]["note"] == "Aurora TH: 20 left on 2026-11-08, 10.1 days"
    assert [line["shop_key"] for line in suggestions(home, ["2"])] == ["2"]


def test_a_pace_of_few_days_says_so_where_a_buyer_reads_it(home: Home) -> None:
    """Guards an order of many units that rests on a week of sales, and looks like every other one."""
    with duckdb.connect(str(home.published)) as connection:
        connection.execute(
            "alter table marts.marts.kpi_stock_health add column velocity_days bigint default 28"
        )
        connection.execute("update marts.marts.kpi_stock_health set velocity_days = 9 where shop_key = '1'")
    few, enough = suggestions(home)
    assert few["note"] == (
        "Aurora TH: 20 left on 2026-11-08, 10.1 days; provisional, sales of 9 days only 暂定"
    )
    assert enough["note"] == "Aurora VN: 20 left on 2026-11-08, 10.1 days"
    assert list(few) == list(FIELDS)


def test_a_key_is_made_of_what_is_suggested(home: Home) -> None:
    """Guards an order that is placed twice because the list was made twice, and one that is lost because its units changed."""
    first = [line["key"] for line in suggestions(home)]
    assert first == [line["key"] for line in suggestions(home)]
    assert len(set(first)) == 2
    publish(home, stock("1", "A", units=90), stock("2", "A", units=24))
    assert [key in first for key in (line["key"] for line in suggestions(home))] == [False, True]


def test_excel_shows_the_file_and_runs_nothing_of_it(home: Home) -> None:
    content = as_csv(suggestions(home), columns_of("mabang", date(2026, 11, 8)))
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == ["库存SKU", "商品名称", "采购数量", "仓库名称", "备注"]
    assert rows[1][:4] == ["A", "Cup 杯子", "84", "Aurora TH"]
    assert rows[2][1] == "'=cmd()"


@pytest.mark.parametrize("erp_name", ["mabang", "dianxiaomi", "easyship"])
def test_no_column_map_says_it_is_verified_without_a_source(erp_name: str) -> None:
    assert columns_of(erp_name, date(2026, 11, 8)).headers
    with ERP_COLUMNS.open(encoding="utf-8", newline="") as file:
        assert all(row["source"] for row in csv.DictReader(file) if row["is_verified"] == "true")


def test_a_column_map_holds_for_its_days_only(tmp_path: Path) -> None:
    path = tmp_path / "erp_columns.csv"
    path.write_text(
        "erp,position,header,field,valid_from,valid_to,is_verified,source\n"
        "x,2,Qty,reorder_units,2026-01-01,2026-06-01,true,s\n"
        "x,1,SKU,seller_sku,2026-01-01,,true,s\n"
        "x,2,Quantity,reorder_units,2026-06-01,,false,\n",
        encoding="utf-8",
    )
    before, after = columns_of("x", date(2026, 5, 31), path), columns_of("x", date(2026, 6, 1), path)
    assert [header for header, _ in before.headers] == ["SKU", "Qty"]
    assert [header for header, _ in after.headers] == ["SKU", "Quantity"]
    assert (before.is_verified, after.is_verified) == (True, False)
    with pytest.raises(ConfigError, match=r"no columns of 'y'") as unknown:
        columns_of("y", date(2026, 6, 1), path)
    assert "x" in unknown.value.advice
    path.write_text(
        path.read_text(encoding="utf-8") + "x,3,Cost,unit_cost,2026-01-01,,false,\n", encoding="utf-8"
    )
    with pytest.raises(ColumnsDamaged, match="line 5: there is no field 'unit_cost'"):
        columns_of("x", date(2026, 6, 1), path)


def test_what_was_accepted_is_never_posted_again(home: Home, erp: Erp) -> None:
    first = send(home, erp)
    assert (first.posted, first.known, first.requests) == (2, 0, 1)
    again = send(home, erp)
    assert (again.posted, again.known, again.requests) == (0, 2, 0)
    publish(home, stock("1", "A", units=90), stock("2", "A", units=24))
    changed = send(home, erp)
    assert (changed.posted, changed.known) == (1, 1)
    assert [line["reorder_units"] for line in erp.accepted] == [84, 24, 90]
    assert set(erp.tokens) == {f"Bearer {TOKEN}"}
    assert TOKEN not in (home.root / "restock.json").read_text(encoding="utf-8")


def test_a_line_with_gaps_is_posted_whole(home: Home, erp: Erp) -> None:
    """Guards columns that dlt leaves out: a SKU that was never sold has no name, one without a sale no cover."""
    connection = duckdb.connect(str(home.published))
    connection.execute(
        "update marts.marts.kpi_stock_health set sku_name = null, product_name = null, days_of_cover = null"
    )
    connection.close()
    send(home, erp)
    assert erp.accepted == [PLAIN.row(line) for line in suggestions(home)]
    assert erp.accepted[0]["sku_name"] is None


def test_a_login_page_has_accepted_nothing(home: Home, erp: Erp) -> None:
    erp.page = b"\n<!DOCTYPE html><title>Sign in</title>"
    with pytest.raises(PostRefused, match="web page"):
        send(home, erp)
    assert len(erp.keys) == 1
    erp.page = b"<ok/>"
    assert send(home, erp).posted == 2


def test_another_receiver_is_told_as_well(home: Home, erp: Erp) -> None:
    send(home, erp)
    report = post(home, Receiver(f"{erp.url}/two", None), suggestions(home), PLAIN, sleep=lambda _: None)
    assert (report.posted, report.known) == (2, 0)
    assert erp.tokens[-1] is None


def test_a_busy_receiver_is_asked_again_with_the_same_key(home: Home, erp: Erp) -> None:
    erp.answers = [503, 429, 500]
    told: list[str] = []
    report = send(home, erp, notify=told.append)
    assert (report.posted, report.requests) == (2, 1)
    assert len(erp.keys) == 4
    assert len(set(erp.keys)) == 1
    assert len(told) == 3
    assert not any(TOKEN in text for text in told)


def test_a_receiver_that_knows_the_request_has_accepted_it(home: Home, erp: Erp) -> None:
    """Guards a suggestion that is sent for ever because the answer to it was lost on its way."""
    erp.answers = [409]
    assert send(home, erp).posted == 2
    assert send(home, erp).posted == 0


@pytest.mark.parametrize(("code", "advice"), [(401, "TOKEN"), (404, "URL"), (422, "--dry-run")])
def test_a_refusal_is_told_and_tried_once(home: Home, erp: Erp, code: int, advice: str) -> None:
    erp.answers = [code]
    with pytest.raises(PostRefused, match=str(code)) as refused:
        send(home, erp)
    assert advice in refused.value.advice
    assert len(erp.keys) == 1
    assert send(home, erp).posted == 2


def test_a_refusal_is_one_message_and_no_page_of_dlt(home: Home, erp: Erp) -> None:
    """Guards a clear message that stands below two tracebacks: dlt logs each failed job with all its insides."""
    erp.answers = [422]
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "export", "restock", "--format", "http"],
        env={**os.environ, "TTKPI_HOME": str(home.root), "DESTINATION__RESTOCK__URL": erp.url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "refuses the suggestions: 422" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_what_was_accepted_before_a_failure_is_not_sent_again(home: Home, erp: Erp) -> None:
    publish(home, *(stock("1", f"S{number:03}", units=number + 1) for number in range(BATCH + 5)))
    erp.answers = [200, *[500] * 5]
    with pytest.raises(ReceiverDown, match=r"answers 500.*after 5 tries"):
        send(home, erp)
    assert len(erp.accepted) == BATCH
    report = send(home, erp)
    assert (report.posted, report.known) == (5, BATCH)
    assert len({line["key"] for line in erp.accepted}) == len(erp.accepted) == BATCH + 5


def test_a_receiver_that_is_not_there_is_told(home: Home) -> None:
    with pytest.raises(ReceiverDown, match="can't be reached") as down:
        post(home, Receiver("http://127.0.0.1:9/x"), suggestions(home), PLAIN, sleep=lambda _: None)
    assert "later" in down.value.advice


def test_nothing_to_order_is_no_request(home: Home, erp: Erp) -> None:
    publish(home)
    assert send(home, erp).requests == 0
    assert not erp.keys


def test_a_token_never_travels_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION__RESTOCK__URL", "http://erp.example.com/in")
    monkeypatch.setenv("DESTINATION__RESTOCK__TOKEN", TOKEN)
    with pytest.raises(ConfigError, match="not https") as wrong:
        load_receiver()
    assert TOKEN not in str(wrong.value)
    monkeypatch.setenv("DESTINATION__RESTOCK__URL", "https://erp.example.com/in")
    assert load_receiver().token == TOKEN
    assert TOKEN not in repr(load_receiver())


def test_without_a_published_file_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match="Nothing is published yet") as missing:
        suggestions(Home(tmp_path))
    assert "ttkpi run" in missing.value.advice


def test_a_published_file_without_stock_says_what_to_do(home: Home) -> None:
    with duckdb.connect(str(home.published)) as connection:
        connection.execute("drop table marts.marts.kpi_stock_health")
    with pytest.raises(NotPublished, match="holds no kpi_stock_health"):
        suggestions(home)


class TestCommand:
    """`ttkpi export restock` as scripts meet it."""

    def test_a_file(self, home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert (
            main(["export", "restock", "--for", "dianxiaomi", "--out", str(tmp_path / "out" / "list.csv")])
            == 0
        )
        assert "采购数量" in (tmp_path / "out" / "list.csv").read_text(encoding="utf-8-sig")
        output = capsys.readouterr()
        assert "2 suggestions" in output.out
        assert "nobody has compared" in output.err
        assert main(["export", "restock", "--format", "json", "--out", str(tmp_path / "list.json")]) == 0
        assert len(json.loads((tmp_path / "list.json").read_text(encoding="utf-8"))) == 2
        assert "nobody has compared" not in capsys.readouterr().err

    def test_a_dry_run_sends_and_notes_nothing(
        self, home: Home, erp: Erp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DESTINATION__RESTOCK__URL", erp.url)
        assert main(["export", "restock", "--format", "http", "--dry-run"]) == 0
        assert len(json.loads(capsys.readouterr().out)) == 2
        assert not erp.keys
        assert main(["export", "restock", "--format", "http"]) == 0
        assert "2 suggestions posted in 1 requests" in capsys.readouterr().out
        assert main(["export", "restock", "--format", "http", "--dry-run"]) == 0
        assert json.loads(capsys.readouterr().out) == []

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--format", "http", "--out", "x.csv"],
            ["--dry-run"],
            ["--for", "sap"],
            ["--shop", "99"],
            ["--format", "http"],
        ],
    )
    def test_wrong_usage_is_exit_code_2(self, home: Home, arguments: list[str]) -> None:
        assert main(["export", "restock", *arguments]) == 2

    def test_nothing_published_is_exit_code_2(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        home.published.unlink()
        assert main(["export", "restock"]) == 2
        assert "ttkpi run" in capsys.readouterr().err
