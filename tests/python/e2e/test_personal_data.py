"""No personal value and no secret that the sandbox ever told stands in anything that a home keeps.

What to look for is what the sandbox's answers held, field by field (`/_sandbox/personal`), not what we think it holds;
where to look is every file below the home, unpacked: archive, raw, warehouse, published files and those of audiences,
history, logs, dlt's folders, audits, docs, the audit log. Only the files whose purpose is a secret may hold it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import CLOCK, admin, authorise, authorise_ads, settings, sync
from scan import WIDTH, Scanner, telling
from templates import with_parse

from home.config import load_ads_config, load_shop_config
from home.inputs import store
from home.layout import Home
from home.project import project_dir
from orchestration.build.docs_site import docs
from orchestration.cli import main
from orchestration.history.published import audiences_folder
from orchestration.publish.verify import verify_home
from orchestration.run import run_all
from sandbox.server.serve import start_in_thread
from sandbox.world.generator import generate

KEYS = ("privacy.key", "freeze.key", "seal.key")
TOKENS = ("tokens.json", "ads_tokens.json")
PLANTED = "PIInameTH00012-planted"


@dataclass
class Told:
    """A home after a run with troubles, and what it was told."""

    home: Home
    personal: dict[str, list[str]]
    secrets: set[str]
    orders: list[str]


def switch_audiences_on(home: Home) -> None:
    """The home has the project's examples of audiences as an input, each switched on."""
    text = (project_dir() / "seeds" / "trust" / "audiences.csv").read_text(encoding="utf-8")
    published = re.sub(r"false$", "true", text, flags=re.MULTILINE)
    rows = {"audiences": len(published.splitlines()) - 1}
    store(home, {"audiences": published.encode()}, rows, imported_by="", source="audiences.csv")


@pytest.fixture(scope="module")
def told(parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    root = tmp_path_factory.mktemp("personal")
    generate(root / "world", orders=250, days=20, seed=5, clock=int(CLOCK.timestamp()))
    server = start_in_thread(root / "world")
    home = with_parse(parsed, Home(root / "home"))
    switch_audiences_on(home)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            **settings(server.base_url),
            "TTKPI_HOME": str(home.root),
        }.items():
            patch.setenv(name, value)
        try:
            admin(server, "personal")
            authorise(server, home)
            authorise_ads(server, home)
            # Tokens that end on the way are renewed, and the new ones are told, too.
            admin(server, "expire_access_tokens")
            run_all(home, until=CLOCK)
            docs(home)
            # The next day's rows are merged into what is there.
            admin(server, "clock", {"advance_seconds": 86_400})
            assert not sync(home, until=CLOCK + timedelta(days=1)).failed
            # What goes wrong is told in logs and in records: a token that is refused, a command that is wrong.
            admin(server, "expire_authorization")
            main(["sync", "--until", (CLOCK + timedelta(days=1)).date().isoformat()])
            main(["auth", "exchange", "code-that-never-was-one"])
            main(["status"])
            personal = admin(server, "personal", method="GET")["told"]
        finally:
            server.stop()
        secrets = {
            *personal.pop("secret"),
            load_shop_config().app_secret,
            load_ads_config().secret,
            "code-that-never-was-one",
        }
    for key in KEYS[:1] + KEYS[2:]:
        secrets.add((home.root / key).read_text().strip())
    orders = [
        str(order)
        for (order,) in duckdb.execute(
            f"select distinct order_id from read_parquet('{home.raw}/tiktok_shop/orders/*.parquet')"
        ).fetchall()
    ]
    yield Told(home, personal, secrets, orders)


def everything_kept(home: Home) -> Iterator[tuple[str, bytes]]:
    """Every file below a home as it is, and what it holds where that is packed; of a file its path below the home."""
    seen: set[tuple[int, int]] = set()
    for path in sorted(home.root.rglob("*")):
        if not path.is_file():
            continue
        # The current publication is a second name of the newest in the history.
        known = (path.stat().st_dev, path.stat().st_ino)
        if known in seen:
            continue
        seen.add(known)
        name = str(path.relative_to(home.root))
        yield name, path.read_bytes()
        if path.suffix == ".zst":
            with pa.input_stream(str(path), compression="zstd") as file:
                yield name, file.read()
        elif path.suffix == ".parquet":
            yield name, repr(pq.read_schema(path)).encode()
            with duckdb.connect() as connection:
                yield name, as_text(connection, f"read_parquet('{path}')")
        elif path.suffix == ".duckdb":
            with duckdb.connect() as connection:
                connection.execute(f"attach '{path}' as file (read_only)")
                for schema, table in connection.execute(
                    "select schema_name, table_name from duckdb_tables() where database_name = 'file'"
                ).fetchall():
                    yield f"{name} {schema}.{table}", as_text(connection, f'file."{schema}"."{table}"')


