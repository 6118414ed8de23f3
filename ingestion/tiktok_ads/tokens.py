"""The tokens of ads accounts: `ads_tokens.json`, mode 0600, replaced as a whole.

An access token of the Business API lives until it is withdrawn, and there is nothing to renew it with. One
authorisation reaches all ads accounts that its user picked; several users may authorise the app.
"""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from home.config import AdsApiConfig
from ingestion.engine.envelope import Envelope
from ingestion.engine.errors import BadRequest
from ingestion.engine.refusals import CallInfo, answered
from ingestion.engine.token_file import Form, LockedFile
from ingestion.engine.wire import Notify, http_client, log_warning, retrying
from ingestion.tiktok_ads.endpoints import ACCESS_TOKEN_PATH
from ingestion.tiktok_ads.refusals import ADDRESSES, refusal

_VERSION = 1
_LOCK_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class AdsGrant:
    """One user's authorisation of the app.

    Attributes:
        access_token: Goes with every request. Hidden from `repr`.
        advertiser_ids: The ads accounts that were picked.
        scope: Numbers of the permissions.
        obtained_at: Unix seconds of our clock.
    """

    access_token: str = field(repr=False)
    advertiser_ids: tuple[str, ...]
    scope: tuple[int, ...]
    obtained_at: int

    @property
    def id(self) -> str:
        """A name that tells nothing of the token."""
        return hashlib.sha256(self.access_token.encode()).hexdigest()[:12]


@dataclass(slots=True)
class AdsTokens:
    """What the file holds.

    Attributes:
        grants: Oldest first.
        names: Names of ads accounts, as they were last listed.
    """

    grants: list[AdsGrant] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def learn(self, names: Mapping[str, str], reached: Mapping[str, tuple[str, ...]]) -> bool:
        """Takes over what was listed; whether that is anything new."""
        grants = [
            dataclasses.replace(grant, advertiser_ids=reached.get(grant.id, grant.advertiser_ids))
            for grant in self.grants
        ]
        is_new = grants != self.grants or not names.items() <= self.names.items()
        self.grants, self.names = grants, {**self.names, **names}
        return is_new


class AdsTokenStore:
    """Keeps tokens. Safe for threads and processes.

    Args:
        path: The file; made at the first `exchange`.
        now: Wall clock, unix seconds.
    """

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self._file = LockedFile(path, Form(AdsTokens, _dump, _parse, "run `ttkpi auth ads CODE` again"))
        self._now = now

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    def read(self) -> AdsTokens:
        """What the file holds; nothing when there is none yet.

        Raises:
            TokenFileError: The file can't be read or is damaged.
        """
        return self._file.read()

    def exchange(self, code: str, host: AdsAuthHost) -> AdsGrant:
        """Trades the code of an authorisation for a token and stores it.

        An older authorisation that reached no other accounts is replaced.

        Raises:
            BadAuthCode: The code is wrong, used, or older than an hour.
            TokenFileError: The file can't be read or written; the code is not used up then.
            ApiError: Any other refusal or failure.
        """
        # Room on the disk is made sure of first: the code works only once.
        with self._file.locked(_LOCK_SECONDS), self._file.replacement() as replacement:
            tokens = self._file.read()
            grant = host.exchange(code, obtained_at=int(self._now()))
            reached = set(grant.advertiser_ids)
            tokens.grants = [old for old in tokens.grants if not set(old.advertiser_ids) <= reached]
            tokens.grants.append(grant)
            replacement.commit(tokens)
        return grant

    def remember(self, names: Mapping[str, str], reached: Mapping[str, tuple[str, ...]]) -> None:
        """Keeps what was listed: names for messages, and which accounts are expected from now on.

        Args:
            names: Names of ads accounts.
            reached: The accounts that authorisations list, by `AdsGrant.id`.

        Raises:
            TokenFileError: The file can't be written.
        """
        if not self._file.read().learn(names, reached):
            return
        with self._file.locked(_LOCK_SECONDS), self._file.replacement() as replacement:
            tokens = self._file.read()
            tokens.learn(names, reached)
            replacement.commit(tokens)


class AdsAuthHost:
    """Trades codes for tokens.

    Args:
        config: Where the API is, and the app.
        http: Client to send with; by default one of its own.
        sleep: Waits between tries.
        now: Wall clock, unix seconds.
        notify: Is told whenever a call waits to be tried again.
    """

    def __init__(
        self,
        config: AdsApiConfig,
        *,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        notify: Notify = log_warning,
    ) -> None:
        self._config = config
        self._http = http or http_client(
            config.base_url, timeout_seconds=config.timeout_seconds, connections=1
        )
        self._now = now
        self._retrying = retrying(sleep=sleep, notify=notify)

    def exchange(self, code: str, *, obtained_at: int) -> AdsGrant:
        """Trades the code of an authorisation for a token.

        Raises:
            BadAuthCode: The code is wrong, used, or older than an hour.
            ApiError: Any other refusal or failure.
        """
        call = CallInfo("access_token", secrets=(self._config.secret, code), addresses=ADDRESSES)
        content = orjson.dumps(
            {"app_id": self._config.app_id, "secret": self._config.secret, "auth_code": code}
        )
        envelope: Envelope = self._retrying(self._send, content, call)
        data = envelope.data
        token, ids = data.get("access_token"), data.get("advertiser_ids")
        if not isinstance(token, str) or not token or not isinstance(ids, list) or not ids:
            raise BadRequest(
                "access_token: TikTok's answer has no usable access_token or advertiser_ids "
                f"(request id {envelope.request_id or 'unknown'}).",
                advice=f"Check {ADDRESSES}, and that ads accounts were picked when the app was authorised.",
                request_id=envelope.request_id,
                endpoint="access_token",
            )
        scope = data.get("scope")
        return AdsGrant(
            access_token=token,
            advertiser_ids=tuple(str(one) for one in ids),
            scope=tuple(one for one in scope if type(one) is int) if isinstance(scope, list) else (),
            obtained_at=obtained_at,
        )

    def _send(self, content: bytes, call: CallInfo) -> Envelope:
        url = f"{self._config.base_url}{ACCESS_TOKEN_PATH}"
        envelope, _ = answered(
            lambda: self._http.post(url, content=content, headers={"content-type": "application/json"}),
            call,
            host=self._config.base_url,
            refusal=refusal,
            now=self._now,
        )
        return envelope


def _dump(tokens: AdsTokens) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "grants": [dataclasses.asdict(grant) for grant in tokens.grants],
        "names": tokens.names,
    }


def _parse(content: Any) -> AdsTokens:
    if content["version"] != _VERSION:
        raise ValueError("another version")
    grants = []
    for item in content["grants"]:
        grant = AdsGrant(
            access_token=item["access_token"],
            advertiser_ids=tuple(item["advertiser_ids"]),
            scope=tuple(item["scope"]),
            obtained_at=item["obtained_at"],
        )
        usable = isinstance(grant.access_token, str) and grant.access_token
        if not usable or not all(isinstance(one, str) for one in grant.advertiser_ids):
            raise ValueError("unusable token")
        grants.append(grant)
    return AdsTokens(grants, {str(key): str(name) for key, name in content["names"].items()})
