"""Rows of exports become records of the API's shape; every number here is worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ingestion.seller_center.components import component_of
from ingestion.seller_center.entities import MAPPERS, Facts, Made, Mapper
from ingestion.seller_center.entities.base import split
from ingestion.seller_center.entities.settlement import statement_records
from ingestion.seller_center.sheets import Decisions, TypedRow
from ingestion.seller_center.words import code_of

DAY = date(2026, 11, 1)
Quarantined = list[tuple[str, int | None, str | None, str]]


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=UTC)


def unix(day: int, hour: int = 0) -> int:
    return int(at(day, hour).timestamp())


def mapper(
    kind: str, layout: str, *, currency: str = "THB", quarantined: Quarantined | None = None
) -> Mapper:
    decisions = Decisions(
        layout=layout,
        kind=kind,
        language="en",
        market="TH",
        zone="Asia/Bangkok",
        currency=currency,
        date_order="dmy",
        decimal_mark=".",
        period=(date(2026, 10, 1), date(2026, 10, 8)),
        downloaded_at=None,
        header_row=1,
        columns={},
        unknown=[],
        missing=[],
    )
    facts = Facts("f" * 64, "", decisions, "shop", "account", datetime(2026, 11, 1, tzinfo=UTC), [])
    found = quarantined if quarantined is not None else []
    return MAPPERS[kind](facts, lambda one: found.append((one.code, one.row, one.column, one.value)))


def rows(*values: dict[str, Any]) -> list[TypedRow]:
    return [TypedRow(number, one) for number, one in enumerate(values, start=2)]


def order_row(**values: Any) -> dict[str, Any]:
    return {
        "order_id": "577",
        "order_status": "Completed",
        "order_substatus": "Completed",
        "sku_id": "17",
        "quantity": 1,
        "sku_subtotal_before_discount": Decimal("120"),
        "sku_seller_discount": Decimal("15"),
        "sku_platform_discount": Decimal("5"),
        "sku_subtotal_after_discount": Decimal("100"),
        "order_amount": Decimal("340"),
        "created_time": at(1),
        "paid_time": at(1, 1),
    } | values


def take_orders(
    *values: dict[str, Any], quarantined: Quarantined | None = None, currency: str = "THB"
) -> Made:
    return mapper("orders", "order_vn_54", quarantined=quarantined, currency=currency).take(rows(*values))


def test_a_row_of_three_units_is_three_lines_that_add_up_to_it() -> None:
    """Guards a GMV that loses a satang per row: 100 / 3 is 33.33, 33.33 and 33.34."""
    lines = take_orders(order_row(quantity=3))["orders"][0]["line_items"]
    assert [line["sale_price"] for line in lines] == ["33.33", "33.33", "33.34"]
    assert [line["original_price"] for line in lines] == ["40", "40", "40"]
    assert [line["id"] for line in lines] == ["file:17:1", "file:17:2", "file:17:3"]


def test_currencies_without_decimals_are_split_to_the_whole_unit() -> None:
    lines = take_orders(order_row(quantity=3), currency="VND")["orders"][0]["line_items"]
    assert [Decimal(line["sale_price"]) for line in lines] == [33, 33, 34]


@pytest.mark.parametrize(
    ("value", "parts"), [("-10", ["-3.33", "-3.33", "-3.34"]), ("0.01", ["0", "0", "0.01"])]
)
def test_the_last_part_takes_the_rest(value: str, parts: list[str]) -> None:
    assert split(Decimal(value), [1, 1, 1], "THB") == [Decimal(part) for part in parts]


def test_amounts_of_the_order_that_repeat_on_each_row_are_taken_once() -> None:
    """Guards an order of two SKUs whose shipping and total count twice."""
    found = take_orders(order_row(), order_row(sku_id="18", sku_subtotal_after_discount=Decimal("200")))
    (order,) = found["orders"]
    assert order["payment"]["total_amount"] == "340"
    assert order["payment"]["sub_total"] == "300"
    assert len(order["line_items"]) == 2


def test_the_latest_event_is_the_version_of_an_order() -> None:
    (order,) = take_orders(order_row(delivered_time=at(5)), order_row(sku_id="18", delivered_time=at(6)))[
        "orders"
    ]
    assert order["update_time"] == order["delivery_time"] == unix(6)
    assert order["create_time"] == unix(1)


@pytest.mark.parametrize(
    ("status", "substatus", "times", "code"),
    [
        ("To ship", "Awaiting collection", {}, "AWAITING_COLLECTION"),
        ("To ship", None, {"rts_time": at(2)}, "AWAITING_COLLECTION"),
        ("Shipped", None, {}, "IN_TRANSIT"),
        ("Shipped", None, {"delivered_time": at(3)}, "DELIVERED"),
        ("Shipped", "some new substatus", {}, "IN_TRANSIT"),
        ("Dibatalkan", "Dibatalkan", {}, "CANCELLED"),
        ("Đã hoàn tất", None, {}, "COMPLETED"),
    ],
)
def test_status_words_of_several_languages(
    status: str, substatus: str | None, times: dict[str, datetime], code: str
) -> None:
    (order,) = take_orders(order_row(order_status=status, order_substatus=substatus, **times))["orders"]
    assert order["status"] == order["line_items"][0]["display_status"] == code


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"order_substatus": "Completed"}, "COMPLETED"),
        ({"cancelled_time": at(3), "delivered_time": at(2)}, "CANCELLED"),
        ({"delivered_time": at(3), "shipped_time": at(2)}, "DELIVERED"),
        ({"shipped_time": at(3)}, "IN_TRANSIT"),
        ({"rts_time": at(3)}, "AWAITING_COLLECTION"),
        ({}, "AWAITING_SHIPMENT"),
        ({"paid_time": None, "payment_method": "COD"}, "AWAITING_SHIPMENT"),
        ({"paid_time": None, "payment_method": "Card"}, "UNPAID"),
    ],
)
def test_an_order_with_an_unknown_status_is_as_far_as_its_times_say(
    facts: dict[str, Any], status: str
) -> None:
    """Guards an order whose money disappears with a word that nobody knows."""
    quarantined: Quarantined = []
    row = order_row(order_status="Teleported", order_substatus="Beamed") | facts
    (order,) = take_orders(row, quarantined=quarantined)["orders"]
    assert (order["status"], order["line_items"][0]["sale_price"]) == (status, "100")
    assert quarantined == [("unknown_status", 2, "order_status", "Teleported")]


def test_an_order_without_one_of_its_rows_is_set_aside_whole() -> None:
    """Guards half an order that looks like a whole one."""
    quarantined: Quarantined = []
    found = take_orders(order_row(quantity=None), order_row(sku_id="18"), quarantined=quarantined)
    assert found["orders"] == []
    assert quarantined == [
        ("row_without_quantity", 2, "quantity", ""),
        ("order_incomplete", 3, "order_id", "577"),
    ]


def test_a_cancelled_row_leaves_the_rest_of_its_order_alive() -> None:
    (order,) = take_orders(order_row(order_status="Canceled", order_substatus=None), order_row(sku_id="18"))[
        "orders"
    ]
    assert order["status"] == "COMPLETED"
    assert [line["display_status"] for line in order["line_items"]] == ["CANCELLED", "COMPLETED"]


def test_a_refund_is_at_most_what_the_returned_units_cost() -> None:
    """350 were refunded, shipping among it; of SKU 17 one of two units (50 each) came back: 50 are merchandise."""
    found = take_orders(
        order_row(quantity=2, sku_quantity_of_return=1, order_refund_amount=Decimal("350")),
        order_row(
            sku_id="18", sku_subtotal_after_discount=Decimal("200"), order_refund_amount=Decimal("350")
        ),
    )
    (back,) = found["returns"]
    assert back["refund_amount"] == {"currency": "THB", "refund_total": "350", "refund_subtotal": "50"}
    assert [line["order_line_item_id"] for line in back["return_line_items"]] == ["file:17:1"]
    assert back["return_status"] == "RETURN_OR_REFUND_REQUEST_COMPLETE"
    assert "update_time" not in back


def test_a_refund_without_returned_units_is_spread_over_all_that_were_not_cancelled() -> None:
    """30 of 300 were refunded; lines of 100 and 200 take a third and two thirds."""
    found = take_orders(
        order_row(order_refund_amount=Decimal("30")),
        order_row(sku_id="18", sku_subtotal_after_discount=Decimal("200")),
        order_row(sku_id="19", order_status="Canceled", order_substatus=None),
    )
    lines = found["returns"][0]["return_line_items"]
    assert [Decimal(line["refund_amount"]["refund_subtotal"]) for line in lines] == [10, 20]


def test_a_cancelled_order_has_no_return() -> None:
    """Guards money that is taken off twice: as cancelled, and as refunded."""
    row = order_row(order_status="Canceled", order_substatus=None, order_refund_amount=Decimal("340"))
    assert take_orders(row)["returns"] == []


def test_what_was_refunded_for_cancelled_units_is_no_return() -> None:
    """Guards goods that are taken off twice: 100 went back as cancelled, 200 for a unit that came back."""
    gone = order_row(order_status="Canceled", order_substatus=None, cancelation_return_type="Cancel")
    kept = order_row(sku_id="18", sku_subtotal_after_discount=Decimal("200"))
    assert take_orders(gone | {"order_refund_amount": Decimal("100")}, kept)["returns"] == []
    back = {"sku_quantity_of_return": 1, "cancelation_return_type": "Return/Refund"}
    (found,) = take_orders(gone | {"order_refund_amount": Decimal("300")}, kept | back)["returns"]
    assert found["refund_amount"]["refund_subtotal"] == found["refund_amount"]["refund_total"] == "200"
    assert found["return_type"] == "RETURN_AND_REFUND"


@pytest.mark.parametrize(
    ("method", "is_cod"),
    [("Bayar di tempat", True), ("Cash on delivery", True), ("Visa", False), (None, None)],
)
def test_cash_on_delivery(method: str | None, is_cod: bool | None) -> None:
    assert take_orders(order_row(payment_method=method))["orders"][0]["is_cod"] is is_cod


def income_row(**values: Any) -> dict[str, Any]:
    return {
        "order_adjustment_id": "577",
        "type": "Order",
        "order_settled_time": at(10, 5),
        "currency": "PHP",
        "total_settlement_amount": Decimal("80"),
        "total_revenue": Decimal("100"),
        "subtotal_before_discounts": Decimal("110"),
        "seller_discounts": Decimal("-10"),
        "total_fees": Decimal("-20"),
        "transaction_fee": Decimal("-2.5"),
        "actual_shipping_fee": Decimal("-30"),
        "customer_shipping_fee": Decimal("15"),
        "gst": Decimal("-2.5"),
    } | values


def test_an_income_row_is_a_transaction_whose_parts_add_up() -> None:
    """Shipping is -30 + 15 = -15; of the fees of -20 the other -5 are fees and taxes; 100 - 15 - 5 = 80."""
    income = mapper("income", "income_ph_55")
    (row,) = income.take(rows(income_row()))["statement_transactions"]
    assert (row["revenue_amount"], row["shipping_cost_amount"], row["fee_tax_amount"]) == ("100", "-15", "-5")
    assert row["id"] == f"file:577:ORDER:{unix(10, 5)}"
    assert row["order_id"] == "577" and row["adjustment_id"] is None
    assert row["revenue_breakdown"] == {
        "subtotal_before_discount_amount": "110",
        "seller_discount_amount": "-10",
    }
    assert row["fee_tax_breakdown"]["tax"] == {"gst_amount": "-2.5"}
    assert row["shipping_cost_breakdown"]["customer_paid_shipping_fee_amount"] == "15"


def test_a_statement_is_the_sum_of_a_utc_day_and_currency() -> None:
    income = mapper("income", "income_ph_55")
    ads = income_row(
        order_adjustment_id="9",
        type="GMV Payment for TikTok Ads",
        total_settlement_amount=Decimal("-30"),
        total_revenue=Decimal(0),
        total_fees=Decimal(0),
        subtotal_before_discounts=None,
        seller_discounts=None,
        transaction_fee=None,
        actual_shipping_fee=None,
        customer_shipping_fee=None,
        gst=None,
        adjustment_amount=Decimal("-30"),
    )
    income.take(rows(income_row(), ads, income_row(order_adjustment_id="578", order_settled_time=at(11, 23))))
    first, second = statement_records([income])
    assert (first["id"], first["statement_time"]) == ("file:PHP:2026-10-10", unix(11))
    assert (first["settlement_amount"], first["adjustment_amount"], first["revenue_amount"]) == (
        "50",
        "-30",
        "100",
    )
    assert second["id"] == "file:PHP:2026-10-11"


def test_rows_that_are_the_same_keep_their_own_ids() -> None:
    """Guards two equal adjustments of a moment that become one."""
    income = mapper("income", "income_ph_55")
    made = income.take(rows(income_row(), income_row()))["statement_transactions"]
    assert len({row["id"] for row in made}) == 2


def test_an_unknown_type_of_transaction_is_carried() -> None:
    """Guards settlement that disappears with a word: who was paid by a customer is an order, the rest is unmapped."""
    quarantined: Quarantined = []
    income = mapper("income", "income_ph_55", quarantined=quarantined)
    fine = income_row(
        order_adjustment_id="9",
        type="Moon tax",
        total_revenue=None,
        subtotal_before_discounts=None,
        total_fees=None,
    )
    sale, other = income.take(rows(income_row(type="Moon sale"), fine))["statement_transactions"]
    assert (sale["type"], sale["order_id"]) == ("ORDER", "577")
    assert (other["type"], other["adjustment_id"], other["adjustment_amount"]) == ("UNMAPPED", "9", "80")
    assert quarantined == [
        ("unknown_type", 2, "type", "Moon sale"),
        ("unknown_type", 3, "type", "Moon tax"),
    ]


def test_unknown_fees_are_components_until_the_charges_are_complete() -> None:
    """Known charges are 30 - 15 + 2.50 + 2.50 = 20. Of 25 an unknown 5 is the rest; of 20 it only explains."""
    income = mapper("income", "income_ph_55")
    unknown = {"unmapped: Moon fee": Decimal("-5")}
    fee, part = income_row(total_fees=Decimal("-25")) | unknown, income_row() | unknown
    one, other = income.take(rows(fee, part))["statement_transactions"]
    assert one["fee_tax_breakdown"]["fee"]["unmapped: Moon fee"] == "-5"
    assert other["supplementary_component"]["unmapped: Moon fee"] == "-5"
    # Shipping stands apart: 25 - 15 and 20 - 15.
    assert (one["fee_tax_amount"], other["fee_tax_amount"]) == ("-10", "-5")


def test_the_us_workbook_adds_the_skus_of_an_order_and_names_its_statement() -> None:
    orders = mapper("settlement_pnl", "statement_profit_loss_us", currency="USD")
    sku = {
        "order_id": "577",
        "linked_statement_id": "34",
        "linked_payout_id": "33",
        "order_settled_date": date(2026, 10, 9),
        "order_income": Decimal("20"),
        "order_cost": Decimal("-5"),
        "net_order_margin": Decimal("15"),
        "gross_sales": Decimal("22"),
        "seller_discount": Decimal("-2"),
        "referral_fee": Decimal("-1.2"),
        "tiktok_shop_shipping_fee": Decimal("-3.8"),
        "sample_order_type": "Free sample",
    }
    (row,) = orders.take(rows(sku, sku))["statement_transactions"]
    assert (row["settlement_amount"], row["revenue_amount"]) == ("30", "40")
    assert (row["shipping_cost_amount"], row["fee_tax_amount"]) == ("-7.6", "-2.4")
    assert row["sample_order_type"] == "Free sample"
    changes = mapper("settlement_adjustments", "statement_profit_loss_us_adjustment", currency="USD")
    changes.take(
        rows(
            {
                "adjustment_id": "1",
                "adjustment_type": "Platform penalty",
                "adjustment_amount": Decimal("-4"),
                "adjustment_settlement_time": date(2026, 10, 9),
                "linked_statement_id": "34",
            }
        )
    )
    # One statement of both sheets: 30 - 4.
    (statement,) = statement_records([orders, changes])
    assert (statement["id"], statement["settlement_amount"], statement["payment_id"]) == ("34", "26", "33")
    assert (statement["adjustment_amount"], statement["statement_time"]) == ("-4", unix(10))


def test_what_is_not_settled_is_a_snapshot_of_the_download() -> None:
    made = mapper("unsettled", "unsettled_us", currency="USD").take(
        rows(
            {
                "order_adjustment_id": "577",
                "type": "Order",
                "net_sales": Decimal("20"),
                "fees": Decimal("-2"),
                "tiktok_shop_shipping_fee": Decimal("-3"),
                "adjustment_amount": Decimal("0"),
                "total_estimated_settlement_amount": Decimal("15"),
                "estimated_settle_time": "Delivered + 1 days",
            }
        )
    )
    (row,) = made["unsettled_transactions"]
    assert (row["est_settlement_amount"], row["est_shipping_cost_amount"], row["est_fee_tax_amount"]) == (
        "15",
        "-3",
        "-2",
    )
    assert row["snapshot_id"] == "20261101T000000000000Z-file-ffffffffffff"


def test_only_what_leaves_the_balance_is_a_payment() -> None:
    payout = {
        "type": "Withdrawal",
        "reference_id": "33",
        "request_time": at(3),
        "success_time": at(5),
        "amount": Decimal("-900"),
        "status": "Transferred",
    }
    made = mapper("payouts", "withdrawal_records", currency="IDR").take(
        rows(
            payout,
            payout | {"type": "Earnings", "reference_id": "34"},
            payout | {"reference_id": "35", "status": "Gagal"},
        )
    )["payments"]
    assert [(row["id"], row["status"], row["paid_time"]) for row in made] == [
        ("33", "PAID", unix(5)),
        ("35", "FAILED", None),
    ]
    assert made[0]["amount"] == {"value": "900", "currency": "IDR"}


def test_an_affiliate_order_has_its_rates_in_hundredths_of_a_percent() -> None:
    (order,) = mapper("affiliate_orders", "affiliate_orders", currency="USD").take(
        rows(
            {
                "order_id": "577",
                "sku_id": "17",
                "order_status": "Completed",
                "creator_username": "ann",
                "standard_commission_rate": Decimal("0.155"),
                "est_commission_base": Decimal("1234.5"),
                "actual_commission_base": Decimal("1000"),
                "est_standard_commission_payment": Decimal("191.35"),
                "fully_returned_or_refunded": True,
                "content_type": "Video",
                "time_created": at(2),
                "quantity": 1,
            }
        )
    )["affiliate_orders"]
    (sku,) = order["skus"]
    assert sku["commission_rate"] == 1550
    assert sku["settlement_status"] == "To-SETTLE"
    assert sku["estimated_commission_base"] == {"amount": "1234.50", "currency": "USD"}
    assert sku["actual_commission_base"] == {"amount": "1000", "currency": "USD"}
    assert (sku["fully_return"], sku["content_type"]) == ("Yes", "VIDEO")


def test_a_session_is_the_same_in_every_download() -> None:
    row = {
        "livestream": "Sale!",
        "start_time": at(2, 12),
        "duration": 3600,
        "attributed_gmv": Decimal("9.9"),
        "avg_viewing_duration": Decimal("63.5"),
        "live_ctr": Decimal("0.033233"),
    }
    one, other, third = mapper("live_sessions", "live_sessions_36").take(
        rows(row, row | {"attributed_gmv": Decimal("12")}, row | {"start_time": at(2, 13)})
    )["live_sessions"]
    assert one["id"] == other["id"] != third["id"]
    assert (one["start_time"], one["end_time"]) == (unix(2, 12), unix(2, 13))
    assert one["sales_performance"]["live_attributed_gmv"] == {"amount": "9.9", "currency": "THB"}
    assert one["traffic"]["avg_viewing_duration"] == 64
    assert one["definition_id"] == "file/live_sessions_36"


def test_the_older_layout_knows_peak_viewers() -> None:
    (session,) = mapper("live_sessions_old", "live_analysis_old_26", currency="IDR").take(
        rows(
            {
                "creator": "ann",
                "launched_time": at(2),
                "duration": 60,
                "revenue": Decimal("5000"),
                "pcu": 77,
                "acu": Decimal("12.4"),
            }
        )
    )["live_sessions"]
    assert (session["traffic"]["pcu"], session["traffic"]["acu"]) == (77, 12)
    assert session["sales_performance"]["live_gmv"] == {"amount": "5000", "currency": "IDR"}
    assert "live_attributed_gmv" not in session["sales_performance"]


def test_a_day_on_which_nothing_is_told_is_no_day() -> None:
    """Guards days without LIVE that count as days with 0."""
    made = mapper("live_daily", "live_core_stats_daily_es", currency="MXN").take(
        rows({"local_date": date(2026, 10, 1), "views": None}, {"local_date": date(2026, 10, 2), "views": 0})
    )["live_overview_daily"]
    assert [(row["start_date"], row["views"]) for row in made] == [("2026-10-02", 0)]
    assert made[0]["end_date"] == "2026-10-03" and made[0]["latest_available_date"] == "2026-10-07"


def test_figures_of_a_week_stay_figures_of_a_week() -> None:
    made = mapper("affiliate_videos", "affiliate_video_list_18", currency="IDR").take(
        rows(
            {
                "video_link": "https://www.tiktok.com/@ann/video/749001",
                "gmv": Decimal("70000"),
                "affiliate_ctr": Decimal("0.01"),
            }
        )
    )["affiliate_videos_period"]
    assert [(row["period_start"], row["period_end"], row["gmv"]) for row in made] == [
        ("2026-10-01", "2026-10-08", "70000")
    ]
    assert made[0]["video_id"] == "749001"


def test_a_creative_belongs_to_an_ads_account() -> None:
    (row,) = mapper("gmv_max_creatives", "gmv_max_creative_26").take(
        rows({"campaign_id": "18", "cost": Decimal("12.34"), "sku_orders": 3, "currency": "USD"})
    )["gmv_max_creatives_period"]
    assert (row["advertiser_id"], row["cost"], row["currency"], row["period_end"]) == (
        "account",
        "12.34",
        "USD",
        "2026-10-08",
    )


def test_a_word_counts_from_the_day_it_is_known() -> None:
    assert code_of("order_status", " completed ", DAY) == "COMPLETED"
    assert code_of("order_status", "Completed", date(2019, 12, 31)) is None


def test_every_fee_column_is_a_component_that_the_seed_knows() -> None:
    """Guards a fee that a file tells and that no KPI counts."""
    import csv

    from home.config import PROJECT_ROOT
    from ingestion.seller_center.components import _components

    with (PROJECT_ROOT / "seeds" / "finance" / "fee_types.csv").open(encoding="utf-8") as file:
        known = {(row["component_group"], row["component"]) for row in csv.DictReader(file)}
    for kind in ("income", "settlement_pnl", "unsettled"):
        assert {tuple(one) for one in _components(kind).values()} <= known
    assert component_of("income", "total_fees") is None
