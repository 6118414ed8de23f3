"""What processes that parse much share, worker processes above all."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait

_ORPHANED = 70


def end_with_parent() -> None:
    """Ends this worker at once when its parent is gone, also when that was killed.

    The pool of a killed parent would wait for work for ever, or go on with files that the next run has by then.
    """
    threading.Thread(target=_watch, name="watchdog", daemon=True).start()


def _watch() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
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
