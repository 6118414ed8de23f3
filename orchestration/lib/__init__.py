"""Build, audit, publish, status: what the command line and Dagster both call."""
