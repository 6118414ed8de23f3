"""Builds the warehouse: seeds, models and data tests in one `dbt build`, then source freshness.

| in the home | what |
| --- | --- |
| `dbt/build.json` | what the last build was, and whether it is complete |
| `dbt/run_results.json` | dbt's results of it, node by node |
| `dbt/parsed.json` | which state of the project dbt has parsed |
| `dbt/built.json` | by which rule each table was built (`orchestration/build/rules.py`) |
| `dbt/inputs` | the team's inputs, loaded instead of seeds (`orchestration/build/seeds.py`) |
| `dbt/target`, `dbt/logs` | dbt's own folders: two homes never share them, and the checkout may be read-only |

A data test that fails is not an error of the build: the audit judges it, and says which shops it concerns. What depends
on the tested model is built nevertheless, for the other shops.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, Literal

import yaml

from home.audit_log import FAILED, recorded
from home.audit_log import prepare as prepare_log
from home.config import HOME_VARIABLE, PROJECT_ROOT
from home.database import in_pattern
from home.errors import ConfigError, TtkpiError
from home.layout import WAREHOUSE, Home
from home.memory import DAILY_VARIABLE, THREADS_VARIABLE, daily_limit, memory_limit, models_at_once
from home.memory import VARIABLE as MEMORY_VARIABLE
from home.project import project_dir, require_cost_columns
from home.records import RecordDamaged, read_record, write_record
from home.storage import storage_errors
from ingestion.engine.progress import Progress
from ingestion.engine.raw_files import RawFiles
from ingestion.sources import ensure_all_tables
from orchestration.build import spark
from orchestration.build.inputs import missing_inputs
from orchestration.build.project_log import digests, record_changes
from orchestration.build.project_log import project_state as project_hashes
from orchestration.build.seeds import prepare_inputs
from orchestration.history.freeze import check as check_frozen
from orchestration.history.publications import finish_switch
from orchestration.history.published_values import prepare as prepare_values

TARGET_VARIABLE = "TTKPI_DBT_TARGET"
LOCAL = "local"
"""dbt's target that builds in DuckDB."""
BUILD_ANEW = "Run `ttkpi build`: it writes the file anew."
"""The cure of what dbt wrote about a build."""
_WORKER = "orchestration.build.dbt_worker"
_KILLED = -9
_DUCKDB_HEADERS = 3 * 4096
_DAMAGED = ("Corrupt database file", "not a valid DuckDB database", "Could not read enough bytes")
_MESSAGE_LINES = 6
_PROJECT_PATHS = {"model": "models", "macro": "macros", "seed": "seeds", "test": "tests"}

NodeKind = Literal["model", "seed", "snapshot", "test", "unit_test", "operation"]


class BuildFailed(TtkpiError):
    """dbt could not run, or a model could not be built. What was published is untouched."""


