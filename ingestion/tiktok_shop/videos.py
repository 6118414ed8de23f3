"""Shoppable videos: each video's day, its products, the shop's totals, and the details of videos that sold.

| endpoint (`/analytics/...`) | raw tables | how it is read |
| --- | --- | --- |
| `202605/shop_videos/performance` | `video_performance`, `video_products` | by day and kind of account; 7 days again |
| `202609/shop_videos/overview_performance` | `video_overview_daily` | by day; the last 30 days again |
| `202609/shop_videos/batch_performance` | `video_details_daily` | 20 videos a call, the last 7 days again |

The list gives one figure per video for the dates that are asked for, so it is asked day by day, and once
a day: a first sync reads 60 days (two windows of 30 for the leaderboard), an explicit start more. A record does
not say what its account is to the shop (`author_type` is the platform's word for the author), so each day is asked
by kind of account, one kind after the other: three calls where one would list the same videos. Pages that were
archived before it was so have no kind, and their rows have NULL.

The details give the same days of the videos that the list showed with their customers, and nothing for videos the
list left out. Days are those of the shop's registered time zone.

`video_post_time` is text without a zone, as the API sends it; `time_zone` beside it is the shop's, and
`post_time_utc` is there where the text needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ingestion.engine.answers import listed, nested_list
from ingestion.engine.columns import (
    Child,
    Column,
    Kind,
    Table,
    amounts,
    child,
    computed,
    count,
    counts,
    fields,
    first_text,
    of_page,
    parent,
    rates,
    text,
)
from ingestion.engine.pages import Page, Record
from ingestion.engine.privacy import Rules
from ingestion.engine.windows import States
from ingestion.tables.videos import OVERVIEW_DAILY
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.reading import Call, Reading, Resource, Step, read_calls
from ingestion.tiktok_shop.shop_days import ByDate, local_date, together

_SCOPE = "data.shop_analytics.public.read"

VIDEO_PERFORMANCE = Endpoint(
    "video_performance",
    "GET",
    "/analytics/202605/shop_videos/performance",
    "202605",
    page_size=100,
    scope=_SCOPE,
    gives="1-100, one day and kind of account",
)
VIDEO_OVERVIEW = Endpoint(
    "video_overview",
    "GET",
    "/analytics/202609/shop_videos/overview_performance",
    "202609",
    scope=_SCOPE,
    gives="by date range",
)
VIDEO_DETAILS = Endpoint(
    "video_details",
    "GET",
    "/analytics/202609/shop_videos/batch_performance",
    "202609",
    scope=_SCOPE,
    gives="20 videos",
)

REREAD_DAYS = 7
"""Orders of the 7 days after a click still count for a video's day; later changes are too small for the calls of
a day."""
HISTORY_DAYS = 60
"""Days a first sync reads: at one call a second, a day and its kinds of account take three seconds at least."""
OVERVIEW_REREAD_DAYS = 30
VIDEOS_PER_CALL = 20
DETAIL_CALLS_PER_SYNC = 50
"""So at most 1,000 videos a day are asked for details, those with the most views first."""

ACCOUNT_TYPES = ("OFFICIAL_ACCOUNTS", "MARKETING_ACCOUNTS", "AFFILIATE_ACCOUNTS")
OVERVIEW_ACCOUNT_TYPES = ("ALL", *ACCOUNT_TYPES)

_PAID = "amount currency"
_VIDEO = fields(f"""
    advertisable attributed_gmv{{{_PAID}}} avg_customers click_through_rate comments creator{{author_type
    creator_country creator_id nick_name open_id user_name}} ctor duration gmv{{{_PAID}}} gpm{{{_PAID}}}
    hash_tags id indirect_gmv{{{_PAID}}} items_sold likes new_followers product_clicks product_impressions
    products[id name] review_type shares sku_orders title username v_to_l_clicks v_to_l_rate video_finish_rate
    video_post_time views
