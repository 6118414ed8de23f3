"""Checks signatures. Written from the description of the scheme, not shared with the client: two readings
that agree.

sign = lowercase hex HMAC-SHA256(key = app secret, text = secret + path + sorted key+value pairs + body +
secret). `sign` and `access_token` are left out of the pairs; the body is left out of multipart requests.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from sandbox.server.refusal import BAD_SIGNATURE, Refusal, bad_request

MAX_AGE_SECONDS = 300
MAX_AHEAD_SECONDS = 30
_UNSIGNED = frozenset({"sign", "access_token"})

Pair = tuple[str, str]


def signature(secret: str, path: str, pairs: Iterable[Pair], body: bytes = b"") -> str:
    """The signature of a request whose pairs are already in the order in which they are signed."""
    text = "".join(key + value for key, value in pairs if key not in _UNSIGNED)
    message = b"".join((secret.encode(), path.encode(), text.encode(), body, secret.encode()))
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def check_signature(secret: str, path: str, pairs: Sequence[Pair], body: bytes, content_type: str) -> None:
    """Accepts a list parameter as one comma-joined value and as a repeated key.

    Repeated keys are signed key by key; clients differ in whether they keep the order of the values or sort
    them, so both are accepted.

    Args:
        secret: The app's secret.
        path: Path of the request.
        pairs: Decoded query, in the order in which it came.
        body: Raw body.
        content_type: Of the body; a multipart body is not signed.

    Raises:
        Refusal: 36009004 when there is no signature, 106001 when it is another one.
    """
    given = next((value for key, value in pairs if key == "sign"), "")
    if not given:
        raise bad_request("Invalid request: sign is required in the query")
    signed_body = b"" if content_type.lower().startswith("multipart/form-data") else body
    by_key = sorted(pairs, key=lambda pair: pair[0])
    if hmac.compare_digest(given.encode(), signature(secret, path, by_key, signed_body).encode()):
        return
    by_value = sorted(pairs)
    if by_value != by_key and hmac.compare_digest(
        given.encode(), signature(secret, path, by_value, signed_body).encode()
    ):
        return
    raise Refusal(BAD_SIGNATURE, "Invalid signature: the sign of the request does not match")


def check_timestamp(value: str | None, now: float) -> None:
    """A timestamp has ten digits and is at most five minutes old or half a minute ahead of the wall clock.

    Raises:
        Refusal: 36009004, with a text that names the timestamp.
    """
    if value is None:
        raise bad_request("Invalid timestamp: timestamp is required in the query")
    if not (value.isascii() and value.isdigit() and len(value) == 10):
        raise bad_request(f"Invalid timestamp: {value!r} is not a time in unix seconds with 10 digits")
    age = now - int(value)
    if age > MAX_AGE_SECONDS:
        raise bad_request("Invalid timestamp: the timestamp of the request is expired (older than 5 minutes)")
    if age < -MAX_AHEAD_SECONDS:
        raise bad_request("Invalid timestamp: the timestamp of the request is more than 30 seconds ahead")
