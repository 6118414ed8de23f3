"""Numbers as people's spreadsheets write them: which mark is the decimal mark, and what a text is worth.

`1.234` is one thousand two hundred and thirty-four in Jakarta and a little more than one in London. A text
alone can't say, the other texts of its file can: `weigh` says what one text proves, `decide_mark` what all of
them prove together, and `parse_number` reads a text once that is known. Each either gives the exact number
or none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Mark = Literal[".", ","]
Weight = Literal["none", ".", ",", "grouped_by_dot?", "grouped_by_comma?", "not_a_number"]
"""What a text proves: nothing, a decimal mark, that it is `1.234` or `1,234` and could be either, or that it
is no number."""

_SYMBOLS: dict[str, str | None] = {
    "MX$": "MXN",
    "US$": "USD",
    "R$": "BRL",
    "S$": "SGD",
    "SG$": "SGD",
    "RM": "MYR",
    "RP": "IDR",
    "RP.": "IDR",
    "₱": "PHP",
    "₫": "VND",
    "Đ": "VND",
    "฿": "THB",
    "£": "GBP",
    "€": "EUR",
    "円": "JPY",
    "JP¥": "JPY",
    "¥": None,
    "$": None,
}
_CODES = frozenset(
    {"BRL", "CNY", "EUR", "GBP", "IDR", "JPY", "KRW", "MXN", "MYR", "PHP", "SGD", "THB", "USD", "VND"}
)
DOLLARS = frozenset({"USD", "MXN", "SGD"})
"""Currencies that write a bare `$`."""
YENS = frozenset({"JPY", "CNY"})
"""Currencies that write a bare `¥`."""
WITHOUT_DECIMALS = frozenset({"VND", "JPY", "KRW", "IDR"})
"""Currencies whose amounts have no decimals in practice: three digits after a mark are thousands."""

_KEPT = 100
"""Unclear texts that are kept; more of them prove no more."""

_TOKEN = "|".join(
    re.escape(token) for token in sorted([*_SYMBOLS, *_CODES], key=lambda token: (-len(token), token))
)
_AMOUNT = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+])? ?(?P<before>{_TOKEN})? ?(?P<inner>[-+])? ?"
    rf"(?P<digits>[0-9][0-9.,'’ ]*[0-9]|[0-9]|[.,][0-9]+) ?(?P<after>{_TOKEN})?(?P<close>\))?(?P<trailing>-)?",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[\s\u00a0\u2007\u202f]+")
_THIN_GROUPS = re.compile(r"[0-9]{1,3}(?P<gap>[ '’])[0-9]{3}(?:(?P=gap)[0-9]{3})*(?:[.,][0-9]+)?")
_READ: dict[Mark | None, re.Pattern[str]] = {
    ".": re.compile(r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?"),
    ",": re.compile(r"(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[0-9]+)?(?:,[0-9]+)?"),
    None: re.compile(r"[0-9]+"),
}
_PLAIN = {
    ".": re.compile(r"-?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)\.[0-9]{1,2}"),
    ",": re.compile(r"-?(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[0-9]+),[0-9]{1,2}"),
}
_FAST: dict[Mark | None, re.Pattern[str]] = {
    ".": re.compile(r"-?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"),
    ",": re.compile(r"-?(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?"),
    None: re.compile(r"-?[0-9]+"),
}


def currency_of(token: str) -> str | None:
    """What a currency token names: the code, `$` or `¥` for the bare signs; None when it is no currency."""
    token = token.strip().upper()
    if token in _CODES:
        return token
    return (_SYMBOLS[token] or token) if token in _SYMBOLS else None


def agrees(found: str, currency: str) -> bool:
    """Whether a code or bare sign that was found can be the currency."""
    return found == currency or currency in {"$": DOLLARS, "¥": YENS}.get(found, ())


@dataclass(frozen=True, slots=True)
class Parts:
    """A number's text, taken apart.

    Attributes:
        digits: Digits and marks, thousands that were parted by blanks or apostrophes already joined.
        negative: Minus sign or brackets.
        currency: As `currency_of`; None when none is written.
        thin: Whether blanks or apostrophes parted the thousands.
    """

    digits: str
    negative: bool
    currency: str | None
    thin: bool


def take_apart(text: str) -> Parts | None:
    """The parts of a number's text; None when it is no number (or one in scientific notation)."""
    match = _AMOUNT.fullmatch(_SPACES.sub(" ", text).strip().replace("−", "-").replace("–", "-"))
    if match is None:
        return None
    signs = [sign for sign in (match["sign"], match["inner"], match["trailing"]) if sign]
    brackets = bool(match["open"])
    if len(signs) + brackets > 1 or brackets != bool(match["close"]):
        return None
    before, after = match["before"], match["after"]
    if before and after and currency_of(before) != currency_of(after):
        return None
    token = before or after
    digits, thin = match["digits"], False
    if not digits.isascii() or " " in digits or "'" in digits:
        if _THIN_GROUPS.fullmatch(digits) is None:
            return None
        digits, thin = re.sub("[ '’]", "", digits), True
    return Parts(digits, brackets or "-" in signs, currency_of(token) if token else None, thin)


