"""The report as a chat shows it: a card of Feishu, posts of DingTalk and WeCom, blocks of Slack, JSON for a program.

A chat has less room than a page. What does not fit is left out from the end of each list, then from the end of the
report, and the card says so; a figure is never cut in two. Limits, as the platforms publish them:

| platform | message | limit |
| --- | --- | --- |
| Feishu, Lark | interactive card, JSON 2.0 | 20 kB a request, 5 tables a card, 10 rows a page of a table |
| DingTalk | markdown | 20,000 bytes |
| WeCom | markdown | 4,096 bytes |
| Slack | blocks | 50 blocks, 3,000 characters each, 13,200 in all (slackapi/bolt-js#2509) |

Names of products and shops are typed by others: what a platform would read as a mention, a link or a mark is written
with full-width signs, which look alike and do nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestration.deliver.report.page import about
from orchestration.deliver.report.parts import Report, Section, legend, mark
from orchestration.deliver.report.words import Text, say
from orchestration.deliver.webhooks.platform import TITLE
from orchestration.deliver.webhooks.slack import escaped

Card = Mapping[str, Any]

_MOST_BYTES = {"feishu": 19_000, "dingtalk": 19_000, "wecom": 4_096, "slack": 12_000, "plain": 1_000_000}
_FEISHU_TABLES = ("shops", "ads", "money", "creators")
_FEISHU_ROWS = 8
_SLACK_TEXT, _SLACK_BLOCKS, _SLACK_TITLE = 2_900, 50, 150
_HARMLESS = str.maketrans("<>[]*`#@|~\\", "＜＞［］＊｀＃＠｜～＼")


def card_of(kind: str, report: Report, language: str, *, is_demo: bool = False) -> Card:
    """The report as a message of a platform, as much of it as fits.

    Args:
        kind: `feishu`, `dingtalk`, `wecom`, `slack` or `plain`.
        report: The report.
        language: `en`, `zh` or `both`.
        is_demo: It is about the demo's shops: the message says so.
    """
    make = _MAKERS[kind]
    shown = as_demo(report) if is_demo else report
    if report.is_late:
        return make(
            replace(shown, tiles=(), sections=(), warnings=(late_text(report), *report.warnings)), language
        )
    return _fitting(kind, shown, lambda shorter: make(shorter, language))


def late_text(report: Report) -> Text:
    """What stands in the place of a report whose numbers are not there yet."""
    return (
        "The numbers are late: no shop has been read to the end of this period. The report comes when they are there; "
        "older numbers are not sent in its place.",
        "数据延迟：尚无店铺读取至该周期末。数据到齐后自动补发，不会以旧数据代替。",
    )


def as_demo(report: Report) -> Report:
    """The report of a demo's shops, which says so: nobody in a chat takes the shops for real."""
    return replace(report, title=(f"[DEMO] {report.title[0]}", f"[演示] {report.title[1]}"))


def _fitting(kind: str, report: Report, make: Callable[[Report], Card]) -> Card:
    """As much of a report as fits: every shop first, then of each section in turn one row more."""
    card = make(report)
    if _fits(kind, card):
        return card
    count = len(report.sections)
    while count and not _fits(kind, make(_cut(report, [0] * count))):
        count -= 1
    rows = [0] * count
    card = make(_cut(report, rows))
    for place in _turns(report.sections[:count]):
        rows[place] += 1
        longer = make(_cut(report, rows))
        if _fits(kind, longer):
            card = longer
        else:
            rows[place] -= 1
    return card


def _turns(sections: Sequence[Section]) -> Iterator[int]:
    """Which section gets a row next."""
    for place, section in enumerate(sections):
        if section.key == "shops":
            yield from [place] * len(section.rows)
    for row in range(max((len(section.rows) for section in sections), default=0)):
        for place, section in enumerate(sections):
            if section.key != "shops" and row < len(section.rows):
                yield place


def _cut(report: Report, rows: Sequence[int]) -> Report:
    shown = zip(report.sections, rows, strict=False)
    return replace(report, sections=tuple(_with_rows(section, count) for section, count in shown))


