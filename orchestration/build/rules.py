"""By which rule each table of the warehouse was built, so that a build makes anew what has changed.

The rule of a model or seed is everything that decides its rows: its SQL or CSV (or the home's input), the settings that
shape its table, the project's macros that it uses, the dbt vars that it or they read, and where its sources are read
from.
Descriptions and tests are no part of it. A table whose rule is not the one by which it was built is outdated, and so is
whatever is made of it: the next build makes them from all of raw, incremental models too, and leaves the others alone.

| in the home | what |
| --- | --- |
| `dbt/built.json` | `built`: the rule of each table that is up to date; `outdated`: the others, each with the reason |

A table is marked as outdated before anything is built, and is up to date only when it was built and nothing that it is
made of is outdated. So a kill, a model that failed, or a selection that left a model out, is made good by the next
build.
A home without the record was built by an older release: all of it is outdated.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from home.layout import Home
from home.project import project_vars
from home.records import RecordDamaged, read_record, write_record
from orchestration.build.seeds import inputs_of_build

VARIABLE = "TTKPI_REBUILT_MODELS"
"""Environment variable of dbt: ids of the models that are built in full, each between two spaces."""
OLDER_RELEASE = "this home was built by an older release"
_UNFINISHED = "a build was interrupted"
_ANEW = "Run `ttkpi build`: it makes every table anew from raw, and the file with them."
_SHOWN_CAUSES = 3
_ENGINE = "local"
"""dbt's usual target: DuckDB."""
_KINDS = ("model", "seed", "snapshot")
_SETTINGS = (
    "materialized",
    "unique_key",
    "incremental_strategy",
    "schema",
    "alias",
    "pre-hook",
    "post-hook",
    "column_types",
    "delimiter",
    "quote_columns",
)
_DISPATCHED = re.compile(r"dispatch\(\s*['\"](\w+)['\"]")

Rule = dict[str, Any]
"""`body` and `settings`: digests; `macros` and `sources`: digests by name; `vars`: values by name."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build has to make anew.

    Attributes:
        rules: The rule of every model and seed of the project as it is now.
        parents: What each is made of, in the order in which they are built.
        built: The rules of the tables that are up to date.
        outdated: The tables that are not, each with the first reason.
        causes: Everything that has changed, in plain words.
        unit: What outdated models are built from: `orders` where a table of orders is among them, else `history`.
    """

    rules: dict[str, Rule]
    parents: dict[str, list[str]]
    built: dict[str, Rule] = field(default_factory=dict)
    outdated: dict[str, str] = field(default_factory=dict)
    causes: list[str] = field(default_factory=list)
    unit: str = "history"

    @property
    def rebuilt_models(self) -> list[str]:
        """Ids of the models that are built in full."""
        return [one for one in self.outdated if one.startswith("model.")]

    def reason(self, *, whole: bool) -> str:
        """Why this build takes longer; empty when it does not.

        Args:
            whole: The whole project is built, not a selection.
        """
        count = len(self.rebuilt_models)
        if not count:
            return ""
        shown, more = self.causes[:_SHOWN_CAUSES], len(self.causes) - _SHOWN_CAUSES
        if more > 0:
            shown = [*shown, f"{more} more changes" if more > 1 else "1 more change"]
        what = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
        models = "1 model is" if count == 1 else f"{count} models are"
        later = "" if whole else "; those that are not selected stay outdated until the next whole build"
        return f"{what}: {models} built from all {self.unit}{later}"


def record_path(home: Home) -> Path:
    """Where the rules by which a home was built are."""
    return home.root / "dbt" / "built.json"


def outdated_models(home: Home) -> dict[str, str]:
    """Ids of the models whose tables are of an older rule, each with the reason; empty when all are up to date.

    Raises:
        RecordDamaged: The record is not what we write.
    """
    record = _whole(home) or {}
    return {one: why for one, why in (record.get("outdated") or {}).items() if one.startswith("model.")}


def plan(home: Home, project: Path, manifest: Mapping[str, Any], engine: str = _ENGINE) -> Plan:
    """Compare the project with what the home was built by, and mark what is outdated.

    Args:
        home: Whose warehouse is about to be built.
        project: Folder of `dbt_project.yml`.
        manifest: dbt's picture of the project: `nodes`, `macros`, `sources` and `metadata` of its `manifest.json`.
        engine: dbt's target that builds. Tables of another one are not there, or of an older day.

    Raises:
        StorageError: The record can't be written.
    """
    rules = rules_of(manifest, project, home.root.absolute())
    if engine != _ENGINE:
        for rule in rules.values():
            rule["vars"]["engine"] = engine
    parents = _parents(manifest, rules)
    record = _record(home, engine)
    known, marked = record or ({}, dict.fromkeys(rules, OLDER_RELEASE))
    causes: dict[str, None] = {}
    outdated: dict[str, str] = {}
    for one, above in parents.items():
        own = [marked[one]] if one in marked else []
        if one in known:
            own += _changes(one, known[one], rules[one])
        causes |= dict.fromkeys(own)
        inherited = [outdated[parent] for parent in above if parent in outdated]
        if own or inherited:
            outdated[one] = (own or inherited)[0]
    found = Plan(
        rules=rules,
        parents=parents,
        built={one: rule for one, rule in known.items() if one in rules and one not in outdated},
        outdated=outdated,
        causes=list(causes),
        unit="orders" if any(_is_of_orders(manifest["nodes"][one]) for one in outdated) else "history",
    )
    # A table that has no rule yet is marked as well: a kill leaves it behind, and the rule may be another one by then.
    unfinished = {one: _UNFINISHED for one in parents if one not in found.built}
    write(home, found.built, unfinished | found.outdated)
    return found


