"""The API of Bitable: a token that is renewed, requests within the limits, errors in words.

| what | documented | here |
| --- | --- | --- |
| records in a `batch_create` or `batch_update` | 1,000 | 500 |
| records in a `batch_delete` | 500 | 500 |
| records in a page of `records/search` | 500 | 500 |
| requests a second | writing 50, reading 20, tables and fields 10 | `requests_per_second`, and at most 10 |

Tables take one writer at a time (1254291), so requests are sent one after the other. A `batch_create` carries a
`client_token`: sent again after an answer that was lost, it makes no second record.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from time import sleep as real_sleep
from typing import Any

import httpx

from home.errors import TransientError, TtkpiError
from ingestion.engine.answers import ListEnd
from ingestion.engine.throttle import Throttle
from ingestion.engine.wire import Notify, http_client, is_web_page, log_warning, retrying
from orchestration.deliver.bitable.config import Base

BATCH = 500
PAGE = 500
_TIMEOUT_SECONDS = 60.0
_EARLY_SECONDS = 300.0
"""So long before its end a token is renewed: the platform gives a new one in its last 30 minutes."""
_INVALID_TOKEN = (99991661, 99991663, 99991664, 99991665, 99991668)
_BUSY = {
    99991400: "too many requests",
    1254290: "too many requests",
    1254291: "another program is writing the table",
    1254036: "the Base is just being copied",
    1254607: "the Base is still at work on what was written before",
    1255001: "the server has an error of its own",
    1255002: "the server has an error of its own",
    1255040: "the server took too long",
}
_ADVICE = {
    10003: "Check destination.bitable.app_id and app_secret.",
    10014: "Check destination.bitable.app_secret.",
    10015: "Check destination.bitable.app_secret.",
    91402: "Check destination.bitable.app_token: the part of the Base's address behind /base/.",
    91403: "Add the app to the Base: ··· > more > add app (添加文档应用), with the right to edit.",
    99991672: "Give the app the scope bitable:app, and publish a new version of it.",
    1254003: "Check destination.bitable.app_token: the part of the Base's address behind /base/.",
    1254040: "Check destination.bitable.app_token: the part of the Base's address behind /base/.",
    1254103: "The table is full. Lower destination.bitable.days, or take another plan.",
    1254302: "Let the app edit the Base: with advanced permissions (高级权限) add it to a role that may.",
    1254304: "Let the app edit the Base: with advanced permissions (高级权限) add it to a role that may.",
}


class BitableFailed(TtkpiError):
    """The Base refuses, or can't be reached. What was written before stays; the next run goes on from there.

    Attributes:
        code: Of the platform; 0 when it said none.
    """

    def __init__(self, message: str, *, advice: str = "", code: int = 0) -> None:
        super().__init__(message, advice=advice)
        self.code = code


class BitableBusy(TransientError):
    """The platform is busy, or can't be reached: worth another try."""


