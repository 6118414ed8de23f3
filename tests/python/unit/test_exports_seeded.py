"""Every layout, renamed, reordered, added to, doubled, dropped from, translated and cut, by seed.

Whatever is done to a file: its money comes out as before, or the file is refused in words that a person can act on, or
the import says that something is not right. Other money without a word never comes out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exports_helpers import write_csv, write_xlsx

from ingestion.seller_center.building import FileRows
from ingestion.seller_center.doubtful import doubtful, with_money
from ingestion.seller_center.entities import Facts
from ingestion.seller_center.explain import PERIOD_KINDS, check_rows
from ingestion.seller_center.layouts import Layout, layouts
from ingestion.seller_center.packing import packed_rows, page_groups
from ingestion.seller_center.reader import read_file
from ingestion.seller_center.sheets import FileReading, Problem, ShopFacts

ALL = sorted(layouts())
SEEDS = range(4)
ROWS = 4
SHOP = ShopFacts("PH", "Asia/Manila", "PHP")

MONEY = {
    "orders": ("order_lines", "sale_price", "sku_subtotal_after_discount"),
    "income": ("statement_transactions", "settlement_amount", "total_settlement_amount"),
    "settlement_pnl": ("statement_transactions", "settlement_amount", "net_order_margin"),
    "settlement_adjustments": ("statement_transactions", "settlement_amount", "adjustment_amount"),
    "unsettled": ("unsettled_transactions", "est_settlement_amount", "total_estimated_settlement_amount"),
    "payouts": ("payments", "amount", "amount"),
    "affiliate_orders": ("affiliate_order_skus", "payment_amount", "payment_amount"),
    "live_sessions": ("live_sessions", "live_attributed_gmv", "attributed_gmv"),
    "live_sessions_old": ("live_sessions", "live_gmv", "revenue"),
    "live_daily": ("live_overview_daily", "live_attributed_gmv", "live_attributed_gmv"),
    "video_daily": ("video_overview_daily", "video_attributed_gmv", "video_attributed_gmv"),
    "shop_daily": ("shop_performance_daily", "gmv", "gmv"),
    "affiliate_videos": ("affiliate_videos_period", "gmv", "gmv"),
    "gmv_max_creatives": ("gmv_max_creatives_period", "cost", "cost"),
    "gmv_max_days": ("gmv_max_campaign_daily", "cost", "cost"),
}
"""By kind: the raw table, its column, and the column of the file whose amounts must come out in it."""

WORDS = {
    ("orders", "order_status"): "Completed",
    ("orders", "order_substatus"): "",
    ("income", "type"): "Order",
    ("unsettled", "type"): "Order",
    ("settlement_adjustments", "adjustment_type"): "Other adjustment",
    ("payouts", "type"): "Withdrawal",
    ("payouts", "status"): "Transferred",
    ("affiliate_orders", "order_status"): "Settled",
    ("affiliate_orders", "content_type"): "Video",
}
EMPTY = {"cancelled_time", "order_refund_amount", "sku_quantity_of_return", "cancel_by", "related_order_id"}


@dataclass
class Sample:
    """A file of a layout: names of its columns, its header and its rows."""

    layout: Layout
    names: list[str]
    header: list[str]
    rows: list[list[str]]

    def place(self, name: str) -> int:
        return self.names.index(name)

    def total(self) -> Decimal:
        column = self.place(MONEY[self.layout.kind.kind][2])
        return sum((Decimal(row[column]) for row in self.rows), Decimal(0))


def sample(layout: Layout) -> Sample:
    """Four rows, each of a thing and a day of its own: 12.51, 22.52, 32.53 and 42.54 in every column of money."""
    names = list(layout.columns)
    money = MONEY[layout.kind.kind][2]
    if money not in names:
        names.append(money)
    header = [layout.kind.columns[name].headers[0].header for name in names]
    rows = [[_cell(layout, name, number) for name in names] for number in range(1, ROWS + 1)]
    return Sample(layout, names, header, rows)


def _cell(layout: Layout, name: str, number: int) -> str:
    spec = layout.kind.columns[name]
    if name in EMPTY:
        return ""
    if (layout.kind.kind, name) in WORDS:
        return WORDS[layout.kind.kind, name]
    match spec.type:
        case "id":
            return f"57690000000000{number}111"
        case "text":
            return (
                f"https://shop.example/video/75000000000000{number}111"
                if name == "video_link"
                else f"thing {number}"
            )
        case "money":
            return f"{number}2.5{number}"
        case "int":
            return "1" if name == "quantity" else str(number)
        case "number":
            return f"0.{number}5"
        case "rate":
            return f"{number}%" if layout.rates == "percent_sign" else f"0.0{number}"
        case "time":
            return f"2026-10-0{number} 10:00:00"
        case "date":
            return f"2026-10-0{number}"
        case "duration":
            return "60"
        case "bool":
            return "No"
        case "currency":
            return "PHP"
        case "word":
            return ""


@dataclass
class Came:
    """What came of a file."""

    money: Decimal | None
    reading: FileReading
    is_doubtful: bool


def came_of(path: Path) -> Came:
    """Reads a file as an import does, without a home."""
    reading = read_file(path, shop=SHOP)
    if reading.stopped or not reading.sheets:
        return Came(None, reading, False)
    moment = datetime(2026, 11, 15, tzinfo=UTC)
    facts = {
        one.name: Facts(reading.sha256, one.name, one.decisions, "shop", "account", moment, one.header)
        for one in reading.sheets
    }
    problems: list[Problem] = []
    maker = FileRows(facts, problems.append, control={one.name: one.control for one in reading.sheets})
    kind = reading.sheets[0].decisions.kind
    table, column, _ = MONEY[kind]
    money = Decimal(0)
    built = [maker.add(page) for group in page_groups(facts, packed_rows(reading)) for page in group]
    for tables in [*built, maker.finish()]:
        if table in tables:
            money += sum((value for value in tables[table][column].to_pylist() if value), Decimal(0))
    of_reader = [p for one in reading.sheets for p in one.problems if p.severity == "quarantine"]
    asides = [*with_money(of_reader, maker), *problems, *maker.differences()]
    return Came(money, reading, bool(doubtful(asides, facts)))


def above(layout: Layout) -> list[list[str]]:
    """The line with the period, of reports whose rows mean nothing without."""
    return [["2026-10-01 ~ 2026-10-07"]] if layout.kind.kind in PERIOD_KINDS else []


def write(path: Path, one: Sample, *, control: Decimal | None = None) -> Path:
    """As a CSV; as a workbook with a summary, where the platform writes one."""
    rows: list[Sequence[Any]] = [*above(one.layout), one.header, *one.rows]
    if control is None:
        return write_csv(path.with_suffix(".csv"), rows)
    name = one.layout.kind.columns[MONEY[one.layout.kind.kind][2]].headers[0].header
    return write_xlsx(path.with_suffix(".xlsx"), {"Reports": [["", name, str(control)]], "Rows": rows})


def is_told(reading: FileReading) -> bool:
    """Whether a refusal says what is wrong, where, and what to do, in both languages."""
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    return bool(errors) and all(
        problem.file and len(problem.text("en")) > 60 and len(problem.text("zh")) > 20 for problem in errors
    )


def rename(one: Sample, chance: random.Random) -> None:
    """Other case, blanks and punctuation."""
    for place, text in enumerate(one.header):
        change: Callable[[str], str] = chance.choice(
            [
                str.upper,
                str.lower,
                lambda t: f"  {t} ",
                lambda t: t.replace(" ", "  "),
                lambda t: t.replace(" ", "_"),
                lambda t: t.replace("/", " / "),
                lambda t: f"{t}:",
            ]
        )
        one.header[place] = change(text)


def translate(one: Sample, chance: random.Random) -> None:
    """Any of the headers that a column has in any language."""
    for place, name in enumerate(one.names):
        aliases = [a.header for a in one.layout.kind.columns[name].headers if a.valid_to is None]
        one.header[place] = chance.choice(aliases)


def reorder(one: Sample, chance: random.Random) -> None:
    order = list(range(len(one.names)))
    chance.shuffle(order)
    one.names = [one.names[place] for place in order]
    one.header = [one.header[place] for place in order]
    one.rows = [[row[place] for place in order] for row in one.rows]


def add_text(one: Sample, chance: random.Random) -> None:
    _insert(one, chance, "Something new", ["", "some words", "", "other words"])


def add_ids(one: Sample, chance: random.Random) -> None:
    """Ids, rates and weights are no money."""
    _insert(one, chance, "Reference", [f"99000000000000{number}123" for number in range(ROWS)])
    _insert(one, chance, "Moon rate", ["3%", "4%", "5%", "6%"])
    _insert(one, chance, "Parcel weight (g)", ["100", "200", "300", "400"])
    _insert(one, chance, "First seen date", ["2026-10-01"] * ROWS)


def double(one: Sample, chance: random.Random) -> None:
    """A column that is written twice with equal values is one column."""
    place = chance.randrange(len(one.names))
    _insert(one, chance, one.header[place], [row[place] for row in one.rows])


def _insert(one: Sample, chance: random.Random, header: str, cells: Sequence[str]) -> None:
    place = chance.randint(0, len(one.names))
    one.names.insert(place, f"({header})")
    one.header.insert(place, header)
    for row, cell in zip(one.rows, cells, strict=True):
        row.insert(place, cell)


HARMLESS = (rename, translate, reorder, add_text, add_ids, double)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("layout", ALL)
def test_what_changes_nothing_changes_no_money(layout: str, seed: int, tmp_path: Path) -> None:
    chance = random.Random(f"{layout} {seed}")
    one = sample(layouts()[layout])
    total = one.total()
    for change in (chance.choice(HARMLESS[:2]), *chance.sample(HARMLESS[2:], 3)):
        change(one, chance)
    came = came_of(write(tmp_path / "a", one))
    assert came.money == total, [problem.text("en") for problem in came.reading.problems]
    assert not came.is_doubtful


@pytest.mark.parametrize("layout", ALL)
def test_an_unknown_column_of_money_is_told(layout: str, tmp_path: Path) -> None:
    one = sample(layouts()[layout])
    total = one.total()
    _insert(one, random.Random(1), "Moon fee", ["1.50", "", "2.50", "0"])
    came = came_of(write(tmp_path / "a", one))
    assert came.money == total and came.is_doubtful
    (problem,) = [p for p in came.reading.problems if p.code in ("unknown_fee", "unknown_column")]
    assert (problem.column, problem.values["count"]) == ("Moon fee", "2")


@pytest.mark.parametrize("layout", ALL)
def test_two_columns_that_differ_are_refused(layout: str, tmp_path: Path) -> None:
    """The money column stands twice, and in the third row they differ."""
    one = sample(layouts()[layout])
    place = one.place(MONEY[one.layout.kind.kind][2])
    header = one.header[place]
    cells = [row[place] for row in one.rows]
    cells[2] = "99.99"
    one.header.append(header)
    for row, cell in zip(one.rows, cells, strict=True):
        row.append(cell)
    came = came_of(write(tmp_path / "a", one))
    assert came.money is None and is_told(came.reading)
    (problem,) = [p for p in came.reading.problems if p.code == "duplicate_column"]
    row = 4 + len(above(one.layout))
    assert (problem.file, problem.row, problem.column) == ("a.csv", row, f"{header} (2)")


@pytest.mark.parametrize("layout", ALL)
def test_a_dropped_column_leaves_the_money_or_is_refused(layout: str, tmp_path: Path) -> None:
    """Each column in turn. One that is needed is named in the refusal."""
    whole = sample(layouts()[layout])
    money = MONEY[whole.layout.kind.kind][2]
    for number, name in enumerate(whole.names):
        one = sample(layouts()[layout])
        place = one.place(name)
        header = one.header.pop(place)
        one.names.pop(place)
        for row in one.rows:
            row.pop(place)
        came = came_of(write(tmp_path / f"{number}", one))
        if name in whole.layout.required and came.money is None:
            assert is_told(came.reading)
            said = " ".join(problem.text("en") for problem in came.reading.problems)
            assert header.casefold() in said.casefold(), (name, said)
        elif name == money:
            # Nothing takes its place.
            assert came.money in (None, 0)
        else:
            assert came.money == whole.total() or came.is_doubtful, name


@pytest.mark.parametrize(
    "layout", [name for name in ALL if layouts()[name].kind.kind in {k for k, _ in WORDS}]
)
def test_words_that_nobody_knows_lose_no_money(layout: str, tmp_path: Path) -> None:
    """Guards sales and settlements that disappear with a word that the platform has translated or made up."""
    one = sample(layouts()[layout])
    changed = False
    for (kind, name), word in WORDS.items():
        if kind == one.layout.kind.kind and word and name in one.names:
            for row in one.rows:
                row[one.place(name)] = "Beamed up"
            changed = name != "content_type" or changed
    came = came_of(write(tmp_path / "a", one))
    assert came.money == one.total()
    assert came.is_doubtful == changed


@pytest.mark.parametrize(
    "layout", [name for name in ALL if MONEY[layouts()[name].kind.kind][2] in layouts()[name].kind.control]
)
def test_cut_rows_are_seen_by_the_total(layout: str, tmp_path: Path) -> None:
    """Each row in turn is cut out of a file that says what its rows add up to."""
    whole = sample(layouts()[layout])
    assert not came_of(write(tmp_path / "whole", whole, control=whole.total())).is_doubtful
    for number in range(ROWS):
        one = sample(layouts()[layout])
        one.rows.pop(number)
        came = came_of(write(tmp_path / f"{number}", one, control=whole.total()))
        assert came.is_doubtful
        (problem,) = [p for p in came_problems(came) if p.code == "control_total"]
        assert f"{whole.total():,}" in problem.text("en") and "截断" in problem.text("zh")


def came_problems(came: Came) -> list[Problem]:
    """What the rows do not add up to."""
    return [problem for _, problems in check_rows(came.reading).values() for problem in problems]


@pytest.mark.parametrize("layout", ALL)
def test_a_file_that_ends_in_the_middle_of_a_row_says_so(layout: str, tmp_path: Path) -> None:
    """Guards half a row that counts as one with empty cells."""
    one = sample(layouts()[layout])
    place = one.place(one.layout.key)
    if place + 2 >= len(one.names):
        one.header.append("Something new")
        for row in one.rows:
            row.append("x")
    one.rows[-1] = one.rows[-1][: max(place + 1, 2)]
    came = came_of(write(tmp_path / "a", one))
    assert came.money is None or came.is_doubtful