def as_text(connection: duckdb.DuckDBPyConnection, relation: str) -> bytes:
    """All rows of a relation, every value as it is: DuckDB writes them many times faster than Python shows them."""
    with tempfile.NamedTemporaryFile() as file:
        signs = "header false, delimiter '\x01', quote '\x02', escape '\x02'"
        connection.execute(f"copy (from {relation}) to '{file.name}' (format csv, {signs})")
        return Path(file.name).read_bytes()


def test_the_sandbox_told_something_of_each_kind(told: Told) -> None:
    """Guards the guard: a world without people, or a field that is called otherwise, would leave nothing to look for."""
    assert set(told.personal) == {
        *("e-mail", "name", "phone", "address", "picture", "message", "user id", "bank account", "contact"),
    }
    assert len(told.personal["name"]) > 200
    assert len(told.personal["phone"]) > 100
    assert len(told.personal["e-mail"]) > 100
    assert len(told.secrets) >= 8, "keys, app secrets, and tokens before and after they were renewed"
    # Too short to be told from chance: nobody looks for them.
    short = [value for values in told.personal.values() for value in values if len(value.encode()) < WIDTH]
    assert len(short) < 10, short


@dataclass
class Found:
    """What stands in one file or table."""

    orders: set[str]
    personal: set[str]
    secrets: set[str]


@pytest.fixture(scope="module")
def found(told: Told) -> dict[str, Found]:
    """Everything that is kept, read once for all that is looked for."""
    wanted = telling(value for values in told.personal.values() for value in values)
    assert len(wanted) > 1_000
    orders = set(told.orders)
    scanner = Scanner([*orders, *wanted, *told.secrets])
    hits: dict[str, Found] = {}
    for name, content in everything_kept(told.home):
        one = hits.setdefault(name, Found(set(), set(), set()))
        seen = scanner.find(content)
        one.orders |= seen & orders
        one.personal |= seen & wanted
        one.secrets |= seen & told.secrets
    return hits


def test_every_place_is_looked_at(told: Told, found: dict[str, Found]) -> None:
    """Order ids are kept on purpose: who can't find them in a place would not find a name there either."""
    places: dict[str, set[str]] = {}
    for name, one in found.items():
        places.setdefault(name.split("/")[0].split(" ")[0], set()).update(one.orders)
    for place in ("archive", "raw", "warehouse.duckdb", "published"):
        assert len(places[place]) > 0.9 * len(told.orders), place
    assert {"logs", "dlt", "audit", "docs", "dbt", "runs", "audit_log.jsonl"} <= set(places)
    assert {path.name for path in audiences_folder(told.home).iterdir()} == {
        "agency-gb",
        "host-mali",
        "operations",
    }
    assert all(not verdict.problems for verdict in verify_home(told.home))


def test_no_personal_value_is_kept_anywhere(found: dict[str, Found]) -> None:
    hits = [(name, sorted(one.personal)[:3]) for name, one in found.items() if one.personal]
    assert not hits, f"{len(hits)} places, the first: {hits[:5]}"


def test_no_secret_is_kept_but_where_it_belongs(told: Told, found: dict[str, Found]) -> None:
    hits = [
        (name, sorted(text[:6] + "..." for text in one.secrets))
        for name, one in found.items()
        if one.secrets and name not in (*KEYS, *TOKENS)
    ]
    assert not hits, f"{len(hits)} places, the first: {hits[:5]}"
    assert all(found[name].secrets for name in (*TOKENS, "privacy.key", "seal.key")), "and there it is found"
    for name in (*TOKENS, "privacy.key", "seal.key"):
        assert (told.home.root / name).stat().st_mode & 0o777 == 0o600


class TestScanner:
    def test_finds_at_every_place_and_alignment(self) -> None:
        scanner = Scanner([PLANTED, "12345678"])
        for shift in range(20):
            assert scanner.find(b"x" * shift + PLANTED.encode() + b"y" * 3) == {PLANTED}
        assert scanner.find(b"1234567") == set()
        assert scanner.find(b"12345678") == {"12345678"}

    def test_wants_the_whole_text(self) -> None:
        assert Scanner([PLANTED]).find(b"another-00012-planted") == set()

    def test_what_tells_a_person(self) -> None:
        assert telling(["(+19)7700000012", "12 PIIstreetTH1, Bangkok", "Harbour Road", "A. Person"]) == {
            "(+19)7700000012", "197700000012",
            "12 PIIstreetTH1, Bangkok", "PIIstreetTH1",
            "Harbour Road",
            "A. Person",
        }  # fmt: skip
