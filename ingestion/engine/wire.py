"""What every HTTP source shares: a pooled client whose answers end, one way to try again, a log without secrets.

An answer has limits: its size after unpacking, and the whole time from the request to its last byte. Each byte in
time is no silence, and a few kilobytes may unpack to gigabytes, so neither is held by a timeout or by what is on the
wire.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import httpcore
import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception

from home.config import is_this_machine
from home.errors import TransientError

MAX_TRIES = 5
MAX_BACKOFF_SECONDS = 60.0
MAX_RETRY_AFTER_SECONDS = 900.0
"""A server that asks for more patience than this gets none in this run; the next run goes on from here."""

MAX_ANSWER_BYTES = 64_000_000
"""Largest answer, unpacked. The largest pages of the APIs have some megabytes."""
WHOLE_ANSWER = 4
"""An answer may take so many times the longest silence."""

Notify = Callable[[str], None]

_TICK = 0.05
_ENCODINGS = ("gzip", "deflate")
_USER_AGENT = "tiktok-shop-kpi/0.1"
_log = logging.getLogger("ingestion")


def log_warning(text: str) -> None:
    """The default `Notify`: a warning in the log of this package."""
    _log.warning(text)


def http_client(base_url: str, *, timeout_seconds: float, connections: int) -> httpx.Client:
    """A client with keep-alive, a pool for `connections` threads, and no redirects (they would carry tokens
    away).

    A server on this machine is reached directly, whatever proxy the environment names.
    """
    return _Client(
        timeout=httpx.Timeout(timeout_seconds, connect=min(10.0, timeout_seconds), pool=None),
        limits=httpx.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30.0
        ),
        headers={
            "User-Agent": _USER_AGENT,
            "Accept": "application/json",
            "Accept-Encoding": ", ".join(_ENCODINGS),
        },
        follow_redirects=False,
        trust_env=not is_this_machine(base_url),
        whole_seconds=WHOLE_ANSWER * timeout_seconds,
    )


class AnswerTooSlow(httpx.ReadTimeout):
    """An answer went on coming, and was not complete in time."""


class AnswerTooLarge(httpx.DecodingError):
    """An answer is larger than any page of an API, or packed in a way that was not asked for."""


class _Client(httpx.Client):
    """A client that reads no answer without end.

    Args:
        whole_seconds: Longest time from the request to the last byte of the answer.
        settings: As `httpx.Client`.
    """

    def __init__(self, *, whole_seconds: float, **settings: Any) -> None:
        super().__init__(**settings)
        self._whole_seconds = whole_seconds
        self._deadline = _Deadline()
        for transport in (self._transport, *self._mounts.values()):
            if isinstance(transport, httpx.HTTPTransport):
                # httpx has no setting for it, and a timeout of its own counts from each byte anew.
                transport._pool._network_backend = _Backend(self._deadline)

    def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """Sends a request and reads its answer, as far as the limits allow.

        Raises:
            AnswerTooSlow: It was not complete in time.
            AnswerTooLarge: It is too large.
            httpx.HTTPError: There is no answer.
        """
        self._deadline.at = time.monotonic() + self._whole_seconds
        try:
            response = super().send(request, stream=True, **options)
            if not stream:
                try:
                    response._content = _read_whole(response)
                finally:
                    response.close()
        except httpx.TimeoutException as error:
            if time.monotonic() < self._deadline.at - _TICK:
                raise
            raise AnswerTooSlow(f"not complete after {self._whole_seconds:.0f} s", request=request) from error
        finally:
            self._deadline.at = None
        return response


def _read_whole(response: httpx.Response) -> bytes:
    # Packed twice or in another way, a single chunk could already be larger than the memory.
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in (*_ENCODINGS, "identity", ""):
        raise AnswerTooLarge(f"packed as {packing!r}, which was not asked for", request=response.request)
    parts, size = list[bytes](), 0
    for part in response.iter_bytes():
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            raise AnswerTooLarge(
                f"larger than {MAX_ANSWER_BYTES / 1e6:.0f} MB, and not read on", request=response.request
            )
        parts.append(part)
    return b"".join(parts)


class _Deadline(threading.local):
    """Until when the answer that this thread waits for has to be there; None while it waits for none."""

    at: float | None = None

    def left(self, timeout: float | None) -> float | None:
        """How long to wait for the next bytes at most."""
        if self.at is None:
            return timeout
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(timeout, left)


class _Backend(httpcore.SyncBackend):
    """Opens connections that keep to a deadline."""

    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(self, *args: Any, **options: Any) -> httpcore.NetworkStream:
        """As `httpcore.SyncBackend`."""
        return _Stream(super().connect_tcp(*args, **options), self._deadline)


class _Stream(httpcore.NetworkStream):
    """A connection that keeps to a deadline while it reads."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes, if they come in time."""
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends bytes."""
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        """Closes the connection."""
        self._stream.close()

    def start_tls(self, *args: Any, **options: Any) -> httpcore.NetworkStream:
        """The same connection, encrypted."""
        return _Stream(self._stream.start_tls(*args, **options), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """As `httpcore.NetworkStream`."""
        return self._stream.get_extra_info(info)


def backoff_seconds(failures: int, retry_after: float | None) -> float:
    """How long to wait after `failures` failed tries: 1, 2, 4, 8 ... seconds and up to half a second of
    chance, at most a minute, but never less than the server asked for.
    """
    own = min(2.0 ** (failures - 1) + random.uniform(0.0, 0.5), MAX_BACKOFF_SECONDS)  # noqa: S311 (no secret)
    return max(own, retry_after or 0.0)


def retrying(
    *,
    sleep: Callable[[float], None] = time.sleep,
    notify: Notify = log_warning,
    on_wait: Callable[[TransientError, float], None] | None = None,
) -> Retrying:
    """Tries a call up to five times as long as it raises `TransientError`; every other error passes at once.

    Args:
        sleep: Waits for so many seconds.
        notify: Is told why we wait and how long.
        on_wait: Is given the error and the seconds before each wait.
    """

    def curable(error: BaseException) -> bool:
        return isinstance(error, TransientError) and not error.given_up

    def stop(state: RetryCallState) -> bool:
        return state.attempt_number >= MAX_TRIES or _too_patient(_failure(state))

    def wait(state: RetryCallState) -> float:
        return backoff_seconds(state.attempt_number, _failure(state).retry_after)

    def before_sleep(state: RetryCallState) -> None:
        error, seconds = _failure(state), state.upcoming_sleep
        notify(f"{error.message} Waiting {seconds:.1f} s (try {state.attempt_number} of {MAX_TRIES}).")
        if on_wait is not None:
            on_wait(error, seconds)

    def give_up(state: RetryCallState) -> None:
        error = _failure(state)
        asked = f" The server asks to wait {error.retry_after:.0f} s." if _too_patient(error) else ""
        error.message = f"{error.message}{asked} Given up after {state.attempt_number} tries."
        error.given_up = True
        raise error

    return Retrying(
        stop=stop,
        retry=retry_if_exception(curable),
        wait=wait,
        sleep=sleep,
        before_sleep=before_sleep,
        retry_error_callback=give_up,
    )


def _too_patient(error: TransientError) -> bool:
    return error.retry_after is not None and error.retry_after > MAX_RETRY_AFTER_SECONDS


def _failure(state: RetryCallState) -> TransientError:
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(error, TransientError):
        raise TypeError("tenacity asked about a call that did not fail")
    return error


def is_web_page(response: httpx.Response) -> bool:
    """Whether a page for people answers: a login or a proxy that stands before the receiver, and says 200."""
    return response.text.lstrip().lower().startswith(("<!doctype html", "<html"))


class _HideQuery(logging.Filter):
    """httpx logs whole URLs at INFO: those of token calls hold the app secret, all others a signature."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                str(value).partition("?")[0] if isinstance(value, httpx.URL) else value
                for value in record.args
            )
        return True


def _install_log_filter() -> None:
    logger = logging.getLogger("httpx")
    if not any(isinstance(present, _HideQuery) for present in logger.filters):
        logger.addFilter(_HideQuery())


# On import, not with the first client: a client that is handed in from outside logs just the same.
_install_log_filter()
