"""One message to one webhook: not too fast, more than once if need be, and without a token in any log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from home.errors import TtkpiError
from ingestion.engine.wire import Notify, http_client, log_warning, retrying
from orchestration.deliver.webhooks.config import PLATFORMS
from orchestration.deliver.webhooks.ledger import Ledger
from orchestration.deliver.webhooks.platform import Limit, Post, Webhook, WebhookBusy, WebhookRefused

TIMEOUT_SECONDS = 8.0
"""Longest silence of a platform."""

Sleep = Callable[[float], None]


class LeftForLater(TtkpiError):
    """Waiting would take longer than the caller wants to wait; the next delivery goes on from here."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a delivery may take, and how it waits.

    Attributes:
        seconds: No wait that would end later than so many seconds after the beginning.
        now: The time in UTC.
        sleep: Waits for so many seconds.
        started: When it began.
    """

    seconds: float
    now: Callable[[], datetime] = utc_now
    sleep: Sleep = time.sleep
    started: datetime = field(default_factory=utc_now)

    def require(self, seconds: float, why: str) -> None:
        """Make sure that there is time for a wait.

        Raises:
            LeftForLater: It would take too long.
        """
        if self.now() + timedelta(seconds=seconds) > self.started + timedelta(seconds=self.seconds):
            raise LeftForLater(
                f"{why} The rest is left for later, as it would take another {seconds:.0f} s.",
                advice="The next `ttkpi alerts send`, or the sensor, goes on from here.",
            )


class Sender:
    """Sends messages to one webhook.

    Args:
        hook: Where to.
        ledger: Knows when the last messages went, whichever process sent them.
        patience: How long it may take.
        notify: Is told why we wait.
    """

    def __init__(
        self, hook: Webhook, ledger: Ledger, patience: Patience, *, notify: Notify = log_warning
    ) -> None:
        self._hook = hook
        self._platform = PLATFORMS[hook.kind]
        self._ledger = ledger
        self._patience = patience
        self._notify = notify
        self._why = ""
        _hide_addresses_of(hook)
        self._client = http_client(hook.url, timeout_seconds=TIMEOUT_SECONDS, connections=1)

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, content: Mapping[str, Any], key: str) -> None:
        """Send a message. Returns when the platform has taken it.

        Args:
            content: The message.
            key: The same for the same message, however often it is sent.

        Raises:
            WebhookRefused: The platform does not want it.
            WebhookBusy: It did not take it, however often it was tried.
            LeftForLater: It would take too long.
            StorageError: What is sent can't be noted, so nothing is.
        """
        for attempt in retrying(sleep=self._sleep, notify=self._explain):
            with attempt:
                self._in_turn()
                now = self._patience.now()
                self._ledger.leaving(self._hook.name, now)
                # Made anew for each try: signatures age.
                try:
                    answer = self._post(self._platform.sealed(self._hook, content, key, now))
                finally:
                    self._ledger.answered(self._hook.name, self._patience.now())
                self._platform.check(self._hook, answer)

    def _post(self, post: Post) -> httpx.Response:
        try:
            return self._client.post(post.url, content=post.body, headers=dict(post.headers))
        except httpx.TransportError as error:
            said = self._hook.without_secrets(str(error)) or "no details"
            raise WebhookBusy(
                f"{self._hook.title} can't be reached: {type(error).__name__}, {said}.",
                advice="Check the network, or the proxy of this machine.",
            ) from None
        except (httpx.InvalidURL, httpx.DecodingError) as error:
            raise WebhookRefused(
                f"{self._hook.title} can't be talked to: {type(error).__name__}.",
                advice=f"Check the URL of alerts.webhooks.{self._hook.name}.",
            ) from None

    def _in_turn(self) -> None:
        """Wait until the platform's limits leave room for one more."""
        while (seconds := max(map(self._too_early, self._platform.limits))) > 0:
            self._patience.require(seconds, f"{self._hook.title} takes no more messages for now.")
            self._patience.sleep(seconds)

    def _too_early(self, limit: Limit) -> float:
        now = self._patience.now()
        times = self._ledger.recent(self._hook.name, now)
        if len(times) < limit.messages:
            return 0.0
        return (times[-limit.messages] + timedelta(seconds=limit.seconds) - now).total_seconds()

    def _explain(self, text: str) -> None:
        self._why = text

    def _sleep(self, seconds: float) -> None:
        self._patience.require(seconds, self._why.partition(" Waiting ")[0])
        self._notify(self._why)
        self._patience.sleep(seconds)


_private_hosts: set[str] = set()


class _HideAddresses(logging.Filter):
    """httpx logs whole URLs at INFO, and those of webhooks have their token in the path or in the query."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(map(_without_path, record.args))
        return True


def _without_path(value: object) -> object:
    # Another filter may have made a text of it already.
    if not isinstance(value, httpx.URL) and not str(value).startswith(("http://", "https://")):
        return value
    parts = urlsplit(str(value))
    return f"{parts.scheme}://{parts.hostname}/***" if parts.hostname in _private_hosts else value


def _hide_addresses_of(hook: Webhook) -> None:
    _private_hosts.add(urlsplit(hook.url).hostname or "")


logging.getLogger("httpx").addFilter(_HideAddresses())
