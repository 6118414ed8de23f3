"""Answers that are no answers of an API, and what every message says about the call that got them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from ingestion.engine import errors
from ingestion.engine.envelope import Envelope, describe_body, parse_envelope, retry_after, scrub
from ingestion.engine.errors import ApiError
from ingestion.engine.wire import AnswerTooLarge, AnswerTooSlow

E = TypeVar("E", bound=ApiError)

TRY_LATER = "Run again later; what was synced is kept."
REPORT = "This is a mistake in the request or a change of the API: report it with the request id."


@dataclass(frozen=True, slots=True)
class CallInfo:
    """What a message says about a call, and what it must not say.

    Attributes:
        endpoint: Name of the endpoint.
        shop_id: Id of the shop, or empty.
        shop_name: Name of the shop, or empty.
        scope: Scope the endpoint needs, or None.
        secrets: Texts that must not appear anywhere.
        owner: What the id and name belong to.
        addresses: The settings that say where the API is.
    """

    endpoint: str
    shop_id: str = ""
    shop_name: str = ""
    scope: str | None = None
    secrets: tuple[str, ...] = ()
    owner: str = "shop"
    addresses: str = field(kw_only=True)

    @property
    def title(self) -> str:
        """Endpoint and owner, for the head of a message."""
        if not self.shop_id:
            return self.endpoint
        return f"{self.endpoint} of {self.owner} {self.shop_name} ({self.shop_id})"


Refusal = Callable[[Envelope, httpx.Response, CallInfo, float], ApiError]
"""From an answer with a code other than 0, or with an HTTP error status: the error that a source makes of it."""


def answered(
    send: Callable[[], httpx.Response],
    call: CallInfo,
    *,
    host: str,
    refusal: Refusal,
    now: Callable[[], float],
) -> tuple[Envelope, httpx.Response]:
    """Sends a request and takes its answer.

    Args:
        send: Sends it.
        call: What messages say about it.
        host: Where it goes, for messages.
        refusal: Makes an error of an answer that is no success.
        now: Wall clock, unix seconds.

    Raises:
        ApiError: There is no answer, it is not TikTok's, or TikTok refused.
    """
    failure: httpx.HTTPError | None = None
    response: httpx.Response | None = None
    try:
        response = send()
    except httpx.HTTPError as error:
        failure = error
    # Raised outside the except block: dlt's trace and loggers also print what an error came from, and httpx's texts
    # may quote a header or a URL with secrets.
    if response is None:
        raise no_answer(failure or httpx.NetworkError("no answer"), call, host)
    envelope = parse_envelope(response.content)
    if envelope is None:
        raise not_an_envelope(response, call, now())
    if envelope.code != 0 or not response.is_success:
        raise refusal(envelope, response, call, now())
    return envelope, response


def not_an_envelope(response: httpx.Response, call: CallInfo, now: float) -> ApiError:
    """The error for an answer that is not TikTok's: gateway pages, cut-off bodies, other servers."""
    status = response.status_code
    body = describe_body(response, call.secrets)
    message = f"{call.title}: HTTP {status} with something that is not TikTok's answer ({body})."
    # A gateway in trouble answers 2xx or 5xx, a firewall 403; the others come from a server that is not
    # TikTok's.
    if status == 429:
        kind: type[ApiError] = errors.RateLimited
    elif status < 300 or status >= 500 or status in (403, 408, 425):
        kind = errors.NotJson
    else:
        kind = errors.BadRequest
    advice = (
        f"Check {call.addresses}, and proxies on the way."
        if kind is errors.BadRequest
        else f"Usually trouble of TikTok's gateway, or a proxy on the way. {TRY_LATER}"
    )
    return kind(
        message,
        advice=advice,
        http_status=status,
        endpoint=call.endpoint,
        shop_id=call.shop_id,
        shop_name=call.shop_name,
        retry_after=retry_after(response, now),
    )


def no_answer(error: httpx.HTTPError, call: CallInfo, host: str) -> ApiError:
    """The error for a call that got no answer, or lost it on the way."""
    kind: type[ApiError] = errors.NoConnection
    advice = f"Check the network and whether {host} is right. {TRY_LATER}"
    if isinstance(error, AnswerTooSlow | AnswerTooLarge):
        kind, what = errors.UnlimitedAnswer, "an answer without end"
        advice = f"Nothing of it was loaded. Check {host}, and proxies on the way. {TRY_LATER}"
    elif isinstance(error, httpx.TimeoutException):
        what = "no answer in time"
    elif isinstance(error, httpx.ConnectError):
        what = "no connection"
    elif isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.DecodingError):
        what = "the answer was cut off or damaged"
    elif isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
        kind, what, advice = errors.BadRequest, "the request could not be sent", REPORT
    else:
        what = "the connection failed"
    return kind(
        # The library's own text may quote a header, so only its kind is shown for requests that could not be
        # sent.
        f"{call.title}: {what} from {host} ({type(error).__name__}{_reason(error, kind, call.secrets)}).",
        advice=advice,
        endpoint=call.endpoint,
        shop_id=call.shop_id,
        shop_name=call.shop_name,
    )


def _reason(error: httpx.HTTPError, kind: type[ApiError], secrets: Iterable[str]) -> str:
    text = scrub(str(error), secrets)
    return f": {text}" if text and kind in (errors.NoConnection, errors.UnlimitedAnswer) else ""


def refusal_text(envelope: Envelope, response: httpx.Response, call: CallInfo) -> str:
    """What TikTok answered instead of data, in one sentence."""
    return (
        f"{call.title}: TikTok answered code {envelope.code}, HTTP {response.status_code}, "
        f"{scrub(envelope.message, call.secrets)!r}, request id "
        f"{scrub(envelope.request_id, call.secrets) or 'unknown'}."
    )


def refused(
    kind: type[E],
    message: str,
    advice: str,
    envelope: Envelope,
    response: httpx.Response,
    call: CallInfo,
    now: float,
) -> E:
    """The error of an answer with what TikTok said about it.

    Args:
        kind: The class of the error.
        message: What happened.
        advice: What to do.
        envelope: The parsed answer.
        response: The answer as it came, for its status and headers.
        call: What was asked.
        now: Wall clock, unix seconds.
    """
    return kind(
        message,
        advice=advice,
        code=envelope.code,
        http_status=response.status_code,
        request_id=scrub(envelope.request_id, call.secrets),
        endpoint=call.endpoint,
        shop_id=call.shop_id,
        shop_name=call.shop_name,
        retry_after=retry_after(response, now),
    )