@dataclass(frozen=True, slots=True)
class NodeResult:
    """One dbt node of a build.

    Attributes:
        unique_id: dbt's id of the node.
        name: Its name.
        kind: `model`, `seed`, `test`, `unit_test`, ...
        status: dbt's: `success`, `pass`, `warn`, `fail`, `error`, `skipped`, ...
        seconds: Time it took.
        message: What dbt said, without its decoration; empty when there is nothing to say.
        failures: Rows that a test found; None for other nodes.
        description: Of a test: the failure it guards against; of a generic one, what its failure means (meta `why`).
        description_zh: Of a test: what its failure means, in Chinese (meta `why_zh`).
        path: Of a test or model: the file in the project.
        sql: Of a test that found rows: the query that finds them.
        cause: Of a test: what its failure usually comes of, if it has a name (meta `cause`).
    """

    unique_id: str
    name: str
    kind: str
    status: str
    seconds: float
    message: str = ""
    failures: int | None = None
    description: str = ""
    description_zh: str = ""
    path: str = ""
    sql: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Age of a source table, judged by its stalest shop.

    Attributes:
        table: `source.table`.
        status: `pass`, `warn`, `error` or `runtime error`.
        age_hours: Hours since the last successful sync; None when there was none, or it is unknown.
        message: Why there is no age; empty otherwise.
    """

    table: str
    status: str
    age_hours: float | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did.

    Attributes:
        build_id: dbt's id of the invocation.
        whole: The whole project was built, not a selection.
        nodes: Every node, in the order in which dbt finished it.
        freshness: Source tables with a freshness rule; empty when it was not asked for.
        seconds: Time the whole build took.
        run_results: dbt's `run_results.json` of this build.
        manifest: dbt's `manifest.json`.
        rebuilt: Why models were built from all history; empty when none was.
    """

    build_id: str
    whole: bool
    nodes: tuple[NodeResult, ...]
    freshness: tuple[Freshness, ...]
    seconds: float
    run_results: Path
    manifest: Path
    rebuilt: str = ""

    @property
    def errors(self) -> list[NodeResult]:
        """Models, seeds and unit tests that failed: the warehouse is not what the project says."""
        return [
            node
            for node in self.nodes
            if node.kind != "test" and node.status in ("error", "fail", "runtime error", "partial success")
        ]

    @property
    def failed_tests(self) -> list[NodeResult]:
        """Data tests of severity error that found rows, or could not run."""
        return [node for node in self.nodes if node.kind == "test" and node.status in ("fail", "error")]

    @property
    def warned_tests(self) -> list[NodeResult]:
        """Data tests of severity warn that found rows."""
        return [node for node in self.nodes if node.kind == "test" and node.status == "warn"]

    @property
    def skipped(self) -> list[NodeResult]:
        """Nodes that were not run as something before them failed."""
        return [node for node in self.nodes if node.status == "skipped"]

    @property
    def stale(self) -> list[Freshness]:
        """Source tables that are older than they should be."""
        return [table for table in self.freshness if table.status != "pass"]

    @property
    def ok(self) -> bool:
        """Everything that was selected was built; tests may have found rows."""
        return not self.errors

    def count(self, *kinds: NodeKind) -> int:
        """Nodes of these kinds."""
        return sum(node.kind in kinds for node in self.nodes)

    def raise_for_errors(self) -> None:
        """Turn errors into an exception.

        Raises:
            BuildFailed: Names the models, what dbt said of the first ones, and what to do.
        """
        if self.ok:
            return
        shown = [f"{node.name}: {_shortened(node.message or node.status)}" for node in self.errors[:3]]
        more = f"\n... and {len(self.errors) - 3} more" if len(self.errors) > 3 else ""
        also = f" {len(self.skipped)} nodes that depend on them were not run." if self.skipped else ""
        advice = ""
        if any("Out of Memory Error" in node.message for node in self.errors):
            advice = (
                f"Give it more memory, now {memory_limit()}, or build one model at a time: "
                f"`{MEMORY_VARIABLE}=4GB ttkpi build`, `{THREADS_VARIABLE}=1 ttkpi build`. "
            )
        if any("Corrupt database file" in node.message for node in self.errors):
            warehouse = self.run_results.parents[1] / WAREHOUSE
            advice = f"{warehouse} is damaged: delete it and build again, raw has everything. "
        raise BuildFailed(
            f"{len(self.errors)} of {len(self.nodes)} dbt nodes could not be built.{also}\n"
            + "\n".join(shown)
            + more,
            advice=(
                f"{advice}What dbt found wrong is in {self.run_results.parent / 'logs' / 'dbt.log'}. "
                "The published file is as it was before."
            ),
        )


@dataclass(frozen=True, slots=True)
class BuildState:
    """What the last build left behind: the key by which audit and publication know each other.

    Attributes:
        build_id: dbt's id of the invocation; empty while it runs.
        state: `building` while it runs (or when it was killed), `failed`, or `built`.
        whole: The whole project was built, not a selection.
        finished_at: ISO 8601, UTC; empty while it runs.
        fingerprint: Names the state of the warehouse file when the build had ended.
    """

    build_id: str
    state: str
    whole: bool
    finished_at: str
    fingerprint: str


def dbt_folder(home: Home) -> Path:
    """Where dbt's records of a home are."""
    return home.root / "dbt"


def fingerprint(warehouse: Path) -> str:
    """Names one state of the warehouse file without reading it; empty when there is none.

    DuckDB counts its checkpoints in the headers at the beginning of the file. The file's time is no part of it: a home
    that was copied without times is the same home.
    """
    try:
        with warehouse.open("rb") as file:
            headers = file.read(_DUCKDB_HEADERS)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return ""
    return f"{size}-{hashlib.sha256(headers).hexdigest()[:32]}"