""")
_DETAIL = fields(f"""
    error{{code message}} performance{{intervals[end_date sales{{overall{{ctr customers gmv{{{_PAID}}}
    gpm{{{_PAID}}} items_sold product_clicks product_impressions}}}} start_date traffic{{comments likes
    new_followers shares views}}] viewer_profile[age_distribution[age percentage]
    country_distribution[country_code percentage] gender_distribution[gender percentage] type]}}
    video{{duration id play_url thumbnail_url title username video_post_time}} video_id
""")
_DETAIL_DAY = (_DETAIL["performance"] or {})["intervals"]


def _instants(records: list[Record]) -> list[Any]:
    """When videos were posted, in unix seconds, where the text says it without a time zone to be guessed."""
    return [_instant(record.get("video_post_time")) for record in records]


def _instant(posted: object) -> int | None:
    if type(posted) is int or (isinstance(posted, str) and posted.isdecimal()):
        return int(posted)
    try:
        moment = datetime.fromisoformat(str(posted))
    except ValueError:
        return None
    return int(moment.timestamp()) if moment.tzinfo else None


VIDEO_PRODUCTS = Table(
    name="video_products",
    key=("video_id", "product_id"),
    known=_VIDEO["products"],
    columns=(
        parent("video_id", "video_id"),
        parent("start_date", "start_date", Kind.DATE),
        text("product_id", "id"),
        text("product_name", "name"),
    ),
)

VIDEOS = Table(
    name="video_performance",
    key=("video_id", "start_date"),
    known=_VIDEO,
    columns=(
        text("video_id", "id"),
        of_page("start_date", "asked_from", Kind.DATE),
        of_page("end_date", "until_date", Kind.DATE),
        text("title"),
        first_text("user_name", "creator.user_name", "username"),
        text("creator_open_id", "creator.open_id"),
        text("creator_nickname", "creator.nick_name"),
        text("author_type", "creator.author_type"),
        of_page("account_type", "account_type"),
        text("video_post_time"),
        computed("post_time_utc", Kind.TIME, _instants),
        of_page("time_zone", "time_zone"),
        count("duration"),
        first_text("currency", "gmv.currency", "attributed_gmv.currency"),
        *amounts("gmv attributed_gmv indirect_gmv gpm"),
        *counts("sku_orders items_sold avg_customers views product_impressions product_clicks"),
        *counts("likes comments shares new_followers v_to_l_clicks"),
        *rates("click_through_rate ctor v_to_l_rate video_finish_rate"),
        of_page("latest_available_date", "latest_available_date", Kind.DATE),
        of_page("definition_id", "definition_id"),
    ),
    children=(child(VIDEO_PRODUCTS, "products"),),
)


def _days_of(records: list[Record]) -> tuple[list[int], list[Record]]:
    owners: list[int] = []
    days: list[Record] = []
    for index, record in enumerate(records):
        performance = record.get("performance")
        found = performance.get("intervals") if type(performance) is dict else None
        for day in found if type(found) is list else ():
            owners.append(index)
            days.append(day)
    return owners, days


DETAILS_DAILY = Table(
    name="video_details_daily",
    key=("video_id", "start_date"),
    known=_DETAIL_DAY,
    columns=(
        parent("video_id", "video_id"),
        Column("start_date", Kind.DATE, "start_date"),
        Column("end_date", Kind.DATE, "end_date"),
        first_text("currency", "sales.overall.gmv.currency", "sales.overall.gpm.currency"),
        *amounts("gmv gpm", "sales.overall"),
        *counts("customers items_sold product_impressions product_clicks", "sales.overall"),
        *counts("views likes comments shares new_followers", "traffic"),
        of_page("latest_available_date", "latest_available_date", Kind.DATE),
        of_page("definition_id", "definition_id"),
    ),
)
_DETAILS = Table(
    name="video_details",
    key=("video_id",),
    known=_DETAIL,
    columns=(first_text("video_id", "video_id", "video.id"),),
    children=(Child(DETAILS_DAILY, _days_of),),
    stored=False,
)

_list_videos = ByDate(
    definition=f"video_performance/{VIDEO_PERFORMANCE.version}/LOCAL",
    # By the time of posting, which never changes: a list sorted by GMV would move while it is paged.
    query={"sort_field": "post_time", "sort_order": "ASC"},
    reread_days=REREAD_DAYS,
    days_per_call=1,
    account_types=ACCOUNT_TYPES,
    id_field="id",
    history_days=HISTORY_DAYS,
    once_a_day=True,
)


def read_videos(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The list, day by day and kind by kind; the videos of the last days are noted for their details."""
    recent = (local_date(reading, reading.until) - timedelta(days=REREAD_DAYS + 1)).isoformat()
    views: dict[str, int] = {}
    for step in _list_videos(reading, resource):
        if isinstance(step, Page):
            for record in step.records:
                key, seen = record.get("id"), record.get("views")
                if isinstance(key, str) and key and step.context["asked_from"] >= recent:
                    views[key] = views.get(key, 0) + (seen if type(seen) is int else 0)
            yield step
        else:
            yield replace(step, apply=together(step.apply, _note_views(dict(views))))


