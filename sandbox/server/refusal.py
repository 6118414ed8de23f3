"""The errors of the API: a code, the HTTP status it comes with, and a text."""

from __future__ import annotations

BAD_REQUEST = 36009004
"""One code for many mistakes, as on the real gateway: only the text tells them apart."""
RATE_LIMITED = 36009002
INTERNAL = 36009003
UNKNOWN_PATH = 36009009
WRONG_METHOD = 36009010
UNKNOWN_VERSION = 36009014
SHOP_DEACTIVATED = 36009043
SELLER_DEACTIVATED = 36009044
NO_LIVE_PERMISSION = 66009315
TOKEN_KIND = 101000
"""A seller's token where a creator's is wanted, or the other way round."""
TOKEN_INVALID = 105002
SCOPE_MISSING = 105005
BAD_SIGNATURE = 106001
CIPHER_MISSING = 106013
REFRESH_TOKEN_EXPIRED = 36004001
BAD_AUTH_CODE = 36004004
NO_AUTHORISATION = 36004005

HTTP_STATUS = {
    TOKEN_KIND: 401,
    TOKEN_INVALID: 401,
    SCOPE_MISSING: 401,
    BAD_SIGNATURE: 401,
    CIPHER_MISSING: 400,
    BAD_REQUEST: 400,
    RATE_LIMITED: 429,
    INTERNAL: 500,
    36009007: 504,
    UNKNOWN_PATH: 404,
    WRONG_METHOD: 405,
    UNKNOWN_VERSION: 404,
    36009033: 403,
    36009037: 429,
    SHOP_DEACTIVATED: 401,
    SELLER_DEACTIVATED: 401,
    # The host that gives out tokens answers 200 and tells the failure by the code alone.
    REFRESH_TOKEN_EXPIRED: 200,
    BAD_AUTH_CODE: 200,
    NO_AUTHORISATION: 200,
}
"""HTTP status by code; a code that is not listed comes with 400."""


class Refusal(Exception):
    """A request that is answered with an error envelope.

    Attributes:
        code: The API's code.
        message: Its text.
        http_status: Status of the answer, by default the one that belongs to the code.
        headers: Additional headers.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        http_status: int | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = HTTP_STATUS.get(code, 400) if http_status is None else http_status
        self.headers = headers


def bad_request(message: str) -> Refusal:
    """A parameter, header or date the API does not accept."""
    return Refusal(BAD_REQUEST, message)
