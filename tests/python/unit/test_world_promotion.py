"""Creators, LIVE rooms and videos of the world agree with its orders and its settlements, and with themselves."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from world_helpers import CLOCK, DAY, SHOP, Json, bodies, everywhere, money, world_of

from sandbox.world import promotion
from sandbox.world.catalog import SHOPS, Shop
from sandbox.world.live_rooms import GROWS_DAYS, Session
from sandbox.world.people import personal_values
from sandbox.world.store import Store
from sandbox.world.truth import truth
from sandbox.world.video_days import figures_of_day

HORIZON = CLOCK + 14 * DAY
COMMISSIONS = {
    "affiliate_commission_amount": "actual_paid_commission",
    "affiliate_partner_commission_amount": "actual_paid_partner_commission",
    "affiliate_ads_commission_amount": "actual_paid_shop_ads_commission",
    "cofunded_creator_bonus_amount": "actual_cofunded_creator_bonus_amount",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world_of(tmp_path_factory, orders=4000, days=60)


@pytest.fixture(scope="module")
def store(world: Path) -> Store:
    return Store.open(world)


def affiliate_rows(store: Store, shop: Shop, clock: int = CLOCK) -> dict[tuple[str, str], Json]:
    return {
        (order["id"], sku["sku_id"]): {**sku, "create_time": order["create_time"]}
        for order in bodies(store, "affiliate_sku", shop, clock)
        for sku in order["skus"]
    }


def sessions(store: Store, shop: Shop, clock: int = CLOCK) -> list[Session]:
    return [Session(shop, record.body, clock) for record in store.records("live_session", shop.id, clock)]


# --- who promotes, and when


@pytest.mark.parametrize("region", SHOP)
def test_rooms_are_found_while_they_are_on_air(region: str) -> None:
    shop, zone = SHOP[region], ZoneInfo(SHOP[region].timezone)
    days = [date(2026, 10, 1) + timedelta(days=number) for number in range(45)]
    rooms = [room for day in days for room in promotion.rooms_of_day(shop, day)]
    assert len({room.id for room in rooms}) == len(rooms)
    for room in rooms:
        assert promotion.room(shop, room.id) == room
        assert datetime.fromtimestamp(room.start, zone).date() == room.day
        for moment, there in (
            (room.start - 1, False),
            (room.start, True),
            (room.end - 1, True),
            (room.end, False),
        ):
            assert (room in promotion.on_air(shop, moment)) == there
    over_midnight = [room for room in rooms if datetime.fromtimestamp(room.end - 1, zone).date() > room.day]
    assert over_midnight
    assert {room.account.kind for room in rooms} == {
        promotion.OFFICIAL,
        promotion.MARKETING,
        promotion.AFFILIATE,
    }
    without_minutes = [room for room in rooms if not room.has_minutes]
    assert 1 <= len(without_minutes) <= 2, "one session in 29 days never tells its minutes"
    others = SHOPS[(SHOPS.index(shop) + 1) % len(SHOPS)]
    elsewhere = promotion.rooms_of_day(others, days[0])[0].id
    for wrong in ("", elsewhere, rooms[0].id[:-1] + "9", "x" * 19):
        assert promotion.room(shop, wrong) is None


@pytest.mark.parametrize("region", SHOP)
def test_videos_are_watched_after_they_are_posted(region: str) -> None:
    shop = SHOP[region]
    for moment in range(CLOCK, CLOCK + 9 * DAY, 40_000):
        watched = promotion.videos_at(shop, moment)
        assert len(watched) == promotion.ACTIVE_VIDEOS
        assert max(one.posted for one in watched) <= moment
        assert promotion.video(shop, watched[-1].number + 1).posted > moment
    makers = {one.account.kind for one in watched}
    assert makers == {promotion.OFFICIAL, promotion.AFFILIATE}
    assert sum(len(promotion.videos_of(shop, one, moment)) for one in promotion.creators(shop)) < len(watched)


def test_names_are_unique_in_a_shop_and_one_is_in_all() -> None:
    names = [{one.username.lower() for one in promotion.creators(shop)} for shop in SHOPS]
    assert [len(found) for found in names] == [20] * 5
    assert set.intersection(*names) == {"global.finds"}
    ids = {
        one.open_id for shop in SHOPS for one in (*promotion.creators(shop), *promotion.own_accounts(shop))
    }
    assert len(ids) == 22 * 5


# --- orders


def test_what_was_bought_in_a_room_was_bought_while_it_was_on_air(store: Store) -> None:
    seen = 0
    for shop, order in everywhere(store, "order"):
        ids = {line.get("room_id", "") for line in order["line_items"]}
        assert len(ids) == 1
        room = promotion.room(shop, ids.pop())
        if room is not None:
            seen += 1
            assert room.start <= order["create_time"] < room.end
    assert seen > 300


@pytest.mark.parametrize("clock", [CLOCK, CLOCK + 9 * DAY])
@pytest.mark.parametrize("region", SHOP)
def test_the_statement_pays_what_the_affiliate_orders_say(store: Store, region: str, clock: int) -> None:
    shop = SHOP[region]
    paid: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in bodies(store, "statement_transaction", shop, clock):
        # Some rows show charges without their sign.
        sign = (
            1
            if row["id"].endswith("0") and row.get("revenue_amount", "0") != "0" and _is_positive(row)
            else -1
        )
        for name, amount in row.get("fee_tax_breakdown", {}).get("fee", {}).items():
            paid[row.get("order_id", "")][name] += sign * Decimal(amount)
    # What is wrong on purpose is not what the affiliate orders say.
    planted = {(case["subject"], case["component"]) for case in bodies(store, "planted", shop, clock)}
    settled = 0
    told: dict[str, list[Json]] = defaultdict(list)
    for (order_id, _), row in affiliate_rows(store, shop, clock).items():
        told[order_id].append(row)
    for order_id, rows in told.items():
        if "actual_paid_commission" not in rows[0]:
            assert order_id not in paid or order_id in {subject for subject, _ in planted}
            continue
        settled += 1
        for fee, actual in COMMISSIONS.items():
            if (order_id, fee) in planted:
                continue
            assert paid[order_id][fee] == sum(money(row[actual], "amount") for row in rows), (order_id, fee)
    assert settled > 5


def _is_positive(row: Json) -> bool:
    return all(Decimal(amount) >= 0 for amount in row["fee_tax_breakdown"]["fee"].values())


def test_a_commission_is_its_rate_of_the_base_as_it_is_displayed(store: Store) -> None:
    marks = {"THB": "฿", "VND": "₫", "MYR": "RM", "GBP": "£", "USD": "$"}
    for shop in SHOPS:
        rows = affiliate_rows(store, shop)
        assert rows
        for row in rows.values():
            shown = row["estimated_commission_base"]["amount"]
            assert shown.startswith(marks[shop.currency])
            number = shown.removeprefix(marks[shop.currency])
            plain = number.replace(".", "") if shop.currency == "VND" else number.replace(",", "")
            exact = Decimal(plain) * int(row["commission_rate"]) / 10_000
            unit = Decimal(1).scaleb(-shop.digits)
            assert money(row["estimated_paid_commission"], "amount") == exact.quantize(unit, ROUND_HALF_UP)
    assert any(
        "." in row["estimated_commission_base"]["amount"]
        for row in affiliate_rows(store, SHOP["VN"]).values()
    )


def test_every_state_of_a_commission_is_there(store: Store) -> None:
    rows = [row for shop in SHOPS for row in affiliate_rows(store, shop).values()]
    assert {row["settlement_status"] for row in rows} >= {
        "AWAITING PAYMENT",
        "To-SETTLE",
        "SETTLED",
        "INELIGIBLE",
    }
    assert {row["content_type"] for row in rows} >= {"VIDEO", "LIVE", "SHOP", "LINKSHARE", "PROMOTION_PAGE"}
    for name in ("open_collaboration_id", "target_collaboration_id", "campaign_id"):
        assert any(name in row for row in rows), name
    assert {row["fully_return"] for row in rows if "fully_return" in row} == {"Yes", "No"}
    for name in ("shop_ads_commission_rate", "partner_commission_rate"):
        assert {row[name] != "0" for row in rows} == {True, False}
    for row in rows:
        assert ("content_id" in row) == (row["content_type"] in ("VIDEO", "LIVE"))


def test_a_late_refund_takes_commission_back(store: Store) -> None:
    shrunk = 0
    for shop in SHOPS:
        now, later = affiliate_rows(store, shop), affiliate_rows(store, shop, HORIZON)
        for key, row in now.items():
            if "actual_paid_commission" in row:
                before, after = (money(one[key]["actual_paid_commission"], "amount") for one in (now, later))
                assert 0 <= after <= before
                shrunk += after < before
    assert shrunk


def test_creators_meet_in_one_order(store: Store) -> None:
    two = partly = conflicts = 0
    for shop in SHOPS:
        rows = affiliate_rows(store, shop)
        creators: dict[str, set[str]] = defaultdict(set)
        for (order_id, _), row in rows.items():
            creators[order_id].add(row["creator_username"])
        two += sum(len(names) == 2 for names in creators.values())
        for order in bodies(store, "order", shop):
            for line in order["line_items"]:
                claim = rows.get((order["id"], line["sku_id"]))
                partly += claim is None and order["id"] in creators and not line["is_gift"]
                room = promotion.room(shop, line.get("room_id", ""))
                if claim is not None and room is not None:
                    conflicts += claim["creator_username"] != room.account.username
    assert two > 5
    assert partly > 5
    assert conflicts > 20


# --- LIVE


@pytest.mark.parametrize("clock", [CLOCK, CLOCK + 5 * DAY])
def test_a_session_sold_what_the_orders_with_its_id_say(world: Path, store: Store, clock: int) -> None:
    own = {row["live_room_id"]: row for row in truth(world, clock, "live_sessions")}
    for shop in SHOPS:
        for session in sessions(store, shop, clock):
            shown = session.shown()
            assert money(shown["sales_performance"]["live_gmv"], "amount") == Decimal(
                own[session.room.id]["own_gmv"]
            )


@pytest.mark.parametrize("region", SHOP)
def test_the_parts_of_a_session_add_up(store: Store, region: str) -> None:
    for session in sessions(store, SHOP[region]):
        shown = session.shown()
        sales, traffic, talk = (
            shown[name] for name in ("sales_performance", "traffic", "interaction_performance")
        )
        assert (
            traffic["impressions"]
            >= traffic["views"]
            >= traffic["viewers"]
            >= traffic["pcu"]
            >= traffic["acu"]
        )
        assert traffic["product_impressions"] >= traffic["product_clicks"] >= sales["created_sku_orders"]
        minutes, products = session.minutes(), session.products()
        for name in ("views", "impressions", "product_impressions", "product_clicks"):
            assert sum(minute["traffic"][name] for minute in minutes) == traffic[name], name
        for name in ("likes", "comments", "shares", "new_followers"):
            assert sum(minute["interactions"][name] for minute in minutes) == talk[name]
        assert max(minute["traffic"]["viewers"] for minute in minutes) == traffic["pcu"]
        gmv = money(sales["live_gmv"], "amount")
        assert sum(money(minute["sales"]["gmv"], "amount") for minute in minutes) == gmv
        assert sum(money(product["sales"]["direct_gmv"], "amount") for product in products) == gmv
        for name, key in (
            ("product_clicks", "produt_clicks"),
            ("product_impressions", "product_impressions"),
        ):
            assert sum(product["traffic"][key] for product in products) == traffic[name]
        assert len(products) == traffic["products_added"] >= sales["products_sold"]
        starts = [minute["start_time"] for minute in minutes]
        assert starts == list(range(session.room.start, session.room.end, 60))
        stats = session.core_stats()
        assert money(stats["local_gmv"], "amount") == gmv
        assert stats["peak_concurrent_user_count"] == traffic["pcu"]


def test_what_a_session_is_credited_with_grows_for_thirty_days(store: Store) -> None:
    shop = SHOP["TH"]
    record = max(store.records("live_session", shop.id, CLOCK), key=lambda one: len(one.body))
    end = Session(shop, record.body, CLOCK).room.end
    amounts = [
        money(
            Session(shop, record.body, end + age * DAY).shown()["sales_performance"]["live_attributed_gmv"],
            "amount",
        )
        for age in range(2, GROWS_DAYS + 20)
    ]
    assert amounts == sorted(amounts)
    assert amounts[0] < amounts[GROWS_DAYS - 3] < amounts[GROWS_DAYS - 2]
    assert len(set(amounts[GROWS_DAYS - 2 :])) == 1


def test_a_session_is_there_once_it_is_over(store: Store) -> None:
    for shop in SHOPS:
        known = [session.room for session in sessions(store, shop)]
        assert max(room.end for room in known) < CLOCK
        expected = {
            room.id
            for number in range(61)
            for room in promotion.rooms_of_day(shop, date(2026, 11, 8) - timedelta(days=number))
            if room.end + 1_800 <= CLOCK
        }
        assert expected <= {room.id for room in known}


# --- videos


@pytest.mark.parametrize("region", SHOP)
def test_a_video_sold_what_its_affiliate_orders_say(store: Store, region: str) -> None:
    shop = SHOP[region]
    zone = ZoneInfo(shop.timezone)
    rows = affiliate_rows(store, shop)
    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for order in bodies(store, "order", shop):
        sold = (
            order["create_time"]
            if order["is_cod"] and order["status"] != "UNPAID"
            else order.get("paid_time")
        )
        for line in order["line_items"]:
            row = rows.get((order["id"], line["sku_id"]))
            if sold and row is not None and row["content_type"] == "VIDEO" and not line["is_gift"]:
                day = datetime.fromtimestamp(sold, zone).date().isoformat()
                expected[day, row["content_id"]] += money(line, "sale_price")
    own = {one.id for one in promotion.videos_at(shop, CLOCK) if one.account.is_own}
    told: dict[tuple[str, str], Decimal] = {}
    for stored in bodies(store, "video_day", shop):
        for video_id, figures in figures_of_day(shop, stored, CLOCK).items():
            assert figures.views > figures.clicks >= figures.sku_orders
            assert figures.impressions >= figures.clicks
            if figures.gmv and not promotion.video(shop, int(video_id[-7:])).account.is_own:
                told[stored["day"], video_id] = Decimal(figures.gmv).scaleb(-shop.digits)
    today = datetime.fromtimestamp(CLOCK, zone).date().isoformat()
    assert told == {key: amount for key, amount in expected.items() if key[0] < today}
    assert own
    assert len(told) > 10


# --- samples


def test_samples_follow_their_orders(store: Store) -> None:
    statuses: set[str] = set()
    for shop in SHOPS:
        orders = {order["id"]: order for order in bodies(store, "order", shop) if order["is_sample_order"]}
        applications = bodies(store, "sample_application", shop)
        asked = {one["order_id"] for one in applications if "order_id" in one}
        assert asked == orders.keys()
        for one in applications:
            statuses.add(one["status"])
            contents = bodies(store, "sample_fulfillment", shop, parent=one["id"])
            assert bool(contents) == (one["status"] == "COMPLETED")
            for content in contents:
                posted = content["content"]["create_time"]
                delivered = orders[one["order_id"]]["delivery_time"]
                assert delivered < posted <= delivered + 21 * DAY
    assert statuses >= {"PENDING", "SHIPPED", "COMPLETED", "UNFULFILL_CANCELLED", "REJECT_CANCELLED"}


# --- the ground truth


@pytest.mark.parametrize("clock", [CLOCK, CLOCK + 6 * DAY])
def test_creators_and_none_add_up_to_the_shop(world: Path, clock: int) -> None:
    sums: dict[tuple[str, str], Json] = defaultdict(lambda: defaultdict(Decimal))
    names = {
        "attributed_gmv": "gmv",
        "net_attributed_gmv": "net_gmv",
        "attributed_orders": "paid_orders",
        "attributed_units": "units_sold",
    }
    rows = truth(world, clock, "creator_daily")
    for row in rows:
        for name in names:
            sums[row["shop_key"], row["business_date"]][name] += Decimal(row[name])
    for day in truth(world, clock, "kpi_shop_daily"):
        ours = sums[day["shop_key"], day["business_date"]]
        for name, total in names.items():
            assert ours[name] == Decimal(day[total]), (day, name)
    assert {row["creator_username"] for row in rows} > {"none", "global.finds"}
    assert any(row["actual_commission"] is None for row in rows)
    assert all(row["creator_username"] == row["creator_username"].lower() for row in rows)


def test_personal_data_of_collaborations_is_known_as_such(world: Path) -> None:
    assert "pii-th-contact@scs.example.com" in set(personal_values(world))
