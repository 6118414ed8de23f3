"""Data contracts of the KPI marts: valid by the standard's own schema, and what the YAML of the mart says."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

from orchestration.docs_pages.contracts import contracts, physical_type
from orchestration.docs_pages.marts import read_marts


@pytest.fixture(scope="module")
def validator() -> Draft201909Validator:
    return Draft201909Validator(
        json.loads((files("open_data_contract_standard") / "schema.json").read_text())
    )


@pytest.fixture(scope="module")
def written() -> dict[str, dict[str, Any]]:
    return {(known := yaml.safe_load(text))["name"]: known for text in contracts().values()}


def test_every_kpi_mart_has_a_contract_that_the_standard_accepts(
    validator: Draft201909Validator, written: dict[str, dict[str, Any]]
) -> None:
    assert written.keys() == {mart.name for mart in read_marts() if mart.name.startswith("kpi_")}
    wrong = {
        name: [error.message for error in validator.iter_errors(known)][:3]
        for name, known in written.items()
        if not validator.is_valid(known)
    }
    assert not wrong
    assert all(known["apiVersion"] == "v3.1.0" for known in written.values())


def test_the_schema_refuses_what_is_no_contract(
    validator: Draft201909Validator, written: dict[str, dict[str, Any]]
) -> None:
    known = json.loads(json.dumps(written["kpi_shop_daily"]))
    known["schema"][0]["properties"][0]["logicalType"] = "money"
    assert not validator.is_valid(known)


def test_a_contract_says_key_types_and_what_is_never_missing(written: dict[str, dict[str, Any]]) -> None:
    (table,) = written["kpi_shop_daily"]["schema"]
    columns = {one["name"]: one for one in table["properties"]}
    keys = {name: one["primaryKeyPosition"] for name, one in columns.items() if one.get("primaryKey")}
    assert keys == {"shop_key": 1, "business_date": 2}
    assert (columns["gmv"]["logicalType"], columns["gmv"]["physicalType"]) == ("number", "DECIMAL(18,4)")
    assert columns["gmv"]["required"] and "required" not in columns["gmv_rc"]
    assert "成交额" in columns["gmv"]["description"] and "{{" not in columns["gmv"]["description"]
    assert table["dataGranularityDescription"].startswith("One row per shop and business date on which")


@pytest.mark.parametrize(
    ("written_in_models", "of_duckdb"),
    [
        ("string", "VARCHAR"),
        ("decimal(28, 10)", "DECIMAL(28,10)"),
        ("timestamp with time zone", "TIMESTAMP WITH TIME ZONE"),
        ("bigint", "BIGINT"),
    ],
)
def test_types_have_the_names_of_the_file(written_in_models: str, of_duckdb: str) -> None:
    assert physical_type(written_in_models) == of_duckdb
