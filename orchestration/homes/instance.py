"""Dagster's instance over many homes: its settings and runs are in `_union/dagster` of the folder of homes."""

from __future__ import annotations

import sys
from pathlib import Path

import dagster as dg

from home.layout import Home
from orchestration.dagster_home import prepare
from orchestration.defs.gone_runs import end_gone_runs
from orchestration.homes.definitions import POOL

SETTINGS = Path(__file__).with_name("dagster.yaml")


def prepare_instance(own: Home) -> Path:
    """Make the folder and its settings, and fail runs whose process is gone; returns the folder.

    Args:
        own: The home of the union.

    Raises:
        StorageError: The folder can't be written.
    """
    folder = prepare(own, SETTINGS)
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        for run_id in end_gone_runs(instance, own):
            sys.stderr.write(f"Run {run_id} was failed: its process is gone. The next run continues.\n")
        # Dagster limits a pool from the second look at its queue on; the first would start all groups at once.
        if POOL not in {limit.name for limit in instance.event_log_storage.get_pool_limits()}:
            instance.event_log_storage.initialize_concurrency_limit_to_default(POOL)
    return folder