def build_state(home: Home) -> BuildState | None:
    """What the last build left behind; None when there was none."""
    record = read_record(dbt_folder(home) / "build.json")
    if record is None:
        return None
    return BuildState(
        build_id=str(record.get("build_id") or ""),
        state=str(record.get("state") or ""),
        whole=bool(record.get("whole")),
        finished_at=str(record.get("finished_at") or ""),
        fingerprint=str(record.get("fingerprint") or ""),
    )


def build(
    home: Home,
    *,
    full_refresh: bool = False,
    select: str | None = None,
    unit_tests: bool = False,
    freshness: bool = True,
    progress: Progress | None = None,
) -> BuildReport:
    """Build seeds and models and run the data tests. What depends on a changed rule is built from all history.

    Args:
        home: Where raw is read and the warehouse is written.
        full_refresh: Build incremental models anew from all raw rows.
        select: dbt selection (`marts.sales`, `stg_tiktok_shop__orders+`); None builds the whole project. After a
            selection the audit runs all data tests again.
        unit_tests: Run dbt's unit tests too. They test the code, not the data, so a daily run leaves them out.
        freshness: Judge how old the sources are, afterwards. Of a selection it is not asked: that is no run.
        progress: Is told of each node.

    Raises:
        BuildFailed: dbt could not run at all: the project does not parse, the warehouse can't be opened.
        FrozenDamaged: A frozen month is not as it was frozen.
        RawDamaged: A file of the raw folder is not as it was loaded; names it.
        RecordDamaged: The inputs of the home are not as they were imported.
        ConfigError: There is no dbt project.
        HomeBusy: Another run holds the home.
        StorageError: The disk is full or refuses.
    """
    project = project_dir()
    require_engine(home)
    with home.lock("build"), recorded(home, "build") as entry:
        home.prepare()
        check_frozen(home)
        prepare_log(home)
        finish_switch(home)
        prepare_values(home)
        if any(home.raw.glob("*/*/*.parquet")):
            # A column that this release has and the raw files lack is read as NULL.
            ensure_all_tables(home.raw)
            RawFiles(home.raw).require_whole()
            require_cost_columns()
            for text in missing_inputs(home):
                (progress or Progress()).message(text)
        prepare_inputs(home, project)
        began = time.monotonic()
        _record(home, state="building", whole=select is None)
        command = ["build"]
        if not unit_tests:
            command += ["--exclude-resource-type", "unit_test"]
        if full_refresh:
            command.append("--full-refresh")
        if select:
            command += ["--select", *select.split()]
        commands = [["parse"], command]
        freshness = freshness and select is None
        if freshness:
            commands.append(["source", "freshness"])
        results = dbt_folder(home) / "target" / "run_results.json"
        results.unlink(missing_ok=True)
        rebuilt = _run_dbt(home, project, commands, progress, target=engine())
        report = _report(home, whole=select is None, freshness=freshness, seconds=time.monotonic() - began)
        report = replace(report, rebuilt=rebuilt)
        _record(
            home,
            state="built" if report.ok else "failed",
            whole=report.whole,
            build_id=report.build_id,
            finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
            fingerprint=fingerprint(home.warehouse),
        )
        hashes = project_hashes(home, project, report.manifest)
        entry.subject = report.build_id
        entry.outcome = entry.outcome if report.ok else FAILED
        entry.details |= {
            "selection": select,
            "full_refresh": full_refresh,
            "rebuilt": report.rebuilt or None,
            "nodes": len(report.nodes),
            "errors": [node.name for node in report.errors],
            "changes": record_changes(home, hashes),
            "project": digests(hashes),
        }
    return report


def test(home: Home, *, progress: Progress | None = None) -> BuildReport:
    """Run all data tests against the warehouse as it is.

    Raises:
        BuildFailed: dbt could not run at all.
        ConfigError: There is no dbt project.
        HomeBusy: Another run holds the home.
    """
    project = project_dir()
    require_engine(home)
    with home.lock("test"):
        began = time.monotonic()
        state = build_state(home)
        (dbt_folder(home) / "target" / "run_results.json").unlink(missing_ok=True)
        commands = [["parse"], ["test", "--exclude-resource-type", "unit_test"]]
        _run_dbt(home, project, commands, progress, target=engine())
        report = _report(home, whole=True, freshness=False, seconds=time.monotonic() - began)
        if state is not None:
            # Testing writes nothing into tables but may touch the file; the build it belongs to stays the same.
            _record(
                home,
                state=state.state,
                whole=True,
                build_id=state.build_id,
                finished_at=state.finished_at,
                fingerprint=fingerprint(home.warehouse),
            )
    return report


