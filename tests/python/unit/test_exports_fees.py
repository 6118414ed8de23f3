"""Fees and taxes of settlement files: each column of money is a charge that the seed knows, or a sum of others."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ingestion.seller_center.components import component_of
from ingestion.seller_center.layouts import kinds

SEED = Path(__file__).parents[3] / "seeds" / "finance" / "fee_types.csv"


@pytest.mark.parametrize("kind", ["income", "unsettled", "settlement_pnl"])
def test_each_column_of_money_is_mapped(kind: str) -> None:
    """Guards a charge of a market that is read, and stands in no group of fees."""
    with SEED.open(encoding="utf-8", newline="") as file:
        known = {(line["component_group"], line["component"]) for line in csv.DictReader(file)}
    lost = []
    for name, spec in kinds()[kind].columns.items():
        if spec.type != "money" or spec.total:
            continue
        component = component_of(kind, name)
        if component is None or (component.group, component.name) not in known:
            lost.append((name, component))
    assert lost == []


def test_a_header_is_one_column_in_every_language() -> None:
    """Guards a translation that is given to two columns of a kind."""
    for kind in kinds().values():
        for header, meanings in kind.by_header.items():
            assert len({spec.name for _, spec in meanings}) == 1, (kind.kind, header)
