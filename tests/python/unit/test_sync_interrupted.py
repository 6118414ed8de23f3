"""A sync of several shops that somebody ends with Ctrl-C: it ends, and its workers with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil

# Two workers that are up, and more work than they can begin. Tests that were started in the background ignore Ctrl-C,
# and so would what they start.
SYNC = """
import os
import signal
import time
signal.signal(signal.SIGINT, signal.default_int_handler)
from ingestion.engine.progress import Progress
from ingestion.tiktok_shop.workers import _pool
with _pool(2, Progress()) as pool:
    workers = set()
    while len(workers) < 2:
        pool.submit(time.sleep, 0.3)
        workers.add(pool.submit(os.getpid).result())
    work = [pool.submit(time.sleep, 120) for _ in range(6)]
    print(*workers, flush=True)
    work[0].result()
"""


def test_ctrl_c_ends_workers_that_have_begun_and_leaves_nothing_waiting() -> None:
    """Guards `ttkpi run` that said "Interrupted" and hung: its workers took the next shops, and the pool waited."""
    sync = subprocess.Popen(
        [sys.executable, "-c", SYNC],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert sync.stdout is not None
    workers = [int(pid) for pid in sync.stdout.readline().split()]
    assert len(workers) == 2
    os.killpg(sync.pid, signal.SIGINT)
    try:
        _, errors = sync.communicate(timeout=20)
    finally:
        sync.kill()
    assert errors.count("Traceback") == 1, "workers print nothing"
    assert "KeyboardInterrupt" in errors
    assert not any(psutil.pid_exists(pid) for pid in workers)
