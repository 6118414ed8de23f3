"""One shop's sync: cursors, commits, trouble that stays where it is."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from dlt.destinations.impl.filesystem.filesystem import FilesystemClient
from shop_fakes import CONFIG, DAY, NOW, SHOP, FakeClient, order, raw, rows, run

import ingestion.engine.units as units_module
import ingestion.tiktok_shop.reading as reading_module
from home.layout import Home
from ingestion.engine.archive import Archive
from ingestion.engine.errors import AuthorizationRevoked, ScopeMissing, TransientApiError
from ingestion.engine.pipelines import ClockBehind, check_clock, recover
from ingestion.engine.units import ShopOutcome
from ingestion.sources import prepare
from ingestion.tiktok_shop.resources import tables

VOLATILE = ("_dlt_load_id", "page_id", "retrieved_at")


def log(outcome: ShopOutcome) -> dict[str, tuple[str, str | None]]:
    return {row.resource: (row.status, row.error_message) for row in outcome.log}


def orders(count: int, *, until: int = NOW, step: int = 3600) -> list[dict[str, Any]]:
    return [order(number, until - step * (count - number)) for number in range(count)]


def test_every_table_exists_after_the_first_sync(tmp_path: Path) -> None:
    outcome = run(Home(tmp_path), FakeClient({"search_orders": orders(5)}))
    assert {row.status for row in outcome.log} == {"ok"}
    for table in tables():
        files = list((tmp_path / "raw" / "tiktok_shop" / table.name).glob("*.parquet"))
        assert files, table.name
        for path in files:
            assert set(table.schema.names) | {"_dlt_load_id"} == set(pq.read_schema(path).names)
    types = {field.name: field.type for field in raw(Home(tmp_path), "orders").schema}
    for field in next(table for table in tables() if table.name == "orders").schema:
        assert types[field.name] == field.type


def test_the_next_sync_reads_the_look_back_only(tmp_path: Path) -> None:
    home = Home(tmp_path)
    client = FakeClient({"search_orders": orders(300)})
    first = run(home, client, "orders")
    assert not first.incremental and first.rows == {"orders": 300, "order_lines": 600}
    client.lists["search_orders"].append(order(999, NOW + 1800))
    second = run(home, client, "orders", until=NOW + 3600)
    # 48 hours of look-back at one order an hour (the bounds are half-open), and the new one.
    assert second.incremental and second.rows == {"orders": 49, "order_lines": 98}
    assert second.log[0].window_from == NOW - 2 * DAY and second.log[0].cursor == NOW + 3600
    assert len(set(raw(home, "orders").column("_dlt_load_id").to_pylist())) == 2


def test_cursors_belong_to_their_shop(tmp_path: Path) -> None:
    home = Home(tmp_path)
    client = FakeClient({"search_orders": orders(10)})
    run(home, client, "orders")
    other = run(home, client, "orders", shop=replace(SHOP, shop_id="7002"))
    assert not other.incremental and other.rows["orders"] == 10
    assert sorted(set(raw(home, "orders").column("shop_key").to_pylist())) == ["7001", "7002"]


def test_an_explicit_start_reads_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    client = FakeClient({"search_orders": orders(300)})
    run(home, client, "orders")
    again = run(home, client, "orders", since=NOW - 10 * DAY)
    assert again.rows["orders"] == 240
    assert run(home, client, "orders", since=NOW - 10 * DAY, until=NOW - 9 * DAY).rows["orders"] == 24
    assert run(home, client, "orders").log[0].cursor == NOW


def test_a_missing_scope_skips_its_resources_only(tmp_path: Path) -> None:
    def fail(name: str, page: int) -> None:
        if name == "search_returns":
            error = ScopeMissing("The seller has not granted seller.return_refund.basic.", code=105005)
            raise error

    outcome = run(
        Home(tmp_path), FakeClient({"search_orders": orders(3)}, fail), "orders", "returns", "payments"
    )
    assert log(outcome)["orders"] == ("ok", None)
    assert log(outcome)["returns"] == ("skipped", "The seller has not granted seller.return_refund.basic.")
    assert log(outcome)["payments"] == ("ok", None)
    assert outcome.log[1].error_code == 105005 and outcome.log[1].authorisation_state == "scope_missing"


def test_after_a_revocation_nothing_more_is_asked(tmp_path: Path) -> None:
    def fail(name: str, page: int) -> None:
        if name == "search_returns":
            raise AuthorizationRevoked("The seller has withdrawn the authorisation.")

    client = FakeClient({"search_orders": orders(3)}, fail)
    outcome = run(Home(tmp_path), client, "orders", "returns", "payments")
    assert [row.status for row in outcome.log] == ["ok", "failed", "failed"]
    assert {row.authorisation_state for row in outcome.log[1:]} == {"revoked"}
    assert client.calls["payments"] == 0
    assert outcome.rows["orders"] == 3


def test_what_came_before_a_failure_stays_and_the_rest_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(reading_module.sliced.__kwdefaults__, "rows", 100)  # type: ignore[arg-type]
    home, whole = Home(tmp_path / "a"), Home(tmp_path / "b")
    lists = {"search_orders": orders(900, step=DAY * 119 // 900)}
    calls = 0

    def fail(name: str, page: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 6:
            raise TransientApiError("Overloaded. Given up after 5 tries.", code=36009003)

    broken = run(home, FakeClient(lists, fail), "orders")
    assert broken.log[0].status == "failed" and broken.log[0].error_code == 36009003
    cursor = broken.log[0].cursor
    assert 0 < broken.rows["orders"] < 900 and cursor is not None and cursor < NOW
    run(home, FakeClient(lists), "orders")
    run(whole, FakeClient(lists), "orders")
    assert set(rows(home, "orders", *VOLATILE, "buyer_key")) == set(
        rows(whole, "orders", *VOLATILE, "buyer_key")
    )


def test_units_are_committed_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reading_module.sliced.__kwdefaults__, "rows", 100)  # type: ignore[arg-type]
    monkeypatch.setattr(units_module, "BATCH_RECORDS", 100)
    monkeypatch.setattr(units_module, "UNIT_ROWS", 600)
    home = Home(tmp_path)
    outcome = run(home, FakeClient({"search_orders": orders(1000)}), "orders", "returns", "payments")
    assert {row.status for row in outcome.log} == {"ok"}
    assert outcome.rows == {"orders": 1000, "order_lines": 2000}
    assert len(set(raw(home, "orders").column("_dlt_load_id").to_pylist())) == 3
    assert raw(home, "orders").num_rows == 1000
    assert len(set(raw(home, "orders").column("order_id").to_pylist())) == 1000


@pytest.mark.parametrize("method", ["complete_load", "_store_load"])
def test_a_load_that_was_not_completed_never_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    home = Home(tmp_path)
    client = FakeClient({"search_orders": orders(50)})

    class Killed(BaseException):
        pass

    def kill(*args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(FilesystemClient, method, kill)
        with pytest.raises(Killed):
            run(home, client, "orders")
    data = [path for path in (tmp_path / "raw/tiktok_shop/orders").glob("*.parquet") if path.name[0] != "0"]
    assert len(data) == 1  # copied, but never recorded
    data[0].write_bytes(data[0].read_bytes()[:100])  # as a kill amid copying leaves it
    outcome = run(home, client, "orders")
    assert outcome.log[0].status == "ok" and not outcome.incremental
    assert raw(home, "orders").num_rows == 50
    assert run(home, client, "orders").incremental


def test_a_damaged_working_folder_is_made_anew(tmp_path: Path) -> None:
    home = Home(tmp_path)
    client = FakeClient({"search_orders": orders(50)})
    run(home, client, "orders")
    for path in (tmp_path / "dlt" / "tiktok_shop__7001").glob("*.json"):
        path.write_text("{")
    outcome = run(home, client, "orders")
    assert outcome.log[0].status == "ok" and outcome.incremental  # the cursor is the one in the raw folder


def test_without_the_raw_folder_everything_is_read_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    client = FakeClient({"search_orders": orders(50)})
    run(home, client, "orders")
    home.raw.rename(tmp_path / "lost")
    outcome = run(home, client, "orders")
    assert not outcome.incremental and outcome.rows["orders"] == 50


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    client = FakeClient({"search_orders": orders(50)})
    home.root.mkdir(exist_ok=True)
    home.privacy_key()
    prepare(home)

    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(home.archive))

    with monkeypatch.context() as patched:
        patched.setattr("ingestion.engine.manifest.os.fsync", full)
        outcome = run(home, client, "orders", "returns")
    assert {row.status for row in outcome.log} == {"failed"}
    assert "No space left" in (outcome.log[0].error_message or "")
    assert "Free some space" in (outcome.log[0].error_message or "")
    assert run(home, client, "orders").rows["orders"] == 50


def test_a_snapshot_is_complete_or_not_there(tmp_path: Path) -> None:
    home = Home(tmp_path)
    lists = {"unsettled_transactions": [{"id": str(n), "est_settlement_amount": "1"} for n in range(250)]}

    def fail(name: str, page: int) -> None:
        if name == "unsettled_transactions" and page == 3:
            raise TransientApiError("Overloaded.")

    broken = run(home, FakeClient(lists, fail), "unsettled_transactions")
    assert broken.log[0].status == "failed" and broken.rows == {}
    assert list(Archive(home.archive).entries()) == []
    assert raw(home, "unsettled_transactions").num_rows == 0
    run(home, FakeClient(lists), "unsettled_transactions")
    found = raw(home, "unsettled_transactions")
    assert found.num_rows == 250 and len(set(found.column("snapshot_id").to_pylist())) == 1


def test_records_that_slip_over_a_page_edge_are_read_again(tmp_path: Path) -> None:
    class Slipping(FakeClient):
        def pages(self, endpoint: Any, shop: Any, **request: Any) -> Any:
            for answer in super().pages(endpoint, shop, **request):
                if self.calls["search_orders"] == 2:
                    del answer.data["orders"][0]
                yield answer

    client = Slipping({"search_orders": orders(250)})
    outcome = run(Home(tmp_path), client, "orders")
    assert outcome.log[0].error_message is None and client.calls["search_orders"] == 6
    assert len(set(raw(Home(tmp_path), "orders").column("order_id").to_pylist())) == 250


class Boasting(FakeClient):
    """Announces 99 records in every answer."""

    def pages(self, endpoint: Any, shop: Any, **request: Any) -> Any:
        for answer in super().pages(endpoint, shop, **request):
            answer.data["total_count"] = 99
            yield answer


def test_a_list_that_stays_short_of_its_count_fails_and_keeps_what_came(tmp_path: Path) -> None:
    """Guards a page that never comes and that nobody misses: the cursor would pass it for ever."""
    home, client = Home(tmp_path), Boasting({"search_orders": orders(10)})
    outcome = run(home, client, "orders")
    (log,) = outcome.log
    assert (log.status, log.cursor, client.calls["search_orders"]) == ("failed", None, 3)
    told = log.error_message or ""
    for part in (
        "announced 99 records for the window",
        "gave 10 in 3 readings",
        SHOP.name,
        "req-1",
        "short_lists",
    ):
        assert part in told
    assert len(set(raw(home, "orders").column("order_id").to_pylist())) == 10
    assert run(home, FakeClient({"search_orders": orders(10)}), "orders").log[0].status == "ok"


def test_a_missing_page_that_comes_in_the_third_reading_is_not_noticed(tmp_path: Path) -> None:
    class Skipping(FakeClient):
        def pages(self, endpoint: Any, shop: Any, **request: Any) -> Any:
            for answer in super().pages(endpoint, shop, **request):
                if self.calls["search_orders"] not in (2, 5):
                    yield answer

    client = Skipping({"search_orders": orders(250)})
    outcome = run(Home(tmp_path), client, "orders")
    assert outcome.log[0].error_message is None and client.calls["search_orders"] == 9
    assert len(set(raw(Home(tmp_path), "orders").column("order_id").to_pylist())) == 250


def test_counts_that_are_known_to_be_off_are_noted_and_not_paid_for_thrice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop_fakes.CONFIG", replace(CONFIG, short_lists="accept"))
    client = Boasting({"search_orders": orders(10)})
    outcome = run(Home(tmp_path), client, "orders")
    assert outcome.log[0].status == "ok" and outcome.log[0].cursor is not None
    assert (
        "announced 99 records" in (outcome.log[0].error_message or "") and client.calls["search_orders"] == 2
    )


def test_stock_is_not_read_for_a_part_of_the_products(tmp_path: Path) -> None:
    """Guards stock read alone: a page of products that is missing would look like products without stock."""
    client = Boasting({"search_products": [{"id": "p1"}], "search_inventory": lambda *_: {"inventory": []}})
    outcome = run(Home(tmp_path), client, "inventory")
    assert outcome.log[0].status == "failed" and client.calls == {"search_products": 3}
    assert "announced 99 records" in (outcome.log[0].error_message or "")


def test_stock_is_not_read_for_the_products_before_a_list_broke(tmp_path: Path) -> None:
    """Guards half a snapshot of stock: the list of products failed on its second page, stock was read for the first."""

    def fail(name: str, page: int) -> None:
        if name == "search_products" and page == 2 and client.calls[name] == 2:
            raise TransientApiError("Overloaded.")

    asked: list[str] = []

    def stock(query: Any, body: Any, path: Any) -> dict[str, Any]:
        asked.extend(body["product_ids"])
        return {"inventory": []}

    products = [{"id": f"p{number}"} for number in range(150)]
    client = FakeClient({"search_products": products, "search_inventory": stock}, fail)
    outcome = run(Home(tmp_path), client, "products", "inventory")
    assert [log.status for log in outcome.log] == ["failed", "ok"]
    assert len(set(asked)) == 150, "the list was read once more, for the stock alone"


def test_an_answer_without_its_list(tmp_path: Path) -> None:
    client = FakeClient({"search_orders": lambda *_: {"orders": {"id": "1"}}})
    outcome = run(Home(tmp_path), client, "orders", "returns")
    assert outcome.log[0].status == "failed" and "'orders' is no list" in (outcome.log[0].error_message or "")
    assert outcome.log[0].cursor is None and outcome.log[1].status == "ok"


def test_records_without_a_key_are_told(tmp_path: Path) -> None:
    broken = order(1, NOW - 60)
    del broken["id"]
    outcome = run(Home(tmp_path), FakeClient({"search_orders": [broken, order(2, NOW - 50)]}), "orders")
    assert outcome.log[0].status == "ok" and outcome.rows["orders"] == 1
    assert "1 records without a key were set aside from orders" in (outcome.log[0].error_message or "")


def statement(number: int, amount: str) -> dict[str, Any]:
    return {
        "id": f"s{number}",
        "statement_time": NOW - number * DAY,
        "settlement_amount": amount,
        "revenue_amount": amount,
        "fee_amount": "0",
        "adjustment_amount": "0",
        "currency": "THB",
    }


def test_transactions_of_new_and_changed_statements(tmp_path: Path) -> None:
    asked: list[str] = []
    open_order = {
        "id": "t9",
        "type": "ORDER",
        "order_id": "o9",
        "settlement_amount": "5",
        "revenue_amount": "9",
    }

    def transactions(query: Any, body: Any, path: Mapping[str, str]) -> dict[str, Any]:
        asked.append(path["statement_id"])
        return {"id": path["statement_id"], "currency": "THB", "transactions": [open_order]}

    def by_order(query: Any, body: Any, path: Mapping[str, str]) -> dict[str, Any]:
        asked.append(path["order_id"])
        return {
            "order_id": path["order_id"],
            "currency": "THB",
            "sku_transactions": [{"sku_id": "k", "quantity": "1"}],
        }

    home = Home(tmp_path)
    client = FakeClient(
        {
            "statements": [statement(n, "10.00") for n in (3, 2, 1)],
            "statement_transactions": transactions,
            "order_transactions": by_order,
        }
    )
    names = ("statements", "statement_transactions", "order_transactions")
    run(home, client, *names)
    assert asked == ["s3", "s2", "s1", "o9"]
    assert raw(home, "order_transactions").column("quantity").to_pylist() == [1]
    assert raw(home, "statement_totals").num_rows == 3
    asked.clear()
    run(home, client, *names)
    assert asked == []
    client.lists["statements"][1] = statement(2, "11.00") | {"payment_status": "PAID"}
    client.lists["statements"][2] = statement(1, "10.00") | {"payment_status": "PAID"}

    def fail(name: str, page: int) -> None:
        if name == "statement_transactions":
            raise TransientApiError("Overloaded.")

    client.fail = fail
    run(home, client, *names)
    client.fail = lambda name, page: None
    run(home, client, *names)
    assert asked == ["s2", "o9"]  # amounts changed; a payment alone changes no transaction
    asked.clear()
    run(home, client, *names, since=NOW - 2 * DAY)
    assert asked == ["s2", "s1", "o9"]  # asked for again, so all of them, though nothing changed


def test_the_clock_must_not_be_behind(tmp_path: Path) -> None:
    home = Home(tmp_path)
    run(home, FakeClient({"search_orders": orders(5)}), "orders")
    check_clock(home.raw)
    with pytest.raises(ClockBehind, match="behind the newest load"):
        check_clock(home.raw, now=1_000_000_000.0)


def test_recover_leaves_complete_loads_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    run(home, FakeClient({"search_orders": orders(5)}), "orders")
    assert recover(home.raw) == 0
    prepare(home)
    assert raw(home, "orders").num_rows == 5
