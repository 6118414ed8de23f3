"""Every model and singular test is written in the SQL that DuckDB and Apache Spark share.

What they do not share lives in `macros/`, behind `adapter.dispatch`. The list is of what fails on Spark,
and of what runs on both and means different things, which is worse.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = sorted([*(ROOT / "models").rglob("*.sql"), *(ROOT / "tests" / "singular").rglob("*.sql")])

FORBIDDEN = {
    r"\bqualify\b": "use row_number() and a filter",
    r"::": "use cast(... as ...)",
    r"//": "use a macro for integer division",
    r"(?<![\w.])/(?!\*)": "divide through macro ratio or money_ratio, which guard against zero",
    r"\bstrftime\b|\bstrptime\b": "use extract or dbt's date macros",
    r"\bepoch\b|\bepoch_ms\b": "keep instants as instants",
    r"\bat\s+time\s+zone\b|\btimezone\s*\(": "use macro local_timestamp or local_date",
    r"->>?": "declare the field in raw",
    r"\bjson_extract": "declare the field in raw",
    r"\bunnest\b|\bexplode\b": "make it a child table in raw",
    r"\bgenerate_series\b|\brange\s*\(": "join dim_dates",
    r"\blist\s*\(|\blist_\w+\s*\(|\barray_agg\b|\bstring_agg\b|\bgroup_concat\b": "no ordered lists",
    r"\[[^\]]*\]": "no list literals",
    r"\barg_m(ax|in)|\bm(ax|in)_by\b": "use macro value_at_newest or value_at_oldest: engines differ in NULLs and ties",
    r"\bquantile": "use median",
    r"\bexclude\s*\(|\breplace\s*\(\s*\w+\s+as\b": "name the columns",
    r"\bpivot\b|\bunpivot\b": "use case when",
    r"\bregexp_matches\b": "use like",
    r"\bdate_diff\b|\bdatediff\s*\(": "use dbt.datediff",
    r"\brange\s+between\b": "use a join on half-open spans",
    r"\bany_value\b|\bfirst\s*\(|\blast\s*\(": "say which value: min, max, macro value_at_newest",
    r"\bhash\s*\(": "use md5",
    r"\bnow\s*\(|\bcurrent_(date|timestamp)\b": "count to data_until: numbers must not change with the clock",
    r"\bvarchar\b|\btext\b|\btimestamptz\b": "use string, and macro instant or type_instant",
    r"\bfloat\b|\breal\b": "money and rates are decimals",
}
BRACKETS = r"\((?:[^()]|\([^()]*\))*\)"
# Up to the bracket that closes what it stands in: brackets of its own, one within another, belong to it.
ORDER_BY = re.compile(
    rf"\border\s+by\b((?:{BRACKETS}|[^()])*?)(?=\)|\brows\s+between\b|$)", re.IGNORECASE | re.DOTALL
)
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def plain_sql(text: str) -> str:
    """The SQL of a model without Jinja, comments and string literals; a Jinja expression becomes one word."""
    text = JINJA.sub(" jinja ", text)
    text = re.sub(r"--[^\n]*", "", text)
    return re.sub(r"'(?:[^']|'')*'", "''", text)


def test_there_are_models() -> None:
    assert len(FILES) > 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_sql_is_portable(path: Path) -> None:
    sql = plain_sql(path.read_text())
    found = [
        f"{match.group(0).strip()!r}: {advice}"
        for pattern, advice in FORBIDDEN.items()
        for match in re.finditer(pattern, sql, re.IGNORECASE)
    ]
    assert not found, f"{path.relative_to(ROOT)}: {found}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_sort_orders_say_where_nulls_go(path: Path) -> None:
    sql = plain_sql(path.read_text())
    silent = [
        item.strip()
        for match in ORDER_BY.finditer(sql)
        for item in re.sub(BRACKETS, "", match.group(1)).split(",")
        if not re.search(r"\bnulls\s+(first|last)\b", item, re.IGNORECASE)
    ]
    assert not silent, f"{path.relative_to(ROOT)}: write nulls first or last: {silent}"


def test_a_sort_order_ends_with_its_own_bracket() -> None:
    found = ORDER_BY.search("row_number() over (order by length(coalesce(a, '')) nulls last, b) as choice")
    assert found is not None
    assert found.group(1).strip() == "length(coalesce(a, '')) nulls last, b"


@pytest.mark.parametrize(
    "sql",
    [
        "select a::int",
        "select a / b",
        "select * from t qualify row_number() over (order by a) = 1",
        "select arg_max(a, b)",
        "select ts at time zone 'UTC'",
        "select [1, 2]",
    ],
)
def test_the_linter_sees_what_it_looks_for(sql: str) -> None:
    assert any(re.search(pattern, plain_sql(sql), re.IGNORECASE) for pattern in FORBIDDEN)
