"""Judges the warehouse before it is published: dbt's data tests, and Great Expectations at the two edges.

| in the home | what |
| --- | --- |
| `audit/<audit id>.json` | every check of an audit, with what it found |
| `audit/last.json` | the newest audit: whether it passed, and of which build |
| `audit/index.html` | the newest audit as a page: verdict, causes, every check by domain, history |

A critical failure that concerns shops holds back their rows; any other stops the publication, and the published file
stays as it was (`orchestration/audit/held_back.py`). A warning is shown.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from home.audit_log import FAILED, recorded
from home.database import attach, reading
from home.errors import TtkpiError
from home.layout import Home
from home.project import project_dir
from home.records import RecordDamaged, read_record, write_record
from ingestion.engine.progress import Progress
from orchestration.audit.causes import Lineage, causes, in_order
from orchestration.audit.expectations import Judge, Outcome, counts, load_suites
from orchestration.audit.failing_rows import found_by_test
from orchestration.audit.frames import Frames
from orchestration.audit.held_back import HeldBack, concerns_shops, held_back, warning_if_of_no_shop
from orchestration.audit.page import write_page
from orchestration.build.build import (
    BuildReport,
    BuildState,
    NodeResult,
    build_state,
    dbt_folder,
    fingerprint,
    last_report,
)
from orchestration.build.build import test as run_tests
from orchestration.build.rules import outdated_models, record_path
from orchestration.history.publications import published_rows

SHRINK_SUITE = "marts.monitoring.facts"
"""The suite that compares facts with the published file; a person may accept its findings."""
_KEPT_AUDITS = 100
_SHOWN_CAUSES = 5
_SHOWN_SHOPS = 3


class AuditFailed(TtkpiError):
    """The audit did not pass, or is not of the warehouse as it is now: nothing is published."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found.

    Attributes:
        audit_id: Its time and build.
        passed: The marts may be published, but for the shops that are held back.
        critical_failures: What stops the publication, in plain words, the cause first.
        causes: Those of them that follow from no other one.
        warnings: What a person should look at.
        checks: Checks that were made.
        outcomes: All of them.
        json_path: The same as a file.
        page: The same as a page for people.
        build_id: The build that was audited.
        held_back: Shops that failed critical checks, while others did not.
    """

    audit_id: str
    passed: bool
    critical_failures: list[str]
    warnings: list[str]
    checks: int
    outcomes: tuple[Outcome, ...]
    json_path: Path
    page: Path
    build_id: str
    held_back: tuple[HeldBack, ...] = ()
    causes: tuple[str, ...] = ()

    def count(self, check: str) -> tuple[int, int]:
        """Checks of a kind (`dbt`, `expectations`) that hold, and all of that kind."""
        return counts([outcome for outcome in self.outcomes if outcome.check == check])

    @property
    def failed(self) -> list[Outcome]:
        """Every check that does not hold."""
        return [outcome for outcome in self.outcomes if not outcome.passed]

    def raise_for_failure(self) -> None:
        """Turn a failed audit into an exception.

        Raises:
            AuditFailed: Names the causes, and where every check is.
        """
        if not self.passed:
            raise AuditFailed(
                stopped(self.causes or self.critical_failures, len(self.critical_failures)),
                advice=f"Every failed check: `ttkpi audit --details`, or as a page {self.page}. "
                "The published file is as it was.",
            )


def stopped(causes: Sequence[str], failed: int) -> str:
    """What stops a publication, in plain words.

    Args:
        causes: What was found, with its remedy; the nearest to raw first.
        failed: How many critical checks failed, these included.
    """
    shown = "\n".join(f"- {text}" for text in causes[:_SHOWN_CAUSES])
    more = len(causes) - _SHOWN_CAUSES
    behind = failed - len(causes)
    return (
        f"Nothing is published. {'The cause' if len(causes) == 1 else f'The {len(causes)} causes'}:\n{shown}"
        + (f"\n... and {more} more" if more > 0 else "")
        + (
            f"\n{behind} more critical check{'s' if behind > 1 else ''} failed, most likely as a result."
            if behind > 0
            else ""
        )
    )


def audit_folder(home: Home) -> Path:
    """Where the records of audits are."""
    return home.root / "audit"


def last_audit(home: Home) -> dict[str, Any] | None:
    """The record of the newest audit, with its paths where the home is now; None when there was none."""
    folder = audit_folder(home)
    record = read_record(folder / "last.json")
    if record is None:
        return None
    # What is written is where the home was: a home that was moved or copied has its files here.
    places = {
        name: str(folder / Path(str(record[name])).name) for name in ("json_path", "page") if name in record
    }
    return {**record, **places}


def audit(home: Home, *, accept_fewer_rows: bool = False, progress: Progress | None = None) -> AuditReport:
    """Judge what the last build made.

    Args:
        home: Whose warehouse.
        accept_fewer_rows: Facts may have far fewer rows than in the published file (a model was changed, a shop was
            given up); otherwise that is a critical failure, as a truncated load looks the same.
        progress: Is told how far it is.

    Raises:
        AuditFailed: There is nothing to audit.
        BuildFailed: dbt could not run the tests again, which it does after a partial build.
        ConfigError: The expectations are not written correctly.
        CannotRead: The warehouse can't be read.
        HomeBusy: Another run holds the home.
        StorageError: The results can't be written.
    """
    progress = progress or Progress()
    with home.lock("audit"), recorded(home, "audit") as entry:
        state = build_state(home)
        if state is None or not home.warehouse.is_file():
            raise AuditFailed("There is no build to audit.", advice="Run `ttkpi build` first.")
        outcomes = list(_of_build(home, state))
        if all(outcome.passed for outcome in outcomes) and not state.whole:
            progress.message("the last build was of a part of the project: running all data tests")
            run_tests(home, progress=progress)
            state = build_state(home) or state
        shops, of_tests = _of_tests(home, last_report(home))
        outcomes += of_tests
        previous = last_audit(home) or {}
        watermark = str(previous.get("watermark") or "")
        if all(outcome.passed for outcome in outcomes if outcome.check == "build"):
            found, arrived = _of_expectations(
                home, shops, since=watermark, published=published_rows(home), progress=progress
            )
            if accept_fewer_rows:
                found = [_accepted(outcome) for outcome in found]
            outcomes += found
        else:
            arrived = watermark
        outcomes = [warning_if_of_no_shop(outcome) for outcome in outcomes]
        report = _conclude(home, state, outcomes, shops, watermark=watermark, arrived=arrived)
        entry.subject = report.audit_id
        entry.outcome = entry.outcome if report.passed else FAILED
        entry.details |= {
            "build_id": report.build_id,
            "checks": report.checks,
            "critical_failures": len(report.critical_failures),
            "warnings": len(report.warnings),
            "held_back": [shop.shop_key for shop in report.held_back],
            "accept_fewer_rows": accept_fewer_rows,
        }
    return report


def require_passed(home: Home) -> dict[str, Any]:
    """The record of the newest audit, if it allows publication of the warehouse as it is now.

    Raises:
        AuditFailed: There was none, it did not pass, or the warehouse has changed since.
    """
    record = last_audit(home)
    if record is None:
        raise AuditFailed("The warehouse was never audited.", advice="Run `ttkpi audit` first.")
    state = build_state(home)
    now = fingerprint(home.warehouse)
    if state is None or state.state != "built" or state.build_id != record.get("build_id"):
        raise AuditFailed(
            f"The last audit ({record.get('audit_id')}) is of another build than the one in {home.warehouse}.",
            advice="Run `ttkpi audit` first. The published file is as it was.",
        )
    if now != record.get("fingerprint"):
        raise AuditFailed(
            f"{home.warehouse} has changed since it was audited ({record.get('audit_id')}).",
            advice="Run `ttkpi build` and `ttkpi audit` first. The published file is as it was.",
        )
    if not record.get("passed"):
        failures = [str(text) for text in record.get("critical_failures") or []]
        found = [str(text) for text in record.get("causes") or failures]
        raise AuditFailed(
            f"The last audit ({record.get('audit_id')}) failed. {stopped(found, len(failures))}",
            advice=f"All checks: {record.get('json_path')}. The published file is as it was.",
        )
    return record


def _of_build(home: Home, state: BuildState) -> Iterable[Outcome]:
    problem, chinese = "", ""
    if state.state == "building":
        problem = "The last build did not finish. Run `ttkpi build` again."
        chinese = "上次构建没有完成。请重新运行 `ttkpi build`。"
    elif state.state != "built":
        problem = "The last build could not build every model. Run `ttkpi build` to see which."
        chinese = "上次构建有模型失败。请运行 `ttkpi build` 查看。"
    elif state.fingerprint != fingerprint(home.warehouse):
        problem = f"{home.warehouse} was changed after the last build. Run `ttkpi build` again."
        chinese = "数据仓库在上次构建后被改动。请重新运行 `ttkpi build`。"
    elif not record_path(home).is_file():
        chinese = "缺少构建记录，无法确认各表按哪些规则构建。请重新运行 `ttkpi build`。"
        problem = (
            f"{record_path(home)} is missing: nobody knows by which rules the tables were built. "
            "Run `ttkpi build` again."
        )
    elif outdated := outdated_models(home):
        chinese = "有模型尚未按当前规则构建。请运行不带选择条件的 `ttkpi build`。"
        problem = (
            f"{len(outdated)} models are not yet built by the rules of the project ({next(iter(outdated.values()))}). "
            "Run `ttkpi build` without a selection."
        )
    yield Outcome(
        check="build",
        name="the warehouse is what the last build made",
        subject="",
        severity="critical",
        passed=not problem,
        message=problem,
        remedy_zh=chinese,
    )


def _of_tests(home: Home, report: BuildReport | None) -> tuple[dict[str, str], list[Outcome]]:
    """The names of the shops that the warehouse knows, and the outcome of each data test."""
    tests = [node for node in report.nodes if node.kind == "test"] if report else []
    if not tests:
        nothing = Outcome(
            check="dbt",
            name="dbt's data tests ran",
            subject="",
            severity="critical",
            passed=False,
            message="No data test of dbt ran. Run `ttkpi build` without a selection.",
            ran=False,
            remedy_zh="dbt 的数据检查没有运行。请运行不带选择条件的 `ttkpi build`。",
        )
        return _shops_and_findings(home, [])[0], [nothing]
    shops, found = _shops_and_findings(home, [test for test in tests if test.status in ("fail", "warn")])
    return shops, [_test_outcome(test, found.get(test.unique_id, {}), shops) for test in tests]


def _shops_and_findings(
    home: Home, failed: Sequence[NodeResult]
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    with reading(home) as connection:
        attach(connection, home.warehouse, "warehouse")
        try:
            rows = connection.execute("select shop_key, shop_name from warehouse.marts.dim_shops").fetchall()
        except duckdb.Error:
            # A warehouse without it has been told of as such.
            rows = []
        shops = {str(key): str(name or key) for key, name in rows if key}
        return shops, {test.unique_id: found_by_test(connection, test) for test in failed}


def _test_outcome(test: NodeResult, found_in: Mapping[str, str], shops: Mapping[str, str]) -> Outcome:
    return Outcome(
        check="dbt",
        name=test.name,
        subject=test.path,
        severity="warning" if test.status == "warn" else "critical",
        passed=test.status == "pass",
        message=""
        if test.status == "pass"
        else _test_message(test, [shops.get(key, key) for key in found_in]),
        ran=test.status in ("pass", "warn", "fail"),
        details={} if test.failures is None else {"failing rows": test.failures},
        found_in=found_in,
        remedy=test.description or f"See {test.path}.",
        cause=test.cause,
        reads=(test.unique_id,),
        remedy_zh=test.description_zh,
    )


def _test_message(test: NodeResult, shops: Sequence[str]) -> str:
    if test.status == "skipped":
        return f"{test.name}: was not run, as something before it failed."
    if test.status in ("fail", "warn"):
        rows = "1 row" if test.failures == 1 else f"{test.failures} rows"
        named = ", ".join(shops[:_SHOWN_SHOPS]) + (" and others" if len(shops) > _SHOWN_SHOPS else "")
        where = f" in {named}" if named else ""
        return f"{test.name}: {rows}{where}. {test.description or f'See {test.path}.'}"
    return f"{test.name}: could not run. {test.message}"


def _of_expectations(
    home: Home, shops: Mapping[str, str], *, since: str, published: dict[str, int], progress: Progress
) -> tuple[list[Outcome], str]:
    suites = load_suites(project_dir() / "tests" / "expectations")
    judge = Judge(shops)
    outcomes: list[Outcome] = []
    with reading(home) as connection:
        frames = Frames(connection, home, since=since, published=published)
        for done, suite in enumerate(suites, start=1):
            outcomes += judge.run(suite, partial(frames.frame, suite.sql))
            progress.count(done, len(suites), "expectation suites", suite.id)
        arrived = frames.watermark
    return outcomes, arrived


def _accepted(outcome: Outcome) -> Outcome:
    if outcome.passed or not outcome.ran or not outcome.name.startswith(f"{SHRINK_SUITE}:"):
        return outcome
    return Outcome(**{**{name: getattr(outcome, name) for name in Outcome.__slots__}, "severity": "warning"})


def _conclude(
    home: Home,
    state: BuildState,
    outcomes: list[Outcome],
    shops: Mapping[str, str],
    *,
    watermark: str,
    arrived: str,
) -> AuditReport:
    now = datetime.now(UTC)
    audit_id = f"{now:%Y%m%dT%H%M%S%f}Z-{state.build_id[:8] or 'none'}"
    folder = audit_folder(home)
    stopped_by_one = any(not one.passed and one.severity == "critical" for one in outcomes)
    lineage = Lineage(_manifest(home) if stopped_by_one else {})
    failed = in_order((outcome for outcome in outcomes if not outcome.passed), lineage)
    critical = [outcome for outcome in failed if outcome.severity == "critical"]
    held = held_back(critical, shops)
    stops = [outcome for outcome in critical if not concerns_shops(outcome, shops)]
    if held and len(held) == len(shops):
        # No shop is left to publish.
        stops, held = critical, ()
    report = AuditReport(
        audit_id=audit_id,
        passed=not stops,
        critical_failures=[outcome.message for outcome in stops],
        warnings=[outcome.message for outcome in _one_of_each_cause(failed) if outcome.severity == "warning"],
        checks=len(outcomes),
        outcomes=tuple(outcomes),
        json_path=folder / f"{audit_id}.json",
        page=folder / "index.html",
        build_id=state.build_id,
        held_back=held,
        causes=tuple(outcome.message for outcome in causes(stops, lineage)),
    )
    summary = {
        "audit_id": audit_id,
        "audited_at": now.isoformat(timespec="seconds"),
        "passed": report.passed,
        "build_id": state.build_id,
        "fingerprint": fingerprint(home.warehouse),
        # What was checked and found good need not be checked again; after a failure, the same loads are.
        "watermark": arrived if report.passed and not report.held_back else watermark,
        "checks": report.checks,
        "critical_failures": report.critical_failures,
        "causes": report.causes,
        "held_back": [{**asdict(shop), "message": shop.message} for shop in report.held_back],
        "warnings": report.warnings,
        "json_path": str(report.json_path),
        "page": str(report.page),
    }
    details = [asdict(outcome) for outcome in outcomes]
    write_record(report.json_path, {**summary, "outcomes": details})
    write_record(folder / "last.json", summary)
    write_page(folder, summary, details)
    # Pages of earlier versions.
    shutil.rmtree(folder / "data_docs", ignore_errors=True)
    for old in sorted(folder.glob("2*Z-*.json"))[:-_KEPT_AUDITS]:
        old.unlink()
    return report


def _manifest(home: Home) -> dict[str, Any]:
    """dbt's manifest of the build; nothing where it is gone, which is told as such."""
    try:
        return read_record(dbt_folder(home) / "manifest.json") or {}
    except RecordDamaged:
        return {}


def _one_of_each_cause(failed: Sequence[Outcome]) -> list[Outcome]:
    """Of checks with one cause the one that says most of it: an expectation names the first day and the remedy."""
    speaks: dict[str, Outcome] = {}
    for outcome in failed:
        known = speaks.get(outcome.cause)
        if outcome.cause and (known is None or (known.check, outcome.check) == ("dbt", "expectations")):
            speaks[outcome.cause] = outcome
    return [outcome for outcome in failed if not outcome.cause or outcome is speaks[outcome.cause]]
