"""Plain JSON, for a receiver of one's own: one request per alert.

| header | what |
| --- | --- |
| `Idempotency-Key` | the alert's id: whoever has seen it answers 409, or 2xx again |
| `X-Ttkpi-Timestamp` | seconds since 1970, UTC; a receiver refuses what is older than it likes |
| `X-Ttkpi-Signature` | with a secret: `sha256=` and the HMAC-SHA256, in hexadecimal, of timestamp, `.` and body |

The body is the alert: the columns of `kpi_alerts`, and what its kind is called (`kind_en`, `kind_zh`) and what to do
(`action_en`, `action_zh`). It is the same at every try of a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import httpx

from ingestion.engine.wire import is_web_page
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
    signed,
)


class Plain(Platform):
    """A receiver of one's own."""

    kind: ClassVar[str] = "plain"
    limits: ClassVar[tuple[Limit, ...]] = (Limit(10, 1.0),)
    max_bytes: ClassVar[int] = 1_000_000
    max_notices: ClassVar[int] = 1
    is_signed: ClassVar[bool] = True

    def content(self, notices: tuple[Notice, ...], text: str) -> Mapping[str, Any]:
        """The alert for machines; `text` is for people and not sent."""
        (notice,) = notices
        return notice.as_record()

    def sealed(self, hook: Webhook, content: Mapping[str, Any], key: str, now: datetime) -> Post:
        """The signature covers the time and the body."""
        body = as_json(content)
        seconds = str(int(now.timestamp()))
        headers = {**JSON_HEADERS, "Idempotency-Key": key, "X-Ttkpi-Timestamp": seconds}
        if hook.secret:
            headers["X-Ttkpi-Signature"] = f"sha256={signed(hook.secret, f'{seconds}.{body.decode()}').hex()}"
        return Post(hook.url, body, headers)

    def check(self, hook: Webhook, answer: httpx.Response) -> None:
        """Any 2xx is success but that of a page for people, and so is 409: it was there already."""
        if answer.status_code == 409:
            return
        check_status(hook, answer)
        if is_web_page(answer):
            raise WebhookRefused(
                f"{hook.title} answered with a web page: a login or a proxy stands before it.",
                advice=f"Check the URL of alerts.webhooks.{hook.name}.",
            )
