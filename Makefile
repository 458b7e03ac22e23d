# What a checkout can do.  Needs Python 3.11 or newer, git and make.

PYTHON := $(shell command -v python3.11 || command -v python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Newer than setup.cfg: what it asks for is installed.
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench clean

help: ## Say what there is
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1  \2/p' Makefile

demo: $(INSTALLED) ## Run scripts/websocket.js against an echo server of our own
	@PATH="$(CURDIR)/$(BIN):$$PATH" .ci/demo

test: $(INSTALLED_DEV) ## Run all tests
	$(BIN)/python -m pytest

lint: $(INSTALLED_DEV) ## Check style and types
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

bench: $(INSTALLED) ## Measure CPU, memory and start-up against k6 (K6_BINARY=...) or a bare client; ARGS="--help"
	$(BIN)/python bench/compare.py $(ARGS)

clean: ## Remove the virtual environment and what tools left
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	    "k6py needs Python 3.11 or newer, not " + sys.version.split()[0] + ": make PYTHON=/path/to/python")'
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(INSTALLED): setup.cfg setup.py pyproject.toml | $(BIN)/python
	@$(PIP) install --editable .
	@touch $@

$(INSTALLED_DEV): setup.cfg setup.py pyproject.toml | $(BIN)/python
	@$(PIP) install --editable '.[dev]'
	@touch $(INSTALLED) $@
