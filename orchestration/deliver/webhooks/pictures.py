"""A picture in a chat, where a webhook takes one.

| platform | how | limit |
| --- | --- | --- |
| WeCom | in the message itself, as base64 with its MD5 | 2 MB before it is encoded |
| Feishu, Lark | uploaded by an app, the message has its key | 10 MB, 12,000 x 12,000 |
| DingTalk | not: its robots show a picture by a public address only | |
| Slack | not: a webhook takes a public address, or a file that an app with a token of its own has uploaded | |
| plain | not: a program has the figures | |

Documented at developer.work.weixin.qq.com/document/path/99110 and open.feishu.cn (im-v1/image/create).

A public address is refused on purpose: whoever guesses or is given the address would read the numbers.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from ingestion.engine.wire import Notify, http_client, log_warning, retrying
from orchestration.deliver.webhooks.platform import (
    Webhook,
    WebhookBusy,
    WebhookRefused,
    answered_code,
    check_status,
)
from orchestration.deliver.webhooks.sender import Patience

_MOST_BYTES = {"wecom": 2_000_000, "feishu": 10_000_000}
_TIMEOUT_SECONDS = 30.0
_BUSY = (99991400, 2200, 11232)
_ADVICE = {
    10003: "Check app_id and app_secret.",
    10014: "Check app_secret.",
    10015: "Check app_secret.",
    99991672: "Give the app the scope im:resource:upload, and publish a new version of it.",
    234007: "Turn on the bot of the app (机器人能力), and publish a new version of it.",
}


def picture_message(
    hook: Webhook, picture: bytes, patience: Patience, *, notify: Notify = log_warning
) -> Mapping[str, Any]:
    """The message that shows a picture; uploads the picture where the platform wants that first.

    Args:
        hook: Where to.
        picture: A PNG.
        patience: How long it may take.
        notify: Is told why we wait.

    Raises:
        WebhookRefused: The picture is too large, or the platform does not take it.
        WebhookBusy: The platform could not take it, however often it was tried.
    """
    most = _MOST_BYTES[hook.kind]
    if len(picture) > most:
        raise WebhookRefused(
            f"{hook.title}: the picture has {len(picture) / 1e6:.1f} MB, and {hook.kind} takes {most / 1e6:.0f} MB.",
            advice="Set `lang` to en or zh, which makes the page shorter.",
        )
    if hook.kind == "wecom":
        content = base64.b64encode(picture).decode()
        # The platform's own check of the bytes, no proof of anything.
        digest = hashlib.md5(picture, usedforsecurity=False).hexdigest()
        return {"msgtype": "image", "image": {"base64": content, "md5": digest}}
    key = _uploaded(hook, picture, patience, notify)
    return {"msg_type": "image", "content": {"image_key": key}}


def _uploaded(hook: Webhook, picture: bytes, patience: Patience, notify: Notify) -> str:
    parts = urlsplit(hook.url)
    place = f"{parts.scheme}://{parts.netloc}/open-apis"
    why = [""]

    def sleep(seconds: float) -> None:
        patience.require(seconds, why[0].partition(" Waiting ")[0])
        notify(why[0])
        patience.sleep(seconds)

    def explain(text: str) -> None:
        why[0] = text

    with http_client(place, timeout_seconds=_TIMEOUT_SECONDS, connections=1) as client:

        def upload() -> str:
            answer = _post(
                hook,
                client,
                f"{place}/auth/v3/tenant_access_token/internal",
                json={"app_id": hook.app_id, "app_secret": hook.app_secret},
            )
            token = str(answer.get("tenant_access_token") or "")
            answer = _post(
                hook,
                client,
                f"{place}/im/v1/images",
                headers={"Authorization": f"Bearer {token}"},
                data={"image_type": "message"},
                files={"image": ("report.png", picture, "image/png")},
            )
            found = answer.get("data")
            key = str(found.get("image_key") or "") if isinstance(found, Mapping) else ""
            if not key:
                raise WebhookRefused(
                    f"{hook.title} took the picture and gave no image_key.",
                    advice="See im-v1/image/create in Feishu's documentation.",
                )
            return key

        key: str = retrying(sleep=sleep, notify=explain)(upload)
    return key


def _post(hook: Webhook, client: httpx.Client, url: str, **request: Any) -> Mapping[str, Any]:
    try:
        answer = client.post(url, **request)
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise WebhookBusy(
            f"{hook.title} can't be reached for the picture: {type(error).__name__}.",
            advice="Check the network, or the proxy of this machine.",
        ) from None
    if answer.status_code not in (400, 401):
        check_status(hook, answer)
    code, said = answered_code(hook, answer, "code")
    if code in _BUSY:
        raise WebhookBusy(f"{hook.title} does not take the picture now: code {code}: {said}.")
    if code:
        raise WebhookRefused(
            f"{hook.title} does not take the picture: code {code}: {said}.",
            advice=_ADVICE.get(code, "See im-v1/image/create in Feishu's documentation."),
        )
    found: Mapping[str, Any] = answer.json()
    return found
