"""The sellers' tokens, in one file that only its owner may read.

Any number of threads and processes may share the file. Who renews a token holds its lock from reading the
file to having written both new tokens, and first looks whether somebody else has renewed it meanwhile: TikTok
replaces the refresh token at every renewal, so a renewal that is done twice, or not stored, may lose the
authorisation.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingestion.engine.errors import ApiError, AuthorizationRevoked, BadRequest, NotAuthorised
from ingestion.engine.wire import Notify, log_warning
from ingestion.tiktok_shop.auth import TokenAnswer
from ingestion.tiktok_shop.token_file import CREATOR, SELLER, Grant, KnownShop, TokenFile, TokenState

__all__ = ["CREATOR", "SELLER", "Auth", "Grant", "KnownShop", "TokenStore"]

REFRESH_AHEAD_SECONDS = 600.0
REFRESH_AHEAD_SHARE = 0.1
"""Short-lived tokens are renewed in the last tenth of their life, or every call would renew them."""
RETRY_REFRESH_SECONDS = 60.0


class Auth(Protocol):
    """Gives out tokens; `AuthHost` over HTTP."""

    def exchange(self, code: str) -> TokenAnswer:
        """Trades a code for tokens."""

    def refresh(self, refresh_token: str) -> TokenAnswer:
        """Trades a refresh token for a new pair."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """A renewal that failed: not tried again by every waiting thread in turn."""

    refresh_token: str
    error: ApiError
    forget_at: float


class TokenStore:
    """Keeps, gives out and renews tokens. Safe for threads and processes.

    Args:
        path: The file; made at the first `exchange`, mode 0600.
        auth: Where tokens come from.
        now: Wall clock, unix seconds.
        lock_timeout: Seconds to wait for another process that is renewing.
        notify: Is told of a renewal that failed while the old token still works.
    """

    def __init__(
        self,
        path: Path,
        auth: Auth,
        *,
        now: Callable[[], float] = time.time,
        lock_timeout: float = 180.0,
        notify: Notify = log_warning,
    ) -> None:
        self._file = TokenFile(path)
        self._auth = auth
        self._now = now
        self._lock_timeout = lock_timeout
        self._notify = notify
        self._cache: dict[str, Grant] = {}
        self._failures: dict[str, _Failure] = {}

    def grants(self) -> list[Grant]:
        """Every authorisation in the file, by `open_id`; empty when there is no file yet.

        Raises:
            TokenFileError: The file can't be read or is damaged.
        """
        grants = self._file.read().grants
        return [grants[open_id] for open_id in sorted(grants)]

    def shops(self, open_id: str) -> list[KnownShop]:
        """The shops this grant reached when they were last listed.

        Raises:
            TokenFileError: The file can't be read or is damaged.
        """
        return list(self._file.read().shops.get(open_id, ()))

    def remember_shops(self, open_id: str, shops: list[KnownShop]) -> None:
        """Keeps the shops of a grant, ciphers included; this file is the only place that holds them.

        Raises:
            TokenFileError: The file can't be written.
        """
        if self._file.read().shops.get(open_id) == shops:
            return
        with self._locked(), self._file.replacement() as replacement:
            state = self._file.read()
            state.shops[open_id] = shops
            replacement.commit(state)

    def exchange(self, code: str) -> Grant:
        """Trades the code of an authorisation for tokens and stores them.

        Raises:
            BadAuthCode: The code is wrong, used, or older than 30 minutes.
            TokenFileError: The file can't be read or written; the code is not used up then.
            ApiError: Any other refusal or failure.
        """
        # Room on the disk is made sure of first: the code works only once.
        with self._locked(), self._file.replacement() as replacement:
            state = self._file.read()
            answer = self._auth.exchange(code)
            if not answer.open_id:
                raise BadRequest(
                    "token_get: TikTok's answer names no open_id, so the authorisation can't be kept.",
                    advice="Use the code of a seller's authorisation.",
                    endpoint="token_get",
                )
            grant = Grant.from_answer(answer, obtained_at=int(self._now()), previous=None)
            state.grants[grant.open_id] = grant
            replacement.commit(state)
            self._remember(grant)
        return grant

    def access_token(self, open_id: str) -> str:
        """A token that is good for a while, renewed when it is about to expire. Costs no file access
        otherwise.

        Raises:
            NotAuthorised: There is no such grant.
            AuthorizationRevoked: It can't be renewed any more.
            TokenFileError: The file can't be read or written.
            ApiError: The renewal failed.
        """
        grant = self._cache.get(open_id)
        if grant is None:
            grant = self._grant(self._file.read(), open_id)
            self._cache[open_id] = grant
        now = self._now()
        if now < _refresh_at(grant):
            return grant.access_token
        if now >= grant.access_token_expires_at:
            return self.refresh(open_id, grant.access_token)
        try:
            return self.refresh(open_id, grant.access_token)
        except ApiError as error:
            # The token still works: what can't be renewed now is a warning, and an error only once it has
            # expired.
            if not self._is_repeated(error):
                self._notify(f"{error.message} The present token works until it expires.")
            return grant.access_token

    def refresh(self, open_id: str, stale_token: str) -> str:
        """Renews a token, unless somebody else has done so since `stale_token` was read.

        Args:
            open_id: The grant.
            stale_token: The access token that expired or was refused.

        Returns:
            The access token to use now.

        Raises:
            NotAuthorised: There is no such grant.
            AuthorizationRevoked: It can't be renewed any more.
            TokenFileError: The file can't be read or written; nothing was renewed then.
            ApiError: The renewal failed.
        """
        with self._locked():
            grant = self._grant(self._file.read(), open_id)
            if grant.access_token != stale_token and self._now() < _refresh_at(grant):
                self._remember(grant)
                return grant.access_token
            self._raise_known_failure(grant)
            with self._file.replacement() as replacement:
                answer = self._ask_for_new(grant)
                renewed = Grant.from_answer(answer, obtained_at=int(self._now()), previous=grant)
                state = self._file.read()
                state.grants[open_id] = renewed
                # Both tokens are on the disk before the first of them is used.
                replacement.commit(state)
            self._remember(renewed)
            return renewed.access_token

    def _ask_for_new(self, grant: Grant) -> TokenAnswer:
        try:
            return self._auth.refresh(grant.refresh_token)
        except ApiError as error:
            if grant.seller_name and grant.seller_name not in error.message:
                error.message = f"Tokens of seller {grant.seller_name}: {error.message}"
            lasting = isinstance(error, AuthorizationRevoked)
            forget_at = float("inf") if lasting else time.monotonic() + RETRY_REFRESH_SECONDS
            self._failures[grant.open_id] = _Failure(grant.refresh_token, copy.copy(error), forget_at)
            raise

    def _raise_known_failure(self, grant: Grant) -> None:
        failure = self._failures.get(grant.open_id)
        if failure is None or failure.refresh_token != grant.refresh_token:
            return
        if time.monotonic() < failure.forget_at:
            repeated = copy.copy(failure.error)
            repeated.__notes__ = [_REPEATED]
            raise repeated

    @staticmethod
    def _is_repeated(error: ApiError) -> bool:
        return _REPEATED in getattr(error, "__notes__", ())

    def _remember(self, grant: Grant) -> None:
        self._cache[grant.open_id] = grant
        self._failures.pop(grant.open_id, None)

    @staticmethod
    def _grant(state: TokenState, open_id: str) -> Grant:
        grant = state.grants.get(open_id)
        if grant is None:
            raise NotAuthorised(
                f"There are no tokens for the authorisation {open_id}.",
                advice="Let the seller authorise the app, then run `ttkpi auth exchange CODE`.",
            )
        return grant

    def _locked(self) -> AbstractContextManager[None]:
        return self._file.locked(self._lock_timeout)


_REPEATED = "The renewal was not tried again, as it had just failed."


def _refresh_at(grant: Grant) -> float:
    life = max(0, grant.access_token_expires_at - grant.obtained_at)
    return grant.access_token_expires_at - min(REFRESH_AHEAD_SECONDS, REFRESH_AHEAD_SHARE * life)
