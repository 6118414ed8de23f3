"""Runs dbt commands in a process of its own and tells its parent, line by line, what happens.

Run by `build.py` as `python -m orchestration.build.dbt_worker COMMANDS`, where COMMANDS is a JSON list of dbt
argument lists. On standard output goes one JSON object per line: `{"event": "node", ...}` for each node that finished,
then `{"event": "command", ...}` for each command. Before a build comes `{"event": "plan", ...}`: why models are built
from all history (`rules.py`). What dbt itself writes goes to standard error.

A process of its own, for three reasons: dbt-duckdb keeps the warehouse file open for as long as its module lives, and
an open writer would keep the audit and the publication out; the memory of dbt and of DuckDB's buffers goes back to the
machine when it ends; dbt keeps flags and loggers in module state, which two builds in one process would share.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from home.database import in_pattern
from home.errors import TtkpiError
from home.layout import Home
from orchestration.build import rules, spark
from orchestration.build.seeds import inputs_of_build

_RECORDS = {"build": "run_results.json", "test": "run_results.json", "source": "sources.json"}
"""What is kept of a command's results. dbt itself would write the whole manifest.json with each of them, which takes
as long as to read all of the project's files does: 1.5 s each time. It is written when the project is parsed."""


class EventWriter:
    """Turns dbt's events into lines for the parent."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._command = ""
        self._total = 0
        self._done = 0
        self._lock = threading.Lock()

    def write(self, **message: Any) -> None:
        """One line; a single write, as several threads of dbt write at the same time."""
        os.write(self._descriptor, json.dumps(message, ensure_ascii=False).encode() + b"\n")

    def hear(self, event: Any) -> None:
        """Receive one of dbt's events. They come from its threads, and counts that are written must go upwards."""
        with self._lock:
            self._hear(event)

    def _hear(self, event: Any) -> None:
        name, data = event.info.name, event.data
        if name == "LogStartLine":
            self._total = max(self._total, int(data.total))
        elif name == "NodeFinished":
            self._done += 1
            info, result = data.node_info, data.run_result
            self.write(
                event="node",
                command=self._command,
                unique_id=info.unique_id,
                name=info.node_name,
                resource_type=info.resource_type,
                status=result.status or info.node_status,
                seconds=round(float(result.execution_time), 2),
                done=self._done,
                total=max(self._total, self._done),
            )
        elif name == "FoundStats":
            self.write(event="found", text=str(data.stat_line))

    def start(self, command: str) -> None:
        """A new command begins: its nodes are counted from one again."""
        self._command = command
        self._total = self._done = 0


def run(commands: Sequence[Sequence[str]], descriptor: int) -> bool:
    """Run the commands in order; the project is parsed once. Returns whether dbt could run all of them.

    A node that fails is a result, not a failure of the command: it stands in `run_results.json`.
    """
    if "--partial-parse" in commands[0]:
        # Nothing of what is read now is ever garbage. To parse the project anew does leave some, and memory grows.
        gc.disable()
    from dbt.cli.main import dbtRunner

    _build_behind_failed_tests()
    on_spark = os.environ["TTKPI_DBT_TARGET"] == spark.TARGET
    if not on_spark:
        _load_inputs_of_the_home()
    events = EventWriter(descriptor)
    manifest = None
    plan: rules.Plan | None = None
    for arguments in commands:
        events.start(arguments[0])
        record = _RECORDS.get(arguments[0])
        given = [*arguments, "--no-write-json"] if record else list(arguments)
        if on_spark and arguments[0] != "parse":
            # To know all tables beforehand takes Spark a second for each.
            given.append("--no-populate-cache")
        if arguments[0] == "build":
            plan = _planned(events, manifest, arguments)
            if plan is None:
                return False
        outcome = dbtRunner(manifest=manifest, callbacks=[events.hear]).invoke(given)
        trouble: BaseException | None = outcome.exception
        if record and outcome.result is not None:
            try:
                if on_spark and arguments[0] in ("build", "test"):
                    _copy_from_spark(manifest, outcome.result)
                outcome.result.write(str(Path(os.environ["DBT_TARGET_PATH"]) / record))
                if plan is not None and arguments[0] == "build":
                    _record_built(plan, outcome.result)
            except (OSError, TtkpiError, duckdb.Error) as error:
                # A full disk stops the build as any other trouble of dbt does: told in a sentence.
                trouble = trouble or error
        events.write(
            event="command",
            name=arguments[0],
            success=outcome.success and trouble is None,
            exception=None if trouble is None else str(trouble).strip(),
        )
        if trouble is not None:
            return False
        if arguments[0] == "parse":
            manifest = outcome.result
            if on_spark:
                _name_inputs_of_the_home(manifest)
            # dbt's picture of the project stays until the end; every search for garbage in it stops all threads.
            gc.freeze()
            gc.enable()
    return True


