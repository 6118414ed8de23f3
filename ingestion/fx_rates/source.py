"""Daily exchange rates: reporting currency per one unit of the shop's currency.

By default they come from the CSV `seeds/finance/fx_rates.csv`, which the team keeps itself. With
`sources.fx_rates.base_url` set they come over HTTP from a source that answers like Frankfurter v1 (`GET
{base_url}/{start}..{end}?base=..&symbols=..`). Numbers are read as decimals, never as floats.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa

from home.config import FxConfig
from home.errors import ConfigError, TransientError, TtkpiError
from ingestion.engine.wire import Notify, http_client, log_warning, retrying

LOOKBACK_DAYS = 7
"""Rates are fetched from so many days before the first business date: a last known rate serves a week."""
REQUEST_DAYS = 366
"""Longest range asked of an HTTP source at a time."""

_PLACES = Decimal(1).scaleb(-10)
_LIMIT = Decimal(10) ** 8
_HEADER = ["rate_date", "base_currency", "quote_currency", "rate"]

SCHEMA = pa.schema(
    [
        pa.field("rate_date", pa.date32()),
        pa.field("base_currency", pa.string()),
        pa.field("quote_currency", pa.string()),
        pa.field("rate", pa.decimal128(18, 10)),
        pa.field("origin", pa.string()),
        pa.field("retrieved_at", pa.timestamp("us", tz="UTC")),
        pa.field("page_id", pa.string()),
        pa.field("_extra", pa.string()),
    ]
)
"""Columns of the raw table `fx_rates`; dlt adds `_dlt_load_id`."""


class FxSourceError(TtkpiError):
    """The source of rates refused, or answered what can't be used."""


class FxUnavailable(FxSourceError, TransientError):
    """The source of rates did not answer, even after all tries."""


class FxCurrencyUnknown(FxSourceError):
    """The source of rates has nothing for a currency."""


@dataclass(frozen=True, slots=True)
class FxRequest:
    """What was asked of an HTTP source; goes into the archive beside the answer.

    Attributes:
        url: The whole address, which holds no secret.
        base_currency: Currency of the shop.
        quote_currency: Reporting currency.
        since: First date asked for.
        until: First date not asked for.
        retrieved_at: When the answer arrived, UTC.
    """

    url: str
    base_currency: str
    quote_currency: str
    since: date
    until: date
    retrieved_at: datetime


@dataclass(frozen=True, slots=True)
class _Rate:
    day: date
    base: str
    quote: str
    rate: Decimal
    origin: str


def fetch_fx_rates(
    config: FxConfig,
    currencies: Iterable[str],
    quote: str,
    since: date,
    until: date,
    *,
    problems: list[TtkpiError] | None = None,
) -> pa.Table:
    """The rates of a period as rows of the raw table `fx_rates`, from the CSV or over HTTP, as configured.

    Args:
        config: Where rates come from.
        currencies: Currencies of the shops.
        quote: Reporting currency.
        since: First business date; rates are given from `LOOKBACK_DAYS` before it.
        until: First business date that is not wanted.
        problems: Collects what failed for single currencies; without it the first failure is raised.

    Raises:
        ConfigError: The CSV is missing or damaged.
        FxSourceError: The HTTP source failed and `problems` is None.
    """
    wanted = _wanted(currencies, quote)
    if config.base_url is None:
        return read_csv_rates(config.csv_path, wanted, quote, since, until)
    tables = [
        fx_rows(content, request.retrieved_at, "")
        for request, content in iter_fx_pages(config, wanted, quote, since, until, problems=problems)
    ]
    return pa.concat_tables([SCHEMA.empty_table(), *tables])


def read_csv_rates(path: Path, currencies: Iterable[str], quote: str, since: date, until: date) -> pa.Table:
    """The rates of the CSV for some currencies and days, from `LOOKBACK_DAYS` before `since`.

    Raises:
        ConfigError: The file is missing or has a line that can't be used; names the line.
    """
    start, bases = since - timedelta(days=LOOKBACK_DAYS), set(_wanted(currencies, quote))
    seen: dict[tuple[date, str, str], int] = {}
    rates: list[_Rate] = []
    for line, row in _csv_rows(path):
        rate = _csv_rate(path, line, row)
        earlier = seen.setdefault((rate.day, rate.base, rate.quote), line)
        if earlier != line:
            raise _bad_csv(path, line, f"repeats the day and currencies of line {earlier}")
        if rate.base in bases and rate.quote == quote and start <= rate.day < until:
            rates.append(rate)
    return _table(rates, datetime.now(UTC), "")


