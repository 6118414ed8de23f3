"""What changed in the project between two builds of a home, for the audit log: seeds, definitions, models, settings.

| event | subject | before, after |
| --- | --- | --- |
| `seed_changed` | `seeds/people/kpi_targets.csv` | SHA-256 of the file, or of the home's input in its place |
| `definition_changed` | `kpi_shop_daily.gmv` | version and digest, as in kpi_glossary |
| `model_changed` | `models/marts/sales/kpi_shop_daily.sql` | SHA-256 of the file |
| `macro_changed` | `macros/money/money.sql` | SHA-256 of its macros |
| `setting_changed` | `reporting_currency` | the value of the dbt var |

What was known at the last build is in `dbt/project.json` of the home. NULL before is new, NULL after is gone.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import yaml

from home.audit_log import Entry, append
from home.database import attach, reading
from home.layout import Home
from home.records import read_record, write_record
from orchestration.build.seeds import inputs_of_build

State = dict[str, dict[str, str]]
"""What is known of each subject, by event."""


def project_state(home: Home, project: Path, manifest: Path) -> State:
    """Hashes of everything that decides what the numbers are.

    Args:
        home: Whose warehouse has the glossary.
        project: Folder of `dbt_project.yml`.
        manifest: dbt's `manifest.json` of the build.

    Raises:
        CannotRead: The warehouse can't be read.
    """
    content = orjson.loads(manifest.read_bytes())
    found: State = {
        "seed_changed": {},
        "definition_changed": _definitions(home),
        "model_changed": {},
        "macro_changed": _macros(content),
        "setting_changed": _settings(project),
    }
    own = inputs_of_build(home.root)
    for node in content.get("nodes", {}).values():
        kind = f"{node.get('resource_type')}_changed"
        if kind in ("seed_changed", "model_changed"):
            path = str(node["original_file_path"])
            # dbt names a large seed by its path instead of its content.
            is_hash = node["checksum"]["name"] == "sha256"
            if kind == "seed_changed" and (file := own.get(str(node.get("name")))) is not None:
                found[kind][path] = hashlib.sha256(file.read_bytes()).hexdigest()
                continue
            found[kind][path] = (
                str(node["checksum"]["checksum"])
                if is_hash
                else hashlib.sha256((project / path).read_bytes()).hexdigest()
            )
    return found


def record_changes(home: Home, state: State) -> dict[str, int]:
    """Write an entry for each change since the last build, and remember the state.

    Returns:
        Changes by event; of the first build of a home none.

    Raises:
        AuditLogDamaged: The audit log is not as it was written.
        StorageError: The disk refuses.
    """
    path = home.root / "dbt" / "project.json"
    before = read_record(path)
    counts = dict.fromkeys(state, 0)
    if before is not None:
        for event, subjects in state.items():
            known: Mapping[str, str] = before.get(event) or {}
            for subject in sorted(known.keys() | subjects.keys()):
                old, new = known.get(subject), subjects.get(subject)
                if old != new:
                    append(home, Entry(event, subject, details={"before": old, "after": new}))
                    counts[event] += 1
    # Written last: after a kill a change is told twice rather than never.
    write_record(path, state)
    return counts


def digests(state: State) -> dict[str, str]:
    """One hash for each kind: two builds with the same ones were of the same project."""
    return {
        event.removesuffix("_changed") + "s": hashlib.sha256(
            json.dumps(subjects, sort_keys=True).encode()
        ).hexdigest()
        for event, subjects in state.items()
    }


def _macros(content: Mapping[str, Any]) -> dict[str, str]:
    project = (content.get("metadata") or {}).get("project_name")
    texts: dict[str, list[str]] = defaultdict(list)
    for _, macro in sorted((content.get("macros") or {}).items()):
        if macro.get("package_name") == project:
            texts[str(macro["original_file_path"])].append(str(macro["macro_sql"]))
    return {path: hashlib.sha256("\n".join(parts).encode()).hexdigest() for path, parts in texts.items()}


def _settings(project: Path) -> dict[str, str]:
    settings = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    return {str(name): str(value) for name, value in (settings.get("vars") or {}).items()}


def _definitions(home: Home) -> dict[str, str]:
    if not home.warehouse.is_file():
        return {}
    with reading(home) as connection:
        attach(connection, home.warehouse, "warehouse")
        known = connection.execute(
            "select count(*) from duckdb_tables() "
            "where database_name = 'warehouse' and schema_name = 'marts' and table_name = 'kpi_glossary'"
        ).fetchone()
        if not known or not known[0]:
            return {}
        return {
            f"{model}.{column}": f"{version}:{digest}"
            for model, column, version, digest in connection.execute(
                "select model_name, column_name, definition_version, definition_digest "
                "from warehouse.marts.kpi_glossary"
            ).fetchall()
        }
