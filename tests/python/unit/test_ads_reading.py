"""What is read of an ads account and when: half-open windows of its own days, a week again, less where TikTok gives up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from ads_fakes import ONE, STORE, TWO, AdsWorld, ads_world, at, info, listed, ok, reading, refused

from ingestion.engine.errors import ApiError, MalformedAnswer, ScopeMissing
from ingestion.engine.pages import Page
from ingestion.engine.windows import Checkpoint
from ingestion.tiktok_ads import resources as ads
from ingestion.tiktok_ads.errors import AccountRefused, BackendTrouble, DayLimitReached, Maintenance
from ingestion.tiktok_ads.reading import AdsReading

States = dict[str, dict[str, Any]]
Serve = Callable[[str, dict[str, str]], httpx.Response]

REPORT = "/report/integrated/get/"
GMV_MAX = "/gmv_max/report/get/"
CAMPAIGNS = {
    "1": {"campaign_id": "1", "modify_time": "2026-09-01 00:00:00"},
    "2": {"campaign_id": "2", "modify_time": "2026-09-02 00:00:00"},
}


def days_of(query: dict[str, str]) -> list[date]:
    start, end = date.fromisoformat(query["start_date"]), date.fromisoformat(query["end_date"])
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def row(day: date, hour: int | None = None) -> dict[str, Any]:
    time = "stat_time_day" if hour is None else "stat_time_hour"
    return {
        "dimensions": {"campaign_id": "1", time: f"{day} {hour or 0:02d}:00:00"},
        "metrics": {"spend": "1.00", "cost": "1.00"},
    }


def every_day(path: str, query: dict[str, str]) -> httpx.Response:
    """Every report has a row for every day asked for."""
    return ok(
        listed([row(day, 5 if "stat_time_hour" in query["dimensions"] else None) for day in days_of(query)])
    )


def place(
    path: Path, serve: Serve = every_day, *, timezone: str = "Etc/GMT+8", stores: tuple[str, ...] = (STORE,)
) -> AdsWorld:
    """An account with a store and two GMV Max campaigns for products, one of them deleted; reports as served."""

    def answer(request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        if request.url.path.endswith("/advertiser/info/"):
            return ok(info(timezone=timezone))
        if request.url.path.endswith("/gmv_max/store/list/"):
            return ok({"store_list": [{"store_id": one} for one in (*stores, stores[0])]})
        if request.url.path.endswith("/gmv_max/campaign/get/"):
            asked = orjson.loads(query["filtering"])
            if asked["gmv_max_promotion_types"] != ["PRODUCT_GMV_MAX"]:
                return ok(listed([]))
            # The second store, where there is one, has a campaign of its own.
            if asked["store_ids"] != [stores[-1]]:
                return ok(listed([{"campaign_id": "9", "modify_time": ""}]))
            return ok(listed([CAMPAIGNS["2" if "primary_status" in asked else "1"]]))
        return serve(request.url.path, query)

    return ads_world(path, answer)


def read(now: AdsReading, name: str, states: States | None = None) -> list[Page]:
    """The pages of a resource; its checkpoints go to the states."""
    resource, pages = ads.BY_NAME[name], []
    for step in resource.read(now, resource):
        if isinstance(step, Checkpoint):
            step.apply(lambda one: (states if states is not None else {}).setdefault(one, {}))
        elif isinstance(step, Page):
            pages.append(step)
    return pages


def spans(made: AdsWorld, path: str = REPORT) -> list[tuple[str, str]]:
    return [(query["start_date"], query["end_date"]) for query in made.asked(path)]


# Windows
# --------------------------------------------------------------------------------------------------


def test_days_are_those_of_the_accounts_zone_and_the_end_is_exclusive(tmp_path: Path) -> None:
    """Guards the first and last hours of an account that is not in UTC; and a day that has not begun for it."""
    made = place(tmp_path)
    # 08:00 UTC is midnight at Etc/GMT+8: the 11th has not begun there.
    read(reading(made, since=at("2026-10-09T08:00:00"), until=at("2026-10-11T08:00:00")), "ads_report_daily")
    read(reading(made, since=at("2026-10-09T07:59:59"), until=at("2026-10-11T08:00:01")), "ads_report_daily")
    assert spans(made) == [("2026-10-09", "2026-10-10"), ("2026-10-08", "2026-10-11")]

    east = place(tmp_path, timezone="Asia/Bangkok")
    read(reading(east, since=at("2026-10-08T17:00:00"), until=at("2026-10-10T17:00:00")), "ads_report_daily")
    assert spans(east) == [("2026-10-09", "2026-10-10")]


def test_a_window_in_the_archive_is_half_open_and_ends_with_the_run(tmp_path: Path) -> None:
    """Guards a running day that is archived as if it were over."""
    made = place(tmp_path)
    until = at("2026-10-10T20:00:00")
    (page,) = read(reading(made, since=at("2026-10-09T08:00:00"), until=until), "ads_report_daily")
    assert page.window == (int(at("2026-10-09T08:00:00").timestamp()), int(until.timestamp()))
    assert page.context == {"advertiser_id": ONE, "currency": "USD", "timezone": "Etc/GMT+8"}
    assert not {"access_token", "secret", "app_id"} & set(page.query)


def test_the_first_sync_reads_the_history_thirty_days_a_call(tmp_path: Path) -> None:
    """Guards a window that is longer than the report allows, and a gap or an overlap between two."""
    made = place(tmp_path)
    read(reading(made, until=at("2026-10-10T08:00:00"), history_days=61), "ads_report_daily")
    asked = spans(made)
    assert asked == [("2026-08-10", "2026-09-08"), ("2026-09-09", "2026-10-08"), ("2026-10-09", "2026-10-09")]


def test_the_next_sync_reads_a_week_again_and_no_more(tmp_path: Path) -> None:
    """Guards cost that comes late or is repaired, and a sync that reads the whole history every time."""
    made, states = place(tmp_path), {}
    read(
        reading(made, until=at("2026-10-10T20:00:00"), history_days=60, states=states),
        "ads_report_daily",
        states,
    )
    made.requests.clear()
    read(reading(made, until=at("2026-10-11T20:00:00"), states=states), "ads_report_daily", states)
    # The account's clock says noon: the tenth was not over at the first sync.
    assert spans(made) == [("2026-10-03", "2026-10-11")]
    assert states["ads_report_daily"]["cursor"] == int(at("2026-10-11T20:00:00").timestamp())


def test_progress_ends_at_the_last_day_with_rows(tmp_path: Path) -> None:
    """Guards days that came empty because TikTok was late: they would never be asked for again."""

    def late(path: str, query: dict[str, str]) -> httpx.Response:
        return ok(listed([row(day) for day in days_of(query) if day <= date(2026, 10, 4)]))

    made, states = place(tmp_path, late), {}
    read(
        reading(made, until=at("2026-10-20T08:00:00"), history_days=20, states=states),
        "ads_report_daily",
        states,
    )
    assert states["ads_report_daily"] == {"cursor": int(at("2026-10-05T08:00:00").timestamp())}


def test_an_account_without_any_figures_has_no_progress(tmp_path: Path) -> None:
    made, states = place(tmp_path, lambda path, query: ok(listed([]))), {}
    read(reading(made, until=at("2026-10-20T08:00:00"), states=states), "ads_report_daily", states)
    assert states.get("ads_report_daily", {}) == {}


def test_an_explicit_start_that_was_cut_short_goes_on(tmp_path: Path) -> None:
    def breaks(path: str, query: dict[str, str]) -> httpx.Response:
        return refused(40002) if query["end_date"] > "2026-09-10" else every_day(path, query)

    made, states = place(tmp_path, breaks), {}
    since, until = at("2026-08-01T08:00:00"), at("2026-10-10T08:00:00")
    with pytest.raises(ApiError):
        read(reading(made, since=since, until=until, states=states), "ads_report_daily", states)
    assert states["ads_report_daily"]["backfill"]["at"] == int(at("2026-08-31T08:00:00").timestamp())
    again = place(tmp_path)
    read(reading(again, since=since, until=until, states=states), "ads_report_daily", states)
    assert spans(again)[0][0] == "2026-08-31" and "backfill" not in states["ads_report_daily"]


# Hours
# --------------------------------------------------------------------------------------------------


def test_hours_are_asked_for_day_by_day_and_only_where_the_day_has_rows(tmp_path: Path) -> None:
    """Guards 180 calls about an account that spent on three days."""
    spent = {date(2026, 10, 4), date(2026, 10, 7)}

    def served(path: str, query: dict[str, str]) -> httpx.Response:
        hour = 5 if "stat_time_hour" in query["dimensions"] else None
        return ok(listed([row(day, hour) for day in days_of(query) if day in spent]))

    made = place(tmp_path, served)
    now = reading(made, until=at("2026-10-10T08:00:00"))
    read(now, "ads_report_daily")
    made.requests.clear()
    read(now, "ads_report_hourly")
    assert spans(made) == [("2026-10-04", "2026-10-04"), ("2026-10-07", "2026-10-07")]


def test_hours_alone_are_asked_for_of_every_day(tmp_path: Path) -> None:
    """Guards a day whose hours are never asked for because its day was not part of this run."""
    made = place(tmp_path)
    read(reading(made, until=at("2026-10-10T08:00:00"), history_days=3), "ads_report_hourly")
    assert spans(made) == [(day, day) for day in ("2026-10-07", "2026-10-08", "2026-10-09")]


# What TikTok can't do
# --------------------------------------------------------------------------------------------------


def test_a_window_that_is_too_much_is_asked_for_in_halves(tmp_path: Path) -> None:
    """Guards a report that is never read because 30 days of it take too long; and half a window stored twice."""

    def slow(path: str, query: dict[str, str]) -> httpx.Response:
        return refused(51010) if len(days_of(query)) > 3 else every_day(path, query)

    made = place(tmp_path, slow)
    pages = read(reading(made, until=at("2026-10-10T08:00:00"), history_days=10), "ads_report_daily")
    assert spans(made) == [
        ("2026-09-30", "2026-10-09"),
        ("2026-09-30", "2026-10-04"),
        ("2026-09-30", "2026-10-02"),
        ("2026-10-03", "2026-10-04"),
        ("2026-10-05", "2026-10-09"),
        ("2026-10-05", "2026-10-07"),
        ("2026-10-08", "2026-10-09"),
    ]
    assert sum(page.count for page in pages) == 10


def test_a_day_that_can_not_be_read_ends_the_resource_with_the_days_before_it_kept(tmp_path: Path) -> None:
    def broken(path: str, query: dict[str, str]) -> httpx.Response:
        return refused(50000) if date(2026, 10, 5) in days_of(query) else every_day(path, query)

    made = place(tmp_path, broken)
    got = []
    now = reading(made, until=at("2026-10-10T08:00:00"))
    resource = ads.BY_NAME["ads_report_daily"]
    with pytest.raises(BackendTrouble):
        for step in resource.read(now, resource):
            got.append(step)
    pages = [step for step in got if isinstance(step, Page)]
    assert sum(page.count for page in pages) == 5, "30 September to 4 October"
    assert not any(isinstance(step, Checkpoint) for step in got), "what was not read is no progress"


def test_a_window_of_which_a_page_is_missing_is_not_stored(tmp_path: Path) -> None:
    """Guards half a day's campaigns passing for all of them."""
    calls = []

    def cut(path: str, query: dict[str, str]) -> httpx.Response:
        calls.append(query["page"])
        day = days_of(query)[0]
        return ok(listed([row(day)], 1, 2)) if query["page"] == "1" else refused(40002)

    made = place(tmp_path, cut)
    now = reading(made, until=at("2026-10-10T08:00:00"), history_days=1)
    resource, got = ads.BY_NAME["ads_report_daily"], []
    with pytest.raises(ApiError):
        for step in resource.read(now, resource):
            got.append(step)
    assert got == [] and calls == ["1", "2"]


