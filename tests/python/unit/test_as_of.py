"""What was rebuilt is compared with what was published at the instant: every value, and nothing that came later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from templates import ODD_NAME

from home.layout import Home
from orchestration.history.published_values import PUBLICATIONS, VALUES, published_at_instant
from orchestration.publish.as_of import NothingKnown, ValueDifference, _compare, as_of

FIRST = datetime(2026, 11, 1, 6, tzinfo=UTC)
SECOND = FIRST + timedelta(days=1)
DAY = date(2026, 10, 31)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two publications: the first has gmv 100 and 5 orders, the second gmv 130 and a day that is gone."""
    home = Home(tmp_path / ODD_NAME)
    values = {
        FIRST: "('th', 'gmv', 100, true), ('th', 'paid_orders', 5, true), ('my', 'gmv', 7, true)",
        SECOND: "('th', 'gmv', 130, false), ('my', 'gmv', null, false)",
    }
    for number, (published_at, rows) in enumerate(values.items(), start=1):
        stamp = f"'p{number}' as publication_id, timestamptz '{published_at.isoformat()}' as published_at"
        told = {
            VALUES: f"select {stamp}, shop_key, date '{DAY}' as business_date, kpi_name, cast(value as decimal(18, 4)) "
            f"as value, is_first from (values {rows}) as rows(shop_key, kpi_name, value, is_first)",
            PUBLICATIONS: f"select {stamp}, shop_key, kpi_name from (values ('th'), ('my')) as shops(shop_key) "
            "cross join (values ('gmv'), ('paid_orders')) as kpis(kpi_name)",
        }
        for kind, query in told.items():
            folder = home.published_values / kind
            folder.mkdir(parents=True, exist_ok=True)
            duckdb.execute(f"copy ({query}) to '{folder}/p{number}.parquet' (format parquet)")
    return home


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """What was rebuilt: gmv 100 and 5 orders of th, gmv 8 of a shop that was not published, and a KPI that no publication
    of then had kept."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; create schema warehouse.intermediate")
        connection.execute(
            f"create view warehouse.intermediate.int_trust__values_now as select shop_key, date '{DAY}' as kpi_date, "
            "kpi_name, cast(value as decimal(18, 4)) as value from (values ('th', 'gmv', 100), ('th', 'paid_orders', 5), "
            "('sg', 'gmv', 8), ('th', 'ad_spend', 3)) as rows(shop_key, kpi_name, value)"
        )
        yield connection


def test_the_publication_of_an_instant(home: Home, connection: duckdb.DuckDBPyConnection) -> None:
    def known(instant: datetime) -> tuple[str | None, dict[tuple[str, str], Decimal | None]]:
        then = published_at_instant(home, connection, instant)
        if then is None:
            return None, {}
        rows = connection.execute(then.values).fetchall()
        return then.publication, {(shop, kpi): value for shop, _, kpi, value in rows}

    first = {("th", "gmv"): Decimal(100), ("th", "paid_orders"): Decimal(5), ("my", "gmv"): Decimal(7)}
    assert known(FIRST - timedelta(seconds=1)) == (None, {})
    assert known(FIRST) == ("p1", first), "the instant of a publication is that publication"
    assert known(SECOND - timedelta(seconds=1)) == ("p1", first)
    assert known(SECOND) == ("p2", first | {("th", "gmv"): Decimal(130), ("my", "gmv"): None})


def test_each_value_that_is_not_equal_is_named(home: Home, connection: duckdb.DuckDBPyConnection) -> None:
    """Guards an 'equal' that passes over what only one side has, and a difference in what was not kept then."""
    then = published_at_instant(home, connection, SECOND)
    assert then is not None
    count, differences = _compare(connection, then)
    assert count == 2, "gmv and orders of th; a day that is not published any more has no value"
    assert differences == (
        ValueDifference("sg", DAY, "gmv", None, Decimal(8)),
        ValueDifference("th", DAY, "gmv", Decimal(130), Decimal(100)),
    )


def test_before_everything_nothing_is_built(home: Home) -> None:
    home.prepare()
    with pytest.raises(NothingKnown, match=r"No page in .* came before 2026-11-01T06:00:00"):
        as_of(home, FIRST)
    assert not (home.root / "as_of" / f"{FIRST:%Y%m%dT%H%M%SZ}.duckdb").exists()
    assert not (home.root / "as_of" / ".work" / "raw").exists(), "no half is left behind"
