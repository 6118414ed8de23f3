"""The test modules that take longest, the longest first. They start first, so that no worker is left with one at the end."""

LONGEST = (
    "e2e/test_run_sandbox.py",
    "e2e/test_trouble_answers.py",
    "e2e/test_demo_run.py",
    "e2e/test_trouble_processes.py",
    "e2e/test_ads_marts.py",
    "unit/test_dbt_rebuild.py",
    "e2e/test_sync_sandbox.py",
    "e2e/test_exports_marts.py",
    "e2e/test_dagster_run.py",
    "e2e/test_personal_data.py",
    "e2e/test_soak.py",
    "e2e/test_trouble_shops.py",
    "e2e/test_ads_sandbox.py",
    "e2e/test_trouble_storage.py",
    "unit/test_build.py",
    "e2e/test_trouble_configuration.py",
    "unit/test_dbt_proofs.py",
    "e2e/test_dagster_ads.py",
    "e2e/test_backfill_sandbox.py",
    "unit/test_dagster_graph.py",
)
