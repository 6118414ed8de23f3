"""Which error an answer is: TikTok's code first, then the HTTP status."""

from __future__ import annotations

import re

import httpx

from ingestion.engine import errors
from ingestion.engine.envelope import Envelope, clock_offset
from ingestion.engine.errors import ApiError
from ingestion.engine.refusals import REPORT, TRY_LATER, CallInfo, refusal_text, refused

ADDRESSES = "sources.tiktok_shop.base_url and auth_url"

_REAUTHORISE = (
    "Let the seller authorise the app again, then run `ttkpi auth exchange CODE` with the new code."
)

_CODES: dict[int, tuple[type[ApiError], str]] = {
    105001: (errors.TokenExpired, _REAUTHORISE),
    105002: (errors.TokenExpired, _REAUTHORISE),
    105003: (errors.TokenExpired, _REAUTHORISE),
    105004: (errors.TokenExpired, _REAUTHORISE),
    105005: (errors.ScopeMissing, ""),
    106001: (
        errors.BadSignature,
        "The app secret does not belong to the app key: correct sources.tiktok_shop.app_secret in "
        ".dlt/secrets.toml, or SOURCES__TIKTOK_SHOP__APP_SECRET in the environment.",
    ),
    106013: (errors.BadRequest, REPORT),
    101000: (
        errors.BadRequest,
        "This kind of token does not fit the endpoint (seller, creator and partner tokens differ): let the "
        "shop's seller authorise the app, then run `ttkpi auth exchange CODE`.",
    ),
    36009002: (
        errors.RateLimited,
        "Lower sources.tiktok_shop.requests_per_second (SOURCES__TIKTOK_SHOP__REQUESTS_PER_SECOND), or run "
        "again later.",
    ),
    36009037: (
        errors.RateLimited,
        "TikTok's test environment counts calls per hour: run again in the next hour.",
    ),
    36009003: (errors.TransientApiError, TRY_LATER),
    36009007: (errors.TransientApiError, TRY_LATER),
    10002014: (errors.TransientApiError, TRY_LATER),
    10002015: (errors.TransientApiError, TRY_LATER),
    10037002: (errors.TransientApiError, TRY_LATER),
    10037003: (errors.TransientApiError, TRY_LATER),
    10037004: (errors.TransientApiError, TRY_LATER),
    10006402: (errors.TransientApiError, TRY_LATER),
    36009009: (
        errors.BadRequest,
        "TikTok has no such path: is base_url right? Otherwise the endpoint is gone.",
    ),
    36009010: (errors.BadRequest, REPORT),
    36009014: (errors.BadRequest, "TikTok has withdrawn this version of the endpoint: update this program."),
    36009021: (errors.BadRequest, REPORT),
    36009022: (errors.BadRequest, REPORT),
    36009023: (errors.BadRequest, REPORT),
    36009033: (
        errors.NotAvailable,
        "This machine's address is not on the app's allow list: add it in TikTok's Partner Center.",
    ),
    36009043: (errors.ShopDeactivated, "Ask the seller; the shop is skipped until TikTok reactivates it."),
    36009044: (
        errors.ShopDeactivated,
        "Ask the seller; the shop is skipped until TikTok reactivates the seller.",
    ),
    66009315: (errors.NotAvailable, "The shop has no permission for this LIVE session: it is skipped."),
    45101004: (errors.NotAvailable, "The day's 10,000 calls are used up: run again tomorrow."),
    13017003: (errors.NotAvailable, "The report of that day is not ready yet: ask for an earlier day."),
    21008111: (errors.NotAvailable, "The order belongs to another seller: it is skipped."),
    12019027: (errors.BadRequest, "At most 10 SKUs a call: ask for fewer."),
    12019087: (errors.BadRequest, "At most 10 SKUs a call: ask for fewer."),
    # The host that gives out tokens:
    36004001: (errors.AuthorizationExpired, _REAUTHORISE),
    36004004: (
        errors.BadAuthCode,
        "A code works once and for 30 minutes: open the authorisation link again and use the new code.",
    ),
    36004005: (errors.AuthorizationRevoked, _REAUTHORISE),
}

OVERLOADED_CODE = 36009004
"""One code for a bad app key, a bad token, a missing signature, a timestamp out of its window, an unwanted
cipher, a bad parameter and a date range that is too long: only the text tells."""

