"""The health of a shop's account: the metrics of its Shop Performance Score, as the platform judges them.

| endpoint (GET) | raw table | how it is read |
| --- | --- | --- |
| `/analytics/202606/shop_performances/metrics/{metric_code}/diagnosis` | `shop_health` | metric by metric, once a day |

The platform has this score in the United States only: other shops are not asked. Values are percent (0 to 100) or
hours, as `value_unit` says; scores run from 0 to 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ingestion.engine.answers import whole_answer
from ingestion.engine.columns import Column, Kind, Table, count, fields, of_page, text, texts, times
from ingestion.engine.privacy import Rules
from ingestion.engine.windows import Checkpoint
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.reading import Call, Reading, Resource, Step, read_calls
from ingestion.tiktok_shop.shop_days import done_today, is_due, local_date

_SCOPE = "data.shop_analytics.public.read"

SHOP_HEALTH = Endpoint(
    "shop_health",
    "GET",
    "/analytics/202606/shop_performances/metrics/{metric_code}/diagnosis",
    "202606",
    scope=_SCOPE,
    gives="one metric, US shops",
)

METRICS = ("NRR", "NBFR", "SFCR", "OTDR", "AHT", "IM_DSAT")
"""Negative reviews, negative buyer feedback, cancellations by the seller's fault, on-time delivery, hours to
answer, dissatisfaction with chats."""
REGIONS = ("US",)

_HEALTH = fields("""
    benchmarks{excellent_threshold poor_threshold} calculation_rule{denominator_label denominator_value
    numerator_label numerator_value} dimension distribution_details[count name percent]
    evaluate_duration_days end_evaluation_time start_evaluation_time metric_code score status status_text
    trend{data_points[record_date value]} value value_unit analyses[summaries details]
""")


def _rates(**paths: str) -> list[Column]:
    return [Column(name, Kind.RATE, path) for name, path in paths.items()]


HEALTHS = Table(
    name="shop_health",
    key=("metric_code", "snapshot_date"),
    known=_HEALTH,
    columns=(
        of_page("metric_code", "metric_code"),
        of_page("snapshot_date", "snapshot_date", Kind.DATE),
        of_page("snapshot_time", "snapshot_time", Kind.TIME),
        text("status"),
        text("value_unit"),
        *_rates(
            value="value",
            score="score",
            excellent_threshold="benchmarks.excellent_threshold",
            poor_threshold="benchmarks.poor_threshold",
            numerator_value="calculation_rule.numerator_value",
            denominator_value="calculation_rule.denominator_value",
        ),
        text("numerator_label", "calculation_rule.numerator_label"),
        text("denominator_label", "calculation_rule.denominator_label"),
        *texts("dimension"),
        count("evaluate_duration_days"),
        *times("start_evaluation_time end_evaluation_time"),
    ),
)


def read_health(reading: Reading, resource: Resource) -> Iterator[Step]:
    """Every metric of a shop whose market has them, once a day."""
    if reading.shop.region not in REGIONS or not is_due(reading, resource.name):
        return
    day = local_date(reading, reading.until).isoformat()
    context = {"snapshot_date": day, "snapshot_time": reading.until}
    calls = [
        Call(path={"metric_code": code}, query={"locale": "en-US"}, context={"metric_code": code, **context})
        for code in METRICS
    ]
    for step in read_calls(reading, resource, calls):
        if isinstance(step, Checkpoint) and step.call is calls[-1]:
            yield replace(step, apply=done_today(reading, resource.name))
        else:
            yield step


HEALTH = Resource(
    name="shop_health",
    endpoint=SHOP_HEALTH,
    tables=(HEALTHS,),
    rules=Rules(known=_HEALTH),
    take=whole_answer,
    read=read_health,
)

RESOURCES = (HEALTH,)
