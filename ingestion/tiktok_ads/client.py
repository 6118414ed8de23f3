"""Reads the Business API: token header, JSON text in the query, errors by code, pages by number, tries.

Knows nothing of raw tables; resources know nothing of HTTP. Nothing is ever written to an ads account.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx
import orjson

from home.config import AdsApiConfig
from home.errors import TransientError, TtkpiError
from home.text import one_line
from ingestion.engine.answers import ApiAnswer
from ingestion.engine.envelope import Envelope
from ingestion.engine.errors import ApiError, MalformedAnswer, NotAuthorised, RateLimited
from ingestion.engine.refusals import CallInfo, answered
from ingestion.engine.throttle import Throttle
from ingestion.engine.wire import Notify, http_client, log_warning, retrying
from ingestion.tiktok_ads.endpoints import AUTHORIZED_ADVERTISERS, Endpoint
from ingestion.tiktok_ads.errors import AccountRefused, BackendTrouble, IncompleteList, RepeatedPage
from ingestion.tiktok_ads.refusals import ADDRESSES, Patience, refusal
from ingestion.tiktok_ads.tokens import AdsGrant, AdsTokenStore

_ALL_CALLS = "all"
"""The limits are the app's, whoever is asked about: one throttle for all."""
_MOST_PAGES = 10_000
_SPARE_PAGES = 20
"""A list may grow while it is paged, but not without end."""


@dataclass(frozen=True, slots=True)
class Advertiser:
    """An ads account that a user has let the app into.

    Attributes:
        advertiser_id: TikTok's id.
        name: Its name; empty when it was never listed.
        token: Access token it is reached with. Hidden from `repr`.
    """

    advertiser_id: str
    name: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AdsProblem:
    """Ads accounts that can't be read: their authorisation could not be asked, or reaches them no more.

    Attributes:
        error: What went wrong.
        advertisers: The accounts.
    """

    error: TtkpiError
    advertisers: tuple[Advertiser, ...]


