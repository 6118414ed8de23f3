"""The host that gives out tokens: codes into tokens, old tokens into new ones.

Its requests are not signed but carry the app secret in the query, and its answers are tokens: neither is ever
shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from home.config import ShopApiConfig
from home.text import one_line
from ingestion.engine.errors import BadRequest
from ingestion.engine.refusals import CallInfo, answered
from ingestion.engine.wire import Notify, http_client, log_warning, retrying
from ingestion.tiktok_shop.refusals import ADDRESSES, refusal


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """A pair of tokens as TikTok gives it. Times are absolute unix seconds, although their API names say
    `expire_in`.

    Attributes:
        access_token: Goes with every request; lives 7 days by default.
        access_token_expires_at: Unix seconds.
        refresh_token: Buys the next pair. Every refresh gives a new one, which replaces this one.
        refresh_token_expires_at: Unix seconds; the end of the authorisation.
        open_id: Names the authorisation; empty when TikTok sent none.
        seller_name: Empty when TikTok sent none.
        user_type: 0 seller, 1 creator, 3 partner; None when TikTok sent none.
        granted_scopes: None when TikTok sent none.
    """

    access_token: str = field(repr=False)
    access_token_expires_at: int
    refresh_token: str = field(repr=False)
    refresh_token_expires_at: int
    open_id: str = ""
    seller_name: str = ""
    user_type: int | None = None
    granted_scopes: tuple[str, ...] | None = None


class AuthHost:
    """Talks to the host that gives out tokens, trying again as the API client does.

    Args:
        config: Where it is, and the app.
        http: Client to send with; by default one of its own.
        sleep: Waits between tries.
        now: Wall clock, unix seconds.
        notify: Is told whenever a call waits to be tried again.
    """

    def __init__(
        self,
        config: ShopApiConfig,
        *,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        notify: Notify = log_warning,
    ) -> None:
        self._config = config
        self._http = http or http_client(
            config.auth_url, timeout_seconds=config.timeout_seconds, connections=2
        )
        self._now = now
        self._retrying = retrying(sleep=sleep, notify=notify)

    def exchange(self, code: str) -> TokenAnswer:
        """Trades the code of an authorisation for tokens.

        Raises:
            BadAuthCode: The code is wrong, used, or older than 30 minutes.
            ApiError: Any other refusal or failure.
        """
        return self._call("token_get", "get", "auth_code", code, "authorized_code")

    def refresh(self, refresh_token: str) -> TokenAnswer:
        """Trades a refresh token for a new pair.

        Raises:
            AuthorizationExpired: The refresh token has run out.
            AuthorizationRevoked: The authorisation does not exist any more.
            ApiError: Any other refusal or failure.
        """
        return self._call("token_refresh", "refresh", "refresh_token", refresh_token, "refresh_token")

    def _call(self, name: str, path: str, key: str, value: str, grant_type: str) -> TokenAnswer:
        query = {
            "app_key": self._config.app_key,
            "app_secret": self._config.app_secret,
            key: value,
            "grant_type": grant_type,
        }
        url = f"{self._config.auth_url}/api/v2/token/{path}?{urlencode(query, quote_via=quote, safe='')}"
        call = CallInfo(name, secrets=(self._config.app_secret, value), addresses=ADDRESSES)
        answer: TokenAnswer = self._retrying(self._send, url, call)
        return answer

    def _send(self, url: str, call: CallInfo) -> TokenAnswer:
        envelope, _ = answered(
            lambda: self._http.get(url), call, host=self._config.auth_url, refusal=refusal, now=self._now
        )
        return _read(envelope.data, call, envelope.request_id)


def _read(data: dict[str, Any], call: CallInfo, request_id: str) -> TokenAnswer:
    unusable = [
        *(key for key in ("access_token", "refresh_token") if not _is_text(data.get(key))),
        *(key for key in ("access_token_expire_in", "refresh_token_expire_in") if not _is_int(data.get(key))),
    ]
    if unusable:
        raise BadRequest(
            f"{call.title}: TikTok's answer has no usable {', '.join(unusable)} "
            f"(request id {request_id or 'unknown'}).",
            advice="Check sources.tiktok_shop.auth_url; if it is right, tell TikTok the request id.",
            request_id=request_id,
            endpoint=call.endpoint,
        )
    scopes = data.get("granted_scopes")
    return TokenAnswer(
        access_token=data["access_token"],
        access_token_expires_at=data["access_token_expire_in"],
        refresh_token=data["refresh_token"],
        refresh_token_expires_at=data["refresh_token_expire_in"],
        open_id=str(data.get("open_id") or ""),
        seller_name=one_line(str(data.get("seller_name") or "")),
        user_type=data["user_type"] if _is_int(data.get("user_type")) else None,
        granted_scopes=tuple(str(scope) for scope in scopes) if isinstance(scopes, list) else None,
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
