"""The codes of the Business API that the sandbox answers with; nearly all of them with HTTP 200."""

from __future__ import annotations

NO_PERMISSION = 40001
BAD_PARAMETER = 40002
NOT_FOUND = 40007
BAD_CREDENTIALS = 40101
BAD_TOKEN = 40105
NO_TOKEN = 40104
BAD_AUTH_CODE = 40110
TOO_FAST = 40100
INTERNAL = 50000


class AdsRefusal(Exception):
    """A request that is answered with a code other than 0.

    Attributes:
        code: The API's code.
        message: Its text.
        http_status: Status of the answer.
    """

    def __init__(self, code: int, message: str, http_status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status


def bad_parameter(message: str) -> AdsRefusal:
    """A parameter the API does not accept."""
    return AdsRefusal(BAD_PARAMETER, message)
