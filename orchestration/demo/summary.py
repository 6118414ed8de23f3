"""What the demo shows at the end: KPIs per shop, and how they compare with the world's own figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from home.database import attach
from home.project import project_var

PERIODS = (7, 30)
"""Days back from the last complete business date."""
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Kpis:
    """KPIs over some days in one currency; see the glossary for their meaning. NULL is 'unknown'.

    Attributes:
        is_gmv_provisional: Whether sales of one of the days may still change.
        is_provisional: Whether cancellations and refunds of one of the days may still come.
    """

    shop_name: str
    currency: str
    gmv: Decimal | None
    net_gmv: Decimal | None
    refund_rate: float | None
    paid_orders: int
    aov: Decimal | None
    take_rate: float | None
    settlement_amount: Decimal | None
    is_gmv_provisional: bool
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected of some days in one currency, by the shop's own history. NULL is 'unknown'.

    The range of several days is narrower than the sum of theirs: distances add as squares, as days are independent.

    Attributes:
        refunds_known: How much of the refunds is known at the age of the days, a fraction.
        refund_amount_by_refund_date: Refunds that were completed on these days, of whichever day's sales.
    """

    shop_name: str
    currency: str
    refunds_known: float | None
    net_gmv_expected: Decimal | None
    net_gmv_expected_low: Decimal | None
    net_gmv_expected_high: Decimal | None
    refund_rate_expected: float | None
    refund_rate_expected_low: float | None
    refund_rate_expected_high: float | None
    refund_amount_by_refund_date: Decimal | None


@dataclass(frozen=True, slots=True)
class DayBridge:
    """From the business date's gmv to the platform's figure of the shop's own day; see kpi_day_bridge.

    Attributes:
        bridge_date: The newest day that is final at both ends.
    """

    shop_name: str
    bridge_date: date
    currency: str
    business_day_gmv: Decimal
    moved_in_gmv: Decimal
    moved_in_orders: int
    moved_out_gmv: Decimal
    moved_out_orders: int
    shop_day_gmv: Decimal
    platform_difference: Decimal
    platform_gmv: Decimal
    difference_reason: str | None


@dataclass(frozen=True, slots=True)
class Promotion:
    """What creators, LIVE and ads had a part in, over some days in one currency. NULL is 'unknown'.

    Attributes:
        unknown_ad_days: Days whose spend is not known, of a shop that has an ads account: `ad_spend` is without them.
        evidence_coverage: How much of the sales of days with spend has evidence, a fraction; `roas` is unknown below
            var `min_coverage`.
    """

    shop_name: str
    currency: str
    attributed_gmv: Decimal | None
    attributed_share: float | None
    live_sessions: int
    live_own_gmv: Decimal | None
    ad_spend: Decimal | None
    unknown_ad_days: int
    roas_reported: float | None
    roas: float | None
    evidence_coverage: float | None
    mer: float | None


@dataclass(frozen=True, slots=True)
class Operations:
    """How stock, dispatch and alarms stand at the end of the data. NULL is 'unknown'.

    Attributes:
        shop_name: The shop, or all of them.
        skus: SKUs in the newest stock list.
        out_skus: Of those, SKUs without stock.
        short_skus: Of those, SKUs at or below their reorder point, but not out.
        reorder_units: Units to order.
        late_dispatch_rate: Of the orders due in the last days.
        on_time_delivery_rate: Of the orders due in the last days.
        due_within_24h: Orders that must be marked ready within 24 hours.
        anomalies: Unusual figures of the last days that are bad.
        open_alerts: Alerts that somebody has to act on.
    """

    shop_name: str
    skus: int
    out_skus: int
    short_skus: int
    reorder_units: int
    late_dispatch_rate: float | None
    on_time_delivery_rate: float | None
    due_within_24h: int
    anomalies: int
    open_alerts: int


