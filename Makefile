# Two commands for a new user: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(abspath $(BIN)):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# No tool of ours calls home.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export RUNTIME__DLTHUB_TELEMETRY := false

# pip's own output is 600 lines; this says how far it is, so that no minute is silent.
define SHOW_INSTALL
/^Collecting/ { if (++n % 20 == 0) { print "  " n " packages fetched"; fflush() } }
/^Installing collected/ { print "  " n " packages fetched, unpacking (a minute without news) ..."; fflush() }
/^Successfully/ { print "  installed"; fflush() }
endef
export SHOW_INSTALL

.PHONY: help
help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(VENV)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V). Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@echo "Installing the pinned packages into $(VENV) (about 1 GB, a few minutes the first time) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --progress-bar off --no-deps --require-hashes -r requirements.lock | awk "$$SHOW_INSTALL"
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.pages: requirements-pages.lock $(VENV)/.runtime
	@echo "Installing what the pages need (210 MB) ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-pages.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.pages
	@echo "Installing the test tools ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: install
install: $(VENV)/.runtime ## make .venv with the pinned packages

.PHONY: demo
demo: $(VENV)/.runtime ## sandbox shops -> sync -> marts -> audit -> published file, with a table of KPIs
	@$(BIN)/ttkpi demo $(DEMO_ARGS)

.PHONY: dashboard
dashboard: $(VENV)/.pages ## the pages over what was published, on http://127.0.0.1:8501 (DASHBOARD_ARGS="--port 8502")
	@$(BIN)/ttkpi dashboard $(DASHBOARD_ARGS)

.PHONY: pictures
pictures: $(VENV)/.dev ## pictures of the pages, for the documents (PICTURES_ARGS="--page today")
	@$(BIN)/python -m dashboards.pictures $(PICTURES_ARGS)

.PHONY: lint
lint: $(VENV)/.dev ## ruff, mypy, and which room may use which
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports --no-logo --no-cache

# A module stays in one process, as its fixtures are made once; the longest ones start first (tests/python/longest.py).
PYTEST := pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: check
check: lint ## while you work: lint, types, and the short tests of what you changed since main
	@$(PYTEST) tests/python/unit/test_docs_pages.py $$($(BIN)/python tests/python/changed.py)

.PHONY: unit
unit: $(VENV)/.dev ## unit tests, on all cores
	@$(PYTEST) tests/python/unit

.PHONY: contract
contract: $(VENV)/.dev ## the sandbox against the independent client, our client against the sandbox
	@$(PYTEST) tests/python/contract

.PHONY: e2e
e2e: $(VENV)/.dev ## whole runs over HTTP: sync, dbt build with unit tests, audit, publication, kill -9
	@$(PYTEST) tests/python/e2e

.PHONY: test
test: $(VENV)/.dev ## everything that must hold: lint, types, unit, contract, dbt and end-to-end tests
	@$(MAKE) --no-print-directory lint
	@$(PYTEST) tests/python

.PHONY: bench
bench: $(VENV)/.dev ## measure speed and memory, the pages in a browser over your home (`make demo`) too, update BENCHMARKS.md
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)
	@$(BIN)/python -m benchmarks.pages $(BENCH_PAGES_ARGS)

.PHONY: soak
soak: $(VENV)/.dev ## seeded: loads in any order, damaged files, weeks of faults, syncs in trouble (SOAK_ARGS="--schedules 20"), shops day by day (GATE_ARGS="--days 120")
	@TTKPI_SHUFFLES=20 pytest tests/python/unit/test_dbt_touched.py -k shuffled
	@TTKPI_DAMAGES=200 pytest tests/python/unit/test_damaged_homes.py -k by_seed
	@TTKPI_SEEDS=3 TTKPI_HOURS=168 pytest tests/python/unit/test_week_of_faults.py
	@TTKPI_SEEDS=100 pytest tests/python/unit/test_dagster_gone_runs.py tests/python/unit/test_dagster_sensors.py tests/python/unit/test_wire_limits.py -k "any or whatever"
	@TTKPI_KILLS=20 pytest tests/python/unit/test_freeze.py tests/python/unit/test_exports_import.py tests/python/unit/test_dbt_rebuild.py -k killed
	@pytest tests/python/unit/test_archive_of_many_files.py tests/python/unit/test_publication.py -k "ten_thousand or killed"
	@$(BIN)/python -m benchmarks.soak $(SOAK_ARGS)
	@$(BIN)/python -m benchmarks.soak.shops
	@$(BIN)/python -m benchmarks.soak.week $(WEEK_ARGS)
	@$(BIN)/python -m benchmarks.soak.gate --write $(GATE_ARGS)

$(VENV)/.spark: requirements-spark.lock $(VENV)/.dev
	@command -v java >/dev/null || test -x "$${JAVA_HOME:-}/bin/java" || \
	  { echo "Apache Spark needs Java 17. Debian: apt install openjdk-17-jre-headless"; exit 2; }
	@echo "Installing Apache Spark and Iceberg (440 MB) ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-spark.lock
	@touch $@

.PHONY: spark
spark: $(VENV)/.spark ## the same models on Apache Spark (Java 17): every table equals DuckDB's (SPARK_ARGS="--cluster")
	@pytest -n 0 tests/python/unit/test_spark_engine.py
	@$(BIN)/python -m benchmarks.spark $(SPARK_ARGS)

.PHONY: dagster
dagster: $(VENV)/.runtime ## open the Dagster UI on http://127.0.0.1:3000
	@$(BIN)/ttkpi dagster

.PHONY: docs
docs: $(VENV)/.runtime ## the KPI glossary as one HTML file
	@$(BIN)/ttkpi docs

.PHONY: docs-pages
docs-pages: $(VENV)/.runtime ## write generated parts again: commands, marts, picture, tables of endpoints
	@$(BIN)/python -m ingestion.endpoint_tables
	@$(BIN)/python -m orchestration.docs_pages $(PAGES_ARGS)

.PHONY: generated
generated: $(VENV)/.dev docs-pages ## write anew what follows from code and YAML: all that docs-pages writes, the asset graph, the definitions
	@UPDATE_SNAPSHOTS=1 pytest -k "snapshot or definitions_do_not_change" tests/python/unit/test_dagster_graph.py tests/python/unit/test_dbt_glossary.py

.PHONY: lock
lock: $(VENV)/.dev ## resolve requirements*.in again into the lock files
	@for name in requirements requirements-pages requirements-dev requirements-spark; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate \
	    --no-emit-index-url --no-emit-find-links $$name.in -o $$name.lock; done

.PHONY: clean
clean: ## remove what the demo and the tests made (not .venv)
	@rm -rf .ttkpi target logs .mypy_cache .ruff_cache .hypothesis *.egg-info
