"""Whatever a number or date was, reading its text gives it back or refuses it; never another one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.seller_center.dates import DateEvidence, DateReader, NotADate, decide_order, parse_day
from ingestion.seller_center.numbers import Mark, MarkEvidence, decide_mark, parse_number

AMOUNTS = st.decimals(
    min_value=Decimal("-99999999"), max_value=Decimal("99999999"), places=2, allow_nan=False
)
SIGNS = st.sampled_from(["", "$", "MX$", "US$", "Rp", "Rp ", "₱", "₫", "円", "€", "£", "RM", "PHP "])


def write(
    number: Decimal, mark: str, grouping: bool, sign: str, places: int, minus: str
) -> tuple[str, Decimal]:
    """The text of a number in a style, and the number that the text shows."""
    shown = round(number, places)
    text = f"{abs(shown):,.{places}f}" if grouping else f"{abs(shown):.{places}f}"
    if mark == ",":
        text = text.translate(str.maketrans(".,", ",."))
    text = text + sign if sign in ("円", "₫") else sign + text
    if shown < 0:
        text = f"({text})" if minus == "()" else f"-{text}" if minus == "-" else f"{text}-"
    return text, shown


@given(
    st.lists(AMOUNTS, min_size=1, max_size=8),
    st.sampled_from([".", ","]),
    st.booleans(),
    SIGNS,
    st.sampled_from([0, 1, 2]),
    st.sampled_from(["-", "()", "after"]),
    st.sampled_from([None, "USD", "VND", "MXN"]),
)
def test_a_file_of_amounts_is_read_exactly_or_refused(
    numbers: list[Decimal],
    mark: str,
    grouping: bool,
    sign: str,
    places: int,
    minus: str,
    currency: str | None,
) -> None:
    written = [write(number, mark, grouping, sign, places, minus) for number in numbers]
    evidence = MarkEvidence()
    for text, _ in written:
        evidence.add(text, lambda: "here")
    decided = decide_mark(evidence, currency)
    assert decided != "contradictory"
    if decided == "undecidable":
        assert grouping and places == 0  # 1,234 with nothing else beside it
        return
    for text, shown in written:
        read = parse_number(text, decided)  # type: ignore[arg-type]
        assert read is not None, text
        assert read[0] == shown


@given(st.decimals(min_value=0, max_value=9999, places=3, allow_nan=False), st.sampled_from([".", ","]))
def test_three_decimals_are_never_taken_for_thousands_without_a_proof(number: Decimal, mark: str) -> None:
    text = str(number).replace(".", mark)
    evidence = MarkEvidence()
    evidence.add(text, lambda: "here")
    decided = decide_mark(evidence, "USD")
    if decided != "undecidable":
        read = parse_number(text, decided)  # type: ignore[arg-type]
        assert read is not None and read[0] == number


@given(st.text(alphabet="0123456789.,-+()$ %eE'₱Rp", max_size=14), st.sampled_from([".", ",", None]))
def test_any_text_is_a_number_or_refused_and_never_fails(text: str, mark: Mark | None) -> None:
    read = parse_number(text, mark)
    digits = [sign for sign in text if sign.isdigit()]
    if read is not None:
        assert digits and "e" not in text.lower()
        shown = format(abs(read[0]), "f").replace(".", "")
        assert shown.lstrip("0") == "".join(digits).lstrip("0")


DAYS = st.dates(min_value=date(2015, 1, 1), max_value=date(2035, 12, 31))


@given(
    st.lists(DAYS, min_size=1, max_size=12),
    st.sampled_from(["dmy", "mdy"]),
    st.sampled_from(["/", "-", "."]),
    st.booleans(),
)
def test_a_file_of_dates_is_read_exactly_or_refused(
    days: list[date], order: str, separator: str, padded: bool
) -> None:
    def written(day: date) -> str:
        first, second = (day.day, day.month) if order == "dmy" else (day.month, day.day)
        width = "02" if padded else ""
        return f"{first:{width}}{separator}{second:{width}}{separator}{day.year}"

    evidence = DateEvidence()
    for day in days:
        evidence.add(written(day), "here")
    decided = decide_order(evidence, None)
    if decided == "undecidable":
        assert all(day.day <= 12 for day in days)
        return
    assert decided in (order, None)
    assert [parse_day(written(day), decided) for day in days] == days  # type: ignore[arg-type]


ZONES = st.sampled_from(
    ["Asia/Manila", "America/Los_Angeles", "Europe/London", "America/Mexico_City", "Asia/Tokyo"]
)


MOMENTS = st.datetimes(datetime.fromisoformat("2015-01-01"), datetime.fromisoformat("2035-12-31"))


@given(MOMENTS, ZONES, st.booleans())
def test_times_of_any_zone_come_back(moment: datetime, zone: str, noon: bool) -> None:
    """Through 12-hour clocks as well; a local time that comes twice is the first of the two."""
    instant = moment.replace(microsecond=0, tzinfo=UTC)
    local = instant.astimezone(ZoneInfo(zone))
    text = local.strftime("%m/%d/%Y %I:%M:%S %p" if noon else "%Y-%m-%d %H:%M:%S")
    read = DateReader("mdy", ZoneInfo(zone)).instant(text)
    assert read is not None
    assert read == instant or local.fold == 1
    assert read.astimezone(ZoneInfo(zone)).replace(fold=0) == local.replace(fold=0)


@given(st.text(alphabet="0123456789/-.: TZapmAPM+", max_size=22))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    reader = DateReader("dmy", ZoneInfo("Asia/Manila"))
    try:
        read = reader.instant(text)
    except NotADate:
        return
    assert read is None or 2009 <= read.year <= 2100


def test_sentinels_are_nothing_and_times_before_2010_no_times() -> None:
    reader = DateReader("dmy", ZoneInfo("Asia/Manila"))
    assert reader.instant("01/01/1970 08:00:00") is None
    with pytest.raises(NotADate):
        reader.instant("13/06/1999 08:00:00")


@pytest.mark.parametrize("clock", ["24:00:00", "23:60:00", "23:59:60", "2a:00:00", "٠٨:00:00"])
def test_a_clock_that_is_none_is_refused(clock: str) -> None:
    """Newer Pythons read 24:00:00 as the next midnight, which would put a sale a day early here."""
    with pytest.raises(NotADate):
        DateReader("dmy", ZoneInfo("Asia/Manila")).instant(f"13/06/2026 {clock}")
