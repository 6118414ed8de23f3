"""A file that a person says to be of one shop, and that is another's: refused with what differs, unless trusted."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from import_helpers import SHOP, known_shop, order, raw_rows, write_orders

from home.layout import Home
from ingestion.importing import import_files
from ingestion.seller_center.belonging import differences
from ingestion.seller_center.importer import explain_file
from ingestion.seller_center.outcomes import FileOutcome, ImportOptions
from ingestion.seller_center.owners import Owners
from ingestion.seller_center.reader import read_file
from orchestration.cli import main

CASES = Path(__file__).parent / "export_cases"
UK = "7495000000000000404"
TWIN = "7495000000000000105"
GB = ImportOptions(shop=UK, region="GB", name="Aurora UK")
_SKUS = [1729000000000000001 + number for number in range(6)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def load(home: Home, path: Path, options: ImportOptions) -> FileOutcome:
    (outcome,) = import_files(home, [path], options).files
    return outcome


def codes(outcome: FileOutcome) -> list[str]:
    return [one.code for one in outcome.problems if one.severity == "error"]


def orders(path: Path, first: int, skus: list[int], **values: Any) -> Path:
    """One order of each SKU; numbers of orders from `first` on."""
    return write_orders(
        path, *(order(first + number, SKU_ID=sku, **values) for number, sku in enumerate(skus))
    )


def listed(home: Home, shop: str, skus: list[int]) -> None:
    """The shop's list of products, as the API loads it."""
    folder = home.raw / "tiktok_shop" / "skus"
    folder.mkdir(parents=True, exist_ok=True)
    rows = {"shop_key": [shop] * len(skus), "sku_id": [str(sku) for sku in skus]}
    pq.write_table(pa.table(rows), folder / f"{shop}.parquet")


