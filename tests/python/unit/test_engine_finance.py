"""Withdrawals: the kinds that are asked for, the window, and what becomes of a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from shop_fakes import DAY, NOW, FakeClient, raw, run

from home.layout import Home

LIST = "withdrawals"


class Balance(FakeClient):
    """A finance API with a list of movements of the balance.

    Attributes:
        asked: Queries that came.
    """

    def __init__(self, *movements: dict[str, Any]) -> None:
        super().__init__()
        self.movements = list(movements)
        self.asked: list[Mapping[str, str]] = []
        self.lists = {LIST: self._list}

    def _list(self, query: Mapping[str, str], body: Any, path: Any) -> dict[str, Any]:
        self.asked.append(query)
        ge, lt = int(query["create_time_ge"]), int(query["create_time_lt"])
        found = [one for one in self.movements if ge <= one["create_time"] < lt]
        return {"withdrawals": found, "total_count": len(found)}


def movement(number: int, created: int, **changes: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": f"39{number}",
        "type": "WITHDRAW",
        "amount": "9069.47",
        "currency": "MYR",
        "status": "SUCCESS",
        "create_time": created,
    }
    return record | changes


def test_a_movement_of_the_balance_becomes_a_row(tmp_path: Path) -> None:
    home = Home(tmp_path)
    outcome = run(home, Balance(movement(1, NOW - 2 * DAY)), LIST)
    assert not outcome.drift.seen
    (row,) = raw(home, LIST).to_pylist()
    assert (row["withdrawal_id"], row["type"], row["status"]) == ("391", "WITHDRAW", "SUCCESS")
    assert (row["amount"], row["currency"]) == (Decimal("9069.4700"), "MYR")
    assert row["create_time"] == datetime.fromtimestamp(NOW - 2 * DAY, UTC)


def test_the_kinds_are_named_and_nothing_is_sorted(tmp_path: Path) -> None:
    """Guards against 36009004: the endpoint wants `types` and knows no sort fields."""
    client = Balance()
    run(Home(tmp_path), client, LIST)
    assert client.asked
    for query in client.asked:
        assert query["types"] == "PAYMENT,REFUND,REVERSE,SETTLE,TRANSFER,WITHDRAW"
        assert not {"sort_field", "sort_order"} & query.keys()


def test_movements_are_read_again_for_five_weeks(tmp_path: Path) -> None:
    """Guards against a withdrawal that stays PROCESSING here for ever."""
    home = Home(tmp_path)
    client = Balance(movement(1, NOW - 2 * DAY, status="PROCESSING"))
    run(home, client, LIST)
    client.movements = [movement(1, NOW - 2 * DAY)]
    run(home, client, LIST)
    assert [row["status"] for row in raw(home, LIST).to_pylist()] == ["PROCESSING", "SUCCESS"]


def test_a_damaged_amount_is_reported(tmp_path: Path) -> None:
    home = Home(tmp_path)
    outcome = run(home, Balance(movement(1, NOW - 2 * DAY, amount="much", fee="1.00")), LIST)
    assert outcome.drift.seen
    (row,) = raw(home, LIST).to_pylist()
    assert row["amount"] is None