def last_report(home: Home) -> BuildReport | None:
    """The results of the last build, read from its `run_results.json`; None when there are none."""
    state = build_state(home)
    if state is None or not (dbt_folder(home) / "run_results.json").is_file():
        return None
    return _read_report(home, whole=state.whole, freshness=False, seconds=0.0)


def run_dbt(home: Home, commands: Sequence[Sequence[str]], progress: Progress | None = None) -> None:
    """Run dbt commands for a home, in the project's folder and with its settings, against its warehouse file.

    Raises:
        BuildFailed: dbt could not run one of them.
        ConfigError: There is no dbt project.
    """
    _run_dbt(home, project_dir(), commands, progress)


def engine() -> str:
    """dbt's target that builds and tests: DuckDB in this process (`local`), or Apache Spark (`spark`, docs/spark.md).

    Raises:
        ConfigError: It is neither.
    """
    named = os.environ.get(TARGET_VARIABLE) or LOCAL
    if named not in (LOCAL, spark.TARGET):
        raise ConfigError(
            f"{TARGET_VARIABLE} is {named}, and there is no such target.",
            advice=f"Set it to {LOCAL} or {spark.TARGET}, or unset it.",
        )
    return named


def require_engine(home: Home) -> None:
    """Say that what builds is not there before a sync of hours, and before the last build is no build any more.

    Raises:
        ConfigError: There is no such target, or Spark lacks something.
    """
    if engine() == spark.TARGET:
        spark.spark_environment(home)


def dbt_environment(home: Home, project: Path) -> dict[str, str]:
    """The environment dbt runs in: this home, this project, DuckDB, nothing sent out."""
    import_path = os.pathsep.join(filter(None, [str(PROJECT_ROOT), os.environ.get("PYTHONPATH", "")]))
    folder = dbt_folder(home)
    return {
        **os.environ,
        HOME_VARIABLE: str(home.root.absolute()),
        TARGET_VARIABLE: LOCAL,
        # Inside of an SQL string that dbt-duckdb formats, and whose signs DuckDB takes for a pattern.
        "TTKPI_HOME_IN_SQL": in_pattern(home.root.absolute()).replace("{", "{{").replace("}", "}}"),
        MEMORY_VARIABLE: memory_limit(),
        DAILY_VARIABLE: daily_limit(),
        THREADS_VARIABLE: models_at_once(is_first=not home.warehouse.is_file()),
        "PYTHONPATH": import_path,
        "PYTHONUNBUFFERED": "1",
        "DBT_PROJECT_DIR": str(project),
        "DBT_PROFILES_DIR": str(project),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_LOG_LEVEL": "none",
        "DBT_LOG_LEVEL_FILE": "warn",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_VERSION_CHECK": "false",
        "DO_NOT_TRACK": "1",
    }


def plain(text: str | None) -> str:
    """A dbt message without empty lines and repeated decoration."""
    lines = [line.rstrip() for line in (text or "").splitlines()]
    return "\n".join(line for line in lines if line.strip() and not line.strip().startswith("> in macro"))


def _shortened(text: str) -> str:
    """The part of a message that a person reads: DuckDB lists all options of a reader after it."""
    lines = text.splitlines()
    return "\n".join(lines[:_MESSAGE_LINES] + (["  ..."] if len(lines) > _MESSAGE_LINES else []))


def _record(home: Home, **fields: Any) -> None:
    write_record(
        dbt_folder(home) / "build.json", {"build_id": "", "finished_at": "", "fingerprint": "", **fields}
    )