@dataclass(frozen=True, slots=True)
class People:
    """What the scorecards and the glossary hold.

    Attributes:
        cards: Cards of the newest month: persons and roles.
        roles: Roles among them.
        columns: Columns in the glossary.
        translated: Of those, columns with a name in 中文.
        flags: Flags of orders that a person should look at.
    """

    cards: int
    roles: int
    columns: int
    translated: int
    flags: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A published table against the world's own figures.

    Attributes:
        table: The published table.
        rows: Rows that the world has.
        numbers: Numbers that were compared.
        different: What differs: where, ours, theirs; the first ones.
        total_different: How many differ, missing and extra rows included.
    """

    table: str
    rows: int
    numbers: int
    different: tuple[str, ...]
    total_different: int


_KPIS = """
    with shops as (
        select
            shop_key,
            shop_name,
            currency,
            data_until,
            -- Complete days only: the day in which the data end is still growing.
            cast(timezone($reporting_timezone, data_until) as date) as today
        from marts.dim_shops
    )

    , sales as (
        select
            shops.shop_key,
            sum(daily.gmv) as gmv,
            sum(daily.gmv_rc) as gmv_rc,
            sum(daily.net_gmv) as net_gmv,
            sum(daily.net_gmv_rc) as net_gmv_rc,
            -- Where returns were never read, refunds are unknown, not none.
            sum(daily.refunded_gmv) filter (daily.refunds_unknown_reason is null) as refunded_gmv,
            sum(daily.refunded_gmv_rc) filter (daily.refunds_unknown_reason is null) as refunded_gmv_rc,
            sum(daily.gmv) filter (daily.refunds_unknown_reason is null) as rated_gmv,
            sum(daily.gmv_rc) filter (daily.refunds_unknown_reason is null) as rated_gmv_rc,
            sum(daily.paid_orders) as paid_orders,
            bool_or(daily.is_gmv_provisional) as is_gmv_provisional,
            bool_or(daily.is_provisional) as is_provisional
        from shops
        inner join marts.kpi_shop_daily as daily
            on
                shops.shop_key = daily.shop_key
                and daily.business_date >= shops.today - $days
                and daily.business_date < shops.today
        group by shops.shop_key
    )

    , statements as (
        select
            shops.shop_key,
            sum(bridge.settlement_amount) as settlement_amount,
            sum(bridge.settlement_amount_rc) as settlement_amount_rc,
            sum(bridge.fees_and_commissions_amount) as fees_amount,
            sum(bridge.revenue_amount) as revenue_amount
        from shops
        inner join marts.kpi_settlement_bridge as bridge
            on
                shops.shop_key = bridge.shop_key
                and bridge.statement_time > shops.data_until - to_days($days)
                and bridge.statement_time <= shops.data_until
        group by shops.shop_key
    )

    , joined as (
        select
            shops.shop_key,
            shops.shop_name,
            shops.currency,
            sales.* exclude (shop_key),
            statements.* exclude (shop_key)
        from shops
        left join sales on shops.shop_key = sales.shop_key
        left join statements on shops.shop_key = statements.shop_key
    )

    , lines as (
        select
            shop_key, 1 as position, shop_name, currency, gmv, net_gmv, refunded_gmv, rated_gmv, paid_orders,
            settlement_amount, fees_amount, revenue_amount, is_gmv_provisional, is_provisional
        from joined
        union all
        select
            shop_key, 2, '', $reporting_currency, gmv_rc, net_gmv_rc, refunded_gmv_rc, rated_gmv_rc, paid_orders,
            settlement_amount_rc, fees_amount, revenue_amount, is_gmv_provisional, is_provisional
        from joined
        union all
        select
            'total', 3, 'All shops', $reporting_currency, sum(gmv_rc), sum(net_gmv_rc), sum(refunded_gmv_rc),
            sum(rated_gmv_rc), sum(paid_orders), sum(settlement_amount_rc), null, null, bool_or(is_gmv_provisional),
            bool_or(is_provisional)
        from joined
    )

    select
        shop_name,
        currency,
        gmv,
        net_gmv,
        cast(refunded_gmv as double) / nullif(cast(rated_gmv as double), 0) as refund_rate,
        cast(coalesce(paid_orders, 0) as bigint) as paid_orders,
        cast(gmv / nullif(paid_orders, 0) as decimal(18, 2)) as aov,
        cast(fees_amount as double) / nullif(cast(revenue_amount as double), 0) as take_rate,
        settlement_amount,
        coalesce(is_gmv_provisional, true) as is_gmv_provisional,
        coalesce(is_provisional, true) as is_provisional
    from lines
    order by position = 3, shop_key, position