def iter_fx_pages(
    config: FxConfig,
    currencies: Iterable[str],
    quote: str,
    since: date,
    until: date,
    *,
    http: httpx.Client | None = None,
    sleep: Callable[[float], None] = time.sleep,
    notify: Notify = log_warning,
    problems: list[TtkpiError] | None = None,
) -> Iterator[tuple[FxRequest, bytes]]:
    """The answers of the HTTP source, one currency and at most a year each, as they came: to be archived,
    then `fx_rows`.

    Args:
        config: Must name a `base_url`.
        currencies: Currencies of the shops; the reporting currency itself is left out.
        quote: Reporting currency.
        since: First business date; asked for from `LOOKBACK_DAYS` before it.
        until: First business date that is not wanted.
        http: Client to send with; by default one for this call.
        sleep: Waits between tries.
        notify: Is told whenever a call waits to be tried again.
        problems: Collects what failed for single currencies, the others go on; without it the first is
            raised.

    Raises:
        ConfigError: There is no HTTP source.
        FxSourceError: A currency failed and `problems` is None.
    """
    if config.base_url is None:
        raise ConfigError(
            "sources.fx_rates.base_url is not set.",
            advice="Set SOURCES__FX_RATES__BASE_URL, or use the CSV of rates.",
        )
    client = http or http_client(config.base_url, timeout_seconds=config.timeout_seconds, connections=2)
    attempt = retrying(sleep=sleep, notify=notify)
    try:
        for base in _wanted(currencies, quote):
            for start, end in _slices(since - timedelta(days=LOOKBACK_DAYS), until):
                # The source counts the last day in.
                last = end - timedelta(days=1)
                url = f"{config.base_url}/{start.isoformat()}..{last.isoformat()}?base={base}&symbols={quote}"
                try:
                    content: bytes = attempt(_ask, client, url, base, quote)
                except FxSourceError as error:
                    if problems is None:
                        raise
                    problems.append(error)
                    break
                yield FxRequest(url, base, quote, start, end, datetime.now(UTC)), content
    finally:
        if http is None:
            client.close()


def fx_rows(content: bytes, retrieved_at: datetime, page_id: str) -> pa.Table:
    """Rows of the raw table `fx_rates` from one answer of an HTTP source.

    Args:
        content: The answer.
        retrieved_at: When it arrived, UTC.
        page_id: Its address in the archive.

    Raises:
        FxSourceError: The answer is not of the expected form.
    """
    answer = _parse(content)
    if answer is None:
        raise FxSourceError(
            "The source of exchange rates answered something that holds no rates.",
            advice="Check sources.fx_rates.base_url: it must answer like Frankfurter v1.",
        )
    base = answer["base"]
    rates = []
    for day, quotes in answer["rates"].items():
        for quote, value in quotes.items():
            try:
                rates.append(
                    _Rate(date.fromisoformat(day), _currency(base), _currency(quote), _rate(value), "http")
                )
            except ValueError as error:
                raise FxSourceError(
                    f"The source of exchange rates says {base} in {quote} on {day} is {value}: {error}.",
                    advice="Report it to the source; until then use the CSV of rates.",
                ) from None
    return _table(rates, retrieved_at, page_id)