def _with_rows(section: Section, rows: int) -> Section:
    left_out = max(0, len(section.rows) - rows)
    notes = () if section.rows and left_out else section.notes
    return replace(section, rows=section.rows[:rows], more=section.more + left_out, notes=notes)


def _fits(kind: str, card: Card) -> bool:
    if kind == "wecom":
        return len(str(card["markdown"]["content"]).encode()) <= _MOST_BYTES[kind]
    if kind == "slack":
        # Slack counts letters of the blocks, as JSON.
        whole = json.dumps(card["blocks"], ensure_ascii=False)
        return len(whole) <= _MOST_BYTES[kind] and len(card["blocks"]) <= _SLACK_BLOCKS
    return len(json.dumps(card, ensure_ascii=False).encode()) <= _MOST_BYTES[kind]


def _title(report: Report, language: str) -> str:
    return f"{TITLE} · {say(report.title, language)}"


def _lines(section: Section, language: str, bold: Callable[[str], str]) -> Iterator[str]:
    """The rows of a section as sentences: the name first, then each figure after what it is called."""
    for row in section.rows:
        first, *others = (_plain(say(mark(cell), language)) for cell in row)
        if section.is_list:
            yield " · ".join((bold(first), *(text for text in others if text != "–")))
            continue
        named = (
            f"{say(header, language)} {text}" if text not in ("", "–") else ""
            for header, text in zip(section.headers[1:], others, strict=True)
        )
        yield " · ".join((bold(first), *(text for text in named if text)))


def _after(section: Section, language: str) -> Iterator[str]:
    """What stands below the rows."""
    if not section.rows and not section.notes and not section.more:
        yield say(("none", "无"), language)
    if section.more:
        yield say((f"and {section.more} more", f"另有 {section.more} 项"), language)
    for note in section.notes:
        yield _plain(say(note, language))


def _tiles(report: Report, language: str, bold: Callable[[str], str]) -> str:
    parts = []
    for name, value, moved in report.tiles:
        text = f"{say(name, language)} {bold(_plain(say(mark(value), language)))}"
        parts.append(text if moved.text[0] == "–" else f"{text} ({moved.text[0]})")
    return " · ".join(parts)


def _footer(report: Report, language: str) -> Iterator[str]:
    if text := say(legend(report), language):
        yield _plain(text)
    yield _plain(say(about(report), language))


def _plain(text: str) -> str:
    # The mark of what is not final is our own; it must not strike a text through.
    return text.translate(_HARMLESS)


def _feishu(report: Report, language: str) -> Card:
    elements: list[dict[str, Any]] = []

    def write(lines: Iterable[str]) -> None:
        if text := "\n".join(lines):
            elements.append({"tag": "markdown", "content": text})

    def bold(text: str) -> str:
        return f"**{text}**"

    write(f"▲ {_plain(say(text, language))}" for text in report.warnings)
    if report.tiles:
        write([_tiles(report, language, bold)])
    for section in report.sections:
        write([bold(_plain(say(section.title, language)))])
        if section.rows and section.key in _FEISHU_TABLES:
            elements.append(_feishu_table(section, language))
        else:
            write(f"- {line}" for line in _lines(section, language, bold))
        write(_after(section, language))
    elements.append({"tag": "hr"})
    write(_footer(report, language))
    return {
        "msg_type": "interactive",
        "card": {
            "schema": "2.0",
            "config": {"width_mode": "fill"},
            "header": {
                "title": {"tag": "plain_text", "content": _title(report, language)},
                "template": "orange" if report.warnings else "blue",
            },
            "body": {"elements": elements},
        },
    }


def _feishu_table(section: Section, language: str) -> dict[str, Any]:
    columns = [
        {
            "name": f"c{number}",
            "display_name": say(header, language),
            "data_type": "text",
            "horizontal_align": "right" if number else "left",
            "width": "auto",
        }
        for number, header in enumerate(section.headers)
    ]
    rows = [
        {f"c{number}": _plain(say(mark(cell), language)) for number, cell in enumerate(row)}
        for row in section.rows
    ]
    return {"tag": "table", "page_size": _FEISHU_ROWS, "columns": columns, "rows": rows}