def weigh(text: str, *, whole: bool = False) -> Weight:
    """What a text proves about the decimal mark.

    Args:
        text: Of the cell, without a percent sign.
        whole: The column holds whole numbers, so a mark before three digits parts thousands.
    """
    if "." not in text and "," not in text:
        return "none"
    # Nearly all texts are of these two forms; seeing that first is four times faster.
    if _PLAIN["."].fullmatch(text):
        return "."
    if _PLAIN[","].fullmatch(text):
        return ","
    parts = take_apart(text)
    return "not_a_number" if parts is None else _weigh(parts, whole)


def _weigh(parts: Parts, whole: bool) -> Weight:
    digits = parts.digits
    dots, commas = digits.count("."), digits.count(",")
    if not dots and not commas:
        return "none"
    if dots and commas:
        mark: Mark = "." if digits.rfind(".") > digits.rfind(",") else ","
        return mark if _READ[mark].fullmatch(digits) else "not_a_number"
    used: Mark = "." if dots else ","
    other: Mark = "," if dots else "."
    if dots + commas > 1:
        return other if not parts.thin and _READ[other].fullmatch(digits) else "not_a_number"
    left, right = digits.split(used)
    if len(right) != 3 or parts.thin or not 1 <= len(left) <= 3 or left[0] == "0":
        return used
    if whole:
        return other
    return "grouped_by_dot?" if used == "." else "grouped_by_comma?"


@dataclass(slots=True)
class MarkEvidence:
    """What the texts of a file prove about its decimal mark.

    Attributes:
        proofs: A text and its place for each mark that something proves.
        unclear: Texts and places that could be read in both ways, a few of them.
    """

    proofs: dict[str, tuple[str, str]] = field(default_factory=dict)
    unclear: dict[str, str] = field(default_factory=dict)

    def add(self, text: str, place: Callable[[], str], *, whole: bool = False) -> None:
        """Weighs one more text.

        Args:
            text: Of the cell, without a percent sign.
            place: Tells its column and row; asked only where the text proves something new.
            whole: As in `weigh`.
        """
        weight = weigh(text, whole=whole)
        if weight in (".", ","):
            if weight not in self.proofs:
                self.proofs[weight] = (text, place())
        elif weight.endswith("?") and len(self.unclear) < _KEPT and text not in self.unclear:
            self.unclear[text] = place()

    def merge(self, others: Iterable[MarkEvidence]) -> None:
        """Takes over what others prove."""
        for other in others:
            for mark, proof in other.proofs.items():
                self.proofs.setdefault(mark, proof)
            for text, place in other.unclear.items():
                self.unclear.setdefault(text, place)


def decide_mark(
    evidence: MarkEvidence, currency: str | None
) -> Mark | Literal["contradictory", "undecidable"] | None:
    """The decimal mark of a file.

    Args:
        evidence: Of its texts.
        currency: Of its amounts, if known.

    Returns:
        The mark, None when no text has one, `contradictory` when some texts prove the one and some the
        other, `undecidable` when all could be read in both ways.
    """
    if len(evidence.proofs) == 2:
        return "contradictory"
    if evidence.proofs:
        return "." if "." in evidence.proofs else ","
    if not evidence.unclear:
        return None
    used = {"." if weigh(text) == "grouped_by_dot?" else "," for text in evidence.unclear}
    if len(used) == 1 and currency in WITHOUT_DECIMALS:
        return "," if used == {"."} else "."
    return "undecidable"


def parse_number(text: str, mark: Mark | None) -> tuple[Decimal, str | None] | None:
    """The number a text is worth and the currency it names; None when it is no number under this mark.

    Args:
        text: Of the cell, without a percent sign.
        mark: The file's decimal mark; None when its texts have none.
    """
    if _FAST[mark].fullmatch(text):
        return Decimal(text.replace("," if mark == "." else ".", "").replace(",", ".")), None
    parts = take_apart(text)
    if parts is None:
        return None
    if _READ[mark].fullmatch(parts.digits) is None:
        return None
    digits = parts.digits.replace("," if mark == "." else ".", "").replace(",", ".")
    number = Decimal(digits)
    return (-number if parts.negative else number), parts.currency
