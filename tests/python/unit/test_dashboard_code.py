"""Pages read and compute nothing: a sum, mean or median of a KPI in page code is a gap of the marts."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from dashboards.pages import PAGES, Entry, alerts, connections
from dashboards.parts.words import CLOCKS, SHARED, STATES
from dashboards.pictures import path_of
from ingestion.seller_center.layouts import kinds
from ingestion.tiktok_shop.resources import BY_NAME

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "dashboards").rglob("*.py"))
AGGREGATES = re.compile(
    r"\b(sum|avg|median|mean|quantile\w*|stddev\w*|approx_\w+|any_value|first|last)\s*\(|count\s*\(\s*distinct",
    re.IGNORECASE,
)
GROUPS = re.compile(r"\bgroup\s+by\b", re.IGNORECASE)
ADDING_UP = {"sum", "fsum", "mean", "median", "fmean", "reduce", "accumulate"}


def texts(tree: ast.AST) -> list[str]:
    """Every text of a file that is no docstring."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]


def aggregates(source: str) -> list[str]:
    """What adds up in a source: SQL aggregates and groups, and Python's own."""
    tree = ast.parse(source)
    queries = [text for text in texts(tree) if re.search(r"\b(select|from|where|order by)\b", text)]
    found = [
        match.group() for text in queries for match in (*AGGREGATES.finditer(text), *GROUPS.finditer(text))
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ADDING_UP:
                found.append(f"{name}()")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_adds_up(path: Path) -> None:
    assert not aggregates(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "source",
    [
        'rows("select sum(gmv_rc) from kpi_shop_daily")',
        'rows("select shop_key, median(views) from kpi_live_sessions group by 1")',
        'rows("select count(distinct buyer_key) from fct_orders")',
        "total = sum(row['gmv'] for row in rows)",
        "statistics.median(values)",
    ],
)
def test_what_adds_up_is_found(source: str) -> None:
    assert aggregates(source)


def test_every_page_has_its_words_in_both_languages() -> None:
    for entry in PAGES:
        words = entry.module().WORDS
        assert "name" in words, entry.slug
        for key, (english, chinese) in {**SHARED, **STATES, **CLOCKS, **words}.items():
            assert english and chinese, f"{entry.slug}: {key}"
            assert not re.search(r"[\u4e00-\u9fff]", english), f"{entry.slug}: {key}"
            names = set(re.findall(r"\{(\w+)\}", english))
            assert names == set(re.findall(r"\{(\w+)\}", chinese)), f"{entry.slug}: {key}"


def test_every_word_that_a_page_says_is_there() -> None:
    """Guards against a key that is a typing error: it would only fail where the word is shown."""
    for entry in PAGES:
        module = entry.module()
        assert module.__file__ is not None
        source = Path(module.__file__).read_text(encoding="utf-8")
        asked = set(re.findall(r"""\bt\(\s*["'](\w+)["']\s*[,)]""", source))
        missing = asked - SHARED.keys() - module.WORDS.keys()
        assert not missing, f"{entry.slug}: {sorted(missing)}"


def test_nothing_of_a_page_comes_from_another_host() -> None:
    for path in sorted((ROOT / "dashboards").rglob("*")):
        if path.suffix in (".py", ".css", ".toml"):
            hosts = re.findall(r"https?://(?!127\.0\.0\.1)[\w.{}-]+", path.read_text(encoding="utf-8"))
            assert not hosts, f"{path}: {hosts}"


def boards() -> dict[str, set[str]]:
    """Tables that the dashboards among the exposures read, by the path of their address."""
    found: dict[str, set[str]] = {}
    for file in sorted((ROOT / "models").rglob("*exposures.yml")):
        for exposure in yaml.safe_load(file.read_text(encoding="utf-8"))["exposures"]:
            if exposure["type"] == "dashboard":
                path = urlsplit(exposure["url"]).path
                found.setdefault(path, set()).update(
                    re.findall(r"ref\('(\w+)'\)", str(exposure["depends_on"]))
                )
    return found


def test_every_page_is_an_exposure_with_its_address_and_no_other_board_is() -> None:
    assert set(boards()) == {path_of(entry.slug) for entry in PAGES}


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: str(entry.slug))
def test_what_a_page_reads_stands_in_its_exposure(entry: Entry) -> None:
    """Guards a lineage that ends before the page: a change of a table that a page shows would be seen by nobody."""
    source = Path(str(entry.module().__file__)).read_text(encoding="utf-8")
    models = {
        file.stem for folder in ("marts", "views") for file in (ROOT / "models" / folder).rglob("*.sql")
    }
    read = {*entry.needs, *re.findall(r"\b(?:kpi|fct|ops|dim)_\w+", source)} & models
    read |= {f"view_{name}" for name in re.findall(r"\bviews\.(\w+)", source)}
    read |= {"fct_orders"} if re.search(r"behind\.(live_)?orders", source) else set()
    read |= {"fct_refund_lines"} if "behind.refunds" in source else set()
    assert not read - boards()[path_of(entry.slug)]


def test_every_kind_of_alert_says_what_to_do_and_proves_itself_from_a_table_that_exists() -> None:
    file = ROOT / "models/marts/alarms/kpi_alerts.yml"
    (model,) = yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
    (column,) = [one for one in model["columns"] if one["name"] == "alert_kind"]
    kinds = set(column["data_tests"][0]["accepted_values"]["arguments"]["values"])
    assert {key.removeprefix("do_") for key in alerts.WORDS if key.startswith("do_")} == kinds
    assert alerts._PROOFS.keys() <= kinds
    models = {path.stem for path in (ROOT / "models/marts").rglob("*.sql")}
    assert {table for table, _, _ in alerts._PROOFS.values()} <= models


def test_what_is_read_and_what_is_handed_in_have_names_in_both_languages() -> None:
    """Guards a page in 中文 that shows the names of our tables."""
    read = {f"read_{name}" for name in BY_NAME} | {f"kind_{name}" for name in kinds()}
    assert not read - connections.WORDS.keys()
