"""What can go wrong between us and TikTok, one class per reaction.

Codes and reactions are those of TikTok's error list; where a status or a text was only seen on the wire, the
code decides and the status is ignored. No error holds a token, a secret, a cipher or a signature: texts of
the server are scrubbed of them before they get here. Where a class says shop or seller, an ads account or its owner is
meant as well: both APIs call for the same reactions.
"""

from __future__ import annotations

from typing import Literal, TypeVar

from home.errors import ConfigError, TransientError, TtkpiError

E = TypeVar("E", bound="ApiError")

AuthorisationState = Literal["ok", "expired", "revoked", "scope_missing", "deactivated"]


class ApiError(TtkpiError):
    """TikTok, or something before it, refused a call or answered what can't be used.

    Attributes:
        code: TikTok's code; None when the answer carried none.
        http_status: HTTP status; None when there was no answer.
        request_id: TikTok's id of the request, for its support; empty when unknown.
        endpoint: Name of the endpoint.
        shop_id: Id of the shop; empty for calls without one.
        shop_name: Name of the shop; empty for calls without one.
        state: What the error says about the shop's authorisation, for `sync_log`.
        retry_after: Seconds the server asked to wait; None when it said nothing.
    """

    state: AuthorisationState = "ok"

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        code: int | None = None,
        http_status: int | None = None,
        request_id: str = "",
        endpoint: str = "",
        shop_id: str = "",
        shop_name: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, advice=advice)
        self.code = code
        self.http_status = http_status
        self.request_id = request_id
        self.endpoint = endpoint
        self.shop_id = shop_id
        self.shop_name = shop_name
        self.retry_after = retry_after

    def as_kind(self, kind: type[E], *, advice: str = "") -> E:
        """The same as an error of another kind, which calls for another reaction.

        Args:
            kind: The class.
            advice: What to do; by default the same.
        """
        return kind(
            self.message,
            advice=advice or self.advice,
            code=self.code,
            http_status=self.http_status,
            request_id=self.request_id,
            endpoint=self.endpoint,
            shop_id=self.shop_id,
            shop_name=self.shop_name,
        )


class TransientApiError(ApiError, TransientError):
    """May succeed when tried again: overload, timeouts, lost connections. Raised after the last try."""


class RateLimited(TransientApiError):
    """Too many calls, even after waiting as told."""


class NotJson(TransientApiError):
    """The answer is not TikTok's: the page of a gateway, or a body that was cut off."""


class NoConnection(TransientApiError):
    """No answer at all: refused, reset, cut off, or silent for too long."""


class TokenExpired(ApiError):
    """The access token is not accepted, and a new one was refused as well."""

    state: AuthorisationState = "expired"


class AuthorizationRevoked(ApiError):
    """The seller's authorisation has ended or was withdrawn: only the seller can renew it."""

    state: AuthorisationState = "revoked"


class AuthorizationExpired(AuthorizationRevoked):
    """The refresh token has run out: the seller has to authorise the app again."""

    state: AuthorisationState = "expired"


class ScopeMissing(ApiError):
    """The seller has not granted a scope; only this endpoint is affected.

    Attributes:
        scope: Name of the scope; empty when neither TikTok nor the endpoint's description names it.
    """

    state: AuthorisationState = "scope_missing"
    scope: str = ""


class ShopDeactivated(ApiError):
    """TikTok has deactivated the shop or the seller."""

    state: AuthorisationState = "deactivated"


class BadSignature(ApiError):
    """TikTok computed another signature: nearly always a wrong app secret."""


class BadAppKey(ApiError):
    """TikTok does not know the app key."""


class ClockOff(ApiError):
    """TikTok refused the timestamp of a request.

    Attributes:
        offset_seconds: Our clock minus the server's; None when the server did not tell its time.
    """

    offset_seconds: float | None = None


class WindowTooLong(ApiError):
    """The date range asked for is longer than the endpoint allows: ask for less at a time."""


class BadRequest(ApiError):
    """TikTok does not accept the request as it is: a mistake in this program, or a changed API."""


class BadAuthCode(ApiError):
    """The authorisation code is wrong, already used, or older than 30 minutes."""


class NotAvailable(ApiError):
    """TikTok can't or won't give this just now, and asking again at once does not help."""


class RepeatedPageToken(ApiError):
    """A list points back to a page it already gave: following it would never end.

    Attributes:
        pages: Pages received before the token repeated.
    """

    pages: int = 0


class EndlessList(ApiError):
    """A list goes on without records, or far beyond what it announced: following it would never end.

    Attributes:
        pages: Pages received.
    """

    pages: int = 0


class UnlimitedAnswer(ApiError):
    """An answer that is far too large, or does not end: it was not read on, and asking again would be no better."""


class IncompleteList(ApiError):
    """A list gave fewer records than it announced, also when it was read again: some of them are missing."""


class NotAuthorised(ConfigError):
    """No seller has authorised the app yet, or not this one."""


class TokenFileError(ConfigError):
    """The file that holds the tokens can't be read or written. It is left as it is."""


class MalformedAnswer(ApiError):
    """An answer without the list it should hold: nothing can be said about its window."""


def describe(error: BaseException) -> str:
    """An error as one text for people."""
    if isinstance(error, TtkpiError):
        return str(error).replace("\n", " ")
    return f"Unexpected {type(error).__name__}: {error}"