def test_a_window_that_is_short_of_rows_is_read_again(tmp_path: Path) -> None:
    """Guards a page that does not come once: the second reading has it, and the first leaves nothing behind."""
    calls: list[str] = []

    def forgetful(path: str, query: dict[str, str]) -> httpx.Response:
        calls.append(query["page"])
        first, *others = [row(day) for day in days_of(query)]
        given = [first] if query["page"] == "1" else [] if len(calls) == 2 else others
        data = listed(given, int(query["page"]), 2)
        data["page_info"]["total_number"] = 1 + len(others)
        return ok(data)

    made = place(tmp_path, forgetful)
    now = reading(made, until=at("2026-10-05T08:00:00"), history_days=5)
    resource = ads.BY_NAME["ads_report_daily"]
    pages = [step for step in resource.read(now, resource) if isinstance(step, Page)]
    assert calls == ["1", "2", "1", "2"]
    assert [page.count for page in pages] == [1, 4], "30 September to 4 October"


# Accounts, stores and campaigns
# --------------------------------------------------------------------------------------------------


def test_an_account_is_asked_for_once_and_only_for_what_is_needed(tmp_path: Path) -> None:
    """Guards telephone numbers and addresses that nobody needs."""
    made = place(tmp_path)
    now = reading(made, until=at("2026-10-10T08:00:00"))
    read(now, "advertisers")
    read(now, "ads_report_daily")
    (query,) = made.asked("/advertiser/info/")
    assert orjson.loads(query["advertiser_ids"]) == [ONE]
    assert not {"email", "address", "contacter", "telephone_number", "cellphone_number"} & set(
        orjson.loads(query["fields"])
    )
    assert "balance" in orjson.loads(query["fields"])