def _run_dbt(
    home: Home,
    project: Path,
    commands: Sequence[Sequence[str]],
    progress: Progress | None,
    *,
    target: str = LOCAL,
) -> str:
    """Runs dbt commands; returns why a build makes models from all history, if it does."""
    if importlib.util.find_spec("dbt.cli") is None:
        raise ConfigError("dbt is not installed.", advice="Run `make install`.")
    home.require_path_without("?#\\", "dbt takes for a part of an address, or DuckDB for a part of a pattern")
    folder = dbt_folder(home)
    with storage_errors(folder):
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        (home.root / "tmp").mkdir(exist_ok=True)
    environment = dbt_environment(home, project)
    if target == spark.TARGET:
        environment |= {TARGET_VARIABLE: target} | spark.spark_environment(home)
    state = project_state(project, target)
    parse = _parse_command(home, state)
    command = [
        sys.executable,
        "-m",
        _WORKER,
        json.dumps([parse if one[0] == "parse" else list(one) for one in commands]),
    ]
    # What dbt writes may fill a pipe that nobody reads; a file can't block it.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(
            command,
            cwd=project,
            env=environment,
            # The worker ends when this pipe does, also when we are killed: no build goes on without its lock.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            encoding="utf-8",
        )
        failure: str | None = None
        rebuilt = ""
        try:
            if process.stdout is not None:
                failure, rebuilt = _follow(process.stdout, progress or Progress())
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        if code == 0:
            if any(one[0] == "parse" for one in commands):
                write_record(_parsed(home), {"project": state})
            return rebuilt
        said.seek(0)
        tail = "\n".join(plain(said.read()).splitlines()[-20:])
    raise _failure(home, code, failure or tail)


