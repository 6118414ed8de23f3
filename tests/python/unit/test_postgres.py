"""Publication into a real PostgreSQL: only rows that changed, one publication for every reader, and what refuses keeps the old."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from control_helpers import change_marts, describe, make_home, mark_audited
from postgres_server import postgres
from templates import ODD_NAME

from home.errors import ConfigError
from home.layout import Home
from orchestration.cli import main
from orchestration.publish.postgres.config import Server, configured_server
from orchestration.publish.postgres.publish import ServerFailed, publish_to
from orchestration.publish.postgres.state import server_state
from orchestration.publish.postgres.verify import problems_of_server
from orchestration.publish.publish import PublishReport, publish


@pytest.fixture(scope="module")
def administrator() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
def url(administrator: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of its own for the test, which the configuration names."""
    name = f"test_{abs(hash(request.node.name))}"
    with psycopg.connect(administrator, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    address = administrator.replace("/postgres", f"/{name}")
    monkeypatch.setenv("DESTINATION__POSTGRES__URL", address)
    return address


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Three days of one shop, one of them with every type, a NULL, an empty text, quotes and a zero byte."""
    home = make_home(tmp_path / ODD_NAME)
    change_marts(
        home,
        """
        create or replace table marts.kpi_shop_daily as
            select 'th' as shop_key, date '2026-11-01' + i::int as business_date, cast(100.5 + i as decimal(18, 4)) as gmv,
                cast(i as bigint) as paid_orders, cast(0.1 + i as double) as roas, i = 0 as is_provisional,
                timestamptz '2026-11-01 17:00:00+00' as read_at,
                case i when 0 then null when 1 then '' else 'a "quote", a comma, 中文 and ' || chr(0) || E'a\\nline' end as note
            from range(3) as days(i)
        """,
    )
    describe(home, "kpi_shop_daily", {"gmv": "What buyers paid. · 成交额", "shop_key": "The shop. · 店铺键"})
    key_test(home, "kpi_shop_daily", ["shop_key", "business_date"])
    mark_audited(home)
    return home


def key_test(home: Home, table: str, columns: list[str]) -> None:
    """The unique_key test of a mart, where dbt keeps it."""
    import json

    path = home.root / "dbt" / "target" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["nodes"][f"test.unique_key_{table}"] = {
        "resource_type": "test",
        "attached_node": f"model.tiktok_shop_kpi.{table}",
        "test_metadata": {"name": "unique_key", "kwargs": {"columns": columns}},
    }
    path.write_text(json.dumps(manifest))


def again(home: Home, sql: str) -> PublishReport:
    """Another publication after a change of the marts."""
    change_marts(home, sql)
    mark_audited(home)
    return publish(home)


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, options="-c TimeZone=UTC") as connection:
        return connection.execute(statement).fetchall()


def test_the_server_has_what_the_file_has(home: Home, url: str) -> None:
    """Every type, NULL and an empty text apart, texts as they are, comments and a key."""
    report = publish(home)
    assert report.server is not None and report.server.is_current and not report.is_partial
    assert rows(url, "select gmv, paid_orders, roas, is_provisional, note from marts.kpi_shop_daily order by business_date") == [
        (Decimal("100.5000"), 0, 0.1, True, None),
        (Decimal("101.5000"), 1, 1.1, False, ""),
        (Decimal("102.5000"), 2, 2.1, False, 'a "quote", a comma, 中文 and a\nline'),
    ]  # fmt: skip
    assert rows(url, "select distinct read_at::text, pg_typeof(gmv)::text from marts.kpi_shop_daily") == [
        ("2026-11-01 17:00:00+00", "numeric")
    ]
    assert rows(url, "select col_description('marts.kpi_shop_daily'::regclass, 3)") == [
        ("What buyers paid. · 成交额 [shop currency 店铺币种]",)
    ]
    ((about,),) = rows(url, "select obj_description('marts.ops_publication'::regclass)")
    assert "本文件的发布清单" in str(about)
    keys = "select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
    assert rows(url, f"{keys} where i.indrelid = 'marts.kpi_shop_daily'::regclass and i.indisprimary") == [
        ("shop_key",), ("business_date",)
    ]  # fmt: skip
    assert rows(url, "select distinct publication_id from marts.ops_publication") == [(report.publication,)]
    server = configured_server()
    assert server is not None and problems_of_server(server, home) == []


def test_only_rows_that_changed_are_written(home: Home, url: str) -> None:
    """A whole table written anew every day is twice its size on the server."""
    publish(home)
    before = dict(rows(url, "select business_date::text, xmin::text from marts.kpi_shop_daily"))
    report = again(
        home,
        "update marts.kpi_shop_daily set gmv = 7 where business_date = '2026-11-02';"
        "delete from marts.kpi_shop_daily where business_date = '2026-11-03';"
        "insert into marts.kpi_shop_daily values ('th', '2026-11-04', 9, 1, null, true, null, null)",
    )
    after = dict(rows(url, "select business_date::text, xmin::text from marts.kpi_shop_daily"))
    assert set(after) == {"2026-11-01", "2026-11-02", "2026-11-04"}
    assert after["2026-11-01"] == before["2026-11-01"]
    assert after["2026-11-02"] != before["2026-11-02"]
    # Two days, and the rows of ops_publication, which name the publication.
    assert report.server is not None and report.server.changed == 2 + len(report.tables)
    assert rows(url, "select sum(gmv) from marts.kpi_shop_daily") == [(Decimal("116.5000"),)]


def test_views_grants_and_columns_of_users_stay(home: Home, url: str) -> None:
    """What a team has built on the tables goes on working when a release adds and changes columns."""
    publish(home)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "create schema team; create view team.sales as select shop_key, sum(gmv) as gmv from marts.kpi_shop_daily group by 1"
        )
        connection.execute("create role analyst; grant select on marts.kpi_shop_daily to analyst")
    again(
        home,
        "alter table marts.kpi_shop_daily add column net_gmv decimal(18, 4); alter table marts.kpi_shop_daily alter paid_orders type integer",
    )
    assert rows(url, "select gmv from team.sales") == [(Decimal("304.5000"),)]
    assert rows(url, "select has_table_privilege('analyst', 'marts.kpi_shop_daily', 'select')") == [(True,)]
    assert rows(
        url,
        "select data_type from information_schema.columns where table_name = 'kpi_shop_daily' and column_name in ('net_gmv', 'paid_orders') order by column_name",
    ) == [("numeric",), ("integer",)]
    # A column that a view uses can't leave: the view is named, and the old publication stays.
    report = again(home, "alter table marts.kpi_shop_daily drop column gmv")
    assert report.is_partial and report.server is not None
    assert "team.sales" in report.server.failed and "drop or change it" in report.server.failed
    assert rows(url, "select gmv from team.sales") == [(Decimal("304.5000"),)]


def test_readers_never_see_a_mixture(home: Home, url: str) -> None:
    """Four readers during ten publications, each in transactions of which every statement sees one publication."""
    publish(home)
    wrong: list[object] = []
    reads = [0]
    done = threading.Event()

    def read() -> None:
        with psycopg.connect(url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            while not done.is_set():
                with connection.transaction():
                    (first,) = connection.execute("select sum(gmv) from marts.kpi_shop_daily").fetchone() or (
                        None,
                    )
                    (second,) = connection.execute(
                        "select sum(gmv) from marts.kpi_product_daily"
                    ).fetchone() or (None,)
                    if first != second or first is None:
                        wrong.append((first, second))
                    reads[0] += 1

    again(
        home,
        "create or replace table marts.kpi_product_daily as select shop_key, business_date, gmv from marts.kpi_shop_daily",
    )
    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for number in range(10):
            again(
                home,
                f"update marts.kpi_shop_daily set gmv = {number}; update marts.kpi_product_daily set gmv = {number}",
            )
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert not wrong and reads[0] > 10


def test_a_table_that_is_not_published_any_more_can_not_be_read(home: Home, url: str) -> None:
    again(home, "create table marts.kpi_secret as select 1 as figure")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create view public.kept as select * from marts.kpi_secret")
    again(home, "drop table marts.kpi_secret")
    assert rows(url, "select * from public.kept") == []


def test_an_audience_has_a_schema_and_a_role_of_its_own(
    home: Home, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may read one shop's part of the numbers reads nothing else, also after the next publication."""
    change_marts(
        home,
        "create schema if not exists seeds; create or replace table seeds.audiences as select 'Agency-1' as audience, "
        "'kpi_shop_daily' as tables, 'roas' as left_out_columns, 'th' as shop_keys, '' as person_name, true as is_published",
    )
    monkeypatch.setattr("orchestration.publish.publish.audiences", _one_audience)
    mark_audited(home)
    publish(home)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create role partner login password 'p'; grant ttkpi_agency_1 to partner")
    again(home, "update marts.kpi_shop_daily set gmv = 1")
    partner = url.replace("admin:secret-of-admin", "partner:p")
    assert rows(partner, "select sum(gmv) from marts_agency_1.kpi_shop_daily") == [(Decimal("3.0000"),)]
    assert ("roas",) not in rows(
        partner, "select column_name from information_schema.columns where table_schema = 'marts_agency_1'"
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(partner, "select * from marts.kpi_shop_daily")


def test_views_for_people_stand_over_the_tables(
    home: Home, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With comments, for readers and audiences; left alone while they stay the same; in step with the tables."""
    view = "select facts.shop_key, facts.gmv, facts.roas, facts.gmv * 2 as twice from warehouse.marts.kpi_shop_daily as facts"
    change_marts(home, f"create schema views; create view views.shop_days as {view}")
    describe(home, "shop_days", {"gmv": "What buyers paid. · 成交额"})
    monkeypatch.setattr("orchestration.publish.publish.audiences", _one_audience)
    mark_audited(home)
    publish(home)
    assert rows(url, "select sum(gmv), sum(twice) from views.shop_days") == [(Decimal("304.5000"), Decimal("609.0000"))]  # fmt: skip
    assert rows(url, "select col_description('views.shop_days'::regclass, 2)")[0][0] == (
        "What buyers paid. · 成交额 [shop currency 店铺币种]"
    )
    assert rows(url, "select has_table_privilege('ttkpi_reader', 'views.shop_days', 'select')") == [(True,)]
    assert rows(
        url,
        "select column_name from information_schema.columns where table_schema = 'views_agency_1' order by ordinal_position",
    ) == [("shop_key",), ("gmv",), ("twice",)]
    # Another day changes rows, and no view: nobody who reads one has to wait.
    before = rows(url, "select 'views.shop_days'::regclass::oid")
    again(home, "update marts.kpi_shop_daily set gmv = 1")
    assert rows(url, "select 'views.shop_days'::regclass::oid") == before
    assert rows(url, "select sum(gmv) from views.shop_days") == [(Decimal("3.0000"),)]
    # A release takes a column away that the view had.
    again(
        home,
        "drop view views.shop_days; alter table marts.kpi_shop_daily drop column note;"
        "alter table marts.kpi_shop_daily alter gmv type bigint;"
        f"create view views.shop_days as {view.replace('facts.roas, ', '')}",
    )
    assert rows(url, "select sum(gmv), sum(twice) from views.shop_days") == [(3, 6)]
    server = configured_server()
    assert server is not None and problems_of_server(server, home) == []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop view views.shop_days")
    assert "views.shop_days" in problems_of_server(server, home)[0]


def test_somebody_elses_views_are_left_alone(home: Home, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create schema views; create table views.mine as select 1 as a")
    change_marts(
        home,
        "create schema views; create view views.shop_days as select facts.gmv from warehouse.marts.kpi_shop_daily as facts",
    )
    mark_audited(home)
    report = publish(home)
    assert report.server is not None
    assert "mine" in report.server.failed and "views_schema" in report.server.failed
    assert rows(url, "select a from views.mine") == [(1,)]


def _one_audience(connection: object, columns: dict[str, list[str]]) -> tuple[object, ...]:
    from orchestration.publish.audiences import Audience, Choice

    names = tuple(name for name in columns["kpi_shop_daily"] if name != "roas")
    return (
        Audience("Agency-1", (Choice("kpi_shop_daily", names, "shop_key = 'th'"),), {"shop_keys": ["th"]}),
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda url: url.replace("secret-of-admin", "wrong"), "user or password is wrong"),
        (lambda url: url.rsplit("/", 1)[0] + "/nowhere", 'database "nowhere" does not exist'),
        (lambda url: "postgresql://admin:x@127.0.0.1:9/postgres", "127.0.0.1:9/postgres"),
    ],
)  # fmt: skip
def test_a_server_that_can_not_be_reached_stops_no_publication(
    home: Home,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    change: object,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The published file is new, the command says what is wrong and exits with 3, the next publication catches up."""
    assert callable(change)
    monkeypatch.setenv("DESTINATION__POSTGRES__URL", change(url))
    monkeypatch.setenv("TTKPI_HOME", str(home.root))
    assert main(["publish"]) == 3
    assert home.published.is_file()
    said = capsys.readouterr()
    assert told in said.out + said.err and "secret-of-admin" not in said.out + said.err
    assert main(["status"]) == 3
    assert "has not the current publication" in capsys.readouterr().out
    monkeypatch.setenv("DESTINATION__POSTGRES__URL", url)
    assert main(["publish"]) == 0
    state = server_state(home)
    assert state is not None and state.is_current


def test_what_refuses_leaves_the_old_publication(home: Home, url: str) -> None:
    publish(home)
    server = configured_server()
    assert server is not None
    # Somebody else's schema.
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "create role other; create schema theirs authorization other; create role loader login password 'l'"
        )
        connection.execute("grant all on schema theirs to loader")
    loader = url.replace("admin:secret-of-admin", "loader:l")
    with pytest.raises(ServerFailed, match="somebody else's"):
        publish_to(Server(loader, "theirs"), home)
    # No right to make one.
    with pytest.raises(ServerFailed, match="permission denied") as refused:
        publish_to(Server(loader, "mine"), home)
    assert "ttkpi_reader" in refused.value.advice
    # Tables that are not ours.
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create schema busy; create table busy.orders as select 1 as id")
    with pytest.raises(ServerFailed, match="not ours: orders"):
        publish_to(Server(url, "busy"), home)
    # A second publisher, and a session that sits on a table.
    with psycopg.connect(url) as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('ttkpi marts'))")
        with pytest.raises(ServerFailed, match="just publishing"):
            publish_to(server, home)
    assert rows(url, "select count(*) from marts.kpi_shop_daily") == [(3,)]


def test_a_role_that_can_not_be_made_is_named(home: Home, url: str) -> None:
    """A user that may make schemas and no roles: an administrator makes the role once, then it works."""
    publish(home)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create role maker login password 'm'")
        connection.execute(f"grant create on database {url.rsplit('/', 1)[1]} to maker")
    server = Server(url.replace("admin:secret-of-admin", "maker:m"), "made", "ttkpi_absent", "made_views")
    with pytest.raises(ServerFailed, match="permission denied to create role") as refused:
        publish_to(server, home)
    assert "let an administrator make the roles (ttkpi_absent" in refused.value.advice
    assert rows(url, "select count(*) from pg_namespace where nspname = 'made'") == [(0,)]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create role ttkpi_absent")
    assert publish_to(server, home)[0].changed > 0
    assert rows(url, "select has_table_privilege('ttkpi_absent', 'made.kpi_shop_daily', 'select')") == [
        (True,)
    ]


def test_a_full_disk_leaves_the_old_publication(
    home: Home, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last table finds no room; what was copied before it is not there either."""
    from orchestration.publish.postgres import publish as module

    first = publish(home)
    original = module._Schema._copy

    def full(self: Any, target: Any, path: Path, **options: Any) -> None:
        original(self, target, path, **options)
        if path.name == "ops_publication.csv":
            raise psycopg.errors.DiskFull("could not extend file")

    with monkeypatch.context() as patch:
        patch.setattr(module._Schema, "_copy", full)
        report = again(home, "update marts.kpi_shop_daily set gmv = 0")
    assert report.server is not None and "its disk is full. Make room on the server" in " ".join(report.server.failed.split())  # fmt: skip
    assert rows(url, "select sum(gmv) from marts.kpi_shop_daily") == [(Decimal("304.5000"),)]
    assert rows(url, "select distinct publication_id from marts.ops_publication") == [(first.publication,)]


def test_a_first_publication_has_statistics_and_later_ones_too(home: Home, url: str) -> None:
    """Rows that are final from the start, and what the planner knows of a table that a day has changed."""
    publish(home)
    known = "select reltuples from pg_class where oid = 'marts.kpi_shop_daily'::regclass"
    assert rows(url, known) == [(3.0,)]
    again(home, "update marts.kpi_shop_daily set gmv = 5")
    assert rows(url, "select sum(gmv) from marts.kpi_shop_daily") == [(Decimal("15.0000"),)]


def test_a_kill_in_the_middle_leaves_the_old_publication(
    home: Home, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(home)

    def cut(self: Any, target: Any, path: Path, **options: Any) -> None:
        if path.name == "ops_publication.csv":
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ttkpi'"
                )
        original(self, target, path, **options)

    from orchestration.publish.postgres import publish as module

    original = module._Schema._copy
    with monkeypatch.context() as patch:
        patch.setattr(module._Schema, "_copy", cut)
        report = again(home, "update marts.kpi_shop_daily set gmv = 0")
    assert report.server is not None and report.server.failed
    assert rows(url, "select sum(gmv) from marts.kpi_shop_daily") == [(Decimal("304.5000"),)]
    assert rows(url, "select distinct publication_id from marts.ops_publication") == [(first.publication,)]


def test_verify_finds_a_changed_row(
    home: Home, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(home)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "update marts.kpi_shop_daily set note = null where note = ''; create table marts.own as select 1"
        )
    server = configured_server()
    assert server is not None
    found = problems_of_server(server, home)
    assert any("kpi_shop_daily differs: 1 rows" in text for text in found)
    assert "marts.own is on the server and was not published." in found


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("mysql://x@h/db", "no address of a PostgreSQL database"),
        ("postgresql://u:p@h", "no address of a PostgreSQL database"),
        ("postgresql://u:p@db.example.com/kpi?sslmode=disable", "could be read on its way to db.example.com"),
    ],
)
def test_an_address_that_can_not_be_used_is_refused(
    value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__URL", value)
    with pytest.raises(ConfigError, match=told):
        configured_server()


def test_another_machine_is_asked_for_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__URL", "postgresql://u:p@db.example.com/kpi")
    server = configured_server()
    assert server is not None and server.url.endswith("?sslmode=require")
    assert "p@" not in repr(server)
