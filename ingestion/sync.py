"""Syncs shops: from the API through the archive into typed rows, several shops at a time.

Every shop is worked on by one process at a time, so that parsing and typing use all cores; inside a shop,
pages come in by threads, within the throttle. What goes wrong with one shop stays with that shop.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from home.audit_log import FAILED, PARTLY, Entry, recorded
from home.config import ShopApiConfig, load_ads_config, load_shop_config
from home.errors import ConfigError, TtkpiError
from home.layout import Home
from home.storage import StorageError
from ingestion.engine.compact import compact_when_due
from ingestion.engine.errors import describe
from ingestion.engine.journal import SHOP, LogRow, write_journal
from ingestion.engine.pipelines import configure_dlt
from ingestion.engine.progress import Progress, ShopResult
from ingestion.engine.raw_files import RawFiles
from ingestion.engine.regions import RegionUnknown, require_region
from ingestion.engine.rows import Drift
from ingestion.engine.units import ShopOutcome, failed_rows
from ingestion.fx_rates.resource import load_rates
from ingestion.sources import prepare
from ingestion.tables.sources import TIKTOK_ADS, TIKTOK_SHOP
from ingestion.tiktok_ads.account_sync import AdsSync, has_ads, known_accounts, sync_accounts
from ingestion.tiktok_ads.client import Advertiser
from ingestion.tiktok_ads.reading import Resource as AdsResource
from ingestion.tiktok_ads.resources import CATALOGUE as ADS
from ingestion.tiktok_ads.resources import OWNER
from ingestion.tiktok_shop.client import GrantProblem, ShopRef
from ingestion.tiktok_shop.resources import CATALOGUE as SHOPS
from ingestion.tiktok_shop.shop_sync import ShopJob
from ingestion.tiktok_shop.tokens import Grant, TokenStore
from ingestion.tiktok_shop.workers import connect, sync_shops

_ADS_REGION = "ads"
_SCOPE = re.compile(r"the scope `([^`]+)`")


@dataclass(slots=True)
class SyncReport:
    """How a sync went.

    Attributes:
        run_id: Names the run in the archive, in `sync_log` and in `drift`.
        shops: One result per shop, by shop id.
        accounts: One result per ads account, by its id.
        errors: What went wrong outside of them (exchange rates).
        fx_rows: Exchange rates loaded.
        seconds: Time it took.
        left_out: Shops of an unknown region, which were not read, and what to do about each.
    """

    run_id: str
    shops: list[ShopResult] = field(default_factory=list)
    accounts: list[ShopResult] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    fx_rows: int = 0
    seconds: float = 0.0
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether anything went wrong; what did not is loaded nevertheless."""
        return bool(self.errors) or any(one.status != "ok" for one in (*self.shops, *self.accounts))