def _build_behind_failed_tests() -> None:
    """A data test that fails does not keep what depends on its table from being built: the audit judges it, and the
    other shops' rows would be those of the day before. dbt has no option for it (1.11.16)."""
    from dbt.artifacts.schemas.results import NodeStatus
    from dbt.task.build import BuildTask

    BuildTask.MARK_DEPENDENT_ERRORS_STATUSES = [
        status for status in BuildTask.MARK_DEPENDENT_ERRORS_STATUSES if status != NodeStatus.Fail
    ]


def _load_inputs_of_the_home() -> None:
    """A seed that the home has an input for is loaded from there (`seeds.py`)."""
    from dbt.adapters.duckdb.impl import DuckDBAdapter

    in_project = DuckDBAdapter.get_seed_file_path
    own = inputs_of_build(Home.from_env().root)

    def path_of(adapter: Any, model: Any) -> str:
        path = own.get(str(model["name"]))
        # Inside of an SQL string whose signs DuckDB takes for a pattern.
        return in_project(adapter, model) if path is None else in_pattern(path)

    DuckDBAdapter.get_seed_file_path = path_of


def _name_inputs_of_the_home(manifest: Any) -> None:
    """The same on Spark, where dbt itself reads a seed, from the path that its node has."""
    own = inputs_of_build(Home.from_env().root)
    for node in manifest.nodes.values():
        if node.resource_type == "seed" and (path := own.get(node.name)) is not None:
            node.root_path, node.original_file_path = str(path.parent), path.name


def _copy_from_spark(manifest: Any, result: Any) -> None:
    """What audit and publication read leaves Spark, with the rows that failed tests have found."""
    if not result.results:
        # Nothing was selected: no session was opened, and nothing has changed.
        return
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    nodes = {
        one: node.to_dict(omit_none=True)
        for one, node in manifest.nodes.items()
        if node.resource_type in ("model", "seed")
    }
    done = {one.node.unique_id: (one.node, str(one.status)) for one in result.results}
    compiled = {
        one: node.compiled_code
        for one, (node, status) in done.items()
        if node.resource_type == "model" and status == "success"
    }
    failing = {one: node.compiled_code for one, (node, status) in done.items() if status == "fail"}
    content = {"nodes": nodes}
    try:
        queries = spark.copy_to_warehouse(
            SparkSession.active(),
            Home.from_env(),
            spark.leaving(content),
            spark.views_for_people(content, compiled),
            failing,
        )
    except (PySparkException, Py4JError) as error:
        # Behind the first line come a hundred of Java's.
        said = str(error).partition("\n")[0]
        raise TtkpiError(
            f"The tables could not leave Spark, and the warehouse file is as it was: {said}"
        ) from error
    for one, query in queries.items():
        done[one][0].compiled_code = query


def _planned(events: EventWriter, manifest: Any, arguments: Sequence[str]) -> rules.Plan | None:
    """What has to be built from all history, which dbt reads in its environment; None when that can't be found out."""
    try:
        project, engine = Path(os.environ["DBT_PROJECT_DIR"]), os.environ["TTKPI_DBT_TARGET"]
        plan = rules.plan(Home.from_env(), project, _content(manifest), engine)
    except (OSError, TtkpiError) as error:
        events.write(event="command", name=arguments[0], success=False, exception=str(error))
        return None
    # Read when a model runs, never when the project is parsed: what dbt keeps of its parsing does not depend on it.
    os.environ[rules.VARIABLE] = f" {' '.join(plan.rebuilt_models)} "
    if "--full-refresh" not in arguments:
        events.write(event="plan", text=plan.reason(whole="--select" not in arguments))
    return plan


def _content(manifest: Any) -> dict[str, Any]:
    """The part of `manifest.json` that rules are made of, from what dbt has in memory: the file is as old as the last
    edit of the project, and the home may have moved since."""
    nodes = {
        one: node
        for one, node in manifest.nodes.items()
        if node.resource_type in ("model", "seed", "snapshot")
    }
    kinds = {"nodes": nodes, "macros": manifest.macros, "sources": manifest.sources}
    parts = {
        kind: {one: node.to_dict(omit_none=True) for one, node in known.items()}
        for kind, known in kinds.items()
    }
    return {"metadata": {"project_name": manifest.metadata.project_name}, **parts}


def _record_built(plan: rules.Plan, result: Any) -> None:
    built = [one.node.unique_id for one in result.results if str(one.status) in ("success", "no-op")]
    rules.record_built(Home.from_env(), plan, built)


def end_with_parent() -> None:
    """End at once when the parent is gone: standard input closes then, even when it was killed.

    A build that outlived its parent would write the warehouse without the home's lock.
    """
    while os.read(0, 1024):
        pass
    os._exit(3)


def main() -> int:
    """Entry point of the process."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    # Whatever prints, prints to standard error: standard output belongs to the protocol.
    descriptor = os.dup(1)
    os.dup2(2, 1)
    return 0 if run(json.loads(sys.argv[1]), descriptor) else 2


if __name__ == "__main__":
    raise SystemExit(main())
