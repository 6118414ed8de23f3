"""Views in a Bitable: only what differs is written, in batches, again after every kind of trouble, and status knows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bitable_server import APP_ID, APP_SECRET, APP_TOKEN, Bitable, bitable, no
from control_helpers import change_marts, describe, make_home, mark_audited
from filelock import FileLock
from rich.console import Console

from home.audit_log import entries
from home.errors import ConfigError
from home.layout import Home
from orchestration.cli import main
from orchestration.cli.status_report import show_status
from orchestration.deliver.bitable.bring import TableReport, bring
from orchestration.deliver.bitable.client import BitableBusy, BitableFailed, Client
from orchestration.deliver.bitable.config import Base, configured_base
from orchestration.deliver.bitable.fields import NoKey
from orchestration.deliver.bitable.state import base_state, bring_base
from orchestration.publish.publish import publish
from orchestration.status import status

DAYS = 3


@pytest.fixture
def server() -> Iterator[Bitable]:
    with bitable() as state:
        yield state


@pytest.fixture
def home(tmp_path: Path, server: Bitable, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A published home with three days of a shop, and the Bitable that its configuration names."""
    home = make_home(tmp_path / "home")
    monkeypatch.setenv("TTKPI_HOME", str(home.root))
    section = "DESTINATION__BITABLE__"
    for key, value in {
        "APP_TOKEN": APP_TOKEN,
        "APP_ID": APP_ID,
        "APP_SECRET": APP_SECRET,
        "VIEWS": "kpi_shop_daily",
        "BASE_URL": server.url,
        "REQUESTS_PER_SECOND": "0",
    }.items():
        monkeypatch.setenv(section + key, value)
    monkeypatch.setattr("ingestion.engine.wire.backoff_seconds", lambda failures, retry_after: 0.0)
    change_marts(
        home,
        """
        create or replace table marts.kpi_shop_daily as
            select 'th' as shop_key, date '2026-11-01' + i::int as business_date, cast(100.5 + i as decimal(18, 4)) as gmv,
                cast(i as bigint) as paid_orders, cast(0.25 as double) as refund_rate, i = 0 as is_provisional,
                timestamptz '2026-11-01 17:00:00+00' as read_at, case i when 0 then null else '=A' || i end as note
            from range(3) as days(i)
        """,
    )
    describe(
        home,
        "kpi_shop_daily",
        {
            "gmv": "What buyers paid. · 成交额",
            "shop_key": "The shop. · 店铺键",
            "business_date": "The day. · 业务日",
            "paid_orders": "Orders. · 订单数",
            "refund_rate": "Share. · 退款率",
            "is_provisional": "May change. · 是否暂定",
            "read_at": "When. · 读取时间",
            "note": "Note. · 备注",
        },
    )
    key_test(home, "kpi_shop_daily", ["shop_key", "business_date"])
    mark_audited(home)
    publish(home)
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


def again(home: Home, sql: str) -> None:
    """Another publication after a change of the marts."""
    change_marts(home, sql)
    mark_audited(home)
    publish(home)


def base() -> Base:
    found = configured_base()
    assert found is not None
    return found


def brought(home: Home, **options: Any) -> TableReport:
    client = Client(base(), sleep=lambda seconds: None)
    try:
        _, (report,) = bring(home, base(), client, **options)
    finally:
        client.close()
    return report


def counts(report: TableReport) -> tuple[int, int, int]:
    return report.created, report.updated, report.deleted


def test_fields_have_chinese_names_and_types_and_records_the_values(home: Home, server: Bitable) -> None:
    report = brought(home)
    assert report.is_new and counts(report) == (3, 0, 0)
    table = server.table("kpi_shop_daily")
    assert {name: one["type"] for name, one in table.fields.items()} == {
        "键": 1, "店铺键": 1, "业务日": 5, "成交额": 2, "订单数": 2, "退款率": 2, "是否暂定": 7, "读取时间": 5, "备注": 1, "内容摘要": 1,
    }  # fmt: skip
    assert table.fields["退款率"]["property"] == {"formatter": "0.00%"} and table.fields["成交额"][
        "property"
    ] == {"formatter": "1,000.00"}
    first = table.values()["th | 2026-11-01"]
    # Midnight of the day in the reporting zone, UTC+8.
    day = round(datetime(2026, 10, 31, 16, tzinfo=UTC).timestamp() * 1000)
    assert {name: value for name, value in first.items() if name != "内容摘要"} == {
        "键": "th | 2026-11-01", "店铺键": "th", "业务日": day, "成交额": 100.5, "订单数": 0, "退款率": 0.25, "是否暂定": True,
        "读取时间": round(datetime(2026, 11, 1, 17, tzinfo=UTC).timestamp() * 1000),
    }  # fmt: skip


