"""A world is the same for the same seed, is there as a whole or not at all, and hides what is still to come."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest
from world_helpers import CLOCK, DAY, SHOP, bodies, everywhere, world_of

from home.config import PROJECT_ROOT
from sandbox.world import generator
from sandbox.world.generator import generate
from sandbox.world.people import personal_markers, personal_values
from sandbox.world.store import META, Store

SIZE: Any = {"orders": 600, "days": 40}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world_of(tmp_path_factory, **SIZE)


@pytest.fixture(scope="module")
def store(world: Path) -> Store:
    return Store.open(world)


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_the_seed_decides_every_byte(world: Path, tmp_path: Path) -> None:
    generate(tmp_path / "same", clock=CLOCK, seed=7, **SIZE)
    other = generate(tmp_path / "other", clock=CLOCK, seed=8, **SIZE)
    assert files(tmp_path / "same") == files(world)
    theirs = {(shop.id, order["id"], order["user_id"]) for shop, order in everywhere(other, "order")}
    ours = {
        (shop.id, order["id"], order["user_id"]) for shop, order in everywhere(Store.open(world), "order")
    }
    assert len(ours & theirs) < len(ours) // 10


def test_the_past_has_exactly_the_orders_that_were_asked_for(store: Store) -> None:
    created = [order["create_time"] for _, order in everywhere(store, "order")]
    assert len(created) == SIZE["orders"]
    assert min(created) >= CLOCK - SIZE["days"] * DAY
    assert max(created) < CLOCK


def test_the_shops_differ_in_size(store: Store) -> None:
    sizes = {
        shop.region: store.count("order", shop.id, CLOCK, field="create_time", ge=None, lt=None)
        for shop in store.shops()
    }
    assert sizes["TH"] > 3 * sizes["GB"] > 0


def test_nothing_is_seen_before_its_time(store: Store) -> None:
    for clock in (CLOCK, CLOCK + 5 * DAY + 1234):
        for kind in ("order", "return", "cancellation"):
            for _, record in everywhere(store, kind, clock):
                assert record["create_time"] <= record["update_time"] <= clock
                moments = [
                    value
                    for name, value in record.items()
                    if name.endswith("_time") and not re.search("sla|due", name)
                ]
                assert max(moments) <= clock
        for _, statement in everywhere(store, "statement", clock):
            assert statement["statement_time"] <= clock
            assert statement.get("payment_time", 0) <= clock


def test_orders_change_and_come_as_the_clock_moves(store: Store) -> None:
    shop = SHOP["TH"]
    before = {order["id"]: order for order in bodies(store, "order", shop)}
    after = {order["id"]: order for order in bodies(store, "order", shop, CLOCK + 3 * DAY)}
    assert before.keys() < after.keys()
    changed = [order for order_id, order in before.items() if after[order_id] != order]
    assert changed
    for order in changed:
        assert CLOCK < after[order["id"]]["update_time"] <= CLOCK + 3 * DAY


def test_one_version_at_a_time_can_be_seen(store: Store) -> None:
    shop = SHOP["VN"]
    for clock in (CLOCK, CLOCK + DAY, CLOCK + 14 * DAY):
        ids = [order["id"] for order in bodies(store, "order", shop, clock)]
        assert len(ids) == len(set(ids))
        some = ids[len(ids) // 2]
        found = store.get("order", shop.id, some, clock)
        assert found is not None
        assert orjson.loads(found.body)["id"] == some
    assert store.get("order", shop.id, "0", CLOCK) is None


@pytest.mark.parametrize("field", ["create_time", "update_time"])
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_pages_put_together_are_the_whole_list(store: Store, field: Any, order: Any) -> None:
    shop = SHOP["US"]
    ge, lt = CLOCK - 20 * DAY, CLOCK - 2 * DAY
    bounds: dict[str, Any] = {"field": field, "ge": ge, "lt": lt, "other_ge": CLOCK - 15 * DAY}
    listed: list[tuple[int, str]] = []
    after: tuple[int, str] | None = None
    while page := store.page("order", shop.id, CLOCK, order=order, after=after, limit=7, **bounds):
        listed += [(record.time, record.id) for record in page]
        after = listed[-1]
    other = "update_time" if field == "create_time" else "create_time"
    wanted = sorted(
        (body[field], body["id"])
        for body in bodies(store, "order", shop)
        if ge <= body[field] < lt and body[other] >= CLOCK - 15 * DAY
    )
    assert listed == (wanted if order == "ASC" else wanted[::-1])
    assert len(listed) == store.count("order", shop.id, CLOCK, **bounds) > 7


def test_lists_can_be_filtered(store: Store) -> None:
    shop = SHOP["TH"]
    everything: dict[str, Any] = {"field": "create_time", "ge": None, "lt": None}
    listing: dict[str, Any] = everything | {"order": "ASC", "after": None, "limit": 1000}
    cancelled = store.page("order", shop.id, CLOCK, statuses=["CANCELLED"], **listing)
    assert {orjson.loads(record.body)["status"] for record in cancelled} == {"CANCELLED"}
    assert len(cancelled) == store.count("order", shop.id, CLOCK, statuses=["CANCELLED"], **everything)
    request = bodies(store, "return", shop)[0]
    found = store.page("return", shop.id, CLOCK, order_ids=[request["order_id"]], **listing)
    assert request["return_id"] in [record.id for record in found]
    for status in ("PAID", "PROCESSING"):
        rows = store.page("statement", shop.id, CLOCK, statuses=[status], **listing)
        assert {orjson.loads(record.body)["payment_status"] for record in rows} == {status}


def test_several_threads_read_at_once(store: Store) -> None:
    counted: list[int] = []
    readers = [
        threading.Thread(target=lambda: counted.append(len(bodies(store, "order", SHOP["TH"]))))
        for _ in range(4)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(counted) == 4
    assert len(set(counted)) == 1


def test_a_killed_generation_leaves_nothing_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(directory: Path, *_: Any) -> None:
        (directory / "half.sqlite").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(generator, "_fill", killed)
    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "world", orders=50, days=5, seed=7, clock=CLOCK)
    assert not (tmp_path / "world").exists()
    monkeypatch.undo()
    made = generate(tmp_path / "world", orders=50, days=5, seed=7, clock=CLOCK)
    assert made.meta.orders == 50
    assert [path.name for path in tmp_path.iterdir() if ".new-" in path.name] == [], "rubbish is left"


def test_no_worker_outlives_a_killed_generation(tmp_path: Path) -> None:
    """They waited for work for ever, a gigabyte of them after some killed benchmarks."""
    code = (
        "from pathlib import Path; from sandbox.world.generator import generate\n"
        "if __name__ == '__main__':\n"
        f"    generate(Path({str(tmp_path / 'world')!r}), orders=500_000, days=100, seed=1, clock={CLOCK})\n"
    )
    script = tmp_path / "make.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
    with subprocess.Popen([sys.executable, str(script)], env=environment) as process:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("world.new-*/*.sqlite*")) and time.monotonic() < deadline:
            time.sleep(0.1)
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert workers
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == []


def test_a_world_that_is_there_is_not_made_again(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "_fill", lambda *_: pytest.fail("made again"))
    assert generate(world, clock=CLOCK, seed=7, **SIZE).meta == Store.open(world).meta


def test_another_world_takes_the_place(tmp_path: Path) -> None:
    generate(tmp_path, orders=40, days=4, seed=7, clock=CLOCK)
    told: list[tuple[int, int]] = []
    again = generate(
        tmp_path, orders=30, days=4, seed=7, clock=CLOCK, horizon_days=0, progress=lambda *at: told.append(at)
    )
    assert again.meta.orders == 30
    assert again.meta.horizon_end == CLOCK
    assert told[-1] == (30, 30)


def test_an_old_format_is_named(tmp_path: Path) -> None:
    (tmp_path / META).write_text('{"seed":7,"orders":1,"days":1,"clock_start":0,"horizon_end":0}')
    with pytest.raises(ValueError, match=r"format 1.*delete the directory"):
        Store.open(tmp_path)
    with pytest.raises(FileNotFoundError, match="no sandbox world"):
        Store.open(tmp_path / "nowhere")


@pytest.mark.parametrize("wrong", [{"orders": 0}, {"days": 0}, {"clock": CLOCK + 1}])
def test_a_size_that_makes_no_world_is_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"world|clock"):
        generate(tmp_path / "world", seed=7, **{**SIZE, "clock": CLOCK, **wrong})


def test_what_is_personal_can_be_recognised(world: Path, store: Store) -> None:
    values = set(personal_values(world))
    markers = personal_markers()
    named = set()
    for _, order in everywhere(store, "order"):
        address = order["recipient_address"]
        named |= {order["buyer_email"], order["buyer_nickname"], order["user_id"]}
        named |= {address[name] for name in ("name", "phone_number", "full_address", "postal_code")}
    named |= {payment["bank_account"] for _, payment in everywhere(store, "payment")}
    named |= {warehouse["address"]["contact_person"] for _, warehouse in everywhere(store, "warehouse")}
    assert named <= values
    public = {"status", "id", "create_time", "payment", "warehouse_id", "tracking_number", "packages"}
    for _, order in everywhere(store, "order"):
        shown = orjson.dumps({name: order.get(name) for name in public} | {"lines": order["line_items"]})
        assert not any(marker.encode() in shown for marker in markers)


def test_buyers_come_back(store: Store) -> None:
    bought = [order["user_id"] for order in bodies(store, "order", SHOP["TH"])]
    assert len(set(bought)) < len(bought)


def test_rates_are_there_on_business_days_only(store: Store) -> None:
    rates = store.fx_rates(date(2026, 11, 2), date(2026, 11, 15), "THB", "CNY")
    assert [day.isoformat()[-2:] for day, _ in rates] == [
        "02",
        "03",
        "04",
        "05",
        "06",
        "09",
        "10",
        "11",
        "12",
        "13",
    ]
    assert all(isinstance(rate, Decimal) and Decimal("0.21") < rate < Decimal("0.23") for _, rate in rates)
    assert store.fx_rates(date(2026, 11, 2), date(2026, 11, 2), "THB", "XXX") == []


def test_another_seller_has_other_shops_and_ads_accounts() -> None:
    """Guards two sandboxes side by side whose shops would be the same: the union of their homes would refuse them."""
    code = (
        "from sandbox.ads.accounts import ACCOUNTS\nfrom sandbox.world.catalog import SHOPS\n"
        "print(*(one.id for one in (*SHOPS, *ACCOUNTS)))"
    )
    first, usual = (
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=PROJECT_ROOT, env={**os.environ, "TTKPI_SANDBOX_SELLER": seller},
            capture_output=True, text=True, check=True,
        ).stdout.split()
        for seller in ("12", "0")
    )  # fmt: skip
    assert not set(first) & set(usual)
    assert [len(one) for one in first] == [len(one) for one in usual] == [19] * 7
    assert (usual[0], first[0], first[-1]) == (
        "7495000000000000101", "7495000000000012101", "7400000000000000122",
    )  # fmt: skip
