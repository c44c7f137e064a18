# Everything runs in a virtual environment of the project's own; each target makes what it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_WORKERS ?= 2

.PHONY: run test test-all check bench coverage docs build clean

# Stamps tell whether what a target needs is installed; pyproject.toml changing makes them stale.
$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-%: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --group $*
	@touch $@

run: $(VENV)/.installed
	$(BIN)/cloudward start $(ARGS)

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -n $(PYTEST_WORKERS) --dist worksteal -m 'not long' $(ARGS)

test-all: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -n $(PYTEST_WORKERS) --dist worksteal $(ARGS)

check: $(VENV)/.installed-check $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks $(ARGS)

coverage: $(VENV)/.installed
	$(BIN)/cloudward coverage --service iam --service sts --service organizations --format md --output docs/coverage.md
	$(BIN)/cloudward coverage --service iam --service sts --service organizations --format html --output docs/coverage.html

build: $(VENV)/.installed-test
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
