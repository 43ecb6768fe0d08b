# The targets that people and CI use. `make plan` and `make check` need Python 3.11+ and make;
# `make up`, `make test` and `make bench` need Go as well, or the tools at their pinned versions.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)

# Behind a mirror the machine's own certificates count, not those that uv brings along.
export UV_SYSTEM_CERTS ?= true

ifdef UV
INSTALL := $(UV) pip install --quiet --python $(BIN)/python
else
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

# Two workers, as each has a control plane: more make each other wait on a small machine.
TWO := -n 2 --dist loadfile

.PHONY: up down plan check test end-to-end bench format golden schemas chart-keys lock docs clean help

help: ## Say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: $(VENV)/.installed ## Bring the sample fleet to life on this machine; builds its tools the first time
	@$(BIN)/slipway up --stack local --yes

down: $(VENV)/.installed ## Stop what `make up` started, and leave nothing of it
	@$(BIN)/slipway local down

plan: $(VENV)/.installed ## Set up, and show what the fleet in models/ becomes
	@$(BIN)/slipway plan --base none

check: $(VENV)/.developer ## Lint, types, import rules and every test that needs Python alone
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/basedpyright --level error
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -n auto -m "not checkers and not local and not node"

test: check ## check, and the tests with all that Go builds: the checkers, the engine, the API server
	for what in checkers local schemas; do $(BIN)/python tools/toolchain.py $$what || exit 1; done
	$(BIN)/python -m pytest $(TWO) -m "checkers or local"
	$(BIN)/python -m pytest -m node

end-to-end: $(VENV)/.developer ## Of the tests, those of the engine over a real API server alone
	$(BIN)/python tools/toolchain.py local
	$(BIN)/python -m pytest $(TWO) -m local
	$(BIN)/python -m pytest -m node

bench: $(VENV)/.developer ## Measure; write docs/figures.json and the figures of the README
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.readme

format: $(VENV)/.developer ## Format and mend what can be mended
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

golden: $(VENV)/.developer ## Renew the golden files, to be reviewed as a diff
	$(BIN)/python -m tests.golden

schemas: $(VENV)/.installed ## Renew schemas/ from the models
	$(BIN)/slipway schema --write

docs: $(VENV)/.installed ## Renew the generated pages and the picture of docs/
	$(BIN)/python -m cli.reference

chart-keys: $(VENV)/.developer ## Renew the keys that the pinned charts know; needs their registries
	$(BIN)/python tools/chart_keys.py

lock: ## Renew the locks from pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --group install --output-file requirements.lock pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --group install --group dev --constraint requirements.lock \
	  --output-file requirements-dev.lock pyproject.toml

clean: ## Remove what was made here
	rm -rf $(VENV) build .pytest_cache .ruff_cache .hypothesis *.egg-info

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Slipway needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Slipway runs with …"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@touch $@

$(VENV)/.developer: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what developers need …"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
