"""What is final, what is expected of the rest, and what came: a shop's history, read on one day and again 46 days later.

The sandbox lives on behind its clock, so what was expected is compared with what really came. On the first day one
shop's returns can't be read behind their first page, and another's come without lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from conftest import CLOCK, admin, authorise, query, settings, sync
from templates import with_parse

from home.layout import Home
from orchestration.build.build import build
from sandbox.server.serve import start_in_thread
from sandbox.world.generator import generate

TH, VN, MY, GB, US = (f"749500000000000{n}" for n in ("0101", "0202", "0303", "0404", "0505"))
RESOURCES = ("shops", "orders", "returns", "cancellations")
LATER = 46
"""Days until all that is known now is older than var `maturity_days_final`."""
FIGURES = (
    "age_days, is_provisional, is_gmv_provisional, gmv, gmv_rc, net_gmv, net_gmv_rc, refunded_gmv, refunded_gmv_rc, "
    "net_gmv_expected, net_gmv_expected_rc, net_gmv_expected_low, net_gmv_expected_high, refunded_gmv_expected_rc, "
    "refund_rate_expected, refund_rate_expected_low, refund_rate_expected_high"
)
MODELS = "+kpi_shop_daily +fct_refund_lines"


Rows = dict[tuple[str, str], dict[str, Any]]
"""Rows by shop and business date."""


@dataclass(frozen=True)
class Story:
    """Days of kpi_shop_daily as they were on the first day and 46 days later, and as the world knew them on the first.

    Attributes:
        spread: Of the completed returns without lines: how many, the refund of their headers, and of their lines.
    """

    then: Rows
    later: Rows
    truth: Rows
    spread: tuple[int, Decimal, Decimal]

    def read(self, ages: range) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Days that had this age, of shops whose returns were read: shop, then and later."""
        for (shop, day), figures in self.then.items():
            if shop != MY and figures["age_days"] in ages:
                yield shop, figures, self.later[shop, day]


def days_of(home: Home) -> Rows:
    found = query(home.warehouse, f"select shop_key, business_date, {FIGURES} from marts.kpi_shop_daily")
    names = FIGURES.split(", ")
    return {(shop, str(day)): dict(zip(names, figures, strict=True)) for shop, day, *figures in found}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, parsed: Home) -> Story:
    folder = tmp_path_factory.mktemp("final")
    clock = int(CLOCK.timestamp())
    generate(folder / "world", orders=6000, days=110, seed=7, clock=clock, horizon_days=LATER + 1)
    home = with_parse(parsed, Home(folder / "home"))
    server = start_in_thread(folder / "world")
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {"TTKPI_HOME": str(home.root), **settings(server.base_url)}.items():
                patch.setenv(name, value)
            authorise(server, home)
            returns = {"path": "/returns/search"}
            endless = {"effect": "repeat_page_token", "shop": MY, **returns}
            without_lines = {"effect": "null_field", "field": "return_line_items", "shop": US, **returns}
            admin(server, "faults", [endless, without_lines])
            report = sync(home, resources=RESOURCES)
            assert {shop.shop_key for shop in report.shops if shop.errors} == {MY}
            build(home, select=MODELS).raise_for_errors()
            then, spread = days_of(home), spread_refunds(home)
            truth = {
                (row["shop_key"], row["business_date"]): row
                for row in admin(server, "truth/kpi_shop_daily", method="GET")
            }
            admin(server, "faults", method="DELETE")
            admin(server, "clock", {"advance_seconds": LATER * 86_400})
            assert not sync(home, resources=RESOURCES, until=CLOCK + timedelta(days=LATER)).failed
            build(home, select=MODELS).raise_for_errors()
            return Story(then, days_of(home), truth, spread)
    finally:
        server.stop()


def spread_refunds(home: Home) -> tuple[int, Decimal, Decimal]:
    ((returns, of_headers),) = query(
        home.warehouse,
        "select count(*), sum(refund_subtotal) from staging.stg_tiktok_shop__returns "
        f"where shop_key = '{US}' and line_count is null and return_status = 'RETURN_OR_REFUND_REQUEST_COMPLETE'",
    )
    ((of_lines,),) = query(
        home.warehouse,
        "select sum(refund_subtotal) from marts.fct_refund_lines "
        f"where shop_key = '{US}' and refund_basis = 'header' and return_status = 'RETURN_OR_REFUND_REQUEST_COMPLETE'",
    )
    return returns, of_headers, of_lines


