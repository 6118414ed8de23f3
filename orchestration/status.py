"""How things stand: authorisations, what was synced when, the last build and audit, what is published.

Only reads, takes no lock, and never opens the warehouse: it answers while a run is at work.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from home.database import CannotRead, files_in, reading
from home.layout import Home
from home.records import RecordDamaged
from ingestion.engine.journal import SHOP
from ingestion.tables.sources import TIKTOK_ADS as ADS_SOURCE
from ingestion.tables.sources import TIKTOK_SHOP as SOURCE
from ingestion.tiktok_ads.resources import OWNER as ADS_OWNER
from ingestion.tiktok_ads.tokens import AdsGrant, AdsTokenStore
from ingestion.tiktok_shop.token_file import Grant, KnownShop, TokenFile
from orchestration.audit.audit import last_audit
from orchestration.build.build import BuildState, build_state
from orchestration.deliver.bitable.state import BaseState, base_state
from orchestration.history.publications import PUBLISH_ANEW, manifest_path, published_manifest
from orchestration.history.seal import damage
from orchestration.publish.postgres.state import ServerState, server_state

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Authorisation:
    """One seller's authorisation.

    Attributes:
        seller: Name of the seller.
        open_id: TikTok's id of the authorisation.
        shops: Its shops, as last listed.
        token_hours_left: Until the access token has to be renewed, which happens by itself.
        days_left: Until the authorisation ends and the seller has to renew it.
        scopes: What the seller has allowed.
    """

    seller: str
    open_id: str
    shops: tuple[KnownShop, ...]
    token_hours_left: float
    days_left: float
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdsAuthorisation:
    """One user's authorisation for ads accounts. It lives until it is withdrawn.

    Attributes:
        accounts: Id and name of each ads account, as last listed; the name is empty when it never was.
        authorised_at: When the code was exchanged, UTC.
        permissions: How many permissions it carries; TikTok numbers them.
    """

    accounts: tuple[tuple[str, str], ...]
    authorised_at: datetime
    permissions: int


@dataclass(frozen=True, slots=True)
class ResourceStatus:
    """The syncs of one resource of one shop or ads account.

    Attributes:
        shop_key: The shop or ads account.
        shop_name: Its name; the id when unknown.
        resource: What is synced.
        status: Of the last attempt: `ok`, `skipped` or `failed`.
        last_success: When it last went well, UTC; None when never.
        data_until: How far the data reaches, UTC; None when it never went well.
        lag_hours: Hours between what the last attempt asked for and what there is.
        authorisation: `ok`, `expired`, `revoked`, `scope_missing` or `deactivated`.
        error: Of the last attempt; empty when it went well.
    """

    shop_key: str
    shop_name: str
    resource: str
    status: str
    last_success: datetime | None
    data_until: datetime | None
    lag_hours: float | None
    authorisation: str
    error: str


@dataclass(frozen=True, slots=True)
class Status:
    """Everything `ttkpi status` shows."""

    authorisations: tuple[Authorisation, ...]
    ads: tuple[AdsAuthorisation, ...]
    resources: tuple[ResourceStatus, ...]
    build: BuildState | None
    audit: dict[str, Any] | None
    published: dict[str, Any] | None
    damage: str = ""
    """What is wrong with the published file and how to cure it; empty when nothing is."""
    server: ServerState | None = None
    """The PostgreSQL server that is published into; None when none is configured."""
    base: BaseState | None = None
    """The Bitable that views are brought to; None when none is configured."""

    @property
    def failing(self) -> list[ResourceStatus]:
        """Resources whose last attempt failed."""
        return [one for one in self.resources if one.status == "failed"]


def authorisations(home: Home, *, now: float | None = None) -> tuple[Authorisation, ...]:
    """The authorisations in the token file; empty when there is none yet.

    Raises:
        TokenFileError: The file can't be read.
    """
    state = TokenFile(home.tokens_file).read()
    at = time.time() if now is None else now
    return tuple(
        _authorisation(grant, state.shops.get(open_id, []), at)
        for open_id, grant in sorted(state.grants.items())
    )


def ads_authorisations(home: Home) -> tuple[AdsAuthorisation, ...]:
    """The authorisations for ads accounts, oldest first; empty when there is none.

    Raises:
        TokenFileError: The file can't be read.
    """
    tokens = AdsTokenStore(home.ads_tokens_file).read()
    return tuple(_ads_authorisation(grant, tokens.names) for grant in tokens.grants)


def status(home: Home, *, now: float | None = None) -> Status:
    """Read how things stand.

    Raises:
        CannotRead: The sync log can't be read.
        RecordDamaged: A record is not what we write.
        TokenFileError: The token file can't be read.
    """
    known, ads = authorisations(home, now=now), ads_authorisations(home)
    names = {shop.shop_id: shop.name for one in known for shop in one.shops}
    names |= {account: name for one in ads for account, name in one.accounts if name}
    published, wrong = _published(home)
    logs = ((SOURCE, SHOP), (ADS_SOURCE, ADS_OWNER))
    return Status(
        authorisations=known,
        ads=ads,
        resources=tuple(one for source, owner in logs for one in _resources(home, source, owner, names)),
        build=build_state(home),
        audit=last_audit(home),
        published=published,
        damage=wrong,
        server=server_state(home),
        base=base_state(home),
    )


def _published(home: Home) -> tuple[dict[str, Any] | None, str]:
    """The manifest of what is published, and what is wrong with the published file."""
    try:
        published = published_manifest(home)
        found = damage(home.published) if published is not None else ""
        if published is None and manifest_path(home).is_file():
            found = f"{home.published} is missing, and {manifest_path(home)} says what was published."
    except RecordDamaged as error:
        return None, f"{error.message} {PUBLISH_ANEW}"
    return published, f"{found} {PUBLISH_ANEW}" if found else ""


def _authorisation(grant: Grant, shops: list[KnownShop], at: float) -> Authorisation:
    return Authorisation(
        seller=grant.seller_name,
        open_id=grant.open_id,
        shops=tuple(shops),
        token_hours_left=round((grant.access_token_expires_at - at) / 3600, 1),
        days_left=round((grant.refresh_token_expires_at - at) / _DAY, 1),
        scopes=tuple(grant.granted_scopes),
    )


def _ads_authorisation(grant: AdsGrant, names: dict[str, str]) -> AdsAuthorisation:
    return AdsAuthorisation(
        accounts=tuple((one, names.get(one, "")) for one in grant.advertiser_ids),
        authorised_at=datetime.fromtimestamp(grant.obtained_at, UTC),
        permissions=len(grant.scope),
    )


_LOG = """
    select
        {owner},
        resource,
        max_by(status, finished_at) as status,
        max(finished_at) filter (where status = 'ok') as last_success,
        max(window_until) filter (where status = 'ok') as data_until,
        date_diff('minute', max(window_until) filter (where status = 'ok'), max(window_until)) / 60.0 as lag_hours,
        max_by(authorisation_state, finished_at) as authorisation_state,
        max_by(coalesce(error_message, ''), finished_at) as error
    from read_parquet({files}, union_by_name = true)
    group by {owner}, resource
    order by {owner}, resource
"""


def _resources(home: Home, source: str, owner: str, names: dict[str, str]) -> list[ResourceStatus]:
    folder = home.raw / source / "sync_log"
    if not any(folder.glob("*.parquet")):
        return []
    try:
        with reading(home) as connection:
            rows = connection.execute(_LOG.format(owner=owner, files=files_in(folder))).fetchall()
    except duckdb.Error as error:
        raise CannotRead(
            f"The sync log in {folder} can't be read: {str(error).splitlines()[0]}",
            advice="If a replay or a compaction is running, try again when it has ended. If not, `ttkpi verify` names "
            "the file that is damaged, and `ttkpi replay` makes raw anew from the archive.",
        ) from error
    return [
        ResourceStatus(
            shop_key=str(key),
            shop_name=names.get(str(key), str(key)),
            resource=str(resource),
            status=str(state),
            last_success=_utc(success),
            data_until=_utc(until),
            lag_hours=None if lag is None else round(float(lag), 1),
            authorisation=str(authorisation or "ok"),
            error="" if state == "ok" else " ".join(str(error or "").split()),
        )
        for key, resource, state, success, until, lag, authorisation, error in rows
    ]


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)
