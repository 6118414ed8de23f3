"""The dbt project as Dagster assets, its tests as checks."""
