"""The whole run: its order, its exit codes, and what it keeps of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from home.errors import ConfigError, TtkpiError
from home.layout import Home, HomeBusy
from home.storage import StorageError
from ingestion.engine.errors import BadAppKey, BadSignature, NotAuthorised, RateLimited
from ingestion.engine.progress import ShopResult
from ingestion.sync import SyncReport
from orchestration import run as module
from orchestration.audit.audit import AuditFailed, AuditReport
from orchestration.audit.expectations import Outcome
from orchestration.build.build import BuildFailed, BuildReport, NodeResult
from orchestration.deliver.report.period import NoSuchReport
from orchestration.metrics.catalog import UnknownMetric
from orchestration.metrics.query import Refused
from orchestration.publish.publish import PublishReport
from orchestration.run import exit_code, run_all


def shop(name: str, status: str = "ok") -> ShopResult:
    errors = [] if status == "ok" else ["Token revoked."]
    return ShopResult(name, f"Aurora {name}", name, status, {"orders": 7}, 3, 1.0, True, errors)  # type: ignore[arg-type]


class Steps:
    """Stands for the four steps; notes the order in which they are called and who holds the lock."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.called: list[str] = []
        self.sync_report = SyncReport("run1", [shop("TH"), shop("GB")])
        self.build_report = BuildReport("b1", True, (), (), 1.0, home.root / "run_results.json", home.root)
        outcome = Outcome("dbt", "t", "", "critical", True)
        self.audit_report = AuditReport(
            "a1", True, [], ["late"], 1, (outcome,), home.root / "a.json", home.root / "i.html", "b1"
        )

    def _note(self, name: str) -> None:
        holder = json.loads((self.home.root / "lock.json").read_text())
        assert holder["purpose"] == "run", "one lock from the first to the last step"
        self.called.append(name)

    def sync(self, home: Home, **options: Any) -> SyncReport:
        self._note("sync")
        return self.sync_report

    def build(self, home: Home, **options: Any) -> BuildReport:
        self._note("build")
        return self.build_report

    def audit(self, home: Home, **options: Any) -> AuditReport:
        self._note("audit")
        return self.audit_report

    def publish(self, home: Home, **options: Any) -> PublishReport:
        self._note("publish")
        return PublishReport(home.published, {"kpi_shop_daily": 3}, "2026-10-03", 100, home.root / "m.json")


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Steps:
    steps = Steps(Home(tmp_path / "home"))
    for name in ("sync", "build", "audit", "publish"):
        monkeypatch.setattr(module, name, getattr(steps, name))
    return steps


def run(home: Home) -> int:
    """The exit code, as the command line has it."""
    try:
        return run_all(home).exit_code
    except TtkpiError as error:
        return exit_code(error)


def records(home: Home) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((home.root / "runs").glob("*.json"))]


def test_all_well_publishes_and_exits_0(steps: Steps) -> None:
    assert run(steps.home) == 0
    assert steps.called == ["sync", "build", "audit", "publish"]
    (record,) = records(steps.home)
    assert record["exit_code"] == 0 and record["error"] is None
    assert record["sync"]["shops"][0]["rows"] == {"orders": 7}
    assert record["publish"]["tables"] == {"kpi_shop_daily": 3}


@pytest.mark.parametrize("status", ["failed", "partial"])
def test_a_shop_that_failed_does_not_hold_back_the_others(steps: Steps, status: str) -> None:
    steps.sync_report.shops[1] = shop("GB", status)
    assert run(steps.home) == 3
    assert steps.called[-1] == "publish"


def test_missing_exchange_rates_are_told_by_exit_3(steps: Steps) -> None:
    steps.sync_report.errors.append("No rates for THB.")
    assert run(steps.home) == 3


def test_no_shop_at_all_builds_nothing(steps: Steps) -> None:
    steps.sync_report.shops[:] = [shop("TH", "failed"), shop("GB", "failed")]
    assert run(steps.home) == 1
    assert steps.called == ["sync"]
    assert "Aurora TH, Aurora GB: Token revoked." in records(steps.home)[0]["error"]


def test_failed_audit_publishes_nothing_and_exits_4(steps: Steps) -> None:
    steps.audit_report = AuditReport(
        "a1", False, ["gmv does not add up"], [], 1, (), steps.home.root / "a", steps.home.root / "b", "b1"
    )
    with pytest.raises(AuditFailed, match="gmv does not add up"):
        run_all(steps.home)
    assert steps.called == ["sync", "build", "audit"]
    (record,) = records(steps.home)
    assert record["exit_code"] == 4 and record["audit"]["passed"] is False
    assert run(steps.home) == 4


def test_model_that_fails_stops_before_the_audit(steps: Steps) -> None:
    node = NodeResult("model.x.bad", "bad", "model", "error", 0.1, "no such column")
    steps.build_report = BuildReport(
        "b1", True, (node,), (), 1.0, steps.home.root / "r.json", steps.home.root
    )
    with pytest.raises(BuildFailed, match="no such column"):
        run_all(steps.home)
    assert steps.called == ["sync", "build"]
    assert run(steps.home) == 1


def test_failed_dbt_test_goes_on_to_the_audit(steps: Steps) -> None:
    node = NodeResult("test.x.t", "t", "test", "fail", 0.1, failures=2)
    steps.build_report = BuildReport(
        "b1", True, (node,), (), 1.0, steps.home.root / "r.json", steps.home.root
    )
    assert run(steps.home) == 0
    assert "audit" in steps.called


def test_busy_home_leaves_no_record(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(home: Home, **options: Any) -> SyncReport:
        raise HomeBusy("in use by process 1")

    monkeypatch.setattr(module, "sync", busy)
    assert run(steps.home) == 2
    assert records(steps.home) == []


def test_only_the_newest_records_are_kept(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT_RUNS", 2)
    for _ in range(4):
        run(steps.home)
    assert len(records(steps.home)) == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("app_key is not set"), 2),
        (NotAuthorised("nobody"), 2),
        (BadSignature("wrong secret"), 2),
        (BadAppKey("unknown key"), 2),
        (HomeBusy("in use"), 2),
        (AuditFailed("3 checks"), 4),
        (BuildFailed("model"), 1),
        (StorageError("full"), 1),
        (RateLimited("too fast"), 1),
        (TtkpiError("other"), 1),
        (ValueError("a bug"), 1),
    ],
)
def test_exit_codes(error: Exception, code: int) -> None:
    assert exit_code(error) == code


def test_a_question_without_an_answer_is_wrong_usage() -> None:
    """Guards 1, which a script takes for a failure and tries again: no try answers it."""
    for error in (UnknownMetric, Refused, NoSuchReport):
        assert exit_code(error("no metric nosuch")) == 2