"""


_OUTLOOK = """
    with shops as (
        select shop_key, shop_name, currency, cast(timezone($reporting_timezone, data_until) as date) as today
        from marts.dim_shops
    )

    , days as (
        select shops.shop_name, shops.currency as shop_currency, daily.*
        from shops
        inner join marts.kpi_shop_daily as daily
            on
                shops.shop_key = daily.shop_key
                and daily.business_date >= shops.today - $days
                and daily.business_date < shops.today
    )

    , amounts as (
        select
            shop_key,
            1 as position,
            shop_name,
            shop_currency as currency,
            gmv,
            refunded_gmv_share_known,
            net_gmv_expected,
            net_gmv_expected_low,
            net_gmv_expected_high,
            refunded_gmv_expected,
            refund_rate_expected,
            refund_rate_expected_low,
            refund_rate_expected_high,
            refund_amount_by_refund_date
        from days
        union all
        select
            'total',
            2,
            'All shops',
            $reporting_currency,
            gmv_rc,
            refunded_gmv_share_known,
            net_gmv_expected_rc,
            net_gmv_expected_low_rc,
            net_gmv_expected_high_rc,
            refunded_gmv_expected_rc,
            refund_rate_expected,
            refund_rate_expected_low,
            refund_rate_expected_high,
            refund_amount_by_refund_date_rc
        from days
    )

    , sums as (
        select
            shop_key,
            position,
            shop_name,
            currency,
            -- One day of which nothing can be expected leaves the sum unknown.
            count(*) = count(net_gmv_expected) as is_expected,
            nullif(cast(sum(gmv) as double), 0) as gmv,
            sum(net_gmv_expected) as net_gmv_expected,
            cast(sum(refunded_gmv_expected) as double) as refunds,
            sum(refunded_gmv_expected * refunded_gmv_share_known) as refunds_known,
            sqrt(sum(pow(cast(net_gmv_expected - net_gmv_expected_low as double), 2))) as net_below,
            sqrt(sum(pow(cast(net_gmv_expected_high - net_gmv_expected as double), 2))) as net_above,
            sqrt(sum(pow((refund_rate_expected - refund_rate_expected_low) * gmv, 2))) as refunds_below,
            sqrt(sum(pow((refund_rate_expected_high - refund_rate_expected) * gmv, 2))) as refunds_above,
            sum(refund_amount_by_refund_date) as refund_amount_by_refund_date
        from amounts
        group by all
    )

    select
        shop_name,
        currency,
        case when is_expected then refunds_known / nullif(refunds, 0) end,
        case when is_expected then cast(net_gmv_expected as decimal(18, 4)) end,
        case when is_expected then cast(net_gmv_expected - net_below as decimal(18, 4)) end,
        case when is_expected then cast(net_gmv_expected + net_above as decimal(18, 4)) end,
        case when is_expected then refunds / gmv end,
        case when is_expected then (refunds - refunds_below) / gmv end,
        case when is_expected then (refunds + refunds_above) / gmv end,
        cast(refund_amount_by_refund_date as decimal(18, 4))
    from sums
    order by position, shop_key
"""

_DAY_BRIDGE = """
    with ranked as (
        select
            *,
            row_number() over (partition by shop_key order by bridge_date desc) as newest_first
        from marts.kpi_day_bridge
        where not is_provisional and platform_gmv is not null
    )

    select
        shops.shop_name,
        ranked.bridge_date,
        ranked.currency,
        ranked.business_day_gmv,
        ranked.moved_in_gmv,
        ranked.moved_in_orders,
        ranked.moved_out_gmv,
        ranked.moved_out_orders,
        ranked.shop_day_gmv,
        ranked.platform_difference,
        ranked.platform_gmv,
        ranked.difference_reason
    from ranked
    inner join marts.dim_shops as shops on ranked.shop_key = shops.shop_key
    where ranked.newest_first = 1
    order by ranked.shop_key
