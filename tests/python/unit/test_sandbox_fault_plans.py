"""Plans of trouble: of a seed, within what is asked for, of every kind."""

from __future__ import annotations

from collections import Counter

import pytest

from sandbox.server.faults import Rule
from sandbox.server.plans import KINDS, Calm, FaultPlan

CALM = Calm(
    {
        "search_orders": 4,
        "statements": 2,
        "live_minutes": 9,
        "authorized_shops": 1,
        "token_refresh": 1,
        "ads_campaigns": 2,
        "ads_access_token": 1,
        "fx_rates": 1,
        "search_returns": 0,
    },
    writes=500,
)


def test_the_same_seed_gives_the_same_plan() -> None:
    assert FaultPlan.from_seed(7, CALM) == FaultPlan.from_seed(7, CALM)
    assert len({repr(FaultPlan.from_seed(seed, CALM)) for seed in range(100)}) == 100


def test_every_kind_comes_and_every_rule_can_be_posted() -> None:
    plans = [FaultPlan.from_seed(seed, CALM) for seed in range(300)]
    kinds = Counter(fault.kind for plan in plans for fault in plan.faults)
    kinds["kill"] = sum(plan.kill is not None for plan in plans)
    # Three kinds of thirteen in a plan, on the average: 69 plans of each.
    assert set(kinds) == set(KINDS) and min(kinds.values()) > 40
    assert all(1 <= len(plan.faults) + (plan.kill is not None) <= 5 for plan in plans)
    for plan in plans:
        for rule in plan.rules():
            Rule.from_json(rule)
            assert rule["endpoint"] not in ("token_refresh", "access_token", "search_returns")


def test_faults_strike_where_they_can_be_noticed() -> None:
    for seed in range(300):
        for fault in FaultPlan.from_seed(seed, CALM).faults:
            where = fault.rule["endpoint"]
            if fault.kind == "missing page":
                assert where in ("search_orders", "campaigns"), (
                    "a list without a total can't be missed a page of"
                )
            if fault.kind == "clock skew":
                assert where not in ("campaigns", "fx_rates"), "only the Shop API is signed"
            if where == "campaigns":
                assert fault.rule["path"] == "/open_api/"


def test_kills_are_within_the_run() -> None:
    kills = [plan.kill for seed in range(400) if (plan := FaultPlan.from_seed(seed, CALM)).kill is not None]
    assert {kill.at for kill in kills} == {"request", "write"}
    for kill in kills:
        assert 1 <= kill.nth <= (500 if kill.at == "write" else 21)


def test_a_run_that_asks_for_nothing_has_no_plan() -> None:
    with pytest.raises(ValueError, match="asked for nothing"):
        FaultPlan.from_seed(1, Calm({}, writes=1))
    with pytest.raises(ValueError, match=r"made no call to which .* could happen"):
        for seed in range(50):
            FaultPlan.from_seed(seed, Calm({"warehouses": 1}, writes=1))