def test_contact_data_that_comes_nevertheless_is_cut(tmp_path: Path) -> None:
    told = {**info()["list"][0], "email": "ads@planted.example", "balance": 12.5, "contacter": "A. Planted"}
    made = ads_world(tmp_path, [ok({"list": [told]})])
    (page,) = read(reading(made, until=at("2026-10-10T08:00:00")), "advertisers")
    assert page.lines is not None
    assert b"planted" not in page.lines.lower() and b"USD" in page.lines
    # What the account has left is nobody's contact data.
    assert b'"balance":12.5' in page.lines


@pytest.mark.parametrize(
    "data",
    [
        {"list": []},
        {},
        info(TWO),
        info(currency=""),
        info(timezone="Moon/Crater"),
        info(timezone="../etc/passwd"),
    ],
)
def test_an_account_without_currency_or_calendar_is_not_guessed(tmp_path: Path, data: dict[str, Any]) -> None:
    """Guards amounts in a currency that was made up, and days of the wrong calendar."""
    made = ads_world(tmp_path, [ok(data)])
    now = reading(made, until=at("2026-10-10T08:00:00"))
    for name in ("advertisers", "ads_report_daily"):
        with pytest.raises(MalformedAnswer, match="no currency or no known time zone"):
            read(now, name)
    assert len(made.requests) == 1, "asked once a run"


