"""What every HTTP source shares: a pooled client, one way to try again, a request log without secrets."""

from __future__ import annotations

import ipaddress
import logging
import random
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception

from home.errors import TransientError

MAX_TRIES = 5
MAX_BACKOFF_SECONDS = 60.0
MAX_RETRY_AFTER_SECONDS = 900.0
"""A server that asks for more patience than this gets none in this run; the next run goes on from here."""

Notify = Callable[[str], None]

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
    return httpx.Client(
        timeout=httpx.Timeout(timeout_seconds, connect=min(10.0, timeout_seconds), pool=None),
        limits=httpx.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30.0
        ),
        headers={"User-Agent": _USER_AGENT, "Accept": "application/json"},
        follow_redirects=False,
        trust_env=not is_loopback(base_url),
    )


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


def is_loopback(url: str) -> bool:
    """Whether an address is one of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