"""


_PROMOTION = """
    with shops as (
        select
            shop_key,
            shop_name,
            currency,
            -- Complete days only: the day in which the data end is still growing.
            cast(timezone($reporting_timezone, data_until) as date) as today
        from marts.dim_shops
    )

    , creators as (
        select
            shops.shop_key,
            sum(daily.attributed_gmv) filter (where daily.creator_username <> 'none') as attributed_gmv,
            sum(daily.attributed_gmv_rc) filter (where daily.creator_username <> 'none') as attributed_gmv_rc,
            -- Creators and 'none' are the whole shop.
            sum(daily.attributed_gmv) as gmv,
            sum(daily.attributed_gmv_rc) as gmv_rc
        from shops
        inner join marts.kpi_creator_daily as daily
            on
                shops.shop_key = daily.shop_key
                and daily.business_date >= shops.today - $days
                and daily.business_date < shops.today
        group by shops.shop_key
    )

    , lives as (
        select
            shops.shop_key,
            count(*) filter (where sessions.is_listed) as live_sessions,
            -- A sum of which one session is unknown is unknown.
            case when count(*) = count(sessions.own_gmv) then sum(sessions.own_gmv) end as own_gmv,
            case when count(*) = count(sessions.own_gmv_rc) then sum(sessions.own_gmv_rc) end as own_gmv_rc
        from shops
        inner join marts.kpi_live_sessions as sessions
            on
                shops.shop_key = sessions.shop_key
                and sessions.business_date >= shops.today - $days
                and sessions.business_date < shops.today
        group by shops.shop_key
    )

    , ads as (
        select
            shops.shop_key,
            sum(daily.ad_spend) as ad_spend,
            sum(daily.ad_spend_rc) as ad_spend_rc,
            -- A cost may come half a day late: the sum is of the other days then.
            case when count(daily.ad_spend) > 0 then count(*) - count(daily.ad_spend) end as unknown_days,
            -- A return is made of days on which both of its amounts are known.
            sum(daily.ad_reported_gmv) filter (where daily.ad_spend is not null) as ad_reported_gmv,
            sum(daily.ad_spend) filter (where daily.ad_reported_gmv is not null) as reported_spend,
            sum(daily.paid_gmv) filter (where daily.ad_spend is not null) as paid_gmv,
            sum(daily.paid_gmv + daily.organic_gmv) filter (where daily.ad_spend is not null) as determined_gmv,
            sum(daily.gmv) filter (where daily.ad_spend is not null) as gmv,
            sum(daily.ad_spend) filter (where daily.gmv is not null) as sales_spend
        from shops
        inner join marts.kpi_ads_daily as daily
            on
                shops.shop_key = daily.shop_key
                and daily.business_date >= shops.today - $days
                and daily.business_date < shops.today
        group by shops.shop_key
    )

    , joined as (
        select
            shops.shop_key,
            shops.shop_name,
            shops.currency,
            creators.attributed_gmv,
            creators.attributed_gmv_rc,
            creators.gmv,
            creators.gmv_rc,
            coalesce(lives.live_sessions, 0) as live_sessions,
            lives.own_gmv,
            lives.own_gmv_rc,
            ads.ad_spend,
            ads.ad_spend_rc,
            ads.unknown_days,
            ads.ad_reported_gmv / nullif(cast(ads.reported_spend as double), 0) as roas_reported,
            -- Orders without evidence yet would make it too low.
            case
                when ads.determined_gmv >= cast($min_coverage as double) * ads.gmv
                    then ads.paid_gmv / nullif(cast(ads.sales_spend as double), 0)
            end as roas,
            cast(ads.determined_gmv as double) / nullif(cast(ads.gmv as double), 0) as evidence_coverage,
            ads.gmv / nullif(cast(ads.sales_spend as double), 0) as mer
        from shops
        left join creators on shops.shop_key = creators.shop_key
        left join lives on shops.shop_key = lives.shop_key
        left join ads on shops.shop_key = ads.shop_key
    )

    , lines as (
        select
            shop_key, 1 as position, shop_name, currency, attributed_gmv, gmv, live_sessions, own_gmv, ad_spend,
            unknown_days, roas_reported, roas, evidence_coverage, mer
        from joined
        union all
        -- Not every shop has an ads account, so returns are not of all shops.
        select
            'total', 2, 'All shops', $reporting_currency, sum(attributed_gmv_rc), sum(gmv_rc), sum(live_sessions),
            case when count(*) filter (where live_sessions > 0 and own_gmv_rc is null) = 0 then sum(own_gmv_rc) end,
            sum(ad_spend_rc), sum(unknown_days), null, null, null, null
        from joined
    )

    select
        shop_name,
        currency,
        attributed_gmv,
        cast(attributed_gmv as double) / nullif(cast(gmv as double), 0) as attributed_share,
        cast(live_sessions as bigint) as live_sessions,
        own_gmv,
        ad_spend,
        cast(coalesce(unknown_days, 0) as bigint) as unknown_ad_days,
        roas_reported,
        roas,
        evidence_coverage,
        mer
    from lines
    order by position, shop_key