def _note_views(views: dict[str, int]) -> Callable[[States], None]:
    def apply(states: States) -> None:
        if views:
            states(DETAIL.name)["views"] = views

    return apply


def read_details(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The last days of the videos noted by `read_videos`, those with the most views first."""
    views: dict[str, int] = reading.state(resource.name).get("views", {})
    wanted = sorted(views, key=lambda key: (-views[key], key))
    most = DETAIL_CALLS_PER_SYNC * VIDEOS_PER_CALL
    if len(wanted) > most:
        reading.note(resource.name, f"Details of the {most} most viewed of {len(wanted)} videos.")
    end = local_date(reading, reading.until)
    dates = {
        "start_date_ge": (end - timedelta(days=REREAD_DAYS)).isoformat(),
        "end_date_lt": end.isoformat(),
        "granularity": "1D",
        "currency": "LOCAL",
    }
    definition = f"video_details/{VIDEO_DETAILS.version}/LOCAL"
    calls = [
        Call(
            query={"video_ids": ",".join(batch), **dates},
            context={"definition_id": definition, "videos": batch},
        )
        for batch in (
            wanted[at : at + VIDEOS_PER_CALL] for at in range(0, min(len(wanted), most), VIDEOS_PER_CALL)
        )
    ]
    for step in read_calls(reading, resource, calls):
        if isinstance(step, Page):
            refused = [record for record in step.records if _is_refused(record)]
            if refused:
                reading.note(resource.name, f"TikTok has no details of {len(refused)} videos.")
            yield step
        elif step.call is not None:
            yield replace(step, apply=_note_read(step.call.context["videos"]))


def _is_refused(record: Record) -> bool:
    error = record.get("error")
    return type(error) is dict and str(error.get("code") or "0") != "0"


def _note_read(videos: list[Any]) -> Callable[[States], None]:
    def apply(states: States) -> None:
        views = states(DETAIL.name).get("views", {})
        for video in videos:
            views.pop(video, None)

    return apply


VIDEO = Resource(
    name="video_performance",
    endpoint=VIDEO_PERFORMANCE,
    tables=(VIDEOS,),
    rules=Rules(known=_VIDEO),
    take=listed("videos"),
    read=read_videos,
    keep_records=True,
)

OVERVIEW = Resource(
    name="video_overview_daily",
    endpoint=VIDEO_OVERVIEW,
    tables=(OVERVIEW_DAILY,),
    rules=Rules(known=OVERVIEW_DAILY.known or {}),
    take=nested_list("performance", "intervals"),
    read=ByDate(
        definition=f"video_overview/{VIDEO_OVERVIEW.version}/LOCAL",
        query={"granularity": "1D"},
        reread_days=OVERVIEW_REREAD_DAYS,
        days_per_call=30,
        account_types=OVERVIEW_ACCOUNT_TYPES,
        once_a_day=True,
    ),
)

DETAIL = Resource(
    name="video_details",
    endpoint=VIDEO_DETAILS,
    tables=(_DETAILS,),
    rules=Rules(known=_DETAIL),
    take=listed("videos"),
    read=read_details,
    keep_records=True,
)

RESOURCES = (
    VIDEO,
    OVERVIEW,
    DETAIL,
)
