"""What the platforms have in common: what is posted, how often, and the two ways of saying no."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx

from home.errors import TransientError, TtkpiError
from orchestration.deliver.webhooks.notices import Notice

TITLE = "TikTok Shop KPI"
"""Every message begins with it: where a platform wants a keyword (DingTalk, Feishu), it is this one."""


class WebhookBusy(TransientError):
    """The platform can't take a message now, or could not be reached."""

    def __init__(self, message: str, *, advice: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, advice=advice)
        self.retry_after = retry_after


class WebhookRefused(TtkpiError):
    """The platform does not want the message, and will not want it the next time either."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One configured webhook.

    Attributes:
        name: Its name in the configuration; what was told is remembered under it.
        kind: The platform.
        url: Where to post; holds the token on most platforms, so it is hidden from `repr`.
        secret: Key of the signature; empty when messages are not signed.
        min_severity: `warning` for everything, `critical` for these alone.
        owners: Only alerts of these owners; of everybody when empty.
        alerts: Whether it gets alerts.
        reports: The reports that it gets: `daily`, `weekly`, `monthly`.
        audience: Reports are made from the file of this audience; empty: from the whole file.
        lang: Language of reports: `en`, `zh` or `both`.
        picture: Whether it gets the picture of a report, too.
        app_id: The app that uploads pictures (Feishu).
        app_secret: Its secret; hidden from `repr`.
    """

    name: str
    kind: str
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    min_severity: str = "warning"
    owners: tuple[str, ...] = ()
    alerts: bool = True
    reports: tuple[str, ...] = ()
    audience: str = ""
    lang: str = "both"
    picture: bool = False
    app_id: str = ""
    app_secret: str = field(default="", repr=False)

    @property
    def title(self) -> str:
        """How messages and logs call it: without what is secret in the URL."""
        return f"Webhook {self.name} ({self.kind}, {urlsplit(self.url).hostname})"

    def wants(self, notice: Notice) -> bool:
        """Whether the alert is for the people behind this webhook; one that was assigned: for the new owner's."""
        severe_enough = self.min_severity == "warning" or notice.severity == "critical"
        everybody = not self.owners and notice.action is None
        is_for_us = everybody or notice.owner in self.owners
        return self.alerts and bool(notice.told_as) and severe_enough and is_for_us

    def without_secrets(self, text: str) -> str:
        """A text of the other side or of a library, without what must not be logged."""
        parts = urlsplit(self.url)
        values = [value.partition("=")[2] for value in parts.query.split("&")]
        steps = [step for step in parts.path.split("/") if len(step) >= _TOKEN_LENGTH]
        secrets = {self.url, self.secret, self.app_secret, parts.path, parts.query, *values, *steps}
        for secret in sorted((one for one in secrets if len(one) >= _TOKEN_LENGTH), key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


_TOKEN_LENGTH = 8
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Limit:
    """So many messages in so many seconds, per webhook."""

    messages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Post:
    """An HTTP request that is ready to leave."""

    url: str = field(repr=False)
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Platform(ABC):
    """A platform that takes messages.

    Attributes:
        kind: Its name in the configuration.
        limits: What it allows, or what it was given as allowed in public.
        max_bytes: Longest text of a message, in UTF-8.
        max_notices: How many alerts share a message.
        is_signed: Whether it knows signatures; else a configured secret is a mistake.
    """

    kind: ClassVar[str]
    limits: ClassVar[tuple[Limit, ...]]
    max_bytes: ClassVar[int]
    max_notices: ClassVar[int] = 10
    is_signed: ClassVar[bool] = False

    @abstractmethod
    def content(self, notices: tuple[Notice, ...], text: str) -> Mapping[str, Any]:
        """The message that brings these alerts.

        Args:
            notices: The alerts.
            text: The same as text, within `max_bytes`.
        """

    @abstractmethod
    def sealed(self, hook: Webhook, content: Mapping[str, Any], key: str, now: datetime) -> Post:
        """The request that brings a message.

        Args:
            hook: Where to.
            content: The message.
            key: The same for the same message, however often it is sent.
            now: The moment of signing, UTC: every try is signed anew.
        """

    @abstractmethod
    def check(self, hook: Webhook, answer: httpx.Response) -> None:
        """Read the answer.

        Raises:
            WebhookBusy: The same message may be taken later.
            WebhookRefused: It will not.
        """


def signed(key: str, text: str) -> bytes:
    """HMAC-SHA256."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()


def signed_base64(key: str, text: str) -> str:
    """HMAC-SHA256 in base64, as the Chinese platforms write it."""
    return base64.b64encode(signed(key, text)).decode()


def as_json(content: Mapping[str, Any]) -> bytes:
    """A JSON body."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


def check_status(hook: Webhook, answer: httpx.Response) -> None:
    """Judge the HTTP status: 2xx passes, 429 and 5xx may pass later.

    Raises:
        WebhookBusy: Later.
        WebhookRefused: Never, like this.
    """
    if answer.is_success:
        return
    said = shown(hook, answer)
    if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
        raise WebhookBusy(
            f"{hook.title} answered HTTP {answer.status_code}{said}.",
            retry_after=_seconds(answer.headers.get("Retry-After")),
        )
    raise WebhookRefused(
        f"{hook.title} answered HTTP {answer.status_code}{said}.",
        advice=f"Check the URL and the secret of alerts.webhooks.{hook.name}; the alerts are told when it works again.",
    )


def answered_code(hook: Webhook, answer: httpx.Response, *names: str) -> tuple[int, str]:
    """The error code in the body, which stands under HTTP 200 too, and what is said about it.

    Raises:
        WebhookRefused: The body is not the platform's.
    """
    try:
        body = answer.json()
    except ValueError:
        body = None
    if isinstance(body, dict):
        for name in names:
            code = body.get(name)
            if isinstance(code, int) and not isinstance(code, bool):
                text = str(body.get("errmsg") or body.get("msg") or body.get("StatusMessage") or "")
                return code, hook.without_secrets(text)[:_SHOWN]
    raise WebhookRefused(
        f"{hook.title} gave an answer that is not {hook.kind}'s{shown(hook, answer)}.",
        advice=f"Check the kind and the URL of alerts.webhooks.{hook.name}.",
    )


def check_errcode(
    hook: Webhook,
    answer: httpx.Response,
    busy: Mapping[int, float | None],
    advice: Mapping[int, str],
    documentation: str,
) -> None:
    """Judge an answer whose `errcode` is 0 when the message was taken.

    Args:
        hook: Where the message went.
        answer: The answer.
        busy: Codes with which the same message may be taken later, and seconds until then where they are known.
        advice: What to do, by code.
        documentation: Where a code without advice is explained.

    Raises:
        WebhookBusy: Later.
        WebhookRefused: Never, like this.
    """
    check_status(hook, answer)
    code, said = answered_code(hook, answer, "errcode")
    if code == 0:
        return
    message = f"{hook.title} answered errcode {code}: {said}."
    if code in busy:
        raise WebhookBusy(message, retry_after=busy[code])
    raise WebhookRefused(message, advice=advice.get(code, f"See {documentation}."))


def shown(hook: Webhook, answer: httpx.Response) -> str:
    """The beginning of an answer's body, for a message."""
    text = " ".join(hook.without_secrets(answer.text).split())[:_SHOWN]
    return f": {text}" if text else ""


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None
