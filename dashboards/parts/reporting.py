"""How the data stand: shops, reporting zone and currency, until when they are complete. Read here only, so that another
name of a table is one change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboards.parts.store import Store

DEFAULT_ZONE = "Asia/Shanghai"
"""Of files that do not say their reporting zone."""
DEFAULT_CURRENCY = "CNY"
"""Of files that do not say their reporting currency."""


@dataclass(frozen=True)
class Standing:
    """How the data of a file stand.

    Attributes:
        shops: Its shops by region; `read_until` is how far each was read, on the clock of the reporting zone.
        zone: Reporting time zone.
        currency: Reporting currency.
        complete_until: Until when all shops were read, on that clock; None when the file does not say it.
        last_day: The last complete business date.
        published_at: When it was published, on that clock.
    """

    shops: list[dict[str, Any]]
    zone: str
    currency: str
    complete_until: datetime | None
    last_day: date
    published_at: datetime

    @property
    def today(self) -> date:
        """The business date that is not complete yet."""
        return self.last_day + timedelta(days=1)

    def local(self, time: datetime) -> datetime:
        """An instant on the clock of the reporting zone."""
        return _aware(time).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)


def standing(store: Store) -> Standing:
    """How the data of a publication stand."""
    return store.remember(("standing",), lambda: _standing(store))


def _standing(store: Store) -> Standing:
    settings = _settings(store)
    zone = settings.get("reporting_timezone", DEFAULT_ZONE)
    clock = ZoneInfo(zone)

    def local(time: datetime | None) -> datetime | None:
        return None if time is None else _aware(time).astimezone(clock).replace(tzinfo=None)

    published = store.rows("select max(published_at) as published_at from ops_publication")[0]["published_at"]
    published_at = local(published) or datetime.now(clock).replace(tzinfo=None)
    shops: list[dict[str, Any]] = []
    if store.has("dim_shops"):
        shops = store.rows("select * from dim_shops order by region, shop_key")
        for shop in shops:
            shop["read_until"] = local(shop.get("data_until"))
    # A shop that is held back keeps its last good figures; it does not make the others look old.
    ends = [shop["read_until"] for shop in shops if shop["read_until"] and not shop.get("is_held_back")]
    complete: datetime | None = min(ends) if ends else None
    return Standing(
        shops,
        zone,
        settings.get("reporting_currency") or _currency(store),
        complete,
        (complete or published_at).date() - timedelta(days=1),
        published_at,
    )


def _settings(store: Store) -> dict[str, str]:
    if not store.has("ops_settings"):
        return {}
    return {
        row["setting"]: str(row["value"]) for row in store.rows("select setting, value from ops_settings")
    }


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _currency(store: Store) -> str:
    for table in ("kpi_shop_daily", "kpi_ads_daily", "kpi_live_sessions", "kpi_creator_daily"):
        if "reporting_currency" in store.columns(table):
            found = store.table(f"select reporting_currency from {table} limit 1").rows  # noqa: S608 (own text)
            if found and found[0][0]:
                return str(found[0][0])
    return DEFAULT_CURRENCY
