"""The signature of a Shop API request.

`sign` is the lowercase hexadecimal HMAC-SHA256, keyed with the app secret, of
`secret + path + sorted(key + value) + body + secret`. Left out of the sorted list: `sign` and `access_token`.
Left out of the text: a multipart body. Source: TikTok Shop Partner Center, "Sign your API request"; its
example is a test.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

_UNSIGNED = frozenset({"sign", "access_token"})


def _key(pair: tuple[str, str]) -> str:
    return pair[0]


def sign(
    app_secret: str,
    path: str,
    query: Iterable[tuple[str, str]],
    body: bytes = b"",
    *,
    multipart: bool = False,
) -> str:
    """Signs one request.

    Args:
        app_secret: Secret of the app.
        path: Path of the URL, without host and query.
        query: Decoded query parameters. Of a key that is given twice the values keep their order.
        body: The very bytes that are sent.
        multipart: Whether the body is `multipart/form-data`, which is not signed.
    """
    secret = app_secret.encode()
    pairs = sorted((pair for pair in query if pair[0] not in _UNSIGNED), key=_key)
    text = path + "".join([key + value for key, value in pairs])
    message = b"".join((secret, text.encode(), b"" if multipart else body, secret))
    return hmac.digest(secret, message, "sha256").hex()
