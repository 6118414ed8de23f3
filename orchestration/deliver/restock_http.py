"""Posting what to order to a URL: a destination of dlt, each suggestion once.

| key | what |
| --- | --- |
| `destination.restock.url` | where to; https, or http on this machine |
| `destination.restock.token` | secret: sent as `Authorization: Bearer`; may be left out |

A request holds up to 100 suggestions and an `Idempotency-Key`, made of their keys: the same request has the same one,
however often it is sent. What was accepted is noted in `restock.json` of the home, so a further run with the same
content posts nothing; a kill between the answer and the note sends a request again, with the same key.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from filelock import FileLock, Timeout

from home.config import environment_name, is_readable_on_its_way, optional_secret, required_url
from home.errors import ConfigError, TransientError, TtkpiError
from home.layout import Home, HomeBusy
from home.records import RecordDamaged, read_record, write_record
from home.storage import storage_errors
from ingestion.engine.pipelines import cause, configure_dlt, require_loadable
from ingestion.engine.wire import Notify, http_client, is_web_page, log_warning, retrying
from orchestration.deliver.restock import Columns, Suggestion

SECTION = "destination.restock"
LEDGER = "restock.json"
BATCH = 100
"""Suggestions in one request."""
KEPT_DAYS = 90
"""A suggestion is of one day; after so long it can't come again."""
_TIMEOUT_SECONDS = 30.0


class PostRefused(TtkpiError):
    """The receiver does not take a request, and would not if it were sent again."""


class ReceiverDown(TransientError):
    """The receiver is busy, broken or can't be reached."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where to post.

    Attributes:
        url: The address.
        token: Secret; None when the receiver wants none.
    """

    url: str
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PostReport:
    """What became of the suggestions.

    Attributes:
        posted: Suggestions that the receiver accepted now.
        known: Suggestions that it had accepted before; they were not sent.
        requests: Requests that were accepted.
    """

    posted: int
    known: int
    requests: int


def load_receiver() -> Receiver:
    """The receiver of section `destination.restock`.

    Raises:
        ConfigError: No url is set, or it is none, or it would carry the token in the clear; names the key, the file
            and the variable.
    """
    receiver = Receiver(required_url(SECTION, "url"), optional_secret(SECTION, "token"))
    if receiver.token is not None and is_readable_on_its_way(receiver.url):
        raise ConfigError(
            f"{SECTION}.url is not https, and a token would be readable on its way.",
            advice=f"Correct {environment_name(SECTION, 'url')}.",
        )
    return receiver


def new_to(home: Home, receiver: Receiver, lines: Sequence[Suggestion]) -> list[Suggestion]:
    """The suggestions that the receiver has not accepted yet.

    Raises:
        RecordDamaged: The note of what was accepted can't be read.
    """
    accepted = _accepted(home, receiver)
    return [line for line in lines if line["key"] not in accepted]


def post(
    home: Home,
    receiver: Receiver,
    lines: Sequence[Suggestion],
    columns: Columns,
    *,
    notify: Notify = log_warning,
    sleep: Callable[[float], None] | None = None,
) -> PostReport:
    """Post the suggestions that the receiver has not accepted yet.

    Raises:
        PostRefused: The receiver refuses a request. What it accepted before is noted.
        ReceiverDown: It can't be reached, or is busy, after five tries.
        HomeBusy: Another export is posting from this home.
        StorageError: It can't be noted what was accepted.
    """
    home.make()
    lock = FileLock(home.root / f"{LEDGER}.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise HomeBusy(
            "Another `ttkpi export` is posting from this home.", advice="Wait until it is done."
        ) from error
    try:
        wanted = new_to(home, receiver, lines)
        sink = _Sink(home, receiver, wanted, columns, notify, sleep)
        if wanted:
            _run(home, sink, wanted)
    finally:
        lock.release()
    return PostReport(sink.posted, len(lines) - len(wanted), sink.requests)


