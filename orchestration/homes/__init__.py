"""Many homes side by side: runs one process per seller group, publishes their union, gives Dagster a partition each."""

from pathlib import Path

SETTINGS = Path(__file__).with_name("dagster.yaml")
"""The settings of Dagster's instance over many homes."""
