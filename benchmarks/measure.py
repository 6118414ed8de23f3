"""Run a case in a process of its own; report its time, the peak memory of its process tree, and what it spilled."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.1
SAMPLE_SHARE = 0.05
"""The part of a core that looking may take. Counted by hand: shared pages take some 25 ms a process, and 50 ms for
800 MB. Ten times a second that was half of a core, taken from what is measured."""


@dataclass(frozen=True)
class Measured:
    """What one run cost."""

    seconds: float
    peak_mb: float  # of the process and its children, shared pages counted once (PSS), sampled up to ten times a second
    output: str
    cpu_seconds: float = 0.0  # of the process and its children, user and system
    largest_mb: float = 0.0  # of the watched folder at its largest, sampled with the memory


class CaseFailed(RuntimeError):
    """A benchmarked command ended with an error; its output is the message."""


def run(command: list[str], env: Mapping[str, str] | None = None, watched: Path | None = None) -> Measured:
    """Run `command`, sampling its memory while it runs.

    Args:
        command: The program and its arguments.
        env: Variables on top of this process's own.
        watched: A folder whose size is sampled as well, such as the one DuckDB spills into.

    Raises:
        CaseFailed: when it ends with another exit code than 0.
    """
    with tempfile.TemporaryFile("w+") as output:
        started, cpu = time.perf_counter(), _children_seconds()
        process = subprocess.Popen(
            command, env={**os.environ, **(env or {})}, stdout=output, stderr=subprocess.STDOUT
        )
        root = psutil.Process(process.pid)
        peak = largest = 0
        while process.poll() is None:
            looked = time.perf_counter()
            peak = max(peak, _tree_memory(root))
            largest = max(largest, folder_bytes(watched) if watched else 0)
            time.sleep(max(SAMPLE_SECONDS, (time.perf_counter() - looked) / SAMPLE_SHARE))
        seconds = time.perf_counter() - started
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        raise CaseFailed(f"{' '.join(command)} ended with {process.returncode}:\n{text[-4000:]}")
    return Measured(seconds, peak / 1e6, text, _children_seconds() - cpu, largest / 1e6)


def python(module: str, *args: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *args]


def folder_bytes(folder: Path) -> int:
    """What the files of a folder take on the disk; 0 when it is not there."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(place, name)).st_blocks * 512  # noqa: PTH116, PTH118 - ten times a second
            except FileNotFoundError:
                continue  # it left between listing and reading
    return total


def _children_seconds() -> float:
    """CPU seconds of the children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tree_memory(root: psutil.Process) -> int:
    total = 0
    try:
        processes = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue  # it ended between listing and reading
    return total
