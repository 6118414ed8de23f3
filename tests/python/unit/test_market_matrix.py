"""What is known of each market: no cell is empty, and what is said to be known is there."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from ingestion.engine.regions import markets
from ingestion.market_matrix import SUBJECTS, UNKNOWN, market_matrix, unknown_of

MARKETS = ["TH", "VN", "MY", "PH", "SG", "ID", "GB", "US", "ES", "IE", "DE", "FR", "IT", "MX", "BR", "JP"]
ROOT = Path(__file__).parents[3]
LANGUAGE = {
    "TH": "ที่จะจัดส่ง",
    "VN": "Chờ vận chuyển",
    "ID": "Perlu dikirim",
    "BR": "Para enviar",
    "JP": "未発送",
    "MX": "Por enviar",
}
"""What `to ship` is called in the files of a market."""


def regions_in(seed: str) -> set[str]:
    with (ROOT / "seeds" / seed).open(encoding="utf-8", newline="") as file:
        return {line["region"] for line in csv.DictReader(file)}


def test_every_market_has_a_line_for_every_subject() -> None:
    """Guards a market that is half known and looks whole."""
    assert list(market_matrix()) == [(region, subject) for region in MARKETS for subject in SUBJECTS]
    assert set(markets()) == set(MARKETS)
    for line in market_matrix().values():
        assert line.source and (line.state != "known" or line.checked_on), line


@pytest.mark.parametrize(
    ("subject", "seed"),
    [
        ("fulfilment_definitions", "inventory/fulfilment_definitions.csv"),
        ("sale_days", "alarms/sale_days.csv"),
        ("regions", "shared/regions.csv"),
    ],
)
def test_what_the_seeds_have_is_what_is_known(subject: str, seed: str) -> None:
    known = {region for region in MARKETS if market_matrix()[region, subject].state != UNKNOWN}
    assert known == regions_in(seed)


def test_markets_of_known_words_have_them() -> None:
    content = yaml.safe_load((ROOT / "ingestion/seller_center/words.yml").read_text(encoding="utf-8"))
    to_ship = content["order_status"]["AWAITING_SHIPMENT"]["words"]
    for region in MARKETS:
        if market_matrix()[region, "status_words"].state == "known":
            assert LANGUAGE.get(region, "To ship") in to_ship, region


def test_fees_are_known_where_a_layout_names_the_market() -> None:
    known = {region for region in MARKETS if market_matrix()[region, "fee_mappings"].state == "known"}
    folder = ROOT / "ingestion/seller_center"
    seen: set[str] = set()
    for path in folder.glob("languages/*.yml"):
        for one in yaml.safe_load(path.read_text(encoding="utf-8"))["seen"]:
            seen |= set(one["markets"]) if one["kind"] == "income" else set()
    for path in folder.glob("layouts/*.yml"):
        one = yaml.safe_load(path.read_text(encoding="utf-8"))
        seen |= set(one["markets"]) if one["kind"] in ("income", "settlement_pnl") else set()
    assert known <= seen | {"SG", "MY"}


def test_a_market_that_nobody_knows_is_told() -> None:
    assert unknown_of(["US", "JP", "XX"]) == {
        "JP": ["time_zones", "fee_mappings", "fulfilment_definitions", "sale_days"],
        "US": ["time_zones"],
        "XX": list(SUBJECTS),
    }
