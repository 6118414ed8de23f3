"""Chats on this machine: they check signatures, count too fast senders, and say no as the real ones do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SECRET = "SECplanted-secret-0123456789"
TOKEN = "planted-token-0123456789"

Answer = tuple[int, str, dict[str, str]]


@dataclass
class Call:
    """A request as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.raw)
        return content


@dataclass
class Receiver:
    """What it was told, and how it answers."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: list[Answer | float] = field(default_factory=list)
    """Taken one by one before the platform's own answer; a number is so many seconds of silence."""
    judge: Callable[[Call], Answer] = lambda call: (200, "ok", {})

    @property
    def feishu(self) -> str:
        return f"{self.url}/open-apis/bot/v2/hook/{TOKEN}"

    @property
    def dingtalk(self) -> str:
        return f"{self.url}/robot/send?access_token={TOKEN}"

    @property
    def wecom(self) -> str:
        return f"{self.url}/cgi-bin/webhook/send?key={TOKEN}"

    @property
    def slack(self) -> str:
        return f"{self.url}/services/T000/B000/{TOKEN}"

    @property
    def plain(self) -> str:
        return f"{self.url}/alerts/{TOKEN}"


def said(status: int = 200, **body: Any) -> Answer:
    return status, json.dumps(body), {"Content-Type": "application/json"}


APP = ("cli_planted", "planted-app-secret-0123456789")
TENANT_TOKEN = "t-planted-tenant-token"
IMAGE_KEY = "img_v3_planted"
_PNG = b"\x89PNG\r\n\x1a\n"


def feishu_app(call: Call) -> Answer:
    """The two calls with which an app uploads a picture (open.feishu.cn, im-v1/image/create)."""
    if call.path.endswith("/auth/v3/tenant_access_token/internal"):
        if (call.body.get("app_id"), call.body.get("app_secret")) != APP:
            return said(code=10014, msg="app secret invalid")
        return said(code=0, msg="ok", tenant_access_token=TENANT_TOKEN, expire=7200)
    if call.headers.get("authorization") != f"Bearer {TENANT_TOKEN}":
        return said(
            400, code=99991663, msg="Invalid access token for authorization. Please make a test attempt."
        )
    head, _, picture = call.raw.partition(_PNG)
    if b'name="image_type"' not in call.raw or b'name="image"; filename=' not in head or not picture:
        return said(400, code=234001, msg="Invalid request param.")
    if len(call.raw) > 10_000_000:
        return said(400, code=234006, msg="The file size exceed the max value.")
    return said(code=0, msg="success", data={"image_key": IMAGE_KEY})


def feishu(call: Call) -> Answer:
    """HMAC-SHA256 of nothing, keyed by timestamp, line break and secret; seconds, an hour."""
    if call.path.startswith(("/open-apis/auth/", "/open-apis/im/")):
        return feishu_app(call)
    if TOKEN not in call.path:
        return said(400, code=19001, msg="param invalid: incoming webhook access token invalid")
    seconds = str(call.body.get("timestamp", ""))
    key = (seconds + "\n" + SECRET).encode()
    wanted = base64.b64encode(hmac.new(key, digestmod=hashlib.sha256).digest()).decode()
    if call.body.get("sign") != wanted or abs(time.time() - int(seconds)) > 3600:
        return said(code=19021, msg="sign match fail or timestamp is not within one hour from current time")
    if len(call.raw) > 20_000:
        return said(400, code=9499, msg="Bad Request")
    if call.body["msg_type"] == "interactive":
        # A card: at most five tables, whose pages have at most ten rows.
        elements = call.body["card"]["body"]["elements"]
        tables = [one for one in elements if one["tag"] == "table"]
        if len(tables) > 5 or any(one["page_size"] > 10 for one in tables):
            return said(400, code=230099, msg="Failed to create card content")
    elif call.body["msg_type"] == "image":
        if call.body["content"] != {"image_key": IMAGE_KEY}:
            return said(400, code=230055, msg="The type of file upload does not match the type of message.")
    else:
        assert call.body["msg_type"] == "post"
    return said(code=0, msg="success", data={}, StatusCode=0, StatusMessage="success")