def test_an_account_without_permission_is_refused_as_a_whole(tmp_path: Path) -> None:
    made = ads_world(tmp_path, [refused(40001, "No permission to operate advertiser")])
    now = reading(made, until=at("2026-10-10T08:00:00"))
    with pytest.raises(AccountRefused) as caught:
        read(now, "advertisers")
    assert caught.value.state == "revoked" and caught.value.code == 40001


def test_campaigns_are_listed_with_the_deleted_ones(tmp_path: Path) -> None:
    """Guards past days whose campaign nobody knows any more."""
    made = place(tmp_path, lambda path, query: ok(listed([])))
    now = reading(made, until=at("2026-10-10T08:00:00"))
    read(now, "campaigns")
    (query,) = made.asked("/open_api/v1.3/campaign/get/")
    assert orjson.loads(query["filtering"]) == {"primary_status": "STATUS_ALL"}
    pages = read(now, "gmv_max_campaigns")
    assert {page.context["store_id"] for page in pages} == {STORE}
    assert [page.context["promotion_type"] for page in pages] == ["PRODUCT", "PRODUCT", "LIVE", "LIVE"]
    assert [page.count for page in pages] == [1, 1, 0, 0], "of a store that is listed twice once"


def test_reports_are_asked_for_by_store_and_kind_that_have_campaigns(tmp_path: Path) -> None:
    made = place(tmp_path)
    read(reading(made, until=at("2026-10-10T08:00:00")), "gmv_max_campaign_daily")
    (query,) = made.asked(GMV_MAX)
    assert orjson.loads(query["store_ids"]) == [STORE]
    filtering = orjson.loads(query["filtering"])
    assert (
        filtering["gmv_max_promotion_types"] == ["PRODUCT"]
        and "STATUS_DELETE" in filtering["campaign_statuses"]
    )
    made.requests.clear()
    read(reading(made, until=at("2026-10-10T08:00:00")), "gmv_max_product_daily")
    (query,) = made.asked(GMV_MAX)
    assert orjson.loads(query["filtering"]) == {"campaign_ids": ["1", "2"]}


