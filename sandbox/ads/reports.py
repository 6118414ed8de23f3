"""The two report endpoints: groupings, metrics and limits of the contract, figures as they are shown at a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.ads import figures
from sandbox.ads.accounts import BASIC, LIVE, PRODUCT, Account, Campaign
from sandbox.ads.figures import Figures
from sandbox.ads.parameters import Parameters, texts
from sandbox.ads.refusal import NO_PERMISSION, AdsRefusal, bad_parameter
from sandbox.world.store import WorldMeta

Json = dict[str, Any]
NONE = "-"
DAY, HOUR = "stat_time_day", "stat_time_hour"
_LONGEST = {DAY: 30, HOUR: 1, "": 365}

BASIC_METRICS = frozenset(
    [
        "spend",
        "billed_cost",
        "impressions",
        "clicks",
        "ctr",
        "cpc",
        "cpm",
        "conversion",
        "cost_per_conversion",
        "conversion_rate",
        "onsite_shopping",
        "total_onsite_shopping_value",
        "onsite_shopping_roas",
        "campaign_name",
        "objective_type",
        "currency",
    ]
)
TT_SHOP_METRICS = frozenset(("spend", "billed_cost"))
_SALES = frozenset(["cost", "orders", "cost_per_order", "gross_revenue", "roi"])
_CAMPAIGN = _SALES | {"net_cost"}
_NAMES = frozenset(["campaign_id", "operation_status", "campaign_name", "schedule_type", "bid_type"])
_LIVE = _CAMPAIGN | frozenset(
    [
        "all_shops_cost_per_order",
        "all_shops_orders",
        "all_shops_gross_revenue",
        "all_shops_roi",
        "live_views",
        "cost_per_live_view",
        "10_second_live_views",
        "cost_per_10_second_live_view",
        "live_follows",
    ]
)
_CREATIVE = _SALES | frozenset(
    [
        "creative_delivery_status",
        "product_impressions",
        "product_clicks",
        "product_click_rate",
        "ad_click_rate",
        "ad_conversion_rate",
    ]
)
_STATUSES = {"STATUS_DELIVERY_OK", "STATUS_DISABLE", "STATUS_DELETE", "STATUS_NOT_DELIVERY", "STATUS_ALL"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One row before it is written out."""

    dimensions: Json
    figures: Figures
    campaign: Campaign | None = None


def integrated(meta: WorldMeta, account: Account, query: Parameters, now: int) -> list[Json]:
    """The rows of `/report/integrated/get/`.

    Raises:
        AdsRefusal: What is asked for does not fit the contract.
    """
    kind = query.choice("report_type", ("BASIC", "TT_SHOP"))
    level = query.choice("data_level", ("AUCTION_ADVERTISER", "AUCTION_CAMPAIGN"))
    dimensions = query.listed("dimensions", 4) or []
    one = "advertiser_id" if level == "AUCTION_ADVERTISER" else "campaign_id"
    time = _time_of(dimensions)
    country = "country_code" in dimensions
    if set(dimensions) != {one, *([time] if time else []), *(["country_code"] if country else [])}:
        raise bad_parameter(f"dimensions: {level} needs {one}, and may be grouped by time and country.")
    if kind == "TT_SHOP" and (query.text("filtering") or time == HOUR):
        raise bad_parameter("filtering: Not supported by report_type TT_SHOP, nor are hours.")
    if kind == "BASIC" and country:
        raise bad_parameter("dimensions: country_code is not served by this sandbox for BASIC.")
    known = BASIC_METRICS if kind == "BASIC" else TT_SHOP_METRICS
    metrics = _asked(query, known, ("spend", "impressions") if kind == "BASIC" else ("spend", "billed_cost"))
    start, end = query.dates(_LONGEST[time])
    every = kind == "TT_SHOP" or _wants_deleted(query)
    kinds = (BASIC,) if kind == "BASIC" else (BASIC, PRODUCT, LIVE)
    chosen = [
        campaign
        for campaign in figures.accounts_campaigns(meta, account, *kinds)
        if (every or not campaign.is_deleted(now))
        and (kind == "BASIC" or campaign.destination == "TIKTOK_SHOP")
    ]

    def shown(campaign: Campaign, day: date) -> Figures | None:
        read = figures.by_country if kind == "TT_SHOP" else figures.day_shown
        return read(meta, campaign, day, now)

    cells = [
        Cell({"campaign_id": campaign.id, **where}, part, campaign)
        for campaign in chosen
        for where, part in _in_time(meta, campaign, start, end, time, now, shown)
    ]
    if one == "advertiser_id":
        cells = _merged(cells, account.id)
    if country:
        cells = [
            Cell({**cell.dimensions, "country_code": account.shop.region}, cell.figures) for cell in cells
        ]
    return [_row(cell, metrics, account) for cell in cells]