def project_state(project: Path, target: str = LOCAL) -> str:
    """Names one state of the dbt project: its files, their sizes and times, and the dbt and target that read them."""
    digest = hashlib.sha256(f"{project} {version('dbt-core')} {target}".encode())
    settings = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    folders = {
        project / name
        for kind, default in _PROJECT_PATHS.items()
        for name in settings.get(f"{kind}-paths", [default])
    }
    files = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    for path in sorted({*files, *project.glob("*.yml")}):
        stat = path.stat()
        digest.update(f"{path.relative_to(project)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _parse_command(home: Home, state: str) -> list[str]:
    """Half of the time of a small build is parsing, so a project that nobody has touched is not parsed again.

    After any edit the whole project is: when it parses only a singular test that was edited, dbt 1.11.16 loses what
    the YAML says of it, and a warning becomes a failure.
    """
    known = (read_record(_parsed(home)) or {}).get("project")
    if known == state and (dbt_folder(home) / "target" / "manifest.json").is_file():
        return ["parse", "--no-write-json", "--partial-parse"]
    return ["parse", "--no-partial-parse"]


def _parsed(home: Home) -> Path:
    return dbt_folder(home) / "parsed.json"


def _follow(lines: IO[str], progress: Progress) -> tuple[str | None, str]:
    """Reads the worker's lines until it ends.

    Returns:
        Why a command could not run, if one could not; and why models are built from all history, if any are.
    """
    failure: str | None = None
    rebuilt = ""
    for line in lines:
        event: dict[str, Any] = json.loads(line)
        if event["event"] == "node" and event["command"] in ("build", "test"):
            progress.node(
                event["done"],
                event["total"],
                event["name"],
                event["resource_type"],
                event["status"],
                event["seconds"],
            )
        elif event["event"] == "command" and event["exception"]:
            failure = plain(event["exception"])
        elif event["event"] == "command" and event["name"] == "parse":
            progress.message("dbt has read the project")
        elif event["event"] == "plan" and event["text"]:
            rebuilt = event["text"]
            progress.message(rebuilt)
    return failure, rebuilt


def _failure(home: Home, code: int, text: str) -> BuildFailed:
    log = dbt_folder(home) / "logs" / "dbt.log"
    if "Could not set lock on file" in text:
        return BuildFailed(
            f"Another program has {home.warehouse} open.\n{text}",
            advice=f"Close it there: BI tools read {home.bi_file}, never the warehouse file.",
        )
    if any(sign in text for sign in _DAMAGED):
        return BuildFailed(
            f"{home.warehouse} is damaged, or is no DuckDB file of this version.\n{text}",
            advice="Delete it and run `ttkpi build`: it is made anew from raw. The published file is as it was before.",
        )
    if code == _KILLED:
        return BuildFailed(
            "dbt was ended by the system, most likely because memory ran out.",
            advice="Give it less to hold at once: TTKPI_MEMORY_LIMIT=300MB TTKPI_DBT_THREADS=1.",
        )
    if "No space left" in text:
        return BuildFailed(
            f"No space left while building {home.warehouse}.\n{text}",
            advice="Free some space and run `ttkpi build` again. The published file is as it was before.",
        )
    return BuildFailed(
        f"dbt could not run:\n{text or f'it ended with code {code} and said nothing'}",
        advice=f"What dbt found wrong is in {log}. The published file is as it was before.",
    )


def _report(home: Home, *, whole: bool, freshness: bool, seconds: float) -> BuildReport:
    folder = dbt_folder(home)
    results = folder / "target" / "run_results.json"
    if not results.is_file():
        raise BuildFailed(
            "dbt ended without results.", advice=f"What dbt found wrong is in {folder / 'logs' / 'dbt.log'}."
        )
    with storage_errors(folder):
        # Later commands (docs, tests by hand) replace dbt's own file.
        shutil.copyfile(results, folder / "run_results.json")
        shutil.copyfile(folder / "target" / "manifest.json", folder / "manifest.json")
    return _read_report(home, whole=whole, freshness=freshness, seconds=seconds)


def _read_report(home: Home, *, whole: bool, freshness: bool, seconds: float) -> BuildReport:
    folder = dbt_folder(home)
    cure = BUILD_ANEW
    results = read_record(folder / "run_results.json", cure=cure) or {}
    manifest = read_record(folder / "manifest.json", cure=cure) or {}
    if not {"metadata", "results"} <= results.keys():
        raise RecordDamaged(f"{folder / 'run_results.json'} is damaged.", advice=cure)
    if "nodes" not in manifest:
        raise RecordDamaged(f"{folder / 'manifest.json'} is damaged or missing.", advice=cure)
    known = {**manifest.get("nodes", {}), **manifest.get("unit_tests", {})}
    sources: tuple[Freshness, ...] = ()
    if freshness and (folder / "target" / "sources.json").is_file():
        sources = tuple(_freshness(json.loads((folder / "target" / "sources.json").read_bytes())["results"]))
    return BuildReport(
        build_id=str(results["metadata"]["invocation_id"]),
        whole=whole,
        nodes=tuple(_node(result, known.get(result["unique_id"], {})) for result in results["results"]),
        freshness=sources,
        seconds=round(seconds, 1),
        run_results=folder / "run_results.json",
        manifest=folder / "manifest.json",
    )


def _node(result: Mapping[str, Any], node: Mapping[str, Any]) -> NodeResult:
    unique_id = str(result["unique_id"])
    kind = str(node.get("resource_type") or unique_id.split(".")[0])
    status = str(result["status"])
    failures = result.get("failures")
    meta = (node.get("config") or {}).get("meta") or {}
    return NodeResult(
        unique_id=unique_id,
        name=str(node.get("name") or unique_id.split(".")[2]),
        kind=kind,
        status=status,
        seconds=round(float(result.get("execution_time") or 0.0), 2),
        message=plain(result.get("message")) if status not in ("success", "pass") else "",
        failures=None if failures is None else int(failures),
        description=" ".join(str(node.get("description") or meta.get("why") or "").split()),
        description_zh=str(meta.get("why_zh") or ""),
        path=str(node.get("original_file_path") or ""),
        sql=str(result.get("compiled_code") or "") if kind == "test" and status in ("fail", "warn") else "",
        cause=str(meta.get("cause") or ""),
    )


def _freshness(results: Iterable[Mapping[str, Any]]) -> Iterable[Freshness]:
    for result in results:
        parts = str(result["unique_id"]).split(".")
        age, message = source_age(result)
        yield Freshness(
            table=".".join(parts[2:4]), status=str(result["status"]), age_hours=age, message=message
        )


def source_age(result: Mapping[str, Any]) -> tuple[float | None, str]:
    """Hours since a source's last successful sync, and what there is to say about it.

    Args:
        result: One result of dbt's `sources.json`.
    """
    seconds = result.get("max_loaded_at_time_ago_in_s")
    if seconds is None:
        return None, plain(result.get("error"))
    # Where no sync ever succeeded the models say 1970, and dbt the year 1.
    if str(result.get("max_loaded_at"))[:4] <= "1970":
        return None, "never synced"
    return round(float(seconds) / 3600, 1), plain(result.get("error"))
