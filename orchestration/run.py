"""The whole way: sync, build, audit, publish. One lock from the first to the last step, one record at the end."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from home.errors import ConfigError, TtkpiError, UsageError
from home.layout import Home, HomeBusy
from home.records import write_record
from ingestion.engine.errors import BadAppKey, BadSignature
from ingestion.engine.progress import ShopResult
from ingestion.sync import SyncReport, sync
from orchestration.audit.audit import AuditFailed, AuditReport, audit
from orchestration.build.build import BuildReport, build, require_engine
from orchestration.deliver.alerts import Alert, raise_alert, read_alerts
from orchestration.deliver.bitable.state import BaseState, bring_base
from orchestration.progress import Reporter, Silent
from orchestration.publish.publish import PublishReport, publish

PUBLISHED = 0
FAILED = 1
WRONG_CONFIGURATION = 2
SOME_SHOPS_FAILED = 3
AUDIT_STOPPED = 4

_KEPT_RUNS = 200
_WARNING_LENGTH = 300


class NothingSynced(TtkpiError):
    """No shop or ads account could be synced, so there is nothing new to build."""


@dataclass(slots=True)
class RunReport:
    """What a run did, as far as it came.

    Attributes:
        started_at: When it began, UTC.
        seconds: Time it took.
        sync: Shops and rows.
        build: Models and tests.
        audit: Checks.
        publish: The published file; None when it was not replaced.
        exit_code: See `exit_code`.
    """

    started_at: datetime
    seconds: float = 0.0
    sync: SyncReport | None = None
    build: BuildReport | None = None
    audit: AuditReport | None = None
    publish: PublishReport | None = None
    exit_code: int = FAILED


def exit_code(error: BaseException) -> int:
    """The exit code of a command that ended with this error.

    2: nothing was done, as configuration or question is wrong, nothing is published yet, or the home is in use; 4: the
    audit stopped the publication; 1: any other failure. (0: all done; 3: some shops or ads accounts failed or are held
    back, the rest was done.)
    """
    if isinstance(error, ConfigError | UsageError | HomeBusy | BadAppKey | BadSignature):
        return WRONG_CONFIGURATION
    if isinstance(error, AuditFailed):
        return AUDIT_STOPPED
    return FAILED


def run_all(
    home: Home,
    *,
    shops: Sequence[str] | None = None,
    since: date | None = None,
    until: datetime | None = None,
    resources: Sequence[str] | None = None,
    full_refresh: bool = False,
    accept_fewer_rows: bool = False,
    reporter: Reporter | None = None,
) -> RunReport:
    """Sync, build, audit, publish. What is published stays as it was until everything before has gone well.

    Args:
        home: Where everything is.
        shops: Ids of the shops and ads accounts to sync; all authorised ones by default.
        since: Read again from this day (00:00 UTC).
        until: End of what is read, exclusive; now by default.
        resources: Names of resources to sync; all by default.
        full_refresh: Build incremental models anew.
        accept_fewer_rows: Publish although tables have far fewer rows than before.
        reporter: Shows the progress.

    Raises:
        AuditFailed: A critical check failed.
        NothingSynced: Every shop failed.
        TtkpiError: Any other failure; see `sync`, `build`, `audit`, `publish`.
    """
    reporter = reporter or Silent()
    report = RunReport(datetime.now(UTC))
    began = time.monotonic()
    try:
        require_engine(home)
        with home.lock("run"):
            with reporter.phase("sync", "reading the shops"):
                report.sync = sync(
                    home, shops=shops, since=since, until=until, resources=resources, progress=reporter
                )
                show_sync(reporter, report.sync)
                alert_left_out(home, report.sync)
            require_some_shop(report.sync)
            is_partial = _rebuild(home, report, full_refresh, accept_fewer_rows, reporter)
        report.exit_code = SOME_SHOPS_FAILED if report.sync.failed or is_partial else PUBLISHED
    except BaseException as error:
        report.exit_code = exit_code(error)
        report.seconds = round(time.monotonic() - began, 1)
        if not isinstance(error, HomeBusy):
            _record(home, report, error)
        raise
    report.seconds = round(time.monotonic() - began, 1)
    _record(home, report, None)
    return report


def rebuild(home: Home, *, reporter: Reporter | None = None) -> RunReport:
    """Build what has changed, audit, publish: as `run_all`, without reading shops.

    Args:
        home: Where everything is.
        reporter: Shows the progress.

    Raises:
        AuditFailed: A critical check failed.
        TtkpiError: Any other failure; see `build`, `audit`, `publish`.
    """
    reporter = reporter or Silent()
    report = RunReport(datetime.now(UTC))
    began = time.monotonic()
    with home.lock("run"):
        is_partial = _rebuild(home, report, False, False, reporter)
    report.exit_code = SOME_SHOPS_FAILED if is_partial else PUBLISHED
    report.seconds = round(time.monotonic() - began, 1)
    return report


def _rebuild(
    home: Home, report: RunReport, full_refresh: bool, accept_fewer_rows: bool, reporter: Reporter
) -> bool:
    """From the build on. Returns whether a shop is held back, or a server or Bitable could not be brought along."""
    with reporter.phase("build", "building the marts"):
        report.build = build(home, full_refresh=full_refresh, progress=reporter)
        show_build(reporter, report.build)
    report.build.raise_for_errors()
    with reporter.phase("audit", "judging raw and marts"):
        report.audit = audit(home, accept_fewer_rows=accept_fewer_rows, progress=reporter)
        show_audit(reporter, report.audit)
    report.audit.raise_for_failure()
    with reporter.phase("publish", "copying the marts"):
        report.publish = publish(home, progress=reporter)
        show_publish(reporter, report.publish)
        # The file comes first: an outage of the Base stops no publication.
        base = bring_base(home, progress=reporter)
        show_base(reporter, base)
    return report.publish.is_partial or (base is not None and bool(base.failed))


def require_some_shop(report: SyncReport) -> None:
    """Stop when no shop could be read; where only ads accounts were asked for, none of those.

    Raises:
        NothingSynced: Every shop failed; names the errors.
    """
    asked = report.shops or report.accounts
    if not asked or any(shop.status != "failed" for shop in asked):
        return
    reasons: dict[str, list[str]] = {}
    for shop in asked:
        reasons.setdefault("; ".join(shop.errors[:2]) or "failed", []).append(shop.name)
    shown = "\n".join(f"- {', '.join(names)}: {reason}" for reason, names in reasons.items())
    raise NothingSynced(
        f"No {'shop' if report.shops else 'ads account'} could be synced:\n{shown}",
        advice="Nothing was built. The published file is as it was. See `ttkpi status`.",
    )


def alert_left_out(home: Home, report: SyncReport) -> None:
    """Append an alert for each shop that was left out, unless the newest one of the shop says the same."""
    if not report.left_out:
        return
    newest = {alert.shop_key: alert.message for alert in read_alerts(home.root)}
    for shop_key, message in report.left_out.items():
        if newest.get(shop_key) != message:
            raise_alert(home.root, Alert("shop_sync_failed", message, report.run_id, shop_key))


def show_sync(reporter: Reporter, report: SyncReport) -> None:
    """One line about a sync."""
    if report.accounts:
        rows, pages, ok = _sums(report.accounts)
        reporter.message(
            f"{ok} of {len(report.accounts)} ads accounts complete: {rows:,} rows from {pages:,} pages"
        )
    if report.shops or not report.accounts:
        rows, pages, ok = _sums(report.shops)
        reporter.message(
            f"{ok} of {len(report.shops)} shops complete: {rows:,} rows from {pages:,} pages, "
            f"{report.fx_rows:,} exchange rates, {report.seconds:.0f} s"
        )
    for error in report.errors:
        reporter.warning(error)


def show_build(reporter: Reporter, report: BuildReport) -> None:
    """One line about a build, and one for each thing that is not right."""
    tests = report.count("test")
    reporter.message(
        f"{report.count('model')} models, {report.count('seed')} seeds, {tests} tests in {report.seconds:.0f} s: "
        f"{len(report.errors)} errors, {len(report.failed_tests)} tests failed, {len(report.warned_tests)} warned"
    )
    for source in report.stale:
        age = (
            source.message or "unknown age" if source.age_hours is None else f"{source.age_hours:,.0f} h old"
        )
        reporter.warning(f"source {source.table} is stale ({source.status}): {age}")


def show_audit(reporter: Reporter, report: AuditReport) -> None:
    """One line about an audit, and one for each warning."""
    tests, expectations = report.count("dbt"), report.count("expectations")
    reporter.message(
        f"{tests[0]} of {tests[1]} dbt tests and {expectations[0]} of {expectations[1]} expectations hold: "
        f"{'passed' if report.passed else 'NOT passed'}"
        f"{f', but for {len(report.held_back)} shops' if report.passed and report.held_back else ''}"
    )
    for shop in report.held_back:
        reporter.warning(shop.message)
    for warning in report.warnings:
        reporter.warning(f"warning: {textwrap.shorten(warning, _WARNING_LENGTH, placeholder=' ...')}")


def show_publish(reporter: Reporter, report: PublishReport) -> None:
    """One line about a publication."""
    rows = sum(report.tables.values())
    reporter.message(
        f"{len(report.tables)} tables, {rows:,} rows, {report.bytes / 1e6:.1f} MB in {report.path}"
    )
    for shop in report.held_back:
        kept = f"those of {shop.rows_published_at}" if shop.rows_of else "none, as it was never published"
        reporter.warning(f"held back: {shop.shop_name} ({shop.shop_key}); its published rows are {kept}")
    if report.mixed_tables:
        reporter.warning(f"not kept by shop, with new rows of all: {', '.join(report.mixed_tables)}")
    if report.server is not None and report.server.failed:
        reporter.warning(report.server.failed)
    elif report.server is not None:
        reporter.message(f"PostgreSQL at {report.server.place}: {report.server.changed:,} rows written")
    if report.audiences:
        reporter.message(f"a file of their own for {', '.join(report.audiences)}")


def show_base(reporter: Reporter, state: BaseState | None) -> None:
    """One line about the Bitable, if one is configured."""
    if state is not None and state.failed:
        reporter.warning(state.failed)
    elif state is not None:
        reporter.message(f"Bitable at {state.place}: {state.changed:,} records written")


def _sums(results: Sequence[ShopResult]) -> tuple[int, int, int]:
    """Rows, pages, and how many are complete."""
    rows = sum(sum(one.rows.values()) for one in results)
    return rows, sum(one.pages for one in results), sum(one.status == "ok" for one in results)


def _result(one: ShopResult) -> dict[str, Any]:
    """The sync of a shop or ads account, for the record."""
    return {
        "shop_key": one.shop_key,
        "name": one.name,
        "status": one.status,
        "incremental": one.incremental,
        "pages": one.pages,
        "rows": dict(one.rows),
        "seconds": round(one.seconds, 1),
        "errors": one.errors,
    }


def _record(home: Home, report: RunReport, error: BaseException | None) -> None:
    """Keep what the run did in `runs/` of the home."""
    folder = home.root / "runs"
    record: dict[str, Any] = {
        "started_at": report.started_at.isoformat(timespec="seconds"),
        "seconds": report.seconds,
        "exit_code": report.exit_code,
        "error": None if error is None else str(error) or type(error).__name__,
    }
    if report.sync is not None:
        record["sync"] = {
            "run_id": report.sync.run_id,
            "seconds": round(report.sync.seconds, 1),
            "errors": report.sync.errors,
            "shops": [_result(shop) for shop in report.sync.shops],
            "accounts": [_result(account) for account in report.sync.accounts],
        }
    if report.build is not None:
        record["build"] = {
            "build_id": report.build.build_id,
            "seconds": report.build.seconds,
            "nodes": len(report.build.nodes),
            "errors": [node.name for node in report.build.errors],
            "failed_tests": [node.name for node in report.build.failed_tests],
            "stale_sources": [source.table for source in report.build.stale],
        }
    if report.audit is not None:
        record["audit"] = {
            "audit_id": report.audit.audit_id,
            "passed": report.audit.passed,
            "checks": report.audit.checks,
            "held_back": {shop.shop_key: shop.message for shop in report.audit.held_back},
        }
    if report.publish is not None:
        record["publish"] = {
            "publication": report.publish.publication,
            "published_at": report.publish.published_at,
            "tables": report.publish.tables,
            "audiences": report.publish.audiences,
        }
    try:
        write_record(folder / f"{report.started_at:%Y%m%dT%H%M%S%f}Z.json", record)
        for old in sorted(folder.glob("2*Z.json"))[:-_KEPT_RUNS]:
            old.unlink()
    except (TtkpiError, OSError):
        # A disk that refuses is why the run failed; that error is the one to tell.
        if error is None:
            raise
