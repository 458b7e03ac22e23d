# What a checkout can do.  Needs Python 3.11 or newer, git and make.

PYTHON := $(shell command -v python3.11 || command -v python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Newer than setup.cfg: what it asks for is installed.
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
# What pip does for packages that are not editable. Python does it at the first start, unless PYTHONDONTWRITEBYTECODE
# forbids that; then every start would compile everything.
COMPILE = $(BIN)/python -m compileall -q runner jsbindings

# The Autobahn test suite runs on CPython 2.7 only: the first one that is there and starts.
PYTHON2 = $(shell for python in python2.7 $${PYENV_ROOT:-$$HOME/.pyenv}/versions/2.7*/bin/python2.7; do \
    "$$python" -c pass 2>/dev/null && echo "$$python" && break; done)
AUTOBAHN := build/autobahn
# What is measured is what pip installs: an editable package takes longer to start.
BENCH_ENV := build/bench-env
CASES := *
COMPILED := build/compiled

.DEFAULT_GOAL := help
.PHONY: help demo test compiled lint autobahn python2 bench clean

help: ## Say what there is
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1  \2/p' Makefile

demo: $(INSTALLED) ## Run scripts/websocket.js against an echo server of our own
	@PATH="$(CURDIR)/$(BIN):$$PATH" .ci/demo

test: $(INSTALLED_DEV) ## Run all tests
	$(BIN)/python -m pytest -n auto --dist worksteal

compiled: ## Run all tests in a copy that is compiled (needs a C compiler)
	@rm -rf $(COMPILED) && mkdir -p $(COMPILED)
	@git ls-files -z --cached --others --exclude-standard | tar cf - --null -T - | tar xf - -C $(COMPILED)
	@"$(PYTHON)" -m venv $(COMPILED)/.venv
	@cd $(COMPILED) && K6PY_COMPILE=1 .venv/bin/python -m pip --quiet --disable-pip-version-check install --editable '.[dev]'
	cd $(COMPILED) && .venv/bin/python -m pytest -n auto --dist worksteal

lint: $(INSTALLED_DEV) ## Check style and types
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

autobahn: python2 $(INSTALLED) $(AUTOBAHN)/.installed ## Run the Autobahn test suite (needs CPython 2.7)
	@$(BIN)/python -m tests.autobahn.run $(AUTOBAHN)/env/bin/python $(AUTOBAHN)/reports --cases '$(CASES)'

python2:
	@"$(PYTHON2)" -c 'import sys; sys.exit(sys.version_info[:2] != (2, 7))' 2>/dev/null || { \
	    echo "The Autobahn test suite needs CPython 2.7: make autobahn PYTHON2=/path/to/python2.7" >&2; exit 1; }

bench: ## Measure against k6 (K6_BINARY=...) or a bare client; K6PY_COMPILE=1 compiles; ARGS="--help"
	@"$(PYTHON)" -m venv $(BENCH_ENV)
	@rm -rf build/lib*
	@$(BENCH_ENV)/bin/python -m pip --quiet --disable-pip-version-check install --upgrade --force-reinstall .
	$(BENCH_ENV)/bin/python bench/compare.py $(ARGS)

clean: ## Remove the virtual environment and what tools left
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find runner jsbindings -name '*.so' -delete

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	    "k6py needs Python 3.11 or newer, not " + sys.version.split()[0] + ": make PYTHON=/path/to/python")'
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(INSTALLED): setup.cfg setup.py pyproject.toml | $(BIN)/python
	@$(PIP) install --editable .
	@$(COMPILE)
	@touch $@

$(INSTALLED_DEV): setup.cfg setup.py pyproject.toml | $(BIN)/python
	@$(PIP) install --editable '.[dev]'
	@$(COMPILE)
	@touch $(INSTALLED) $@

# The last virtualenv that makes environments for 2.7 brings pip for it, too.
$(AUTOBAHN)/.installed: tests/autobahn/requirements.txt | $(BIN)/python
	@echo "Installing into $(AUTOBAHN) ..."
	@$(PIP) install --upgrade --target $(AUTOBAHN)/virtualenv 'virtualenv==20.21.1'
	@PYTHONPATH=$(AUTOBAHN)/virtualenv $(BIN)/python -m virtualenv --quiet --python "$(PYTHON2)" $(AUTOBAHN)/env
	@$(AUTOBAHN)/env/bin/python -m pip --quiet --disable-pip-version-check --no-python-version-warning \
	    install --requirement $<
	@touch $@
