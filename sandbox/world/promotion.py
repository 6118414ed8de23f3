"""Who promotes a shop: its creators, their videos, the LIVE rooms, the collaborations that set commissions.

Everything follows from the shop and the date alone, in every world alike, so that nothing of it has to be kept:
whoever needs the rooms of an evening asks for them. Figures that depend on orders are made in `live_rooms.py`,
`video_days.py` and `affiliates.py`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sandbox.world.catalog import Shop, Sku, skus

_MINUTE, _DAY = 60, 86_400
_EPOCH = date(1970, 1, 1)

OFFICIAL, MARKETING, AFFILIATE = "OFFICIAL_ACCOUNTS", "MARKETING_ACCOUNTS", "AFFILIATE_ACCOUNTS"
OWN_ACCOUNTS = (OFFICIAL, MARKETING)

_NAMES = (
    "ann",
    "bea",
    "coco",
    "dana",
    "eli",
    "fern",
    "gigi",
    "hana",
    "ivy",
    "june",
    "kit",
    "lulu",
    "mina",
    "nok",
    "opal",
    "pim",
    "quinn",
    "rosa",
    "suki",
    "tess",
)
_TOPICS = ("beauty", "home", "deals", "makeup", "daily")
# How much a creator sells beside the others of a shop.
_WEIGHTS = (13, 11, 9, 8, 7, 6, 5, 5, 4, 4, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1)
_IN_TWO_WORLDS = 19
"""One creator sells for every shop under one name, so that a join without the shop shows."""
_CAMPAIGNER = 7
"""One creator comes by a campaign of an agency, not by a collaboration with the seller."""

VIDEO_EVERY_DAYS = 3
ACTIVE_VIDEOS = 60
"""So many videos of a shop, the newest, are still watched."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who posts for a shop: a creator, or one of the shop's own accounts.

    Attributes:
        number: 0 to 19 for a creator of the shop, below 0 for an own account, above for strangers.
        username: The name in the app.
        open_id: The platform's id for this app.
        nickname: The name shown.
        followers: How many follow.
        kind: Which list of the analytics shows what it posts.
    """

    number: int
    username: str
    open_id: str
    nickname: str
    followers: int
    kind: str

    @property
    def is_own(self) -> bool:
        """Whether it is the shop's own."""
        return self.kind != AFFILIATE

    @property
    def has_agency(self) -> bool:
        """Whether an agency takes a commission of its own."""
        return not self.is_own and self.number % 5 == 1


