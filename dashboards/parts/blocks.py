"""HTML of the pages: what a block looks like, and the one component that shows it.

Every text from data goes through `html.escape`. What has `data-open` can be clicked and reached with the keyboard; the
key is sent to the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent
_SCRIPT = """export default function(c){const{data,parentElement:p,setTriggerValue}=c;
let e=p.querySelector('.k');if(!e){e=document.createElement('div');e.className='k';p.appendChild(e);}
if(e.dataset.h!==data.html){e.innerHTML=data.html;e.dataset.h=data.html;}
e.onclick=v=>{const t=v.target.closest('[data-open]');if(t){setTriggerValue('open',t.dataset.open)}};
e.onkeydown=v=>{if(v.key==='Enter'||v.key===' '){const t=v.target.closest('tr[data-open]');
if(t){v.preventDefault();setTriggerValue('open',t.dataset.open)}}};}"""
CHOOSE = "choose|"
"""Keys that begin with this change a choice of the session before the page is drawn: `choose|<choice>|<value>`."""


def apply_style() -> None:
    """Put the style sheet into the page."""
    st.html(f"<style>{_style()}</style>")


@cache
def _style() -> str:
    return (_FOLDER / "style.css").read_text(encoding="utf-8")


def block(html: str, key: str) -> str | None:
    """Show HTML.

    Args:
        html: Trusted: texts from data are escaped in it.
        key: Of the block, unique on its page.

    Returns:
        The key that was clicked, if one was.
    """
    # Registered anew by each process of Streamlit; a second registration of the same name is the same component.
    show: Any = _component()
    found = show(data={"html": html}, key=key, on_open_change=_chosen(key)).open
    return str(found) if found else None


def still(html: str) -> None:
    """Show HTML in which nothing can be clicked."""
    st.html(f'<div class="k">{html}</div>')


def _component() -> Any:
    return st.components.v2.component("ttkpi_block", js=_SCRIPT, isolate_styles=False)


def _chosen(key: str) -> Callable[[], None]:
    """A choice is made before the page runs: the page runs once instead of twice."""

    def change() -> None:
        opened = getattr(st.session_state.get(key), "open", None)
        if opened and str(opened).startswith(CHOOSE):
            _, choice, value = str(opened).split("|", 2)
            st.session_state[choice] = value

    return change


def choose(choice: str, value: str) -> str:
    """The key that makes a choice when it is clicked."""
    return f"{CHOOSE}{choice}|{value}"


def link(text: str, key: str, hover: str = "") -> str:
    """A text that can be clicked."""
    return f'<button class="n" data-open="{escape(key)}" title="{escape(hover)}">{text}</button>'


def card(title: str, body: str, note: str = "", *, legend: str = "", aside: str = "") -> str:
    """A white card with a title, a grey note beside it, and what stands right."""
    small = f"<small>{note}</small>" if note else ""
    right = f'<span class="aside">{aside}</span>' if aside else ""
    return f'<div class="card"><h2>{title}{small}{legend}{right}</h2>{body}</div>'


def legend(items: Sequence[tuple[str, str, bool]]) -> str:
    """Colours with their meaning: colour, text, whether the line is dashed."""
    spans = "".join(
        f'<span class="{"da" if dashed else ""}" style="--c:{color}">{escape(text)}</span>'
        for color, text, dashed in items
    )
    return f'<span class="lg">{spans}</span>'


def say(text: str, *, is_good: bool = False) -> str:
    """One sentence that stands out. The text is HTML."""
    return f'<div class="say{" ok" if is_good else ""}">{text}</div>'


def empty(text: str) -> str:
    """What stands where there is nothing, in words."""
    return f'<div class="empty">{escape(text)}</div>'


def spark(values: Sequence[Any], width: int = 96, height: int = 22) -> str:
    """A small line, the last seven points blue; a gap where a value is unknown."""
    points = [None if value is None else float(value) for value in values]
    known = [value for value in points if value is not None]
    if len(known) < 2:
        return ""
    top, low = max(known), min(0.0, *known)
    span = (top - low) or 1.0

    def place(index: int, value: float) -> str:
        across = 2 + index * (width - 6) / (len(points) - 1)
        return f"{across:.1f},{height - 3 - (height - 6) * (value - low) / span:.1f}"

    def line(first: int, color: str, thickness: float) -> str:
        runs: list[list[str]] = [[]]
        for index, value in enumerate(points):
            if index < first:
                continue
            if value is None:
                runs.append([])
            else:
                runs[-1].append(place(index, value))
        return "".join(
            f'<polyline points="{" ".join(run)}" fill="none" stroke="{color}" stroke-width="{thickness}" '
            'stroke-linejoin="round"/>'
            for run in runs
            if len(run) > 1
        )

    last = points[-1]
    dot = ""
    if last is not None:
        across, down = place(len(points) - 1, last).split(",")
        dot = f'<circle cx="{across}" cy="{down}" r="2.2" fill="#0B5CAD"/>'
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" aria-hidden="true">'
        f"{line(0, '#98A2B3', 1.2)}{line(max(0, len(points) - 7), '#0B5CAD', 1.6)}{dot}</svg>"
    )


def bar(share: float | None, color: str = "#7FAFDD") -> str:
    """A bar of a share between 0 and 1."""
    width = 0.0 if share is None else max(0.0, min(1.0, share)) * 100
    return f'<span class="bar2"><i style="width:{width:.1f}%;background:{color}"></i></span>'
