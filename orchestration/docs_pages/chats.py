"""The picture of a report in four chats, for the documents: each message as its platform's client lays it out.

No client of Feishu, DingTalk, WeCom or Slack is needed: the page is drawn from the very message that would be sent, by
the rules that the platforms document for it. What a client does not know as a mark stays as it is written, so that a
mark which a platform does not support is seen in the picture.

| platform | read as marks |
| --- | --- |
| Feishu | `**bold**`, `- ` lists, `> ` in markdown elements; tables with `page_size` rows, then pages; `hr` |
| DingTalk | headings, `**bold**`, `> `, `- ` lists; one line break is none |
| WeCom | headings, `**bold**`, `> `; no lists: `- ` stays; every line break is one |
| Slack | `*bold*` in mrkdwn; header, divider, context |

    python -m orchestration.docs_pages.chats --date 2026-11-07 --lang zh --out docs/report-chats.png
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

Card = Mapping[str, Any]

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_SLACK_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_HEADING = re.compile(r"(#{1,6}) (.*)")
_STYLE = """
  body { margin: 0; padding: 20px; background: #ECEEF1; color: #1F2329;
    font: 13px/1.55 "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
  main { display: grid; grid-template-columns: 1fr 1fr; gap: 20px; align-items: start; }
  article { background: #fff; border-radius: 8px; overflow: hidden; border: 1px solid #DEE0E3; }
  h6 { margin: 0 0 6px; font-size: 12px; font-weight: 400; color: #646A73; }
  .in { padding: 10px 14px 14px; }
  .head { padding: 10px 14px; font-weight: 600; font-size: 15px; }
  .blue .head { background: #E1EAFF; } .orange .head { background: #FEEAD2; }
  p { margin: 0 0 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
  h2 { font-size: 16px; margin: 0 0 8px; } h3 { font-size: 14px; margin: 12px 0 4px; }
  ul { margin: 0 0 8px; padding-left: 18px; }
  blockquote { margin: 0 0 8px; padding-left: 10px; border-left: 3px solid #C9CDD4; color: #646A73;
    white-space: pre-wrap; }
  .cut article { max-height: 1000px; } .cut div { position: relative; }
  .cut article::after { content: ""; position: absolute; left: 0; right: 0; bottom: 0; height: 60px;
    background: linear-gradient(transparent, #ECEEF1); }
  hr { border: 0; border-top: 1px solid #DEE0E3; margin: 10px 0; }
  table { border-collapse: collapse; width: 100%; margin-bottom: 4px; font-size: 12px; }
  th { background: #F5F6F7; font-weight: 400; color: #646A73; } th, td { border: 1px solid #DEE0E3; padding: 4px 6px; }
  .right { text-align: right; } .pages { color: #646A73; font-size: 12px; margin-bottom: 8px; }
  .small { color: #646A73; font-size: 12px; }
"""


def chats_page(cards: Mapping[str, Card], *, whole: bool = True) -> str:
    """The messages side by side.

    Args:
        cards: Messages as they would be sent, by platform.
        whole: To their end, however long; else the beginning of each.
    """
    parts = [
        f"<div><h6>{html.escape(kind)}, {len(str(card).encode()):,} bytes</h6>{_LOOKS[kind](card)}</div>"
        for kind, card in cards.items()
    ]
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><style>{_STYLE}</style></head>'
        f"<body><main{'' if whole else ' class=cut'}>{''.join(parts)}</main></body></html>"
    )


def _feishu(message: Card) -> str:
    card = message["card"]
    parts = []
    for element in card["body"]["elements"]:
        if element["tag"] == "hr":
            parts.append("<hr>")
        elif element["tag"] == "table":
            parts.append(_table(element))
        elif element["tag"] == "markdown":
            parts.append(_lines(element["content"], has_lists=True, keeps_breaks=True))
        else:
            raise ValueError(f"nobody has said how Feishu shows {element['tag']!r}")
    title = html.escape(card["header"]["title"]["content"])
    color = html.escape(card["header"]["template"])
    return f'<article class="{color}"><div class="head">{title}</div><div class="in">{"".join(parts)}</div></article>'


def _table(element: Card) -> str:
    columns: Sequence[Card] = element["columns"]

    def sides(column: Card) -> str:
        return ' class="right"' if column["horizontal_align"] == "right" else ""

    head = "".join(f"<th{sides(one)}>{html.escape(one['display_name'])}</th>" for one in columns)
    shown = element["rows"][: element["page_size"]]
    rows = "".join(
        "<tr>" + "".join(f"<td{sides(one)}>{html.escape(row[one['name']])}</td>" for one in columns) + "</tr>"
        for row in shown
    )
    pages = -(-len(element["rows"]) // element["page_size"])
    more = f'<div class="pages">1 / {pages} ›</div>' if pages > 1 else ""
    return f"<table><tr>{head}</tr>{rows}</table>{more}"


def _dingtalk(message: Card) -> str:
    text = _lines(message["markdown"]["text"], has_lists=True, keeps_breaks=False)
    return f'<article><div class="in">{text}</div></article>'


def _wecom(message: Card) -> str:
    text = _lines(message["markdown"]["content"], has_lists=False, keeps_breaks=True)
    return f'<article><div class="in">{text}</div></article>'


def _lines(text: str, *, has_lists: bool, keeps_breaks: bool) -> str:
    """Markdown as far as these platforms know it."""
    parts: list[str] = []
    plain: list[str] = []

    def flush() -> None:
        if plain:
            joined = ("<br>" if keeps_breaks else " ").join(plain)
            parts.append(f"<p>{joined}</p>")
            plain.clear()

    for line in text.split("\n"):
        heading = _HEADING.fullmatch(line)
        if heading or (has_lists and line.startswith("- ")) or line.startswith("> ") or not line.strip():
            flush()
        if heading:
            size = min(3, len(heading[1]))
            parts.append(f"<h{size}>{_bold(heading[2])}</h{size}>")
        elif has_lists and line.startswith("- "):
            item = f"<li>{_bold(line[2:])}</li>"
            if parts and parts[-1].endswith("</ul>"):
                parts[-1] = parts[-1].removesuffix("</ul>") + item + "</ul>"
            else:
                parts.append(f"<ul>{item}</ul>")
        elif line.startswith("> "):
            parts.append(f"<blockquote>{_bold(line[2:])}</blockquote>")
        elif line.strip():
            plain.append(_bold(line))
    flush()
    return "".join(parts)


def _bold(text: str) -> str:
    return _BOLD.sub(r"<b>\1</b>", html.escape(text))


def _slack(message: Card) -> str:
    parts = []
    for block in message["blocks"]:
        if block["type"] == "divider":
            parts.append("<hr>")
        elif block["type"] == "header":
            parts.append(f"<h2>{html.escape(block['text']['text'])}</h2>")
        elif block["type"] == "section":
            parts.append(f"<p>{_mrkdwn(block['text']['text'])}</p>")
        elif block["type"] == "context":
            parts.append(f'<p class="small">{_mrkdwn(block["elements"][0]["text"])}</p>')
        else:
            raise ValueError(f"nobody has said how Slack shows {block['type']!r}")
    return f'<article><div class="in">{"".join(parts)}</div></article>'


def _mrkdwn(text: str) -> str:
    # Slack's text comes with & < > escaped, as Slack wants them.
    return _SLACK_BOLD.sub(r"<b>\1</b>", html.escape(html.unescape(text)))


_LOOKS: Mapping[str, Callable[[Card], str]] = {
    "feishu": _feishu,
    "dingtalk": _dingtalk,
    "wecom": _wecom,
    "slack": _slack,
}


@click.command()
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--lang", "language", type=click.Choice(["en", "zh", "both"]), default="zh", show_default=True)
@click.option("--kind", type=click.Choice(["daily", "weekly", "monthly"]), default="daily", show_default=True)
@click.option("--whole", is_flag=True, help="Each message to its end.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def main(day: datetime, language: str, kind: str, whole: bool, out: Path) -> None:
    """Draw the report of TTKPI_HOME as four chats would show it."""
    from home.demo_home import is_demo_home
    from home.project import project_var
    from orchestration.cli.session import open_home
    from orchestration.deliver.report.cards import card_of
    from orchestration.deliver.report.period import period_of
    from orchestration.deliver.report.picture import draw
    from orchestration.deliver.report.send import made

    home = open_home()
    report = made(home, period_of(kind, day.date(), project_var("reporting_timezone")), "")
    cards = {one: card_of(one, report, language, is_demo=is_demo_home(home)) for one in _LOOKS}
    click.echo(draw(chats_page(cards, whole=whole), out))


if __name__ == "__main__":
    main()
