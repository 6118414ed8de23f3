"""Charts as plain Vega-Lite: Altair's checks and copies cost 30 times as much.

Days and hours are handed over as text or numbers, as the browser would move instants to its own zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

Spec = dict[str, Any]

BLUE, ORANGE, GREEN, SKY, GREY = "#0B5CAD", "#D55E00", "#009E73", "#56B4E9", "#98A2B3"
FONT = (
    "-apple-system, 'Segoe UI', Inter, 'Helvetica Neue', 'PingFang SC', 'Microsoft YaHei', "
    "'Noto Sans CJK SC', sans-serif"
)
_CONFIG = {
    "font": FONT,
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 11,
        "labelColor": "#5D6878",
        "gridColor": "#EEF1F5",
        "domainColor": "#C9D0D9",
        "tickColor": "#C9D0D9",
        "tickSize": 3,
    },
}


def chart(spec: Spec, key: str) -> None:
    """Draw a chart as wide as its container."""
    padding = {"left": 0, "right": 4, "top": 2, "bottom": 2}
    st.vega_lite_chart({"padding": padding, "config": _CONFIG, **spec}, theme=None, key=key, width="stretch")


def lines(
    rows: Sequence[Mapping[str, Any]],
    series: Sequence[tuple[str, str, bool]],
    *,
    x_title: str,
    y_title: str,
    height: int = 215,
    y_format: str = ",.0f",
) -> Spec:
    """Lines over days.

    Args:
        rows: `x` (text, in order), `y` (number or None) and `s` (the series).
        series: Name, colour and whether it is dashed, of each.
        x_title: What x is, for the tooltip.
        y_title: What y is, for the tooltip.
        height: In pixels.
        y_format: d3's format of y.
    """
    names = [name for name, _, _ in series]
    order = list(dict.fromkeys(row["x"] for row in rows))
    step = max(1, len(order) // 8)
    values = [label for index, label in enumerate(order) if index % step == 0]
    encoding: Spec = {
        "x": {
            "field": "x",
            "type": "ordinal",
            "sort": order,
            "title": None,
            "axis": {"values": values, "labelAngle": 0, "grid": False, "labelOverlap": True},
        },
        "y": {
            "field": "y",
            "type": "quantitative",
            "title": None,
            "axis": {"tickCount": 4, "format": y_format, "domain": False, "ticks": False},
        },
        "color": {
            "field": "s",
            "type": "nominal",
            "scale": {"domain": names, "range": [color for _, color, _ in series]},
            "legend": None,
        },
        "strokeDash": {
            "field": "s",
            "type": "nominal",
            "scale": {"domain": names, "range": [[4, 3] if dashed else [1, 0] for *_, dashed in series]},
            "legend": None,
        },
        "tooltip": [
            {"field": "s", "title": " "},
            {"field": "x", "title": x_title},
            {"field": "y", "title": y_title, "format": y_format, "type": "quantitative"},
        ],
    }
    return {
        "height": height,
        "data": {"values": list(rows)},
        "encoding": encoding,
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2}},
            {"mark": {"type": "point", "size": 80, "opacity": 0}},
        ],
    }


def waterfall(steps: Sequence[tuple[str, float, bool]], *, unit: str, line: int = 32) -> Spec:
    """Steps from one amount to another, from top to bottom, so that their names fit on a phone, too.

    Args:
        steps: Label, amount, and whether it is a level (a bar from 0) or a change (from where the last one ended).
        unit: Currency, for the tooltip.
        line: Height of a step in pixels.
    """
    rows: list[Spec] = []
    level = 0.0
    for label, amount, is_level in steps:
        start = 0.0 if is_level else level
        level = amount if is_level else level + amount
        kind = "level" if is_level else "down" if amount < 0 else "up"
        rows.append({"y": label, "a": start, "b": level, "v": amount, "k": kind})
    top = max((max(row["a"], row["b"]) for row in rows), default=0.0) or 1.0
    low = min((min(row["a"], row["b"]) for row in rows), default=0.0)
    scale = {"domain": [min(low, 0.0), top * 1.3], "nice": False}
    y: Spec = {
        "field": "y",
        "type": "ordinal",
        "sort": [label for label, _, _ in steps],
        "title": None,
        "axis": {"grid": False, "labelLimit": 130, "ticks": False, "domain": False},
        "scale": {"paddingInner": 0.32, "paddingOuter": 0.1},
    }
    x: Spec = {
        "field": "a",
        "type": "quantitative",
        "title": None,
        "scale": scale,
        "axis": {"tickCount": 4, "format": "~s", "domain": False, "ticks": False},
    }
    color: Spec = {
        "field": "k",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": ["level", "down", "up"], "range": [BLUE, "#D98A5B", "#7FAFDD"]},
    }
    bar = {
        "mark": {"type": "bar"},
        "encoding": {
            "x": x,
            "x2": {"field": "b"},
            "color": color,
            "tooltip": [
                {"field": "y", "title": " "},
                {"field": "v", "title": unit, "type": "quantitative", "format": ",.2f"},
            ],
        },
    }
    text = {
        "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11, "color": "#1B2430"},
        "transform": [{"calculate": "max(datum.a, datum.b)", "as": "t"}],
        "encoding": {
            "x": {"field": "t", "type": "quantitative", "scale": scale},
            "text": {"field": "v", "type": "quantitative", "format": ",.0f"},
        },
    }
    return {
        "height": line * len(steps) + 20,
        "data": {"values": rows},
        "encoding": {"y": y},
        "layer": [bar, text],
    }


def heat(
    rows: Sequence[Mapping[str, Any]],
    *,
    x_order: Sequence[str],
    y_order: Sequence[str],
    titles: tuple[str, str, str],
    height: int = 190,
) -> Spec:
    """A map of `x` by `y` whose colour is `v`; where nothing is known there is no field.

    Args:
        rows: `x`, `y` and `v`.
        x_order: Columns from left to right.
        y_order: Lines from top to bottom.
        titles: Of x, y and v, for the tooltip.
        height: In pixels.
    """
    return {
        "height": height,
        "data": {"values": list(rows)},
        "mark": {"type": "rect", "stroke": "#FFFFFF", "strokeWidth": 1},
        "encoding": {
            "x": {
                "field": "x",
                "type": "ordinal",
                "sort": list(x_order),
                "title": None,
                "axis": {"labelAngle": 0, "domain": False, "ticks": False, "labelOverlap": True},
            },
            "y": {
                "field": "y",
                "type": "ordinal",
                "sort": list(y_order),
                "title": None,
                "axis": {"domain": False, "ticks": False},
            },
            "color": {
                "field": "v",
                "type": "quantitative",
                "legend": None,
                "scale": {"range": ["#F0F5FA", "#9CC3E6", "#0B5CAD", "#07345F"]},
            },
            "tooltip": [
                {"field": "y", "title": titles[1]},
                {"field": "x", "title": titles[0]},
                {"field": "v", "title": titles[2], "type": "quantitative", "format": ",.0f"},
            ],
        },
    }