def record_built(home: Home, plan: Plan, succeeded: Iterable[str]) -> None:
    """Remember by which rules a build has made its tables.

    Args:
        home: Whose warehouse was built.
        plan: Of this build.
        succeeded: Ids of the models and seeds that were built.

    Raises:
        StorageError: The record can't be written.
    """
    done = set(succeeded)
    built, outdated = dict(plan.built), {}
    for one, above in plan.parents.items():
        is_sound = one in done and not any(parent in outdated for parent in above)
        if is_sound:
            built[one] = plan.rules[one]
        elif one in plan.outdated:
            outdated[one] = plan.outdated[one]
    write(home, built, outdated)


def rules_of(manifest: Mapping[str, Any], project: Path, home: Path) -> dict[str, Rule]:
    """The rule of every model and seed.

    Args:
        manifest: As in `plan`.
        project: Folder of `dbt_project.yml`.
        home: Root of the home. It stands in the places of raw files and is no part of a rule: homes are moved.
    """
    macros = _Macros(manifest)
    values = project_vars(project)
    own = inputs_of_build(home)
    found: dict[str, Rule] = {}
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] not in _KINDS:
            continue
        settings = _settings(node)
        used = macros.used_by(node)
        texts = [str(node.get("raw_code") or ""), json.dumps(settings), *(macros.text(one) for one in used)]
        found[unique_id] = {
            "body": _body(node, project, own),
            "settings": _digest(json.dumps(settings, sort_keys=True)),
            "macros": {_name(one): _digest(macros.text(one)) for one in used},
            "vars": {name: values[name] for name in _vars_read(texts, values)},
            "sources": {
                _name(one): _digest(_place(manifest["sources"][one], home))
                for one in sorted(_depends_on(node, "nodes"))
                if one in manifest["sources"]
            },
        }
    return found


class _Macros:
    """The project's own macros, and which of them a node uses."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self._macros: Mapping[str, Mapping[str, Any]] = manifest["macros"]
        project = manifest["metadata"]["project_name"]
        self._own = {one for one, macro in self._macros.items() if macro["package_name"] == project}
        theirs = {str(macro["name"]) for one, macro in self._macros.items() if one not in self._own}
        # What no model names: dbt's own macros that the project replaces, and its strategies of merging rows.
        self._replaced = {
            one
            for one in self._own
            if _plain_name(self._macros[one], theirs) in theirs
            or str(self._macros[one]["name"]).startswith("get_incremental_")
        }
        self._known: dict[str, frozenset[str]] = {}

    def text(self, unique_id: str) -> str:
        """SQL of a macro."""
        return str(self._macros[unique_id]["macro_sql"])

    def used_by(self, node: Mapping[str, Any]) -> list[str]:
        """Ids of the macros that decide what a node's rows are."""
        first = _depends_on(node, "macros")
        if node["resource_type"] == "model":
            first = first | self._replaced
        return sorted(frozenset().union(*map(self._closure, first)) & self._own)

    def _closure(self, unique_id: str) -> frozenset[str]:
        if unique_id not in self._known:
            found: set[str] = set()
            waiting = [unique_id]
            while waiting:
                one = waiting.pop()
                if one in found or one not in self._macros:
                    continue
                found.add(one)
                waiting += [*_depends_on(self._macros[one], "macros"), *self._implementations(one)]
            self._known[unique_id] = frozenset(found)
        return self._known[unique_id]

    def _implementations(self, unique_id: str) -> Iterator[str]:
        """The project's implementations of what a macro dispatches, for every engine."""
        names = set(_DISPATCHED.findall(self.text(unique_id)))
        if names:
            yield from (
                one for one in self._own if str(self._macros[one]["name"]).partition("__")[2] in names
            )


def _plain_name(macro: Mapping[str, Any], theirs: set[str]) -> str:
    """Name of a macro without the engine that it is for."""
    name = str(macro["name"])
    return name if name in theirs else name.partition("__")[2]


def _depends_on(node: Mapping[str, Any], kind: str) -> set[str]:
    return set((node.get("depends_on") or {}).get(kind) or ())


