"""A few schedules of `make soak`: syncs under seeded trouble of every kind end as those that had none."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from templates import with_parse

from benchmarks.soak.content import different
from benchmarks.soak.schedule import play
from benchmarks.soak.stage import Chapter, Scene, Stage, stage
from home.layout import Home
from sandbox.server.plans import KINDS, FaultPlan

SCHEDULES: tuple[tuple[int, Chapter], ...] = ((267, "first sync"), (40, "next day"), (343, "first sync"))
"""Seeds whose plans hold every kind of fault between them."""


@pytest.fixture(scope="module")
def calm(parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("soak")
    with stage(folder, lambda text: None, before_compiling=lambda home: with_parse(parsed, home)) as made:
        yield made


def scene(calm: Stage, chapter: Chapter) -> Scene:
    return calm.scenes[0][chapter]


def schedules(calm: Stage) -> list[tuple[int, Chapter]]:
    """The seeds above, and the first whose plan kills at a file."""

    def kills_at_a_file(seed: int) -> bool:
        kill = FaultPlan.from_seed(seed, scene(calm, "next day").calm).kill
        return kill is not None and kill.at == "write"

    return [*SCHEDULES, (next(filter(kills_at_a_file, count(1))), "next day")]


def test_the_few_schedules_hold_every_kind_of_fault(calm: Stage) -> None:
    plans = [FaultPlan.from_seed(seed, scene(calm, chapter).calm) for seed, chapter in schedules(calm)]
    kinds = {fault.kind for plan in plans for fault in plan.faults}
    kills = {plan.kill.at for plan in plans if plan.kill is not None}
    assert kinds | {"kill"} == set(KINDS) and kills == {"request", "write"}


def test_syncs_under_trouble_end_as_those_without(calm: Stage) -> None:
    """Guards rows that are lost, doubled or half-read whenever a server or a machine misbehaves."""
    struck: Counter[str] = Counter()
    for seed, chapter in schedules(calm):
        outcome, home = play(calm, scene(calm, chapter), seed)
        assert outcome.differences == [], (seed, outcome.struck, outcome.errors)
        assert outcome.reruns <= 1
        struck.update(outcome.struck)
        shutil.rmtree(home.root)
    # A kill comes before some of them.
    assert struck["kill"] >= 2 and len([kind for kind, times in struck.items() if times]) >= 5


def test_a_row_that_is_missing_and_one_that_is_other_are_seen(calm: Stage, tmp_path: Path) -> None:
    """Guards the comparison itself: one that sees nothing would make every schedule look good."""
    one = scene(calm, "first sync")
    home = Home(tmp_path / "home")
    shutil.copytree(one.after.root, home.root)
    assert different(calm.sql.read(home), one.staging) == []
    file = max((home.raw / "tiktok_shop" / "orders").glob("*.parquet"), key=lambda path: path.stat().st_size)
    table = pq.read_table(file)
    at = table.schema.get_field_index("payment__total_amount")
    amounts = table.column(at).to_pylist()
    dearer = table.set_column(
        at, table.schema.field(at), pa.array([1, *amounts[1:]], type=table.schema.types[at])
    )
    for changed in (table.slice(1), dearer):
        pq.write_table(changed, file)
        found = different(calm.sql.read(home), one.staging)
        assert [text.split(":")[0] for text in found] == ["stg_tiktok_shop__orders"]
