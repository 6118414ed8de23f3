"""Endpoints of the sandbox that do more than list: headers, stock by SKU, the platform's figures, rates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sandbox_fakes import GB, NOW, SHOPS, TH, Caller, FakeStore, sandbox

PERFORMANCE = "/analytics/202609/shop/performance"


def day(date_text: str, gmv: str, orders: int) -> dict[str, Any]:
    return {
        "start_date": date_text,
        "end_date": date_text,
        "sales": {
            "gmv": {"amount": gmv, "currency": "THB"},
            "orders_count": orders,
            "customers_count": orders,
            "avg_order_value": {"amount": "1.00", "currency": "THB"},
        },
        "breakdowns": {
            "content_breakdown": [
                {"channel": "SELLER", "content_type": "LIVE", "gmv": {"amount": "1.50", "currency": "THB"}}
            ]
        },
        "traffic": {"product_clicks": 3, "avg_conversation_rate": "0.1"},
    }


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    store = FakeStore()
    store.add("statement", GB, "S1", NOW - 100, {"id": "S1", "status": "PAID"})
    store.add("statement_header", GB, "S1", NOW - 100, {"id": "S1", "payable_amount": "-3.00"})
    for n in range(3):
        store.add("statement_transaction", GB, f"T{n}", NOW - 500 + n, {"id": f"T{n}"}, parent="S1")
    store.add("order", GB, "O1", NOW - 500, {"id": "O1"})
    store.add("order", GB, "O2", NOW - 500, {"id": "O2"})
    store.add(
        "order_transaction", GB, "O1", NOW - 500, {"order_id": "O1", "sku_transactions": [{"sku_id": "K1"}]}
    )
    for product, skus in (("P1", ["K1", "K2"]), ("P2", ["K3"])):
        body = {"product_id": product, "skus": [{"id": sku} for sku in skus]}
        store.add("inventory", GB, product, NOW - 500, body)
    store.add("shop_performance_day", TH, "2026-11-05", NOW, day("2026-11-05", "100.00", 4))
    store.add("shop_performance_day", TH, "2026-11-06", NOW, day("2026-11-06", "50.50", 2))
    store.add("shop_performance_day", TH, "2026-11-08", NOW, day("2026-11-08", "9.00", 1))
    for hour in range(2):
        body = {"index": hour, "gmv": {"amount": "2.25", "currency": "THB"}, "orders_count": 1, "visitors": 5}
        store.add("shop_performance_hour", TH, f"{hour:02}", NOW - 90_000 + hour, body, parent="2026-11-07")
    with sandbox(store) as caller:
        yield caller


def data(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def test_a_statement_has_its_header_on_every_page(caller: Caller) -> None:
    path, query = "/finance/202501/statements/S1/statement_transactions", {"sort_field": "order_create_time"}
    first = data(caller.call(path, {**query, "page_size": "2"}))
    rest = data(caller.call(path, {**query, "page_size": "2", "page_token": first["next_page_token"]}))
    assert [item["id"] for item in first["transactions"] + rest["transactions"]] == ["T0", "T1", "T2"]
    for page in (first, rest):
        assert (page["id"], page["payable_amount"], page["total_count"]) == ("S1", "-3.00", 3)
    assert rest["next_page_token"] == ""
    missing = caller.call("/finance/202501/statements/S9/statement_transactions", query)
    assert missing.json()["code"] == 36009004


def test_transactions_of_an_order(caller: Caller) -> None:
    settled = data(caller.call("/finance/202501/orders/O1/statement_transactions"))
    assert settled["sku_transactions"] == [{"sku_id": "K1"}]
    unsettled = data(caller.call("/finance/202501/orders/O2/statement_transactions"))
    assert unsettled["sku_transactions"] == []
    assert caller.call("/finance/202501/orders/O9/statement_transactions").json()["code"] == 36009004


def test_stock_by_product_and_by_sku(caller: Caller) -> None:
    path = "/product/202309/inventory/search"
    by_product = data(caller.call(path, body={"product_ids": ["P1"]}))["inventory"]
    assert by_product == [{"product_id": "P1", "skus": [{"id": "K1"}, {"id": "K2"}]}]
    # SKU ids take precedence and the product ids beside them are ignored, as documented.
    by_sku = data(caller.call(path, body={"product_ids": ["P2"], "sku_ids": ["K2"]}))["inventory"]
    assert by_sku == [{"product_id": "P1", "skus": [{"id": "K2"}]}]


def test_statements_by_payment_status(caller: Caller) -> None:
    query = {"sort_field": "statement_time", "payment_status": "PAID"}
    assert len(data(caller.call("/finance/202309/statements", query))["statements"]) == 1
    query["payment_status"] = "FAILED"
    assert data(caller.call("/finance/202309/statements", query))["statements"] == []


def performance(caller: Caller, **query: str) -> dict[str, Any]:
    window = {"start_date_ge": "2026-11-05", "end_date_lt": "2026-11-09"}
    return data(caller.call(PERFORMANCE, {**window, **query}, cipher=SHOPS[0].cipher))


def test_performance_by_day_ends_with_the_last_complete_day_of_the_shop(caller: Caller) -> None:
    # 00:00 UTC of the 8th is 07:00 in Bangkok: the 8th has begun, the 7th is complete.
    found = performance(caller, granularity="1D")
    assert found["latest_available_date"] == "2026-11-07"
    assert [item["start_date"] for item in found["performance"]["intervals"]] == ["2026-11-05", "2026-11-06"]


def test_performance_in_total_leaves_out_what_does_not_add_up(caller: Caller) -> None:
    (total,) = performance(caller)["performance"]["intervals"]
    assert (total["start_date"], total["end_date"]) == ("2026-11-05", "2026-11-09")
    assert total["sales"] == {"gmv": {"amount": "150.50", "currency": "THB"}, "orders_count": 6}
    assert total["breakdowns"]["content_breakdown"] == [
        {"channel": "SELLER", "content_type": "LIVE", "gmv": {"amount": "3.00", "currency": "THB"}}
    ]
    assert total["traffic"] == {"product_clicks": 6}


def test_performance_in_dollars(caller: Caller) -> None:
    first, second = performance(caller, granularity="1D", currency="USD")["performance"]["intervals"]
    assert first["sales"]["gmv"] == {"amount": "2.80", "currency": "USD"}
    # 50.50 * 0.028 = 1.414
    assert second["sales"]["gmv"] == {"amount": "1.41", "currency": "USD"}
    assert first["sales"]["orders_count"] == 4


def test_performance_by_hour(caller: Caller) -> None:
    path = "/analytics/202510/shop/performance/2026-11-07/performance_per_hour"
    found = data(caller.call(path, cipher=SHOPS[0].cipher))["performance"]
    assert [item["index"] for item in found["intervals"]] == [0, 1]
    assert found["overall"] == {"gmv": {"amount": "4.50", "currency": "THB"}, "orders_count": 2}
    assert found["latest_available_timestamp"] == NOW


def test_exchange_rates(caller: Caller) -> None:
    answer = caller.http.get("/fx/v1/2026-10-30..2026-11-03", params={"base": "THB", "symbols": "CNY,USD"})
    assert answer.json() == {
        "amount": 1.0,
        "base": "THB",
        "start_date": "2026-10-30",
        "end_date": "2026-11-03",
        "rates": {
            day_text: {"CNY": 0.028, "USD": 0.028} for day_text in ("2026-10-30", "2026-11-02", "2026-11-03")
        },
    }
    assert b"0.0280000000" in answer.content, "decimals are written as they are, not as binary floats"
    open_end = caller.http.get("/fx/v1/2026-11-05..", params={"base": "THB", "symbols": "CNY"}).json()
    assert open_end["end_date"] == "2026-11-06", "nothing behind the world's clock, nothing on weekends"
    weekend = caller.http.get("/fx/v1/2026-11-07..2026-11-07", params={"base": "THB", "symbols": "CNY"})
    assert weekend.status_code == 404
    assert caller.http.get("/fx/v1/soon", params={"base": "THB", "symbols": "CNY"}).status_code == 422
    assert caller.http.get("/fx/v1/2026-11-05", params={"base": "THB"}).status_code == 422


@pytest.mark.parametrize(("options", "sent"), [({}, False), ({"room_id_regions": ("GB",)}, True)])
def test_order_lines_carry_the_live_room_in_some_regions_only(options: dict[str, Any], sent: bool) -> None:
    """TikTok announced the field for shops of the US only; the shop here is British. Everything else of a line stays."""
    line = {"id": "L1", "sku_id": "K1", "is_gift": False, "room_id": "730000000000000000", "package_id": "P"}
    store = FakeStore()
    store.add("order", GB, "O1", NOW - 500, {"id": "O1", "line_items": [line, {"id": "L2"}]})
    shown = line if sent else {name: value for name, value in line.items() if name != "room_id"}
    with sandbox(store, **options) as caller:
        details = caller.call("/order/202507/orders", {"ids": "O1"})
        for orders in (data(details)["orders"], caller.all_orders()):
            assert orders == [{"id": "O1", "line_items": [shown, {"id": "L2"}]}]
