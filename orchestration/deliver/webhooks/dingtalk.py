"""DingTalk (钉钉): custom robots of a group.

The signature is an HMAC-SHA256 over the timestamp in milliseconds, a line break and the robot's secret, with the secret
as key; it stands in the URL with its timestamp and is valid for an hour. DingTalk allows 20 messages a minute; who
sends more is shut out for ten minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

import httpx

from orchestration.deliver.webhooks.notices import Notice
from orchestration.deliver.webhooks.platform import (
    JSON_HEADERS,
    TITLE,
    Limit,
    Platform,
    Post,
    Webhook,
    as_json,
    check_errcode,
    signed_base64,
)

_SHUT_OUT_SECONDS = 600.0
_BUSY = {-1: None, **dict.fromkeys((130101, 410100, 90018, 90030), _SHUT_OUT_SECONDS)}
_ADVICE = {
    310000: "The robot's security settings do not let it pass: check the secret and this machine's clock, or add the "
    f"keyword `{TITLE}`, or this machine's IP address.",
    300001: "The access token is wrong, or the robot was removed: copy the address from the group's settings again.",
    300005: "The access token is wrong, or the robot was removed: copy the address from the group's settings again.",
}


class DingTalk(Platform):
    """A custom robot of DingTalk."""

    kind: ClassVar[str] = "dingtalk"
    limits: ClassVar[tuple[Limit, ...]] = (Limit(20, 60.0),)
    max_bytes: ClassVar[int] = 6_000
    is_signed: ClassVar[bool] = True

    def content(self, notices: tuple[Notice, ...], text: str) -> Mapping[str, Any]:
        """A text message that mentions nobody."""
        return {"msgtype": "text", "text": {"content": text}, "at": {"isAtAll": False}}

    def sealed(self, hook: Webhook, content: Mapping[str, Any], key: str, now: datetime) -> Post:
        """Timestamp and signature stand in the URL."""
        url = hook.url
        if hook.secret:
            milliseconds = str(int(now.timestamp() * 1000))
            sign = signed_base64(hook.secret, f"{milliseconds}\n{hook.secret}")
            glue = "&" if "?" in url else "?"
            url = f"{url}{glue}{urlencode({'timestamp': milliseconds, 'sign': sign})}"
        return Post(url, as_json(content), JSON_HEADERS)

    def check(self, hook: Webhook, answer: httpx.Response) -> None:
        """`errcode` 0 is success; everything comes with HTTP 200."""
        check_errcode(hook, answer, _BUSY, _ADVICE, "the custom robot's page in DingTalk's documentation")
