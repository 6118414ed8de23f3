"""How the sandbox's exports are had: the same bytes each time, by folder, over HTTP and on the command line."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from click.testing import CliRunner
from export_helpers import written
from world_helpers import CLOCK, DAY, SHOP, world_of

from orchestration.cli import cli
from sandbox.exports.export import write_file, write_folder
from sandbox.exports.layouts import DOWNLOADED, LAYOUTS
from sandbox.server.serve import SandboxServer
from sandbox.world.store import Store

TH = SHOP["TH"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world_of(tmp_path_factory, orders=600, days=40)


@pytest.fixture(scope="module")
def store(world: Path) -> Store:
    return Store.open(world)


@pytest.fixture
def http(store: Store) -> Iterator[httpx.Client]:
    with (
        SandboxServer(store) as server,
        httpx.Client(base_url=server.base_url, trust_env=False, timeout=60) as client,
    ):
        yield client


def test_there_are_twenty_two_layouts() -> None:
    assert len(LAYOUTS) == 23
    assert {layout for chosen in DOWNLOADED.values() for layout, _ in chosen} == LAYOUTS.keys()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_question_has_the_same_bytes(store: Store, tmp_path: Path, layout: str) -> None:
    one, two = (written(tmp_path / name, store, "TH", layout) for name in ("one", "two"))
    assert one.name == two.name
    assert one.read_bytes() == two.read_bytes()
    if one.suffix == ".xlsx":
        with zipfile.ZipFile(one) as archive:
            # The download's time by the world's clock, not the machine's.
            assert b"2026-11-08T00:00:00Z" in archive.read("docProps/core.xml")


def test_a_folder_for_each_shop_and_ads_account(store: Store, tmp_path: Path) -> None:
    files = list(write_folder(tmp_path, store, clock=CLOCK))
    assert len(files) == sum(map(len, DOWNLOADED.values()))
    folders = {path.name for path in tmp_path.iterdir()}
    assert folders == {shop.id for shop in SHOP.values()} | {"7400000000000000001", "7400000000000000002"}
    assert {one.path.parent.name for one in files if one.layout.startswith("gmv_max_")} == {
        "7400000000000000001",
        "7400000000000000002",
    }
    assert all(one.path.is_file() and one.rows > 1 for one in files)


def test_files_are_listed_and_given_over_http(store: Store, http: httpx.Client, tmp_path: Path) -> None:
    listed = http.get("/_sandbox/exports").json()
    assert [one["layout"] for one in listed["layouts"]] == list(LAYOUTS)
    assert {one["shop"]: one["layouts"] for one in listed["shops"]}[TH.id][0] == "order_ph_55"
    for layout in ("order_ph_55", "income_ph_55"):
        answer = http.get(f"/_sandbox/exports/{TH.id}/{layout}")
        own = written(tmp_path, store, "TH", layout)
        assert answer.status_code == 200
        assert answer.content == own.read_bytes()
        assert own.name in unquote(answer.headers["content-disposition"])


def test_a_file_over_http_is_of_the_days_the_language_and_the_clock_asked_for(
    store: Store, http: httpx.Client, tmp_path: Path
) -> None:
    from datetime import date

    query = {"from": "2026-10-05", "until": "2026-10-12", "language": "en"}
    http.post("/_sandbox/clock", json={"advance_seconds": DAY})
    answer = http.get(f"/_sandbox/exports/{SHOP['VN'].id}/order_vn_54", params=query)
    own = write_file(
        tmp_path,
        store,
        SHOP["VN"],
        "order_vn_54",
        clock=CLOCK + DAY,
        first=date(2026, 10, 5),
        until=date(2026, 10, 12),
        language="en",
    )
    assert answer.content == own.path.read_bytes()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("1/order_us", "no such shop: 1"),
        (f"{TH.id}/order_mars", "'order_mars' is no layout"),
        (f"{TH.id}/order_us?language=id", "order_us has no language 'id'; it has en"),
        (f"{TH.id}/gmv_max_creative_26?edition=new", "has no edition 'new'; it has current, older, bulk"),
        (f"{TH.id}/order_us?from=2026-11-02&until=2026-11-02", "must be before 2026-11-02"),
        (f"{TH.id}/order_us?from=yesterday", "yesterday"),
        (f"{TH.id}/order_us?since=2026-11-01", "unknown parameters: since"),
        (f"{SHOP['GB'].id}/gmv_max_creative_26", "No ads account promotes Aurora UK"),
    ],
)
def test_mistakes_are_answered_with_a_text(http: httpx.Client, path: str, said: str) -> None:
    answer = http.get(f"/_sandbox/exports/{path}")
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_nothing_is_left_of_a_download(
    http: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert http.get(f"/_sandbox/exports/{TH.id}/order_us").status_code == 200
    assert http.get(f"/_sandbox/exports/{TH.id}/order_us?language=id").status_code == 400
    # The folder is cleared away behind the answer, so the client can be here first.
    deadline = time.monotonic() + 30
    while list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("clock", [CLOCK - 1, CLOCK + 400 * DAY])
def test_a_clock_that_the_world_does_not_know_is_refused(store: Store, tmp_path: Path, clock: int) -> None:
    with pytest.raises(ValueError, match="must be within 2026-11-08T00:00:00Z to 2026-11-22T00:00:00Z"):
        write_file(tmp_path, store, TH, "order_us", clock=clock)


def test_the_command_writes_what_is_asked_for(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "home"))
    asked = ["sandbox-exports", str(tmp_path / "out"), "--dir", str(world)]
    asked += ["--shop", TH.id]
    done = CliRunner().invoke(cli, [*asked, "--layout", "order_us", "--clock", "2026-11-09"])
    assert done.exit_code == 0, done.output
    assert [path.name for path in (tmp_path / "out" / TH.id).iterdir()] == ["All order-2026-11-09-07_00.xlsx"]
    for wrong, said in (
        (["--shop", "9"], "the shops are"),
        (["--layout", "x"], "no layout"),
        (["--clock", "2026-01-01"], "The clock must be within"),
    ):
        refused = CliRunner().invoke(cli, [*asked, *wrong])
        assert refused.exit_code == 2
        assert said in refused.output
