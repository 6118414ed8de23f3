"""The sandbox's world: the same for the same seed, exact in its sums, with every case of a seller's year."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from ingestion.sandbox.world import generator
from ingestion.sandbox.world.catalog import SHOPS
from ingestion.sandbox.world.generator import generate
from ingestion.sandbox.world.store import Store
from ingestion.sandbox.world.truth import truth

CLOCK = 1_794_096_000  # 2026-11-08T00:00:00Z
SIZE: dict[str, int] = {"orders": 3000, "days": 60, "clock": CLOCK}
Json = dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sandbox") / "world"
    generate(directory, seed=7, **SIZE)
    return directory


@pytest.fixture(scope="module")
def store(world: Path) -> Store:
    return Store.open(world)


def bodies(
    store: Store, kind: str, clock: int = CLOCK, shop_id: str | None = None, **filters: Any
) -> Iterator[Json]:
    for shop in SHOPS:
        if shop_id in (None, shop.id):
            page = store.page(
                kind,
                shop.id,
                clock,
                field="create_time",
                ge=None,
                lt=None,
                order="ASC",
                after=None,
                limit=10**9,
                **filters,
            )
            yield from (orjson.loads(record.body) for record in page)


def content(store: Store) -> set[tuple[str, str, bytes]]:
    return {
        (shop.id, record.id, record.body)
        for shop in SHOPS
        for kind in ("order", "return", "statement_transaction", "payment")
        for record in store.page(
            kind, shop.id, CLOCK, field="create_time", ge=None, lt=None, order="ASC", after=None, limit=10**9
        )
    }


def test_the_seed_decides_everything(store: Store, tmp_path: Path) -> None:
    same = generate(tmp_path / "same", seed=7, **SIZE)
    other = generate(tmp_path / "other", seed=8, **SIZE)
    assert content(same) == content(store)
    assert content(other).isdisjoint({row for row in content(store) if b'"return_id"' in row[2]})


def test_the_past_has_exactly_the_orders_that_were_asked_for(store: Store) -> None:
    created = [order["create_time"] for order in bodies(store, "order")]
    assert len(created) == SIZE["orders"]
    assert min(created) >= CLOCK - SIZE["days"] * 86_400
    assert max(created) < CLOCK


def test_the_amounts_of_every_order_add_up(store: Store) -> None:
    for order in bodies(store, "order"):
        payment = {name: Decimal(value) for name, value in order["payment"].items() if name != "currency"}
        for line in order["line_items"]:
            parts = Decimal(line["seller_discount"]) + Decimal(line["platform_discount"])
            assert Decimal(line["sale_price"]) == Decimal(line["original_price"]) - parts >= 0
        assert payment["sub_total"] == sum(Decimal(line["sale_price"]) for line in order["line_items"])
        discounts = payment["seller_discount"] + payment["platform_discount"]
        assert payment["sub_total"] == payment["original_total_product_price"] - discounts
        fees = payment.get("retail_delivery_fee", Decimal(0)) + payment.get("buyer_service_fee", Decimal(0))
        assert (
            payment["total_amount"] == payment["sub_total"] + payment["shipping_fee"] + payment["tax"] + fees
        )
        assert payment["tax"] == payment["product_tax"] + payment["shipping_fee_tax"]


def test_a_bundle_s_parts_add_up_to_its_line(store: Store) -> None:
    bundles = [
        line for order in bodies(store, "order") for line in order["line_items"] if "sub_item_info" in line
    ]
    assert bundles
    for line in bundles:
        for name in ("original_price", "sale_price", "seller_discount", "platform_discount"):
            assert sum(Decimal(part[name]) for part in line["sub_item_info"]) == Decimal(line[name])


def test_the_dong_has_no_decimals(store: Store) -> None:
    vietnam = next(shop for shop in SHOPS if shop.currency == "VND")
    for order in bodies(store, "order", shop_id=vietnam.id):
        assert "." not in order["payment"]["total_amount"]


def test_every_statement_is_the_sum_of_its_transactions(store: Store) -> None:
    negative = 0
    for shop in SHOPS:
        for statement in bodies(store, "statement", shop_id=shop.id):
            rows = list(bodies(store, "statement_transaction", shop_id=shop.id, parent=statement["id"]))
            assert Decimal(statement["settlement_amount"]) == sum(
                Decimal(row["settlement_amount"]) for row in rows
            )
            negative += Decimal(statement["settlement_amount"]) < 0
    assert negative, "no statement is negative, although that happens to sellers"


def test_transactions_close_as_a_plain_sum_but_for_the_odd_ones(store: Store) -> None:
    odd = 0
    for row in bodies(store, "statement_transaction"):
        plain = sum(
            Decimal(row[f"{part}_amount"]) for part in ("revenue", "shipping_cost", "fee_tax", "adjustment")
        )
        odd += plain != Decimal(row["settlement_amount"])
    assert 0 < odd < 30


def test_all_cases_are_there(store: Store) -> None:
    orders = list(bodies(store, "order"))
    flags = Counter(
        flag
        for order in orders
        for flag in ("is_cod", "is_sample_order", "is_replacement_order", "is_exchange_order")
        if order.get(flag)
    )
    assert set(flags) == {"is_cod", "is_sample_order", "is_replacement_order", "is_exchange_order"}
    assert {order["status"] for order in orders} >= {
        "UNPAID",
        "IN_TRANSIT",
        "DELIVERED",
        "COMPLETED",
        "CANCELLED",
    }
    assert any("paid_time" not in order and order["status"] == "CANCELLED" for order in orders)
    assert any("paid_time" in order and order["status"] == "CANCELLED" for order in orders)
    lines = [(order, line) for order in orders for line in order["line_items"]]
    assert any(line["is_gift"] for _, line in lines)
    assert any(line.get("room_id") for _, line in lines)
    assert any(line["display_status"] == "CANCELLED" != order["status"] for order, line in lines)
    returns = list(bodies(store, "return"))
    assert {request["return_status"] for request in returns} >= {
        "RETURN_OR_REFUND_REQUEST_COMPLETE",
        "REPLACEMENT_REQUEST_REFUND_SUCCESS",
        "REPLACEMENT_REQUEST_COMPLETE",
        "REFUND_OR_RETURN_REQUEST_REJECT",
        "REJECT_RECEIVE_PACKAGE",
    }
    per_order = Counter((request["return_id"][:-2]) for request in returns)
    assert max(per_order.values()) > 1, "no order has several returns"
    types = {row["type"] for row in bodies(store, "statement_transaction")}
    assert types >= {"ORDER", "RESERVE", "GMV_PAYMENT_FOR_ADS", "DEDUCTIONS_INCURRED_BY_SELLER"}


def test_one_line_is_refunded_for_more_than_it_was_sold_for(store: Store) -> None:
    refunded: dict[str, Decimal] = defaultdict(Decimal)
    for request in bodies(store, "return"):
        for line in request["return_line_items"]:
            refunded[line["order_line_item_id"]] += Decimal(line["refund_amount"]["refund_subtotal"])
    sold = {
        line["id"]: Decimal(line["sale_price"])
        for order in bodies(store, "order")
        for line in order["line_items"]
    }
    assert any(amount > sold[line_id] for line_id, amount in refunded.items())


def test_an_order_id_exists_in_two_shops(store: Store) -> None:
    seen = Counter(order["id"] for order in bodies(store, "order"))
    assert max(seen.values()) > 1


def test_the_clock_shows_and_hides(store: Store) -> None:
    later = CLOCK + 3 * 86_400
    before = {(order["id"], order["status"]) for order in bodies(store, "order")}
    after = {(order["id"], order["status"]) for order in bodies(store, "order", later)}
    assert len({order_id for order_id, _ in after}) > len({order_id for order_id, _ in before})
    assert before - after, "nothing was updated in three days"
    assert all(order["update_time"] <= CLOCK for order in bodies(store, "order"))


def test_a_killed_generation_leaves_nothing_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(generator, "ProcessPoolExecutor", killed)
    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "world", seed=7, **SIZE)
    assert not (tmp_path / "world").exists()
    monkeypatch.undo()
    assert generate(tmp_path / "world", seed=7, orders=50, days=5, clock=CLOCK).meta.orders == 50


@pytest.mark.parametrize("wrong", [{"orders": 0}, {"days": 0}, {"clock": CLOCK + 1}])
def test_a_size_that_makes_no_world_is_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"world|clock"):
        generate(tmp_path / "world", seed=7, **{**SIZE, **wrong})


def test_the_truth_agrees_with_itself(world: Path) -> None:
    days = truth(world, CLOCK, "kpi_shop_daily")
    products = truth(world, CLOCK, "kpi_product_daily")
    for name in ("gmv", "net_gmv", "gmv_rc", "net_gmv_rc", "refunded_gmv"):
        assert sum(Decimal(row[name]) for row in days) == sum(Decimal(row[name]) for row in products)
    for row in days:
        parts = (
            Decimal(row["net_gmv_rc"]) + Decimal(row["cancelled_gmv_rc"]) + Decimal(row["refunded_gmv_rc"])
        )
        assert parts == Decimal(row["gmv_rc"])
    with pytest.raises(ValueError, match="no truth about"):
        truth(world, CLOCK, "nonsense")
