"""The table of marts, in English and 中文, from the YAML beside each mart. No dbt is needed.

The YAML is the one place where a mart is described: the grain is the beginning of its description; owner, clock,
question (`English · 中文`), `grain_zh` and `fresh` are in `config.meta`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML without libyaml: the same answer, ten times slower
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

PROJECT = Path(__file__).parents[2]
MARTS = PROJECT / "models" / "marts"
VIEWS = PROJECT / "models" / "views"

DOMAINS = {
    "views": "供人查看的视图",
    "sales": "销售",
    "finance": "结算与利润",
    "creators": "达人",
    "live": "直播与视频",
    "ads": "广告",
    "inventory": "库存与履约",
    "people": "团队考核",
    "alarms": "告警",
    "trust": "可信度",
    "monitoring": "监控",
    "shared": "公共",
}
"""Folders of marts in the order of the pages, with their names in 中文."""
_PREFIXES = ("kpi_", "fct_", "ops_", "dim_")
# Ends with the sentence or at a colon; a colon in parentheses is a part of the grain.
_GRAIN = re.compile(r"One row per ((?:\([^)]*\)|(?![.:](?: |$)).)+)")
_NONE = "-"
_HEADING = (
    "| mart | question · 问题 | one row per · 粒度 | owner · 负责 | clock · 日期口径 | fresh · 更新 |",
    "|---|---|---|---|---|---|",
)


class MartNotDescribed(ValueError):
    """The YAML of a mart lacks what the pages show."""


@dataclass(frozen=True, slots=True)
class Mart:
    """What the pages show of a mart.

    Attributes:
        name: Name of the table.
        domain: Folder in `models/marts`.
        question: The question that the mart answers.
        question_zh: The same in 中文.
        grain: What a row is of, without "One row per".
        grain_zh: The same in 中文.
        owner: Who answers for the mart.
        clock: Whose day a row belongs to; empty where the mart has no day of its own.
        fresh: When the mart is up to date.
    """

    name: str
    domain: str
    question: str
    question_zh: str
    grain: str
    grain_zh: str
    owner: str
    clock: str
    fresh: str


@cache
def read_marts(folder: Path = MARTS) -> tuple[Mart, ...]:
    """All marts, in the order of the pages.

    Args:
        folder: `models/marts` or `models/views` of a project.

    Raises:
        MartNotDescribed: A mart has no YAML beside it, or the YAML lacks something.
    """
    marts = (_mart(path) for path in folder.rglob("*.sql"))
    return tuple(
        sorted(marts, key=lambda mart: (list(DOMAINS).index(mart.domain), _place(mart.name), mart.name))
    )


def marts_table() -> str:
    """The views for people and the marts as tables in English and 中文, one table per domain."""
    marts = (*read_marts(VIEWS), *read_marts())
    return "\n\n".join(
        "\n".join(
            [
                f"## {domain} · {name_zh}",
                "",
                *_HEADING,
                *(_line(mart) for mart in marts if mart.domain == domain),
            ]
        )
        for domain, name_zh in DOMAINS.items()
    )


def _mart(sql: Path) -> Mart:
    """The mart whose model is in this file."""
    place = sql.with_suffix(".yml")
    if not place.is_file():
        raise MartNotDescribed(f"{sql.name} has no {place.name} beside it.")
    models = yaml.load(place.read_text(encoding="utf-8"), Loader=Loader).get("models") or []
    described: dict[str, Any] = next((one for one in models if one.get("name") == sql.stem), {})
    meta = described.get("config", {}).get("meta", {})
    grain = _GRAIN.match(" ".join(described.get("description", "").split()))
    question, _, question_zh = str(meta.get("question", "")).partition(" · ")
    found = {
        "description that begins with 'One row per'": grain,
        "meta.owner": meta.get("owner"),
        "meta.question as 'English · 中文'": question_zh,
        "meta.grain_zh": meta.get("grain_zh"),
        "meta.fresh": meta.get("fresh"),
    }
    missing = [what for what, value in found.items() if not value]
    if missing or grain is None:
        raise MartNotDescribed(f"{place.name} needs: {', '.join(missing)}.")
    if sql.parent.name not in DOMAINS:
        raise MartNotDescribed(
            f"{sql.name}: {sql.parent.name} is no domain; the domains are {', '.join(DOMAINS)}."
        )
    return Mart(
        name=re.sub("^view_", "views.", sql.stem),
        domain=sql.parent.name,
        question=question,
        question_zh=question_zh,
        grain=grain[1].strip(),
        grain_zh=meta["grain_zh"],
        owner=meta["owner"],
        clock=meta.get("clock", ""),
        fresh=meta["fresh"],
    )


def _place(name: str) -> int:
    """KPIs first, dimensions last."""
    return next((place for place, prefix in enumerate(_PREFIXES) if name.startswith(prefix)), len(_PREFIXES))


def _line(mart: Mart) -> str:
    cells = (
        f"`{mart.name}`",
        f"{mart.question}<br>{mart.question_zh}",
        f"{mart.grain}<br>{mart.grain_zh}",
        mart.owner,
        _clock(mart.clock),
        mart.fresh,
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _clock(clock: str) -> str:
    """Names of columns and zones as code, words as words."""
    if not clock or clock == "none":
        return _NONE
    return clock if " " in clock else f"`{clock}`"
