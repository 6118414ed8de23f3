"""What a rule is made of, what it makes outdated, and how long that is remembered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from home.layout import Home
from orchestration.build.rules import OLDER_RELEASE, outdated_models, plan, record_built, record_path

_MODEL = "model.p."


def _node(
    kind: str, name: str, body: str, *, of: list[str], macros: list[str], **config: Any
) -> dict[str, Any]:
    return {
        "resource_type": kind,
        "original_file_path": f"{kind}s/{name}.sql",
        "raw_code": body,
        "checksum": {"name": "sha256", "checksum": body},
        "config": {"materialized": "incremental"} | config,
        "columns": {},
        "depends_on": {"nodes": of, "macros": macros},
        "description": "",
    }


def _macro(package: str, name: str, sql: str, uses: list[str] | None = None) -> dict[str, Any]:
    return {"package_name": package, "name": name, "macro_sql": sql, "depends_on": {"macros": uses or []}}


class Project:
    """Orders from raw and a seed; lines, a shop's days above the lines, and a model that has nothing to do with them."""

    def __init__(self, root: Path) -> None:
        self.root, self.home = root / "project", Home(root / "home")
        (self.root / "seeds").mkdir(parents=True)
        self.home.prepare()
        self.home.warehouse.touch()
        self.vars = {"zone": "Asia/Shanghai", "days": "7", "unread": "1"}
        self.manifest: dict[str, Any] = {
            "metadata": {"project_name": "p"},
            "nodes": {
                "seed.p.costs": {
                    **_node("seed", "costs", "", of=[], macros=[]),
                    "original_file_path": "seeds/costs.csv",
                    "checksum": {"name": "path", "checksum": "seeds/costs.csv"},
                },
                "model.p.lines": _node(
                    "model",
                    "lines",
                    "select 1",
                    of=["source.p.raw.orders", "seed.p.costs"],
                    macros=["macro.p.money", "macro.dbt.is_incremental"],
                    unique_key=["shop_key", "order_id"],
                ),
                "model.p.days": _node("model", "days", "{{ var('days') }}", of=["model.p.lines"], macros=[]),
                "model.p.other": _node("model", "other", "select 2", of=[], macros=["macro.p.local_date"]),
                "test.p.x": _node("test", "x", "select 3", of=["model.p.days"], macros=["macro.p.money"]),
            },
            "macros": {
                "macro.p.money": _macro("p", "money", "cast", ["macro.p.rounded"]),
                "macro.p.rounded": _macro("p", "rounded", "round"),
                "macro.p.local_date": _macro("p", "local_date", "adapter.dispatch('local_date', 'p')(x)"),
                "macro.p.duckdb__local_date": _macro(
                    "p", "duckdb__local_date", 'timezone({{ var("zone") }})'
                ),
                "macro.p.spark__local_date": _macro("p", "spark__local_date", "from_utc_timestamp"),
                "macro.p.duckdb__merge": _macro("p", "duckdb__merge", "delete, insert"),
                "macro.p.unused": _macro("p", "unused", "nothing"),
                "macro.dbt.merge": _macro("dbt", "merge", "adapter.dispatch('merge')"),
                "macro.dbt.is_incremental": _macro("dbt", "is_incremental", "no"),
            },
            "sources": {
                "source.p.raw.orders": {"config": {"meta": {"external_location": self.place("raw/orders")}}}
            },
        }
        self.seed("a")
        self.settings()

    def place(self, name: str) -> str:
        return f"read_parquet('{self.home.root.absolute()}/{name}/*.parquet')"

    def seed(self, text: str) -> None:
        (self.root / "seeds" / "costs.csv").write_text(text)

    def settings(self, **values: str) -> None:
        self.vars |= values
        (self.root / "dbt_project.yml").write_text(json.dumps({"name": "p", "vars": self.vars}))

    def node(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.manifest["nodes"][_MODEL + name]
        return found

    def build(
        self, *, succeeded: str = "costs lines days other", whole: bool = True, engine: str = "local"
    ) -> tuple[str, set[str]]:
        """The reason that the build gives, and the names of the models that it builds in full."""
        found = plan(self.home, self.root, self.manifest, engine)
        record_built(
            self.home, found, [("seed.p." if one == "costs" else _MODEL) + one for one in succeeded.split()]
        )
        return found.reason(whole=whole), {one.removeprefix(_MODEL) for one in found.rebuilt_models}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.home.warehouse.unlink()
    assert project.build() == ("", set())
    project.home.warehouse.touch()
    assert project.build() == ("", set())
    return project


def test_a_changed_model_takes_what_is_made_of_it_along(project: Project) -> None:
    project.node("lines")["checksum"]["checksum"] = "other"
    assert project.build() == ("rule of lines changed: 2 models are built from all orders", {"lines", "days"})
    assert project.build() == ("", set())


def test_one_model_without_orders(project: Project) -> None:
    project.node("other")["config"]["unique_key"] = "day"
    assert project.build() == ("rule of other changed: 1 model is built from all history", {"other"})


@pytest.mark.parametrize(
    ("macro", "models"),
    [
        ("money", {"lines", "days"}),
        # Of a macro that a macro uses.
        ("rounded", {"lines", "days"}),
        # Each implementation counts, whichever engine it is for.
        ("spark__local_date", {"other"}),
        # It replaces one of dbt's own, which every model uses.
        ("duckdb__merge", {"lines", "days", "other"}),
        ("unused", set()),
    ],
)
def test_a_changed_macro(project: Project, macro: str, models: set[str]) -> None:
    project.manifest["macros"][f"macro.p.{macro}"]["macro_sql"] = "other"
    reason, rebuilt = project.build()
    assert rebuilt == models
    assert reason.startswith(f"macro {macro} changed: ") if models else reason == ""


def test_a_macro_of_dbt_is_no_rule_of_ours(project: Project) -> None:
    project.manifest["macros"]["macro.dbt.is_incremental"]["macro_sql"] = "other"
    assert project.build() == ("", set())


def test_a_seed_that_dbt_names_by_its_path(project: Project) -> None:
    project.seed("b")
    assert project.build() == ("seed costs changed: 2 models are built from all orders", {"lines", "days"})


def test_a_var_that_a_model_or_its_macro_reads(project: Project) -> None:
    project.settings(unread="2")
    assert project.build() == ("", set())
    project.settings(zone="America/Los_Angeles")
    assert project.build() == (
        "zone changed from Asia/Shanghai to America/Los_Angeles: 1 model is built from all history",
        {"other"},
    )
    project.settings(days="9")
    assert project.build()[1] == {"days"}


def test_another_engine_builds_everything_anew(project: Project) -> None:
    """Guards a home whose tables of the other engine are of an older day."""
    everything = {"lines", "days", "other"}
    there = "engine changed from local to spark: 3 models are built from all orders"
    back = "engine changed from spark to local: 3 models are built from all orders"
    assert project.build(engine="spark") == (there, everything)
    assert project.build(engine="spark") == ("", set())
    assert project.build() == (back, everything)
    assert project.build() == ("", set())


def test_without_the_warehouse_file_what_another_engine_built_is_still_there(project: Project) -> None:
    """Guards a person who deletes the file to have it made anew: Spark's tables are of the rule before."""
    project.build(engine="spark")
    project.home.warehouse.unlink()
    project.node("lines")["checksum"]["checksum"] = "other"
    assert project.build(engine="spark")[1] == {"lines", "days"}


def test_a_first_build_that_was_killed_leaves_nothing_behind_as_built(tmp_path: Path) -> None:
    """Guards tables of the first half, by a rule that is another one when the build is begun again."""
    project = Project(tmp_path)
    project.home.warehouse.unlink()
    plan(project.home, project.root, project.manifest)
    project.home.warehouse.touch()
    reason = "a build was interrupted: 3 models are built from all orders"
    assert project.build() == (reason, {"lines", "days", "other"})
    assert project.build() == ("", set())


def test_what_shapes_a_table_counts_and_what_describes_it_does_not(project: Project) -> None:
    node = project.node("days")
    node["description"] = "other"
    node["config"]["tags"] = ["new"]
    node["columns"] = {"day": {"data_type": "date", "description": "A day"}}
    project.manifest["nodes"]["test.p.x"]["checksum"]["checksum"] = "other"
    assert project.build() == ("", set())
    node["config"]["contract"] = {"enforced": True}
    assert project.build()[1] == {"days"}
    node["columns"]["day"]["description"] = "Another"
    assert project.build()[1] == set()
    node["columns"]["day"]["data_type"] = "timestamp"
    assert project.build()[1] == {"days"}


def test_where_a_source_is_read_counts_and_where_the_home_lies_does_not(project: Project) -> None:
    source = project.manifest["sources"]["source.p.raw.orders"]["config"]["meta"]
    source["external_location"] = project.place("raw/more_orders")
    assert project.build() == ("source orders changed: 2 models are built from all orders", {"lines", "days"})
    project.home.root.rename(project.home.root.with_name("moved"))
    project.home = Home(project.home.root.with_name("moved"))
    source["external_location"] = project.place("raw/more_orders")
    assert project.build() == ("", set())


def test_several_causes_are_counted_after_the_first_three(project: Project) -> None:
    project.seed("b")
    project.settings(days="9", zone="UTC")
    project.manifest["macros"]["macro.p.money"]["macro_sql"] = "other"
    project.node("other")["checksum"]["checksum"] = "other"
    reason, rebuilt = project.build()
    assert rebuilt == {"lines", "days", "other"}
    assert reason.endswith(" and 2 more changes: 3 models are built from all orders")
    assert reason.count("changed") == 3


def test_a_home_of_an_older_release_is_outdated_as_a_whole(project: Project) -> None:
    for damage in (record_path(project.home).unlink, lambda: record_path(project.home).write_text("{")):
        damage()
        reason, rebuilt = project.build()
        assert reason == f"{OLDER_RELEASE}: 3 models are built from all orders"
        assert rebuilt == {"lines", "days", "other"}
        assert project.build() == ("", set())


def test_what_was_not_selected_stays_outdated(project: Project) -> None:
    project.node("lines")["checksum"]["checksum"] = "other"
    reason, _ = project.build(succeeded="lines", whole=False)
    assert reason.endswith("those that are not selected stay outdated until the next whole build")
    assert outdated_models(project.home) == {"model.p.days": "rule of lines changed"}
    # Built from lines as they are now, so nothing has to be made anew but the days.
    assert project.build() == (
        "rule of lines changed: 1 model is built from all history",
        {"days"},
    )
    assert outdated_models(project.home) == {}


def test_a_model_above_an_outdated_one_is_outdated_although_it_was_built(project: Project) -> None:
    project.node("lines")["checksum"]["checksum"] = "other"
    project.build(succeeded="days", whole=False)
    assert set(outdated_models(project.home)) == {"model.p.lines", "model.p.days"}


def test_a_kill_leaves_outdated_what_an_edit_touched_even_if_it_is_taken_back(project: Project) -> None:
    before = project.node("lines")["checksum"]["checksum"]
    project.node("lines")["checksum"]["checksum"] = "other"
    plan(project.home, project.root, project.manifest)
    project.node("lines")["checksum"]["checksum"] = before
    assert project.build() == ("rule of lines changed: 2 models are built from all orders", {"lines", "days"})


def test_a_model_that_failed_is_built_again_from_all_history(project: Project) -> None:
    project.node("lines")["checksum"]["checksum"] = "other"
    project.build(succeeded="costs other")
    assert project.build()[1] == {"lines", "days"}


def test_a_model_that_is_new_or_gone_is_no_cause(project: Project) -> None:
    del project.manifest["nodes"]["model.p.other"]
    project.manifest["nodes"]["model.p.new"] = _node(
        "model", "new", "select 4", of=["model.p.days"], macros=[]
    )
    assert project.build(succeeded="costs lines days new") == ("", set())
    project.node("new")["checksum"]["checksum"] = "other"
    assert project.build(succeeded="costs lines days new")[1] == {"new"}
