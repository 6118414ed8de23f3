"""Run a case in a process of its own; report its wall time and the peak memory of its process tree."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class Measured:
    """What one run cost."""

    seconds: float
    peak_mb: float  # resident memory summed over the process and its children, sampled every 50 ms
    output: str


class CaseFailed(RuntimeError):
    """A benchmarked command ended with an error; its output is the message."""


def run(command: list[str], env: Mapping[str, str] | None = None) -> Measured:
    """Run `command`, sampling its memory while it runs.

    Raises:
        CaseFailed: when it ends with another exit code than 0.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    root = psutil.Process(process.pid)
    peak = 0
    chunks: list[str] = []
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    while process.poll() is None:
        peak = max(peak, _tree_rss(root))
        chunks.append(process.stdout.read() or "")
        time.sleep(SAMPLE_SECONDS)
    seconds = time.perf_counter() - started
    chunks.append(process.stdout.read() or "")
    output = "".join(chunks)
    if process.returncode != 0:
        raise CaseFailed(f"{' '.join(command)} ended with {process.returncode}:\n{output[-4000:]}")
    return Measured(seconds, peak / 1e6, output)


def python(module: str, *args: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *args]


def _tree_rss(root: psutil.Process) -> int:
    total = 0
    try:
        processes = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in processes:
        try:
            total += process.memory_info().rss
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue  # it ended between listing and reading
    return total
