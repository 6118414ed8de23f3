"""WeCom (企业微信): robots of a group.

There is no signature: the key in the URL is all. WeCom allows 20 messages a minute and texts of 2048 bytes, and reads
`<@...>` as a mention, also in a product's name: so no text of ours keeps it.
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
    WebhookBusy,
    WebhookRefused,
    answered_code,
    as_json,
    check_status,
)

_TOO_FAST = (45009, 45033)
_BUSY = (-1,)
_MINUTE = 60.0
_ADVICE = {
    93000: "The key in the URL is wrong, or the robot was removed: copy the address from the group again.",
    40058: "WeCom does not know this message; the kind may be wrong for this URL.",
}


class WeCom(Platform):
    """A group robot of WeCom."""

    kind: ClassVar[str] = "wecom"
    limits: ClassVar[tuple[Limit, ...]] = (Limit(20, 60.0),)
    # Two bytes more per mention that is taken out, and room for them.
    max_bytes: ClassVar[int] = 1_980

    def post(self, hook: Webhook, notices: tuple[Notice, ...], text: str, now: datetime) -> Post:
        """A text message that mentions nobody."""
        content = {"msgtype": "text", "text": {"content": text.replace("<@", "<\uff20")}}
        return Post(hook.url, as_json(content), JSON_HEADERS)

    def check(self, hook: Webhook, answer: httpx.Response) -> None:
        """`errcode` 0 is success; everything comes with HTTP 200."""
        check_status(hook, answer)
        code, said = answered_code(hook, answer, "errcode")
        if code == 0:
            return
        message = f"{hook.title} answered errcode {code}: {said}."
        if code in _TOO_FAST:
            raise WebhookBusy(message, retry_after=_MINUTE)
        if code in _BUSY:
            raise WebhookBusy(message)
        raise WebhookRefused(
            message, advice=_ADVICE.get(code, "See the group robot's page in WeCom's documentation.")
        )
