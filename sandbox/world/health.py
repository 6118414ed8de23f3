"""How the platform judges a shop's account: figures that follow from the shop, the metric and the date alone."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sandbox.world.catalog import Shop
from sandbox.world.money import text

Json = dict[str, Any]

REGIONS = ("US",)
"""Where the platform has this score."""
EVALUATED_DAYS = 30


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the score. Values in hundredths of its unit.

    Attributes:
        usual: Its value on a common day.
        step: By how much it moves from day to day, at most.
        excellent: Where excellent begins.
        poor: Where poor begins.
        crisis: What is added on the days of a crisis; it comes every third week and lasts four days.
    """

    unit: str
    usual: int
    step: int
    excellent: int
    poor: int
    crisis: int
    numerator: str
    denominator: str

    @property
    def rises_for_the_better(self) -> bool:
        """Whether more is better."""
        return self.excellent > self.poor


METRICS = {
    "NRR": Metric("PERCENT", 60, 15, 50, 150, 0, "Negative reviews", "Orders delivered"),
    "NBFR": Metric("PERCENT", 90, 20, 100, 300, 0, "Orders with negative feedback", "Orders delivered"),
    "SFCR": Metric("PERCENT", 110, 30, 100, 250, 190, "Orders cancelled by the seller's fault", "Orders"),
    "OTDR": Metric("PERCENT", 9450, 120, 9500, 8500, -1200, "Orders delivered on time", "Orders delivered"),
    "AHT": Metric("HOURS", 640, 90, 600, 2400, 0, "Hours until the answer", "Chats"),
    "IM_DSAT": Metric("PERCENT", 480, 60, 500, 1500, 0, "Chats rated badly", "Chats rated"),
}
_CRISIS_EVERY, _CRISIS_DAYS = 21, 4
_TEXTS = {"EXCELLENT": "Excellent", "GOOD": "Good", "POOR": "Needs improvement"}
_SCORES = {"EXCELLENT": 480, "GOOD": 380, "POOR": 210}
_BASE = 1_200


def value(shop: Shop, code: str, day: date) -> int:
    """A metric of a shop on a day, in hundredths of its unit."""
    metric = METRICS[code]
    noise = random.Random(f"health {shop.region} {code} {day}").randrange(2 * metric.step + 1) - metric.step
    in_crisis = day.toordinal() % _CRISIS_EVERY < _CRISIS_DAYS
    return metric.usual + noise + (metric.crisis if in_crisis else 0)


def status(code: str, found: int) -> str:
    """The platform's verdict on a value."""
    metric = METRICS[code]
    sign = 1 if metric.rises_for_the_better else -1
    if sign * found >= sign * metric.excellent:
        return "EXCELLENT"
    return "POOR" if sign * found < sign * metric.poor else "GOOD"


def show(shop: Shop, code: str, day: date, trend_days: int = 7) -> Json:
    """The diagnosis of a metric as of the end of a day."""
    metric = METRICS[code]
    found = value(shop, code, day)
    verdict = status(code, found)
    end = int(datetime.combine(day + timedelta(days=1), time(), UTC).timestamp())
    is_rate = metric.unit == "PERCENT"
    days = [day - timedelta(days=back) for back in reversed(range(trend_days))]
    return {
        "metric_code": code,
        "value": text(found, 2),
        "value_unit": metric.unit,
        "status": verdict,
        "status_text": _TEXTS[verdict],
        "score": text(_SCORES[verdict], 2),
        "dimension": "SHOP",
        "benchmarks": {
            "excellent_threshold": text(metric.excellent, 2),
            "poor_threshold": text(metric.poor, 2),
        },
        "calculation_rule": {
            "numerator_label": metric.numerator,
            "numerator_value": str(found * _BASE // 10_000 if is_rate else found * _BASE // 100),
            "denominator_label": metric.denominator,
            "denominator_value": str(_BASE),
        },
        "evaluate_duration_days": EVALUATED_DAYS,
        "start_evaluation_time": end - EVALUATED_DAYS * 86_400,
        "end_evaluation_time": end,
        "trend": {
            "data_points": [
                {"record_date": one.isoformat(), "value": text(value(shop, code, one), 2)} for one in days
            ]
        },
    }
