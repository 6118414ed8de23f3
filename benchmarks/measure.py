"""Run a case in a process of its own; report its wall time and the peak memory of its process tree."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Measured:
    """What one run cost."""

    seconds: float
    peak_mb: (
        float  # memory of the process and its children, shared pages counted once (PSS), sampled every 0.1 s
    )
    output: str


class CaseFailed(RuntimeError):
    """A benchmarked command ended with an error; its output is the message."""


def run(command: list[str], env: Mapping[str, str] | None = None) -> Measured:
    """Run `command`, sampling its memory while it runs.

    Raises:
        CaseFailed: when it ends with another exit code than 0.
    """
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env={**os.environ, **(env or {})}, stdout=output, stderr=subprocess.STDOUT
        )
        root = psutil.Process(process.pid)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _tree_memory(root))
            time.sleep(SAMPLE_SECONDS)
        seconds = time.perf_counter() - started
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        raise CaseFailed(f"{' '.join(command)} ended with {process.returncode}:\n{text[-4000:]}")
    return Measured(seconds, peak / 1e6, text)


def python(module: str, *args: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *args]


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
