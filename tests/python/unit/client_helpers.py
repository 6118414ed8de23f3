"""A pretended TikTok for unit tests of the client: scripted answers, recorded requests and waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from home.config import ShopApiConfig
from ingestion.engine.throttle import Throttle
from ingestion.tiktok_shop.auth import TokenAnswer
from ingestion.tiktok_shop.client import ShopClient, ShopRef
from ingestion.tiktok_shop.tokens import TokenStore

NOW = 1_790_000_000
SECRET = "planted-app-secret"
CIPHER = "planted-cipher/+="
OPEN_ID = "open-1"

CONFIG = ShopApiConfig(
    base_url="http://api.test",
    auth_url="http://auth.test",
    app_key="key",
    app_secret=SECRET,
    requests_per_second=0,
)
SHOP = ShopRef("7495000000000000404", "Aurora UK", "GB", "CROSS_BORDER", "GBAAAA", CIPHER, OPEN_ID)

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def ok(data: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
    content = orjson.dumps({"code": 0, "message": "Success", "request_id": "r-ok", "data": data or {}})
    return httpx.Response(200, content=content, headers=headers)


def refused(code: int, status: int = 400, message: str = "no", **headers: str) -> httpx.Response:
    content = orjson.dumps({"code": code, "message": message, "request_id": "r-no", "data": None})
    return httpx.Response(
        status, content=content, headers={key.replace("_", "-"): v for key, v in headers.items()}
    )


class FakeAuth:
    """Gives out numbered tokens."""

    def __init__(self, life: int = 604_800, error: Exception | None = None) -> None:
        self.life = life
        self.error = error
        self.refreshed: list[str] = []
        self.exchanged: list[str] = []

    def exchange(self, code: str) -> TokenAnswer:
        self.exchanged.append(code)
        return self._answer(0)

    def refresh(self, refresh_token: str) -> TokenAnswer:
        self.refreshed.append(refresh_token)
        if self.error is not None:
            raise self.error
        return self._answer(len(self.refreshed))

    def _answer(self, number: int) -> TokenAnswer:
        return TokenAnswer(
            f"planted-access-{number}",
            NOW + self.life,
            f"planted-refresh-{number}",
            NOW + 10 * self.life,
            OPEN_ID,
            "Aurora",
            0,
            ("seller.order.info",),
        )


@dataclass
class World:
    """A client, what it sent, how long it waited and what it told."""

    client: ShopClient
    tokens: TokenStore
    auth: FakeAuth
    requests: list[httpx.Request] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def world(path: Path, answers: Iterable[Answer], *, auth: FakeAuth | None = None, now: float = NOW) -> World:
    """A client with one authorised seller whose server gives these answers in turn, the last one for ever."""
    script = list(answers)
    requests: list[httpx.Request] = []
    waits: list[float] = []
    told: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        request.read()
        answer = script[min(len(requests), len(script) - 1)]
        requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            # A fresh one each time: a response is read once.
            return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)
        return answer(request)

    auth = auth or FakeAuth()
    tokens = TokenStore(path / "home" / "tokens.json", auth, now=lambda: now, notify=told.append)
    tokens.exchange("code")
    client = ShopClient(
        CONFIG,
        tokens,
        throttle=Throttle(0, sleep=lambda seconds: None),
        http=httpx.Client(transport=httpx.MockTransport(handle)),
        sleep=waits.append,
        now=lambda: now,
        notify=told.append,
    )
    return World(client, tokens, auth, requests, waits, told)
