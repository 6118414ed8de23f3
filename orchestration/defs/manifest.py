"""The dbt manifest that Dagster builds its graph from, parsed when the project changed and cached otherwise.

Loading the definitions must need no secrets, no network and no warehouse: `dbt parse` opens no database. It
takes several seconds and every run process loads the definitions, so the manifest is kept under a fingerprint
of the project's files (path, size, modification time) and parsed again only when that changes.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

from home.errors import TtkpiError
from home.layout import Home
from home.project import project_dir
from home.storage import storage_errors
from orchestration.build.build import dbt_environment

_FOLDERS = ("models", "macros", "seeds", "snapshots", "tests/singular", "tests/generic", "tests/fixtures")
_FILES = ("dbt_project.yml", "profiles.yml", "requirements.lock")
_PARSE_TIMEOUT_SECONDS = 300


class ManifestError(TtkpiError):
    """The dbt project could not be parsed, so no asset graph can be made of it."""


def _inputs(project_dir: Path) -> Iterator[Path]:
    for name in _FILES:
        path = project_dir / name
        if path.is_file():
            yield path
    for folder in _FOLDERS:
        for path in sorted((project_dir / folder).rglob("*")):
            if path.is_file():
                yield path


def fingerprint(project_dir: Path, home: Home) -> str:
    """Short hash of what the manifest depends on: the project's files, the data home, the installed dbt.

    The home counts because the manifest holds absolute paths of the raw tables.
    """
    digest = hashlib.sha256(f"{project_dir}\n{home.root}\n{version('dbt-core')}\n".encode())
    for path in _inputs(project_dir):
        stat = path.stat()
        digest.update(f"{path.relative_to(project_dir)}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def load_manifest(home: Home, project: Path | None = None) -> dict[str, Any]:
    """The project's manifest, parsed if the cached one is not of the present files.

    Args:
        home: The data home; the cache is in `dagster/dbt` below it.
        project: Folder of `dbt_project.yml`; by default the one that `ttkpi build` uses.

    Raises:
        ManifestError: dbt could not parse the project; the message ends with what dbt said.
        ConfigError: There is no dbt project.
        StorageError: The cache can't be written.
    """
    folder = project or project_dir()
    cache = home.root / "dagster" / "dbt"
    home.make()
    with storage_errors(cache):
        cache.mkdir(parents=True, exist_ok=True)
        # Web server, daemon and run processes load the definitions at the same time.
        with FileLock(cache / ".lock"):
            path = cache / f"manifest-{fingerprint(folder, home)}.json"
            manifest = _cached(path)
            if manifest is None:
                _parse(folder, home, cache / "target", path)
                for old in cache.glob("manifest-*.json"):
                    if old != path:
                        old.unlink()
                manifest = json.loads(path.read_bytes())
    return manifest


def _cached(path: Path) -> dict[str, Any] | None:
    """What was parsed before; None when it was not, or the file is damaged: it is parsed anew then."""
    try:
        manifest = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and "nodes" in manifest else None


def _parse(project_dir: Path, home: Home, target: Path, destination: Path) -> None:
    # A process of its own: dbt keeps flags, loggers and adapters in module state, which a long-lived
    # Dagster code server should not carry.
    command = [
        sys.executable,
        "-c",
        "from dbt.cli.main import cli; cli()",
        "--quiet",
        "--no-use-colors",
        "parse",
    ]
    environment = dbt_environment(home, project_dir)
    environment |= {
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target / "logs"),
        "DBT_LOG_LEVEL": "error",
    }
    try:
        done = subprocess.run(
            command,
            cwd=project_dir,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_PARSE_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ManifestError(f"`dbt parse` did not end within {_PARSE_TIMEOUT_SECONDS} s.") from error
    if done.returncode != 0:
        said = "\n".join((done.stdout + "\n" + done.stderr).strip().splitlines()[-40:])
        raise ManifestError(
            f"The dbt project in {project_dir} does not parse, so Dagster has no asset graph.\n{said}",
            advice="Correct it (`ttkpi build` says the same), then reload the code location.",
        )
    (target / "manifest.json").replace(destination)