def gmv_max(meta: WorldMeta, account: Account, query: Parameters, now: int) -> list[Json]:
    """The rows of `/gmv_max/report/get/`.

    Raises:
        AdsRefusal: What is asked for does not fit the contract.
    """
    stores = query.listed("store_ids", 1)
    if stores is None:
        raise bad_parameter("store_ids: Missing data for required field.")
    if stores != [account.shop.id]:
        raise AdsRefusal(NO_PERMISSION, f"No permission to the GMV Max data of store {stores[0]}")
    dimensions = query.listed("dimensions", 4)
    if dimensions is None:
        raise bad_parameter("dimensions: Missing data for required field.")
    filtering = query.members("filtering")
    time = _time_of(dimensions)
    ids = [name for name in dimensions if name not in (DAY, HOUR)]
    level = _level(ids)
    kinds = _kinds(level, filtering)
    campaign_ids = texts("filtering.campaign_ids", filtering.get("campaign_ids"), 100)
    if level != "campaign" and campaign_ids is None:
        raise bad_parameter("filtering.campaign_ids: Missing data for required field.")
    statuses = texts("filtering.campaign_statuses", filtering.get("campaign_statuses"), 5) or []
    if set(statuses) - _STATUSES:
        raise bad_parameter("filtering.campaign_statuses: Invalid value.")
    product_ids = texts("filtering.item_group_ids", filtering.get("item_group_ids"), 100)
    if level == "creative" and product_ids is None:
        raise bad_parameter("filtering.item_group_ids: Missing data for required field.")
    if level == "creative" and time == HOUR:
        raise bad_parameter("dimensions: Creatives have no hours.")
    known = {"campaign": _LIVE if kinds == [LIVE] else _CAMPAIGN, "product": _SALES, "creative": _CREATIVE}
    metrics = _asked(query, known.get(level, _LIVE) | (_NAMES if level == "campaign" else frozenset()), None)
    start, end = query.dates(_LONGEST[time])
    deleted = campaign_ids is not None or {"STATUS_DELETE", "STATUS_ALL"} & set(statuses)
    cells = [
        cell
        for campaign in figures.accounts_campaigns(meta, account, *kinds)
        if (campaign_ids is None or campaign.id in campaign_ids) and (deleted or not campaign.is_deleted(now))
        for cell in _cells(meta, campaign, level, start, end, time, now)
        if product_ids is None or cell.dimensions["item_group_id"] in product_ids
    ]
    if "campaign_id" not in ids:
        cells = _grouped(cells, ids, time)
    return [_row(cell, metrics, account) for cell in cells]


_LEVELS = {
    ("campaign_id",): "campaign",
    ("item_group_id",): "product",
    ("campaign_id", "item_group_id"): "product",
    ("item_id",): "creative",
    ("campaign_id", "item_group_id", "item_id"): "creative",
    ("room_id",): "room",
    ("campaign_id", "room_id"): "room",
}


def _level(ids: Sequence[str]) -> str:
    level = _LEVELS.get(tuple(sorted(ids)))
    if level is None:
        raise bad_parameter(f"dimensions: {', '.join(ids) or 'nothing'} is no supported grouping.")
    return level


def _kinds(level: str, filtering: Json) -> list[str]:
    if level in ("product", "creative"):
        return [PRODUCT]
    if level == "room":
        return [LIVE]
    kinds = texts("filtering.gmv_max_promotion_types", filtering.get("gmv_max_promotion_types"), 2)
    if kinds is None or len(kinds) != 1 or kinds[0] not in (PRODUCT, LIVE):
        raise bad_parameter("filtering.gmv_max_promotion_types: Campaigns need [PRODUCT] or [LIVE].")
    return kinds


def _cells(
    meta: WorldMeta, campaign: Campaign, level: str, start: date, end: date, time: str, now: int
) -> Iterator[Cell]:
    if level == "campaign":
        for where, part in _in_time(meta, campaign, start, end, time, now, None):
            yield Cell({"campaign_id": campaign.id, **where}, part, campaign)
        return
    if time == HOUR:
        raise bad_parameter("dimensions: Hours are served by this sandbox for campaigns only.")
    sums: dict[tuple[str, ...], tuple[Json, Figures]] = {}
    for day in _days(start, end):
        for ids, part in _parts(meta, campaign, level, day, now):
            where = {"campaign_id": campaign.id, **ids, **({DAY: _midnight(day)} if time else {})}
            key = tuple(where.values())
            sums[key] = (where, sums[key][1] + part if key in sums else part)
    for where, part in sums.values():
        # Four dimensions give only what has cost.
        if level != "creative" or part.cost:
            yield Cell(where, part, campaign)


