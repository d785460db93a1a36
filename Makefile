# Two commands for everybody: `make demo` and `make test`. They need Python 3.11+ and make; everything else they fetch themselves.
# The first that really runs: a name on the PATH may be a version manager's stand-in. 3.11 is what CI uses.
PYTHON ?= $(shell for one in python3.11 python3.12 python3.13 python3; do \
	if $$one -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$one; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := libs/common libs/simulators libs/devstack libs/cli services/gateway services/sync-orchestrator services/platform-workers
SOURCES := $(addsuffix /src,$(MEMBERS))

.PHONY: help setup demo up test check unit integration chaos bench generate generated lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.complete ## The virtual environment, from the pinned dependencies

$(VENV)/.complete: requirements.lock $(addsuffix /pyproject.toml,$(MEMBERS))
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and none was found. Set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python -a -x $(BIN)/pip || { echo "Making the virtual environment ($(VENV))"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing pinned dependencies (about a minute the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(addprefix -e ,$(MEMBERS))
	@touch $@

demo: setup ## The main job on the embedded stack: import, push to three shops, compare, prove that nothing is sent twice
	@$(BIN)/pixee demo

up: setup ## The embedded stack, kept running
	@$(BIN)/pixee up

test: check unit integration ## Everything that CI runs

check: setup ## Format, lint, types, walls, unused dependencies, generated files
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy $(SOURCES) tools
	$(BIN)/lint-imports --config .importlinter
	$(BIN)/python tools/dependencies.py
	$(BIN)/python tools/generate.py --check

unit: setup ## Tests without servers
	$(BIN)/pytest -q -m "not stack"

integration: setup ## Tests on real PostgreSQL and real Apache Kafka
	$(BIN)/pytest -q -m stack

chaos: setup ## Kill and empty everything, 20,000 products (long)
	PIXEE_CHAOS_PRODUCTS=$${PIXEE_CHAOS_PRODUCTS:-20000} $(BIN)/pytest -q tests/chaos

bench: setup ## The limits, as ratios in one run (ONLY="post fold": some of them); writes docs/performance.md
	$(BIN)/python -m benchmarks $(ONLY)

generate: setup ## Catalogue, tables, OpenAPI, AsyncAPI and examples, from what declares them
	$(BIN)/python tools/generate.py

lock: ## Pins requirements.in anew, with hashes and without addresses
	$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe -o requirements.lock requirements.in

clean: ## Removes the virtual environment and the demo's data
	rm -rf $(VENV) .pixee
