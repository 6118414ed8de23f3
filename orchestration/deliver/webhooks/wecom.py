"""WeCom (企业微信): robots of a group.

There is no signature: the key in the URL is all. WeCom allows 20 messages a minute and texts of 2048 bytes, and reads
`<@...>` as a mention, also in a product's name: so no text of ours keeps it.
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
    as_json,
    check_errcode,
)

_BUSY = {-1: None, **dict.fromkeys((45009, 45033), 60.0)}
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

    def content(self, notices: tuple[Notice, ...], text: str) -> Mapping[str, Any]:
        """A text message that mentions nobody."""
        return {"msgtype": "text", "text": {"content": text.replace("<@", "<\uff20")}}

    def sealed(self, hook: Webhook, content: Mapping[str, Any], key: str, now: datetime) -> Post:
        """Nothing is signed."""
        return Post(hook.url, as_json(content), JSON_HEADERS)

    def check(self, hook: Webhook, answer: httpx.Response) -> None:
        """`errcode` 0 is success; everything comes with HTTP 200."""
        check_errcode(hook, answer, _BUSY, _ADVICE, "the group robot's page in WeCom's documentation")
