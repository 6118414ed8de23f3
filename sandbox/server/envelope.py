"""Answers: `{code, message, request_id, data}` around JSON that is ready already."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterable

import orjson

_counter = itertools.count()
_process = os.urandom(3).hex().upper()


def new_request_id(now: float) -> str:
    """An id like the real ones: the UTC second and twenty hexadecimal digits, unique in this process."""
    return f"{time.strftime('%Y%m%d%H%M%S', time.gmtime(now))}{_process}{next(_counter):014X}"


def success(data: Iterable[bytes], request_id: str) -> bytes:
    """The envelope of a success around the pieces of a JSON object; joined once, they may be large."""
    tail = f',"message":"Success","request_id":"{request_id}"}}'.encode()
    return b"".join((b'{"code":0,"data":', *data, tail))


def failure(code: int, message: str, request_id: str) -> bytes:
    """The envelope of an error: its data is null."""
    return orjson.dumps({"code": code, "data": None, "message": message, "request_id": request_id})
