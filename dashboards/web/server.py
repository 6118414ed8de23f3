"""The process around the pages: everything is opened before the first visitor comes, downloads are handed to the person
for whom they were offered, and nothing is asked of another host."""

from __future__ import annotations

import gc
import json
import threading
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.pages import PAGES, offered, today
from dashboards.parts import exports, log
from dashboards.parts.formats import Formats
from dashboards.parts.page import Page
from dashboards.parts.seller_links import seller_links
from dashboards.parts.store import opened
from dashboards.parts.viewer import Viewer, local, login_is_on, member
from dashboards.parts.words import ENGLISH, Words
from home.errors import ConfigError, TtkpiError
from home.layout import Home

SCRIPT = Path(__file__).with_name("app.py")
_COOKIE = "_streamlit_user"
_MEDIA = "/media/"
# Vega makes functions of its expressions, Streamlit's parts are styled in place; all of it comes from this server.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss: data: blob:; "
    "worker-src 'self' blob:; "
    "frame-ancestors 'none'"
)
_GONE = "This download has ended, or is not yours: open the page again. 下载链接已失效，请重新打开页面。\n"


def login_settings(path: Path) -> dict[str, Any]:
    """The settings of the login: a TOML file with a table `auth` as Streamlit's documentation describes it.

    Raises:
        ConfigError: The file is missing, is no TOML, or lacks something.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"There is no {path}.", advice=_HOW) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} can't be read as TOML: {error}", advice=_HOW) from error
    settings = content.get("auth")
    if not isinstance(settings, dict):
        raise ConfigError(f"{path} has no table [auth].", advice=_HOW)
    if missing := [name for name in ("redirect_uri", "cookie_secret") if not settings.get(name)]:
        raise ConfigError(f"[auth] of {path} lacks {', '.join(missing)}.", advice=_HOW)
    if len(str(settings["cookie_secret"])) < 32:
        raise ConfigError(
            f"cookie_secret of {path} is shorter than 32 characters: whoever guesses it is anybody.",
            advice='Make one: python -c "import secrets; print(secrets.token_hex(32))".',
        )
    return {"auth": settings}


_HOW = "docs/dashboards.md shows the file."


def make_app(secrets: Mapping[str, Any] | None = None) -> Any:
    """The ASGI application.

    Args:
        secrets: What `login_settings` gave; None without login.
    """
    return st.App(
        SCRIPT,
        secrets=dict(secrets) if secrets else None,
        lifespan=_warm,
        routes=[Route(f"{exports.PATH}/{{token}}", _export)],
        middleware=[Middleware(_Guard)],
    )


@asynccontextmanager
async def _warm(_: Any) -> AsyncIterator[None]:
    """Open the published file, and ask what the first page asks: the metric layer compiles each question once."""
    # Nothing published yet, or a damaged file: the pages say so.
    with suppress(TtkpiError):
        prepare(Home.from_env())
    for entry in PAGES:
        entry.module()
    # Streamlit looks for garbage after each click, and nothing else runs meanwhile: 0.1 s for what is here by now.
    gc.collect()
    gc.freeze()
    threading.Thread(target=seller_links, daemon=True).start()
    yield None


def prepare(home: Home) -> None:
    """Make ready what the first visitor would wait for; half of a first draw is compiling its questions.

    Raises:
        TtkpiError: Nothing is published, or the file can't be read.
    """
    viewer = Viewer("start", "") if login_is_on() else local()
    store = opened(home, viewer.audience)
    store.metrics()
    entries = offered(store.file.columns())
    if entries and entries[0] is PAGES[0]:
        words = Words(ENGLISH, today.WORDS)
        today.prepare(Page(PAGES[0].slug, store, words, Formats(words), viewer, None))


def _export(request: Request) -> Response:
    """Hand out a download."""
    viewer = _viewer(request)
    offer = exports.offered(request.path_params["token"], viewer) if viewer else None
    if offer is None or viewer is None:
        return PlainTextResponse(_GONE, 404)
    try:
        table = offer.read()
        content = exports.written(offer.form, table)
        log.write(
            Home.from_env(),
            log.EXPORT,
            offer.name,
            viewer,
            offer.publication,
            form=offer.form,
            rows=len(table.rows),
        )
    except ValueError as error:
        return PlainTextResponse(f"{error}\n", 413)
    except TtkpiError as error:
        return PlainTextResponse(f"Nothing was exported: {error.message} {error.advice}\n", 503)
    name = f"{offer.name}_{offer.publication[-8:]}.{offer.form}"
    return Response(
        content,
        media_type=exports.TYPES[offer.form],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _viewer(connection: HTTPConnection) -> Viewer | None:
    """Who asks; None when nobody who may."""
    if not login_is_on():
        return local()
    person = _person(connection.cookies)
    return member(
        str(person.get("email") or ""),
        is_verified=bool(person.get("email_verified")) or bool(person.get("xms_edov")),
    )


def _person(cookies: Mapping[str, str]) -> dict[str, Any]:
    """What the identity provider said of the person whose signed cookie this is; empty without a valid one."""
    from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

    content = _get_signed_cookie_with_chunks(dict(cookies), _COOKIE)
    if not content:
        return {}
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return dict(found) if isinstance(found, dict) and found.get("is_logged_in") else {}


class _Guard:
    """Refuses Streamlit's own downloads to who is not logged in, and tells the browser to ask no other host."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"].startswith(_MEDIA) and _viewer(HTTPConnection(scope)) is None:
            await PlainTextResponse(_GONE, 404)(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    (b"content-security-policy", _POLICY.encode()),
                    (b"referrer-policy", b"same-origin"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await self._app(scope, receive, answer)
