"""The sync as Dagster assets: endpoints and raw tables."""