def _account(shop: Shop, number: int, username: str, nickname: str, kind: str) -> Account:
    digest = hashlib.sha256(f"account {shop.region} {username}".encode()).hexdigest()
    followers = 800 + int(digest[:8], 16) % (2_000_000 // (number + 2) if number >= 0 else 90_000)
    return Account(number, username, f"acc{digest[8:32]}", nickname, followers, kind)


@cache
def creators(shop: Shop) -> tuple[Account, ...]:
    """The creators who promote a shop."""
    found: list[Account] = []
    for number in range(len(_WEIGHTS)):
        name, topic = _NAMES[number], _TOPICS[number % len(_TOPICS)]
        username = f"{name}.{topic}.{shop.region.lower()}"
        if number == _IN_TWO_WORLDS:
            username = "global.finds"
        if number == 12:
            # The platform's names know no case; one is written with it.
            username = username.title()
        found.append(_account(shop, number, username, f"{name.title()} | {topic}", AFFILIATE))
    return tuple(found)


@cache
def strangers(shop: Shop) -> tuple[Account, ...]:
    """Creators of the market who do not promote the shop."""
    return tuple(
        _account(
            shop,
            20 + number,
            f"{_NAMES[number]}.abroad.{shop.region.lower()}",
            _NAMES[number].title(),
            AFFILIATE,
        )
        for number in range(16)
    )


@cache
def own_accounts(shop: Shop) -> tuple[Account, Account]:
    """The shop's official account and the one it advertises with."""
    region = shop.region.lower()
    return (
        _account(shop, -1, f"aurora.{region}", f"Aurora {shop.region}", OFFICIAL),
        _account(shop, -2, f"aurora.{region}.deals", f"Aurora {shop.region} deals", MARKETING),
    )


@cache
def _drawn(shop: Shop) -> tuple[Account, ...]:
    """Every creator as often as its weight, spread out."""
    many = [creator for creator, weight in zip(creators(shop), _WEIGHTS, strict=True) for _ in range(weight)]
    return tuple(many[number * 41 % len(many)] for number in range(len(many)))


def creator_of(shop: Shop, draw: int) -> Account:
    """The creator that a number draws; those who sell more are drawn more often."""
    drawn = _drawn(shop)
    return drawn[draw % len(drawn)]


@cache
def products(shop: Shop) -> dict[str, Sku]:
    """The first SKU of every product."""
    return {sku.product_id: sku for sku in reversed(skus(shop))}


@cache
def _product_ids(shop: Shop) -> tuple[str, ...]:
    return tuple(sorted(products(shop)))


# --- videos


@dataclass(frozen=True, slots=True)
class Video:
    """A video with products in it.

    Attributes:
        number: Counts the shop's videos since 1970.
        posted: Unix seconds.
        seconds: Its length.
    """

    number: int
    id: str
    account: Account
    posted: int
    title: str
    seconds: int
    product_ids: tuple[str, ...]


@cache
def video(shop: Shop, number: int) -> Video:
    """The n-th video for a shop."""
    ids = _product_ids(shop)
    official = own_accounts(shop)[0]
    account = official if number % 6 == 5 else creator_of(shop, number * 11)
    chosen = tuple(dict.fromkeys(ids[(number * 5 + part * 3) % len(ids)] for part in range(1 + number % 3)))
    return Video(
        number=number,
        id=f"75{shop.number}000000000{number:07d}",
        account=account,
        posted=(number * VIDEO_EVERY_DAYS + shop.number % VIDEO_EVERY_DAYS) * _DAY + number * 7919 % _DAY,
        title=f"{products(shop)[chosen[0]].product_name}: try it #{number}",
        seconds=12 + number * 13 % 90,
        product_ids=chosen,
    )


def videos_at(shop: Shop, moment: int) -> tuple[Video, ...]:
    """The videos that are watched at a moment, oldest first; all have been posted."""
    return _videos_up_to(shop, _newest_video(shop, moment))


def _newest_video(shop: Shop, moment: int) -> int:
    newest = moment // _DAY // VIDEO_EVERY_DAYS
    while video(shop, newest).posted > moment:
        newest -= 1
    return newest


@cache
def _videos_up_to(shop: Shop, newest: int) -> tuple[Video, ...]:
    return tuple(video(shop, number) for number in range(newest - ACTIVE_VIDEOS + 1, newest + 1))


def videos_of(shop: Shop, account: Account, moment: int) -> tuple[Video, ...]:
    """The videos of one account that are watched at a moment, oldest first."""
    return _videos_by_account(shop, _newest_video(shop, moment)).get(account.number, ())


@cache
def _videos_by_account(shop: Shop, newest: int) -> dict[int, tuple[Video, ...]]:
    found: dict[int, tuple[Video, ...]] = {}
    for one in _videos_up_to(shop, newest):
        found[one.account.number] = (*found.get(one.account.number, ()), one)
    return found


# --- LIVE rooms


@dataclass(frozen=True, slots=True)
class Room:
    """A LIVE session.

    Attributes:
        start: Unix seconds, a whole minute.
        end: Unix seconds, a whole minute.
        day: The shop-local date it began on.
        has_minutes: Whether the platform ever tells its minutes.
    """

    id: str
    account: Account
    title: str
    start: int
    end: int
    day: date
    has_minutes: bool


@cache
def rooms_of_day(shop: Shop, day: date) -> tuple[Room, ...]:
    """The sessions that begin on a day of the shop's calendar."""
    number = (day - _EPOCH).days
    official, marketing = own_accounts(shop)
    planned: list[tuple[int, Account, int, int]] = []  # index, account, minute of the day, minutes
    if number % 7 != 2:
        # One in five begins late and ends on the next day.
        late = number % 5 == 0
        planned.append((0, official, 1335 if late else 1140 + number * 37 % 60, 150 + number * 13 % 90))
    if number % 7 == 5:
        planned.append((1, marketing, 720, 90))
    for creator in creators(shop)[::4]:
        if (number + creator.number // 4) % 3 == 0:
            begin = 60 * (8 + (creator.number * 3 + number) % 12)
            planned.append((2 + creator.number // 4, creator, begin, 60 + number * (creator.number + 3) % 60))
    zone = ZoneInfo(shop.timezone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    rooms: list[Room] = []
    for index, account, begin, minutes in planned:
        start = int((midnight + timedelta(minutes=begin)).timestamp())
        rooms.append(
            Room(
                id=f"76{shop.number}000000000{number:06d}{index}",
                account=account,
                title=f"{account.nickname} LIVE {day:%d.%m.}",
                start=start,
                end=start + minutes * _MINUTE,
                day=day,
                has_minutes=index != 0 or number % 29 != 3,
            )
        )
    return tuple(rooms)


@cache
def _rooms_around(shop: Shop, utc_day: int) -> tuple[Room, ...]:
    """The sessions of which a part lies on a UTC day."""
    start = utc_day * _DAY
    middle = _EPOCH + timedelta(days=utc_day)
    return tuple(
        room
        for shift in (-2, -1, 0, 1)
        for room in rooms_of_day(shop, middle + timedelta(days=shift))
        if room.start < start + _DAY and room.end > start
    )


def on_air(shop: Shop, moment: int) -> list[Room]:
    """The sessions that are running."""
    return [room for room in _rooms_around(shop, moment // _DAY) if room.start <= moment < room.end]


def room(shop: Shop, room_id: str) -> Room | None:
    """The session with an id, or None."""
    if len(room_id) != 19 or not room_id.isascii() or not room_id.isdigit():
        return None
    day = _EPOCH + timedelta(days=int(room_id[-7:-1]))
    return next((one for one in rooms_of_day(shop, day) if one.id == room_id), None)


# --- collaborations


_OPEN_RATES = (1550, 1200, 1000, 1800, 800)


@dataclass(frozen=True, slots=True)
class OpenCollaboration:
    """A product that any creator may promote. Rates in hundredths of a percent."""

    id: str
    sku: Sku
    rate: int
    status: str


@dataclass(frozen=True, slots=True)
class TargetCollaboration:
    """What a seller has agreed with some creators for some products.

    Attributes:
        start: Unix seconds.
        end: Unix seconds.
        more: What it adds to the open rate, hundredths of a percent.
        agency_rate: What the agency of a creator gets.
        bonus_rate: What seller and platform add together.
    """

    id: str
    name: str
    start: int
    end: int
    more: int
    agency_rate: int
    bonus_rate: int
    creators: tuple[Account, ...]
    product_ids: tuple[str, ...]


def _number_of(product_id: str) -> int:
    return int(product_id[-4:])


@cache
def open_collaborations(shop: Shop) -> dict[str, OpenCollaboration]:
    """The open collaboration of every product."""
    found: dict[str, OpenCollaboration] = {}
    for product_id, sku in sorted(products(shop).items()):
        number = _number_of(product_id)
        status = "TERMINATING" if number == 6 else "NORMAL"
        rate = _OPEN_RATES[number % len(_OPEN_RATES)]
        found[product_id] = OpenCollaboration(f"72{shop.number}000000000000{number:04d}", sku, rate, status)
    return found


@cache
def target_collaborations(shop: Shop) -> tuple[TargetCollaboration, ...]:
    """What was agreed with some creators; the last one has ended long ago."""

    def instant(year: int, month: int) -> int:
        return int(datetime(year, month, 1, tzinfo=UTC).timestamp())

    return tuple(
        TargetCollaboration(
            id=f"73{shop.number}00000000000000{number:02d}",
            name=f"Aurora friends {number + 1}",
            start=instant(2024, 1 + number),
            end=instant(2025, 3) if number == 4 else instant(2031, 1),
            more=300 + 100 * number,
            agency_rate=200,
            bonus_rate=100 if number == 2 else 0,
            creators=tuple(one for one in creators(shop) if one.number % 5 == number),
            product_ids=tuple(one for one in _product_ids(shop) if _number_of(one) % 3 == number % 3),
        )
        for number in range(5)
    )


@cache
def _agreed(shop: Shop) -> dict[tuple[int, str], tuple[TargetCollaboration, ...]]:
    found: dict[tuple[int, str], tuple[TargetCollaboration, ...]] = {}
    for agreed in target_collaborations(shop):
        for creator in agreed.creators:
            for product_id in agreed.product_ids:
                key = (creator.number, product_id)
                found[key] = (*found.get(key, ()), agreed)
    return found


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a creator sells a product. Rates in hundredths of a percent."""

    rate: int
    agency_rate: int = 0
    bonus_rate: int = 0
    open_id: str = ""
    target_id: str = ""
    campaign_id: str = ""


def terms(shop: Shop, creator: Account, product_id: str, moment: int) -> Terms:
    """The terms at a moment: of the campaign, else of the target collaboration, else of the open one."""
    offered = open_collaborations(shop)[product_id]
    if creator.number == _CAMPAIGNER:
        return Terms(offered.rate, agency_rate=150, campaign_id=f"74{shop.number}0000000000000001")
    for agreed in _agreed(shop).get((creator.number, product_id), ()):
        if agreed.start <= moment < agreed.end:
            return Terms(
                offered.rate + agreed.more,
                agency_rate=agreed.agency_rate if creator.has_agency else 0,
                bonus_rate=agreed.bonus_rate,
                target_id=agreed.id,
            )
    return Terms(offered.rate, open_id=offered.id)


@dataclass(frozen=True, slots=True)
class Promotion:
    """How a creator promotes a product: how many contents show it; none when it is only in the showcase."""

    creator: Account
    videos: int
    lives: int


def promoters(shop: Shop, product_id: str, moment: int) -> list[Promotion]:
    """The creators who promote a product at a moment."""
    found: list[Promotion] = []
    for creator in creators(shop):
        shown = sum(product_id in one.product_ids for one in videos_of(shop, creator, moment))
        lives = 0
        if creator.number % 4 == 0 and (_number_of(product_id) + creator.number) % 3 == 0:
            # Who goes LIVE does so every third day.
            lives = 10
        if shown or lives or (_number_of(product_id) * 7 + creator.number) % 3 == 0:
            found.append(Promotion(creator, shown, lives))
    return found
