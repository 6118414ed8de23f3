"""The picture of a report in a chat: where a webhook takes one, as the platform wants it, and refused where not."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import webhook_receiver as chats
from webhook_helpers import Clock, hook, unconfigured

from home.errors import ConfigError
from home.layout import Home
from orchestration.deliver.webhooks.config import load_webhooks
from orchestration.deliver.webhooks.ledger import Ledger
from orchestration.deliver.webhooks.pictures import picture_message
from orchestration.deliver.webhooks.platform import Webhook, WebhookBusy, WebhookRefused
from orchestration.deliver.webhooks.sender import Sender

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
APP = dict(zip(("app_id", "app_secret"), chats.APP, strict=True))


@pytest.fixture
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    yield from unconfigured(tmp_path, monkeypatch)


def message(to: Webhook, picture: bytes = PNG, clock: Clock | None = None) -> Any:
    return picture_message(to, picture, (clock or Clock()).patience(), notify=lambda _: None)


def test_wecom_gets_it_in_the_message(clean: Home) -> None:
    clean.make()
    with chats.receiving(chats.wecom) as receiver:
        to = hook(receiver, "wecom")
        content = message(to)
        assert base64.b64decode(content["image"]["base64"]) == PNG
        with Sender(to, Ledger(clean), Clock().patience()) as sender:
            sender.send(content, "report/daily/2026-11-07/all/picture")
    assert [call.body["msgtype"] for call in receiver.calls] == ["image"]


def test_feishu_gets_it_by_an_app(clean: Home) -> None:
    clean.make()
    with chats.receiving(chats.feishu) as receiver:
        to = hook(receiver, "feishu", **APP)
        with Sender(to, Ledger(clean), Clock().patience()) as sender:
            sender.send(message(to), "report/daily/2026-11-07/all/picture")
    assert [call.path.partition("/open-apis/")[2].partition("/")[0] for call in receiver.calls] == [
        "auth",
        "im",
        "bot",
    ]
    assert receiver.calls[2].body["content"] == {"image_key": chats.IMAGE_KEY}


def test_a_picture_that_is_too_large_is_not_sent() -> None:
    for kind, most in (("wecom", 2_000_000), ("feishu", 10_000_000)):
        to = Webhook("team", kind, "http://127.0.0.1:9/x", **APP)
        with pytest.raises(WebhookRefused, match="MB") as said:
            message(to, PNG + bytes(most))
        assert "lang" in said.value.advice


def test_what_the_platform_says_against_the_app_is_told_without_its_secret() -> None:
    with chats.receiving(chats.feishu) as receiver:
        wrong = hook(receiver, "feishu", app_id="cli_planted", app_secret="another-secret-0123456789")
        with pytest.raises(WebhookRefused, match="10014") as refused:
            message(wrong)
        assert "app_secret" in refused.value.advice and "another-secret" not in str(refused.value)
        receiver.answers += [
            chats.said(code=0, tenant_access_token="t", expire=7200),
            chats.said(400, code=99991672, msg="Access denied. One of the scopes is required: [im:resource]"),
        ]
        with pytest.raises(WebhookRefused, match="99991672") as refused:
            message(hook(receiver, "feishu", **APP))
        assert "im:resource:upload" in refused.value.advice


def test_a_busy_platform_is_asked_again_and_given_up() -> None:
    clock = Clock()
    with chats.receiving(chats.feishu) as receiver:
        receiver.answers.append(chats.said(400, code=99991400, msg="request trigger frequency limit"))
        assert message(hook(receiver, "feishu", **APP), clock=clock)["content"]["image_key"]
        assert len(clock.waits) == 1
        receiver.judge = lambda call: (503, "later", {})
        with pytest.raises(WebhookBusy, match="503"):
            message(hook(receiver, "feishu", **APP), clock=clock)
    gone = Webhook("team", "feishu", "http://127.0.0.1:9/open-apis/bot/v2/hook/x", **APP)
    with pytest.raises(WebhookBusy, match="can't be reached"):
        message(gone, clock=clock)


@pytest.mark.parametrize(
    ("kind", "extra", "words"),
    [
        ("slack", {}, "public address"),
        ("dingtalk", {}, "public address"),
        ("plain", {}, "public address"),
        ("feishu", {}, "app_id or app_secret is not set"),
        ("feishu", {"APP_ID": "cli_x"}, "app_id or app_secret is not set"),
    ],
)
def test_who_can_not_have_it_is_told_when_it_is_configured(
    clean: Home, monkeypatch: pytest.MonkeyPatch, kind: str, extra: dict[str, str], words: str
) -> None:
    """Guards a picture that is wanted and silently never comes."""
    values = {"KIND": kind, "URL": "https://example.com/hook", "PICTURE": "true", **extra}
    for key, value in values.items():
        monkeypatch.setenv(f"ALERTS__WEBHOOKS__TEAM__{key}", value)
    with pytest.raises(ConfigError, match=words):
        load_webhooks()
    monkeypatch.setenv("ALERTS__WEBHOOKS__TEAM__PICTURE", "false")
    assert load_webhooks()[0].picture is False


def test_who_can_have_it_is_configured(clean: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in {
        "KIND": "feishu",
        "URL": "https://open.feishu.cn/open-apis/bot/v2/hook/x",
        "PICTURE": "true",
        "APP_ID": "cli_x",
        "APP_SECRET": "planted-app-secret-0123456789",
    }.items():
        monkeypatch.setenv(f"ALERTS__WEBHOOKS__TEAM__{key}", value)
    (found,) = load_webhooks()
    assert found.picture and found.app_id == "cli_x" and "planted" not in repr(found)
    assert "planted" not in found.without_secrets("no planted-app-secret-0123456789 here")
