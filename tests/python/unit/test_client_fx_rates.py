"""Exchange rates from the CSV and over HTTP: decimals, half-open periods, and one currency's trouble."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import httpx
import orjson
import pytest

from home.config import FxConfig
from home.errors import ConfigError, TtkpiError
from ingestion.fx_rates import source
from ingestion.fx_rates.source import (
    SCHEMA,
    FxCurrencyUnknown,
    FxSourceError,
    FxUnavailable,
    fetch_fx_rates,
    fx_rows,
    iter_fx_pages,
    read_csv_rates,
)

HEADER = "rate_date,base_currency,quote_currency,rate\n"
AT = datetime(2026, 11, 8, tzinfo=UTC)
HTTP = FxConfig(base_url="http://fx.test/v1")


def csv(tmp_path: Path, *lines: str, header: str = HEADER) -> Path:
    path = tmp_path / "fx.csv"
    path.write_text(header + "".join(f"{line}\n" for line in lines))
    return path


def rows(path: Path, currencies: list[str], since: date, until: date) -> list[tuple[object, ...]]:
    table = read_csv_rates(path, currencies, "CNY", since, until)
    assert table.schema == SCHEMA
    return [(row["rate_date"], row["base_currency"], row["rate"]) for row in table.to_pylist()]


def test_the_csv_gives_exact_decimals_for_the_wanted_currencies_and_days(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "2026-09-23,THB,CNY,0.1",
        "2026-09-24,THB,CNY,0.21870000005",
        "",
        "2026-10-02,VND,CNY,0.000271",
        "2026-10-02,THB,USD,0.03",
        "2026-10-02,GBP,CNY,9.6",
        "2026-10-03,THB,CNY,0.2",
    )
    assert rows(path, ["THB", "VND", "THB"], date(2026, 10, 1), date(2026, 10, 3)) == [
        (date(2026, 9, 24), "THB", Decimal("0.2187000000")),
        (date(2026, 10, 2), "VND", Decimal("0.0002710000")),
    ]


def test_the_seed_can_be_read() -> None:
    table = fetch_fx_rates(FxConfig(), ["THB"], "CNY", date(2026, 1, 1), date(2026, 12, 1))
    assert table.schema == SCHEMA


def test_a_file_without_rates_gives_an_empty_table(tmp_path: Path) -> None:
    config = FxConfig(csv_path=csv(tmp_path))
    table = fetch_fx_rates(config, ["THB"], "CNY", date(2026, 1, 1), date(2026, 12, 1))
    assert (table.num_rows, table.schema) == (0, SCHEMA)


def test_a_spreadsheets_byte_order_mark_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "fx.csv"
    path.write_bytes(b"\xef\xbb\xbf" + HEADER.encode() + b"2026-10-02,THB,CNY,0.2\r\n")
    assert len(rows(path, ["THB"], date(2026, 10, 1), date(2026, 10, 3))) == 1


def test_the_reporting_currency_needs_no_rate(tmp_path: Path) -> None:
    path = csv(tmp_path, "2026-10-02,CNY,CNY,1")
    assert rows(path, ["CNY"], date(2026, 10, 1), date(2026, 10, 3)) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2026-13-01,THB,CNY,0.2", "line 2 can't be used"),
        ("01/10/2026,THB,CNY,0.2", "line 2 can't be used"),
        ("2026-10-01,thb,CNY,0.2", "is no currency code"),
        ("2026-10-01,THB,YUAN,0.2", "is no currency code"),
        ("2026-10-01,THB,CNY,", "is no number"),
        ("2026-10-01,THB,CNY,0,2", "has 5 fields"),
        ("2026-10-01,THB,CNY,-1", "no usable rate"),
        ("2026-10-01,THB,CNY,0", "no usable rate"),
        ("2026-10-01,THB,CNY,NaN", "no usable rate"),
        ("2026-10-01,THB,CNY,1e9", "no usable rate"),
        ("2026-10-01,THB,CNY,0.00000000001", "too small"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        rows(csv(tmp_path, line), ["USD"], date(2026, 10, 1), date(2026, 10, 3))
    assert "line 2" in str(caught.value)


def test_a_day_given_twice_is_named(tmp_path: Path) -> None:
    path = csv(tmp_path, "2026-10-01,THB,CNY,0.2", "2026-10-01,THB,CNY,0.3")
    with pytest.raises(ConfigError, match="line 3 repeats the day and currencies of line 2"):
        rows(path, ["THB"], date(2026, 10, 1), date(2026, 10, 3))


def test_another_header_a_missing_file_and_another_encoding_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="line 1 must be rate_date"):
        rows(csv(tmp_path, header="date,rate\n"), [], date(2026, 10, 1), date(2026, 10, 3))
    with pytest.raises(ConfigError, match="SOURCES__FX_RATES__CSV_PATH"):
        rows(tmp_path / "none.csv", [], date(2026, 10, 1), date(2026, 10, 3))
    (tmp_path / "gbk.csv").write_bytes(b"\xd6\xd0")
    with pytest.raises(ConfigError, match="not UTF-8"):
        rows(tmp_path / "gbk.csv", [], date(2026, 10, 1), date(2026, 10, 3))


def answer(base: str = "THB", rates: object = None) -> bytes:
    return orjson.dumps({"base": base, "start_date": "x", "end_date": "y", "rates": rates or {}})


class Server:
    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.urls: list[str] = []
        self.waits: list[float] = []
        self.http = httpx.Client(transport=httpx.MockTransport(self.handle))

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.urls.append(str(request.url))
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return found

    def pages(
        self, currencies: list[str], since: date, until: date, problems: list[TtkpiError] | None = None
    ) -> list[tuple[source.FxRequest, bytes]]:
        return list(
            iter_fx_pages(
                HTTP,
                currencies,
                "CNY",
                since,
                until,
                http=self.http,
                sleep=self.waits.append,
                notify=lambda text: None,
                problems=problems,
            )
        )


def test_rates_over_http_are_exact() -> None:
    content = b'{"base":"VND","rates":{"2026-10-01":{"CNY":0.00027100000004},"2026-10-02":{"CNY":1}}}'
    table = fx_rows(content, AT, "page-1")
    assert table.schema == SCHEMA
    assert table.to_pylist() == [
        {
            "rate_date": date(2026, 10, day),
            "base_currency": "VND",
            "quote_currency": "CNY",
            "rate": Decimal(rate),
            "origin": "http",
            "retrieved_at": AT,
            "page_id": "page-1",
            "_extra": None,
        }
        for day, rate in ((1, "0.0002710000"), (2, "1.0000000000"))
    ]


def test_the_last_day_is_counted_in_by_the_source_and_not_by_us() -> None:
    server = Server(httpx.Response(200, content=answer()))
    ((request, _),) = server.pages(["THB", "CNY"], date(2026, 10, 8), date(2026, 10, 10))
    assert server.urls == ["http://fx.test/v1/2026-10-01..2026-10-09?base=THB&symbols=CNY"]
    assert (request.since, request.until) == (date(2026, 10, 1), date(2026, 10, 10))


def test_long_periods_are_asked_in_years_without_gap_or_overlap() -> None:
    server = Server(httpx.Response(200, content=answer()))
    pages = server.pages(["THB"], date(2024, 1, 8), date(2026, 1, 8))
    periods = [(request.since, request.until) for request, _ in pages]
    assert periods[0][0] == date(2024, 1, 1)
    assert periods[-1][1] == date(2026, 1, 8)
    assert all(first[1] == second[0] for first, second in pairwise(periods))


def test_one_currency_without_rates_does_not_stop_the_others() -> None:
    server = Server(
        httpx.Response(200, content=answer("THB")), httpx.Response(404, json={"message": "not found"})
    )
    problems: list[TtkpiError] = []
    pages = server.pages(["VND", "THB"], date(2026, 10, 8), date(2026, 10, 10), problems)
    assert [request.base_currency for request, _ in pages] == ["THB"]
    assert [type(problem) for problem in problems] == [FxCurrencyUnknown]
    assert "VND" in str(problems[0])
    with pytest.raises(FxCurrencyUnknown):
        server.pages(["VND"], date(2026, 10, 8), date(2026, 10, 10))


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(503),
        httpx.Response(429, headers={"retry-after": "1"}),
        httpx.ReadTimeout("slow"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"base": "THB", "rates": [1]}),
    ],
)
def test_transient_trouble_is_tried_five_times(trouble: httpx.Response | Exception) -> None:
    server = Server(trouble)
    with pytest.raises(FxUnavailable, match="Given up after 5 tries"):
        server.pages(["THB"], date(2026, 10, 8), date(2026, 10, 10))
    assert len(server.urls) == 5
    assert [int(wait) for wait in server.waits] == [1, 2, 4, 8]


def test_a_refusal_is_not_tried_again() -> None:
    server = Server(httpx.Response(403))
    with pytest.raises(FxSourceError, match="HTTP 403"):
        server.pages(["THB"], date(2026, 10, 8), date(2026, 10, 10))
    assert len(server.urls) == 1


@pytest.mark.parametrize("value", [0, -1, "x", None, True, 1e300])
def test_an_unusable_rate_is_named(value: object) -> None:
    with pytest.raises(FxSourceError, match="2026-10-01"):
        fx_rows(answer("THB", {"2026-10-01": {"CNY": value}}), AT, "p")


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"{}", b'{"base":1,"rates":{}}', b'{"base":"THB","rates":1}']
)
def test_an_answer_without_rates_is_told(content: bytes) -> None:
    with pytest.raises(FxSourceError, match="no rates"):
        fx_rows(content, AT, "p")


def test_no_http_source() -> None:
    with pytest.raises(ConfigError, match="SOURCES__FX_RATES__BASE_URL"):
        next(iter_fx_pages(FxConfig(), ["THB"], "CNY", date(2026, 1, 1), date(2026, 1, 2)))


def test_fetching_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(httpx.Response(200, content=answer("THB", {"2026-10-09": {"CNY": 0.2}})))
    monkeypatch.setattr(source, "http_client", lambda *args, **kwargs: server.http)
    table = fetch_fx_rates(HTTP, ["THB"], "CNY", date(2026, 10, 8), date(2026, 10, 10))
    assert table.to_pylist()[0]["rate"] == Decimal("0.2000000000")
    assert table.schema == SCHEMA