def test_a_store_that_another_account_promotes_is_left_out_and_told(tmp_path: Path) -> None:
    """Guards one refused store taking the account's own figures with it; and a gap that nobody is told of."""
    other = "7495000000000000101"

    def exclusive(path: str, query: dict[str, str]) -> httpx.Response:
        refuses = orjson.loads(query["store_ids"]) == [other]
        return refused(40001, "No permission to the GMV Max data") if refuses else every_day(path, query)

    made = place(tmp_path, exclusive, stores=(other, STORE))
    now = reading(made, until=at("2026-10-10T08:00:00"), history_days=40)
    pages = read(now, "gmv_max_product_daily")
    assert [page.context["store_id"] for page in pages] == [STORE, STORE]
    (note,) = now.notes["gmv_max_product_daily"]
    assert other in note and "No permission to the GMV Max data" in note
    asked = [orjson.loads(query["store_ids"]) for query in made.asked(GMV_MAX)]
    assert asked == [[other], [STORE], [STORE]], "a refused store is not asked again in this run"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused(40001, "No permission to the GMV Max data"), ScopeMissing),
        (refused(40100, "QPD limit reached"), DayLimitReached),
        (refused(60001), Maintenance),
    ],
    ids=["no store is left", "the day's calls are used up", "maintenance"],
)
def test_a_report_that_nobody_may_read_is_no_empty_success(
    tmp_path: Path, answer: httpx.Response, kind: type[ApiError]
) -> None:
    made, states = place(tmp_path, lambda path, query: answer), {}
    with pytest.raises(kind):
        read(reading(made, until=at("2026-10-10T08:00:00"), states=states), "gmv_max_campaign_daily", states)
    assert "cursor" not in states.get("gmv_max_campaign_daily", {})


def test_settings_are_asked_for_when_a_campaign_was_changed(tmp_path: Path) -> None:
    """Guards a call per campaign and sync, for ever; and a change that is never seen."""

    def settings(path: str, query: dict[str, str]) -> httpx.Response:
        if query["campaign_id"] == "2":
            return refused(40007, "Campaign 2 does not exist")
        return ok({"campaign_id": query["campaign_id"], "store_id": STORE, "budget": 50})

    made, states = place(tmp_path, settings), {}
    until = at("2026-10-10T08:00:00")
    first = reading(made, until=until, states=states)
    (page,) = read(first, "gmv_max_campaign_settings", states)
    assert page.count == 1 and "Campaign 2 was left out" in first.notes["gmv_max_campaign_settings"][0]
    made.requests.clear()
    assert read(reading(made, until=until, states=states), "gmv_max_campaign_settings", states) == []
    assert made.asked("/campaign/gmv_max/info/") == []
    states["gmv_max_campaign_settings"]["modified"]["1"] = "2026-08-31 00:00:00"
    read(reading(made, until=until, states=states), "gmv_max_campaign_settings", states)
    assert [query["campaign_id"] for query in made.asked("/campaign/gmv_max/info/")] == ["1"]


def test_creatives_are_asked_for_by_the_products_that_have_cost(tmp_path: Path) -> None:
    def served(path: str, query: dict[str, str]) -> httpx.Response:
        dimensions = orjson.loads(query["dimensions"])
        if "stat_time_day" not in dimensions:
            return ok(
                listed(
                    [{"dimensions": {"campaign_id": "1", "item_group_id": "p1"}, "metrics": {"cost": "1"}}]
                )
            )
        return ok(listed([]))

    made = place(tmp_path, served)
    read(reading(made, until=at("2026-10-10T08:00:00")), "gmv_max_creative_daily")
    first, second = made.asked(GMV_MAX)
    assert orjson.loads(first["dimensions"]) == ["campaign_id", "item_group_id"]
    assert orjson.loads(second["filtering"]) == {"campaign_ids": ["1", "2"], "item_group_ids": ["p1"]}


def test_names_of_resources_are_those_of_their_tables_and_not_of_a_shops() -> None:
    """Guards `--resource NAME` that would read something else."""
    from ingestion.tiktok_shop.resources import RESOURCES, tables

    shops = {resource.name for resource in RESOURCES} | {table.name for table in tables()}
    assert not shops & ads.CATALOGUE.names()
    assert ads.CATALOGUE.names() == {table.name for table in ads.CATALOGUE.tables()}
    assert [one.name for one in ads.CATALOGUE.chosen(["gmv_max_live_daily", "campaigns"])] == [
        "campaigns",
        "gmv_max_live_daily",
    ]