def test_a_thai_order_file_for_the_uk_shop_is_refused(
    home: Home, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Guards Thai baht that count as pounds: the file names no currency, market or shop, and has an English header."""
    path = CASES / "th_orders.csv"
    command = ["import", str(path), "--shop", UK]
    assert main([*command, "--region", "GB", "--name", "Aurora UK"]) == 3
    said = capsys.readouterr().out
    assert f"th_orders.csv: it looks like a file of another shop than {UK} (Aurora UK, GB)" in said
    assert "its words are in Thai, the language of TH" in said and "--trust-shop" in said
    assert main([*command, "--lang", "zh"]) == 3
    said = capsys.readouterr().out
    assert f"看起来不是店铺 {UK} (Aurora UK, GB) 的文件，未导入任何内容" in said
    assert "文件用的是泰语（TH 的语言），而店铺" in said
    assert raw_rows(home, "orders") == []
    assert main(["import", "--explain", *command[1:]]) == 3
    assert "its words are in Thai" in capsys.readouterr().out
    # Whoever knows better has the last word.
    main([*command, "--trust-shop"])
    assert {shop for (shop,) in raw_rows(home, "orders", "shop_key")} == {UK}


@pytest.mark.parametrize("country", ["Vietnam", "Việt Nam", "VN", "越南"])
def test_orders_that_go_to_another_market_are_another_shops(home: Home, tmp_path: Path, country: str) -> None:
    path = write_orders(tmp_path / "orders.csv", order(Country=country))
    outcome = load(home, path, GB)
    assert codes(outcome) == ["wrong_shop", "sent_to_another"]
    assert "its orders go to VN" in outcome.why("en")[1] and "收货国家是 VN" in outcome.why("zh")[1]


@pytest.mark.parametrize("countries", [["United Kingdom"], ["Vietnam", "GB"], ["Narnia"], ["x***"]])
def test_one_order_to_the_market_or_a_country_without_market_is_enough(
    home: Home, tmp_path: Path, countries: list[str]
) -> None:
    rows = [order(577100000000000001 + n, Country=country) for n, country in enumerate(countries)]
    assert codes(load(home, write_orders(tmp_path / "orders.csv", *rows), GB)) == []


def test_shops_of_the_euro_send_across_borders(home: Home, tmp_path: Path) -> None:
    path = write_orders(tmp_path / "orders.csv", order(Country="Spain"))
    options = ImportOptions(shop=UK, region="DE", name="Aurora DE")
    assert codes(load(home, path, options)) == []


def test_products_of_the_other_shop_of_the_market_are_noticed(home: Home, tmp_path: Path) -> None:
    """Two shops of one market: same language, currency, country and clock. Only the ids differ."""
    assert (
        load(home, orders(tmp_path / "mine.csv", 577100000000000001, _SKUS), known_shop()).status
        == "imported"
    )
    path = orders(tmp_path / "july.csv", 577200000000000001, _SKUS[:4])
    outcome = load(home, path, ImportOptions(shop=TWIN, region="VN", name="Twin"))
    assert codes(outcome) == ["wrong_shop", "ids_of_another"]
    english, chinese = outcome.why("en")[1], outcome.why("zh")[1]
    assert f"of 4 SKU ids that were looked up, 4 are known of shop {SHOP} (Minimal, VN) and 0" in english
    assert f"核对了 4 个 SKU ID：4 个属于店铺 {SHOP} (Minimal, VN)" in chinese
    assert explain_file(home, path, ImportOptions(shop=TWIN)).why("en") == outcome.why("en")
    # For its own shop the same file is taken.
    assert load(home, path, ImportOptions(shop=SHOP)).status == "imported"


def test_orders_of_the_other_shop_are_noticed_though_its_products_are_new(home: Home, tmp_path: Path) -> None:
    load(home, orders(tmp_path / "mine.csv", 577100000000000001, _SKUS), known_shop())
    other = [sku + 1000 for sku in _SKUS]
    outcome = load(
        home,
        orders(tmp_path / "again.csv", 577100000000000002, other),
        ImportOptions(shop=TWIN, region="VN", name="Twin"),
    )
    # Five of the six numbers are those of the first file.
    assert codes(outcome) == ["wrong_shop", "ids_of_another"]
    assert "of 6 order ids that were looked up, 5 are known" in outcome.why("en")[1]


def test_a_few_orders_of_the_same_number_prove_nothing(home: Home, tmp_path: Path) -> None:
    """Numbers of orders are of a shop: two of six that meet are chance."""
    load(home, orders(tmp_path / "mine.csv", 577100000000000001, _SKUS), known_shop())
    path = orders(tmp_path / "theirs.csv", 577100000000000005, [sku + 1000 for sku in _SKUS])
    assert codes(load(home, path, ImportOptions(shop=TWIN, region="VN", name="Twin"))) == []
    # Nor do two of six of the shop's own numbers make up for what speaks against it.
    load(home, orders(tmp_path / "uk.csv", 577300000000000001, [5], Country="GB"), GB)
    other = orders(tmp_path / "vn.csv", 577300000000000001, [sku + 2000 for sku in _SKUS], Country="Vietnam")
    assert codes(load(home, other, GB)) == ["wrong_shop", "sent_to_another"]


def test_a_shops_own_ids_count_for_more_than_the_language_of_the_page(home: Home, tmp_path: Path) -> None:
    """A seller in Bangkok reads the pages of the UK shop in Thai."""
    thai = {"Order_Status": "ที่จะจัดส่ง", "Order_Substatus": "รอจัดส่ง"}
    assert codes(load(home, orders(tmp_path / "a.csv", 577100000000000001, _SKUS, **thai), GB)) == [
        "wrong_shop",
        "language_of_another",
    ]
    listed(home, UK, _SKUS)
    path = orders(tmp_path / "b.csv", 577200000000000001, _SKUS, **thai)
    assert codes(load(home, path, GB)) == []


def test_products_that_the_shop_never_listed_are_noticed(home: Home, tmp_path: Path) -> None:
    """A shop that the home does not know has sold them; fewer than five SKUs prove nothing."""
    listed(home, UK, [sku + 1000 for sku in _SKUS])
    outcome = load(home, orders(tmp_path / "a.csv", 577100000000000001, _SKUS), GB)
    assert codes(outcome) == ["wrong_shop", "ids_of_nobody"]
    assert "none of its 6 SKU ids is in the list of products" in outcome.why("en")[1]
    assert codes(load(home, orders(tmp_path / "b.csv", 577100000000000001, _SKUS[:4]), GB)) == []


@pytest.mark.parametrize(("offset", "is_refused"), [("+7", True), ("+0", False), ("+1", False), ("-8", True)])
def test_a_clock_that_is_never_the_shops_is_noticed(
    home: Home, tmp_path: Path, offset: str, is_refused: bool
) -> None:
    """London is an hour ahead in summer; UTC is the platform's own clock."""
    path = write_orders(tmp_path / "orders.csv", order())
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["Time zone", f"UTC{offset}"], *rows])
    load(home, write_orders(tmp_path / "known.csv", order(577300000000000001, SKU_ID=1)), GB)
    owners = Owners(home.raw, ImportOptions(shop=UK))
    found = differences(read_file(path, shop=owners.shops[UK].facts), owners.shops[UK], owners)
    assert [one.code for one in found] == (["wrong_shop", "clock_of_another"] if is_refused else [])


def test_nothing_of_an_address_but_the_market_is_kept(tmp_path: Path) -> None:
    path = write_orders(
        tmp_path / "orders.csv", order(Country="17 Tran Phu, Vietnam"), order(Country="Vietnam")
    )
    (sheet,) = read_file(path, shop=None).sheets
    assert sheet.traces.markets == {"VN"}
    assert "Country" not in sheet.header
