"""Loads exchange rates: archive, typed rows, Parquet, as everything else.

| origin | raw table | how it is read |
| --- | --- | --- |
| the CSV of the team | `fx_rates` | whenever the part that is needed has changed |
| `GET {base_url}/{start}..{end}` | `fx_rates` | days that were not asked for yet, the last 7 again |
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from home.config import FxConfig, load_fx_config
from home.errors import TtkpiError
from home.layout import Home
from home.project import cost_currencies, project_var
from home.storage import storage_errors
from ingestion.engine.archive import Archive
from ingestion.engine.columns import Column, Kind, Table, fields, text
from ingestion.engine.errors import describe
from ingestion.engine.pages import Page, Record
from ingestion.engine.pipelines import for_table, load, open_pipeline
from ingestion.engine.rows import Drift, build
from ingestion.fx_rates.source import LOOKBACK_DAYS, fx_rows, iter_fx_pages, read_csv_rates
from ingestion.tables.sources import FX_RATES as FX_SOURCE

FX_RATES = Table(
    name="fx_rates",
    key=("rate_date", "base_currency", "quote_currency"),
    shop_key="absent",
    known=fields("rate_date base_currency quote_currency rate origin"),
    columns=(
        Column("rate_date", Kind.DATE, "rate_date"),
        text("base_currency"),
        text("quote_currency"),
        Column("rate", Kind.RATE, "rate"),
        text("origin"),
    ),
)


def fx_table(pages: Sequence[Page]) -> dict[str, pa.Table]:
    """Rows of archived pages."""
    return build(FX_RATES, pages, Drift())


def sync_fx_rates(
    home: Home,
    currencies: Iterable[str],
    since: date,
    until: date,
    *,
    run_id: str = "",
    config: FxConfig | None = None,
    problems: list[TtkpiError] | None = None,
) -> int:
    """Loads the rates to the reporting currency that are not there yet, for shops and for what goods cost.

    Where a currency is new, or the reporting currency has changed, for all days of which the home has rates.

    Args:
        home: Where everything is; its lock must be held.
        currencies: Currencies of the shops.
        since: First business date; rates are loaded from a week before it.
        until: First business date that is not wanted.
        run_id: The run, for the archive.
        config: Where rates come from; by default the configuration.
        problems: Collects what failed for single currencies; without it the first failure is raised.

    Returns:
        Rows loaded.

    Raises:
        ConfigError: The configuration, or the CSV, is unusable.
        FxSourceError: The HTTP source failed and `problems` is None.
        StorageError: The disk refuses.
    """
    import dlt

    config = config or load_fx_config()
    archive = Archive(home.archive)
    quote = project_var("reporting_currency")
    wanted = sorted({*currencies, *cost_currencies(home=home)} - {quote})
    earliest = min(since, _first_day(home) or since)
    loaded = 0

    def rates() -> Iterator[Any]:
        nonlocal loaded
        state = dlt.current.resource_state()
        source = _csv_pages if config.base_url is None else _http_pages
        for pages in source(config, wanted, quote, since, earliest, until, state, problems):
            if not pages:
                continue
            archive.commit([archive.write(pages, run_id=run_id)])
            table = fx_table(pages)[FX_RATES.name]
            loaded += table.num_rows
            if table.num_rows:
                yield for_table(table, FX_RATES.name)

    def resources() -> Iterator[Any]:
        yield dlt.resource(rates(), name=FX_RATES.name, write_disposition="append")

    load(
        open_pipeline(home, FX_SOURCE, FX_SOURCE),
        dlt.source(resources, name=FX_SOURCE, max_table_nesting=0)(),
    )
    return loaded


def load_rates(
    home: Home, currencies: Iterable[str], since: date, until: date, *, run_id: str
) -> tuple[int, list[str]]:
    """Loads the rates that are not there yet, as far as that is possible: trouble with rates stops no sync.

    Args:
        home: Where everything is; its lock must be held.
        currencies: Currencies of the shops.
        since: First business date.
        until: First business date that is not wanted.
        run_id: The run, for the archive.

    Returns:
        Rows loaded, and what went wrong.
    """
    problems: list[TtkpiError] = []
    rows = 0
    try:
        rows = sync_fx_rates(home, currencies, since, until, run_id=run_id, problems=problems)
    except TtkpiError as error:
        problems.append(error)
    return rows, [describe(problem) for problem in problems]


def _csv_pages(
    config: FxConfig,
    currencies: list[str],
    quote: str,
    since: date,
    earliest: date,
    until: date,
    state: dict[str, Any],
    problems: list[TtkpiError] | None,
) -> Iterator[list[Page]]:
    rows = read_csv_rates(config.csv_path, currencies, quote, earliest, until)
    records = _records(rows)
    seen = hashlib.sha256(repr(records).encode()).hexdigest()
    if records and state.get("csv") != seen:
        yield [_page("csv", config.csv_path.name, {}, datetime.now(UTC), records)]
        state["csv"] = seen


def _http_pages(
    config: FxConfig,
    currencies: list[str],
    quote: str,
    since: date,
    earliest: date,
    until: date,
    state: dict[str, Any],
    problems: list[TtkpiError] | None,
) -> Iterator[list[Page]]:
    covered: dict[str, list[str]] = state.setdefault("covered", {})
    for currency in currencies:
        known = covered.get(f"{currency}/{quote}")
        start = since if known else earliest
        if known and since >= date.fromisoformat(known[0]):
            # `iter_fx_pages` goes back a week from here by itself: late corrections come along.
            start = max(since, min(date.fromisoformat(known[1]), until - timedelta(days=1)))
        failed: list[TtkpiError] = []
        pages = [
            _page(
                "http",
                request.url,
                {"base": request.base_currency, "symbols": request.quote_currency},
                request.retrieved_at,
                _records(fx_rows(content, request.retrieved_at, "")),
            )
            for request, content in iter_fx_pages(
                config, [currency], quote, start, until, problems=None if problems is None else failed
            )
        ]
        yield pages
        if failed and problems is not None:
            problems.extend(failed)
        else:
            first = min(since, date.fromisoformat(known[0])) if known else earliest
            last = max(until, date.fromisoformat(known[1])) if known else until
            covered[f"{currency}/{quote}"] = [first.isoformat(), last.isoformat()]


def _first_day(home: Home) -> date | None:
    """The first day for which the home asked for rates, as far as its rows tell; None when there are none."""
    folder = home.raw / FX_SOURCE / FX_RATES.name
    if not any(folder.glob("*.parquet")):
        return None
    with storage_errors(folder):
        days = pyarrow.dataset.dataset(folder, format="parquet").to_table(columns=["rate_date"])["rate_date"]
    first = pc.min(days).as_py()
    # Rates are read from a week before the first day that needs one.
    return None if first is None else first + timedelta(days=LOOKBACK_DAYS)


def _records(rows: pa.Table) -> list[Record]:
    names = ("rate_date", "base_currency", "quote_currency", "rate", "origin")
    return [{name: str(row[name]) for name in names} for row in rows.select(names).to_pylist()]


def _page(origin: str, path: str, query: dict[str, str], at: datetime, records: list[Record]) -> Page:
    return Page(
        source=FX_SOURCE,
        shop_key="",
        resource=FX_RATES.name,
        endpoint=origin,
        path=path,
        query=query,
        retrieved_at=at,
        records=records,
    )
