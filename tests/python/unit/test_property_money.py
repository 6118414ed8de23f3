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
FILES = ("money/money.sql", "finance/finance.sql", "attribution/attribution.sql", "people/people.sql")
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
MONEY_RATIO = macro("money_ratio('part', 'whole')")
RATE_RATIO = macro("rate_ratio('part', 'whole')")
SCORE = macro("score('weight', 'actual', 'target', 'lower_is_better', 'attainment_cap')")


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


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        # 227.05 / 8 = 28.38125, an exact half of the last place: away from zero, on either side of it.
        ("227.05", "8", "28.3813"),
        ("-227.05", "8", "-28.3813"),
        ("227.05", "-8", "-28.3813"),
        # As a double 1.00015 lies below the half, and 2.00025 / 1 above it.
        ("1.00015", "1", "1.0002"),
        ("-1.00015", "1", "-1.0002"),
        ("0.00005", "1", "0.0001"),
        # One of the fourteenth place below the half.
        ("0.00004999999999", "1", "0.0000"),
        ("1", "3", "0.3333"),
        ("2", "3", "0.6667"),
        ("-2", "3", "-0.6667"),
        # Ten billion, and a half of the last place.
        ("9999999999.99985", "1", "9999999999.9999"),
        ("0", "8", "0.0000"),
        ("5", "0", None),
        (None, "8", None),
        ("5", None, None),
    ],
)
def test_an_average_amount(
    db: duckdb.DuckDBPyConnection, part: str | None, whole: str | None, expected: str | None
) -> None:
    """Guards an exact half that becomes one thing on one engine and another on the next."""
    given_values = {"part": ("decimal(38, 14)", part), "whole": ("decimal(18, 10)", whole)}
    assert ask(db, MONEY_RATIO, **given_values) == [None if expected is None else Decimal(expected)]


@FEW_MORE
@given(half=st.integers(-(10**13), 10**13), whole=st.integers(1, 10**6), apart=st.integers(-1, 1))
def test_exact_halves_and_their_neighbours(
    db: duckdb.DuckDBPyConnection, half: int, whole: int, apart: int
) -> None:
    """Guards averages at a half of the last place, and those one of the tenth place beside it."""
    with localcontext(prec=60):
        part = Decimal(2 * half + 1) / 20000 * whole + apart * Decimal("1e-10")
        expected = rounded(part / whole)
    assert ask(db, MONEY_RATIO, part=("decimal(38, 14)", part), whole=("bigint", whole)) == [expected]


CARDS = st.fixed_dictionaries(
    {
        "weight": st.decimals(0, 1, places=2),
        "actual": st.decimals(0, 10**12, places=10),
        "target": st.decimals("0.0001", 10**12, places=4),
        "lower_is_better": st.booleans(),
        "attainment_cap": st.decimals(1, 3, places=2),
    }
)


@FEW_MORE
@given(card=CARDS)
def test_a_score_is_the_weight_times_the_attainment_within_its_cap(
    db: duckdb.DuckDBPyConnection, card: dict[str, Any]
) -> None:
    with localcontext(prec=60):
        quotient = card["actual"] / card["target"]
        attained = 2 - quotient if card["lower_is_better"] else quotient
        expected = rounded(100 * card["weight"] * min(max(attained, Decimal(0)), card["attainment_cap"]))
    assert _score(db, card) == [expected]


@FEW_MORE
@given(hundredths=st.integers(1, 100), half=st.integers(0, 10**6), times=st.integers(1, 10**6))
def test_a_score_at_an_exact_half_is_rounded_up(
    db: duckdb.DuckDBPyConnection, hundredths: int, half: int, times: int
) -> None:
    """Guards points that people are paid by: in doubles 33 of 32 with a weight of 0.29 were 29.9062."""
    points = Decimal(2 * half + 1) / 20000
    card = {
        "weight": Decimal(hundredths) / 100,
        "actual": points * times,
        "target": Decimal(hundredths * times),
        "lower_is_better": False,
        "attainment_cap": Decimal(10**6),
    }
    assert _score(db, card) == [rounded(points)]


def _score(db: duckdb.DuckDBPyConnection, card: dict[str, Any]) -> list[Decimal]:
    types = {
        "weight": "decimal(18, 10)",
        "actual": "decimal(28, 10)",
        "target": "decimal(28, 10)",
        "lower_is_better": "boolean",
        "attainment_cap": "decimal(18, 10)",
    }
    return ask(db, SCORE, **{name: (types[name], value) for name, value in card.items()})


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        # 1 / 2048 = 0.00048828125, 3 / 2048 = 0.00146484375
        ("1", "2048", "0.0004882813"),
        ("3", "2048", "0.0014648438"),
        ("-1", "2048", "-0.0004882813"),
        ("1", "3", "0.3333333333"),
        ("5", "0", None),
    ],
)
def test_a_rate_of_two_sums(
    db: duckdb.DuckDBPyConnection, part: str, whole: str, expected: str | None
) -> None:
    given_values = {"part": ("decimal(18, 4)", part), "whole": ("decimal(38, 4)", whole)}
    assert ask(db, RATE_RATIO, **given_values) == [None if expected is None else Decimal(expected)]


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
