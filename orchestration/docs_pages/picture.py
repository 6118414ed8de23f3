"""The picture of the result in the READMEs: the table of the last 30 days, as the demo prints it.

It is drawn from the transcript in `docs/demo.md`, so picture and transcript never differ.
"""

from __future__ import annotations

import html
import io
import re

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_TITLE = "Last 30 complete days"
_SHOP_LINE = re.compile(r" [A-Z]")
_CELL = r"\S+(?: \S+)*"
_ASPECT = 0.61
"""Width of a letter as a part of its height, as rich draws letters."""
_LETTER_HEIGHT = 20
_TEXT_LENGTH = re.compile(r'textLength="[^"]*"([^>]*)>([^<]*)<')
_EMPTY_TEXT = re.compile(r"<text[^>]*>\s*</text>")
_EMPTY_LINE = re.compile(r"^\s*\n|^[ ]+|[ ]+$", re.MULTILINE)
# rich's own frame fetches a font from another server, and that server learns who reads the page.
_FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px }}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class NoTable(ValueError):
    """The transcript has no table of the last 30 days."""


def result_picture(transcript: str) -> str:
    """The table as SVG.

    Args:
        transcript: What the demo printed.

    Raises:
        NoTable: The transcript has no table of the last 30 days.
    """
    table = _table(transcript)
    width = max(cell_len(line) for line in table) + 1
    console = Console(
        width=width, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    for line in table:
        text = Text(line, style="bold" if _SHOP_LINE.match(line) or line == table[0] else "")
        # A style per cell makes a text of its own of each cell, so that columns stay in line in any font.
        text.highlight_regex(_CELL, "not italic")
        console.print(text)
    svg = console.export_svg(
        title="make demo",
        code_format=_FRAME,
        font_aspect_ratio=_ASPECT,
        unique_id="demo",
    )
    return _EMPTY_LINE.sub("", _EMPTY_TEXT.sub("", _TEXT_LENGTH.sub(_measured, svg)))


def _table(transcript: str) -> list[str]:
    """Title and lines of the table, without empty lines below."""
    lines = [line.rstrip() for line in transcript.splitlines()]
    first = next((place for place, line in enumerate(lines) if line.startswith(_TITLE)), None)
    last = None
    if first is not None:
        last = next(
            (at for at, line in enumerate(lines) if at > first and line.startswith(" All shops")), None
        )
    if first is None or last is None:
        raise NoTable(f"The transcript has no table '{_TITLE} ...' that ends with a line 'All shops'.")
    return lines[first : last + 1]


def _measured(tag: re.Match[str]) -> str:
    """A text with its length by the cells that it fills: rich counts a Chinese character as one."""
    length = cell_len(html.unescape(tag[2])) * _LETTER_HEIGHT * _ASPECT
    return f'textLength="{length:g}"{tag[1]}>{tag[2]}<'