"""


_OPERATIONS = """
    with shops as (
        select shop_key, shop_name, cast(timezone(time_zone, data_until) as date) as today from marts.dim_shops
    )

    , stock as (
        select
            shop_key,
            count(*) as skus,
            count(*) filter (where stock_status = 'out') as out_skus,
            count(*) filter (where stock_status in ('critical', 'low')) as short_skus,
            sum(reorder_units) as reorder_units
        from marts.kpi_stock_health
        where is_latest
        group by shop_key
    )

    , dispatch as (
        select
            shops.shop_key,
            sum(days.late_dispatch_orders) as late_dispatch_orders,
            sum(days.dispatch_due_orders) as dispatch_due_orders,
            sum(days.on_time_delivered_orders) as on_time_delivered_orders,
            sum(days.delivery_due_orders) as delivery_due_orders,
            sum(days.orders_due_within_24h) as due_within_24h
        from shops
        inner join marts.kpi_fulfilment_daily as days
            on shops.shop_key = days.shop_key and days.shop_local_date >= shops.today - $days
        group by shops.shop_key
    )

    , anomalies as (
        select shops.shop_key, count(*) as anomalies
        from shops
        inner join marts.kpi_anomalies as days
            on shops.shop_key = days.shop_key and days.kpi_date >= shops.today - $days
        where days.is_adverse
        group by shops.shop_key
    )

    , alerts as (
        select shop_key, count(*) as open_alerts from marts.kpi_alerts where is_open group by shop_key
    )

    , joined as (
        select
            shops.shop_key,
            shops.shop_name,
            stock.* exclude (shop_key),
            dispatch.* exclude (shop_key),
            anomalies.anomalies,
            alerts.open_alerts
        from shops
        left join stock on shops.shop_key = stock.shop_key
        left join dispatch on shops.shop_key = dispatch.shop_key
        left join anomalies on shops.shop_key = anomalies.shop_key
        left join alerts on shops.shop_key = alerts.shop_key
    )

    , lines as (
        select * exclude (shop_key), shop_key as position from joined
        union all
        select
            'All shops', sum(skus), sum(out_skus), sum(short_skus), sum(reorder_units), sum(late_dispatch_orders),
            sum(dispatch_due_orders), sum(on_time_delivered_orders), sum(delivery_due_orders), sum(due_within_24h),
            sum(anomalies), sum(open_alerts), 'z'
        from joined
    )

    select
        shop_name,
        cast(coalesce(skus, 0) as bigint),
        cast(coalesce(out_skus, 0) as bigint),
        cast(coalesce(short_skus, 0) as bigint),
        cast(coalesce(reorder_units, 0) as bigint),
        cast(late_dispatch_orders as double) / nullif(cast(dispatch_due_orders as double), 0),
        cast(on_time_delivered_orders as double) / nullif(cast(delivery_due_orders as double), 0),
        cast(coalesce(due_within_24h, 0) as bigint),
        cast(coalesce(anomalies, 0) as bigint),
        cast(coalesce(open_alerts, 0) as bigint)
    from lines
    order by position
"""

_PEOPLE = """
    with newest as (
        select max(month_start) as month_start from marts.kpi_team_scorecard
    )

    , cards as (
        select
            count(distinct cards.person_name || '|' || cards.role) as cards,
            count(distinct cards.role) as roles
        from marts.kpi_team_scorecard as cards
        inner join newest on cards.month_start = newest.month_start
    )

    , glossary as (
        select count(*) as columns, count(label_zh) as translated from marts.kpi_glossary
    )

    , flags as (
        select count(*) as flags from marts.kpi_brushing_flags
    )

    select cards.cards, cards.roles, glossary.columns, glossary.translated, flags.flags
    from cards, glossary, flags
