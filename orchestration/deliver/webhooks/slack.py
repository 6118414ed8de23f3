"""Slack: incoming webhooks.

The URL is all the proof there is. `&`, `<` and `>` are escaped, so that no text can mention anybody or hide a link.
Slack allows one message a second and says with 429 how long to wait; it answers `ok`, or one word with an HTTP error.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

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


class Slack(Platform):
    """An incoming webhook of Slack."""

    kind: ClassVar[str] = "slack"
    limits: ClassVar[tuple[Limit, ...]] = (Limit(1, 1.0),)
    max_bytes: ClassVar[int] = 6_000

    def post(self, hook: Webhook, notices: tuple[Notice, ...], text: str, now: datetime) -> Post:
        """A message without formatting or previews."""
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        content = {"text": escaped, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
        return Post(hook.url, as_json(content), JSON_HEADERS)

    def check(self, hook: Webhook, answer: httpx.Response) -> None:
        """HTTP 200 and `ok` is success."""
        check_status(hook, answer)
        if answer.text.strip() != "ok":
            raise WebhookRefused(
                f"{hook.title} gave an answer that is not Slack's{shown(hook, answer)}.",
                advice=f"Check the kind and the URL of alerts.webhooks.{hook.name}.",
            )