class _Sink:
    """Takes the batches that dlt hands over."""

    def __init__(
        self,
        home: Home,
        receiver: Receiver,
        lines: Sequence[Suggestion],
        columns: Columns,
        notify: Notify,
        sleep: Callable[[float], None] | None,
    ) -> None:
        self._home = home
        self._receiver = receiver
        # dlt leaves out what is NULL, as the name of a variant that was never sold: what is sent are our own lines.
        self._lines = {str(line["key"]): line for line in lines}
        self._columns = columns
        self._retrying = retrying(notify=notify) if sleep is None else retrying(notify=notify, sleep=sleep)
        self._client = http_client(receiver.url, timeout_seconds=_TIMEOUT_SECONDS, connections=1)
        self.posted = 0
        self.requests = 0
        self.failure: TtkpiError | None = None

    def take(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Post a batch and note that it was accepted; after one that was not, which `failure` tells, do nothing.

        It raises nothing of ours: dlt would try again, and log a page of its insides above our own message.
        """
        if self.failure is None:
            try:
                self._take(lines)
            except TtkpiError as error:
                self.failure = error

    def _take(self, lines: Sequence[Mapping[str, Any]]) -> None:
        keys = [str(line["key"]) for line in lines]
        headers = {"Idempotency-Key": hashlib.sha256("\n".join(keys).encode()).hexdigest()}
        if self._receiver.token is not None:
            headers["Authorization"] = f"Bearer {self._receiver.token}"
        body = {"kind": "restock_suggestion", "lines": [self._columns.row(self._lines[key]) for key in keys]}
        self._retrying(self._send, headers, body)
        _note(self._home, self._receiver, keys)
        self.posted += len(keys)
        self.requests += 1

    def close(self) -> None:
        self._client.close()

    def _send(self, headers: Mapping[str, str], body: Mapping[str, Any]) -> None:
        host = urlsplit(self._receiver.url).hostname
        try:
            response = self._client.post(self._receiver.url, headers=dict(headers), json=body)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise ReceiverDown(
                f"{host} can't be reached: {type(error).__name__}.",
                advice="Run the export again later; what was accepted is not sent twice.",
            ) from error
        code = response.status_code
        if response.is_success and is_web_page(response):
            raise PostRefused(
                f"{host} answers with a web page: a login or a proxy stands before the receiver.",
                advice="Check the address (DESTINATION__RESTOCK__URL). Nothing was noted as accepted.",
            )
        # 409: the receiver knows the Idempotency-Key and has had the request.
        if response.is_success or code == httpx.codes.CONFLICT:
            return
        if code in (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS) or response.is_server_error:
            down = ReceiverDown(
                f"{host} answers {code}.",
                advice="Run the export again later; what was accepted is not sent twice.",
            )
            wait = response.headers.get("retry-after", "")
            down.retry_after = float(wait) if wait.isdigit() else None
            raise down
        advice = {
            401: "Check the token (DESTINATION__RESTOCK__TOKEN).",
            403: "Check the token (DESTINATION__RESTOCK__TOKEN) and what it may do.",
            404: "Check the address (DESTINATION__RESTOCK__URL).",
        }
        raise PostRefused(
            f"{host} refuses the suggestions: {code} {response.reason_phrase}.",
            advice=advice.get(code, "See the receiver's log; `--dry-run` shows what is sent."),
        )


def _run(home: Home, sink: _Sink, lines: Sequence[Suggestion]) -> None:
    import dlt

    configure_dlt()
    require_loadable(home)
    folder = home.dlt / "export_restock"
    # What dlt would send again after a kill is in our note as well, and that says what was accepted.
    if folder.exists():
        with storage_errors(folder):
            shutil.rmtree(folder)

    @dlt.destination(  # type: ignore[untyped-decorator]
        name="restock", batch_size=BATCH, loader_file_format="typed-jsonl", max_parallel_load_jobs=1
    )
    def receiver(items: Any, table: Any) -> None:
        sink.take(items)

    pipeline = dlt.pipeline("export_restock", pipelines_dir=str(home.dlt), destination=receiver())
    try:
        pipeline.run(
            [dict(line) for line in lines],
            table_name="restock_suggestions",
            columns={
                name: {"data_type": "text"} for name, value in lines[0].items() if not isinstance(value, int)
            },
        )
    except Exception as error:
        raise cause(error, folder) from error
    finally:
        sink.close()
    if sink.failure is not None:
        raise sink.failure


def _accepted(home: Home, receiver: Receiver) -> dict[str, str]:
    record = _ledger(home)
    accepted: dict[str, str] = record.get(_name(receiver), {})
    return accepted


def _note(home: Home, receiver: Receiver, keys: Sequence[str]) -> None:
    now = datetime.now(UTC)
    oldest = (now - timedelta(days=KEPT_DAYS)).isoformat(timespec="seconds")
    record = dict(_ledger(home))
    accepted = {key: at for key, at in _accepted(home, receiver).items() if at >= oldest}
    record[_name(receiver)] = accepted | dict.fromkeys(keys, now.isoformat(timespec="seconds"))
    with storage_errors(home.root / LEDGER):
        write_record(home.root / LEDGER, record)


def _ledger(home: Home) -> dict[str, Any]:
    cure = (
        f"Restore it from your backup. Deleted, everything of the last {KEPT_DAYS} days is posted once more."
    )
    record = read_record(home.root / LEDGER, cure=cure) or {}
    if not all(isinstance(accepted, dict) for accepted in record.values()):
        raise RecordDamaged(f"{home.root / LEDGER} is damaged.", advice=cure)
    return record


def _name(receiver: Receiver) -> str:
    """A receiver's name in the note: an address may hold a secret."""
    return hashlib.sha256(receiver.url.encode()).hexdigest()[:16]
