"""Every kind of file of a home, damaged in five ways: refused with its name and a cure, or made anew; never other numbers.

A row of the table is a kind of file and what reads it: whatever that gives must be what it gave before, unless it refuses.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from control_helpers import authorise_ads, change_marts, make_home, mark_audited
from home_files import FILES, TRIED, kind_of, unnamed
from import_helpers import known_shop, write_orders
from import_helpers import order as file_order
from scorecard_helpers import COLUMNS, row
from shop_fakes import NOW, FakeClient, order, raw, rows, run

from home.audit_log import Entry, append
from home.audit_log import check as check_log
from home.config import PROJECT_ROOT
from home.errors import TtkpiError
from home.inputs import IMPORTED, current_inputs, store, versions
from home.inputs import damage as input_damage
from home.layout import Home
from home.records import write_record
from home.storage import StorageError
from ingestion.engine.archive import Archive
from ingestion.engine.compact import compact
from ingestion.engine.journal import SHOP, write_journal
from ingestion.engine.raw_files import LIST_FILE, SCHEMA_FILE, RawFiles
from ingestion.importing import import_files
from ingestion.replay import replay
from ingestion.sources import prepare
from ingestion.tables.sources import TIKTOK_SHOP
from orchestration.build import rules
from orchestration.build.build import _parse_command, build_state, last_report
from orchestration.build.project_log import record_changes
from orchestration.build.rules import outdated_models
from orchestration.cli import main
from orchestration.defs import manifest as manifest_module
from orchestration.defs.manifest import load_manifest
from orchestration.deliver.alert_actions import actions
from orchestration.deliver.alerts import Alert, raise_alert, read_alerts
from orchestration.deliver.bitable.state import base_state
from orchestration.deliver.restock_http import Receiver, new_to
from orchestration.deliver.webhooks.ledger import Ledger
from orchestration.deliver.webhooks.notices import find
from orchestration.history.freeze import check as check_frozen
from orchestration.history.freeze import freeze
from orchestration.history.publications import current_publication, rollback
from orchestration.publish.comments import descriptions
from orchestration.publish.postgres.state import server_state
from orchestration.publish.publish import publish
from orchestration.publish.verify import verify_home
from orchestration.status import ads_authorisations, authorisations
from orchestration.status import status as read_status

VOLATILE = ("_dlt_load_id", "page_id", "retrieved_at")
RECEIVER = Receiver("https://erp.example/in")
KEY = "restock 1"


# Five ways to damage a file ---------------------------------------------------------------------------------


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    """One bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def deleted(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    path.write_text('{"other": 1}\n')


DAMAGES = (emptied, halved, flipped, deleted, replaced)


# Two homes, made once ---------------------------------------------------------------------------------------


def lists() -> dict[str, Any]:
    return {"search_orders": [order(number, NOW - 600 * number) for number in range(40)]}


def make_stored(root: Path) -> None:
    """A home into which two syncs and an import have loaded something."""
    home = Home(root)
    for step in range(2):
        outcome = run(
            home, FakeClient(lists()), "orders", "returns", until=NOW + 600 * step, run_id=f"run{step}"
        )
        write_journal(home, TIKTOK_SHOP, SHOP, f"run{step}", outcome.log, {outcome.shop_key: outcome.drift})
    import_files(home, [write_orders(root.parent / "a.csv", file_order())], known_shop())


def make_published(root: Path) -> None:
    """A home with two publications, a frozen month, tokens, and notes of what was sent."""
    home = make_home(root)
    card = row("Min", "gmv_rc", "1, 31, 200, null, null, null, null, null")
    change_marts(
        home,
        f"create table marts.kpi_team_scorecard ({COLUMNS}); insert into marts.kpi_team_scorecard values {card}",
    )
    change_marts(
        home,
        "create table seeds.audiences as select 'agency' as audience, 'kpi_shop_daily' as tables, null::varchar as "
        "left_out_columns, null::varchar as shop_keys, null::varchar as person_name, true as is_published",
    )
    for gmv in (900, 1000):
        change_marts(home, f"update marts.kpi_shop_daily set gmv = {gmv}")
        mark_audited(home)
        publish(home)
    freeze(home, date(2026, 10, 1))
    authorise_ads(home, ("7400000000000000001",), {"7400000000000000001": "Ads"})
    home.tokens_file.write_text(json.dumps(TOKENS))
    Ledger(home).record_delivery("team", ["a"], datetime.now(UTC))
    name = hashlib.sha256(RECEIVER.url.encode()).hexdigest()[:16]
    write_record(home.root / "restock.json", {name: {KEY: "2026-11-01T00:00:00+00:00"}})
    raise_alert(home.root, Alert("run_failed", "daily_job failed.", "run-1"))
    fill_inputs(home)
    for name, place in {
        "postgres": {"server": "localhost:5432/kpi"},
        "bitable": {"base": "localhost/base/app"},
    }.items():
        record = {
            **place,
            # Both are behind: whatever is damaged, nobody may say that they are not.
            "publication_id": "the one before",
            "views": ["kpi_shop_daily"],
            "changed": 3,
        }
        write_record(
            home.published.with_name(f"{name}.json"), {**record, "tried_at": "2026-11-01T00:00:00+00:00"}
        )


def fill_inputs(home: Home) -> None:
    """What `ttkpi inputs import` leaves, twice."""
    for target in (b"100", b"200"):
        content = {"kpi_targets": b"kpi_name,target\ngmv," + target + b"\n"}
        version = store(
            home, content, {"kpi_targets": 1}, imported_by="Lin", source="a.xlsx", source_content=b"PK"
        )
        append(home, Entry(IMPORTED, version.name, details={"inputs": dict(version.inputs)}))


def mark_switch(home: Home) -> None:
    """What a kill leaves amid a switch."""
    publication = current_publication(home)
    write_record(home.published.with_name("switching.json"), {"publication": publication, "event": "publish"})


def mark_rules(home: Home) -> None:
    """What a build leaves that could not make one of two tables."""
    rules.write(home, {"model.p.a": {"body": "1"}}, {"model.p.b": "macro x has changed"})


def mark_parsed(home: Home) -> None:
    for name, record in {"parsed": {"project": "state"}, "project": CHANGES}.items():
        write_record(home.root / "dbt" / f"{name}.json", record)


def mark_metrics(home: Home) -> None:
    """The semantic models of the build, and a publication of them."""
    path = home.root / "dbt" / "target" / "semantic_manifest.json"
    path.write_text(json.dumps({"semantic_models": [], "metrics": []}))


CHANGES = {"seed_changed": {"seeds/a.csv": "1"}, "definition_changed": {"kpi_shop_daily.gmv": "1:2"}}


TOKENS = {
    "version": 1,
    "grants": {
        "open-1": {
            "open_id": "open-1",
            "seller_name": "Aurora",
            "access_token": "planted-access",
            "access_token_expires_at": 1_900_000_000,
            "refresh_token": "planted-refresh",
            "refresh_token_expires_at": 1_900_000_000,
            "granted_scopes": ["seller.order.info"],
            "user_type": 0,
            "obtained_at": 1_790_000_000,
        }
    },
    "shops": {},
}


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("homes")
    make_stored(base / "stored")
    make_published(base / "published")
    return {"stored": base / "stored", "published": base / "published"}


# What reads a file ------------------------------------------------------------------------------------------


def replayed(home: Home) -> Any:
    """The rows that a replay makes of the archive."""
    replay(home)
    return {name: rows(home, name, "_dlt_load_id") for name in ("orders", "order_lines", "sync_log")}, sorted(
        map(str, raw(home, "orders", "seller_center").drop_columns(["_dlt_load_id"]).to_pylist())
    )


def read_by_a_build(home: Home) -> Any:
    """The raw rows that a build reads, if it begins."""
    prepare(home)
    RawFiles(home.raw).require_whole()
    return rows(home, "orders", "_dlt_load_id"), rows(home, "order_lines", "_dlt_load_id")


def synced(home: Home) -> Any:
    """The different rows after another sync: some may be read again, none may be missing or another."""
    outcome = run(home, FakeClient(lists()), "orders", "returns", until=NOW + 1200, run_id="again")
    if outcome.log[0].error_message:
        raise StorageError(outcome.log[0].error_message, advice="(in the message)")
    RawFiles(home.raw).require_whole()
    return [set(map(repr, rows(home, name, *VOLATILE))) for name in ("orders", "order_lines")]


def buyers(home: Home) -> Any:
    home.privacy_key()
    run(home, FakeClient(lists()), "orders", until=NOW + 1200, run_id="again")
    return sorted(set(raw(home, "orders").column("buyer_key").to_pylist()))


def refuse_what_is_wrong(home: Home) -> None:
    for verdict in verify_home(home):
        if verdict.problems:
            raise StorageError(" ".join(verdict.problems), advice=verdict.cure)


def verified(home: Home) -> Any:
    refuse_what_is_wrong(home)
    check_log(home)
    return marts(home.published)


def shown(home: Home) -> Any:
    """What a person sees of `ttkpi status`, and what a BI tool reads."""
    found = read_status(home)
    if found.damage:
        raise StorageError(found.damage, advice="(in the message)")
    return marts(home.published)


def published_anew(home: Home) -> Any:
    publish(home)
    refuse_what_is_wrong(home)
    return marts(home.published)


def marts(path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as file (read_only)")
        return connection.execute(
            "select business_date, gmv, net_gmv from file.marts.kpi_shop_daily order by all"
        ).fetchall()


def frozen(home: Home) -> Any:
    check_frozen(home)
    with duckdb.connect() as connection:
        return connection.execute(
            f"select person_name, actual from '{home.frozen}/[0-9]*.parquet' order by all"
        ).fetchall()


def audited(home: Home) -> Any:
    report = last_report(home)
    return build_state(home), None if report is None else report.nodes


def rolled_back(home: Home) -> Any:
    """The publication before, whole or not at all."""
    rollback(home)
    refuse_what_is_wrong(home)
    return marts(home.published)


def inputs_read(home: Home) -> Any:
    """What a build loads instead of the seeds; `ttkpi verify` sees whatever it would refuse."""
    try:
        found = {name: path.read_bytes() for name, path in current_inputs(home).items()}
    except TtkpiError:
        assert input_damage(home)[0]
        raise
    return found


def versions_read(home: Home) -> Any:
    """A version that held before."""
    for problem in input_damage(home)[0]:
        raise StorageError(problem, advice="(in the message)")
    return [one.changed for one in versions(home)]


def outdated(home: Home) -> Any:
    return outdated_models(home)


def parsed(home: Home) -> None:
    """No number: what is not known is parsed anew, and what is not known of the project can't be compared."""
    assert _parse_command(home, "state")[0] == "parse"
    record_changes(home, CHANGES)


def described(home: Home) -> Any:
    return {name: one.text for name, one in descriptions(home).items()}


def brought(home: Home) -> None:
    """What `ttkpi status` says of the server and of the Base, which are behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESTINATION__POSTGRES__URL", "postgresql://user@localhost/kpi")
        section = "DESTINATION__BITABLE__"
        for key, value in {
            "APP_TOKEN": "app",
            "APP_ID": "id",
            "APP_SECRET": "s",
            "VIEWS": "kpi_shop_daily",
        }.items():
            patch.setenv(section + key, value)
        patch.setenv(section + "BASE_URL", "http://localhost")
        server, base = server_state(home), base_state(home)
    assert server is not None and base is not None
    assert not server.is_current and not base.is_current


def acted(home: Home) -> Any:
    """What people did about alerts."""
    return sorted(actions(home))


def listed(home: Home) -> None:
    """No number: what `ttkpi alerts list` and the webhooks are told of."""
    find(home, datetime.now(UTC))


def asset_graph(home: Home) -> Any:
    """What Dagster's definitions are made of; parsed anew when it can't be read, which here says `anew`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_module, "fingerprint", lambda *_: "0")
        patch.setattr(
            manifest_module, "_parse", lambda *given: given[-1].write_text(json.dumps({"nodes": {"a": 1}}))
        )
        return sorted(load_manifest(home)["nodes"])


def mark_graph(home: Home) -> None:
    path = home.root / "dagster" / "dbt" / "manifest-0.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"nodes": {"a": 1}}))


def told(home: Home) -> Any:
    return Ledger(home).delivered("team")


def posted(home: Home) -> Any:
    return new_to(home, RECEIVER, [{"key": KEY}])


def alerted(home: Home) -> None:
    """No number: whatever is lost, the others are told."""
    raise_alert(home.root, Alert("run_failed", "again.", "run-2"))
    assert any(one.run_id == "run-2" for one in read_alerts(home.root))


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        home: `stored` or `published`.
        files: Which ones, as a pattern; the first is damaged.
        read: What reads it, and gives what must not be another.
        names: What a refusal must name; by default the file.
        make: What is done to the home before, so that it has the file.
    """

    home: str
    files: str
    read: Callable[[Home], Any]
    names: str = ""
    make: Callable[[Home], None] = lambda home: None


KINDS = (
    Kind("stored", "archive/tiktok_shop/manifest/7001.jsonl", replayed),
    Kind("stored", "archive/tiktok_shop/manifest/7001.head.json", replayed),
    Kind("stored", "archive/tiktok_shop/orders/7001/*.zst", replayed),
    Kind("stored", "archive/tiktok_shop/manifest/_.jsonl", replayed),
    Kind("stored", "archive/seller_center/manifest/*.jsonl", replayed),
    Kind("stored", "archive/seller_center/orders/*/*.zst", replayed),
    Kind("stored", "archive/privacy.fingerprint", buyers, "privacy.key"),
    Kind("stored", "privacy.key", buyers),
    Kind("stored", "raw/tiktok_shop/orders/1*.parquet", read_by_a_build),
    Kind("stored", "raw/tiktok_shop/order_lines/1*.parquet", read_by_a_build),
    Kind("stored", f"raw/tiktok_shop/orders/{SCHEMA_FILE}", read_by_a_build),
    Kind("stored", f"raw/{LIST_FILE}", read_by_a_build),
    Kind("stored", "raw/files.head.json", read_by_a_build),
    Kind("stored", "raw/tiktok_shop/_dlt_loads/*.jsonl", read_by_a_build),
    Kind("stored", "raw/tiktok_shop/init", synced),
    Kind("stored", "raw/tiktok_shop/_dlt_pipeline_state/tiktok_shop__7001*.jsonl", synced),
    Kind("stored", "raw/tiktok_shop/_dlt_version/*.jsonl", synced),
    Kind("stored", "dlt/tiktok_shop__7001/state.json", synced),
    Kind("published", "warehouse.duckdb", published_anew),
    Kind("published", "audit/last.json", published_anew, "audit"),
    Kind("published", "dbt/build.json", published_anew, "audit"),
    Kind("published", "dbt/run_results.json", audited),
    Kind("published", "dbt/manifest.json", audited),
    Kind("published", "published/marts.duckdb", verified),
    Kind("published", "published/manifest.json", verified),
    Kind("published", "published/marts.duckdb", shown),
    Kind("published", "published/manifest.json", published_anew),
    Kind("published", "published_values/values/2*.parquet", verified),
    Kind("published", "audit_log.jsonl", verified),
    Kind("published", "audit_log.head.json", verified),
    Kind("published", "seal.key", verified),
    Kind("published", "seal.fingerprint", verified, "seal.key"),
    Kind("published", "frozen/2026-10.1.parquet", frozen),
    Kind("published", "frozen/signatures.json", frozen),
    Kind("published", "frozen/digests.json", frozen),
    Kind("published", "frozen/none.parquet", frozen),
    Kind("published", "freeze.key", frozen),
    Kind("published", "tokens.json", lambda home: authorisations(home, now=1_800_000_000.0)),
    Kind("published", "ads_tokens.json", ads_authorisations),
    Kind("published", "webhooks.json", told),
    Kind("published", "restock.json", posted),
    Kind("published", "alerts.jsonl", alerted),
    Kind("published", "alerts.jsonl", listed),
    Kind("published", "audit_log.jsonl", acted),
    Kind("stored", "dlt/tiktok_shop__7001/trace.pickle", synced),
    Kind("stored", "dlt/tiktok_shop__7001/schemas/*.json", synced),
    Kind("published", "frozen/freeze.fingerprint", frozen, "freeze.key"),
    Kind("published", "inputs/current.json", inputs_read, "inputs"),
    Kind("published", "inputs/versions/*/version.json", versions_read),
    Kind("published", "inputs/versions/*/*.csv", versions_read),
    Kind("published", "dbt/built.json", outdated, make=mark_rules),
    Kind("published", "dbt/parsed.json", parsed, make=mark_parsed),
    Kind("published", "dbt/project.json", parsed, make=mark_parsed),
    Kind("published", "dbt/target/manifest.json", described),
    Kind("published", "dbt/target/semantic_manifest.json", published_anew, make=mark_metrics),
    Kind("published", "dagster/dbt/manifest-0.json", asset_graph, make=mark_graph),
    Kind("published", "published/switching.json", verified, make=mark_switch),
    Kind("published", "published/ttkpi.duckdb", verified),
    Kind("published", "published/postgres.json", brought),
    Kind("published", "published/bitable.json", brought),
    Kind("published", "published/audiences/agency/marts.duckdb", verified),
    Kind("published", "published/audiences/agency/ttkpi.duckdb", verified),
    Kind("published", "published/audiences/agency/manifest.json", verified),
    Kind("published", "published/history/*/marts.duckdb", rolled_back),
    Kind("published", "published/history/*/manifest.json", rolled_back),
    Kind("published", "published/history/*/audiences/agency/marts.duckdb", rolled_back),
    Kind("published", "published/history/*/audiences/agency/manifest.json", rolled_back),
    Kind("published", "published_values/values/none.parquet", verified),
)

LOST_IS_NONE = {
    # What is not there was never made: its loss is told by what it leads to, or changes no number.
    "tokens.json": "nobody is authorised, and the next run says so",
    "ads_tokens.json": "no ads account is authorised",
    "webhooks.json": "every open alert is told once more",
    "restock.json": "what was posted is posted once more, under the same Idempotency-Key",
    "published/postgres.json": "the server is brought to the publication again",
    "published/bitable.json": "the Base is brought to the publication again",
    "published/switching.json": "no switch is under way",
    "dbt/built.json": "the audit stops, and the next build makes every table anew",
    "dbt/target/manifest.json": "how marts are described",
    "dbt/target/semantic_manifest.json": "the file answers no metric",
    "alerts.jsonl": "nobody is told again what was in it",
    "dbt/build.json": "there is no build to audit, which stops the publication",
    "dbt/run_results.json": "no test ran, which stops the publication",
    "dbt/manifest.json": "how a test is described",
    "audit/last.json": "nothing was audited, which stops the publication",
}


def test_every_kind_of_file_is_named(templates: dict[str, Path], tmp_path: Path) -> None:
    """A kind that nobody thought of would be damaged unseen: each is damaged here, or says why it is not."""
    homes = {name: Home(shutil.copytree(root, tmp_path / name)) for name, root in templates.items()}
    for kind in KINDS:
        kind.make(homes[kind.home])
    tried = {
        kind_of(str(sorted(homes[kind.home].root.glob(kind.files))[0].relative_to(homes[kind.home].root)))
        for kind in KINDS
    }
    assert [name for home in homes.values() for name in unnamed(home.root)] == []
    assert tried == {pattern for pattern, what in FILES.items() if what == TRIED}
    (homes["stored"].root / "hosts.json").write_text("{}")
    assert unnamed(homes["stored"].root) == ["hosts.json"]


def test_every_place_in_the_code_is_named() -> None:
    """What the code puts right into the home, or into the folders of dbt, of inputs and of what is published."""
    found = places()
    assert {"alerts.jsonl", "published/switching.json", "dbt/built.json", "inputs/current.json"} <= found
    assert sorted(one for one in found if not is_named(one)) == []


STARTS = {
    "home.root": "",
    "self.root": "",
    "dbt_folder(home)": "dbt",
    "inputs_folder(home)": "inputs",
    "demo_folder(home)": "sandbox",
    "home.published.with_name": "published",
}


def places() -> set[str]:
    """Constant parts behind `home.root /` and its like, and of `home.published.with_name`, in the whole product."""
    found = set()
    for folder in ("home", "ingestion", "orchestration", "dashboards"):
        for path in (PROJECT_ROOT / folder).rglob("*.py"):
            module = ".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts)
            found |= {
                place_in(node, module) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            }
    return found - {None, ""}


def place_in(node: ast.AST, module: str) -> str | None:
    """The path inside of the home that an expression means; None when it means none, or not by constants alone."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        owner, name = place_in(node.left, module), node.right
    elif isinstance(node, ast.Call) and len(node.args) == 1 and ast.unparse(node) not in STARTS:
        owner, name = place_in(node.func, module), node.args[0]
    else:
        return STARTS.get(ast.unparse(node))
    text = name.value if isinstance(name, ast.Constant) else None
    if isinstance(name, ast.Name) and name.id.isupper():
        text = getattr(importlib.import_module(module), name.id, None)
    return "/".join(filter(None, (owner, text))) if owner is not None and isinstance(text, str) else None


def is_named(place: str) -> bool:
    """A file, or a folder in which files are named."""
    return kind_of(place) is not None or any(pattern.startswith(f"{place}/") for pattern in FILES)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("kind", KINDS, ids=lambda one: f"{one.files} {getattr(one.read, '__name__', '')}")
def test_a_damaged_file_is_refused_by_name_or_made_anew(
    templates: dict[str, Path],
    tmp_path: Path,
    kind: Kind,
    damage: Callable[[Path], None],
    expected: dict[Kind, Any],
) -> None:
    try_damage(templates, tmp_path, kind, damage, expected)


@pytest.mark.parametrize("seed", range(int(os.environ.get("TTKPI_DAMAGES", "6"))))
def test_any_bit_and_any_cut_by_seed(
    templates: dict[str, Path], tmp_path: Path, seed: int, expected: dict[Kind, Any]
) -> None:
    """As above, at a place that the seed says."""
    chance = random.Random(seed)
    kind = chance.choice(KINDS)

    def bit(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)

    def cut(path: Path) -> None:
        path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])

    bit.__name__ = "flipped"
    damage = chance.choice((bit, bit, cut, deleted))
    try_damage(templates, tmp_path, kind, damage, expected)


