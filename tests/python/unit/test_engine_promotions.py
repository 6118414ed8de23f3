"""Coupons: read once a day, as a whole."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from shop_fakes import DAY, NOW, FakeClient, raw, run

from home.layout import Home


def coupon(number: int, **changes: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": f"74{number:04d}",
        "title": "Ten off",
        "status": "ONGOING",
        "create_time": 1_000 * NOW,
        "claim_duration": {"start_time": NOW - DAY, "end_time": NOW + DAY},
        "discount": {"type": "AMOUNT_OFF", "reduction_amount": {"amount": "5.00", "currency": "THB"}},
        "usage_limits": {"total_claim_limit": 1_000},
    }
    record.update(changes)
    return record


def test_the_list_of_coupons_once_a_day(tmp_path: Path) -> None:
    home, client = Home(tmp_path), FakeClient({"search_coupons": [coupon(1)]})
    outcome = run(home, client, "coupons")
    assert not outcome.drift.seen
    (row,) = raw(home, "coupons").to_pylist()
    assert (row["coupon_id"], row["discount_amount"], row["discount_currency"]) == (
        "740001",
        Decimal(5),
        "THB",
    )
    assert row["claim_end_time"] == datetime.fromtimestamp(NOW + DAY, UTC)
    run(home, client, "coupons", until=NOW + 3_600)
    assert client.calls["search_coupons"] == 1
    run(home, client, "coupons", until=NOW + DAY)
    assert client.calls["search_coupons"] == 2


def test_a_coupon_without_an_id_is_reported(tmp_path: Path) -> None:
    home = Home(tmp_path)
    outcome = run(home, FakeClient({"search_coupons": [coupon(1, id=None)]}), "coupons")
    assert outcome.drift.unkeyed("coupons") == 1
