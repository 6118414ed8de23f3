"""TikTok's answer: an envelope of `code`, `message`, `request_id` and `data`, or something else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx
import orjson

_MAX_TEXT = 300
# An escaped backslash, a pair, or a half alone, which is in the group.
_SURROGATES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A parsed answer.

    Attributes:
        code: 0 means success.
        message: TikTok's text; may repeat what was sent, so it is scrubbed before it is shown.
        request_id: TikTok's id of the request.
        data: The payload; empty on errors, and on success when TikTok sent null.
    """

    code: int
    message: str
    request_id: str
    data: dict[str, Any]


def parse_envelope(raw: bytes) -> Envelope | None:
    """Parses an answer; None when it is no envelope: not JSON, cut off, no code, data of another shape."""
    try:
        answer = _json(raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(answer, dict):
        return None
    code, data = answer.get("code"), answer.get("data")
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    if data is None or code != 0:
        data = data if isinstance(data, dict) else {}
    if not isinstance(data, dict):
        return None
    return Envelope(code, str(answer.get("message") or ""), str(answer.get("request_id") or ""), data)


def _json(raw: bytes) -> Any:
    """JSON, also with half an emoji in a name, which is read as �.

    A platform that cuts a title after so many UTF-16 units may cut an emoji in two; its whole page would be refused at
    every try, and the shop would never be read again.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        mended = _SURROGATES.sub(lambda found: rb"\ufffd" if found[1] else found[0], raw)
        if mended == raw:
            raise
        return orjson.loads(mended)


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text on one line, not too long, with every secret replaced, percent-encoded ones too."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for form in (secret, quote(secret, safe="")):
            text = text.replace(form, "***")
    text = " ".join(text.split())
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 3] + "..."


def describe_body(response: httpx.Response, secrets: Iterable[str]) -> str:
    """What a body that is not TikTok's looks like: its type, length and first words.

    Of what looks like JSON nothing is shown: half an answer still holds tokens, ciphers or buyers.
    """
    raw = response.content
    kind = scrub(response.headers.get("content-type", "no content type").split(";")[0], secrets)
    if raw.lstrip()[:1] in (b"{", b"["):
        return f"{len(raw)} bytes of {kind}: JSON that is cut off or has another form"
    text = _TAGS.sub(" ", raw[:4000].decode("utf-8", "replace"))
    return f"{len(raw)} bytes of {kind}: {scrub(text, secrets)[:120]!r}"


def retry_after(response: httpx.Response, now: float) -> float | None:
    """Seconds the server asks to wait: `Retry-After` as number or date; None when absent or unreadable."""
    value = response.headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isdigit():
        return float(value)
    moment = _http_date(value)
    return None if moment is None else max(0.0, moment.timestamp() - now)


def clock_offset(response: httpx.Response, now: float) -> float | None:
    """Our clock minus the server's, in seconds; None when the answer carries no date."""
    moment = _http_date(response.headers.get("date", ""))
    return None if moment is None else now - moment.timestamp()


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
