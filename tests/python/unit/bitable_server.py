"""A Bitable on this machine that answers as the public documentation says.

Sources, on open.feishu.cn/document: `auth-v3/auth/tenant_access_token_internal` (token, 7,200 s), `bitable-v1/app-table`
(list, create), `bitable-v1/app-table-field` (list, create, guide: types), `bitable-v1/app-table-record` (search with
pages of 500, batch_create and batch_update of 1,000, batch_delete of 500, `client_token`, codes 1254xxx), and the page on
rate limits (429 with 99991400 and `x-ogw-ratelimit-reset`). What the documentation leaves open, as whether a refused batch
leaves a part of it behind, a test says itself.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

APP_ID, APP_SECRET, APP_TOKEN = "cli_planted", "planted-secret-0123456789", "bascnPlanted"

Answer = tuple[int, dict[str, Any], dict[str, str]]


@dataclass
class TableState:
    """A table: fields by name, records by id."""

    name: str
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)

    def values(self, key: str = "键") -> dict[str, dict[str, Any]]:
        return {str(one[key]): one for one in self.records.values()}


@dataclass
class Bitable:
    """What it holds, and how it answers."""

    url: str = ""
    tables: dict[str, TableState] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    answers: list[Answer | float] = field(default_factory=list)
    """Taken one by one before its own answer to a request with a token; a number is so many seconds of silence."""
    before: Callable[[str, dict[str, Any]], Answer | None] = lambda path, body: None
    """Asked first for each request with a token."""
    seconds: int = 7200
    per_second: int = 50
    limit: int = 20_000
    valid: set[str] = field(default_factory=set)
    seen: dict[str, Answer] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    writing: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0

    def next(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number:06}"

    def table(self, name: str) -> TableState:
        return next(one for one in self.tables.values() if one.name == name)


def ok(**data: Any) -> Answer:
    return 200, {"code": 0, "msg": "success", "data": data}, {}


def no(code: int, msg: str, status: int = 200, **headers: str) -> Answer:
    return status, {"code": code, "msg": msg}, headers


def _judge(
    server: Bitable, method: str, path: str, query: dict[str, str], token: str, body: dict[str, Any]
) -> Answer:
    if path == "/open-apis/auth/v3/tenant_access_token/internal":
        server.calls["token"] += 1
        if body.get("app_id") != APP_ID:
            return no(10003, "invalid param")
        if body.get("app_secret") != APP_SECRET:
            return no(10014, "app secret invalid")
        fresh = server.next("t-")
        server.valid.add(fresh)
        return 200, {"code": 0, "msg": "ok", "tenant_access_token": fresh, "expire": server.seconds}, {}
    if token not in server.valid:
        return no(99991663 if token else 99991661, "Invalid access token for authorization.", 400)
    now = time.monotonic()
    server.times = [one for one in server.times if one > now - 1] + [now]
    if len(server.times) > server.per_second:
        return no(99991400, "request trigger frequency limit", 429, **{"x-ogw-ratelimit-reset": "1"})
    match = re.fullmatch(
        rf"/open-apis/bitable/v1/apps/{APP_TOKEN}/tables(?:/(\w+)/(fields|records/\w+))?", path
    )
    if match is None:
        return no(91402, "NOTEXIST", 404)
    if match[1] is None:
        return _tables(server, method, body)
    table = server.tables.get(match[1])
    if table is None:
        return no(1254041, "TableIdNotFound")
    if match[2] == "fields":
        return _fields(server, table, method, body)
    return _records(server, table, match[2].split("/")[1], query, body)


def _tables(server: Bitable, method: str, body: dict[str, Any]) -> Answer:
    if method == "GET":
        return ok(
            items=[
                {"table_id": one, "name": table.name, "revision": 1} for one, table in server.tables.items()
            ],
            has_more=False,
        )
    wanted = body["table"]
    if any(one.name == wanted["name"] for one in server.tables.values()):
        return no(1254013, "TableNameDuplicated")
    identity = server.next("tbl")
    server.tables[identity] = TableState(wanted["name"], {one["field_name"]: one for one in wanted["fields"]})
    return ok(table_id=identity)


def _fields(server: Bitable, table: TableState, method: str, body: dict[str, Any]) -> Answer:
    if method == "GET":
        items = [
            {**one, "field_id": name, "is_primary": place == 0}
            for place, (name, one) in enumerate(table.fields.items())
        ]
        return ok(items=items, has_more=False, total=len(items))
    if body["field_name"] in table.fields:
        return no(1254014, "FieldNameDuplicated")
    table.fields[body["field_name"]] = body
    return ok(field=body)


_FITS: dict[int, Callable[[Any], bool]] = {
    1: lambda value: isinstance(value, str),
    2: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    5: lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 10**11,
    7: lambda value: isinstance(value, bool),
}


def _wrong(table: TableState, fields: dict[str, Any]) -> Answer | None:
    for name, value in fields.items():
        if name not in table.fields:
            return no(1254045, "FieldNameNotFound")
        kind = table.fields[name]["type"]
        if value is not None and not _FITS[kind](value):
            return no({1: 1254060, 2: 1254061, 5: 1254064, 7: 1254065}[kind], "FieldConvFail")
    return None


def _records(
    server: Bitable, table: TableState, action: str, query: dict[str, str], body: dict[str, Any]
) -> Answer:
    if action == "search":
        size, begin = min(int(query.get("page_size", 20)), 500), int(query.get("page_token") or 0)
        names = body.get("field_names")
        rows = list(table.records.items())
        items = [
            # A text comes in parts.
            {
                "record_id": one,
                "fields": {
                    name: [{"text": value, "type": "text"}] if isinstance(value, str) else value
                    for name, value in fields.items()
                    if names is None or name in names
                },
            }
            for one, fields in rows[begin : begin + size]
        ]
        more = begin + size < len(rows)
        return ok(
            items=items, has_more=more, total=len(rows), **({"page_token": str(begin + size)} if more else {})
        )
    records = body.get("records") or []
    if not server.writing.acquire(blocking=False):
        return no(1254291, "Write conflict")
    try:
        server.calls[f"{action} records"] += len(records)
        if len(records) > (500 if action == "batch_delete" else 1000):
            return no(1254104, "RecordAddOnceExceedLimit")
        if action == "batch_create":
            token = query.get("client_token", "")
            if token in server.seen:
                return server.seen[token]
            for one in records:
                if wrong := _wrong(table, one["fields"]):
                    return wrong
            if len(table.records) + len(records) > server.limit:
                return no(1254103, "RecordExceedLimit")
            made = {server.next("rec"): dict(one["fields"]) for one in records}
            table.records |= made
            answer = ok(records=[{"record_id": one, "fields": fields} for one, fields in made.items()])
            if token:
                server.seen[token] = answer
            return answer
        identities = [one["record_id"] if action == "batch_update" else one for one in records]
        if any(one not in table.records for one in identities):
            return no(1254043, "RecordIdNotFound")
        if action == "batch_update":
            for one in records:
                if wrong := _wrong(table, one["fields"]):
                    return wrong
            for one in records:
                table.records[one["record_id"]] |= one["fields"]
            return ok(records=records)
        for one in identities:
            del table.records[one]
        return ok(records=[{"deleted": True, "record_id": one} for one in identities])
    finally:
        server.writing.release()


@contextmanager
def bitable() -> Iterator[Bitable]:
    """A server that lives as long as the block."""
    state = Bitable()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            split = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(length)
            body = json.loads(content) if content else {}
            query = {name: values[0] for name, values in parse_qs(split.query).items()}
            token = self.headers.get("Authorization", "").removeprefix("Bearer ").strip()
            path = split.path
            action = path.rsplit("/", 1)[-1]
            answer: Answer | float | None = None
            if not path.startswith("/open-apis/auth"):
                state.calls["all"] += 1
                state.calls[action] += 1
                answer = state.before(path, body)
                if answer is None and state.answers:
                    answer = state.answers.pop(0)
                    if isinstance(answer, float):
                        # The work is done, and the answer is lost.
                        _judge(state, self.command, path, query, token, body)
                        time.sleep(answer)
                        self.close_connection = True
                        return
            status, said, headers = answer or _judge(state, self.command, path, query, token, body)
            out = json.dumps(said).encode() if not isinstance(said, str) else said.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
