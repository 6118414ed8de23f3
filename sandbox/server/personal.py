"""Remembers every personal value, token and code that the server tells, so that a test can look where they went.

It reads the answers themselves, field by field: what is personal is known by the name of its field, whatever a value
looks like. `/_sandbox/personal` switches it on and tells what was told since.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

KINDS = {
    "buyer_email": "e-mail",
    "email": "e-mail",
    "buyer_nickname": "name",
    "first_name": "name",
    "last_name": "name",
    "contact_person": "name",
    "contacter": "name",
    "buyer_avatar": "picture",
    "buyer_message": "message",
    "message": "message",
    "phone_number": "phone",
    "cellphone_number": "phone",
    "telephone_number": "phone",
    "line": "contact",
    "full_address": "address",
    "address": "address",
    "address_detail": "address",
    "address_line1": "address",
    "address_line2": "address",
    "address_line3": "address",
    "address_line4": "address",
    "drop_off_location": "address",
    "postal_code": "address",
    "bank_account": "bank account",
    "user_id": "user id",
    "access_token": "secret",
    "refresh_token": "secret",
    "auth_code": "secret",
}
"""Kind of a personal field by its name, wherever it stands."""
_PEOPLE = ("recipient_address", "sender_address", "seller_contact_info")
"""Objects about a person, in which `name` is one."""


class Personal:
    """What was told, by kind.

    Attributes:
        is_on: Answers are read.
        unread: Answers that are no JSON (truncated on request, for instance).
    """

    def __init__(self) -> None:
        self.is_on = False
        self.unread = 0
        self._values: dict[str, set[str]] = {}

    def read(self, body: bytes) -> None:
        """Take what is personal out of an answer."""
        try:
            content = orjson.loads(body)
        except orjson.JSONDecodeError:
            self.unread += 1
            return
        for kind, value in _personal(content, ""):
            self._values.setdefault(kind, set()).add(value)

    def values(self) -> dict[str, list[str]]:
        """Every distinct value by kind."""
        return {kind: sorted(values) for kind, values in sorted(self._values.items())}


class Recorder:
    """An application whose answers are read on their way out.

    Args:
        app: The application.
        personal: Where it is kept.
    """

    def __init__(self, app: ASGIApp, personal: Personal) -> None:
        self._app = app
        self._personal = personal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if not self._personal.is_on:
            await self._app(scope, receive, send)
            return
        parts: list[bytes] = []

        async def reading(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, reading)
        self._personal.read(b"".join(parts))


def _personal(value: Any, within: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            kind = "name" if name == "name" and within in _PEOPLE else KINDS.get(name)
            if isinstance(inner, str):
                # The envelope has a message, too; a person's has no code beside it.
                if kind and inner and not (name == "message" and "code" in value):
                    yield kind, inner
            else:
                yield from _personal(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _personal(inner, within)
