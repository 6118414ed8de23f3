"""The TikTok Shop API over HTTP: signs, throttles, retries, renews tokens, follows pages. Knows no dlt."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx
import orjson

from home.config import ShopApiConfig
from home.errors import ConfigError, TransientError, TtkpiError
from ingestion.engine.answers import ApiAnswer, ListEnd
from ingestion.engine.errors import (
    ApiError,
    BadAppKey,
    BadSignature,
    ClockOff,
    EndlessList,
    NotAuthorised,
    RateLimited,
    RepeatedPageToken,
    TokenExpired,
)
from ingestion.engine.refusals import CallInfo, answered
from ingestion.engine.throttle import Throttle
from ingestion.engine.wire import Notify, http_client, log_warning, retrying
from ingestion.tiktok_shop.endpoints import AUTHORIZED_SHOPS, Endpoint
from ingestion.tiktok_shop.refusals import ADDRESSES, refusal
from ingestion.tiktok_shop.signing import sign
from ingestion.tiktok_shop.tokens import CREATOR, SELLER, Grant, KnownShop, TokenStore

_log = logging.getLogger(__name__)

_OURS = (BadAppKey, BadSignature, ClockOff, ConfigError)
"""Errors of the app and of this machine: no other grant would fare better."""


@dataclass(frozen=True, slots=True)
class ShopRef:
    """A shop that a seller has authorised.

    Attributes:
        shop_id: TikTok's id of the shop.
        name: Name of the shop.
        region: Market, such as `GB`.
        seller_type: CROSS_BORDER or LOCAL.
        code: TikTok's short code of the shop.
        cipher: Names the shop in a request; changes with the authorisation. Hidden from `repr`.
        open_id: The grant (see `TokenStore`) through which the shop is reached.
    """

    shop_id: str
    name: str
    region: str
    seller_type: str
    code: str
    cipher: str = field(repr=False)
    open_id: str


@dataclass(frozen=True, slots=True)
class GrantProblem:
    """A grant whose shops could not be listed.

    Attributes:
        open_id: The grant.
        seller_name: Its seller.
        error: What went wrong.
        shops: The shops it reached when they were last listed; empty if they never were.
    """

    open_id: str
    seller_name: str
    error: TtkpiError
    shops: tuple[ShopRef, ...]


_READ = httpx.ByteStream(b"")
"""Stands in for the stream of a body that was read."""


class ShopClient:
    """Reads the Shop API for every authorised seller. One instance serves any number of threads.

    Args:
        config: Where the API is and how fast it may be asked.
        tokens: The sellers' tokens.
        throttle: Paces calls per shop and endpoint; by default one after the configuration.
        http: Client to send with; by default one with a pool for all page workers of all shops.
        sleep: Waits between tries.
        now: Wall clock, unix seconds: goes into signatures.
        notify: Is told whenever a call waits to be tried again.
    """

    def __init__(
        self,
        config: ShopApiConfig,
        tokens: TokenStore,
        *,
        throttle: Throttle | None = None,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        notify: Notify = log_warning,
    ) -> None:
        self._config = config
        self._tokens = tokens
        self._throttle = throttle or Throttle(config.requests_per_second, sleep=sleep)
        self._http = http or http_client(
            config.base_url,
            timeout_seconds=config.timeout_seconds,
            connections=config.shop_workers * config.page_workers + 2,
        )
        self._owns_http = http is None
        self._now = now
        self._retrying = retrying(sleep=sleep, notify=notify, on_wait=self._hold_back)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections, unless the HTTP client came from outside."""
        if self._owns_http:
            self._http.close()

    def authorized_shops(self, problems: list[GrantProblem] | None = None) -> list[ShopRef]:
        """Every shop of every seller grant, by id, and remembers them in the token file.

        Args:
            problems: Collects the grants that failed, so that one seller's trouble stays with that seller.
                Without it the first failure is raised.

        Raises:
            NotAuthorised: No seller has authorised the app.
            BadSignature, BadAppKey, ClockOff, TokenFileError: The fault is ours, whoever the seller is.
            ApiError: A grant failed and `problems` is None.
        """
        grants = [grant for grant in self._tokens.grants() if grant.user_type == SELLER]
        if not grants:
            raise NotAuthorised(
                "No seller has authorised the app yet.",
                advice="Open the app's authorisation link as seller, then run `ttkpi auth exchange CODE`.",
            )
        shops: dict[str, ShopRef] = {}
        failed: list[GrantProblem] = []
        # The newest grant comes last and so wins where two reach the same shop.
        for grant in sorted(grants, key=lambda grant: grant.obtained_at):
            try:
                found = self._shops_of(grant)
            except TtkpiError as error:
                if problems is None or isinstance(error, _OURS):
                    raise
                known = tuple(_shop_ref(shop, grant.open_id) for shop in self._tokens.shops(grant.open_id))
                failed.append(GrantProblem(grant.open_id, grant.seller_name, error, known))
                continue
            shops.update((shop.shop_id, shop) for shop in found)
        if problems is not None:
            problems.extend(failed)
        return [shops[shop_id] for shop_id in sorted(shops)]

    def creator_grants(self) -> list[Grant]:
        """Every creator who has authorised the app, by `open_id`.

        Raises:
            TokenFileError: The token file is unusable.
        """
        return [grant for grant in self._tokens.grants() if grant.user_type == CREATOR]

    def get(
        self,
        endpoint: Endpoint,
        shop: ShopRef | None,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        path: Mapping[str, str] | None = None,
    ) -> ApiAnswer:
        """One call, tried again as its failure allows.

        Args:
            endpoint: What to call (GET or POST; nothing is ever written).
            shop: Whose data; None only for endpoints without a cipher, when there is one grant.
            query: Query parameters, not encoded. Lists are joined with commas.
            body: JSON body of a POST.
            path: Values for the placeholders of the path.

        Raises:
            ApiError: TikTok refused, or did not answer usably after all tries; see `errors` for the kinds.
            NotAuthorised: There is no grant for the shop.
            TokenFileError: The token file is unusable.
        """
        open_id = shop.open_id if shop is not None else self._only_grant()
        return self._get(endpoint, shop, open_id, query or {}, body, path or {})

    def pages(
        self,
        endpoint: Endpoint,
        shop: ShopRef,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        path: Mapping[str, str] | None = None,
    ) -> Iterator[ApiAnswer]:
        """All pages of a list, one at a time; `ApiAnswer.page` counts them. Asks for the largest pages by
        default.

        Raises:
            RepeatedPageToken: The list points back to a page it already gave. The pages before were yielded.
            EndlessList: It goes on without records, or far beyond what it announced. The same holds.
            ApiError: As `get`.
        """
        params = dict(query or {})
        if endpoint.page_size is not None:
            params.setdefault("page_size", str(endpoint.page_size))
        followed: set[str] = set()
        page = 1
        end = ListEnd(int(params.get("page_size") or 0))
        while True:
            answer = self._get(endpoint, shop, shop.open_id, params, body, path or {}, page)
            token = str(answer.data.get("next_page_token") or "")
            request_id = answer.request_id
            why_endless = end.passed(answer.data)
            yield answer
            # Let go of this page before the next is fetched: never two in memory.
            del answer
            if not token:
                return
            if token in followed:
                back = "TikTok points back to a page it already gave"
                raise _unfinished(RepeatedPageToken, endpoint, shop, back, page, request_id)
            if why_endless:
                raise _unfinished(EndlessList, endpoint, shop, f"the list {why_endless}", page, request_id)
            followed.add(token)
            params["page_token"] = token
            page += 1

    def _only_grant(self) -> str:
        grants = [grant for grant in self._tokens.grants() if grant.user_type == SELLER]
        if len(grants) != 1:
            raise NotAuthorised(
                f"A call without a shop needs exactly one authorised seller; there are {len(grants)}.",
                advice="Run `ttkpi auth status` to see them.",
            )
        return grants[0].open_id

    def _shops_of(self, grant: Grant) -> list[ShopRef]:
        answer = self._get(AUTHORIZED_SHOPS, None, grant.open_id, {}, None, {})
        shops = [KnownShop.from_api(item) for item in answer.data.get("shops") or []]
        self._tokens.remember_shops(grant.open_id, shops)
        return [_shop_ref(shop, grant.open_id) for shop in shops]

    def _get(
        self,
        endpoint: Endpoint,
        shop: ShopRef | None,
        open_id: str,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None,
        path: Mapping[str, str],
        page: int = 1,
    ) -> ApiAnswer:
        if endpoint.shop_cipher and shop is None:
            raise ValueError(f"{endpoint.name} is asked for a shop")
        # Serialised once: what is signed must be, byte for byte, what is sent.
        content = orjson.dumps(body or {}) if endpoint.method == "POST" else b""
        request = _Request(endpoint, shop, open_id, endpoint.url_path(path), query, content, page)
        answer: ApiAnswer = self._retrying(self._send_with_live_token, request)
        return answer

    def _send_with_live_token(self, request: _Request) -> ApiAnswer:
        token = self._token(request)
        try:
            return self._send(request, token)
        except TokenExpired:
            # A refused token is renewed once per call: a second refusal means that the authorisation itself is gone.
            if request.renewed:
                raise
            request.renewed = True
        return self._send(request, self._token(request, stale=token))

    def _token(self, request: _Request, *, stale: str = "") -> str:
        try:
            if stale:
                return self._tokens.refresh(request.open_id, stale)
            return self._tokens.access_token(request.open_id)
        except ApiError as error:
            if request.shop is not None:
                error.shop_id, error.shop_name = request.shop.shop_id, request.shop.name
            raise

    def _send(self, request: _Request, token: str) -> ApiAnswer:
        endpoint, shop = request.endpoint, request.shop
        self._throttle.wait((request.owner, endpoint.name))
        now = self._now()
        # The time goes in after the wait: TikTok refuses signatures older than five minutes.
        pairs = [("app_key", self._config.app_key), ("timestamp", str(int(now))), *request.query.items()]
        if endpoint.shop_cipher and shop is not None:
            pairs.append(("shop_cipher", shop.cipher))
        signature = sign(self._config.app_secret, request.path, pairs, request.content)
        pairs.append(("sign", signature))
        url = f"{self._config.base_url}{request.path}?{urlencode(pairs, quote_via=quote, safe='')}"
        headers = {"x-tts-access-token": token, "content-type": "application/json"}

        call = CallInfo(
            endpoint.name,
            shop.shop_id if shop is not None else "",
            shop.name if shop is not None else "",
            endpoint.scope,
            (self._config.app_secret, token, signature, shop.cipher if shop is not None else ""),
            addresses=ADDRESSES,
        )
        envelope, response = answered(
            lambda: self._http.request(
                endpoint.method, url, content=request.content or None, headers=headers
            ),
            call,
            host=self._config.base_url,
            refusal=refusal,
            now=self._now,
        )
        # httpx ties a response and its stream into a cycle. With the rare garbage collection of a sync every body
        # would live on: 0.5 MB a page, 1.4 GB in a sync of 200,000 orders.
        response.stream = _READ
        return ApiAnswer(
            envelope.data, response.content, envelope.request_id, datetime.now(UTC), request.page
        )

    def _hold_back(self, error: TransientError, seconds: float) -> None:
        # A 429 is told to one thread but meant for all that ask the same of the same shop.
        if isinstance(error, RateLimited):
            self._throttle.pause((error.shop_id, error.endpoint), seconds)