def test_only_what_differs_is_written(home: Home, server: Bitable) -> None:
    """A changed value, a row that is new, one that is gone, one that became unknown; people's own fields stay."""
    brought(home)
    table = server.table("kpi_shop_daily")
    table.fields["负责人"] = {"field_name": "负责人", "type": 1}
    for one in table.records.values():
        one["负责人"] = "Lin"
    assert counts(brought(home)) == (0, 0, 0)
    again(
        home,
        "update marts.kpi_shop_daily set gmv = 7, note = null where business_date = '2026-11-02';"
        "delete from marts.kpi_shop_daily where business_date = '2026-11-03';"
        "insert into marts.kpi_shop_daily select 'th', date '2026-11-04', 9, 9, 0.5, false, timestamptz '2026-11-01 17:00:00+00', 'new'",
    )
    server.calls.clear()
    assert counts(brought(home)) == (1, 1, 1)
    assert (
        server.calls["batch_update records"],
        server.calls["batch_delete records"],
        server.calls["batch_create records"],
    ) == (1, 1, 1)
    values = table.values()
    assert {*values} == {"th | 2026-11-01", "th | 2026-11-02", "th | 2026-11-04"}
    assert (
        values["th | 2026-11-02"]["成交额"],
        values["th | 2026-11-02"]["备注"],
        values["th | 2026-11-02"]["负责人"],
    ) == (7, None, "Lin")


def test_many_rows_go_in_batches(home: Home, server: Bitable, monkeypatch: pytest.MonkeyPatch) -> None:
    """1,201 rows are three requests, and as many to delete them; the platform refuses more than 500 deletions at once."""
    monkeypatch.setenv("DESTINATION__BITABLE__DAYS", "0")
    again(
        home,
        "insert into marts.kpi_shop_daily select 's' || i, date '2026-11-01', i, 1, 0.5, false, null, '' from range(1198) t(i)",
    )
    assert counts(brought(home)) == (1201, 0, 0)
    assert server.calls["batch_create"] == 3 and len(server.table("kpi_shop_daily").records) == 1201
    again(home, "delete from marts.kpi_shop_daily where shop_key <> 'th'")
    assert counts(brought(home)) == (0, 0, 1198) and server.calls["batch_delete"] == 3
    assert server.calls["search"] == 3  # pages of 500


def test_a_dry_run_writes_nothing(home: Home, server: Bitable, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "bitable", "--dry-run"]) == 0
    assert (
        server.tables == {}
        and "kpi_shop_daily (new table): 3 records, 3 to create" in capsys.readouterr().out
    )
    brought(home)
    again(home, "delete from marts.kpi_shop_daily where business_date = '2026-11-03'")
    assert main(["export", "bitable", "--dry-run"]) == 0
    assert "0 to create, 0 to update, 1 to delete" in capsys.readouterr().out
    assert len(server.table("kpi_shop_daily").records) == 3


