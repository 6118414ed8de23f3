"""Slack: incoming webhooks.

The URL is all the proof there is. `&`, `<` and `>` are escaped, so that no text can mention anybody or hide a link.
Slack allows one message a second and says with 429 how long to wait; it answers `ok`, or one word with an HTTP error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import httpx

from orchestration.deliver.webhooks.notices import Notice
from orchestration.deliver.webhooks.platform import (
    JSON_HEADERS,
    Limit,
    Platform,
    Post,
    Webhook,
    WebhookRefused,
    as_json,
    check_status,
    shown,
)


def escaped(text: str) -> str:
    """A text in which nothing mentions anybody or hides a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Slack(Platform):
    """An incoming webhook of Slack."""

    kind: ClassVar[str] = "slack"
    limits: ClassVar[tuple[Limit, ...]] = (Limit(1, 1.0),)
    max_bytes: ClassVar[int] = 6_000

    def content(self, notices: tuple[Notice, ...], text: str) -> Mapping[str, Any]:
        """A message without formatting or previews."""
        return {"text": escaped(text), "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}

    def sealed(self, hook: Webhook, content: Mapping[str, Any], key: str, now: datetime) -> Post:
        """Nothing is signed."""
        return Post(hook.url, as_json(content), JSON_HEADERS)

    def check(self, hook: Webhook, answer: httpx.Response) -> None:
        """HTTP 200 and `ok` is success."""
        check_status(hook, answer)
        if answer.text.strip() != "ok":
            raise WebhookRefused(
                f"{hook.title} gave an answer that is not Slack's{shown(hook, answer)}.",
                advice=f"Check the kind and the URL of alerts.webhooks.{hook.name}.",
            )
