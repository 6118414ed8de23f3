"""The concurrency pool that keeps two runs from writing the same data home.

Its limit is 1 and it is enforced by run (`orchestration/dagster.yaml`). The command line is kept out by the
home's own lock, which the functions behind the assets take: the pool makes runs queue instead of fail.
"""

WAREHOUSE_WRITER = "warehouse_writer"