def _dingtalk(report: Report, language: str) -> Card:
    def bold(text: str) -> str:
        return f"**{text}**"

    text = "\n\n".join(_markdown(report, language, bold))
    return {
        "msgtype": "markdown",
        "markdown": {"title": _title(report, language), "text": text},
        "at": {"isAtAll": False},
    }


def _wecom(report: Report, language: str) -> Card:
    def bold(text: str) -> str:
        return f"**{text}**"

    return {"msgtype": "markdown", "markdown": {"content": "\n".join(_markdown(report, language, bold))}}


def _markdown(report: Report, language: str, bold: Callable[[str], str]) -> Iterator[str]:
    yield f"## {_title(report, language)}"
    for text in report.warnings:
        yield f"> ▲ {_plain(say(text, language))}"
    if report.tiles:
        yield _tiles(report, language, bold)
    for section in report.sections:
        yield f"### {_plain(say(section.title, language))}"
        rows = [f"- {line}" for line in _lines(section, language, bold)]
        if rows:
            yield "\n".join(rows)
        yield from _after(section, language)
    yield from (f"> {line}" for line in _footer(report, language))


def _slack(report: Report, language: str) -> Card:
    def bold(text: str) -> str:
        return f"*{text}*"

    title = _title(report, language)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:_SLACK_TITLE], "emoji": False}}
    ]
    if report.warnings:
        blocks += _slack_texts(f"▲ {escaped(_plain(say(text, language)))}" for text in report.warnings)
    if report.tiles:
        blocks += _slack_texts([escaped(_tiles(report, language, bold))])
    for section in report.sections:
        blocks.append({"type": "divider"})
        blocks += _slack_texts(
            [
                bold(escaped(_plain(say(section.title, language)))),
                *(f"• {escaped(line)}" for line in _lines(section, language, bold)),
                *map(escaped, _after(section, language)),
            ]
        )
    footer = escaped(" · ".join(_footer(report, language)))[:_SLACK_TEXT]
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": footer}]})
    return {"text": escaped(title), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _slack_texts(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Lines as blocks of text: as many lines in one as there is room for."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + 1 + len(line) <= _SLACK_TEXT:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line[:_SLACK_TEXT])
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in texts]


def _json(report: Report, language: str) -> Card:
    """For a program: everything in both languages, figures as people read them."""
    return {
        "report": report.period.kind,
        "period": {
            "since": str(report.period.since),
            "until": str(report.period.until),
            "zone": report.period.zone,
        },
        "title": _texts(report.title),
        "audience": report.audience or None,
        "publication_id": report.publication_id,
        "published_at": report.published_at.isoformat(),
        "reporting_currency": report.currency,
        "is_late": report.is_late,
        "late_shops": [shop.shop_key for shop in report.late],
        "warnings": [_texts(text) for text in report.warnings],
        "headlines": [
            {
                "name": _texts(name),
                "value": value.text[0],
                "not_final": value.not_final,
                "change": moved.text[0],
            }
            for name, value, moved in report.tiles
        ],
        "sections": [
            {
                "key": section.key,
                "title": _texts(section.title),
                "headers": [_texts(header) for header in section.headers],
                "rows": [
                    [{**_texts(cell.text), **({"not_final": True} if cell.not_final else {})} for cell in row]
                    for row in section.rows
                ],
                "notes": [_texts(note) for note in section.notes],
                "more": section.more,
            }
            for section in report.sections
        ],
    }


def _texts(text: Sequence[str]) -> dict[str, str]:
    return {"en": text[0], "zh": text[1]}


_MAKERS: dict[str, Callable[[Report, str], Card]] = {
    "feishu": _feishu,
    "dingtalk": _dingtalk,
    "wecom": _wecom,
    "slack": _slack,
    "plain": _json,
}
