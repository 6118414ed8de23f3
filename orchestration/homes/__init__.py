"""Many homes side by side: runs one process per seller group, publishes their union, gives Dagster a partition each."""
