"""Waiting for a home that another process uses.

Dagster's own runs queue for the pool; the command line does not know it and holds the home's lock instead. A
step that meets the lock waits and tries again, rather than failing a night's run because somebody looked at
one shop by hand.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from home.layout import HomeBusy

TRIES = 30
SECONDS_BETWEEN = 60


@contextmanager
def waits_for_home(log: logging.Logger) -> Iterator[None]:
    """Turns `HomeBusy` into a request to retry the step in a minute, for at most half an hour."""
    try:
        yield
    except HomeBusy as busy:
        log.warning(f"{busy.message} Trying again in {SECONDS_BETWEEN} s.")
        raise dg.RetryRequested(max_retries=TRIES, seconds_to_wait=SECONDS_BETWEEN) from busy
