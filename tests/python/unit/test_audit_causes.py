"""One cause, one message: what follows from a failed check is counted, not told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from control_helpers import change_marts, make_home, mark_built

from home.layout import Home
from home.project import project_dir
from orchestration.audit.audit import AuditFailed, audit, last_audit
from orchestration.audit.causes import Lineage, causes, in_order
from orchestration.audit.expectations import Outcome, load_suites
from orchestration.build.build import dbt_folder
from orchestration.cli import main

MANIFEST = {
    "sources": {
        "source.p.tiktok_shop.orders": {"name": "orders", "source_name": "tiktok_shop"},
        "source.p.tiktok_shop.returns": {"name": "returns", "source_name": "tiktok_shop"},
    },
    "nodes": {
        f"model.p.{name}": {"name": name, "resource_type": "model"}
        for name in ("stg_orders", "stg_returns", "fct_orders", "fct_refund_lines", "kpi_shop_daily")
    },
    "parent_map": {
        "model.p.stg_orders": ["source.p.tiktok_shop.orders"],
        "model.p.stg_returns": ["source.p.tiktok_shop.returns"],
        "model.p.fct_orders": ["model.p.stg_orders"],
        "model.p.fct_refund_lines": ["model.p.stg_returns", "model.p.stg_orders"],
        "model.p.kpi_shop_daily": ["model.p.fct_orders", "model.p.fct_refund_lines"],
        "test.p.orders_unique": ["model.p.fct_orders"],
        "test.p.refunds_unique": ["model.p.fct_refund_lines"],
        "test.p.days_add_up": ["model.p.kpi_shop_daily", "model.p.fct_orders"],
    },
}
"""Orders and returns lead to facts of their own, and both to the days of a shop."""


def of_dbt(name: str, cause: str = "", *, ran: bool = True) -> Outcome:
    return Outcome("dbt", name, "", "critical", False, name, ran=ran, cause=cause, reads=(f"test.p.{name}",))


def expected_of(name: str, *reads: str) -> Outcome:
    return Outcome("expectations", name, "", "critical", False, name, reads=reads)


def told(*failed: Outcome) -> list[str]:
    lineage = Lineage(MANIFEST)
    return [one.message for one in causes(in_order(failed, lineage), lineage)]


def test_what_is_made_of_a_broken_table_follows_from_it() -> None:
    """Days are made of orders: three failed checks, one cause, whatever the order in which dbt ran them."""
    days, marts = of_dbt("days_add_up"), expected_of("marts.sales.days: x", "marts.kpi_shop_daily")
    assert told(days, marts, of_dbt("orders_unique")) == ["orders_unique"]


def test_what_arrived_broken_is_before_every_model() -> None:
    raw = expected_of("raw.sales.orders: x", "arrived.orders")
    assert told(of_dbt("orders_unique"), of_dbt("days_add_up"), raw) == ["raw.sales.orders: x"]


def test_two_defects_are_two_causes() -> None:
    """Refunds read orders, but nothing of them is made of fct_orders."""
    failed = (of_dbt("days_add_up"), of_dbt("refunds_unique"), of_dbt("orders_unique"))
    assert told(*failed) == ["orders_unique", "refunds_unique"]


def test_a_cause_with_a_name_is_told_once() -> None:
    assert told(of_dbt("orders_unique", "exchange rates"), of_dbt("refunds_unique", "exchange rates")) == [
        "orders_unique"
    ]


def test_a_test_that_could_not_run_hides_nothing() -> None:
    assert told(of_dbt("orders_unique", ran=False), of_dbt("days_add_up")) == ["days_add_up", "orders_unique"]


def test_without_a_lineage_nothing_is_left_out() -> None:
    nothing = Lineage({})
    failed = [of_dbt("orders_unique"), of_dbt("days_add_up")]
    assert causes(in_order(failed, nothing), nothing) == failed


def test_of_a_warehouse_that_is_not_built_nothing_else_is_told() -> None:
    build = Outcome("build", "the warehouse", "", "critical", False, "The last build did not finish.")
    assert told(of_dbt("orders_unique"), build) == ["The last build did not finish."]


def test_the_command_tells_the_cause_and_by_option_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A shop's net GMV is a cent too high on three days: the check of the marts follows from the failed test of dbt."""
    home = Home(make_home(tmp_path / "home").root)
    kept = [one for one in load_suites(project_dir() / "tests" / "expectations") if one.domain == "sales"]
    monkeypatch.setattr("orchestration.audit.audit.load_suites", lambda folder: kept)
    monkeypatch.setenv("TTKPI_HOME", str(home.root))
    change_marts(home, "update marts.kpi_shop_daily set net_gmv = net_gmv + 0.01")
    mark_built(home, tests={"kpi_shop_daily__identity": "fail", "fct_orders__unique": "pass"})
    manifest = dbt_folder(home) / "manifest.json"
    known = json.loads(manifest.read_text())
    known["nodes"]["model.tiktok_shop_kpi.kpi_shop_daily"] = {
        "name": "kpi_shop_daily",
        "resource_type": "model",
    }
    known["parent_map"] = {
        "test.tiktok_shop_kpi.kpi_shop_daily__identity": ["model.tiktok_shop_kpi.kpi_shop_daily"]
    }
    manifest.write_text(json.dumps(known))
    cause = "kpi_shop_daily__identity: 3 rows. Guards against kpi_shop_daily__identity."

    assert main(["audit"]) == 4
    said = capsys.readouterr()
    assert "Nothing is published. The cause:" in said.err and cause in said.err
    assert "more critical check" in said.err and "ttkpi audit --details" in said.err
    assert "cancelled + refunded + net" not in said.err + said.out

    assert main(["audit", "--details"]) == 4
    assert "cancelled + refunded + net" in capsys.readouterr().out
    record = last_audit(home) or {}
    assert record["causes"] == [cause] and len(record["critical_failures"]) > 1
    page = (home.root / "audit" / "index.html").read_text()
    assert "most likely as a result" in page and page.index(cause) < page.index("most likely as a result")

    with pytest.raises(AuditFailed, match="kpi_shop_daily__identity") as stopped:
        audit(home).raise_for_failure()
    assert stopped.value.message.count("\n- ") == 1