def _body(node: Mapping[str, Any], project: Path, own: Mapping[str, Path]) -> str:
    if node["resource_type"] == "seed" and (path := own.get(str(node.get("name")))) is not None:
        return _digest(path.read_bytes())
    checksum = node["checksum"]
    if checksum["name"] == "sha256":
        return str(checksum["checksum"])[:16]
    # dbt names a large seed by its path instead of its content.
    return _digest((project / str(node["original_file_path"])).read_bytes())


def _settings(node: Mapping[str, Any]) -> dict[str, Any]:
    config = node.get("config") or {}
    settings = {name: value for name in _SETTINGS if (value := config.get(name)) not in (None, [], {}, "")}
    if (config.get("contract") or {}).get("enforced"):
        settings["columns"] = [
            [name, column.get("data_type"), [one.get("type") for one in column.get("constraints") or ()]]
            for name, column in (node.get("columns") or {}).items()
        ]
    return settings


def _vars_read(texts: Iterable[str], values: Mapping[str, str]) -> list[str]:
    """Vars that a text reads. A name may reach `var()` through a variable, so it is looked for between quotes."""
    reading = [text for text in texts if re.search(r"\bvar\(", text)]
    return [name for name in sorted(values) if any(re.search(rf"['\"]{name}['\"]", text) for text in reading)]


def _place(source: Mapping[str, Any], home: Path) -> str:
    meta = (source.get("config") or {}).get("meta") or source.get("meta") or {}
    return str(meta.get("external_location") or "").replace(str(home), "")


def _parents(manifest: Mapping[str, Any], rules: Mapping[str, Rule]) -> dict[str, list[str]]:
    above = {
        one: sorted(parent for parent in _depends_on(manifest["nodes"][one], "nodes") if parent in rules)
        for one in sorted(rules)
    }
    return {one: above[one] for one in TopologicalSorter(above).static_order()}


def _is_of_orders(node: Mapping[str, Any]) -> bool:
    keys = (node.get("config") or {}).get("unique_key") or []
    return "order_id" in ([keys] if isinstance(keys, str) else keys)


def _changes(unique_id: str, before: Rule, now: Rule) -> list[str]:
    """What has changed in a rule, in plain words."""
    kind = "seed" if unique_id.startswith("seed.") else "rule of"
    itself = f"{kind} {_name(unique_id)} changed"
    found = []
    if before["body"] != now["body"] or before["settings"] != now["settings"]:
        found.append(itself)
    for kind in ("macros", "sources"):
        # A macro that is used no more, or is used now, comes with a change of who uses it.
        found += [
            f"{kind.removesuffix('s')} {one} changed"
            for one in sorted(before[kind].keys() & now[kind].keys())
            if before[kind][one] != now[kind][one]
        ]
    # A rule that names no engine is of the usual one.
    then, today = ({"engine": _ENGINE, **rule["vars"]} for rule in (before, now))
    found += [
        f"{one} changed from {then[one]} to {today[one]}"
        for one in sorted(then.keys() & today.keys())
        if then[one] != today[one]
    ]
    return found or ([itself] if before != now else [])


def _name(unique_id: str) -> str:
    """The last part of dbt's id: `fct_orders`, `orders`."""
    return unique_id.split(".")[-1]


def _digest(content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()[:16]


def _record(home: Home, engine: str) -> tuple[dict[str, Rule], dict[str, str]] | None:
    """What is up to date and what is outdated; None when nobody knows, and both are empty before the first build.

    Who deletes the warehouse file deletes what DuckDB has built, but not what another engine has.
    """
    if not home.warehouse.is_file() and (engine == _ENGINE or not record_path(home).is_file()):
        return {}, {}
    try:
        record = _whole(home)
    except RecordDamaged:
        record = None
    if record is None:
        return None
    return dict(record.get("built") or {}), dict(record.get("outdated") or {})


def write(home: Home, built: Mapping[str, Rule], outdated: Mapping[str, str]) -> None:
    """Write the record, with a check of itself.

    Raises:
        StorageError: It can't be written.
    """
    rules = {"built": dict(built), "outdated": dict(outdated)}
    write_record(record_path(home), {**rules, "check": _check(rules)})


def _whole(home: Home) -> dict[str, Any] | None:
    """The record, if it is as it was written: with another name in it a table of an old rule would count as new.

    Raises:
        RecordDamaged: It is not. One of a release before has no check.
    """
    path = record_path(home)
    record = read_record(path, cure=_ANEW)
    if record is None:
        return None
    rules = {name: record.get(name) for name in ("built", "outdated")}
    if any(not isinstance(one, dict) for one in rules.values()) or record.get("check") not in (
        None,
        _check(rules),
    ):
        raise RecordDamaged(f"{path} is damaged: it is not what was written.", advice=_ANEW)
    return record


def _check(rules: Mapping[str, Any]) -> str:
    return _digest(json.dumps(rules, sort_keys=True))
