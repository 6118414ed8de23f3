"""What was published is kept, value by value: all of the first publication, then what changed, and nothing of one that
did not happen.

The toy home has three days (1 to 3 October) with gmv 1000 and 20 paid orders each.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from control_helpers import SHOP, change_marts, make_home, mark_audited
from templates import ODD_NAME

from home.layout import Home
from orchestration.history.publications import finish_switch, rollback
from orchestration.history.published_values import prepare
from orchestration.publish.publish import publish

_MODELS = f"""
    create schema intermediate;
    create view intermediate.int_trust__values_now as
        select shop_key, business_date as kpi_date, 'gmv' as kpi_name, currency, gmv as value
        from warehouse.marts.kpi_shop_daily
        union all
        select shop_key, business_date as kpi_date, 'paid_orders', cast(null as varchar), cast(paid_orders as decimal(18, 4))
        from warehouse.marts.kpi_shop_daily;
    create table intermediate.int_trust__known_until as
        select '{SHOP}' as shop_key, timestamptz '2026-10-03 00:00:00Z' as data_until,
            timestamptz '2026-10-03 00:01:00Z' as retrieved_until;
    create table intermediate.int_trust__kept_kpis as
        select 'gmv' as kpi_name, 2::bigint as definition_version, 'abc' as definition_digest
        union all select 'paid_orders', null, null;
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / ODD_NAME)
    change(home, _MODELS)
    return home


def change(home: Home, sql: str) -> None:
    change_marts(home, sql)
    mark_audited(home)


def stored(home: Home, columns: str = "kpi_name, value", where: str = "true") -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(
            f"select {columns} from read_parquet('{home.published_values}/values/*.parquet') where {where} "
            "order by publication_id, business_date, kpi_name"
        ).fetchall()


def files(home: Home) -> list[str]:
    return sorted(
        path.stem for path in (home.published_values / "values").glob("*.parquet") if path.stem != "none"
    )


def test_the_first_publication_writes_all_values_and_what_they_were_counted_from(home: Home) -> None:
    publication = publish(home).publication
    assert files(home) == [publication]
    rows = stored(home, "day(business_date), kpi_name, currency, value::int, is_first")
    assert rows == [
        row
        for day in (1, 2, 3)
        for row in ((day, "gmv", "THB", 1000, True), (day, "paid_orders", None, 20, True))
    ]
    with duckdb.connect() as connection:
        about = connection.execute(
            "select publication_id, shop_key, kpi_name, definition_version, definition_digest, "
            "epoch(retrieved_until - data_until)::int "
            f"from read_parquet('{home.published_values}/publications/*.parquet') order by kpi_name"
        ).fetchall()
    assert about == [
        (publication, SHOP, "gmv", 2, "abc", 60),
        (publication, SHOP, "paid_orders", None, None, 60),
    ]


def test_the_instant_in_the_store_is_the_one_of_the_manifest(home: Home) -> None:
    """Guards a publication that `ttkpi as-of` does not find at the instant which its manifest gives."""
    told = datetime.fromisoformat(publish(home).published_at)
    assert set(stored(home, "published_at")) == {(told,)}


def test_a_later_publication_writes_only_what_is_not_as_before(home: Home) -> None:
    publish(home)
    change(home, "update marts.kpi_shop_daily set gmv = 990 where day(business_date) = 2")
    change(
        home,
        f"insert into marts.kpi_shop_daily by name select * replace (date '2026-10-04' as business_date) "
        f"from marts.kpi_shop_daily where shop_key = '{SHOP}' and day(business_date) = 3",
    )
    second = publish(home).publication
    rows = stored(home, "day(business_date), kpi_name, value::int, is_first", f"publication_id = '{second}'")
    assert rows == [(2, "gmv", 990, False), (4, "gmv", 1000, True), (4, "paid_orders", 20, True)]
    # And back again: it is compared with what was published last, not with what was first.
    change(home, "update marts.kpi_shop_daily set gmv = 1000 where day(business_date) = 2")
    third = publish(home).publication
    assert stored(home, "day(business_date), value::int", f"publication_id = '{third}'") == [(2, 1000)]