def _ask(client: httpx.Client, url: str, base: str, quote: str) -> bytes:
    what = f"Exchange rates {base} to {quote}"
    failure = ""
    response: httpx.Response | None = None
    try:
        response = client.get(url)
    except httpx.HTTPError as error:
        failure = type(error).__name__
    if response is None:
        raise FxUnavailable(
            f"{what}: no answer from {url} ({failure}).",
            advice="Check the network and sources.fx_rates.base_url.",
        )
    status = response.status_code
    if status == 429 or status >= 500:
        busy = FxUnavailable(f"{what}: {url} answered HTTP {status}.", advice="Run again later.")
        header = response.headers.get("retry-after", "")
        busy.retry_after = float(header) if header.isdigit() else None
        raise busy
    if status in (400, 404, 422):
        raise FxCurrencyUnknown(
            f"{what}: the source knows no such rates (HTTP {status} from {url}).",
            advice=f"Use a source that has {base}, or keep rates in the CSV. Without a rate, amounts in "
            f"{quote} are empty and the audit says so.",
        )
    if status != 200:
        raise FxSourceError(
            f"{what}: {url} answered HTTP {status}.", advice="Check sources.fx_rates.base_url."
        )
    if _parse(response.content) is None:
        raise FxUnavailable(
            f"{what}: {url} answered something that holds no rates.",
            advice="Check sources.fx_rates.base_url: it must answer like Frankfurter v1.",
        )
    return response.content


def _parse(content: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(content, parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        return None
    if not isinstance(answer, dict) or not isinstance(answer.get("base"), str):
        return None
    rates = answer.get("rates")
    if not isinstance(rates, dict) or not all(isinstance(quotes, dict) for quotes in rates.values()):
        return None
    return answer


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    problem = ""
    text = ""
    try:
        # Spreadsheets save a byte order mark.
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problem = error.strerror or str(error)
    except UnicodeDecodeError:
        problem = "it is not UTF-8 text"
    if problem:
        raise ConfigError(
            f"The exchange rates {path} can't be read: {problem}.",
            advice="Set sources.fx_rates.csv_path (SOURCES__FX_RATES__CSV_PATH), or base_url there.",
        )
    reader = csv.reader(text.splitlines())
    if [name.strip() for name in next(reader, [])] != _HEADER:
        raise _bad_csv(path, 1, f"must be {','.join(_HEADER)}")
    for row in reader:
        if any(field.strip() for field in row):
            yield reader.line_num, row


def _csv_rate(path: Path, line: int, row: Sequence[str]) -> _Rate:
    fields = [field.strip() for field in row]
    if len(fields) != len(_HEADER):
        raise _bad_csv(path, line, f"has {len(fields)} fields, not {len(_HEADER)}")
    day, base, quote, value = fields
    try:
        return _Rate(date.fromisoformat(day), _currency(base), _currency(quote), _rate(value), "csv")
    except ValueError as error:
        problem = str(error)
    raise _bad_csv(path, line, f"can't be used: {problem}")


def _bad_csv(path: Path, line: int, problem: str) -> ConfigError:
    return ConfigError(
        f"{path}, line {line} {problem}.",
        advice="Write it as 2026-10-01,THB,CNY,0.2187: one unit of the first currency in the second.",
    )


def _currency(text: str) -> str:
    if len(text) != 3 or not text.isascii() or not text.isupper():
        raise ValueError(f"{text!r} is no currency code such as THB")
    return text


def _rate(value: object) -> Decimal:
    try:
        rate = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is no number") from None
    if not rate.is_finite() or rate <= 0 or rate >= _LIMIT:
        raise ValueError(f"{value} is no usable rate")
    rounded = rate.quantize(_PLACES)
    if rounded == 0:
        raise ValueError(f"{value} is too small for ten decimals")
    return rounded


def _wanted(currencies: Iterable[str], quote: str) -> list[str]:
    """The currencies that need a rate, each once; one's own currency needs none."""
    return sorted({_currency(currency) for currency in currencies} - {_currency(quote)})


def _slices(start: date, end: date) -> Iterator[tuple[date, date]]:
    while start < end:
        stop = min(end, start + timedelta(days=REQUEST_DAYS))
        yield start, stop
        start = stop


def _table(rates: Sequence[_Rate], retrieved_at: datetime, page_id: str) -> pa.Table:
    columns: dict[str, list[object]] = {
        "rate_date": [rate.day for rate in rates],
        "base_currency": [rate.base for rate in rates],
        "quote_currency": [rate.quote for rate in rates],
        "rate": [rate.rate for rate in rates],
        "origin": [rate.origin for rate in rates],
        "retrieved_at": [retrieved_at] * len(rates),
        "page_id": [page_id] * len(rates),
        "_extra": [None] * len(rates),
    }
    return pa.Table.from_pydict(columns, schema=SCHEMA)