def try_damage(
    templates: dict[str, Path],
    tmp_path: Path,
    kind: Kind,
    damage: Callable[[Path], None],
    expected: dict[Kind, Any],
) -> None:
    home = Home(shutil.copytree(templates[kind.home], tmp_path / "home"))
    if kind not in expected:
        whole = Home(shutil.copytree(templates[kind.home], tmp_path / "whole"))
        kind.make(whole)
        expected[kind] = kind.read(whole)
    kind.make(home)
    path = sorted(home.root.glob(kind.files))[0]
    damage(path)
    try:
        found = kind.read(home)
    except TtkpiError as error:
        name = kind.names or path.name
        assert name in error.message or str(path.parent) in error.message, error.message
        assert error.advice, error.message
        return
    if damage is deleted and kind.files in LOST_IS_NONE:
        return
    if (
        damage.__name__ == "flipped"
        and kind.home == "published"
        and path.suffix == ".json"
        and found != expected[kind]
    ):
        # A bit of a name, a time or a token: no number, and TikTok or the receiver says what it thinks of it.
        assert kind.files in LOST_IS_NONE
        return
    assert found == expected[kind]


@pytest.fixture(scope="module")
def expected() -> dict[Kind, Any]:
    """What is read of a home that is whole, by kind; read once."""
    return {}