def _parts(
    meta: WorldMeta, campaign: Campaign, level: str, day: date, now: int
) -> Iterator[tuple[Json, Figures]]:
    if level == "product":
        for product_id, part in figures.by_product(meta, campaign, day, now).items():
            yield {"item_group_id": product_id}, part
    elif level == "room":
        for room_id, part in figures.by_room(meta, campaign, day, now).items():
            yield {"room_id": room_id}, part
    else:
        for (product_id, item_id), part in figures.by_creative(meta, campaign, day, now).items():
            yield {"item_group_id": product_id, "item_id": item_id}, part


def _in_time(
    meta: WorldMeta,
    campaign: Campaign,
    start: date,
    end: date,
    time: str,
    now: int,
    of_day: Callable[[Campaign, date], Figures | None] | None,
) -> Iterator[tuple[Json, Figures]]:
    """A campaign's figures by day, by hour, or over all; empty days are left out."""
    zone = ZoneInfo(campaign.account.timezone)
    if time == HOUR:
        for day in _days(start, end):
            for hour in figures.hours_of_day(campaign.account, day):
                part = figures.shown(meta, campaign, hour, now)
                if part is not None and part != Figures():
                    local = datetime.fromtimestamp(hour * figures.HOUR, zone)
                    yield {HOUR: f"{local:%Y-%m-%d %H}:00:00"}, part
        return

    def days() -> Iterator[tuple[date, Figures]]:
        for day in _days(start, end):
            part = of_day(campaign, day) if of_day else figures.day_shown(meta, campaign, day, now)
            if part is not None and part != Figures():
                yield day, part

    if time == DAY:
        for day, part in days():
            yield {DAY: _midnight(day)}, part
        return
    whole = figures.total(part for _, part in days())
    if whole is not None:
        yield {}, whole


def _merged(cells: Sequence[Cell], account_id: str) -> list[Cell]:
    """The account's rows: the sums of its campaigns."""
    sums: dict[tuple[str, ...], tuple[Json, Figures]] = {}
    for cell in cells:
        where = {"advertiser_id": account_id} | {
            name: value for name, value in cell.dimensions.items() if name != "campaign_id"
        }
        key = tuple(where.values())
        sums[key] = (where, sums[key][1] + cell.figures if key in sums else cell.figures)
    return [Cell(where, part) for where, part in sums.values()]


def _grouped(cells: Sequence[Cell], ids: Sequence[str], time: str) -> list[Cell]:
    sums: dict[tuple[str, ...], tuple[Json, Figures]] = {}
    for cell in cells:
        where = {name: cell.dimensions[name] for name in (*ids, *([time] if time else []))}
        key = tuple(where.values())
        sums[key] = (where, sums[key][1] + cell.figures if key in sums else cell.figures)
    return [Cell(where, part) for where, part in sums.values()]


def _row(cell: Cell, metrics: Sequence[str], account: Account) -> Json:
    return {
        "dimensions": cell.dimensions,
        "metrics": {name: _metric(name, cell, account) for name in metrics},
    }


def _metric(name: str, cell: Cell, account: Account) -> str:
    figures_, campaign = cell.figures, cell.campaign
    if name in _WORDS:
        return _WORDS[name](cell, account)
    sells = campaign is None or campaign.destination == "TIKTOK_SHOP"
    if name in _MONEY:
        amount = _MONEY[name](figures_)
        if amount is None or (not sells and name in ("total_onsite_shopping_value", "gross_revenue")):
            return NONE
        return money(amount)
    if name in _COUNTS:
        return NONE if not sells and name == "onsite_shopping" else str(_COUNTS[name](figures_))
    return _ratio(name, figures_)


def money(amount: int) -> str:
    """An amount of the smallest unit as text."""
    return f"{amount // 100}.{amount % 100:02d}"