def dingtalk(call: Call) -> Answer:
    """HMAC-SHA256 of timestamp, line break and secret, keyed by the secret; milliseconds, in the URL."""
    if call.query.get("access_token") != TOKEN:
        return said(errcode=300005, errmsg="token is not exist")
    stamp = call.query.get("timestamp", "0")
    digest = hmac.new(SECRET.encode(), (stamp + "\n" + SECRET).encode(), "sha256").digest()
    if (
        call.query.get("sign") != base64.b64encode(digest).decode()
        or abs(time.time() * 1000 - int(stamp)) > 3_600_000
    ):
        return said(errcode=310000, errmsg="sign not match")
    assert call.body["msgtype"] in ("text", "markdown") and "atMobiles" not in call.body["at"]
    if len(call.raw) > 20_000:
        return said(errcode=460101, errmsg="message too long, exceed 20000 bytes")
    return said(errcode=0, errmsg="ok")


def wecom(call: Call) -> Answer:
    if call.query.get("key") != TOKEN:
        return said(errcode=93000, errmsg="invalid webhook url")
    kind = call.body["msgtype"]
    if kind == "image":
        picture = base64.b64decode(call.body["image"]["base64"])
        if hashlib.md5(picture, usedforsecurity=False).hexdigest() != call.body["image"]["md5"]:
            return said(errcode=301019, errmsg="media file md5 not match")
        if len(picture) > 2_000_000 or not picture.startswith(_PNG):
            return said(errcode=40009, errmsg="invalid image size")
        return said(errcode=0, errmsg="ok")
    if len(call.body[kind]["content"].encode()) > {"text": 2048, "markdown": 4096}[kind]:
        return said(errcode=40058, errmsg=f"{kind}.content exceed max length")
    return said(errcode=0, errmsg="ok")


def slack(call: Call) -> Answer:
    blocks = call.body.get("blocks", [])
    texts = [one["text"]["text"] for one in blocks if one["type"] in ("section", "header")]
    if (
        len(blocks) > 50
        or any(len(text) > 3000 for text in texts)
        or len(json.dumps(blocks, ensure_ascii=False)) > 13_200
    ):
        return 400, "invalid_blocks", {}
    return (200, "ok", {}) if TOKEN in call.path else (404, "no_service", {})


def plain(call: Call) -> Answer:
    """HMAC-SHA256 of timestamp, full stop and body, in hexadecimal; no older than five minutes."""
    stamp = call.headers["x-ttkpi-timestamp"]
    wanted = hmac.new(SECRET.encode(), stamp.encode() + b"." + call.raw, hashlib.sha256).hexdigest()
    if (
        call.headers.get("x-ttkpi-signature") != f"sha256={wanted}"
        or abs(time.time() - int(stamp)) > 300
        or call.headers["idempotency-key"] != call.body.get("alert_id", call.headers["idempotency-key"])
    ):
        return 401, "bad signature", {}
    return 204, "", {}


def at_most(
    messages: int, seconds: float, inner: Callable[[Call], Answer], no: Answer
) -> Callable[[Call], Answer]:
    """A judge that refuses who sends more."""
    times: list[float] = []

    def judge(call: Call) -> Answer:
        now = time.monotonic()
        times.append(now)
        return no if sum(now - at < seconds for at in times) > messages else inner(call)

    return judge


@contextmanager
def receiving(judge: Callable[[Call], Answer]) -> Iterator[Receiver]:
    """A chat that listens on a free port."""
    receiver = Receiver(judge=judge)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            call = Call(parts.path, query, {key.lower(): value for key, value in self.headers.items()}, raw)
            with lock:
                receiver.calls.append(call)
                answer = receiver.answers.pop(0) if receiver.answers else receiver.judge(call)
            if isinstance(answer, float):
                time.sleep(answer)
                return
            status, body, headers = answer
            content = body.encode()
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
