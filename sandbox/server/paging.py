"""Page tokens: opaque to the client, bound to the endpoint, the shop and the query they were given for.

A token holds the sort key of the last record given (keyset paging), so a list that stays as it is gives every
record once, and the total counted for the first page, so that later pages need not count again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from sandbox.server.refusal import bad_request

_MAC_BYTES = 9

Mark = Literal["", "again", "loop", "ahead", "behind"]
Key = tuple[int, str]
"""Sort key of a record: time and id."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page starts.

    Attributes:
        after: Sort key (time, id) of the last record before the page; None for the first page.
        total: Records in the whole list, as counted for the first page; -1 when it was not counted.
        mark: Trouble that was ordered: `again` differs from the plain token and leads to the same page,
            `loop` leads to itself, `ahead` is a page that comes before the one in front of it, `behind` that one.
        back: Where the list goes on after an `ahead` or `behind` page; None at its end.
    """

    after: Key | None
    total: int = -1
    mark: Mark = ""
    back: Key | None = None


class Pager:
    """Makes and reads page tokens.

    Args:
        secret: Whatever keeps a client from making tokens; the same secret reads them after a restart.
    """

    def __init__(self, secret: str) -> None:
        self._key = hashlib.blake2b(b"page tokens" + secret.encode(), digest_size=32).digest()

    def token(self, binding: str, position: Position) -> str:
        """The token for a position in the list that `binding` describes."""
        payload = orjson.dumps([position.after, position.total, position.mark, position.back])
        return base64.urlsafe_b64encode(self._mac(binding, payload) + payload).decode().rstrip("=")

    def position(self, binding: str, token: str) -> Position:
        """The position a token stands for.

        Raises:
            Refusal: 36009004: damaged, made up, or given for another list.
        """
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            raw = b""
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not payload or mac != self._mac(binding, payload):
            raise bad_request("Invalid parameter: page_token is invalid or belongs to another query")
        after, total, mark, back = orjson.loads(payload)
        return Position(_key(after), total, mark, _key(back))

    def _mac(self, binding: str, payload: bytes) -> bytes:
        digest = hashlib.blake2b(payload, digest_size=_MAC_BYTES, key=self._key)
        digest.update(b"\0" + binding.encode())
        return digest.digest()


def _key(given: list[Any] | None) -> Key | None:
    return None if given is None else (int(given[0]), str(given[1]))
