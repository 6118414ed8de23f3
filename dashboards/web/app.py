"""What runs at each visit and each click: language, who looks, the publication, the page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards.pages import Entry, offered
from dashboards.parts import blocks, log
from dashboards.parts.formats import Formats
from dashboards.parts.page import Page
from dashboards.parts.store import Store, is_newest, opened
from dashboards.parts.viewer import Viewer, local, login_is_on, member
from dashboards.parts.words import CHINESE, ENGLISH, Words
from home.database import CannotRead
from home.errors import TtkpiError
from home.layout import Home
from orchestration.metrics.source import NoMetrics

# A file of our own: named icons and emoji would be fetched from another host.
_ICON = Path(__file__).parent / "icon.png"
_LANGUAGES = {"EN": ENGLISH, "中文": CHINESE}
_LOOKED = "looked"

logger = logging.getLogger(__name__)


def run(only: str = "") -> None:
    """Draw what the visitor asked for.

    Args:
        only: The page to draw, without navigation, as tests do; empty: the one of the address.
    """
    st.set_page_config(
        page_title="TikTok Shop KPI",
        page_icon=_ICON,
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    blocks.apply_style()
    with st.container(
        key="controls",
        horizontal=True,
        horizontal_alignment="right",
        vertical_alignment="center",
        gap="small",
    ):
        head = st.container(width="stretch")
        words, is_short = _language()
        viewer = _viewer(words, head)
    if viewer is None:
        return
    home = Home.from_env()
    try:
        store = opened(home, viewer.audience)
    except NoMetrics:
        _instead(words, "not_published")
        return
    except CannotRead as error:
        logger.exception("the published file can't be read")
        _instead(words, "damaged", error.message)
        return
    entries = offered(store.file.columns())
    drawn = [_drawer(entry, store, words, is_short, viewer, head, home) for entry in entries]
    if only:
        place = [entry.slug for entry in entries].index(only)
        drawn[place]()
        return
    if not entries:
        blocks.still(blocks.empty(words("no_table")))
        return
    chosen = st.navigation(
        [
            st.Page(
                draw,
                title=words.pick(*entry.name),
                url_path=entry.slug,
                default=entry is entries[0],
            )
            for entry, draw in zip(entries, drawn, strict=True)
        ],
        position="top",
    )
    _watch(store, words)
    chosen.run()


def _language() -> tuple[Words, bool]:
    """The words of the chosen language, and whether amounts are shortened.

    The widget is before the navigation, so that pages are named in the language; it stands in the address, so that a
    copied address keeps it.
    """
    names = list(_LANGUAGES)
    preferred = names[1] if (st.context.locale or "").lower().startswith("zh") else names[0]
    units = st.container(width="content")
    language = st.segmented_control(
        "language",
        names,
        default=preferred,
        required=True,
        key="lang",
        label_visibility="collapsed",
        bind="query-params",
    )
    words = Words(_LANGUAGES.get(language or preferred, ENGLISH))
    with units:
        unit = st.segmented_control(
            "unit",
            ["1", "万" if words.is_chinese else "k"],
            default="1",
            required=True,
            key=f"unit_{words.language}",
            label_visibility="collapsed",
            persist_state="session",
        )
    return words, unit not in ("1", None)


def _viewer(words: Words, head: Any) -> Viewer | None:
    """Who looks; None when nobody who may, and then the page says what to do."""
    if not login_is_on():
        return local()
    if not st.user.is_logged_in:
        _log_in(words)
        return None
    address = str(st.user.get("email") or "")
    verified = bool(st.user.get("email_verified")) or bool(st.user.get("xms_edov"))
    viewer = member(address, is_verified=verified)
    if viewer is None:
        _refuse(words, address)
        return None
    if st.button(words("log_out"), key="log_out", type="tertiary", help=viewer.name):
        st.logout()
    return viewer


def _log_in(words: Words) -> None:
    settings: Any = st.secrets.get("auth", {})
    providers = [
        name for name, value in settings.items() if hasattr(value, "items") and name != "client_kwargs"
    ]
    with st.container(key="login", horizontal_alignment="center"):
        blocks.still(blocks.card(words("log_in"), words("log_in_how")))
        for provider in providers or [""]:
            label = f"{words('log_in')} · {provider}" if provider else words("log_in")
            if st.button(label, key=f"log_in_{provider}", type="primary"):
                st.login(provider or None)


def _refuse(words: Words, address: str) -> None:
    blocks.still(blocks.card(words("refused", who=_safe(address or "?")), words("refused_how")))
    _looked(Viewer(address or "unknown", "nobody"), "", "", words, event=log.REFUSED)
    if st.button(words("log_out"), key="log_out", type="tertiary"):
        st.logout()


def _drawer(
    entry: Entry,
    store: Store,
    words: Words,
    is_short: bool,
    viewer: Viewer,
    head: Any,
    home: Home,
) -> Callable[[], None]:
    def draw() -> None:
        module = entry.module()
        own = Words(words.language, module.WORDS)
        page = Page(entry.slug, store, own, Formats(own, is_short=is_short), viewer, head)
        _looked(viewer, entry.slug, store.publication, own, home=home)
        _failed(page, home)
        try:
            module.show(page)
            page.finish()
        except Exception as error:
            logger.exception("page %s failed", entry.slug)
            _instead(own, "failed", error.message if isinstance(error, TtkpiError) else "")

    # Streamlit names a page after its function.
    draw.__name__ = entry.slug
    return draw


def _failed(page: Page, home: Home) -> None:
    """Say that nothing new was published because a step failed, so that old figures are not taken for new ones."""
    found = log.failed_step(home)
    if found is None:
        return
    step, when = found
    day = page.f.time(page.standing.local(when))
    blocks.still(blocks.say(_code(page.t("step_failed", step=page.t(f"step_{step}"), day=day))))


def _looked(
    viewer: Viewer,
    slug: str,
    publication: str,
    words: Words,
    *,
    event: str = log.LOOK,
    home: Home | None = None,
) -> None:
    """Note once per visit, page and publication who looked."""
    seen: set[tuple[str, ...]] = st.session_state.setdefault(_LOOKED, set())
    key = (event, viewer.name, slug, publication)
    if key in seen:
        return
    try:
        log.write(home or Home.from_env(), event, slug, viewer, publication)
    except TtkpiError as error:
        blocks.still(blocks.say(f"{words('not_logged')} {_safe(error.message)}"))
        return
    seen.add(key)


def _instead(words: Words, what: str, detail: str = "") -> None:
    """Say what is the matter and what to do, where a page would stand."""
    small = f'<div class="sub wrap">{_safe(detail)}</div>' if detail else ""
    blocks.still(blocks.card(words(what), f"{_code(words(f'{what}_how'))}{small}"))


def _watch(store: Store, words: Words) -> None:
    """Say when something newer was published; the page stays as it is until it is asked for."""

    @st.fragment(run_every="60s")
    def look() -> None:
        if not is_newest(store):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(words("new_figures"))
                if st.button(words("reload"), key="reload"):
                    st.rerun()

    look()


def _safe(text: str) -> str:
    from html import escape

    return escape(text)


def _code(text: str) -> str:
    """Words in backticks as code."""
    parts = text.split("`")
    return "".join(
        f"<code>{_safe(part)}</code>" if index % 2 else _safe(part) for index, part in enumerate(parts)
    )


if __name__ == "__main__":
    run()