class Client:
    """One Base.

    Args:
        base: The Base and the app.
        notify: Is told why we wait.
        sleep: Waits for so many seconds.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        base: Base,
        *,
        notify: Notify = log_warning,
        sleep: Callable[[float], None] = real_sleep,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._base = base
        self._clock = clock
        self._http = http_client(base.base_url, timeout_seconds=_TIMEOUT_SECONDS, connections=1)
        self._throttle = Throttle(base.requests_per_second, sleep=sleep)
        self._retrying = retrying(notify=notify, sleep=sleep)
        self._token, self._ends = "", 0.0
        self.requests = 0
        """Requests that were sent."""

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def tables(self) -> dict[str, str]:
        """The tables of the Base: id by name."""
        return {str(one["name"]): str(one["table_id"]) for one in self._pages("GET", "tables")}

    def create_table(self, name: str, fields: Sequence[Mapping[str, Any]]) -> str:
        """Make a table with its fields, the first of which names a record; returns its id."""
        body = {"table": {"name": name, "default_view_name": "全部 All", "fields": list(fields)}}
        return str(self._call("POST", "tables", body)["table_id"])

    def fields(self, table: str) -> dict[str, int]:
        """The fields of a table: type by name."""
        found = self._pages("GET", f"tables/{table}/fields")
        return {str(one["field_name"]): int(one["type"]) for one in found}

    def create_field(self, table: str, field: Mapping[str, Any]) -> None:
        """Add a field to a table."""
        self._call("POST", f"tables/{table}/fields", field, client_token=True)

    def records(self, table: str, fields: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The records of a table: id and these fields of it."""
        for one in self._pages("POST", f"tables/{table}/records/search", {"field_names": list(fields)}):
            yield str(one["record_id"]), dict(one.get("fields") or {})

    def create(self, table: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Write records that are new, at most `BATCH` of them."""
        body = {"records": [{"fields": dict(one)} for one in records]}
        self._call("POST", f"tables/{table}/records/batch_create", body, client_token=True)

    def update(self, table: str, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Write fields of records that are there, by their id, at most `BATCH` of them."""
        body = {"records": [{"record_id": one, "fields": dict(fields)} for one, fields in records.items()]}
        self._call("POST", f"tables/{table}/records/batch_update", body)

    def delete(self, table: str, records: Sequence[str]) -> None:
        """Delete records by their id, at most `BATCH` of them. One that is gone already is no error."""
        try:
            self._call("POST", f"tables/{table}/records/batch_delete", {"records": list(records)})
        except BitableFailed as error:
            if error.code != 1254043:
                raise
            for one in records:
                self._delete_one(table, one)

    def _delete_one(self, table: str, record: str) -> None:
        try:
            self._call("POST", f"tables/{table}/records/batch_delete", {"records": [record]})
        except BitableFailed as error:
            if error.code != 1254043:
                raise

    def _pages(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Iterator[Mapping[str, Any]]:
        size = PAGE if path.endswith("search") else 100
        token, followed, end = "", set[str](), ListEnd(size)
        while True:
            query: dict[str, str] = {"page_size": str(size)} | ({"page_token": token} if token else {})
            data = self._call(method, path, body, query=query)
            items = data.get("items") or ()
            why_endless = end.passed({"items": items, "total_count": data.get("total")})
            yield from items
            if not data.get("has_more"):
                return
            token = str(data.get("page_token") or "")
            # What is not read looks like a record that is not there, and would be written a second time.
            if not token or token in followed:
                why_endless = (
                    "names a page again that it gave" if token else "has more, and names no next page"
                )
            if why_endless:
                raise BitableFailed(
                    f"{self._base.place}: the list of {path} {why_endless}; it was not followed any further.",
                    advice=f"Nothing was written into that table. {_LATER}",
                )
            followed.add(token)

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        client_token: bool = False,
    ) -> dict[str, Any]:
        parameters = dict(query or {})
        if client_token:
            # The same for every try of this request.
            parameters["client_token"] = str(uuid.uuid4())
        data: dict[str, Any] = self._retrying(self._once, method, path, body, parameters)
        return data

    def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str]
    ) -> dict[str, Any]:
        url = f"{self._base.base_url}/open-apis/bitable/v1/apps/{self._base.app_token}/{path}"
        headers = {"Authorization": f"Bearer {self._tenant_token()}"}
        answer = self._send(method, url, headers, body, query)
        if answer.get("code") in _INVALID_TOKEN:
            # It was withdrawn before its time: once more with a new one.
            self._token = ""
            headers = {"Authorization": f"Bearer {self._tenant_token()}"}
            answer = self._send(method, url, headers, body, query)
        self._require_ok(answer)
        return dict(answer.get("data") or {})

    def _tenant_token(self) -> str:
        if not self._token or self._clock() >= self._ends:
            answer = self._send(
                "POST",
                f"{self._base.base_url}/open-apis/auth/v3/tenant_access_token/internal",
                {},
                {"app_id": self._base.app_id, "app_secret": self._base.app_secret},
                {},
            )
            self._require_ok(answer)
            self._token = str(answer.get("tenant_access_token") or "")
            self._ends = self._clock() + float(answer.get("expire") or 0) - _EARLY_SECONDS
        return self._token

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
        query: Mapping[str, str],
    ) -> dict[str, Any]:
        self._throttle.wait("requests")
        self.requests += 1
        try:
            response = self._http.request(method, url, headers=dict(headers), json=body, params=dict(query))
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise BitableBusy(
                f"{self._base.place} can't be reached: {type(error).__name__}.", advice=_LATER
            ) from error
        try:
            answer = response.json()
        except (ValueError, RecursionError):
            answer = None
        code = _code(answer) if isinstance(answer, dict) else 0
        if response.status_code == 429 or response.is_server_error or code in _BUSY:
            busy = BitableBusy(
                f"{self._base.place}: {_BUSY.get(code, f'it answers {response.status_code}')} ({code}).",
                advice=_LATER,
            )
            wait = response.headers.get("x-ogw-ratelimit-reset", "")
            busy.retry_after = float(wait) if wait.isdigit() else None
            raise busy
        if not isinstance(answer, dict) or "code" not in answer:
            page = "a web page: a proxy or a login stands before it" if is_web_page(response) else "no JSON"
            raise BitableFailed(
                f"{self._base.place} answers {response.status_code} with {page}.",
                advice="Check destination.bitable.base_url.",
            )
        return answer

    def _require_ok(self, answer: Mapping[str, Any]) -> None:
        code = _code(answer)
        if code:
            raise BitableFailed(
                f"{self._base.place} refuses: {code} {answer.get('msg') or ''}".rstrip() + ".",
                advice=_ADVICE.get(code, "The code is explained at open.feishu.cn. ") or "",
                code=code,
            )


def _code(answer: Mapping[str, Any]) -> int:
    """The platform's code; -1 of an answer whose code is no number, which is no success either."""
    code = answer.get("code") or 0
    return code if isinstance(code, int) else -1


_LATER = "The next run, or `ttkpi export bitable`, goes on from what is written."