_MONEY: dict[str, Callable[[Figures], int | None]] = {
    "spend": lambda one: one.cost,
    "billed_cost": lambda one: one.net_cost,
    "cost": lambda one: one.cost,
    "net_cost": lambda one: one.net_cost,
    "gross_revenue": lambda one: one.revenue,
    "all_shops_gross_revenue": lambda one: one.revenue,
    "total_onsite_shopping_value": lambda one: one.revenue,
}
_COUNTS: dict[str, Callable[[Figures], int]] = {
    "impressions": lambda one: one.impressions,
    "clicks": lambda one: one.clicks,
    "conversion": lambda one: one.conversions,
    "onsite_shopping": lambda one: one.orders,
    "orders": lambda one: one.orders,
    "all_shops_orders": lambda one: one.orders,
    "live_views": lambda one: one.views,
    "10_second_live_views": lambda one: one.views // 3,
    "live_follows": lambda one: one.views // 90,
    "product_impressions": lambda one: one.impressions,
    "product_clicks": lambda one: one.clicks,
}
_WORDS: dict[str, Callable[[Cell, Account], str]] = {
    "currency": lambda cell, account: account.currency,
    "campaign_name": lambda cell, account: cell.campaign.name if cell.campaign else NONE,
    "campaign_id": lambda cell, account: cell.campaign.id if cell.campaign else NONE,
    "objective_type": lambda cell, account: objective(cell.campaign) if cell.campaign else NONE,
    "operation_status": lambda cell, account: "ENABLE",
    "schedule_type": lambda cell, account: "Continuously",
    "bid_type": lambda cell, account: "CUSTOM",
    "creative_delivery_status": lambda cell, account: "DELIVERING",
}
# Numerator, denominator, and whether it is a percentage.
_RATIOS: dict[str, tuple[str, str, bool]] = {
    "ctr": ("clicks", "impressions", True),
    "cpc": ("spend", "clicks", False),
    "cpm": ("spend", "impressions", False),
    "cost_per_conversion": ("spend", "conversion", False),
    "conversion_rate": ("conversion", "clicks", True),
    "onsite_shopping_roas": ("total_onsite_shopping_value", "spend", False),
    "cost_per_order": ("cost", "orders", False),
    "roi": ("gross_revenue", "cost", False),
    "all_shops_cost_per_order": ("cost", "orders", False),
    "all_shops_roi": ("gross_revenue", "cost", False),
    "cost_per_live_view": ("cost", "live_views", False),
    "cost_per_10_second_live_view": ("cost", "10_second_live_views", False),
    "product_click_rate": ("product_clicks", "product_impressions", True),
    "ad_click_rate": ("product_clicks", "product_impressions", True),
    "ad_conversion_rate": ("orders", "product_clicks", True),
}


def _ratio(name: str, one: Figures) -> str:
    """A ratio with two decimals; none without a denominator."""
    above, below, is_percent = _RATIOS[name]
    upper, lower = _number(above, one), _number(below, one)
    if upper is None or not lower:
        return NONE
    scale = 100 if is_percent else 1000 if name == "cpm" else 1
    hundredths = (200 * upper * scale + lower) // (2 * lower)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _number(name: str, one: Figures) -> int | None:
    """A figure such that two of them can be divided: amounts in the smallest unit, counts a hundredfold."""
    return _MONEY[name](one) if name in _MONEY else _COUNTS[name](one) * 100


def objective(campaign: Campaign) -> str:
    """What a campaign is for."""
    return "PRODUCT_SALES" if campaign.destination == "TIKTOK_SHOP" else "WEB_CONVERSIONS"


def _asked(query: Parameters, known: frozenset[str], default: Sequence[str] | None) -> Sequence[str]:
    metrics = query.listed("metrics")
    if metrics is None:
        if default is None:
            raise bad_parameter("metrics: Missing data for required field.")
        return default
    unknown = [name for name in metrics if name not in known]
    if unknown:
        raise bad_parameter(f"metrics: Invalid metric fields: {', '.join(unknown)}.")
    return metrics


def _wants_deleted(query: Parameters) -> bool:
    for one in query.objects("filtering"):
        if one.get("filter_type") != "IN" or not isinstance(one.get("filter_value"), str):
            raise bad_parameter(
                "filtering: This sandbox knows filter_type IN with a filter_value of JSON text."
            )
        if one.get("field_name") == "campaign_status":
            return "STATUS_ALL" in str(one["filter_value"]) or "STATUS_DELETE" in str(one["filter_value"])
    return False


def _time_of(dimensions: Sequence[str]) -> str:
    times = [name for name in dimensions if name in (DAY, HOUR)]
    if len(times) > 1 or len(set(dimensions)) != len(dimensions):
        raise bad_parameter("dimensions: Invalid combination.")
    return times[0] if times else ""


def _days(start: date, end: date) -> Iterator[date]:
    for number in range((end - start).days + 1):
        yield start + timedelta(days=number)


def _midnight(day: date) -> str:
    return f"{day.isoformat()} 00:00:00"
