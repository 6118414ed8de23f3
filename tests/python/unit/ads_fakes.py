"""A pretended Business API for unit tests: scripted or computed answers, recorded requests and waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson

from home.config import AdsApiConfig
from ingestion.engine.privacy import Cleaner
from ingestion.engine.throttle import Throttle
from ingestion.tiktok_ads.accounts import INFO_FIELDS
from ingestion.tiktok_ads.client import AdsClient, Advertiser
from ingestion.tiktok_ads.reading import AdsReading
from ingestion.tiktok_ads.tokens import AdsAuthHost, AdsTokenStore

NOW = 1_790_000_000
DAY = 86_400
SECRET = "planted-ads-secret"
TOKEN = "planted-ads-token"
CODE = "planted-ads-code"
CONFIG = AdsApiConfig("http://ads.test", "app", SECRET, requests_per_second=0)
ONE, TWO = "7400000000000000001", "7400000000000000002"
ACCOUNT = Advertiser(ONE, "Aurora US ads", TOKEN)
STORE = "7495000000000000505"

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def ok(data: Any = None, **headers: str) -> httpx.Response:
    content = {"code": 0, "message": "OK", "request_id": "r-ok", "data": {} if data is None else data}
    return httpx.Response(200, content=orjson.dumps(content), headers=headers)


def refused(code: int, message: str = "no", status: int = 200, **headers: str) -> httpx.Response:
    """As nearly all refusals come: with HTTP 200."""
    content = {"code": code, "message": message, "request_id": "r-no", "data": {}}
    return httpx.Response(
        status,
        content=orjson.dumps(content),
        headers={key.replace("_", "-"): value for key, value in headers.items()},
    )


def listed(rows: list[Any], page: int = 1, pages: int = 1) -> dict[str, Any]:
    """The data of one page of a list."""
    info = {"page": page, "page_size": 1000, "total_page": pages, "total_number": len(rows) * pages}
    return {"list": rows, "page_info": info}


@dataclass
class AdsWorld:
    """A client, what it sent, how long it waited and what it told."""

    client: AdsClient
    tokens: AdsTokenStore
    host: AdsAuthHost
    requests: list[httpx.Request] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def asked(self, path: str) -> list[dict[str, str]]:
        """The queries that an endpoint was sent."""
        return [dict(one.url.params) for one in self.requests if one.url.path.endswith(path)]


def ads_world(path: Path, answers: Iterable[Answer] | Callable[[httpx.Request], httpx.Response]) -> AdsWorld:
    """A client whose server gives these answers in turn, the last one for ever; or what a function makes of each."""
    script = [answers] if callable(answers) else list(answers)
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

    http = httpx.Client(transport=httpx.MockTransport(handle))
    tokens = AdsTokenStore(path / "home" / "ads_tokens.json", now=lambda: NOW)
    client = AdsClient(
        CONFIG,
        tokens,
        throttle=Throttle(0, sleep=lambda seconds: None),
        http=http,
        sleep=waits.append,
        now=lambda: NOW,
        notify=told.append,
    )
    host = AdsAuthHost(CONFIG, http=http, sleep=waits.append, now=lambda: NOW, notify=told.append)
    return AdsWorld(client, tokens, host, requests, waits, told)


def grant(ids: Iterable[str] = (ONE,), token: str = TOKEN) -> httpx.Response:
    """The answer that trades a code for a token."""
    return ok({"access_token": token, "advertiser_ids": list(ids), "scope": [1, 2, "x"]})


def info(account: str = ONE, currency: str = "USD", timezone: str = "Etc/GMT+8") -> dict[str, Any]:
    """The data of `advertiser_info`."""
    return {
        "list": [
            {"advertiser_id": account, "name": "Aurora US ads", "currency": currency, "timezone": timezone}
        ]
    }


def reading(
    world: AdsWorld,
    *,
    until: datetime,
    since: datetime | None = None,
    states: dict[str, dict[str, Any]] | None = None,
    history_days: int = 10,
) -> AdsReading:
    """What the readers share, with dlt's state in a dictionary."""
    kept = {} if states is None else states
    return AdsReading(
        client=world.client,
        advertiser=ACCOUNT,
        config=AdsApiConfig("http://ads.test", "app", SECRET, 0, history_days=history_days),
        cleaner=Cleaner(b"k" * 32),
        run_id="run",
        info_fields=INFO_FIELDS,
        since=None if since is None else int(since.timestamp()),
        until=int(until.timestamp()),
        states=lambda resource: kept.setdefault(resource, {}),
    )


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