def test_a_run_that_was_ended_is_gone_on_with(
    home: Home, server: Bitable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second batch is refused: what the first has written is neither lost nor written twice."""
    monkeypatch.setattr("orchestration.deliver.bitable.bring.BATCH", 2)
    refused = iter([None, no(1254103, "RecordExceedLimit")])
    server.before = lambda path, body: next(refused, None) if path.endswith("batch_create") else None
    with pytest.raises(BitableFailed, match="1254103") as caught:
        brought(home)
    assert "Lower destination.bitable.days" in caught.value.advice
    assert len(server.table("kpi_shop_daily").records) == 2
    assert counts(brought(home)) == (1, 0, 0) and len(server.table("kpi_shop_daily").values()) == 3


def test_half_a_batch_is_made_whole(home: Home, server: Bitable) -> None:
    """The platform has written one record of a batch and said no: the documentation leaves open whether it may."""

    def half(path: str, body: dict[str, Any]) -> Any:
        if not path.endswith("batch_create") or server.calls["batch_create"] > 1:
            return None
        table = next(iter(server.tables.values()))
        table.records["rec-half"] = dict(body["records"][0]["fields"])
        return no(1254130, "TooLargeCell")

    server.before = half
    with pytest.raises(BitableFailed, match="1254130"):
        brought(home)
    assert counts(brought(home)) == (2, 0, 0) and len(server.table("kpi_shop_daily").records) == 3


def test_an_answer_that_is_lost_makes_no_record_twice(
    home: Home, server: Bitable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`client_token`: the same request again is the same records."""
    monkeypatch.setattr("orchestration.deliver.bitable.client._TIMEOUT_SECONDS", 0.3)
    lost = iter([True])

    def lose(path: str, body: dict[str, Any]) -> None:
        if path.endswith("batch_create") and next(lost, False):
            server.answers.append(0.6)

    server.before = lose  # type: ignore[assignment]
    assert counts(brought(home)) == (3, 0, 0)
    assert server.calls["batch_create"] == 2 and len(server.table("kpi_shop_daily").records) == 3


def test_records_that_are_there_twice_or_were_deleted_by_hand_are_put_right(
    home: Home, server: Bitable
) -> None:
    """Two senders, and a person who tidies up."""
    brought(home)
    table = server.table("kpi_shop_daily")
    first, second, _ = table.records
    table.records["rec-twice"] = dict(table.records[first])
    del table.records[second]
    table.records["rec-blank"] = {}
    assert counts(brought(home)) == (1, 0, 2)
    assert (
        sorted(table.values()) == ["th | 2026-11-01", "th | 2026-11-02", "th | 2026-11-03"]
        and len(table.records) == 3
    )


@pytest.mark.parametrize(
    "trouble",
    [
        no(99991400, "request trigger frequency limit", 429, **{"x-ogw-ratelimit-reset": "2"}),
        no(1254290, "TooManyRequest"),
        no(1254291, "Write conflict"),
        no(1254607, "Data not ready, please try again later"),
        no(1255040, "Request timed out", 504),
        no(99991663, "Invalid access token for authorization.", 400),
    ],
    ids=lambda answer: str(answer[1]["code"]),
)
def test_what_passes_is_tried_again(home: Home, server: Bitable, trouble: Any) -> None:
    server.answers.append(trouble)
    assert counts(brought(home)) == (3, 0, 0) and len(server.table("kpi_shop_daily").records) == 3


def test_a_token_is_renewed_before_its_end(home: Home, server: Bitable) -> None:
    """With 200 s left it is asked for anew, as the last minutes of a long run would be refused."""
    server.seconds = 200
    brought(home)
    assert server.calls["token"] == server.calls["all"]
    server.calls.clear()
    server.seconds = 7200
    brought(home)
    assert server.calls["token"] == 1


def test_requests_keep_to_the_limit(home: Home, server: Bitable, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setenv("DESTINATION__BITABLE__REQUESTS_PER_SECOND", "20")
    client = Client(base(), sleep=waited.append)
    bring(home, base(), client)
    # 1 token, tables, create_table, batch_create: each but the first waits its twentieth of a second.
    assert client.requests == 4 and len(waited) == 3 and all(0 < one <= 0.15 for one in waited)
    client.close()
    monkeypatch.setenv("DESTINATION__BITABLE__REQUESTS_PER_SECOND", "60")
    with pytest.raises(ConfigError, match="takes 20 at most"):
        base()


@pytest.mark.parametrize(
    ("variable", "value", "said", "advice"),
    [
        ("APP_SECRET", "wrong", "10014", "app_secret"),
        ("APP_ID", "cli_other", "10003", "app_id"),
        ("APP_TOKEN", "bascnOther", "91402", "app_token"),
    ],
)
def test_what_does_not_pass_is_said_at_once(
    home: Home,
    server: Bitable,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    said: str,
    advice: str,
) -> None:
    monkeypatch.setenv(f"DESTINATION__BITABLE__{variable}", value)
    with pytest.raises(BitableFailed, match=said) as caught:
        brought(home)
    assert advice in caught.value.advice and APP_SECRET not in str(caught.value)


def test_two_programs_do_not_write_the_same(
    home: Home, server: Bitable, capsys: pytest.CaptureFixture[str]
) -> None:
    """Guards records that are there twice, as two programs read the table before either had written."""
    with FileLock(home.root / "bitable.lock"):
        assert main(["export", "bitable"]) == 2
        assert "Another program is just writing" in capsys.readouterr().err.replace("\n", " ")
        assert not server.tables
    assert main(["export", "bitable"]) == 0
    assert [len(table.records) for table in server.tables.values()] == [3]


def test_an_outage_stops_no_publication_and_is_caught_up(
    home: Home, server: Bitable, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is published, the state and the status say so, and the next publication or export catches up."""
    assert base_state(home) is not None and not base_state(home).is_current  # type: ignore[union-attr]
    server.before = lambda path, body: no(0, "maintenance", 503)
    change_marts(home, "update marts.kpi_shop_daily set gmv = 1")
    mark_audited(home)
    assert main(["publish"]) == 3
    said = capsys.readouterr()
    assert "Published" in said.out and "it answers 503" in said.err.replace("\n", " ")
    state = base_state(home)
    assert (
        state is not None and not state.is_current and state.publication_id is None and "503" in state.failed
    )
    text = io.StringIO()
    show_status(home, status(home), console=Console(file=text, width=400))
    assert (
        "The Bitable 多维表格 at" in text.getvalue() and "has not the current publication" in text.getvalue()
    )
    assert [(one["event"], one["outcome"]) for one in entries(home)][-1] == ("publish_bitable", "failed")
    server.before = lambda path, body: None
    assert main(["export", "bitable"]) == 0
    state = base_state(home)
    assert state is not None and state.is_current and state.changed == 3 and not state.failed
    again(home, "update marts.kpi_shop_daily set gmv = 2")
    assert not base_state(home).is_current  # type: ignore[union-attr]
    assert bring_base(home).changed == 3  # type: ignore[union-attr]


def test_a_field_of_another_type_is_refused_and_one_that_is_gone_is_made(home: Home, server: Bitable) -> None:
    brought(home)
    table = server.table("kpi_shop_daily")
    del table.fields["成交额"]
    for one in table.records.values():
        one.pop("成交额")
    report = brought(home)
    assert (
        report.new_fields == ("成交额",)
        and counts(report) == (0, 3, 0)
        and table.values()["th | 2026-11-01"]["成交额"] == 100.5
    )
    table.fields["成交额"] = {"field_name": "成交额", "type": 1}
    with pytest.raises(
        BitableFailed, match=r"成交额 of table kpi_shop_daily is a 文本 text, not a 数字 number"
    ):
        brought(home)


def test_what_can_not_be_kept_is_refused_before_anything_is_sent(
    home: Home, server: Bitable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__BITABLE__VIEWS", "kpi_product_daily")
    with pytest.raises(NoKey):
        brought(home)
    monkeypatch.setenv("DESTINATION__BITABLE__VIEWS", "kpi_shop_dayly")
    with pytest.raises(ConfigError, match="no table or view kpi_shop_dayly") as caught:
        brought(home)
    assert "kpi_shop_daily" in caught.value.advice
    monkeypatch.setenv("DESTINATION__BITABLE__VIEWS", "kpi_shop_daily")
    monkeypatch.setattr("orchestration.deliver.bitable.bring.MOST_ROWS", 2)
    with pytest.raises(ConfigError, match="has 3 rows"):
        brought(home)
    assert server.calls["all"] == 0
    # Of the newest two days there are two rows.
    monkeypatch.setenv("DESTINATION__BITABLE__DAYS", "2")
    assert counts(brought(home)) == (2, 0, 0)


def test_half_a_configuration_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESTINATION__BITABLE__APP_SECRET")
    with pytest.raises(ConfigError, match=r"destination\.bitable\.app_secret is not") as caught:
        configured_base()
    assert "DESTINATION__BITABLE__APP_SECRET" in caught.value.advice
    monkeypatch.setenv("DESTINATION__BITABLE__APP_SECRET", "x")
    monkeypatch.setenv("DESTINATION__BITABLE__BASE_URL", "http://open.feishu.cn")
    with pytest.raises(ConfigError, match="could be read on its way"):
        configured_base()
    monkeypatch.delenv("DESTINATION__BITABLE__APP_TOKEN")
    assert configured_base() is None and bring_base(home) is None
    assert main(["export", "bitable"]) == 2


def test_a_platform_that_stays_away_is_given_up(home: Home, server: Bitable) -> None:
    server.before = lambda path, body: no(1254290, "TooManyRequest")
    with pytest.raises(BitableBusy, match="Given up after 5 tries") as caught:
        brought(home)
    assert "ttkpi export bitable" in caught.value.advice and server.calls["all"] == 5