_SCOPE = re.compile(r"\b(?:seller|data|creator|partner)(?:\.[a-z_]+)+")
_FILTER = re.compile(r"_(ge|gt|le|lt)\b")
_PAGE_TOKEN = re.compile(r"(next_)?page[_ ]?token")


def may_pass(code: int) -> bool:
    """Whether what TikTok said may be over soon, so that it helps to ask again; a code that is not known may be.

    Args:
        code: TikTok's.
    """
    kind = _CODES.get(code)
    return kind is None or issubclass(kind[0], errors.TransientApiError)


def refusal(envelope: Envelope, response: httpx.Response, call: CallInfo, now: float) -> ApiError:
    """The error for an envelope with a code other than 0, or with code 0 on an HTTP error status.

    Args:
        envelope: The parsed answer.
        response: The answer as it came, for its status and headers.
        call: What was asked.
        now: Wall clock, unix seconds.
    """
    kind, advice = _kind(envelope, response)
    message = refusal_text(envelope, response, call)
    if kind is errors.ClockOff:
        return _clock_off(message, envelope, response, call, now)
    if kind is errors.ScopeMissing:
        return _scope_missing(message, envelope, response, call)
    return refused(kind, message, advice, envelope, response, call, now)


def _kind(envelope: Envelope, response: httpx.Response) -> tuple[type[ApiError], str]:
    if envelope.code == OVERLOADED_CODE:
        return _overloaded(envelope.message)
    known = _CODES.get(envelope.code)
    if known is not None:
        return known
    if response.status_code == 429:
        return _CODES[36009002]
    if response.status_code >= 500:
        return errors.TransientApiError, TRY_LATER
    return (
        ApiError,
        "This code is not known here: look it up in TikTok's error list, or report it with the request id.",
    )


def _overloaded(message: str) -> tuple[type[ApiError], str]:
    text = _PAGE_TOKEN.sub("cursor", message.lower())
    # A filter such as update_time_ge is a timestamp as well, but not the one of the request.
    if "timestamp" in text and not _FILTER.search(text):
        return errors.ClockOff, ""
    if "app_secret" in text or "app secret" in text:
        return _CODES[106001]
    if "app_key" in text or "app key" in text:
        return errors.BadAppKey, (
            "Correct sources.tiktok_shop.app_key in .dlt/config.toml, or SOURCES__TIKTOK_SHOP__APP_KEY in "
            "the environment."
        )
    if "cipher" in text:
        return errors.BadRequest, REPORT
    if "token" in text:
        return errors.TokenExpired, _REAUTHORISE
    if re.search(r"\b(date|time|day|days|period)\b", text) and re.search(
        r"range|exceed|long|limit|maximum", text
    ):
        return errors.WindowTooLong, "Ask for a shorter period at a time."
    return errors.BadRequest, REPORT


def _scope_missing(message: str, envelope: Envelope, response: httpx.Response, call: CallInfo) -> ApiError:
    found = _SCOPE.search(envelope.message)
    scope = found.group() if found else call.scope or ""
    name = f"the scope `{scope}`" if scope else "the scope this endpoint needs"
    error = refused(
        errors.ScopeMissing,
        f"{message} The seller has not granted {name}.",
        f"Add {name} to the app in TikTok's Partner Center and let the seller authorise it again, then run "
        "`ttkpi auth exchange CODE`. Until then only what needs it is skipped.",
        envelope,
        response,
        call,
        0.0,
    )
    error.scope = scope
    return error


def _clock_off(
    message: str, envelope: Envelope, response: httpx.Response, call: CallInfo, now: float
) -> ApiError:
    offset = clock_offset(response, now)
    if offset is None:
        found = "The server did not tell its time."
        advice = "Check the clock of this machine (NTP)."
    elif abs(offset) < 20:
        found = f"The clocks agree within {abs(offset):.0f} s, so the request was held up on its way."
        advice = TRY_LATER
    else:
        direction = "ahead of" if offset > 0 else "behind"
        found = f"The clock of this machine is {abs(offset):.0f} s {direction} TikTok's."
        advice = (
            "Set the clock of this machine (NTP): TikTok accepts requests from 5 minutes old to 30 s ahead."
        )
    error = refused(errors.ClockOff, f"{message} {found}", advice, envelope, response, call, now)
    error.offset_seconds = offset
    return error
