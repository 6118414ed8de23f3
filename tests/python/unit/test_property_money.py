"""Money that is multiplied, converted and split: the macros' own SQL on DuckDB, for any amounts, against decimals."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

ROOT = Path(__file__).parents[3]
PLACES = Decimal("0.0001")
FILES = ("money/money.sql", "finance/finance.sql", "attribution/attribution.sql")
MACROS = "\n".join((ROOT / "macros" / name).read_text(encoding="utf-8") for name in FILES)

AMOUNTS = st.decimals(-(10**12), 10**12, places=4)
FEW_MORE = settings(deadline=None, max_examples=200)


def macro(call: str) -> str:
    """The SQL of a macro, as dbt makes it of the project's files."""
    text = MACROS + "{{ " + call + " }}"
    return Environment(extensions=["jinja2.ext.do"]).from_string(text).render().strip()


@pytest.fixture(scope="module")
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def ask(db: duckdb.DuckDBPyConnection, sql: str, **values: Any) -> list[Decimal]:
    columns = ", ".join(f"cast(${name} as {kind}) as {name}" for name, (kind, _) in values.items())
    found = db.execute(
        f"select {sql} from (select {columns})", {name: value for name, (_, value) in values.items()}
    ).fetchall()
    return [value for (value,) in found]


def rounded(value: Decimal) -> Decimal:
    """Half away from zero, to four places."""
    return value.quantize(PLACES, ROUND_HALF_UP)


PRODUCT = macro("money_product('amount', 'factor')")
REPORTING = macro("to_reporting('amount', 'fx_rate')")
CREDITED = macro("credited('amount', 'credit_from', 'credit_to')")
RATIO = macro("rate(ratio('part', 'whole'))")


@FEW_MORE
@given(amount=AMOUNTS, factor=st.decimals(-1, 1, places=10))
def test_a_product_is_exact_and_rounded_once(
    db: duckdb.DuckDBPyConnection, amount: Decimal, factor: Decimal
) -> None:
    with localcontext(prec=60):
        expected = rounded(amount * factor)
    assert ask(db, PRODUCT, amount=("decimal(18, 4)", amount), factor=("decimal(18, 10)", factor)) == [
        expected
    ]


@FEW_MORE
@given(amount=AMOUNTS, rate=st.decimals(Decimal("0.0000000001"), 90, places=10))
def test_an_amount_in_the_reporting_currency(
    db: duckdb.DuckDBPyConnection, amount: Decimal, rate: Decimal
) -> None:
    """Guards amounts of millions of dong, where a product of 64 bits would overflow."""
    with localcontext(prec=60):
        expected = rounded(amount * rate)
    found = ask(db, REPORTING, amount=("decimal(18, 4)", amount), fx_rate=("decimal(18, 10)", rate))
    assert found == [expected]


@FEW_MORE
@given(amount=AMOUNTS, cuts=st.lists(st.decimals(0, 1, places=10), max_size=6))
def test_the_parts_between_any_marks_are_the_amount(
    db: duckdb.DuckDBPyConnection, amount: Decimal, cuts: list[Decimal]
) -> None:
    """Guards the smallest unit: credits of a line that add up to a hundredth more or less than the line."""
    marks = [Decimal(0), *sorted(cuts), Decimal(1)]
    parts = [_credit(db, amount, start, end) for start, end in pairwise(marks)]
    assert sum(parts) == amount
    # No part is further than one rounding at each of its ends from what it would be.
    for part, (start, end) in zip(parts, pairwise(marks), strict=True):
        with localcontext(prec=60):
            assert abs(part - amount * (end - start)) <= PLACES


@FEW_MORE
@given(amount=AMOUNTS, sharing=st.integers(1, 40))
def test_equal_parts_of_an_amount(db: duckdb.DuckDBPyConnection, amount: Decimal, sharing: int) -> None:
    """As `int_creators__credited_lines` and `int_live__host_credits` split: marks that are ratios of two numbers."""
    marks = [
        ask(db, RATIO, part=("bigint", part), whole=("bigint", sharing))[0] for part in range(sharing + 1)
    ]
    assert marks[0] == 0 and marks[-1] == 1 and marks == sorted(set(marks))
    parts = [_credit(db, amount, start, end) for start, end in pairwise(marks)]
    assert sum(parts) == amount
    with localcontext(prec=60):
        # The marks have ten places: the part of a large amount may be off by as much as they round away.
        allowed = PLACES + abs(amount) * Decimal("1e-10")
        assert max(parts) - min(parts) <= 2 * allowed


def test_an_amount_that_is_unknown_has_unknown_parts(db: duckdb.DuckDBPyConnection) -> None:
    assert [_credit(db, None, Decimal(0), Decimal("0.5"))] == [None]


def _credit(db: duckdb.DuckDBPyConnection, amount: Decimal | None, start: Decimal, end: Decimal) -> Decimal:
    (part,) = ask(
        db,
        CREDITED,
        amount=("decimal(18, 4)", amount),
        credit_from=("decimal(18, 10)", start),
        credit_to=("decimal(18, 10)", end),
    )
    return part
