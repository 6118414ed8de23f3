"""What processes that parse much share, worker processes above all."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait

_ORPHANED = 70


def end_with_parent(stop: Connection) -> None:
    """Ends this worker at once when its parent is gone, also when that was killed, and when the parent says so.

    The pool of a killed parent would wait for work for ever, or go on with files that the next run has by then.
    Ctrl-C reaches every process of a terminal, and a worker that took it for the end of one piece of work would go on
    with the next: what it means is for the parent to say.

    Args:
        stop: Ends this worker as soon as the parent closes the other side of it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(stop,), name="watchdog", daemon=True).start()


def _watch(stop: Connection) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel, stop])
        os._exit(_ORPHANED)


@contextmanager
def bulk_work() -> Iterator[None]:
    """Sets Python up for much parsing, and back again.

    Parsed JSON has no reference cycles, and looking for them costs a third of the time; and a page that
    is worked on in one go stays in the processor's cache, which is worth more than frequent turns of the
    threads.
    """
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(200_000, 50, 1_000)
    sys.setswitchinterval(0.05)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval)
