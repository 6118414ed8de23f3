"""Every kind of file that a home may hold, and what comes of it when it is damaged.

A file of a new kind has its line here, or a test fails (`test_damaged_homes.py`, `e2e/test_home_files.py`). In a pattern `*`
is a part of a name, `**` anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

TRIED = "damaged in every way by test_damaged_homes.py"
LOCK = "a lock: empty, held by the operating system"
FOR_PEOPLE = "written for people and read by nobody; written anew by the command that made it"
WORKING = "a working folder: made anew when it can't be used"
LEFT_BY_A_KILL = "what a kill left of a file: never read, and removed or written over"

FILES = {
    "archive/*/manifest/*.jsonl": TRIED,
    "archive/*/manifest/*.head.json": TRIED,
    "archive/*/*/*/*.zst": TRIED,
    "archive/privacy.fingerprint": TRIED,
    "archive/unnamed/**": "moved aside because no manifest names it: never read",
    "raw/files.jsonl": TRIED,
    "raw/files.head.json": TRIED,
    "raw/*/init": TRIED,
    "raw/*/_dlt_loads/*.jsonl": TRIED,
    "raw/*/_dlt_pipeline_state/*.jsonl": TRIED,
    "raw/*/_dlt_version/*.jsonl": TRIED,
    "raw/*/*/0.schema.parquet": TRIED,
    "raw/*/*/*.parquet": TRIED,
    "dlt/*/state.json": TRIED,
    "dlt/*/trace.pickle": TRIED,
    "dlt/*/schemas/*": TRIED,
    "dlt/*.lock": LOCK,
    "dlt/*/**": WORKING,
    "privacy.key": TRIED,
    "seal.key": TRIED,
    "seal.fingerprint": TRIED,
    "freeze.key": TRIED,
    "frozen/freeze.fingerprint": TRIED,
    "frozen/signatures.json": TRIED,
    "frozen/digests.json": TRIED,
    "frozen/none.parquet": TRIED,
    "frozen/*.parquet": TRIED,
    ".env": "settings of a seller group: a damaged one is refused (test_homes.py)",
    "tokens.json": TRIED,
    "ads_tokens.json": TRIED,
    "audit_log.jsonl": TRIED,
    "audit_log.head.json": TRIED,
    "alerts.jsonl": TRIED,
    "webhooks.json": TRIED,
    "restock.json": TRIED,
    "inputs/current.json": TRIED,
    "inputs/versions/*/version.json": TRIED,
    "inputs/versions/*/source.*": "the workbook that a version was made of: kept for people, never read",
    "inputs/versions/*/*.csv": TRIED,
    "inbox/**": "files of others: read by a process that may die of them (test_exports_hostile.py)",
    "warehouse.duckdb": TRIED,
    "warehouse.duckdb.wal": "of a warehouse that a kill closed: DuckDB checks each entry",
    "warehouse.new": LEFT_BY_A_KILL,
    "spark/**": "Iceberg's and Derby's own: made anew from raw when the folder is deleted (docs/spark.md)",
    "dbt/build.json": TRIED,
    "dbt/run_results.json": TRIED,
    "dbt/manifest.json": TRIED,
    "dbt/built.json": TRIED,
    "dbt/project.json": TRIED,
    "dbt/parsed.json": TRIED,
    "dbt/target/manifest.json": TRIED,
    "dbt/target/semantic_manifest.json": TRIED,
    "dbt/inputs/*.csv": "compared with the inputs before each build, and written anew where it differs",
    "dbt/target/**": "dbt's own: parsed and compiled anew when it can't be read",
    "dbt/logs/**": FOR_PEOPLE,
    "audit/last.json": TRIED,
    "audit/*.json": "listed on the page of audits; one that can't be read is left out there",
    "audit/index.html": FOR_PEOPLE,
    "published/marts.duckdb": TRIED,
    "published/ttkpi.duckdb": TRIED,
    "published/manifest.json": TRIED,
    "published/switching.json": TRIED,
    "published/postgres.json": TRIED,
    "published/bitable.json": TRIED,
    "published/audiences/*/marts.duckdb": TRIED,
    "published/audiences/*/ttkpi.duckdb": TRIED,
    "published/audiences/*/manifest.json": TRIED,
    "published/history/.new/**": LEFT_BY_A_KILL,
    "published/history/.gone-*/**": LEFT_BY_A_KILL,
    "published/history/*/marts.duckdb": TRIED,
    "published/history/*/manifest.json": TRIED,
    "published/history/*/audiences/*/marts.duckdb": TRIED,
    "published/history/*/audiences/*/manifest.json": TRIED,
    "published/history/*/*.parquet": "put in published_values when the publication became the current one",
    "published_values/*/none.parquet": TRIED,
    "published_values/*/*.parquet": TRIED,
    "as_of/**": FOR_PEOPLE,
    "docs/**": FOR_PEOPLE,
    "reports/**": FOR_PEOPLE,
    "runs/*.json": FOR_PEOPLE,
    "logs/**": FOR_PEOPLE,
    "tmp/**": "DuckDB's room for what does not fit into the memory: made anew",
    "sandbox/**": "the world of a demo; of real shops there is none",
    "dagster/dbt/manifest-*.json": TRIED,
    "dagster/**": "Dagster's own memory of its runs; no number",
    "lock": LOCK,
    "*.lock": LOCK,
    "lock.json": "names who holds the home, for a message; one that can't be read names nobody",
    "**.tmp": LEFT_BY_A_KILL,
    "raw.new/**": LEFT_BY_A_KILL,
    "raw.old/**": LEFT_BY_A_KILL,
    "raw/*/*.old/**": LEFT_BY_A_KILL,
    "raw/*/.*.new/**": LEFT_BY_A_KILL,
}


def kind_of(name: str) -> str | None:
    """The first pattern that a file's path inside of its home has; None when nobody named such a file."""
    return next((pattern for pattern in FILES if _expression(pattern).fullmatch(name)), None)


def unnamed(root: Path, paths: Iterable[Path] = ()) -> list[str]:
    """Files of a home of a kind that the table does not name."""
    names = (str(path.relative_to(root)) for path in (paths or root.rglob("*")) if path.is_file())
    return sorted(name for name in names if kind_of(name) is None)


def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", pattern)
    return re.compile("".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts))
