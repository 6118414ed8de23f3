"""The world's own count of the shops' books, and what is wrong in it on purpose."""

from __future__ import annotations

from decimal import Decimal

import pytest
from world_helpers import CLOCK, DAY, SHOP, bodies, money, world_of

from sandbox.world.store import Store
from sandbox.world.truth_books import month_close, planted

STOCKS = ("unsettled", "unpaid", "reserve")
FLOWS = ("sales", "cancelled", "refunded", "difference", "charged", "payout", "set_off")
ALWAYS = {
    ("TH", "above_rate"),
    ("TH", "reimbursement_missing"),
    ("GB", "shipping_above_table"),
    ("GB", "not_settled"),
    ("MY", "cancelled_order"),
    ("MY", "reserve_held"),
    ("US", "refund_fee_above_cap"),
    ("US", "paid_less_than_sum"),
    ("VN", "late_payout"),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store.open(world_of(tmp_path_factory, orders=4000, days=60))


@pytest.mark.parametrize("clock", [CLOCK, CLOCK + 10 * DAY])
def test_what_moved_the_receivable_is_what_it_is_made_of(store: Store, clock: int) -> None:
    months = list(month_close(store, clock))
    assert len(months) >= 10
    for month in months:
        moved = Decimal(month["opening"]) + sum(Decimal(month.get(name, "0")) for name in FLOWS)
        assert moved == Decimal(month["closing"]) == sum(Decimal(month[name]) for name in STOCKS)


def test_every_kind_of_case_is_planted(store: Store) -> None:
    regions = {shop.id: region for region, shop in SHOP.items()}
    found = {(regions[case["shop_key"]], case["kind"]) for case in planted(store, CLOCK)}
    assert found >= ALWAYS
    assert "commission_not_clawed_back" in {kind for _, kind in found}


def test_an_order_is_charged_seven_instead_of_five_percent(store: Store) -> None:
    (case,) = [case for case in planted(store, CLOCK) if case["kind"] == "above_rate"]
    (row,) = [
        row
        for statement in bodies(store, "statement", SHOP["TH"])
        for row in bodies(store, "statement_transaction", SHOP["TH"], parent=statement["id"])
        if row.get("order_id") == case["subject"] and row["id"].endswith("0")
    ]
    base = money(row, "revenue_amount")
    fee = money(row["fee_tax_breakdown"]["fee"], "platform_commission_amount")
    assert abs(-fee - base * Decimal("0.07")) <= Decimal("0.01")
    assert abs(Decimal(case["amount"]) - base * Decimal("0.02")) <= Decimal("0.01")


def test_a_late_payout_is_under_way_and_arrives(store: Store) -> None:
    (case,) = [case for case in planted(store, CLOCK) if case["kind"] == "late_payout"]
    now = {one["id"]: one for one in bodies(store, "payment", SHOP["VN"])}
    then = {one["id"]: one for one in bodies(store, "payment", SHOP["VN"], CLOCK + 14 * DAY)}
    assert now[case["subject"]]["status"] == "PROCESSING"
    assert now[case["subject"]]["create_time"] <= CLOCK - 11 * DAY
    assert then[case["subject"]]["status"] == "PAID"
    assert not [one for one in planted(store, CLOCK + 14 * DAY) if one["kind"] == "late_payout"]


def test_withdrawals_are_the_payouts_of_the_shop_that_withdraws(store: Store) -> None:
    withdrawn = bodies(store, "withdrawal", SHOP["MY"])
    paid = [one for one in bodies(store, "payment", SHOP["MY"]) if one["status"] == "PAID"]
    settled = [one for one in paid if one["paid_time"] + 6 * 3600 <= CLOCK]
    assert [one["amount"] for one in withdrawn] == [one["settlement_amount"]["value"] for one in settled]
    assert not bodies(store, "withdrawal", SHOP["TH"])
