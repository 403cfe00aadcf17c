# make run    open the dashboard on the sample data          make test   run every test
# make check  format, lint, types, doctests, docs            make bench  measure the promises of speed
# make docs   write the generated pages anew                 make sample-data  write the sample files anew

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --constraint constraints.txt
# A worker a core; one test file by hand runs as it always did: .venv/bin/python -m pytest tests/metrics/test_cells.py
PARALLEL := $(BIN)/python -m pytest --numprocesses auto --dist worksteal
# The tests of metrics run as if Streamlit and Plotly were not installed.
WITHOUT_SCREEN := tests/metrics $(wildcard tests/laws)

.PHONY: run test test-metrics test-screen check check-format check-lint check-types check-doctests check-docs
.PHONY: format bench docs sample-data clean

run: $(VENV)/ready-to-run
	$(BIN)/fairness-dashboard

test: test-metrics test-screen

test-metrics: $(VENV)/ready-to-test
	$(PARALLEL) -p tests.without_screen $(WITHOUT_SCREEN)

test-screen: $(VENV)/ready-to-test
	$(BIN)/python -m tests.browser.find_browser --install
	$(PARALLEL) $(addprefix --ignore=,$(WITHOUT_SCREEN))

# Checks and tests have parts, so that `make --keep-going check test` tells everything at once.
check: check-format check-lint check-types check-doctests check-docs

check-format: $(VENV)/ready-to-check
	$(BIN)/ruff format --check .

check-lint: $(VENV)/ready-to-check
	$(BIN)/ruff check .

check-types: $(VENV)/ready-to-check
	$(BIN)/mypy

check-doctests: $(VENV)/ready-to-check
	$(BIN)/python -m pytest --quiet --doctest-modules metrics

check-docs: $(VENV)/ready-to-check
	$(BIN)/python -m docs.make --check

format: $(VENV)/ready-to-check
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/ready-to-test
	$(BIN)/python -m benchmarks.run

docs: $(VENV)/ready-to-run
	$(BIN)/python -m docs.make

sample-data: $(VENV)/ready-to-run
	$(BIN)/python -m sample_data.make

clean:
	rm -rf $(VENV) build dist *.egg-info

# The environment is made once; it is brought up to date only when what it should hold has changed.
$(BIN)/python:
	@echo "Making $(VENV) (once; this takes a minute or two) ..."
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/ready-to-run: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/ready-to-test: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/ready-to-run

$(VENV)/ready-to-check: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[test,dev]'
	@touch $@ $(VENV)/ready-to-test $(VENV)/ready-to-run
