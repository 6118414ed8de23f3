"""What can go wrong with the Business API, beside what `engine.errors` has a class for.

Most refusals come with HTTP 200: the code alone decides.
"""

from __future__ import annotations

from ingestion.engine.errors import (
    ApiError,
    AuthorizationRevoked,
    IncompleteList,
    NotAvailable,
    RateLimited,
    TransientApiError,
)


class BackendTrouble(TransientApiError):
    """TikTok's reporting failed or ran out of time: a smaller window may succeed where the same call will not."""


class DayLimitReached(NotAvailable):
    """The app's calls of the day are used up, until 00:00 UTC."""


class Maintenance(NotAvailable):
    """TikTok is being maintained: asking again at once does not help."""


class TokenRefused(AuthorizationRevoked):
    """The access token is not accepted. It can't be renewed: the account's owner has to authorise the app again."""


class AccountRefused(AuthorizationRevoked):
    """The token has no permission for this ads account any more."""


class AppBlocked(AuthorizationRevoked):
    """TikTok lets the app in no more, or not to this API."""


class RepeatedPage(ApiError):
    """A list gives the same page twice: following it would never end."""


__all__ = [
    "AccountRefused",
    "AppBlocked",
    "BackendTrouble",
    "DayLimitReached",
    "IncompleteList",
    "Maintenance",
    "RateLimited",
    "RepeatedPage",
    "TokenRefused",
]
