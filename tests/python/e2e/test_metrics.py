"""Metrics over a period, asked of a published file: each equals plain SQL over the marts, and what has no right answer is refused."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from home.layout import Home
from orchestration.cli import main
from orchestration.metrics.catalog import (
    OWN_CURRENCIES,
    Metric,
    UnknownMetric,
    metrics,
    search,
)
from orchestration.metrics.query import Answer, Question, Refused, ask, groups_of
from orchestration.metrics.source import NoMetrics, Published, published


@pytest.fixture(scope="module")
def file(published_home: Home) -> Iterator[Published]:
    with published(published_home) as found:
        yield found


def by_group(answer: Answer, name: str) -> dict[Any, Any]:
    """The values of a metric by the first group; a shop whose ads accounts have two currencies has two rows."""
    found: dict[Any, Any] = {}
    for row in answer.rows:
        value, key = row[name], row[answer.by[0]]
        found[key] = value if found.get(key) is None or value is None else found[key] + value
    return found


def semantics_of(file: Published, name: str) -> tuple[Any, Any]:
    """The semantic model and the measure that a simple metric is made of."""
    manifest = file.engine().manifest
    measure_name = next(one for one in manifest.metrics if one.name == name).type_params.measure.name
    return next(
        (model, measure)
        for model in manifest.semantic_models
        for measure in model.measures
        if measure.name == measure_name
    )


def plain_sums(file: Published, name: str, part: Any = None, *, key: str = "shop_key") -> dict[Any, Decimal]:
    """What a simple metric is by shop, or another column, in SQL that knows only its table, expression and filter (that of a ratio's part, too); stock
    is that of each shop's newest day."""
    model, measure = semantics_of(file, name)
    table = f"warehouse.marts.{model.node_relation.alias}"
    expression = measure.expr or measure.name
    dimensions = {one.name: one.expr or one.name for one in model.dimensions}
    conditions = ["true"]
    for one in part.filter.where_filters if part is not None and part.filter else []:
        conditions.append(
            re.sub(
                r"{{ *Dimension\('\w+__(\w+)'\) *}}",
                lambda found: f"({dimensions[found[1]]})",
                one.where_sql_template,
            )
        )
    if measure.non_additive_dimension:
        day = dimensions[measure.non_additive_dimension.name]
        conditions.append(
            f"{day} = (select max({day}) from {table} as all_days where all_days.shop_key = rows_of_shop.shop_key)"
        )
    sql = f"select {key}, sum({expression}) from {table} as rows_of_shop where {' and '.join(conditions)} group by all"
    return {row[0] if len(row) == 2 else row[:-1]: row[-1] for row in file.rows(sql)}


def equal(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return left is right
    return abs(float(left) - float(right)) <= 1e-9 * max(1.0, abs(float(right)))


def by_table(file: Published) -> dict[tuple[str, ...], list[Metric]]:
    """Metrics that are made of the same tables: asked for together, as making the SQL costs more than running it."""
    found: dict[tuple[str, ...], list[Metric]] = {}
    for metric in metrics(file).values():
        found.setdefault(metric.tables, []).append(metric)
    return found


def is_simple(file: Published, name: str) -> bool:
    return bool(
        next(one for one in file.engine().manifest.metrics if one.name == name).type.value == "simple"
    )


def test_every_metric_equals_plain_sql_by_shop(file: Published) -> None:
    """A metric that silently leaves out a shop, or a day of it, as stock did of the shop whose day had not begun."""
    assert len(metrics(file)) >= 290
    manifest = {one.name: one for one in file.engine().manifest.metrics}
    wrong = []
    for family in by_table(file).values():
        names = tuple(metric.name for metric in family)
        # A scorecard is of a person, whatever the shops.
        group = "person_name" if family[0].tables == ("kpi_team_scorecard",) else "shop"
        key = "person_name" if group == "person_name" else "shop_key"
        answer = ask(file, Question(names, (group,)))
        for name in names:
            kind, parts = manifest[name].type.value, manifest[name].type_params
            values = by_group(answer, name)
            if kind == "simple":
                expected = plain_sums(file, name, key=key)
            elif kind == "ratio":
                above, below = (
                    plain_sums(file, part.name, part, key=key)
                    for part in (parts.numerator, parts.denominator)
                )
                expected = {
                    one: None if not divisor or above.get(one) is None else float(above[one]) / float(divisor)
                    for one, divisor in below.items()
                }
            else:
                expected = derived(file, parts, key)
            wrong += [
                f"{name} {one}: {values.get(one)}, not {value}"
                for one, value in expected.items()
                if not equal(values.get(one), value)
            ]
    assert not wrong


def derived(file: Published, parts: Any, key: str) -> dict[Any, Any]:
    """A metric that is an expression of others, worked out by SQL from their plain sums."""
    inputs = {one.alias or one.name: plain_sums(file, one.name, key=key) for one in parts.metrics}
    names = ", ".join(f"? as {name}" for name in inputs)
    return {
        group: file.rows(
            f"select {parts.expr} from (select {names})", [values.get(group) for values in inputs.values()]
        )[0][0]
        for group in set().union(*inputs.values())
    }


def wrong_groups(file: Published, name: str, finest: Answer) -> list[str]:
    """Where a metric by what its own table says of a row is not what plain SQL sums."""
    model, _ = semantics_of(file, name)
    own = {one.name: one.expr or one.name for one in [*model.entities, *model.dimensions]}
    groups = [one for one in finest.by if one in own]
    found: dict[Any, Any] = {}
    for row in finest.rows:
        group = tuple(row[one] for one in groups)
        known = [value for value in (found.get(group), row[name]) if value is not None]
        found[group] = sum(known) if known else None
    plain = plain_sums(file, name, key=", ".join(f"{own[one]} as {one}" for one in groups))
    expected = {group if len(groups) > 1 else (group,): value for group, value in plain.items()}
    return [
        f"{name} by {', '.join(groups)} {group}: {found.get(group)}, not {expected.get(group)}"
        for group in found.keys() | expected.keys()
        if not equal(found.get(group), expected.get(group))
    ][:3]


def test_the_parts_of_every_group_sum_to_the_whole(file: Published) -> None:
    """By each dimension that a sum knows, nothing is lost and nothing counted twice: all of them at once for every metric, which is what plain SQL
    says by those of its own table, and each alone for one metric that knows it."""
    wrong = []
    asked: set[str] = set()
    for tables, family in by_table(file).items():
        simple = [one for one in family if is_simple(file, one.name)]
        summed = [one for one in simple if one.unit not in OWN_CURRENCIES]
        if tables == ("kpi_stock_health",) or not summed:
            continue
        names = tuple(metric.name for metric in summed)
        (whole,) = ask(file, Question(names)).rows
        groups = groups_of(file, names)
        finest = ask(file, Question(tuple(metric.name for metric in simple), tuple(groups)))
        for metric in simple:
            wrong += wrong_groups(file, metric.name, finest)
        wrong += [
            f"{name} by all of {tables}: {total} of {whole[name]}"
            for name in names
            if not equal(total := sum_of(finest, name), whole[name])
        ]
        for group in dict.fromkeys(groups).keys() - asked:
            asked.add(group)
            total = sum_of(ask(file, Question(names[:1], (group,))), names[0])
            if not equal(total, whole[names[0]]):
                wrong.append(f"{names[0]} by {group}: {total} of {whole[names[0]]}")
    assert not wrong


def sum_of(answer: Answer, name: str) -> Any:
    known = [row[name] for row in answer.rows if row[name] is not None]
    return sum(known) if known else None


def test_stock_of_all_shops_is_that_of_each_shops_newest_day(file: Published) -> None:
    """The US are a local day behind: its stock was missing in the sum of all shops."""
    total = ask(file, Question(("sellable_units",))).rows[0]["sellable_units"]
    assert total == sum(plain_sums(file, "sellable_units").values()) > 0


def newest_day(file: Published) -> date:
    ((day,),) = file.rows("select max(business_date) from warehouse.marts.kpi_shop_daily")
    return day


def test_a_period_is_half_open_and_weeks_are_not_widened_to_it(file: Published) -> None:
    """MetricFlow's own time constraint reaches back to the Monday of the first week."""
    until = newest_day(file) - timedelta(days=2)
    since = until - timedelta(days=10)
    ((expected,),) = file.rows(
        "select sum(gmv_rc) from warehouse.marts.kpi_shop_daily where business_date >= ? and business_date < ?",
        [since, until],
    )
    weeks = ask(file, Question(("gmv_rc",), ("week",), since, until))
    assert sum(row["gmv_rc"] for row in weeks.rows) == expected > 0
    assert ask(file, Question(("gmv_rc",), (), since, until)).rows[0]["gmv_rc"] == expected


def test_a_day_stands_beside_the_same_day_of_the_week_before(file: Published) -> None:
    until = newest_day(file)
    since = until - timedelta(days=3)
    answer = ask(file, Question(("gmv_rc",), ("region", "day"), since, until, {"region": ("TH",)}, "week"))
    assert (answer.since, answer.until) == (since - timedelta(days=7), until - timedelta(days=7))
    for row in answer.rows:
        ((before,),) = file.rows(
            "select gmv_rc from warehouse.marts.kpi_shop_daily inner join warehouse.marts.dim_shops using (shop_key) "
            "where region = 'TH' and business_date = ?",
            [row["day"] - timedelta(days=7)],
        )
        assert row["gmv_rc_before"] == before
        assert equal(row["gmv_rc_change"], (row["gmv_rc"] - before) / before)


def test_a_whole_month_stands_beside_the_whole_month_before(file: Published) -> None:
    """Guards a figure "before" that ties to no month: 31 days before October begin on 31 August."""
    october, september = (date(2026, 10, 1), date(2026, 11, 1)), (date(2026, 9, 1), date(2026, 10, 1))
    answer = ask(file, Question(("gmv_rc",), ("region",), *october, compare="before"))
    assert (answer.since, answer.until) == september
    before = ask(file, Question(("gmv_rc",), ("region",), *september))
    assert {
        row["region"]: row["gmv_rc_before"] for row in answer.rows if row["gmv_rc_before"] is not None
    } == {row["region"]: row["gmv_rc"] for row in before.rows}
    # By day each day has a day beside it: as many days.
    assert ask(file, Question(("gmv_rc",), ("day",), *october, compare="before")).since == date(2026, 8, 31)


def test_what_may_still_change_is_marked(file: Published) -> None:
    day = newest_day(file)
    answer = ask(file, Question(("gmv", "refund_rate"), ("shop",), day, day + timedelta(days=1)))
    assert answer.rows and all(marks == {"gmv", "refund_rate"} for marks in answer.not_final)
    assert answer.publication_id == file.publication_id


@pytest.mark.parametrize(
    ("question", "message", "advice"),
    [
        (Question(("gmv",)), "gmv would add amounts in several currencies.", "gmv_rc"),
        (Question(("gmv", "aov"), ("region",)), "gmv, aov would add", "gmv_rc, aov_rc"),
        (Question(("gmv_rc",), ("host_name",)), "gmv_rc can't be grouped by host_name.", "region"),
        (
            Question(("gmv_rc", "host_gmv_rc"), ("host_name",)),
            "can't be grouped by host_name together.",
            "team",
        ),
        (Question(("gmv_rc",), ("x'; drop table",)), "can't be grouped by x'; drop table.", "region"),
        (Question(("gmv_rc",), compare="before"), "nothing to compare with", "--since"),
        (
            Question(("gmv_rc",), ("month",), date(2026, 10, 1), date(2026, 11, 1), compare="before"),
            "By month there is no row to compare with",
            "without it",
        ),
        (
            Question(("gmv_rc",), ("week",), date(2026, 10, 1), date(2026, 10, 4), compare="before"),
            "only whole weeks",
            "whole weeks",
        ),
        (Question(("gmv_rc",), (), date(2026, 10, 4), date(2026, 10, 4), compare="week"), "is empty", ""),
        (Question(("gmv_rc",), ("shop",), date(2026, 10, 4), date(2026, 10, 1)), "is empty", "exclusive"),
        (
            Question(("gmv_rc",), ("shop",), where={"region": ()}),
            "limited to no value",
            "--where region=VALUE",
        ),
        (Question(("gmv_rc",), where={"region": ("T\0H",)}), "a value with a zero byte", ""),
        (Question(("gmv_rc",), where={"nowhere": ("TH",)}), "can't be grouped by nowhere", "region"),
        (Question(("gmv",), where={"region": ("TH",)}), "several currencies", "--by shop"),
        (Question(("campaign_spend", "gmv"), ("shop",)), "an ads account and of a shop", "apart"),
        (
            Question(("gmv_rc",), (), date(1, 1, 1), date(9999, 12, 31), compare="before"),
            "There is no day",
            "",
        ),
    ],
)
def test_what_has_no_right_answer_is_refused(
    file: Published, question: Question, message: str, advice: str
) -> None:
    with pytest.raises(Refused) as refused:
        ask(file, question)
    assert message in refused.value.message and advice in refused.value.advice


def test_one_shop_has_one_currency(file: Published) -> None:
    """Asked of one shop alone, an amount in shop currency needs no group: its currency stands beside it."""
    ((shop, currency),) = file.rows(
        "select shop_key, currency from warehouse.marts.dim_shops where region = 'VN'"
    )
    (row,) = ask(file, Question(("gmv",), where={"shop": (shop,)})).rows
    assert row["currency"] == currency == "VND"
    assert row["gmv"] == plain_sums(file, "gmv")[shop]


def test_a_value_with_a_quote_is_a_value(file: Published) -> None:
    assert ask(file, Question(("gmv_rc",), ("shop",), where={"region": ("T'H", "') or ('1'='1")})).rows == ()


@pytest.mark.parametrize(
    "value",
    [
        "{{ 1/0 }}",
        "{% for",
        "{{ Dimension('shop__region') }}",
        "2001-02-03",
        "'ttkpi_values_0'",
        "ttkpi_values_0",
    ],
)
def test_whatever_a_value_says_it_is_only_a_value(file: Published, value: str) -> None:
    """MetricFlow's conditions are templates: a shop called `{{ ... }}` was a crash. Beside another value it changes nothing."""
    period = (date(2026, 10, 1), date(2026, 11, 1))
    assert ask(file, Question(("gmv_rc",), ("shop",), *period, {"region": (value,)})).rows == ()
    both = ask(file, Question(("gmv_rc",), ("region",), *period, {"region": (value, "TH")}))
    alone = ask(file, Question(("gmv_rc",), ("region",), *period, {"region": ("TH",)}))
    assert both.rows == alone.rows and len(alone.rows) == 1


def test_a_period_without_a_row_has_no_number(file: Published) -> None:
    """NULL is not 0, and a period after the end is not the last one."""
    after = (date(2027, 2, 1), date(2027, 3, 1))
    assert ask(file, Question(("gmv_rc", "refund_rate_rc"), (), *after)).rows == (
        {"gmv_rc": None, "refund_rate_rc": None},
    )
    assert ask(file, Question(("gmv_rc",), ("shop", "day"), *after, compare="before")).rows == ()


def test_one_currency_is_enough_for_an_amount_in_it(file: Published) -> None:
    (row,) = ask(file, Question(("gmv",), where={"currency": ("THB",)})).rows
    ((expected,),) = file.rows("select sum(gmv) from warehouse.marts.kpi_shop_daily where currency = 'THB'")
    assert row == {"currency": "THB", "gmv": expected} and expected > 0


def test_an_unknown_metric_is_named_with_the_nearest(file: Published) -> None:
    with pytest.raises(UnknownMetric) as unknown:
        ask(file, Question(("refund_rat",)))
    assert "refund_rate" in unknown.value.advice


def test_metrics_are_found_in_both_languages(file: Published) -> None:
    known = metrics(file)
    assert [metric.name for metric in search(known, "退款率")][:2] == ["refund_rate", "refund_rate_rc"]
    assert "net_gmv" in [metric.name for metric in search(known, "excl. refunds")]
    silent = [metric.name for metric in known.values() if not (metric.label_zh and metric.summary)]
    assert not silent


def test_no_two_metrics_are_called_the_same(file: Published) -> None:
    """`商品成交额` of the shop and of GMV Max: two numbers under one heading. A label in 中文 begins with 中文, as the rest is taken for English."""
    known = metrics(file).values()
    for names in ([metric.label.casefold() for metric in known], [metric.label_zh for metric in known]):
        assert [name for name, count in Counter(names).items() if count > 1] == []
    assert not [metric.label for metric in known if metric.label.endswith((" GMV Max", " SKU"))]


def test_units_are_those_of_the_columns(file: Published) -> None:
    known = metrics(file)
    units = {
        "gmv": "shop currency", "gmv_rc": "reporting currency", "aov": "shop currency", "paid_orders": "count",
        "refund_rate": "fraction", "roas": "ratio", "live_hours": "hours", "host_minutes": "minutes",
        "live_gmv_per_hour": "shop currency", "attributed_orders": "count", "live_gpm_rc": "reporting currency",
        "campaign_spend": "account currency", "campaign_spend_rc": "reporting currency", "scorecard_score": "points",
        "orders_with_profit": "count", "net_gmv_with_profit": "shop currency", "host_hours": "hours",
    }  # fmt: skip
    assert {name: known[name].unit for name in units} == units


def test_a_file_without_a_table_has_no_metric_of_it(published_home: Home, tmp_path: Path) -> None:
    """The file of an audience answers from what is in it, and says of the rest that it is not there."""
    copy = tmp_path / "home" / "published" / "audiences" / "agency"
    copy.mkdir(parents=True)
    target = copy / "marts.duckdb"
    target.write_bytes(published_home.published.read_bytes())
    with duckdb.connect(str(target)) as connection:
        connection.execute("drop table marts.marts.kpi_order_profit")
        connection.execute("alter table marts.marts.kpi_shop_daily drop column refunded_gmv")
    with published(Home(tmp_path / "home"), "agency") as file:
        known: dict[str, Metric] = metrics(file)
        assert "gmv" in known
        assert not {"contribution_profit", "refunded_gmv", "refund_rate"} & set(known)
    with (
        pytest.raises(NoMetrics, match="Nothing is published for audience finance"),
        published(Home(tmp_path / "home"), "finance"),
    ):
        pass


_UNKNOWN = """
    update marts.marts.dim_shops set team = case when region in ('TH', 'VN') then 'East' else 'West' end;
    create temp table hand as
    select shop_key, currency, gmv, refunded_gmv, units_sold, refunded_units, reason
    from marts.marts.dim_shops
    inner join (values
        ('TH', 1000, 50, 20, 2, null), ('VN', 500, 40, 10, 1, null), ('MY', 800, 0, 40, 0, 'returns_not_read')
    ) as numbers (region, gmv, refunded_gmv, units_sold, refunded_units, reason) using (region);

    delete from marts.marts.kpi_shop_daily;
    insert into marts.marts.kpi_shop_daily by name
    select
        shop_key, date '2026-11-01' as business_date, currency, true as is_provisional, gmv, gmv as gmv_rc, refunded_gmv,
        refunded_gmv as refunded_gmv_rc, units_sold, refunded_units, reason as refunds_unknown_reason
    from hand;
    delete from marts.marts.kpi_product_daily;
    insert into marts.marts.kpi_product_daily by name
    select
        shop_key, 'p' as product_id, date '2026-11-01' as business_date, currency, true as is_provisional, gmv, gmv as gmv_rc,
        refunded_gmv, refunded_gmv as refunded_gmv_rc, reason as refunds_unknown_reason
    from hand;
    delete from marts.marts.kpi_creator_daily;
    insert into marts.marts.kpi_creator_daily by name
    select
        shop_key, 'c' as creator_username, date '2026-11-01' as business_date, currency, true as is_provisional,
        gmv as attributed_gmv, gmv as attributed_gmv_rc, refunded_gmv as refunded_attributed_gmv,
        refunded_gmv as refunded_attributed_gmv_rc, case when reason is null then refunded_gmv / gmv end as refund_rate
    from hand;

    delete from marts.marts.kpi_live_hosts;
    insert into marts.marts.kpi_live_hosts by name
    select
        shop_key, date '2026-11-01' as shop_local_date, live_room_id, minutes as credited_minutes,
        attributed as live_attributed_gmv_rc, own as own_net_gmv_rc
    from hand, (values ('1', 60, 300, 250), ('2', 60, 500, null), ('3', null, 900, 100))
        as parts (live_room_id, minutes, attributed, own)
    where refunded_gmv = 50;
    delete from marts.marts.kpi_live_sessions;
    insert into marts.marts.kpi_live_sessions by name
    select
        shop_key, date '2026-11-01' as business_date, created as created_sku_orders, paid as paid_sku_orders, hours as hours_on_air,
        attributed as live_attributed_gmv_rc, views, impressions, clicks as product_clicks, seen as product_impressions,
        orders as sku_orders
    from hand, (values (10, 8, 10, 1000, 100, 400, 20, 80, 4), (null, null, 10, null, 300, null, 60, 120, null))
        as sessions (created, paid, hours, attributed, views, impressions, clicks, seen, orders)
    where refunded_gmv = 50;
    delete from marts.marts.fct_ad_spend_daily;
    insert into marts.marts.fct_ad_spend_daily by name
    select shop_key, date '2026-11-01' as stat_date, spend as spend_rc, reported as reported_gmv_rc
    from hand, (values (100, 300), (50, null)) as campaigns (spend, reported) where refunded_gmv = 50;
"""


@pytest.fixture(scope="module")
def unknown(published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """The published file with numbers of one day by hand, of which some are unknown."""
    home = Home(tmp_path_factory.mktemp("unknown"))
    home.published.parent.mkdir()
    home.published.write_bytes(published_home.published.read_bytes())
    with duckdb.connect(str(home.published)) as connection:
        connection.execute(_UNKNOWN)
    with published(home) as found:
        yield found


def test_a_rate_of_refunds_that_were_never_read_is_unknown(unknown: Published) -> None:
    """It was 0 for MY, and 90 / 2300 in all: no refund of MY is known, which is not none. The rate in all is that of the shops
    that were read: 90 / 1500."""
    names = ("refund_rate_rc", "product_refund_rate_rc", "creator_refund_rate_rc")
    shops = dict(unknown.rows("select region, shop_key from warehouse.marts.dim_shops"))
    for name in names:
        of_shops = ask(unknown, Question((name,), ("shop",)))
        assert by_group(of_shops, name) == {
            shops["TH"]: pytest.approx(0.05), shops["VN"]: pytest.approx(0.08), shops["MY"]: None,
        }  # fmt: skip
        assert all(marks == {name} for marks in of_shops.not_final)
        assert by_group(ask(unknown, Question((name,), ("team",))), name) == {
            "East": pytest.approx(0.06), "West": None,
        }  # fmt: skip
        assert ask(unknown, Question((name,))).rows == ({name: pytest.approx(0.06)},)
    in_shop_currency = ask(unknown, Question(("refund_rate", "return_unit_rate"), ("shop",)))
    assert by_group(in_shop_currency, "refund_rate")[shops["MY"]] is None
    assert by_group(in_shop_currency, "return_unit_rate") == {
        shops["TH"]: 0.1,
        shops["VN"]: 0.1,
        shops["MY"]: None,
    }
    assert ask(unknown, Question(("return_unit_rate",))).rows == ({"return_unit_rate": pytest.approx(0.1)},)


def test_a_ratio_is_of_rows_on_which_both_of_its_parts_are_known(unknown: Published) -> None:
    """Own sales of one hour were divided by two hours, GMV of three sessions by the hours of two, GMV of one campaign by the spend of two."""
    names = (
        "host_gmv_per_hour_rc", "host_own_net_gmv_per_hour_rc", "live_order_to_paid_rate", "campaign_roas_reported_rc",
        "live_gmv_per_hour_rc", "live_gpm_rc", "live_tap_through_rate", "live_ctor", "live_click_to_order_rate",
        "live_product_click_rate",
    )  # fmt: skip
    values = {name: ask(unknown, Question((name,))).rows[0][name] for name in names}
    assert {name: float(value) for name, value in values.items()} == {
        "host_gmv_per_hour_rc": 800 / 2,
        "host_own_net_gmv_per_hour_rc": 250 / 1,
        "live_order_to_paid_rate": 8 / 10,
        "campaign_roas_reported_rc": 300 / 100,
        # An older file of sessions has hours, views and clicks, and no GMV, orders or impressions: 1000 per 20 hours it was not.
        "live_gmv_per_hour_rc": 1000 / 10,
        "live_gpm_rc": 1000 * 1000 / 100,
        "live_tap_through_rate": 100 / 400,
        "live_ctor": 4 / 20,
        "live_click_to_order_rate": 10 / 20,
        "live_product_click_rate": 80 / 200,
    }


def test_a_reader_keeps_its_publication_while_the_file_is_replaced(
    published_home: Home, tmp_path: Path
) -> None:
    root = tmp_path / "home"
    (root / "published").mkdir(parents=True)
    path = root / "published" / "marts.duckdb"
    path.write_bytes(published_home.published.read_bytes())
    with published(Home(root)) as file:
        before = ask(file, Question(("gmv_rc",))).rows
        fresh = root / "fresh.duckdb"
        fresh.write_bytes(path.read_bytes())
        with duckdb.connect(str(fresh)) as connection:
            connection.execute("update fresh.marts.kpi_shop_daily set gmv_rc = 0")
            connection.execute("update fresh.marts.ops_publication set publication_id = 'next'")
        fresh.replace(path)
        assert ask(file, Question(("gmv_rc",))).rows == before
    with published(Home(root)) as file:
        assert file.publication_id == "next"
        assert ask(file, Question(("gmv_rc",))).rows == ({"gmv_rc": 0},)


def test_the_command_in_80_columns_and_as_json(
    published_home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTKPI_HOME", str(published_home.root))
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["metrics", "query", "gmv", "refund_rate", "--by", "shop_name", "currency"]) == 0
    shown = capsys.readouterr().out
    for text in ("Aurora Thailand", "THB", "成交额", "暂定"):
        assert text in shown
    assert all(len(line) <= 80 for line in shown.splitlines()[:10])
    assert main(["metrics", "query", "gmv_rc", "--by", "shop", "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["metrics"][0]["unit"] == "reporting currency"
    with published(published_home) as file:
        assert {row["shop"]: Decimal(row["gmv_rc"]) for row in answer["rows"]} == plain_sums(file, "gmv_rc")
    assert main(["metrics", "query", "gmv"]) == 2
    assert "several currencies" in capsys.readouterr().err
