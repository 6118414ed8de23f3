"""Dagster definitions, one folder per step of a record's way: ingestion, dbt, quality, publish."""