# What the finder of a damage must not do --------------------------------------------------------------------


def data_files(home: Home) -> list[str]:
    return sorted(str(path.relative_to(home.archive)) for path in home.archive.rglob("*.zst"))


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
def test_no_file_is_removed_that_a_damaged_manifest_may_have_named(
    templates: dict[str, Path], tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """31 files of the only copy before, none after, exit code 0."""
    home = Home(shutil.copytree(templates["stored"], tmp_path / "home"))
    before = data_files(home)
    assert len(before) > 4
    manifest = home.archive / "tiktok_shop" / "manifest" / "7001.jsonl"
    damage(manifest)
    with pytest.raises(StorageError, match=r"7001\.jsonl") as caught:
        compact(home)
    assert "backup of the archive" in caught.value.advice
    assert data_files(home) == before
    with pytest.raises(StorageError, match=r"7001\.jsonl"):
        replay(home)


def test_a_damaged_line_is_named_with_its_number(templates: dict[str, Path], tmp_path: Path) -> None:
    home = Home(shutil.copytree(templates["stored"], tmp_path / "home"))
    manifest = home.archive / "tiktok_shop" / "manifest" / "7001.jsonl"
    lines = manifest.read_bytes().split(b"\n")
    lines[1] = lines[1].replace(b"orders", b"ordfrs", 1).replace(b"returns", b"retvrns", 1)
    manifest.write_bytes(b"\n".join(lines))
    with pytest.raises(StorageError, match=r"Line 2 of .*7001\.jsonl"):
        list(Archive(home.archive).entries())


def test_what_no_manifest_names_is_moved_aside(templates: dict[str, Path], tmp_path: Path) -> None:
    """A manifest that was restored from a backup, head and all, does not name what came after it."""
    home = Home(shutil.copytree(templates["stored"], tmp_path / "home"))
    folder = home.archive / "tiktok_shop" / "orders" / "7001"
    alien = folder / f"{'a' * 64}.jsonl.zst"
    alien.write_bytes(b"what a later manifest named")
    compact(home)
    aside = home.archive / "unnamed" / "tiktok_shop" / "orders" / "7001" / alien.name
    assert not alien.exists() and aside.read_bytes() == b"what a later manifest named"


def test_verify_reads_archive_and_raw(
    templates: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("archive/tiktok_shop/orders/7001/*.zst", "raw/tiktok_shop/order_lines/1*.parquet"):
        home = Home(shutil.copytree(templates["stored"], tmp_path / name[:3]))
        monkeypatch.setenv("TTKPI_HOME", str(home.root))
        main(["verify"])
        said = capsys.readouterr()
        assert (
            "files of the archive" in said.out
            and "CHANGED" not in said.err.replace("marts.duckdb", "", 1)[400:]
        )
        flipped(path := sorted(home.root.glob(name))[0])
        # The time of change is as it was, as when a disk forgets a bit.
        assert main(["verify"]) == 1
        said = capsys.readouterr()
        assert str(path) in said.err
        assert ("ttkpi replay" if "raw" in name else "backup of the archive") in said.err


def test_a_backup_is_checked_without_being_written(
    templates: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk that can't be written nothing can be; here every attempt to write is a failure."""
    home = Home(shutil.copytree(templates["published"], tmp_path / "home"))

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OSError(30, "Read-only file system", str(home.root))

    monkeypatch.setattr("home.layout.FileLock.acquire", refuse)
    monkeypatch.setattr("home.audit_log.os.access", lambda *_: False)
    monkeypatch.setattr("home.storage.replacement", refuse)
    before = sorted((str(path), path.stat().st_mtime_ns) for path in home.root.rglob("*"))
    assert [text for verdict in verify_home(home) for text in verdict.problems] == []
    after = sorted((str(path), path.stat().st_mtime_ns) for path in home.root.rglob("*"))
    assert after == before


def test_a_home_copied_without_times_is_the_same_home(templates: dict[str, Path], tmp_path: Path) -> None:
    """It counted as unaudited, and nothing said why."""
    home = Home(shutil.copytree(templates["published"], tmp_path / "home", copy_function=shutil.copyfile))
    assert published_anew(home)[0][1] == Decimal(1000)
    stored = Home(shutil.copytree(templates["stored"], tmp_path / "stored", copy_function=shutil.copyfile))
    RawFiles(stored.raw).require_whole()
