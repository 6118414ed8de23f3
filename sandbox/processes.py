"""Worker processes of the generator. Like every module here it imports nothing of the product."""

from __future__ import annotations

import multiprocessing
import os
import threading
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
