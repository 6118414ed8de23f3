"""Which error an answer of the Business API is: its code, as nearly all refusals come with HTTP 200."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

from ingestion.engine.envelope import Envelope
from ingestion.engine.errors import (
    ApiError,
    BadAppKey,
    BadAuthCode,
    BadRequest,
    NotAvailable,
    RateLimited,
    ScopeMissing,
    ShopDeactivated,
    TransientApiError,
    WindowTooLong,
)
from ingestion.engine.refusals import REPORT, TRY_LATER, CallInfo, refusal_text, refused
from ingestion.tiktok_ads import errors

ADDRESSES = "sources.tiktok_ads.base_url"

_AUTHORISE = (
    "The token can't be renewed: let the account's owner authorise the app again, then run "
    "`ttkpi auth ads CODE` with the new code."
)
_CREDENTIALS = (
    "Correct sources.tiktok_ads.app_id in .dlt/config.toml and sources.tiktok_ads.secret in .dlt/secrets.toml, or "
    "SOURCES__TIKTOK_ADS__APP_ID and SOURCES__TIKTOK_ADS__SECRET in the environment."
)
_PERMIT = (
    "Give the app this permission in TikTok's developer portal, or the user this ads account in its Business Center, "
    "let the owner authorise the app again and run `ttkpi auth ads CODE`. Until then it is skipped."
)
_GONE = "There is no such ads account, or no account is left to this token: ask its owner."
_SLOWER = (
    "Lower sources.tiktok_ads.requests_per_second (SOURCES__TIKTOK_ADS__REQUESTS_PER_SECOND), or run later."
)
_BLOCKED = (
    "Look at the app's state in TikTok's developer portal: it is blocked, or not allowed to use this API."
)

PARTLY = 20001

_CODES: dict[int, tuple[type[ApiError], str]] = {
    PARTLY: (TransientApiError, TRY_LATER),
    # General: what was asked is wrong, or is not there.
    **dict.fromkeys((40000, 40002, 40006, 40008, 40009, 40010, 40011), (BadRequest, REPORT)),
    **dict.fromkeys((40013, 40014, 40050, 40051, 40052, 40053, 40400), (BadRequest, REPORT)),
    **dict.fromkeys((40001, 40003, 40130), (ScopeMissing, _PERMIT)),
    40007: (NotAvailable, "What was asked for does not exist any more; it is skipped."),
    # Limits: of the endpoint, the app, the ads account, and quotas.
    **dict.fromkeys((40016, 40100, 40133, 40132, 40502, 61000), (RateLimited, _SLOWER)),
    # Authentication.
    40101: (BadAppKey, _CREDENTIALS),
    40110: (
        BadAuthCode,
        "A code works once and for an hour: open the authorisation link again and use the new one.",
    ),
    **dict.fromkeys((40102, 40104, 40105, 40106), (errors.TokenRefused, _AUTHORISE)),
    **dict.fromkeys((40103, 40107, 40108, 40109, 40112), (errors.TokenRefused, _AUTHORISE)),
    **dict.fromkeys((40114, 40115, 40116, 40117, 40119, 40120), (errors.TokenRefused, _AUTHORISE)),
    **dict.fromkeys((40121, 40122, 40124, 40125, 40131, 40309), (errors.TokenRefused, _AUTHORISE)),
    **dict.fromkeys((41001, 41002), (errors.TokenRefused, _AUTHORISE)),
    **dict.fromkeys((40113, 40118, 41000), (errors.AppBlocked, _BLOCKED)),
    # The ads account.
    **dict.fromkeys((40300, 40302), (ShopDeactivated, _GONE)),
    40301: (ShopDeactivated, "The ads account is closed or suspended: ask its owner."),
    # The server: a smaller window may do.
    **dict.fromkeys((40200, 40201, 40202, 40700), (errors.BackendTrouble, TRY_LATER)),
    **dict.fromkeys((50000, 50002, 51010, 51305), (errors.BackendTrouble, TRY_LATER)),
    60001: (errors.Maintenance, "TikTok is being maintained: run again later; what was synced is kept."),
    # Policies and files concern what is written, and nothing is written here.
    40065: (BadRequest, REPORT),
    **dict.fromkeys(range(40900, 40916), (BadRequest, REPORT)),
}

_RANGE = re.compile(
    r"(date|time|day)[^.]*(range|exceed|longer|span|limit|maximum)|(range|exceed)[^.]*(date|day)"
)
_A_DAY = re.compile(r"\bqpd\b|\bdaily\b|per day|a day|today")
_A_MINUTE = re.compile(r"\bqpm\b|per minute|a minute")
MINUTE_LIMIT_SECONDS = 300.0
"""After the limit per minute was passed, nothing is answered for five minutes."""


@dataclass(slots=True)
class Patience:
    """How often one call was told that it comes too fast; the answers do not say which limit was passed.

    The limit per second is over in a moment. If it was not that, it is the limit per minute; if waiting five
    minutes does not help, it is the limit per day.
    """

    refused: int = 0

    def judge(self, error: ApiError, message: str) -> ApiError:
        """The error with the seconds to wait; another error when waiting is of no use."""
        self.refused += 1
        text = message.lower()
        if _A_DAY.search(text) or self.refused > 3:
            return error.as_kind(
                errors.DayLimitReached,
                advice="The day's calls are used up: run again after 00:00 UTC. What was synced is kept.",
            )
        if error.retry_after is None and (_A_MINUTE.search(text) or self.refused == 3):
            error.retry_after = MINUTE_LIMIT_SECONDS
        return error


def may_pass(code: int) -> bool:
    """Whether what TikTok said may be over soon, so that it helps to ask again; a code that is not known may be.

    Args:
        code: TikTok's.
    """
    kind = _CODES.get(code)
    return kind is None or issubclass(kind[0], TransientApiError | errors.Maintenance)


def refusal(envelope: Envelope, response: httpx.Response, call: CallInfo, now: float) -> ApiError:
    """The error for an envelope with a code other than 0, or with code 0 on an HTTP error status.

    Args:
        envelope: The parsed answer.
        response: The answer as it came, for its status and headers.
        call: What was asked.
        now: Wall clock, unix seconds.
    """
    kind, advice = _kind(envelope, response)
    return refused(kind, refusal_text(envelope, response, call), advice, envelope, response, call, now)


def _kind(envelope: Envelope, response: httpx.Response) -> tuple[type[ApiError], str]:
    if envelope.code == 40002 and _RANGE.search(envelope.message.lower()):
        return WindowTooLong, "Ask for a shorter period at a time."
    known = _CODES.get(envelope.code)
    if known is not None:
        return known
    if response.status_code == 429:
        return RateLimited, _SLOWER
    # Numbers from 50000 on are the server's own troubles.
    if response.status_code >= 500 or 50_000 <= envelope.code < 60_000:
        return errors.BackendTrouble, TRY_LATER
    return (
        ApiError,
        "This code is not known here: look it up in TikTok's list, or report it with the request id.",
    )