@dataclass(slots=True)
class _Request:
    """One call through all its tries."""

    endpoint: Endpoint
    shop: ShopRef | None
    open_id: str
    path: str
    query: Mapping[str, str]
    content: bytes
    page: int
    renewed: bool = False

    @property
    def owner(self) -> str:
        """Whose limit the call counts against."""
        return self.shop.shop_id if self.shop is not None else ""


def _shop_ref(shop: KnownShop, open_id: str) -> ShopRef:
    return ShopRef(shop.shop_id, shop.name, shop.region, shop.seller_type, shop.code, shop.cipher, open_id)


def _unfinished(
    kind: type[RepeatedPageToken | EndlessList],
    endpoint: Endpoint,
    shop: ShopRef,
    what: str,
    pages: int,
    request_id: str,
) -> ApiError:
    """The error of a list that is not followed to its end; `what` happened after so many pages."""
    error = kind(
        f"{endpoint.name} of shop {shop.name} ({shop.shop_id}): after {pages} pages {what} (request id "
        f"{request_id or 'unknown'}); it was not followed any further, and the rest of this window is unknown.",
        advice="The next run reads the window again. If it stays so, tell TikTok the request id.",
        endpoint=endpoint.name,
        shop_id=shop.shop_id,
        shop_name=shop.name,
        request_id=request_id,
    )
    error.pages = pages
    return error
