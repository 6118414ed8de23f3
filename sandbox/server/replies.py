"""Replies on their way to the client, also the ones that never arrive whole."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

JSON = b"application/json; charset=utf-8"
TRANSPORT = "sandbox.transport"
"""Key in the ASGI scope under which the server leaves its connection; see `serve`."""

_SLOW_PIECES = 10


@dataclass(slots=True)
class Reply:
    """An HTTP answer.

    Attributes:
        status: HTTP status.
        body: Body.
        content_type: Type of the body.
        headers: Further headers.
        reset: Reset the connection instead of answering.
        delay: Seconds to wait before answering.
        slow: Seconds over which the body is sent.
        keep: Share of the body that is sent before the connection is closed; None for all of it.
    """

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    reset: bool = False
    delay: float = 0.0
    slow: float = 0.0
    keep: float | None = None

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it, or what a fault leaves of it."""
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.reset:
            _reset(scope)
            await _gone(receive)
            return
        headers = [
            (b"content-type", self.content_type),
            (b"content-length", str(len(self.body)).encode()),
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        body = self.body if self.keep is None else self.body[: int(len(self.body) * self.keep)]
        if self.slow:
            piece = max(1, -(-len(body) // _SLOW_PIECES))
            for start in range(0, len(body), piece):
                await asyncio.sleep(self.slow / _SLOW_PIECES)
                await send(
                    {"type": "http.response.body", "body": body[start : start + piece], "more_body": True}
                )
            body = b""
        if self.keep is None:
            await send({"type": "http.response.body", "body": body, "more_body": False})
            return
        await send({"type": "http.response.body", "body": body, "more_body": True})
        transport: asyncio.WriteTransport = scope[TRANSPORT]
        transport.close()
        await _gone(receive)


def _reset(scope: Scope) -> None:
    """Ends the connection without an answer; a zero linger time makes that a reset for the client."""
    transport: asyncio.WriteTransport = scope[TRANSPORT]
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _gone(receive: Receive) -> None:
    """Waits for the end of the connection: the server would take an earlier return for a broken handler."""
    while (await receive())["type"] != "http.disconnect":
        pass