def test_a_kpi_that_is_kept_from_now_on_begins_with_a_first_value(home: Home) -> None:
    """Guards an upgrade that says of all days that they were restated."""
    publish(home)
    change(
        home,
        """
        create or replace view intermediate.int_trust__values_now as
            select shop_key, business_date as kpi_date, 'gmv' as kpi_name, currency, gmv as value
            from warehouse.marts.kpi_shop_daily
            union all
            select shop_key, business_date, 'paid_orders', cast(null as varchar), cast(paid_orders as decimal(18, 4))
            from warehouse.marts.kpi_shop_daily
            union all
            select shop_key, statement_date_utc, 'settlement_amount', currency, settlement_amount
            from warehouse.marts.kpi_settlement_bridge
        """,
    )
    second = publish(home).publication
    rows = stored(
        home,
        "business_date::varchar, kpi_name, currency, value::int, is_first",
        f"publication_id = '{second}'",
    )
    assert rows == [("2026-10-02", "settlement_amount", "THB", 700, True)]


def test_a_day_that_is_not_published_any_more_is_unknown_and_not_zero(home: Home) -> None:
    publish(home)
    change(home, "delete from marts.kpi_shop_daily where day(business_date) = 1")
    second = publish(home).publication
    rows = stored(home, "kpi_name, value, is_first", f"publication_id = '{second}'")
    assert rows == [("gmv", None, False), ("paid_orders", None, False)]
    publish(home)
    assert len(stored(home)) == 8, "it is not said again"


def test_the_same_figures_again_write_no_row(home: Home) -> None:
    publish(home)
    again = publish(home).publication
    assert again in files(home), "that it was published is known"
    assert len(stored(home)) == 6


def test_a_part_of_the_project_says_nothing_about_values(home: Home) -> None:
    """A warehouse without the models must not make all days vanish."""
    publish(home)
    change(home, "drop view intermediate.int_trust__values_now")
    publish(home)
    assert len(stored(home)) == 6


def test_the_reason_that_the_build_found_is_kept_and_the_published_rows_say_when(home: Home) -> None:
    publish(home)
    change(
        home,
        f"""
        update marts.kpi_shop_daily set gmv = 990 where day(business_date) = 2;
        update marts.kpi_shop_daily set gmv = 980 where day(business_date) = 3;
        create table marts.kpi_restatements as
            select '{SHOP}' as shop_key, date '2026-10-02' as kpi_date, 'gmv' as kpi_name,
                1000::decimal(18, 4) as value_before, 990::decimal(18, 4) as value_now, null::varchar as publication_id,
                null::timestamptz as published_at, 'cancellation' as reason, 'cancellation=1' as reason_detail,
                1::bigint as records_concerned
        """,
    )
    second = publish(home)
    reasons = "day(business_date), reason, reason_detail, orders_concerned"
    assert stored(home, reasons, f"publication_id = '{second.publication}'") == [
        (2, "cancellation", "cancellation=1", 1),
        (3, None, None, None),
    ], "what the build did not see has no reason"

    def published() -> tuple[Any, ...] | None:
        with duckdb.connect() as connection:
            connection.execute(f"attach '{home.published}' as file (read_only)")
            return connection.execute(
                "select publication_id, published_at is not null from file.marts.kpi_restatements"
            ).fetchone()

    assert published() == (second.publication, True)
    publish(home)
    assert published() == (second.publication, True), "published twice, it changed at the first time"


@pytest.mark.parametrize(
    ("where", "happened"),
    [
        ("publish.switch", False),
        ("history._take_place", True),
        ("history._remember_values", True),
        ("history.append", True),
    ],
)
def test_a_kill_leaves_all_rows_of_a_publication_or_none(home: Home, where: str, happened: bool) -> None:
    """Before the note of the switch it did not happen; after it, the next command completes it."""
    publish(home)
    change(home, "update marts.kpi_shop_daily set gmv = 990 where day(business_date) = 2")
    module, name = where.split(".")
    code = f"""
        import os
        from pathlib import Path
        from home import audit_log
        from home.layout import Home
        from orchestration.history import publications as history
        from orchestration.publish import publish
        {"audit_log" if name == "append" else module}.{name} = lambda *_: os._exit(9)
        publish.publish(Home(Path({str(home.root)!r})))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 9, done.stderr
    with home.lock("test"):
        assert (finish_switch(home) is not None) == happened
    assert len(files(home)) == (2 if happened else 1)
    publish(home)
    rows = stored(home, "day(business_date), value::int", "not is_first")
    assert rows == [(2, 990)], "once, whichever publication it was"


def test_what_was_returned_to_is_not_written_twice(home: Home) -> None:
    first = publish(home).publication
    change(home, "update marts.kpi_shop_daily set gmv = 990 where day(business_date) = 2")
    second = publish(home).publication
    rollback(home)
    assert files(home) == [first, second]
    assert len(stored(home)) == 7


def test_the_models_can_read_the_store_before_anything_was_published(home: Home) -> None:
    prepare(home)
    assert stored(home, "publication_id, kpi_name, value, is_first, reason, orders_concerned") == []