def sync(
    home: Home,
    *,
    shops: Sequence[str] | None = None,
    since: date | None = None,
    until: datetime | None = None,
    resources: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> SyncReport:
    """Loads what is new. Can be killed at any point: the next call continues, and nothing is lost or doubled.

    Args:
        home: Where everything is.
        shops: Ids of shops and ads accounts; all authorised ones by default.
        since: Reads again from this day (00:00 UTC). By default every resource continues from its cursor,
            and a shop that is new starts `history_days` before `until`.
        until: End of all windows, exclusive; now by default.
        resources: Names of resources, or of raw tables they feed; all by default.
        progress: Is told of shops and pages.

    Raises:
        ConfigError: The configuration is wrong, nobody has authorised the app, or a name is unknown.
        BadAppKey, BadSignature, ClockOff: TikTok accepts nothing from this app or machine.
        HomeBusy: Another run is at work in this home.
        ClockBehind: The machine's clock is behind what was loaded before.
        ApiError: The app's key or secret is wrong, or the clock is off, so that no shop can be read.
        StorageError: The disk refuses. Troubles of single shops are in the report instead.
    """
    started = time.monotonic()
    progress = progress or Progress()
    config = load_shop_config()
    wanted, of_ads = _chosen(home, resources)
    configure_dlt()
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    report = SyncReport(run_id)
    with home.lock("sync"), recorded(home, "sync", run_id) as entry:
        prepare(home)
        # Every shop needs it: a damaged key is told once, before anything is asked.
        home.privacy_key()
        end = int((until or now).timestamp())
        begin = int(datetime(since.year, since.month, since.day, tzinfo=UTC).timestamp()) if since else None
        shop_ids, account_ids = shops_and_accounts(home, shops)
        _require_something(wanted, of_ads, shop_ids, account_ids)
        outcomes: list[ShopOutcome] = []
        if wanted and shop_ids != []:
            outcomes = _sync_shops(home, config, report, wanted, shop_ids, begin, end, progress)
        if of_ads and account_ids != []:
            outcomes += _sync_ads(
                home, report, of_ads, account_ids, begin, end, progress, alone=not report.shops
            )
        _load_fx(home, report, outcomes, begin, end, config, progress)
        RawFiles(home.raw).add_new()
        compact_when_due(home, progress.message)
        _describe_run(entry, report, since=since, until=until, resources=resources)
    report.seconds = time.monotonic() - started
    return report


def _describe_run(
    entry: Entry,
    report: SyncReport,
    *,
    since: date | None,
    until: datetime | None,
    resources: Sequence[str] | None,
) -> None:
    """What the audit log says of a sync; of each shop and resource `sync_log` says more."""
    everyone = [*report.shops, *report.accounts]
    if report.failed:
        entry.outcome = FAILED if everyone and all(one.status == "failed" for one in everyone) else PARTLY
    entry.details |= {
        "since": since,
        "until": until,
        "resources": list(resources) if resources else None,
        "shops": len(report.shops),
        "accounts": len(report.accounts),
        "rows": sum(sum(one.rows.values()) for one in everyone),
        "not_ok": {one.shop_key: one.status for one in everyone if one.status != "ok"},
    }


def _chosen(home: Home, names: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[AdsResource, ...]]:
    """The resources of shops, by name, and those of ads accounts.

    Raises:
        ConfigError: A name is unknown; the message lists the known ones.
    """
    if names is None:
        return tuple(SHOPS.by_name), ADS.resources if has_ads(home) else ()
    unknown = set(names) - SHOPS.names() - ADS.names()
    if unknown:
        raise ConfigError(
            f"There is no resource {', '.join(sorted(unknown))}.",
            advice=f"Choose from {', '.join(SHOPS.by_name)}. Of ads accounts: {', '.join(ADS.by_name)}.",
        )
    of_shops = set(names) - ADS.names()
    return tuple(resource.name for resource in SHOPS.chosen(of_shops)), ADS.chosen(names)


def shops_and_accounts(home: Home, ids: Sequence[str] | None) -> tuple[list[str] | None, list[str] | None]:
    """Which of the ids are shops, and which ads accounts: what is no ads account is meant as a shop. None is all.

    Raises:
        TokenFileError: The token file of the ads accounts is unusable.
    """
    if ids is None:
        return None, None
    accounts = known_accounts(home) if has_ads(home) else set()
    return [one for one in ids if one not in accounts], [one for one in ids if one in accounts]


def _require_something(
    wanted: tuple[str, ...],
    of_ads: tuple[AdsResource, ...],
    shops: Sequence[str] | None,
    accounts: Sequence[str] | None,
) -> None:
    """Refuses ids of which nothing would be read.

    Raises:
        ConfigError: Names them.
    """
    if shops and not wanted:
        raise ConfigError(
            f"No ads account that was authorised has the id {', '.join(shops)}, and what was asked for is of ads "
            "accounts.",
            advice="See `ttkpi auth status`.",
        )
    if accounts and not of_ads:
        raise ConfigError(
            f"What was asked for is of shops, but {', '.join(accounts)} is an ads account.",
            advice=f"Resources of ads accounts: {', '.join(sorted(ADS.by_name))}.",
        )


def _sync_shops(
    home: Home,
    config: ShopApiConfig,
    report: SyncReport,
    wanted: tuple[str, ...],
    shops: Sequence[str] | None,
    begin: int | None,
    end: int,
    progress: Progress,
) -> list[ShopOutcome]:
    """Syncs the shops and writes their log."""
    tokens, client = connect(home, config, progress.message)
    problems: list[GrantProblem] = []
    with client:
        found, problems = _selected(home, client.authorized_shops(problems), problems, shops)
        unknown = _of_unknown_regions(found)
        jobs = [
            ShopJob(home, config, shop, report.run_id, wanted, begin, end)
            for shop in found
            if shop.shop_id not in unknown
        ]
        by_key = {job.shop.shop_id: job.shop for job in jobs}
        outcomes: list[ShopOutcome] = []
        for outcome in sync_shops(jobs, client, config, progress):
            shop = by_key[outcome.shop_key]
            result = _result(outcome, shop.shop_id, shop.name, shop.region)
            outcomes.append(outcome)
            report.shops.append(result)
            progress.shop_finished(result)
    log = [row for outcome in outcomes for row in outcome.log]
    for problem in problems:
        log += _log_problem(problem, report.run_id, wanted, report, progress)
    for shop in found:
        if shop.shop_id in unknown:
            log += _log_unknown_region(shop, unknown[shop.shop_id], wanted, report, progress)
    report.shops.sort(key=lambda shop: shop.shop_key)
    _stamp(log, found, problems, tokens)
    write_journal(home, TIKTOK_SHOP, SHOP, report.run_id, log, _drifts(outcomes))
    return outcomes


def _sync_ads(
    home: Home,
    report: SyncReport,
    resources: tuple[AdsResource, ...],
    accounts: Sequence[str] | None,
    begin: int | None,
    end: int,
    progress: Progress,
    *,
    alone: bool,
) -> list[ShopOutcome]:
    """Syncs the ads accounts and writes their log. Whatever goes wrong, shops that were synced are not concerned."""

    def started(account: Advertiser) -> None:
        progress.shop_started(account.advertiser_id, account.name)

    def finished(account: Advertiser, outcome: ShopOutcome) -> None:
        result = _result(outcome, account.advertiser_id, account.name, _ADS_REGION)
        report.accounts.append(result)
        progress.shop_finished(result)

    try:
        done = sync_accounts(
            home,
            report.run_id,
            resources,
            accounts,
            begin,
            end,
            on_page=progress.page,
            started=started,
            finished=finished,
            notify=progress.message,
        )
    except StorageError:
        raise
    except TtkpiError as error:
        if alone:
            raise
        report.errors.append(f"Ads: {describe(error)}")
        progress.message(report.errors[-1])
        return []
    log = [row for _, outcome in done.outcomes for row in outcome.log]
    log += _log_unlisted(done, report, resources, progress)
    report.accounts.sort(key=lambda one: one.shop_key)
    outcomes = [outcome for _, outcome in done.outcomes]
    write_journal(home, TIKTOK_ADS, OWNER, report.run_id, log, _drifts(outcomes))
    return outcomes


def _log_unlisted(
    done: AdsSync, report: SyncReport, resources: tuple[AdsResource, ...], progress: Progress
) -> list[LogRow]:
    """Ads accounts whose authorisation could not even be asked what it reaches."""
    rows: list[LogRow] = []
    for problem in done.problems:
        for account in problem.advertisers:
            text = describe(problem.error)
            result = ShopResult(
                account.advertiser_id, account.name, _ADS_REGION, "failed", {}, 0, 0.0, False, [text]
            )
            report.accounts.append(result)
            progress.shop_finished(result)
            rows += failed_rows(
                report.run_id,
                account.advertiser_id,
                resources,
                problem.error,
            )
    return rows


def _selected(
    home: Home, found: list[ShopRef], problems: list[GrantProblem], shops: Sequence[str] | None
) -> tuple[list[ShopRef], list[GrantProblem]]:
    if shops is None:
        return found, problems
    wanted = set(shops)
    known = {shop.shop_id for shop in found} | {shop.shop_id for p in problems for shop in p.shops}
    if unknown := sorted(wanted - known):
        accounts = sorted(known_accounts(home))
        of_ads = f" Known ads accounts: {', '.join(accounts)}." if accounts else ""
        raise ConfigError(
            f"No authorised shop has the id {', '.join(unknown)}{', nor an ads account' if accounts else ''}.",
            advice=f"Known shops: {', '.join(sorted(known)) or 'none'}.{of_ads} See `ttkpi auth status`.",
        )
    left = []
    for problem in problems:
        hit = tuple(shop for shop in problem.shops if shop.shop_id in wanted)
        if hit:
            left.append(GrantProblem(problem.open_id, problem.seller_name, problem.error, hit))
    return [shop for shop in found if shop.shop_id in wanted], left


def _result(outcome: ShopOutcome, key: str, name: str, region: str) -> ShopResult:
    troubled = [row for row in outcome.log if row.status != "ok"]
    errors = _once(troubled)
    unkeyed = outcome.drift.unkeyed()
    if unkeyed:
        errors.append(f"{unkeyed} records without a key were set aside; see the raw table drift.")
    status: Literal["ok", "partial", "failed"] = "ok"
    if errors or troubled:
        status = "failed" if outcome.log and len(troubled) >= _asked(outcome) else "partial"
    return ShopResult(
        shop_key=key,
        name=name,
        region=region,
        status=status,
        rows=outcome.rows,
        pages=outcome.pages,
        seconds=outcome.seconds,
        incremental=outcome.incremental,
        errors=errors,
    )


def _once(rows: Sequence[LogRow]) -> list[str]:
    """What went wrong, each cause once: a scope that is missing is told with all that needs it."""
    texts: dict[str, str] = {}
    needed: dict[str, list[str]] = {}
    for row in rows:
        if not row.error_message:
            continue
        scope = _SCOPE.search(row.error_message) if row.authorisation_state == "scope_missing" else None
        cause = scope.group(1) if scope else row.error_message
        if cause in texts and scope:
            needed.setdefault(cause, []).append(row.resource)
        texts.setdefault(cause, row.error_message)
    return [
        f"{text} For the same reason not read: {', '.join(needed[cause])}." if cause in needed else text
        for cause, text in texts.items()
    ]


def _asked(outcome: ShopOutcome) -> int:
    """How many resources call the API; the row of the shop itself costs no call and never fails."""
    calls = [row for row in outcome.log if row.resource != "shops"]
    return max(1, len(calls))


def _log_problem(
    problem: GrantProblem, run_id: str, resources: tuple[str, ...], report: SyncReport, progress: Progress
) -> list[LogRow]:
    """A seller whose shops could not even be listed: its known shops failed."""
    text = describe(problem.error)
    rows: list[LogRow] = []
    unknown = ShopRef("", problem.seller_name or problem.open_id, "", "", "", "", problem.open_id)
    for shop in problem.shops or (unknown,):
        result = ShopResult(shop.shop_id, shop.name, shop.region, "failed", {}, 0, 0.0, False, [text])
        report.shops.append(result)
        progress.shop_finished(result)
        if shop.shop_id:
            asked = [SHOPS.by_name[name] for name in resources]
            rows += failed_rows(run_id, shop.shop_id, asked, problem.error)
    return rows


def _of_unknown_regions(shops: Sequence[ShopRef]) -> dict[str, RegionUnknown]:
    """The shops that can't be read, and why."""
    unknown: dict[str, RegionUnknown] = {}
    for shop in shops:
        try:
            require_region(shop.region, shop.name)
        except RegionUnknown as error:
            unknown[shop.shop_id] = error
    return unknown


def _log_unknown_region(
    shop: ShopRef, error: RegionUnknown, resources: tuple[str, ...], report: SyncReport, progress: Progress
) -> list[LogRow]:
    """A shop that is not read, as neither its currency nor its days are known."""
    text = describe(error)
    report.left_out[shop.shop_id] = text
    result = ShopResult(shop.shop_id, shop.name, shop.region, "failed", {}, 0, 0.0, False, [text])
    report.shops.append(result)
    progress.shop_finished(result)
    return failed_rows(report.run_id, shop.shop_id, [SHOPS.by_name[name] for name in resources], error)


def _load_fx(
    home: Home,
    report: SyncReport,
    outcomes: list[ShopOutcome],
    begin: int | None,
    end: int,
    config: ShopApiConfig,
    progress: Progress,
) -> None:
    currencies = {currency for outcome in outcomes for currency in outcome.currencies}
    if not currencies:
        return
    days = max(config.history_days, load_ads_config().history_days if report.accounts else 0)
    first = begin if begin is not None else end - days * 86_400
    # The first day of an ads account, or of a shop, may begin a day before it does in UTC.
    since = datetime.fromtimestamp(first, UTC).date() - timedelta(days=1)
    # A business date may be ahead of the date in UTC.
    until = datetime.fromtimestamp(end, UTC).date() + timedelta(days=2)
    report.fx_rows, problems = load_rates(home, currencies, since, until, run_id=report.run_id)
    for text in problems:
        report.errors.append(text)
        progress.message(text)


def _drifts(outcomes: Sequence[ShopOutcome]) -> dict[str, Drift]:
    return {outcome.shop_key: outcome.drift for outcome in outcomes}


def _stamp(log: list[LogRow], shops: list[ShopRef], problems: list[GrantProblem], tokens: TokenStore) -> None:
    """Adds when the tokens of each shop expire."""
    grants: dict[str, Grant] = {grant.open_id: grant for grant in tokens.grants()}
    owners = {shop.shop_id: shop.open_id for problem in problems for shop in problem.shops}
    owners |= {shop.shop_id: shop.open_id for shop in shops}
    for row in log:
        grant = grants.get(owners.get(row.shop_key, ""))
        if grant is not None:
            row.access_token_expires_at = grant.access_token_expires_at
            row.refresh_token_expires_at = grant.refresh_token_expires_at
