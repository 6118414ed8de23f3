"""Rows typed at the door."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop_fakes import NOW, order

from ingestion.engine.columns import Kind, Table, fields, first_text, money, text, times, written
from ingestion.engine.pages import Page
from ingestion.engine.rows import MISSING, Batch, Drift, build
from ingestion.engine.values import to_array
from ingestion.tables.finance import STATEMENT_TRANSACTION_LIST
from ingestion.tables.orders import ORDERS
from ingestion.tables.returns import RETURNS
from ingestion.tiktok_ads.gmv_max import CAMPAIGN_LIST, CREATIVE_DAILY, SETTINGS
from ingestion.tiktok_shop.finance import ORDER_TRANSACTION_LIST, STATEMENT_TOTALS, open_orders
from ingestion.tiktok_shop.resources import tables
from ingestion.tiktok_shop.returns import CANCELLATIONS

AT = datetime(2026, 11, 8, 1, 2, 3, 456789, tzinfo=UTC)


def page(records: list[Any], **changes: Any) -> Page:
    values: dict[str, Any] = {
        "source": "tiktok_shop",
        "shop_key": "7001",
        "resource": "orders",
        "endpoint": "search_orders",
        "version": "202309",
        "path": "/p",
        "query": {},
        "body": None,
        "window": None,
        "number": 1,
        "retrieved_at": AT,
        "request_id": "r",
        "records": records,
        "page_id": "page-1",
    }
    return Page(**(values | changes))


def orders(*records: Any) -> tuple[dict[str, pa.Table], Drift]:
    drift = Drift()
    return build(ORDERS, [page(list(records))], drift), drift


def first(records: Any, table: str = "orders") -> dict[str, Any]:
    row: dict[str, Any] = orders(*records)[0][table].to_pylist()[0]
    return row


def test_an_order_becomes_typed_rows() -> None:
    built, drift = orders(order(1, NOW))
    row = built["orders"].to_pylist()[0]
    assert row["shop_key"] == "7001" and row["page_id"] == "page-1" and row["retrieved_at"] == AT
    assert row["update_time"] == datetime(2026, 11, 8, tzinfo=UTC)
    assert row["payment__sub_total"] == Decimal("180.0000")
    assert row["payment__total_amount"] == Decimal("200.5000")
    assert row["line_count"] == 2 and row["is_cod"] is False and row["currency"] == "THB"
    lines = built["order_lines"].to_pylist()
    assert [line["line_index"] for line in lines] == [0, 1]
    assert {line["order_id"] for line in lines} == {row["order_id"]}
    assert lines[0]["order_update_time"] == row["update_time"]
    assert lines[0]["item_tax_amount"] is None and lines[1]["item_tax_amount"] == Decimal("3.3500")
    assert lines[0]["is_combo"] is False
    assert built["order_line_components"].num_rows == 0
    assert not drift.seen


def test_parts_of_a_line_in_whichever_field_they_are_told() -> None:
    """Guards cost and demand of parts that are told as a combined listing, and parts that both fields tell."""
    one = order(1, NOW)
    combined, both = one["line_items"]
    pair = [{"sku_id": "cup", "sku_count": 2, "product_id": "p", "seller_sku": "CUP"}, {"sku_id": "pot"}]
    combined["combined_listing_skus"] = [*pair, {"sku_id": combined["sku_id"], "sku_count": 1}, "damaged"]
    both["combined_listing_skus"] = pair
    both["sub_item_info"] = [{"id": "9", "sku_id": "cup", "seller_sku": "CUP"}]
    combined["distance_fee"], combined["distance_shipping_fee"] = "1500", "700"
    combined["product_listing_type"] = "TEMPORARY LISTING"
    built, drift = orders(one)
    parts = [
        (row["line_id"], row["component_id"], row["sku_id"], row["seller_sku"])
        for row in built["order_line_components"].to_pylist()
    ]
    assert sorted(parts) == sorted(
        [
            (combined["id"], "combined:cup:1", "cup", "CUP"),
            (combined["id"], "combined:cup:2", "cup", "CUP"),
            (combined["id"], "combined:pot:1", "pot", None),
            (both["id"], "9", "cup", "CUP"),
        ]
    )
    lines = built["order_lines"].to_pylist()
    assert [line["is_combo"] for line in lines] == [True, True]
    assert [line["product_listing_type"] for line in lines] == ["TEMPORARY LISTING", None]
    assert lines[0]["distance_fee"] == Decimal(1500)
    assert lines[0]["distance_shipping_fee"] == Decimal(700)
    assert lines[1]["distance_fee"] is None, "not told is not none"
    assert not drift.seen


def test_the_state_of_a_creative_and_the_protection_of_the_return_are_kept() -> None:
    """They arrived and were dropped: nobody saw that a creative was not shown, or that a return was guaranteed."""
    account = {"advertiser_id": "7", "store_id": "s", "currency": "USD", "promotion_type": "PRODUCT"}
    ids = {"campaign_id": "1", "item_group_id": "p", "item_id": "v", "stat_time_day": "2026-10-01 00:00:00"}
    sent: list[tuple[Table, dict[str, Any], str, Any]] = [
        (
            CREATIVE_DAILY,
            {"dimensions": ids, "metrics": {"cost": "1.5", "creative_delivery_status": "NOT_DELIVERING"}},
            "creative_delivery_status",
            "NOT_DELIVERING",
        ),
        (
            CAMPAIGN_LIST,
            {"campaign_id": "1", "roi_protection_compensation_status": "IN_EFFECT"},
            "roi_protection_compensation_status",
            "IN_EFFECT",
        ),
        (SETTINGS, {"campaign_id": "1", "roi_protection_enabled": True}, "roi_protection_enabled", True),
        (SETTINGS, {"campaign_id": "1"}, "roi_protection_enabled", None),
    ]
    for table, record, column, value in sent:
        drift = Drift()
        answer = page([record], source="tiktok_ads", resource=table.name, context=account)
        (row,) = build(table, [answer], drift)[table.name].to_pylist()
        assert (row["advertiser_id"], row["campaign_id"], row[column]) == ("7", "1", value)
        assert not drift.seen


def test_nothing_is_null_and_zero_is_zero() -> None:
    row = first([order(1, NOW)])
    assert row["payment__tax"] == Decimal(0)
    assert row["payment__shipping_fee"] is None  # empty text
    assert row["payment__seller_discount"] is None  # absent
    assert row["cancel_time"] is None  # 0
    assert row["is_exchange_order"] is None
    assert row["_extra"] is None


@pytest.mark.parametrize(
    ("value", "cell", "kept"),
    [
        ("abc", None, "abc"),
        ({"amount": "1"}, None, {"amount": "1"}),
        (["1"], None, ["1"]),
        (True, None, True),
        ("NaN", None, "NaN"),
        ("1e99", None, "1e99"),
        (12, Decimal("12.0000"), None),
        (12.5, Decimal("12.5000"), None),
        ("1.23456", Decimal("1.2346"), "1.23456"),
        ("-1.00005", Decimal("-1.0001"), "-1.00005"),
    ],
)
def test_a_bad_amount_loses_neither_the_row_nor_the_value(value: Any, cell: Any, kept: Any) -> None:
    good = order(1, NOW)
    bad = order(2, NOW, payment={"currency": "THB", "sub_total": value})
    built, drift = orders(good, bad)
    rows = built["orders"].to_pylist()
    assert rows[0]["payment__sub_total"] == Decimal("180.0000") and rows[0]["_extra"] is None
    assert rows[1]["payment__sub_total"] == cell
    extra = json.loads(rows[1]["_extra"]) if rows[1]["_extra"] else {}
    assert extra.get("payment__sub_total") == kept
    assert [key[:2] for key in drift.seen] == [("orders", "payment__sub_total")]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("1794096000", datetime(2026, 11, 8, tzinfo=UTC)),
        ("yesterday", None),
        (-5, None),
        (1794096000000, None),
    ],
)
def test_a_time_of_another_type(value: Any, cell: Any) -> None:
    built, drift = orders(order(1, NOW, paid_time=value), order(2, NOW))
    assert built["orders"].column("paid_time").to_pylist()[0] == cell
    assert built["orders"].column("paid_time").to_pylist()[1] is not None
    assert len(drift.seen) == 1


def test_objects_and_lists_of_another_type() -> None:
    built, drift = orders(
        order(1, NOW, payment="paid", line_items={"id": "1"}),
        order(2, NOW, line_items=None),
        order(3, NOW, line_items=["line", None, {"id": "31"}]),
    )
    rows = built["orders"].to_pylist()
    assert json.loads(rows[0]["_extra"]) == {"payment": "paid", "line_items": {"id": "1"}}
    assert rows[0]["payment__sub_total"] is None
    assert [row["line_count"] for row in rows] == [None, None, 3]
    assert built["order_lines"].column("line_id").to_pylist() == ["31"]
    assert drift.seen["order_lines", "line_id", MISSING] == 2
    assert drift.unkeyed() == 2


def test_a_record_without_its_key_is_set_aside() -> None:
    broken = order(1, NOW)
    del broken["id"]
    built, drift = orders(broken, order(2, NOW), {"_value": "text"})
    assert built["orders"].num_rows == 1
    assert built["order_lines"].num_rows == 2
    assert drift.unkeyed("orders") == 2


def test_unknown_fields_are_kept_and_reported() -> None:
    new = order(2, NOW, gift_wrap={"paper": "red"})
    new["payment"]["moon_fee"] = "1.50"
    new["line_items"][1]["colour"] = "blue"
    built, drift = orders(order(1, NOW), new)
    rows = built["orders"].to_pylist()
    assert rows[0]["_extra"] is None
    assert json.loads(rows[1]["_extra"]) == {"gift_wrap": {"paper": "red"}, "payment__moon_fee": "1.50"}
    assert [row["_extra"] for row in built["order_lines"].to_pylist()][:3] == [None, None, None]
    assert json.loads(built["order_lines"].to_pylist()[3]["_extra"]) == {"colour": "blue"}
    assert dict(drift.seen) == {
        ("orders", "gift_wrap", "object"): 1,
        ("orders", "payment__moon_fee", "string"): 1,
        ("order_lines", "colour", "string"): 1,
    }


def test_ids_that_come_as_numbers() -> None:
    row = first([order(1, NOW, id=576461413038785752)])
    assert row["order_id"] == "576461413038785752"


def test_first_element_of_a_list_of_amounts() -> None:
    record = {
        "return_id": "1",
        "order_id": "2",
        "shipping_fee_amount": [{"currency": "THB", "seller_paid_return_shipping_fee": "3.5"}],
        "refund_amount": {"currency": "THB", "refund_total": "10"},
    }
    built = build(RETURNS, [page([record, {"return_id": "2", "shipping_fee_amount": []}])], Drift())
    rows = built["returns"].to_pylist()
    assert rows[0]["seller_paid_return_shipping_fee"] == Decimal("3.5000")
    assert rows[1]["seller_paid_return_shipping_fee"] is None
    assert rows[0]["refund_total"] == Decimal("10.0000")


def transaction(**changes: Any) -> dict[str, Any]:
    record = {
        "id": "t1",
        "type": "ORDER",
        "order_id": "o1",
        "settlement_amount": "80.00",
        "revenue_amount": "100.00",
        "shipping_cost_amount": "-5.00",
        "fee_tax_amount": "-15.00",
        "adjustment_amount": "0",
        "revenue_breakdown": {
            "subtotal_before_discount_amount": "110.00",
            "seller_discount_amount": "-10.00",
        },
        "shipping_cost_breakdown": {
            "actual_shipping_fee_amount": "-5.00",
            "shipping_fee_discount_amount": "0.00",
            "supplementary_component": {"shipping_fee_subsidy_amount": "1.00"},
        },
        "fee_tax_breakdown": {"fee": {"platform_commission_amount": "-14.00", "new_fee": "-1.00"}, "tax": {}},
        "supplementary_component": {"customer_payment_amount": "99.00"},
    }
    return record | changes


@pytest.mark.parametrize(
    ("actions", "found"),
    [
        (
            [{"action": "SELLER_RESPOND_REFUND", "deadline": 1_700_000_000}],
            ("SELLER_RESPOND_REFUND", 1_700_000_000),
        ),
        # The earliest of several, wherever it stands:
        (
            [
                {"action": "SELLER_RESPOND_RETURN", "deadline": 1_700_000_500},
                {"action": "SELLER_RESPOND_RECEIVE_PACKAGE", "deadline": 1_700_000_100},
                {"action": "SELLER_RESPOND_REPLACEMENT"},
            ],
            ("SELLER_RESPOND_RECEIVE_PACKAGE", 1_700_000_100),
        ),
        # Without a time it is still to be done:
        ([{"action": "SELLER_RESPOND_RETURN", "deadline": 0}], ("SELLER_RESPOND_RETURN", None)),
        ([], (None, None)),
        (None, (None, None)),
        ("later", (None, None)),
        (["later"], (None, None)),
    ],
)
@pytest.mark.parametrize(("tables", "key"), [(RETURNS, "return_id"), (CANCELLATIONS, "cancel_id")])
def test_what_the_seller_has_to_answer_and_until_when(
    tables: Table, key: str, actions: Any, found: tuple[str | None, int | None]
) -> None:
    """Guards deadlines that nobody can keep, as they were dropped."""
    built = build(tables, [page([{key: "1", "seller_next_action_response": actions}])], Drift())
    (row,) = built[tables.name].to_pylist()
    deadline = row["next_action_deadline"]
    assert (row["next_action"], deadline and int(deadline.timestamp())) == found


def test_breakdowns_become_components() -> None:
    odd = transaction(id="t2", fee_tax_breakdown={"levy": {"moon_levy": "-2"}, "loose": "-3"})
    pages = [
        page(
            [transaction(), odd],
            context={"statement_id": "s1", "statement_time": NOW},
            envelope={"id": "s1", "currency": "THB", "total_settlement_amount": "80"},
        )
    ]
    built = build([STATEMENT_TRANSACTION_LIST, STATEMENT_TOTALS], pages, Drift())
    row = built["statement_transactions"].to_pylist()[0]
    assert row["statement_id"] == "s1" and row["currency"] == "THB"
    assert row["statement_time"] == datetime(2026, 11, 8, tzinfo=UTC)
    found = {
        (row["transaction_id"], row["component_group"], row["component"]): row["amount"]
        for row in built["statement_transaction_components"].to_pylist()
    }
    assert found["t1", "revenue", "seller_discount_amount"] == Decimal(-10)
    assert found["t1", "shipping_supplementary", "shipping_fee_subsidy_amount"] == Decimal(1)
    assert found["t1", "fee", "new_fee"] == Decimal(-1)
    assert found["t1", "supplementary", "customer_payment_amount"] == Decimal(99)
    assert ("t1", "shipping", "shipping_fee_discount_amount") not in found
    # What the documents do not name is kept under its own path, never dropped.
    assert found["t2", "fee_tax_breakdown.levy", "moon_levy"] == Decimal(-2)
    assert found["t2", "fee_tax_breakdown", "loose"] == Decimal(-3)
    totals = built["statement_totals"].to_pylist()
    assert len(totals) == 1 and totals[0]["total_settlement_amount"] == Decimal(80)


def test_orders_that_do_not_add_up() -> None:
    pages = [
        page(
            [
                transaction(),
                transaction(order_id="printed", settlement_amount="120.00"),
                transaction(order_id="open", settlement_amount="79.99"),
                transaction(order_id=None, settlement_amount="1"),
            ],
            context={"statement_id": "s1", "statement_time": NOW},
        )
    ]
    built = build(STATEMENT_TRANSACTION_LIST, pages, Drift())
    assert open_orders(built["statement_transactions"]) == ["open"]
    assert open_orders(STATEMENT_TRANSACTION_LIST.schema.empty_table()) == []


def test_an_order_without_settlement_has_no_rows() -> None:
    built = build(ORDER_TRANSACTION_LIST, [page([], context={"order_id": "1"})], Drift())
    assert built["order_transactions"].num_rows == 0


def test_every_table_has_the_common_columns() -> None:
    names = [table.name for table in tables()]
    assert len(set(names)) == len(names) == 48
    for table in tables():
        assert {"shop_key", "retrieved_at", "page_id", "_extra"} <= set(table.schema.names)


def test_known_fields_are_read_from_text() -> None:
    assert fields("a b{c d[e]} f") == {"a": None, "b": {"c": None, "d": {"e": None}}, "f": None}


_values = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=True),
    st.booleans(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.integers(0, 4_000_000_000),
)


@settings(deadline=None)  # machines are slow at times
@given(st.lists(_values, max_size=12), st.sampled_from(list(Kind)))
def test_any_json_value_ends_in_a_cell_or_is_reported(values: list[Any], kind: Kind) -> None:
    array, misfits = to_array(values, kind)
    assert len(array) == len(values) and array.type == kind.value
    for index, value in enumerate(values):
        if array[index].as_py() is None:
            unset = value in (None, "") or (kind is Kind.TIME and value in (0, "0"))
            assert unset or index in misfits
    # One odd neighbour changes nothing for the others.
    for index, value in enumerate(values):
        alone, _ = to_array([value], kind)
        assert alone[0] == array[index] or (alone[0].as_py() is None and array[index].as_py() is None)


@settings(deadline=None)  # machines are slow at times
@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=5), min_size=1, max_size=6))
def test_building_by_pages_equals_building_at_once(shape: list[list[str]]) -> None:
    table = Table("t", (text("id"), money("m", "o.m"), *times("t")), key=("id",), known=fields("id o{m} t"))
    records = [
        [
            {"id": name}
            | ({"o": {"m": "1.5", "x": 1}} if name == "a" else {"o": None} if name == "b" else {})
            | ({"t": NOW} if name in "ac" else {})
            for name in part
        ]
        for part in shape
    ]
    whole = build(table, [page([record for part in records for record in part])], Drift())["t"]
    drift = Drift()
    batch = Batch([table], drift)
    for part in records:
        one = Batch([table], Drift())
        one.add(page(part))
        batch.extend(one.settle())
    assert batch.finish()["t"].to_pylist() == whole.to_pylist()


def test_numbers_that_are_documented_as_text_are_no_drift() -> None:
    columns = (
        text("id"),
        written("at", Kind.TIME, "o.at"),
        written("rate", Kind.INT),
        written("bad", Kind.INT),
    )
    table = Table("t", columns, key=("id",), known=fields("id o{at} rate bad"))
    records: list[dict[str, Any]] = [
        {"id": "1", "o": {"at": str(NOW)}, "rate": "1550", "bad": "15.5 %"},
        {"id": "2", "o": {"at": NOW}, "rate": 1550, "bad": ""},
        {"id": "3", "o": None, "rate": None},
    ]
    drift = Drift()
    rows = build(table, [page(records)], drift)["t"].to_pylist()
    moment = datetime.fromtimestamp(NOW, UTC)
    assert [row["at"] for row in rows] == [moment, moment, None]
    assert [row["rate"] for row in rows] == [1550, 1550, None]
    assert [row["bad"] for row in rows] == [None, None, None]
    assert dict(drift.seen) == {("t", "bad", "string instead of integer"): 1}
    assert json.loads(rows[0]["_extra"]) == {"bad": "15.5 %"}


def test_a_text_that_stands_in_several_places() -> None:
    table = Table("t", (text("id"), first_text("currency", "a.currency", "b.currency")), key=("id",))
    records: list[dict[str, Any]] = [
        {"id": "1", "a": {"currency": "THB"}, "b": {"currency": "USD"}},
        {"id": "2", "a": {"currency": ""}, "b": {"currency": "USD"}},
        {"id": "3", "a": None, "b": "USD"},
    ]
    rows = build(table, [page(records)], Drift())["t"].to_pylist()
    assert [row["currency"] for row in rows] == ["THB", "USD", None]


def test_dates() -> None:
    array, misfits = to_array(["2026-11-01", "", None, "x"], Kind.DATE)
    assert array.to_pylist() == [date(2026, 11, 1), None, None, None] and list(misfits) == [3]
