"""What takes long to make and is only read: made once per test run, shared by all its processes. Tests copy it."""

from __future__ import annotations

import ast
import hashlib
import os
import pprint
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from filelock import FileLock

from home.layout import Home
from home.project import project_dir
from orchestration.build.build import dbt_environment, run_dbt
from orchestration.defs.manifest import fingerprint

ODD_NAME = "it's [a] 100% {b} #店 🛍️"
"""Of a home in a test: signs of SQL, of patterns, of addresses and of formats, as a seller may name a folder."""
_TARGET = Path("dbt", "target")
_STATE = _TARGET / "partial_parse.msgpack"
_MANIFEST = _TARGET / "manifest.json"
_METRICS = _TARGET / "semantic_manifest.json"
_CONNECTION = _TARGET / "connection.txt"
_PRINT_CONNECTION = """
import os
from argparse import Namespace
from dbt.config.runtime import load_profile
from dbt.flags import set_from_args
from dbt_common.context import set_invocation_context
set_invocation_context(os.environ)
set_from_args(Namespace(PROFILES_DIR=os.environ["DBT_PROFILES_DIR"]), None)
print(sorted(load_profile(os.environ["DBT_PROJECT_DIR"], {}).credentials.connection_info()))
"""


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first process to need it makes, and that nobody changes afterwards.

    Args:
        factory: pytest's.
        name: Name of the folder.
        make: Makes the folder at a path that does not exist yet.
    """
    base = factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    shared.mkdir(exist_ok=True)
    folder, complete = shared / name, shared / f"{name}.complete"
    with FileLock(shared / f"{name}.being-made"):
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            complete.touch()
    return folder


def parsed_home(root: Path) -> None:
    """Make a home in which nothing is but the parsed project."""
    home = Home(root)
    root.mkdir()
    run_dbt(home, [["parse"]])
    # dbt keeps a hash of where it connects to, and parses everything again when that is another place.
    connection = subprocess.run(
        [sys.executable, "-c", _PRINT_CONNECTION],
        env=dbt_environment(home, project_dir()), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (root / _CONNECTION).write_text(connection, encoding="utf-8")
    known = msgpack.unpackb((root / _STATE).read_bytes(), strict_map_key=False)["state_check"]["profile_hash"]
    assert _profile_hash(connection) == known["checksum"], "dbt makes its hash in another way now"


def with_parse(parsed: Home, home: Home) -> Home:
    """Give a home the parsed project: to parse takes a quarter of a minute, to read what was parsed three seconds.

    Args:
        parsed: The home of `parsed_home`.
        home: A home that was not built yet.
    """
    (home.root / _TARGET).mkdir(parents=True)
    for name in (_STATE, _MANIFEST, _METRICS, _CONNECTION, Path("dbt", "parsed.json")):
        shutil.copyfile(parsed.root / name, home.root / name)
    _move_parse(home, str(parsed.root))
    return home


def copy_of(place: Home, root: Path, *, without: Iterable[str] = ()) -> Home:
    """A copy of a home, its parsed project included, and what is named `without` left out."""
    shutil.copytree(place.root, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*without))
    home = Home(root)
    if (root / _CONNECTION).is_file():
        _move_parse(home, str(place.root))
    return home


def _move_parse(home: Home, old: str) -> None:
    """What dbt has parsed names the home in the sources' paths, in its environment and in where it connects to."""
    new = str(home.root.absolute())
    connection = (home.root / _CONNECTION).read_text(encoding="utf-8").replace(old, new)
    (home.root / _CONNECTION).write_text(connection, encoding="utf-8")
    state = _replaced(msgpack.unpackb((home.root / _STATE).read_bytes(), strict_map_key=False), old, new)
    state["state_check"]["profile_hash"]["checksum"] = _profile_hash(connection)
    (home.root / _STATE).write_bytes(msgpack.packb(state))
    manifest = (home.root / _MANIFEST).read_text(encoding="utf-8")
    (home.root / _MANIFEST).write_text(manifest.replace(old, new), encoding="utf-8")


def with_dagster_parse(parsed: Home, home: Home) -> Home:
    """Give a home the manifest that Dagster's definitions are made of, as they keep it."""
    folder = home.root / "dagster" / "dbt"
    folder.mkdir(parents=True, exist_ok=True)
    manifest = (parsed.root / _MANIFEST).read_text(encoding="utf-8")
    (folder / f"manifest-{fingerprint(project_dir(), home)}.json").write_text(
        manifest.replace(str(parsed.root), str(home.root)), encoding="utf-8"
    )
    return home


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new) if old in value else value
    if isinstance(value, list):
        return [_replaced(one, old, new) for one in value]
    if isinstance(value, dict):
        return {key: _replaced(one, old, new) for key, one in value.items()}
    return value


def _profile_hash(connection: str) -> str:
    """As dbt makes it (`ManifestLoader.build_state_check`)."""
    return hashlib.sha256(pprint.pformat(ast.literal_eval(connection)).encode()).hexdigest()
