"""Cuts contact data out of records before anything is stored; of a person only a keyed hash stays.

What is documented is cut by name. What is not documented can't be trusted: an unknown field is removed
when its name sounds like contact data, and e-mail addresses and telephone numbers inside unknown text are
masked. The check of names costs little, because records come in few shapes and only shapes are compared.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingestion.engine.columns import Fields
from ingestion.engine.pages import Record
from ingestion.engine.shapes import Shapes, observe

MASK = "[cut]"
_CONTACT_NAME = re.compile(
    r"phone|mobile|e_?mail|address|recipient|receiver|consignee|contact|nick_?name|avatar|"
    r"(first|last|full|middle|family|given|buyer|customer|user|person|real|card_?holder)_?name|^name$|"
    r"cpf|cnpj|tax_?(id|number|payer)|passport|id_?(card|number)|birth|gender|whats_?app|telegram|line_?id|"
    r"bank|iban|swift|account_?(no|number|name)|card_?(no|number)|postal|post_?code|zip|street|district|door|"
    r"geo|latitude|longitude|(buyer|customer|user|open|union)_?(u?id|message)|message|note|remark|comment|memo",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")
_PHONE = re.compile(r"\+\d[\d\s().-]{6,}\d")


@dataclass(frozen=True, slots=True)
class Rules:
    """What to cut from the records of a resource.

    Attributes:
        known: Fields the API documents.
        drop: Fields that are removed; `a.b` is b inside object a, or inside the objects of list a.
        keep: Fields that hold an object of which only the named parts stay.
        hash: Fields that hold a person's id, replaced by its hash.
    """

    known: Fields
    drop: tuple[str, ...] = ()
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hash: tuple[str, ...] = ()


class Cleaner:
    """Applies rules.

    Args:
        key: `Home.privacy_key()`.
    """

    def __init__(self, key: bytes) -> None:
        block = key.ljust(64, b"\0")
        # HMAC-SHA256 by its definition: copying two prepared hashes is thirty times faster than making an
        # HMAC.
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def clean(self, records: list[Any], rules: Rules) -> Shapes:
        """Cuts in place. Elements that are no objects are wrapped, so that the archive holds objects only.

        Args:
            records: Records of one resource.
            rules: What to cut.

        Returns:
            The field names seen, by path: the shape of the answer.
        """
        for index, record in enumerate(records):
            if type(record) is not dict:
                records[index] = {"_value": scrub(record)}
        for path in rules.drop:
            *outer, name = path.split(".")
            for record in _objects(records, outer):
                record.pop(name, None)
        for name, parts in rules.keep.items():
            for record in records:
                value = record.get(name)
                if type(value) is dict:
                    record[name] = {part: value[part] for part in parts if _is_plain(value.get(part))}
                elif value is not None:
                    del record[name]
        for name in rules.hash:
            for record in records:
                value = record.get(name)
                if value is not None and value != "":
                    record[name] = self.hash(value)
        shapes = observe(records, rules.known)
        _cut_unknown(records, rules.known, "", shapes)
        return shapes

    def hash(self, value: object) -> str:
        """The keyed hash of a person's id: the same for the same person, useless without the key."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(str(value).encode())
        outer.update(inner.digest())
        return outer.hexdigest()[:32]


def is_contact_name(name: str) -> bool:
    """Whether a name, in snake_case, sounds like contact data of a person."""
    return _CONTACT_NAME.search(name) is not None


def scrub(value: Any) -> Any:
    """An undocumented value without what looks like contact data. Works on copies."""
    if isinstance(value, str):
        return _PHONE.sub(MASK, _EMAIL.sub(MASK, value))
    if isinstance(value, list):
        return [scrub(element) for element in value]
    if isinstance(value, dict):
        return {name: scrub(inner) for name, inner in value.items() if not _CONTACT_NAME.search(name)}
    return value


def _objects(records: list[Record], path: list[str]) -> list[Record]:
    """The objects at the end of a path."""
    for name in path:
        values = [value for record in records if (value := record.get(name))]
        records = [value for value in values if type(value) is dict]
        records += [e for value in values if type(value) is list for e in value if type(e) is dict]
    return records


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int) and len(str(value)) <= 20


def _cut_unknown(records: list[Record], known: Fields, path: str, shapes: Shapes) -> None:
    unknown = shapes[path].any - known.keys()
    if unknown:
        for record in records:
            for name in unknown & record.keys():
                if _CONTACT_NAME.search(name):
                    del record[name]
                else:
                    record[name] = scrub(record[name])
    for name, inner in known.items():
        if inner and f"{path}{name}." in shapes:
            values = [value for record in records if (value := record.get(name))]
            nested = [value for value in values if type(value) is dict]
            nested += [e for value in values if type(value) is list for e in value if type(e) is dict]
            _cut_unknown(nested, inner, f"{path}{name}.", shapes)