class AdsClient:
    """Reads the Business API for every authorised ads account.

    Args:
        config: Where the API is and how fast it may be asked.
        tokens: The tokens.
        throttle: Paces calls; by default one after the configuration.
        http: Client to send with; by default one of its own.
        sleep: Waits between tries.
        now: Wall clock, unix seconds.
        notify: Is told whenever a call waits to be tried again.
    """

    def __init__(
        self,
        config: AdsApiConfig,
        tokens: AdsTokenStore,
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
            config.base_url, timeout_seconds=config.timeout_seconds, connections=2
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

    def advertisers(self, problems: list[AdsProblem]) -> list[Advertiser]:
        """Every ads account of every authorisation, by id; the token file keeps what was listed.

        An account that an authorisation does not list any more is a problem of this one call: afterwards it is
        not expected any longer.

        Args:
            problems: Collects the accounts that can't be read.

        Raises:
            NotAuthorised: Nobody has authorised the app.
            TokenFileError: The token file is unusable.
        """
        tokens = self._tokens.read()
        if not tokens.grants:
            raise NotAuthorised(
                "No ads account has been authorised yet.",
                advice="Open the app's authorisation link, then run `ttkpi auth ads CODE`.",
            )
        found: dict[str, Advertiser] = {}
        reached: dict[str, tuple[str, ...]] = {}
        # The newest comes last and so wins where two reach the same account.
        for grant in tokens.grants:
            try:
                listed = self._list(grant)
            except TtkpiError as error:
                problems.append(AdsProblem(error, _known(grant, grant.advertiser_ids, tokens.names)))
                continue
            found.update((one.advertiser_id, one) for one in listed)
            ids = tuple(one.advertiser_id for one in listed)
            if gone := _known(grant, [one for one in grant.advertiser_ids if one not in ids], tokens.names):
                problems.append(AdsProblem(_not_listed(gone), gone))
            # An authorisation that reaches nothing at all is told every time.
            if ids:
                reached[grant.id] = ids
        self._tokens.remember({one.advertiser_id: one.name for one in found.values()}, reached)
        # What another authorisation reaches as well is no trouble.
        problems[:] = [
            AdsProblem(problem.error, left)
            for problem in problems
            if (left := tuple(one for one in problem.advertisers if one.advertiser_id not in found))
        ]
        return [found[one] for one in sorted(found)]

    def get(
        self,
        endpoint: Endpoint,
        advertiser: Advertiser,
        query: Mapping[str, Any],
        *,
        divisible: bool = False,
    ) -> ApiAnswer:
        """One call, tried again as its failure allows.

        Args:
            endpoint: What to call.
            advertiser: Whose data.
            query: Parameters; lists and objects are sent as JSON text.
            divisible: The caller can ask for less: trouble of the server is raised at once.

        Raises:
            ApiError: TikTok refused, or did not answer usably after all tries.
        """
        request = _Request(endpoint, advertiser, query, divisible=divisible)
        answer: ApiAnswer = self._retrying(self._send, request)
        return answer

    def pages(
        self,
        endpoint: Endpoint,
        advertiser: Advertiser,
        query: Mapping[str, Any],
        *,
        divisible: bool = False,
    ) -> Iterator[ApiAnswer]:
        """All pages of a list, the largest the endpoint allows.

        Raises:
            RepeatedPage: The list gave a page twice.
            IncompleteList: The list ended with fewer records than it announced. Its pages were yielded.
            MalformedAnswer: An answer does not say which page it is.
            ApiError: As `get`.
        """
        if endpoint.page_size is None:
            yield self.get(endpoint, advertiser, query, divisible=divisible)
            return
        page, first, before = 1, 0, b""
        announced, given_rows = 0, set[bytes]()
        while True:
            asked = {**query, "page": page, "page_size": endpoint.page_size}
            answer = self.get(endpoint, advertiser, asked, divisible=divisible)
            given, pages = _page_info(answer, endpoint, advertiser)
            content = orjson.dumps(answer.data.get("list"))
            first = first or pages
            most = min(_MOST_PAGES, 2 * first + _SPARE_PAGES)
            if given != page or (page > 1 and content == before) or page > most:
                raise RepeatedPage(
                    f"{_title(endpoint, advertiser)}: asked for page {page} of {pages}, TikTok gave page {given} "
                    f"{'again ' if given == page else ''}(request id {answer.request_id or 'unknown'}); the rest of "
                    "this list is unknown.",
                    advice="The next run reads it again. If it stays so, tell TikTok the request id.",
                    endpoint=endpoint.name,
                    shop_id=advertiser.advertiser_id,
                    shop_name=advertiser.name,
                    request_id=answer.request_id,
                )
            # The largest count, as a row that goes while a list is paged pulls another one over a page's edge.
            announced = max(announced, _announced(answer))
            given_rows.update(map(_digest, answer.data.get("list") or []))
            yield ApiAnswer(answer.data, answer.raw, answer.request_id, answer.retrieved_at, page)
            if page >= pages:
                if len(given_rows) < announced:
                    raise _incomplete(endpoint, advertiser, announced, len(given_rows), answer.request_id)
                return
            page, before = page + 1, content

    def _list(self, grant: AdsGrant) -> list[Advertiser]:
        asker = Advertiser("", "", grant.access_token)
        answer = self.get(AUTHORIZED_ADVERTISERS, asker, {})
        return [
            Advertiser(
                str(item["advertiser_id"]),
                one_line(str(item.get("advertiser_name") or "")),
                grant.access_token,
            )
            for item in answer.data.get("list") or []
            if isinstance(item, dict) and item.get("advertiser_id")
        ]

    def _send(self, request: _Request) -> ApiAnswer:
        self._throttle.wait(_ALL_CALLS)
        endpoint, advertiser = request.endpoint, request.advertiser
        pairs = [(name, as_text(value)) for name, value in request.query.items()]
        if endpoint.app_secret:
            pairs += [("app_id", self._config.app_id), ("secret", self._config.secret)]
        url = f"{self._config.base_url}{endpoint.path}?{urlencode(pairs, quote_via=quote, safe='')}"
        call = CallInfo(
            endpoint.name,
            advertiser.advertiser_id,
            advertiser.name,
            secrets=(self._config.secret, advertiser.token),
            owner="ads account",
            addresses=ADDRESSES,
        )
        envelope, response = answered(
            lambda: self._http.get(url, headers={"Access-Token": advertiser.token}),
            call,
            host=self._config.base_url,
            refusal=request.refusal,
            now=self._now,
        )
        return ApiAnswer(envelope.data, response.content, envelope.request_id, datetime.now(UTC))

    def _hold_back(self, error: TransientError, seconds: float) -> None:
        if isinstance(error, RateLimited):
            self._throttle.pause(_ALL_CALLS, seconds)


@dataclass(slots=True)
class _Request:
    """One call through all its tries."""

    endpoint: Endpoint
    advertiser: Advertiser
    query: Mapping[str, Any]
    divisible: bool = False
    patience: Patience = field(default_factory=Patience)

    def refusal(self, envelope: Envelope, response: httpx.Response, call: CallInfo, now: float) -> ApiError:
        """The error of an answer, by how often the call was tried."""
        error = refusal(envelope, response, call, now)
        if isinstance(error, RateLimited):
            return self.patience.judge(error, envelope.message)
        if isinstance(error, BackendTrouble) and self.divisible:
            error.given_up = True
        return error


def as_text(value: Any) -> str:
    """A parameter as the query carries it: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _known(grant: AdsGrant, ids: Sequence[str], names: Mapping[str, str]) -> tuple[Advertiser, ...]:
    return tuple(Advertiser(one, names.get(one, ""), grant.access_token) for one in ids)


def _not_listed(gone: Sequence[Advertiser]) -> AccountRefused:
    names = ", ".join(f"{one.name} ({one.advertiser_id})" for one in gone)
    return AccountRefused(
        f"The authorisation does not reach ads account {names} any more. What was synced is kept.",
        advice="If that is not wanted, let its owner authorise the app again, then run `ttkpi auth ads CODE`.",
        endpoint=AUTHORIZED_ADVERTISERS.name,
    )


def _title(endpoint: Endpoint, advertiser: Advertiser) -> str:
    return f"{endpoint.name} of ads account {advertiser.name} ({advertiser.advertiser_id})"


def _announced(answer: ApiAnswer) -> int:
    total = answer.data["page_info"].get("total_number")
    return total if type(total) is int else 0


def _digest(row: Any) -> bytes:
    return hashlib.blake2b(orjson.dumps(row), digest_size=12).digest()


def _incomplete(
    endpoint: Endpoint, advertiser: Advertiser, announced: int, given: int, request_id: str
) -> IncompleteList:
    return IncompleteList(
        f"{_title(endpoint, advertiser)}: TikTok announced {announced} records and gave {given} "
        f"(request id {request_id or 'unknown'}): some are missing.",
        advice="The next run reads the list again. If it stays so, tell TikTok the request id.",
        endpoint=endpoint.name,
        shop_id=advertiser.advertiser_id,
        shop_name=advertiser.name,
        request_id=request_id,
    )


def _page_info(answer: ApiAnswer, endpoint: Endpoint, advertiser: Advertiser) -> tuple[int, int]:
    info = answer.data.get("page_info")
    page, pages = (info.get("page"), info.get("total_page")) if isinstance(info, dict) else (None, None)
    if type(page) is not int or type(pages) is not int:
        raise MalformedAnswer(
            f"{_title(endpoint, advertiser)}: unusable answer, page_info does not say which page it is "
            f"(request id {answer.request_id or 'unknown'}).",
            advice="The next run reads it again. If it stays so, report it to TikTok.",
            endpoint=endpoint.name,
            shop_id=advertiser.advertiser_id,
            shop_name=advertiser.name,
            request_id=answer.request_id,
        )
    return page, pages


__all__ = ["AdsClient", "AdsProblem", "Advertiser", "ApiError", "as_text"]
