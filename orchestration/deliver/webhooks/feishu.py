"""Feishu (飞书) and Lark: custom bots of a group.

The signature is an HMAC-SHA256 over nothing, whose key is the timestamp in seconds, a line break and the bot's secret;
it is valid for an hour. A message is plain text elements in a post: `text` messages would read `<at ...>` in a
product's name as a mention. Feishu allows 5 a second and 100 a minute, and bodies of 20 kB.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import httpx

from orchestration.deliver.webhooks.notices import Notice
from orchestration.deliver.webhooks.platform import (
    JSON_HEADERS,
    TITLE,
    Limit,
    Platform,
    Post,
    Webhook,
    WebhookBusy,
    WebhookRefused,
    answered_code,
    as_json,
    check_status,
    signed_base64,
)

_BUSY = (11232, 2200, 99991400)
"""The limit of messages, an internal error, and the gateway's limit."""
_BUSY_WORDS = ("too many", "frequency", "rate limit")
_ADVICE = {
    19021: "The signature does not match: check the secret, and this machine's clock.",
    19022: "The bot only takes messages from certain IP addresses: add this machine's, or use the signature.",
    19024: f"The bot wants a keyword: add `{TITLE}`, with which every message begins.",
    19001: "The address of the bot is wrong, or the bot was removed: copy it from the group's settings again.",
}


class Feishu(Platform):
    """A custom bot of Feishu or Lark."""

    kind: ClassVar[str] = "feishu"
    limits: ClassVar[tuple[Limit, ...]] = (Limit(5, 1.0), Limit(100, 60.0))
    max_bytes: ClassVar[int] = 12_000
    is_signed: ClassVar[bool] = True

    def content(self, notices: tuple[Notice, ...], text: str) -> Mapping[str, Any]:
        """A post of text elements, one line each."""
        title, _, body = text.partition("\n")
        lines = [[{"tag": "text", "text": line or " "}] for line in body.split("\n")]
        return {"msg_type": "post", "content": {"post": {"zh_cn": {"title": title, "content": lines}}}}

    def sealed(self, hook: Webhook, content: Mapping[str, Any], key: str, now: datetime) -> Post:
        """Timestamp and signature stand in the message."""
        signature: dict[str, Any] = {}
        if hook.secret:
            seconds = str(int(now.timestamp()))
            signature = {"timestamp": seconds, "sign": signed_base64(f"{seconds}\n{hook.secret}", "")}
        return Post(hook.url, as_json({**content, **signature}), JSON_HEADERS)

    def check(self, hook: Webhook, answer: httpx.Response) -> None:
        """Code 0 is success; everything else comes with HTTP 200 or 400."""
        if answer.status_code != 400:
            check_status(hook, answer)
        code, said = answered_code(hook, answer, "code", "StatusCode")
        if code == 0:
            return
        message = f"{hook.title} answered code {code}: {said}."
        if code in _BUSY or any(word in said.lower() for word in _BUSY_WORDS):
            raise WebhookBusy(message)
        raise WebhookRefused(
            message, advice=_ADVICE.get(code, "See the custom bot's page in Feishu's documentation.")
        )
