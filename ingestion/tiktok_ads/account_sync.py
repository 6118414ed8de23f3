"""Syncs ads accounts: one after the other, as they share the limits of the app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from home.config import load_ads_config
from home.layout import Home
from ingestion.engine.privacy import Cleaner
from ingestion.engine.units import OnPage, ShopOutcome, Work, outcome_of, states, sync_units
from ingestion.engine.wire import Notify
from ingestion.tables.sources import TIKTOK_ADS
from ingestion.tiktok_ads.accounts import INFO_FIELDS
from ingestion.tiktok_ads.client import AdsClient, AdsProblem, Advertiser
from ingestion.tiktok_ads.reading import AdsReading, Resource
from ingestion.tiktok_ads.tokens import AdsTokenStore


@dataclass(slots=True)
class AdsSync:
    """What came of a sync of ads accounts.

    Attributes:
        outcomes: The accounts that were read, with how it went.
        problems: Accounts that were not, as their authorisation could not be asked, or reaches them no more.
    """

    outcomes: list[tuple[Advertiser, ShopOutcome]] = field(default_factory=list)
    problems: list[AdsProblem] = field(default_factory=list)


def has_ads(home: Home) -> bool:
    """Whether an ads account was ever authorised in this home."""
    return home.ads_tokens_file.exists()


def sync_accounts(
    home: Home,
    run_id: str,
    resources: Sequence[Resource],
    accounts: Sequence[str] | None,
    since: int | None,
    until: int,
    *,
    on_page: OnPage,
    started: Callable[[Advertiser], None],
    finished: Callable[[Advertiser, ShopOutcome], None],
    notify: Notify,
) -> AdsSync:
    """Loads what is new of every authorised ads account. An account's trouble stays with that account.

    Args:
        home: Where everything is; its lock must be held.
        run_id: The run.
        resources: What to read.
        accounts: Ids of the accounts; all by default.
        since: Explicit start, unix seconds; None when cursors decide.
        until: End of all windows, unix seconds, exclusive.
        on_page: Receives every page: account, resource, records.
        started: Receives every account whose sync begins.
        finished: Receives every account whose sync has ended.
        notify: Receives a line whenever a call waits to be tried again.

    Raises:
        ConfigError: The configuration is wrong, or nobody has authorised the app.
        TokenFileError: The token file is unusable.
        StorageError: The disk refuses.
    """
    config = load_ads_config()
    store = AdsTokenStore(home.ads_tokens_file)
    done = AdsSync()
    wanted = None if accounts is None else set(accounts)
    with AdsClient(config, store, notify=notify) as client:
        found = client.advertisers(done.problems)
        if wanted is not None:
            done.problems = [
                AdsProblem(problem.error, left)
                for problem in done.problems
                if (left := tuple(one for one in problem.advertisers if one.advertiser_id in wanted))
            ]
        for advertiser in found:
            if wanted is None or advertiser.advertiser_id in wanted:
                started(advertiser)
                reading = AdsReading(
                    client=client,
                    advertiser=advertiser,
                    config=config,
                    cleaner=Cleaner(home.privacy_key()),
                    run_id=run_id,
                    info_fields=INFO_FIELDS,
                    since=since,
                    until=until,
                    states=states,
                )
                outcome = _sync(home, run_id, reading, resources, on_page)
                finished(advertiser, outcome)
                done.outcomes.append((advertiser, outcome))
    return done


def _sync(
    home: Home, run_id: str, reading: AdsReading, resources: Sequence[Resource], on_page: OnPage
) -> ShopOutcome:
    key = reading.advertiser.advertiser_id
    work = Work(
        home=home,
        source=TIKTOK_ADS,
        key=key,
        run_id=run_id,
        read=lambda resource: resource.read(reading, resource),
        notes=reading.notes,
        incremental_by="ads_report_daily",
        currencies_in="advertisers",
    )
    return outcome_of(lambda: sync_units(work, resources, on_page), home, run_id, key, resources)


def known_accounts(home: Home) -> set[str]:
    """Ids of the ads accounts that are authorised in this home, as they were last listed.

    Raises:
        TokenFileError: The token file is unusable.
    """
    grants = AdsTokenStore(home.ads_tokens_file).read().grants
    return {one for grant in grants for one in grant.advertiser_ids}
