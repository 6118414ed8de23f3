"""No contact data in what is stored."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Any

import pytest
from shop_fakes import NOW, SECRET_WORDS, FakeClient, order, run, unpacked

from home.layout import Home
from ingestion.engine.columns import fields
from ingestion.engine.privacy import Cleaner, Rules, scrub
from ingestion.tiktok_shop.finance import PAYMENT
from ingestion.tiktok_shop.orders import ORDER
from ingestion.tiktok_shop.resources import RESOURCES
from ingestion.tiktok_shop.returns import RETURN
from ingestion.tiktok_shop.shops import WAREHOUSE

KEY = b"k" * 32


def test_what_is_documented_is_cut() -> None:
    record = order(1, NOW)
    Cleaner(KEY).clean([record], ORDER.rules)
    assert record["recipient_address"] == {"region_code": "TH"}
    assert record["user_id"] == hmac.digest(KEY, b"buyer-1", "sha256").hex()[:32]
    for name in ("buyer_email", "buyer_message", "buyer_nickname", "cpf", "cpf_name", "seller_note"):
        assert name not in record
    assert not any(word in str(record) for word in SECRET_WORDS)


def test_what_is_cut_may_stand_inside_objects_and_lists() -> None:
    known = fields("profile{name face} members[name face] id")
    record = {
        "id": 1,
        "profile": {"name": "a", "face": "x"},
        "members": [{"name": "b", "face": "x"}, "odd", None],
    }
    broken = {"id": 2, "profile": "a", "members": {"name": "c", "face": "x"}}
    Cleaner(KEY).clean([record, broken], Rules(known=known, drop=("profile.face", "members.face")))
    assert record == {"id": 1, "profile": {"name": "a"}, "members": [{"name": "b"}, "odd", None]}
    assert broken == {"id": 2, "profile": "a", "members": {"name": "c"}}


@pytest.mark.parametrize(
    "address", ["Somchai, 99 Sukhumvit Road", ["x"], 5, {"region_code": {"name": "Somchai"}}]
)
def test_an_address_of_another_type_is_cut(address: Any) -> None:
    record = order(1, NOW, recipient_address=address)
    Cleaner(KEY).clean([record], ORDER.rules)
    assert record.get("recipient_address", {}) == {}


def test_what_is_not_documented_is_judged_by_its_name() -> None:
    record = order(
        1,
        NOW,
        receiver_phone="0812345678",
        loyalty={"level": "gold", "email": "a@b.co", "note": "write to a@b.co or +66 81 234 5678"},
        hint="write to a@b.co or call +66 81 234 5678",
    )
    record["packages"] = [{"id": "1", "consignee_name": "Somchai", "weight": "2"}]
    record["line_items"][0]["engraving"] = {"customer_name": "Somchai", "font": "Arial"}
    Cleaner(KEY).clean([record], ORDER.rules)
    assert "receiver_phone" not in record
    assert record["loyalty"] == {"level": "gold"}
    assert record["hint"] == "write to [cut] or call [cut]"
    assert record["packages"] == [{"id": "1", "weight": "2"}]
    assert record["line_items"][0]["engraving"] == {"font": "Arial"}


def test_other_resources() -> None:
    cleaner = Cleaner(KEY)
    payment = {"id": "1", "bank_account": "****1234"}
    warehouse = {
        "id": "1",
        "address": {"region": "Thailand", "region_code": "TH", "contact_person": "S", "city": "B"},
    }
    back = {"return_id": "1", "return_warehouse_address": {"full_address": "99 Sukhumvit"}}
    cleaner.clean([payment], PAYMENT.rules)
    cleaner.clean([warehouse], WAREHOUSE.rules)
    cleaner.clean([back], RETURN.rules)
    assert payment == {"id": "1"}
    assert warehouse["address"] == {"region": "Thailand", "region_code": "TH"}
    assert back == {"return_id": "1"}


def test_elements_that_are_no_objects() -> None:
    records: list[Any] = ["Somchai a@b.co", None]
    Cleaner(KEY).clean(records, ORDER.rules)
    assert records == [{"_value": "Somchai [cut]"}, {"_value": None}]


def test_documented_names_are_not_taken_for_contact_data() -> None:
    # The rules cut what they name; a documented field is never cut just for its name.
    for resource in RESOURCES:
        record = dict.fromkeys(resource.rules.known, "x")
        Cleaner(KEY).clean([record], resource.rules)
        cut = set(resource.rules.drop) | set(resource.rules.keep)
        assert set(record) == set(resource.rules.known) - cut


def test_scrub_leaves_numbers_alone() -> None:
    assert scrub({"a": ["576461413038785752", 1.5, None]}) == {"a": ["576461413038785752", 1.5, None]}


def test_nothing_personal_reaches_the_disk(tmp_path: Path) -> None:
    home = Home(tmp_path)
    record = order(3, NOW - 900, delivery_contact={"phone": SECRET_WORDS[1]}, remark=SECRET_WORDS[5])
    run(home, FakeClient({"search_orders": [order(1, NOW - 1000), record]}), "orders")
    stored = unpacked(tmp_path)
    for word in (*SECRET_WORDS, "buyer-1", "buyer-3", "cipher-one"):
        assert word.encode() not in stored, word
