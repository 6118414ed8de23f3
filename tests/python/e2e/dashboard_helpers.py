"""What stands on a page: its HTML, its tiles and its tables, as Streamlit's AppTest sees them."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from html import unescape
from typing import Any

from streamlit.testing.v1 import AppTest

SECONDS = 120
_MARK = re.compile(r'<span class="pv[^>]*>.*?</span>')
_CHANGE = re.compile(r'<span class="d [^>]*>.*?</span>')
_CURRENCY = re.compile(r'<span class="(?:cur|cc hide)">.*?</span>')


def page(slug: str, language: str = "en", **state: Any) -> AppTest:
    """A page, drawn once, with choices of the session."""
    app = AppTest.from_string(f"from dashboards.web.app import run\nrun({slug!r})\n", default_timeout=SECONDS)
    app.session_state["lang"] = "中文" if language == "zh" else "EN"
    for name, value in state.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def html(app: AppTest) -> str:
    """All HTML of a page, in its order."""
    parts = []
    for element in walk(app.main):
        proto = getattr(element, "proto", None)
        name = type(element).__name__
        if name == "Html":
            parts.append(str(proto.body))
        elif name == "UnknownElement" and getattr(proto, "component_name", "") == "ttkpi_block":
            parts.append(json.loads(proto.json)["html"])
    return "\n".join(parts)


def walk(block: Any) -> Any:
    """Every element of a block, in its order."""
    for child in block.children.values():
        if hasattr(child, "children"):
            yield from walk(child)
        else:
            yield child


def plain(text: str) -> str:
    """A cell without marks, changes, currency and tags."""
    for pattern in (_MARK, _CHANGE, _CURRENCY):
        text = pattern.sub("", text)
    return unescape(re.sub(r"<[^>]+>", " ", text)).strip()


def tiles(content: str) -> dict[str, str]:
    """The figure of each tile by its label."""
    return {
        plain(label): plain(value)
        for label, value in re.findall(
            r'<div class="tile"><div class="l">(.*?)</div><div class="row"><div class="v">(.*?)</div>',
            content,
            re.S,
        )
    }


def tables(content: str) -> list[list[list[str]]]:
    """The lines of each table, cell by cell."""
    return [
        [
            [plain(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", line, re.S)]
            for line in re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.S)
        ]
        for body in re.findall(r"<tbody>(.*?)</tbody>", content, re.S)
    ]


def shown(amount: Any) -> str:
    """An amount as a page writes it."""
    value = Decimal(str(amount))
    text = f"{value:,.0f}" if abs(value) >= 1000 or value == 0 else f"{value:,.2f}"
    return text.replace("-", "−")
