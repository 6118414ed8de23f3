"""Judges raw and marts before they are published: dbt's tests and Great Expectations."""