def test_refunds_that_only_a_header_tells_are_in_the_day_of_their_sale(story: Story) -> None:
    """Guards against net_gmv that is too high by every return whose list of lines is null."""
    returns, of_headers, of_lines = story.spread
    assert returns > 10
    assert of_headers == of_lines
    days = {day: figures for (shop, day), figures in story.then.items() if shop == US}
    told = {day: figures for (shop, day), figures in story.truth.items() if shop == US}
    assert days.keys() == told.keys()
    # Two returns of one line may be more than it was sold for: without lines the rest is taken for another line's.
    apart = [day for day in days if days[day]["net_gmv"] != Decimal(told[day]["net_gmv"])]
    assert len(apart) < len(days) * 0.05
    ours, theirs = (sum(Decimal(day["refunded_gmv"]) for day in rows.values()) for rows in (days, told))
    assert theirs <= ours <= theirs * Decimal("1.02")


def test_a_list_that_breaks_leaves_every_day_provisional_until_it_is_read(story: Story) -> None:
    """Guards against days that pass as final while their returns were read in part: refunds of its first page only."""
    broken = [figures for (shop, _), figures in story.then.items() if shop == MY]
    assert len(broken) > 90
    assert all(figures["is_provisional"] and figures["net_gmv_expected"] is None for figures in broken)
    # Its orders were read: what was sold is final.
    assert not all(figures["is_gmv_provisional"] for figures in broken)
    whole = [figures for (shop, _), figures in story.then.items() if shop == TH]
    assert any(not figures["is_provisional"] for figures in whole)
    mended = [story.later[key] for key in story.then if key[0] == MY]
    assert not any(figures["is_provisional"] for figures in mended)


def test_what_was_expected_came(story: Story) -> None:
    """The back-test. Of days of up to 20 days' age net_gmv was far too high and refunds near none; expected values are near what came."""
    days = [(then, later) for _, then, later in story.read(range(21))]
    assert len(days) > 70
    known, expected, came = (
        sum(figures)
        for figures in zip(
            *((a["net_gmv_rc"], a["net_gmv_expected_rc"], b["net_gmv_rc"]) for a, b in days), strict=True
        )
    )
    assert known > came * Decimal("1.05")
    assert abs(expected - came) < (known - came) / 3
    sold = sum(later["gmv_rc"] for _, later in days)
    known, expected, came = (
        sum(figures) / sold
        for figures in zip(
            *((a["refunded_gmv_rc"], a["refunded_gmv_expected_rc"], b["refunded_gmv_rc"]) for a, b in days),
            strict=True,
        )
    )
    assert known < came / 2
    assert abs(expected - came) < came / 4


def test_most_days_end_within_their_range(story: Story) -> None:
    """Eight in ten days of the past did. A range that holds all days says as little as one that holds none."""
    days = [(then, later) for _, then, later in story.read(range(21)) if then["gmv"] > 0]
    inside = [a["net_gmv_expected_low"] <= b["net_gmv"] <= a["net_gmv_expected_high"] for a, b in days]
    assert 0.6 < sum(inside) / len(inside) < 0.97
    rates = [
        a["refund_rate_expected_low"] - 1e-9
        <= float(b["refunded_gmv"] / b["gmv"])
        <= a["refund_rate_expected_high"] + 1e-9
        for a, b in days
    ]
    assert 0.6 < sum(rates) / len(rates) < 0.97


def test_a_final_day_stays(story: Story) -> None:
    """What is called final moves by less than var `maturity_tolerance` over all such days of a shop."""
    for shop in (TH, VN, GB, US):
        final = [
            (then, story.later[key])
            for key, then in story.then.items()
            if key[0] == shop and not then["is_provisional"]
        ]
        assert len(final) > 60
        then, later = sum(a["net_gmv"] for a, _ in final), sum(b["net_gmv"] for _, b in final)
        assert abs(then / later - 1) < Decimal("0.02")