"""


def operations(published: Path, days: int) -> list[Operations]:
    """How stock, dispatch and alarms stand: of every shop, then of all shops; rates and anomalies of the last days.

    Raises:
        CannotRead: The published file can't be read.
    """
    return [Operations(*row) for row in _query(published, _OPERATIONS, {"days": days})]


def people(published: Path) -> People:
    """What the scorecards and the glossary hold.

    Raises:
        CannotRead: The published file can't be read.
    """
    return People(*_query(published, _PEOPLE)[0])


def promotion(published: Path, days: int) -> list[Promotion]:
    """What creators, LIVE and ads had a part in over the last complete days: of every shop, then of all shops.

    A shop's amounts are in its own currency, those of all shops in the reporting currency.

    Raises:
        CannotRead: The published file can't be read.
    """
    coverage = {"min_coverage": project_var("min_coverage")}
    return [Promotion(*row) for row in _query(published, _PROMOTION, _reporting(days) | coverage)]


def kpis(published: Path, days: int) -> list[Kpis]:
    """KPIs over the last complete days: of every shop in its own and in the reporting currency, then of all shops.

    Raises:
        CannotRead: The published file can't be read.
    """
    return [Kpis(*row) for row in _query(published, _KPIS, _reporting(days))]


def outlook(published: Path, days: int) -> list[Outlook]:
    """What is expected of the last complete days: of every shop in its own currency, then of all in the reporting one.

    Raises:
        CannotRead: The published file can't be read.
    """
    return [Outlook(*row) for row in _query(published, _OUTLOOK, _reporting(days))]


def day_bridges(published: Path) -> list[DayBridge]:
    """From our figure of a day to the platform's, of every shop's newest day that is final.

    Raises:
        CannotRead: The published file can't be read.
    """
    return [DayBridge(*row) for row in _query(published, _DAY_BRIDGE)]


def compare(
    published: Path,
    table: str,
    truth: Sequence[Mapping[str, Any]],
    *,
    keys: Sequence[str],
    columns: Mapping[str, str] | None = None,
    where: str = "true",
) -> Comparison:
    """Compare the world's own figures with the published table, to the last digit.

    Args:
        published: The published file.
        table: Name of the table in it.
        truth: The world's rows; amounts are texts with a decimal point.
        keys: Columns that name a row.
        columns: Which of the world's figures are compared with which column; by default every number, by its name.
        where: Which rows of the table the world tells of; by default all.
    """
    if columns is None:
        columns = {name: name for row in truth for name in row if name not in {*keys, "currency"}}
    wanted = list(columns.items())
    selected = ", ".join([*(f"cast({key} as varchar)" for key in keys), *(ours for _, ours in wanted)])
    mine = {
        tuple(str(value) for value in row[: len(keys)]): row[len(keys) :]
        for row in _query(published, f"select {selected} from marts.{table} where {where}")  # noqa: S608 (names of our own)
    }
    different: list[str] = []
    numbers = 0
    for theirs in truth:
        key = tuple(str(theirs[name]) for name in keys)
        values = mine.pop(key, None)
        if values is None:
            different.append(f"{' '.join(key)} is missing")
            continue
        for (name, column), value in zip(wanted, values, strict=True):
            numbers += 1
            if not _equal(value, theirs.get(name)):
                different.append(f"{' '.join(key)} {column}: {value} is {theirs.get(name)} in the world")
    different += [f"{' '.join(key)} is not in the world" for key in mine]
    return Comparison(table, len(truth), numbers, tuple(different[:_SHOWN]), len(different))


def _reporting(days: int) -> dict[str, Any]:
    return {
        "days": days,
        **{name: project_var(name) for name in ("reporting_currency", "reporting_timezone")},
    }


def _equal(ours: Any, theirs: Any) -> bool:
    if ours is None or theirs is None:
        return ours is None and theirs is None
    return Decimal(str(ours)) == Decimal(str(theirs))


def _query(published: Path, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with closing(duckdb.connect(":memory:")) as connection:
        connection.execute("set TimeZone = 'UTC'")
        attach(connection, published, "published")
        connection.execute("use published")
        rows: list[tuple[Any, ...]] = connection.execute(sql, dict(parameters or {})).fetchall()
    return rows
